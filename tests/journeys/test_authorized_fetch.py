"""Authorised fetch: posts and lists for signed readers only, and no deadlock between two servers that both want it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors import queries
from actors.models import Actor
from tests.support import verbs
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON, RemoteActor, peer
from tests.support.processes import eventually
from tests.support.rooms import deliver_all, published, receive
from tests.support.server import server

ACCEPT = {"accept": ACTIVITY_JSON}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path / "home", federation={"authorized_fetch": True}) as made:
        yield made


@pytest.fixture
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


@pytest.fixture
async def bob() -> AsyncIterator[RemoteActor]:
    async with peer() as good:
        yield good.actor("bob")


async def test_what_stays_open_and_what_wants_a_signature(home: House, alice: Actor, bob: RemoteActor) -> None:
    post = await published(home, alice)
    for path in ("/actor", "/users/alice", "/users/alice/outbox", "/.well-known/nodeinfo"):
        assert (await home.client.get(path, headers=ACCEPT)).status_code == 200, path
    closed = (f"/notes/{post.id}", f"/notes/{post.id}/replies", "/users/alice/outbox?page=true",
              "/users/alice/followers?page=true", post.activity_uri or "")  # fmt: skip
    for path in closed:
        assert (await home.client.get(path, headers=ACCEPT)).status_code == 401, path
        url = path if path.startswith("http") else home.origin + path
        read = await bob.get(url)
        assert read.status_code == 200, path
        assert "private" in read.headers["cache-control"], path


async def test_one_account_may_want_it_alone(tmp_path: Path, bob: RemoteActor) -> None:
    async with house(tmp_path / "open") as open_house:
        shy = await open_house.make_actor("shy", authorized_fetch=True)
        bold = await open_house.make_actor("bold")
        for author, status in ((shy, 401), (bold, 200)):
            post = await published(open_house, author)
            assert (await open_house.client.get(f"/notes/{post.id}", headers=ACCEPT)).status_code == status


async def test_a_suspended_reader_sees_nothing(home: House, alice: Actor, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    post = await published(home, alice)
    async with home.context.database.write() as session:
        actor = await queries.by_uri(session, bob.uri)
        assert actor is not None
        actor.suspended_ms = 1
        session.add(actor)
    assert (await bob.get(f"{home.origin}/notes/{post.id}")).status_code in (401, 403)


async def test_a_followers_only_post_is_read_by_followers_alone(home: House, alice: Actor, bob: RemoteActor) -> None:
    stranger = bob.peer.actor("eve", key=3)
    await receive(home, bob, bob.activity("Follow", alice.uri))
    post = await published(home, alice, visibility="followers")
    assert (await bob.get(f"{home.origin}/notes/{post.id}")).status_code == 200
    refused = await stranger.get(f"{home.origin}/notes/{post.id}")
    missing = await stranger.get(f"{home.origin}/notes/1")
    assert refused.status_code == missing.status_code == 404
    assert refused.content == missing.content


async def test_followers_synchronization_shows_each_server_its_own(home: House, alice: Actor, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    url = f"{home.origin}/users/alice/followers_synchronization"
    assert (await home.client.get(url, headers=ACCEPT)).status_code == 404
    assert (await bob.get(url)).json()["orderedItems"] == [bob.uri]
    async with peer() as other:
        assert (await other.actor("carl", key=2).get(url)).json()["orderedItems"] == []


async def test_deliveries_to_followers_carry_the_digest(home: House, alice: Actor, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    await published(home, alice)
    await deliver_all(home)
    [arrival] = [one for one in bob.peer.arrivals if one.activity["type"] == "Create"]
    digest = hashlib.sha256(bob.uri.encode()).hexdigest()
    assert arrival.problem is None
    assert f'digest="{digest}"' in arrival.headers["collection-synchronization"]
    assert "collection-synchronization" in arrival.headers["signature"], "it is signed"
    [accept] = [one for one in bob.peer.arrivals if one.activity["type"] == "Accept"]
    assert "collection-synchronization" not in accept.headers


async def test_two_servers_that_both_want_it_do_not_wait_for_each_other(tmp_path: Path) -> None:
    wanted = {"federation": {"authorized_fetch": True}}
    async with (
        server(tmp_path / "ours", "ann", settings=wanted) as ours,
        server(tmp_path / "theirs", "ben", settings=wanted) as theirs,
    ):
        await theirs.cli("follow", ours.handle("ann"), "--as", "ben")
        uri = await verbs.write(ours, "ann", "Good morning")

        async def arrived() -> bool:
            return bool(theirs.query("select id from post where uri = ?", uri))

        await eventually(arrived, "the post arrives")
        await verbs.boost(theirs, "ben", uri)

        async def counted() -> bool:
            return ours.query("select boosts from post where uri = ?", uri) == [(1,)]

        await eventually(counted, "the boost is counted")
