"""The stop switch: what is stopped stands still at once, says so in public, and goes on in order."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from actors import stops
from actors.audit import AuditEntry
from actors.models import Actor
from actors.stops import Scope, Stop
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Missing, Unavailable, Unprocessable
from outbox import delivery, prepare, react, schedule, stopping
from outbox.compose import Draft, compose
from outbox.models import Delivery, HostState, Post, PostState
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import deliver_all, published, receive


@pytest.fixture
async def ben(home: House) -> Actor:
    return await home.make_actor("ben")


async def stop(home: House, scope: str, reason: str = "Something looks wrong.") -> None:
    async with home.context.database.write() as session:
        await stops.put(session, scope, reason)


async def start(home: House, scope: str) -> None:
    async with home.context.database.write() as session:
        await stopping.start(session, scope, "All is well again.")


async def _due(home: House) -> list[str]:
    """What goes out when the clockwork comes by, in the order in which it went."""
    await schedule.publish_due(home.context)
    posts = await home.rows(Post, state=PostState.PUBLISHED)
    return [post.text for post in sorted(posts, key=lambda post: (post.published_ms or 0, post.id))]


@pytest.mark.parametrize("scope", ["outbox", "account:alice"])
async def test_what_may_go_out_waits_with_its_verdict_and_goes_in_order(
    home: House, alice: Actor, ben: Actor, scope: str
) -> None:
    await stop(home, scope)
    for words in ("first", "second", "third"):
        post = await published(home, alice, words)
        home.clock.forward(1)
        assert (await home.rows(Post, id=post.id))[0].state == PostState.SCHEDULED
    assert await _due(home) == []
    other = await published(home, ben, "another's")
    state = (await home.rows(Post, id=other.id))[0].state
    assert state == (PostState.SCHEDULED if scope == "outbox" else PostState.PUBLISHED), (
        "one account stands still alone"
    )
    await start(home, scope)
    assert [words for words in await _due(home) if words != "another's"] == ["first", "second", "third"]


async def test_posts_of_a_stopped_model_wait(home: House, alice: Actor) -> None:
    await stop(home, "model:scene")
    for words in ("drawn first", "drawn second", "drawn third"):
        post = await published(home, alice, words, picture=True)
        home.clock.forward(1)
        assert (await home.rows(Post, id=post.id))[0].state == PostState.SCHEDULED
    await published(home, alice, "words")
    assert await _due(home) == ["words"]
    await start(home, "model:scene")
    assert await _due(home) == ["words", "drawn first", "drawn second", "drawn third"]


@pytest.mark.parametrize("scope", ["generation", "model:scene"])
async def test_no_picture_is_made_meanwhile(home: House, alice: Actor, scope: str) -> None:
    await stop(home, scope)
    async with home.context.database.write() as session:
        post = await compose(session, alice, Draft(prompt="a lighthouse"))
    await prepare.prepare.function(home.context, [post.id])
    [waiting] = await home.rows(Post, id=post.id)
    assert waiting.state == PostState.WAITING
    assert waiting.progress is not None
    assert "Something looks wrong." in waiting.progress["words"]
    home.clock.forward(limits.WAITING_SECONDS + 1)
    await prepare.give_up_forgotten(home.context)
    assert (await home.rows(Post, id=post.id))[0].state == PostState.WAITING, "who waits for us is not given up"
    before = {job.ids[0] for job in await home.context.jobs.waiting(100) if job.name == prepare.prepare.name}
    await start(home, scope)
    after = [job.ids[0] for job in await home.context.jobs.waiting(100) if job.name == prepare.prepare.name]
    assert after.count(post.id) > int(post.id in before), "it stands in the line again"


async def test_the_line_goes_on_in_its_order(home: House, alice: Actor, ben: Actor) -> None:
    """Orders whose jobs came and went while nothing was made, whoever ordered first."""
    await stop(home, "generation")
    ordered = []
    for number, who in enumerate((ben, alice, ben, alice)):
        async with home.context.database.write() as session:
            ordered.append((await compose(session, who, Draft(prompt=f"a lighthouse, {number}"))).id)
    gone = {job.job_id for job in await home.context.jobs.waiting(100)}
    for post_id in reversed(ordered):
        await prepare.prepare.function(home.context, [post_id])
    await start(home, "generation")
    waiting = [job for job in await home.context.jobs.waiting(100) if job.job_id not in gone]
    lined = [job for job in waiting if job.name == prepare.prepare.name]
    assert [job.ids[0] for job in sorted(lined, key=lambda job: job.priority or 0)] == ordered


@pytest.mark.parametrize("scope", [Scope.OUTBOX, Scope.FEDERATION])
async def test_deliveries_wait_untried_and_leave_in_order(
    home: House, alice: Actor, good: Peer, bob: RemoteActor, scope: Scope
) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    posts = [await published(home, alice, words) for words in ("one", "two", "three")]
    await stop(home, scope)
    await deliver_all(home)
    rows = await home.rows(Delivery, state="lane")
    assert [row.attempts for row in rows] == [0, 0, 0]
    assert good.activities("Create") == []
    await delivery.redeliver.function(home.context, [good.host])
    assert good.activities("Create") == []
    assert not any(state.waking for state in await home.rows(HostState)), "nothing turns in circles meanwhile"
    await start(home, scope)
    [state] = await home.rows(HostState, host=good.host)
    assert state.waking
    await delivery.redeliver.function(home.context, [good.host])
    sent = [activity["object"]["id"] for activity in good.activities("Create")]
    assert sent == [post.uri for post in posts]
    await delivery.redeliver.function(home.context, [good.host])
    assert len(good.activities("Create")) == 3, "nothing goes twice"


async def test_other_servers_are_told_to_come_back(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    await stop(home, "federation", "Under attack.")
    answer = await bob.deliver(home.inbox, bob.activity("Follow", alice.uri))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) == limits.STANDSTILL_RETRY_SECONDS
    assert "Under attack." in answer.text
    asked = len(good.arrivals)
    with pytest.raises(Unavailable) as refused:
        await home.context.part(stops.StopSwitch).require(Scope.FEDERATION)
    assert "Under attack." in refused.value.public
    assert len(good.arrivals) == asked
    await start(home, "federation")
    answer = await bob.deliver(home.inbox, bob.activity("Follow", alice.uri))
    assert answer.status_code == 202


async def test_it_is_said_in_public(home: House, alice: Actor) -> None:
    """In NodeInfo and in the foot of every page, one that is not there included, until it is started again."""

    async def foot(path: str) -> str:
        page = await home.client.get(path, headers={"accept": "text/html"})
        return page.text.partition("<footer")[2]

    for scope in (*Scope, "model:scene", "account:alice"):
        await stop(home, scope, "The card is too <hot>.")
        assert "The card is too &lt;hot&gt;." in await foot("/about"), scope
        for version in ("2.0", "2.1"):
            told = (await home.client.get(f"/nodeinfo/{version}")).json()["metadata"]["stopped"]
            assert [(item["scope"], item["reason"]) for item in told] == [(scope, "The card is too <hot>.")]
        await start(home, scope)
    assert (await home.client.get("/nodeinfo/2.1")).json()["metadata"]["stopped"] == []
    assert "The card is too" not in await foot("/about")
    await stop(home, "outbox", "Until Monday.")
    for path in ("/", "/explore", "/@alice", "/sign-in", "/nowhere"):
        assert "Until Monday." in await foot(path), path


async def test_a_boost_is_refused_with_the_reason(home: House, alice: Actor, ben: Actor) -> None:
    post = await published(home, alice, "Good morning")
    await stop(home, "account:ben")
    async with home.context.database.write() as session:
        with pytest.raises(Unavailable) as refused:
            await react.boost(session, ben, post)
    assert "Something looks wrong." in refused.value.public


async def test_what_cannot_be_stopped_is_refused(home: House) -> None:
    async with home.context.database.write() as session:
        for scope in ("", "all", "model:", "account:a b", "Generation"):
            with pytest.raises(Unprocessable):
                await stops.put(session, scope, "why")
        with pytest.raises(Missing):
            await stops.put(session, "account:nobody", "why")
        with pytest.raises(Unprocessable):
            await stops.put(session, "outbox", "  ")
        with pytest.raises(Missing):
            await stopping.start(session, "outbox")
    assert await home.rows(Stop) == []


async def test_both_ways_are_in_the_audit_log(home: House) -> None:
    await stop(home, "outbox", "First.")
    await stop(home, "outbox", "Second.")
    await start(home, "outbox")
    async with home.context.database.read() as session:
        entries = list(await session.exec(select(AuditEntry).order_by(col(AuditEntry.id))))
    assert [(entry.action, entry.subject, entry.reason) for entry in entries] == [
        ("stop", "outbox", "First."),
        ("stop", "outbox", "Second."),
        ("start", "outbox", "All is well again."),
    ]
    assert entries[1].before == {"reason": "First."}
