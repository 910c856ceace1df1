"""FI-22: yesterday's backup is brought back after the server went on; nothing happens twice, nothing comes back.

One story, told once for the module: backup under load, go on, lose everything, restore, and let the restored server do
a day of everything that a server does by itself, on a machine whose clock is behind.
"""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from actors import accounts, local, signups
from actors.audit import AuditEntry
from actors.models import Actor, Block, Follow, Login, Token
from actors.restorations import Restoration
from fediverse_ai.backup import afterwards, settle
from fediverse_ai.core.errors import Conflict
from inbox.models import Received
from outbox.models import Delivery, Post, PostState, Reaction
from tests.backup.story import Story, first_day, told
from tests.support import rooms
from tests.support.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Scene:
    story: Story
    home: House
    at_the_start: list[tuple[str, str]]
    objects_at_the_start: list[tuple[str, str]]
    jobs: list[str]
    ids_at_first: list[int]

    async def pair(self, who: str, whom: str) -> list[Follow]:
        rows = {row.uri: row.id for row in await self.home.rows(Actor)}
        return [
            row for row in await self.home.rows(Follow) if (row.follower_id, row.followed_id) == (rows[who], rows[whom])
        ]

    async def post(self, name: str) -> Post:
        """A post of ann by what it says."""
        text = self.story.posts[name].text
        [found] = [row for row in await self.home.rows(Post, local=True) if row.text == text]
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with told(tmp_path_factory.mktemp("fire")) as (story, home):
        before, objects = story.arrivals(), story.objects()
        first = [home.context.ids.new() for _ in range(3)]
        first.append(home.context.ids.ahead(home.clock.now_ms()))
        yield Scene(story, home, before, objects, await first_day(home), first)


async def test_the_backup_and_the_restored_database_are_sound(scene: Scene) -> None:
    assert await settle.is_sound(scene.home.context)
    assert scene.story.made is not None
    assert stat.S_IMODE(scene.story.made.path.stat().st_mode) == 0o600
    counts = scene.story.made.manifest.counts
    assert counts["accounts"] == 3
    assert counts["open_deliveries"] >= 2


async def test_no_id_is_given_twice(scene: Scene) -> None:
    """Though the clock of the new machine is behind the last id that the lost one gave."""
    last = max(scene.story.ids_of_the_lost)
    assert min(scene.ids_at_first) > last
    given = {row.id for model in (Post, Delivery, Received, AuditEntry) for row in await scene.home.rows(model)}
    assert scene.story.restored is not None
    fresh = {number for number in given if number > scene.story.restored.floor_ms << 16}
    assert fresh
    assert fresh.isdisjoint(scene.story.ids_of_the_lost)
    again = await rooms.published(scene.home, scene.story.people["ann"], "The first after the fire")
    assert again.id not in scene.story.ids_of_the_lost
    assert again.uri not in {post.uri for post in scene.story.posts.values()}


async def test_no_old_delivery_is_sent_again(scene: Scene) -> None:
    assert scene.story.restored is not None
    assert scene.story.restored.settled["deliveries_withheld"] >= 2
    withheld = [row for row in await scene.home.rows(Delivery, state="withheld") if row.last_error == settle.WITHHELD]
    assert len(withheld) == scene.story.restored.settled["deliveries_withheld"]
    since = Counter(scene.story.arrivals()) - Counter(scene.at_the_start)
    assert since, "the restored server does reach its peers"
    assert since.keys().isdisjoint(scene.at_the_start)
    assert set(since.values()) == {1}
    # The notes that the lost server published are not published by the restored one under their ids.
    assert max(Counter(scene.story.objects()).values()) == 1
    assert scene.objects_at_the_start == scene.story.objects()


async def test_what_was_not_out_has_new_addresses(scene: Scene) -> None:
    old = {name: scene.story.posts[name] for name in ("draft", "waiting", "held", "soon", "later")}
    for name, state in (("draft", "draft"), ("waiting", "draft"), ("soon", "draft"), ("held", "held")):
        post = await scene.post(name)
        assert post.state == state, name
        assert post.uri == f"{scene.home.origin}/notes/{post.id}"
        assert str(post.id) in str(post.url)
        assert post.id != old[name].id
        assert post.client_key == name
    assert not {row.uri for row in await scene.home.rows(Post)} & {post.uri for post in old.values()}
    assert (await scene.post("waiting")).reason == settle.AS_DRAFT


async def test_a_post_for_later_still_waits_for_its_time(scene: Scene) -> None:
    post = await scene.post("later")
    assert post.state == PostState.SCHEDULED
    assert post.not_before_ms == scene.story.posts["later"].not_before_ms
    assert post.id >> 16 >= post.not_before_ms


