"""Knocking: one request, signed otherwise when the first way is refused; a bounded number of times."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Protocol, Self, TypeVar

from fediverse_ai.core.http import Answer
from fediverse_ai.core.limits import KNOCKS


class Knock(Protocol):
    """One way to sign requests; `url` and `body` are what is asked for and sent."""

    def __call__(self, method: str, url: str, body: bytes | None) -> Mapping[str, str]: ...

    def next_knocks(self, url: str) -> Sequence[Self]:
        """Other ways, the best first."""
        ...

    def answering(self, accept_signature: str | None, body: bytes | None) -> Self | None:
        """The way that an Accept-Signature header asks for, if this is not it already."""
        ...

    def like(self, other: Self) -> Self:
        """This key, in the way of `other`."""
        ...


K = TypeVar("K", bound=Knock)


async def knock(
    way: K,
    url: str,
    body: bytes | None,
    send: Callable[[K], Awaitable[Answer]],
    *,
    refusals: Collection[int],
    counts: Callable[[int], bool],
) -> tuple[Answer, K, int]:
    """Send until the status is no refusal: as `way` signs, as the peer asks (RFC 9421 §5, once), then in other ways.

    (The answer that counts, the way that it was given to, the status of the first.) Where the last status does not
    count, that is the first answer: what came later may be about a way that the peer does not know at all.
    """
    first = await send(way)
    answer, tried, challenged, others = first, way, False, list(way.next_knocks(url))
    for _ in range(KNOCKS - 1):
        if answer.status not in refusals:
            break
        wished = None if challenged else tried.answering(answer.headers.get("accept-signature"), body)
        if wished is not None:
            tried, challenged = wished, True
        elif others:
            tried = others.pop(0)
        else:
            break
        answer = await send(tried)
    return (answer, tried, first.status) if counts(answer.status) else (first, way, first.status)
