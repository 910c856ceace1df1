"""Lists of people that one of ours reads: made, changed, filled, and the sources and circle of their timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Follow, FollowState
from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.core.texts import _
from outbox import home
from outbox.shelves import ListMember, ReadingList, Replies


async def of_reader(session: AsyncSession, actor_id: int) -> list[ReadingList]:
    """Oldest first."""
    return list(await session.exec(select(ReadingList).where(ReadingList.actor_id == actor_id).order_by("id")))


async def own(session: AsyncSession, actor_id: int, list_id: int) -> ReadingList:
    """A list of this person. Raises Missing for somebody else's, as for none."""
    row = await session.get(ReadingList, list_id)
    if row is None or row.actor_id != actor_id:
        raise Missing("There is no such list.")
    return row


def change(
    row: ReadingList, *, title: str | None = None, replies: str | None = None, exclusive: bool | None = None
) -> None:
    """What is None stays. Raises Unprocessable for no title, a long one, or a word that is no replies policy."""
    if title is not None:
        row.title = title.strip()
    if not row.title or len(row.title) > limits.NAME_CHARS:
        raise Unprocessable(
            _("Validation failed: Title must have 1 to %(most)d characters") % {"most": limits.NAME_CHARS}
        )
    if replies is not None:
        if replies not in set(Replies):
            raise Unprocessable("Validation failed: Replies policy is not included in the list")
        row.replies = replies
    if exclusive is not None:
        row.exclusive = exclusive


async def make(session: AsyncSession, actor_id: int) -> ReadingList:
    """A new list without a title; give it one and add it. Raises Unprocessable beyond the bound."""
    have = select(func.count()).select_from(ReadingList).where(ReadingList.actor_id == actor_id)
    if (await session.exec(have)).one() >= limits.LISTS:
        raise Unprocessable(_("You have %(most)d lists already.") % {"most": limits.LISTS})
    return ReadingList(id=context_of(session).ids.new(), actor_id=actor_id, title="")


async def add(session: AsyncSession, reader: Actor, row: ReadingList, wanted: Sequence[int]) -> None:
    """Put people on a list whom its owner follows, or asked to. Raises Missing for others, Unprocessable for who is
    there already and beyond the bound."""
    follows = select(Follow.followed_id).where(
        Follow.follower_id == reader.id,
        col(Follow.followed_id).in_(wanted),
        col(Follow.state).in_([FollowState.ACCEPTED, FollowState.PENDING]),
    )
    followed = {*await session.exec(follows), reader.id}
    if not followed.issuperset(wanted):
        raise Missing("You do not follow this person.")
    there = set(await session.exec(select(ListMember.member_id).where(ListMember.list_id == row.id)))
    new = [member_id for member_id in wanted if member_id not in there]
    if len(new) != len(wanted):
        raise Unprocessable("Validation failed: Account has already been taken")
    if len(there) + len(new) > limits.LIST_MEMBERS:
        raise Unprocessable(_("A list holds at most %(most)d people.") % {"most": limits.LIST_MEMBERS})
    ids = context_of(session).ids
    session.add_all(ListMember(id=ids.new(), list_id=row.id, member_id=key) for key in new)


async def take_off(session: AsyncSession, row: ReadingList, members: Sequence[int]) -> None:
    await session.exec(
        delete(ListMember).where(col(ListMember.list_id) == row.id, col(ListMember.member_id).in_(members))
    )


def sources(row: ReadingList) -> Any:
    """Whose posts its timeline shows, for outbox/home.page."""
    return select(col(ListMember.member_id).label("actor_id")).where(ListMember.list_id == row.id)


def circle(row: ReadingList, reader: Actor) -> Any:
    """Replies to whom it shows: to members; to anybody whom the owner follows; or none."""
    return {Replies.LIST: sources(row), Replies.FOLLOWED: home.followed_by(reader.id), Replies.NONE: None}[
        Replies(row.replies)
    ]
