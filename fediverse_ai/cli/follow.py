"""`follow`: ask to follow somebody, here or on another server."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from fediverse_ai.cli import console

WAIT_SECONDS = 20.0


def follow(
    whom: Annotated[str, typer.Argument(help="@name@host, a name of this server, or the address of an actor.")],
    who: Annotated[str | None, typer.Option("--as", metavar="NAME", help="Who follows; else the owner.")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait for the answer.")] = False,
) -> None:
    """Ask to follow somebody, and wait a little for the answer.

    Exit codes: 0 accepted (or asked, with --no-wait), 1 error, 4 rejected, 5 not answered yet.
    """
    state, handle = console.wait_for(_follow(whom, who, wait=not no_wait))
    words = {"accepted": f"You follow {handle}.", "rejected": f"{handle} said no."}
    console.tell(words.get(state, f"{handle} was asked and has not answered yet."), state=state, handle=handle)
    raise typer.Exit(0 if no_wait else {"accepted": 0, "rejected": 4}.get(state, 5))


async def _follow(whom: str, who: str | None, *, wait: bool) -> tuple[str, str]:
    from actors import queries, remote
    from fediverse_ai.cli.user import author
    from fediverse_ai.core.errors import Missing
    from outbox.follow import ask

    async with console.beside(console.existing_config()) as context:
        target_id = await remote.resolve(context, whom)
        async with context.database.write() as session:
            actor = await author(session, who)
            target = await queries.by_id(session, target_id)
            if target is None:
                raise Missing(f"{whom} could not be found.")
            asked = await ask(session, actor, target)
        state = str(asked.state)
        ends = context.clock.monotonic() + WAIT_SECONDS
        while wait and state == "pending" and context.clock.monotonic() < ends:
            await asyncio.sleep(0.2)
            async with context.database.read() as session:
                now = await queries.follow_of(session, actor.id, target.id)
            # A rejected request may leave no row.
            state = str(now.state) if now is not None else "rejected"
        return state, target.handle
