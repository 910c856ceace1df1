"""send(): an activity becomes a row, a Delivery per distinct inbox, and the jobs that wake them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from actors.policy import DomainRules
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.authority import Admitted
from fediverse_ai.activitypub.vocabulary import PUBLIC
from fediverse_ai.core import jobs, limits, urls
from fediverse_ai.core.context import context_of
from outbox import addressed, delivery, lanes, preferences
from outbox.models import Activity, Delivery

_OWN = frozenset({"Create", "Update", "Delete"})


async def record(
    session: AsyncSession,
    actor: Actor,
    body: dict[str, Any],
    *,
    object_uri: str | None = None,
    listed: bool = False,
    key_uri: str | None = None,
) -> Activity:
    """Store an activity of ours as the bytes that are served and delivered; `key_uri`: signed with another key."""
    context = context_of(session)
    addressed_to = [*body.get("to", []), *body.get("cc", [])]
    activity = Activity(
        id=context.ids.new(),
        uri=body["id"],
        actor_id=actor.id,
        type=body["type"],
        object_uri=object_uri,
        body=document.dump(body),
        public=PUBLIC in addressed_to,
        listed=listed,
        key_uri=key_uri,
        created_ms=context.clock.now_ms(),
    )
    session.add(activity)
    await session.flush()
    # What names nobody of ours costs no query: a followers collection is no person, and one's own post is one's own.
    about = [object_uri] if object_uri is not None and activity.type not in _OWN else []
    named = [uri for uri in (*addressed_to, *about) if uri not in (PUBLIC, actor.uri, actor.followers_uri)]
    await addressed.note(session, activity.uri, named, but=actor.id)
    return activity


async def send(
    session: AsyncSession,
    actor: Actor,
    body: dict[str, Any],
    inboxes: Iterable[str],
    *,
    object_uri: str | None = None,
    listed: bool = False,
    soon: bool = False,
    key_uri: str | None = None,
) -> Activity:
    """Record an activity and queue it for these inboxes, in the caller's transaction (D19).

    A host that has earlier rows waiting keeps its order: what is new joins its lane (ARCHITECTURE §4). What a host does
    not want gets a row all the same, withheld with the reason, so that a trace can show it.
    """
    activity = await record(session, actor, body, object_uri=object_uri, listed=listed, key_uri=key_uri)
    await _queue(session, activity, inboxes, soon=soon)
    return activity


async def carry(
    session: AsyncSession, carrier: Actor, activity: Admitted, body: bytes, object_uri: str, inboxes: Iterable[str]
) -> None:
    """Queue somebody else's activity in the very bytes that came; our `carrier` signs the requests."""
    context = context_of(session)
    carried = Activity(
        id=context.ids.new(),
        uri=activity.id,
        actor_id=carrier.id,
        type=activity.type,
        object_uri=object_uri,
        body=body,
        created_ms=context.clock.now_ms(),
    )
    session.add(carried)
    await session.flush()
    await _queue(session, carried, inboxes)


async def _queue(session: AsyncSession, activity: Activity, inboxes: Iterable[str], *, soon: bool = False) -> None:
    context, object_uri = context_of(session), activity.object_uri
    wanted = await welcome(session, inboxes)
    if not wanted:
        return
    queued = await lanes.hosts_in_lane(session, object_uri)
    unwished = await preferences.unwished(session, activity.type, object_uri, set(wanted.values()))
    now = context.clock.now_ms()
    rows: list[dict[str, Any]] = [
        {
            "id": context.ids.new(),
            "activity_id": activity.id,
            "inbox_url": inbox,
            "host": host,
            "state": "withheld" if host in unwished else "lane" if host in queued else "pending",
            "attempts": 0,
            "refusals": 0,
            "last_error": unwished.get(host),
            "created_ms": now,
            "done_ms": now if host in unwished else None,
        }
        for inbox, host in wanted.items()
    ]
    await session.exec(insert(Delivery), params=rows)
    pending = [row["id"] for row in rows if row["state"] == "pending"]
    for start in range(0, len(pending), limits.DELIVERY_CHUNK_INBOXES):
        chunk = pending[start : start + limits.DELIVERY_CHUNK_INBOXES]
        await jobs.enqueue(session, delivery.deliver, chunk, once=f"deliver:{activity.id}:{start}", soon=soon)
    for host in (queued & set(wanted.values())) - unwished.keys():
        await delivery.wake(session, host, delay=limits.LANE_JOIN_SECONDS)


async def welcome(session: AsyncSession, inboxes: Iterable[str]) -> dict[str, str]:
    """inbox -> host, without our own and without hosts and people that the admin suspended."""
    context = context_of(session)
    rules = await context.part(DomainRules).now(session)
    found: dict[str, str] = {}
    for inbox in sorted(set(inboxes)):
        if urls.same_origin(inbox, context.config.public_url):
            continue
        host = urls.origin(inbox).partition("://")[2]
        if not rules.over(host).suspended and not rules.bars(inbox):
            found[inbox] = host
    return found


async def original(session: AsyncSession, uri: str) -> dict[str, Any] | None:
    """An activity of ours as it was sent, for embedding into an Undo."""
    body = (await session.exec(select(Activity.body).where(col(Activity.uri) == uri))).first()
    return document.parse(body) if body is not None else None
