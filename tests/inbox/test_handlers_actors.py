"""Update of actors through the real route, and what belongs to no entry of the table.

The refusals are those of the threat catalogue's authority list (AUT-…), each with the oracles of `stage`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors.models import Key
from inbox.models import Received
from outbox.models import Delivery, Post
from tests.inbox.stage import Document, Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import PUBLIC, RemoteActor, public_pem, rsa_key
from tests.support.rooms import settle

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


def described(remote: RemoteActor, **changes: Any) -> Document:
    """An Update of an actor with its whole document, as profile edits come."""
    return remote.activity("Update", {**remote.document(), **changes}, to=[PUBLIC])


async def test_an_actor_describes_themself_anew(stage: Stage) -> None:
    change = described(stage.bob, name="Robert <b>B</b>", summary="<p>Now in <script>x</script>Bern</p>")
    assert (await stage.receive(stage.bob, change)).state == "done"
    row = await stage.row_of(stage.bob)
    assert (row.name, row.summary) == ("Robert B", "<p>Now in Bern</p>")


async def test_nobody_describes_another(stage: Stage) -> None:
    """AUT-08, AUT-14."""
    for other in (stage.mal, stage.eve):
        change = other.activity("Update", {**stage.bob.document(), "name": "Fooled"})
        await stage.refused(other, change)
        await stage.refused(other, other.activity("Update", {**other.document(), "id": stage.bob.uri}))
        await stage.refused(other, other.activity("Update", {**other.document(), "id": stage.alice.uri}))


async def test_an_update_keeps_endpoints_at_home_and_the_name_as_it_was(stage: Stage) -> None:
    """AUT-14, AUT-22: inbox elsewhere is no actor; other endpoints elsewhere, and our own collection, are dropped."""
    evil, before = stage.evil.origin, await stage.row_of(stage.bob)
    await stage.refused(stage.bob, described(stage.bob, inbox=f"{evil}/inbox"))
    change = described(
        stage.bob,
        outbox=f"{evil}/outbox",
        endpoints={"sharedInbox": f"{evil}/inbox"},
        followers=f"{stage.alice.uri}/followers",
        featured=f"{evil}/featured",
        preferredUsername="eve",
    )
    assert (await stage.receive(stage.bob, change)).state == "done"
    row = await stage.row_of(stage.bob)
    assert (row.inbox_url, row.shared_inbox_url, row.outbox_url) == (before.inbox_url, None, None)
    assert (row.followers_uri, row.featured_uri, row.username) == (None, None, "bob")


async def test_a_key_of_another_owner_is_not_taken_over(stage: Stage) -> None:
    """AUT-14: neither for another's name, nor under another's key id; and the other goes on signing."""
    for number, (uri, owner) in enumerate(
        [(stage.bob.key_id, stage.eve.uri), (stage.eve.key_id, stage.bob.uri), (stage.mal.key_id, stage.eve.uri)]
    ):
        key = {"id": uri, "owner": owner, "publicKeyPem": public_pem(rsa_key(3))}
        keys = [key, stage.eve.document()["publicKey"]]
        row = await stage.receive(stage.eve, described(stage.eve, name=f"Eve {number}", publicKey=keys))
        assert row.state in ("done", "dropped"), row.detail
    [key_row] = await stage.home.rows(Key, uri=stage.bob.key_id)
    assert key_row.actor_id == (await stage.row_of(stage.bob)).id
    assert key_row.public_pem == public_pem(stage.bob.key)
    assert (await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))).state == "done"


async def test_a_key_id_that_a_neighbour_took_in_advance_is_given_to_its_owner(stage: Stage) -> None:
    """AUT-14: carl is not known yet when eve lists his key id as hers; he is not locked out."""
    carl = stage.good.actor("carl", key=4)
    key = {"id": carl.key_id, "owner": stage.eve.uri, "publicKeyPem": public_pem(stage.eve.key)}
    await stage.receive(stage.eve, described(stage.eve, publicKey=[key, stage.eve.document()["publicKey"]]))
    answer = await carl.deliver(stage.home.inbox, carl.activity("Follow", stage.alice.uri))
    assert answer.status_code == 202, answer.text
    [key_row] = await stage.home.rows(Key, uri=carl.key_id)
    assert key_row.public_pem == public_pem(carl.key)
    stage.eve.changes = {"publicKey": [key, stage.eve.document()["publicKey"]]}
    await stage.receive(stage.eve, described(stage.eve, name="Eve again"))
    assert (await stage.receive(carl, carl.activity("Follow", stage.alice.uri))).state == "done"


# Whatever else arrives


@pytest.mark.parametrize("kind", ["Arrive", "Listen", "Read", "bite", "View"])
async def test_unknown_activities_are_acknowledged_and_marked(stage: Stage, kind: str) -> None:
    row = await stage.refused(stage.bob, stage.bob.activity(kind, stage.alice.uri))
    assert row.state == "unsupported"


@pytest.mark.parametrize(("actor", "status"), [("another", 202), ("a list of two", 400), ("a number", 400), ("", 400)])
async def test_an_activity_has_exactly_one_actor(stage: Stage, actor: str, status: int) -> None:
    """AUT-21: refused at the door and not stored; one of another actor counts as forwarded, and has no effect."""
    made = stage.mal.activity("Follow", stage.alice.uri)
    bob, mal = stage.bob.uri, stage.mal.uri
    made["actor"] = {"another": {"id": bob}, "a list of two": [mal, bob], "a number": 1}.get(actor)
    before = stage.world()
    answer = await stage.mal.deliver(stage.home.inbox, made)
    assert answer.status_code == status
    await settle(stage.home)
    assert await stage.home.rows(Received, activity_uri=made["id"]) == []
    assert stage.world() == before


@pytest.mark.parametrize("form", ["object", "list of one"])
async def test_an_actor_may_be_written_as_an_object_or_a_list(stage: Stage, form: str) -> None:
    made = stage.bob.activity("Follow", stage.alice.uri)
    made["actor"] = {"id": stage.bob.uri, "type": "Person"} if form == "object" else [stage.bob.uri]
    assert (await stage.receive(stage.bob, made)).state == "done"


async def test_addressing_her_followers_makes_alice_send_nothing(stage: Stage) -> None:
    """AUT-23: alice has a follower, and mal addresses them all."""
    await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    deliveries = len(await stage.home.rows(Delivery))
    note = stage.mal.note("<p>hi</p>", to=[f"{stage.alice.uri}/followers", PUBLIC])
    await stage.refused(stage.mal, stage.mal.create(note))
    assert len(await stage.home.rows(Delivery)) == deliveries
    assert await stage.home.rows(Post, uri=note["id"]) == []
