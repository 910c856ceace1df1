"""Rules about single people of other servers: total in both directions, known at once, and taken back whole."""

from __future__ import annotations

import pytest

from actors import actor_rules, follows, queries, remote
from actors.authentication import Authenticator
from actors.models import Actor, ActorRule, Follow, FollowState, SeveredFollow, Severity
from actors.policy import DomainRules
from actors.remote import RemoteActors
from fediverse_ai.activitypub.authority import admit_fetched
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Forbidden, Missing, Unprocessable
from fediverse_ai.core.http import Budget
from outbox.models import Delivery, Notification, Post, Visibility
from outbox.visibility import may_see
from tests.support.house import House
from tests.support.peer import RemoteActor
from tests.support.rooms import deliver_all, published, receive


async def row_of(home: House, one: RemoteActor) -> Actor:
    [row] = await home.rows(Actor, uri=one.uri)
    return row


@pytest.fixture
async def eve(home: House, alice: Actor, bob: RemoteActor) -> RemoteActor:
    """Bob's neighbour; she and alice follow each other, and a post of hers is here. Bob follows alice too."""
    made = bob.peer.actor("eve", key=3)
    for one in (bob, made):
        await receive(home, one, one.activity("Follow", alice.uri))
    row = await row_of(home, made)
    async with home.context.database.write() as session:
        await follows.add(session, alice, row, f"{home.origin}/activities/1", FollowState.ACCEPTED)
    await receive(home, made, made.create(made.note("<p>Good evening</p>")))
    return made


async def rule(home: House, one: RemoteActor, severity: Severity, reason: str = "") -> None:
    await actor_rules.set_rule(home.context, (await row_of(home, one)).id, severity, reason=reason)


async def test_a_suspended_person_is_cut_off_in_both_directions_and_their_server_is_not(
    home: House, alice: Actor, bob: RemoteActor, eve: RemoteActor
) -> None:
    """D18, FED-14, SIG-22: although this process had her key in memory a moment ago."""
    [post] = await home.rows(Post, local=False)
    await rule(home, eve, Severity.SUSPEND, "harassment")
    asked, told = len(bob.peer.asked), len(await home.rows(Notification))

    assert (await eve.deliver(home.inbox, eve.activity("Like", f"{home.origin}/notes/1"))).status_code == 403
    closed = await home.make_actor("closed", authorized_fetch=True)
    mine = await published(home, closed)
    assert (await eve.get(mine.uri)).status_code in (401, 403)
    assert (await bob.get(mine.uri)).status_code == 200
    with pytest.raises(Forbidden):
        await home.context.part(RemoteActors).fetch(eve.uri, Budget(clock=home.context.clock))
    async with home.context.database.read() as session:
        assert not await may_see(session, alice, post)
    assert len(await home.rows(Notification)) == told
    assert len(bob.peer.asked) == asked, "nobody was asked about her"

    mention = {"uri": eve.uri, "handle": eve.handle, "url": eve.uri}
    for visibility in (Visibility.PUBLIC, Visibility.DIRECT):
        await published(home, alice, "@eve", visibility=visibility, mentions=[mention])
    await deliver_all(home)
    assert {row.inbox_url for row in await home.rows(Delivery) if row.state == "delivered"} == {
        f"{bob.peer.origin}/inbox",
        bob.inbox,
        eve.inbox,
    }
    assert eve.inbox not in {one.path for one in bob.peer.arrivals if one.activity["type"] == "Create"}
    assert (await bob.deliver(home.inbox, bob.activity("Like", mine.uri))).status_code == 202
    assert {row.follower_id for row in await home.rows(Follow)} == {(await row_of(home, bob)).id}
    [record] = await home.rows(ActorRule)
    assert (record.severity, record.reason, record.created_by_id) == ("suspend", "harassment", None)


