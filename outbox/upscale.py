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
from fediverse_ai.core.texts import _, marked
from generation import images
from generation.pipeline import Pipeline
from generation.types import GeneratedImage, ImageRequest, ModelCard, Recipe
from outbox import disclosure, documents, lineage
from outbox.draft import Draft
from outbox.models import Attachment, Origin, Post, PostState
from outbox.visibility import may_see

SIDE_STEP = 8
FACTOR = 2.0
RESAMPLED = marked("Enlarged by this server, not painted over: it is larger, and shows nothing that was not there.")
"""What becomes of a picture whose generator has no way of its own to make it larger."""


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
        sentence = _("A picture can be made %(least)g to %(most)g times as large at once.")
        raise Unprocessable(sentence % {"least": limits.UPSCALE_LEAST, "most": limits.UPSCALE_MOST})
    async with context.database.read() as session:
        known = await _known(session, author, post_id, position)
    name = _generator(context, known, generator)
    recipe, settings = known.recipe, known.recipe.get("parameters") or {}
    await _check(context, name, known)
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


def can_upscale(card: ModelCard, attachment: Attachment, recipe: dict[str, Any]) -> bool:
    """Whether such a picture can be made larger in a generator's name: from its scene graph, by painting over it, or
    resampled, which is only for what this generator itself made here: the larger picture bears its label too."""
    can = card.capabilities
    if can.upscale:
        return can.source or (can.graph and "graph" in (recipe.get("parameters") or {}))
    return attachment.origin == Origin.MADE_HERE and recipe.get("generator") == card.name


async def resampled(context: Context, request: ImageRequest, card: ModelCard, told: dict[str, Any]) -> GeneratedImage:
    """The picture of `request.source` at the size asked for, with its own recipe as far as it is `told`.

    Raises Unprocessable for a picture of another generator, and for one that cannot be read.
    """
    if request.source is None or told.get("generator") != card.name:
        raise Unprocessable("This generator cannot make this picture larger; choose another.", card.name)
    began = context.clock.monotonic()
    data = await images.enlarged(context.part(Pipeline).sandbox, request.source, request.width, request.height)
    recipe = Recipe(
        generator=card.name,
        version=str(told.get("version") or card.version),
        prompt=str(told.get("prompt") or request.prompt),
        negative_prompt=str(told.get("negative_prompt") or ""),
        seed=told.get("seed"),
        width=request.width,
        height=request.height,
        parameters={**(told.get("parameters") or {}), "enlarged": "resampled"},
    )
    return GeneratedImage(data, recipe, card, notes=(RESAMPLED,), seconds=context.clock.monotonic() - began)


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


async def _check(context: Context, name: str, known: _Known) -> None:
    card = await context.part(Pipeline).card(name)
    if not can_upscale(card, known.attachment, known.recipe):
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
