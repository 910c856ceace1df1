"""A collection of a maker's own as programs read it, whether everybody sees it, and what followers hear of it."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.documents import iso
from actors.models import Actor
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.vocabulary import AS_CONTEXT, PUBLIC
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.html import paragraphs
from generation.pipeline import text_digest
from outbox import activities
from outbox.models import Activity, Post, PostState
from outbox.send import record, send
from outbox.shelves import OwnCollection
from outbox.visibility import OPEN

Json = dict[str, Any]


def uri_of(actor: Actor, row: OwnCollection) -> str:
    return f"{actor.uri}/collections/{row.id}"


def written(name: str, about: str) -> str:
    """Its words as the gate judges them."""
    return f"{name}\n{about}" if about else name


def is_public(row: OwnCollection) -> bool:
    """Does everybody see it: opened by its maker, its words allowed as they are now, and not closed by a moderator?"""
    judged = (row.verdict or {}).get("digests", ())
    return row.public_ms is not None and row.closed_ms is None and text_digest(written(row.name, row.about)) in judged


def described(actor: Actor, row: OwnCollection) -> Json:
    """The collection without its items."""
    uri = uri_of(actor, row)
    return {
        "id": uri,
        "type": "OrderedCollection",
        "attributedTo": actor.uri,
        "name": row.name,
        **({"summary": paragraphs(row.about)} if row.about else {}),
        "published": iso(row.created_ms),
        "totalItems": row.total,
        "first": f"{uri}?page=true",
    }


def for_everybody(actor: Actor, row: OwnCollection) -> Json:
    """The same for others: who may not see every post in it must not learn how many there are."""
    body = {name: value for name, value in described(actor, row).items() if name != "totalItems"}
    return body | {"url": f"{actor.page_url}/collections/{row.id}", "to": PUBLIC}


async def told(
    session: AsyncSession,
    actor: Actor,
    kind: str,
    about: Json | str,
    target: str | None = None,
    *,
    public: bool = False,
    uri: str | None = None,
) -> Json:
    """The activity: to everybody and delivered to the followers, or recorded for the owner's outbox alone."""
    context = context_of(session)
    body: Json = {"@context": AS_CONTEXT, "id": uri or activities.new_uri(context), "type": kind, "actor": actor.uri}
    body |= {"object": about, "to": [PUBLIC] if public else [], "published": iso(context.clock.now_ms())}
    if target is not None:
        body["target"] = target
    named = document.id_of(about)
    if not public:
        await record(session, actor, body, object_uri=named)
        return body
    body["cc"] = [actor.followers_uri or f"{actor.uri}/followers"]
    await session.flush()
    await send(session, actor, body, await queries.follower_inboxes(session, actor.id), object_uri=named)
    return body


async def opened(session: AsyncSession, row: OwnCollection, *, anew: bool, uri: str | None = None) -> None:
    """It is for everybody: from now on, or (`anew`) with other words or in another order than before."""
    maker = await session.get_one(Actor, row.actor_id)
    if anew:
        await told(session, maker, "Update", for_everybody(maker, row), public=True, uri=uri)
    else:
        await told(session, maker, "Add", for_everybody(maker, row), _list_of(maker), public=True)


async def closed(session: AsyncSession, row: OwnCollection) -> None:
    """It was for everybody, and is no more. It may come again, so it is taken from the list and not deleted."""
    maker = await session.get_one(Actor, row.actor_id)
    await told(session, maker, "Remove", uri_of(maker, row), _list_of(maker), public=True)


def _list_of(maker: Actor) -> str:
    return f"{maker.uri}/collections"


async def shows(session: AsyncSession, row: OwnCollection, uri: str) -> bool:
    """Does everybody see this thing in it: an open post of its maker's in a collection for everybody?"""
    if not is_public(row):
        return False
    query = select(Post.id).where(Post.uri == uri, Post.author_id == row.actor_id, Post.state == PostState.PUBLISHED)
    return (await session.exec(query.where(col(Post.visibility).in_(OPEN)))).first() is not None


async def ordered(session: AsyncSession, row: OwnCollection) -> None:
    """Its maker changes the order, one step after the other: followers hear of it once in COLLECTION_TELL_SECONDS."""
    if is_public(row):
        seconds = limits.COLLECTION_TELL_SECONDS
        context = context_of(session)
        number = context.clock.now_ms() // int(seconds * 1000)
        ids = [row.id, context.ids.new()]
        await jobs.enqueue(session, tell_order, ids, delay=seconds, once=f"collection:{row.id}:{number}")


@jobs.job(queue="out")
async def tell_order(context: Context, ids: list[int | str]) -> None:
    """(collection, number of the activity): an Update; who wants the new order reads it."""
    number, activity = (int(one) for one in ids)
    uri = f"{context.config.public_url}/activities/{activity}"
    async with context.database.write() as session:
        row = await session.get(OwnCollection, number)
        said = (await session.exec(select(Activity.id).where(Activity.uri == uri))).first()
        if row is not None and is_public(row) and said is None:
            await opened(session, row, anew=True, uri=uri)
