"""Parsing (PAR-…): odd JSON, odd values, odd requests, truly signed, through the real route. Never a 5xx."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from sqlmodel import select

from fediverse_ai.core import limits
from inbox.models import Received
from outbox.models import Attachment
from tests.inbox.stage import Document, Stage, stage_in
from tests.support.house import House, house
from tests.support.rooms import settle

pytestmark = pytest.mark.asyncio(loop_scope="module")

_serial = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def crowd(shared: Stage, request: pytest.FixtureRequest) -> Stage:
    """A stage that many tests share, with a bob of their own, so that none of them meets the rate for one actor."""
    peer = shared.good if "of_a_note" in request.node.name else shared.evil
    made = replace(shared, bob=peer.actor(f"bob{next(_serial)}"))
    await made.row_of(made.bob)
    return made


def _with(raw: str) -> Callable[[Document], bytes]:
    return lambda activity: (json.dumps(activity)[:-1] + f", {raw}}}").encode("utf-8", "surrogatepass")


# Beyond those of `tests/journeys/test_forgery.py`.
MALFORMED: dict[str, Callable[[Document], bytes]] = {
    "null": lambda _: b"null",
    "number": lambda _: b"42",
    "two documents": lambda activity: json.dumps(activity).encode() * 2,
    "trailing garbage": lambda activity: json.dumps(activity).encode() + b" x",
    "UTF-32": lambda activity: json.dumps(activity).encode("utf-32"),
    "invalid UTF-8": lambda activity: json.dumps(activity).encode()[:-1] + b', "n": "\xff"}',
    "lone surrogate": _with(r'"n": "\ud800"'),
    "lone surrogate in a name": _with(r'"\ud800": 1'),
    "NUL": _with(r'"n": "a\u0000b"'),
    "Infinity": _with('"n": -Infinity'),
    "1e400": _with('"n": 1e400'),
    "2^53+1": _with('"n": 9007199254740993'),
    "2^63": _with('"n": 9223372036854775808'),
    "5000 digits": _with('"n": ' + "9" * 5_000),
    "a member twice, inside": _with('"n": {"a": 1, "a": 2}'),
    "deep objects": _with('"n": ' + '{"a":' * 40 + "1" + "}" * 40),
    "wide object": _with(",".join(f'"k{number}": 1' for number in range(10_001))),
    "many lists": _with('"n": [' + ",".join(["[" + ",".join(["[]"] * 900) + "]"] * 12) + "]"),
    "long text": _with('"n": "' + "x" * 70_000 + '"'),
    "@included": _with('"@included": []'),
    "@reverse inside": _with('"tag": {"@reverse": {}}'),
    "@nest": _with('"@nest": {"actor": "x"}'),
    "@id beside id": _with('"@id": "https://good.test/u/bob"'),
    "@type beside type": _with('"@type": "Delete"'),
    "a context that renames": lambda activity: json.dumps(
        {**activity, "@context": [activity["@context"], {"actor": "https://evil.test/other"}]}
    ).encode(),
    "id of 10 kB": lambda activity: json.dumps({**activity, "id": activity["id"] + "x" * 10_000}).encode(),
    "id with a default port": lambda activity: json.dumps({**activity, "id": "https://evil.test:443/a"}).encode(),
    "id with capitals": lambda activity: json.dumps(
        {**activity, "id": activity["id"].replace("http", "HTTP")}
    ).encode(),
    "id with a blank": lambda activity: json.dumps({**activity, "id": activity["id"] + " "}).encode(),
    "id with a newline": lambda activity: json.dumps({**activity, "id": activity["id"] + "\n"}).encode(),
    "id in another alphabet": lambda activity: json.dumps({**activity, "id": activity["id"] + "ä"}).encode(),
    "id with an escaped letter": lambda activity: json.dumps({**activity, "id": activity["id"] + "%61"}).encode(),
    "actor with a user": lambda activity: json.dumps({**activity, "actor": "http://a@127.0.0.1/u"}).encode(),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_malformed_documents_get_400(stage: Stage, name: str) -> None:
    """PAR-01 to PAR-06, PAR-08, PAR-18 to PAR-20."""
    activity = stage.mal.activity("Follow", stage.alice.uri)
    body = MALFORMED[name](activity)
    before, begun = stage.home.dump(), time.process_time()
    answer = await stage.mal.deliver(stage.home.inbox, body)
    assert answer.status_code == 400, answer.text
    assert time.process_time() - begun < 0.5
    assert stage.home.dump() == before


VALUES: list[Any] = [
    None, True, -1, 1.5, "", [], {}, [["x"]], {"@list": ["x"]}, {"id": 5}, "x" * 60_000,
    {"type": [], "actor": {"@id": [1]}}, "javascript:alert(1)", [{}] * 200, "https://[::1",
    {"url": {"href": {"href": 1}}},
]  # fmt: skip
NOTE_PROPERTIES = (
    "type", "content", "contentMap", "summary", "attributedTo", "to", "cc", "tag", "attachment", "url", "inReplyTo",
    "published", "updated", "sensitive", "replies", "context", "conversation", "quote", "quoteUrl", "name", "source",
    "interactionPolicy", "likes", "shares", "icon", "image", "oneOf",
)  # fmt: skip
ACTOR_PROPERTIES = (
    "type", "name", "summary", "preferredUsername", "inbox", "outbox", "followers", "endpoints", "icon", "image",
    "url", "published", "alsoKnownAs", "movedTo", "tag", "attachment", "manuallyApprovesFollowers", "publicKey",
    "assertionMethod", "webfinger", "featured",
)  # fmt: skip
ACTIVITY_PROPERTIES = ("object", "to", "cc", "target", "published", "content", "result", "instrument", "@context")


async def _survives(stage: Stage, kind: str, documents: list[Document]) -> None:
    """All of them are answered below 500, handled, and nothing is left to be tried again."""
    bodies = [json.dumps(made).encode() for made in documents]
    answers = await asyncio.gather(*(stage.bob.deliver(stage.home.inbox, body) for body in bodies))
    for body, answer in zip(bodies, answers, strict=True):
        assert answer.status_code in (202, 400), (kind, body, answer.text)
    await settle(stage.home)
    async with stage.home.context.database.read() as session:
        mine = select(Received).where(Received.sender_uri == stage.bob.uri, Received.state.in_(["stored", "failed"]))
        assert [(row.body, row.detail) for row in await session.exec(mine)] == []


@pytest.mark.parametrize("name", NOTE_PROPERTIES)
async def test_any_value_of_any_property_of_a_note(crowd: Stage, name: str) -> None:
    """PAR-07, PAR-14, PAR-22."""
    await crowd.follow(crowd.bob)
    await _survives(crowd, name, [crowd.bob.create({**crowd.bob.note("<p>x</p>"), name: value}) for value in VALUES])


@pytest.mark.parametrize("name", ACTOR_PROPERTIES)
async def test_any_value_of_any_property_of_an_actor(crowd: Stage, name: str) -> None:
    """PAR-07."""
    made = [crowd.bob.activity("Update", {**crowd.bob.document(), name: value}) for value in VALUES]
    await _survives(crowd, name, made)


@pytest.mark.parametrize("name", ACTIVITY_PROPERTIES)
async def test_any_value_of_any_property_of_an_activity(crowd: Stage, name: str) -> None:
    """PAR-07."""
    kinds = ("Follow", "Undo", "Accept", "Like", "Announce", "Delete", "Move", "Flag", "Block", "Add", "QuoteRequest")
    values = VALUES[:: 2 if name == "object" else 4]
    made = [{**crowd.bob.activity(kind, crowd.alice.uri), name: value} for kind in kinds for value in values]
    await _survives(crowd, name, made)


async def test_no_script_address_is_kept(stage: Stage) -> None:
    """PAR-17: in every place of a Note that becomes a link or a picture."""
    await stage.follow(stage.bob)
    schemes = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", " data:text/html,x", "vbscript:x", "file:///etc/passwd"]
    for scheme in [*schemes, "java\tscript:alert(1)", "&#106;avascript:x"]:
        note = stage.bob.note(
            f'<p><a href="{scheme}">x</a><img src="{scheme}"></p>',
            url=[scheme, {"type": "Link", "href": scheme, "mediaType": "text/html"}],
            attachment=[{"type": "Image", "url": scheme, "mediaType": "image/png", "href": scheme}],
            tag=[{"type": "Mention", "href": scheme, "name": "@x"}, {"type": "Hashtag", "href": scheme, "name": "#x"}],
            icon={"type": "Image", "url": scheme},
        )
        await stage.receive(stage.bob, stage.bob.create(note))
        post = await stage.post_of(note)
        pictures = await stage.home.rows(Attachment, post_id=post.id)
        shown = json.dumps([post.content, post.url, post.mentions, [picture.url for picture in pictures]]).lower()
        assert not re.search(r"script:|data:|file:|\"java", shown.replace("\\t", "")), shown


@pytest.mark.parametrize(
    "content_type",
    ["application/activity+json; charset=utf-16", "text/plain", "application/json", "application/ld+json",
     'application/ld+json; profile="https://evil.test/as"', "application/activity+json, text/html", "image/svg+xml"],
)  # fmt: skip
async def test_content_types(stage: Stage, content_type: str) -> None:
    """PAR-23."""
    before = stage.home.dump()
    follow = stage.mal.activity("Follow", stage.alice.uri)
    answer = await stage.mal.deliver(stage.home.inbox, follow, headers={"content-type": content_type})
    assert answer.status_code == 415, answer.text
    assert stage.home.dump() == before


@pytest.mark.parametrize("path", ["/inbox/", "/inbox%2f", "/users/alice/inbox/", "/actor/inbox/"])
async def test_a_slash_behind_the_inbox_is_the_same_door(stage: Stage, path: str) -> None:
    """PAR-24: no redirect, which nobody would follow; the signature is over the address that was asked."""
    path = path.replace("alice", stage.alice.username)
    unsigned = await stage.mal.peer.client.post(
        stage.home.origin + path, content=b"{}", headers={"content-type": "application/activity+json"}
    )
    assert unsigned.status_code == 400
    for signed, status in ((path, 202), (path.removesuffix("/").removesuffix("%2f"), 401)):
        url, body = stage.home.origin + path, json.dumps(stage.mal.activity("Follow", stage.alice.uri)).encode()
        headers = stage.mal.sign("POST", stage.home.origin + signed, body)
        assert (await stage.mal.peer.client.post(url, content=body, headers=headers)).status_code == status


@pytest.mark.parametrize("path", ["/inbox//", "/inbox;x", "/inbox.json", "//inbox", "/INBOX"])
async def test_paths_beside_the_inbox_take_nothing(stage: Stage, path: str) -> None:
    """PAR-24, SIG-26."""
    before = stage.home.dump()
    answer = await stage.mal.deliver(stage.home.origin + path, stage.mal.activity("Follow", stage.alice.uri))
    # A slash too many is pointed to the right address; the signature does not hold there.
    assert answer.status_code in (404, 405, 307), answer.text
    assert stage.home.dump() == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE"])
async def test_methods_of_the_inbox(stage: Stage, method: str) -> None:
    """PAR-24: a header cannot make another method of it."""
    headers = {"x-http-method-override": "POST", "accept": "application/activity+json"}
    answer = await stage.home.client.request(method, "/inbox", headers=headers)
    assert answer.status_code in (404, 405), answer.text


async def test_a_clique_of_blank_nodes_costs_nothing(stage: Stage) -> None:
    """PAR-10, F1: seven nodes would keep a canonicaliser busy for 23 s."""
    names = [f"_:b{number}" for number in range(8)]
    clique = [{"id": one, "object": [{"id": other} for other in names if other != one]} for one in names]
    follow = {**stage.mal.activity("Follow", stage.alice.uri), "tag": clique, "signature": {"type": "RsaSignature2017"}}
    begun = time.process_time()
    await stage.receive(stage.mal, follow)
    assert time.process_time() - begun < 2


async def test_names_that_look_like_others_are_no_local_names(stage: Stage) -> None:
    """PAR-15, PAR-28: not made, and not found under the name that they resemble."""
    name, host = stage.alice.username, stage.home.origin.partition("://")[2]
    for odd in (name.replace("a", "\u0430"), name + "\n", name + "\u200d", "\uff41" + name[1:], name + "\u0301", "İ"):
        odd = quote(odd)
        for path in (f"/users/{odd}", f"/.well-known/webfinger?resource=acct:{odd}@{host}"):
            answer = await stage.home.client.get(path, headers={"accept": "application/activity+json"})
            assert answer.status_code in (400, 404), (odd, answer.text)


async def test_display_names_are_bounded_and_plain(stage: Stage) -> None:
    """PAR-16, PAR-20: marks without end, breaks, markup and invisible turns of the writing direction."""
    for name in (
        "x" * 60_000,
        "a" + "\u0301" * 10_000,
        "<b>x</b><script>y</script>",
        "a\nb\r\tc",
        "x\u202eadmin\u202c\u2066",
    ):
        made = {**stage.bob.document(), "name": name}
        await stage.receive(stage.bob, stage.bob.activity("Update", made))
        shown = (await stage.row_of(stage.bob)).name
        assert 0 < len(shown) <= limits.NAME_CHARS
        assert not set(shown) & set("<>\n\r\t\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), ascii(shown[:50])


async def test_sizes_out_of_range_are_dropped(stage: Stage) -> None:
    """PAR-22."""
    await stage.follow(stage.bob)
    odd = {"blurhash": "x" * 10_000, "width": -1, "height": 10**12, "focalPoint": [9, -9e9], "duration": "P9999Y"}
    picture = {"type": "Image", "url": "https://evil.test/a.png", "mediaType": "image/png", **odd}
    note = stage.bob.note(
        "<p>x</p>", attachment=[picture, {**picture, "focalPoint": ["a", None], "blurhash": "\u0661" * 9}]
    )
    await stage.receive(stage.bob, stage.bob.create(note))
    pictures = await stage.home.rows(Attachment, post_id=(await stage.post_of(note)).id)
    assert [(one.blurhash, one.width, one.height) for one in pictures] == [(None, None, None)] * 2
    assert all(-1 <= number <= 1 for one in pictures for number in (one.focus_x, one.focus_y))
