"""Fetching documents and asking WebFinger over real HTTP on loopback: AUT-03 to AUT-06, AUT-10, AUT-25, NET-13."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from actors.keys import RequestSigner
from fediverse_ai.activitypub import signatures, webfinger
from fediverse_ai.activitypub.fetch import Fetcher
from fediverse_ai.activitypub.webfinger import Finger, Handle
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import load
from fediverse_ai.core.errors import Nonsense, Unreachable, Vanished
from fediverse_ai.core.http import Http
from tests.support.peer import listening

KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
ACTIVITY = "application/activity+json; charset=utf-8"


class Site:
    """An ASGI application that answers from a table and remembers what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, str, bytes]] = {}
        self.asked: list[tuple[str, list[tuple[bytes, bytes]]]] = []
        self.refuses: Callable[[str, list[tuple[bytes, bytes]]], bool] = lambda target, headers: False
        self.origin = ""

    def page(self, path: str, body: Any, *, kind: str = ACTIVITY, status: int = 200) -> str:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.pages[path] = (status, kind, content)
        return self.origin + path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["raw_path"].decode()
        target = path + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
        self.asked.append((target, scope["headers"]))
        status, kind, content = self.pages.get(target) or self.pages.get(path) or (404, "text/plain", b"")
        if self.refuses(target, scope["headers"]):
            status, kind, content = 401, "text/plain", b""
        headers = [(b"content-type", kind.encode())]
        if status in (301, 302):
            headers.append((b"location", content))
        if status == 503:
            headers.append((b"retry-after", b"120"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    found = Site()
    async with listening(found) as port:
        found.origin = f"http://127.0.0.1:{port}"
        yield found


async def sign() -> RequestSigner:
    return RequestSigner("http://127.0.0.1:1/actor#main-key", KEY, SystemClock())


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    config = load(tmp_path, env={"FEDIVERSE_AI__SERVER__DEVELOPMENT": "true"})
    client = Http(config, SystemClock())
    yield client
    await client.close()


@pytest.fixture
async def good() -> AsyncIterator[Site]:
    async with site() as found:
        yield found


@pytest.fixture
async def evil() -> AsyncIterator[Site]:
    async with site() as found:
        yield found


def actor(uri: str, **members: Any) -> dict[str, Any]:
    return {"id": uri, "type": "Person", "inbox": uri + "/inbox", **members}


async def test_a_document_is_fetched_with_a_signature_that_verifies(http: Http, good: Site) -> None:
    uri = good.page("/u/bob", actor(f"{good.origin}/u/bob"))
    admitted = await Fetcher(http, sign).document(f"{uri}#main-key")
    assert (admitted.id, admitted.owner, admitted.how) == (uri, uri, "fetched")
    target, headers = good.asked[0]
    parsed = signatures.parse(headers)
    signatures.verify(
        parsed, method="GET", targets=[target], headers=headers, host=good.origin.removeprefix("http://"), body=None,
        public_key=KEY.public_key(), now=datetime.now(UTC),
    )  # fmt: skip
    accept = dict(headers)[b"accept"].decode()
    assert accept.startswith("application/activity+json, application/ld+json; profile=")


async def test_a_redirect_is_signed_anew_and_its_end_counts(http: Http, good: Site) -> None:
    uri = good.page("/u/bob", actor(f"{good.origin}/u/bob"))
    good.page("/@bob", uri.encode(), status=302)
    assert (await Fetcher(http, sign).document(f"{good.origin}/@bob")).id == uri
    assert [target for target, _ in good.asked] == ["/@bob", "/u/bob"]
    for target, headers in good.asked:
        signatures.verify(
            signatures.parse(headers), method="GET", targets=[target], headers=headers,
            host=good.origin.removeprefix("http://"), body=None, public_key=KEY.public_key(), now=datetime.now(UTC),
        )  # fmt: skip


async def test_another_id_is_asked_at_its_own_home(http: Http, good: Site, evil: Site) -> None:
    """AUT-03, AUT-06: of a foreign document only the id is taken; GoToSocial's key page works the same way."""
    uri = good.page("/u/bob", actor(f"{good.origin}/u/bob", name="Bob"))
    trap = evil.page("/x", actor(uri, name="Mallory"))
    assert (await Fetcher(http, sign).document(trap)).document["name"] == "Bob"
    stub = good.page("/u/bob/main-key", actor(uri, name="stub"))
    assert (await Fetcher(http, sign).document(stub)).document["name"] == "Bob"


async def test_an_id_that_does_not_answer_for_itself_is_refused(http: Http, good: Site, evil: Site) -> None:
    """AUT-05: an open redirect, and a chain of ids."""
    posing = actor(f"{good.origin}/out", name="Mallory")
    good.page("/out", evil.page("/actor", posing).encode(), status=302)
    with pytest.raises(Nonsense):
        await Fetcher(http, sign).document(f"{good.origin}/out")
    good.page("/1", actor(f"{good.origin}/2"))
    good.page("/2", actor(f"{good.origin}/3"))
    good.page("/3", actor(f"{good.origin}/3"))
    with pytest.raises(Nonsense):
        await Fetcher(http, sign).document(f"{good.origin}/1")


async def test_we_never_ask_ourselves(http: Http, good: Site, evil: Site) -> None:
    """AUT-10."""
    own = good.page("/users/ann", actor(f"{good.origin}/users/ann"))
    fetcher = Fetcher(http, sign, own_origin=good.origin)
    with pytest.raises(Nonsense):
        await fetcher.document(own)
    with pytest.raises(Nonsense):
        await fetcher.document(evil.page("/x", actor(own)))
    assert good.asked == []


@pytest.mark.parametrize(
    "kind",
    ["text/html", "application/json", "application/ld+json", "image/png", "application/activity+json; charset=utf-16"],
)
async def test_other_content_types_are_refused(http: Http, good: Site, kind: str) -> None:
    """AUT-04, NET-13."""
    uri = good.page("/u/bob", actor(f"{good.origin}/u/bob"), kind=kind)
    with pytest.raises(Nonsense):
        await Fetcher(http, sign).document(uri)


async def test_statuses(http: Http, good: Site) -> None:
    fetcher = Fetcher(http, sign)
    for status, gone in ((404, False), (410, True)):
        with pytest.raises(Vanished) as vanished:
            await fetcher.document(good.page("/x", b"", status=status))
        assert vanished.value.gone is gone
    for status in (500, 502, 503, 429, 408):
        with pytest.raises(Unreachable) as away:
            await fetcher.document(good.page("/x", b"", status=status))
        assert away.value.retry_after == (120 if status == 503 else None)
    for status in (400, 401, 403, 406, 418, 204):
        with pytest.raises(Nonsense):
            await fetcher.document(good.page("/x", b"", status=status))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"id":1,"id":2}', b"{}", b'{"id":"nonsense","type":"Person"}', b"<html></html>",
     b'{"id":["a","b"]}', b'{"type":"Note","id":"http://127.0.0.1:1/../x"}'],
)  # fmt: skip
async def test_garbled_documents_are_nonsense(http: Http, good: Site, body: bytes) -> None:
    with pytest.raises(Nonsense):
        await Fetcher(http, sign).document(good.page("/x", body))


