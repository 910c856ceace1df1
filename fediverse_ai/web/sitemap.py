"""The map of the site for search engines: people who let themselves be found and searched, and their public posts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.errors import Missing
from fediverse_ai.core.texts import _
from fediverse_ai.web import words
from fediverse_ai.web.channel import packed, written
from fediverse_ai.web.rendering import context_of
from outbox import findable

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_OPEN_PAGES = ("/", "/explore", "/about", "/models", "/verify", "/federation", "/transparency", "/opt-out")
_MONTH = re.compile(r"([2-9]\d{3})-(0[1-9]|1[0-2])")


async def index(request: Request) -> Response:
    """GET /sitemap.xml: one page of people and one for each month since the first post."""
    context = context_of(request)
    async with context.database.read() as session:
        first = await findable.first_ms(session)
    names = ["people", *_months(first, context.clock.now_ms())] if first is not None else ["people"]
    root = Xml.Element("sitemapindex", xmlns=_NAMESPACE)
    for name in names:
        written(Xml.SubElement(root, "sitemap"), "loc", f"{context.config.public_url}/sitemap/{name}.xml")
    return _answer(root)


async def part(request: Request) -> Response:
    """GET /sitemap/{name}.xml: `people`, or the public posts of a month such as `2026-11`. Raises Missing."""
    context = context_of(request)
    name, base = str(request.path_params["name"]), context.config.public_url
    month = _MONTH.fullmatch(name)
    if name != "people" and month is None:
        raise Missing(_("There is no such page of the map."))
    async with context.database.read() as session:
        if month is None:
            paths = [*_OPEN_PAGES, *(f"/@{name}" for name in await findable.people(session))]
            found: list[tuple[str, int | None]] = [(f"{base}{path}", None) for path in paths]
        else:
            start = datetime(int(month[1]), int(month[2]), 1, tzinfo=UTC)
            rows = await findable.posts(session, _ms(start), _ms(_next(start)))
            found = [(f"{base}/@{who}/{post_id}", changed) for who, post_id, changed in rows]
    return _answer(_urls(found))


def _urls(found: Iterable[tuple[str, int | None]]) -> Xml.Element:
    root = Xml.Element("urlset", xmlns=_NAMESPACE)
    for address, changed in found:
        url = Xml.SubElement(root, "url")
        written(url, "loc", address)
        if changed is not None:
            written(url, "lastmod", words.iso(changed))
    return root


def _answer(root: Xml.Element) -> Response:
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(packed(root), headers=headers, media_type="application/xml; charset=utf-8")


def _months(first_ms: int, now_ms: int) -> list[str]:
    """Every month from the first to now, the newest first."""
    at = datetime.fromtimestamp(first_ms / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = []
    while _ms(at) <= now_ms:
        found.append(f"{at:%Y-%m}")
        at = _next(at)
    return found[::-1]


def _next(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _ms(at: datetime) -> int:
    return int(at.timestamp()) * 1000
