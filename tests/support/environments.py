"""Python peers: an environment of their own, in the cache outside the tree."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.support.fedify import cache_folder


def environment(folder: Path, *, dependencies: bool = True, any_python: bool = False) -> Path:
    """The interpreter of an environment with folder/requirements.txt, installed once per content of that file.

    With `dependencies=False` exactly what the file lists is installed: for a peer whose own bounds are out of date.
    With `any_python=True` its own word on the Python that it needs is passed over: for one that runs on an older one.
    """
    wanted = folder / "requirements.txt"
    version = hashlib.sha256(wanted.read_bytes() + os.path.realpath(sys.executable).encode()).hexdigest()[:16]
    home = cache_folder() / f"{folder.name}-{version}"
    home.mkdir(parents=True, exist_ok=True)
    inside = home / "venv" / "bin" / "python"
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "installed").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", home / "venv"], check=True, timeout=120)
            options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-input"]
            options += [] if dependencies else ["--no-deps"]
            options += ["--ignore-requires-python"] if any_python else []
            done = subprocess.run(
                [inside, "-m", "pip", "install", *options, "-r", wanted],
                check=False, timeout=600, capture_output=True, text=True,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr[-2000:]
            (home / "installed").touch()
    return inside
