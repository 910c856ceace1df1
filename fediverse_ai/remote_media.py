"""Copies of others' pictures, avatars and emoji: fetched once, rebuilt in the sandbox, kept within room and time."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, exists, func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy
from actors.emoji import Emoji
from actors.keys import KeyRing
from actors.models import Actor
from actors.policy import DomainRules
from fediverse_ai.core import limits, room, urls
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import FediverseError, Missing, Nonsense, NoRoom, Unavailable
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import get
from fediverse_ai.core.storage import FolderStorage
from generation.copies import copy
from generation.pipeline import Pipeline
from generation.types import Decision
from outbox.belongings import RemoteCopy
from outbox.models import Attachment, Post, PostState
from outbox.remote_verdicts import RemoteVerdicts

log = get(__name__)

FOLDER = "remote-media"
KINDS = ("picture", "avatar", "header", "emoji")
SIDES = {
    "picture": (limits.REMOTE_PICTURE_SIDE_PIXELS, limits.THUMBNAIL_SIDE_PIXELS),
    "avatar": (limits.REMOTE_AVATAR_SIDE_PIXELS, limits.REMOTE_AVATAR_SMALL_PIXELS),
    "header": (limits.REMOTE_HEADER_SIDE_PIXELS, limits.THUMBNAIL_SIDE_PIXELS),
    "emoji": (limits.REMOTE_AVATAR_SMALL_PIXELS, limits.REMOTE_AVATAR_SMALL_PIXELS),
}
JUDGED = ("picture", "avatar", "header")
NOT_HERE = "There is no such picture."
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Source:
    """Where a picture lies, and whose it is; `post` only of pictures. An emoji is its server's, of no one there."""

    url: str
    owner: Actor | None
    post: Post | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """What `prune` removed, or would remove."""

    copies: int = 0
    bytes: int = 0
    orphans: int = 0


