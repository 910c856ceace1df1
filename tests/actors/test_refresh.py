"""Others' actors over the weeks: refreshed on use and in the background, missing, gone, and back again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from actors import follows, queries, refresh, remote, rules
from actors.models import Actor, Follow, FollowState, Key
from actors.refresh import Found
from actors.rules import Wanted
from fediverse_ai.core import limits
from inbox import retire
from inbox.models import Received
from outbox import react
from outbox.models import Post
from tests.support.house import House
from tests.support.peer import RemoteActor
from tests.support.rooms import published, receive, settle

DAY = 86_400.0


def answering(status: int) -> Any:
    async def answer(*_: Any) -> Any:
        return status, {}, b""

    return answer


async def known(home: House, who: RemoteActor) -> Actor:
    [row] = await home.rows(Actor, uri=who.uri)
    return row


def asked(who: RemoteActor) -> int:
    return sum(one.path == f"/users/{who.name}" for one in who.peer.asked)


async def jobs(home: House, name: str = "inbox.retire.look") -> list[list[int | str]]:
    return [job.ids for job in await home.context.jobs.waiting() if job.name == name]


async def met(home: House, alice: Actor, bob: RemoteActor) -> Actor:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    return await known(home, bob)


async def later(home: House, seconds: float) -> datetime:
    """Put the house's clock forward; when a request is signed then."""
    home.clock.forward(seconds)
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_who_was_seen_today_is_not_asked_again(home: House, alice: Actor, bob: RemoteActor) -> None:
    await met(home, alice, bob)
    await receive(home, bob, bob.activity("Like", f"{home.origin}/notes/1"))
    assert await jobs(home) == []


async def test_a_stale_actor_is_refreshed_on_use_once(home: House, alice: Actor, bob: RemoteActor) -> None:
    row = await met(home, alice, bob)
    bob.changes["name"] = "Bob the Second"
    then = await later(home, limits.ACTOR_STALE_SECONDS + 60)
    for number in (1, 2):
        like = bob.activity("Like", f"{home.origin}/notes/{number}")
        assert (await bob.deliver(home.inbox, like, date=then)).status_code == 202
    await settle(home)
    assert await jobs(home) == [[row.id]]
    await retire.look.function(home.context, [row.id])
    fresh = await known(home, bob)
    assert (fresh.name, fresh.missing_since_ms) == ("Bob the Second", None)
    assert not refresh.is_stale(fresh, home.clock.now_ms())


async def test_those_we_deal_with_are_looked_at_every_week(
    home: House, alice: Actor, bob: RemoteActor, carl: RemoteActor
) -> None:
    """Strangers who only passed by are not asked for."""
    await met(home, alice, bob)
    await remote.resolve(home.context, carl.uri)
    home.clock.forward(limits.ACTOR_REFRESH_SECONDS - 60)
    assert await refresh.due(home.context, 10) == []
    home.clock.forward(120)
    before = asked(bob), asked(carl)
    await retire.look_around(home.context)
    await retire.look_around(home.context)
    assert (asked(bob), asked(carl)) == (before[0] + 1, before[1])


async def test_a_run_is_bounded_and_a_silent_host_is_asked_once(
    home: House, alice: Actor, bob: RemoteActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [bob, *(bob.peer.actor(f"b{number}", key=0) for number in range(4))]
    for person in people:
        await met(home, alice, person)
        bob.peer.behaviours[f"/users/{person.name}"] = answering(503)
    home.clock.forward(limits.ACTOR_REFRESH_SECONDS + 60)
    monkeypatch.setattr(limits, "ACTOR_REFRESHES", 3)
    before = len(bob.peer.asked)
    await retire.look_around(home.context)
    assert len(bob.peer.asked) == before + 1
    missing = [row for row in await home.rows(Actor, local=False) if row.missing_since_ms is not None]
    assert len(missing) == 3, "the others of the host count as looked at too, so that the next run goes on"
    await retire.look_around(home.context)
    assert await refresh.due(home.context, 10) == []


async def test_gone_is_believed_at_once(home: House, alice: Actor, bob: RemoteActor) -> None:
    row = await met(home, alice, bob)
    bob.peer.behaviours["/users/bob"] = answering(410)
    await retire.look.function(home.context, [row.id])
    assert (await known(home, bob)).deleted_ms is not None
    assert await home.rows(Follow) == []


@pytest.mark.parametrize("status", [404, 500])
async def test_missing_is_believed_after_a_month(home: House, alice: Actor, bob: RemoteActor, status: int) -> None:
    """FED-17: follows are kept for thirty days; what somebody here touched stays; the way back is open."""
    row = await met(home, alice, bob)
    async with home.context.database.write() as session:
        fresh = await queries.by_id(session, row.id)
        assert fresh is not None
        await follows.add(session, alice, fresh, f"{home.origin}/activities/1", FollowState.ACCEPTED)
    for words in ("liked", "answered", "nothing"):
        await receive(home, bob, bob.create(bob.note(f"<p>{words}</p>")))
    posts = {post.content: post for post in await home.rows(Post, local=False)}
    answered = posts["<p>answered</p>"]
    await published(home, alice, "Yes", in_reply_to_uri=answered.uri, in_reply_to_id=answered.id)
    async with home.context.database.write() as session:
        await react.like(session, alice, (await session.exec(select(Post).where(Post.content == "<p>liked</p>"))).one())

    bob.peer.behaviours["/users/bob"] = answering(status)
    expected = Found.MISSING if status == 404 else Found.UNREACHABLE
    assert await refresh.renew(home.context, row.id) is expected
    since = (await known(home, bob)).missing_since_ms
    home.clock.forward(limits.ACTOR_RETIRE_DAYS * DAY - 60)
    assert await refresh.renew(home.context, row.id) is expected
    assert (await known(home, bob)).missing_since_ms == since
    await retire.retire_missing(home.context)
    assert len(await home.rows(Follow)) == 2

    home.clock.forward(120)
    await retire.retire_missing(home.context)
    assert await home.rows(Follow) == []
    assert await home.rows(Key, actor_id=row.id) == []
    assert {post.content: post.state for post in await home.rows(Post, local=False)} == {
        "<p>liked</p>": "published",
        "<p>answered</p>": "published",
        "": "deleted",
    }
    gone = await known(home, bob)
    assert gone.deleted_ms is None

    del bob.peer.behaviours["/users/bob"]
    then = datetime.now(UTC) + timedelta(days=limits.ACTOR_RETIRE_DAYS)
    again = bob.activity("Follow", alice.uri)
    assert (await bob.deliver(home.inbox, again, date=then)).status_code == 202
    await settle(home)
    assert [row.state for row in await home.rows(Received, activity_uri=again["id"])] == ["done"]
    assert (await known(home, bob)).missing_since_ms is None
    assert len(await home.rows(Follow)) == 1


async def test_suspended_servers_are_not_asked(home: House, alice: Actor, bob: RemoteActor) -> None:
    row = await met(home, alice, bob)
    await rules.set_rule(home.context, Wanted("localhost"))
    home.clock.forward(limits.ACTOR_REFRESH_SECONDS + 60)
    before = len(bob.peer.asked)
    assert await refresh.due(home.context, 10) == []
    assert await refresh.renew(home.context, row.id) is Found.SKIPPED
    assert len(bob.peer.asked) == before
    assert (await known(home, bob)).missing_since_ms is None
