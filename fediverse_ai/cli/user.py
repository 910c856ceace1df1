"""`user create|list|reset-password|reset-two-factor|export|carry-follows|rotate-keys`: the people of this server."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from actors.models import Account, Actor
    from fediverse_ai.core.context import Context

app = typer.Typer(help="The people of this server.", no_args_is_help=True)

PasswordFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Read the password from this file, - for standard input; never from a word."),
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Letters, digits, underscores.")],
    role: Annotated[str, typer.Option(help="owner, admin, moderator or member.")] = "member",
    password_file: PasswordFile = None,
) -> None:
    """Make an account and print a sign-in link that works once, within an hour."""
    console.wait_for(_create(name, role, password_of(password_file)))


@app.command("list")
def list_() -> None:
    """Everybody with an account here."""
    console.wait_for(_list())


@app.command()
def reset_password(
    name: Annotated[str, typer.Argument(help="Whose.")],
    password_file: PasswordFile = None,
) -> None:
    """Set a new password from a file, or remove the old one; ends every session and prints a new sign-in link."""
    console.wait_for(_reset(name, password_of(password_file)))


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="Whose.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The zip file to write; it must not be there.")],
) -> None:
    """Everything of one account into an archive: profile, posts with recipes and verdicts, pictures, lists."""
    console.wait_for(_export(name, out))


@app.command()
def reset_two_factor(name: Annotated[str, typer.Argument(help="Whose.")]) -> None:
    """Ask somebody for no codes any more, who lost their program, and take no passkey of theirs; ends every session."""
    console.wait_for(_reset_two_factor(name))


@app.command()
def carry_follows(
    name: Annotated[str, typer.Argument(help="Whose follows.")],
    wanted: Annotated[bool, typer.Option("--yes/--no", help="--no: they are told, and decide themselves.")] = True,
) -> None:
    """Whether somebody's follows go along by themselves when the people they follow move to another account."""
    console.wait_for(_carry(name, wanted))
    console.tell(f"Follows of {name} {'go along' if wanted else 'stay as they are'}.", name=name, carry=wanted)


@app.command()
def rotate_keys(
    name: Annotated[str | None, typer.Argument(help="Whose; leave it out with --server.")] = None,
    server: Annotated[bool, typer.Option("--server", help="The keys of the server's own actor.")] = False,
    leaked: Annotated[
        bool, typer.Option("--leaked", help="Others may have the old keys: publish them no longer, not for a while.")
    ] = False,
) -> None:
    """Give somebody new signing keys; their followers' servers are told. The old ones stay published for a week."""
    console.wait_for(_rotate(name, server, leaked))


async def author(session: AsyncSession, name: str | None) -> Actor:
    """The local actor `name`, or without a name the only person here, or the first owner. Raises Missing."""
    from sqlmodel import col, select

    from actors import queries
    from actors.models import Account, Actor
    from fediverse_ai.core.errors import Missing

    if name is not None:
        found = await queries.local_by_name(session, name.removeprefix("@"))
        if found is None:
            raise Missing(f"There is nobody called {name} here; `user create {name}` makes an account.")
        return found
    query = select(Actor, Account).join(Account, col(Account.actor_id) == col(Actor.id)).order_by(col(Account.id))
    people = list(await session.exec(query))
    owners = [actor for actor, account in people if account.role == "owner"]
    if not people or (len(people) > 1 and not owners):
        raise Missing("Say who with --as NAME; `user list` shows everybody, `user create NAME` makes an account.")
    return people[0][0] if len(people) == 1 else owners[0]


async def link(session: AsyncSession, account: Account) -> str:
    """The address that signs in once."""
    from actors import accounts
    from fediverse_ai.core.context import context_of

    return f"{context_of(session).config.public_url}/sign-in/link/{await accounts.make_link(session, account.id)}"


async def make(context: Context, name: str, role: str, password: str | None = None) -> tuple[Actor, str]:
    """A new local actor with an account; gives it and a sign-in link. Raises Unprocessable, Conflict."""
    from actors import accounts, local

    async with context.database.write() as session:
        actor = await local.create(session, name)
        account = await accounts.create_account(session, actor, role=role, password=password)
        return actor, await link(session, account)


