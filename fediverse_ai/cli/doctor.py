"""`doctor`: look at everything a server stands on, and say what to do about each finding."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import typer

from fediverse_ai.cli import console, folder

if TYPE_CHECKING:
    from fediverse_ai.core.config import Config
    from fediverse_ai.core.context import Context

SQLITE_SOUND = (3, 51, 3)
"""Older ones have a rare race between two connections that checkpoint; ours does so from the server alone."""
DISK_LEAST_BYTES = 200 * 1024 * 1024
DISK_ENOUGH_BYTES = 1024 * 1024 * 1024
CLOCK_SLACK_MS = 5 * 60 * 1000
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No machine that runs this program lives before this day."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `cure` is what to do, empty when it is well."""

    name: str
    level: Literal["ok", "advice", "problem"]
    words: str
    cure: str = ""


def doctor() -> None:
    """Check configuration, files, keys, database, the way from outside, clock and disk; exit code 1 on a problem."""
    findings = console.wait_for(_examine())
    if console.chosen.get().json:
        import json

        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        _show(findings)
    raise typer.Exit(int(any(finding.level == "problem" for finding in findings)))


def _show(findings: list[Finding]) -> None:
    from rich.text import Text

    marks = {"ok": ("ok     ", "green"), "advice": ("advice ", "yellow"), "problem": ("PROBLEM", "bold red")}
    terminal = console.terminal()
    for finding in findings:
        mark, style = marks[finding.level]
        terminal.print(Text.assemble((mark, style), f"  {finding.name}: {finding.words}"))
        if finding.cure:
            terminal.print(f"         → {finding.cure}")


async def _examine() -> list[Finding]:
    from sqlalchemy.exc import SQLAlchemyError

    from fediverse_ai.core.errors import FediverseError

    findings: list[Finding] = []
    try:
        folder.check_packages()
        config = console.existing_config()
        _ = config.public_url
    except FediverseError as error:
        return [Finding("configuration", "problem", error.public, "Mend this first; everything else depends on it.")]
    findings += [*_configuration(config), *_files(config), *_clock(config), *_disk(config)]
    try:
        findings += _database(config)
        async with console.beside(config) as context:
            findings += [finding async for finding in _rows(context)]
            findings.append(await _webfinger(context))
            findings.append(_policy(context))
    except (FediverseError, SQLAlchemyError, OSError) as error:
        findings.append(Finding("start", "problem", str(error), "The server cannot start like this."))
    return findings


def _configuration(config: Config) -> Iterator[Finding]:
    yield Finding("configuration", "ok", f"{config.public_url}, read from {config.data_dir}")
    if config.server.development:
        yield Finding(
            "development", "advice", "development mode is on", "Fine on your own machine; never on a public server."
        )
        return
    from urllib.parse import urlsplit

    if urlsplit(config.media_url).hostname == urlsplit(config.public_url).hostname:
        yield Finding(
            "media",
            "advice",
            "pictures are served from the same host as pages",
            "Let another host serve the media folder and set media.public_url: then no picture can act as a page.",
        )
    yield from _clients(config)
    if not config.server.contact:
        yield Finding("contact", "advice", "server.contact is empty", "Say how people reach who is in charge.")


def _clients(config: Config) -> Iterator[Finding]:
    """Whose address is believed to be a visitor's: of everybody, or of nobody where a proxy hides them (OAU-11)."""
    from ipaddress import ip_network

    from fediverse_ai.core.addresses import is_loopback

    believed = config.server.trusted_proxies
    if any(ip_network(entry, strict=False).prefixlen == 0 for entry in believed):
        words = "server.trusted_proxies names every address, so visitors choose the address that they are counted by"
        yield Finding("visitors", "problem", words, "Name only the proxy, such as 127.0.0.1.")
    elif not believed and not config.server.tls_certificate and is_loopback(config.server.host):
        words = "a proxy is not named, so all visitors have its address: how much each may read is not limited"
        yield Finding("visitors", "advice", words, 'Set server.trusted_proxies = ["127.0.0.1"] if it runs here.')


