"""The status policy as one table, each situation through the real route of a running server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import pytest
import pytest_asyncio

from actors.authentication import Authenticator
from actors.models import Actor, DomainRule
from actors.policy import DomainRules
from actors.served import ServedDocuments
from fediverse_ai.core import limits
from fediverse_ai.core.clock import FrozenClock
from fediverse_ai.core.limits import RateLimiter
from inbox.models import Received
from outbox.models import Delivery, Visibility
from outbox.publish import remove
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON, PUBLIC, Peer, RemoteActor, peer
from tests.support.rooms import picture_of, published, waiting_post

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOREVER_SECONDS = 30.0
PATIENCE_SECONDS = 1.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home"), http={"timeout_seconds": PATIENCE_SECONDS}) as made:
        await made.make_actor("alice")
        yield made


@dataclass
class Stage:
    """Our server with alice, and bob of a peer, whose key is known."""

    home: House
    good: Peer
    bob: RemoteActor

    @property
    def alice_uri(self) -> str:
        return f"{self.home.origin}/users/alice"

    async def alice(self) -> Actor:
        [found] = await self.home.rows(Actor, uri=self.alice_uri)
        return found

    def follow(self, **changes: Any) -> dict[str, Any]:
        return self.bob.activity("Follow", self.alice_uri) | changes

    async def send(self, activity: dict[str, Any] | bytes, **options: Any) -> httpx.Response:
        return await self.bob.deliver(self.home.inbox, activity, **options)

    async def get(self, path: str) -> httpx.Response:
        return await self.home.client.get(path, headers={"accept": ACTIVITY_JSON})


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with peer() as good:
        bob = good.actor("bob")
        made = Stage(home, good, bob)
        assert (await made.send(made.follow())).status_code == 202
        yield made


Case = Callable[[Stage], Awaitable[httpx.Response]]


async def accepted(stage: Stage) -> httpx.Response:
    return await stage.send(stage.follow())


async def a_duplicate(stage: Stage) -> httpx.Response:
    activity = stage.follow()
    await stage.send(activity)
    return await stage.send(activity)


async def unwanted(stage: Stage) -> httpx.Response:
    return await stage.send(stage.bob.create(stage.bob.note("<p>For nobody here.</p>")))


async def of_an_unknown_type(stage: Stage) -> httpx.Response:
    return await stage.send(stage.follow(type="Travel"))


async def farewell_of_a_stranger(stage: Stage) -> httpx.Response:
    gone = stage.good.actor("gone", key=2)
    asked = len(stage.good.asked)
    answer = await gone.deliver(stage.home.inbox, gone.activity("Delete", gone.uri, to=[PUBLIC]))
    assert len(stage.good.asked) == asked, "a key was fetched"
    return answer


async def unsigned(stage: Stage) -> httpx.Response:
    headers = {"content-type": ACTIVITY_JSON}
    return await stage.home.client.post(stage.home.inbox, json=stage.follow(), headers=headers)


async def badly_signed(stage: Stage) -> httpx.Response:
    return await stage.send(stage.follow(), headers={"digest": "SHA-256=AAAA"})


async def with_a_key_that_is_not_there(stage: Stage) -> httpx.Response:
    carl = stage.good.actor("carl", key=2)
    del stage.good.actors["carl"]
    return await carl.deliver(stage.home.inbox, carl.activity("Follow", stage.alice_uri))


async def with_a_key_whose_home_hangs(stage: Stage) -> httpx.Response:
    dora = stage.good.actor("dora", key=2)

    async def hangs(*_: Any) -> None:
        await asyncio.sleep(FOREVER_SECONDS)

    stage.good.behaviours["/users/dora"] = hangs
    async with asyncio.timeout(limits.KEY_SECONDS + 2):
        return await dora.deliver(stage.home.inbox, dora.activity("Follow", stage.alice_uri))


async def of_a_blocked_domain(stage: Stage) -> httpx.Response:
    rules, rule = (
        stage.home.context.part(DomainRules),
        DomainRule(id=stage.home.context.ids.new(), host="127.0.0.1", created_ms=1),
    )
    async with stage.home.context.database.write() as session:
        session.add(rule)
    rules.forget()
    try:
        return await stage.send(stage.follow())
    finally:
        async with stage.home.context.database.write() as session:
            await session.delete(rule)
        rules.forget()


async def of_a_suspended_actor(stage: Stage) -> httpx.Response:
    [row] = await stage.home.rows(Actor, uri=stage.bob.uri)
    async with stage.home.context.database.write() as session:
        row.suspended_ms = 1
        session.add(row)
    # Whoever suspends an actor has their key forgotten; until then what they send is dropped after its 202.
    stage.home.context.part(Authenticator).forget(stage.bob.key_id)
    return await stage.send(stage.follow())


async def garbled(stage: Stage) -> httpx.Response:
    return await stage.send(json.dumps(stage.follow()).encode()[:-1])


async def with_a_bad_id(stage: Stage) -> httpx.Response:
    return await stage.send(stage.follow(id=f"{stage.good.origin}/a/../b"))


async def with_an_id_of_another_server(stage: Stage) -> httpx.Response:
    return await stage.send(stage.follow(id="https://elsewhere.example/1"))


async def too_big(stage: Stage) -> httpx.Response:
    return await stage.send(b" " * (limits.INBOX_BODY_BYTES + 1))


async def of_another_media_type(stage: Stage) -> httpx.Response:
    return await stage.send(stage.follow(), headers={"content-type": "text/html"})


async def overloaded(stage: Stage) -> httpx.Response:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fediverse_ai.core.database.GROUP_COMMIT_WAITING", 0)
        return await stage.send(stage.follow())


# What happens, the status, and whether the sender is told when to come back.
INBOX: list[tuple[Case, int, bool]] = [
    (accepted, 202, False),
    (a_duplicate, 202, False),
    (unwanted, 202, False),
    (of_an_unknown_type, 202, False),
    (farewell_of_a_stranger, 202, False),
    (unsigned, 401, False),
    (badly_signed, 401, False),
    (with_a_key_that_is_not_there, 401, False),
    (with_a_key_whose_home_hangs, 503, True),
    (of_a_blocked_domain, 403, False),
    (of_a_suspended_actor, 403, False),
    (garbled, 400, False),
    (with_a_bad_id, 400, False),
    (with_an_id_of_another_server, 400, False),
    (too_big, 413, False),
    (of_another_media_type, 415, False),
    (overloaded, 503, True),
]


@pytest.mark.parametrize(("case", "status", "later"), INBOX, ids=lambda value: getattr(value, "__name__", None))
async def test_what_an_inbox_answers(stage: Stage, case: Case, status: int, later: bool) -> None:
    rows = len(await stage.home.rows(Received))
    deliveries = len(await stage.home.rows(Delivery))
    answer = await case(stage)
    assert answer.status_code == status, answer.text
    assert (int(answer.headers.get("retry-after", 0)) > 0) is later
    if status == 202:
        assert answer.content == b""
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(await stage.home.rows(Received)) == rows
    assert len(await stage.home.rows(Delivery)) == deliveries


@pytest.mark.parametrize("which", ["INBOX_PER_HOST", "INBOX_PER_ACTOR"])
async def test_over_the_rate_is_429_and_told_when_to_come_back(
    stage: Stage, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate, limiter = getattr(limits, which), stage.home.context.part(RateLimiter)
    keys = {"INBOX_PER_HOST": f"inbox-host:{stage.good.origin}", "INBOX_PER_ACTOR": f"inbox-actor:{stage.bob.uri}"}
    for key in keys.values():
        limiter.forget(key)
    monkeypatch.setattr(limiter, "_clock", FrozenClock())  # a rate refills while the requests travel
    limiter.check(keys[which], rate, cost=rate.count - 2)
    statuses = []
    for _ in range(3):
        answer = await stage.send(stage.follow())
        statuses.append(answer.status_code)
    assert statuses == [202, 202, 429]
    assert int(answer.headers["retry-after"]) > 0


async def hidden_note(stage: Stage) -> str:
    post = await published(stage.home, await stage.alice(), visibility=Visibility.FOLLOWERS)
    return f"/notes/{post.id}"


async def direct_note(stage: Stage) -> str:
    post = await published(stage.home, await stage.alice(), visibility=Visibility.DIRECT)
    return f"/notes/{post.id}"


async def draft(stage: Stage) -> str:
    return f"/notes/{(await waiting_post(stage.home, await stage.alice())).id}"


async def replies_of_a_hidden_note(stage: Stage) -> str:
    return f"{await hidden_note(stage)}/replies"


async def deleted_hidden_note(stage: Stage) -> str:
    post = await published(stage.home, await stage.alice(), visibility=Visibility.FOLLOWERS)
    async with stage.home.context.database.write() as session:
        session.add(post)
        await remove(session, post)
    return f"/notes/{post.id}"


@pytest.mark.parametrize("make", [hidden_note, direct_note, draft, replies_of_a_hidden_note, deleted_hidden_note])
async def test_what_is_not_for_the_reader_is_the_same_as_what_is_missing(
    stage: Stage, make: Callable[[Stage], Awaitable[str]]
) -> None:
    path = await make(stage)
    number = path.split("/")[2]
    missing = await stage.get(path.replace(number, "1"))
    for reader in (stage.get(path), stage.good.actor("stranger", key=2).get(stage.home.origin + path)):
        answer = await reader
        assert (answer.status_code, answer.content) == (404, missing.content)
        for name in ("cache-control", "content-type", "etag", "vary"):
            assert answer.headers.get(name) == missing.headers.get(name), name


async def test_a_file_of_a_draft_is_missing(stage: Stage) -> None:
    file = (await picture_of(stage.home, await waiting_post(stage.home, await stage.alice()), b"a draft")).file
    hidden, missing = await stage.get(f"/media/{file}"), await stage.get("/media/ab/abcdef.jpg")
    assert (hidden.status_code, hidden.content) == (404, missing.content)


async def test_what_was_deleted_is_a_tombstone(stage: Stage) -> None:
    post = await published(stage.home, await stage.alice())
    leaver = await stage.home.make_actor("leaver")
    async with stage.home.context.database.write() as session:
        session.add(post)
        await remove(session, post)
        leaver.deleted_ms = 1
        session.add(leaver)
    stage.home.context.part(ServedDocuments).forget()
    for path, former in ((f"/notes/{post.id}", "Note"), ("/users/leaver", "Person")):
        answer = await stage.get(path)
        body = answer.json()
        assert (answer.status_code, body["type"], body["formerType"]) == (410, "Tombstone", former), path
        assert body["id"] == f"{stage.home.origin}{path}"
