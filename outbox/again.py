"""Once more from pictures that were made and are not posted: another like it, a change in words, the same larger."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import forbid_in_transaction
from fediverse_ai.core.errors import Conflict, Missing, Unprocessable
from generation.pipeline import Pipeline
from generation.types import ModelCard
from outbox import candidates, documents, upscale
from outbox.belongings import Lineage
from outbox.compose import compose
from outbox.draft import Draft
from outbox.models import Attachment, Post, PostState


class How(StrEnum):
    VARY = "vary"
    CHANGE = "change"
    UPSCALE = "upscale"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compose, and the picture to begin from; None where the generator cannot begin from one."""

    draft: Draft
    source: int | None
    upscale: bool = False


async def plan(
    context: Context, author: Actor, post_id: int, position: int, how: How, words: str = "", key: str | None = None
) -> Plan:
    """What making it once more comes to, from the candidate at `position` of one's own post.

    `words`, of a change: a whole prompt, or what should be different where the generator keeps scene graphs.
    Raises Missing, Conflict for a post that offers nothing, Unprocessable for what its generator cannot do;
    RuntimeError inside a transaction, since a card may be asked for.
    """
    forbid_in_transaction("asking for a model card")
    async with context.database.read() as session:
        post, attachment = await _candidate(session, author, post_id, position)
        parent = (await session.exec(select(Lineage.parent_id).where(Lineage.post_id == post.id))).first()
    order = dict(post.request or {})
    name = str(order.get("generator") or context.part(Pipeline).default)
    card = await context.part(Pipeline).card(name)
    draft = _draft(post, order, attachment, parent, key)
    source = attachment.id if begins(card, attachment) else None
    match how:
        case How.VARY:
            return Plan(draft, source)
        case How.CHANGE:
            if not words.strip():
                raise Unprocessable("Say what should be different.")
            seed = (attachment.recipe or {}).get("seed")
            return Plan(_with(draft, prompt=words, seed=seed), source)
    if not upscale.can_upscale(card, attachment, attachment.recipe or {}):
        raise Unprocessable("This generator cannot make this picture larger.", name)
    width, height = upscale.sides(attachment, upscale.FACTOR)
    larger = _with(draft, width=width, height=height, seed=(attachment.recipe or {}).get("seed"), count=1)
    return Plan(larger, attachment.id, upscale=True)


async def order(session: AsyncSession, author: Actor, planned: Plan) -> Post:
    """Compose what was planned, in the caller's transaction. Raises what `compose` raises."""
    post = await compose(session, author, planned.draft)
    if planned.source is not None and post.request is not None and post.state == PostState.WAITING:
        image = dict(post.request["image"]) | ({"upscale": True} if planned.upscale else {})
        # One's own picture, that nobody else has seen: no permission to ask for and no parent to name.
        post.request = {**post.request, "image": image, "source": {"attachment": planned.source}}
        session.add(post)
        await session.flush()
    return post


def begins(card: ModelCard, attachment: Attachment) -> bool:
    """Can its generator begin from this picture: from its scene graph, or from its pixels?"""
    graph = ((attachment.recipe or {}).get("parameters") or {}).get("graph")
    return card.capabilities.source or (card.capabilities.graph and isinstance(graph, dict))


async def _candidate(session: AsyncSession, author: Actor, post_id: int, position: int) -> tuple[Post, Attachment]:
    post = await session.get(Post, post_id)
    if post is None or post.author_id != author.id or post.state == PostState.DELETED:
        raise Missing("This post does not exist (any more).")
    if post.state != PostState.PICK or post.request is None:
        raise Conflict("These pictures are chosen already.")
    offered = candidates.made_here(await documents.attachments_of(session, post.id))
    if not 0 <= position < len(offered):
        raise Unprocessable("There is no such picture.")
    return post, offered[position]


def _draft(post: Post, order: dict[str, Any], attachment: Attachment, parent: int | None, key: str | None) -> Draft:
    image = order["image"]
    kept = ("prompt", "negative_prompt", "model", "style", "width", "height", "steps", "guidance", "count")
    return Draft(
        **{name: image[name] for name in kept if name in image},
        generator=order.get("generator"),
        text=post.text,
        summary=post.summary,
        sensitive=post.sensitive,
        visibility=post.visibility,
        disclosure=post.disclosure,
        remix_policy=post.remix_policy,
        language=post.language,
        in_reply_to_id=post.in_reply_to_id,
        remix_of_id=parent,
        look_first=True,
        client_key=key,
    )


def _with(draft: Draft, **values: Any) -> Draft:
    return Draft(**{name: getattr(draft, name) for name in draft.__dataclass_fields__} | values)
