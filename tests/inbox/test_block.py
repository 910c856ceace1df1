"""Block and its Undo through the real route: what ends, what stays hidden, and who may not take it back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors.models import Block, Follow
from outbox import follow as follow_verbs
from outbox.models import Delivery, Notification, Post, Visibility
from tests.inbox.stage import Stage, stage_in
from tests.support.house import House, house
from tests.support.rooms import deliver_all, published, settle

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


async def blocks(stage: Stage) -> list[Block]:
    return await stage.home.rows(Block, blocked_id=stage.alice.id)


async def block(stage: Stage) -> dict[str, Any]:
    """Bob blocks alice; the Block."""
    made = stage.bob.activity("Block", stage.alice.uri)
    assert (await stage.receive(stage.bob, made)).state == "done"
    return made


async def test_a_block_ends_every_follow_and_every_delivery(stage: Stage) -> None:
    await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    await stage.receive(stage.eve, stage.eve.activity("Follow", stage.alice.uri))
    await stage.follow(stage.bob)
    await block(stage)
    bob = await stage.row_of(stage.bob)
    assert await stage.home.rows(Follow, follower_id=bob.id) == []
    assert await stage.home.rows(Follow, followed_id=bob.id) == []
    assert await stage.home.rows(Notification, actor_id=stage.alice.id, from_id=bob.id) == []
    before = {row.id for row in await stage.home.rows(Delivery)}
    mention = {"uri": stage.bob.uri, "handle": bob.handle, "url": bob.page_url}
    await published(stage.home, stage.alice, "hello @bob", mentions=[mention], visibility=Visibility.DIRECT)
    assert {row.id for row in await stage.home.rows(Delivery)} == before
    # Eve, on the same server, still hears of alice.
    await published(stage.home, stage.alice, "to all", visibility=Visibility.PUBLIC)
    new = [row for row in await stage.home.rows(Delivery) if row.id not in before]
    assert [row.inbox_url for row in new] == [f"{stage.good.origin}/inbox"]


async def test_who_blocked_alice_reads_nothing_of_her_and_cannot_reach_her(stage: Stage) -> None:
    post = await published(stage.home, stage.alice, visibility=Visibility.FOLLOWERS)
    await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    assert (await stage.bob.get(post.uri)).status_code == 200
    await block(stage)
    assert (await stage.bob.get(post.uri)).status_code == 404
    for verb in ("Like", "Announce"):
        await stage.refused(stage.bob, stage.bob.activity(verb, post.uri))
    await stage.refused(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    answer = stage.bob.note("<p>you!</p>", inReplyTo=post.uri)
    await stage.refused(stage.bob, stage.bob.create(answer))
    assert await stage.home.rows(Post, uri=answer["id"]) == []


async def test_alice_cannot_follow_who_blocked_her(stage: Stage) -> None:
    await block(stage)
    bob = await stage.row_of(stage.bob)
    async with stage.home.context.database.write() as session:
        with pytest.raises(Exception, match="cannot be followed"):
            await follow_verbs.ask(session, stage.alice, bob)


@pytest.mark.parametrize("form", ["embedded", "id alone", "pair"])
async def test_a_block_is_undone_by_its_author(stage: Stage, form: str) -> None:
    made = await block(stage)
    pair = {"type": "Block", "actor": stage.bob.uri, "object": stage.alice.uri}
    given: Any = {"embedded": made, "id alone": made["id"], "pair": pair}[form]
    assert (await stage.receive(stage.bob, stage.bob.activity("Undo", given))).state == "done"
    assert await blocks(stage) == []
    asked = stage.bob.activity("Follow", stage.alice.uri)
    assert (await stage.receive(stage.bob, asked)).state == "done"


async def test_an_undo_that_overtakes_its_block_wins(stage: Stage) -> None:
    made = stage.bob.activity("Block", stage.alice.uri)
    assert (await stage.receive(stage.bob, stage.bob.activity("Undo", made))).state == "ignored"
    assert (await stage.receive(stage.bob, made)).state == "ignored"
    assert await blocks(stage) == []


async def test_nobody_undoes_the_block_of_another(stage: Stage) -> None:
    """AUT-11: by another server, and by a neighbour on bob's own."""
    made = await block(stage)
    for other in (stage.mal, stage.eve):
        await stage.refused(other, other.activity("Undo", made))
        for inner in (made["id"], made | {"actor": other.uri}):
            await stage.receive(other, other.activity("Undo", inner))
        assert [row.uri for row in await blocks(stage)] == [made["id"]]


async def test_a_block_of_the_server_or_of_others_is_nothing(stage: Stage) -> None:
    for target in (f"{stage.home.origin}/actor", stage.eve.uri, f"{stage.home.origin}/users/nobody"):
        await stage.refused(stage.bob, stage.bob.activity("Block", target))


async def test_a_repeated_block_is_one(stage: Stage) -> None:
    await block(stage)
    again = await block(stage)
    assert [row.uri for row in await blocks(stage)] == [again["id"]]
    await settle(stage.home)
    await deliver_all(stage.home)
    assert stage.good.activities("Accept") == []