async def test_deleted_stays_deleted(scene: Scene) -> None:
    [first] = await scene.home.rows(Post, id=scene.story.posts["first"].id)
    assert first.state == PostState.DELETED
    assert first.text == first.content == ""
    answer = await scene.home.client.get(first.uri, headers={"accept": "application/activity+json"})
    assert answer.status_code == 410
    [carol] = await scene.home.rows(Actor, uri=scene.story.people["carol"].uri)
    assert carol.deleted_ms is not None
    answer = await scene.home.client.get(carol.uri, headers={"accept": "application/activity+json"})
    assert answer.status_code == 410
    assert scene.story.evil.activities("Delete")
    [note] = await scene.home.rows(Post, uri=scene.story.note["id"])
    assert note.state == PostState.DELETED
    assert await scene.home.rows(Reaction, post_id=note.id) == []


async def test_the_name_of_who_came_after_the_backup_is_nobody_elses(scene: Scene) -> None:
    erin = scene.story.people["erin"]
    answer = await scene.home.client.get(erin.uri, headers={"accept": "application/activity+json"})
    assert (answer.status_code, answer.json()["type"]) == (410, "Tombstone")
    async with scene.home.context.database.write() as session:
        for name in ("erin", "Erin"):
            with pytest.raises(Conflict, match="is taken"):
                await signups.require_free(session, name)
            with pytest.raises(Conflict, match="is taken"):
                await local.create(session, name)
        assert await accounts.account_of(session, "erin") is None


async def test_a_deleted_note_of_somebody_else_is_not_taken_again(scene: Scene) -> None:
    story = scene.story
    await rooms.receive(scene.home, story.bob, story.bob.create(story.note))
    [note] = await scene.home.rows(Post, uri=story.note["id"])
    assert note.state == PostState.DELETED


async def test_follows_are_as_they_were_at_the_end(scene: Scene) -> None:
    story = scene.story
    ann, dave = story.people["ann"].uri, story.people["dave"].uri
    assert await scene.pair(story.bob.uri, ann) == []
    assert [row.state for row in await scene.pair(story.eve.uri, ann)] == ["accepted"]
    assert [row.state for row in await scene.pair(story.mal.uri, ann)] == ["accepted"]
    # The backup did not know her: she was looked up at her home.
    assert [row.state for row in await scene.pair(story.zoe.uri, ann)] == ["accepted"]
    assert await scene.pair(dave, story.eve.uri) == []
    assert [row.state for row in await scene.pair(ann, story.bob.uri)] == ["accepted"]
    rows = {row.uri: row.id for row in await scene.home.rows(Actor)}
    assert [row.blocked_id for row in await scene.home.rows(Block, blocker_id=rows[dave])] == [rows[story.mal.uri]]


async def test_a_follow_that_was_not_answered_is_asked_for_once_more(scene: Scene) -> None:
    story, ann = scene.story, scene.story.people["ann"].uri
    asked = [one for one in story.evil.activities("Follow") if one["actor"] == ann]
    assert len(asked) == 2
    assert asked[0]["id"] != asked[1]["id"]
    [row] = await scene.pair(ann, story.mal.uri)
    assert row.uri == asked[1]["id"]
    assert all((story.good.host, one["id"]) in scene.at_the_start for one in story.good.activities("Follow"))
    [restored] = await scene.home.rows(Restoration)
    assert restored.reconciled_ms is not None


async def test_everybody_signs_in_again(scene: Scene) -> None:
    assert await scene.home.rows(Login) == []
    assert all(row.revoked_ms is not None for row in await scene.home.rows(Token))


async def test_the_restore_is_written_down(scene: Scene) -> None:
    assert scene.story.restored is not None
    [row] = await scene.home.rows(AuditEntry, action="backup.restore")
    assert row.after["deliveries_withheld"] == scene.story.restored.settled["deliveries_withheld"]
    [restored] = await scene.home.rows(Restoration)
    assert restored.complete
    assert restored.settled == scene.story.restored.settled
    assert restored.floor_ms > scene.story.restored.known_until_ms


async def test_pictures_are_back(scene: Scene) -> None:
    home, story = scene.home, scene.story
    assert story.restored is not None
    assert story.restored.problems == []
    assert story.restored.pictures == 6
    held = await scene.post("held")
    assert held.state == PostState.HELD
    assert {path.name for path in home.context.config.media_dir.rglob("*.jpg")} <= story.files.keys()


async def test_the_list_goes_on(scene: Scene) -> None:
    """The restored server's own list begins with what the lost one left."""
    config = scene.home.context.config
    kept = list(afterwards.entries_in(config.data_dir / afterwards.LIST))
    gone = {scene.story.people[name].uri for name in ("carol", "erin")}
    assert {entry.uri for entry in kept if entry.kind == "actor"} == gone
    assert scene.story.people["erin"].uri in {entry.uri for entry in kept if entry.kind == "joined"}
    copied = list(afterwards.entries_in(config.backup_dir / afterwards.LIST))
    assert copied == kept