def _files(config: Config) -> Iterator[Finding]:
    """Nobody but the owner may read what is written here (OPS-04)."""
    from fediverse_ai.core import secrets
    from fediverse_ai.core.config import FILE
    from fediverse_ai.core.database import SQLITE_FILE

    private = [config.data_dir, *(config.data_dir / name for name in (FILE, secrets.FILE))]
    private += sorted(config.data_dir.glob(f"{SQLITE_FILE}*"))
    open_ones = [path for path in private if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_ones:
        shown = " ".join(str(path) for path in open_ones)
        yield Finding("files", "problem", f"others on this machine can read {shown}", f"chmod go= {shown}")
    strangers = [path for path in private if path.exists() and path.stat().st_uid != os.geteuid()]
    if strangers:
        shown = " ".join(str(path) for path in strangers)
        yield Finding("owner", "advice", f"another user owns {shown}", "Run the server and this command as one user.")
    if not open_ones and not strangers:
        yield Finding("files", "ok", "secret, configuration and database are yours alone")


def _clock(config: Config) -> Iterator[Finding]:
    from fediverse_ai.core.clock import SystemClock

    now = SystemClock().now()
    if now < RELEASED:
        yield Finding(
            "clock", "problem", f"the clock says {now:%Y-%m-%d %H:%M} UTC", "Set it: peers refuse our signatures."
        )
    else:
        yield Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")


def _disk(config: Config) -> Iterator[Finding]:
    for name, path in (("disk", config.data_dir), ("disk of media", config.media_dir)):
        if not path.exists() or (name != "disk" and path.stat().st_dev == config.data_dir.stat().st_dev):
            continue
        free = shutil.disk_usage(path).free
        words = f"{free / 2**30:.1f} GiB free in {path}"
        if free < DISK_LEAST_BYTES:
            yield Finding(name, "problem", words, "Make room: a full disk stops every post and every delivery.")
        elif free < DISK_ENOUGH_BYTES:
            yield Finding(name, "advice", words, "A picture takes about 0.5 MB; make room soon.")
        else:
            yield Finding(name, "ok", words)


def _database(config: Config) -> Iterator[Finding]:
    from fediverse_ai import migrations

    revision = migrations.current(config)
    if revision != migrations.newest():
        yield Finding(
            "migrations",
            "problem",
            f"the database is at {revision or 'nothing'}, the program needs {migrations.newest()}",
            "Run `fediverse-ai db migrate`.",
        )
    elif strange := migrations.differences(config):
        words = f"{len(strange)} differences between the tables and the program, the first: {strange[0]}"
        yield Finding("tables", "problem", words, "Somebody changed the tables by hand: restore your backup.")
    if config.database.resolved():
        yield Finding("database", "ok", f"PostgreSQL, revision {revision}")
        return
    with migrations.connect(config) as connection:
        broken = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(5)") if row[0] != "ok"]
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        yield Finding("database", "problem", f"damaged: {broken[0]}", "Stop the server and restore your backup.")
    elif orphans:
        yield Finding(
            "database",
            "problem",
            f"{len(orphans)} rows lack the row they belong to",
            "Restore your backup; report this.",
        )
    else:
        yield Finding("database", "ok", f"sound, revision {revision}")
    yield _sqlite()


def _sqlite() -> Finding:
    import sqlite3

    if sqlite3.sqlite_version_info >= SQLITE_SOUND:
        return Finding("SQLite", "ok", sqlite3.sqlite_version)
    sound = ".".join(map(str, SQLITE_SOUND))
    return Finding(
        "SQLite",
        "advice",
        f"{sqlite3.sqlite_version} is older than {sound}, which mended a rare fault between two checkpointing programs",
        "Let no other program write to the database while the server runs; update SQLite when your system can.",
    )


async def _rows(context: Context) -> AsyncIterator[Finding]:
    from sqlalchemy import func
    from sqlmodel import col, select

    from actors.keys import KeyRing
    from actors.models import Actor, Key
    from fediverse_ai.activitypub.keys import load_private_key
    from fediverse_ai.core.errors import Misconfigured, Unauthenticated
    from outbox.models import Post

    async with context.database.read() as session:
        query = select(Key, Actor).join(Actor, col(Actor.id) == col(Key.actor_id)).where(col(Actor.local).is_(True))
        keys = list(await session.exec(query))
        newest = (await session.exec(select(func.max(Post.created_ms)))).one() or 0
        homes = {actor.host for _, actor in keys}
    closed = []
    box = context.part(KeyRing).box
    for key, actor in keys:
        try:
            load_private_key(box.open(key.private_sealed or b""), trusted=True)
        except (Misconfigured, Unauthenticated, ValueError):
            closed.append(actor.username)
    if closed or not keys:
        words = f"the keys of {', '.join(closed)} do not open" if closed else "the server has no keys"
        yield Finding("keys", "problem", words, "Restore secret.key from the backup that belongs to this database.")
    else:
        yield Finding("keys", "ok", f"{len(keys)} keys open with the secret")
    if strange := homes - {context.config.host}:
        yield Finding(
            "address",
            "problem",
            f"stored actors belong to {', '.join(sorted(strange))}, the configuration says {context.config.host}",
            "Set server.public_url back: ids cannot move.",
        )
    if newest > context.clock.now_ms() + CLOCK_SLACK_MS:
        yield Finding("clock", "problem", "stored posts come from the future", "Set the clock; keep it with NTP.")


def _policy(context: Context) -> Finding:
    """A policy file that is wrong does not run; the policy before it does."""
    from generation.pipeline import Pipeline

    pipeline = context.part(Pipeline)
    if pipeline.policy_problem is not None:
        return Finding("policy", "problem", pipeline.policy_problem, "See `fediverse-ai moderation policy check`.")
    missing = pipeline.policy.missing([moderator.name for moderator in pipeline.moderators])
    if missing:
        words = f"the policy requires {', '.join(missing)}, which do not run: everything is held"
        return Finding("policy", "problem", words, "Add them to moderation.moderators, or change the policy file.")
    return Finding("policy", "ok", f"version {pipeline.policy.version}")


async def _webfinger(context: Context) -> Finding:
    """Ask for ourselves as a peer would: by the public address, through whatever proxy stands there."""
    from sqlmodel import col, select

    from actors.models import Account, Actor
    from fediverse_ai.activitypub import webfinger
    from fediverse_ai.core.errors import Elsewhere
    from fediverse_ai.core.http import Budget

    config = context.config
    async with context.database.read() as session:
        query = select(Actor).join(Account, col(Account.actor_id) == col(Actor.id)).order_by(col(Actor.id)).limit(1)
        actor = (await session.exec(query)).first()
    if actor is None:
        return Finding("WebFinger", "advice", "nobody lives here yet", "Run `fediverse-ai user create NAME`.")
    try:
        budget, scheme = Budget(clock=context.clock), config.public_url.partition(":")[0]
        found = await webfinger.finger(context.http, actor.username, config.host, budget, scheme=scheme)
    except Elsewhere as error:
        running = folder.holder(config.data_dir) is not None or bool(config.database.resolved())
        cure = (
            "Look at DNS, certificate and proxy: peers ask the same way."
            if running
            else "No server runs in this folder: start it and ask again."
        )
        level: Literal["advice", "problem"] = "problem" if running else "advice"
        return Finding(
            "WebFinger", level, f"{config.public_url} does not answer for {actor.handle}: {error.detail}", cure
        )
    if found.actor_uri != actor.uri:
        return Finding(
            "WebFinger",
            "problem",
            f"the answer names {found.actor_uri}",
            "Another server answers there: mend DNS or proxy.",
        )
    return Finding("WebFinger", "ok", f"{actor.handle} is found at {config.public_url}")
