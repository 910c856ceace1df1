"""Pictures that somebody brings: a tray of what was uploaded, described and posted from one plain form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden, RequestError, TooMany, Unprocessable
from fediverse_ai.core.texts import _
from fediverse_ai.mastodon import parameters
from fediverse_ai.web import forms
from fediverse_ai.web.composer import choices, leaving, own
from fediverse_ai.web.composer import form as fields_of
from fediverse_ai.web.composer import step as steps
from fediverse_ai.web.composer.step import Picture, Step
from fediverse_ai.web.pictures import colours
from fediverse_ai.web.rendering import context_of, page
from outbox import budget, compose, consent, uploads
from outbox import leaving as ahead
from outbox.belongings import Upload, UploadState
from outbox.making import of_upload
from outbox.models import Origin

_AT_ONCE = 4
_ORIGINS = frozenset(value for value, _name, _hint in choices.ORIGINS)


async def show(request: Request) -> Response:
    """GET /bring: the tray."""
    me = require(request, "session")
    return await _tray(request, context_of(request), me)


async def send(request: Request) -> Response:
    """POST /bring: some pictures (multipart) for the tray."""
    me = require(request, "session")
    forms.check_origin(request)
    sent = await _sent(request)
    forms.check_token(request, {"csrf": sent.text("csrf") or ""})
    return await _take(request, me, sent)


async def share(request: Request) -> Response:
    """POST /bring/share: what the installed app was handed by the system's share sheet, for the tray.

    No page of ours made this form, so it has no token: the browser's word that no site sent it stands in for one.
    Pictures come into the tray and go no further; nobody else sees them.
    """
    me = require(request, "session")
    if request.headers.get("sec-fetch-site") != "none":
        raise Forbidden("Share from the app on your home screen, or bring pictures on this page.", "shared by a site")
    return await _take(request, me, await _sent(request))


async def _sent(request: Request) -> parameters.Parameters:
    most = context_of(request).config.media.max_upload_bytes
    return await parameters.read(request, body_bytes=_AT_ONCE * most + limits.FORM_BODY_BYTES)


async def _take(request: Request, me: Principal, sent: parameters.Parameters) -> Response:
    context = context_of(request)
    files = sent.files("picture")
    if not 1 <= len(files) <= _AT_ONCE:
        problem = _("Choose 1 to %(most)d pictures at a time.") % {"most": _AT_ONCE}
        return await _tray(request, context, me, problem=problem, status=422)
    context.part(limits.RateLimiter).check(f"uploads:{me.actor_id}", limits.API_UPLOADS, cost=len(files))
    try:
        for file in files:
            picture = await uploads.admit(context, file.data)
            async with context.database.write() as session:
                await uploads.keep(session, await own.person(session, me), picture)
    except RequestError as error:
        return await _tray(request, context, me, problem=_(error.public), status=422)
    return RedirectResponse("/bring", 303)


async def post(request: Request) -> Response:
    """POST /bring/post: what was ticked becomes one post; with `look` only what would leave is shown anew."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    origin, key = (
        fields.get("origin", Origin.DECLARED_AI.value),
        fields.get("client_key", "")[: limits.CLIENT_KEY_CHARS],
    )
    async with context.database.read() as session:
        tray = await _mine(session, await own.person(session, me))
        bound = await budget.of_today(session, await own.person(session, me))
    step = steps.read(fields, _pictures(tray, origin), context.config, context.clock.now_ms(), bound)
    if origin not in _ORIGINS:
        step = replace(step, wrong={**step.wrong, "origin": _("Say whether they were made with AI.")})
    if fields.get("look") or step.wrong:
        return await _tray(request, context, me, step, origin, key, status=200 if fields.get("look") else 422)
    context.part(limits.RateLimiter).check(f"posts:{me.account_id}", limits.POSTS_PER_ACCOUNT)
    try:
        async with context.database.write() as session:
            author = await own.person(session, me)
            chosen = [upload.id for upload in await _mine(session, author) if str(upload.id) in step.chosen]
            for upload_id in chosen:
                await uploads.describe(session, author, upload_id, description=step.alts[str(upload_id)])
            made = await compose.compose(session, author, _draft(step, origin, chosen, key))
            await consent.choose(session, author, made, step.training)
            post_id = made.id
    except (Unprocessable, TooMany) as error:
        return await _tray(request, context, me, step, origin, key, problem=_(error.public), status=422)
    return RedirectResponse(f"/make/{post_id}", 303)