async def test_restore_gives_back_what_was_cut(home: House, alice: Actor, bob: RemoteActor, eve: RemoteActor) -> None:
    [post] = await home.rows(Post, local=False)
    await rule(home, eve, Severity.SUSPEND)
    assert len(await home.rows(SeveredFollow)) == 2
    effect = await actor_rules.restore(home.context, (await row_of(home, eve)).id, reason="a mix-up")
    assert (effect.restored, await home.rows(SeveredFollow)) == (2, [])
    assert len(await home.rows(Follow)) == 3
    async with home.context.database.read() as session:
        assert await may_see(session, alice, post)
        assert await actor_rules.actor_rules(session) == []
        [(record, who)] = await actor_rules.actor_rules(session, undone=True)
    assert (record.undone_reason, who.uri) == ("a mix-up", eve.uri)
    assert (await receive(home, eve, eve.activity("Like", (await published(home, alice)).uri))).state == "done"
    with pytest.raises(Missing):
        await actor_rules.restore(home.context, (await row_of(home, eve)).id)


async def test_another_process_suspends_and_this_one_knows_within_seconds(
    home: House, alice: Actor, eve: RemoteActor
) -> None:
    """As at the command line: nobody tells this process to forget the key."""
    row = await row_of(home, eve)
    authenticator, rules = home.context.part(Authenticator), home.context.part(DomainRules)
    await rules.now()
    known = dict(authenticator._known)
    await rule(home, eve, Severity.SUSPEND)
    authenticator._known.update(known)
    home.clock.forward(limits.DOMAIN_RULES_SECONDS + 0.1)
    answer = await eve.deliver(home.inbox, eve.activity("Follow", alice.uri), date=home.clock.now())
    assert answer.status_code == 403
    assert (await row_of(home, eve)).severity == Severity.SUSPEND != row.severity


async def test_what_waits_for_a_suspended_person_is_not_sent(home: House, alice: Actor, eve: RemoteActor) -> None:
    async with home.context.database.read() as session:
        actor = await queries.by_id(session, alice.id)
    assert actor is not None
    mention = {"uri": eve.uri, "handle": eve.handle, "url": eve.uri}
    await published(home, actor, "@eve", visibility=Visibility.DIRECT, mentions=[mention])
    await rule(home, eve, Severity.SUSPEND)
    await deliver_all(home)
    [row] = [row for row in await home.rows(Delivery, inbox_url=eve.inbox) if row.state == "given_up"]
    assert row.last_error == "a rule of ours ended this"


async def test_a_suspension_holds_whatever_the_person_does(home: House, alice: Actor, eve: RemoteActor) -> None:
    """FED-14: a refresh of the actor, and a lifted rule about the server, change nothing."""
    await rule(home, eve, Severity.SUSPEND)
    async with home.context.database.write() as session:
        facts = remote.read_actor(admit_fetched(eve.document(), eve.uri, eve.uri))
        await remote.store(session, facts, eve.peer.host)
    assert (await row_of(home, eve)).severity == Severity.SUSPEND


async def test_limited(home: House, alice: Actor, bob: RemoteActor, eve: RemoteActor) -> None:
    """Off public pages, seen by who follows; a new follow of hers waits. Bob is as he was."""
    [post] = await home.rows(Post, local=False)
    await rule(home, eve, Severity.LIMIT)
    async with home.context.database.read() as session:
        assert await may_see(session, alice, post)
        assert not await may_see(session, None, post)
    walter = await home.make_actor("walter")
    await receive(home, eve, eve.activity("Follow", walter.uri))
    await receive(home, bob, bob.activity("Follow", walter.uri))
    states = {row.follower_id: row.state for row in await home.rows(Follow, followed_id=walter.id)}
    assert states == {(await row_of(home, eve)).id: "pending", (await row_of(home, bob)).id: "accepted"}
    await rule(home, eve, Severity.SUSPEND)
    assert len(await home.rows(ActorRule)) == 2
    assert [row.severity for row in await home.rows(ActorRule, undone_ms=None)] == ["suspend"]


async def test_rules_are_about_people_elsewhere(home: House, alice: Actor, eve: RemoteActor) -> None:
    with pytest.raises(Unprocessable):
        await actor_rules.set_rule(home.context, alice.id, Severity.SUSPEND)
    with pytest.raises(Unprocessable):
        await actor_rules.set_rule(home.context, (await row_of(home, eve)).id, Severity.NONE)
    with pytest.raises(Missing):
        await actor_rules.set_rule(home.context, 1, Severity.SUSPEND)
