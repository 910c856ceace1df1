"""Programs of npm: installed from their lock file into the cache outside the tree."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.support.fedify import cache_folder, node_and_npm


def installed(source: Path) -> tuple[str, Path]:
    """(node, folder) of a package.json with its lock and its scripts, once per content of these files."""
    node, npm = node_and_npm()
    files = sorted(path for path in source.iterdir() if path.is_file())
    lock = b"".join(path.read_bytes() for path in files if path.suffix == ".json")
    folder = cache_folder() / f"{source.name}-{hashlib.sha256(lock + node.encode()).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        # The scripts are of today, whatever was installed when.
        for path in files:
            shutil.copy(path, folder / path.name)
        if not (folder / "installed").exists():
            env = {**os.environ, "PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
            command = [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            subprocess.run(command, cwd=folder, env=env, check=True, timeout=300, capture_output=True)
            (folder / "installed").touch()
    return node, folder
