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

from sqlalchemy import TextClause, and_, literal, text, union_all
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Follow, FollowState, Mute
from fediverse_ai.mastodon.answers import LARGEST_ID, Cursor
from fediverse_ai.mastodon.batches import Entry
from outbox.models import Post, PostState, Reaction, ReactionKind, Visibility
from outbox.visibility import seen_by

# What an author sees of their own in the timeline; a scheduled post or a draft is not there yet.
UNFINISHED = (PostState.WAITING, PostState.PICK, PostState.HELD, PostState.REFUSED, PostState.FAILED)
ROUNDS = 5
"""How often more is read to fill a page of which much was left out; then a short page with `next` is given."""


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
    """The sources of the home timeline: everybody whom the reader follows, and the reader."""
    follows: Any = select(col(Follow.followed_id).label("actor_id")).where(
        Follow.follower_id == reader_id, Follow.state == FollowState.ACCEPTED
    )
    return union_all(follows, select(literal(reader_id).label("actor_id")))


async def page(session: AsyncSession, reader: Actor, sources: Any, at: Cursor, *, own: bool = True) -> Page:
    """One page of what some sources posted and boosted, as this reader may see it.

    `own`: with the reader's own posts that are not out yet. Left out are replies to people outside of the sources,
    whom the reader muted, and a second appearance of the same post on the page.
    """
    quiet = await _muted(session, reader)
    plain = await _without_boosts(session, reader)
    shown: list[Entry] = []
    seen: set[int] = set()
    read: list[int] = []
    low, high = at.above or 0, at.max_id or LARGEST_ID
    more = True
    for _ in range(ROUNDS):
        depth = at.limit + at.limit // 2
        found = await _candidates(session, sources, low, high, depth, forward=at.forward)
        unfinished = await _unfinished(session, reader, low, high, depth, forward=at.forward) if own else []
        ids = sorted({*found.posts, *found.boosts, *unfinished}, reverse=not at.forward)[:depth]
        entries = await _entries(session, reader, sources, ids, quiet, plain)
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


async def _muted(session: AsyncSession, reader: Actor) -> set[int]:
    return set(await session.exec(select(Mute.muted_id).where(Mute.muter_id == reader.id)))


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


async def _entries(
    session: AsyncSession, reader: Actor, sources: Any, ids: Sequence[int], quiet: set[int], plain: set[int]
) -> dict[int, Entry]:
    """The rows of these ids that the reader may and wants to see."""
    if not ids:
        return {}
    boosts = {row.id: row for row in await session.exec(select(Reaction).where(col(Reaction.id).in_(ids)))}
    wanted = {*ids, *(boost.post_id for boost in boosts.values())} - boosts.keys()
    own = and_(col(Post.author_id) == reader.id, col(Post.state).in_(UNFINISHED))
    allowed = select(Post).where(
        col(Post.id).in_(wanted), Post.visibility != Visibility.DIRECT, seen_by(reader.id) | own
    )
    posts = {post.id: post for post in await session.exec(allowed) if post.author_id not in quiet}
    found = {key: Entry(posts[row.post_id], row) for key, row in boosts.items()
             if row.post_id in posts and row.actor_id not in quiet | plain}  # fmt: skip
    written = {key: post for key, post in posts.items() if key in set(ids)}
    strangers = await _answers_to_strangers(session, sources, list(written.values()))
    found |= {key: Entry(post) for key, post in written.items() if key not in strangers}
    return found


async def _answers_to_strangers(session: AsyncSession, sources: Any, posts: Sequence[Post]) -> set[int]:
    """Replies to somebody outside of the sources, or to what we do not have."""
    replies = [post for post in posts if post.in_reply_to_uri is not None]
    if not replies:
        return set()
    parents = {post.in_reply_to_id for post in replies if post.in_reply_to_id is not None}
    query = select(Post.id, Post.author_id).where(col(Post.id).in_(parents))
    authors: dict[int, int] = dict((await session.exec(query)).all())
    source = sources.subquery("source")
    known = set(await session.exec(select(source.c.actor_id).where(source.c.actor_id.in_(set(authors.values())))))
    return {
        post.id
        for post in replies
        if (author := authors.get(post.in_reply_to_id or 0)) is None
        or (author != post.author_id and author not in known)
    }
