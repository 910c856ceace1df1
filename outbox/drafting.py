"""From an ActivityPub object of a client to a Draft: words, pictures by their ids, and what a generator is asked."""

from __future__ import annotations

import html as stdlib_html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.document import Document
from fediverse_ai.core import html, limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Missing, Unprocessable
from outbox import uploads
from outbox.belongings import Upload
from outbox.compose import Draft
from outbox.models import Origin
from outbox.queries import by_uri
from outbox.wish import QUOTES, Addressing, Wish

NOT_THERE = "There is no such post."
_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
# IPTC's terms for pictures that a program made, whole or in part; what they say goes into the AI label.
_AI_TERMS = frozenset({"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicMedia"})
# What asks for a picture to be made (docs/reference/c2s.md): our own terms, and the sizes of ActivityStreams.
_ORDER = frozenset({"prompt", "negativePrompt", "seed", "model", "backend", "style", "steps", "guidance", "count"})


@dataclass(frozen=True, slots=True)
class Written:
    """What an author wrote in an object; None where the object does not say."""

    text: str | None
    summary: str | None
    sensitive: bool | None
    language: str | None


def written(obj: Document) -> Written:
    """Text, content warning and language of an object; null counts as empty. Raises Unprocessable for a title."""
    name = document.text(obj, "name", limits.CONTENT_CHARS)
    if document.type_of(obj) == "Note" and name:
        raise Unprocessable("Posts have no title here: leave `name` away, or write it into `content`.")
    given = any(key in obj for key in ("content", "contentMap", "source"))
    said = any(key in obj for key in ("summary", "summaryMap"))
    return Written(
        text=_text(obj) if given else None,
        summary=plain(document.text(obj, "summary", limits.CONTENT_CHARS) or "") if said else None,
        sensitive=_flag(obj, "sensitive"),
        language=document.language(obj),
    )


def _text(obj: Document) -> str:
    """The plain source where there is one, else the HTML read back as plain text."""
    source = obj.get("source")
    if isinstance(source, dict) and source.get("mediaType") == "text/plain":
        typed = document.string(source, "content", limits.CONTENT_CHARS)
        if typed is not None:
            return typed
    value = obj.get("content")
    if isinstance(value, list):
        # `ap update note ID some words` sends the words as an array.
        words = [word for word in value if isinstance(word, str)]
        return plain(" ".join(words)[: limits.CONTENT_CHARS])
    handles = {
        href: (document.string(tag, "name", limits.NAME_CHARS) or "")
        for tag in document.objects(obj, "tag")
        if document.type_of(tag) == "Mention" and (href := document.link_of(tag.get("href")))
    }
    return plain(document.html(obj) or "", handles)


def plain(markup: str, handles: Mapping[str, str] | None = None) -> str:
    """HTML as an author would type it: mentions as `handles` by their links, links as addresses."""
    known = handles or {}

    def typed(match: re.Match[str]) -> str:
        href, inner = stdlib_html.unescape(match[1]), html.text_of(match[2])
        if known.get(href, "").startswith("@"):
            return stdlib_html.escape(known[href])
        if inner.startswith(("#", "@")) or inner == href:
            return stdlib_html.escape(inner)
        shortened = inner.removesuffix("…").removeprefix("https://").removeprefix("http://")
        kept = href if shortened and shortened in href else f"{inner} ({href})" if inner else href
        return stdlib_html.escape(kept)

    return html.text_of(_LINK.sub(typed, html.clean(markup)))


def _flag(obj: Document, key: str) -> bool | None:
    value = obj.get(key)
    if value is None:
        return False if key in obj else None
    if not isinstance(value, bool):
        raise Unprocessable(f"`{key}` is true or false.")
    return value


async def draft(session: AsyncSession, actor: Actor, wish: Wish, to: Addressing) -> Draft:
    """The Draft of a Create. Raises Unprocessable for what we would have to change, Missing for posts it names."""
    obj = wish.object
    words = written(obj)
    pictures, origin = await _pictures(session, actor, obj)
    order = _order(obj) if not _ORDER.isdisjoint(obj) else {}
    if order and pictures:
        raise Unprocessable("Either ask for a picture by its `prompt`, or attach pictures that you brought.")
    title = (document.alt_text(obj, limits.CONTENT_CHARS) or "") if document.type_of(obj) == "Image" else ""
    summary = words.summary if document.type_of(obj) != "Image" else None
    return Draft(
        text=words.text or "",
        alt_text=plain(title),
        summary=summary or None,
        sensitive=bool(words.sensitive),
        visibility=to.visibility.value,
        in_reply_to_id=await _post_id(session, obj.get("inReplyTo")),
        quote_id=await _post_id(session, next((obj[name] for name in QUOTES if obj.get(name)), None)),
        language=words.language or "en",
        client_key=wish.key,
        media_ids=tuple(upload.id for upload in pictures),
        origin_of_uploads=origin,
        accept_alt_draft=obj.get("acceptAltDraft") is True,
        **order,
    )


