"""Others' pictures before the gate (GEN-11, MED-16): refused ones are not shown, held ones covered, one by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from actors import follows, queries
from actors.models import Actor, FollowState
from fediverse_ai.core import limits
from fediverse_ai.remote_media import RemoteMedia
from generation.pipeline import Pipeline
from generation.sandbox import Sandbox
from generation.types import Decision, Item, Verdict
from outbox.models import Attachment, Judgement, Post
from outbox.remote_verdicts import RemoteVerdicts
from tests.support import gate
from tests.support.house import House, house
from tests.support.peer import RemoteActor, peer
from tests.support.rooms import receive
from tests.web.test_proxy import Gallery, get, media, picture, png

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    sandbox = Sandbox()
    async with house(tmp_path_factory.mktemp("home"), moderation={"judge_remote": True}) as made:
        gate.install(made.context, made.clock, sandbox)
        yield made
    await sandbox.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bob(home: House) -> AsyncIterator[RemoteActor]:
    async with peer("localhost") as made:
        bob = made.actor("bob")
        alice = await home.make_actor("alice")
        await receive(home, bob, bob.activity("Follow", alice.uri))
        async with home.context.database.write() as session:
            row = await queries.by_uri(session, bob.uri)
            assert row is not None
            await follows.add(session, alice, row, f"{home.origin}/activities/1", FollowState.ACCEPTED)
        yield bob


def coloured(mood: str) -> bytes:
    return png(colour=f"rgb{gate.COLOURS[mood]}")


async def arrived(home: House, bob: RemoteActor, mood: str, path: str) -> tuple[Attachment, Post]:
    found = await picture(home, bob, Gallery(bob).put(path, coloured(mood)))
    [post] = await home.rows(Post, id=found.post_id)
    return found, post


@pytest.mark.parametrize(
    ("mood", "status", "sensitive", "decision"),
    [("calm", 200, False, None), ("grim", 200, True, Decision.HOLD), ("vile", 404, True, Decision.REFUSE)],
)
async def test_what_the_gate_says_is_done(
    home: House, bob: RemoteActor, mood: str, status: int, sensitive: bool, decision: Decision | None
) -> None:
    found, post = await arrived(home, bob, mood, f"/{mood}.png")
    assert not post.sensitive, "its author says nothing of it"
    answer = await get(home, media(home).url("picture", found.id))
    assert answer.status_code == status
    [post] = await home.rows(Post, id=post.id)
    assert post.sensitive is sensitive
    said = await home.rows(Judgement, post_id=post.id)
    assert [(one.decision, one.rule, one.decided_by_id) for one in said] == (
        [(decision, "mood", None)] if decision else []
    )
    assert all(finding["stage"] == "remote" for one in said for finding in one.findings)


async def test_its_author_does_not_uncover_it(home: House, bob: RemoteActor) -> None:
    found, post = await arrived(home, bob, "grim", "/edited.png")
    await get(home, media(home).url("picture", found.id))
    note = bob.note("<p>Look again</p>", sensitive=False, updated="2099-01-01T00:00:00Z") | {"id": post.uri}
    await receive(home, bob, bob.activity("Update", note))
    [after] = await home.rows(Post, id=post.id)
    assert "Look again" in after.content
    assert after.sensitive


async def test_a_portrait_that_is_held_is_not_shown(home: House, bob: RemoteActor) -> None:
    url = Gallery(bob).put("/face.png", coloured("grim"))
    async with home.context.database.write() as session:
        row = await queries.by_uri(session, bob.uri)
        assert row is not None
        row.icon_url = url
        session.add(row)
    [actor] = await home.rows(Actor, uri=bob.uri)
    assert (await get(home, media(home).url("avatar", actor.id))).status_code == 404


async def test_one_after_another_and_none_twice(home: House, bob: RemoteActor) -> None:
    """A wave of pictures does not keep our own people's posts from being judged."""
    pipeline, verdicts = home.context.part(Pipeline), RemoteVerdicts(home.context)
    running = most = asked = 0

    class Slow:
        policy_version = pipeline.policy_version

        async def review(self, item: Item) -> Verdict:
            nonlocal running, most, asked
            running, asked = running + 1, asked + 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1
            return await pipeline.review(item)

    home.context._parts[Pipeline] = Slow()
    try:
        pictures = [coloured("calm"), coloured("doubt"), coloured("grim")] * 2
        found = await asyncio.gather(*(verdicts.of(data, None) for data in pictures))
    finally:
        home.context._parts[Pipeline] = pipeline
    assert [one.decision for one in found] == [Decision.ALLOW, Decision.ALLOW, Decision.HOLD] * 2
    assert (most, asked) == (limits.REMOTE_JUDGED_AT_ONCE, 3)
    assert verdicts._known.maxsize == limits.REMOTE_VERDICTS


async def test_without_the_setting_nothing_is_asked(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with house(tmp_path_factory.mktemp("lax")) as home, peer("localhost") as made:
        bob = made.actor("bob")
        alice = await home.make_actor("alice")
        toy = gate.install(home.context, home.clock, home.context.part(Pipeline).sandbox)
        toy.down = True
        await receive(home, bob, bob.activity("Follow", alice.uri))
        async with home.context.database.write() as session:
            row = await queries.by_uri(session, bob.uri)
            assert row is not None
            await follows.add(session, alice, row, f"{home.origin}/activities/1", FollowState.ACCEPTED)
        found, post = await arrived(home, bob, "vile", "/vile.png")
        assert (await get(home, home.context.part(RemoteMedia).url("picture", found.id))).status_code == 200
        assert await home.rows(Judgement, post_id=post.id) == []
