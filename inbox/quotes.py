"""Quotes that arrive: which post they quote, in every peer's spelling, and whether its author agreed (FEP-044f)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor
from actors.remote import RemoteActors
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.negotiation import is_activity_type
from fediverse_ai.core import jobs, limits, urls
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden, Malformed, Nonsense, Unreachable, Vanished
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import get
from outbox import quote
from outbox.models import Post, PostState, QuoteState
from outbox.queries import by_uri

log = get(__name__)

# FEP-044f, Misskey, Fedibird and Pleroma, and an older spelling of Fedibird; the first that is there counts.
SPELLINGS = ("quote", "_misskey_quote", "quoteUrl", "quoteUri")
QUOTE_RELATIONS = frozenset({"https://misskey-hub.net/ns#_misskey_quote", "https://w3id.org/fep/044f#quote"})


def quote_of(body: dict[str, Any]) -> str | None:
    """The id of the quoted post, else of the first object link (FEP-e232) that says it is a quote; None for none."""
    found = [document.id_of(body.get(name)) for name in SPELLINGS]
    for tag in document.objects(body, "tag"):
        relations = {relation for relation in document.as_list(tag.get("rel"), 10) if isinstance(relation, str)}
        linked = document.type_of(tag) == "Link" and is_activity_type(document.string(tag, "mediaType", 200) or "")
        if linked and relations & QUOTE_RELATIONS:
            found.append(document.id_of(tag.get("href")))
    for uri in found:
        if uri is not None:
            try:
                return urls.check_id(uri)
            except Malformed:
                return None
    return None


def read(post: Post, body: dict[str, Any]) -> None:
    """The columns of a remote Note's quote. A quote or a stamp that changed is to be checked anew."""
    uri = quote_of(body)
    stamp = document.id_of(body.get("quoteAuthorization")) if uri is not None else None
    if (uri, stamp) == (post.quote_uri, post.quote_stamp_uri):
        return
    post.quote_uri, post.quote_stamp_uri, post.quote_owner_uri = uri, stamp, None
    post.quote_state = QuoteState.PENDING if uri is not None else None


async def stamped_later(session: AsyncSession, post: Post, body: dict[str, Any]) -> bool:
    """Take a new stamp for the quote that we know; False when there is none."""
    stamp = document.id_of(body.get("quoteAuthorization"))
    if stamp is None or stamp == post.quote_stamp_uri or quote_of(body) != post.quote_uri:
        return False
    read(post, body)
    session.add(post)
    await want_check(session, post)
    return True


async def want_check(session: AsyncSession, post: Post) -> None:
    """Have a quote checked that is not yet; nothing happens for a post without one."""
    if post.quote_uri is not None and post.quote_state == QuoteState.PENDING:
        await jobs.enqueue(session, check, [post.id])


@jobs.job(queue="in")
async def check(context: Context, ids: list[int | str]) -> None:
    """Ask whether the quoted author agreed, and write it down; homes that do not answer are asked again."""
    async with context.database.read() as session:
        post = await session.get(Post, int(ids[0]))
        author = await queries.by_id(session, post.author_id) if post is not None else None
    if post is None or author is None or post.quote_uri is None or post.quote_state != QuoteState.PENDING:
        return
    budget = Budget(fetches=limits.FETCH_PER_ACTIVITY, seconds=limits.FETCH_ACTIVITY_SECONDS, clock=context.clock)
    try:
        owner, state = await _verdict(context, post, author, budget)
    except (Vanished, Nonsense, Malformed, Forbidden) as error:
        log.info("quote_without_consent", post=post.uri, quoted=post.quote_uri, detail=error.detail)
        owner, state = None, QuoteState.REJECTED
    async with context.database.write() as session:
        fresh = await session.get(Post, post.id, with_for_update=True)
        same = fresh is not None and (fresh.quote_uri, fresh.quote_stamp_uri) == (post.quote_uri, post.quote_stamp_uri)
        if fresh is not None and same and fresh.quote_state == QuoteState.PENDING:
            fresh.quote_checked_ms = context.clock.now_ms()
            await quote.settle(session, fresh, state, owner)


