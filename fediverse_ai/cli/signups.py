"""`user signups|invite|invites|revoke-invite|requests|approve|deny`: how people come in."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fediverse_ai.cli import console


def signups(
    mode: Annotated[str | None, typer.Argument(metavar="[MODE]", help="closed, invite or approval.")] = None,
    members_invite: Annotated[
        bool | None, typer.Option("--members-invite/--only-admins-invite", help="Whether members may invite, too.")
    ] = None,
    question: Annotated[str | None, typer.Option("--question", help="What is asked of who wants to join.")] = None,
) -> None:
    """How people come in: nobody, whoever is invited, or whoever asks and is let in. Without a word, how it is now."""
    facts = console.wait_for(_signups(mode, members_invite, question))
    words = {
        "closed": "Sign-ups are closed.",
        "invite": "Whoever is invited comes in.",
        "approval": "Anybody may ask to join; `user requests` shows who did. Invitations work too.",
    }[facts["mode"]]
    members = " Members may invite." if facts["members_invite"] else ""
    console.tell(words + members, **facts)


def invite(
    uses: Annotated[int, typer.Option("--uses", help="For how many people.")] = 1,
    days: Annotated[int, typer.Option("--days", help="For how many days.")] = 7,
    note: Annotated[str, typer.Option("--note", help="For whom; for yourself.")] = "",
) -> None:
    """Make an invitation and print its link, which is shown only now."""
    facts = console.wait_for(_invite(uses, days, note))
    closed = "\nSign-ups are closed: run `fediverse-ai user signups invite` first." if facts["closed"] else ""
    console.tell(f"{facts['link']}{closed}", **facts)


def invites() -> None:
    """Every invitation: who made it, how often it was used, who came by it."""
    columns = {"id": "number", "note": "for whom", "by": "by", "used": "used", "came": "who came", "until": "until",
               "state": "state"}  # fmt: skip
    console.table(columns, console.wait_for(_invites()))


def revoke_invite(number: Annotated[int, typer.Argument(help="Its number, as `user invites` shows it.")]) -> None:
    """Take an invitation back: its link lets nobody in any more. Who came by it stays."""
    console.wait_for(_revoke(number))
    console.tell(f"Invitation {number} lets nobody in any more.", id=number)


def requests(
    decided: Annotated[bool, typer.Option("--decided", help="Those that were answered lately.")] = False,
) -> None:
    """Who asks to join, the oldest first."""
    columns = {"name": "name", "reason": "why", "state": "state", "note": "answer", "asked": "asked"}
    console.table(columns, console.wait_for(_requests(decided)))


def approve(
    name: Annotated[str, typer.Argument(help="The name that was asked for.")],
    note: Annotated[str, typer.Option("--note", help="A word to them.")] = "",
) -> None:
    """Let somebody in who asked to join."""
    console.wait_for(_decide(name, note, yes=True))
    console.tell(f"{name} is in.", name=name, state="approved")


def deny(
    name: Annotated[str, typer.Argument(help="The name that was asked for.")],
    note: Annotated[str, typer.Option("--note", help="A word to them.")] = "",
) -> None:
    """Turn somebody away who asked to join; the name is free again."""
    console.wait_for(_decide(name, note, yes=False))
    console.tell(f"{name} was turned away.", name=name, state="denied")


async def _signups(mode: str | None, members_invite: bool | None, question: str | None) -> dict[str, Any]:
    from dataclasses import asdict, replace

    from actors import signups as doors

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        door = await doors.now(session)
        changes: dict[str, Any] = {"mode": doors.mode_of(mode)} if mode is not None else {}
        changes |= {"members_invite": members_invite} if members_invite is not None else {}
        changes |= {"question": question} if question is not None else {}
        if changes:
            door = replace(door, **changes)
            await doors.put(session, door, None)
    return asdict(door) | {"mode": door.mode.value}


async def _invite(uses: int, days: int, note: str) -> dict[str, Any]:
    from actors import invites as invitations
    from actors import signups as doors

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        row, secret = await invitations.make(session, None, uses=uses, days=days, note=note)
        door = await doors.now(session)
        link = f"{context.config.public_url}/invite/{secret}"
    return {"id": row.id, "link": link, "uses": uses, "days": days, "closed": door.mode == "closed"}


async def _invites() -> list[dict[str, Any]]:
    from actors import invites as invitations
    from fediverse_ai.cli.federation import moment

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        return [
            {
                "id": told.invite.id,
                "note": told.invite.note,
                "by": told.by,
                "used": f"{told.invite.uses}/{told.invite.most_uses}",
                "came": ", ".join(told.came),
                "until": moment(told.invite.expires_ms),
                "state": "open" if told.open else "taken back" if told.invite.revoked_ms else "over",
            }
            for told in await invitations.listed(session)
        ]


async def _revoke(number: int) -> None:
    from actors import invites as invitations

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        await invitations.revoke(session, number, None)


async def _requests(decided: bool) -> list[dict[str, Any]]:
    from actors import requests as asked
    from fediverse_ai.cli.federation import moment

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        return [
            {
                "name": row.name,
                "reason": row.reason,
                "state": row.state,
                "note": row.note,
                "asked": moment(row.created_ms),
            }
            for row in await asked.listed(session, decided=decided)
        ]


async def _decide(name: str, note: str, *, yes: bool) -> None:
    from actors import requests as asked
    from fediverse_ai import joining

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        await joining.decide(session, await asked.by_name(session, name), None, yes=yes, note=note)
