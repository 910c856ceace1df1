"""Histories that once ended differently when they arrived in another order, each by itself, through the real route."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from actors.models import Block, Follow, FollowState
from outbox.models import Notification, Post, Reaction
from tests.inbox.stage import Document, Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import PUBLIC, RemoteActor
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


async def told(stage: Stage) -> list[str]:
    return [row.kind for row in await stage.home.rows(Notification, actor_id=stage.alice.id)]


def edit_of(note: Document, author: RemoteActor, seconds: int = 60) -> Document:
    updated = datetime.fromisoformat(note["published"]) + timedelta(seconds=seconds)
    inner = {name: value for name, value in note.items() if name != "@context"}
    inner |= {"updated": updated.strftime("%Y-%m-%dT%H:%M:%SZ"), "content": f"<p>edited after {seconds} s</p>"}
    return author.activity("Update", inner, to=[PUBLIC])


async def test_an_edit_that_overtakes_its_post_stands_for_it(stage: Stage) -> None:
    """And the post that comes afterwards does not bring the old text back, nor does an older edit."""
    await stage.follow(stage.bob)
    note = stage.bob.note("<p>first</p>")
    older, newer = edit_of(note, stage.bob, 60), edit_of(note, stage.bob, 120)
    for activity in (newer, stage.bob.create(note), older):
        await stage.receive(stage.bob, activity)
    assert (await stage.post_of(note)).content == "<p>edited after 120 s</p>"


async def test_an_edit_of_what_was_deleted_first_brings_nothing(stage: Stage) -> None:
    await stage.follow(stage.bob)
    note = stage.bob.note("<p>first</p>")
    await stage.receive(stage.bob, stage.bob.activity("Delete", note["id"]))
    await stage.receive(stage.bob, edit_of(note, stage.bob))
    assert await stage.home.rows(Post, uri=note["id"]) == []


@pytest.mark.parametrize("verb", ["Follow", "Like", "Announce"])
async def test_an_undo_by_id_alone_may_come_first(stage: Stage, verb: str) -> None:
    post = await published(stage.home, stage.alice)
    done = stage.bob.activity(verb, stage.alice.uri if verb == "Follow" else post.uri)
    assert (await stage.receive(stage.bob, stage.bob.activity("Undo", done["id"]))).state == "ignored"
    await stage.receive(stage.bob, done)
    assert await stage.home.rows(Follow, followed_id=stage.alice.id) == []
    assert await stage.home.rows(Reaction, post_id=post.id) == []


@pytest.mark.parametrize("verb", ["Follow", "Like", "Announce", "Block"])
async def test_a_late_undo_does_not_end_what_was_begun_anew(stage: Stage, verb: str) -> None:
    """Follow, Undo, Follow: the Undo met a busy server and is sent again a minute later."""
    post = await published(stage.home, stage.alice)
    target = post.uri if verb in ("Like", "Announce") else stage.alice.uri
    first, second = stage.bob.activity(verb, target), stage.bob.activity(verb, target)
    for activity in (first, second, stage.bob.activity("Undo", first)):
        await stage.receive(stage.bob, activity)
    model = {"Follow": Follow, "Block": Block}.get(verb, Reaction)
    assert second["id"] in [row.uri for row in await stage.home.rows(model)]
    await stage.receive(stage.bob, stage.bob.activity("Undo", second))
    assert second["id"] not in [row.uri for row in await stage.home.rows(model)]


async def test_what_was_taken_back_is_not_told_any_more(stage: Stage) -> None:
    post = await published(stage.home, stage.alice)
    done = [stage.bob.activity(verb, post.uri) for verb in ("Like", "Announce")]
    done.append(stage.bob.activity("Follow", stage.alice.uri))
    for activity in done:
        await stage.receive(stage.bob, activity)
    assert sorted(await told(stage)) == ["boost", "follow", "like"]
    for activity in done:
        await stage.receive(stage.bob, stage.bob.activity("Undo", activity))
    assert await told(stage) == []


async def test_a_reply_that_a_boost_brought_is_counted_and_told_once_it_speaks_itself(stage: Stage) -> None:
    """Mal's reply to alice is boosted by bob, whom she follows, before mal's own Create gets through."""
    await stage.follow(stage.bob)
    post = await published(stage.home, stage.alice)
    mention = [{"type": "Mention", "href": stage.alice.uri, "name": "@alice"}]
    reply = stage.mal.note("<p>yes</p>", inReplyTo=post.uri, tag=mention)
    await stage.receive(stage.bob, stage.bob.activity("Announce", reply["id"]))
    assert (await stage.fresh(post)).replies == 1
    assert await told(stage) == []
    await stage.receive(stage.mal, stage.mal.create(reply))
    assert (await stage.fresh(post)).replies == 1
    assert await told(stage) == ["mention"]


async def test_an_accept_that_comes_twice_or_late_changes_nothing(stage: Stage) -> None:
    uri = await stage.follow(stage.bob, FollowState.PENDING)
    pair = {"id": uri, "type": "Follow", "actor": stage.alice.uri, "object": stage.bob.uri}
    for kind in ("Accept", "Accept", "Reject", "Accept"):
        await stage.receive(stage.bob, stage.bob.activity(kind, pair))
    assert await stage.home.rows(Follow, follower_id=stage.alice.id) == []
