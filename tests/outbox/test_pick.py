"""Several pictures from one prompt: refused ones are dropped unseen, the author picks, the rest is forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Conflict, Forbidden, Missing, Unprocessable
from outbox import pick
from outbox.draft import Draft
from outbox.models import Attachment, Judgement, Notification, Post, PostState
from tests.support.house import House
from tests.support.painter import Painter, carried, carry_on, studio

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[House, Painter]]:
    async with studio(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(place: tuple[House, Painter]) -> House:
    return place[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


async def _pictures(home: House, post: Post) -> list[Attachment]:
    return sorted(await home.rows(Attachment, post_id=post.id), key=lambda row: row.position)


async def _pick(home: House, author: Actor, post: Post, *chosen: int) -> Post:
    async with home.context.database.write() as session:
        row = await session.get_one(Post, post.id)
        await pick.pick(session, author, row, chosen)
    return await carry_on(home, post.id)


async def test_the_picked_ones_are_judged_and_go_out_and_the_others_are_forgotten(
    place: tuple[House, Painter], alice: Actor
) -> None:
    home, painter = place
    order = Draft(prompt="a fox", count=4, seed=7, negative_prompt="hats", steps=9, guidance=4.5, width=96, height=64)
    post = await carried(home, alice, order)
    assert post.state == PostState.PICK
    asked = painter.requests[-1]
    assert (asked.count, asked.seed, asked.negative_prompt, asked.steps, asked.guidance) == (4, 7, "hats", 9, 4.5)
    assert asked.key == f"post:{post.id}"
    offered = await _pictures(home, post)
    assert [row.recipe["seed"] for row in offered if row.recipe] == [7, 8, 9, 10]
    assert await home.rows(Judgement, post_id=post.id) == []
    assert [row.kind for row in await home.rows(Notification, post_id=post.id)] == ["pick"]
    # Nobody but the author sees them.
    assert (await home.client.get(f"/media/{offered[0].file}")).status_code == 404

    calls = len(painter.requests)
    post = await _pick(home, alice, post, 2, 0)
    assert post.state == PostState.PUBLISHED, post.reason
    assert len(painter.requests) == calls
    kept = await _pictures(home, post)
    assert [row.id for row in kept] == [offered[2].id, offered[0].id]
    [verdict] = await home.rows(Judgement, post_id=post.id)
    assert {row.sha256 for row in kept} <= set(verdict.digests)
    jobs = [job for job in await home.context.jobs.waiting() if job.name == pick.forget_files.name]
    await pick.forget_files.function(home.context, list(jobs[-1].ids))
    for row in offered:
        if row.id in {one.id for one in kept}:
            assert await home.context.storage.read(row.file or "")
        else:
            with pytest.raises(Missing):
                await home.context.storage.read(row.file or "")


async def test_what_cannot_be_picked(home: House, alice: Actor) -> None:
    ben = await home.make_actor("ben")
    post = await carried(home, alice, Draft(prompt="a heron", count=2))
    with pytest.raises(Forbidden):
        await _pick(home, ben, post, 0)
    for chosen in ((), (2,), (0, 0), (-1,)):
        with pytest.raises(Unprocessable):
            await _pick(home, alice, post, *chosen)
    assert len(await _pictures(home, post)) == 2
    await _pick(home, alice, post, 0)
    with pytest.raises(Conflict):
        await _pick(home, alice, post, 0)


async def test_one_picture_is_not_picked_from(home: House, alice: Actor) -> None:
    assert (await carried(home, alice, Draft(prompt="an owl"))).state == PostState.PUBLISHED
    for count in (0, limits.POST_IMAGES + 1):
        with pytest.raises(Unprocessable):
            await carried(home, alice, Draft(prompt="an owl", count=count))


async def test_who_never_picks_keeps_nothing(home: House, alice: Actor) -> None:
    post = await carried(home, alice, Draft(prompt="a swan", count=2))
    home.clock.forward(limits.CANDIDATE_SECONDS - 60)
    await pick.forget_unpicked(home.context)
    assert len(await _pictures(home, post)) == 2
    home.clock.forward(120)
    await pick.forget_unpicked(home.context)
    [row] = await home.rows(Post, id=post.id)
    assert row.state == PostState.DELETED
    assert await _pictures(home, post) == []
