"""Posts as a member reads them in a feed or a thread: words, pictures from here, what the dial and the filters say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request

from actors import queries as actors
from actors.models import Actor
from fediverse_ai.core.context import Context
from fediverse_ai.core.texts import marked
from fediverse_ai.remote_media import RemoteMedia
from fediverse_ai.web import emoji
from fediverse_ai.web.feeds import deeds
from fediverse_ai.web.feeds.deeds import Deeds
from fediverse_ai.web.pictures import Frame, frame, remote_frames
from fediverse_ai.web.quotes import quoted
from fediverse_ai.web.rendering import context_of
from outbox import dial, filters, preferences, votes
from outbox import queries as posts
from outbox import text as outbox_text
from outbox.dial import Dial
from outbox.home import Entry
from outbox.models import Post, PostState, Visibility
from outbox.queries import PostView
from outbox.shelves import FilterAction
from outbox.visibility import seen_by

# Translated where they are shown.
AUDIENCE = {
    Visibility.QUIET: marked("Quiet"),
    Visibility.FOLLOWERS: marked("For followers"),
    Visibility.DIRECT: marked("For those named"),
}
STATES = {
    PostState.WAITING: marked("Being made"),
    PostState.PICK: marked("Choose its pictures"),
    PostState.HELD: marked("Waits for a moderator"),
    PostState.REFUSED: marked("Not posted"),
    PostState.FAILED: marked("Could not be made"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a line of a page: their face from here, or the first letter of their name."""

    id: int
    name: str
    handle: str
    address: str
    face: str | None
    initial: str
    emojis: Mapping[str, str]
    local: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One place in a feed. `cover` says why its pictures are covered ("", "warning", "dial", "filter"); `filtered` is
    the name of the filter that folds it away; `ai` asks for the label beside the picture."""

    key: str
    id: int
    author: Person
    booster: Person | None
    address: str
    ms: int
    edited: bool
    audience: str
    state: str
    warning: str | None
    content: str
    emojis: Mapping[str, str]
    language: str | None
    frames: Sequence[Frame]
    absent: int
    host: str
    ai: bool
    cover: str
    filtered: str
    quote: dict[str, Any] | None
    poll: dict[str, Any] | None
    answered: Person | None
    answers_lost: bool
    deeds: Deeds | None
    depth: int = 0
    focus: bool = False


def person(context: Context, actor: Actor) -> Person:
    """How a member sees somebody; others' faces are our own copies (D11)."""
    media = None if actor.local else context.part(RemoteMedia)
    face = media.url("avatar", actor.id, small=True) if media and actor.icon_url and not actor.reject_media else None
    name = actor.name or actor.username
    return Person(
        actor.id,
        name,
        actor.handle,
        deeds.address_of_person(actor),
        actor.icon_url if actor.local else face,
        name[:1].upper(),
        emoji.pictures(actor.emojis, media),
        actor.local,
    )


async def shown(
    session: AsyncSession,
    request: Request,
    reader: Actor,
    entries: Sequence[Entry],
    place: str,
    *,
    focus: int | None = None,
    back: str = "",
) -> list[Shown]:
    """What a page of entries shows, in their order; `place` is one of filters.CONTEXTS. Who may see them is settled.

    What a filter hides is left out, but for the post with the id `focus`, which somebody asked for.
    """
    context = context_of(request)
    found = {entry.post.id: entry.post for entry in entries}
    views = {view.post.id: view for view in await posts.views(session, list(found.values()), reader.id)}
    pictures = {key: view.attachments for key, view in views.items()}
    hits = await filters.found_in(session, reader.id, list(found.values()), pictures, place)
    chosen = await dial.dial_of(session, reader.id)
    keys = {entry.post.id: str(entry.id) for entry in entries}
    lines = await deeds.of_many(session, reader, list(views.values()), back or deeds.here(request), keys)
    boosters = await actors.by_ids(session, {entry.boost.actor_id for entry in entries if entry.boost is not None})
    parents = await _answered(session, context, reader, list(found.values()))
    voted = await votes.of_actor(session, reader.id, [key for key, post in found.items() if post.poll])
    made: list[Shown] = []
    for entry in entries:
        view, hit = views.get(entry.post.id), hits.get(entry.post.id)
        if view is None or (hit is not None and hit.action == FilterAction.HIDE and entry.post.id != focus):
            continue
        one = _one(context, reader, view, chosen, hit, lines.get(entry.post.id))
        own = voted.get(entry.post.id, [])
        booster = boosters.get(entry.boost.actor_id) if entry.boost is not None else None
        made.append(
            replace(
                one,
                key=str(entry.id),
                booster=person(context, booster) if booster is not None else None,
                quote=await quoted(session, context, reader, entry.post),
                answered=parents.get(entry.post.in_reply_to_id or 0),
                answers_lost=entry.post.in_reply_to_uri is not None and entry.post.in_reply_to_id not in parents,
                focus=entry.post.id == focus,
                poll=poll_of(entry.post, context.clock.now_ms(), own, mine=view.author.id == reader.id),
            )
        )
    return made


