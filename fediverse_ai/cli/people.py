"""`user role|suspend|restore|quota`: what somebody may do here, and what they use."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fediverse_ai.cli import console

Name = Annotated[str, typer.Argument(help="Whose name.")]
Reason = Annotated[
    str, typer.Option("--reason", help="Why; it is kept in the audit log, and a suspended person reads it.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


def role(
    name: Name,
    new: Annotated[str, typer.Argument(metavar="ROLE", help="owner, admin, moderator or member.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; for the audit log.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Give somebody another role. There is always one owner."""
    old = console.wait_for(_role(name, new, reason, dry_run))
    words = f"{name} would be {new}, and is {old}." if dry_run else f"{name} was {old}, and is {new} now."
    console.tell(words, name=name, before=old, after=new, dry_run=dry_run)


def suspend(
    name: Name,
    reason: Reason,
    ground: Annotated[
        str, typer.Option("--ground", help="The rule or law; they read it.")
    ] = "the rules of this server",
    dry_run: DryRun = False,
) -> None:
    """Sign somebody out for now and hide what is theirs. `user restore` takes it back."""
    console.wait_for(_suspend(name, ground, reason, dry_run))
    console.tell(
        f"{name} {'would be' if dry_run else 'is'} suspended.", name=name, suspended=not dry_run, dry_run=dry_run
    )


def restore(name: Name, reason: Reason) -> None:
    """Take a suspension back."""
    console.wait_for(_restore(name, reason))
    console.tell(f"{name} is no longer suspended.", name=name, suspended=False)


def quota(name: Name) -> None:
    """What somebody uses, of how much; the bounds of each role stand in config.toml under quotas."""
    columns = {"what": "what", "used": "used", "most": "at most", "left": "left"}
    console.table(columns, console.wait_for(_quota(name)))


async def _role(name: str, new: str, reason: str, dry_run: bool) -> str:
    from actors import people
    from fediverse_ai.core import roles
    from fediverse_ai.core.errors import Unprocessable

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        person = await people.by_name(session, name)
        old = person.account.role
        if dry_run and new not in roles.NAMES:
            raise Unprocessable("A role is owner, admin, moderator or member.")
        if not dry_run:
            await people.change_role(session, person, new, None, reason)
    return old


async def _suspend(name: str, ground: str, reason: str, dry_run: bool) -> None:
    from actors import people
    from fediverse_ai.cli.moderation import moderator
    from outbox import measures

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        person = await people.by_name(session, name)
        by = await moderator(session, "")
        if not dry_run:
            await measures.about_person(session, by, person.actor, "suspend", measures.Reasons(ground, reason))


async def _restore(name: str, reason: str) -> None:
    from actors import people
    from fediverse_ai.cli.moderation import moderator
    from fediverse_ai.core.errors import Conflict
    from outbox import measures
    from outbox.restraints import in_force

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        person = await people.by_name(session, name)
        made = await in_force(session, person.actor.id, "suspend")
        if made is None:
            raise Conflict(f"{name} is not suspended.")
        await measures.lift(session, made, await moderator(session, ""), reason)


async def _quota(name: str) -> list[dict[str, Any]]:
    from actors import people
    from outbox import quotas

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        person = await people.by_name(session, name)
        return [
            {"what": share.kind, "used": share.used, "most": share.most or None, "left": share.left}
            for share in await quotas.shares(session, person.actor.id)
        ]
