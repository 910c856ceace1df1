"""GET of accounts: one's own, others', by name, with their posts, followers and following."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import policy
from actors.models import Account, Actor, Follow, FollowState
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.mastodon import answers, batches, entities, parameters, people, preferences, reading
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox import pin, talk
from outbox.cursors import Cursor, fetch
from outbox.home import Entry
from outbox.models import Attachment, Post, PostState, PostTag, Reaction, ReactionKind
from outbox.queries import UNFINISHED
from outbox.visibility import seen_by


async def credentials(session: AsyncSession, context: Context, actor: Actor) -> Json:
    """CredentialAccount: the account with its profile as typed, and its role."""
    body = (await batches.accounts(session, context, batches.look_of(context, actor), [actor], fresh=True))[actor.id]
    pending = select(func.count()).where(Follow.followed_id == actor.id, Follow.state == FollowState.PENDING)
    requests = int((await session.exec(pending)).one())
    account = (await session.exec(select(Account).where(Account.actor_id == actor.id))).first()
    chosen = preferences.of(account)
    source = entities.source(actor, requests, chosen.visibility, chosen.language, sensitive=chosen.sensitive)
    return body | {"source": source, "role": entities.role(account.role if account is not None else "member")}


async def verify(request: Request) -> Response:
    """GET /api/v1/accounts/verify_credentials"""
    context = context_of(request)
    async with context.database.read() as session:
        return answers.answer(await credentials(session, context, await people.myself(session, request)))


async def show(request: Request) -> Response:
    """GET /api/v1/accounts/{id}; those who are gone are shown as such, without what they wrote of themselves."""
    context = context_of(request)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        actor = await people.account(session, answers.path_id(request), gone=True)
        made = await batches.accounts(session, context, batches.look_of(context, reader), [actor], fresh=True)
    return answers.answer(made[actor.id])


async def several(request: Request) -> Response:
    """GET /api/v1/accounts?id[]=…"""
    context = context_of(request)
    ids = parameters.query(request).ids("id")[: limits.API_BATCH_IDS]
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        return answers.answer(await reading.listed(session, context, reader, ids))


async def lookup(request: Request) -> Response:
    """GET /api/v1/accounts/lookup?acct=name or name@host: of those who are known here; nobody elsewhere is asked."""
    context, name = context_of(request), parameters.query(request).text("acct") or ""
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        actor = await people.by_name(session, context, name)
        if actor is None:
            raise Missing(answers.NOT_FOUND)
        made = await batches.accounts(session, context, batches.look_of(context, reader), [actor])
    return answers.answer(made[actor.id])


async def statuses(request: Request) -> Response:
    """GET /api/v1/accounts/{id}/statuses: only_media, exclude_replies, exclude_reblogs, pinned, tagged"""
    context, at, asked = context_of(request), answers.cursor(request), parameters.query(request)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        actor = await people.account(session, answers.path_id(request), gone=True)
        if not policy.living(actor):
            return answers.answer([])
        if asked.flag("pinned"):
            found = await _pinned(session, reader, actor)
            return answers.answer(await batches.statuses(session, context, reader, found))
        posts = await fetch(session, _posts(reader, actor, asked), col(Post.id), at)
        entries = [Entry(post) for post in posts]
        with_boosts = not (asked.flag("exclude_reblogs") or asked.flag("only_media") or asked.text("tagged"))
        if with_boosts:
            entries += await _boosts(session, reader, actor, at)
        entries = sorted(entries, key=lambda entry: entry.id, reverse=True)
        kept = entries[-at.limit :] if at.forward else entries[: at.limit]
        body = await batches.statuses(session, context, reader, kept)
    return answers.page(request, body, [entry.id for entry in kept], at)


def _posts(reader: Actor | None, actor: Actor, asked: parameters.Parameters) -> Any:
    visible = seen_by(reader.id if reader else None)
    if reader is not None and reader.id == actor.id:
        waiting = col(Post.state).in_([state for state in UNFINISHED if state not in _NOT_LISTED])
        visible = visible | (waiting & col(Post.not_before_ms).is_(None))
    query = select(Post).where(Post.author_id == actor.id, visible)
    if asked.flag("only_media"):
        query = query.where(exists(select(Attachment.id).where(Attachment.post_id == Post.id)))
    if asked.flag("exclude_replies"):
        parent = select(Post.id, Post.author_id).subquery("parent")
        own = exists(select(parent.c.id).where(parent.c.id == Post.in_reply_to_id, parent.c.author_id == actor.id))
        query = query.where(col(Post.in_reply_to_uri).is_(None) | own)
    if name := asked.text("tagged"):
        query = query.where(
            exists(select(PostTag.post_id).where(PostTag.post_id == Post.id, PostTag.name == name.lower()))
        )
    return query


_NOT_LISTED = (PostState.DRAFT, PostState.SCHEDULED)


async def _pinned(session: AsyncSession, reader: Actor | None, actor: Actor) -> list[Entry]:
    pins = await pin.pinned(session, actor.id)
    seen = await talk.readable(session, reader, [post.id for post in pins])
    return [Entry(seen[post.id]) for post in pins if post.id in seen]


async def _boosts(session: AsyncSession, reader: Actor | None, actor: Actor, at: Cursor) -> list[Entry]:
    query = (
        select(Reaction, Post)
        .join(Post, col(Post.id) == col(Reaction.post_id))
        .where(
            Reaction.actor_id == actor.id, Reaction.kind == ReactionKind.BOOST, seen_by(reader.id if reader else None)
        )
    )
    return [Entry(post, boost) for boost, post in await fetch(session, query, col(Reaction.id), at)]


async def followers(request: Request) -> Response:
    """GET /api/v1/accounts/{id}/followers; the cursors are those of the follows."""
    return await _related(request, Follow.followed_id, Follow.follower_id)


async def following(request: Request) -> Response:
    """GET /api/v1/accounts/{id}/following"""
    return await _related(request, Follow.follower_id, Follow.followed_id)


async def _related(request: Request, mine: Any, other: Any) -> Response:
    context, at = context_of(request), answers.cursor(request, 40, 80)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        actor = await people.account(session, answers.path_id(request))
        barred = await batches.barred(session, reader)
        if actor.id in barred or (actor.hides_relations and (reader is None or reader.id != actor.id)):
            return answers.answer([])
        query = select(Follow.id, other).where(mine == actor.id, Follow.state == FollowState.ACCEPTED)
        rows = await fetch(session, query, col(Follow.id), at)
        body = await reading.listed(session, context, reader, [key for _, key in rows])
    return answers.page(request, body, [key for key, _ in rows], at)


async def nothing(request: Request) -> Response:
    """GET /api/v1/accounts/{id}/identity_proofs: there are none."""
    async with context_of(request).database.read() as session:
        await people.account(session, answers.path_id(request), gone=True)
    return answers.answer([])


ROUTES = [
    ApiDoor("/api/v1/accounts/verify_credentials", verify, needs="profile"),
    ApiDoor("/api/v1/accounts/lookup", lookup, needs="anyone"),
    ApiDoor("/api/v1/accounts", several, needs="anyone"),
    ApiDoor("/api/v1/accounts/{id}/statuses", statuses, needs="anyone"),
    ApiDoor("/api/v1/accounts/{id}/followers", followers, needs="anyone"),
    ApiDoor("/api/v1/accounts/{id}/following", following, needs="anyone"),
    ApiDoor("/api/v1/accounts/{id}/identity_proofs", nothing, needs="anyone"),
    ApiDoor("/api/v1/accounts/{id}", show, needs="anyone"),
]
