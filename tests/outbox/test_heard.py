"""What another server's own words and answers say of it: it is there again, or somebody there is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from actors.models import Follow
from fediverse_ai.core.limits import HEARD_SECONDS, RETRY_AFTER_SECONDS
from inbox import retire
from outbox import delivery, lanes
from outbox.models import Delivery, HostState, Visibility
from tests.inbox.stage import Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import http_date
from tests.support.rooms import deliver_all, published

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


def answering(status: int, headers: dict[str, str] | None = None) -> Any:
    async def answer(*_: object) -> tuple[int, dict[str, str], bytes]:
        return status, headers or {}, b""

    return answer


async def wake_ups(stage: Stage) -> int:
    """How often the lane of the good server was woken, by itself or by hand."""
    [state] = await stage.home.rows(HostState, host=stage.good.host)
    return state.wake_up


async def test_who_is_gone_is_found_out_by_their_inbox(stage: Stage) -> None:
    """410 at a personal inbox is no proof; the actor is asked for, and follows end when its home says so."""
    await stage.receive(stage.mal, stage.mal.activity("Follow", stage.alice.uri))
    mal = await stage.row_of(stage.mal)
    for path in ("/inbox", "/users/mal/inbox"):
        stage.evil.behaviours[path] = answering(410)
    await published(stage.home, stage.alice, visibility=Visibility.PUBLIC)
    await deliver_all(stage.home)
    states = {row.inbox_url: row.state for row in await stage.home.rows(Delivery, host=stage.evil.host)}
    assert states[f"{stage.evil.origin}/inbox"] == "given_up"
    assert states[stage.mal.inbox] == "lane", "a shared inbox that is gone gives way to one's own"
    await delivery.redeliver.function(stage.home.context, [stage.evil.host])
    assert {row.state for row in await stage.home.rows(Delivery, inbox_url=stage.mal.inbox)} >= {"given_up"}
    await retire.look_around(stage.home.context)
    assert len(await stage.home.rows(Follow, follower_id=mal.id)) == 1, "the actor is still there"
    await published(stage.home, stage.alice, visibility=Visibility.PUBLIC)
    await deliver_all(stage.home)
    stage.evil.behaviours["/users/mal"] = answering(410)
    await retire.look_around(stage.home.context)
    assert await stage.home.rows(Follow, follower_id=mal.id) == []


async def test_a_shared_inbox_that_is_gone_gives_way_to_ones_own(stage: Stage) -> None:
    await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    stage.good.behaviours["/inbox"] = answering(410)
    first = await published(stage.home, stage.alice, visibility=Visibility.PUBLIC)
    await deliver_all(stage.home)
    await delivery.redeliver.function(stage.home.context, [stage.good.host])
    second = await published(stage.home, stage.alice, visibility=Visibility.PUBLIC)
    await deliver_all(stage.home)
    taken = [
        (one.path, one.activity["object"]["id"]) for one in stage.good.arrivals if one.activity["type"] == "Create"
    ]
    assert taken == [("/users/bob/inbox", first.uri), ("/users/bob/inbox", second.uri)]


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("7200", 7_200, 7_200),
        (timedelta(hours=2), 6_000, 7_200),
        (timedelta(days=9), RETRY_AFTER_SECONDS, RETRY_AFTER_SECONDS),
        (timedelta(hours=-2), None, None),
        ("soon", None, None),
    ],
    ids=["seconds", "date", "far date", "past date", "neither"],
)
async def test_when_to_come_back_is_heeded(
    stage: Stage, said: str | timedelta, least: float | None, most: float | None
) -> None:
    """RFC 9110 §10.2.3: a number of seconds, or a date; a day at most."""
    if isinstance(said, timedelta):
        said = http_date(datetime.now(UTC) + said)
    await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    stage.good.behaviours["/inbox"] = answering(429, {"retry-after": said})
    await published(stage.home, stage.alice, visibility=Visibility.PUBLIC)
    [waiting] = await stage.home.rows(Delivery, state="pending")
    async with stage.home.context.database.read() as session:
        [row] = await lanes.pending_rows(session, [waiting.id])
        signers = await delivery._signers(session, [row])
    outcome = await delivery.attempt(stage.home.context, *row, signers[waiting.id])
    assert outcome.result == lanes.Result.RETRY
    assert (outcome.retry_after is None) == (least is None)
    assert least is None or most is None or least <= (outcome.retry_after or 0) <= most
    await deliver_all(stage.home)


async def test_a_server_that_speaks_is_asked_again_at_once_but_not_always(stage: Stage) -> None:
    """The last test here: afterwards our clock is ahead of that of the peers."""
    await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    stage.home.clock.forward(HEARD_SECONDS)
    stage.good.behaviours["/inbox"] = answering(503)
    post = await published(stage.home, stage.alice, visibility=Visibility.PUBLIC)
    await deliver_all(stage.home)
    assert await wake_ups(stage) == 1, "a minute later"
    await stage.receive(stage.bob, stage.bob.activity("Like", post.uri))
    assert await wake_ups(stage) == 2, "now: it is there"
    await delivery.redeliver.function(stage.home.context, [stage.good.host])
    before = await wake_ups(stage)
    stage.home.clock.forward(HEARD_SECONDS / 2)
    await stage.receive(stage.eve, stage.eve.activity("Like", post.uri))
    assert await wake_ups(stage) == before, "it speaks and does not listen"
    stage.home.clock.forward(HEARD_SECONDS / 2)
    await stage.receive(stage.eve, stage.eve.activity("Announce", post.uri))
    assert await wake_ups(stage) == before + 1
    stage.good.behaviours["/inbox"] = answering(202)  # its own clock stood still meanwhile
    await delivery.redeliver.function(stage.home.context, [stage.good.host])
    assert [row.state for row in await stage.home.rows(Delivery, inbox_url=f"{stage.good.origin}/inbox")] == [
        "delivered"
    ]
    [state] = await stage.home.rows(HostState, host=stage.good.host)
    assert (state.failures, state.failing_since_ms) == (0, None)
    assert stage.home.clock.now_ms() - (state.last_inbound_ms or 0) < HEARD_SECONDS * 1000
