"""An outbox as its owner's client reads it: everything that was sent, and what is not out yet, marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Block
from fediverse_ai.activitypub import document
from outbox import activities, pending
from outbox.models import Activity, Post, PostState

Json = dict[str, Any]

_OVER = (PostState.PUBLISHED, PostState.DELETED)


def _sent(owner: Actor) -> Any:
    """Conditions on Activity; a Create whose post is gone is left out."""
    return (Activity.actor_id == owner.id, (Activity.type != "Create") | (Post.state == PostState.PUBLISHED))


def _waiting(owner: Actor) -> Any:
    return (Post.author_id == owner.id, col(Post.local).is_(True), col(Post.state).not_in(_OVER))


async def count(session: AsyncSession, owner: Actor) -> int:
    joined = col(Post.activity_uri) == col(Activity.uri)
    sent = select(func.count()).select_from(Activity).outerjoin(Post, joined).where(*_sent(owner))
    waiting = select(func.count()).select_from(Post).where(*_waiting(owner))
    return (await session.exec(sent)).one() + (await session.exec(waiting)).one()


async def page(session: AsyncSession, owner: Actor, before: int | None, limit: int) -> tuple[list[Json], int | None]:
    """Activities as they were sent, and Creates of posts that are not out, newest first; the id to go on from."""
    joined = col(Post.activity_uri) == col(Activity.uri)
    sent = select(Activity.id, Activity.body).outerjoin(Post, joined).where(*_sent(owner))
    waiting = select(Post).where(*_waiting(owner))
    if before is not None:
        sent, waiting = sent.where(col(Activity.id) < before), waiting.where(col(Post.id) < before)
    rows: list[tuple[int, Any]] = list(await session.exec(sent.order_by(col(Activity.id).desc()).limit(limit + 1)))
    posts = await session.exec(waiting.order_by(col(Post.id).desc()).limit(limit + 1))
    rows += [(post.id, post) for post in posts]
    rows = sorted(rows, key=lambda row: row[0], reverse=True)
    found = [await _item(session, owner, what) for _, what in rows[:limit]]
    return found, rows[limit - 1][0] if len(rows) > limit else None


async def _item(session: AsyncSession, owner: Actor, what: bytes | Post) -> Json:
    if isinstance(what, Post):
        return await pending.create(session, what, owner)
    return document.parse(what)


async def activity(session: AsyncSession, owner: Actor, uri: str) -> Json | None:
    """An activity of the owner's own by its id, sent or not: posts that wait have a Create already, blocks no row."""
    sent = (await session.exec(select(Activity).where(Activity.uri == uri, Activity.actor_id == owner.id))).first()
    if sent is not None:
        return None if await _is_gone(session, sent) else document.parse(sent.body)
    number = uri.rpartition("/")[2]
    plain = number.isascii() and number.isdigit() and len(number) < 20 and int(number) < 2**63
    post = await session.get(Post, int(number)) if plain else None
    if post is not None and post.author_id == owner.id and post.local and post.state not in _OVER:
        return await pending.create(session, post, owner)
    block = (await session.exec(select(Block).where(Block.uri == uri, Block.blocker_id == owner.id))).first()
    target = await session.get(Actor, block.blocked_id) if block is not None else None
    return activities.block(uri, owner, target) if target is not None else None


async def _is_gone(session: AsyncSession, sent: Activity) -> bool:
    """What carried a post that was deleted since says nothing any more, to its author neither."""
    if sent.type not in ("Create", "Update"):
        return False
    query = select(Post.id).where(Post.uri == sent.object_uri, Post.state == PostState.DELETED)
    return (await session.exec(query)).first() is not None


async def unfinished(session: AsyncSession, owner: Actor, limit: int) -> Sequence[Post]:
    """The owner's posts that may still change by themselves, newest first."""
    query = select(Post).where(*_waiting(owner)).order_by(col(Post.id).desc()).limit(limit)
    return list(await session.exec(query))
