"""Somebody leaves for good: every known server is told, what they made is gone, their name is burnt."""

from __future__ import annotations

import pytest
from sqlmodel import select

from actors import accounts, local
from actors.models import Account, Actor, Follow, Key, Login
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Conflict
from outbox import leave, react
from outbox.models import Activity, Attachment, Post, PostState, Reaction
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import deliver_all, picture_of, receive, waiting_post

ACTIVITY = {"accept": "application/activity+json"}


async def account_of(home: House, actor: Actor) -> Account:
    [row] = await home.rows(Account, actor_id=actor.id)
    return row


async def erase(home: House, actor: Actor) -> None:
    """What the queue would do, turn by turn."""
    for turn in range(4):
        await leave.erase.function(home.context, [actor.id, turn])


async def test_after_the_grace_nothing_is_left_but_the_name(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    lena = await home.make_actor("lena", role="owner")
    await receive(home, bob, bob.activity("Follow", alice.uri))
    post = await waiting_post(home, alice, "A planted sentence", document=b"{}")
    hers = await waiting_post(home, lena, "Stays", document=b"{}")
    picture, shared = await picture_of(home, post, b"hers alone"), await picture_of(home, post, b"of both")
    await picture_of(home, hers, b"of both")
    async with home.context.database.write() as session:
        for one in (post, hers):
            row = await session.get_one(Post, one.id)
            row.state, row.published_ms = PostState.PUBLISHED, row.created_ms
            session.add(row)
        await session.flush()
        await react.like(session, await session.get_one(Actor, alice.id), await session.get_one(Post, hers.id))
        account = (await session.exec(select(Account).where(Account.actor_id == alice.id))).one()
        await accounts.open_session(session, account.id, "Firefox")
        await leave.ask(session, account)
    await leave.due(home.context)
    assert (await home.client.get("/users/alice", headers=ACTIVITY)).status_code == 200
    async with home.context.database.write() as session:
        row = await session.get_one(Account, account.id)
        assert row.leaves_ms == pytest.approx(
            home.context.clock.now_ms() + limits.ERASE_GRACE_SECONDS * 1000, abs=60_000
        )
        # The time has come; the clock stands, because the other server's does.
        row.leaves_ms = home.context.clock.now_ms()
        session.add(row)
    await leave.due(home.context)
    await leave.due(home.context)
    await erase(home, alice)
    await deliver_all(home)
    told = await good.arrival("Delete")
    assert (told["actor"], told["object"], told["to"]) == (
        alice.uri,
        alice.uri,
        ["https://www.w3.org/ns/activitystreams#Public"],
    )
    assert len(good.activities("Delete")) == 1
    gone = await home.client.get("/users/alice", headers=ACTIVITY)
    assert (gone.status_code, gone.json()["type"]) == (410, "Tombstone")
    assert (await home.client.get("/@alice", headers={"accept": "text/html"})).status_code == 410
    assert (await home.client.get(f"/notes/{post.id}", headers=ACTIVITY)).status_code == 410
    for model, column in ((Login, "account_id"), (Follow, "followed_id"), (Reaction, "actor_id")):
        owner = account.id if column == "account_id" else alice.id
        assert await home.rows(model, **{column: owner}) == [], model
    assert [row.type for row in await home.rows(Activity, actor_id=alice.id)] == ["Delete"]
    assert (await home.rows(Post, id=hers.id))[0].likes == 0
    files = [home.context.storage.path(one.file or "") for one in (picture, shared)]
    assert [path is not None and path.exists() for path in files] == [False, True]
    async with home.context.database.read() as session:
        for table in (Post.text, Post.content, Attachment.alt):
            assert "planted" not in " ".join(str(value) for value in await session.exec(select(table)))
    async with home.context.database.write() as session:
        with pytest.raises(Conflict):
            await local.create(session, "Alice")
    assert await home.rows(Key, actor_id=alice.id) != []
    home.clock.forward(limits.GIVE_UP_SECONDS + 1)
    await leave.due(home.context)
    assert await home.rows(Key, actor_id=alice.id) == []


async def test_it_can_be_taken_back_until_then(home: House, alice: Actor) -> None:
    account = await account_of(home, alice)
    async with home.context.database.write() as session:
        await leave.ask(session, await session.get_one(Account, account.id))
    async with home.context.database.write() as session:
        await leave.stay(session, await session.get_one(Account, account.id))
    home.clock.forward(2 * limits.ERASE_GRACE_SECONDS)
    await leave.due(home.context)
    assert (await home.rows(Actor, id=alice.id))[0].deleted_ms is None


async def test_the_only_owner_stays(home: House) -> None:
    olga = await home.make_actor("olga", role="owner")
    async with home.context.database.write() as session:
        account = (await session.exec(select(Account).where(Account.actor_id == olga.id))).one()
        with pytest.raises(Conflict, match="only owner"):
            await leave.ask(session, account)
    await home.make_actor("otto", role="owner")
    async with home.context.database.write() as session:
        account = (await session.exec(select(Account).where(Account.actor_id == olga.id))).one()
        await leave.ask(session, account)
        assert account.leaves_ms is not None


async def test_large_accounts_are_erased_in_turns(home: House, alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ERASED_ROWS", 2)
    posts = [await waiting_post(home, alice, f"Number {number}") for number in range(5)]
    async with home.context.database.write() as session:
        account = (await session.exec(select(Account).where(Account.actor_id == alice.id))).one()
        await leave.end(session, account)
    left = []
    for turn in range(3):
        await leave.erase.function(home.context, [alice.id, turn])
        left.append(len([row for row in await home.rows(Post, author_id=alice.id) if row.state != PostState.DELETED]))
    assert left == [3, 1, 0]
    assert len(posts) == 5