def _one(
    context: Context, reader: Actor, view: PostView, chosen: Dial, hit: filters.Hit | None, line: Deeds | None
) -> Shown:
    post, author = view.post, view.author
    ai = preferences.carries_ai(view.attachments)
    cover = "warning" if post.sensitive or post.summary else ""
    if not cover and dial.covers(chosen, reader.id, author.id, view.attachments):
        cover = "dial"
    if not cover and hit is not None and hit.action == FilterAction.BLUR:
        cover = "filter"
    media = None if author.local else context.part(RemoteMedia)
    if media is not None:
        frames = remote_frames(context.storage, media, view)
    else:
        frames = [frame(context.storage, post, item) for item in view.attachments if item.file]
    state = PostState(post.state)
    return Shown(
        key=str(post.id),
        id=post.id,
        author=person(context, author),
        booster=None,
        address=f"/make/{post.id}" if state in STATES else deeds.address_of(post, author),
        ms=post.published_ms or post.created_ms,
        edited=post.updated_ms is not None,
        audience=AUDIENCE.get(Visibility(post.visibility), ""),
        state=STATES.get(state, ""),
        warning=post.summary,
        content=content_of(context, post),
        emojis=emoji.pictures(post.emojis, media),
        language=post.language,
        frames=[replace(one, covered=bool(cover)) for one in frames],
        absent=len(view.attachments) - len(frames),
        host=author.host,
        ai=ai and chosen != Dial.SHOW,
        cover=cover if frames else "",
        filtered=hit.title if hit is not None and hit.action != FilterAction.BLUR else "",
        quote=None,
        poll=None,
        answered=None,
        answers_lost=False,
        deeds=line,
    )


def content_of(context: Context, post: Post) -> str:
    """HTML of a post's words, to be cleaned once more where it is shown; of ours without the line of the AI label."""
    if not post.local:
        return post.content
    named = {
        mention["as_written"]: outbox_text.Mentioned(mention["uri"], mention["handle"], mention["url"])
        for mention in post.mentions
        if "as_written" in mention
    }
    return outbox_text.to_html(post.text, context.config.public_url, named) if post.text else ""


def poll_of(post: Post, now_ms: int, own: Sequence[int], *, mine: bool) -> dict[str, Any] | None:
    """{options: [{title, votes, percent, own}], multiple, voters, closed, ends_ms, open} of somebody's poll.

    `own` are the reader's choices; `open` says whether the reader may vote.
    """
    if not post.poll:
        return None
    options = post.poll["options"]
    total = sum(int(one["votes"]) for one in options)
    ends = post.poll.get("ends_ms")
    return {
        "options": [
            {**one, "percent": round(100 * int(one["votes"]) / total) if total else 0, "own": number in own}
            for number, one in enumerate(options)
        ],
        "multiple": bool(post.poll.get("multiple")),
        "voters": post.poll.get("voters") or total,
        "closed": (over := votes.is_over(post.poll, now_ms)),
        "ends_ms": ends,
        "open": not (over or own or mine),
    }


async def _answered(session: AsyncSession, context: Context, reader: Actor, found: Sequence[Post]) -> dict[int, Person]:
    """id of a post that is answered -> its author, as far as the reader may see it."""
    ids = {post.in_reply_to_id for post in found if post.in_reply_to_id is not None}
    if not ids:
        return {}
    rows = await session.exec(select(Post.id, Post.author_id).where(col(Post.id).in_(ids), seen_by(reader.id)))
    authors: dict[int, int] = dict(rows.all())
    by_id = await actors.by_ids(session, authors.values())
    return {key: person(context, by_id[author]) for key, author in authors.items() if author in by_id}