async def _post_id(session: AsyncSession, value: Any) -> int | None:
    """The row of a post that the object names. Whether the author may see it is decided by `compose`."""
    uri = document.id_of(value)
    if uri is None:
        if value:
            raise Unprocessable("Name one post by its id.")
        return None
    post = await by_uri(session, uri)
    if post is None:
        raise Missing(NOT_THERE)
    return post.id


async def _pictures(session: AsyncSession, actor: Actor, obj: Document) -> tuple[list[Upload], str]:
    """The uploads that an object attaches, or is, with the descriptions it gives them; and what they are said to be."""
    values = document.as_list(obj.get("attachment"))
    if document.type_of(obj) == "Image" and not values and (obj.get("url") or _number_in(document.id_of(obj), actor)):
        values = [obj]
    found = []
    for value in values:
        upload = await _upload(session, actor, value)
        alt = document.alt_text(value, limits.CONTENT_CHARS) if isinstance(value, dict) else None
        if alt is not None and upload.post_id is None:
            upload = await uploads.describe(session, actor, upload.id, description=plain(alt))
        found.append(upload)
    holders = [obj, *(value for value in values if isinstance(value, dict))]
    return found, _declared(holders)


def _declared(holders: list[Document]) -> Origin:
    """Made with AI, unless the client says `genAI: false` or a digitalSourceType that is not AI's."""
    said = [holder["genAI"] for holder in holders if isinstance(holder.get("genAI"), bool)]
    terms = [term for holder in holders if (term := document.string(holder, "digitalSourceType", limits.URL_LENGTH))]
    if True in said or any(term.rpartition("/")[2] in _AI_TERMS for term in terms):
        return Origin.DECLARED_AI
    return Origin.DECLARED_NOT_AI if said or terms else Origin.DECLARED_AI


async def _upload(session: AsyncSession, actor: Actor, value: Any) -> Upload:
    """By the id that uploadMedia gave, or by the file's address."""
    number = _number_in(document.id_of(value), actor)
    if number is not None:
        try:
            return await uploads.mine(session, actor, number)
        except Missing:
            raise Unprocessable("One of the pictures is not there (any more).") from None
    url = document.link_of(value.get("url")) if isinstance(value, dict) else document.link_of(value)
    name = _file_in(url, context_of(session).storage.url("")) if url else None
    upload = await uploads.by_file(session, name) if name else None
    if upload is None or upload.actor_id != actor.id:
        raise Unprocessable("Send pictures to `endpoints.uploadMedia` first, and attach what it answers.")
    return upload


def upload_uri(actor: Actor, upload: Upload) -> str:
    """The id of an upload as an object."""
    return f"{actor.uri}/uploads/{upload.id}"


def _number_in(uri: str | None, actor: Actor) -> int | None:
    number = uri.removeprefix(f"{actor.uri}/uploads/") if uri else ""
    plain = number.isascii() and number.isdigit() and len(number) < 20 and int(number) < 2**63
    return int(number) if plain else None


def _file_in(url: str, base: str) -> str | None:
    return url.removeprefix(base) if url.startswith(base) else None


def _order(obj: Document) -> dict[str, Any]:
    """What is asked of the generator, as fields of a Draft. Raises Unprocessable for numbers that are none."""
    prompt = document.string(obj, "prompt", limits.CONTENT_CHARS)
    if prompt is None:
        raise Unprocessable("Say in `prompt` what the picture should show.")
    whole = {
        "seed": ("seed", 0, limits.SEED_LIMIT - 1),
        "width": ("width", 1, limits.PICTURE_SIDE_MAX_PIXELS),
        "height": ("height", 1, limits.PICTURE_SIDE_MAX_PIXELS),
        "steps": ("steps", 1, limits.STEPS_MAX),
        "count": ("count", 1, limits.POST_IMAGES),
    }
    order: dict[str, Any] = {"prompt": prompt}
    for name, (key, least, most) in whole.items():
        if obj.get(key) is not None:
            order[name] = _whole(obj, key, least, most)
    if obj.get("guidance") is not None:
        value = obj["guidance"]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unprocessable("`guidance` is a number.")
        order["guidance"] = float(value)
    words = (("negative_prompt", "negativePrompt"), ("generator", "backend"), ("model", "model"), ("style", "style"))
    for name, key in words:
        if (word := document.string(obj, key, limits.PROMPT_CHARS + 1)) is not None:
            order[name] = word
    return order


def _whole(obj: Document, key: str, least: int, most: int) -> int:
    value = document.integer(obj, key, least, most)
    if value is None:
        raise Unprocessable(f"`{key}` is a whole number from {least} to {most}.")
    return value
