"""Edits of our posts: a revision takes the same road through the gate, then replaces what is shown and is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor
from actors.served import ServedDocuments
from fediverse_ai.core import events, jobs, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Conflict, Forbidden, Unprocessable
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.texts import _
from generation import images
from generation.pipeline import Pipeline
from generation.types import Decision, Verdict
from outbox import (
    activities,
    audience,
    disclosure,
    documents,
    judging,
    lineage,
    making,
    mentions,
    notify,
    publish,
    sealing,
)
from outbox.belongings import Disclosure
from outbox.models import Attachment, Judgement, Origin, Post, PostState, PostTag, Revision
from outbox.send import send


@dataclass(frozen=True, slots=True)
class Change:
    """What an author changes; None leaves a thing as it is. `alts` maps attachment ids to new alt texts, `focus` to
    new focal points (-1 to 1, upwards and to the right).

    `disclosure` is how much of the recipes leaves from now on: what the files say of themselves is written anew.
    """

    text: str | None = None
    summary: str | None = None
    sensitive: bool | None = None
    alts: Mapping[int, str] = field(default_factory=dict)
    disclosure: str | None = None
    language: str | None = None
    focus: Mapping[int, tuple[float, float]] = field(default_factory=dict)


async def edit(session: AsyncSession, author: Actor, post: Post, change: Change) -> Revision:
    """Store a waiting revision of a published post with the job that judges it.

    Raises Forbidden for somebody else's post, Conflict while another edit waits, Unprocessable for what is too long.
    """
    if post.author_id != author.id or not post.local:
        raise Forbidden("This is not your post.")
    if post.state != PostState.PUBLISHED:
        raise Conflict("Only a published post can be edited.")
    waiting = select(Revision.id).where(Revision.post_id == post.id, Revision.state == PostState.WAITING)
    if (await session.exec(waiting)).first() is not None:
        raise Conflict("An edit of this post is being judged; wait for it.")
    attachments = await documents.attachments_of(session, post.id)
    await _keep_first(session, post, attachments)
    revision = _row(context_of(session), post, attachments, change)
    session.add(revision)
    await session.flush()
    await jobs.enqueue(session, revise, [revision.id], once=f"revise:{revision.id}", soon=True)
    return revision


def _row(context: Context, post: Post, attachments: list[Attachment], change: Change) -> Revision:
    if change.disclosure is not None and change.disclosure not in {item.value for item in Disclosure}:
        raise Unprocessable(_("“%(value)s” cannot be chosen here.") % {"value": change.disclosure}, "disclosure")
    alts = {str(item.id): change.alts.get(item.id, _alt(item, change)) for item in attachments}
    text = post.text if change.text is None else change.text.strip()
    summary = post.summary if change.summary is None else change.summary.strip() or None
    if not text and not attachments:
        raise Unprocessable("There would be nothing left of the post.")
    longest = max((len(alt) for alt in alts.values()), default=0)
    if len(text) > limits.POST_TEXT_CHARS or longest > limits.ALT_TEXT_CHARS or len(summary or "") > limits.NAME_CHARS:
        raise Unprocessable("The text is too long.")
    return Revision(
        id=context.ids.new(),
        post_id=post.id,
        text=text,
        summary=summary,
        sensitive=post.sensitive if change.sensitive is None else change.sensitive,
        alts=alts,
        disclosure=change.disclosure if change.disclosure != post.disclosure else None,
        language=change.language if change.language != post.language else None,
        focus={
            str(item.id): list(images.clamp_focus(*change.focus[item.id]))
            for item in attachments
            if item.id in change.focus
        },
        created_ms=context.clock.now_ms(),
    )


def _alt(attachment: Attachment, change: Change) -> str:
    """Its alt text; a prompt that stood in for one goes when the prompt is to be known no more."""
    hidden = change.disclosure is not None and not disclosure.shows_prompt(change.disclosure)
    return making.UNNAMED if hidden and attachment.alt == (attachment.recipe or {}).get("prompt") else attachment.alt


async def _keep_first(session: AsyncSession, post: Post, attachments: list[Attachment]) -> None:
    """The history begins with the post as it first went out."""
    query = select(Revision.id).where(Revision.post_id == post.id, Revision.state == PostState.PUBLISHED)
    if (await session.exec(query)).first() is not None:
        return
    first = Revision(
        id=context_of(session).ids.new(),
        post_id=post.id,
        state=PostState.PUBLISHED,
        text=post.text,
        summary=post.summary,
        sensitive=post.sensitive,
        alts={str(item.id): item.alt for item in attachments},
        content=post.content,
        created_ms=post.published_ms or post.created_ms,
        published_ms=post.published_ms,
    )
    session.add(first)
    await session.flush()


@jobs.job(queue="judge")
async def revise(context: Context, ids: list[int | str]) -> None:
    """Judge one waiting revision, words and pictures together, and let it out, hold it or refuse it."""
    async with context.database.read() as session:
        revision = await session.get(Revision, int(ids[0]))
        post = await session.get(Post, revision.post_id) if revision is not None else None
        attachments = await documents.attachments_of(session, post.id) if post is not None else []
        author = await queries.by_id(session, post.author_id) if post is not None else None
    if revision is None or post is None or author is None or revision.state != PostState.WAITING:
        return
    if revision.disclosure is not None and not revision.files:
        revision.files = await _rewrite(context, revision.disclosure, post, author, attachments)
    _apply(revision, post, attachments)
    found = await mentions.find_mentions(context, post, revision.text)
    settled = False
    while not settled:
        said = await judging.allowed_by_a_moderator(context, post, publish.digests_of(post, attachments))
        verdict = judging.verdict_of(said) if said else await judging.judge(context, post, attachments)
        async with context.database.write() as session:
            settled = await _settle(session, revision, verdict, found, said)


def _apply(revision: Revision, post: Post, attachments: list[Attachment]) -> None:
    post.text, post.summary, post.sensitive = revision.text, revision.summary, revision.sensitive
    post.disclosure = revision.disclosure or post.disclosure
    post.language = revision.language or post.language
    for attachment in attachments:
        written = revision.alts.get(str(attachment.id), attachment.alt)
        if written != attachment.alt:
            attachment.alt, attachment.alt_draft = written, ""
        if (point := revision.focus.get(str(attachment.id))) is not None:
            attachment.focus_x, attachment.focus_y = point
        for name, value in revision.files.get(str(attachment.id), {}).items():
            setattr(attachment, name, value)


def proposed(revision: Revision, post: Post, attachments: list[Attachment]) -> tuple[Post, list[Attachment]]:
    """Copies, of no session, of a post and its pictures as a revision would have them."""
    copy, copies = Post(**post.model_dump()), [Attachment(**item.model_dump()) for item in attachments]
    _apply(revision, copy, copies)
    return copy, copies


async def _rewrite(
    context: Context, level: str, post: Post, author: Actor, attachments: list[Attachment]
) -> dict[str, dict[str, Any]]:
    """Files that say as much of their making as the author wants from now on; the old ones are not served any more."""
    files = {}
    parents = await sealing.parents(context, post)
    for attachment in (item for item in attachments if item.origin == Origin.MADE_HERE):
        await making.remark(context, attachment, level, making.rights(post, author), parents=parents)
        files[str(attachment.id)] = {
            name: getattr(attachment, name) for name in ("file", "thumbnail", "sha256", "size")
        }
    return files


async def _settle(
    session: AsyncSession, judged: Revision, verdict: Verdict, found: list[dict[str, str]], said: Judgement | None
) -> bool:
    """What the verdict says; False for one of another policy, which changed while this was judged.

    `said` is the row of a verdict that a moderator gave already.
    """
    revision = await session.get(Revision, judged.id, with_for_update=True)
    post = await session.get(Post, revision.post_id, with_for_update=True) if revision is not None else None
    if revision is None or post is None or revision.state != PostState.WAITING or post.state != PostState.PUBLISHED:
        return True
    if verdict.policy_version != context_of(session).part(Pipeline).policy_version:
        return False
    revision.files = judged.files
    session.add(revision)
    judgement = said or await judging.record(session, post, verdict)
    author = await queries.by_id(session, post.author_id)
    if verdict.decision is Decision.ALLOW and author is not None:
        await release(session, revision, post, author, judgement, found)
        return True
    revision.state = PostState.HELD if verdict.decision is Decision.HOLD else PostState.REFUSED
    revision.rule, revision.reason = verdict.rule, verdict.reason
    session.add(revision)
    if author is not None:
        await notify.tell(session, author, revision.state, f"edit-{revision.state}:{judgement.id}", post_id=post.id)
    return True


async def release(
    session: AsyncSession,
    revision: Revision,
    post: Post,
    author: Actor,
    judgement: Judgement,
    found: list[dict[str, str]],
) -> None:
    """Replace what is shown by a judged revision and send an Update to everybody who got the post."""
    context = context_of(session)
    attachments = await documents.attachments_of(session, post.id)
    _apply(revision, post, attachments)
    session.add_all(attachments)
    post.mentions = found
    publish.check_gate(context, post, attachments, judgement)
    now = context.clock.now_ms()
    # Peers compare seconds and take only what is later than what they have.
    post.updated_ms = max(now, (post.updated_ms or post.published_ms or 0) + 1000)
    publish.write_content(context, post, author, attachments, await lineage.credit(session, post))
    await session.exec(delete(PostTag).where(col(PostTag.post_id) == post.id))
    await publish.index_tags(session, post)
    note = await documents.render(session, post, author)
    revision.state, revision.content, revision.published_ms = PostState.PUBLISHED, post.content, post.updated_ms
    session.add(revision)
    inboxes = await audience.reach(session, author, post)
    body = activities.update(context, post, author, note, activities.update_uri(context, revision.id))
    await send(session, author, body, inboxes, object_uri=post.uri)
    await publish.tell_mentioned(session, post, author)
    context.part(ServedDocuments).changes(session)
    events.publish_after(session, [events.POSTS], "status.update", post.id)
    fp("edit.before_commit")


async def history(session: AsyncSession, post_id: int) -> list[Revision]:
    """Every version that was out, oldest first; empty for a post that was never edited."""
    query = select(Revision).where(Revision.post_id == post_id, Revision.state == PostState.PUBLISHED)
    return list(await session.exec(query.order_by(col(Revision.id))))
