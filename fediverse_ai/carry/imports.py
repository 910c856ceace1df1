"""Lists carried in, line by line in a job: each line is resolved, done, and says what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries, remote
from actors.models import Account, Actor, Block, Follow, FollowState, Mute
from actors.personal import Import, ImportRow
from fediverse_ai.carry.csvs import Kind, Line
from fediverse_ai.core import jobs, limits, urls
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Conflict, FediverseError, Missing, NoRoom, Unprocessable
from fediverse_ai.core.http import Budget
from fediverse_ai.core.texts import _
from inbox import threads
from outbox import block as blocks
from outbox import bookmarks, follow, mutes, silence
from outbox import queries as posts
from outbox.belongings import Bookmark
from outbox.models import Post
from outbox.shelves import ListMember, ReadingList, SilencedHost


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: lines by what became of them."""

    row: Import
    waiting: int
    done: int
    failed: int

    @property
    def total(self) -> int:
        return self.waiting + self.done + self.failed


async def start(
    session: AsyncSession, account_id: int, kind: Kind, lines: Iterable[Line], *, overwrite: bool
) -> Import:
    """Begin an import. Raises Conflict while another one of the account runs; the oldest ones beyond the bound go."""
    context = context_of(session)
    running = select(Import.id).where(Import.account_id == account_id, col(Import.done_ms).is_(None))
    if (await session.exec(running)).first() is not None:
        raise Conflict("Another list is still being carried in; wait until it is done.")
    row = Import(
        id=context.ids.new(), account_id=account_id, kind=kind, overwrite=overwrite, created_ms=context.clock.now_ms()
    )
    session.add(row)
    await session.flush()
    session.add_all(
        ImportRow(id=context.ids.new(), import_id=row.id, subject=line.subject, options=line.options) for line in lines
    )
    kept = select(Import.id).where(Import.account_id == account_id).order_by(col(Import.id).desc())
    old = list(await session.exec(kept.offset(limits.IMPORTS_KEPT)))
    await session.exec(delete(Import).where(col(Import.id).in_(old)))
    await jobs.enqueue(session, carry, [row.id, 0])
    return row


async def progress(session: AsyncSession, account_id: int) -> list[Progress]:
    """The imports of an account, the newest first."""
    rows = select(Import).where(Import.account_id == account_id).order_by(col(Import.id).desc())
    found = []
    for row in list(await session.exec(rows)):
        count = select(ImportRow.state, func.count()).where(ImportRow.import_id == row.id).group_by(ImportRow.state)
        states: dict[str, int] = dict((await session.exec(count)).all())
        found.append(Progress(row, states.get("waiting", 0), states.get("done", 0), states.get("failed", 0)))
    return found


async def failures(session: AsyncSession, account_id: int, import_id: int, limit: int) -> list[ImportRow]:
    """The lines of an import that could not be carried in. Raises Missing for somebody else's."""
    row = await session.get(Import, import_id)
    if row is None or row.account_id != account_id:
        raise Missing("There is no such import.")
    query = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.state == "failed")
    return list(await session.exec(query.order_by(col(ImportRow.id)).limit(limit)))


@jobs.job(queue="look", attempts=5)
async def carry(context: Context, ids: list[int | str]) -> None:
    """[import, turn]: some lines, then itself again, so that others' work in the queue gets its turn."""
    import_id, turn = int(ids[0]), int(ids[1])
    async with context.database.read() as session:
        row = await session.get(Import, import_id)
        actor = await _actor_of(session, row.account_id) if row is not None else None
        waiting = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.state == "waiting")
        lines = list(await session.exec(waiting.order_by(col(ImportRow.id)).limit(limits.IMPORT_CHUNK)))
    if row is None or actor is None or row.done_ms is not None:
        return
    for line in lines:
        problem = await _one(context, actor.id, Kind(row.kind), line)
        async with context.database.write() as session:
            values = {"state": "failed" if problem else "done", "problem": problem}
            await session.exec(update(ImportRow).where(col(ImportRow.id) == line.id).values(**values))
    async with context.database.write() as session:
        if lines:
            await jobs.enqueue(session, carry, [import_id, turn + 1], once=f"carry:{import_id}:{turn + 1}")
        else:
            await _finish(session, import_id)


async def _actor_of(session: AsyncSession, account_id: int) -> Actor | None:
    account = await session.get(Account, account_id)
    actor = await queries.by_id(session, account.actor_id) if account is not None else None
    return actor if actor is not None and actor.deleted_ms is None and actor.suspended_ms is None else None


async def _one(context: Context, actor_id: int, kind: Kind, line: ImportRow) -> str | None:
    """Do one line; the sentence of what went wrong, or None."""
    try:
        if kind is Kind.DOMAINS:
            await _domain(context, actor_id, line.subject)
            return None
        if kind is Kind.BOOKMARKS:
            return await _bookmark(context, actor_id, line.subject)
        target_id = await remote.resolve(context, line.subject, Budget(clock=context.clock))
        async with context.database.write() as session:
            actor, target = await session.get_one(Actor, actor_id), await session.get_one(Actor, target_id)
            await _person(session, actor, target, kind, line.options)
    except NoRoom:
        raise
    except FediverseError as error:
        return error.public[: limits.ERROR_CHARS]
    return None


