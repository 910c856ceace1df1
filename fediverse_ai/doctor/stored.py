"""What the database and the folders say: their shape, keys, policy, models, work that waits, room, backups."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime

from sqlalchemy import func
from sqlmodel import col, select

from actors import restorations
from actors.keys import KeyRing
from actors.models import Actor, Key
from actors.stops import StopSwitch
from fediverse_ai import disk, heartbeat, mail, migrations
from fediverse_ai.activitypub.keys import load_private_key
from fediverse_ai.backup.places import last_backup
from fediverse_ai.core import limits, queues, room
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import SQLITE_FILE
from fediverse_ai.core.errors import FediverseError, Misconfigured, Unauthenticated
from fediverse_ai.core.http import trust
from fediverse_ai.core.texts import _, ngettext
from fediverse_ai.doctor.findings import Finding, advice, problem, well
from generation.moderators import files
from generation.pipeline import Pipeline
from outbox.models import Post

CLOCK_SLACK_MS = 5 * 60 * 1000
QUEUE_LATE_SECONDS = 300.0
LATE_SECONDS = {"generate": 3_600.0}
"""Pictures take their time, and people wait in line."""
BACKUP_LATE_MS = 2 * 86_400_000
DISK_DAYS_LEAST = 14
DISK_DAYS_SOON = 60
DISK_DAYS_TOLD = 3_650
INTEGRITY_SECONDS = 1.5
FILES_SECONDS = 2.0
_STEPS = 10_000
"""SQLite's own steps between two looks at the time."""


def shape(config: Config, clock: Clock) -> Iterator[Finding]:
    """Is this the database of this program, and sound? Its revision first: without it nothing else can be read."""
    revision, wanted = migrations.current(config), migrations.newest()
    if revision != wanted:
        words = _("the database is at %(found)s, the program needs %(wanted)s") % {
            "found": revision or "–", "wanted": wanted
        }  # fmt: skip
        newer = revision is not None and revision > wanted
        cure = _("Install the newer program again.") if newer else _("Run `fediverse-ai db migrate`.")
        yield problem("migrations", words, cure)
        return
    yield well("migrations", _("revision %(found)s") % {"found": revision})
    if strange := migrations.differences(config):
        words = ngettext("%(num)d difference between the tables and the program, the first: %(first)s",
                         "%(num)d differences between the tables and the program, the first: %(first)s",
                         len(strange))  # fmt: skip
        cure = _("Somebody changed the tables by hand: restore your backup.")
        yield problem("tables", words % {"num": len(strange), "first": strange[0]}, cure)
    if config.database.resolved():
        yield well("database", "PostgreSQL")
    else:
        yield integrity(config, clock)


def integrity(config: Config, clock: Clock, seconds: float = INTEGRITY_SECONDS) -> Finding:
    """SQLite's own check of the whole file, for as long as there is time."""
    path = config.data_dir / SQLITE_FILE
    until = clock.monotonic() + seconds
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.set_progress_handler(lambda: clock.monotonic() > until, _STEPS)
        try:
            broken = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)") if row[0] != "ok"]
            orphans = len(connection.execute("PRAGMA foreign_key_check").fetchall())
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "interrupted" in str(error):
                return well("database", _("no fault seen in the time there was; `backup verify` looks at all of it"))
            broken, orphans = [str(error)], 0
    if broken:
        words = _("damaged: %(what)s") % {"what": broken[0]}
        return problem("database", words, _("Stop the server and restore your backup."))
    if orphans:
        words = ngettext("%(num)d row lacks the row it belongs to", "%(num)d rows lack the row they belong to", orphans)
        return problem("database", words % {"num": orphans}, _("Restore your backup; report this."))
    return well("database", _("sound"))


def questions(context: Context) -> dict[str, Awaitable[Finding | Sequence[Finding]]]:
    """Everything that is read through the running parts, by the name of its finding; each may be asked by itself."""
    asked: dict[str, Awaitable[Finding | Sequence[Finding]]] = {
        "keys": _keys(context),
        "policy": _policy(context),
        "models": models(context),
        "model_files": model_files(context),
        "worker": _worker(context),
        "queues": _queues(context),
        "disk": _disk(context),
        "backup": backup(context),
        "restored": _restored(context),
        "stopped": _stopped(context),
    }
    if mail.configured(context.config):
        asked["mail"] = _mail(context.config)
    return asked


async def _stopped(context: Context) -> list[Finding]:
    return [
        advice(
            "stopped",
            _("stopped: %(what)s, because: %(reason)s") % {"what": stop.scope, "reason": stop.reason},
            _("`fediverse-ai start %(what)s` when the reason is gone.") % {"what": stop.scope},
        )
        for stop in await context.part(StopSwitch).now()
    ]


