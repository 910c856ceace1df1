"""The command line: one file per noun; `main` is the installed command `fediverse-ai`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run one command. Exit codes: 0 done, 1 an error said in one line, 2 wrong usage; `post` has three more."""
    # Whatever this program writes (config, keys, database, pictures) is its owner's alone (OPS-04).
    os.umask(0o077)
    # Imports make a million objects that stay; searching them for garbage is a fifth of the start. What runs for long
    # turns the collector on again once it has started (`settle`); the other commands end before it would matter.
    gc.disable()
    # The heavy rooms are imported by the command that needs them: --help must not wait for the database library.
    from fediverse_ai.cli.commands import run

    sys.exit(run(sys.argv[1:]))


def settle() -> None:
    """The start is over: what exists now stays and is never searched again, what comes is collected as usual."""
    gc.freeze()
    # A request makes thousands of objects that are gone with it: looking after every 700 is a twentieth of all work.
    gc.set_threshold(20_000, 10, 20)
    gc.enable()
