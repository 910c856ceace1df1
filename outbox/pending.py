"""A post that is not out, as its author's client reads it: the object to be, with its state, order and progress."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actors.documents import iso
from actors.models import Actor
from fediverse_ai.activitypub import vocabulary
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import context_of
from outbox import activities, audience, documents, text
from outbox.models import Post, PostState

Json = dict[str, Any]

TERMS = ("state", "reason", "progress", "Progress", "fraction", "words")
# A field of an order -> our term. What is undecided is left away.
ORDER = {
    "prompt": "prompt",
    "negative_prompt": "negativePrompt",
    "seed": "seed",
    "width": "width",
    "height": "height",
    "steps": "steps",
    "guidance": "guidance",
    "style": "style",
    "model": "model",
    "count": "count",
}
_ORDER_TERMS = ("prompt", "negativePrompt", "seed", "steps", "guidance", "style", "model", "backend", "count")


def context_of_pending(config: Config) -> list[Any]:
    names = (*documents.NOTE_TERMS, *documents.QUOTE_TERMS, *TERMS, *_ORDER_TERMS)
    return list(vocabulary.context_for(*names, public_url=config.public_url))


async def note(session: AsyncSession, post: Post, author: Actor) -> Json:
    """The Note without `@context`, as it would go out now, and what is known of its way there."""
    context = context_of(session)
    attachments = await documents.attachments_of(session, post.id)
    body = documents.note(context.config, post, author, attachments, context.storage.url)
    named = [mention["uri"] for mention in post.mentions]
    to, cc = audience.address(context.config, author, post.visibility, named)
    content = text.to_html(post.text, context.config.public_url, {}) if post.text else ""
    told = {"to": to, "cc": cc, "content": content, "contentMap": {post.language or "en": content}}
    return body | told | _order(post) | marks(post)


def marks(post: Post) -> Json:
    """`state`, the sentence why it is not out where there is one, and where its progress can be read."""
    found: Json = {"state": str(post.state), "progress": f"{post.uri}/progress"}
    return found | ({"reason": post.reason} if post.reason else {})


def _order(post: Post) -> Json:
    if post.request is None:
        return {}
    image = post.request.get("image") or {}
    found = {term: image[name] for name, term in ORDER.items() if image.get(name) not in (None, "")}
    return found | ({"backend": post.request["generator"]} if post.request.get("generator") else {})


async def create(session: AsyncSession, post: Post, author: Actor) -> Json:
    """The Create that will announce the post, under the id that it will have."""
    context = context_of(session)
    body = await note(session, post, author)
    return {
        "@context": context_of_pending(context.config),
        "id": activities.create_uri(context, post),
        "type": "Create",
        "actor": author.uri,
        "object": body,
        "to": body["to"],
        "cc": body["cc"],
        "published": iso(post.created_ms),
    }


def progress(config: Config, post: Post) -> Json:
    """How far a post is: `fraction` 0…1 where it is known, `words` for people; `state` says when it is over."""
    told = post.progress or {}
    body: Json = {
        "@context": vocabulary.context_for(*TERMS, public_url=config.public_url),
        "id": f"{post.uri}/progress",
        "type": "Progress",
        "object": post.uri,
        "state": str(post.state),
    }
    if post.state in (PostState.WAITING, PostState.PUBLISHED) and told:
        body |= {name: told[name] for name in ("fraction", "words") if told.get(name) is not None}
    return body | ({"reason": post.reason} if post.reason else {})