async def _keys(context: Context) -> list[Finding]:
    async with context.database.read() as session:
        query = select(Key, Actor).join(Actor, col(Actor.id) == col(Key.actor_id)).where(col(Actor.local).is_(True))
        keys = list(await session.exec(query))
        newest = (await session.exec(select(func.max(Post.created_ms)))).one() or 0
    box, closed = context.part(KeyRing).box, []
    for key, actor in keys:
        try:
            load_private_key(box.open(key.private_sealed or b""), trusted=True)
        except (Misconfigured, Unauthenticated, ValueError):
            closed.append(actor.username)
    found = [_opening(len(keys), closed)]
    if strange := sorted({actor.host for _key, actor in keys} - set(context.config.own_hosts)):
        words = _("stored actors belong to %(hosts)s, the configuration says %(own)s") % {
            "hosts": ", ".join(strange),
            "own": context.config.account_host,
        }
        found.append(problem("address", words, _("Set server.public_url back: ids cannot move.")))
    if newest > context.clock.now_ms() + CLOCK_SLACK_MS:
        found.append(problem("clock", _("stored posts come from the future"), _("Set the clock; keep it with NTP.")))
    return found


def _opening(number: int, closed: list[str]) -> Finding:
    if number and not closed:
        words = ngettext("%(num)d key opens with the secret", "%(num)d keys open with the secret", number)
        return well("keys", words % {"num": number})
    words = _("the keys of %(names)s do not open") % {"names": ", ".join(dict.fromkeys(closed))}
    cure = _("Restore secret.key from the backup that belongs to this database.")
    return problem("keys", words if closed else _("the server has no keys"), cure)


async def _policy(context: Context) -> Finding:
    """A policy file that is wrong does not run; the policy before it does."""
    pipeline = context.part(Pipeline)
    policy = pipeline.policy  # reads a file that changed, so it comes first
    if pipeline.policy_problem is not None:
        return problem("policy", pipeline.policy_problem, _("See `fediverse-ai moderation policy check`."))
    missing = policy.missing([moderator.name for moderator in pipeline.moderators])
    if missing:
        words = _("the policy requires %(names)s, which do not run: everything is held")
        cure = _("Add them to moderation.moderators, or change the policy file.")
        return problem("policy", words % {"names": ", ".join(missing)}, cure)
    return well("policy", _("version %(version)s") % {"version": policy.version})


async def models(context: Context) -> Finding:
    """Does every generator answer, with the model that the configuration names?"""
    pipeline, configured = context.part(Pipeline), context.config.generation.backends
    silent, wrong = [], []
    for name in pipeline.generators:
        try:
            card = await pipeline.card(name)
        except FediverseError as error:
            silent.append(f"{name} ({error.detail[: limits.LOGGED_CHARS]})")
            continue
        wanted = configured[name].sha256.lower() if name in configured else ""
        if wanted and card.sha256 and card.sha256 != wanted:
            wrong.append(name)
    if wrong:
        words = _("%(names)s: the model's files have another digest than the configuration says")
        return problem("models", words % {"names": ", ".join(wrong)}, _("Install that model again, or name this one."))
    if silent:
        words = _("these do not answer: %(names)s") % {"names": ", ".join(silent)}
        return problem("models", words, _("Start the backend, or correct its address below generation.backends."))
    return well("models", ", ".join(pipeline.generators))


async def model_files(context: Context) -> Finding:
    """Are the models that judge the ones that the policy was made for?"""
    names = {moderator.name for moderator in context.part(Pipeline).moderators}
    try:
        async with asyncio.timeout(FILES_SECONDS):
            found = await asyncio.to_thread(files.look, names)
    except TimeoutError:
        return well("model_files", _("not looked through in the time there was; each is when it is loaded"))
    if bad := [f"{one.moderator} ({one.path.name})" for one in found if not one.sound]:
        return problem(
            "model_files",
            _("missing or changed: %(names)s; what they would judge is held") % {"names": ", ".join(bad)},
            _("Install the program's packages again."),
        )
    return well("model_files", ", ".join(one.moderator for one in found) or _("none is used"))


async def _worker(context: Context) -> Finding:
    known = await heartbeat.processes(context)
    living = [process for process in known if not process.late]
    if not living:
        last = min((process.age for process in known), default=None)
        words = _("no process that runs jobs has been seen")
        if last is not None:
            words = _("the last sign of life of a process that runs jobs is %(seconds)d s old") % {"seconds": last}
        return problem("worker", words, _("Start the server: `fediverse-ai serve`, or its unit."))
    if lacking := await heartbeat.unserved(context):
        words = _("nobody runs these queues: %(names)s") % {"names": ", ".join(lacking)}
        return problem("worker", words, _("Start a worker for them, or take them out of jobs.elsewhere."))
    words = ngettext("%(num)d process runs jobs", "%(num)d processes run jobs", len(living))
    return well("worker", words % {"num": len(living)})


