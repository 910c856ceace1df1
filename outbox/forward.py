"""Carry replies on: what answers a post of ours and is for its followers too goes to them (ActivityPub §7.1.2)."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.authority import Admitted
from fediverse_ai.activitypub.vocabulary import PUBLIC
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import context_of
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.log import get
from outbox import send
from outbox.models import Activity, Delivery, Post, PostState
from outbox.queries import by_uri

log = get(__name__)

CARRIED = frozenset({"Create", "Update", "Delete"})
# A whole document signed by its author, in the activity itself: FEP-8b32, or linked-data signatures.
_SIGNATURES = ("proof", "signature")


async def pass_on(session: AsyncSession, activity: Admitted, body: bytes, sender: Actor) -> bool:
    """Queue an activity that was just handled, in the bytes that came, for our author's followers; whether it was.

    A Create goes when it answers a post of ours, names that author's followers among its audience, and can be believed
    by who gets it from us: signed as a document, or public, so that its home can be asked. Its Update and Delete go
    where it went. Never to the server that it is from, from a limited one not at all, and so many an hour and server.
    A reply has one parent, whose author's server alone carries it: no two servers carry to each other.
    """
    if activity.type not in CARRIED or sender.local or sender.severity is not None:
        return False
    object_uri = document.id_of(activity.document.get("object"))
    if object_uri is None:
        return False
    if activity.type == "Create":
        author, inboxes = await _audience(session, activity.document, object_uri)
    else:
        author, inboxes = await _went_to(session, object_uri)
    away = {inbox for inbox in inboxes if not _is_theirs(inbox, sender)}
    if author is None or not away or await _is_known(session, activity.id):
        return False
    rate = limits.CARRIED_PER_HOST
    if context_of(session).part(RateLimiter).wait(f"carry:{urls.origin(sender.uri)}", rate) > 0:
        log.info("not_carried_on", activity=activity.id, detail="too many from this server")
        return False
    await send.carry(session, author, activity, body, object_uri, away)
    return True


async def _is_known(session: AsyncSession, uri: str) -> bool:
    return (await session.exec(select(Activity.id).where(Activity.uri == uri))).first() is not None


async def _audience(session: AsyncSession, body: dict[str, Any], note_uri: str) -> tuple[Actor | None, set[str]]:
    """(our author whom the reply answers, their followers' inboxes), or nobody where it is not to be carried."""
    post = await by_uri(session, note_uri)
    parent = await session.get(Post, post.in_reply_to_id) if post is not None and post.in_reply_to_id else None
    if post is None or post.state != PostState.PUBLISHED or parent is None or not parent.local:
        return None, set()
    author = await queries.by_id(session, parent.author_id)
    addressed = {*post.to, *post.cc, *document.audience(body, "to"), *document.audience(body, "cc")}
    believable = PUBLIC in (*post.to, *post.cc) or any(isinstance(body.get(name), dict) for name in _SIGNATURES)
    if author is None or author.followers_uri not in addressed or not believable:
        return None, set()
    return author, await queries.follower_inboxes(session, author.id)


async def _went_to(session: AsyncSession, note_uri: str) -> tuple[Actor | None, set[str]]:
    """(who carried the Create of this note on, where it went)"""
    origin = context_of(session).config.public_url
    query = select(Activity).where(Activity.object_uri == note_uri, Activity.type == "Create")
    carried = (await session.exec(query)).first()
    if carried is None or urls.same_origin(carried.uri, origin):
        return None, set()
    inboxes = select(Delivery.inbox_url).where(col(Delivery.activity_id) == carried.id, Delivery.state != "withheld")
    return await queries.by_id(session, carried.actor_id), set(await session.exec(inboxes))


def _is_theirs(inbox: str, sender: Actor) -> bool:
    return urls.same_origin(inbox, sender.uri) or urls.same_origin(inbox, sender.inbox_url)
