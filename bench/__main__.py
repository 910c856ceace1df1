"""`python -m bench`: measure, print the table, write bench/latest.json."""

from __future__ import annotations

import argparse
import asyncio
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from bench import apps, backups, cases, figures, gate, generation


async def measure(only: set[str], seconds: float, posts: int) -> list[figures.Figure]:
    """The chosen groups, one after the other, each with servers of its own in a folder that goes away."""
    groups = {
        "intake": lambda folder: cases.intake(folder, seconds),
        "delivery": cases.delivery,
        "reading": lambda folder: cases.reading(folder, seconds),
        "making": cases.making,
        "clients": lambda folder: apps.clients(folder, posts),
        "backups": lambda folder: backups.backups(folder, min(posts, 100_000)),
        "generation": generation.measure,
        "gate": lambda _: _gate(),
    }
    found: list[figures.Figure] = []
    for name, group in groups.items():
        if not only or name in only:
            print(f"{name} …", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory(prefix="fediverse-ai-bench-") as folder:
                found += await group(Path(folder))
    return found


async def _gate() -> list[figures.Figure]:
    """How well the gate tells things apart; the README gets the table."""
    found, said = await gate.measure()
    gate.write_readme(said)
    print(said)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "only", nargs="*", help="intake, delivery, reading, making, clients, backups, generation, gate; all without one"
    )
    parser.add_argument("--seconds", type=float, default=5, help="length of each phase of load")
    parser.add_argument("--posts", type=int, default=1_000_000, help="posts in the server that apps ask")
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        print(
            "wrk is missing: a Python client makes the load and limits what the clock says.",
            file=sys.stderr,
        )
    found = asyncio.run(measure(set(chosen.only), chosen.seconds, chosen.posts))
    figures.show(found)
    print(f"\nPython {platform.python_version()}, {platform.machine()}. Rates are per second of the server's CPU time.")
    if not chosen.only:
        figures.write(found)


if __name__ == "__main__":
    main()
