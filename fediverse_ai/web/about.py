"""About this server, the icon, and what robots are asked."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from fediverse_ai.activitypub import vocabulary
from fediverse_ai.activitypub.vocabulary import OUR_MEANINGS
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web.rendering import context_of, page
from fediverse_ai.web.static_files import static_url

# Only a request, as everybody knows; crawlers that gather training material are named because some do listen.
_TRAINING_CRAWLERS = (
    "GPTBot",
    "ClaudeBot",
    "Google-Extended",
    "Applebot-Extended",
    "anthropic-ai",
    "cohere-ai",
    "Diffbot",
    "FacebookBot",
    "img2dataset",
    "Omgilibot",
    "PanguBot",
    "AI2Bot",
    "Timpibot",
    "webzio-extended",
    "CCBot",
    "Bytespider",
    "meta-externalagent",
    "Amazonbot",
)
# The published label vocabulary: every form of the AI label that leaves this server.
LABELS = (
    ("#AIGenerated", marked("A hashtag in the visible line of every post with a picture made by AI, and in its tags.")),
    ("genAI", marked("true on the Note; PieFed reads it.")),
    ("digitalSourceType", marked("On each picture, a term of the IPTC: what kind of process made it.")),
    ("…/algorithmicMedia", marked("Composed by a program that follows written rules; no trained model drew it.")),
    (
        "…/trainedAlgorithmicMedia",
        marked("Made by a model that was trained on pictures, or declared so by its author."),
    ),
    ("Iptc4xmpExt:DigitalSourceType", marked("The same term inside the file (XMP), which travels with it.")),
)
_PRIVATE_PATHS = ("/make", "/bring", "/sign-in", "/sign-out")


async def about(request: Request) -> Response:
    """GET /about"""
    return page(request, "about.html", hashtags=context_of(request).config.labels.hashtags)


async def namespace(request: Request) -> Response:
    """GET /ns for people: what the terms of our JSON-LD context mean."""
    base = vocabulary.our_ns(context_of(request).config.public_url)
    terms = [(term, base + term, _(OUR_MEANINGS[term])) for term in vocabulary.OUR_TERMS]
    return page(request, "namespace.html", terms=terms, labels=[(name, _(meaning)) for name, meaning in LABELS])


async def robots(request: Request) -> Response:
    """GET /robots.txt"""
    lines = [f"User-agent: {name}" for name in _TRAINING_CRAWLERS] + ["Disallow: /", ""]
    lines += ["User-agent: *", "Content-Signal: ai-train=no", *(f"Disallow: {path}" for path in _PRIVATE_PATHS), ""]
    lines += [f"Sitemap: {context_of(request).config.public_url}/sitemap.xml", ""]
    return PlainTextResponse("\n".join(lines), headers={"Cache-Control": "public, max-age=3600"})


async def favicon(request: Request) -> Response:
    """GET /favicon.ico, for those who ask without reading the page."""
    return RedirectResponse(static_url("icon.svg"), 302, {"Cache-Control": "public, max-age=3600"})
