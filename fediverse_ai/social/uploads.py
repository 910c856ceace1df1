"""uploadMedia: a picture and the object that describes it, kept for a post to come or published at once."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.activitypub import document
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Malformed, Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.responses import ACTIVITY_JSON
from fediverse_ai.mastodon import parameters
from fediverse_ai.mastodon.parameters import File, Parameters
from fediverse_ai.social.doors import context_of, described, owner_of
from fediverse_ai.social.outbox import answer, carry_out, key_of
from fediverse_ai.social.reading import image
from outbox import drafting, uploads
from outbox.wish import ADDRESSES, read

# The description comes beside the file, in the same body.
_AROUND_BYTES = limits.FORM_BODY_BYTES
_TYPES = (None, "Image", "Document")


@described
async def upload(request: Request) -> Response:
    """`file` and `object` as multipart/form-data. An object with addresses is published: 201 with its Create.

    Without any it is kept for a day: 201 with the Image, whose id or url a post can attach. The kind of the file is
    found from its bytes, never from its name.
    """
    principal, actor = await owner_of(request, "write:media")
    context = context_of(request)
    context.part(RateLimiter).check(f"uploads:{actor.id}", limits.API_UPLOADS)
    sent = await parameters.read(request, body_bytes=context.config.media.max_upload_bytes + _AROUND_BYTES)
    file = sent.file("file")
    if file is None or not file.data:
        raise Malformed("Send the picture as the part `file` of multipart/form-data.")
    obj = _object(sent)
    inner = obj["object"] if isinstance(obj.get("object"), dict) else obj
    if document.type_of(inner) not in _TYPES:
        raise Unprocessable("Only pictures are taken here: `type` is Image.")
    wish = read({**obj, "type": "Image"} if inner is obj else obj, actor, key_of(request)) if _addressed(obj) else None
    picture = await uploads.admit(context, file.data)
    alt = drafting.plain(document.alt_text(inner, limits.CONTENT_CHARS) or sent.text("description") or "")
    async with context.database.write() as session:
        kept = await uploads.keep(session, actor, picture, description=alt)
    body = image(context, actor, kept)
    if wish is not None:
        wish.object["attachment"] = [{"id": body["id"], "name": alt}]
        return answer(await carry_out(context, principal, wish, actor))
    headers = {"Location": body["id"], "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(document.dump(body), 201, headers, media_type=ACTIVITY_JSON)


def _object(sent: Parameters) -> document.Document:
    """The part `object`, as a file or as text; an empty one where there is none."""
    part: File | None = sent.file("object")
    text = part.data if part is not None else (sent.text("object") or "").encode()
    return document.parse(text) if text.strip() else {}


def _addressed(obj: document.Document) -> bool:
    """Is it for somebody, or an activity by itself? Then it is to be published (and not only kept)."""
    return any(obj.get(name) for name in ADDRESSES) or isinstance(obj.get("object"), dict)
