"""The audit log: what people in charge did, about whom or what, why, and how it was before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Index, or_
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Account
from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.database import big_id, json_column
from fediverse_ai.core.rows import Row

# Who decided at the command line without naming an account.
COMMAND_LINE = "command line"


class AuditEntry(Row, table=True):
    """One thing that was done. Rows are never changed and never go (the database refuses), so they point at nothing."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject_id", "id"), Index("ix_audit_entry_about", "about_id"))

    id: int = Field(primary_key=True, sa_type=big_id())
    by_id: int | None = Field(default=None, sa_type=BigInteger)
    """The account; None at the command line."""
    by_name: str = ""
    """As the account was called then."""
    action: str
    """What was done: `post.approve`, `account.limit`, `undo` and so on."""
    kind: str
    """What it was done to: post, edit, actor, appeal, report, notice, measure, host."""
    subject_id: int = Field(sa_type=BigInteger)
    subject: str = ""
    """How it was called then: a handle, an address."""
    about_id: int | None = Field(default=None, sa_type=BigInteger)
    """The actor whom it concerns."""
    reason: str = ""
    before: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    after: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    undoes_id: int | None = Field(default=None, unique=True, sa_type=BigInteger)
    """The entry that this one took back; each is taken back once."""
    created_ms: int = Field(sa_type=BigInteger)


@dataclass(frozen=True, slots=True)
class Subject:
    """What something was done to: its kind, its number, its name of now, and the actor whom it concerns."""

    kind: str
    id: int
    name: str = ""
    about_id: int | None = None


async def note(
    session: AsyncSession,
    by: Account | None,
    action: str,
    subject: Subject,
    reason: str = "",
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    undoes: AuditEntry | None = None,
) -> AuditEntry:
    """Write one entry, in the transaction of what it tells of. `by` None is the command line."""
    context = context_of(session)
    actor = await queries.by_id(session, by.actor_id) if by is not None else None
    entry = AuditEntry(
        id=context.ids.new(),
        by_id=by.id if by is not None else None,
        by_name=actor.username if actor is not None else COMMAND_LINE,
        action=action,
        kind=subject.kind,
        subject_id=subject.id,
        subject=subject.name,
        about_id=subject.about_id,
        reason=reason[: limits.REASON_CHARS],
        before=before or {},
        after=after or {},
        undoes_id=undoes.id if undoes is not None else None,
        created_ms=context.clock.now_ms(),
    )
    session.add(entry)
    await session.flush()
    return entry


async def lately(session: AsyncSession, by_id: int, action: str, subject: Subject, seconds: float) -> bool:
    """Does the log say so of this account already, within these seconds?"""
    since = context_of(session).clock.now_ms() - int(seconds * 1000)
    query = select(AuditEntry.id).where(AuditEntry.subject_id == subject.id, AuditEntry.by_id == by_id)
    query = query.where(AuditEntry.action == action, AuditEntry.created_ms > since)
    return (await session.exec(query.limit(1))).first() is not None


async def undoing(session: AsyncSession, entry_id: int) -> AuditEntry | None:
    """The entry that took another one back, if one did."""
    return (await session.exec(select(AuditEntry).where(AuditEntry.undoes_id == entry_id))).first()


async def of_subjects(session: AsyncSession, ids: list[int], limit: int = 50) -> list[AuditEntry]:
    """What was done to some subjects, newest first."""
    query = select(AuditEntry).where(col(AuditEntry.subject_id).in_(ids)).order_by(col(AuditEntry.id).desc())
    return list(await session.exec(query.limit(limit)))


async def about(session: AsyncSession, actor_id: int, limit: int = 50) -> list[AuditEntry]:
    """What was done about one actor or their things, newest first."""
    query = select(AuditEntry).where(AuditEntry.about_id == actor_id).order_by(col(AuditEntry.id).desc())
    return list(await session.exec(query.limit(limit)))


async def entries(
    session: AsyncSession, *, by_name: str = "", action: str = "", before_id: int | None = None, limit: int = 50
) -> list[AuditEntry]:
    """The log, newest first, of one person or of one kind of action (`post` takes all that begin with `post.`)."""
    query = select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(limit)
    if by_name:
        query = query.where(AuditEntry.by_name == by_name)
    if action:
        query = query.where(or_(col(AuditEntry.action) == action, col(AuditEntry.action).startswith(f"{action}.")))
    if before_id is not None:
        query = query.where(col(AuditEntry.id) < before_id)
    return list(await session.exec(query))
