"""Signed GET of a document by the instance actor -> Admitted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from cachetools import LRUCache

from fediverse_ai.activitypub.authority import Admitted, admit_fetched
from fediverse_ai.activitypub.document import Document, id_of, parse
from fediverse_ai.activitypub.knocking import Knock, knock
from fediverse_ai.activitypub.negotiation import is_activity_type
from fediverse_ai.activitypub.vocabulary import ACCEPT_ACTIVITY
from fediverse_ai.core.errors import Malformed, Nonsense, Unreachable, Vanished
from fediverse_ai.core.http import Answer, Budget, Http
from fediverse_ai.core.limits import FETCH_HOSTS_REMEMBERED
from fediverse_ai.core.urls import check_id, origin, same_origin

Signer = Callable[[], Awaitable[Knock]]

# Worth another try later: overload, rate limits, proxies whose server is away.
_PASSING: Final = frozenset({408, 425, 429})
# "I do not know who you are": sign it otherwise.
_UNKNOWN: Final = frozenset({401})


class Fetcher:
    """Fetches ActivityPub documents, each request signed by whom `signer` gives; that is asked anew for each.

    A 401 is answered with the same request signed otherwise; what a server took then is remembered for it. `own_origin`
    is our own origin: it is never asked over the network, and a document found elsewhere that claims an id there is
    refused (AUT-10). `welcome` is asked about every address before it is fetched, and raises for a server that is not
    to be asked (FED-08).
    """

    def __init__(
        self,
        http: Http,
        signer: Signer,
        *,
        own_origin: str | None = None,
        welcome: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._http = http
        self._signer = signer
        self._taken: LRUCache[str, Any] = LRUCache(FETCH_HOSTS_REMEMBERED)
        self._own_origin = own_origin
        self._welcome = welcome

    async def document(self, url: str, *, budget: Budget | None = None) -> Admitted:
        """The document whose id is `url`, or that the page at `url` names as its id (asked once more, rule D2).

        Raises Vanished (404, 410), Unreachable (may heal; with `retry_after`), Nonsense (not ActivityPub, not
        acceptable, or not what its id says), and what `welcome` raises.
        """
        answer = await self._get(url, budget)
        document = self._parse(answer)
        uri = id_of(document)
        if uri is not None and uri.partition("#")[0] != answer.url.partition("#")[0]:
            url = uri
            answer = await self._get(url, budget)
            document = self._parse(answer)
        try:
            return admit_fetched(document, url, answer.url)
        except Malformed as error:
            raise Nonsense("The other server's document cannot be used.", f"{url}: {error.detail}") from None

    async def _get(self, url: str, budget: Budget | None) -> Answer:
        url = url.partition("#")[0]
        try:
            check_id(url)
        except Malformed as error:
            raise Nonsense("The address cannot be asked.", error.detail) from None
        if self._own_origin is not None and same_origin(url, self._own_origin):
            raise Nonsense("We do not ask ourselves.", f"own id {url}")
        if self._welcome is not None:
            await self._welcome(url)
        answer = await self._knock(url, budget)
        _check_status(answer, url)
        if not is_activity_type(answer.headers.get("content-type", "")):
            raise Nonsense(
                "The other server sent no ActivityPub document.",
                f"{url}: content type {answer.headers.get('content-type', '')[:100]!r}",
            )
        return answer

    async def _knock(self, url: str, budget: Budget | None) -> Answer:
        server, way = origin(url), await self._signer()
        if server in self._taken:
            way = way.like(self._taken[server])

        async def send(sign: Knock) -> Answer:
            return await self._http.get(url, headers={"Accept": ACCEPT_ACTIVITY}, sign=sign, budget=budget)

        answer, taken, first_status = await knock(
            way, url, None, send, refusals=_UNKNOWN, counts=lambda status: status not in _UNKNOWN
        )
        if answer.status in _UNKNOWN:
            self._taken.pop(server, None)
        elif first_status in _UNKNOWN:
            self._taken[server] = taken
        return answer

    @staticmethod
    def _parse(answer: Answer) -> Document:
        try:
            return parse(answer.body)
        except Malformed as error:
            raise Nonsense("The other server's document cannot be read.", f"{answer.url}: {error.detail}") from None


def _check_status(answer: Answer, url: str) -> None:
    status = answer.status
    if status == 200:
        return
    if status in (404, 410):
        raise Vanished("It is not there (any more).", f"{url}: {status}", gone=status == 410)
    if status >= 500 or status in _PASSING:
        raise Unreachable(
            "The other server cannot answer now.", f"{url}: {status}", retry_after=retry_after(answer.headers)
        )
    raise Nonsense("The other server refused to answer.", f"{url}: {status}")


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Seconds of a Retry-After header, at most a day; None for a date or nonsense."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) <= 9:
        return min(int(value), 86_400)
    return None
