"""Post -> Note: rendered at publishing and whenever it changes, stored as bytes, served as stored."""

from __future__ import annotations

import html as stdlib_html
from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.documents import iso
from actors.models import Actor
from fediverse_ai.activitypub import document, hashtags, proofs, vocabulary
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import context_of
from outbox import disclosure, labels
from outbox.belongings import Lineage, RemixPolicy
from outbox.models import Attachment, Post, QuoteStamp, QuoteState, Visibility

NOTE_TERMS = (
    *("sensitive", "Hashtag", "blurhash", "focalPoint", "digitalSourceType", "genAI", "conversation"),
    # How a picture was made, from what, and who may go on from it: ours but for isBasedOn, which is schema.org's.
    *("recipe", "Recipe", "model", "modelVersion", "prompt", "negativePrompt", "seed", "steps", "guidance", "style"),
    *("canRemix", "isBasedOn", "searchableBy", "size", "digestMultibase"),
)
# Begins a multihash: SHA-256, 32 bytes.
_SHA256 = b"\x12\x20"
QUOTE_TERMS = (
    "interactionPolicy",
    "canQuote",
    "automaticApproval",
    "quote",
    "quoteAuthorization",
    "quoteUri",
    "_misskey_quote",
    "QuoteRequest",
    "QuoteAuthorization",
)


def note_context(config: Config) -> list[Any]:
    return list(vocabulary.context_for(*NOTE_TERMS, *QUOTE_TERMS, public_url=config.public_url))


async def attachments_of(session: AsyncSession, post_id: int) -> list[Attachment]:
    query = select(Attachment).where(Attachment.post_id == post_id).order_by(col(Attachment.position))
    return list(await session.exec(query))


def note(
    config: Config,
    post: Post,
    author: Actor,
    attachments: Sequence[Attachment],
    storage_url: Any,
    parents: Sequence[str] = (),
) -> dict[str, Any]:
    """The Note without `@context`; `storage_url` makes the URL of a file, `parents` are what it was made from."""
    content = _quote_line(post) + post.content
    body: dict[str, Any] = {
        "id": post.uri,
        "type": "Note",
        "attributedTo": author.uri,
        "to": post.to,
        "cc": post.cc,
        "published": iso(post.published_ms or post.created_ms),
        "url": post.url,
        "content": content,
        "contentMap": {post.language or "en": content},
        "summary": post.summary,
        "sensitive": post.sensitive or post.summary is not None,
        "inReplyTo": post.in_reply_to_uri,
        **({"context": post.context_uri, "conversation": post.context_uri} if post.context_uri else {}),
        "attachment": [_attachment(attachment, post.disclosure, storage_url) for attachment in attachments],
        "tag": [*_tags(config, post, attachments), *_quote_links(post)],
        "interactionPolicy": {"canQuote": {"automaticApproval": who_may_quote(post, author)}} | _remix(post, author),
        **({"isBasedOn": list(parents)} if parents else {}),
        "searchableBy": who_may_search(post, author),
        "replies": {
            "id": f"{post.uri}/replies",
            "type": "Collection",
            "totalItems": post.replies,
            "first": first(post),
        },
        "likes": {"id": f"{post.uri}/likes", "type": "Collection", "totalItems": post.likes},
        "shares": {"id": f"{post.uri}/shares", "type": "Collection", "totalItems": post.boosts},
    }
    if post.updated_ms is not None:
        body["updated"] = iso(post.updated_ms)
    return body | _quote_terms(post) | labels.note_terms(attachments)


def first(post: Post) -> dict[str, Any]:
    """The first page of replies as Mastodon embeds it: without members, which change, and whence they are read.

    Mastodon and GoToSocial walk `first` and `next` when somebody opens a thread; a collection without them has no end
    and no beginning for them. Where nobody answered there is nothing to ask for.
    """
    uri = f"{post.uri}/replies"
    found: dict[str, Any] = {"type": "CollectionPage", "partOf": uri, "items": []}
    return found | ({"next": f"{uri}?page=true"} if post.replies else {})


def who_may_quote(post: Post, author: Actor) -> list[str]:
    """`automaticApproval` (FEP-044f): everybody for open posts, followers for theirs, the author for direct ones; and
    never more than the author's own policy allows.

    Nobody is written as the author: an empty list would mean the same as none, and Mastodon takes none for nobody.
    """
    if author.quote_policy == "nobody" or post.visibility == Visibility.DIRECT:
        return [author.uri]
    if post.visibility != Visibility.FOLLOWERS and author.quote_policy == "anyone":
        return [vocabulary.PUBLIC]
    return [author.followers_uri or f"{author.uri}/followers"]


def who_may_search(post: Post, author: Actor) -> list[str]:
    """`searchableBy` (FEP-268d), as our own search has it: public posts of who wants to be found, else the author."""
    return [vocabulary.PUBLIC if author.indexable and post.visibility == Visibility.PUBLIC else author.uri]


def _remix(post: Post, author: Actor) -> dict[str, Any]:
    """Who may make something from it. Nothing said means nobody, so only a permission is written."""
    if post.visibility not in (Visibility.PUBLIC, Visibility.QUIET) or post.remix_policy == RemixPolicy.NOBODY:
        return {}
    followers = author.followers_uri or f"{author.uri}/followers"
    granted = vocabulary.PUBLIC if post.remix_policy == RemixPolicy.ANYONE else followers
    return {"canRemix": {"automaticApproval": [granted]}}


