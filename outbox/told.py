"""Of what our people want to be told, and whose direct posts they take: their own settings, asked for each cause."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Account, Actor
from fediverse_ai.core.context import context_of
from outbox.models import Post, Visibility

NEW_ACCOUNT_MS = 30 * 86_400_000
# What somebody else did, and may be kept quiet about; how own posts ended and what moderators need is told always.
KINDS = frozenset({"follow", "mention", "like", "boost", "quote", "remix", "post", "moved"})
GROUPS = frozenset({"not_followed", "not_followers", "new"})


@dataclass(frozen=True, slots=True)
class Told:
    """`off`: kinds that are not told; `not_from`: groups of people of whom nothing is told."""

    off: frozenset[str] = frozenset()
    not_from: frozenset[str] = frozenset()

    @classmethod
    def of(cls, account: Account | None) -> Told:
        kept = account.told if account is not None else {}
        return cls(KINDS & set(kept.get("off", ())), GROUPS & set(kept.get("not_from", ())))


async def wants(session: AsyncSession, actor: Actor, kind: str, from_id: int | None, post_id: int | None) -> bool:
    """Does our actor want to be told of this?"""
    if kind not in KINDS:
        return True
    account = await _account_of(session, actor.id)
    chosen = Told.of(account)
    if kind in chosen.off:
        return False
    if from_id is None or account is None:
        return True
    if chosen.not_from and await _is_of(session, actor, from_id, chosen.not_from):
        return False
    if kind != "mention" or post_id is None or account.direct_from == "anyone":
        return True
    post = await session.get(Post, post_id)
    return post is None or post.visibility != Visibility.DIRECT or await takes_direct(session, actor, from_id)


async def takes_direct(session: AsyncSession, actor: Actor, author_id: int) -> bool:
    """Does our actor want direct posts of this author? Always from people in charge here: they may have to be heard."""
    account = await _account_of(session, actor.id)
    if account is None or account.direct_from == "anyone" or author_id == actor.id:
        return True
    if author_id in {one.id for one in await queries.staff(session)}:
        return True
    return account.direct_from == "followed" and await queries.is_follower(session, actor.id, author_id)


async def _account_of(session: AsyncSession, actor_id: int) -> Account | None:
    return (await session.exec(select(Account).where(Account.actor_id == actor_id))).first()


async def _is_of(session: AsyncSession, actor: Actor, from_id: int, groups: frozenset[str]) -> bool:
    """Does the source belong to one of the groups? Whom one follows is heard, however new they are."""
    follows = await queries.is_follower(session, actor.id, from_id)
    if "not_followed" in groups and not follows:
        return True
    if "not_followers" in groups and not await queries.is_follower(session, from_id, actor.id):
        return True
    source = await queries.by_id(session, from_id)
    young = context_of(session).clock.now_ms() - NEW_ACCOUNT_MS
    return "new" in groups and not follows and source is not None and source.published_ms > young