class RemoteMedia:
    """The cache. A copy is asked for by the id of an attachment or actor that is here, never by an address."""

    def __init__(self, context: Context) -> None:
        self._context = context
        config = context.config
        self.storage = FolderStorage(
            config.data_dir / FOLDER, f"{config.public_url}/proxy", reserve=config.media.reserve_bytes
        )
        self._flights: dict[tuple[str, int], asyncio.Task[RemoteCopy]] = {}
        self._places = asyncio.Semaphore(limits.REMOTE_COPIES_AT_ONCE)

    def url(self, kind: str, owner_id: int, *, small: bool = False) -> str:
        """The address on our own host, for those who may see it: it carries the permission to fetch (D11).

        Give it only to signed-in people and their apps; an app's pictures are loaded without its token.
        """
        size = "&small=1" if small else ""
        return f"{self._context.config.public_url}/proxy/{kind}/{owner_id}?key={self._key(kind, owner_id)}{size}"

    def permits(self, kind: str, owner_id: int, key: str) -> bool:
        return hmac.compare_digest(self._key(kind, owner_id).encode(), key.encode("utf-8", "replace"))

    def _key(self, kind: str, owner_id: int) -> str:
        return self._context.part(KeyRing).box.digest(f"remote media {kind} {owner_id}")[:32]

    async def source(self, session: AsyncSession, kind: str, owner_id: int) -> Source:
        """Where the picture of this id lies. Raises Missing: not there, ours, gone, or under a rule."""
        found = await _source(session, kind, owner_id)
        if found is None or not self._context.config.media.remote_bytes:
            raise Missing(NOT_HERE)
        owner = found.owner
        if owner is not None and (owner.local or not policy.living(owner) or owner.reject_media):
            raise Missing(NOT_HERE, f"{kind} {owner_id} is not shown")
        ruling = (await self._context.part(DomainRules).now(session)).over(urls.host_of(found.url))
        if ruling.suspended or ruling.reject_media:
            raise Missing(NOT_HERE, f"domain rule for {found.url}")
        return found

    async def get(self, kind: str, owner_id: int, source: Source, *, fetch: bool) -> RemoteCopy:
        """The copy, fetched now if it is not here and `fetch` allows it. Raises Missing, Unavailable, NoRoom."""
        async with self._context.database.read() as session:
            known = await _row(session, kind, owner_id)
        now = self._context.clock.now_ms()
        if known is not None and known.source_url == source.url:
            if self._is_fresh(known, now):
                await self._used(known, now)
                return known
            if known.problem is not None and now - known.fetched_ms < limits.REMOTE_COPY_RETRY_SECONDS * 1000:
                raise Missing(NOT_HERE, known.problem)
        if not fetch:
            raise Missing(NOT_HERE, "strangers cause no fetch")
        room.require(self._context.config)
        flight = self._flights.get((kind, owner_id))
        if flight is None:
            if len(self._flights) >= limits.REMOTE_COPIES_WAITING:
                raise Unavailable("Too many pictures are being fetched.", retry_after=5)
            flight = asyncio.create_task(self._fetch(kind, owner_id, source))
            self._flights[kind, owner_id] = flight
            flight.add_done_callback(lambda _: self._flights.pop((kind, owner_id), None))
        return await asyncio.shield(flight)

    def path(self, found: RemoteCopy, *, small: bool) -> Path:
        """The file of a copy. Raises Missing."""
        path = self.storage.path((found.thumbnail if small else found.file) or "")
        if path is None or not path.is_file():
            raise Missing(NOT_HERE)
        return path

    def _is_fresh(self, row: RemoteCopy, now: int) -> bool:
        path = self.storage.path(row.file) if row.file else None
        young = now - row.fetched_ms < self._context.config.media.remote_days * DAY_MS
        return young and path is not None and path.is_file()

    async def _used(self, row: RemoteCopy, now: int) -> None:
        if now - row.used_ms < limits.REMOTE_COPY_USED_SECONDS * 1000:
            return
        async with self._context.database.write() as session:
            await session.exec(update(RemoteCopy).where(col(RemoteCopy.id) == row.id).values(used_ms=now))

    async def _fetch(self, kind: str, owner_id: int, source: Source) -> RemoteCopy:
        async with self._places:
            try:
                files, size = await self._bring(kind, source)
            except NoRoom:
                raise
            except FediverseError as error:
                log.info("remote_picture_refused", kind=kind, owner=owner_id, url=source.url, detail=error.detail)
                await self._keep(kind, owner_id, source, problem=error.detail[: limits.ERROR_CHARS])
                raise Missing(NOT_HERE, error.detail) from error
        row = await self._keep(kind, owner_id, source, files=files, size=size)
        if await self._over():
            await self.prune()
        return row

    async def _bring(self, kind: str, source: Source) -> tuple[tuple[str, str], int]:
        context, (side, small) = self._context, SIDES[kind]
        budget = Budget(limits.REMOTE_COPY_FETCHES, limits.FETCH_MEDIA_SECONDS, context.clock)
        answer = await context.http.get(
            source.url,
            headers={"Accept": "image/*"},
            limit=limits.IMAGE_BYTES,
            deadline=limits.FETCH_MEDIA_SECONDS,
            budget=budget,
        )
        if answer.status != 200:
            raise Nonsense(NOT_HERE, f"{source.url}: {answer.status}")
        made = await copy(context.part(Pipeline).sandbox, answer.body, side=side, small=small)
        await self._judge(kind, source, made.data)
        files = (await self.storage.put(made.data, ".jpg"), await self.storage.put(made.thumbnail, ".jpg"))
        # A small picture is its own thumbnail, and lies here once.
        return files, len(made.data) + (len(made.thumbnail) if files[0] != files[1] else 0)

    async def _judge(self, kind: str, source: Source, data: bytes) -> None:
        """Where the setting asks for it: raise Missing for what the gate refuses, and for a portrait that it holds,
        since nobody could uncover one. A picture that is held is shown covered."""
        if not self._context.config.moderation.judge_remote or kind not in JUDGED:
            return
        verdict = await self._context.part(RemoteVerdicts).of(data, source.post.id if source.post else None)
        if verdict.decision is Decision.REFUSE or (verdict.decision is Decision.HOLD and source.post is None):
            raise Missing(NOT_HERE, f"stopped by the rule {verdict.rule}")

    async def _keep(
        self,
        kind: str,
        owner_id: int,
        source: Source,
        *,
        files: tuple[str | None, str | None] = (None, None),
        size: int = 0,
        problem: str | None = None,
    ) -> RemoteCopy:
        now = self._context.clock.now_ms()
        async with self._context.database.write() as session:
            row = await _row(session, kind, owner_id)
            old = [row.file, row.thumbnail] if row is not None else []
            if row is None:
                row = RemoteCopy(id=self._context.ids.new(), kind=kind, owner_id=owner_id, source_url=source.url,
                                 fetched_ms=now, used_ms=now)  # fmt: skip
            row.source_url, row.size, row.problem = source.url, size, problem
            row.file, row.thumbnail = files
            row.fetched_ms = row.used_ms = now
            session.add(row)
        await self._delete_files([name for name in old if name is not None and name not in files])
        return row

    async def _over(self) -> bool:
        async with self._context.database.read() as session:
            return await _total(session) > self._context.config.media.remote_bytes

    async def prune(self, *, dry_run: bool = False, days: int | None = None) -> Swept:
        """Remove copies of what is gone, of what is too old, and the least used beyond the room; and stray files.

        `days` instead of media.remote_days. While the disk is short the room is what leaves the reserve free.
        """
        async with self._context.database.read() as session:
            rows = [*await _ownerless(session), *await _older(session, self._old_before(days))]
            rows += await self._too_many(session, {row.id for row in rows})
        found = {row.id: row for row in rows}
        if not dry_run and found:
            if room.short(self._context.config):
                # To delete rows takes room too; what a row names and is not there is fetched again when it is wanted.
                files = [self.storage.path(name or "") for row in rows for name in (row.file, row.thumbnail)]
                await asyncio.to_thread(_unlink, [path for path in files if path is not None])
            async with self._context.database.write() as session:
                for chunk in _chunks(list(found)):
                    await session.exec(delete(RemoteCopy).where(col(RemoteCopy.id).in_(chunk)))
            names = [name for row in found.values() for name in (row.file, row.thumbnail) if name is not None]
            await self._delete_files(names)
        orphans = await self._orphans()
        if not dry_run:
            await asyncio.to_thread(_unlink, orphans)
        return Swept(len(found), sum(row.size for row in found.values()), len(orphans))

    def _old_before(self, days: int | None) -> int:
        days = self._context.config.media.remote_days if days is None else days
        return self._context.clock.now_ms() - days * DAY_MS

    def _room_for(self, taken: int) -> int:
        """Bytes that copies may take: as configured, or less when the disk is short."""
        media = self._context.config.media
        lacking = media.reserve_bytes - room.free_bytes(self._context.config.data_dir)
        return media.remote_bytes if lacking <= 0 else max(0, min(media.remote_bytes, taken - lacking))

    async def _too_many(self, session: AsyncSession, leaving: set[int]) -> list[RemoteCopy]:
        """The least recently used, until nine tenths of the room are enough."""
        query = select(RemoteCopy).where(col(RemoteCopy.size) > 0).order_by(col(RemoteCopy.used_ms).desc())
        kept, leave = 0, []
        staying = [row for row in await session.exec(query) if row.id not in leaving]
        taken = sum(row.size for row in staying)
        if taken <= (most := self._room_for(taken)):
            return []
        for row in staying:
            kept += row.size
            if kept > most * 0.9:
                leave.append(row)
        return leave

    async def _delete_files(self, names: Sequence[str]) -> None:
        """Files that no row names any more; the same picture may belong to two."""
        for name in set(names):
            named = or_(col(RemoteCopy.file) == name, col(RemoteCopy.thumbnail) == name)
            async with self._context.database.read() as session:
                used = (await session.exec(select(RemoteCopy.id).where(named).limit(1))).first() is not None
            if not used:
                await self.storage.delete(name)

    async def _orphans(self) -> list[Path]:
        """Files of the folder that no row names and that are older than an hour, half-written ones too."""
        async with self._context.database.read() as session:
            rows = await session.exec(select(RemoteCopy.file, RemoteCopy.thumbnail).where(col(RemoteCopy.size) > 0))
            named = {name for pair in rows for name in pair if name is not None}
        before = self._context.clock.now_ms() / 1000 - limits.REMOTE_COPY_ORPHAN_SECONDS
        return await asyncio.to_thread(_stray, self._context.config.data_dir / FOLDER, named, before)


