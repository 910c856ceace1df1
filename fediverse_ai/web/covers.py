"""Collections of a maker as covers, each with the first of its pictures; and where they lie."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request

from actors.models import Actor
from fediverse_ai.web.cards import for_reader
from fediverse_ai.web.rendering import context_of
from outbox import albums, collected, dial
from outbox.models import Post
from outbox.shelves import OwnCollection


def address_of(owner: Actor, row: OwnCollection) -> str:
    return f"/@{owner.username}/collections/{row.id}"


async def covers_of(
    session: AsyncSession, request: Request, owner: Actor, reader_id: int | None
) -> list[dict[str, Any]]:
    """The collections of a maker as a list of covers."""
    rows = await albums.all_of(session, owner, reader_id)
    found = await albums.covers(session, rows, reader_id)
    chosen = await dial.dial_of(session, reader_id)
    storage = context_of(request).storage
    return [
        {
            "href": address_of(owner, row),
            "name": row.name,
            "about": row.about,
            "number": found[row.id][0] if row.id in found else 0,
            "public": collected.is_public(row),
            "card": for_reader(storage, found[row.id][1], chosen, reader_id) if row.id in found else None,
        }
        for row in rows
        if row.id in found or reader_id == owner.id
    ]


async def standing_of(session: AsyncSession, owner: Actor, post: Post) -> list[dict[str, Any]]:
    """The maker's collections for the form on a post's page, with whether the post stands in them."""
    held = await albums.holding(session, owner, post)
    rows = await albums.all_of(session, owner, owner.id)
    return [
        {
            "id": row.id,
            "name": row.name,
            "href": address_of(owner, row),
            "holds": row.id in held,
            "public": row.public_ms,
        }
        for row in rows
    ]
