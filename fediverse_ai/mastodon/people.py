"""What every resource asks: who reads, which account or status is meant, and may they see it."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request

from actors import policy, queries
from actors.models import Actor
from fediverse_ai.activitypub import webfinger
from fediverse_ai.core.access import principal_of
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Malformed, Missing
from fediverse_ai.mastodon.answers import NOT_FOUND
from fediverse_ai.mastodon.doors import me
from outbox.home import Entry
from outbox.models import Post, Reaction, ReactionKind
from outbox.visibility import may_see


async def reader_of(session: AsyncSession, request: Request) -> Actor | None:
    """The person whose app asks, or None for strangers and for apps on their own."""
    principal = principal_of(request)
    return await queries.by_id(session, principal.actor_id) if principal is not None else None


async def myself(session: AsyncSession, request: Request) -> Actor:
    """The person whose app asks, where the door let nobody else in."""
    actor = await queries.by_id(session, me(request).actor_id)
    if actor is None:
        raise Missing(NOT_FOUND)
    return actor


async def account(session: AsyncSession, actor_id: int, *, gone: bool = False) -> Actor:
    """The actor behind an account id. Raises Missing; suspended and deleted ones are missing unless `gone`."""
    actor = await queries.by_id(session, actor_id)
    if actor is None or (not gone and not policy.living(actor)):
        raise Missing(NOT_FOUND)
    return actor


async def by_name(session: AsyncSession, context: Context, written: str) -> Actor | None:
    """Who is known here as `name`, `@name` or `name@host`, written in full; the gone are nobody."""
    try:
        handle = webfinger.parse_handle(
            written if "@" in written.lstrip("@") else f"{written}@{context.config.account_host}"
        )
    except Malformed:
        return None
    actor = await queries.by_handle(session, handle.username, handle.host)
    return actor if actor is not None and policy.living(actor) else None


async def entry(session: AsyncSession, reader: Actor | None, status_id: int) -> Entry:
    """The post of a status id, or the boost of one, if this reader may see it; else Missing, whatever the reason."""
    post = await session.get(Post, status_id)
    boost = None
    if post is None:
        boost = await session.get(Reaction, status_id)
        post = await session.get(Post, boost.post_id) if boost is not None else None
        if boost is not None and boost.kind != ReactionKind.BOOST:
            post = None
    if post is None or not await may_see(session, reader, post):
        raise Missing(NOT_FOUND)
    return Entry(post, boost)


async def post(session: AsyncSession, reader: Actor | None, status_id: int) -> Post:
    """The post of a status id; the boosted one for a boost."""
    return (await entry(session, reader, status_id)).post


async def own_post(session: AsyncSession, reader: Actor, status_id: int) -> Post:
    """A post that this person wrote, in any state. Raises Missing for anybody else's."""
    found = await post(session, reader, status_id)
    if found.author_id != reader.id:
        raise Missing(NOT_FOUND)
    return found
