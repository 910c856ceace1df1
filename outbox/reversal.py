"""Undo: what a moderator did is taken back, as far as that can be; what went out is recalled, and waits again."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import actor_rules, audit, queries
from actors.audit import AuditEntry
from actors.models import Account
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Conflict, Missing
from outbox import docket, documents, edit, measures, moderate, notify, publish, report
from outbox.belongings import Lineage
from outbox.models import Attachment, Judgement, Post, PostState, Revision
from outbox.records import Measure
from outbox.rulings import Appeal

UNDOABLE = frozenset(
    {"post.approve", "post.reject", "post.escalate", "post.first"}
    | {"edit.approve", "edit.reject", "edit.escalate", "edit.first"}
    | {"appeal.uphold", "appeal.reject", "report.resolve", "actor.limit", "actor.suspend"}
    | {f"account.{kind}" for kind in measures.ABOUT_PEOPLE if kind not in measures.FINAL}
    | {f"post.{kind}" for kind in measures.ABOUT_POSTS if kind not in measures.FINAL}
)


def can_undo(entry: AuditEntry) -> bool:
    """Whether an entry is of a kind that can be taken back at all; a post that was taken down is gone."""
    return entry.action in UNDOABLE and entry.after.get("state") != PostState.DELETED


async def undo(session: AsyncSession, entry_id: int, by: Account, reason: str) -> None:
    """Take back what an entry of the audit log tells. Raises Missing, Conflict for what cannot be, or was before."""
    entry = await session.get(AuditEntry, entry_id)
    if entry is None:
        raise Missing("There is no such entry.")
    if not can_undo(entry) or await audit.undoing(session, entry_id) is not None:
        raise Conflict("This cannot be taken back, or was already.")
    if entry.action in ("post.approve", "post.reject"):
        await _undo_post(session, entry, by, reason)
    elif entry.action in ("edit.approve", "edit.reject"):
        await _undo_edit(session, entry, by, reason)
    elif entry.action in ("appeal.uphold", "appeal.reject"):
        await _undo_appeal(session, entry, by, reason)
    elif entry.action.endswith((".escalate", ".first")):
        await docket.clear(session, entry.subject_id, by, reason, entry)
    elif entry.action == "report.resolve":
        await report.reopen(session, await report.by_id(session, entry.subject_id, lock=True), by, reason, entry)
    elif entry.action.startswith("actor."):
        await actor_rules.lift(session, entry.subject_id, reason=reason, by_id=by.id, undoes=entry)
    else:
        made = await session.get(Measure, int(entry.after["measure"]), with_for_update=True)
        if made is None:
            raise Missing("There is no such measure.")
        await measures.lift(session, made, by, reason, entry)


async def _undo_post(session: AsyncSession, entry: AuditEntry, by: Account, reason: str) -> None:
    post = await session.get(Post, entry.subject_id, with_for_update=True)
    if post is None:
        raise Missing("The post is gone.")
    waits = await _bring_back(session, post, entry, by, reason)
    after = {"state": waits.state, "post": str(waits.id)}
    subject = moderate.subject_of(post)
    await audit.note(session, by, "undo", subject, reason, before=entry.after, after=after, undoes=entry)


async def _bring_back(session: AsyncSession, post: Post, entry: AuditEntry, by: Account, reason: str) -> Post:
    """The post in the queue again: itself, or its copy when it went out meanwhile."""
    if post.state == PostState.PUBLISHED and entry.before.get("state") != PostState.PUBLISHED:
        return await recall(session, post, entry)
    await moderate.take_back(session, post, entry.before)
    await moderate.withdraw_word(session, post, by, reason)
    return post


async def recall(session: AsyncSession, post: Post, entry: AuditEntry) -> Post:
    """A post that went out is deleted everywhere; what its author made waits for a moderator under a new number.

    The old address stays a tombstone: a deletion is final in the fediverse.
    """
    copy = await _copied(session, post, entry)
    await publish.remove(session, post)
    author = await queries.by_id(session, post.author_id)
    if author is not None:
        await notify.tell(session, author, PostState.HELD, f"recalled:{post.id}", post_id=copy.id)
    post.reason = "A moderator took back that this was let out; it waits to be looked at again."
    session.add(post)
    return copy


async def _copied(session: AsyncSession, post: Post, entry: AuditEntry) -> Post:
    context = context_of(session)
    base, post_id, now = context.config.public_url, context.ids.new(), context.clock.now_ms()
    author = await queries.by_id(session, post.author_id)
    fresh = {
        "id": post_id, "uri": f"{base}/notes/{post_id}", "state": PostState.HELD, "created_ms": now,
        "url": f"{base}/@{author.username if author else ''}/{post_id}", "client_key": None, "document": None,
        "activity_uri": None, "published_ms": None, "updated_ms": None, "pinned_ms": None,
        "likes": 0, "boosts": 0, "replies": 0, "content": "", "not_before_ms": None, "quote_state": None,
        "rule": entry.before.get("rule"), "reason": entry.before.get("reason"),
    }  # fmt: skip
    if post.context_uri == f"{base}/contexts/{post.id}":
        fresh["context_uri"] = f"{base}/contexts/{post_id}"
    copy = Post(**(post.model_dump() | fresh))
    session.add(copy)
    await session.flush()
    for item in await documents.attachments_of(session, post.id):
        session.add(Attachment(**(item.model_dump() | {"id": context.ids.new(), "post_id": post_id})))
    for line in list(await session.exec(select(Lineage).where(Lineage.post_id == post.id))):
        session.add(Lineage(**(line.model_dump() | {"id": context.ids.new(), "post_id": post_id})))
    judged = select(Judgement).where(Judgement.post_id == post.id, col(Judgement.decided_by_id).is_(None))
    for one in list(await session.exec(judged.order_by(col(Judgement.id)))):
        session.add(Judgement(**(one.model_dump() | {"id": context.ids.new(), "post_id": post_id})))
    await session.flush()
    return copy


async def _undo_edit(session: AsyncSession, entry: AuditEntry, by: Account, reason: str) -> None:
    revision = await session.get(Revision, entry.subject_id, with_for_update=True)
    post = await session.get(Post, revision.post_id, with_for_update=True) if revision is not None else None
    if revision is None or post is None:
        raise Missing("The edit is gone.")
    if revision.state == PostState.PUBLISHED:
        await _put_back(session, revision, post)
    else:
        await moderate.take_back(session, revision, entry.before)
        await moderate.withdraw_edit_word(session, post, revision, by, reason)
    subject = moderate.subject_of(post, revision)
    after = {"state": revision.state}
    await audit.note(session, by, "undo", subject, reason, before=entry.after, after=after, undoes=entry)


async def _put_back(session: AsyncSession, revision: Revision, post: Post) -> None:
    """An edit that is out is replaced by the version before it, which goes through the gate like any edit."""
    author = await queries.by_id(session, post.author_id)
    versions = await edit.history(session, post.id)
    earlier = [version for version in versions if version.id < revision.id]
    if author is None or not earlier or versions[-1].id != revision.id:
        raise Conflict("There is no earlier version, or a newer edit is out: take the post down instead.")
    last = earlier[-1]
    alts = {int(number): alt for number, alt in last.alts.items()}
    change = edit.Change(text=last.text, summary=last.summary or "", sensitive=last.sensitive, alts=alts)
    await edit.edit(session, author, post, change)


async def _undo_appeal(session: AsyncSession, entry: AuditEntry, by: Account, reason: str) -> None:
    made = await session.get(Appeal, entry.subject_id, with_for_update=True)
    post = await session.get(Post, made.post_id, with_for_update=True) if made is not None else None
    if made is None or post is None or made.revision_id is not None:
        raise Conflict("The answer to this appeal cannot be taken back.")
    waits = post
    if entry.after.get("state") != entry.before.get("state"):
        waits = await _bring_back(session, post, entry, by, reason)
    made.state, made.answer, made.decided_by_id, made.decided_ms = "open", "", None, None
    made.post_id = waits.id
    session.add(made)
    await session.flush()
    subject = audit.Subject("appeal", made.id, post.uri, made.actor_id)
    after = {"state": waits.state, "post": str(waits.id)}
    await audit.note(session, by, "undo", subject, reason, before=entry.after, after=after, undoes=entry)
