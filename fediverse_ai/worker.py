"""Run queues without serving: a process beside the web processes of a server on PostgreSQL."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fediverse_ai.cli.listener import beside
from fediverse_ai.core.log import get
from fediverse_ai.wiring import close_context, open_context

if TYPE_CHECKING:
    from fediverse_ai.core.config import Config

_log = get("worker")


async def run(config: Config, queues: Sequence[str] | None = None) -> None:
    """Run the named queues (None: all) until SIGTERM or Ctrl-C. Raises Misconfigured for an unknown queue."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    context = await open_context(config, engine=True, queues=list(queues) if queues is not None else None)
    _log.info("worker_started", queues=queues or "all")
    try:
        async with beside(context):
            await ended.wait()
    finally:
        await close_context(context)
