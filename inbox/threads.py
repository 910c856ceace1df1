"""Threads kept whole: missing ancestors of what arrived, and replies when somebody looks (within the budget)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries as actor_queries
from actors.remote import RemoteActors, ensure
from fediverse_ai.activitypub import document, vocabulary
from fediverse_ai.activitypub.authority import Admitted
from fediverse_ai.core import jobs, limits, urls
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Elsewhere, FediverseError, Forbidden
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import get
from inbox import tombstones
from inbox.notes import keep
from outbox.models import Post, PostState
from outbox.publish import count_reply
from outbox.queries import by_uri

log = get(__name__)


def _budget(context: Context) -> Budget:
    return Budget(fetches=limits.FETCH_PER_ACTIVITY, seconds=limits.FETCH_ACTIVITY_SECONDS, clock=context.clock)


@jobs.job(queue="in")
async def fetch_ancestors(context: Context, ids: list[int | str]) -> None:
    """Fetch the parents of a kept post upwards, until one is known, the chain ends, or a bound is reached.

    A parent that is gone or cannot be fetched ends the chain and leaves what there is.
    """
    budget = _budget(context)
    post_id = int(ids[0])
    for _ in range(limits.THREAD_UP):
        async with context.database.read() as session:
            post = await session.get(Post, post_id)
            known = await by_uri(session, post.in_reply_to_uri) if post is not None and post.in_reply_to_uri else None
        if post is None or post.in_reply_to_uri is None:
            return
        if known is not None:
            async with context.database.write() as session:
                await _link(session, post_id, known.id)
            return
        parent_id = await bring(context, post.in_reply_to_uri, budget)
        if parent_id is None:
            return
        post_id = parent_id


async def _link(session: AsyncSession, post_id: int, parent_id: int) -> None:
    post = await session.get(Post, post_id)
    if post is not None and post.in_reply_to_id is None:
        post.in_reply_to_id = parent_id
        session.add(post)
        await count_reply(session, post)


async def bring(context: Context, uri: str, budget: Budget) -> int | None:
    """Fetch one Note and its author and keep it, since a thread or somebody here wants it. None when that cannot be."""
    if urls.same_origin(uri, context.config.public_url):
        return None
    try:
        admitted = await context.part(RemoteActors).fetcher.document(uri, budget=budget)
        if admitted.type not in vocabulary.NOTE_TYPES or admitted.owner is None:
            return None
        author_id = await ensure(context, admitted.owner, budget)
    except (Elsewhere, Forbidden) as error:
        log.info("thread_not_whole", note=uri, detail=error.detail)
        return None
    async with context.database.write() as session:
        return await _keep(session, admitted, author_id, context.clock.now_ms())


async def _keep(session: AsyncSession, admitted: Admitted, author_id: int, now: int) -> int | None:
    known = await by_uri(session, admitted.id)
    if known is not None:
        return known.id if known.state == PostState.PUBLISHED else None
    author = await actor_queries.by_id(session, author_id)
    if author is None or author.suspended_ms is not None or author.uri != admitted.owner:
        return None
    if await tombstones.has_stone(session, admitted.id, author.uri):
        return None
    post = await keep(session, author, admitted, now)
    await count_reply(session, post)
    return post.id


async def want_replies(context: Context, looked_at: Sequence[Post]) -> None:
    """Have the replies to others' posts fetched that somebody signed in looks at: later, and seldom for each thread.

    For doors, outside of any transaction; THREAD_LOOKS at most of what one page shows.
    """
    limiter = context.part(limits.RateLimiter)
    due = [
        post
        for post in [post for post in looked_at if not post.local][: limits.THREAD_LOOKS]
        if limiter.wait(f"thread:{post.id}", limits.LOOKS_PER_THREAD) == 0.0
    ]
    if not due:
        return
    turn = int(context.clock.now_ms() / 1000 / limits.LOOKS_PER_THREAD.seconds)
    async with context.database.write() as session:
        for post in due:
            # Several processes look at the same thread: within one turn only the first of them is heard.
            await jobs.enqueue(session, fetch_replies, [post.id], once=f"replies:{post.id}:{turn}")


@jobs.job(queue="in")
async def fetch_replies(context: Context, ids: list[int | str]) -> None:
    """Fetch the replies that a remote post's own server lists: ids only, each asked at its own home."""
    async with context.database.read() as session:
        post = await session.get(Post, int(ids[0]))
    if post is None or post.local or post.state != PostState.PUBLISHED:
        return
    budget = _budget(context)
    try:
        uris = await reply_uris(context, post.uri, budget)
    except FediverseError as error:
        log.info("replies_not_fetched", note=post.uri, detail=error.detail)
        return
    for uri in uris[: limits.THREAD_DOWN]:
        async with context.database.read() as session:
            known = await by_uri(session, uri)
        if known is None and await bring(context, uri, budget) is None and budget.seconds <= 0:
            return


async def reply_uris(context: Context, note_uri: str, budget: Budget) -> list[str]:
    """The ids in a Note's `replies`: what is embedded in it, and at most COLLECTION_PAGES documents of its origin.

    Mastodon embeds a first page with the author's own replies; those of everybody else stand on the page after it.
    """
    fetcher = context.part(RemoteActors).fetcher
    note = (await fetcher.document(note_uri, budget=budget)).document
    found: list[str] = []
    page: Any = note.get("replies")
    fetched = 0
    while page is not None and len(found) < limits.THREAD_DOWN:
        if isinstance(page, str):
            if not urls.same_origin(page, note_uri) or fetched == limits.COLLECTION_PAGES:
                break
            fetched += 1
            page = (await fetcher.document(page, budget=budget)).document
        if not isinstance(page, dict):
            break
        items = document.as_list(page.get("items")) + document.as_list(page.get("orderedItems"))
        found += [uri for item in items if (uri := document.id_of(item))]
        page = page.get("first") or page.get("next")
    return list(dict.fromkeys(found))
