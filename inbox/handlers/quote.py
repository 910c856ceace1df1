"""Asked for consent to a quote of ours, and answered about quotes that ours made (FEP-044f)."""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.authority import admit_embedded
from fediverse_ai.core import urls
from inbox import quotes
from inbox.incoming import Incoming, Outcome
from outbox import quote
from outbox.models import Post, PostState, QuoteState
from outbox.queries import by_uri
from outbox.send import original
from outbox.visibility import may_see


async def requested(session: AsyncSession, received: Incoming) -> Outcome:
    """Somebody wants to quote a post of ours; what they may not see is not answered, so that nothing confirms it."""
    body, sender = received.activity.document, received.sender
    instrument = body.get("instrument")
    quoting_uri = document.id_of(instrument)
    if quoting_uri is None or not urls.same_origin(quoting_uri, sender.uri):
        return Outcome.DROPPED
    post = await by_uri(session, received.object.uri) if received.object.uri else None
    if post is None or not post.local or post.state != PostState.PUBLISHED:
        return Outcome.IGNORED
    if not await may_see(session, sender, post):
        return Outcome.DROPPED
    if isinstance(instrument, dict) and len(instrument) > 1:
        admitted = admit_embedded(received.activity, instrument)
        if admitted is None or quotes.quote_of(admitted.document) not in (None, post.uri):
            return Outcome.DROPPED
    request = {
        "id": received.activity.id,
        "type": "QuoteRequest",
        "actor": sender.uri,
        "object": post.uri,
        "instrument": quoting_uri,
    }
    await quote.answer(session, post, sender, request, quoting_uri)
    return Outcome.DONE


async def accepted(session: AsyncSession, received: Incoming) -> Outcome:
    """The quoted author agreed: the stamp is kept and read from its home before it counts (AUT-27)."""
    post = await _asked_for(session, received)
    stamp = document.id_of(received.activity.document.get("result"))
    if post is None:
        return Outcome.DROPPED
    if stamp is None or not urls.same_origin(stamp, received.sender.uri):
        return Outcome.DROPPED
    if post.quote_state != QuoteState.PENDING:
        return Outcome.IGNORED
    post.quote_stamp_uri = stamp
    session.add(post)
    await quotes.want_check(session, post)
    return Outcome.DONE


async def rejected(session: AsyncSession, received: Incoming) -> Outcome:
    """The quoted author does not agree, or no longer: the post stays, without its quote."""
    post = await _asked_for(session, received)
    if post is None:
        return Outcome.DROPPED
    await quote.settle(session, post, QuoteState.REJECTED)
    return Outcome.DONE


async def _asked_for(session: AsyncSession, received: Incoming) -> Post | None:
    """Our quoting post that the sender answers about: by the request's id, and only by the quoted author (AUT-12)."""
    sent = await original(session, received.object.uri) if received.object.uri else None
    if sent is None or sent.get("type") != "QuoteRequest":
        return None
    quoting_uri, quoted_uri = document.id_of(sent.get("instrument")), document.id_of(sent.get("object"))
    post = await by_uri(session, quoting_uri) if quoting_uri else None
    quoted = await by_uri(session, quoted_uri) if quoted_uri else None
    if post is None or quoted is None or not post.local or post.state != PostState.PUBLISHED:
        return None
    return post if quoted.author_id == received.sender.id and post.quote_uri == quoted.uri else None


async def stamp_deleted(session: AsyncSession, sender: Actor, uri: str) -> bool:
    """A consent was taken back by the one who gave it; False when no quote here is built on it."""
    query = select(Post).where(Post.quote_stamp_uri == uri, Post.quote_owner_uri == sender.uri)
    posts = list(await session.exec(query))
    for post in posts:
        await quote.settle(session, post, QuoteState.REVOKED)
    return bool(posts)
