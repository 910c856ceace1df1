"""Pictures that somebody brings: a tray of what was uploaded, described and posted from one plain form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import queries as actors
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing, RequestError, Unprocessable
from fediverse_ai.mastodon import parameters
from fediverse_ai.web import forms, make_form
from fediverse_ai.web.cards import NOT_THERE
from fediverse_ai.web.pictures import colours
from fediverse_ai.web.rendering import context_of, page
from outbox import compose, uploads
from outbox.belongings import Upload, UploadState
from outbox.models import Origin, Visibility

ORIGINS = (
    (Origin.DECLARED_AI, "Made with AI", "In whole or in part. The posts carry the label."),
    (Origin.DECLARED_NOT_AI, "Not made with AI", "A file that itself says otherwise is labelled all the same."),
)
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a post from the tray, as typed; `alts` and `taken` by the number of the upload."""

    text: str = ""
    summary: str = ""
    sensitive: bool = False
    origin: str = Origin.DECLARED_AI.value
    visibility: str = Visibility.QUIET.value
    client_key: str = ""
    alts: Mapping[int, str] = field(default_factory=dict)
    taken: frozenset[int] = frozenset()
    wrong: str | None = None


async def show(request: Request) -> Response:
    """GET /bring: the tray."""
    me = require(request, "session")
    context = context_of(request)
    return await _tray(request, context, me, Form(client_key=make_form.new_key(context)))


async def send(request: Request) -> Response:
    """POST /bring: some pictures (multipart) for the tray."""
    me = require(request, "session")
    context = context_of(request)
    forms.check_origin(request)
    most = context.config.media.max_upload_bytes
    sent = await parameters.read(request, body_bytes=_AT_ONCE * most + limits.FORM_BODY_BYTES)
    forms.check_token(request, {"csrf": sent.text("csrf") or ""})
    files = sent.files("picture")
    form = Form(client_key=make_form.new_key(context))
    if not 1 <= len(files) <= _AT_ONCE:
        return await _tray(request, context, me, replace(form, wrong=f"Choose 1 to {_AT_ONCE} pictures at a time."))
    context.part(limits.RateLimiter).check(f"uploads:{me.actor_id}", limits.API_UPLOADS, cost=len(files))
    try:
        for file in files:
            picture = await uploads.admit(context, file.data)
            async with context.database.write() as session:
                await uploads.keep(session, await _me(session, me), picture)
    except RequestError as error:
        return await _tray(request, context, me, replace(form, wrong=error.public))
    return RedirectResponse("/bring", 303)


async def post(request: Request) -> Response:
    """POST /bring/post: what was ticked becomes one post."""
    me = require(request, "session")
    context = context_of(request)
    form = _read(await forms.read_form(request))
    context.part(limits.RateLimiter).check(f"posts:{me.account_id}", limits.POSTS_PER_ACCOUNT)
    try:
        async with context.database.write() as session:
            author = await _me(session, me)
            chosen = [upload.id for upload in await _mine(session, author) if upload.id in form.taken]
            if not chosen:
                raise Unprocessable("Tick the pictures that belong to the post.")
            for upload_id in chosen:
                await uploads.describe(session, author, upload_id, description=form.alts.get(upload_id, ""))
            made = await compose.compose(session, author, _draft(form, chosen))
            post_id = made.id
    except Unprocessable as error:
        return await _tray(request, context, me, replace(form, wrong=error.public))
    return RedirectResponse(f"/make/{post_id}", 303)


def _read(fields: Mapping[str, str]) -> Form:
    numbered = {name: value for name, value in fields.items() if name.partition("-")[2].isascii()}
    alts = {int(name[4:]): value.strip() for name, value in numbered.items() if _is_numbered(name, "alt-")}
    taken = {int(name[5:]) for name, value in numbered.items() if _is_numbered(name, "take-") and value == "1"}
    return Form(
        text=fields.get("text", "").strip(),
        summary=fields.get("summary", "").strip(),
        sensitive=fields.get("sensitive") == "1",
        origin=fields.get("origin", Origin.DECLARED_AI.value),
        visibility=fields.get("visibility", Visibility.QUIET.value),
        client_key=fields.get("client_key", "")[: limits.CLIENT_KEY_CHARS],
        alts=alts,
        taken=frozenset(taken),
    )


def _is_numbered(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and name[len(prefix) :].isdigit() and len(name) < len(prefix) + 20


def _draft(form: Form, chosen: list[int]) -> compose.Draft:
    return compose.Draft(
        text=form.text,
        summary=form.summary or None,
        sensitive=form.sensitive,
        visibility=form.visibility,
        media_ids=tuple(chosen),
        origin_of_uploads=form.origin,
        client_key=f"tray:{form.client_key}" if form.client_key else None,
    )


async def _me(session: AsyncSession, me: Principal) -> Actor:
    actor = await actors.by_id(session, me.actor_id)
    if actor is None:
        raise Missing(NOT_THERE)
    return actor


async def _mine(session: AsyncSession, actor: Actor) -> list[Upload]:
    """What lies in the tray, in the order in which it came."""
    query = select(Upload).where(
        Upload.actor_id == actor.id, col(Upload.post_id).is_(None), Upload.state == UploadState.READY
    )
    return list(await session.exec(query.order_by(col(Upload.id)).limit(limits.POST_ATTACHMENTS)))


async def _tray(request: Request, context: Context, me: Principal, form: Form) -> Response:
    async with context.database.read() as session:
        tray = await _mine(session, await _me(session, me))
    values: dict[str, Any] = {
        "form": form,
        "tray": [_shown(context, upload, form) for upload in tray],
        "at_once": _AT_ONCE,
        "origins": [(value.value, words, hint) for value, words, hint in ORIGINS],
        "visibilities": [(value.value, words, hint) for value, words, hint in make_form.VISIBILITIES],
        "limits": {"text": limits.POST_TEXT_CHARS, "alt_text": limits.ALT_TEXT_CHARS, "summary": limits.NAME_CHARS},
    }
    return page(request, "bring.html", 200 if form.wrong is None else 422, busy=True, **values)


def _shown(context: Context, upload: Upload, form: Form) -> dict[str, Any]:
    return {
        "id": upload.id,
        "key": str(upload.id),
        "url": context.storage.url(upload.small_name or upload.file_name or ""),
        "width": upload.width or 1,
        "height": upload.height or 1,
        "colours": colours(upload.blurhash),
        "alt": form.alts.get(upload.id, upload.description),
        "taken": not form.taken or upload.id in form.taken,
        "claims_ai": upload.claims_ai,
    }
