"""The line before the generators: turns between people, a day's bound, place and time, and stopping."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from actors.models import Actor
from fediverse_ai.core.config import Config
from fediverse_ai.core.errors import Conflict, Misconfigured, Missing, TooMany, Unprocessable
from fediverse_ai.wiring import own_queues
from generation.pipeline import text_digest
from generation.types import ProgressReport
from outbox import cancel, line, making, prepare, sweep, turns
from outbox.compose import Draft, compose
from outbox.models import Attachment, Judgement, Post, PostState
from outbox.turns import Turn, Usage
from tests.support.comfyui import ComfyServer, comfy_server
from tests.support.house import House, house
from tests.support.images_backend import KEY, MODEL, ImagesBackend
from tests.support.light_policy import light
from tests.support.sdcpp import drawn

QUOTAS = {"member": {"pictures": 12, "queued": 50}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio() -> AsyncIterator[ImagesBackend]:
    async with ImagesBackend() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def comfy() -> AsyncIterator[ComfyServer]:
    async with comfy_server() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(
    tmp_path_factory: pytest.TempPathFactory, studio: ImagesBackend, comfy: ComfyServer
) -> AsyncIterator[House]:
    generation: dict[str, Any] = {
        "default": "studio",
        "backends": {
            "studio": {"kind": "openai", "url": studio.url, "model": MODEL, "api_key": KEY, "watts": 360.0},
            "twin": {"kind": "openai", "url": studio.url, "model": MODEL, "at_once": 2, "daily": {"member": 3}},
            "comfy": {"kind": "comfyui", "url": comfy.url, "model": "m", "options": {"steps": 30}},
        },
    }
    folder = tmp_path_factory.mktemp("line")
    async with house(folder, generation=generation, quotas=QUOTAS, moderation=light(folder)) as made:
        yield made


pytestmark = pytest.mark.asyncio(loop_scope="module")
names = iter(f"person{number}" for number in range(1000))


async def order(home: House, author: Actor, **draft: Any) -> Post:
    async with home.context.database.write() as session:
        return await compose(session, author, Draft(**{"prompt": "a lighthouse", **draft}))


async def clear(home: House) -> None:
    """Nobody waits any more."""
    for post in await home.rows(Post, state=PostState.WAITING):
        [author] = await home.rows(Actor, id=post.author_id)
        async with home.context.database.write() as session:
            await cancel.cancel(session, author, post.id)


async def in_turn(home: House, generator: str = "studio") -> list[str]:
    """The prompts of those who wait, in the order in which the queue takes them."""
    waiting = [job for job in await home.context.jobs.waiting() if job.name == prepare.prepare.name]
    waiting.sort(key=lambda job: job.priority or 0)
    rows = {post.id: post for post in await home.rows(Post, state=PostState.WAITING)}
    kept = [job for job in waiting if job.ids[0] in rows and (job.key or "").startswith(f"{generator}/")]
    return [rows[int(job.ids[0])].request["image"]["prompt"] for job in kept]  # type: ignore[index]


async def test_many_pictures_of_one_person_do_not_make_another_wait(home: House) -> None:
    alice, bob, carol = [await home.make_actor(next(names)) for _ in range(3)]
    for number in range(6):
        await order(home, alice, prompt=f"alice {number}")
    for number in range(2):
        await order(home, bob, prompt=f"bob {number}")
    await order(home, carol, prompt="carol 0")
    assert await in_turn(home) == [
        "alice 0", "bob 0", "carol 0", "alice 1", "bob 1", "alice 2", "alice 3", "alice 4", "alice 5",
    ]  # fmt: skip
    await clear(home)


async def test_who_comes_back_again_and_again_does_not_starve_who_waits(home: House) -> None:
    alice, bob = [await home.make_actor(next(names)) for _ in range(2)]
    for number in range(4):
        await order(home, alice, prompt=f"alice {number}")
    made: list[str] = []
    for number in range(4):
        await order(home, bob, prompt=f"bob {number}")
        for _ in range(2):
            first = (await in_turn(home))[0]
            made.append(first)
            [post] = [
                p
                for p in await home.rows(Post, state=PostState.WAITING)
                if (p.request or {})["image"]["prompt"] == first
            ]
            async with home.context.database.write() as session:
                author = await session.get(Actor, post.author_id)
                assert author
                await cancel.cancel(session, author, post.id)
    assert [name.split()[0] for name in made].count("alice") == 4
    assert made[:4].count("bob 0") == made[:4].count("alice 1") == 1


class _Line:
    """A line whose rows lie in a list, numbered by the product's rule."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, str]] = []
        self.served: list[str] = []
        self.count = 0

    def join(self, who: str) -> None:
        first = min((row[0] for row in self.rows), default=None)
        last = max((row[0] + 1 for row in self.rows if row[2] == who), default=None)
        self.count += 1
        self.rows.append((turns.number_of(first, last), self.count, who))

    def serve(self) -> None:
        if self.rows:
            self.rows.sort()
            self.served.append(self.rows.pop(0)[2])


