"""The server's folder: made whole or not at all, with the file modes of secrets, and one server at a time in it."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fediverse_ai.cli import console
from fediverse_ai.core.errors import Misconfigured

if TYPE_CHECKING:
    from fediverse_ai.core.config import Config

LOCK = "serve.lock"
MODEL_LINES = (
    "[generation]",
    'default = "studio"',
    'backends.studio = { kind = "openai", url = "http://127.0.0.1:8080/v1", model = "NAME" }',
)
"""What a server needs to use a real model: two lines, under their heading."""
PACKAGES = ("fediverse_ai", "actors", "inbox", "outbox", "generation")


def check_packages() -> None:
    """Raises Misconfigured unless our five packages lie side by side: three of them are also names on the index."""
    homes = {}
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        homes[name] = Path(spec.origin).parent.parent if spec is not None and spec.origin else None
    if len(set(homes.values())) != 1:
        shown = ", ".join(f"{name} in {home or 'nowhere'}" for name, home in homes.items())
        raise Misconfigured(
            f"The program's packages do not lie side by side ({shown}); "
            "another distribution took a name: install into a fresh environment."
        )


def check_writable(folder: Path) -> None:
    """Raises Misconfigured when nothing can be written in `folder`, or it cannot be made; leaves nothing behind."""
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise Misconfigured(f"{nearest} is not a folder; choose another with --data.")
    try:
        # Asking for permission bits would not notice a read-only disk, and root always has them.
        descriptor, probe = tempfile.mkstemp(prefix=".fediverse-ai-", dir=nearest)
    except OSError as error:
        raise Misconfigured(
            f"Nothing can be written into {nearest} ({error.strerror}); choose another folder with --data."
        ) from None
    os.close(descriptor)
    os.unlink(probe)


def planned(**server: object) -> Config:
    """The configuration of this run with some keys of [server] given on the command line; None is not given.

    Writes nothing. Raises Misconfigured.
    """
    from fediverse_ai.core.config import PREFIX, load

    options = console.chosen.get()
    given = {
        f"{PREFIX}SERVER__{key.upper()}": value if isinstance(value, str) else json.dumps(value)
        for key, value in server.items()
        if value is not None
    }
    return load(options.data, options.file, {**os.environ, **given})


def furnished(config: Config) -> bool:
    """Whether the folder holds a server."""
    from fediverse_ai.core import secrets

    return (config.data_dir / secrets.FILE).exists()


def furnish(config: Config) -> None:
    """Write a new server's folder: configuration, secret, database. What a first start left unfinished is completed.

    Keys of the environment that become part of stored ids are written down, so that later commands agree.
    """
    from fediverse_ai import migrations
    from fediverse_ai.core import secrets
    from fediverse_ai.core.clock import SystemClock
    from fediverse_ai.core.config import FILE
    from generation import policy_file

    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if console.chosen.get().file is None and not (config.data_dir / FILE).exists():
        _write_config(config)
    if not (policy := config.data_dir / policy_file.FILE).exists():
        policy_file.write(policy, policy_file.shipped())
    # A secret that is missing beside a filled database is a loss to tell of, not a reason for a new one (OPS-03).
    empty = migrations.current(config) is None
    secrets.open_box(config.data_dir, SystemClock(), create=empty)
    if empty:
        migrations.upgrade(config)
    else:
        migrations.ready(config)


def _write_config(config: Config) -> None:
    from fediverse_ai.core.config import FILE

    server = config.server
    kept: dict[str, object] = {
        "host": server.host,
        "port": server.port,
        "public_url": config.public_url,
        "development": server.development,
    }
    for name in ("account_domain", "trusted_proxies", "name", "contact"):
        if (value := getattr(server, name)) != type(server).model_fields[name].default:
            kept[name] = value
    # A JSON string, number, boolean or list of strings is a TOML value too.
    lines = [
        "# Written at the first start. Every key and what it means: config.example.toml.",
        "# public_url is part of every stored id, account_domain of every handle: they cannot be changed later.",
        "",
        "[server]",
        *(f"{key} = {json.dumps(value)}" for key, value in kept.items()),
        "",
        "# A real image model behind any endpoint that speaks OpenAI's images API; remove the # of these lines:",
        *(f"# {line}" for line in MODEL_LINES),
    ]
    descriptor, draft = tempfile.mkstemp(prefix=".config-", dir=config.data_dir)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, config.data_dir / FILE)


def holder(folder: Path) -> int | None:
    """The process id of the server that holds the folder; None when none does."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            found = re.match(r"\d+", file.read())
            return int(found[0]) if found else 0
        return None


@contextmanager
def held(config: Config) -> Iterator[None]:
    """Be the only server of this folder until the block ends. Raises Misconfigured when another one runs.

    The kernel frees the lock when the process dies, however it dies. On PostgreSQL any number of servers may run.
    """
    if config.database.resolved():
        yield
        return
    descriptor = os.open(config.data_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                f"A server already runs in {config.data_dir} (process {file.read().strip() or 'unknown'}); "
                "SQLite allows one. Stop it first, or use `post`, `user` and `follow` beside it."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
