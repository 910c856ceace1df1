"""Domain rules: whom they are about, what they cut in both directions, and that an undo gives it back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

from actors import follows, queries, remote, rules
from actors.models import Actor, DomainRule, Follow, FollowState, SeveredFollow, Severity
from actors.policy import DomainRules, Rules, Ruling
from actors.rules import Wanted
from fediverse_ai import housekeeping
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Forbidden, Malformed, Missing, Unprocessable
from fediverse_ai.core.http import Budget
from outbox import queries as posts
from outbox.models import Delivery, Notification, Post, Report
from outbox.visibility import may_see
from tests.support.house import House, house
from tests.support.peer import RemoteActor, peer
from tests.support.rooms import deliver_all, published, receive, settle

SUSPEND, LIMIT = Ruling(Severity.SUSPEND, source="evil.test"), Ruling(Severity.LIMIT, source="evil.test")


@pytest.mark.parametrize(
    ("host", "suspended"),
    [
        ("evil.test", True),
        ("a.b.evil.test", True),
        ("evil.test:8443", True),
        ("notevil.test", False),
        ("evil.test.example", False),
        ("test", False),
    ],
)
def test_a_rule_covers_its_host_and_what_lies_below(host: str, suspended: bool) -> None:
    """FED-07."""
    assert Rules({"evil.test": SUSPEND}).over(host).suspended is suspended


def test_the_nearest_name_counts() -> None:
    found = Rules({"evil.test": SUSPEND, "good.evil.test": LIMIT})
    assert (found.over("x.good.evil.test").severity, found.over("evil.test").severity) == ("limit", "suspend")


def test_no_rule_is_over_ourselves() -> None:
    own = Rules({"test": SUSPEND}, own=["us.test"])
    assert not own.over("us.test").suspended
    assert own.over("they.test").suspended
    assert not Rules({}, ["friend.test"], ["us.test"]).over("us.test").suspended


def test_with_an_allow_list_everybody_else_is_suspended_and_rules_still_count() -> None:
    """FED-09: an explicit block beats allow, and a milder rule does not open a door that is closed."""
    listed = Rules({"bad.friend.test": SUSPEND, "stranger.test": LIMIT}, ["friend.test"])
    wanted = {"friend.test": None, "a.friend.test": None, "bad.friend.test": "suspend", "stranger.test": "suspend"}
    assert {host: listed.over(host).severity for host in wanted} == wanted


def test_an_actor_is_under_the_stricter_of_two_hosts() -> None:
    """The host of the handle and the host of the id may differ; a rule about either counts."""
    found = Rules({"evil.test": SUSPEND, "half.test": LIMIT})
    assert found.over_actor("evil.test", "https://social.example/users/eve").suspended
    assert found.over_actor("half.test", "https://evil.test/users/eve").suspended
    assert found.over_actor("good.test", "https://half.test/users/eve").severity == "limit"
    assert found.over_actor("good.test", "https://good.test/users/eve").severity is None


async def friends(home: House, alice: Actor, bob: RemoteActor) -> tuple[Actor, Post]:
    """bob follows alice, alice follows bob, and a public post of bob's is here; bob's row and the post."""
    await receive(home, bob, bob.activity("Follow", alice.uri))
    async with home.context.database.write() as session:
        row = await queries.by_uri(session, bob.uri)
        assert row is not None
        await follows.add(session, alice, row, f"{home.origin}/activities/1", FollowState.ACCEPTED)
    await receive(home, bob, bob.create(bob.note("<p>Good evening</p>")))
    [post] = await home.rows(Post, local=False)
    return row, post


async def set_rule(home: House, host: str = "localhost", **columns: object) -> DomainRule:
    return await rules.set_rule(home.context, Wanted(host, **columns))  # type: ignore[arg-type]


async def undo(home: House, host: str = "localhost") -> rules.Effect:
    return await rules.undo(home.context, host, reason="they mended their ways")


async def sees(home: House, reader: Actor | None, post: Post) -> bool:
    async with home.context.database.read() as session:
        return await may_see(session, reader, post)


async def test_suspend_ends_every_exchange_and_undo_brings_it_back(
    home: House, alice: Actor, bob: RemoteActor, carl: RemoteActor
) -> None:
    """FED-06, FED-08, D23: inbox, delivery, fetch, name, posts and follows; the other server is not touched at all."""
    _, post = await friends(home, alice, bob)
    await receive(home, carl, carl.activity("Follow", alice.uri))
    await set_rule(home, reason="harassment")
    asked, arrived = len(bob.peer.asked), len(bob.peer.arrivals)

    answer = await bob.deliver(home.inbox, bob.create(bob.note("<p>Hello?</p>")))
    assert answer.status_code == 403
    sent = await published(home, alice, "To everybody")
    await deliver_all(home)
    assert [row.host for row in await home.rows(Delivery) if row.inbox_url.startswith(bob.peer.origin)] == [
        bob.peer.host  # the Accept of the Follow, before the rule
    ]
    assert carl.peer.activities("Create")[0]["object"]["id"] == sent.uri
    for name in (bob.handle, f"{bob.peer.origin}/users/other"):
        with pytest.raises(Forbidden):
            await remote.resolve(home.context, name.replace("bob", "somebody"))
    fetcher = home.context.part(remote.RemoteActors).fetcher
    with pytest.raises(Forbidden):
        await fetcher.document(f"{bob.peer.origin}/notes/1", budget=Budget(clock=home.context.clock))
    assert not await sees(home, alice, post)
    assert {(row.follower_id, row.followed_id) for row in await home.rows(Follow)} == {
        (row.id, alice.id) for row in await home.rows(Actor, uri=carl.uri)
    }
    assert len(await home.rows(SeveredFollow)) == 2
    assert (len(bob.peer.asked), len(bob.peer.arrivals)) == (asked, arrived)

    effect = await undo(home)
    assert effect.restored == 2
    assert await home.rows(SeveredFollow) == []
    assert {row.state for row in await home.rows(Follow)} == {"accepted"}
    assert len(await home.rows(Follow)) == 3
    assert await sees(home, alice, post)
    assert (await bob.deliver(home.inbox, bob.create(bob.note("<p>Back</p>")))).status_code == 202
    await published(home, alice, "Welcome back")
    await deliver_all(home)
    assert len(bob.peer.activities("Create")) == 1
    [rule] = await home.rows(DomainRule)
    assert (rule.undone_reason, rule.reason) == ("they mended their ways", "harassment")
    assert rule.undone_ms is not None


async def test_what_arrived_before_the_rule_is_not_handled_after_it(
    home: House, alice: Actor, bob: RemoteActor
) -> None:
    """D18: suspension is immediate, also for what waits in the queue."""
    await friends(home, alice, bob)
    create = bob.create(bob.note("<p>Just in time?</p>"))
    assert (await bob.deliver(home.inbox, create)).status_code == 202
    await set_rule(home)
    [row] = [row for row in await settle(home) if row.activity_uri == create["id"]]
    assert row.state == "dropped"
    assert len(await home.rows(Post, local=False)) == 1


async def test_what_waits_to_be_sent_is_not_sent(home: House, alice: Actor, bob: RemoteActor) -> None:
    await friends(home, alice, bob)
    await published(home, alice, "Nearly gone")
    await set_rule(home)
    await deliver_all(home)
    [row] = [row for row in await home.rows(Delivery) if row.state != "delivered"]
    assert (row.state, row.last_error) == ("given_up", "a rule of ours ended this")
    assert bob.peer.activities("Create") == []


async def test_a_follow_is_not_given_back_twice_nor_to_the_dead(home: House, alice: Actor, bob: RemoteActor) -> None:
    row, _ = await friends(home, alice, bob)
    await set_rule(home)
    async with home.context.database.write() as session:
        await session.exec(update(Actor).where(col(Actor.id) == row.id).values(deleted_ms=1))
    assert (await undo(home)).restored == 0
    assert await home.rows(Follow) == []
    assert await home.rows(SeveredFollow) == []


async def test_limit_keeps_posts_off_public_pages_and_lists_of_strangers(
    home: House, alice: Actor, bob: RemoteActor
) -> None:
    """FED-06 (silence): who follows them sees them, nobody else meets them by chance."""
    row, post = await friends(home, alice, bob)
    dora = await home.make_actor("dora")
    mine = await published(home, dora, "A question")
    mention = {"type": "Mention", "href": dora.uri, "name": "@dora"}
    await set_rule(home, severity=Severity.LIMIT)
    await receive(home, bob, bob.create(bob.note("<p>An answer</p>", inReplyTo=mine.uri, tag=[mention])))

    async with home.context.database.read() as session:
        seen = {
            who.username if who else None: [
                len(await posts.profile(session, who.id if who else None, row.id)),
                len(await posts.thread(session, who, mine.id)),
            ]
            for who in (alice, dora, None)
        }
    assert seen == {"alice": [2, 1], "dora": [0, 0], None: [0, 0]}
    assert not await sees(home, None, post)
    assert await sees(home, dora, post), "a direct look is not forbidden"
    assert await home.rows(Notification, actor_id=dora.id) == []
    await undo(home)
    assert await sees(home, None, post)


async def test_followers_from_a_limited_server_ask_first(home: House, alice: Actor, bob: RemoteActor) -> None:
    await set_rule(home, severity=Severity.LIMIT)
    await receive(home, bob, bob.activity("Follow", alice.uri))
    [follow] = await home.rows(Follow)
    [told] = await home.rows(Notification)
    assert (follow.state, told.kind) == ("pending", "follow_request")
    [row] = await home.rows(Actor, uri=bob.uri)
    assert row.severity == "limit", "an actor who comes later is under the rule from the start"


async def test_reject_media_marks_their_people(home: House, alice: Actor, bob: RemoteActor) -> None:
    await friends(home, alice, bob)
    await set_rule(home, severity=Severity.NONE, reject_media=True)
    [row] = await home.rows(Actor, uri=bob.uri)
    assert (row.reject_media, row.severity) == (True, None)
    assert len(await home.rows(Follow)) == 2
    await undo(home)
    [row] = await home.rows(Actor, uri=bob.uri)
    assert not row.reject_media


async def test_reports_of_a_server_can_be_turned_away(home: House, alice: Actor, bob: RemoteActor) -> None:
    await set_rule(home, severity=Severity.NONE, reject_reports=True)
    row = await receive(home, bob, bob.activity("Flag", [alice.uri], content="Canary"))
    assert row.state == "dropped"
    assert await home.rows(Report) == []
    await undo(home)
    await receive(home, bob, bob.activity("Flag", [alice.uri], content="Heard"))
    assert [report.comment for report in await home.rows(Report)] == ["Heard"]


async def test_a_new_decision_replaces_the_old_one_and_both_stay_on_record(
    home: House, alice: Actor, bob: RemoteActor
) -> None:
    await friends(home, alice, bob)
    await set_rule(home)
    await set_rule(home, severity=Severity.LIMIT)
    assert len(await home.rows(Follow)) == 2, "what suspend cut is back under limit"
    async with home.context.database.read() as session:
        assert [rule.severity for rule in await rules.rules(session)] == ["limit"]
        assert [rule.severity for rule in await rules.rules(session, undone=True)] == ["limit", "suspend"]


async def test_a_preview_says_what_the_rule_then_does(home: House, alice: Actor, bob: RemoteActor) -> None:
    row, _ = await friends(home, alice, bob)
    wanted = Wanted("localhost")
    before = home.dump()
    async with home.context.database.read() as session:
        found = await rules.preview(session, {"localhost": rules.ruling_of(wanted)})
        impact = found["localhost"]
    assert (impact.follows, impact.followers, impact.actor_ids) == (1, 1, [row.id])
    assert home.dump() == before
    await set_rule(home)
    assert len(await home.rows(SeveredFollow)) == impact.follows + impact.followers
    async with home.context.database.read() as session:
        again = await rules.preview(session, {"localhost": rules.ruling_of(wanted)})
    assert again["localhost"].actor_ids == [], "what is cut already is not cut again"


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (Wanted("not a host"), Malformed),
        (Wanted("evil.test", severity="shout"), Unprocessable),
        (Wanted("evil.test", severity=Severity.NONE), Unprocessable),
        (Wanted("evil.test", reason="x" * 501), Unprocessable),
    ],
)
async def test_a_rule_that_says_nothing_is_refused(home: House, wanted: Wanted, error: type[Exception]) -> None:
    with pytest.raises(error):
        await rules.set_rule(home.context, wanted)


async def test_hosts_are_compared_in_one_form(home: House) -> None:
    await set_rule(home, "*.BÜCHER.example.")
    [rule] = await home.rows(DomainRule)
    assert rule.host == "xn--bcher-kva.example"
    with pytest.raises(Missing):
        await undo(home, "other.example")


async def test_no_rule_about_this_server(tmp_path: Path) -> None:
    with pytest.raises(Unprocessable):
        rules.check(Wanted("US.example"), "us.example")


def test_stars_for_those_who_pass() -> None:
    rule = DomainRule(id=1, host="very.evil.test", obfuscate=True, created_ms=0)
    assert rules.shown(rule) == "v**y.e**l.t**t"


async def test_with_an_allow_list_strangers_stay_outside(tmp_path: Path) -> None:
    async with (
        house(tmp_path / "home", federation={"allow_list": ["localhost"]}) as home,
        peer("localhost") as listed,
        peer("127.0.0.1") as unlisted,
    ):
        alice = await home.make_actor("alice")
        bob, carl = listed.actor("bob"), unlisted.actor("carl", key=1)
        await receive(home, bob, bob.activity("Follow", alice.uri))
        assert (await carl.deliver(home.inbox, carl.activity("Follow", alice.uri))).status_code == 403
        assert unlisted.asked == []
        with pytest.raises(Forbidden):
            await remote.resolve(home.context, carl.handle)
        assert len(await home.rows(Follow)) == 1


async def test_a_change_of_the_allow_list_takes_effect_at_the_next_start(
    home: House, alice: Actor, bob: RemoteActor, tmp_path: Path
) -> None:
    await friends(home, alice, bob)
    context = home.context
    section = context.config.federation
    for hosts, kept in ((["friend.test"], 0), ([], 2)):
        changed = section.model_copy(update={"allow_list": hosts})
        context.config = context.config.model_copy(update={"federation": changed})
        context.part(DomainRules).forget()
        await rules.renew(context)
        assert len(await home.rows(Follow)) == kept


async def test_a_change_is_written_piece_by_piece_and_finished_after_a_crash(
    home: House, alice: Actor, bob: RemoteActor, carl: RemoteActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await friends(home, alice, bob)
    eve = bob.peer.actor("eve", key=5)
    for one in (carl, eve):
        await receive(home, one, one.activity("Follow", alice.uri))
    monkeypatch.setattr(limits, "RULED_ACTORS", 1)
    async with home.context.database.write() as session:
        await rules.record(session, Wanted("localhost"))
    assert len(await home.rows(Follow)) == 4, "a rule without what follows from it, as after a crash"
    assert (await bob.deliver(home.inbox, bob.activity("Follow", alice.uri))).status_code == 403
    await housekeeping.renew_rules(home.context)
    assert {row.follower_id for row in await home.rows(Follow)} == {(await row_of(home, carl)).id}
    assert (await undo(home)).restored == 3
    assert len(await home.rows(Follow)) == 4


async def row_of(home: House, remote_actor: RemoteActor) -> Actor:
    [row] = await home.rows(Actor, uri=remote_actor.uri)
    return row
