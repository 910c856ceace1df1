"""Uploads of pictures: made ready while the app waits, described, and forgotten when no post takes them along."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Conflict, Missing, TooLarge, Unprocessable, Unsupported
from fediverse_ai.mastodon import answers, batches, parameters, people, status_entities
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.parameters import File, Parameters
from outbox import uploads
from outbox.belongings import Upload


async def create(request: Request) -> Response:
    """POST /api/v1/media and /api/v2/media: `file`, `description`, `focus`. Ready when it answers, so always 200."""
    context = context_of(request)
    asked = await parameters.read(
        request, body_bytes=context.config.media.max_upload_bytes + limits.UPLOAD_ENVELOPE_BYTES
    )
    file = asked.file("file")
    if file is None or not file.data:
        raise Unprocessable("Validation failed: File can't be blank")
    picture = await admitted(context, file)
    async with context.database.write() as session:
        owner = await people.myself(session, request)
        row = await uploads.keep(
            session, owner, picture, description=asked.text("description") or "", focus=focus_of(asked)
        )
    return _answer(context, row)


async def admitted(context: Context, file: File) -> uploads.Picture:
    """The picture in an uploaded file; what it is, is found from its bytes. Raises Unprocessable, TooLarge."""
    if len(file.data) > context.config.media.max_upload_bytes:
        raise TooLarge(f"The file is too large; the limit is {context.config.media.max_upload_bytes} bytes.")
    try:
        return await uploads.admit(context, file.data)
    except Unsupported as error:
        raise Unprocessable("Validation failed: File content type is invalid", error.detail) from error


def focus_of(asked: Parameters) -> tuple[float, float] | None:
    """`focus` as `x,y`; None for what are not two numbers."""
    parts = (asked.text("focus") or "").split(",")
    try:
        x, y = (float(part) for part in parts)
    except ValueError:
        return None
    return (x, y) if x == x and y == y else None


async def show(request: Request) -> Response:
    """GET /api/v1/media/{id}, which some apps ask for right after the upload"""
    context = context_of(request)
    async with context.database.read() as session:
        owner = await people.myself(session, request)
        row = await uploads.mine(session, owner, answers.path_id(request))
    return _answer(context, row)


async def change(request: Request) -> Response:
    """PUT /api/v1/media/{id}: description and focus, until a post has taken it along"""
    context = context_of(request)
    asked = await parameters.read(request)
    upload_id = answers.path_id(request)
    async with context.database.write() as session:
        owner = await people.myself(session, request)
        try:
            row = await uploads.describe(
                session, owner, upload_id, description=asked.text("description"), focus=focus_of(asked)
            )
        except Conflict as error:
            raise Missing(answers.NOT_FOUND, error.detail) from error
    return _answer(context, row)


async def delete(request: Request) -> Response:
    """DELETE /api/v1/media/{id}"""
    async with context_of(request).database.write() as session:
        owner = await people.myself(session, request)
        try:
            await uploads.remove(session, owner, answers.path_id(request))
        except Conflict as error:
            raise Unprocessable("Media attachment is currently used by a status", error.detail) from error
    return answers.answer({})


def _answer(context: Context, row: Upload) -> Response:
    look = batches.look_of(context, None)
    body = status_entities.upload(look, row)
    return answers.answer(body, 206 if body["url"] is None else 200)


ROUTES = [
    ApiDoor("/api/v1/media", create, needs="write:media", methods=["POST"], rate=limits.API_UPLOADS),
    ApiDoor("/api/v2/media", create, needs="write:media", methods=["POST"], rate=limits.API_UPLOADS),
    ApiDoor("/api/v1/media/{id}", show, needs="write:media"),
    ApiDoor("/api/v1/media/{id}", change, needs="write:media", methods=["PUT"]),
    ApiDoor("/api/v1/media/{id}", delete, needs="write:media", methods=["DELETE"]),
]
