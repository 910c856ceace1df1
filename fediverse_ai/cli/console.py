"""What every command shares: the global options, words on the terminal, JSON for programs, one-line errors."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.console import Console

    from fediverse_ai.core.config import Config
    from fediverse_ai.core.context import Context

T = TypeVar("T")


@dataclass(frozen=True)
class Options:
    """The global options of this run."""

    data: Path = Path("instance")
    file: Path | None = None
    json: bool = False


chosen: ContextVar[Options] = ContextVar("options", default=Options())  # noqa: B039 - frozen

GLOBAL = {"--data": 2, "--config": 2, "--json": 1}
"""The global options and how many words each takes; they may stand before and after the command's name."""


def hoist(words: Sequence[str]) -> list[str]:
    """Move the global options to the front, where the parser wants them; everything after `--` stays."""
    front: list[str] = []
    rest: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            rest += words[at:]
            break
        if word.partition("=")[0] in GLOBAL:
            taken = 1 if "=" in word else GLOBAL[word]
            front += words[at : at + taken]
            at += taken
        else:
            rest.append(word)
            at += 1
    return front + rest


def load_config() -> Config:
    """The configuration of this run. Raises Misconfigured."""
    from fediverse_ai.core.config import load

    options = chosen.get()
    return load(options.data, options.file)


def existing_config() -> Config:
    """The configuration of a folder that already holds a server. Raises Misconfigured when it does not."""
    from fediverse_ai.core import secrets
    from fediverse_ai.core.errors import Misconfigured

    config = load_config()
    if not (secret := config.data_dir / secrets.FILE).is_file():
        from fediverse_ai.core.database import SQLITE_FILE

        if (config.data_dir / SQLITE_FILE).exists():
            raise Misconfigured(f"{secret} is missing beside a database: restore it from your backup.")
        raise Misconfigured(
            f"{config.data_dir} holds no server yet; run `fediverse-ai quickstart` or `fediverse-ai init` first, "
            "or name its folder with --data."
        )
    return config


@asynccontextmanager
async def beside(config: Config) -> AsyncIterator[Context]:
    """The house without its engine: rows and jobs can be written beside a running server, nothing is run here."""
    from fediverse_ai import migrations
    from fediverse_ai.cli import checks
    from fediverse_ai.core import log
    from fediverse_ai.wiring import close_context, open_context

    log.configure(quiet(config).log)
    migrations.ready(config)
    checks.ids(config)
    context = await open_context(config, engine=False)
    try:
        yield context
    finally:
        await close_context(context)


def quiet(config: Config) -> Config:
    """The same configuration with only warnings on the terminal, unless the log's level was chosen."""
    if any(key == "log.level" and origin != "default" for key, _, origin in config.explain()):
        return config
    return config.model_copy(update={"log": config.log.model_copy(update={"level": "warning"})})


def terminal(*, stderr: bool = False) -> Console:
    """A terminal for people; no markup in what we print, because prompts may contain brackets."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, highlight=False, soft_wrap=True, emoji=False)


def tell(words: str, **facts: Any) -> None:
    """Print words for people or, with --json, the facts as one line of JSON."""
    if chosen.get().json:
        print(json.dumps(facts, ensure_ascii=False), flush=True)
    else:
        terminal().print(words)


def table(columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as a table or, with --json, as one list; `columns` maps keys to headings."""
    if chosen.get().json:
        print(json.dumps(rows, ensure_ascii=False), flush=True)
        return
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for heading in columns.values():
        shown.add_column(heading, overflow="fold")
    for row in rows:
        shown.add_row(*(Text("" if row[key] is None else str(row[key])) for key in columns))
    terminal().print(shown)


def complain(words: str) -> None:
    """One line to stderr."""
    print(f"fediverse-ai: {' '.join(words.split())}", file=sys.stderr, flush=True)


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run one coroutine to its end."""
    import asyncio

    return asyncio.run(work)
