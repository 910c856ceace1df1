"""What only tells what happened is forgotten after a month, in pieces; what still matters stays."""

from __future__ import annotations

from typing import Any

import pytest

from actors import follows
from actors.models import Actor, FollowState
from actors.remote import ensure
from fediverse_ai import housekeeping
from fediverse_ai.core import limits
from fediverse_ai.core.http import Budget
from inbox import tombstones
from inbox.models import Received, Tombstone
from outbox import bookmarks, publish, react
from outbox.models import Activity, Attachment, Delivery, Post, Reaction
from tests.support.house import House
from tests.support.peer import RemoteActor
from tests.support.rooms import deliver_all, published, receive

DAY = 86_400.0


async def forward(home: House, days: float) -> None:
    home.clock.forward(days * DAY)
    await housekeeping.forget(home.context)


async def test_received_activities_go_after_thirty_days_and_their_effects_stay(
    home: House, alice: Actor, bob: RemoteActor
) -> None:
    post = await published(home, alice)
    like = bob.activity("Like", post.uri)
    await receive(home, bob, like)
    async with home.context.database.write() as session:
        waiting = Received(id=home.context.ids.new(), activity_uri="https://x.test/1", type="Like", body=b"{}",
                           sender_uri="https://x.test/a", received_ms=home.clock.now_ms())  # fmt: skip
        session.add(waiting)
    await forward(home, limits.RECEIVED_DAYS - 0.01)
    assert len(await home.rows(Received)) == 2
    await forward(home, 0.02)
    assert [row.activity_uri for row in await home.rows(Received)] == ["https://x.test/1"], "a promise is kept"
    assert len(await home.rows(Reaction)) == 1
    answer = await bob.deliver(home.inbox, like)
    assert answer.status_code == 401, "an old signature opens nothing"


async def test_tombstones_with_an_end_go_and_those_for_ever_stay(home: House) -> None:
    async with home.context.database.write() as session:
        await tombstones.set_stone(session, "https://x.test/1", "https://x.test/a")
        await tombstones.set_stone(session, "https://x.test/2", "https://x.test/a", for_ever=True)
    await housekeeping.forget(home.context)
    assert len(await home.rows(Tombstone)) == 2
    await forward(home, limits.TOMBSTONE_SECONDS / DAY + 0.001)
    assert [stone.uri for stone in await home.rows(Tombstone)] == ["https://x.test/2"]


