"""Others' custom emoji: what a text or a name means by `:blobcat:`, kept by server and name."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.activitypub import document
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import context_of
from fediverse_ai.core.database import big_id
from fediverse_ai.core.rows import Row

# FEP-9098; Misskey and Pleroma allow a few signs more, which Mastodon does not show either.
NAME = re.compile(r"[A-Za-z0-9_]{2,60}")


class Emoji(Row, table=True):
    """Another server's custom emoji as it was last seen in a text or a name; shown through the proxy by its id."""

    __tablename__ = "emoji"
    __table_args__ = (UniqueConstraint("host", "name"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    host: str
    name: str
    """Without the colons."""
    url: str
    seen_ms: int = Field(sa_type=BigInteger)


def read(body: dict[str, Any]) -> dict[str, str]:
    """name -> address of the picture, from the Emoji among an object's tags; at most EMOJIS of them."""
    found: dict[str, str] = {}
    for tag in document.objects(body, "tag"):
        if document.type_of(tag) != "Emoji":
            continue
        name = (document.string(tag, "name", limits.NAME_CHARS) or "").strip(":")
        url = document.link_of(tag.get("icon"), media_type="image/")
        if NAME.fullmatch(name) and url is not None and len(found) < limits.EMOJIS:
            found.setdefault(name, url)
    return found


async def keep(session: AsyncSession, owner_uri: str, found: dict[str, str]) -> dict[str, int]:
    """Rows for the emoji of an object of this owner: name -> id. A name means one emoji at one server."""
    if not found:
        return {}
    context = context_of(session)
    host, now = urls.host_of(owner_uri), context.clock.now_ms()
    query = select(Emoji).where(Emoji.host == host, col(Emoji.name).in_(found))
    rows = {row.name: row for row in await session.exec(query)}
    for name, url in found.items():
        row = rows.setdefault(name, Emoji(id=context.ids.new(), host=host, name=name, url=url, seen_ms=now))
        row.url, row.seen_ms = url, now
        session.add(row)
    await session.flush()
    return {name: row.id for name, row in rows.items()}
