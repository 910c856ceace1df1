"""Changing one's own profile: names, fields, flags, portrait and banner."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import TooLarge, Unprocessable, Unsupported
from fediverse_ai.mastodon import accounts, answers, parameters, people, preferences
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.parameters import Parameters
from generation.copies import copy
from generation.pipeline import Pipeline
from outbox import profile

SIDES = {
    "avatar": (limits.REMOTE_AVATAR_SIDE_PIXELS, limits.REMOTE_AVATAR_SMALL_PIXELS),
    "header": (limits.REMOTE_HEADER_SIDE_PIXELS, limits.THUMBNAIL_SIDE_PIXELS),
}
COLUMNS = {"avatar": "icon_url", "header": "image_url"}


async def change(request: Request) -> Response:
    """PATCH /api/v1/accounts/update_credentials"""
    context = context_of(request)
    asked = await parameters.read(
        request, body_bytes=2 * context.config.media.max_upload_bytes + limits.UPLOAD_ENVELOPE_BYTES
    )
    changes = _changes(asked)
    for kind in SIDES:
        file = asked.file(kind)
        if file is not None and file.data:
            changes[COLUMNS[kind]] = await portrait(context, kind, file.data)
    async with context.database.write() as session:
        actor = await people.myself(session, request)
        account = await preferences.account_of(session, actor.id)
        if account is not None:
            preferences.change(account, asked.section("source"))
            session.add(account)
        if changes:
            await profile.edit(session, actor, changes)
        await session.flush()
        body = await accounts.credentials(session, context, actor)
    return answers.answer(body)


def _changes(asked: Parameters) -> dict[str, Any]:
    """What `actors.local.edit` takes. Raises Unprocessable for what is too long."""
    found: dict[str, Any] = {}
    for theirs, ours, most in (
        ("display_name", "name", limits.NAME_CHARS),
        ("note", "summary", limits.BIO_CHARS),
    ):
        written = asked.text(theirs)
        if written is not None:
            if len(written) > most:
                raise Unprocessable(f"Validation failed: {theirs} is too long (maximum is {most} characters)")
            found[ours] = written.strip()
    for theirs, ours in (
        ("locked", "manually_approves"),
        ("discoverable", "discoverable"),
        ("indexable", "indexable"),
        ("bot", "bot"),
    ):
        flag = asked.flag(theirs)
        if flag is not None:
            found[ours] = flag
    if asked.has("fields_attributes"):
        rows = [(row.text("name") or "", row.text("value") or "") for row in asked.sections("fields_attributes")]
        kept = [(name.strip(), value.strip()) for name, value in rows if name.strip() and value.strip()]
        found["fields"] = [
            (name[: limits.NAME_CHARS], value[: limits.NAME_CHARS]) for name, value in kept[: limits.PROFILE_FIELDS]
        ]
    return found


async def portrait(context: Context, kind: str, data: bytes) -> str:
    """The address of a portrait or banner, rebuilt in the sandbox like every picture that comes from outside."""
    if len(data) > context.config.media.max_upload_bytes:
        raise TooLarge(f"The file is too large; the limit is {context.config.media.max_upload_bytes} bytes.")
    side, small = SIDES[kind]
    try:
        made = await copy(context.part(Pipeline).sandbox, data, side=side, small=small)
    except Unsupported as error:
        raise Unprocessable("Validation failed: File content type is invalid", error.detail) from error
    return context.storage.url(await context.storage.put(made.data, ".jpg"))


def _without(kind: str) -> Any:
    async def remove(request: Request) -> Response:
        context = context_of(request)
        async with context.database.write() as session:
            actor = await people.myself(session, request)
            await profile.edit(session, actor, {COLUMNS[kind]: None})
            body = await accounts.credentials(session, context, actor)
        return answers.answer(body)

    remove.__name__ = f"remove_{kind}"
    return remove


ROUTES = [
    ApiDoor("/api/v1/accounts/update_credentials", change, needs="write:accounts", methods=["PATCH"]),
    ApiDoor("/api/v1/profile/avatar", _without("avatar"), needs="write:accounts", methods=["DELETE"]),
    ApiDoor("/api/v1/profile/header", _without("header"), needs="write:accounts", methods=["DELETE"]),
]
