"""`init`: write a new server's folder, and say what belongs in front of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fediverse_ai.cli import console, folder

if TYPE_CHECKING:
    from fediverse_ai.core.config import Config


def init(
    domain: Annotated[
        str | None, typer.Option(help="The domain of this server, such as art.example. Cannot be changed later.")
    ] = None,
    account_domain: Annotated[
        str | None,
        typer.Option(help="The domain of handles where it is another: with example.org, @ann@example.org. As final."),
    ] = None,
    admin: Annotated[str | None, typer.Option(metavar="NAME", help="Make this account too, the owner's.")] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Their password, - for standard input; else it is asked for, or a link."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What people see as the name of this server.")] = None,
    contact: Annotated[str | None, typer.Option(help="How people reach who is in charge: an address.")] = None,
    public_url: Annotated[
        str | None, typer.Option(help="Instead of --domain: the whole address, such as https://pictures.example.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on.")] = None,
    development: Annotated[bool, typer.Option("--development", help="Loopback and http, to try things.")] = False,
) -> None:
    """Write configuration, secret, database, keys, certificates and the first account; print what goes in front."""
    from fediverse_ai.cli import front
    from fediverse_ai.core.errors import Misconfigured

    folder.check_packages()
    folder.check_writable(console.chosen.get().data)
    config = _planned(
        public_url=_address(domain, public_url),
        account_domain=account_domain,
        name=name,
        contact=contact,
        host=host,
        port=port,
        development=development or None,
    )
    if folder.furnished(config):
        raise Misconfigured(f"{config.data_dir} holds a server already; nothing was changed.")
    if not config.server.public_url and not config.server.development:
        raise Misconfigured(
            "Say under which address the world will reach this server: --domain NAME, or --public-url https://NAME."
        )
    password = _checked(admin, password_file)
    folder.furnish(config)
    link = console.wait_for(_people(config, admin, password))
    address = config.public_url
    console.tell(
        "\n\n".join([f"{config.data_dir} is ready for {address}.", *_next(config, admin, link)]),
        folder=str(config.data_dir),
        public_url=address,
        admin=f"{admin}@{config.account_host}" if admin else None,
        link=link,
        **front.facts(config),
    )


def _address(domain: str | None, public_url: str | None) -> str | None:
    """Raises Misconfigured for both, and for what is no domain."""
    from fediverse_ai.core.errors import Malformed, Misconfigured
    from fediverse_ai.core.urls import canonical_host

    if domain is None:
        return public_url
    if public_url is not None:
        raise Misconfigured("--domain NAME is short for --public-url https://NAME: give one of them.")
    try:
        return f"https://{canonical_host(domain)}"
    except Malformed:
        raise Misconfigured(f"--domain {domain}: this is not a name like art.example.") from None


def _planned(**server: object) -> Config:
    """Behind a proxy on this machine, which is the rule, it is the proxy's word that says who visits."""
    from fediverse_ai.core.config import is_loopback

    config = folder.planned(**server)
    section = config.server
    alone = section.development or section.tls_certificate or section.trusted_proxies or not is_loopback(section.host)
    if alone or not section.public_url:
        return config
    return folder.planned(**server, trusted_proxies=["127.0.0.1", "::1"])


def _checked(admin: str | None, password_file: Path | None) -> str | None:
    """The password of the first account, None for a link instead; refuses before anything is written."""
    from actors import accounts
    from actors.local import check_username
    from fediverse_ai.cli.user import password_of
    from fediverse_ai.core.errors import Unprocessable

    if admin is None:
        if password_file is not None:
            raise Unprocessable("Whose password is it? Name the account: --admin NAME.")
        return None
    check_username(admin)
    password = password_of(password_file) if password_file is not None else _asked(admin)
    if password is not None:
        console.wait_for(accounts.hash_password(password))
    return password


def _asked(admin: str) -> str | None:
    """Asked for twice on a terminal; nobody there, or nothing typed, means a link."""
    if console.chosen.get().json or not sys.stdin.isatty():
        return None
    words = f"Password of {admin} (nothing: a link that signs in once)"
    typed = typer.prompt(words, default="", show_default=False, hide_input=True, confirmation_prompt="Once more")
    return str(typed) or None


async def _people(config: Config, admin: str | None, password: str | None) -> str | None:
    """Opening the house makes the server's own actor with its keys, and the certificates that sign pictures."""
    from fediverse_ai.cli import user

    async with console.beside(config) as context:
        if admin is None:
            return None
        _actor, link = await user.make(context, admin, "owner", password)
        return link if password is None else None


def _next(config: Config, admin: str | None, link: str | None) -> list[str]:
    from fediverse_ai.cli import front
    from fediverse_ai.core import secrets

    command = f"fediverse-ai --data {config.data_dir}"
    if config.server.development:
        steps = [f"{command} serve", f"{command} doctor"]
        if admin is None:
            steps.insert(0, f"{command} user create NAME --role owner")
        found = ["Next: " + "\n      ".join(steps)]
    else:
        found = [front.in_words(config)]
        if admin is None:
            found.append(f"Nobody lives here yet: {command} user create NAME --role owner")
    if admin is not None:
        entry = f"Sign in once, within an hour: {link}" if link else f"Sign in: {config.public_url}/sign-in"
        found.append(f"@{admin}@{config.account_host} is the owner. {entry}")
    if not config.server.development:
        found.append(
            "For good: the domain, the domain of handles, and "
            f"{config.data_dir / secrets.FILE}, without which no backup of the database is worth anything."
        )
    return found
