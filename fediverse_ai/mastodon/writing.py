"""POST, PUT and DELETE of statuses: what an app sends becomes a Draft or a Change, and goes the way of every post."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import apps, queries
from actors.models import Actor
from fediverse_ai.activitypub import hashtags
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.context import context_of as database_context
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.mastodon import answers, batches, imagine, parameters, people, preferences, status_entities
from fediverse_ai.mastodon.doors import ApiDoor, context_of, me
from fediverse_ai.mastodon.media import focus_of
from fediverse_ai.mastodon.parameters import Parameters
from fediverse_ai.mastodon.preferences import Posting
from fediverse_ai.mastodon.status_entities import FROM_API
from outbox import compose, documents, edit, publish, redraft, uploads
from outbox.draft import Draft
from outbox.models import Attachment, Origin, Post, PostState, Revision

# An uploaded picture is taken for AI's work on this server unless its author says otherwise.
NOT_AI = frozenset({"notai", "noai", "notmadewithai"})


async def create(request: Request) -> Response:
    """POST /api/v1/statuses

    A post with `/imagine …`, or with our own field `prompt`, has its picture made. The same Idempotency-Key within an
    hour gives the same status.
    """
    context = context_of(request)
    asked = await parameters.read(request)
    if asked.has("poll"):
        raise Unprocessable("This server has no polls: it is made for pictures.")
    async with context.database.read() as session:
        author = await people.myself(session, request)
        chosen = preferences.of(await preferences.account_of(session, author.id))
    draft = _draft(context, chosen, asked, request.headers.get("idempotency-key"))
    _count(context, me(request).account_id, draft)
    async with context.database.write() as session:
        await _free_key(session, author, draft.client_key)
        post = await compose.compose(session, author, draft)
        post.app = post.app or await apps.said(session, me(request).app_id)
        session.add(post)
    if post.not_before_ms is not None:
        return answers.answer(await scheduled(context, author, post))
    return answers.answer(await _shown(context, author, post.id))


def _draft(context: Context, chosen: Posting, asked: Parameters, key: str | None) -> Draft:
    text = asked.text("status") or ""
    wish = imagine.wish_of(text)
    if wish is None and asked.text("prompt"):
        wish = _wish(asked, text)
    made = wish or imagine.Wish(prompt="", text=text)
    width, height = made.size or (1024, 1024)
    language = (asked.text("language") or "").strip()[: limits.LANGUAGE_CHARS]
    return Draft(
        text=made.text,
        prompt=made.prompt or None,
        negative_prompt=made.negative_prompt,
        generator=made.generator,
        seed=made.seed,
        style=made.style,
        width=width,
        height=height,
        alt_text=asked.text("alt_text") or "",
        accept_alt_draft=asked.flag("accept_alt_draft") is True,
        summary=asked.text("spoiler_text"),
        sensitive=chosen.sensitive if (said := asked.flag("sensitive")) is None else said,
        visibility=_visibility(asked.text("visibility") or chosen.visibility),
        in_reply_to_id=_reference(asked, "in_reply_to_id"),
        quote_id=_reference(asked, "quoted_status_id"),
        language=language or chosen.language or "en",
        client_key=_key(key),
        media_ids=_media_ids(asked),
        origin_of_uploads=_origin(asked, made.text),
        not_before_ms=scheduled_ms(context, asked.text("scheduled_at")),
    )


def _wish(asked: Parameters, text: str) -> imagine.Wish:
    """Our own fields, for apps that know them."""
    width = asked.number("width", limits.PICTURE_SIDE_MIN_PIXELS, limits.PICTURE_SIDE_MAX_PIXELS)
    height = asked.number("height", limits.PICTURE_SIDE_MIN_PIXELS, limits.PICTURE_SIDE_MAX_PIXELS)
    return imagine.Wish(
        prompt=asked.text("prompt") or "",
        text=text,
        seed=asked.number("seed", 0, limits.SEED_LIMIT - 1),
        style=asked.text("style"),
        size=(width or 1024, height or 1024),
        negative_prompt=asked.text("negative_prompt") or "",
        generator=asked.text("generator"),
    )


def _visibility(word: str | None) -> str | None:
    """Ours for theirs. Raises Unprocessable for a word that the API does not have."""
    if not word:
        return None
    if word not in FROM_API:
        raise Unprocessable("Validation failed: Visibility is not included in the list")
    return FROM_API[word]


def _reference(asked: Parameters, name: str) -> int | None:
    """The id of another status. What is no id names a post that is not there."""
    if not asked.text(name):
        return None
    found = asked.id(name)
    if found is None:
        raise Missing(answers.NOT_FOUND)
    return found


def _media_ids(asked: Parameters) -> tuple[int, ...]:
    words = asked.words("media_ids")
    found = asked.ids("media_ids")
    if len(found) != len(set(words)):
        raise Unprocessable("One of the pictures is not there (any more).")
    return tuple(found)


def _origin(asked: Parameters, text: str) -> str:
    """What the author says of uploads: our field `ai_generated`, or the hashtag #NotAI."""
    said = asked.flag("ai_generated")
    if said is None:
        said = not NOT_AI & {name.lower() for name in hashtags.found_in(text)}
    return Origin.DECLARED_AI if said else Origin.DECLARED_NOT_AI


