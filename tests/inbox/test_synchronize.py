"""FEP-8fcf, receiving: lost Undo and lost Accept are mended from the other server's own list."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from actors import follows, queries
from actors.models import Actor, Follow, FollowState
from inbox import synchronize
from tests.support.house import House
from tests.support.peer import ACTIVITY_JSON, Peer, RemoteActor
from tests.support.rooms import deliver_all, receive


def _digest(*uris: str) -> str:
    total = 0
    for uri in uris:
        total ^= int.from_bytes(hashlib.sha256(uri.encode()).digest(), "big")
    return f"{total:064x}"


async def _follow(home: House, follower: Actor, bob: RemoteActor, state: FollowState) -> None:
    async with home.context.database.write() as session:
        target = await queries.by_uri(session, bob.uri)
        assert target is not None
        await follows.add(session, follower, target, f"{follower.uri}#follow", state)


async def _deliver(home: House, bob: RemoteActor, digest: str, url: str | None = None) -> None:
    url = url or f"{bob.uri}/followers_synchronization"
    header = f'collectionId="{bob.followers}", url="{url}", digest="{digest}"'
    note = bob.note("hello")
    extra = {"collection-synchronization": header}
    names = ["(request-target)", "host", "date", "digest", "collection-synchronization"]
    answer = await bob.deliver(home.inbox, bob.create(note), extra=extra, names=names)
    assert answer.status_code == 202, answer.text


async def _jobs(home: House) -> list[list[int | str]]:
    return [job.ids for job in await home.context.jobs.waiting() if job.name.endswith("synchronize")]


def _list(bob: RemoteActor, *uris: str) -> None:
    path = f"/users/{bob.name}/followers_synchronization"
    body = {"id": bob.peer.origin + path, "type": "OrderedCollection", "orderedItems": list(uris)}
    bob.peer.serve({"@context": "https://www.w3.org/ns/activitystreams", **body})


async def _known(home: House, alice: Actor, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Like", f"{home.origin}/notes/1"))


async def test_agreement_costs_no_request(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    await _known(home, alice, bob)
    await _follow(home, alice, bob, FollowState.ACCEPTED)
    await _deliver(home, bob, _digest(alice.uri))
    assert await _jobs(home) == []


async def test_a_row_that_they_do_not_list_goes(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    await _known(home, alice, bob)
    await _follow(home, alice, bob, FollowState.ACCEPTED)
    _list(bob)
    await _deliver(home, bob, _digest())
    [ids] = await _jobs(home)
    await synchronize.synchronize.function(home.context, ids)
    assert await home.rows(Follow) == []
    [asked] = [one for one in good.asked if one.path.endswith("followers_synchronization")]
    assert "signature" in asked.headers, "the list is asked for with a signature"


async def test_what_they_list_and_we_do_not_know_is_undone(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    await _known(home, alice, bob)
    _list(bob, alice.uri, "https://elsewhere.test/users/eve")
    await _deliver(home, bob, _digest(alice.uri))
    [ids] = await _jobs(home)
    await synchronize.synchronize.function(home.context, ids)
    await deliver_all(home)
    undo = await good.arrival("Undo")
    assert (undo["actor"], undo["object"]["type"], undo["object"]["object"]) == (alice.uri, "Follow", bob.uri)


async def test_a_lost_accept_is_found_again(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    await _known(home, alice, bob)
    await _follow(home, alice, bob, FollowState.PENDING)
    _list(bob, alice.uri)
    await _deliver(home, bob, _digest(alice.uri))
    [ids] = await _jobs(home)
    await synchronize.synchronize.function(home.context, ids)
    assert [row.state for row in await home.rows(Follow)] == [FollowState.ACCEPTED]


async def test_a_list_on_another_server_is_not_asked(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    await _known(home, alice, bob)
    await _deliver(home, bob, _digest(alice.uri), url="https://elsewhere.test/list")
    assert await _jobs(home) == []


async def test_one_sender_is_compared_once_an_hour(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    await _known(home, alice, bob)
    for _ in range(3):
        await _deliver(home, bob, _digest(alice.uri))
    assert len(await _jobs(home)) == 1
    home.clock.forward(3601)
    await _deliver(home, bob, _digest(alice.uri))
    assert len(await _jobs(home)) == 2


@pytest.mark.parametrize(
    "hidden",
    [
        {"type": "OrderedCollection", "totalItems": 1},
        {"type": "OrderedCollection", "totalItems": 1, "first": "https://good.test/users/bob/followers?page=1"},
        {"type": "OrderedCollection", "totalItems": 2, "orderedItems": ["https://home.test/users/somebody"]},
        {"type": "Note", "content": "hello"},
    ],
)
async def test_a_list_that_is_not_the_announced_one_changes_nothing(
    home: House, alice: Actor, good: Peer, bob: RemoteActor, hidden: dict[str, Any]
) -> None:
    """Without members it would end every follow, although its server only does not show them."""
    await _known(home, alice, bob)
    await _follow(home, alice, bob, FollowState.ACCEPTED)
    path = f"/users/{bob.name}/followers_synchronization"
    bob.peer.serve({"@context": "https://www.w3.org/ns/activitystreams", "id": bob.peer.origin + path, **hidden})
    await _deliver(home, bob, _digest(alice.uri, f"{home.origin}/users/carol"))
    [ids] = await _jobs(home)
    await synchronize.synchronize.function(home.context, ids)
    assert [row.state for row in await home.rows(Follow)] == [FollowState.ACCEPTED]


async def test_a_list_that_hangs_or_lies_changes_nothing(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    await _known(home, alice, bob)
    await _follow(home, alice, bob, FollowState.ACCEPTED)

    async def broken(method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        return 500, {"content-type": ACTIVITY_JSON}, b""

    good.behaviours[f"/users/{bob.name}/followers_synchronization"] = broken
    await _deliver(home, bob, _digest())
    [ids] = await _jobs(home)
    await synchronize.synchronize.function(home.context, ids)
    assert len(await home.rows(Follow)) == 1
