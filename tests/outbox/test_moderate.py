"""A held post: a moderator's approval is a verdict like any other."""

from __future__ import annotations

import pytest
from sqlmodel import select

from actors.models import Account, Actor
from fediverse_ai.core.errors import Conflict, Forbidden
from outbox import moderate
from outbox.models import Judgement, Notification, Post, PostState
from tests.support.house import House
from tests.support.rooms import picture_of, published, waiting_post


async def _held(home: House, author: Actor) -> Post:
    post = await waiting_post(home, author)
    await picture_of(home, post)
    async with home.context.database.write() as session:
        post.state, post.rule, post.reason = PostState.HELD, "violence", "A person has to look."
        session.add(post)
    return post


async def _account(home: House, actor: Actor) -> Account:
    async with home.context.database.read() as session:
        return (await session.exec(select(Account).where(Account.actor_id == actor.id))).one()


async def test_approving_publishes_and_leaves_a_verdict_with_its_author(home: House, alice: Actor) -> None:
    judge = await _account(home, await home.make_actor("judge", role="moderator"))
    post = await _held(home, alice)
    async with home.context.database.write() as session:
        await moderate.approve(session, post, judge, "fine")
    [row] = await home.rows(Post, id=post.id)
    assert (row.state, row.rule) == (PostState.PUBLISHED, None)
    [verdict] = await home.rows(Judgement, post_id=post.id)
    assert (verdict.decision, verdict.decided_by_id, verdict.rule) == ("allow", judge.id, "violence")


async def test_refusing_tells_the_author_why(home: House, alice: Actor) -> None:
    judge = await _account(home, await home.make_actor("judge", role="moderator"))
    post = await _held(home, alice)
    async with home.context.database.write() as session:
        await moderate.refuse(session, post, judge, "Too bloody for this server.")
    [row] = await home.rows(Post, id=post.id)
    assert (row.state, row.reason) == (PostState.REFUSED, "Too bloody for this server.")
    assert [told.kind for told in await home.rows(Notification, actor_id=alice.id)] == ["refused"]


async def test_members_do_not_decide(home: House, alice: Actor) -> None:
    post = await _held(home, alice)
    with pytest.raises(Forbidden):
        async with home.context.database.write() as session:
            await moderate.approve(session, post, await _account_in(session, alice))


async def _account_in(session: object, actor: Actor) -> Account:
    query = select(Account).where(Account.actor_id == actor.id)
    return (await session.exec(query)).one()  # type: ignore[attr-defined]


async def test_what_is_out_is_not_decided_again(home: House, alice: Actor) -> None:
    judge = await _account(home, await home.make_actor("judge", role="owner"))
    post = await published(home, alice)
    with pytest.raises(Conflict):
        async with home.context.database.write() as session:
            await moderate.approve(session, post, judge)