def _key(header: str | None) -> str | None:
    """Any header as a key of bounded length that no other door makes."""
    return "m:" + hashlib.sha256(header.encode()).hexdigest()[:60] if header else None


def scheduled_ms(context: Context, written: str | None) -> int | None:
    """The time of `scheduled_at` in epoch milliseconds; None when it is not given. Raises Unprocessable."""
    if not written:
        return None
    try:
        at = datetime.fromisoformat(written.strip().replace("Z", "+00:00"))
    except ValueError:
        raise Unprocessable("Validation failed: Scheduled at is not a time") from None
    ms = int((at if at.tzinfo is not None else at.astimezone()).timestamp() * 1000)
    if ms < context.clock.now_ms() + limits.SCHEDULE_LEAST_SECONDS * 1000:
        raise Unprocessable("Validation failed: Scheduled at must be at least five minutes ahead")
    return ms


def _count(context: Context, account_id: int, draft: Draft) -> None:
    """The same rates as in the composer."""
    limiter = context.part(RateLimiter)
    limiter.check(f"posts:{account_id}", limits.POSTS_PER_ACCOUNT)
    if draft.prompt is not None:
        limiter.check(f"generations:{account_id}", limits.GENERATIONS_PER_ACCOUNT)


async def _free_key(session: AsyncSession, author: Actor, key: str | None) -> None:
    """A key of a deleted post, or one older than an hour, stands for nothing any more."""
    if key is None:
        return
    known = select(Post).where(Post.author_id == author.id, Post.client_key == key)
    post = (await session.exec(known)).first()
    if post is None:
        return
    age = database_context(session).clock.now_ms() - post.created_ms
    if post.state == PostState.DELETED or age > limits.IDEMPOTENCY_SECONDS * 1000:
        post.client_key = None
        session.add(post)
        await session.flush()


async def _shown(context: Context, author: Actor, post_id: int) -> answers.Json:
    """The status as its author sees it, after a moment in which the gate is usually done with a post of words."""
    await wait_for_gate(context, select(Post.state).where(Post.id == post_id))
    async with context.database.read() as session:
        post = await session.get(Post, post_id)
        if post is None:
            raise Missing(answers.NOT_FOUND)
        return await batches.status(session, context, author, post)


async def wait_for_gate(context: Context, state: object) -> None:
    """Give the gate GATE_WAIT_SECONDS, where this process runs it: most apps show the answer and never ask again."""
    if not context.jobs.runs:
        return
    until = context.clock.monotonic() + limits.GATE_WAIT_SECONDS
    while context.clock.monotonic() < until:
        async with context.database.read() as session:
            if (await session.exec(state)).first() != PostState.WAITING:  # type: ignore[call-overload]
                return
        await context.clock.sleep(limits.GATE_LOOK_SECONDS)


