"""Bounds at n−1, n and n+1 that need a server: what is kept of others, how work is cut into pieces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors.models import Actor
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.database import GroupCommit
from fediverse_ai.core.errors import Unavailable
from inbox import notes, threads
from outbox import activities, pin
from outbox.models import Attachment, Delivery, PostTag
from outbox.send import send
from tests.support.house import House, house
from tests.support.rooms import published, waiting_post

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


@pytest.mark.parametrize("extra", [-1, 0, 1])
async def test_a_job_delivers_to_so_many_inboxes(home: House, alice: Actor, extra: int) -> None:
    count = limits.DELIVERY_CHUNK_INBOXES + extra
    uri = activities.new_uri(home.context)
    body = {"id": uri, "type": "Create", "actor": alice.uri, "object": uri}
    inboxes = [f"https://h{number}.example/inbox" for number in range(count)]
    async with home.context.database.write() as session:
        sent = await send(session, alice, body, inboxes)
    rows = {row.id for row in await home.rows(Delivery, activity_id=sent.id)}
    waiting = [job.ids for job in await home.context.jobs.waiting() if set(job.ids) & rows]
    assert sorted(len(ids) for ids in waiting) == sorted([count] if extra <= 0 else [count - 1, 1])


@pytest.mark.parametrize("extra", [-1, 0, 1])
async def test_a_job_carries_so_many_ids(home: House, extra: int) -> None:
    ids = list(range(limits.JOB_IDS + extra))
    async with home.context.database.write() as session:
        if extra <= 0:
            await jobs.enqueue(session, threads.fetch_replies, ids, delay=3600)
        else:
            with pytest.raises(ValueError, match="ids"):
                await jobs.enqueue(session, threads.fetch_replies, ids)


@pytest.mark.parametrize("extra", [-1, 0, 1])
async def test_so_many_pictures_of_others_are_kept(home: House, alice: Actor, extra: int) -> None:
    post = await waiting_post(home, alice)
    image = {"type": "Image", "mediaType": "image/jpeg", "name": "A picture"}
    count = limits.REMOTE_IMAGES + extra
    body: dict[str, Any] = {"attachment": [{**image, "url": f"https://good.test/{n}.jpg"} for n in range(count)]}
    async with home.context.database.write() as session:
        await notes.write_parts(session, post, body)
    kept = await home.rows(Attachment, post_id=post.id)
    assert len(kept) == min(count, limits.REMOTE_IMAGES)


@pytest.mark.parametrize("extra", [-1, 0, 1])
async def test_so_many_hashtags_are_featured(home: House, extra: int) -> None:
    author = await home.make_actor(f"author{extra + 1}")
    post = await published(home, author)
    async with home.context.database.write() as session:
        session.add_all(PostTag(post_id=post.id, name=f"t{n}") for n in range(limits.FEATURED_TAGS + extra))
        await session.flush()
        assert len(await pin.tags_used(session, author.id)) == limits.FEATURED_TAGS + min(extra, 0)


@pytest.mark.parametrize("extra", [-1, 0, 1])
async def test_a_conversation_shows_so_many_posts(
    home: House, alice: Actor, extra: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "THREAD_ITEMS", 3)
    first = await published(home, alice)
    uri = f"{home.origin}/contexts/{first.id}"
    async with home.context.database.write() as session:
        first.context_uri = uri
        session.add(first)
    for _ in range(2 + extra):
        await published(home, alice, in_reply_to_id=first.id, in_reply_to_uri=first.uri, context_uri=uri)
    found = (await home.client.get(f"/contexts/{first.id}")).json()
    assert len(found["orderedItems"]) == 3 + min(extra, 0)


async def test_so_many_may_wait_for_a_group_commit(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is asked to come back; what waited is still written."""
    monkeypatch.setattr("fediverse_ai.core.database.GROUP_COMMIT_WAITING", 2)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def flush(_: Any, items: list[int]) -> list[int]:
        begun.set()
        await go_on.wait()
        return items

    writer: GroupCommit[int, int] = GroupCommit(home.context.database, flush, limit=1)
    writer.start()
    tasks = [asyncio.create_task(writer.submit(0))]
    await begun.wait()  # the first is being written, so it waits no more
    tasks += [asyncio.create_task(writer.submit(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await writer.submit(3)
    assert refused.value.retry_after
    go_on.set()
    assert await asyncio.gather(*tasks) == [0, 1, 2]
    await writer.stop()
