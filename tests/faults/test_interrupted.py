"""FI-19: a migration killed at its steps, or without power, leaves what was or what shall be, and is run again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONG = bool(os.environ.get("LONG"))


@pytest.mark.live
def test_an_interrupted_migration_rolls_back_or_is_finished(tmp_path: Path, postgresql_server: str) -> None:
    """LONG=1: each statement, on 100 000 rows, and 400 states of a power cut."""
    rows, steps = (100_000, 0) if LONG else (2_000, 8)
    asked = [str(tmp_path), str(rows), str(steps), postgresql_server]
    command = [sys.executable, "-m", "tests.faults.interrupted", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3_600 if LONG else 240)
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    print(json.dumps(found))
    for name, figures in found.items():
        assert figures["rows"] > 0.9 * rows
        assert figures["statements"] > 20
        assert figures["kills"] >= (figures["statements"] if LONG else steps)
        # Everything that was opened again was as before, but for what died or lost power after the commit.
        assert figures["rolled_back"] + figures["finished"] == figures["kills"] + figures["cuts"]
        assert figures["finished"] == 1 + figures["cuts"] // 2
        assert figures["cuts"] == (0 if name == "postgresql" else 400 if LONG else 8)
