"""Answers of the API: JSON, errors, dates, ids, and the Link header by which apps turn pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import FediverseError, Missing
from fediverse_ai.core.responses import status_of
from outbox.cursors import LARGEST_ID, Cursor

Json = dict[str, Any]

NOT_FOUND = "Record not found"
# Answers depend on who asks (D14).
_HEADERS = {
    "Cache-Control": "private, no-store",
    "Vary": "Authorization, Origin",
    "X-Content-Type-Options": "nosniff",
}
_CURSORS = ("max_id", "since_id", "min_id")


def is_api(path: str) -> bool:
    """Are errors at this path answered in the form of this API? The addresses of ActivityPub clients are not."""
    return path.startswith("/api/") and not path.startswith("/api/ap/")


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Anything as JSON."""
    return Response(
        orjson.dumps(body), status, _HEADERS | (headers or {}), media_type="application/json; charset=utf-8"
    )


def failed(error: FediverseError) -> Response:
    """`{"error": …}` with the public sentence; the detail stays in the log."""
    status = status_of(error)
    headers: dict[str, str] = {}
    retry_after = getattr(error, "retry_after", None)
    if retry_after is None and status == 503:
        retry_after = 30
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="api", error="invalid_token"'
    return answer({"error": error.public}, status, headers)


def moment(ms: int) -> str:
    """Epoch milliseconds with exactly three digits of fraction and Z: several apps read no other form."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def day(ms: int) -> str:
    """The date alone, as `last_status_at` has it."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")


def id_of(text: object) -> int | None:
    """One of our ids as apps send it: decimal digits; None for anything else."""
    if isinstance(text, bool) or not isinstance(text, str | int):
        return None
    digits = str(text).strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None


def path_id(request: Request, name: str = "id") -> int:
    """The id in the path. Raises Missing for what cannot be one."""
    found = id_of(request.path_params[name])
    if found is None or found > LARGEST_ID:
        raise Missing(NOT_FOUND)
    return found


def cursor(request: Request, default: int = 20, most: int = 40) -> Cursor:
    """The cursor of the query string; what is no id is ignored, a limit beyond `most` is cut silently."""
    asked = id_of(request.query_params.get("limit"))
    values = {name: id_of(request.query_params.get(name)) for name in _CURSORS}
    bounded = {name: min(value, LARGEST_ID) for name, value in values.items() if value is not None}
    return Cursor(min(default if asked is None else max(asked, 1), most), **bounded)


def page(
    request: Request,
    body: Sequence[Any],
    ids: Sequence[int],
    at: Cursor,
    *,
    more: bool | None = None,
) -> Response:
    """A list with its Link header. `ids` are the cursors of the rows that were read, newest first, which may be more
    than `body`, where some were left out: apps trust `next`, not the length. `more` says whether there may be older.
    """
    links = []
    if ids:
        older = len(ids) >= at.limit if more is None else more
        if older or at.forward:
            links.append(f'<{_address(request, "max_id", ids[-1])}>; rel="next"')
        links.append(f'<{_address(request, "min_id", ids[0])}>; rel="prev"')
    return answer(list(body), headers={"Link": ", ".join(links)} if links else None)


def _address(request: Request, name: str, value: int) -> str:
    """This request's own address, absolute and under our public name, with another cursor."""
    context: Context = request.app.state.context
    kept = [(key, text) for key, text in request.query_params.multi_items() if key not in _CURSORS]
    return f"{context.config.public_url}{request.url.path}?{urlencode([*kept, (name, str(value))])}"