async def _verdict(context: Context, post: Post, author: Actor, budget: Budget) -> tuple[str | None, QuoteState]:
    """(the quoted author, whether they agree): by our own rows for a post of ours, else by their stamp."""
    assert post.quote_uri is not None
    async with context.database.read() as session:
        quoted = await by_uri(session, post.quote_uri)
        owner = await queries.by_id(session, quoted.author_id) if quoted is not None else None
        if quoted is not None and quoted.local:
            return owner.uri if owner else None, await _ours(session, quoted, post, author)
    if owner is not None:
        owner_uri: str | None = owner.uri
    else:
        owner_uri = (await context.part(RemoteActors).fetcher.document(post.quote_uri, budget=budget)).owner
    if owner_uri is not None and owner_uri == author.uri:
        return owner_uri, QuoteState.ACCEPTED
    if owner_uri is None or post.quote_stamp_uri is None:
        return owner_uri, QuoteState.REJECTED
    agreed = await _is_stamped(context, post, owner_uri, budget)
    return owner_uri, QuoteState.ACCEPTED if agreed else QuoteState.REJECTED


async def _ours(session: AsyncSession, quoted: Post, post: Post, author: Actor) -> QuoteState:
    """Our author's word: a stamp given or taken back, else the policy of the post (servers without FEP-044f)."""
    stamp = await quote.stamp_of(session, quoted, author, post.uri)
    if stamp is not None:
        return QuoteState.ACCEPTED if stamp.revoked_ms is None else QuoteState.REVOKED
    agreed = quoted.state == PostState.PUBLISHED and await quote.may_quote(session, author, quoted)
    return QuoteState.ACCEPTED if agreed else QuoteState.REJECTED


async def _is_stamped(context: Context, post: Post, owner_uri: str, budget: Budget) -> bool:
    """Does the stamp, read from its own id, name this quote, this quoted post and its author (AUT-27)?"""
    assert post.quote_stamp_uri is not None
    if not urls.same_origin(post.quote_stamp_uri, owner_uri):
        return False
    stamp = await context.part(RemoteActors).fetcher.document(post.quote_stamp_uri, budget=budget)
    return (
        stamp.type == "QuoteAuthorization"
        and stamp.id == post.quote_stamp_uri
        and stamp.owner == owner_uri
        and document.id_of(stamp.document.get("interactingObject")) == post.uri
        and document.id_of(stamp.document.get("interactionTarget")) == post.quote_uri
    )


async def recheck(context: Context) -> None:
    """Clockwork: read stamps of others again that were last read a day ago; who took one back need not have told us.

    Gone (404, 410) and for something else are words of its author; any other answer says nothing, and is asked for
    again a day later. A home that does not answer is asked once a run.
    """
    silent: set[str] = set()
    for post in await _due(context):
        assert post.quote_stamp_uri is not None
        home = urls.origin(post.quote_stamp_uri)
        if home not in silent and not await _recheck(context, post):
            silent.add(home)


async def _due(context: Context) -> list[Post]:
    before = context.clock.now_ms() - int(limits.QUOTE_RECHECK_SECONDS * 1000)
    query = select(Post).where(
        Post.quote_state == QuoteState.ACCEPTED,
        Post.state == PostState.PUBLISHED,
        col(Post.quote_stamp_uri).is_not(None),
        col(Post.quote_owner_uri).is_not(None),
        ~col(Post.quote_stamp_uri).startswith(f"{context.config.public_url}/", autoescape=True),
        or_(col(Post.quote_checked_ms).is_(None), col(Post.quote_checked_ms) < before),
    )
    async with context.database.read() as session:
        return list(await session.exec(query.order_by(col(Post.quote_checked_ms)).limit(limits.QUOTE_RECHECKS)))


async def _recheck(context: Context, post: Post) -> bool:
    """Whether the stamp's home answered."""
    budget = Budget(fetches=limits.KEY_FETCHES, seconds=limits.FETCH_DOCUMENT_SECONDS, clock=context.clock)
    assert post.quote_owner_uri is not None
    holds = answered = True
    try:
        holds = await _is_stamped(context, post, post.quote_owner_uri, budget)
    except Vanished:
        holds = False
    except Unreachable:
        answered = False
    except (Nonsense, Malformed, Forbidden) as error:
        log.info("stamp_not_readable", stamp=post.quote_stamp_uri, detail=error.detail)
    async with context.database.write() as session:
        fresh = await session.get(Post, post.id, with_for_update=True)
        if fresh is None or (fresh.quote_stamp_uri, fresh.quote_state) != (post.quote_stamp_uri, post.quote_state):
            return answered
        fresh.quote_checked_ms = context.clock.now_ms()
        session.add(fresh)
        if not holds:
            log.info("stamp_taken_back", stamp=post.quote_stamp_uri, post=post.uri)
            await quote.settle(session, fresh, QuoteState.REVOKED)
    return answered
