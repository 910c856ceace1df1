"""GET of statuses: one, several, the thread around one, its versions, and who liked or boosted it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import policy, queries
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.mastodon import answers, batches, parameters, people, status_entities
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from inbox import threads
from outbox import documents, edit
from outbox.cursors import fetch
from outbox.home import Entry
from outbox.models import Post, PostState, Reaction, ReactionKind, Visibility
from outbox.visibility import may_see, seen_by


async def show(request: Request) -> Response:
    """GET /api/v1/statuses/{id}"""
    context = context_of(request)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        found = await people.entry(session, reader, answers.path_id(request))
        body = await batches.statuses(session, context, reader, [found])
    return answers.answer(body[0])


async def several(request: Request) -> Response:
    """GET /api/v1/statuses?id[]=…; those that the reader may not see are left out."""
    context = context_of(request)
    ids = parameters.query(request).ids("id")[: limits.API_BATCH_IDS]
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        posts = await readable(session, reader, ids)
        body = await batches.statuses(session, context, reader, [Entry(posts[key]) for key in ids if key in posts])
    return answers.answer(body)


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


async def around(request: Request) -> Response:
    """GET /api/v1/statuses/{id}/context: what it answers, oldest first, and what answers it, branch by branch."""
    context = context_of(request)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        post = await people.post(session, reader, answers.path_id(request))
        above = await _ancestors(session, reader, post)
        below = await _descendants(session, reader, post)
        made = await batches.statuses(session, context, reader, [Entry(one) for one in [*above, *below]])
    if reader is not None:
        await threads.want_replies(context, [post, *above[:1], *below])
    known = {one["id"]: one for one in made}
    return answers.answer({
        "ancestors": [known[str(one.id)] for one in above if str(one.id) in known],
        "descendants": [known[str(one.id)] for one in below if str(one.id) in known],
    })  # fmt: skip


async def _ancestors(session: AsyncSession, reader: Actor | None, post: Post) -> list[Post]:
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


async def _descendants(session: AsyncSession, reader: Actor | None, post: Post) -> list[Post]:
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


async def history(request: Request) -> Response:
    """GET /api/v1/statuses/{id}/history: every version that was out, oldest first; of a post never edited, the one."""
    context = context_of(request)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        post = await people.post(session, reader, answers.path_id(request))
        current = await batches.status(session, context, reader, post)
        versions = await edit.history(session, post.id) if post.local else []
        pictures = await documents.attachments_of(session, post.id)
    look = batches.look_of(context, reader)
    body = [status_entities.version(look, current, one, pictures) for one in versions]
    return answers.answer(body or [status_entities.only_version(current)])


async def no_card(request: Request) -> Response:
    """GET /api/v1/statuses/{id}/card: this server looks at no links, so there is none."""
    async with context_of(request).database.read() as session:
        reader = await people.reader_of(session, request)
        await people.post(session, reader, answers.path_id(request))
    return answers.answer({})


async def favourited_by(request: Request) -> Response:
    """GET /api/v1/statuses/{id}/favourited_by"""
    return await _reacted(request, ReactionKind.LIKE)


async def reblogged_by(request: Request) -> Response:
    """GET /api/v1/statuses/{id}/reblogged_by"""
    return await _reacted(request, ReactionKind.BOOST)


async def _reacted(request: Request, kind: ReactionKind) -> Response:
    context, at = context_of(request), answers.cursor(request, 40, 80)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        post = await people.post(session, reader, answers.path_id(request))
        query = select(Reaction.id, Reaction.actor_id).where(Reaction.post_id == post.id, Reaction.kind == kind)
        rows = await fetch(session, query, col(Reaction.id), at)
        body = await listed(session, context, reader, [actor_id for _, actor_id in rows])
    return answers.page(request, body, [key for key, _ in rows], at)


async def listed(session: AsyncSession, context: Context, reader: Actor | None, ids: Sequence[int]) -> list[Json]:
    """Account for each id, in order; the gone, and those with a block between them and the reader, are left out."""
    barred = await batches.barred(session, reader)
    return await named(session, context, reader, [key for key in ids if key not in barred])


async def named(session: AsyncSession, context: Context, reader: Actor | None, ids: Sequence[int]) -> list[Json]:
    """Account for each id, in order, whatever blocks there are; the gone are left out."""
    actors = await queries.by_ids(session, ids)
    living = [actor for actor in actors.values() if policy.living(actor)]
    made = await batches.accounts(session, context, batches.look_of(context, reader), living)
    return [made[key] for key in ids if key in made]


ROUTES = [
    ApiDoor("/api/v1/statuses", several, needs="anyone"),
    ApiDoor("/api/v1/statuses/{id}", show, needs="anyone"),
    ApiDoor("/api/v1/statuses/{id}/context", around, needs="anyone"),
    ApiDoor("/api/v1/statuses/{id}/history", history, needs="anyone"),
    ApiDoor("/api/v1/statuses/{id}/card", no_card, needs="anyone"),
    ApiDoor("/api/v1/statuses/{id}/favourited_by", favourited_by, needs="anyone"),
    ApiDoor("/api/v1/statuses/{id}/reblogged_by", reblogged_by, needs="anyone"),
]
