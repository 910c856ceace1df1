"""Turn and Usage: who waits for a generator in which order, how long it may take, and what a day has cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field, col, delete, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Account
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import RequestError, TooMany
from fediverse_ai.core.log import get
from fediverse_ai.core.roles import Role
from fediverse_ai.core.rows import Row
from fediverse_ai.core.texts import _
from generation import copies
from generation.pipeline import Pipeline
from generation.types import GeneratedImage
from outbox.models import Post, PostState

DAY_MS = 86_400_000

log = get(__name__)


class Turn(Row, table=True):
    """The place of one post before one generator; it counts as long as the post waits."""

    __tablename__ = "turn"
    __table_args__ = (Index("ix_turn_generator", "generator", "number"),)

    post_id: int = Field(primary_key=True, foreign_key="post.id", sa_type=BigInteger, ondelete="CASCADE")
    author_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    generator: str
    lane: str
    """Orders of one lane are made one after another; a generator has as many lanes as it makes pictures at once."""
    number: int = Field(sa_type=BigInteger)
    """Lower comes first."""
    pictures: int = 1
    created_ms: int = Field(sa_type=BigInteger)
    began_ms: int | None = Field(default=None, sa_type=BigInteger)
    preview: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The newest half-made picture, rebuilt by ourselves, for its author alone."""
    previewed_ms: int = Field(default=0, sa_type=BigInteger)


