"""An archive of everything of one account: a zip made by a job, fetched by its owner, deleted after a week."""

from __future__ import annotations

import asyncio
import zipfile
from pathlib import Path
from typing import Any

import orjson
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Account, Actor
from actors.personal import Archive
from fediverse_ai.carry import contents, lists
from fediverse_ai.carry.csvs import FILES, Kind
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Missing, TooMany
from fediverse_ai.core.log import get
from fediverse_ai.core.texts import _

log = get(__name__)

README = """This archive holds what this server keeps of your account.

actor.json              your profile as other servers read it
outbox.json             what you posted and boosted (ActivityPub)
likes.json, bookmarks.json
collections.json        what you gathered yourself, in your order
posts.json              every post, published or not: words, recipe of each picture, verdicts, appeals, earlier
                        versions, and the dated receipts of your training consent
messages.json           direct posts that others sent to you
account.json            settings, browsers that are signed in, apps
*.csv                   lists that Mastodon and this server can carry in
media_attachments/      the pictures, as they were published
left_out.json           pictures that the archive has no room for, if any

No key and no password is in it.
"""


def folder(context: Context) -> Path:
    """Where archives lie: in the server's folder, never below what is served by name."""
    return context.config.data_dir / "archives"


async def order(session: AsyncSession, account_id: int) -> Archive:
    """Have an archive made. Raises TooMany within a day of the last one."""
    context = context_of(session)
    now = context.clock.now_ms()
    latest = select(Archive).where(Archive.account_id == account_id).order_by(col(Archive.id).desc())
    last = (await session.exec(latest)).first()
    if last is not None and now - last.created_ms < limits.ARCHIVE_EVERY_SECONDS * 1000:
        wait = int(limits.ARCHIVE_EVERY_SECONDS) - (now - last.created_ms) // 1000
        raise TooMany(_("One archive can be made in a day."), retry_after=wait)
    row = Archive(id=context.ids.new(), account_id=account_id, created_ms=now)
    session.add(row)
    await session.flush()
    await jobs.enqueue(session, make, [row.id], once=f"archive:{row.id}")
    return row


async def archives_of(session: AsyncSession, account_id: int) -> list[Archive]:
    """The newest first."""
    query = select(Archive).where(Archive.account_id == account_id).order_by(col(Archive.id).desc())
    return list(await session.exec(query))


def is_there(context: Context, row: Archive) -> bool:
    """Can it be fetched now?"""
    return row.ready_ms is not None and context.clock.now_ms() < ends_ms(row)


def ends_ms(row: Archive) -> int:
    return (row.ready_ms or 0) + int(limits.ARCHIVE_SECONDS * 1000)


async def file_of(session: AsyncSession, account_id: int, archive_id: int) -> Path:
    """The file. Raises Missing for somebody else's, an old one, and one that is not ready."""
    context = context_of(session)
    row = await session.get(Archive, archive_id)
    if row is None or row.account_id != account_id or row.file is None or not is_there(context, row):
        raise Missing("There is no such archive (any more).")
    return folder(context) / row.file


@jobs.job(queue="look", attempts=3)
async def make(context: Context, ids: list[int | str]) -> None:
    """Write ordered archives; one that is ready stays as it is."""
    for archive_id in ids:
        async with context.database.read() as session:
            row = await session.get(Archive, int(archive_id))
            account = await session.get(Account, row.account_id) if row is not None else None
        if row is None or account is None or row.ready_ms is not None:
            continue
        # The name cannot be guessed, although nothing serves this folder by name.
        name = f"{row.id}-{context.clock.token(16).hex()}.zip"
        place = folder(context)
        place.mkdir(mode=0o700, exist_ok=True)
        await write(context, account.actor_id, place / name)
        async with context.database.write() as session:
            kept = await session.get_one(Archive, row.id)
            kept.file, kept.size = name, (place / name).stat().st_size
            kept.ready_ms = context.clock.now_ms()
            session.add(kept)
        log.info("archive_made", account=account.id, bytes=kept.size)


