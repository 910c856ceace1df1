"""Signatures and keys (SIG-…): what `tests/journeys/test_forgery.py` leaves open, through the real route."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
import structlog
from starlette.routing import Route

from actors import keys
from actors.authentication import Authenticator
from actors.models import Actor, Key
from actors.skew import ClockWatch
from fediverse_ai.core import limits
from fediverse_ai.core.gate import Gate
from fediverse_ai.wiring import ROUTES
from outbox.models import Post, PostState
from tests.inbox.stage import Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON, Answer, public_pem, rsa_key
from tests.support.rooms import published

AS_EVER = keys._generate

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


def signed_posts() -> list[str]:
    """Every route of the server that takes a POST of other servers."""
    return sorted(
        route.path
        for route in ROUTES
        if isinstance(route, Route) and "POST" in (route.methods or ()) and getattr(route, "needs", "") == "signature"
    )


async def test_every_inbox_wants_a_signature(stage: Stage) -> None:
    """SIG-21: unsigned, garbage, an odd spelling of the header, only in Authorization; for every route there is."""
    assert len(signed_posts()) >= 3
    for path in signed_posts():
        url = stage.home.origin + path.replace("{name}", stage.alice.username)
        body = json.dumps(stage.mal.activity("Follow", stage.alice.uri)).encode()
        plain = {"content-type": ACTIVITY_JSON}
        forged = stage.mal.sign("POST", url, body, key=rsa_key(7))
        bare = {name: value for name, value in forged.items() if name != "signature"}
        before = stage.home.dump()
        for headers in (
            plain,
            {**plain, "signature": "garbage"},
            {**bare, "SIGNATURE": forged["signature"]},
            {**bare, "authorization": f"Signature {forged['signature']}"},
            {**bare, "authorization": "Signature"},
            {**bare, "authorization": "Bearer x"},
        ):
            answer = await stage.evil.client.post(url, content=body, headers=headers)
            assert answer.status_code == 401, (path, headers, answer.text)
        assert stage.home.dump() == before


async def test_a_refetch_believes_only_the_actor_about_its_key(stage: Stage) -> None:
    """SIG-16: mal carries bob's actor document with another key, bob's neighbour lists a key of hers as bob's."""
    forged = {**stage.bob.document(), "publicKey": {**stage.bob.document()["publicKey"], "publicKeyPem": ""}}
    forged["publicKey"]["publicKeyPem"] = public_pem(rsa_key(6))
    row = await stage.row_of(stage.bob)
    for sender in (stage.mal, stage.eve):
        await stage.refused(sender, sender.activity("Update", forged))
        await stage.refused(sender, sender.activity("Announce", forged))
    [key] = await stage.home.rows(Key, actor_id=row.id)
    assert key.public_pem.strip() == public_pem(stage.bob.key).strip()
    answer = await stage.bob.deliver(stage.home.inbox, stage.bob.activity("Like", stage.alice.uri), key=rsa_key(6))
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "key_id",
    [
        "http://169.254.169.254/latest#key", "https://10.0.0.1/u#key", "https://[::ffff:127.0.0.1]/u#key", "/users/mal",
        "javascript:alert(1)", "file:///etc/passwd", "https://127.1/u#key", "https://evil.test/" + "x" * 8_000,
        "https://evil.test/a/../u#key", "HTTPS://EVIL.TEST/u#key", "//evil.test/u", "https://evil.test:0/u#key",
    ],
)  # fmt: skip
async def test_odd_key_ids_are_refused(stage: Stage, key_id: str) -> None:
    """SIG-19; that none of them is asked is shown in `test_fetching.py`, where listeners wait."""
    before, asked = stage.home.dump(), stage.asked()
    body = json.dumps(stage.mal.activity("Follow", stage.alice.uri)).encode()
    headers = stage.mal.sign("POST", stage.home.inbox, body, key_id=key_id)
    answer = await stage.evil.client.post(stage.home.inbox, content=body, headers=headers)
    assert answer.status_code in (401, 403, 431), answer.text
    assert stage.home.dump() == before
    assert stage.asked() == asked


def _answers(status: int) -> Any:
    async def behaviour(*_: Any) -> Answer:
        return status, {}, b""

    return behaviour


async def _gone(stage: Stage, status: int, target: str) -> int:
    """Bob's account answers `status`; a Delete of `target` in his name arrives, signed by a key nobody can check."""
    stage.good.behaviours["/users/bob"] = _answers(status)
    stage.home.clock.forward(301)  # the cool-down of his key counts from its first fetch
    delete = {"id": f"{stage.bob.uri}#delete", "type": "Delete", "actor": stage.bob.uri, "object": target}
    answer = await stage.bob.deliver(stage.home.inbox, delete, key=rsa_key(6))
    return answer.status_code


async def test_410_at_the_key_is_proof_that_this_actor_is_gone(stage: Stage) -> None:
    """SIG-23."""
    await stage.follow(stage.bob)
    note = stage.bob.note("<p>soon gone</p>")
    await stage.receive(stage.bob, stage.bob.create(note))
    assert await _gone(stage, 410, stage.bob.uri) == 202
    [row] = await stage.home.rows(Actor, uri=stage.bob.uri)
    assert row.deleted_ms is not None
    [post] = await stage.home.rows(Post, uri=note["id"])
    assert post.state == PostState.DELETED


