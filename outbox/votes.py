"""Votes of our people in others' polls: the one rule of voting, what is sent, and what is told at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries, stops
from actors.models import Actor
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Missing, Unprocessable
from outbox import activities, audience, notify
from outbox.belongings import PollVote
from outbox.models import Post, PostState
from outbox.send import send
from outbox.visibility import may_see

Poll = dict[str, Any]


def is_over(poll: Poll, now_ms: int) -> bool:
    """Was it closed, or is its time up?"""
    ends = poll.get("ends_ms")
    return bool(poll.get("closed_ms")) or (ends is not None and ends <= now_ms)


async def vote(session: AsyncSession, actor: Actor, post: Post, choices: Sequence[int]) -> None:
    """Vote for these choices (numbers from 0), all at once and once: a Create with a bare Note for each, to the author.

    They are counted here at once; the numbers of the author's next Update stand instead. Raises Missing for what the
    actor may not see or is no poll, Unprocessable when it is over, was voted in already, or the choices are none of it.
    """
    author = await queries.by_id(session, post.author_id)
    if author is None or post.poll is None or post.state != PostState.PUBLISHED:
        raise Missing("There is no such poll.")
    if not await may_see(session, actor, post):
        raise Missing("There is no such poll.")
    chosen = list(dict.fromkeys(choices))
    await _check(session, actor, post, post.poll, chosen)
    await stops.require_outbox(session, actor.username)
    context = context_of(session)
    now = context.clock.now_ms()
    for choice in chosen:
        row = PollVote(id=context.ids.new(), actor_id=actor.id, post_id=post.id, choice=choice, created_ms=now)
        session.add(row)
        title = post.poll["options"][choice]["title"]
        body = activities.vote(context, actor, post, author, f"{actor.uri}#votes/{row.id}", title, now)
        await send(session, actor, body, {audience.inbox_of(author, shared=False)}, object_uri=body["object"]["id"])
    post.poll = _counted(post.poll, chosen)
    session.add(post)
    await session.flush()


async def _check(session: AsyncSession, actor: Actor, post: Post, poll: Poll, chosen: Sequence[int]) -> None:
    """The one rule of voting, for pages and apps alike."""
    if post.author_id == actor.id:
        raise Unprocessable("You cannot vote in your own poll.")
    if is_over(poll, context_of(session).clock.now_ms()):
        raise Unprocessable("The poll has already ended")
    if await of_actor(session, actor.id, [post.id]):
        raise Unprocessable("You have already voted on this poll")
    if not chosen or any(not 0 <= one < len(poll["options"]) for one in chosen):
        raise Unprocessable("Choose one of the answers.")
    if len(chosen) > 1 and not poll["multiple"]:
        raise Unprocessable("Choose one answer only.")


def _counted(poll: Poll, chosen: Sequence[int]) -> Poll:
    options = [
        {**one, "votes": int(one["votes"]) + (1 if number in chosen else 0)}
        for number, one in enumerate(poll["options"])
    ]
    voters = poll.get("voters")
    return {**poll, "options": options, "voters": voters + 1 if voters is not None else None}


async def of_actor(session: AsyncSession, actor_id: int, post_ids: Iterable[int]) -> dict[int, list[int]]:
    """post id -> the choices that this actor made, in order, for those of the posts in which they voted."""
    ids = list(post_ids)
    found: dict[int, list[int]] = {}
    if ids:
        query = select(PollVote.post_id, PollVote.choice).where(PollVote.actor_id == actor_id)
        for post_id, choice in await session.exec(
            query.where(col(PollVote.post_id).in_(ids)).order_by(col(PollVote.choice))
        ):
            found.setdefault(post_id, []).append(choice)
    return found


async def changed(session: AsyncSession, post: Post, before: Poll | None) -> None:
    """Somebody else's poll was received anew: other choices make the votes void, its end is told to those who voted."""
    poll = post.poll
    if before is None:
        return
    if poll is None or _titles(poll) != _titles(before):
        await session.exec(delete(PollVote).where(col(PollVote.post_id) == post.id))
        return
    now = context_of(session).clock.now_ms()
    if not is_over(poll, now) or before.get("closed_ms"):
        return
    voters = select(Actor).where(col(Actor.id).in_(select(PollVote.actor_id).where(PollVote.post_id == post.id)))
    for voter in await session.exec(voters):
        await notify.tell(session, voter, "poll", f"poll:{post.id}", from_id=post.author_id, post_id=post.id)


def _titles(poll: Poll) -> list[str]:
    return [one["title"] for one in poll["options"]]
