"""Collections of one's own, as their owner makes and fills them; who else may see them says outbox/albums.py."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.activitypub import document
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Malformed, Missing, Unprocessable
from fediverse_ai.core.html import text_of
from fediverse_ai.core.texts import _
from outbox import collected
from outbox.models import Visibility
from outbox.named import NOTHING, Done
from outbox.shelves import OwnCollection, OwnItem
from outbox.wish import Wish, addressing


async def of(session: AsyncSession, actor: Actor, uri: str | None) -> OwnCollection | None:
    """The collection of this id, if this actor made it."""
    number = (uri or "").removeprefix(f"{actor.uri}/collections/")
    if not (number.isascii() and number.isdigit() and len(number) < 20 and int(number) < 2**63):
        return None
    row = await session.get(OwnCollection, int(number))
    return row if row is not None and row.actor_id == actor.id else None


def _named(wish: Wish, actor: Actor) -> str:
    """The name that a client gives. What is not judged by the gate goes to nobody, so nobody may be addressed."""
    to = addressing(wish, actor)
    if to.visibility != Visibility.DIRECT or to.people or to.hidden:
        raise Unprocessable("A collection is for yourself here: address nobody.")
    return text_of(document.text(wish.object, "name", limits.NAME_CHARS) or "").strip()


async def created(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    """A new collection, empty. Raises Unprocessable beyond OWN_COLLECTIONS, and for one that brings items."""
    if any(wish.object.get(name) for name in ("items", "orderedItems", "first")):
        raise Unprocessable("Make the collection first, then add to it.")
    row = await make(session, actor, _named(wish, actor))
    return Done(await collected.told(session, actor, "Create", collected.described(actor, row)))


async def make(session: AsyncSession, actor: Actor, name: str, about: str = "") -> OwnCollection:
    """A new row, seen by its owner alone. Raises Unprocessable beyond OWN_COLLECTIONS."""
    mine = select(func.count()).where(OwnCollection.actor_id == actor.id)
    if (await session.exec(mine)).one() >= limits.OWN_COLLECTIONS:
        raise Unprocessable(_("At most %(most)d collections can be kept.") % {"most": limits.OWN_COLLECTIONS})
    context = context_of(session)
    now = context.clock.now_ms()
    row = OwnCollection(id=context.ids.new(), actor_id=actor.id, name=name, about=about, created_ms=now)
    session.add(row)
    await session.flush()
    return row


async def renamed(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    """Another name for it. Raises Missing; Unprocessable for one that everybody sees: its words are judged first."""
    row = await of(session, actor, wish.object_uri)
    if row is None:
        raise Missing("There is no such collection.")
    if row.public_ms is not None:
        raise Unprocessable(
            "Everybody sees this collection: change its words on its page, where they are checked first."
        )
    row.name = _named(wish, actor)
    session.add(row)
    return Done(await collected.told(session, actor, "Update", collected.described(actor, row)))


async def deleted(session: AsyncSession, actor: Actor, row: OwnCollection) -> Done:
    """Gone for good. Those hear of it who may have heard of the collection."""
    about = {"id": collected.uri_of(actor, row), "type": "Tombstone", "formerType": "OrderedCollection"}
    public = collected.is_public(row)
    await session.delete(row)
    return Done(await collected.told(session, actor, "Delete", about, public=public))


async def added(session: AsyncSession, actor: Actor, row: OwnCollection, uri: str | None) -> Done:
    """Any id may stand in it, once; what it names is not looked at. Raises Unprocessable beyond OWN_ITEMS."""
    if uri is None:
        raise Malformed("Say in `object` what is meant, by its id.")
    found = select(OwnItem).where(OwnItem.collection_id == row.id, OwnItem.uri == urls.check_id(uri))
    known = (await session.exec(found)).first()
    if known is None:
        if row.total >= limits.OWN_ITEMS:
            raise Unprocessable(_("At most %(most)d things can stand in a collection.") % {"most": limits.OWN_ITEMS})
        key = context_of(session).ids.new()
        session.add(OwnItem(id=key, collection_id=row.id, uri=uri, position=key))
        await _count(session, row)
    public = known is None and await collected.shows(session, row, uri)
    told = await collected.told(session, actor, "Add", uri, collected.uri_of(actor, row), public=public)
    return Done(told, new=known is None)


async def removed(session: AsyncSession, actor: Actor, row: OwnCollection, uri: str | None) -> Done:
    """Raises Missing for what is not in it."""
    mine = (col(OwnItem.collection_id) == row.id, col(OwnItem.uri) == uri)
    if uri is None or not (await session.exec(delete(OwnItem).where(*mine))).rowcount:
        raise Missing(NOTHING)
    await _count(session, row)
    public = await collected.shows(session, row, uri)
    return Done(await collected.told(session, actor, "Remove", uri, collected.uri_of(actor, row), public=public))


async def _count(session: AsyncSession, row: OwnCollection) -> None:
    await session.flush()
    row.total = (await session.exec(select(func.count()).where(OwnItem.collection_id == row.id))).one()
    session.add(row)


def items_of(row: OwnCollection) -> Any:
    """(place, id) of what stands in a collection; the largest place is the first."""
    return select(OwnItem.position, OwnItem.uri).where(OwnItem.collection_id == row.id)
