"""GET /docs: the documents as plain pages with a table of contents; and the pictures in them."""

from __future__ import annotations

import asyncio
import re

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.access import Door
from fediverse_ai.core.errors import Missing
from fediverse_ai.web.handbook import markdown, shelf
from fediverse_ai.web.rendering import page

_PICTURE = re.compile(r"[a-z0-9_-]+\.webp")


async def show(request: Request) -> Response:
    """GET /docs and every page below it."""
    before, entry, after = shelf.find(request.url.path)
    # A long reference takes a tenth of a second, the first time.
    text = await asyncio.to_thread(markdown.render, entry.file)
    return page(
        request, "handbook/page.html", entry=entry, text=text, groups=shelf.groups(), before=before, after=after
    )


async def picture(request: Request) -> Response:
    """GET /docs/screens/{name}: a picture of a page, as it was."""
    name = request.path_params["name"]
    path = shelf.root() / "docs" / "screens" / name
    if not _PICTURE.fullmatch(name) or not await asyncio.to_thread(path.is_file):
        raise Missing("There is no such picture.")
    headers = {
        "Cache-Control": "public, max-age=86400",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(await asyncio.to_thread(path.read_bytes), media_type="image/webp", headers=headers)


ROUTES = [
    Door(shelf.ADDRESS, show, needs="anyone", methods=["GET"]),
    Door(shelf.ADDRESS + "/screens/{name}", picture, needs="anyone", methods=["GET"]),
    Door(shelf.ADDRESS + "/{kind}/{name}", show, needs="anyone", methods=["GET"]),
]
