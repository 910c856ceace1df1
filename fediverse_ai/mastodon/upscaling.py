"""POST /api/v1/statuses/{id}/upscale: a picture again, larger, as a new status that names the first one; ours alone."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core import limits
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.mastodon import answers, batches, parameters, people, preferences
from fediverse_ai.mastodon.doors import ApiDoor, context_of, me
from fediverse_ai.mastodon.parameters import Parameters
from fediverse_ai.mastodon.status_entities import FROM_API
from outbox import compose, upscale


async def enlarge(request: Request) -> Response:
    """POST /api/v1/statuses/{id}/upscale: one's own picture, or one whose maker allows it; gives the new status."""
    context, asked = context_of(request), await parameters.read(request)
    status_id = answers.path_id(request)
    async with context.database.read() as session:
        author = await people.myself(session, request)
        await people.post(session, author, status_id)
        chosen = preferences.of(await preferences.account_of(session, author.id))
    draft = await upscale.upscale(
        context,
        author,
        status_id,
        position=asked.number("position", 0, limits.POST_ATTACHMENTS - 1) or 0,
        factor=_factor(asked),
        generator=asked.text("generator"),
    )
    visibility = asked.text("visibility") or chosen.visibility
    if visibility and visibility not in FROM_API:
        raise Unprocessable("Validation failed: Visibility is not included in the list")
    draft = replace(
        draft,
        text=asked.text("status") or "",
        visibility=FROM_API[visibility] if visibility else None,
        accept_alt_draft=asked.flag("accept_alt_draft") is True,
    )
    limiter, account = context.part(RateLimiter), me(request).account_id
    limiter.check(f"posts:{account}", limits.POSTS_PER_ACCOUNT)
    limiter.check(f"generations:{account}", limits.GENERATIONS_PER_ACCOUNT)
    async with context.database.write() as session:
        post = await compose.compose(session, author, draft)
    async with context.database.read() as session:
        return answers.answer(await batches.status(session, context, author, post))


def _factor(asked: Parameters) -> float:
    """How many times as wide and high; what is no number is refused."""
    said = asked.text("factor")
    if not said:
        return upscale.FACTOR
    try:
        return float(said)
    except ValueError:
        raise Unprocessable("Validation failed: Factor is not a number") from None


ROUTES = [ApiDoor("/api/v1/statuses/{id}/upscale", enlarge, needs="write:statuses", methods=["POST"])]
