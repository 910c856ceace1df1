"""Write the next migration from what the models say now: `python -m fediverse_ai.migrations add_colour`."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from fediverse_ai import migrations
from fediverse_ai.core.config import load


def main(words: str) -> None:
    """Make an empty database, bring it to the newest revision, and write what is missing into versions/."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", words):
        raise SystemExit("Name the migration with small letters and underscores, such as add_colour.")
    from alembic import command

    versions = migrations.FOLDER / "versions"
    numbers = [int(path.name[:4]) for path in versions.glob("[0-9]*.py")]
    number = f"{max(numbers, default=0) + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        config = load(Path(folder), env={})
        if numbers:
            migrations.upgrade(config)
        with migrations.connect(config) as connection:
            settings = migrations.settings(connection)
            settings.set_main_option("file_template", f"{number}_{words}")
            command.revision(settings, message=words.replace("_", " ").capitalize(), autogenerate=True, rev_id=number)
    written = versions / f"{number}_{words}.py"
    lines = [line for line in written.read_text("utf-8").splitlines(keepends=True) if "# ###" not in line]
    written.write_text("".join(lines), "utf-8")
    for step in (["check", "--fix", "--select", "I,F401,W"], ["format"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, "--quiet", str(written)], check=True)  # noqa: S603
    print(f"{written}: read it, then try it on both databases with tests/contracts/test_migrations.py")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
