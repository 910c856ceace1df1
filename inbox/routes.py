"""POST inbox and shared inbox."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from actors import queries
from actors.stops import Scope, StopSwitch
from fediverse_ai.activitypub import challenges
from fediverse_ai.activitypub.negotiation import is_activity_type
from fediverse_ai.core import limits
from fediverse_ai.core.access import Door
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing, RequestError, Unauthenticated, Unsupported
from fediverse_ai.core.log import auth_failed, get, wordy
from fediverse_ai.core.metrics import Count
from fediverse_ai.core.responses import read_body
from inbox.receive import receive

log = get(__name__)

ARRIVED = Count(
    "inbox_requests", "Activities posted to our inboxes, by how the door answered.",
    answer=("accepted", "unsigned", "forbidden", "malformed", "too_many", "unavailable", "refused"),
)  # fmt: skip
_ANSWERS = {400: "malformed", 401: "unsigned", 403: "forbidden", 429: "too_many", 503: "unavailable"}

KEY_ID = re.compile(r'\bkeyid="([^"]*)"', re.IGNORECASE)


async def shared(request: Request) -> Response:
    """One inbox for everybody here: who it is for is in the activity."""
    context: Context = request.app.state.context
    told: dict[str, str] = {}
    await context.part(StopSwitch).require(Scope.FEDERATION)
    try:
        if not is_activity_type(request.headers.get("content-type", "")):
            raise Unsupported("Send application/activity+json.")
        body = await read_body(request, limits.INBOX_BODY_BYTES)
        await receive(context, request, body, told)
    except RequestError as error:
        if isinstance(error, Unauthenticated):
            error.headers[challenges.HEADER] = challenges.ask(body=True)
            auth_failed(request.client.host if request.client else None, "inbox")
        ARRIVED.add(_ANSWERS.get(error.status, "refused"))
        log.info("inbox_refused", status=error.status, detail=error.detail, key=_claimed_key(request), **told)
        raise
    ARRIVED.add("accepted")
    if wordy():
        log.debug("inbox_accepted", **told)
    return Response(status_code=202)


def _claimed_key(request: Request) -> str | None:
    """The keyId that the request names, believed or not; for the log only."""
    header = request.headers.get("signature-input") or request.headers.get("signature") or ""
    named = KEY_ID.search(header[: limits.RECEIVE_HEAD_BYTES])
    return named[1][: limits.LOGGED_CHARS] if named else None


async def personal(request: Request) -> Response:
    context: Context = request.app.state.context
    async with context.database.read() as session:
        owner = await queries.local_by_name(session, request.path_params["name"])
    if owner is None or owner.deleted_ms is not None:
        raise Missing("There is no such inbox.")
    return await shared(request)


ROUTES = [
    Door("/inbox", shared, methods=["POST"], needs="signature"),
    Door("/users/{name}/inbox", personal, methods=["POST"], needs="signature"),
    Door("/actor/inbox", shared, methods=["POST"], needs="signature"),
    # The same doors for those who write a slash behind: a redirect would lose the delivery, nobody follows one.
    Door("/inbox/", shared, methods=["POST"], needs="signature"),
    Door("/users/{name}/inbox/", personal, methods=["POST"], needs="signature"),
    Door("/actor/inbox/", shared, methods=["POST"], needs="signature"),
]
