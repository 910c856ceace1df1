"""A wheel carries its documents: installed without the repository, the same pages are there."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fediverse_ai.web.handbook import markdown, shelf
from tests.house.docs import ROOT

SCRIPT = """
from fediverse_ai.web.handbook import markdown, shelf
for entry in shelf.entries():
    text = markdown.render(entry.file)
    print(shelf.root(), entry.href, len(text.html))
"""


@pytest.mark.live
def test_an_installed_package_has_the_documents(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    [wheel] = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        env={"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{installed / 'fediverse_ai' / 'handbook'} {entry.href} {len(markdown.render(entry.file).html)}"
        for entry in shelf.entries()
    ]