async def tidy(context: Context) -> None:
    """Clockwork: keep the copies within their bounds."""
    swept = await context.part(RemoteMedia).prune()
    if swept != Swept():
        log.info("remote_media_pruned", copies=swept.copies, bytes=swept.bytes, orphans=swept.orphans)


async def _source(session: AsyncSession, kind: str, owner_id: int) -> Source | None:
    if kind == "picture":
        attachment = await session.get(Attachment, owner_id)
        post = await session.get(Post, attachment.post_id) if attachment is not None else None
        owner = await session.get(Actor, post.author_id) if post is not None else None
        if attachment is None or post is None or owner is None or attachment.file is not None or not attachment.url:
            return None
        return Source(attachment.url, owner, post) if post.state == PostState.PUBLISHED else None
    if kind == "emoji":
        row = await session.get(Emoji, owner_id)
        return Source(row.url, None) if row is not None else None
    owner = await session.get(Actor, owner_id)
    url = None if owner is None else owner.icon_url if kind == "avatar" else owner.image_url
    return Source(url, owner) if owner is not None and url else None


async def _row(session: AsyncSession, kind: str, owner_id: int) -> RemoteCopy | None:
    query = select(RemoteCopy).where(RemoteCopy.kind == kind, RemoteCopy.owner_id == owner_id)
    return (await session.exec(query)).first()


