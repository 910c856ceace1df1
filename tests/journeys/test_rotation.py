"""Keys that are replaced, ours and theirs: whoever remembers the old one recovers, and nothing under way is lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from actors import keys, local, queries
from actors.models import Actor, Key
from actors.remote import RemoteActors
from fediverse_ai import housekeeping
from fediverse_ai.core import limits
from inbox.models import Received
from outbox import delivery, profile
from outbox.models import Delivery
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON, AS2, Peer, RemoteActor, peer, rsa_key
from tests.support.rooms import deliver_all, published, receive, settle


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """A house for each test: their clocks go different ways."""
    async with house(tmp_path / "home") as made:
        yield made


@pytest.fixture
async def good() -> AsyncIterator[Peer]:
    async with peer() as made:
        yield made


async def _followed(home: House, good: Peer, name: str) -> tuple[Actor, RemoteActor]:
    actor, bob = await home.make_actor(name), good.actor("bob")
    await receive(home, bob, bob.activity("Follow", actor.uri))
    return actor, bob


async def _rotate(home: House, actor: Actor) -> tuple[str, str]:
    """(id of the old key, id of the new one)"""
    async with home.context.database.write() as session:
        old = await queries.key_of(session, actor.id)
        found = await queries.by_id(session, actor.id)
        assert found is not None
        await profile.rotate_keys(session, found)
        new = await queries.key_of(session, actor.id)
    assert old is not None
    assert new is not None
    return old.uri, new.uri


def _key_ids(good: Peer, kind: str) -> list[str]:
    return [one.headers["signature"].partition('keyId="')[2].partition('"')[0] for one in good.arrivals
             if one.activity["type"] == kind and one.problem is None]  # fmt: skip


async def test_the_old_key_tells_of_the_new_one(home: House, good: Peer) -> None:
    """The peer remembers alice's first key, as every server does: the Update is signed with just that one."""
    alice, _ = await _followed(home, good, "alice")
    assert _key_ids(good, "Accept") == [f"{alice.uri}#main-key"]
    old, new = await _rotate(home, alice)
    await deliver_all(home)
    update = await good.arrival("Update")
    assert _key_ids(good, "Update") == [old]
    assert update["object"]["publicKey"]["id"] == new != old
    served = (await home.client.get(alice.uri, headers={"accept": ACTIVITY_JSON})).json()
    assert served["publicKey"] == update["object"]["publicKey"]
    assert [one["id"] for one in served["assertionMethod"]] != [f"{alice.uri}#ed25519-key"]

    await published(home, alice)
    await deliver_all(home)
    assert _key_ids(good, "Create") == [new], "the peer asked for a key that it had never seen, and found it"
    rows = await home.rows(Key, actor_id=alice.id)
    assert len(rows) == 4, "the old ones are kept for a while"

    home.clock.forward(limits.ROTATION_SECONDS - 60)
    assert await housekeeping.forget_keys(home.context) == 0
    assert len(await _assertions(home, alice)) == 3
    home.clock.forward(120)
    assert await housekeeping.forget_keys(home.context) == 2
    assert {row.uri for row in await home.rows(Key, actor_id=alice.id)} == {new, served["assertionMethod"][0]["id"]}
    home.clock.forward(limits.SERVED_DOCUMENT_SECONDS + 1)
    assert await _assertions(home, alice) == {served["assertionMethod"][0]["id"]}


async def _assertions(home: House, actor: Actor) -> set[str]:
    served = (await home.client.get(actor.uri, headers={"accept": ACTIVITY_JSON})).json()
    return {one["id"] for one in served["assertionMethod"]}


async def test_a_request_under_way_with_the_old_key_is_taken(home: House, good: Peer, tmp_path: Path) -> None:
    """Signed before the change, arriving after it where the key was never seen.

    Who reads `assertionMethod`, as this program does, finds the old key there. Who knows one `publicKey` alone answers
    401, and gets the same activity signed by the new key at the next try.
    """
    hugo, bob = await _followed(home, good, "hugo")
    async with house(tmp_path / "other") as other:
        ida = await other.make_actor("ida")
        inbox = f"{other.context.config.public_url}/inbox"
        like = {
            "@context": AS2,
            "id": f"{hugo.uri}/likes/1",
            "type": "Like",
            "actor": hugo.uri,
            "object": (await published(other, ida)).uri,
        }
        body = json.dumps(like).encode()
        async with home.context.database.read() as session:
            signer = await keys.signer_of(session, hugo.id)
        under_way = signer("POST", inbox, body) | {"content-type": ACTIVITY_JSON}
        old, new = await _rotate(home, hugo)
        assert {f"{hugo.uri}#main-key", f"{hugo.uri}#ed25519-key"} < await _assertions(home, hugo)
        answer = await other.client.post(inbox, content=body, headers=under_way)
        assert answer.status_code == 202, answer.text
        assert [row.sender_uri for row in await other.rows(Received, activity_uri=like["id"])] == [hugo.uri]

    good._keys.clear()
    refused = await home.client.post(bob.inbox, content=body, headers=signer("POST", bob.inbox, body))
    assert refused.status_code == 401
    good._keys.clear()
    await deliver_all(home)
    assert _key_ids(good, "Update") == [new]
    assert old != new


