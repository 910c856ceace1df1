"""What moderators do about a person of ours or one of their posts: done, stated with reasons, objected to, undone."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import accounts, audit, queries
from actors.models import Account, Actor, Severity
from actors.served import ServedDocuments
from fediverse_ai.core import limits, roles
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Conflict, Forbidden, Missing, Unprocessable
from fediverse_ai.core.texts import _
from outbox import correct, notify, publish
from outbox.models import Attachment, Post, PostState
from outbox.records import Measure
from outbox.restraints import in_force

ABOUT_PEOPLE = ("warn", "sensitive", "limit", "freeze", "suspend", "delete-media")
ABOUT_POSTS = ("mark-sensitive", "label", "unlist", "off-gallery", "take-down")
FINAL = frozenset({"delete-media", "take-down", "warn"})
"""What cannot be taken back: a deletion is final in the fediverse, and words were read."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """A statement of reasons: the rule or law, the facts as the person reads them, and how it came to be."""

    ground: str
    words: str
    automated: bool = False
    notice_id: int | None = None


async def about_person(session: AsyncSession, by: Account, actor: Actor, kind: str, reasons: Reasons) -> Measure:
    """Do one of ABOUT_PEOPLE. Raises Forbidden for one's superiors and oneself, Conflict for what holds already."""
    if kind not in ABOUT_PEOPLE:
        raise Unprocessable("There is no such measure.")
    account = await _account(session, actor)
    if account.id == by.id or roles.rank(account.role) >= max(roles.rank(by.role), 1):
        raise Forbidden("Nobody acts on themselves or on people of their own rank: ask an admin.")
    if kind not in FINAL and await in_force(session, actor.id, kind) is not None:
        raise Conflict("This holds already.")
    before: dict[str, Any] = {}
    after: dict[str, Any] = {kind: True}
    if kind == "limit":
        before, actor.severity = {"severity": actor.severity}, Severity.LIMIT
    elif kind == "suspend":
        before, actor.suspended_ms = {"suspended": False}, context_of(session).clock.now_ms()
        await accounts.end_everything(session, account.id)
    elif kind == "delete-media":
        after = {"posts": await _delete_pictures(session, actor)}
    session.add(actor)
    context_of(session).part(ServedDocuments).changes(session)
    made = await state(session, by, actor, kind, reasons, before=before)
    subject = audit.Subject("actor", actor.id, actor.handle, actor.id)
    words, after = reasons.words, after | {"measure": str(made.id)}
    await audit.note(session, by, f"account.{kind}", subject, words, before=before, after=after)
    return made


async def about_post(session: AsyncSession, by: Account, post: Post, kind: str, reasons: Reasons) -> Measure:
    """Do one of ABOUT_POSTS to a post of ours. Raises Conflict for what is so already or not out."""
    if kind not in ABOUT_POSTS:
        raise Unprocessable("There is no such measure.")
    author = await queries.by_id(session, post.author_id)
    if author is None or not post.local:
        raise Conflict("This is not a post of this server.")
    before: dict[str, Any] = {}
    if kind == "take-down":
        await take_down(session, post, reasons.words)
    elif kind == "off-gallery":
        if post.state != PostState.PUBLISHED or await in_force(session, author.id, kind, post.id) is not None:
            raise Conflict("This post is not out, or was taken off before.")
    else:
        before = await correct.correct(session, post, kind)
    made = await state(session, by, author, kind, reasons, post=post, before=before)
    subject = audit.Subject("post", post.id, post.uri, author.id)
    after = {kind: True, "measure": str(made.id)}
    await audit.note(session, by, f"post.{kind}", subject, reasons.words, before=before, after=after)
    return made


async def state(
    session: AsyncSession,
    by: Account | None,
    actor: Actor,
    kind: str,
    reasons: Reasons,
    *,
    post: Post | None = None,
    before: dict[str, Any] | None = None,
) -> Measure:
    """The statement of reasons as a row, told to whom it is about; what it states is done by the caller."""
    context = context_of(session)
    made = Measure(
        id=context.ids.new(),
        secret=base64.urlsafe_b64encode(context.clock.token(24)).decode("ascii"),
        kind=kind,
        actor_id=actor.id,
        post_id=post.id if post is not None else None,
        notice_id=reasons.notice_id,
        ground=reasons.ground[: limits.NAME_CHARS],
        words=reasons.words[: limits.REASON_CHARS],
        automated=reasons.automated,
        by_id=by.id if by is not None else None,
        before=before or {},
        created_ms=context.clock.now_ms(),
    )
    session.add(made)
    await session.flush()
    await notify.tell(session, actor, "measure", f"measure:{made.id}")
    return made


