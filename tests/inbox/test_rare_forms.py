"""What few servers write, or seldom: ids instead of objects, acceptances taken back, keys of other shapes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from actors.models import Follow, FollowState
from outbox.models import Notification, Post
from tests.inbox.stage import Stage, changed, stage_in
from tests.support.house import House, house
from tests.support.peer import PUBLIC, peer, public_pem, rsa_key

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


async def test_a_create_of_an_id_is_read_by_whom_it_is_for(stage: Stage) -> None:
    """Nobody here follows bob; but he names alice, and his post mentions her."""
    mention = {"type": "Mention", "href": stage.alice.uri, "name": "@alice"}
    note = stage.bob.note("@alice hello", tag=[mention], to=[PUBLIC], cc=[stage.alice.uri])
    row = await stage.receive(stage.bob, stage.bob.activity("Create", note["id"], to=[PUBLIC], cc=[stage.alice.uri]))
    assert row.state == "done", row.detail
    post = await stage.post_of(note)
    assert [one.kind for one in await stage.home.rows(Notification, post_id=post.id)] == ["mention"]


async def test_a_create_of_an_id_for_nobody_here_is_not_asked_for(stage: Stage) -> None:
    note = stage.bob.note("hello")
    await stage.refused(stage.bob, stage.bob.activity("Create", note["id"], to=[PUBLIC], cc=[stage.eve.uri]))


async def test_to_name_alice_is_not_enough_for_a_post_that_does_not(stage: Stage) -> None:
    """The addresses of the activity open the letter; what is kept is decided by the letter."""
    note = stage.bob.note("hello everybody")
    await stage.receive(stage.bob, stage.bob.activity("Create", note["id"], cc=[stage.alice.uri]))
    assert await stage.home.rows(Post, uri=note["id"]) == []


@pytest.mark.parametrize("form", ["whole", "id alone"])
async def test_an_acceptance_that_is_taken_back_waits_again(stage: Stage, form: str) -> None:
    uri = await stage.follow(stage.bob)
    follow = {"id": uri, "type": "Follow", "actor": stage.alice.uri, "object": stage.bob.uri}
    accept = stage.bob.activity("Accept", follow if form == "whole" else uri)
    for other in (stage.eve, stage.mal):
        await stage.receive(other, other.activity("Undo", accept))
        await stage.receive(other, other.activity("Undo", accept | {"actor": other.uri}))
    assert [row.state for row in await stage.home.rows(Follow, uri=uri)] == [FollowState.ACCEPTED], "nobody else's word"
    assert (await stage.receive(stage.bob, stage.bob.activity("Undo", accept))).state == "done"
    assert [row.state for row in await stage.home.rows(Follow, uri=uri)] == [FollowState.PENDING]


async def test_a_stranger_who_changed_is_neither_asked_nor_kept(stage: Stage) -> None:
    """Mastodon tells every server that it knows; of somebody never seen here there is nothing to change."""
    async with peer() as other:
        dora = other.actor("dora", key=2)
        before = stage.world()
        answer = await dora.deliver(stage.home.inbox, dora.activity("Update", dora.document(), to=[PUBLIC]))
        assert (answer.status_code, other.asked) == (202, [])
        assert changed(before, stage.world()) == []
        note = dora.note("An edit of what we never had")
        await dora.deliver(stage.home.inbox, dora.activity("Update", note))
        assert [one.path for one in other.asked], "anything else is verified"


async def test_a_key_may_name_its_controller(stage: Stage) -> None:
    """As the security vocabulary has it since `owner` was deprecated."""
    async with peer() as other:
        dora = other.actor("dora", key=2)
        key = {"id": dora.key_id, "controller": dora.uri, "publicKeyPem": public_pem(rsa_key(2))}
        dora.changes["publicKey"] = key
        assert (await stage.receive(dora, dora.activity("Follow", stage.alice.uri))).state == "done"
        emma = other.actor("emma", key=1)
        emma.changes["publicKey"] = {"id": emma.key_id, "controller": dora.uri, "publicKeyPem": public_pem(rsa_key(1))}
        answer = await emma.deliver(stage.home.inbox, emma.activity("Follow", stage.alice.uri))
        assert answer.status_code == 401, "another's key is nobody's"