async def test_ended_deliveries_go_and_waiting_ones_stay(home: House, alice: Actor, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    await published(home, alice)
    await deliver_all(home)
    activity_id = (await home.rows(Activity))[0].id
    async with home.context.database.write() as session:
        for number, state in enumerate(("given_up", "withheld", "lane", "pending")):
            done = None if state in ("lane", "pending") else home.clock.now_ms()
            session.add(Delivery(id=home.context.ids.new(), activity_id=activity_id, host="x.test", state=state,
                                 inbox_url=f"https://x.test/{number}", created_ms=1, done_ms=done))  # fmt: skip
    await forward(home, limits.DELIVERY_DAYS - 0.01)
    assert len(await home.rows(Delivery)) == 6
    await forward(home, 0.02)
    assert {row.state for row in await home.rows(Delivery)} == {"lane", "pending"}


async def test_where_private_posts_went_stays_known(home: House, alice: Actor, bob: RemoteActor) -> None:
    """A report about one is believed only of a server that got it."""
    await receive(home, bob, bob.activity("Follow", alice.uri))
    post = await published(home, alice, "For followers", visibility="followers")
    await deliver_all(home)
    await forward(home, limits.DELIVERY_DAYS + 1)
    [activity] = await home.rows(Activity, object_uri=post.uri)
    [row] = await home.rows(Delivery)
    assert (row.activity_id, row.state) == (activity.id, "delivered")


async def test_activities_stay_while_their_object_lives(home: House, alice: Actor, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    kept, gone = await published(home, alice, "Stays"), await published(home, alice, "Goes")
    async with home.context.database.write() as session:
        for post in (kept, gone):
            await react.like(session, alice, post)
    await deliver_all(home)
    async with home.context.database.write() as session:
        fresh = await session.get(Post, gone.id)
        assert fresh is not None
        await publish.remove(session, fresh)
    await forward(home, limits.ACTIVITY_DAYS + 0.01)
    left = await home.rows(Activity)
    assert "Delete" in {row.type for row in left}, "it was never delivered"
    assert {row.object_uri for row in left if row.type in ("Create", "Like")} == {kept.uri}

    async def takes(*_: Any) -> Any:
        return 202, {}, b""

    bob.peer.behaviours["/inbox"] = takes  # its own clock did not move, so it would find our signature too new
    await deliver_all(home)
    await forward(home, limits.DELIVERY_DAYS + 0.01)
    assert {(row.type, row.object_uri) for row in await home.rows(Activity)} == {
        ("Create", kept.uri),
        ("Like", kept.uri),
    }
    answer = await home.client.get(kept.activity_uri or "", headers={"accept": "application/activity+json"})
    assert answer.status_code == 200


async def test_a_run_drops_a_bounded_number(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TIDIED_ROWS", 3)
    async with home.context.database.write() as session:
        for number in range(5):
            session.add(Received(id=number + 1, activity_uri=f"https://x.test/{number}", type="Like", body=b"{}",
                                 sender_uri="https://x.test/a", received_ms=1, state="done"))  # fmt: skip
    await housekeeping.forget(home.context)
    assert [row.id for row in await home.rows(Received)] == [4, 5]
    await housekeeping.forget(home.context)
    assert await home.rows(Received) == []


async def test_copies_of_posts_go_after_ninety_days_unless_somebody_here_had_to_do_with_them(
    home: House, alice: Actor, bob: RemoteActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = await published(home, alice)
    bob_id = await ensure(home.context, bob.uri, Budget(clock=home.clock))
    async with home.context.database.write() as session:
        row = await session.get(Actor, bob_id)
        assert row is not None
        await follows.add(session, alice, row, f"{home.origin}/activities/1", FollowState.ACCEPTED)
    names = [
        "plain",
        "another",
        "liked",
        "boosted",
        "bookmarked",
        "answered",
        "quoted",
        "answers",
        "mentions",
        "pinned",
    ]
    made: dict[str, Post] = {}
    for name in names:
        values: dict[str, Any] = {"attachment": [{"type": "Image", "url": f"{bob.peer.origin}/a.png"}]}
        if name == "answers":
            values["inReplyTo"] = mine.uri
        if name == "mentions":
            values["tag"] = [{"type": "Mention", "href": alice.uri, "name": "@alice"}]
        note = bob.note(f"<p>{name}</p>", **values)
        await receive(home, bob, bob.create(note))
        [made[name]] = await home.rows(Post, uri=note["id"])
    await receive(home, bob, bob.activity("Like", made["plain"].uri))
    async with home.context.database.write() as session:
        await react.like(session, alice, made["liked"])
        await react.boost(session, alice, made["boosted"])
        await bookmarks.add(session, alice, made["bookmarked"])
    await published(home, alice, "Yes", in_reply_to_id=made["answered"].id, in_reply_to_uri=made["answered"].uri)
    await published(home, alice, "Look", quote_uri=made["quoted"].uri)
    monkeypatch.setattr(limits, "FORGOTTEN_POSTS", 2)
    await forward(home, limits.REMOTE_POST_DAYS - 0.01)
    assert len(await home.rows(Post, local=False)) == len(names)
    await forward(home, 0.02)
    assert len(await home.rows(Post, local=False)) == len(names) - 2, "a piece at a time"
    await forward(home, 0.01)
    left = {post.content.removeprefix("<p>").removesuffix("</p>") for post in await home.rows(Post, local=False)}
    assert left == {"liked", "boosted", "bookmarked", "answered", "quoted", "answers", "mentions"}
    assert {row.post_id for row in await home.rows(Attachment)} == {made[name].id for name in left}
    assert await home.rows(Tombstone) == [], "it may be fetched again"
