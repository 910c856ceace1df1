"""What is changed in a restored database before it is used, so that nothing happens twice and nothing comes back.

The server that was lost went on after the backup: what was open then has very likely been done since, and under the
ids that the backup knows. So what was on its way stays where it is, and what was not out gets other ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, insert, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit, restorations
from actors.audit import Subject
from actors.models import AuthorizationCode, Login, Token
from actors.personal import Archive, Import
from fediverse_ai import migrations
from fediverse_ai.backup import replay
from fediverse_ai.backup.afterwards import OVERLAP_MS, Entry
from fediverse_ai.core import limits
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.database import metadata
from fediverse_ai.core.nodes import SEQUENCE_BITS
from outbox.models import Delivery, HostState, Post, PostState, Revision
from outbox.turns import Turn

OPEN = ("pending", "lane")
UNSENT = (
    PostState.DRAFT, PostState.WAITING, PostState.PICK, PostState.SCHEDULED, PostState.HELD, PostState.REFUSED,
)  # fmt: skip
"""Local posts in these states were not out at the backup, and may have gone out under their ids since."""
WITHHELD = "open when the backup was made; the server was restored from it since"
AS_DRAFT = (
    "This server was brought back from a backup. Look whether this was out already before you send it: it would be a "
    "second post."
)
EDIT_AGAIN = "This server was brought back from a backup while this edit was being judged. Please make it again."


def begin(config: Config, backup: str, made_ms: int, floor_ms: int, now_ms: int, *, complete: bool) -> None:
    """Write the row that keeps ids apart, before anything else of the program opens the database."""
    table: Any = restorations.Restoration.__table__  # type: ignore[attr-defined]  # SQLModel does not type it
    values = {
        "id": max(floor_ms, now_ms) << SEQUENCE_BITS,
        "backup": backup,
        "made_ms": made_ms,
        "floor_ms": floor_ms,
        "ahead_ms": max(0, floor_ms - now_ms),
        "restored_ms": now_ms,
        "complete": complete,
        "settled": {},
        "follows": [],
        "asked_id": 0,
        "reconciled_ms": None,
    }
    with migrations.connect(config) as connection:
        connection.execute(insert(table).values(**values))


def ahead_before(config: Config) -> int:
    """By how much the ids of the server in this backup ran ahead of its clock; 0 where it was never restored."""
    with migrations.connect(config) as connection:
        return int(connection.execute(text("SELECT coalesce(max(ahead_ms), 0) FROM restoration")).scalar() or 0)


async def settle(context: Context, entries: Sequence[Entry], *, keep_sessions: bool) -> dict[str, int]:
    """Everything, in order; how many rows each step changed. Nobody else may use the database meanwhile."""
    done = {"jobs_dropped": await context.jobs.drop_unfinished()}
    async with context.database.write() as session:
        restored = await restorations.latest(session)
        assert restored is not None, "begin comes first"
        done["deliveries_withheld"] = await _withhold(session)
        done["sign_ins_ended"] = 0 if keep_sessions else await _end_sessions(session)
        done |= await _stop_halfway(session)
    done["done_again"], unknown = await _replay(context, restored.made_ms, entries)
    done |= await _renumber_all(context, restored.floor_ms)
    async with context.database.write() as session:
        restored = await restorations.latest(session)
        assert restored is not None, "begin comes first"
        restored.settled, restored.follows = done, unknown
        session.add(restored)
        host = urlsplit(context.config.public_url).netloc
        facts = {"made_ms": restored.made_ms, **done}
        await audit.note(session, None, "backup.restore", Subject("server", 0, host), restored.backup, after=facts)
    return done


async def _withhold(session: AsyncSession) -> int:
    """Old deliveries do not go out again."""
    now = context_of(session).clock.now_ms()
    still = update(Delivery).where(col(Delivery.state).in_(OPEN))
    result = await session.exec(still.values(state="withheld", last_error=WITHHELD, done_ms=now))
    await session.exec(update(HostState).values(waking=False))
    return int(result.rowcount)


async def _end_sessions(session: AsyncSession) -> int:
    """Who signed out, revoked an app or changed a password since would be signed in again."""
    now = context_of(session).clock.now_ms()
    ended = await session.exec(delete(Login))
    await session.exec(delete(AuthorizationCode))
    revoked = await session.exec(update(Token).where(col(Token.revoked_ms).is_(None)).values(revoked_ms=now))
    return int(ended.rowcount + revoked.rowcount)


async def _stop_halfway(session: AsyncSession) -> dict[str, int]:
    """Edits that were being judged, lists that were being carried in, and archives, whose files are not in a backup."""
    now = context_of(session).clock.now_ms()
    edits = update(Revision).where(col(Revision.state) == PostState.WAITING)
    edited = await session.exec(edits.values(state=PostState.REFUSED, reason=EDIT_AGAIN))
    carried = await session.exec(update(Import).where(col(Import.done_ms).is_(None)).values(done_ms=now))
    archived = await session.exec(delete(Archive))
    counts = {"edits_refused": edited, "imports_ended": carried, "archives_dropped": archived}
    return {name: int(result.rowcount) for name, result in counts.items()}


async def _replay(context: Context, made_ms: int, entries: Sequence[Entry]) -> tuple[int, list[dict[str, Any]]]:
    """(entries that changed something, those that need another server first)."""
    late = [entry for entry in entries if entry.at >= made_ms - OVERLAP_MS]
    changed, unknown = 0, list[dict[str, Any]]()
    for start in range(0, len(late), limits.RESTORED_CHUNK):
        async with context.database.write() as session:
            for entry in late[start : start + limits.RESTORED_CHUNK]:
                try:
                    changed += await replay.apply(session, entry)
                except replay.Unknown:
                    unknown.append(asdict(entry))
    # The last word about two people counts, and nothing needs to be asked about what has ended since.
    last = {(entry["who"], entry["whom"]): entry for entry in unknown}
    return changed, list(last.values())


async def _renumber_all(context: Context, floor_ms: int) -> dict[str, int]:
    done = {"posts_renumbered": 0, "posts_made_drafts": 0}
    async with context.database.read() as session:
        query = select(Post.id).where(col(Post.local).is_(True), col(Post.state).in_(UNSENT)).order_by(col(Post.id))
        ids = list(await session.exec(query))
    for start in range(0, len(ids), limits.RESTORED_CHUNK):
        async with context.database.write() as session:
            for post_id in ids[start : start + limits.RESTORED_CHUNK]:
                done["posts_made_drafts"] += await _renumber(session, post_id, floor_ms)
                done["posts_renumbered"] += 1
    return done


async def _renumber(session: AsyncSession, old: int, floor_ms: int) -> bool:
    """Move an unsent post to a new id, everything of it with it; whether it became a draft by that."""
    context = context_of(session)
    post = await session.get_one(Post, old)
    # By the lost server's clock too: what it may have published is not published again.
    gone_ms = max(floor_ms, context.clock.now_ms())
    waits = post.state == PostState.SCHEDULED and post.not_before_ms is not None and post.not_before_ms > gone_ms
    new = context.ids.ahead(post.not_before_ms or 0) if waits else context.ids.new()
    values = {column.name: getattr(post, column.name) for column in _columns()}
    values |= {"id": new, "uri": _moved(post.uri, old, new), "url": _moved(post.url, old, new), "progress": None}
    values["context_uri"] = _moved(post.context_uri, old, new)
    drafted = post.state in (PostState.WAITING, PostState.SCHEDULED) and not waits
    if drafted:
        values |= {"state": PostState.DRAFT, "reason": AS_DRAFT, "not_before_ms": None}
    session.expunge(post)
    # Idempotency keys are unique: the old row gives its own up first.
    await session.exec(update(Post).where(col(Post.id) == old).values(client_key=None))
    session.add(Post(**values))
    await session.flush()
    await session.exec(delete(Turn).where(col(Turn.post_id) == old))
    for table, column in _pointing():
        await session.execute(update(table).where(column == old).values({column.name: new}))
    await session.exec(delete(Post).where(col(Post.id) == old))
    return drafted


def _moved(address: str | None, old: int, new: int) -> Any:
    return address.replace(str(old), str(new)) if address else address


def _columns() -> Any:
    return Post.__table__.columns  # type: ignore[attr-defined]  # SQLModel does not type it


def _pointing() -> list[tuple[Any, Any]]:
    """(table, column) of everything that points at a post, in tables that are made later too."""
    return [
        (table, column)
        for table in metadata.sorted_tables
        for column in table.columns
        if any(key.target_fullname == "post.id" for key in column.foreign_keys)
    ]


async def is_sound(context: Context) -> bool:
    """After all of it: does SQLite find every row's parent, and no damage? True on PostgreSQL, which checks always.

    Indexes were compared with their tables when the database was unpacked.
    """
    if context.database.dialect != "sqlite":
        return True
    async with context.database.read() as session:
        broken = (await session.execute(text("PRAGMA foreign_key_check"))).first()
        found = (await session.execute(text("PRAGMA quick_check(1)"))).scalar()
    return broken is None and found == "ok"