@given(st.lists(st.sampled_from(["alice", "bob", "carol", "serve"]), max_size=60))
@settings(max_examples=200, deadline=None)
async def test_nobody_who_waits_is_passed_twice_by_the_same_person(steps: list[str]) -> None:
    queue = _Line()
    passed: dict[tuple[str, str], int] = {}
    for step in steps:
        if step != "serve":
            queue.join(step)
            continue
        before = {row[2] for row in queue.rows}
        queue.serve()
        if not before:
            continue
        who = queue.served[-1]
        for waiting in before - {who}:
            passed[who, waiting] = passed.get((who, waiting), 0) + 1
            assert passed[who, waiting] <= 2
        passed = {pair: times for pair, times in passed.items() if pair[1] != who}


async def test_lanes_are_as_many_as_the_generator_makes_at_once(home: House) -> None:
    alice, bob = [await home.make_actor(next(names)) for _ in range(2)]
    posts = [await order(home, alice, generator="twin") for _ in range(2)] + [await order(home, bob, generator="twin")]
    rows = {row.post_id: row.lane for row in await home.rows(Turn, generator="twin")}
    assert {rows[post.id] for post in posts} == {"twin/0", "twin/1"}
    assert [await home.rows(Turn, post_id=(await order(home, bob, prompt=None, text="words")).id)] == [[]]
    with pytest.raises(Unprocessable) as caught:
        await order(home, bob, generator="gone")
    assert "no generator" in caught.value.public
    await clear(home)


async def test_a_day_has_its_bound_by_role_and_what_was_not_made_does_not_count(home: House) -> None:
    alice, chief = await home.make_actor(next(names)), await home.make_actor(next(names), role="admin")
    for _ in range(3):
        await order(home, alice, generator="twin")
    with pytest.raises(TooMany, match="by twin") as caught:
        await order(home, alice, generator="twin")
    assert caught.value.public == "Today 0 more can be made for you by twin; 3 of 3 are used."
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 86_401
    for count in (4, 4):
        await order(home, alice, count=count)
    with pytest.raises(TooMany) as caught:
        await order(home, alice, count=2)
    assert caught.value.public == "Today 1 more can be made for you; 11 of 12 are used."
    last = await order(home, alice)
    with pytest.raises(TooMany):
        await order(home, alice)
    async with home.context.database.write() as session:
        await cancel.cancel(session, alice, last.id)
    await order(home, alice)
    for _ in range(4):
        await order(home, chief, count=4)
    assert len(await home.rows(Post, author_id=alice.id)) == 7, "a refused order leaves no post"
    home.clock.forward(86_400)
    await order(home, alice)
    await clear(home)


async def test_time_energy_and_place_are_known_from_what_was_made(home: House, studio: ImagesBackend) -> None:
    alice, bob = [await home.make_actor(next(names)) for _ in range(2)]
    studio.delay = 0.2
    first = await order(home, alice)
    await prepare.prepare.function(home.context, [first.id])
    studio.delay = 0.0
    [picture] = await home.rows(Attachment, post_id=first.id)
    assert picture.recipe
    assert picture.recipe["seconds"] >= 0.2
    assert picture.recipe["watt_hours"] == pytest.approx(picture.recipe["seconds"] / 10, rel=0.1)
    [usage] = await home.rows(Usage, actor_id=alice.id)
    assert (usage.pictures, usage.made) == (1, 1)
    assert usage.watt_hours == pytest.approx(usage.seconds / 10)
    waiting = [await order(home, alice, count=4), await order(home, bob), await order(home, alice)]
    async with home.context.database.read() as session:
        seen = [await turns.outlook(session, post) for post in waiting]
        lately = await turns.experience(session, "studio")
    assert [one.ahead for one in seen] == [0, 4, 5]
    assert lately.seconds
    assert [one.seconds_left for one in seen] == [int(lately.seconds * n) for n in (4, 5, 6)]
    await clear(home)


async def test_a_lost_job_comes_back_in_its_old_place(home: House) -> None:
    alice = await home.make_actor(next(names))
    posts = [await order(home, alice, prompt=f"again {number}") for number in range(2)]
    async with home.context.database.write() as session:
        await line.line_up_again(session, posts[1].id)
    again = [job for job in await home.context.jobs.waiting() if job.ids == [posts[1].id]]
    assert len({(job.key, job.priority) for job in again}) == 1
    assert len(again) == 2
    await sweep.resume(home.context)
    await clear(home)


