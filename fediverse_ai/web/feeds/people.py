"""People of other servers on pages of ours, for members: who they are, what of theirs is here, and how one stands to
them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import policy, queries
from actors.models import Actor, Block, Follow, FollowState, Mute
from fediverse_ai.core.context import context_of as database_context
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.texts import marked
from fediverse_ai.remote_media import RemoteMedia
from fediverse_ai.web import emoji
from fediverse_ai.web.feeds import deeds
from fediverse_ai.web.feeds.acts import NOBODY, reader_of
from fediverse_ai.web.feeds.feed import cursor
from fediverse_ai.web.feeds.shown import person, shown
from fediverse_ai.web.rendering import context_of, me_of, page
from fediverse_ai.web.words import safe_link
from outbox.cursors import fetch
from outbox.home import Entry
from outbox.models import Post
from outbox.visibility import seen_by

FOR_MEMBERS = marked("Strangers see people of this server only. Sign in to see those of others.")


@dataclass(frozen=True, slots=True)
class Ties:
    """How the reader stands to somebody: `following` and `asks` are "", "pending" or "accepted"."""

    following: str = ""
    asks: str = ""
    boosts: bool = True
    muted: bool = False
    blocked: bool = False
    barred: bool = False


async def ties(session: AsyncSession, reader: Actor, target: Actor) -> Ties:
    """For the buttons beside a name."""
    mine = await queries.follow_of(session, reader.id, target.id)
    theirs = await queries.follow_of(session, target.id, reader.id)
    now = database_context(session).clock.now_ms()
    muted = select(Mute.id).where(Mute.muter_id == reader.id, Mute.muted_id == target.id)
    muted = muted.where(or_(col(Mute.expires_ms).is_(None), col(Mute.expires_ms) > now))
    blocked = select(Block.id).where(Block.blocker_id == reader.id, Block.blocked_id == target.id)
    return Ties(
        following=_state(mine),
        asks=_state(theirs),
        boosts=mine is None or mine.boosts,
        muted=(await session.exec(muted)).first() is not None,
        blocked=(await session.exec(blocked)).first() is not None,
        barred=await policy.blocked_between(session, reader.id, target.id),
    )


def _state(row: Follow | None) -> str:
    return row.state if row is not None and row.state in (FollowState.ACCEPTED, FollowState.PENDING) else ""


async def standing(session: AsyncSession, request: Request, reader: Actor, target: Actor) -> dict[str, Any]:
    """What templates/parts/ties.html needs: who it is about, how the reader stands to them, and where one is."""
    who = person(context_of(request), target)
    return {"who": who, "ties": await ties(session, reader, target), "back": deeds.here(request)}


async def profile(request: Request) -> Response:
    """GET /@{name}@{host}: somebody of another server whom we know. Ours have their page without a host."""
    context = context_of(request)
    name, host = str(request.path_params["name"]), str(request.path_params["host"]).lower()
    if host in context.config.own_hosts:
        return RedirectResponse(f"/@{name}", 301)
    me = me_of(request)
    if me is None:
        raise Missing(FOR_MEMBERS)
    at = cursor(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        target = await queries.by_handle(session, name, host)
        if target is None or not policy.living(target) or target.kind == "Application":
            raise Missing(NOBODY)
        found = await standing(session, request, reader, target)
        query = select(Post).where(Post.author_id == target.id, seen_by(reader.id))
        rows: list[Post] = [] if found["ties"].barred else await fetch(session, query, col(Post.id), at)
        items = await shown(session, request, reader, [Entry(post) for post in rows], "account")
        counts = await queries.counts(session, target.id)
    media = None if target.reject_media else context.part(RemoteMedia)
    return page(
        request,
        "feeds/profile.html",
        items=items,
        older=f"{request.url.path}?before={rows[-1].id}" if len(rows) == at.limit else None,
        stands=found,
        about=_about(target, media),
        counts=counts,
    )


def _about(target: Actor, media: RemoteMedia | None) -> dict[str, Any]:
    emojis = emoji.pictures(target.emojis, media)
    fields = [(str(one.get("name", "")), str(one.get("value", ""))) for one in target.fields if isinstance(one, dict)]
    return {
        "bio": target.summary,
        "emojis": emojis,
        "fields": [(name, value) for name, value in fields if name or value],
        "header": media.url("header", target.id) if media is not None and target.image_url else None,
        "home": safe_link(target.page_url),
        "host": target.host,
        "moved": target.moved_to_uri or "",
        "locked": target.manually_approves,
    }
