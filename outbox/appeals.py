"""Appeals: an author objects to a decision about a post or an edit, and a person decides anew."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit, queries
from actors.models import Account, Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Conflict, Forbidden, Missing, Unprocessable
from fediverse_ai.core.texts import _
from outbox import moderate, notify
from outbox.models import Judgement, Post, Revision
from outbox.rulings import Appeal


async def appeal(
    session: AsyncSession, author: Actor, post: Post, text: str = "", revision: Revision | None = None
) -> Appeal:
    """Object to the newest decision about one's own held or refused post, or an edit of it.

    Of edits only the newest: what was written before it is not wanted any more. Raises Forbidden for somebody else's,
    Conflict when nothing is held or refused or the decision was appealed, Unprocessable for a text that is too long.
    """
    if post.author_id != author.id:
        raise Forbidden("This is not your post.")
    if revision is not None:
        newest = await stopped_edit(session, post.id)
        if newest is None or newest.id != revision.id:
            raise Conflict("This edit is not held or refused (any more).")
    state = revision.state if revision is not None else post.state
    judgement = await _newest(session, post.id)
    if state not in moderate.UNDECIDED or judgement is None:
        raise Conflict("Nothing of this post is held or refused.")
    written = text.strip()
    if len(written) > limits.APPEAL_CHARS:
        raise Unprocessable(_("An appeal may have at most %(most)d characters.") % {"most": limits.APPEAL_CHARS})
    if await of_decision(session, judgement.id) is not None:
        raise Conflict("You have appealed this decision already; a moderator reads it.")
    context = context_of(session)
    made = Appeal(
        id=context.ids.new(),
        judgement_id=judgement.id,
        post_id=post.id,
        revision_id=revision.id if revision is not None else None,
        actor_id=author.id,
        text=written,
        created_ms=context.clock.now_ms(),
    )
    session.add(made)
    await session.flush()
    for moderator in await queries.staff(session):
        await notify.tell(session, moderator, "appeal", f"appeal:{made.id}", from_id=author.id, post_id=post.id)
    return made


async def decide(session: AsyncSession, made: Appeal, account: Account, *, uphold: bool, answer: str) -> None:
    """A moderator's answer: upheld, the post or edit goes out as it is, or its picture is made now.

    Rejected, what was held is refused. Nobody decides an appeal of their own while there is another moderator.
    Raises Forbidden, Conflict when it was decided, Missing when the post is gone.
    """
    if account.role not in moderate.MODERATORS or account.disabled_ms is not None:
        raise Forbidden("Only moderators decide about appeals.")
    if made.state != "open":
        raise Conflict("This appeal was decided already.")
    others = [person for person in await queries.staff(session) if person.id != account.actor_id]
    if made.actor_id == account.actor_id and others:
        raise Forbidden("Another moderator decides about an appeal of yours.")
    post = await session.get(Post, made.post_id, with_for_update=True)
    revision = await session.get(Revision, made.revision_id) if made.revision_id is not None else None
    if post is None or (made.revision_id is not None and revision is None):
        raise Missing("The post of this appeal is gone.")
    before = moderate.standing(revision or post)
    if uphold:
        await _let_out(session, post, revision, account, answer)
    else:
        await _keep_in(session, post, revision, account, answer)
    made.state = "upheld" if uphold else "rejected"
    made.answer, made.decided_by_id = answer, account.id
    made.decided_ms = context_of(session).clock.now_ms()
    session.add(made)
    await session.flush()
    author = await queries.by_id(session, made.actor_id)
    if author is not None:
        await notify.tell(session, author, "appeal_decided", f"appeal-decided:{made.id}", post_id=post.id)
    action = "appeal.uphold" if uphold else "appeal.reject"
    subject = audit.Subject("appeal", made.id, post.uri, made.actor_id)
    after = {"state": (revision or post).state, "post": str(post.id)}
    await audit.note(session, account, action, subject, answer, before=before, after=after)


async def open_appeals(session: AsyncSession, limit: int) -> list[Appeal]:
    """Appeals that wait for an answer, the oldest first."""
    query = select(Appeal).where(Appeal.state == "open").order_by(col(Appeal.id)).limit(limit)
    return list(await session.exec(query))


async def newest_of_post(session: AsyncSession, post_id: int) -> Appeal | None:
    """The appeal made last about a post, for its author's page."""
    query = select(Appeal).where(Appeal.post_id == post_id).order_by(col(Appeal.id).desc()).limit(1)
    return (await session.exec(query)).first()


async def stopped_edit(session: AsyncSession, post_id: int) -> Revision | None:
    """The newest edit of a post, if it was held or refused; None where the newest one is out or is being judged."""
    query = select(Revision).where(Revision.post_id == post_id).order_by(col(Revision.id).desc()).limit(1)
    newest = (await session.exec(query)).first()
    return newest if newest is not None and newest.state in moderate.UNDECIDED else None


async def of_edit(session: AsyncSession, revision: Revision) -> Appeal | None:
    """The appeal made last about an edit, with its answer where it has one."""
    query = select(Appeal).where(Appeal.revision_id == revision.id).order_by(col(Appeal.id).desc()).limit(1)
    return (await session.exec(query)).first()


async def can_appeal_edit(session: AsyncSession, revision: Revision) -> bool:
    """Whether the newest decision about a stopped edit was not appealed yet."""
    judgement = await _newest(session, revision.post_id)
    return judgement is not None and await of_decision(session, judgement.id) is None


async def can_appeal(session: AsyncSession, post: Post) -> bool:
    """Whether the newest decision about a held or refused post was not appealed yet."""
    judgement = await _newest(session, post.id)
    return (
        post.state in moderate.UNDECIDED and judgement is not None and await of_decision(session, judgement.id) is None
    )


async def of_decision(session: AsyncSession, judgement_id: int) -> Appeal | None:
    """The appeal against one decision."""
    return (await session.exec(select(Appeal).where(Appeal.judgement_id == judgement_id))).first()


async def _let_out(session: AsyncSession, post: Post, revision: Revision | None, account: Account, answer: str) -> None:
    if revision is None:
        await moderate.let_out(session, post, account, answer)
    else:
        await moderate.let_edit_out(session, revision, account, answer)


async def _keep_in(session: AsyncSession, post: Post, revision: Revision | None, account: Account, answer: str) -> None:
    """What was held is refused; what was refused stays so."""
    if revision is None and post.state == moderate.UNDECIDED[0]:
        await moderate.turn_down(session, post, account, answer)
    elif revision is not None and revision.state == moderate.UNDECIDED[0]:
        await moderate.turn_edit_down(session, revision, account, answer)


async def _newest(session: AsyncSession, post_id: int) -> Judgement | None:
    query = select(Judgement).where(Judgement.post_id == post_id).order_by(col(Judgement.id).desc()).limit(1)
    return (await session.exec(query)).first()
