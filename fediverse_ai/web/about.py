"""About this server, the icon, and what robots are asked."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from fediverse_ai.web.rendering import context_of, page
from fediverse_ai.web.static_files import static_url

# Only a request, as everybody knows; crawlers that gather training material are named because some do listen.
_TRAINING_CRAWLERS = (
    "GPTBot",
    "ClaudeBot",
    "Google-Extended",
    "Applebot-Extended",
    "CCBot",
    "Bytespider",
    "meta-externalagent",
    "Amazonbot",
)
_PRIVATE_PATHS = ("/make", "/sign-in", "/sign-out")


async def about(request: Request) -> Response:
    """GET /about"""
    return page(request, "about.html", hashtags=context_of(request).config.labels.hashtags)


async def robots(request: Request) -> Response:
    """GET /robots.txt"""
    lines = [f"User-agent: {name}" for name in _TRAINING_CRAWLERS] + ["Disallow: /", ""]
    lines += ["User-agent: *", "Content-Signal: ai-train=no", *(f"Disallow: {path}" for path in _PRIVATE_PATHS), ""]
    return PlainTextResponse("\n".join(lines), headers={"Cache-Control": "public, max-age=3600"})


async def favicon(request: Request) -> Response:
    """GET /favicon.ico, for those who ask without reading the page."""
    return RedirectResponse(static_url("icon.svg"), 302, {"Cache-Control": "public, max-age=3600"})
