"""The tree of errors: a sentence for the public, a detail for the log.

FediverseError
├── RequestError         somebody asked for what cannot be: a status and one public sentence
│   ├── Malformed 400 · Unauthenticated 401 · Forbidden 403 · Missing 404 · Gone 410
│   ├── Conflict 409 · TooLarge 413 · Unsupported 415 · Misdirected 421 · Unprocessable 422 · TooMany 429
│   └── Unavailable 503 · NoRoom 507
├── Elsewhere            another server failed
│   ├── Unreachable      no answer, or a passing fault: try again
│   ├── Vanished         404 or 410: it is not there (any more)
│   └── Nonsense         an answer that cannot be used, or an address that must not be asked: do not try again
└── Misconfigured        at start only; names the key and the cure
"""

from __future__ import annotations


class FediverseError(Exception):
    """Root of every error we raise. `public` may be shown to anybody, `detail` only to the log."""

    def __init__(self, public: str, detail: str | None = None) -> None:
        super().__init__(detail or public)
        self.public = public
        self.detail = detail or public


class RequestError(FediverseError):
    """The request cannot be served as asked; `status` is the HTTP status."""

    status: int = 400
    problem_type: str = "about:blank"
    """The `type` of the problem document, where there is a word for it."""

    def __init__(self, public: str, detail: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(public, detail)
        self.retry_after = retry_after
        self.headers: dict[str, str] = {}
        """Headers that go with the answer, such as what would be accepted instead."""


class Malformed(RequestError):
    status = 400


class Unauthenticated(RequestError):
    status = 401


class Forbidden(RequestError):
    status = 403


class Missing(RequestError):
    status = 404


class Conflict(RequestError):
    status = 409


class Gone(RequestError):
    status = 410


class TooLarge(RequestError):
    status = 413


class Unsupported(RequestError):
    status = 415


class Misdirected(RequestError):
    """For a host that is not ours."""

    status = 421


class Unprocessable(RequestError):
    status = 422


class TooMany(RequestError):
    status = 429


class Unavailable(RequestError):
    """We cannot answer now (a peer's key host timed out, we are overloaded): 503 with Retry-After."""

    status = 503


class NoRoom(Unavailable):
    """Nothing can be stored (the disk is full, or nearly): 507 with Retry-After. A job that meets it waits for room."""

    status = 507


class Elsewhere(FediverseError):
    """Another server failed us."""


class Unreachable(Elsewhere):
    """No answer or a passing fault; `retry_after` in seconds if the other side said so."""

    def __init__(self, public: str, detail: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(public, detail)
        self.retry_after = retry_after


class Vanished(Elsewhere):
    """404 or 410; `gone` is True for 410."""

    def __init__(self, public: str, detail: str | None = None, *, gone: bool = False) -> None:
        super().__init__(public, detail)
        self.gone = gone


class Nonsense(Elsewhere):
    """An unusable answer, or an address that must not be asked."""


class Misconfigured(FediverseError):
    """At start only: names the key and the cure."""
