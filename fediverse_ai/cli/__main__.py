"""`python -m fediverse_ai.cli` is the command `fediverse-ai`."""

from fediverse_ai.cli import main

main()
