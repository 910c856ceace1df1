"""upscale(context, author, post_id) -> Draft: a picture again, larger, as a post of its own that names the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import forbid_in_transaction
from fediverse_ai.core.errors import Forbidden, Missing, Unprocessable
from fediverse_ai.core.texts import _
from generation.pipeline import Pipeline
from generation.types import ModelCard
from outbox import disclosure, documents, lineage
from outbox.draft import Draft
from outbox.models import Attachment, Post, PostState
from outbox.visibility import may_see

SIDE_STEP = 8
FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class _Known:
    """A picture that may be made again, and as much of its recipe as its maker may know."""

    attachment: Attachment
    recipe: dict[str, Any]
    mine: bool


async def upscale(
    context: Context,
    author: Actor,
    post_id: int,
    *,
    position: int = 0,
    factor: float = FACTOR,
    generator: str | None = None,
) -> Draft:
    """What to `compose` so that a post's picture (0 is the first) is made again, `factor` times as wide and high.

    By `generator`, else by the one that made it, else by the default. The description is taken along from one's own
    post: it is the same picture. Raises Missing, Forbidden without the maker's permission, Unprocessable for a picture
    that cannot be made larger here; RuntimeError inside a transaction, since a card may be asked for.
    """
    forbid_in_transaction("asking for a model card")
    if not limits.UPSCALE_LEAST <= factor <= limits.UPSCALE_MOST:
        raise Unprocessable(
            f"A picture can be made {limits.UPSCALE_LEAST:g} to {limits.UPSCALE_MOST:g} times as large at once."
        )
    async with context.database.read() as session:
        known = await _known(session, author, post_id, position)
    name = _generator(context, known, generator)
    recipe, settings = known.recipe, known.recipe.get("parameters") or {}
    await _check(context, name, recipe)
    width, height = sides(known.attachment, factor)
    return Draft(
        prompt=str(recipe["prompt"]),
        negative_prompt=str(recipe.get("negative_prompt") or ""),
        generator=name,
        seed=recipe.get("seed"),
        style=settings.get("style"),
        steps=settings.get("steps"),
        guidance=settings.get("guidance"),
        width=width,
        height=height,
        alt_text=known.attachment.alt if known.mine else "",
        remix_of_id=post_id,
        from_picture=True,
        source_position=position,
        upscale=True,
    )


def can_upscale(card: ModelCard, recipe: dict[str, Any]) -> bool:
    """Whether a generator makes such a picture larger: from its scene graph, or by painting over the picture."""
    can = card.capabilities
    return bool(can.upscale) and (can.source or (can.graph and "graph" in (recipe.get("parameters") or {})))


async def _known(session: AsyncSession, author: Actor, post_id: int, position: int) -> _Known:
    post = await session.get(Post, post_id)
    if post is None or post.state != PostState.PUBLISHED or not await may_see(session, author, post):
        raise Missing("The post with this picture does not exist (any more).")
    if not await lineage.may_remix(session, author, post):
        raise Forbidden(lineage.NOT_ALLOWED)
    attachments = await documents.attachments_of(session, post.id)
    if not 0 <= position < len(attachments):
        raise Unprocessable("That post has no such picture.")
    attachment, mine = attachments[position], post.author_id == author.id
    recipe = dict(attachment.recipe or {}) if mine else disclosure.of_post(attachment, post)
    if not recipe.get("prompt"):
        raise Unprocessable("Only a picture whose prompt is known can be made again, larger.")
    return _Known(attachment, recipe, mine)


def _generator(context: Context, known: _Known, wanted: str | None) -> str:
    pipeline = context.part(Pipeline)
    first = str(known.recipe.get("generator") or "")
    return wanted or (first if first in pipeline.generators else pipeline.default)


async def _check(context: Context, name: str, recipe: dict[str, Any]) -> None:
    card = await context.part(Pipeline).card(name)
    if not can_upscale(card, recipe):
        raise Unprocessable("This generator cannot make this picture larger; choose another.", name)


def sides(attachment: Attachment, factor: float) -> tuple[int, int]:
    """The larger sides in pixels, kept in shape within what may be asked for. Raises Unprocessable at the bound."""
    wide, high = attachment.width or 0, attachment.height or 0
    if not wide or not high:
        raise Unprocessable("How large this picture is, is not known.")
    most = limits.PICTURE_SIDE_MAX_PIXELS / max(wide, high)
    if most < limits.UPSCALE_LEAST:
        raise Unprocessable(
            _("This picture is as large as pictures get here: %(most)d pixels.")
            % {"most": limits.PICTURE_SIDE_MAX_PIXELS}
        )
    by = min(factor, most)
    return int(wide * by) // SIDE_STEP * SIDE_STEP, int(high * by) // SIDE_STEP * SIDE_STEP
