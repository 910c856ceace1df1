"""`stop`, `start`, `stopped`: the switch for generation, outbox, federation, one model or one account."""

from __future__ import annotations

from typing import Annotated

import typer

from fediverse_ai.cli import console

SCOPES = "generation, outbox, federation, model:ID or account:NAME."
What = Annotated[str, typer.Argument(metavar="SCOPE", help=SCOPES)]


def stop(
    what: What,
    reason: Annotated[str, typer.Option("--reason", help="Why; said in public, on every page.")],
) -> None:
    """Stop something at once: what is queued waits, nothing is lost, every page says why."""
    scope = console.wait_for(_stop(what, reason))
    console.tell(f"{scope} is stopped. Start it again with: fediverse-ai start {scope}", stopped=scope)


async def _stop(what: str, reason: str) -> str:
    from actors import stops

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        return (await stops.put(session, what, reason)).scope


def start(
    what: What,
    reason: Annotated[str, typer.Option("--reason", help="Why; for the audit log.")] = "",
) -> None:
    """Start it again: what waited goes on in order."""
    console.wait_for(_start(what, reason))
    console.tell(f"{what} goes on.", started=what)


async def _start(what: str, reason: str) -> None:
    from outbox import stopping

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        await stopping.start(session, what, reason)


def stopped() -> None:
    """What is stopped now, why and since when."""
    found = console.wait_for(_stopped())
    lines = [f"{stop['scope']}  since {stop['since']}: {stop['reason']}" for stop in found]
    console.tell("\n".join(lines) or "Nothing is stopped.", stopped=found)


async def _stopped() -> list[dict[str, str]]:
    from actors import stops

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        return [stops.public(stop) for stop in await stops.standing(session)]
