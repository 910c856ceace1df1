"""Of what our people want to be told, and whose direct posts they take: their own settings, asked for each cause."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Account, Actor
from fediverse_ai.core.context import context_of
from outbox.models import Post, Visibility
from outbox.shelves import LetIn

NEW_ACCOUNT_MS = 30 * 86_400_000
# What somebody else did, and may be kept quiet about; how own posts ended and what moderators need is told always.
KINDS = frozenset({"follow", "mention", "like", "boost", "quote", "remix", "post", "moved"})
GROUPS = frozenset({"not_followed", "not_followers", "new"})
# Direct posts of people whom one does not follow, and people whom moderators limited: those two may be put aside only;
# whose direct posts do not arrive at all is `direct_from`, and the limited are dropped unless they are put aside.
ASIDE = GROUPS | {"private", "limited"}


class Word(Enum):
    """What becomes of one cause: told now, put aside until its source is let in (outbox/aside.py), or dropped."""

    TELL = "tell"
    ASIDE = "aside"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Told:
    """`off`: kinds that are not told; `not_from`: groups of people of whom nothing is told; `aside`: groups whose
    notifications wait until they are let in."""

    off: frozenset[str] = frozenset()
    not_from: frozenset[str] = frozenset()
    aside: frozenset[str] = frozenset()

    @classmethod
    def of(cls, account: Account | None) -> Told:
        kept = account.told if account is not None else {}
        not_from = GROUPS & set(kept.get("not_from", ()))
        return cls(KINDS & set(kept.get("off", ())), not_from, (ASIDE & set(kept.get("aside", ()))) - not_from)

    def kept(self) -> dict[str, Any]:
        """As it lies in an account's row."""
        return {"off": sorted(self.off), "not_from": sorted(self.not_from), "aside": sorted(self.aside)}

    def word_for(self, group: str) -> Word:
        """What becomes of what a group of people does."""
        return Word.DROP if group in self.not_from else Word.ASIDE if group in self.aside else Word.TELL


async def word(session: AsyncSession, actor: Actor, kind: str, from_id: int | None, post_id: int | None) -> Word:
    """What becomes of this, as our actor chose. Whom they let in once is told like somebody whom they follow."""
    limited = kind != "follow_request" and from_id is not None and await _is_limited(session, actor, from_id)
    if kind not in KINDS:
        return Word.DROP if limited else Word.TELL
    account = await _account_of(session, actor.id)
    chosen = Told.of(account)
    if kind in chosen.off:
        return Word.DROP
    if from_id is None:
        return Word.TELL
    post = await session.get(Post, post_id) if kind == "mention" and post_id is not None else None
    direct = post if post is not None and post.visibility == Visibility.DIRECT else None
    if direct is not None and not await takes_direct(session, actor, from_id):
        return Word.DROP
    groups = await _groups_of(session, actor, from_id, chosen.not_from | chosen.aside)
    if direct is not None and "private" in chosen.aside and await _is_unasked(session, actor, from_id, direct):
        groups |= {"private"}
    if limited:
        groups |= {"limited"}
    if not groups or await _is_let_in(session, actor.id, from_id):
        return Word.TELL
    if groups & chosen.not_from or (limited and "limited" not in chosen.aside):
        return Word.DROP
    return Word.ASIDE


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


async def _is_let_in(session: AsyncSession, actor_id: int, from_id: int) -> bool:
    query = select(LetIn.id).where(LetIn.actor_id == actor_id, LetIn.from_id == from_id)
    return (await session.exec(query)).first() is not None


async def _is_limited(session: AsyncSession, actor: Actor, from_id: int) -> bool:
    """Somebody whom moderators limited, or their server, and whom the actor does not follow."""
    source = await queries.by_id(session, from_id)
    if source is None or source.severity is None:
        return False
    return not await queries.is_follower(session, actor.id, from_id)


async def _is_unasked(session: AsyncSession, actor: Actor, from_id: int, post: Post) -> bool:
    """A direct post of somebody whom the actor does not follow, which answers nothing of the actor's; people in charge
    here are heard at once."""
    if await queries.is_follower(session, actor.id, from_id):
        return False
    parent = await session.get(Post, post.in_reply_to_id) if post.in_reply_to_id is not None else None
    if parent is not None and parent.author_id == actor.id:
        return False
    return from_id not in {one.id for one in await queries.staff(session)}


async def _groups_of(session: AsyncSession, actor: Actor, from_id: int, groups: frozenset[str]) -> set[str]:
    """To which of these groups the source belongs. Whom one follows is not new, however new they are."""
    if not groups:
        return set()
    found = set()
    follows = await queries.is_follower(session, actor.id, from_id)
    if "not_followed" in groups and not follows:
        found.add("not_followed")
    if "not_followers" in groups and not await queries.is_follower(session, from_id, actor.id):
        found.add("not_followers")
    if "new" in groups and not follows:
        source = await queries.by_id(session, from_id)
        young = context_of(session).clock.now_ms() - NEW_ACCOUNT_MS
        if source is not None and source.published_ms > young:
            found.add("new")
    return found
