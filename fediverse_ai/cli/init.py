"""`init`: write a new server's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fediverse_ai.cli import console, folder

if TYPE_CHECKING:
    from fediverse_ai.core.config import Config


def init(
    public_url: Annotated[
        str | None, typer.Option(help="The address of this server for the world, such as https://pictures.example.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on.")] = None,
    development: Annotated[bool, typer.Option("--development", help="Loopback and http, to try things.")] = False,
) -> None:
    """Write configuration, secret, database and keys of a new server; then `user create` and `serve`."""
    from fediverse_ai.core.errors import Misconfigured

    folder.check_packages()
    folder.check_writable(console.chosen.get().data)
    config = folder.planned(public_url=public_url, host=host, port=port, development=development or None)
    if folder.furnished(config):
        raise Misconfigured(f"{config.data_dir} holds a server already; nothing was changed.")
    if not config.server.public_url and not config.server.development:
        raise Misconfigured("Say under which address the world will reach this server: --public-url https://NAME.")
    address = config.public_url
    folder.furnish(config)
    console.wait_for(_first_keys(config))
    command = f"fediverse-ai --data {config.data_dir}"
    console.tell(
        f"{config.data_dir} is ready for {address}.\n"
        f"Next: {command} user create NAME --role owner\n"
        f"      {command} serve\n"
        f"      {command} doctor",
        folder=str(config.data_dir),
        public_url=address,
    )


async def _first_keys(config: Config) -> None:
    """Opening the house makes the server's own actor and its key."""
    async with console.beside(config):
        pass
