"""Python peers: an environment of their own, in the cache outside the tree."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.support.fedify import cache_folder


def newer_python(least: tuple[int, int]) -> str | None:
    """An interpreter of at least this version that runs, found by running: a name in the path may be a dead shim."""
    ask = f"import sys; print(sys.executable if sys.version_info >= {least} else '')"
    names = [sys.executable, *(f"python3.{minor}" for minor in range(least[1], least[1] + 4)), "python3"]
    tries = [(name, {}) for name in names]
    tries += [("python3", {"PYENV_VERSION": f"3.{minor}"}) for minor in range(least[1], least[1] + 4)]
    for name, further in tries:
        try:
            env = {**os.environ, **further}
            done = subprocess.run([name, "-c", ask], capture_output=True, text=True, check=False, timeout=30, env=env)
        except OSError:
            continue
        if done.returncode == 0 and done.stdout.strip():
            return done.stdout.strip()
    return None


def environment(folder: Path, *, dependencies: bool = True, python: str = sys.executable) -> Path:
    """The interpreter of an environment with folder/requirements.txt, installed once per content of that file.

    With `dependencies=False` exactly what the file lists is installed: for a peer whose own bounds are out of date.
    """
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
