"""One's own posts, in whatever state: found, or missing like any that is not there."""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries as actors
from actors.models import Account, Actor
from fediverse_ai.core.access import Principal
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.web.cards import NOT_THERE
from outbox import queries as posts
from outbox.models import Post, PostState
from outbox.queries import PostView


async def person(session: AsyncSession, me: Principal) -> Actor:
    """The signed-in person. Raises Missing for an account without one."""
    found = await actors.by_id(session, me.actor_id)
    if found is None:
        raise Missing(NOT_THERE)
    return found


async def account(session: AsyncSession, me: Principal) -> Account:
    """Their account. Raises Missing."""
    found = await session.get(Account, me.account_id)
    if found is None:
        raise Missing(NOT_THERE)
    return found


async def post(session: AsyncSession, me: Principal, post_id: int) -> tuple[Actor, Post]:
    """The person and their post, for a change. Raises Missing for anybody else's, and for a deleted one."""
    author = await person(session, me)
    found = (await session.exec(select(Post).where(Post.id == post_id, Post.author_id == author.id))).first()
    if found is None or found.state == PostState.DELETED:
        raise Missing(NOT_THERE)
    return author, found


async def view(context: Context, me: Principal, post_id: int) -> PostView:
    """Their post with its pictures, for a page. Raises Missing for anybody else's."""
    async with context.database.read() as session:
        reader = await actors.by_id(session, me.actor_id)
        found = await posts.view(session, reader, post_id)
    if found is None or found.post.author_id != me.actor_id:
        raise Missing(NOT_THERE)
    return found
