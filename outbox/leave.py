"""Leaving for good: asked for, taken back for a while, then erased here and told to every server that we know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import accounts, documents, queries
from actors.models import Account, Actor, Key
from actors.personal import Archive
from actors.served import ServedDocuments
from fediverse_ai.activitypub import document
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.database import metadata
from fediverse_ai.core.errors import Conflict
from fediverse_ai.core.log import get
from outbox import activities, react
from outbox.belongings import Upload
from outbox.models import Activity, Attachment, Delivery, Post, PostState, Reaction, Revision
from outbox.pick import forget_files
from outbox.publish import bury
from outbox.send import send

log = get(__name__)

# Columns that say whose a row is, in whatever table; what others must keep of somebody names them otherwise.
_OWNS = frozenset({
    "actor_id", "muter_id", "muted_id", "blocker_id", "blocked_id", "follower_id", "followed_id", "about_id",
    "member_id", "from_id",
})  # fmt: skip
# Activities go once they were delivered; keys sign the last of them; reactions are counted; reports and rules are
# the moderators'.
_NOT_SWEPT = frozenset({"activity", "key", "account", "reaction", "report", "actor_rule", "appeal", "post"})
_OPEN = ("pending", "lane")


async def ask(session: AsyncSession, account: Account) -> None:
    """The account is erased after ERASE_GRACE_SECONDS, unless its owner takes it back.

    Raises Conflict for the only owner: somebody must be in charge.
    """
    context = context_of(session)
    if account.role == "owner":
        others = select(func.count()).select_from(Account).where(Account.role == "owner", Account.id != account.id)
        if (await session.exec(others.where(col(Account.disabled_ms).is_(None)))).one() == 0:
            raise Conflict("You are the only owner of this server. Make somebody else an owner first.")
    if account.leaves_ms is None:
        account.leaves_ms = context.clock.now_ms() + int(limits.ERASE_GRACE_SECONDS * 1000)
        session.add(account)


async def stay(session: AsyncSession, account: Account) -> None:
    """Take it back, while there is time."""
    account.leaves_ms = None
    session.add(account)


async def due(context: Context) -> None:
    """Clockwork: end the accounts whose time has come, and drop the keys of those who left a while ago."""
    now = context.clock.now_ms()
    over = now - int(limits.GIVE_UP_SECONDS * 1000)
    async with context.database.write() as session:
        leaving = select(Account).where(col(Account.leaves_ms) <= now, col(Account.disabled_ms).is_(None))
        for account in list(await session.exec(leaving.limit(limits.RETIRED_ACTORS))):
            await end(session, account)
        gone = select(Actor.id).where(col(Actor.local).is_(True), col(Actor.deleted_ms) < over)
        await session.exec(delete(Key).where(col(Key.actor_id).in_(gone)))


async def end(session: AsyncSession, account: Account, *, tell: bool = True) -> None:
    """From now on nobody is here: sessions and tokens end, the actor is a tombstone, every known server is told.

    The rows of account and actor stay, empty: the name is never given again, and old verdicts name who gave them.
    `tell` False is for who left, and was told of, before: the server was restored from an older backup.
    """
    context = context_of(session)
    actor = await session.get_one(Actor, account.actor_id)
    now = context.clock.now_ms()
    if tell:
        told = await queries.known_inboxes(session)
        await send(session, actor, activities.delete_actor(context, actor), told, object_uri=actor.uri)
    await accounts.end_everything(session, account.id)
    pictures = [_own(context, url) for url in (actor.icon_url, actor.image_url)]
    await _drop_archives(session, context.config.data_dir / "archives", account.id)
    account.password_hash, account.email, account.disabled_ms = None, None, now
    account.posting, account.appearance, account.told, account.role = {}, {}, {}, "member"
    session.add(account)
    entomb(session, actor, now)
    await _sweep(session, actor.id, account.id)
    if files := [name for name in pictures if name]:
        await jobs.enqueue(session, forget_files, files)
    await jobs.enqueue(session, erase, [actor.id, 0])
    context.part(ServedDocuments).changes(session)
    log.info("account_ended", actor=actor.uri)


def entomb(session: AsyncSession, actor: Actor, now: int) -> None:
    """Leave of an actor of ours the name, which stays taken, and the address, which says that they are gone."""
    actor.deleted_ms, actor.name, actor.summary, actor.fields, actor.verified = now, "", "", [], {}
    actor.icon_url, actor.image_url, actor.also_known_as, actor.moved_to_uri = None, None, [], None
    actor.document = document.dump(documents.tombstone(actor.uri, actor.kind, now))
    session.add(actor)


@jobs.job(queue="out")
async def erase(context: Context, ids: list[int | str]) -> None:
    """[actor, turn]: posts, pictures and reactions, some in a turn; then the activities that nobody waits for."""
    actor_id, turn = int(ids[0]), int(ids[1])
    async with context.database.write() as session:
        actor = await queries.by_id(session, actor_id)
        if actor is None or not actor.local or actor.deleted_ms is None:
            return
        files = await _posts(session, actor) | await _uploads(session, actor)
        reacted = await _reactions(session, actor)
        if files or reacted or await _is_something_left(session, actor):
            await jobs.enqueue(session, erase, [actor_id, turn + 1], once=f"erase:{actor_id}:{turn + 1}")
        else:
            await _drop_activities(session, actor)
    for name in files:
        if not await _is_shown(context, name):
            await context.storage.delete(name)


async def _is_something_left(session: AsyncSession, actor: Actor) -> bool:
    query = select(Post.id).where(Post.author_id == actor.id, Post.state != PostState.DELETED)
    return (await session.exec(query.limit(1))).first() is not None


async def _posts(session: AsyncSession, actor: Actor) -> set[str]:
    """Bury some posts; gives the names of their files. The Delete of the actor stands for those of the posts."""
    query = select(Post).where(Post.author_id == actor.id, Post.state != PostState.DELETED)
    posts = list(await session.exec(query.order_by(col(Post.id)).limit(limits.ERASED_ROWS)))
    ids = [post.id for post in posts]
    named = select(Attachment.file, Attachment.thumbnail).where(col(Attachment.post_id).in_(ids))
    files = {name for pair in await session.exec(named) for name in pair if name}
    for post in posts:
        await bury(session, post)
        post.document = document.dump(documents.tombstone(post.uri, "Note", post.deleted_ms or 0))
        session.add(post)
    await session.exec(delete(Revision).where(col(Revision.post_id).in_(ids)))
    return files


async def _uploads(session: AsyncSession, actor: Actor) -> set[str]:
    rows = list(await session.exec(select(Upload).where(Upload.actor_id == actor.id).limit(limits.ERASED_ROWS)))
    for row in rows:
        await session.delete(row)
    return {name for row in rows for name in (row.file_name, row.small_name) if name}


async def _reactions(session: AsyncSession, actor: Actor) -> int:
    """Take likes and boosts back here, and count anew what they were for."""
    query = select(Reaction).where(Reaction.actor_id == actor.id).limit(limits.ERASED_ROWS)
    rows = list(await session.exec(query))
    for row in rows:
        await session.delete(row)
    await session.flush()
    touched = list(await session.exec(select(Post).where(col(Post.id).in_([row.post_id for row in rows]))))
    for post in touched:
        await react.recount(session, post)
    return len(rows)


async def _drop_activities(session: AsyncSession, actor: Actor) -> None:
    """Their bodies hold what was said. What still waits to be delivered, as the Delete does, is dropped by its age."""
    waits = select(Delivery.activity_id).where(col(Delivery.state).in_(_OPEN))
    mine = (col(Activity.actor_id) == actor.id, col(Activity.type) != "Delete")
    await session.exec(delete(Delivery).where(col(Delivery.activity_id).in_(select(Activity.id).where(*mine))))
    await session.exec(delete(Activity).where(*mine, col(Activity.id).not_in(waits)))


async def _sweep(session: AsyncSession, actor_id: int, account_id: int) -> None:
    """Every row of every table that is this person's, of tables that are made later too."""
    for table in metadata.sorted_tables:
        if table.name in _NOT_SWEPT:
            continue
        found: list[Any] = []
        for column in table.columns:
            targets = {key.target_fullname for key in column.foreign_keys}
            if "actor.id" in targets and column.name in _OWNS and table.name != "upload":
                found.append(column == actor_id)
            elif "account.id" in targets and column.name == "account_id":
                found.append(column == account_id)
        if found:
            await session.execute(table.delete().where(or_(*found)))


async def _drop_archives(session: AsyncSession, folder: Path, account_id: int) -> None:
    for row in await session.exec(select(Archive).where(Archive.account_id == account_id)):
        if row.file is not None:
            (folder / row.file).unlink(missing_ok=True)


async def _is_shown(context: Context, name: str) -> bool:
    """Does a post that is not deleted, of whomever, show this file? The same bytes are one file."""
    async with context.database.read() as session:
        query = select(Attachment.id).join(Post, col(Post.id) == col(Attachment.post_id))
        living = query.where(Post.state != PostState.DELETED)
        named = living.where(or_(col(Attachment.file) == name, col(Attachment.thumbnail) == name))
        if (await session.exec(named.limit(1))).first() is not None:
            return True
        brought = select(Upload.id).where(or_(col(Upload.file_name) == name, col(Upload.small_name) == name))
        return (await session.exec(brought.limit(1))).first() is not None


def _own(context: Context, url: str | None) -> str | None:
    base = f"{context.config.media_url.rstrip('/')}/"
    return url.removeprefix(base) if url and url.startswith(base) else None
