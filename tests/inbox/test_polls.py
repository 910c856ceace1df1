"""Others' polls: kept with their choices, counted anew when votes come, voted in once, never broken by odd ones."""

from __future__ import annotations

from typing import Any

import pytest

from fediverse_ai.core import limits
from inbox.polls import poll_of
from outbox.belongings import PollVote
from outbox.models import Post
from tests.inbox.stage import Document, Stage, stage_in
from tests.mastodon.app import App
from tests.support.house import House
from tests.support.peer import PUBLIC
from tests.support.rooms import deliver_all, receive

ACTIVITY = {"accept": "application/activity+json"}


def question(stage: Stage, votes: tuple[int, int], **changes: Any) -> Document:
    return {
        "id": f"{stage.good.origin}/notes/poll",
        "type": "Question",
        "attributedTo": stage.bob.uri,
        "content": "<p>Fox or hare?</p>",
        "to": [PUBLIC],
        "cc": [],
        "published": "2026-11-21T10:00:00Z",
        "endTime": "2099-11-22T10:00:00Z",
        "votersCount": sum(votes),
        "oneOf": [
            {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": count}}
            for name, count in zip(("Fox", "Hare"), votes, strict=True)
        ],
        **changes,
    }


async def test_a_poll_is_kept_and_its_votes_are_counted(home: House) -> None:
    async with stage_in(home) as stage:
        await _a_poll(stage)


async def _asked(stage: Stage, **changes: Any) -> Post:
    """A poll of Bob's, whom Alice follows."""
    body = question(stage, (1, 2), **changes)
    await receive(stage.home, stage.bob, stage.bob.activity("Create", body, to=[PUBLIC]))
    [post] = await stage.home.rows(Post, uri=body["id"])
    return post


async def test_one_of_ours_votes_once_and_sees_what_became_of_it(home: House) -> None:
    async with stage_in(home) as stage:
        await stage.follow(stage.bob)
        post = await _asked(stage)
        app = await App.of(home, stage.alice.username)
        path = f"/api/v1/polls/{post.id}"
        for choices in ([], ["2"], ["x"], ["-1"], ["0", "1"]):
            await app.post(f"{path}/votes", {"choices": choices}, status=422)
        made = await app.post(f"{path}/votes", {"choices": [0, "0"]})
        assert (made["voted"], made["own_votes"], made["votes_count"], made["voters_count"]) == (True, [0], 4, 4)
        told = await app.post(f"{path}/votes", {"choices": ["1"]}, status=422)
        assert told == {"error": "You have already voted on this poll"}
        assert (await app.get(f"/api/v1/statuses/{post.id}"))["poll"]["own_votes"] == [0]
        assert (await home.client.get(path)).json()["voted"] is False
        await deliver_all(home)
        create = await stage.good.arrival("Create")
        vote = create["object"]
        assert (create["to"], create["cc"]) == ([stage.bob.uri], [])
        expected = {"type": "Note", "name": "Fox", "inReplyTo": post.uri, "to": [stage.bob.uri], "cc": []}
        assert {name: vote[name] for name in expected} == expected
        assert (vote["attributedTo"], "content" in vote) == (stage.alice.uri, False)
        assert vote["id"].startswith(f"{stage.alice.uri}#votes/")
        # Nobody else reads it: the vote is in no collection, and its activity is no page.
        assert (await home.client.get(create["id"], headers=ACTIVITY)).status_code == 404
        outbox = await home.client.get(f"{stage.alice.uri}/outbox?page=true", headers=ACTIVITY)
        assert outbox.json()["orderedItems"] == []

        # What its author counted stands; and its end is told to who voted.
        ended = question(stage, (5, 2), closed="2026-11-22T10:00:00Z")
        await receive(home, stage.bob, stage.bob.activity("Update", ended, to=[PUBLIC]))
        after = await app.get(path)
        assert (after["expired"], after["votes_count"], after["own_votes"]) == (True, 7, [0])
        [about] = await app.get("/api/v1/notifications", **{"types[]": "poll"})
        assert (about["type"], about["status"]["id"]) == ("poll", str(post.id))
        await receive(home, stage.bob, stage.bob.activity("Update", ended | {"votersCount": 8}, to=[PUBLIC]))
        assert len(await app.get("/api/v1/notifications", **{"types[]": "poll"})) == 1


async def test_several_choices_of_one_that_takes_them_and_none_of_one_that_is_over(home: House) -> None:
    async with stage_in(home) as stage:
        await stage.follow(stage.bob)
        choices = question(stage, (1, 2))["oneOf"]
        uri = f"{stage.good.origin}/notes"
        many = await _asked(stage, id=f"{uri}/many", oneOf=[], anyOf=choices)
        over = await _asked(stage, id=f"{uri}/over", endTime="2020-01-01T00:00:00Z")
        closed = await _asked(stage, id=f"{uri}/closed", closed="2020-01-01T00:00:00Z")
        app = await App.of(home, stage.alice.username)
        made = await app.post(f"/api/v1/polls/{many.id}/votes", {"choices": ["1", "0"]})
        assert (made["own_votes"], made["votes_count"], made["voters_count"]) == ([0, 1], 5, 4)
        for post in (over, closed):
            told = await app.post(f"/api/v1/polls/{post.id}/votes", {"choices": ["0"]}, status=422)
            assert told == {"error": "The poll has already ended"}
        await deliver_all(home)
        names = [one["object"]["name"] for one in stage.good.activities("Create")]
        assert sorted(names) == ["Fox", "Hare"]
        # Other choices make the votes void.
        changed = question(stage, (0, 0), id=many.uri, oneOf=[], anyOf=choices[:1], updated="2099-01-01T00:00:00Z")
        await receive(home, stage.bob, stage.bob.activity("Update", changed, to=[PUBLIC]))
        assert await home.rows(PollVote, post_id=many.id) == []
        assert (await app.get(f"/api/v1/polls/{many.id}"))["voted"] is False


async def _a_poll(stage: Stage) -> None:
    await stage.follow(stage.bob)
    await receive(stage.home, stage.bob, stage.bob.activity("Create", question(stage, (1, 2)), to=[PUBLIC]))
    [post] = await stage.home.rows(Post, uri=f"{stage.good.origin}/notes/poll")
    assert post.poll is not None
    assert [(one["title"], one["votes"]) for one in post.poll["options"]] == [("Fox", 1), ("Hare", 2)]
    assert (post.poll["multiple"], post.poll["voters"], post.updated_ms) == (False, 3, None)
    answer = await stage.home.client.get(f"/api/v1/polls/{post.id}")
    assert answer.json()["votes_count"] == 3
    assert answer.json()["expired"] is False

    await receive(stage.home, stage.bob, stage.bob.activity("Update", question(stage, (1, 7)), to=[PUBLIC]))
    [post] = await stage.home.rows(Post, uri=f"{stage.good.origin}/notes/poll")
    assert post.poll is not None
    assert [one["votes"] for one in post.poll["options"]] == [1, 7]
    assert post.updated_ms is None, "votes are no edit"


@pytest.mark.parametrize(
    "odd",
    [{"oneOf": None}, {"oneOf": []}, {"oneOf": [{"type": "Note"}]}, {"oneOf": "Fox"}, {"oneOf": [["Fox"]]}],
)
def test_odd_polls_are_posts_without_choices(odd: dict[str, Any]) -> None:
    assert poll_of({"type": "Question", **odd}) is None


def test_choices_are_bounded_and_counts_are_numbers() -> None:
    choices = [{"name": f"C{n}", "replies": {"totalItems": "many"}} for n in range(limits.POLL_OPTIONS + 1)]
    found = poll_of({"type": "Question", "anyOf": choices})
    assert found is not None
    assert (len(found["options"]), found["multiple"]) == (limits.POLL_OPTIONS, True)
    assert {one["votes"] for one in found["options"]} == {0}