async def _queues(context: Context) -> Finding:
    found = await queues.depths(context.database)
    late = [
        _("%(number)d in %(queue)s, the oldest for %(minutes)d minutes")
        % {"number": one.waiting, "queue": one.queue, "minutes": one.oldest_seconds // 60}
        for one in found
        if one.waiting and one.oldest_seconds > LATE_SECONDS.get(one.queue, QUEUE_LATE_SECONDS)
    ]
    if late:
        return problem(
            "queues",
            _("work waits: %(what)s") % {"what": "; ".join(late)},
            _("Look whether the server is stopped, busy or short of memory; the log names jobs that fail."),
        )
    return well("queues", _("%(num)d jobs wait") % {"num": sum(one.waiting for one in found)})


async def _disk(context: Context) -> Finding:
    forecast = await disk.forecast(context)
    said = {"free": disk.words(forecast.usage.free), "days": forecast.days}
    words = _("%(free)s free") % said
    if forecast.days is not None and forecast.days < DISK_DAYS_TOLD:
        words = _("%(free)s free; at the pace of two weeks that lasts %(days)d days") % said
    if room.short(context.config):
        cure = _("Make room: pictures are not made any more, and a full disk stops every post and every delivery.")
        return problem("disk", words, cure)
    if forecast.days is not None and forecast.days < DISK_DAYS_SOON:
        cure = _("Make room soon, or move the media folder: `fediverse-ai media usage` shows what takes most.")
        return (problem if forecast.days < DISK_DAYS_LEAST else advice)("disk", words, cure)
    return well("disk", words)


async def _restored(context: Context) -> list[Finding]:
    """Was this server brought back from a backup, and is everything settled since?"""
    async with context.database.read() as session:
        last = await restorations.latest(session)
    if last is None:
        return []
    days = [datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d") for ms in (last.restored_ms, last.made_ms)]
    words = _("restored on %(day)s from the backup of %(made)s") % {"day": days[0], "made": days[1]}
    if last.reconciled_ms is None:
        return [advice("restored", words, _("Follows are being settled with other servers: let the server run."))]
    return [well("restored", words)]


async def backup(context: Context) -> Finding:
    """Is there a newest backup that is new, and one that opens?"""
    last, now = last_backup(context.config), context.clock.now_ms()
    made = datetime.fromtimestamp(last.newest_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC") if last.newest_ms else ""
    if last.problems:
        words = _("the newest backup, of %(when)s, is not sound: %(what)s")
        return problem("backup", words % {"when": made, "what": last.problems[0]}, _("Make another: `backup create`."))
    if last.failed_ms:
        words = _("the last try failed: %(what)s") % {"what": last.failure}
        return problem("backup", words, _("Mend that, then `fediverse-ai backup create`."))
    if not last.newest_ms:
        words = _("there is no backup in %(folder)s") % {"folder": last.folder}
        cure = _("Run `fediverse-ai backup create`; then leave backup.enabled on.")
        return (advice if last.enabled and _is_young(context) else problem)("backup", words, cure)
    if now - last.newest_ms > BACKUP_LATE_MS:
        cure = _("Run `fediverse-ai backup create`, and look why none was made since.")
        return problem("backup", _("the newest backup is of %(when)s") % {"when": made}, cure)
    return well("backup", _("the newest is of %(when)s") % {"when": made})


def _is_young(context: Context) -> bool:
    """A server that was set up today has had no night to make a backup in."""
    secret = context.config.data_dir / "secret.key"
    return secret.exists() and context.clock.now_ms() - secret.stat().st_mtime * 1000 < BACKUP_LATE_MS


async def _mail(config: Config) -> Finding:
    """Whether the mail server takes a connection and greets."""
    where = f"{config.mail.host}:{config.mail.port}"
    try:
        async with asyncio.timeout(2.0):
            reader, writer = await asyncio.open_connection(
                config.mail.host, config.mail.port, ssl=trust(config.http.ca_file) if config.mail.tls == "tls" else None
            )
            greeting = await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as error:
        words = _("the mail server %(where)s does not answer: %(why)s")
        return problem("mail", words % {"where": where, "why": error or type(error).__name__},
                       _("Correct the section mail, or empty mail.host."))  # fmt: skip
    if not greeting.startswith(b"220"):
        words = _("what answers at %(where)s is no mail server") % {"where": where}
        return problem("mail", words, _("Correct mail.host, mail.port and mail.tls."))
    return well("mail", where)