async def scheduled(context: Context, author: Actor, post: Post) -> answers.Json:
    """ScheduledStatus."""
    async with context.database.read() as session:
        brought = await uploads.of_post(session, post.id)
    return status_entities.scheduled(batches.look_of(context, author), post, brought)


async def change(request: Request) -> Response:
    """PUT /api/v1/statuses/{id}: a new version takes the same road through the gate; until then the old one stands."""
    context = context_of(request)
    asked = await parameters.read(request)
    status_id = answers.path_id(request)
    async with context.database.write() as session:
        author = await people.myself(session, request)
        post = await people.own_post(session, author, status_id)
        pictures = await documents.attachments_of(session, post.id)
        revision = await edit.edit(session, author, post, _change(asked, pictures))
    await wait_for_gate(context, select(Revision.state).where(Revision.id == revision.id))
    async with context.database.read() as session:
        found = await people.own_post(session, author, status_id)
        body = await batches.status(session, context, author, found)
    return answers.answer(body)


def _change(asked: Parameters, pictures: list[Attachment]) -> edit.Change:
    alts: dict[int, str] = {}
    focus: dict[int, tuple[float, float]] = {}
    for one in asked.sections("media_attributes"):
        key, described, point = one.id("id"), one.text("description"), focus_of(one)
        if key is not None and described is not None:
            alts[key] = described
        if key is not None and point is not None:
            focus[key] = point
    if asked.has("media_ids") and set(asked.ids("media_ids")) != {row.id for row in pictures}:
        raise Unprocessable("The pictures of a post cannot be exchanged; delete it and post anew.")
    return edit.Change(
        text=asked.text("status"),
        summary=asked.text("spoiler_text"),
        sensitive=asked.flag("sensitive"),
        alts=alts,
        language=(asked.text("language") or "").strip()[: limits.LANGUAGE_CHARS] or None,
        focus=focus,
    )


async def delete(request: Request) -> Response:
    """DELETE /api/v1/statuses/{id}: gives the status once more, with `text`, for those who want to write it anew.

    Its pictures can be posted again by their ids for a day, unless `delete_media` is set.
    """
    context = context_of(request)
    asked, status_id = await parameters.read(request), answers.path_id(request)
    async with context.database.read() as session:
        post = await people.own_post(session, await people.myself(session, request), status_id)
    kept = [] if asked.flag("delete_media") else await redraft.copies(context, post)
    async with context.database.write() as session:
        author = await people.myself(session, request)
        post = await people.own_post(session, author, status_id)
        body = await batches.status(session, context, author, post)
        body["text"] = post.text
        await publish.remove(session, post)
        await redraft.give_back(session, post, kept)
    if kept:
        look = batches.look_of(context, author)
        body["media_attachments"] = [status_entities.upload(look, upload) for upload in kept]
    return answers.answer(body)


async def source(request: Request) -> Response:
    """GET /api/v1/statuses/{id}/source: what was typed, for the edit form."""
    context = context_of(request)
    async with context.database.read() as session:
        author = await queries.by_id(session, me(request).actor_id)
        if author is None:
            raise Missing(answers.NOT_FOUND)
        post = await people.own_post(session, author, answers.path_id(request))
    return answers.answer({"id": str(post.id), "text": post.text, "spoiler_text": post.summary or ""})


ROUTES = [
    ApiDoor("/api/v1/statuses", create, needs="write:statuses", methods=["POST"]),
    ApiDoor("/api/v1/statuses/{id}", change, needs="write:statuses", methods=["PUT"]),
    ApiDoor("/api/v1/statuses/{id}", delete, needs="write:statuses", methods=["DELETE"], rate=limits.API_DELETES),
    ApiDoor("/api/v1/statuses/{id}/source", source, needs="read:statuses"),
]