class Usage(Row, table=True):
    """What one person had made by one generator on one day (UTC)."""

    __tablename__ = "usage"

    actor_id: int = Field(primary_key=True, foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    day: int = Field(primary_key=True)
    """Days since 1970."""
    generator: str = Field(primary_key=True)
    pictures: int = 0
    """Ordered; given back when nothing came of the order."""
    made: int = 0
    seconds: float = 0.0
    watt_hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can be said of a waiting post: pictures that come before its own, and seconds until it is made."""

    ahead: int | None = None
    seconds_left: int | None = None
    has_preview: bool = False


@dataclass(frozen=True, slots=True)
class Experience:
    """What a generator's pictures took lately, one by one."""

    seconds: float | None = None
    watt_hours: float | None = None
    made: int = 0


def number_of(first_waiting: int | None, end_of_own: int | None) -> int:
    """Where a new order stands: after the author's own, yet beside the first of everybody else who waits.

    This is start-time fair queueing: whoever waits is served in turn, a picture each, however many one person ordered,
    and who comes later does not overtake those who have waited for the same turn.
    """
    return max(first_waiting or 1, end_of_own or 1)


async def next_number(session: AsyncSession, author_id: int, generator: str) -> int:
    """`number_of` for a new order of this author before this generator."""
    waiting = _waiting(generator).subquery()
    first = (await session.exec(select(func.min(waiting.c.number)))).one()
    own = select(func.max(waiting.c.number + waiting.c.pictures)).where(waiting.c.author_id == author_id)
    last = (await session.exec(own)).one()
    return number_of(first, last)


def _waiting(generator: str) -> Any:
    """Turns before a generator whose posts wait."""
    query = select(Turn).join(Post, col(Post.id) == col(Turn.post_id))
    return query.where(Turn.generator == generator, Post.state == PostState.WAITING)


async def take(session: AsyncSession, author_id: int, generator: str, pictures: int, *, bounded: bool = True) -> None:
    """Count pictures against today's bounds of the author's role. Raises TooMany when they would be passed, unless not
    `bounded`: at the command line the owner decides."""
    context = context_of(session)
    now = context.clock.now_ms()
    day = now // DAY_MS
    account = (await session.exec(select(Account).where(Account.actor_id == author_id).with_for_update())).first()
    role = account.role if account is not None else Role.MEMBER
    rows = list(await session.exec(select(Usage).where(Usage.actor_id == author_id, Usage.day == day)))
    here = next((row for row in rows if row.generator == generator), None)
    bounds = (
        (context.config.quotas.of(role).pictures or None, sum(row.pictures for row in rows), "pictures"),
        (context.part(Pipeline).engine(generator).daily.get(role), here.pictures if here else 0, f"by {generator}"),
    )
    for bound, used, what in bounds:
        if bounded and bound is not None and used + pictures > bound:
            left = max(0, bound - used)
            facts = {"left": left, "used": used, "most": bound, "by": generator}
            sentence = (
                _("Today %(left)d more can be made for you; %(used)d of %(most)d are used.") % facts
                if what == "pictures"
                else _("Today %(left)d more can be made for you by %(by)s; %(used)d of %(most)d are used.") % facts
            )
            wait = int((day + 1) * DAY_MS - now) // 1000 + 1
            raise TooMany(sentence, f"{used} of {bound} {what}", retry_after=wait)
    here = here or Usage(actor_id=author_id, day=day, generator=generator)
    here.pictures += pictures
    session.add(here)


async def give_back(session: AsyncSession, post_id: int) -> None:
    """What nothing came of does not count."""
    turn = await session.get(Turn, post_id)
    if turn is None:
        return
    usage = await session.get(Usage, (turn.author_id, turn.created_ms // DAY_MS, turn.generator))
    if usage is not None:
        usage.pictures = max(0, usage.pictures - turn.pictures)
        session.add(usage)
    await session.delete(turn)


async def begin(context: Context, post_id: int) -> None:
    """The generator begins with it now."""
    async with context.database.write() as session:
        began = update(Turn).where(col(Turn.post_id) == post_id)
        await session.exec(began.values(began_ms=context.clock.now_ms(), preview=None))


async def spent(context: Context, post: Post, pictures: list[GeneratedImage]) -> None:
    """Add what these pictures took to their author's day."""
    async with context.database.write() as session:
        turn = await session.get(Turn, post.id)
        if turn is None:
            return
        key = (turn.author_id, turn.created_ms // DAY_MS, turn.generator)
        usage = await session.get(Usage, key, with_for_update=True)
        if usage is not None:
            usage.made += len(pictures)
            usage.seconds += sum(picture.seconds for picture in pictures)
            usage.watt_hours += sum(picture.watt_hours or 0.0 for picture in pictures)
            session.add(usage)


async def keep_preview(context: Context, post_id: int, data: bytes) -> None:
    """Rebuild a half-made picture and keep it for its author; one that cannot be read is left out, as is haste."""
    now = context.clock.now_ms()
    async with context.database.read() as session:
        turn = await session.get(Turn, post_id)
    if turn is None or now - turn.previewed_ms < limits.PREVIEW_SECONDS * 1000:
        return
    try:
        side = limits.PREVIEW_SIDE_PIXELS
        made = await copies.copy(context.part(Pipeline).sandbox, data, side=side, small=side)
    except RequestError as error:
        log.info("preview_left_out", post=post_id, detail=error.detail)
        return
    async with context.database.write() as session:
        changed = update(Turn).where(col(Turn.post_id) == post_id)
        await session.exec(changed.values(preview=made.thumbnail, previewed_ms=now))


async def preview(session: AsyncSession, post_id: int) -> bytes | None:
    """The newest half-made picture of a post that still waits."""
    query = select(Turn.preview).join(Post, col(Post.id) == col(Turn.post_id))
    return (await session.exec(query.where(Turn.post_id == post_id, Post.state == PostState.WAITING))).first()


async def outlook(session: AsyncSession, post: Post) -> Outlook:
    """Place and time of a waiting post; what is not known is None."""
    turn = await session.get(Turn, post.id)
    if turn is None or post.state != PostState.WAITING:
        return Outlook()
    context = context_of(session)
    each = (await experience(session, turn.generator)).seconds
    now = context.clock.now_ms()
    if turn.began_ms is not None:
        return Outlook(0, _running(post, turn, each, now), turn.preview is not None)
    waiting = _waiting(turn.generator).subquery()
    earlier = or_(
        waiting.c.number < turn.number,
        (waiting.c.number == turn.number) & (waiting.c.post_id < turn.post_id),
        waiting.c.began_ms.is_not(None),
    )
    query = select(func.sum(waiting.c.pictures)).where(earlier, waiting.c.post_id != turn.post_id)
    ahead = int((await session.exec(query)).one() or 0)
    at_once = context.part(Pipeline).engine(turn.generator).at_once
    seconds = None if each is None else int((ahead / at_once + turn.pictures) * each)
    return Outlook(ahead, seconds, False)


def _running(post: Post, turn: Turn, each: float | None, now: int) -> int | None:
    elapsed = (now - (turn.began_ms or now)) / 1000
    fraction = (post.progress or {}).get("fraction")
    if isinstance(fraction, int | float) and limits.FRACTION_TOLD <= fraction <= 1:
        return int(elapsed * (1 - fraction) / fraction)
    return None if each is None else max(0, int(each * turn.pictures - elapsed))


async def experience(session: AsyncSession, generator: str) -> Experience:
    """Seconds and energy of one picture, as an average over the last days."""
    since = context_of(session).clock.now_ms() // DAY_MS - limits.EXPERIENCE_DAYS
    sums = (func.sum(Usage.made), func.sum(Usage.seconds), func.sum(Usage.watt_hours))
    query = select(*sums).where(Usage.generator == generator, Usage.day > since)
    made, seconds, energy = (await session.exec(query)).one()
    if not made:
        return Experience()
    return Experience(float(seconds) / made, float(energy) / made if energy else None, int(made))


async def tidy(context: Context) -> None:
    """Forget turns of posts that wait no more, and the usage of long ago."""
    last = context.clock.now_ms() // DAY_MS - limits.USAGE_DAYS
    async with context.database.write() as session:
        waits = select(Post.id).where(Post.state == PostState.WAITING)
        await session.exec(delete(Turn).where(col(Turn.post_id).not_in(waits)))
        await session.exec(delete(Usage).where(col(Usage.day) < last))
