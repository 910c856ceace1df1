"""The command line: one file per noun; `main` is the installed command `fediverse-ai`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run one command. Exit codes: 0 done, 1 an error said in one line, 2 wrong usage; `post` has three more."""
    # Whatever this program writes (config, keys, database, pictures) is its owner's alone (OPS-04).
    os.umask(0o077)
    # The heavy rooms are imported by the command that needs them: --help must not wait for the database library.
    from fediverse_ai.cli.commands import run

    sys.exit(run(sys.argv[1:]))
