"""Deliveries: distinct inboxes, order for each host, the schedule, and what each status means."""

from __future__ import annotations

from typing import Any

import pytest

from actors.models import Actor
from fediverse_ai.core.clock import FrozenClock
from outbox import delivery, lanes
from outbox.lanes import Outcome, Result
from outbox.models import Activity, Delivery, HostState, Post
from outbox.publish import remove
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import deliver_all, published, receive


def _answering(status: int, headers: dict[str, str] | None = None) -> Any:
    async def answer(method: str, target: str, got: dict[str, str], body: bytes) -> Any:
        return status, headers or {}, b""

    return answer


async def _drain(home: House, host: str) -> None:
    await delivery.redeliver.function(home.context, [host])


async def test_followers_of_one_server_share_one_delivery(home: House, alice: Actor, good: Peer) -> None:
    for number, name in enumerate(("bob", "carl", "dora")):
        follower = good.actor(name, key=number)
        await receive(home, follower, follower.activity("Follow", alice.uri))
    await published(home, alice)
    await deliver_all(home)
    note = await good.arrival("Create")
    assert note["object"]["content"] == "<p>Good morning</p>"
    assert len(good.activities("Create")) == 1
    assert [arrival.path for arrival in good.arrivals if arrival.activity["type"] == "Create"] == ["/inbox"]
    types = {arrival.headers["content-type"] for arrival in good.arrivals}
    assert types == {"application/activity+json"}, "peers compare the whole line (Epicyon)"


async def test_a_failed_host_gets_a_lane_that_keeps_the_order(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    good.behaviours["/inbox"] = _answering(503)
    post = await published(home, alice)
    await deliver_all(home)
    [row] = await home.rows(Delivery, state="lane")
    assert (row.attempts, row.last_error) == (1, "status 503")
    [state] = await home.rows(HostState, host=good.host)
    assert (state.failures, state.waking) == (1, True)
    second = await published(home, alice, "Second")
    async with home.context.database.write() as session:
        await remove(session, await session.get(Post, post.id))  # type: ignore[arg-type]
    assert len(await home.rows(Delivery, state="lane")) == 2, "what is new joins the lane"
    [recalled] = await home.rows(Delivery, state="withheld")
    assert recalled.last_error == "deleted before it was taken"
    assert await home.rows(Delivery, state="pending") == []

    del good.behaviours["/inbox"]
    await _drain(home, good.host)
    seen = [
        (arrival.activity["type"], arrival.activity["object"]["id"])
        for arrival in good.arrivals
        if arrival.problem is None and arrival.path == "/inbox"
    ]
    assert seen == [("Create", second.uri), ("Delete", post.uri)], "what was deleted does not leave after all"
    [state] = await home.rows(HostState, host=good.host)
    assert (state.failures, state.waking) == (0, False)
    assert await home.rows(Delivery, state="lane") == []


async def test_a_lane_that_fails_again_waits_longer_and_keeps_one_wake_up(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    good.behaviours["/inbox"] = _answering(500)
    await published(home, alice)
    await published(home, alice, "Second")
    await deliver_all(home)
    for wanted in (2, 3):
        await _drain(home, good.host)
        [state] = await home.rows(HostState, host=good.host)
        assert state.failures >= wanted
        assert state.waking
    waiting = [job for job in await home.context.jobs.waiting() if job.name.endswith("redeliver")]
    assert {job.ids[0] for job in waiting} == {good.host}
    created = {row.type for row in await home.rows(Activity)}
    assert created == {"Accept", "Create"}


async def test_a_final_answer_gives_up_at_once(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    good.behaviours["/inbox"] = _answering(410)
    await published(home, alice)
    await deliver_all(home)
    assert [row.last_error for row in await home.rows(Delivery, state="given_up")] == ["status 410"]


async def test_a_host_that_does_not_answer_is_tried_again(home: House, alice: Actor) -> None:
    gone = await home.make_actor("gone")
    async with home.context.database.write() as session:
        gone.local, gone.host = False, "127.0.0.1:9"
        gone.inbox_url, gone.shared_inbox_url = "http://127.0.0.1:9/inbox", None
        session.add(gone)
    mention = {"uri": gone.uri, "handle": "gone@127.0.0.1:9", "url": gone.uri}
    await published(home, alice, mentions=[mention])
    await deliver_all(home)
    assert len(await home.rows(Delivery, state="lane")) == 1


@pytest.mark.parametrize(
    ("status", "result"),
    [
        *((status, Result.DELIVERED) for status in (200, 201, 202, 204)),
        *((status, Result.REFUSED) for status in (301, 302, 307, 401, 403)),
        (404, Result.MISSING),
        *((status, Result.RETRY) for status in (408, 425, 429, 500, 502, 503, 504)),
        *((status, Result.PERMANENT) for status in (400, 405, 406, 410, 413, 422, 501)),
    ],
)
def test_what_a_status_means(status: int, result: Result) -> None:
    assert lanes.classify(status) is result


def _row(**columns: Any) -> Delivery:
    values = {"id": 1, "activity_id": 1, "inbox_url": "x", "host": "y", "created_ms": 0, **columns}
    return Delivery(**values)


DAY = 86_400_000


@pytest.mark.parametrize(
    ("result", "refusals", "age", "gives_up"),
    [
        (Result.PERMANENT, 0, 0, True),
        (Result.REFUSED, 1, 0, False),
        (Result.REFUSED, 2, 0, True),
        (Result.MISSING, 0, DAY - 1, False),
        (Result.MISSING, 0, DAY, True),
        (Result.RETRY, 0, 7 * DAY - 1, False),
        (Result.RETRY, 0, 7 * DAY, True),
    ],
)
def test_when_a_row_is_given_up(result: Result, refusals: int, age: int, gives_up: bool) -> None:
    assert lanes.gives_up(_row(refusals=refusals), Outcome(result, ""), age) is gives_up


def test_the_schedule_is_the_promised_one() -> None:
    clock = FrozenClock()
    for failures, seconds in enumerate((60, 300, 900, 3600, 10_800, 21_600, 43_200, 43_200), start=1):
        for _ in range(20):
            assert seconds * 0.7 <= lanes.backoff(failures, clock) <= seconds * 1.3
