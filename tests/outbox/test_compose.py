"""compose(): one entry, bounded, idempotent by the client's key."""

from __future__ import annotations

import pytest

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Missing, RequestError, Unprocessable
from outbox.compose import Draft, compose
from outbox.models import Post, PostState, Visibility
from tests.support.house import House
from tests.support.rooms import published


async def _compose(home: House, author: Actor, draft: Draft) -> Post:
    async with home.context.database.write() as session:
        return await compose(session, author, draft)


async def test_a_draft_becomes_a_waiting_post_with_one_job(home: House, alice: Actor) -> None:
    post = await _compose(home, alice, Draft(prompt="a fox", client_key="one"))
    again = await _compose(home, alice, Draft(prompt="another fox", client_key="one"))
    assert again.id == post.id
    assert post.state == PostState.WAITING
    assert post.visibility == Visibility.QUIET
    assert post.request is not None
    assert isinstance(post.request["image"]["seed"], int)
    jobs = [job for job in await home.context.jobs.waiting() if job.name.endswith("prepare")]
    assert [job.ids for job in jobs] == [[post.id]]


@pytest.mark.parametrize(
    ("field", "most"),
    [("prompt", limits.PROMPT_CHARS), ("text", limits.POST_TEXT_CHARS), ("summary", limits.NAME_CHARS)],
)
async def test_bounds_hold_at_n_and_n_plus_one(home: House, alice: Actor, field: str, most: int) -> None:
    base = {"text": "x"} if field != "text" else {}
    await _compose(home, alice, Draft(**{**base, field: "x" * most}))
    before = len(await home.rows(Post))
    with pytest.raises(Unprocessable, match="too long"):
        await _compose(home, alice, Draft(**{**base, field: "x" * (most + 1)}))
    assert len(await home.rows(Post)) == before


@pytest.mark.parametrize(
    "draft",
    [Draft(), Draft(text="  "), Draft(prompt=" "), Draft(text="x", visibility="secret")],
)
async def test_what_cannot_be_posted_is_refused_and_changes_nothing(home: House, alice: Actor, draft: Draft) -> None:
    before = home.dump()
    with pytest.raises(RequestError):
        await _compose(home, alice, draft)
    assert home.dump() == before


async def test_nobody_answers_what_they_cannot_see(home: House, alice: Actor) -> None:
    ben = await home.make_actor("ben")
    secret = await published(home, alice, visibility=Visibility.DIRECT)
    with pytest.raises(Missing):
        await _compose(home, ben, Draft(text="I saw that", in_reply_to_id=secret.id))
