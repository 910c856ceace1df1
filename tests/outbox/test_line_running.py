"""The line with the engine running: whom the queue really takes next, and what a stop does to a job that runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from actors import queries
from outbox import cancel
from outbox.compose import Draft, compose
from outbox.models import Post, PostState
from tests.support.house import house
from tests.support.images_backend import KEY, MODEL, ImagesBackend
from tests.support.light_policy import light


async def test_people_are_served_in_turn_and_stopping_frees_the_backend(tmp_path: Path) -> None:
    async with ImagesBackend() as backend:
        backend.script.append("hang")
        studio = {"kind": "openai", "url": backend.url, "model": MODEL, "api_key": KEY}
        generation = {"default": "studio", "backends": {"studio": studio}}
        settings = {"generation": generation, "moderation": light(tmp_path), "jobs": {"poll_seconds": 0.1}}
        async with house(tmp_path / "home", engine=True, **settings) as home:
            alice, bob = await home.make_actor("alice"), await home.make_actor("bob")
            async with home.context.database.write() as session:
                first = await compose(session, alice, Draft(prompt="alice 0"))
            async with asyncio.timeout(60):
                await backend.arrived.wait()
            orders = [(alice, "alice 1"), (alice, "alice 2"), (alice, "alice 3"), (bob, "bob 0"), (bob, "bob 1")]
            for who, prompt in orders:
                async with home.context.database.write() as session:
                    await compose(session, who, Draft(prompt=prompt))
            async with home.context.database.write() as session:
                author = await queries.by_id(session, alice.id)
                assert author
                await cancel.cancel(session, author, first.id)
            async with asyncio.timeout(60):
                await backend.left.wait()
                while len(await home.rows(Post, state=PostState.PUBLISHED)) < len(orders):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
    made = [call.body["prompt"] for call in backend.calls]
    assert made == ["alice 0", "bob 0", "alice 1", "bob 1", "alice 2", "alice 3"]
