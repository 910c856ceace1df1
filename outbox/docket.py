"""Deciding together: whose turn it is, who asks for an admin, and the rule of two people."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit, queries
from actors.models import Account
from fediverse_ai.core import limits, roles
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Conflict, Forbidden, Missing
from fediverse_ai.core.roles import Right
from outbox import moderate
from outbox.models import Post, Report, Revision
from outbox.records import Docket, LegalNotice, ModeratorNote

ADMINS = roles.holding(Right.RUN)


async def of(session: AsyncSession, subject_id: int) -> Docket:
    """What was arranged about something; empty when nothing was."""
    return await session.get(Docket, subject_id) or Docket(subject_id=subject_id)


async def of_all(session: AsyncSession, ids: list[int]) -> dict[int, Docket]:
    """The same of several; only those about which something was arranged."""
    rows = await session.exec(select(Docket).where(col(Docket.subject_id).in_(ids)))
    return {row.subject_id: row for row in rows}


async def find(session: AsyncSession, item_id: int) -> tuple[Post, Revision | None]:
    """A post that waits by its number, or an edit with its post, to be decided about. Raises Missing."""
    revision = await session.get(Revision, item_id, with_for_update=True)
    post_id = revision.post_id if revision is not None else item_id
    post = await session.get(Post, post_id, with_for_update=True)
    if post is None:
        raise Missing("There is no such post or edit.")
    return post, revision


async def decide(session: AsyncSession, item_id: int, by: Account, reason: str, *, approve: bool) -> bool:
    """A moderator's word about a post or an edit. False when a second person has to say the same (two_people).

    Raises Forbidden for one's own while there are others, and for what was handed to the admins; Conflict.
    """
    post, revision = await find(session, item_id)
    kept = await of(session, item_id)
    others = [person for person in await queries.staff(session) if person.id != by.actor_id]
    if post.author_id == by.actor_id and others:
        raise Forbidden("Another moderator decides about a post of yours.")
    if kept.escalated_ms is not None and by.role not in ADMINS:
        raise Forbidden("This was handed to the admins.")
    if context_of(session).config.moderation.two_people and others:
        verb = "approve" if approve else "reject"
        if kept.first_by_id == by.id and kept.first_verb == verb:
            raise Conflict("You have said so; now a second person has to.")
        if kept.first_by_id in (None, by.id) or kept.first_verb != verb:
            before = {"first": kept.first_verb or None}
            kept.first_verb, kept.first_by_id = verb, by.id
            session.add(kept)
            await session.flush()
            subject = moderate.subject_of(post, revision)
            action = f"{subject.kind}.first"
            await audit.note(session, by, action, subject, reason, before=before, after={"first": verb})
            return False
    await _carry_out(session, post, revision, by, reason, approve=approve)
    kept = await of(session, item_id)
    if kept.first_verb:
        kept.first_verb, kept.first_by_id = "", None
        session.add(kept)
    return True


async def _carry_out(
    session: AsyncSession, post: Post, revision: Revision | None, by: Account, reason: str, *, approve: bool
) -> None:
    if revision is not None:
        await (moderate.approve_edit if approve else moderate.refuse_edit)(session, revision, by, reason)
    else:
        await (moderate.approve if approve else moderate.refuse)(session, post, by, reason)


async def escalate(session: AsyncSession, item_id: int, by: Account, reason: str) -> None:
    """Hand an item to the admins. Raises Conflict when it is with them already."""
    post, revision = await find(session, item_id)
    kept = await of(session, item_id)
    if kept.escalated_ms is not None:
        raise Conflict("The admins have this already.")
    kept.escalated_ms, kept.escalated_why = context_of(session).clock.now_ms(), reason[: limits.REASON_CHARS]
    session.add(kept)
    await session.flush()
    subject = moderate.subject_of(post, revision)
    await audit.note(session, by, f"{subject.kind}.escalate", subject, reason, after={"escalated": True})


async def clear(session: AsyncSession, item_id: int, by: Account, reason: str, undoes: audit.AuditEntry) -> None:
    """Take back an escalation, or the first of two words."""
    post, revision = await find(session, item_id)
    kept = await of(session, item_id)
    if undoes.action.endswith(".escalate"):
        kept.escalated_ms, kept.escalated_why = None, ""
    else:
        kept.first_verb, kept.first_by_id = "", None
    session.add(kept)
    await session.flush()
    subject = moderate.subject_of(post, revision)
    await audit.note(session, by, "undo", subject, reason, before=undoes.after, after=undoes.before, undoes=undoes)


async def assign(session: AsyncSession, case: Report | LegalNotice, to: Account | None, by: Account) -> None:
    """Say who has a report or a legal notice; None gives it back to all."""
    kept = await of(session, case.id)
    was, kept.assigned_id = kept.assigned_id, to.id if to is not None else None
    session.add(kept)
    await session.flush()
    kind = "report" if isinstance(case, Report) else "notice"
    about_id = case.target_id if isinstance(case, Report) else None
    subject = audit.Subject(kind, case.id, "", about_id)
    before, after = {"assigned": _number(was)}, {"assigned": _number(kept.assigned_id)}
    await audit.note(session, by, f"{kind}.assign", subject, before=before, after=after)


def _number(account_id: int | None) -> str | None:
    return str(account_id) if account_id is not None else None


async def write(session: AsyncSession, subject: audit.Subject, by: Account, text: str) -> ModeratorNote:
    """A note for the other moderators."""
    context = context_of(session)
    made = ModeratorNote(
        id=context.ids.new(),
        subject_id=subject.id,
        text=text.strip()[: limits.REASON_CHARS],
        by_id=by.id,
        created_ms=context.clock.now_ms(),
    )
    session.add(made)
    await session.flush()
    await audit.note(session, by, f"{subject.kind}.note", subject, after={"note": str(made.id)})
    return made


async def notes(session: AsyncSession, subject_id: int) -> list[ModeratorNote]:
    """What moderators told each other about something, oldest first."""
    query = select(ModeratorNote).where(ModeratorNote.subject_id == subject_id).order_by(col(ModeratorNote.id))
    return list(await session.exec(query))
