"""Threads as one reader may see them: what a post answers, and what answers it, branch by branch."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core import limits
from outbox.models import Post, PostState, Visibility
from outbox.visibility import may_see, seen_by


async def readable(session: AsyncSession, reader: Actor | None, ids: Sequence[int]) -> dict[int, Post]:
    """Those of these posts that the reader may see: the published by one query, direct ones and one's own by asking."""
    query = select(Post).where(col(Post.id).in_(ids), seen_by(reader.id if reader else None))
    found = {post.id: post for post in await session.exec(query)}
    left = set(ids) - found.keys()
    if left and reader is not None:
        own_or_direct = (col(Post.visibility) == Visibility.DIRECT) | (col(Post.author_id) == reader.id)
        for post in await session.exec(select(Post).where(col(Post.id).in_(left), own_or_direct)):
            if await may_see(session, reader, post):
                found[post.id] = post
    return found


async def ancestors(session: AsyncSession, reader: Actor | None, post: Post) -> list[Post]:
    """Upwards until there is no more, or one that the reader may not see."""
    found: list[Post] = []
    parent_id = post.in_reply_to_id
    while parent_id is not None and len(found) < limits.API_ANCESTORS:
        parent = await session.get(Post, parent_id)
        if parent is None or not await may_see(session, reader, parent):
            break
        found.append(parent)
        parent_id = parent.in_reply_to_id
    return found[::-1]


async def descendants(session: AsyncSession, reader: Actor | None, post: Post) -> list[Post]:
    """Downwards level by level, a query for each, as far as the bound reaches; given depth first, by time."""
    children: dict[int, list[Post]] = {}
    level, number = [post.id], 0
    while level and number < limits.API_DESCENDANTS:
        query = select(Post.id).where(col(Post.in_reply_to_id).in_(level), Post.state == PostState.PUBLISHED)
        ids = list(await session.exec(query.order_by(col(Post.id)).limit(limits.API_DESCENDANTS - number)))
        seen = await readable(session, reader, ids)
        level = [key for key in ids if key in seen]
        number += len(level)
        for key in level:
            children.setdefault(seen[key].in_reply_to_id or 0, []).append(seen[key])
    return _branch(post.id, children)


def _branch(root: int, children: dict[int, list[Post]]) -> list[Post]:
    found: list[Post] = []
    waiting = list(reversed(children.get(root, [])))
    while waiting:
        post = waiting.pop()
        found.append(post)
        waiting.extend(reversed(children.get(post.id, [])))
    return found