async def test_stopping_what_waits_and_what_runs(home: House, comfy: ComfyServer) -> None:
    alice, bob = [await home.make_actor(next(names)) for _ in range(2)]
    comfy.step_seconds = 0.05
    running = await order(home, alice, generator="comfy")
    task = asyncio.create_task(prepare.prepare.function(home.context, [running.id]))
    await asyncio.wait_for(comfy.began.wait(), 10)
    async with home.context.database.write() as session:
        with pytest.raises(Missing):
            await cancel.cancel(session, bob, running.id)
    async with home.context.database.write() as session:
        await cancel.cancel(session, alice, running.id)
    await asyncio.wait_for(task, 10)
    [post] = await home.rows(Post, id=running.id)
    assert (post.state, post.reason) == (PostState.FAILED, cancel.STOPPED)
    assert comfy.stopped == [("cancel", comfy.submissions[0]["prompt_id"])]
    assert await home.rows(Attachment, post_id=running.id) == []
    async with home.context.database.write() as session:
        with pytest.raises(Conflict):
            await cancel.cancel(session, alice, running.id)
    [usage] = await home.rows(Usage, actor_id=alice.id)
    assert usage.pictures == 1, "what was begun counts"
    waiting = await order(home, alice, generator="comfy")
    async with home.context.database.write() as session:
        await cancel.cancel(session, alice, waiting.id)
    await prepare.prepare.function(home.context, [waiting.id])
    assert len(comfy.submissions) == 1, "nobody asks for it any more"
    [usage] = await home.rows(Usage, actor_id=alice.id)
    assert usage.pictures == 1


async def test_previews_are_rebuilt_kept_for_the_author_and_dropped(home: House) -> None:
    alice = await home.make_actor(next(names))
    post = await order(home, alice)
    wide = drawn("preview", size=(1200, 600))
    report = making.Progress(home.context, post.id).report
    await report(ProgressReport(0.5, "drawing", step=5, steps=10, preview=wide))
    async with home.context.database.read() as session:
        kept = await turns.preview(session, post.id)
    assert kept
    with Image.open(io.BytesIO(kept)) as image:
        assert (image.format, image.size) == ("JPEG", (384, 192))
    await turns.keep_preview(home.context, post.id, drawn("hasty", size=(64, 64)))
    home.clock.forward(3)
    await turns.keep_preview(home.context, post.id, b"\xff\xd8\xff no picture")
    async with home.context.database.read() as session:
        assert await turns.preview(session, post.id) == kept
    await clear(home)
    async with home.context.database.read() as session:
        assert await turns.preview(session, post.id) is None
    home.clock.forward(100 * 86_400)
    await turns.tidy(home.context)
    assert await home.rows(Turn) == []
    assert await home.rows(Usage) == []


async def test_the_prompt_is_judged_as_backends_would_be_told_it(home: House, studio: ImagesBackend) -> None:
    """GEN-03: weights and tags hide no words from the gate."""
    alice, before = await home.make_actor(next(names)), len(studio.calls)
    post = await order(home, alice, prompt="(hardcore:1.4) [porn]")
    await prepare.prepare.function(home.context, [post.id])
    [row] = await home.rows(Post, id=post.id)
    assert row.state in (PostState.REFUSED, PostState.HELD)
    [judgement] = await home.rows(Judgement, post_id=post.id)
    assert set(judgement.digests) == {text_digest("(hardcore:1.4) [porn]"), text_digest("hardcore:1.4 porn")}
    assert len(studio.calls) == before


async def test_a_seed_of_ours_is_no_wish(home: House) -> None:
    alice = await home.make_actor(next(names))
    posts = [await order(home, alice), await order(home, alice, seed=5, steps=9)]
    told = []
    for post in posts:
        await prepare.prepare.function(home.context, [post.id])
        [picture] = await home.rows(Attachment, post_id=post.id)
        told.append([note.split(": ")[1] for note in (picture.recipe or {})["notes"]])
    assert told == [[], ["the seed.", "the steps."]]


async def test_leaving_queues_to_other_processes(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, database = tmp_path_factory.mktemp("queues"), {"url": "postgresql://nowhere/x"}
    assert own_queues(Config(data_dir=folder)) is None
    kept = own_queues(Config(data_dir=folder, jobs={"elsewhere": ["generate"]}, database=database))  # type: ignore[arg-type]
    assert kept
    assert "out" in kept
    assert "generate" not in kept
    with pytest.raises(Misconfigured, match="PostgreSQL"):
        own_queues(Config(data_dir=folder, jobs={"elsewhere": ["generate"]}))  # type: ignore[arg-type]
    with pytest.raises(Misconfigured, match="no queue"):
        own_queues(Config(data_dir=folder, jobs={"elsewhere": ["gpu"]}, database=database))  # type: ignore[arg-type]