async def _total(session: AsyncSession) -> int:
    return int((await session.exec(select(func.coalesce(func.sum(RemoteCopy.size), 0)))).one())


async def _ownerless(session: AsyncSession) -> list[RemoteCopy]:
    """Copies whose post, author or picture is gone."""
    picture: Any = exists(
        select(Attachment.id)
        .join(Post, col(Post.id) == col(Attachment.post_id))
        .where(Attachment.id == RemoteCopy.owner_id, Post.state == PostState.PUBLISHED)
    )
    actor: Any = exists(select(Actor.id).where(Actor.id == RemoteCopy.owner_id, col(Actor.deleted_ms).is_(None)))
    of_actors = col(RemoteCopy.kind).in_(("avatar", "header"))
    gone = or_((col(RemoteCopy.kind) == "picture") & ~picture, of_actors & ~actor)
    return list(await session.exec(select(RemoteCopy).where(gone).limit(limits.TIDIED_ROWS)))


async def _older(session: AsyncSession, before_ms: int) -> list[RemoteCopy]:
    query = select(RemoteCopy).where(col(RemoteCopy.fetched_ms) < before_ms)
    return list(await session.exec(query.order_by(col(RemoteCopy.fetched_ms)).limit(limits.TIDIED_ROWS)))


def _chunks(ids: list[int], size: int = 500) -> list[list[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def _stray(folder: Path, named: set[str], before: float) -> list[Path]:
    unnamed = (path for path in folder.glob("*/*") if str(path.relative_to(folder)) not in named)
    return [path for path in unnamed if path.stat().st_mtime < before]


def _unlink(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
