"""systemd's own look at the unit, and the server under what the unit allows where that can be had without systemd."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.deploy.reading import text_of

EXPOSURE = 2.0
"""Of ten; systemd calls less than 4 OK."""


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is needed here: apt install systemd"
    return subprocess.run([program, *words], capture_output=True, text=True, timeout=60, check=False)


def test_the_unit_is_whole_and_hardened(tmp_path: Path) -> None:
    unit = tmp_path / "fediverse-ai.service"
    program = {"/opt/fediverse-ai/bin/fediverse-ai": str(Path(sys.executable).parent / "fediverse-ai")}
    unit.write_text(text_of("fediverse-ai.service", program))
    verified = analyze("verify", "--man=no", unit)
    ours = [line for line in verified.stderr.splitlines() if "fediverse-ai" in line]
    assert (verified.returncode, ours) == (0, []), verified.stderr
    told = analyze("security", "--offline=true", "--no-pager", unit)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told.stdout)
    assert found, told.stderr
    print(f"systemd-analyze security: exposure {found[1]}")
    assert float(found[1]) <= EXPOSURE

    worse = tmp_path / "worse.service"
    worse.write_text(text_of("fediverse-ai.service", {"ProtectSystem=strict\n": "", "NoNewPrivileges=yes\n": ""}))
    again = re.search(r"exposure level for \S+: ([\d.]+)", analyze("security", "--offline=true", worse).stdout)
    assert again
    assert float(again[1]) > float(found[1])
