"""`serve`: answer requests and run the queues, until a signal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from fediverse_ai.cli import checks, console, folder

if TYPE_CHECKING:
    import socket

    from fediverse_ai.core.config import Config
    from fediverse_ai.core.context import Context

Story = Callable[["Context"], Awaitable[None]]


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on, for this run.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on, for this run.")] = None,
    ssl_certfile: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Serve https with this certificate chain (server.tls_certificate)."),
    ] = None,
    ssl_keyfile: Annotated[str | None, typer.Option(metavar="FILE", help="Its private key (server.tls_key).")] = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C. On SQLite the database is migrated first; on PostgreSQL `db migrate` does that."""
    from fediverse_ai.cli import listener
    from fediverse_ai.core import log

    listener.end_quietly()
    folder.check_packages()
    console.existing_config()
    config = folder.planned(host=host, port=port, tls_certificate=ssl_certfile, tls_key=ssl_keyfile)
    log.configure(config.log)
    check_port(config)
    run(config, listener.bind(config), _announce)


async def _announce(context: Context) -> None:
    from fediverse_ai import __version__
    from fediverse_ai.core.log import get

    get(__name__).info("serving", url=context.config.public_url, version=__version__)


def check_port(config: Config) -> None:
    """Raises Misconfigured when the port is not the one in the ids, and nothing but this process could answer there."""
    from fediverse_ai.core.config import is_loopback
    from fediverse_ai.core.errors import Misconfigured

    address = urlsplit(config.public_url)
    if address.scheme == "http" and is_loopback(address.hostname or "") and (address.port or 80) != config.server.port:
        raise Misconfigured(
            f"The ids of this server contain {address.netloc}, so it cannot serve on port {config.server.port}; "
            f"use port {address.port or 80}, or another folder for another server."
        )


def run(config: Config, on: socket.socket, story: Story) -> None:
    """Hold the folder, bring the database up to date, open the house and serve on the socket."""
    import uvloop

    from fediverse_ai import migrations
    from fediverse_ai.core.clock import SystemClock

    with ExitStack() as stack:
        stack.enter_context(on)
        stack.enter_context(folder.held(config))
        checks.clock(SystemClock())
        checks.certificate(config)
        checks.files(config)
        migrations.ready(config)
        checks.ids(config)
        checks.keys(config)
        checks.reachable(config)
        warn(config)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(config, on, story))


async def _serve(config: Config, on: socket.socket, story: Story) -> None:
    from fediverse_ai.app import create_app
    from fediverse_ai.cli import listener
    from fediverse_ai.wiring import close_context, open_context, own_queues

    with listener.Ending() as ending:
        context = await open_context(config, engine=True, queues=own_queues(config))
        try:
            async with listener.beside(context):
                await listener.listen(create_app(config, context), config, on, ending, lambda: story(context))
        finally:
            await close_context(context)


def warn(config: Config) -> None:
    """Say loudly what must not happen in public."""
    if config.server.development:
        console.complain(
            "DEVELOPMENT MODE: loopback addresses, plain http and any port are allowed, here and at peers. "
            "Never put this server on the Internet."
        )
