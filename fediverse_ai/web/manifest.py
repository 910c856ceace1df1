"""The web app manifest: what a phone needs to keep this server among its apps, and to share pictures into it."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core import texts
from fediverse_ai.core.texts import _
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.static_files import static_url

# The wall by night, where pictures are at home (tokens.css).
_WALL = "#191516"


async def manifest(request: Request) -> Response:
    """GET /manifest.webmanifest"""
    server = context_of(request).config.server
    icons = [("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("icon-maskable.png", 512, "maskable")]
    body = {
        "id": "/",
        "name": server.name,
        "short_name": server.name[:12],
        "description": server.description,
        "lang": texts.current(),
        "dir": texts.direction(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": _WALL,
        "theme_color": _WALL,
        "icons": [
            {"src": static_url(name), "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
            for name, side, purpose in icons
        ],
        "shortcuts": [{"name": _("Make a picture"), "url": "/make"}],
        "share_target": {
            "action": "/bring/share",
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {"files": [{"name": "picture[]", "accept": ["image/*"]}]},
        },
    }
    headers = {
        "Content-Type": "application/manifest+json",
        "Cache-Control": "public, max-age=3600",
        "Vary": "Accept-Language, Cookie",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(orjson.dumps(body), headers=headers)
