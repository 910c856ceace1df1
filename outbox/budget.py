"""How many AI pictures one person puts into public timelines in a day: small by design; the owner sets how small."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Account, Actor
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import TooMany
from fediverse_ai.core.roles import Role
from fediverse_ai.core.texts import _
from outbox.models import Attachment, Post, PostState, Visibility
from outbox.turns import DAY_MS

# What is being made, or was made and came to nothing, has been in no timeline.
_NOT_COUNTED = (PostState.DRAFT, PostState.PICK, PostState.REFUSED, PostState.FAILED)


@dataclass(frozen=True, slots=True)
class Budget:
    """Public posts with pictures of one person on one day (UTC): how many there may be and how many there were."""

    most: int
    used: int

    @property
    def left(self) -> int:
        return max(0, self.most - self.used)


async def of_today(session: AsyncSession, author: Actor) -> Budget | None:
    """Today's budget of a person's role; None where the owner set no bound."""
    context = context_of(session)
    account = (await session.exec(select(Account).where(Account.actor_id == author.id))).first()
    most = context.config.posting.public_daily.get(account.role if account is not None else Role.MEMBER)
    if most is None:
        return None
    today = context.clock.now_ms() // DAY_MS * DAY_MS
    pictures = select(Attachment.id).where(Attachment.post_id == Post.id).exists()
    query = select(func.count()).where(
        Post.author_id == author.id,
        Post.visibility == Visibility.PUBLIC,
        col(Post.in_reply_to_uri).is_(None),
        Post.created_ms >= today,
        col(Post.state).not_in(_NOT_COUNTED),
        col(Post.request).is_not(None) | pictures,
    )
    return Budget(most, (await session.exec(query)).one())


async def check(session: AsyncSession, author: Actor, visibility: str | None, *, pictures: bool, reply: bool) -> None:
    """Raises TooMany for a public post with pictures beyond today's budget; answers and posts of words are free."""
    if visibility != Visibility.PUBLIC or not pictures or reply:
        return
    budget = await of_today(session, author)
    if budget is not None and budget.left == 0:
        now = context_of(session).clock.now_ms()
        sentence = _(
            "You have posted %(used)d pictures to everybody today, and %(most)d a day are allowed here. "
            "Post it quietly, or tomorrow."
        ) % {"used": budget.used, "most": budget.most}
        raise TooMany(sentence, "public budget", retry_after=int((now // DAY_MS + 1) * DAY_MS - now) // 1000 + 1)