async def test_documents_that_do_not_say_whose_they_are(http: Http, good: Site, evil: Site) -> None:
    fetcher = Fetcher(http, sign)
    for members in ({"attributedTo": f"{evil.origin}/u/mal"}, {"attributedTo": [1, 2]}, {"type": None}):
        note = {"type": "Note", "id": f"{good.origin}/n/1", **members}
        with pytest.raises(Nonsense):
            await fetcher.document(good.page("/n/1", note))


async def test_a_peer_that_verifies_the_path_alone_is_asked_again(http: Http, good: Site) -> None:
    def path_only(target: str, headers: list[tuple[bytes, bytes]]) -> bool:
        text = signatures.signing_string(signatures.parse(headers), "GET", target.partition("?")[0], headers)
        value = signatures.parse(headers).signature
        try:
            KEY.public_key().verify(value, text, signatures.PKCS1v15(), signatures.SHA256())
        except signatures.InvalidSignature:
            return True
        return False

    good.refuses = path_only
    uri = good.page("/?author=1", actor(f"{good.origin}/?author=1"))
    assert (await Fetcher(http, sign).document(uri)).id == uri
    assert len(good.asked) == 2


@pytest.mark.parametrize(
    "url", ["", "nonsense", "ftp://a.test/", "http://a.test", "http://x@a.test/", "http://a.test/../"]
)
async def test_addresses_that_cannot_be_asked(http: Http, url: str) -> None:
    with pytest.raises(Nonsense):
        await Fetcher(http, sign).document(url)


def jrd(subject: str, *hrefs: str, kind: str = "application/activity+json") -> dict[str, Any]:
    return {"subject": subject, "links": [{"rel": "self", "type": kind, "href": href} for href in hrefs]}


async def ask(http: Http, where: Site, name: str = "bob") -> Finger:
    return await webfinger.finger(http, name, where.origin.removeprefix("http://"), scheme="http")


PATH = "/.well-known/webfinger"


async def test_a_name_is_resolved(http: Http, good: Site) -> None:
    host = good.origin.removeprefix("http://")
    good.page(PATH, jrd(f"acct:Bob@{host}", f"{good.origin}/u/bob"), kind="application/jrd+json")
    assert await ask(http, good) == Finger(f"{good.origin}/u/bob", Handle("Bob", host))
    assert good.asked[0][0] == f"{PATH}?resource=acct:bob@{host}"


async def test_a_name_that_moved_is_asked_for_at_its_new_home(http: Http, good: Site, evil: Site) -> None:
    """AUT-24: who claims a subject elsewhere is believed only if that host agrees."""
    there = evil.origin.removeprefix("http://")
    good.page(PATH, jrd(f"acct:bob@{there}", f"{good.origin}/u/bob"))
    evil.page(PATH, jrd(f"acct:bob@{there}", f"{evil.origin}/u/real"))
    assert (await ask(http, good)).actor_uri == f"{evil.origin}/u/real"
    evil.page(PATH, jrd(f"acct:other@{there}", f"{good.origin}/u/bob"))
    with pytest.raises(Nonsense):
        await ask(http, good)


async def test_answers_that_name_no_actor(http: Http, good: Site) -> None:
    """AUT-25."""
    subject = f"acct:bob@{good.origin.removeprefix('http://')}"
    one, two = f"{good.origin}/u/1", f"{good.origin}/u/2"
    for answer in (
        jrd(subject),
        jrd(subject, one, two),
        jrd(subject, one, kind="text/html"),
        jrd(subject, "javascript:alert(1)"),
        jrd("", one),
        jrd("bob", one),
        {"links": [{"rel": "self", "type": "application/activity+json", "href": one}]},
        {"subject": subject, "links": "x"},
        [],
    ):
        good.page(PATH, answer)
        with pytest.raises(Nonsense):
            await ask(http, good)
    good.page(PATH, jrd(subject, one, one))
    assert (await ask(http, good)).actor_uri == one


async def test_statuses_of_webfinger(http: Http, good: Site) -> None:
    for status, kind in ((404, Vanished), (410, Vanished), (500, Unreachable), (429, Unreachable), (400, Nonsense)):
        good.page(PATH, b"", status=status)
        with pytest.raises(kind):
            await ask(http, good)
