"""The home timeline, read when it is asked for: the newest of many sources without reading what is not shown.

Of n entries at most n sources can have one, and those are the n whose newest entry is newest. So one index look-up for
each followed account finds the sources, and n rows of each of these are all that is ever read, however many posts and
follows there are. Nothing is written when a post arrives, and nothing has to be mended after a block or an edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, TextClause, and_, exists, literal, text, union_all
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Follow, FollowState
from fediverse_ai.core.context import context_of
from outbox.cursors import LARGEST_ID, Cursor
from outbox.dial import unwelcome
from outbox.models import Post, PostState, PostTag, Reaction, ReactionKind, Visibility
from outbox.shelves import ListMember, ReadingList, TagFollow
from outbox.unwanted import unwanted_by
from outbox.visibility import seen_by

# What an author sees of their own in the timeline; a scheduled post or a draft is not there yet.
UNFINISHED = (PostState.WAITING, PostState.PICK, PostState.HELD, PostState.REFUSED, PostState.FAILED)
ROUNDS = 5
"""How often more is read to fill a page of which much was left out; then a short page with `next` is given."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One place in a timeline: a post, or somebody's boost of it with an id of its own."""

    post: Post
    boost: Reaction | None = None

    @property
    def id(self) -> int:
        return self.boost.id if self.boost is not None else self.post.id


@dataclass(frozen=True, slots=True)
class Page:
    """Entries newest first; `ids` are the ends of what was read, `more` whether there may be older ones."""

    entries: list[Entry]
    ids: list[int]
    more: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """Ids of posts and of boosts, each the newest (or, going forward, the oldest) of their sources."""

    posts: list[int] = field(default_factory=list)
    boosts: list[int] = field(default_factory=list)


def followed_by(reader_id: int) -> Any:
    """The sources of the home timeline: everybody whom the reader follows, but the members of exclusive lists, and the
    reader."""
    elsewhere = exists(
        select(ListMember.id)
        .join(ReadingList, col(ReadingList.id) == col(ListMember.list_id))
        .where(
            ListMember.member_id == Follow.followed_id,
            ReadingList.actor_id == reader_id,
            col(ReadingList.exclusive).is_(True),
        )
    )
    follows: Any = select(col(Follow.followed_id).label("actor_id")).where(
        Follow.follower_id == reader_id, Follow.state == FollowState.ACCEPTED, ~elsewhere
    )
    return union_all(follows, select(literal(reader_id, BigInteger()).label("actor_id")))


_SOURCES: Any = object()


async def page(
    session: AsyncSession, reader: Actor, sources: Any, at: Cursor, *, own: bool = True, circle: Any = _SOURCES
) -> Page:
    """One page of what some sources posted and boosted, as this reader may see it.

    `own`: the reader's home, with their own posts that are not out yet and the hashtags they follow. Left out are
    replies to people outside of the `circle` (the sources, unless another is given; None: all replies), whom the
    reader muted or silenced, and a second appearance of the same post on the page.
    """
    circle = sources if circle is _SOURCES else circle
    plain = await _without_boosts(session, reader)
    shown: list[Entry] = []
    seen: set[int] = set()
    read: list[int] = []
    low, high = at.above or 0, at.max_id or LARGEST_ID
    more = True
    for _ in range(ROUNDS):
        depth = at.limit + at.limit // 2
        found = await _candidates(session, sources, low, high, depth, forward=at.forward)
        more_ids: list[int] = []
        if own:
            more_ids += await _unfinished(session, reader, low, high, depth, forward=at.forward)
            more_ids += await _tagged(session, reader, low, high, depth, forward=at.forward)
        ids = sorted({*found.posts, *found.boosts, *more_ids}, reverse=not at.forward)[:depth]
        entries = await _entries(session, reader, circle, ids, plain)
        for entry_id in ids:
            if len(shown) == at.limit:
                break
            read.append(entry_id)
            entry = entries.get(entry_id)
            if entry is not None and entry.post.id not in seen:
                seen.add(entry.post.id)
                shown.append(entry)
        more = len(ids) == depth or (bool(ids) and read[-1] != ids[-1])
        if len(shown) == at.limit or not more:
            break
        low, high = (ids[-1], high) if at.forward else (low, ids[-1])
    newest_first = sorted(read, reverse=True)
    return Page(sorted(shown, key=lambda entry: entry.id, reverse=True), newest_first[:1] + newest_first[-1:], more)


async def _without_boosts(session: AsyncSession, reader: Actor) -> set[int]:
    """Whose boosts the reader does not want to see."""
    query = select(Follow.followed_id).where(Follow.follower_id == reader.id, col(Follow.boosts).is_(False))
    return set(await session.exec(query))


def edges(sources: Any, low: int, high: int, *, forward: bool) -> Any:
    """(actor, newest post, newest boost) of each source between two ids; going forward the oldest."""
    source = sources.subquery("source")
    wanted = (
        (Post, col(Post.author_id) == source.c.actor_id, col(Post.state) == PostState.PUBLISHED),
        (Reaction, col(Reaction.actor_id) == source.c.actor_id, col(Reaction.kind) == ReactionKind.BOOST),
    )
    found = []
    for model, owner, kind in wanted:
        key: Any = model.id
        query = select(key).where(owner, kind, key > low, key < high).order_by(key.asc() if forward else key.desc())
        found.append(query.limit(1).correlate(source).scalar_subquery())
    return select(source.c.actor_id, *found)


