"""The job that makes and judges: every end of it, with a real pipeline and a backend on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.models import Actor
from fediverse_ai.core.errors import Unreachable
from outbox import prepare
from outbox.compose import Draft, compose
from outbox.models import Attachment, Judgement, Notification, Post, PostState
from tests.support.house import House, house
from tests.support.images_backend import KEY, MODEL, ImagesBackend


@pytest.fixture
async def backend() -> AsyncIterator[ImagesBackend]:
    async with ImagesBackend() as made:
        yield made


@pytest.fixture
async def home(tmp_path: Path, backend: ImagesBackend) -> AsyncIterator[House]:
    studio = {"kind": "openai", "url": backend.url, "model": MODEL, "api_key": KEY}
    async with house(tmp_path / "home", generation={"default": "studio", "backends": {"studio": studio}}) as made:
        yield made


async def _prepared(home: House, author: Actor, draft: Draft) -> Post:
    async with home.context.database.write() as session:
        post = await compose(session, author, draft)
    await prepare.prepare.function(home.context, [post.id])
    [row] = await home.rows(Post, id=post.id)
    return row


async def test_text_alone_goes_through_the_gate(home: House, alice: Actor) -> None:
    post = await _prepared(home, alice, Draft(text="Good morning"))
    assert post.state == PostState.PUBLISHED
    [verdict] = await home.rows(Judgement, post_id=post.id)
    assert verdict.decision == "allow"
    assert [digest.partition(":")[0] for digest in verdict.digests] == ["text"]


async def test_a_picture_by_a_model_is_made_marked_judged_and_published(home: House, alice: Actor) -> None:
    post = await _prepared(home, alice, Draft(prompt="a lighthouse", alt_text="A lighthouse"))
    assert post.state == PostState.PUBLISHED, post.reason
    [picture] = await home.rows(Attachment, post_id=post.id)
    assert picture.digital_source_type is not None
    assert picture.digital_source_type.endswith("/trainedAlgorithmicMedia")
    [verdict] = await home.rows(Judgement, post_id=post.id)
    assert picture.sha256 in verdict.digests
    # A second run of the same job finds the work done.
    await prepare.prepare.function(home.context, [post.id])
    assert len(await home.rows(Judgement, post_id=post.id)) == 1


async def test_a_refused_prompt_never_reaches_the_backend(home: House, alice: Actor, backend: ImagesBackend) -> None:
    wish = " ".join(["naked", "child", "sexual"])
    post = await _prepared(home, alice, Draft(prompt=wish))
    assert (post.state, post.rule) == (PostState.REFUSED, "sexual/minors")
    assert post.reason
    assert backend.calls == []
    assert [told.kind for told in await home.rows(Notification, actor_id=alice.id)] == ["refused"]
    assert await home.rows(Attachment, post_id=post.id) == []


async def test_a_backend_that_says_no_fails_the_post_with_a_sentence(
    home: House, alice: Actor, backend: ImagesBackend
) -> None:
    backend.script.append("refuse")
    post = await _prepared(home, alice, Draft(prompt="a lighthouse"))
    assert post.state == PostState.FAILED
    assert post.reason


async def test_an_absent_backend_is_tried_three_times(home: House, alice: Actor, backend: ImagesBackend) -> None:
    backend.script.extend(["broken"] * 3)
    async with home.context.database.write() as session:
        post = await compose(session, alice, Draft(prompt="a lighthouse"))
    for _ in range(2):
        with pytest.raises(Unreachable):
            await prepare.prepare.function(home.context, [post.id])
        assert [row.state for row in await home.rows(Post, id=post.id)] == [PostState.WAITING]
    await prepare.prepare.function(home.context, [post.id])
    assert [row.state for row in await home.rows(Post, id=post.id)] == [PostState.FAILED]


async def test_wrong_bytes_never_become_a_picture(home: House, alice: Actor, backend: ImagesBackend) -> None:
    backend.script.append("wrong_bytes")
    post = await _prepared(home, alice, Draft(prompt="a lighthouse"))
    assert post.state == PostState.FAILED
    assert await home.rows(Attachment, post_id=post.id) == []


async def test_a_forgotten_post_is_given_up(home: House, alice: Actor) -> None:
    async with home.context.database.write() as session:
        post = await compose(session, alice, Draft(text="Good morning"))
    await prepare.give_up_forgotten(home.context)
    assert [row.state for row in await home.rows(Post, id=post.id)] == [PostState.WAITING]
    home.clock.forward(7 * 3600)
    await prepare.give_up_forgotten(home.context)
    assert [row.state for row in await home.rows(Post, id=post.id)] == [PostState.FAILED]