@pytest.mark.parametrize("status", [404, 403, 200, 500])
async def test_any_other_answer_is_no_proof(stage: Stage, status: int) -> None:
    """SIG-23."""
    before = stage.world()
    assert await _gone(stage, status, stage.bob.uri) in (401, 503)
    assert stage.world() == before


async def test_410_is_no_proof_for_anything_else(stage: Stage) -> None:
    """SIG-23: not for the deletion of another actor, nor of a post."""
    before = stage.world()
    for target in (stage.eve.uri, stage.mal.uri, stage.alice.uri, f"{stage.good.origin}/notes/1"):
        assert await _gone(stage, 410, target) == 401
    assert stage.world() == before


async def test_no_private_key_leaves_or_lies_open(stage: Stage) -> None:
    """SIG-28, D24: every document and page about an actor, and the database file itself."""
    post = await published(stage.home, stage.alice)
    name = stage.alice.username
    host = stage.home.origin.partition("://")[2]
    paths = [
        f"/users/{name}", f"/@{name}", "/actor", f"/users/{name}/outbox", f"/users/{name}/followers", post.uri,
        f"/.well-known/webfinger?resource=acct:{name}@{host}", "/nodeinfo/2.1", "/nodeinfo/2.0", "/about", "/",
    ]  # fmt: skip
    for path in paths:
        for accept in (ACTIVITY_JSON, "text/html", "application/json"):
            answer = await stage.home.client.get(path, headers={"accept": accept})
            assert answer.status_code < 500, path
            assert "PRIVATE" not in answer.text, path
    folder = stage.home.context.config.data_dir
    files = [path for path in folder.glob("fediverse.db*") if path.is_file()]
    assert files
    for path in files:
        assert b"PRIVATE KEY" not in path.read_bytes(), path


async def test_each_actor_has_a_key_of_its_own(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIG-28. With keys made as a server makes them; the other tests take turns at a few (`tests/conftest.py`)."""
    monkeypatch.setattr(keys, "_generate", AS_EVER)
    ours = {(await stage.home.make_actor(name)).id for name in ("own1", "own2", "own3")}
    pems = [key.public_pem for key in await stage.home.rows(Key) if key.actor_id in ours]
    assert len(pems) == len(set(pems)) >= len(ours) == 3


async def test_a_crowd_is_told_to_come_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """DOS-04, DOS-11: so many signatures are checked at once and so many wait; the next gets 503, and loses nothing."""
    authenticator = stage.home.context.part(Authenticator)
    like = stage.bob.activity("Like", f"{stage.home.origin}/notes/1")
    assert limits.KEY_FETCHES_AT_ONCE * 2 <= limits.CHECKS_PER_PROCESSOR
    full = Gate("signatures", 1, 0, 5.0)
    with monkeypatch.context() as patched:
        patched.setattr(authenticator, "_checks", full)
        async with full:
            answer = await stage.bob.deliver(stage.home.inbox, like)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert (await stage.bob.deliver(stage.home.inbox, like)).status_code == 202
    # Where all fetches of keys are taken, keys that are known pass beside them.
    slow = Gate("keys", 1, 0, 5.0)
    stranger = stage.good.actor("stranger", key=8)
    monkeypatch.setattr(authenticator, "_fetches", slow)
    async with slow:
        refused = await stranger.deliver(stage.home.inbox, stranger.activity("Like", f"{stage.home.origin}/notes/1"))
        known = await stage.bob.deliver(stage.home.inbox, stage.bob.activity("Like", f"{stage.home.origin}/notes/2"))
    assert (refused.status_code, known.status_code) == (503, 202)
    again = await stranger.deliver(stage.home.inbox, stranger.activity("Like", f"{stage.home.origin}/notes/1"))
    assert again.status_code == 202, "not held against the stranger"


async def test_a_clock_that_several_servers_contradict_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIG-30: refused all the same, and nothing follows but one line an hour, with the median."""
    watch = ClockWatch(stage.home.clock)
    monkeypatch.setattr(stage.home.context.part(Authenticator), "_watch", watch)
    skewed = datetime.now(UTC) + timedelta(hours=2)
    for number in range(limits.CLOCK_SUSPECT_SERVERS - 2):
        watch.refused(f"https://{number}.test", 7_000.0 + number)
    with structlog.testing.capture_logs() as lines:
        for sender, told in ((stage.bob, 0), (stage.mal, 1), (stage.bob, 1)):
            like = sender.activity("Like", f"{stage.home.origin}/1")
            answer = await sender.deliver(stage.home.inbox, like, date=skewed)
            assert answer.status_code == 401
            assert told == (watch._told_at is not None)
    assert [line["servers"] for line in lines if line["event"] == "clock_suspect"] == [5]
    stage.home.clock.forward(limits.CLOCK_SUSPECT_SECONDS + 1)
    watch.refused("https://0.test", 7_000.0)
    assert len(watch._ahead) == 1, "an hour later it begins anew"
