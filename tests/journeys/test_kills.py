"""kill -9 at the steps from compose to delivered and from 202 to handled; then the books are checked.

Every third step, and with LONG=1 each of them.

The server is started again after each kill with the next step armed, so that it also dies while it recovers. At the
end one clean start must bring everything to rest: nothing acknowledged is lost, nothing is published or counted twice,
nothing is out without an allow verdict for exactly the bytes that are served.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.support import verbs
from tests.support.peer import Peer, RemoteActor, peer
from tests.support.processes import NotReady, eventually
from tests.support.server import Server

KILLED = -9


@dataclass
class Story:
    """What was promised: posts whose compose returned, activities that got 202."""

    ours: Server
    fans: Peer
    follower: RemoteActor
    liked: str = ""
    posts: list[str] = field(default_factory=list)
    acknowledged: list[dict[str, Any]] = field(default_factory=list)
    unanswered: list[tuple[RemoteActor, dict[str, Any]]] = field(default_factory=list)
    number: int = 0

    async def post_picture(self) -> None:
        self.number += 1
        prompt = {"prompt": f"{self.number} gulls over the sea", "seed": self.number, "width": 256, "height": 256}
        self.posts.append(await verbs.write(self.ours, "ann", f"Number {self.number}", **prompt))

    async def post_words(self) -> None:
        self.number += 1
        self.posts.append(await verbs.write(self.ours, "ann", f"Only words, number {self.number}"))

    async def like(self) -> None:
        self.number += 1
        fan = self.fans.actor(f"fan{self.number}")
        await self._deliver(fan, fan.activity("Like", self.liked))

    async def follow(self) -> None:
        self.number += 1
        fan = self.fans.actor(f"fan{self.number}")
        await self._deliver(fan, fan.activity("Follow", self.ours.actor("ann")))

    async def _deliver(self, fan: RemoteActor, activity: dict[str, Any]) -> None:
        try:
            answer = await fan.deliver(self.ours.inbox, activity)
        except httpx.TransportError:
            self.unanswered.append((fan, activity))
            return
        assert answer.status_code == 202, answer.text
        self.acknowledged.append(activity)

    async def deliver_again(self) -> None:
        """What got no answer is sent again, as every sender does."""
        waiting, self.unanswered = self.unanswered, []
        for fan, activity in waiting:
            await self._deliver(fan, activity)
        assert self.unanswered == []


STEPS: list[tuple[str, Callable[[Story], Awaitable[None]]]] = [
    ("prepare.begin", Story.post_picture),
    ("prepare.generated", Story.post_picture),
    ("storage.before_rename", Story.post_picture),
    ("storage.before_rename:2", Story.post_picture),
    ("prepare.stored", Story.post_picture),
    ("prepare.judged", Story.post_picture),
    ("publish.before_commit", Story.post_picture),
    ("prepare.after_commit", Story.post_picture),
    ("jobs.before_run", Story.post_words),
    ("jobs.after_run", Story.post_words),
    ("deliver.before_send", Story.post_words),
    ("deliver.after_send", Story.post_words),
    ("deliver.after_record", Story.post_words),
    ("receive.before_commit", Story.like),
    ("receive.after_commit", Story.like),
    ("handle.begin", Story.like),
    ("handle.before_commit", Story.like),
    ("handle.after_commit", Story.like),
    ("handle.before_commit", Story.follow),
    ("handle.after_commit", Story.follow),
    ("deliver.before_send", Story.follow),
]
if os.environ.get("LONG") != "1":
    STEPS = STEPS[::3]


async def die_at(story: Story, step: str, act: Callable[[Story], Awaitable[None]]) -> None:
    """Start with one step armed, act, and see the process die there, while it recovers or while it works."""
    name, _, nth = step.partition(":")
    try:
        await story.ours.start(failpoints=f"{name}:kill9:{nth or 1}")
    except NotReady:
        assert story.ours.running.process.returncode == KILLED, story.ours.running.output()[-4000:]
    await act(story)
    assert await story.ours.running.ended(60) == KILLED, (step, story.ours.running.output()[-4000:])


async def test_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    async with peer() as fans:
        ours = Server(tmp_path / "ours", settings={"quotas.member.queued": 0})
        story = Story(ours, fans, fans.actor("fan"))
        try:
            await ours.cli("init")
            await ours.cli("user", "create", "ann")
            await _first_light(story)
            await _a_post_that_was_not_stored_is_no_post(story)
            for step, act in STEPS:
                await die_at(story, step, act)
            await ours.start()
            await story.deliver_again()
            await _comes_to_rest(story)
            _nothing_published_twice_or_without_a_verdict(story)
            await _the_bytes_that_are_served_were_judged(story)
            _nothing_acknowledged_is_lost(story)
            assert await ours.stop() == 0
        finally:
            await ours.close()


async def _first_light(story: Story) -> None:
    """A follower and a post to like, before anything dies."""
    await story.ours.start()
    await story._deliver(story.follower, story.follower.activity("Follow", story.ours.actor("ann")))
    await story.fans.arrival("Accept")
    await story.post_words()
    story.liked = story.posts[0]
    await story.fans.arrival("Create")
    assert await story.ours.stop() == 0


async def _a_post_that_was_not_stored_is_no_post(story: Story) -> None:
    """The command itself dies before its commit: it told nobody anything, and left nothing."""
    before = story.ours.query("select count(*) from post")
    await story.ours.cli(
        "post", "--text", "never", "--no-wait", expect=KILLED, failpoints="compose.before_commit:kill9"
    )
    assert story.ours.query("select count(*) from post") == before


async def _comes_to_rest(story: Story) -> None:
    async def at_rest() -> bool:
        waiting = (
            "select (select count(*) from post where state = 'waiting')"
            " + (select count(*) from delivery where state != 'delivered')"
            " + (select count(*) from received where state = 'stored')"
        )
        return story.ours.query(waiting) == [(0,)]

    await eventually(at_rest, "nothing is left to do", seconds=90)


def _nothing_published_twice_or_without_a_verdict(story: Story) -> None:
    query = story.ours.query
    assert query("select count(*) from post where local") == [(len(story.posts),)]
    for uri in story.posts:
        [(post_id, state)] = query("select id, state from post where uri = ?", uri)
        assert state == "published", uri
        activities = query("select uri from activity where type = 'Create' and object_uri = ?", uri)
        assert len(activities) == 1, "published once"
        creates = [one for one in story.fans.activities("Create") if one["object"]["id"] == uri]
        assert creates, f"{uri} never arrived"
        assert {one["id"] for one in creates} == {activities[0][0]}, "a repeated delivery is the same activity"
        judgements = query("select decision, digests from judgement where post_id = ?", post_id)
        assert [decision for decision, _ in judgements] == ["allow"]
        digests = set(json.loads(judgements[0][1]))
        pictures = query("select sha256 from attachment where post_id = ?", post_id)
        assert len(pictures) <= 1
        assert {sha for (sha,) in pictures} <= digests


async def _the_bytes_that_are_served_were_judged(story: Story) -> None:
    pictures = 0
    for create in {one["id"]: one for one in story.fans.activities("Create")}.values():
        [(digests,)] = story.ours.query(
            "select judgement.digests from judgement join post on post.id = judgement.post_id where post.uri = ?",
            create["object"]["id"],
        )
        for attachment in create["object"]["attachment"]:
            served = await story.ours.client.get(attachment["url"])
            assert served.status_code == 200
            assert hashlib.sha256(served.content).hexdigest() in json.loads(digests)
            pictures += 1
    assert pictures == sum(act is Story.post_picture for _, act in STEPS)


def _nothing_acknowledged_is_lost(story: Story) -> None:
    query = story.ours.query
    for activity in story.acknowledged:
        assert query("select state from received where activity_uri = ?", activity["id"]) == [("done",)], activity
    likes = {one["actor"] for one in story.acknowledged if one["type"] == "Like"}
    follows = {one["actor"]: one["id"] for one in story.acknowledged if one["type"] == "Follow"}
    assert query("select likes from post where uri = ?", story.liked) == [(len(likes),)]
    assert query("select count(*) from reaction") == [(len(likes),)]
    assert query("select count(*) from follow where state = 'accepted'") == [(len(follows),)]
    assert query("select count(*) from notification where kind = 'like'") == [(len(likes),)]
    for follow_id in follows.values():
        accepts = {one["id"] for one in story.fans.activities("Accept") if one["object"]["id"] == follow_id}
        assert len(accepts) == 1, "each Follow has one Accept"
    assert query("pragma integrity_check") == [("ok",)]
    assert query("pragma foreign_key_check") == []
