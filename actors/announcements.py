"""Announcements: what people in charge tell everybody here; written, published for a time, taken down, dismissed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit
from actors.admission import Announcement, AnnouncementReaction, AnnouncementSeen
from actors.audit import Subject
from actors.models import Account
from fediverse_ai.activitypub import emoji as emojis
from fediverse_ai.core import html, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Conflict, Missing, TooMany, Unprocessable
from fediverse_ai.core.lately import Lately
from fediverse_ai.core.texts import _


@dataclass(frozen=True, slots=True)
class Told:
    """An announcement as one person reads it: whether they put it away, and the emoji under it."""

    row: Announcement
    seen: bool
    reactions: tuple[tuple[str, int, bool], ...] = ()
    """(emoji, how many, whether theirs is among them), the oldest first."""


@dataclass
class Current:
    """What is shown now, and who has put which of it away."""

    rows: tuple[Announcement, ...] = ()
    seen: frozenset[tuple[int, int]] = field(default_factory=frozenset)


async def write(
    session: AsyncSession,
    by: Account | None,
    text: str,
    *,
    starts_ms: int | None = None,
    ends_ms: int | None = None,
    publish: bool = False,
) -> Announcement:
    """A new announcement; nobody sees it before it is published. Raises Unprocessable."""
    context = context_of(session)
    written = _checked(text, starts_ms, ends_ms)
    now = context.clock.now_ms()
    row = Announcement(
        id=context.ids.new(),
        text=written,
        content=html.paragraphs(written),
        starts_ms=starts_ms,
        ends_ms=ends_ms,
        created_ms=now,
        updated_ms=now,
        by_id=by.id if by is not None else None,
    )
    session.add(row)
    await session.flush()
    await audit.note(session, by, "announcement.write", _subject(row), after={"text": written})
    if publish:
        await show(session, row, by)
    return row


def _checked(text: str, starts_ms: int | None, ends_ms: int | None) -> str:
    written = text.strip()
    if not 0 < len(written) <= limits.ANNOUNCEMENT_CHARS:
        raise Unprocessable(_("Write between 1 and %(most)d characters.") % {"most": limits.ANNOUNCEMENT_CHARS})
    if starts_ms is not None and ends_ms is not None and ends_ms <= starts_ms:
        raise Unprocessable(_("It would end before it begins."))
    return written


async def show(session: AsyncSession, row: Announcement, by: Account | None) -> None:
    """Publish it; it is seen from its time on. Raises Conflict when it is out, or was taken down."""
    if row.published_ms is not None or row.withdrawn_ms is not None:
        raise Conflict(_("It was published already."))
    row.published_ms = context_of(session).clock.now_ms()
    await _changed(session, row)
    await audit.note(session, by, "announcement.publish", _subject(row))


async def withdraw(session: AsyncSession, row: Announcement, by: Account | None) -> None:
    """Take it down for good; the row stays as its record. Raises Conflict when it is down already."""
    if row.withdrawn_ms is not None:
        raise Conflict(_("It was taken down already."))
    row.withdrawn_ms = context_of(session).clock.now_ms()
    await _changed(session, row)
    await audit.note(session, by, "announcement.withdraw", _subject(row))


async def _changed(session: AsyncSession, row: Announcement) -> None:
    row.updated_ms = context_of(session).clock.now_ms()
    session.add(row)
    await session.flush()
    context_of(session).part(Announcements).changes(session)


def _subject(row: Announcement) -> Subject:
    return Subject("announcement", row.id, " ".join(row.text.split())[:60])


def state(row: Announcement, now_ms: int) -> str:
    """draft, waiting, shown, over or withdrawn."""
    if row.withdrawn_ms is not None:
        return "withdrawn"
    if row.published_ms is None:
        return "draft"
    if row.ends_ms is not None and now_ms >= row.ends_ms:
        return "over"
    return "waiting" if row.starts_ms is not None and now_ms < row.starts_ms else "shown"


async def by_id(session: AsyncSession, number: int, *, public: bool = False) -> Announcement:
    """Raises Missing; with `public` also for one that is not shown now."""
    row = await session.get(Announcement, number)
    if row is None or (public and state(row, context_of(session).clock.now_ms()) != "shown"):
        raise Missing(_("There is no such announcement."))
    return row


async def listed(session: AsyncSession) -> list[Announcement]:
    """All of them, the newest first, for those who write them."""
    return list(
        await session.exec(select(Announcement).order_by(col(Announcement.id).desc()).limit(limits.ANNOUNCEMENTS))
    )


async def shown(session: AsyncSession) -> list[Announcement]:
    """What is published and in its time, the newest first."""
    now = context_of(session).clock.now_ms()
    query = select(Announcement).where(col(Announcement.published_ms).is_not(None))
    query = query.where(col(Announcement.withdrawn_ms).is_(None))
    query = query.where(col(Announcement.starts_ms).is_(None) | (col(Announcement.starts_ms) <= now))
    query = query.where(col(Announcement.ends_ms).is_(None) | (col(Announcement.ends_ms) > now))
    return list(await session.exec(query.order_by(col(Announcement.published_ms).desc()).limit(limits.ANNOUNCEMENTS)))


async def told(session: AsyncSession, account_id: int, *, dismissed: bool = False) -> list[Told]:
    """What one person is told now; with `dismissed` also what they put away."""
    rows = await shown(session)
    ids = [row.id for row in rows]
    query = select(AnnouncementSeen.announcement_id).where(AnnouncementSeen.account_id == account_id)
    seen = set(await session.exec(query.where(col(AnnouncementSeen.announcement_id).in_(ids))))
    reactions = await _reactions(session, ids, account_id)
    return [
        Told(row, row.id in seen, tuple(reactions.get(row.id, ()))) for row in rows if dismissed or row.id not in seen
    ]


async def _reactions(
    session: AsyncSession, ids: Sequence[int], account_id: int
) -> dict[int, list[tuple[str, int, bool]]]:
    query = select(AnnouncementReaction).where(col(AnnouncementReaction.announcement_id).in_(ids))
    counts: dict[int, dict[str, list[int]]] = {}
    for row in await session.exec(query.order_by(col(AnnouncementReaction.created_ms))):
        counts.setdefault(row.announcement_id, {}).setdefault(row.emoji, []).append(row.account_id)
    return {
        number: [(emoji, len(people), account_id in people) for emoji, people in under.items()]
        for number, under in counts.items()
    }


async def dismiss(session: AsyncSession, announcement_id: int, account_id: int) -> None:
    """Somebody has read it; twice is once. Raises Missing."""
    await by_id(session, announcement_id, public=True)
    key = (announcement_id, account_id)
    if await session.get(AnnouncementSeen, key) is None:
        now = context_of(session).clock.now_ms()
        session.add(AnnouncementSeen(announcement_id=announcement_id, account_id=account_id, created_ms=now))
        await session.flush()
    context_of(session).part(Announcements).changes(session)


async def react(session: AsyncSession, announcement_id: int, account_id: int, emoji: str) -> None:
    """An emoji under it; twice is once. Raises Missing, Unprocessable for what is no emoji, TooMany."""
    await by_id(session, announcement_id, public=True)
    if emojis.SHORTCODE.fullmatch(emoji) or emojis.emoji_of({"content": emoji}) != emoji:
        raise Unprocessable(_("This is no emoji."))
    key = (announcement_id, account_id, emoji)
    if await session.get(AnnouncementReaction, key) is not None:
        return
    query = select(AnnouncementReaction.emoji).where(AnnouncementReaction.announcement_id == announcement_id).distinct()
    known = set(await session.exec(query))
    if emoji not in known and len(known) >= limits.ANNOUNCEMENT_EMOJIS:
        raise TooMany(_("There are as many different emoji under it as there may be."))
    now = context_of(session).clock.now_ms()
    session.add(
        AnnouncementReaction(announcement_id=announcement_id, account_id=account_id, emoji=emoji, created_ms=now)
    )
    await session.flush()


async def unreact(session: AsyncSession, announcement_id: int, account_id: int, emoji: str) -> None:
    """Take it back; nothing happens when it is not there. Raises Missing."""
    await by_id(session, announcement_id, public=True)
    mine = delete(AnnouncementReaction).where(
        col(AnnouncementReaction.announcement_id) == announcement_id,
        col(AnnouncementReaction.account_id) == account_id,
        col(AnnouncementReaction.emoji) == emoji,
    )
    await session.exec(mine)


class Announcements(Lately[Current]):
    """What is shown now and who put it away, as of ANNOUNCEMENT_SECONDS ago at most: every page of a member says it."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, limits.ANNOUNCEMENT_SECONDS, _current, Current())

    def above(self, account_id: int) -> list[Announcement]:
        """What stands above the pages of one person, as of the last look."""
        known = self.known
        return [row for row in known.rows if (row.id, account_id) not in known.seen][: limits.ANNOUNCEMENTS_SHOWN]


async def _current(session: AsyncSession) -> Current:
    rows = await shown(session)
    query = select(AnnouncementSeen.announcement_id, AnnouncementSeen.account_id)
    query = query.where(col(AnnouncementSeen.announcement_id).in_([row.id for row in rows]))
    return Current(tuple(rows), frozenset(await session.exec(query)) if rows else frozenset())