async def write(context: Context, actor_id: int, path: Path) -> None:
    """Everything of a local actor into a new zip file, whole or not at all. Raises Missing for nobody's."""
    async with context.database.read() as session:
        actor = await queries.by_id(session, actor_id)
        account = (await session.exec(select(Account).where(Account.actor_id == actor_id))).first()
    if actor is None or account is None:
        raise Missing("There is no such account.")
    unfinished = path.with_name(f".{path.name}.part")
    try:
        # "x" and this mode from the start: nobody else reads it, not for a moment.
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as target:
            await _fill(context, actor, account, _Zip(target))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


class _Zip:
    """A zip being written in threads, with the room that is left for pictures."""

    def __init__(self, target: zipfile.ZipFile) -> None:
        self._target = target
        self._left = limits.ARCHIVE_BYTES
        self._names: set[str] = set()
        self.left_out: list[str] = []

    async def put(self, name: str, data: bytes | str) -> None:
        await asyncio.to_thread(self._target.writestr, name, data)

    async def json(self, name: str, value: Any) -> None:
        await self.put(name, orjson.dumps(value, option=orjson.OPT_INDENT_2))

    async def picture(self, context: Context, file: str) -> None:
        """A file of the storage, once, not packed again; one for which there is no room is named."""
        name = contents.media_name(file)
        if name in self._names:
            return
        self._names.add(name)
        try:
            data = await context.storage.read(file)
        except Missing:
            self.left_out.append(name)
            return
        if len(data) > self._left:
            self.left_out.append(name)
            return
        self._left -= len(data)
        await asyncio.to_thread(self._target.writestr, name, data, zipfile.ZIP_STORED)


async def _fill(context: Context, actor: Actor, account: Account, target: _Zip) -> None:
    await target.put("README.txt", README)
    await target.json("actor.json", contents.actor_of(actor))
    sent = [orjson.loads(body) async for body in contents.activities(context, actor)]
    await target.json("outbox.json", contents.collection(actor, "outbox", sent))
    told = []
    async for _post, pictures, words in contents.posts(context, actor):
        told.append(words)
        for picture in pictures:
            if picture.file:
                await target.picture(context, picture.file)
    await target.json("posts.json", told)
    async with context.database.read() as session:
        liked = await contents.liked(session, actor)
        kept = [uri for (uri,) in await lists.rows(session, actor, Kind.BOOKMARKS)]
        files = {name: await lists.file(session, actor, kind) for kind, name in FILES.items()}
        shelf = await contents.gathered_by(session, actor)
        messages = await contents.received(session, actor)
        about = await contents.account_of(session, account, actor)
        brought = await contents.uploads(session, actor)
    await target.json("likes.json", contents.collection(actor, "likes", liked))
    await target.json("bookmarks.json", contents.collection(actor, "bookmarks", kept))
    await target.json("collections.json", shelf)
    await target.json("messages.json", messages)
    await target.json("account.json", about)
    for name, text in files.items():
        await target.put(name, text)
    portraits = [_own(context, url) for url in (actor.icon_url, actor.image_url)]
    for file in [*portraits, *(upload.file_name for upload in brought)]:
        if file:
            await target.picture(context, file)
    if target.left_out:
        await target.json("left_out.json", target.left_out)


def _own(context: Context, url: str | None) -> str | None:
    """The storage name of one of our own addresses."""
    base = f"{context.config.media_url.rstrip('/')}/"
    return url.removeprefix(base) if url and url.startswith(base) else None


async def forget(context: Context) -> None:
    """Clockwork: archives whose week is over go, and files that no row names."""
    place = folder(context)
    over = context.clock.now_ms() - int(limits.ARCHIVE_SECONDS * 1000)
    async with context.database.write() as session:
        for row in list(await session.exec(select(Archive).where(col(Archive.ready_ms) <= over))):
            await session.delete(row)
        await session.flush()
        named = set(await session.exec(select(Archive.file)))
        waits = (await session.exec(select(Archive.id).where(col(Archive.ready_ms).is_(None)))).first() is not None
    if waits or not place.exists():
        return  # one being written is not named yet
    for path in place.iterdir():
        if path.name not in named:
            path.unlink(missing_ok=True)