async def test_a_key_that_others_may_have_is_published_no_longer(home: House, good: Peer) -> None:
    jane, _ = await _followed(home, good, "jane")
    async with home.context.database.write() as session:
        found = await queries.by_id(session, jane.id)
        assert found is not None
        await profile.rotate_keys(session, found, leaked=True)
    [only] = await _assertions(home, jane)
    assert only != f"{jane.uri}#ed25519-key"
    await deliver_all(home)
    assert _key_ids(good, "Update") == [f"{jane.uri}#main-key"], "who remembers it is told by it, as by any other"


async def test_only_so_many_replaced_keys_are_published(home: House) -> None:
    karl = await home.make_actor("karl")
    for _ in range(limits.REPLACED_KEYS // 2 + 1):
        await _rotate(home, karl)
    found = await _assertions(home, karl)
    assert len(found) == 1 + limits.REPLACED_KEYS
    assert f"{karl.uri}#main-key" not in found


async def test_who_never_saw_the_old_key_gets_the_update_by_the_new_one(home: House, good: Peer) -> None:
    carl, _bob = await _followed(home, good, "carl")
    good._keys.clear()
    _, new = await _rotate(home, carl)
    await deliver_all(home)
    assert _key_ids(good, "Update") == [new]
    [row] = await home.rows(Delivery, inbox_url=f"{good.origin}/inbox")
    assert (row.state, row.attempts) == ("delivered", 1), "at the second knock of the same try"


async def test_what_waits_in_a_lane_is_signed_with_a_living_key(home: House, good: Peer) -> None:
    dora, _ = await _followed(home, good, "dora")

    async def broken(method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        return 503, {}, b""

    good.behaviours["/inbox"] = broken
    await published(home, dora)
    await deliver_all(home)
    old, new = await _rotate(home, dora)
    home.clock.forward(limits.ROTATION_SECONDS + 60)
    await housekeeping.forget_keys(home.context)
    del good.behaviours["/inbox"]
    # The signature's date is that of the clock put forward; the peer looks at nothing else here.
    good._keys.clear()
    taken: list[str] = []

    async def reads(method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        taken.append(headers["signature"].partition('keyId="')[2].partition('"')[0])
        return 202, {}, b""

    good.behaviours["/inbox"] = reads
    await delivery.redeliver.function(home.context, [good.host])
    assert taken == [new, new], "the post, and the Update whose own key is gone by now"
    assert old not in {row.uri for row in await home.rows(Key, actor_id=dora.id)}


async def test_the_servers_own_key_is_replaced_without_a_restart(home: House, good: Peer) -> None:
    """Another process replaces it: this one signs its next requests with the new key, and everybody here's followers
    hear of it."""
    _, bob = await _followed(home, good, "erin")
    remote = home.context.part(RemoteActors)
    await remote.fetcher.document(bob.uri)
    async with home.context.database.read() as session:
        instance = await local.instance_actor(session)
    old, new = await _rotate(home, instance)
    home.clock.forward(limits.OWN_KEY_SECONDS + 0.1)
    good.asked.clear()
    await remote.fetcher.document(bob.uri)
    [asked] = good.asked
    assert f'keyId="{new}"' in asked.headers["signature"]
    await deliver_all(home)
    [update] = good.activities("Update")
    assert update["object"]["id"] == instance.uri
    assert old != new


@pytest.mark.parametrize("same_id", [True, False])
async def test_theirs_changes(home: House, good: Peer, same_id: bool) -> None:
    """Under the same id (Mastodon) the signature fails and the key is asked for anew; another id is unknown anyway."""
    actor, bob = await _followed(home, good, f"fred{same_id}")
    bob.key = rsa_key(5)
    if not same_id:
        bob.changes = {"publicKey": {**bob.document()["publicKey"], "id": f"{bob.uri}#second"}}
    key_id = bob.document()["publicKey"]["id"]
    # The first key came with the Follow a moment ago: its cool-down is over.
    home.clock.forward(limits.KEY_COOLDOWN_SECONDS + 1)
    post = await published(home, actor)
    like = bob.activity("Like", post.uri)
    answer = await bob.deliver(home.inbox, like, key_id=key_id, date=home.clock.now())
    assert answer.status_code == 202, answer.text
    assert [row.sender_uri for row in await home.rows(Received, activity_uri=like["id"])] == [bob.uri]
    stale = await bob.deliver(home.inbox, bob.activity("Like", post.uri), key=rsa_key(0), date=home.clock.now())
    assert stale.status_code == 401, "the old key opens nothing any more"


async def test_an_update_by_the_old_key_brings_the_new_one(home: House, good: Peer) -> None:
    """As we send it ourselves, and Mastodon: no request is needed afterwards."""
    actor, bob = await _followed(home, good, "gina")
    before = bob.key
    bob.key = rsa_key(6)
    update = bob.activity("Update", bob.document(), to=["https://www.w3.org/ns/activitystreams#Public"])
    assert (await bob.deliver(home.inbox, update, key=before, date=home.clock.now())).status_code == 202
    await settle(home)
    good.asked.clear()
    post = await published(home, actor)
    answer = await bob.deliver(home.inbox, bob.activity("Like", post.uri), date=home.clock.now())
    assert answer.status_code == 202, answer.text
    assert [one for one in good.asked if one.method == "GET"] == []