async def _create(name: str, role: str, password: str | None) -> None:
    async with console.beside(console.existing_config()) as context:
        actor, address = await make(context, name, role, password)
    console.tell(
        f"{actor.handle} ({role}): {actor.page_url}\nSign in once, within an hour: {address}",
        handle=actor.handle,
        role=role,
        uri=actor.uri,
        url=actor.page_url,
        link=address,
    )


async def _list() -> None:
    from sqlmodel import col, select

    from actors.models import Account, Actor

    async with console.beside(console.existing_config()) as context, context.database.read() as session:
        query = select(Actor, Account).join(Account, col(Account.actor_id) == col(Actor.id)).order_by(col(Account.id))
        rows: list[dict[str, Any]] = [
            {
                "handle": actor.handle,
                "role": account.role,
                "url": actor.page_url,
                "state": "disabled" if account.disabled_ms else "suspended" if actor.suspended_ms else "active",
            }
            for actor, account in await session.exec(query)
        ]
    console.table({"handle": "handle", "role": "role", "state": "state", "url": "page"}, rows)


async def _reset(name: str, password: str | None) -> None:
    from actors import accounts
    from fediverse_ai.core.errors import Missing

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        account = await accounts.account_of(session, name)
        if account is None:
            raise Missing(f"There is no account called {name} here.")
        if password is not None:
            await accounts.set_password(session, account.id, password)
        else:
            account.password_hash = None
            session.add(account)
            await accounts.end_everything(session, account.id)
        address = await link(session, account)
    words = "The new password is set" if password is not None else "The old password is removed"
    console.tell(f"{words}; sign in once, within an hour: {address}", name=name, link=address)


async def _export(name: str, out: Path) -> None:
    from fediverse_ai.carry import archive
    from fediverse_ai.core.errors import Conflict

    if await asyncio.to_thread(out.exists):
        raise Conflict(f"{out} is there already.")
    async with console.beside(console.existing_config()) as context:
        async with context.database.read() as session:
            actor = await author(session, name)
        await archive.write(context, actor.id, out)
    size = (await asyncio.to_thread(out.stat)).st_size
    console.tell(f"{actor.handle}: {out}, {size} bytes.", name=name, file=str(out), bytes=size)


async def _reset_two_factor(name: str) -> None:
    from actors import accounts, passkeys, second_factor
    from fediverse_ai.core.errors import Missing

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        account = await accounts.account_of(session, name)
        if account is None:
            raise Missing(f"There is no account called {name} here.")
        was_on = await second_factor.remove(session, account.id)
        had = await passkeys.remove_all(session, account.id)
        if was_on or had:
            await accounts.end_everything(session, account.id)
    words = "signs in without a code from now on" if was_on else "was not asked for codes"
    keys = f"; {had} of their passkeys no longer open the account" if had else ""
    console.tell(f"{name} {words}{keys}.", name=name, was_on=was_on, passkeys=had)


async def _carry(name: str, wanted: bool) -> None:
    from actors import accounts
    from fediverse_ai.core.errors import Missing

    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        account = await accounts.account_of(session, name)
        if account is None:
            raise Missing(f"There is no account called {name} here.")
        account.carry_follows = wanted
        session.add(account)


async def _rotate(name: str | None, server: bool, leaked: bool) -> None:
    from actors import local, queries
    from fediverse_ai.core.errors import Unprocessable
    from outbox import profile

    if (name is None) is not server:
        raise Unprocessable("Say whose keys: a name, or --server for the server's own actor.")
    async with console.beside(console.existing_config()) as context, context.database.write() as session:
        actor = await local.instance_actor(session) if name is None else await author(session, name)
        await profile.rotate_keys(session, actor, leaked=leaked)
        key = await queries.key_of(session, actor.id)
    assert key is not None
    console.tell(f"{actor.handle} signs with {key.uri} from now on.", actor=actor.uri, key=key.uri)


def password_of(file: Path | None) -> str | None:
    """The password in a file, - for standard input, without the end of its line."""
    if file is None:
        return None
    text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    return text.rstrip("\r\n")