async def lift(
    session: AsyncSession, made: Measure, by: Account, reason: str, undoes: audit.AuditEntry | None = None
) -> None:
    """Take a measure back, with what it did. Raises Conflict for one that is over or final."""
    actor = await queries.by_id(session, made.actor_id)
    if made.undone_ms is not None or made.kind in FINAL or actor is None:
        raise Conflict("This was taken back already, or it is final.")
    await _reverse(session, made, actor)
    action = "undo" if undoes is not None else "measure.lift"
    subject = audit.Subject("measure", made.id, actor.handle, actor.id)
    states = {"before": {made.kind: True}, "after": {made.kind: False}}
    await audit.note(session, by, action, subject, reason, undoes=undoes, **states)


async def object_to(session: AsyncSession, made: Measure, text: str) -> None:
    """The person's own word about a measure, once. Raises Conflict, Unprocessable."""
    written = text.strip()
    if made.objected_ms is not None or made.undone_ms is not None:
        raise Conflict("You have objected already, or it was taken back.")
    if not written or len(written) > limits.APPEAL_CHARS:
        raise Unprocessable(_("Write between one and %(most)d characters.") % {"most": limits.APPEAL_CHARS})
    made.objection, made.objected_ms = written, context_of(session).clock.now_ms()
    session.add(made)
    await session.flush()
    for moderator in await queries.staff(session):
        await notify.tell(session, moderator, "appeal", f"objection:{made.id}", from_id=made.actor_id)


async def answer(session: AsyncSession, made: Measure, by: Account, text: str, *, uphold: bool) -> None:
    """A moderator's answer to an objection; upheld, the measure is taken back where that is possible.

    Raises Conflict for one that was answered.
    """
    if made.objected_ms is None or made.answered_ms is not None:
        raise Conflict("There is no objection that waits for an answer.")
    made.answer, made.answered_ms = text[: limits.REASON_CHARS], context_of(session).clock.now_ms()
    actor = await queries.by_id(session, made.actor_id)
    if uphold and made.kind not in FINAL and made.undone_ms is None and actor is not None:
        await _reverse(session, made, actor)
    session.add(made)
    await session.flush()
    if actor is not None:
        await notify.tell(session, actor, "appeal_decided", f"objection-answered:{made.id}")
    action = "appeal.uphold" if uphold else "appeal.reject"
    subject = audit.Subject("measure", made.id, actor.handle if actor else "", made.actor_id)
    after = {made.kind: made.undone_ms is None}
    await audit.note(session, by, action, subject, text, before={made.kind: True}, after=after)


async def _reverse(session: AsyncSession, made: Measure, actor: Actor) -> None:
    """What the measure did is as it was before."""
    if made.kind == "limit":
        actor.severity = None
    elif made.kind == "suspend":
        actor.suspended_ms = None
    elif made.before and made.post_id is not None:
        post = await session.get(Post, made.post_id, with_for_update=True)
        if post is None:
            raise Missing("The post is gone.")
        await correct.restore(session, post, made.before)
    made.undone_ms = context_of(session).clock.now_ms()
    session.add_all([actor, made])
    await session.flush()


async def of_actor(session: AsyncSession, actor_id: int) -> list[Measure]:
    """Every measure about a person, newest first: what they read, and what moderators count."""
    return list(
        await session.exec(select(Measure).where(Measure.actor_id == actor_id).order_by(col(Measure.id).desc()))
    )


async def objections(session: AsyncSession, limit: int) -> list[Measure]:
    """Objections that wait for an answer, oldest first."""
    query = select(Measure).where(col(Measure.objected_ms).is_not(None), col(Measure.answered_ms).is_(None))
    return list(await session.exec(query.order_by(col(Measure.objected_ms)).limit(limit)))


async def by_secret(session: AsyncSession, secret: str) -> Measure | None:
    """The measure whose statement a link opens."""
    return (await session.exec(select(Measure).where(Measure.secret == secret))).first()


async def take_down(session: AsyncSession, post: Post, words: str) -> None:
    """A post goes, in whatever state it is, and everybody who got it is told. Raises Conflict when it is gone."""
    if post.state == PostState.DELETED:
        raise Conflict("This post is gone already.")
    await publish.remove(session, post)
    post.reason = words
    session.add(post)


async def _delete_pictures(session: AsyncSession, actor: Actor) -> int:
    """Take down an account's posts with pictures, the newest MEDIA_DELETED of them; how many."""
    query = select(Post).where(Post.author_id == actor.id, Post.state == PostState.PUBLISHED)
    query = (
        query.where(exists(select(Attachment.id).where(Attachment.post_id == Post.id)))
        .order_by(col(Post.id).desc())
        .limit(limits.MEDIA_DELETED)
    )
    posts = list(await session.exec(query))
    for post in posts:
        await publish.remove(session, post)
    return len(posts)


async def _account(session: AsyncSession, actor: Actor) -> Account:
    account = (await session.exec(select(Account).where(Account.actor_id == actor.id))).first()
    if account is None:
        raise Missing("This person has no account here.")
    return account
