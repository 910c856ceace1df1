"""Who hears that a post was deleted: everybody who has it, whether they still follow or not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from actors import optouts
from outbox import delivery
from outbox.models import Delivery, Post, Visibility
from outbox.publish import remove
from tests.inbox.stage import Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import RemoteActor
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


async def deleted(stage: Stage, post: Post) -> None:
    async with stage.home.context.database.write() as session:
        await remove(session, await session.get_one(Post, post.id))
    await deliver_all(stage.home)


async def followed(stage: Stage, follower: RemoteActor) -> dict[str, object]:
    made = follower.activity("Follow", stage.alice.uri)
    await stage.receive(follower, made)
    return made


@pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.FOLLOWERS])
async def test_who_left_since_is_told(stage: Stage, visibility: str) -> None:
    follow = await followed(stage, stage.bob)
    post = await published(stage.home, stage.alice, visibility=visibility)
    await deliver_all(stage.home)
    await stage.receive(stage.bob, stage.bob.activity("Undo", follow))
    await deleted(stage, post)
    told = await stage.good.arrival("Delete")
    assert told["object"] == {"id": post.uri, "type": "Tombstone", "formerType": "Note"}
    assert stage.evil.activities("Delete") == [], "who never had it is not told"


async def test_who_quoted_it_is_told(stage: Stage) -> None:
    post = await published(stage.home, stage.alice, visibility=Visibility.PUBLIC)
    quote = stage.mal.note("Look", quote=post.uri)
    await stage.receive(stage.mal, stage.mal.create(quote))
    await deleted(stage, post)
    assert (await stage.evil.arrival("Delete"))["object"]["id"] == post.uri


async def test_who_wants_nothing_from_here_is_left_alone(stage: Stage) -> None:
    bob = await stage.row_of(stage.bob)
    mention = {"uri": bob.uri, "handle": stage.bob.handle[1:], "url": bob.uri, "as_written": stage.bob.handle[1:]}
    post = await published(
        stage.home, stage.alice, f"@{stage.bob.handle[1:]}", visibility=Visibility.DIRECT, mentions=[mention]
    )
    await deliver_all(stage.home)
    async with stage.home.context.database.write() as session:
        await optouts.add(session, bob.id)
    await deleted(stage, post)
    assert len(stage.good.activities("Create")) == 1
    assert stage.good.activities("Delete") == []


async def test_what_was_not_taken_yet_stays_here(stage: Stage) -> None:
    """A host that was away gets the end of the post and nothing of it."""
    await followed(stage, stage.bob)

    async def away(*_: object) -> tuple[int, dict[str, str], bytes]:
        return 503, {}, b""

    stage.good.behaviours["/inbox"] = away
    post = await published(stage.home, stage.alice, visibility=Visibility.PUBLIC)
    await deliver_all(stage.home)
    await deleted(stage, post)
    rows = await stage.home.rows(Delivery, inbox_url=f"{stage.good.origin}/inbox")
    assert sorted((row.state, row.last_error) for row in rows) == [
        ("lane", "status 503"), ("withheld", "deleted before it was taken"),
    ]  # fmt: skip
    del stage.good.behaviours["/inbox"]
    await delivery.redeliver.function(stage.home.context, [stage.good.host])
    assert [one["type"] for one in stage.good.activities("Create") + stage.good.activities("Delete")] == ["Delete"]
