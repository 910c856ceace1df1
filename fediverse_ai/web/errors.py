"""Errors as pages: what happened, and what to do."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.errors import FediverseError
from fediverse_ai.core.responses import status_of
from fediverse_ai.core.texts import _, marked, ngettext
from fediverse_ai.web import sign_in
from fediverse_ai.web.rendering import me_of, page

HEADINGS = {
    400: marked("That request made no sense here"),
    401: marked("Sign in first"),
    403: marked("This is not yours to do"),
    404: marked("Nothing hangs here"),
    405: marked("Not this way"),
    409: marked("That collides with something"),
    410: marked("It was taken down"),
    413: marked("That is too large"),
    415: marked("This address takes something else"),
    422: marked("That cannot be done"),
    429: marked("A little slower, please"),
    500: marked("Something broke on our side"),
    502: marked("Another server did not answer well"),
    503: marked("Too busy just now"),
}
OURS = marked("It is noted in the server’s log. Trying again in a moment may help.")
MISTYPED = marked("The address may be mistyped, or the page may have moved.")


def wants_page(request: Request) -> bool:
    """Whether the asker reads HTML: a browser says so; a peer, an app or curl does not."""
    accept = request.headers.get("accept", "")
    return "text/html" in accept or "application/xhtml+xml" in accept


def error_page(request: Request, error: FediverseError) -> Response:
    """The page of an error; a stranger who may come in after signing in gets the sign-in form instead."""
    retry_after = getattr(error, "retry_after", None)
    return status_page(request, status_of(error), error.public, retry_after)


def status_page(request: Request, status: int, sentence: str = "", retry_after: int | None = None) -> Response:
    """An error page by its HTTP status, for errors that are not ours (routing) or that nobody foresaw."""
    if status == 401 and request.method == "GET" and me_of(request) is None:
        goal = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return sign_in.form(
            request, status=401, goal=goal, sentence=_("The page you asked for is for signed-in people.")
        )
    answer = page(
        request,
        "error.html",
        status,
        kept=False,
        number=status,
        heading=_(HEADINGS[status]) if status in HEADINGS else _("That did not work"),
        sentence=_(sentence or (OURS if status >= 500 else MISTYPED)),
        retry_words=_wait_words(retry_after),
    )
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def _wait_words(seconds: int | None) -> str:
    if seconds is None:
        return ""
    if seconds < 90:
        return ngettext("Try again in %(num)d second.", "Try again in %(num)d seconds.", seconds) % {"num": seconds}
    minutes = round(seconds / 60)
    return ngettext("Try again in %(num)d minute.", "Try again in %(num)d minutes.", minutes) % {"num": minutes}
