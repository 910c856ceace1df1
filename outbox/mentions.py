"""Who a text means: handles found by WebFinger before anything is written down."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries, remote
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import FediverseError, NoRoom
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import get
from outbox import lineage, text
from outbox.models import Post

log = get(__name__)


async def find_mentions(context: Context, post: Post, written: str) -> list[dict[str, str]]:
    """Who is meant by the handles in the text, and the authors of what it answers and of what it was made from.

    Who cannot be found stays plain text.
    """
    budget = Budget(fetches=limits.FETCH_PER_ACTIVITY, seconds=limits.FETCH_ACTIVITY_SECONDS, clock=context.clock)
    found: dict[str, dict[str, str]] = {}
    for handle in text.mentions_in(written):
        try:
            actor_id = await remote.resolve(context, handle, budget)
        except NoRoom:
            raise
        except FediverseError as error:
            log.info("mention_not_found", handle=handle, detail=error.detail)
            continue
        async with context.database.read() as session:
            actor = await queries.by_id(session, actor_id)
        if actor is not None:
            found.setdefault(actor.uri, _mention(actor) | {"as_written": handle})
    # Whom a client addressed by id and not in the text (outbox/c2s.py).
    for named in post.mentions:
        if "as_written" not in named:
            found.setdefault(named["uri"], named)
    async with context.database.read() as session:
        parent = await session.get(Post, post.in_reply_to_id) if post.in_reply_to_id else None
        author = await queries.by_id(session, parent.author_id) if parent is not None else None
        credited = [await _author_of(session, line.parent_id) for line in await lineage.parents_of(session, post.id)]
    # Ours hear of a remix from us; other servers' people only if they are named.
    others = [author, *(one for one in credited if one is not None and not one.local)]
    for other in others:
        if other is not None and other.id != post.author_id:
            found.setdefault(other.uri, _mention(other))
    return list(found.values())


async def known(session: AsyncSession, post: Post, written: str) -> list[dict[str, str]]:
    """The same without asking anybody: those of them whom this server knows already. For a look ahead only."""
    found: dict[str, dict[str, str]] = {}
    for handle in text.mentions_in(written):
        name, _, host = handle.partition("@")
        actor = await queries.by_handle(session, name, host or None)
        if actor is not None:
            found.setdefault(actor.uri, _mention(actor) | {"as_written": handle})
    other = await _author_of(session, post.in_reply_to_id)
    if other is not None and other.id != post.author_id:
        found.setdefault(other.uri, _mention(other))
    return list(found.values())


async def _author_of(session: AsyncSession, post_id: int | None) -> Actor | None:
    post = await session.get(Post, post_id) if post_id is not None else None
    return await queries.by_id(session, post.author_id) if post is not None else None


def _mention(actor: Actor) -> dict[str, str]:
    return {"uri": actor.uri, "handle": actor.handle, "url": actor.page_url}
