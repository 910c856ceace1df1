"""Others' Notes become rows: the only place that writes them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import emoji
from actors.models import Actor
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.authority import Admitted
from fediverse_ai.activitypub.vocabulary import PUBLIC
from fediverse_ai.core import events, html, limits
from fediverse_ai.core.context import context_of
from generation.provenance import TRAINED
from inbox import articles, polls, quotes
from outbox import lineage, search
from outbox.belongings import Lineage
from outbox.models import Attachment, Origin, Post, PostState, PostTag, Visibility
from outbox.publish import count_reply
from outbox.queries import by_uri

# What every browser shows as a still or moving picture. SVG is a document with scripts, and no picture here (MED-03).
PICTURE_TYPES = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
NO_PICTURES = frozenset({".eps", ".heic", ".heif", ".pdf", ".psd", ".svg", ".svgz", ".tif", ".tiff"})

BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,164}")


async def keep(session: AsyncSession, author: Actor, admitted: Admitted, received_ms: int) -> Post:
    """The row of a remote Note, with its pictures and tags, sorted by when it was published."""
    context = context_of(session)
    body = admitted.document
    # A time in the future would sort first for ever (AUT-37).
    published = min(document.timestamp_ms(body, "published") or received_ms, received_ms)
    to, cc = document.audience(body, "to"), document.audience(body, "cc")
    parent_uri = document.id_of(body.get("inReplyTo"))
    parent = await by_uri(session, parent_uri) if parent_uri else None
    post = Post(
        id=context.ids.new(published),
        uri=admitted.id,
        local=False,
        author_id=author.id,
        state=PostState.PUBLISHED,
        visibility=visibility_of(author, to, cc),
        url=document.link_of(body.get("url"), media_type="text/html") or admitted.id,
        in_reply_to_uri=parent_uri,
        in_reply_to_id=parent.id if parent is not None else None,
        context_uri=document.id_of(body.get("context")) or document.string(body, "conversation", limits.URL_LENGTH),
        to=to,
        cc=cc,
        created_ms=received_ms,
        published_ms=published,
        updated_ms=document.timestamp_ms(body, "updated"),
    )
    write(post, body)
    post.remix_policy, post.searchable = lineage.granted_by(body, author), search.granted_by(body, author)
    session.add(post)
    await session.flush()
    await write_parts(session, post, body)
    await _adopt(session, post)
    await quotes.want_check(session, post)
    if received_ms - published <= limits.STREAM_FRESH_SECONDS * 1000:
        # What is fetched for a thread may be years old; that is no news.
        events.publish_after(session, [events.POSTS], "update", post.id)
    return post


async def _adopt(session: AsyncSession, post: Post) -> None:
    """Replies that came before this post find their parent now (order-independence)."""
    orphans = (col(Post.in_reply_to_uri) == post.uri, col(Post.in_reply_to_id).is_(None))
    # Hardly any post comes after its replies, and looking is much cheaper than changing.
    child = (await session.exec(select(Post).where(*orphans).limit(1))).first()
    if child is not None:
        await session.exec(update(Post).where(*orphans).values(in_reply_to_id=post.id))
        await count_reply(session, child)


def visibility_of(author: Actor, to: list[str], cc: list[str]) -> Visibility:
    """As Mastodon reads it; an unknown audience is the narrowest."""
    if PUBLIC in to:
        return Visibility.PUBLIC
    if PUBLIC in cc:
        return Visibility.QUIET
    if author.followers_uri and author.followers_uri in (*to, *cc):
        return Visibility.FOLLOWERS
    return Visibility.DIRECT


def write(post: Post, body: dict[str, Any]) -> None:
    if articles.is_article(body):
        post.content, summary = articles.content_of(body, post.url or post.uri), None
    else:
        post.content = html.clean(document.html(body) or "")
        summary = document.text(body, "summary", limits.NAME_CHARS, cut=True)
    post.summary = html.text_of(summary) or None if summary else None
    # Misskey marks single pictures; we cover all of them or none.
    marked = (body, *document.objects(body, "attachment"))
    post.sensitive = any(document.boolean(holder, "sensitive") is True for holder in marked)
    post.language = document.language(body)
    post.mentions = mentions_of(body)
    post.hashtags = _hashtags(body)
    post.poll = polls.poll_of(body)
    quotes.read(post, body)


def mentions_of(body: dict[str, Any]) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for tag in document.objects(body, "tag"):
        # The address of a person, which becomes a link: nothing but http(s).
        href = document.link_of(tag.get("href"))
        if document.type_of(tag) == "Mention" and href:
            handle = (document.string(tag, "name", limits.NAME_CHARS) or href).lstrip("@")
            found.setdefault(href, {"uri": href, "handle": handle, "url": href})
    return list(found.values())


def _hashtags(body: dict[str, Any]) -> list[str]:
    names = (
        (document.string(tag, "name", limits.NAME_CHARS) or "").lstrip("#")
        for tag in document.objects(body, "tag")
        if document.type_of(tag) == "Hashtag"
    )
    return list(dict.fromkeys(name for name in names if _is_hashtag(name)))[: limits.POST_TAGS]


def _is_hashtag(name: str) -> bool:
    """Letters with their marks, digits, underscore and Mastodon's separators; not digits alone (FEP-eb48)."""
    letters = all(unicodedata.category(one)[0] in "LMN" or one in "_\u00b7\u30fb\u200c" for one in name)
    return bool(name) and letters and not name.isdigit()


