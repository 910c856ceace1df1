"""Collections for everybody: their maker's own open posts, in their maker's order, under words that were judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit
from actors.models import Account, Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Conflict, Forbidden, Unprocessable
from fediverse_ai.core.texts import _
from generation.pipeline import Pipeline, text_digest
from generation.types import Decision, Item, Verdict
from outbox import collected, queries
from outbox.models import Post, PostState
from outbox.publish import GateClosed
from outbox.queries import PostView
from outbox.shelves import OwnCollection, OwnItem
from outbox.visibility import OPEN, seen_by


def check_words(name: str, about: str) -> None:
    """Raises Unprocessable without a name, and for words that are too long."""
    if not name.strip():
        raise Unprocessable(_("Give it a name."))
    if len(name) > limits.NAME_CHARS or len(about) > limits.COLLECTION_CHARS:
        raise Unprocessable(_("These words are too long."))


async def judge(context: Context, name: str, about: str) -> Verdict:
    """What the gate says of a collection's words; never in a transaction."""
    return await context.part(Pipeline).review(Item(stage="text", text=collected.written(name, about)))


async def open_to_all(session: AsyncSession, row: OwnCollection, verdict: Verdict) -> None:
    """Show it to everybody from now on, and tell its maker's followers of it, or of its new words.

    Raises GateClosed unless the verdict allows exactly its words, Conflict for one of another policy than the running
    one, Forbidden where a moderator closed it.
    """
    context = context_of(session)
    if row.closed_ms is not None:
        raise Forbidden(_("A moderator closed this collection; only you see it."))
    digest = text_digest(collected.written(row.name, row.about))
    if verdict.decision is not Decision.ALLOW or digest not in verdict.digests:
        raise GateClosed(f"collection {row.id}: its words were not allowed")
    if verdict.policy_version != context.part(Pipeline).policy_version:
        raise Conflict(_("The rules have just changed. Please try again."))
    known, same = row.public_ms is not None, collected.is_public(row)
    row.public_ms = row.public_ms or context.clock.now_ms()
    row.verdict = {"policy": verdict.policy_version, "digests": list(verdict.digests)}
    session.add(row)
    if not same:
        await collected.opened(session, row, anew=known)


async def close(session: AsyncSession, row: OwnCollection) -> None:
    """For its maker alone again; followers who were told of it hear that it is gone."""
    known = row.public_ms is not None
    row.public_ms, row.verdict = None, None
    session.add(row)
    if known:
        await collected.closed(session, row)


async def close_for_good(session: AsyncSession, maker: Actor, row: OwnCollection, by: Account, reason: str) -> None:
    """A moderator's word: its maker cannot open it again."""
    row.closed_ms = context_of(session).clock.now_ms()
    await close(session, row)
    subject = audit.Subject("collection", row.id, f"{maker.handle}: {row.name}", maker.id)
    await audit.note(session, by, "collection.close", subject, reason, before={"public": True}, after={"public": False})


async def of(session: AsyncSession, owner: Actor, number: int, reader_id: int | None) -> OwnCollection | None:
    """A collection of this owner, as far as this reader (None: anybody) may know of it."""
    row = await session.get(OwnCollection, number) if number < 2**63 else None
    if row is None or row.actor_id != owner.id:
        return None
    return row if reader_id == owner.id or collected.is_public(row) else None


async def all_of(session: AsyncSession, owner: Actor, reader_id: int | None) -> list[OwnCollection]:
    """Every collection of this owner that the reader may know of, the newest first."""
    query = select(OwnCollection).where(OwnCollection.actor_id == owner.id).order_by(col(OwnCollection.id).desc())
    return [row for row in await session.exec(query) if reader_id == owner.id or collected.is_public(row)]


def _shown(query: Any, owner_id: int, reader_id: int | None) -> Any:
    """Of items only posts of the collection's maker: to themselves all that are out, to others those that are open."""
    joined = query.join(Post, col(Post.uri) == col(OwnItem.uri)).where(
        Post.author_id == owner_id, col(Post.local).is_(True), Post.state == PostState.PUBLISHED
    )
    return joined if reader_id == owner_id else joined.where(col(Post.visibility).in_(OPEN), seen_by(reader_id))


async def page(
    session: AsyncSession, row: OwnCollection, reader_id: int | None, before: int | None, size: int
) -> list[tuple[int, Post]]:
    """(place, post) in the maker's order, from after the place `before`."""
    query = _shown(select(OwnItem.position, Post), row.actor_id, reader_id).where(OwnItem.collection_id == row.id)
    if before is not None:
        query = query.where(col(OwnItem.position) < before)
    return list(await session.exec(query.order_by(col(OwnItem.position).desc()).limit(size)))


async def count(session: AsyncSession, row: OwnCollection, reader_id: int | None) -> int:
    """How many posts of it this reader sees."""
    query = _shown(select(func.count()).select_from(OwnItem), row.actor_id, reader_id)
    number: int = (await session.exec(query.where(OwnItem.collection_id == row.id))).one()
    return number


async def covers(
    session: AsyncSession, rows: Sequence[OwnCollection], reader_id: int | None
) -> dict[int, tuple[int, PostView]]:
    """collection id -> (how many posts, the first of them) for those of one owner in which this reader sees any."""
    if not rows:
        return {}
    wanted = col(OwnItem.collection_id).in_([row.id for row in rows])
    first = func.max(OwnItem.position)
    query = _shown(select(OwnItem.collection_id, func.count(), first).select_from(OwnItem), rows[0].actor_id, reader_id)
    counted = list(await session.exec(query.where(wanted).group_by(OwnItem.collection_id)))
    places = [(collection_id, position) for collection_id, _number, position in counted]
    found = select(OwnItem.collection_id, Post).join(Post, col(Post.uri) == col(OwnItem.uri))
    here = tuple_(col(OwnItem.collection_id), col(OwnItem.position)).in_(places)
    posts = dict(list(await session.exec(found.where(here)))) if places else {}
    views = {view.post.id: view for view in await queries.views(session, list(posts.values()), reader_id)}
    return {
        collection_id: (number, views[posts[collection_id].id])
        for collection_id, number, _position in counted
        if collection_id in posts
    }


async def holding(session: AsyncSession, owner: Actor, post: Post) -> set[int]:
    """The ids of the owner's collections in which this post stands."""
    query = select(OwnItem.collection_id).join(OwnCollection, col(OwnCollection.id) == col(OwnItem.collection_id))
    return set(await session.exec(query.where(OwnCollection.actor_id == owner.id, OwnItem.uri == post.uri)))


async def move(session: AsyncSession, row: OwnCollection, post: Post, *, up: bool) -> bool:
    """Let a post change places with the one before it, or after it, as its maker sees them. False at the end.

    Followers of a collection for everybody hear of its new order a little later, once for all steps of that time.
    """
    items = select(OwnItem).where(OwnItem.collection_id == row.id)
    mine = (await session.exec(items.where(OwnItem.uri == post.uri))).first()
    if mine is None:
        return False
    place = col(OwnItem.position)
    beside = _shown(items, row.actor_id, row.actor_id).where(place > mine.position if up else place < mine.position)
    other = (await session.exec(beside.order_by(place.asc() if up else place.desc()).limit(1))).first()
    if other is None:
        return False
    mine.position, other.position = other.position, mine.position
    session.add_all([mine, other])
    await collected.ordered(session, row)
    return True