def _pictures(tray: list[Upload], origin: str) -> list[Picture]:
    return [Picture(str(one.id), is_ai=one.claims_ai or origin != Origin.DECLARED_NOT_AI) for one in tray]


def _draft(step: Step, origin: str, chosen: list[int], key: str) -> compose.Draft:
    return compose.Draft(
        text=step.text,
        summary=step.summary or None,
        sensitive=step.sensitive,
        visibility=step.visibility,
        language=step.language,
        disclosure=step.disclosure,
        remix_policy=step.remix_policy,
        not_before_ms=step.at_ms(),
        media_ids=tuple(chosen),
        origin_of_uploads=origin,
        client_key=f"tray:{key}" if key else None,
    )


async def _mine(session: AsyncSession, actor: Actor) -> list[Upload]:
    """What lies in the tray, in the order in which it came."""
    query = select(Upload).where(
        Upload.actor_id == actor.id, col(Upload.post_id).is_(None), Upload.state == UploadState.READY
    )
    return list(await session.exec(query.order_by(col(Upload.id)).limit(limits.POST_ATTACHMENTS)))


async def _tray(
    request: Request,
    context: Context,
    me: Principal,
    step: Step | None = None,
    origin: str = Origin.DECLARED_AI.value,
    key: str = "",
    *,
    problem: str = "",
    status: int = 200,
) -> Response:
    async with context.database.read() as session:
        actor, account = await own.person(session, me), await own.account(session, me)
        tray = await _mine(session, actor)
        bound = await budget.of_today(session, actor)
    fresh = Step(
        chosen=frozenset(str(one.id) for one in tray),
        alts={str(one.id): one.description for one in tray},
        disclosure=account.disclosure,
        remix_policy=account.remix_policy,
        training=account.training,
    )
    shown = step or fresh
    told = await _leaving(context, actor, shown, origin, tray)
    values: dict[str, Any] = {
        **steps.words(shown, bound),
        "problem": problem,
        "tray": [_shown(context, upload, shown) for upload in tray],
        "at_once": _AT_ONCE,
        "origin": origin,
        "origins": choices.spoken(choices.ORIGINS),
        "client_key": key or fields_of.new_key(context),
        "leaving": told,
    }
    return page(request, "composer/bring.html", status, busy=True, **values)


async def _leaving(
    context: Context, actor: Actor, step: Step, origin: str, tray: list[Upload]
) -> Mapping[str, Any] | None:
    """A look ahead at the post of what is ticked."""
    chosen = [upload for upload in tray if str(upload.id) in step.chosen]
    if not chosen or origin not in _ORIGINS or set(step.wrong) & {"visibility", "disclosure", "remix_policy", "at"}:
        return None
    made = compose.row(context, actor, _draft(step, origin, [one.id for one in chosen], ""), None)
    made.disclosure, made.remix_policy = step.disclosure, step.remix_policy
    attachments = []
    for position, upload in enumerate(chosen):
        copy = Upload(**upload.model_dump() | {"origin": origin, "description": step.alts.get(str(upload.id), "")})
        attachments.append(of_upload(context, made, copy, position))
    async with context.database.read() as session:
        return leaving.words(await ahead.look(session, actor, made, attachments), step.visibility)


def _shown(context: Context, upload: Upload, step: Step) -> dict[str, Any]:
    key = str(upload.id)
    return {
        "key": key,
        "url": context.storage.url(upload.small_name or upload.file_name or ""),
        "width": upload.width or 1,
        "height": upload.height or 1,
        "colours": colours(upload.blurhash),
        "alt": step.alts.get(key, ""),
        "drafted": "",
        "chosen": key in step.chosen,
        "bare": key in step.bare or f"alt-{key}" in step.wrong,
        "claims_ai": upload.claims_ai,
    }