async def _person(session: AsyncSession, actor: Actor, target: Actor, kind: Kind, options: dict[str, Any]) -> None:
    match kind:
        case Kind.FOLLOWING:
            row = await follow.ask(session, actor, target)
            row.boosts, row.notify = bool(options.get("boosts", True)), bool(options.get("notify", False))
            session.add(row)
        case Kind.BLOCKS:
            await blocks.block(session, actor, target)
        case Kind.MUTES:
            await mutes.mute(session, actor, target, notifications=bool(options.get("notifications", True)))
        case Kind.LISTS:
            await _put_on_list(session, actor, target, str(options.get("list", "")))


async def _put_on_list(session: AsyncSession, actor: Actor, target: Actor, title: str) -> None:
    """On the list of this title, which is made where there is none. Raises Unprocessable as the API does."""
    context = context_of(session)
    mine = (ReadingList.actor_id == actor.id,)
    row = (await session.exec(select(ReadingList).where(*mine, ReadingList.title == title))).first()
    tie = await queries.follow_of(session, actor.id, target.id)
    if target.id != actor.id and (tie is None or tie.state == FollowState.REJECTED):
        raise Unprocessable("You do not follow this account; only followed people can be on a list.")
    if row is None:
        if (await session.exec(select(func.count()).select_from(ReadingList).where(*mine))).one() >= limits.LISTS:
            raise Unprocessable(_("You have %(most)d lists already.") % {"most": limits.LISTS})
        row = ReadingList(id=context.ids.new(), actor_id=actor.id, title=title)
        session.add(row)
        await session.flush()
    there = set(await session.exec(select(ListMember.member_id).where(ListMember.list_id == row.id)))
    if len(there) >= limits.LIST_MEMBERS:
        raise Unprocessable(_("A list holds at most %(most)d people.") % {"most": limits.LIST_MEMBERS})
    if target.id not in there:
        session.add(ListMember(id=context.ids.new(), list_id=row.id, member_id=target.id))


async def _domain(context: Context, actor_id: int, said: str) -> None:
    host = urls.canonical_host(said)
    if host in context.config.own_hosts:
        raise Unprocessable("This is the server that you are on.")
    async with context.database.write() as session:
        await silence.silence(session, await session.get_one(Actor, actor_id), host)


async def _bookmark(context: Context, actor_id: int, uri: str) -> str | None:
    async with context.database.read() as session:
        known = await posts.by_uri(session, uri)
    post_id = known.id if known is not None else await threads.bring(context, uri, Budget(clock=context.clock))
    if post_id is None:
        return "This post could not be found."
    async with context.database.write() as session:
        actor, post = await session.get_one(Actor, actor_id), await session.get_one(Post, post_id)
        await bookmarks.add(session, actor, post)
    return None


async def _finish(session: AsyncSession, import_id: int) -> None:
    """Every line was tried. With `overwrite`, what is here and was not on the list goes."""
    row = await session.get_one(Import, import_id)
    actor = await _actor_of(session, row.account_id)
    if row.overwrite and actor is not None:
        named = list(await session.exec(select(ImportRow).where(ImportRow.import_id == import_id)))
        await _drop_others(session, actor, Kind(row.kind), named)
    row.done_ms = context_of(session).clock.now_ms()
    session.add(row)


async def _drop_others(session: AsyncSession, actor: Actor, kind: Kind, named: list[ImportRow]) -> None:
    host = context_of(session).config.account_host
    subjects = {line.subject.lower() for line in named}
    handles = {subject if "@" in subject else f"{subject}@{host}" for subject in subjects}
    match kind:
        case Kind.FOLLOWING:
            for one in await _people(session, Follow.followed_id, Follow.follower_id == actor.id):
                if one.handle.lower() not in handles:
                    await follow.withdraw(session, actor, one)
        case Kind.BLOCKS:
            for one in await _people(session, Block.blocked_id, Block.blocker_id == actor.id):
                if one.handle.lower() not in handles:
                    await blocks.unblock(session, actor, one)
        case Kind.MUTES:
            for one in await _people(session, Mute.muted_id, Mute.muter_id == actor.id):
                if one.handle.lower() not in handles:
                    await mutes.unmute(session, actor, one)
        case Kind.DOMAINS:
            gone = (col(SilencedHost.actor_id) == actor.id, col(SilencedHost.host).not_in(subjects))
            await session.exec(delete(SilencedHost).where(*gone))
        case Kind.LISTS:
            await _drop_from_lists(session, actor, {(line.options.get("list"), line.subject.lower()) for line in named})
        case Kind.BOOKMARKS:
            kept = select(Bookmark, Post.uri).join(Post, col(Post.id) == col(Bookmark.post_id))
            for bookmark, uri in list(await session.exec(kept.where(Bookmark.actor_id == actor.id))):
                if uri.lower() not in subjects:
                    await session.delete(bookmark)


async def _drop_from_lists(session: AsyncSession, actor: Actor, pairs: set[tuple[Any, str]]) -> None:
    """Members that are not named leave; lists that are not named go."""
    members = (
        select(ListMember, ReadingList.title, Actor)
        .join(ReadingList, col(ReadingList.id) == col(ListMember.list_id))
        .join(Actor, col(Actor.id) == col(ListMember.member_id))
        .where(ReadingList.actor_id == actor.id)
    )
    for member, title, one in list(await session.exec(members)):
        if not {(title, one.handle.lower()), (title, one.username_lower)} & pairs:
            await session.delete(member)
    titles = {title for title, _subject in pairs}
    for row in list(await session.exec(select(ReadingList).where(ReadingList.actor_id == actor.id))):
        if row.title not in titles:
            await session.delete(row)


async def _people(session: AsyncSession, other: Any, *conditions: Any) -> list[Actor]:
    query = select(Actor).where(col(Actor.id).in_(select(other).where(*conditions)))
    return list(await session.exec(query))
