"""Others' polls: kept with their choices, counted anew when votes come, read by apps, never broken by odd ones."""

from __future__ import annotations

from typing import Any

import pytest

from fediverse_ai.core import limits
from inbox.polls import poll_of
from outbox.models import Post
from tests.inbox.stage import Document, Stage, stage_in
from tests.support.house import House
from tests.support.peer import PUBLIC
from tests.support.rooms import receive


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
