"""The way from the world: each thing that proxies do wrong is done, and named by the doctor with what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import select

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.doctor import line, round_trip
from fediverse_ai.doctor.findings import Finding
from outbox.models import Attachment, Post
from tests.doctor.ward import UPLOAD_BYTES, Ward, ward

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ward]:
    async with ward(tmp_path_factory.mktemp("ward")) as made:
        yield made


@pytest.fixture(autouse=True)
def _well(home: Ward) -> None:
    home.proxy.well()


async def test_a_well_server_has_no_finding_and_is_looked_at_within_five_seconds(home: Ward) -> None:
    began = home.clock.monotonic()
    assert await home.look() == {}
    assert home.clock.monotonic() - began < 5


# Faults of the proxy -> name of the finding, its level, and what its cure speaks of.
FAULTS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "a server behind that is not reached": ({"status": 502}, "identity", "problem", "Let it pass requests to http://"),
    "another server": ({"status": 200}, "identity", "problem", "Correct DNS or the proxy"),
    "another page at our name": ({"status": 404}, "identity", "problem", "Correct DNS or the proxy"),
    "its own name instead of ours": ({"host": "127.0.0.1:1"}, "host", "problem", "proxy_set_header Host"),
    "the name of a container": ({"host": "app:8000"}, "host", "problem", "proxy_set_header Host"),
    "no query": ({"without_query": True}, "query", "problem", "pass the whole address on"),
    "a decoded path": ({"decodes": True}, "path", "problem", "proxy_pass` without a path"),
    "a size": ({"most": 100_000}, "body", "problem", "client_max_body_size"),
    "events held back": ({"buffers": True}, "stream", "problem", "proxy_buffering off"),
    "visitors who choose their address": ({"forges": True}, "visitors", "problem", "write X-Forwarded-For itself"),
    "another scheme": ({"proto": "https"}, "scheme", "advice", "X-Forwarded-Proto"),
    "no WebFinger": ({"closed": {"/.well-known/": 404}}, "webfinger", "problem", "/.well-known/webfinger"),
    "no actors": ({"closed": {"/users/": 403}}, "actor", "problem", "the Accept header"),
    "one cache for all": ({"caches": True}, "cache", "problem", "Vary: Accept"),
    "no Vary": ({"drops": frozenset({"vary"})}, "cache", "problem", "Vary: Accept"),
    "no inbox": ({"closed": {"/inbox": 403}}, "inbox", "problem", "POST to /inbox"),
    "bodies that it changes": ({"changes_bodies": True}, "signature", "problem", "Something between changes requests"),
    "its own robots.txt": ({"closed": {"/robots.txt": 404}}, "robots", "advice", "robots.txt"),
    "no wishes about training": ({"drops": frozenset({"x-robots-tag", "tdm-reservation"})}, "robots", "advice",
                                 "our headers"),
}  # fmt: skip


# Some of them at once, none of which hides another; the rest one by one.
TOGETHER = (
    ("a decoded path", "a size", "events held back", "visitors who choose their address", "another scheme",
     "no WebFinger", "no Vary", "bodies that it changes", "no inbox", "no wishes about training"),
    ("no query", "no actors", "its own robots.txt"),
    ("one cache for all",),
    *((name,) for name, (_, finding, *_rest) in FAULTS.items() if finding in ("identity", "host")),
)  # fmt: skip


@pytest.mark.parametrize("faults", TOGETHER, ids=lambda faults: faults[0])
async def test_faults_of_the_proxy_are_named_with_their_cures(home: Ward, faults: tuple[str, ...]) -> None:
    given: dict[str, Any] = {}
    for fault in faults:
        for field, value in FAULTS[fault][0].items():
            given[field] = given[field] | value if field in given else value
    await _named(home, given, faults)


async def test_none_is_left_out() -> None:
    assert sorted(name for group in TOGETHER for name in group) == sorted(FAULTS)


@pytest.mark.live
@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_is_named_when_it_is_the_only_one(home: Ward, fault: str) -> None:
    found = await _named(home, FAULTS[fault][0], [fault])
    # Without its query WebFinger knows nobody; a body that is changed is no longer the one that was signed.
    follows = {"query": {"webfinger"}, "signature": set(), "body": set()}
    name = FAULTS[fault][1]
    assert found.keys() <= {name} | follows.get(name, set()), found


async def _named(home: Ward, given: dict[str, Any], faults: Sequence[str]) -> dict[str, Finding]:
    for field, value in given.items():
        setattr(home.proxy, field, value)
    found = await home.look()
    for _changes, name, level, cure in (FAULTS[fault] for fault in faults):
        assert name in found, (name, found)
        assert (found[name].level, cure in found[name].cure) == (level, True), found[name]
    return found


async def test_the_size_that_is_cut_is_found(home: Ward) -> None:
    for most in (20_000, UPLOAD_BYTES - 1):
        home.proxy.most = most
        said = (await home.look())["body"].words
        told = float(said.partition("about ")[2].partition(" KiB")[0]) * 1024
        assert 0.85 * most <= told <= most + 1024, (most, said)
    home.proxy.most = UPLOAD_BYTES
    assert await home.look() == {}


async def test_a_robots_finding_says_what_is_lacking(home: Ward) -> None:
    home.proxy.drops = frozenset({"tdm-reservation"})
    assert (await home.look())["robots"].words.endswith("TDM-Reservation")


async def test_a_picture_that_does_not_come_is_named(home: Ward) -> None:
    post = await _picture(home)
    try:
        assert "pictures" not in await home.look()
        home.proxy.drops = frozenset({"x-content-type-options"})
        assert (await home.look())["pictures"].level == "advice"
        home.proxy.well()
        home.proxy.closed = {"/media/": 403}
        found = (await home.look())["pictures"]
        assert (found.level, "status 403" in found.words) == ("problem", True)
    finally:
        async with home.context.database.write() as session:
            await session.delete(await session.get(Post, post.id))


async def _picture(home: Ward) -> Post:
    context = home.context
    name = await context.storage.put(b"\xff\xd8\xff picture", ".jpg")
    post_id, now, base = context.ids.new(), context.clock.now_ms(), context.config.public_url
    async with context.database.write() as session:
        ann = (await session.exec(select(Actor).where(Actor.username == "ann"))).one()
        post = Post(id=post_id, uri=f"{base}/notes/{post_id}", local=True, author_id=ann.id, state="published",
                    visibility="public", created_ms=now, published_ms=now)  # fmt: skip
        session.add(post)
        await session.flush()
        session.add(Attachment(id=context.ids.new(), post_id=post_id, file=name, thumbnail=name, size=11))
    return post


async def test_nobody_listens(home: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line.Line, "handshake", _refused)
    found = await home.look()
    assert (found["reach"].level, "DNS, firewall and proxy" in found["reach"].cure) == ("problem", True)


async def _refused(_line: object) -> None:
    raise ConnectionRefusedError("Connect call failed")


async def test_a_proxy_that_never_answers_does_not_hold_the_doctor_up(
    home: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DOCTOR_LOOK_SECONDS: one question that hangs is a finding, and the others are answered."""
    monkeypatch.setattr(limits, "DOCTOR_LOOK_SECONDS", 0.8)
    monkeypatch.setattr(round_trip, "robots", _hang)
    began = home.clock.monotonic()
    found = await home.look()
    assert found["robots"].words == "no answer in time"
    assert home.clock.monotonic() - began < 4


async def _hang(way: Any) -> None:
    await way.context.clock.sleep(60)
