"""What was promised and lost its job gets one again: posts, deliveries, lanes, received activities."""

from __future__ import annotations

from sqlalchemy import text

from actors.models import Actor
from inbox import jobs as inbox_jobs
from inbox.models import Received
from outbox import delivery, sweep
from outbox.compose import Draft, compose
from outbox.models import Delivery, HostState
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import published, receive


async def _lose_jobs(home: House) -> None:
    """As if the engine had given up every job."""
    async with home.context.database.write() as session:
        await session.execute(text("delete from workflow_status"))
    assert await home.context.jobs.waiting() == []


async def _waiting(home: House, name: str) -> list[list[int | str]]:
    return [job.ids for job in await home.context.jobs.waiting() if job.name.endswith(name)]


async def test_a_waiting_post_gets_a_job_again(home: House, alice: Actor) -> None:
    async with home.context.database.write() as session:
        words = await compose(session, alice, Draft(text="Good morning"))
        picture = await compose(session, alice, Draft(prompt="a mill"))
    await _lose_jobs(home)
    await sweep.resume(home.context)
    assert await _waiting(home, "") == [], "not before its time"
    home.clock.forward(3601)
    await sweep.resume(home.context)
    # Each in the queue that it had: words wait for no generator.
    assert (await _waiting(home, "judge_waiting"), await _waiting(home, ".prepare")) == ([[words.id]], [[picture.id]])
    await sweep.resume(home.context)
    assert len(await _waiting(home, "")) == 2, "once is enough"


async def test_a_lost_delivery_arrives(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    await published(home, alice)
    await _lose_jobs(home)
    home.clock.forward(3601)
    await sweep.resume(home.context)
    assert await _waiting(home, "redeliver") == [[good.host]]
    home.clock.forward(-3601)  # the peer minds the date of signatures
    await delivery.redeliver.function(home.context, [good.host])
    await good.arrival("Create")
    assert await home.rows(Delivery, state="pending") == await home.rows(Delivery, state="lane") == []


async def test_a_lane_without_a_wake_up_is_woken(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    await published(home, alice)
    async with home.context.database.write() as session:
        await session.execute(text("update delivery set state = 'lane' where state = 'pending'"))
        session.add(HostState(host="elsewhere.test"))
        await session.execute(text("update host_state set waking = 1"))
    await _lose_jobs(home)
    home.clock.forward(3601)
    await sweep.resume(home.context)
    assert await _waiting(home, "redeliver") == [[good.host]]


async def test_a_received_activity_is_handled_after_all(home: House, alice: Actor, bob: RemoteActor) -> None:
    answer = await bob.deliver(home.inbox, bob.activity("Follow", alice.uri))
    assert answer.status_code == 202
    [row] = await home.rows(Received)
    await _lose_jobs(home)
    await inbox_jobs.resume(home.context)
    assert await _waiting(home, "handle") == []
    home.clock.forward(3601)
    await inbox_jobs.resume(home.context)
    assert await _waiting(home, "handle") == [[row.id]]
