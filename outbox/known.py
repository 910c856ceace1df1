"""The list of pictures that must not be shown here: filled by moderators and by lists, read before every judgement."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial

from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Account
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Unprocessable
from generation.moderators.known import Known, check_hash, hashes_of, read_list
from generation.pipeline import Pipeline
from outbox import documents
from outbox.rulings import KnownPicture


def attach(context: Context) -> None:
    """Let the pipeline look for changes of the list before it judges."""
    pipeline = context.part(Pipeline)
    for moderator in pipeline.moderators:
        if isinstance(moderator, Known):
            pipeline.before_review = partial(_refresh, context, moderator, _Seen())


class _Seen:
    """How the list looked when it was read last: the newest id and the number of rows."""

    def __init__(self) -> None:
        self.mark: tuple[int | None, int] = (None, 0)


async def _refresh(context: Context, moderator: Known, seen: _Seen) -> None:
    async with context.database.read() as session:
        newest, count = (await session.exec(select(func.max(KnownPicture.id), func.count()))).one()
        if (newest, count) == seen.mark:
            return
        rows = await session.exec(select(KnownPicture.kind, KnownPicture.hash))
        moderator.pictures.replace(list(rows))
    seen.mark = (newest, count)


async def fingerprints(context: Context, data: bytes) -> list[tuple[str, str]]:
    """The entries by which a picture is known again: its PDQ hash, or its SHA-256 when it is too plain to have one.

    Raises what the sandbox raises; never in a transaction.
    """
    hashes = await hashes_of(context.part(Pipeline).sandbox, data)
    return [("pdq", hashes[0])] if hashes else [("sha256", hashlib.sha256(data).hexdigest())]


async def of_post(context: Context, post_id: int) -> list[tuple[str, str]]:
    """The entries for all pictures of a post of ours."""
    async with context.database.read() as session:
        attachments = await documents.attachments_of(session, post_id)
    found = []
    for attachment in attachments:
        if attachment.file is not None:
            found += await fingerprints(context, await context.storage.read(attachment.file))
    return found


async def add(
    session: AsyncSession,
    entries: Sequence[tuple[str, str]],
    *,
    source: str,
    reason: str = "",
    account: Account | None = None,
) -> int:
    """Put (kind, hash) pairs on the list; how many were new. Raises Malformed, Unprocessable for another kind."""
    context = context_of(session)
    wanted = {}
    for kind, value in entries:
        if kind not in ("pdq", "sha256"):
            raise Unprocessable("The kind of a hash is pdq or sha256.")
        wanted[check_hash(value)] = kind
    known: set[str] = set()
    names = list(wanted)
    for start in range(0, len(names), 500):
        query = select(KnownPicture.hash).where(col(KnownPicture.hash).in_(names[start : start + 500]))
        known |= set(await session.exec(query))
    new = [name for name in names if name not in known]
    session.add_all(
        KnownPicture(
            id=context.ids.new(),
            kind=wanted[name],
            hash=name,
            source=source,
            reason=reason,
            added_by_id=account.id if account is not None else None,
            created_ms=context.clock.now_ms(),
        )
        for name in new
    )
    await session.flush()
    return len(new)


async def import_list(session: AsyncSession, text: str, source: str) -> tuple[int, list[tuple[int, str]]]:
    """Add the PDQ hashes of a list; how many were new, and the lines that hold none. Raises Malformed when too long."""
    hashes, problems = read_list(text)
    return await add(session, [("pdq", value) for value in hashes], source=source), problems


async def remove(session: AsyncSession, prefix: str) -> int:
    """Take entries off the list, by their hash or its beginning (8 digits or more). Raises Unprocessable."""
    if len(prefix) < 8 or set(prefix.lower()) - set("0123456789abcdef"):
        raise Unprocessable("Give a hash, or at least its first 8 digits.")
    found = await session.exec(delete(KnownPicture).where(col(KnownPicture.hash).startswith(prefix.lower())))
    return int(found.rowcount)


async def entries(session: AsyncSession, limit: int) -> list[KnownPicture]:
    """The list, the newest first."""
    return list(await session.exec(select(KnownPicture).order_by(col(KnownPicture.id).desc()).limit(limit)))
