"""One of ours reports somebody: kept here, and sent on without a name when asked to."""

from __future__ import annotations

import pytest

from actors.models import Account, Actor
from actors.remote import ensure
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Conflict, Missing, TooMany, Unprocessable
from fediverse_ai.core.http import Budget
from fediverse_ai.core.limits import RateLimiter
from outbox import report as reports
from outbox.models import Activity, Post, Report
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import deliver_all, published, receive


async def bobs_post(home: House, alice: Actor, bob: RemoteActor) -> tuple[Actor, Post]:
    await ensure(home.context, bob.uri, Budget(clock=home.clock))
    [row] = await home.rows(Actor, uri=bob.uri)
    note = bob.note("<p>@alice look</p>", tag=[{"type": "Mention", "href": alice.uri, "name": "@alice"}])
    await receive(home, bob, bob.create(note))
    [post] = await home.rows(Post, uri=note["id"])
    return row, post


async def test_a_forwarded_report_comes_from_the_server_itself(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    row, post = await bobs_post(home, alice, bob)
    async with home.context.database.write() as session:
        made = await reports.report(session, alice, row, [post], "not labelled", forward=True)
    await deliver_all(home)
    flag = await good.arrival("Flag")
    assert flag["actor"] == f"{home.origin}/actor"
    assert flag["object"] == [bob.uri, post.uri]
    assert (flag["content"], flag["id"]) == ("not labelled", made.uri)
    assert "alice" not in str(flag), "nothing says who reported"
    assert [one.path for one in good.arrivals] == ["/users/bob/inbox"]
    assert good.arrivals[0].signer == f"{home.origin}/actor"
    assert (await bob.get(flag["id"])).status_code == 404, "it is not for everybody to read"
    [kept] = await home.rows(Report)
    assert (kept.forwarded, kept.host, kept.reporter_id) == (True, home.context.config.host, alice.id)


async def test_a_report_stays_here_unless_it_is_to_be_forwarded(home: House, alice: Actor, bob: RemoteActor) -> None:
    row, post = await bobs_post(home, alice, bob)
    lena = await home.make_actor("lena")
    async with home.context.database.write() as session:
        await reports.report(session, alice, row, [post], "hm")
        await reports.report(session, alice, lena, comment="hm", forward=True)
    assert await home.rows(Activity, type="Flag") == []
    assert [kept.forwarded for kept in await home.rows(Report)] == [False, False]


async def test_a_report_holds_posts_of_the_reported_only(home: House, alice: Actor, bob: RemoteActor) -> None:
    row, _ = await bobs_post(home, alice, bob)
    own = await published(home, alice)
    async with home.context.database.write() as session:
        with pytest.raises(Unprocessable):
            await reports.report(session, alice, row, [own])
        with pytest.raises(Unprocessable):
            await reports.report(session, alice, alice)
    assert await home.rows(Report) == []


async def test_a_closed_report_leaves_room_for_a_new_one(home: House, alice: Actor, bob: RemoteActor) -> None:
    row, _ = await bobs_post(home, alice, bob)
    [account] = await home.rows(Account, actor_id=alice.id)
    async with home.context.database.write() as session:
        first = await reports.report(session, alice, row, comment="one")
        await reports.close(session, first, account)
        await reports.report(session, alice, row, comment="two")
        assert [one.comment for one in await reports.open_reports(session)] == ["two"]
    assert sorted(kept.state for kept in await home.rows(Report)) == ["closed", "open"]


async def test_a_moderator_forwards_what_its_reporter_did_not(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    row, post = await bobs_post(home, alice, bob)
    lena = await home.make_actor("lena")
    async with home.context.database.write() as session:
        made = await reports.report(session, alice, row, [post], "not labelled")
        near = await reports.report(session, alice, lena)
    async with home.context.database.write() as session:
        await reports.forward(session, await reports.by_id(session, made.id, lock=True))
        with pytest.raises(Conflict):
            await reports.forward(session, await reports.by_id(session, made.id, lock=True))
        with pytest.raises(Unprocessable):
            await reports.forward(session, await reports.by_id(session, near.id, lock=True))
        with pytest.raises(Missing):
            await reports.by_id(session, 1)
    await deliver_all(home)
    flag = await good.arrival("Flag")
    assert (flag["object"], flag["content"]) == ([bob.uri, post.uri], "not labelled")
    assert "alice" not in str(flag)
    async with home.context.database.write() as session:
        await reports.close(session, await reports.by_id(session, made.id, lock=True), None)
        with pytest.raises(Conflict):
            await reports.close(session, await reports.by_id(session, made.id, lock=True), None)
        assert [one.id for one, _ in await reports.reports(session)] == [near.id]
        assert [one.id for one, _ in await reports.reports(session, closed=True)] == [made.id]


async def test_so_many_reports_an_hour(home: House, alice: Actor, bob: RemoteActor) -> None:
    row, _ = await bobs_post(home, alice, bob)
    async with home.context.database.write() as session:
        for _ in range(limits.REPORTS_PER_ACCOUNT.count):
            await reports.report(session, alice, row)
        with pytest.raises(TooMany):
            await reports.report(session, alice, row)


async def test_one_server_hears_of_us_so_often_an_hour(home: House, alice: Actor, bob: RemoteActor) -> None:
    """FED-19: the report is kept for our own moderators all the same, who may forward it later."""
    row, _ = await bobs_post(home, alice, bob)
    limiter = home.context.part(RateLimiter)
    for _ in range(limits.FLAGS_TO_HOST.count - 1):
        assert limiter.wait(f"flag-to:{bob.peer.origin}", limits.FLAGS_TO_HOST) == 0
    async with home.context.database.write() as session:
        first = await reports.report(session, alice, row, forward=True)
        assert first.forwarded
        await reports.close(session, first, None)
        second = await reports.report(session, alice, row, forward=True)
        assert not second.forwarded
        with pytest.raises(TooMany):
            await reports.forward(session, second)
    assert len(await home.rows(Activity, type="Flag")) == 1
