"""Python peers: an interpreter that is new enough, and an environment of their own in the cache outside the tree."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.fedify import cache_folder


def interpreter(oldest: tuple[int, int]) -> str | None:
    """A working Python that is at least `oldest`, this one first; None where the machine has none."""
    if sys.version_info >= oldest:
        return sys.executable
    names = [f"python3.{minor}" for minor in range(oldest[1], oldest[1] + 4)]
    found = [path for name in names if (path := shutil.which(name))]
    found += [str(path) for name in names for path in (Path.home() / ".pyenv" / "versions").glob(f"*/bin/{name}")]
    for candidate in found:
        check = f"import sys, ensurepip; sys.exit(sys.version_info < {oldest})"
        # pyenv's shims exist for versions that are not switched on; only one that runs counts.
        if subprocess.run([candidate, "-c", check], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


def environment(folder: Path, python: str | None = None, *, dependencies: bool = True) -> Path:
    """The interpreter of an environment with folder/requirements.txt, installed once per content of that file.

    With `dependencies=False` exactly what the file lists is installed: for a peer whose own bounds are out of date.
    """
    python = python or sys.executable
    wanted = folder / "requirements.txt"
    version = hashlib.sha256(wanted.read_bytes() + os.path.realpath(python).encode()).hexdigest()[:16]
    home = cache_folder() / f"{folder.name}-{version}"
    home.mkdir(parents=True, exist_ok=True)
    inside = home / "venv" / "bin" / "python"
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "installed").exists():
            subprocess.run([python, "-m", "venv", "--clear", home / "venv"], check=True, timeout=120)
            options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-input"]
            options += [] if dependencies else ["--no-deps"]
            done = subprocess.run(
                [inside, "-m", "pip", "install", *options, "-r", wanted],
                check=False, timeout=600, capture_output=True, text=True,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr[-2000:]
            (home / "installed").touch()
    return inside