async def _candidates(session: AsyncSession, sources: Any, low: int, high: int, depth: int, *, forward: bool) -> _Found:
    rows = list(await session.exec(edges(sources, low, high, forward=forward)))
    found = _Found()
    for column, table, kept in ((1, "post", found.posts), (2, "reaction", found.boosts)):
        present = sorted((row for row in rows if row[column] is not None), key=lambda row: row[column])
        nearest = present[:depth] if forward else present[-depth:]
        if nearest:
            query = _newest_of(table, len(nearest), forward)
            actors = {f"a{number}": row[0] for number, row in enumerate(nearest)}
            kept.extend(row[0] for row in await session.execute(
                query, {"low": low, "high": high, "depth": depth, **actors}
            ))  # fmt: skip
    return found


@lru_cache(maxsize=512)
def _newest_of(table: str, sources: int, forward: bool) -> TextClause:
    """The ids of so many sources, at most `depth` of each. As text: its parts differ in a number only."""
    owner, kind = ("author_id", "state = 'published'") if table == "post" else ("actor_id", "kind = 'boost'")
    order = "ASC" if forward else "DESC"
    parts = (
        f"SELECT id FROM (SELECT id FROM {table} WHERE {owner} = :a{number} AND {kind} "  # noqa: S608 - our own words
        f"AND id > :low AND id < :high ORDER BY id {order} LIMIT :depth) AS part{number}"
        for number in range(sources)
    )
    return text(" UNION ALL ".join(parts))


async def _unfinished(
    session: AsyncSession, reader: Actor, low: int, high: int, depth: int, *, forward: bool
) -> list[int]:
    """The reader's own posts that are not out: an app has no other place to show what became of them."""
    query = (
        select(Post.id)
        .where(Post.author_id == reader.id, col(Post.state).in_(UNFINISHED), col(Post.id) > low, col(Post.id) < high)
        .where(col(Post.not_before_ms).is_(None))
    )
    ordered = query.order_by(col(Post.id).asc() if forward else col(Post.id).desc())
    return list(await session.exec(ordered.limit(depth)))


async def _tagged(session: AsyncSession, reader: Actor, low: int, high: int, depth: int, *, forward: bool) -> list[int]:
    """Public posts with hashtags that the reader follows."""
    names = list(await session.exec(select(TagFollow.name).where(TagFollow.actor_id == reader.id)))
    if not names:
        return []
    query = (
        select(Post.id)
        .join(PostTag, col(PostTag.post_id) == col(Post.id))
        .where(col(PostTag.name).in_(names), col(Post.id) > low, col(Post.id) < high)
        .where(Post.visibility == Visibility.PUBLIC, Post.state == PostState.PUBLISHED)
        .distinct()
    )
    ordered = query.order_by(col(Post.id).asc() if forward else col(Post.id).desc())
    return list(await session.exec(ordered.limit(depth)))


async def _entries(
    session: AsyncSession, reader: Actor, circle: Any, ids: Sequence[int], plain: set[int]
) -> dict[int, Entry]:
    """The rows of these ids that the reader may and wants to see."""
    if not ids:
        return {}
    now = context_of(session).clock.now_ms()
    boosted = select(Reaction).where(col(Reaction.id).in_(ids), ~unwanted_by(reader.id, col(Reaction.actor_id), now))
    boosts = {row.id: row for row in await session.exec(boosted)}
    wanted = {*ids, *(boost.post_id for boost in boosts.values())} - boosts.keys()
    own = and_(col(Post.author_id) == reader.id, col(Post.state).in_(UNFINISHED))
    allowed = select(Post).where(
        col(Post.id).in_(wanted),
        Post.visibility != Visibility.DIRECT,
        seen_by(reader.id) | own,
        ~unwelcome(reader.id, now),
    )
    posts = {post.id: post for post in await session.exec(allowed)}
    found = {key: Entry(posts[row.post_id], row) for key, row in boosts.items()
             if row.post_id in posts and row.actor_id not in plain}  # fmt: skip
    written = {key: post for key, post in posts.items() if key in set(ids)}
    strangers = await _answers_to_strangers(session, circle, list(written.values()))
    found |= {key: Entry(post) for key, post in written.items() if key not in strangers}
    return found


async def _answers_to_strangers(session: AsyncSession, circle: Any, posts: Sequence[Post]) -> set[int]:
    """Replies to somebody outside of the circle, or to what we do not have."""
    replies = [post for post in posts if post.in_reply_to_uri is not None]
    if not replies or circle is None:
        return {post.id for post in replies}
    parents = {post.in_reply_to_id for post in replies if post.in_reply_to_id is not None}
    query = select(Post.id, Post.author_id).where(col(Post.id).in_(parents))
    authors: dict[int, int] = dict((await session.exec(query)).all())
    source = circle.subquery("circle")
    known = set(await session.exec(select(source.c.actor_id).where(source.c.actor_id.in_(set(authors.values())))))
    return {
        post.id
        for post in replies
        if (author := authors.get(post.in_reply_to_id or 0)) is None
        or (author != post.author_id and author not in known)
    }
