"""may_see(reader, post): the only source of who may see what (D12)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy, queries
from actors.models import Actor, Block, Follow, FollowState, Severity
from outbox.models import Post, PostState, Visibility

OPEN = (Visibility.PUBLIC, Visibility.QUIET)


async def may_see(session: AsyncSession, reader: Actor | None, post: Post) -> bool:
    """May this reader (None: anybody) see this post now? The author sees their own in every state but deleted."""
    if post.state == PostState.DELETED:
        return False
    if reader is not None and reader.id == post.author_id:
        return True
    if post.state != PostState.PUBLISHED:
        return False
    author = await queries.by_id(session, post.author_id)
    if author is None or not policy.living(author):
        return False
    if reader is not None and await policy.blocked_between(session, reader.id, author.id):
        return False
    if reader is None:
        # A limited author is for those who look for them, not for everybody who passes.
        return post.visibility in OPEN and author.severity is None
    if post.visibility in OPEN:
        return True
    if reader.uri in post.bcc or any(mention.get("uri") == reader.uri for mention in post.mentions):
        return True
    return post.visibility == Visibility.FOLLOWERS and await queries.is_follower(session, reader.id, author.id)


def seen_by(reader_id: int | None) -> ColumnElement[bool]:
    """The same rule as a condition on Post for lists of published posts, without mentions of direct ones.

    Lists show less than may_see allows, never more: a direct post appears in notifications and threads only, one of a
    limited server's author in the lists of those who follow them.
    """
    open_to_all = and_(col(Post.state) == PostState.PUBLISHED, col(Post.visibility).in_(OPEN))
    living = select(Actor.id).where(
        Actor.id == Post.author_id, col(Actor.suspended_ms).is_(None), col(Actor.deleted_ms).is_(None)
    )
    welcome = exists(living.where(col(Actor.severity).is_(None)))
    if reader_id is None:
        return and_(open_to_all, welcome)
    following = exists(
        select(Follow.id).where(
            Follow.follower_id == reader_id,
            Follow.followed_id == Post.author_id,
            Follow.state == FollowState.ACCEPTED,
        )
    )
    blocked: Any = exists(
        select(Block.id).where(
            or_(
                and_(col(Block.blocker_id) == reader_id, col(Block.blocked_id) == Post.author_id),
                and_(col(Block.blocker_id) == Post.author_id, col(Block.blocked_id) == reader_id),
            )
        )
    )
    followers_only = and_(
        col(Post.state) == PostState.PUBLISHED, col(Post.visibility) == Visibility.FOLLOWERS, following
    )
    own = and_(col(Post.state) == PostState.PUBLISHED, col(Post.author_id) == reader_id)
    limited = exists(living.where(Actor.severity == Severity.LIMIT))
    return and_(or_(open_to_all, followers_only, own), or_(welcome, and_(limited, following)), ~blocked)
