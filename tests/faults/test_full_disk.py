"""FI-06: the disk fills while the server writes database, log, pictures and backup, and it recovers by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.live
@pytest.mark.parametrize("way", [[], ["limit"]], ids=["small disk", "limited files"])
def test_a_full_disk_loses_nothing_and_is_over_with_the_room(tmp_path: Path, way: list[str]) -> None:
    """On a small disk where the machine allows one, and with a limit to the files that every machine allows."""
    command = [sys.executable, "-m", "tests.faults.full_disk", str(tmp_path / "disk"), *way]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    print(json.dumps(found))
    assert (found["lost"], found["doubled"]) == (0, 0)
    assert found["acknowledged"] >= 7
    assert found["recovered_seconds"] <= 10
    assert {status.partition(" ")[2] for status in found["refused"]} <= {"507", "503"}
    assert len(found["commands"]) == 3