async def replace_parts(session: AsyncSession, post: Post, body: dict[str, Any]) -> None:
    """Pictures, tags and parents as an edit has them, instead of those before."""
    for model in (Attachment, PostTag, Lineage):
        await session.exec(delete(model).where(col(model.post_id) == post.id))
    await write_parts(session, post, body)


async def write_parts(session: AsyncSession, post: Post, body: dict[str, Any]) -> None:
    """Pictures, tags and parents of a post that has none yet."""
    context = context_of(session)
    pictures = [found for value in articles.pictures_of(body) if (found := _picture(value)) is not None]
    for position, values in enumerate(pictures[: limits.REMOTE_IMAGES]):
        if document.boolean(body, "genAI") is True and values["digital_source_type"] is None:
            # PieFed says it once, of the whole post.
            values["digital_source_type"] = TRAINED
        session.add(Attachment(id=context.ids.new(), post_id=post.id, position=position, **values))
    post.emojis = await emoji.keep(session, post.uri, emoji.read(body))
    await lineage.claim(session, post, body)
    names = {name.lower() for name in post.hashtags}
    session.add_all(PostTag(post_id=post.id, name=name) for name in sorted(names))
    await session.flush()


def _picture_type(value: dict[str, Any], url: str) -> str | None:
    """As declared by the attachment or its Link, else by the name in the URL, else JPEG if it calls itself an Image."""
    links = (link for link in document.as_list(value.get("url")) if isinstance(link, dict) and link.get("href") == url)
    declared = next((found for one in (value, *links) if (found := document.string(one, "mediaType", 100))), None)
    if declared is not None:
        media_type = declared.partition(";")[0].strip().lower()
        return media_type if media_type in PICTURE_TYPES.values() else None
    kind = document.type_of(value)
    extension = PurePosixPath(urlsplit(url).path).suffix.lower()
    if kind not in (None, "Document", "Image") or extension in NO_PICTURES:
        return None
    return PICTURE_TYPES.get(extension, "image/jpeg" if kind == "Image" else None)


def _picture(value: dict[str, Any]) -> dict[str, Any] | None:
    """The columns of an attachment, or None for what is not a picture."""
    url = document.link_of(value.get("url"), media_type="image/") or document.link_of(value.get("href"))
    media_type = _picture_type(value, url) if url is not None else None
    if media_type is None:
        return None
    blurhash = document.string(value, "blurhash", 164)
    focus = [item for item in document.as_list(value.get("focalPoint"), 2) if isinstance(item, int | float)]
    x, y = (max(-1.0, min(1.0, float(item))) for item in (focus if len(focus) == 2 else (0.0, 0.0)))
    return {
        "url": url,
        "media_type": media_type,
        "alt": (document.alt_text(value, limits.CONTENT_CHARS) or "")[: limits.REMOTE_ALT_CHARS],
        "width": document.integer(value, "width", 1, 100_000),
        "height": document.integer(value, "height", 1, 100_000),
        "blurhash": blurhash if blurhash and BLURHASH.fullmatch(blurhash) else None,
        "focus_x": x,
        "focus_y": y,
        "origin": Origin.REMOTE,
        "digital_source_type": document.string(value, "digitalSourceType", 300),
        "recipe": _recipe(value.get("recipe")),
    }


def _recipe(value: Any) -> dict[str, Any] | None:
    """How another server says that a picture was made, in the words of our own recipes; plain text, bounded."""
    if not isinstance(value, dict):
        return None
    texts = {
        "title": document.text(value, "model", limits.NAME_CHARS, cut=True),
        "version": document.text(value, "modelVersion", limits.NAME_CHARS, cut=True),
        "prompt": document.text(value, "prompt", limits.PROMPT_CHARS, cut=True),
        "negative_prompt": document.text(value, "negativePrompt", limits.PROMPT_CHARS, cut=True),
        "seed": document.integer(value, "seed", 0, limits.SEED_LIMIT),
    }
    parameters = {
        "steps": document.integer(value, "steps", 1, limits.STEPS_MAX),
        "guidance": document.number(value, "guidance", 0, limits.GUIDANCE_MAX),
        "style": document.text(value, "style", limits.STYLE_CHARS),
    }
    told = {name: found for name, found in parameters.items() if found is not None}
    kept = {name: found for name, found in texts.items() if found not in (None, "")}
    return (kept | ({"parameters": told} if told else {})) or None
