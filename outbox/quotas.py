"""What one person may use: pictures, posts and uploads in a day, what waits, and room; by role, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Account
from fediverse_ai.core.config import Quota
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import TooMany
from fediverse_ai.core.roles import Role
from fediverse_ai.core.texts import _, marked
from outbox.belongings import Upload
from outbox.models import Attachment, Post, PostState
from outbox.turns import DAY_MS, Turn, Usage

# What was never to leave, or came to nothing, is no post of a day.
_NOT_COUNTED = (PostState.DRAFT, PostState.FAILED)
KINDS = {
    "pictures": marked("Pictures made here today"),
    "posts": marked("Posts today"),
    "uploads": marked("Pictures brought along today"),
    "queued": marked("Posts whose pictures wait to be made"),
    "storage_bytes": marked("Room for pictures"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """One bound of one person: `most` 0 is none; `used` and `most` in pieces, or bytes for storage_bytes."""

    kind: str
    used: int
    most: int

    @property
    def left(self) -> int | None:
        """What is left; None without a bound."""
        return max(0, self.most - self.used) if self.most else None

    def holds(self, more: int) -> bool:
        """Whether so many more fit."""
        return not self.most or self.used + more <= self.most


async def quota_of(session: AsyncSession, actor_id: int, *, lock: bool = False) -> Quota:
    """The bounds of somebody's role; with `lock` others of the same person wait, so that two do not pass as one."""
    query = select(Account).where(Account.actor_id == actor_id)
    account = (await session.exec(query.with_for_update() if lock else query)).first()
    return context_of(session).config.quotas.of(account.role if account is not None else Role.MEMBER)


async def shares(session: AsyncSession, actor_id: int) -> list[Share]:
    """Everything that is bounded, with what is used, in the order of KINDS."""
    quota = await quota_of(session, actor_id)
    return [Share(kind, await _used(session, actor_id, kind), getattr(quota, kind)) for kind in KINDS]


async def require(session: AsyncSession, actor_id: int, kind: str, more: int = 1) -> None:
    """Raises TooMany with what is used, what may be, and when to come back, unless so many more fit."""
    most: int = getattr(await quota_of(session, actor_id, lock=True), kind)
    if not most:
        return
    share = Share(kind, await _used(session, actor_id, kind), most)
    if not share.holds(more):
        now = context_of(session).clock.now_ms()
        tomorrow = int((now // DAY_MS + 1) * DAY_MS - now) // 1000 + 1
        wait = tomorrow if kind in ("pictures", "posts", "uploads") else 600
        raise TooMany(sentence(share), f"quota {kind}: {share.used} of {share.most}", retry_after=wait)


async def require_post(session: AsyncSession, actor_id: int, *, pictures: bool) -> None:
    """One more post today, and room for its pictures where it has some. Raises TooMany."""
    await require(session, actor_id, "posts")
    if pictures:
        await require(session, actor_id, "storage_bytes")


def sentence(share: Share) -> str:
    """Why not, with the figures."""
    facts = {"used": share.used, "most": share.most, "left": share.left or 0}
    if share.kind == "pictures":
        return _("Today %(left)d more can be made for you; %(used)d of %(most)d are used.") % facts
    if share.kind == "posts":
        return _("You have posted %(used)d times today, and %(most)d a day are allowed here.") % facts
    if share.kind == "uploads":
        return _("You have brought %(used)d pictures today, and %(most)d a day are allowed here.") % facts
    if share.kind == "queued":
        return _("%(used)d of your posts wait for their pictures, and %(most)d may at a time. Wait for one.") % facts
    sizes = {"used": share.used // 2**20, "most": share.most // 2**20}
    return _("Your pictures take %(used)d MB of the %(most)d MB that you may use. Delete some first.") % sizes


async def _used(session: AsyncSession, actor_id: int, kind: str) -> int:
    return int(await _COUNTS[kind](session, actor_id))


def _today(session: AsyncSession) -> int:
    return context_of(session).clock.now_ms() // DAY_MS * DAY_MS


async def _pictures(session: AsyncSession, actor_id: int) -> int:
    query = select(func.sum(Usage.pictures)).where(Usage.actor_id == actor_id, Usage.day == _today(session) // DAY_MS)
    return (await session.exec(query)).one() or 0


async def _posts(session: AsyncSession, actor_id: int) -> int:
    query = select(func.count()).where(
        Post.author_id == actor_id, Post.created_ms >= _today(session), col(Post.state).not_in(_NOT_COUNTED)
    )
    return (await session.exec(query)).one()


async def _uploads(session: AsyncSession, actor_id: int) -> int:
    # What was given back after a post was deleted was not brought anew.
    query = select(func.count()).where(
        Upload.actor_id == actor_id, Upload.created_ms >= _today(session), col(Upload.former_id).is_(None)
    )
    return (await session.exec(query)).one()


async def _queued(session: AsyncSession, actor_id: int) -> int:
    query = select(func.count()).select_from(Turn).join(Post, col(Post.id) == col(Turn.post_id))
    return (await session.exec(query.where(Turn.author_id == actor_id, Post.state == PostState.WAITING))).one()


async def _storage(session: AsyncSession, actor_id: int) -> int:
    posted = select(func.sum(Attachment.size)).join(Post, col(Post.id) == col(Attachment.post_id))
    # Of deleted posts only the rows stay, so that their files' addresses answer 410.
    posted = posted.where(Post.author_id == actor_id, Post.state != PostState.DELETED)
    posted = posted.where(col(Attachment.file).is_not(None))
    brought = select(func.sum(Upload.size)).where(Upload.actor_id == actor_id, col(Upload.file_name).is_not(None))
    return ((await session.exec(posted)).one() or 0) + ((await session.exec(brought)).one() or 0)


_COUNTS = {
    "pictures": _pictures,
    "posts": _posts,
    "uploads": _uploads,
    "queued": _queued,
    "storage_bytes": _storage,
}


async def of_many(session: AsyncSession, actor_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """(pictures made today, bytes of room) of several people, for lists."""
    day = _today(session) // DAY_MS
    made = select(Usage.actor_id, func.sum(Usage.pictures)).where(col(Usage.actor_id).in_(actor_ids), Usage.day == day)
    posted = select(Post.author_id, func.sum(Attachment.size)).join(Attachment, col(Attachment.post_id) == col(Post.id))
    posted = posted.where(col(Post.author_id).in_(actor_ids), col(Attachment.file).is_not(None))
    posted = posted.where(Post.state != PostState.DELETED)
    brought = select(Upload.actor_id, func.sum(Upload.size)).where(col(Upload.actor_id).in_(actor_ids))
    pictures = dict(list(await session.exec(made.group_by(col(Usage.actor_id)))))
    room = dict(list(await session.exec(posted.group_by(col(Post.author_id)))))
    more = dict(list(await session.exec(brought.group_by(col(Upload.actor_id)))))
    return {one: (int(pictures.get(one) or 0), int(room.get(one) or 0) + int(more.get(one) or 0)) for one in actor_ids}
