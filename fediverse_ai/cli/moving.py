"""`user alias|move|stay`: an account that comes here from another server, or goes there (FEP-7628)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from actors.models import Actor

Name = Annotated[str, typer.Argument(help="Whose account here.")]
Other = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The other account, such as ann@example.org.")]


def alias(
    name: Name,
    other: Other,
    remove: Annotated[bool, typer.Option("--remove", help="It is somebody else's, or the move is done.")] = False,
) -> None:
    """Say that another account is the same person's: from there it can move here."""
    handle = console.wait_for(_alias(name, other, remove))
    words = f"{handle} is no longer named by {name}." if remove else f"{handle} can move to {name} now."
    console.tell(words, name=name, other=handle, removed=remove)


def move(
    name: Name,
    other: Other,
    followers: Annotated[
        bool, typer.Option("--followers/--no-followers", help="Whether they are told to follow the other account.")
    ] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
) -> None:
    """Move somebody to another account, which must name this one first. Once in thirty days."""
    if not yes and not typer.confirm(f"Move {name} to {other}? Nobody new can follow {name} here then."):
        raise typer.Exit(1)
    handle = console.wait_for(_move(name, other, followers))
    console.tell(f"{name} moved to {handle}.", name=name, moved_to=handle, followers=followers)


def stay(name: Name) -> None:
    """Take the sign of a move down: the account is in use again. Followers who left do not come back by this."""
    console.wait_for(_stay(name))
    console.tell(f"{name} is in use again.", name=name, moved_to=None)


async def _alias(name: str, other: str, remove: bool) -> str:
    from actors.models import Actor
    from actors.remote import resolve
    from fediverse_ai.cli.user import author
    from outbox import move as moves

    async with console.beside(console.existing_config()) as context:
        other_id = await resolve(context, other.removeprefix("@"))
        async with context.database.write() as session:
            actor, found = await author(session, name), await session.get_one(Actor, other_id)
            kept = [uri for uri in actor.also_known_as if uri != found.uri]
            await moves.set_aliases(session, actor, kept if remove else [*kept, found.uri])
            await _note(session, actor, "account.alias", {"other": found.uri, "removed": remove})
            return found.handle


async def _move(name: str, other: str, followers: bool) -> str:
    from actors.models import Actor
    from fediverse_ai.cli.user import author
    from outbox import move as moves

    async with console.beside(console.existing_config()) as context:
        target_id = await moves.find_target(context, other.removeprefix("@"))
        async with context.database.write() as session:
            actor, target = await author(session, name), await session.get_one(Actor, target_id)
            await (moves.move if followers else moves.point)(session, actor, target)
            await _note(session, actor, "account.move", {"moved_to": target.uri, "followers": followers})
            return target.handle


async def _stay(name: str) -> None:
    from fediverse_ai.cli.user import author
    from outbox import move as moves

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        actor = await author(session, name)
        await moves.stay(session, actor)
        await _note(session, actor, "account.stay", {"moved_to": None})


async def _note(session: AsyncSession, actor: Actor, action: str, after: dict[str, Any]) -> None:
    """Somebody with a shell did this for a person: it stands in the log."""
    from actors import audit

    await audit.note(session, None, action, audit.Subject("actor", actor.id, actor.handle, actor.id), after=after)
