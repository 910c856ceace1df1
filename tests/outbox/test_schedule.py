"""Scheduled posts and drafts: judged at once, out at their time and not before, judged again after a new policy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Conflict, Forbidden, Unprocessable
from outbox import schedule, uploads
from outbox.draft import Draft
from outbox.models import Activity, Judgement, Post, PostState
from tests.support.house import House
from tests.support.painter import carried, carry_on, picture, studio

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR_MS = 3_600_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with studio(tmp_path_factory.mktemp("home")) as (made, _):
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


def _in(home: House, hours: float) -> int:
    return home.context.clock.now_ms() + int(hours * HOUR_MS)


async def _again(home: House, post: Post) -> Post:
    [row] = await home.rows(Post, id=post.id)
    return row


async def test_it_goes_out_at_its_time_with_the_verdict_of_before(home: House, alice: Actor) -> None:
    at = _in(home, 2)
    post = await carried(home, alice, Draft(prompt="a harbour", not_before_ms=at))
    assert post.state == PostState.SCHEDULED
    now = await carried(home, alice, Draft(text="Now"))
    assert post.id > now.id
    assert len(await home.rows(Judgement, post_id=post.id)) == 1
    await schedule.publish_due(home.context)
    assert (await _again(home, post)).state == PostState.SCHEDULED
    assert await home.rows(Activity, object_uri=post.uri) == []
    home.clock.forward(2 * 3600 + 1)
    await schedule.publish_due(home.context)
    post = await _again(home, post)
    assert post.state == PostState.PUBLISHED
    assert (post.published_ms or 0) >= at
    assert [row.type for row in await home.rows(Activity, object_uri=post.uri)] == ["Create"]
    assert len(await home.rows(Judgement, post_id=post.id)) == 1
    later = await carried(home, alice, Draft(text="Later"))
    assert later.id > post.id


async def test_a_new_policy_judges_the_same_bytes_again(home: House, alice: Actor) -> None:
    post = await carried(home, alice, Draft(prompt="a mill", not_before_ms=_in(home, 1)))
    [before] = await home.rows(Judgement, post_id=post.id)
    async with home.context.database.write() as session:
        row = await session.get_one(Judgement, before.id)
        row.policy_version = "0.of-yesterday"
    home.clock.forward(3601)
    await schedule.publish_due(home.context)
    waiting = await _again(home, post)
    assert waiting.state == PostState.WAITING
    assert await home.rows(Activity, object_uri=post.uri) == []
    assert (await carry_on(home, post.id)).state == PostState.PUBLISHED
    judged = await home.rows(Judgement, post_id=post.id)
    assert len(judged) == 2
    assert judged[0].digests == judged[1].digests


async def test_it_can_be_cancelled_and_moved_by_its_author_alone(home: House, alice: Actor) -> None:
    ben = await home.make_actor("ben")
    post = await carried(home, alice, Draft(text="Soon", not_before_ms=_in(home, 1)))
    async with home.context.database.write() as session:
        row = await session.get_one(Post, post.id)
        with pytest.raises(Forbidden):
            await schedule.cancel(session, ben, row)
        with pytest.raises(Unprocessable):
            await schedule.reschedule(session, alice, row, _in(home, -1))
        await schedule.reschedule(session, alice, row, _in(home, 3))
    home.clock.forward(2 * 3600)
    await schedule.publish_due(home.context)
    assert (await _again(home, post)).state == PostState.SCHEDULED
    async with home.context.database.write() as session:
        row = await session.get_one(Post, post.id)
        await schedule.cancel(session, alice, row)
        with pytest.raises(Conflict):
            await schedule.cancel(session, alice, row)
    home.clock.forward(2 * 3600)
    await schedule.publish_due(home.context)
    assert (await _again(home, post)).state == PostState.DELETED
    assert await home.rows(Activity, object_uri=post.uri) == []


async def test_a_year_ahead_and_no_further(home: House, alice: Actor) -> None:
    most = home.context.clock.now_ms() + limits.SCHEDULE_SECONDS * 1000
    with pytest.raises(Unprocessable):
        await carried(home, alice, Draft(text="x", not_before_ms=most + 60_000))
    assert (await carried(home, alice, Draft(text="x", not_before_ms=most))).state == PostState.SCHEDULED
    # A time that is past means now.
    assert (await carried(home, alice, Draft(text="y", not_before_ms=1))).state == PostState.PUBLISHED


async def test_a_draft_waits_for_its_author(home: House, alice: Actor, tmp_path: Path) -> None:
    admitted = await uploads.admit(home.context, picture("a draft"))
    async with home.context.database.write() as session:
        kept = await uploads.keep(session, alice, admitted, description="A shore")
    post = await carried(home, alice, Draft(text="Not yet", prompt="a shore", media_ids=(kept.id,), keep=True))
    assert post.state == PostState.DRAFT
    assert not [job for job in await home.context.jobs.waiting() if post.id in job.ids]
    async with home.context.database.write() as session:
        await schedule.send_draft(session, alice, await session.get_one(Post, post.id))
    post = await carry_on(home, post.id)
    assert post.state == PostState.PUBLISHED, post.reason
    async with home.context.database.write() as session:
        with pytest.raises(Conflict):
            await schedule.send_draft(session, alice, await session.get_one(Post, post.id))
