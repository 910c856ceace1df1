"""What another server's own words and answers say of it: it is there again, or somebody there is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from fediverse_ai.core.limits import HEARD_SECONDS
from outbox import delivery
from outbox.models import Delivery, HostState, Visibility
from tests.inbox.stage import Stage, stage_in
from tests.support.house import House, house
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


async def test_a_server_that_speaks_is_asked_again_at_once_but_not_always(stage: Stage) -> None:
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