def _is_quoting(post: Post) -> bool:
    return post.quote_uri is not None and post.quote_state in (QuoteState.PENDING, QuoteState.ACCEPTED)


def _quote_line(post: Post) -> str:
    """What servers that know no quotes show; the others hide a paragraph of this class."""
    if not _is_quoting(post):
        return ""
    link = stdlib_html.escape(post.quote_uri or "")
    return f'<p class="quote-inline">RE: <a href="{link}">{link}</a></p>'


def _quote_terms(post: Post) -> dict[str, Any]:
    """A quote as Mastodon (FEP-044f), Fedibird and Misskey read it; the stamp once it was checked."""
    if not _is_quoting(post):
        return {}
    terms: dict[str, Any] = dict.fromkeys(("quote", "quoteUri", "_misskey_quote"), post.quote_uri)
    if post.quote_state == QuoteState.ACCEPTED and post.quote_stamp_uri is not None:
        terms["quoteAuthorization"] = post.quote_stamp_uri
    return terms


def _quote_links(post: Post) -> list[dict[str, str]]:
    """The same as an object link (FEP-e232), with a name, since some peers expect one of every tag."""
    if not _is_quoting(post):
        return []
    link = {"type": "Link", "mediaType": vocabulary.LD_JSON, "href": post.quote_uri or ""}
    return [link | {"name": f"RE: {post.quote_uri}", "rel": "https://misskey-hub.net/ns#_misskey_quote"}]


def stamp_uri(config: Config, stamp: QuoteStamp) -> str:
    return f"{config.public_url}/stamps/{stamp.id}"


def stamp(config: Config, given: QuoteStamp, post: Post, author: Actor) -> dict[str, Any]:
    """The consent of our author to one quote (FEP-044f)."""
    terms = ("QuoteAuthorization", "interactingObject", "interactionTarget")
    return {
        "@context": vocabulary.context_for(*terms),
        "id": stamp_uri(config, given),
        "type": "QuoteAuthorization",
        "attributedTo": author.uri,
        "interactingObject": given.interacting_uri,
        "interactionTarget": post.uri,
    }


def _attachment(attachment: Attachment, level: str, storage_url: Any) -> dict[str, Any]:
    # No `summary` here: Mastodon and GoToSocial would show it instead of the alt text.
    return {
        "type": "Image",
        "mediaType": attachment.media_type,
        "url": storage_url(attachment.file),
        "name": attachment.alt,
        "width": attachment.width,
        "height": attachment.height,
        "blurhash": attachment.blurhash,
        "focalPoint": [attachment.focus_x, attachment.focus_y],
        **_bytes_of(attachment),
        **labels.attachment_terms(attachment),
        **_recipe(attachment, level),
    }


def _bytes_of(attachment: Attachment) -> dict[str, Any]:
    """By which the very file can be known again, wherever its copy lies (FEP-1311)."""
    found: dict[str, Any] = {"size": attachment.size} if attachment.size else {}
    if attachment.sha256:
        found["digestMultibase"] = proofs.multibase(_SHA256 + bytes.fromhex(attachment.sha256))
    return found


def _recipe(attachment: Attachment, level: str) -> dict[str, Any]:
    """How the picture was made, as far as its author lets it be known."""
    known = disclosure.disclosed(attachment.recipe, level)
    if not known:
        return {}
    terms = {
        "model": known.get("title") or known.get("generator"),
        "modelVersion": known.get("version"),
        "prompt": known.get("prompt"),
        "negativePrompt": known.get("negative_prompt"),
        "seed": known.get("seed"),
    }
    parameters = known.get("parameters") or {}
    terms |= {name: parameters.get(name) for name in ("steps", "guidance", "style")}
    return {"recipe": {"type": "Recipe"} | {name: value for name, value in terms.items() if value is not None}}


def _tags(config: Config, post: Post, attachments: Sequence[Attachment]) -> list[dict[str, str]]:
    names = dict.fromkeys([*post.hashtags, *labels.tag_names(config, attachments)])
    found = hashtags.tags(config.public_url, names)
    found += [{"type": "Mention", "name": f"@{mention['handle']}", "href": mention["uri"]} for mention in post.mentions]
    return found


async def named_parents(session: AsyncSession, post: Post) -> list[str]:
    """What it was made from, by URI; a post of one's own that is not for everybody is not named to everybody."""
    hidden = col(Post.visibility).in_((Visibility.FOLLOWERS, Visibility.DIRECT))
    query = (
        select(Lineage.parent_uri)
        .outerjoin(Post, col(Post.id) == col(Lineage.parent_id))
        .where(Lineage.post_id == post.id, col(Post.id).is_(None) | ~hidden)
        .order_by(col(Lineage.id))
    )
    return list(await session.exec(query))


async def render(session: AsyncSession, post: Post, author: Actor | None = None) -> dict[str, Any]:
    """Render a local post's Note into its row; gives the Note without `@context` for embedding."""
    context = context_of(session)
    author = author or await queries.by_id(session, post.author_id)
    if author is None:
        raise LookupError(f"post {post.id} has no author")
    attachments = await attachments_of(session, post.id)
    parents = await named_parents(session, post)
    body = note(context.config, post, author, attachments, context.storage.url, parents)
    post.document = document.dump({"@context": note_context(context.config), **body})
    session.add(post)
    return body
