"""publish(session, post, judgement): the only way out; and remove, the way back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import documents as actor_documents
from actors import queries, stops
from actors.models import Actor
from actors.served import ServedDocuments
from fediverse_ai.activitypub import document, hashtags
from fediverse_ai.core import events, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.failpoints import fp
from generation.pipeline import Pipeline, text_digest
from generation.types import Decision
from outbox import (
    activities,
    addressed,
    audience,
    conversations,
    disclosure,
    documents,
    labels,
    lanes,
    lineage,
    notify,
    quote,
    restraints,
    text,
)
from outbox.models import Attachment, Judgement, Notification, Post, PostState, PostTag, Reaction, Visibility
from outbox.send import send
from outbox.states import WrongState, move
from outbox.visibility import OPEN


class GateClosed(RuntimeError):
    """Something tried to publish without an allow verdict for exactly these bytes: a defect of ours."""


def judged_texts(post: Post, attachments: Sequence[Attachment]) -> list[str]:
    """Everything written that would leave with the post, in one order, in as few pieces as the gate can take."""
    parts = [post.summary or "", post.text, *(attachment.alt for attachment in attachments)]
    parts += dict.fromkeys(text for item in attachments for text in disclosure.written(item.recipe, post.disclosure))
    pieces: list[str] = []
    for part in filter(None, parts):
        if pieces and len(pieces[-1]) + 1 + len(part) <= limits.JUDGED_TEXT_CHARS:
            pieces[-1] += "\n" + part
        else:
            pieces.append(part)
    return pieces


def digests_of(post: Post, attachments: list[Attachment]) -> set[str]:
    """What a verdict must cover: the SHA-256 of every picture and of every text."""
    wanted = {attachment.sha256 or "" for attachment in attachments}
    return wanted | {text_digest(written) for written in judged_texts(post, attachments)}


def check_gate(context: Context, post: Post, attachments: list[Attachment], judgement: Judgement) -> None:
    """Raises GateClosed unless the verdict allows, is of the running policy, and covers every byte (D22)."""
    if judgement.post_id != post.id or judgement.decision != Decision.ALLOW:
        raise GateClosed(f"post {post.id}: the verdict is not an allow for it")
    if judgement.policy_version != context.part(Pipeline).policy_version:
        raise GateClosed(f"post {post.id}: the verdict is of policy {judgement.policy_version}")
    missing = digests_of(post, attachments) - set(judgement.digests)
    if missing:
        raise GateClosed(f"post {post.id}: not judged: {sorted(missing)}")


async def release(session: AsyncSession, post: Post, judgement: Judgement) -> None:
    """Publish a judged post, or let it wait for its time with its verdict."""
    context = context_of(session)
    if post.not_before_ms is None or post.not_before_ms <= context.clock.now_ms():
        await publish(session, post, judgement)
        return
    check_gate(context, post, await documents.attachments_of(session, post.id), judgement)
    move(post, PostState.SCHEDULED)
    post.progress = None
    session.add(post)


async def wait(session: AsyncSession, post: Post) -> None:
    """A post that may go out while something is stopped is due from now on, and goes when that is over."""
    if post.state != PostState.SCHEDULED:
        move(post, PostState.SCHEDULED)
        post.not_before_ms = context_of(session).clock.now_ms()
    post.progress = None
    session.add(post)
    await session.flush()


def models_of(attachments: Sequence[Attachment]) -> set[str]:
    """The generators that made these pictures."""
    return {str(item.recipe["generator"]) for item in attachments if item.recipe and item.recipe.get("generator")}


async def publish(session: AsyncSession, post: Post, judgement: Judgement) -> None:
    """Move a judged post out: render and label the Note, build the Create, queue its deliveries, tell local people."""
    context = context_of(session)
    author = await queries.by_id(session, post.author_id)
    if author is None or not post.local:
        raise WrongState(f"post {post.id} is not ours to publish")
    attachments = await documents.attachments_of(session, post.id)
    check_gate(context, post, attachments, judgement)
    if await stops.over_post(session, author.username, models_of(attachments)) is not None:
        await wait(session, post)
        return
    move(post, PostState.PUBLISHED)
    if await restraints.in_force(session, author.id, "sensitive") is not None:
        post.sensitive = True
    post.published_ms = context.clock.now_ms()
    post.progress = None
    write_content(context, post, author, attachments, await lineage.credit(session, post))
    await quote.begin(session, post, author)
    note = await documents.render(session, post, author)
    body = activities.create(context, post, author, note)
    post.activity_uri = body["id"]
    await index_tags(session, post)
    await session.flush()
    inboxes = await audience.inboxes(session, author, post)
    await send(session, author, body, inboxes, object_uri=post.uri, listed=post.visibility in OPEN, soon=True)
    await addressed.note(session, body["id"], post.bcc, but=author.id)
    await quote.ask(session, post, author, note)
    await tell_mentioned(session, post, author)
    await tell_subscribers(session, post, author)
    await lineage.tell_parents(session, post, author)
    await count_reply(session, post)
    events.publish_after(session, [events.POSTS], "update", post.id)
    fp("publish.before_commit")


def write_content(context: Context, post: Post, author: Actor, attachments: list[Attachment], credit: str = "") -> None:
    """The HTML that is shown and sent, with `credit` and the label line, its tags and its addresses."""
    mentioned = {
        mention["as_written"]: text.Mentioned(mention["uri"], mention["handle"], mention["url"])
        for mention in post.mentions
        if "as_written" in mention
    }
    written = text.to_html(post.text, context.config.public_url, mentioned) if post.text else ""
    added = credit + labels.set_line(post, attachments)
    post.content = written + added + labels.line(context.config, attachments, post.disclosure)
    post.hashtags = hashtags.found_in(post.text)
    uris = [mention["uri"] for mention in post.mentions]
    post.to, post.cc = audience.address(context.config, author, post.visibility, uris)


async def index_tags(session: AsyncSession, post: Post) -> None:
    """The post's hashtags, its label's included, for the pages of tags."""
    config = context_of(session).config
    attachments = await documents.attachments_of(session, post.id)
    names = {name.lower() for name in [*post.hashtags, *labels.tag_names(config, attachments)]}
    session.add_all(PostTag(post_id=post.id, name=name) for name in sorted(names))


async def tell_mentioned(session: AsyncSession, post: Post, author: Actor) -> None:
    """Local people who are mentioned or replied to hear of it; also called for posts that arrive."""
    wanted = {mention["uri"] for mention in post.mentions} | set(post.bcc)
    if post.in_reply_to_id is not None:
        parent = await session.get(Post, post.in_reply_to_id)
        parent_author = await queries.by_id(session, parent.author_id) if parent is not None else None
        if parent_author is not None:
            wanted.add(parent_author.uri)
    named = await queries.by_uris(session, wanted)
    for actor in named.values():
        await notify.tell(session, actor, "mention", post.uri, from_id=author.id, post_id=post.id)
    await conversations.note(session, post, author, named.values())


async def tell_subscribers(session: AsyncSession, post: Post, author: Actor) -> None:
    """Followers here who want to hear of each post of this author do; not of answers to others, nor of direct posts."""
    if post.visibility == Visibility.DIRECT:
        return
    if post.in_reply_to_uri is not None:
        parent = await session.get(Post, post.in_reply_to_id) if post.in_reply_to_id is not None else None
        if parent is None or parent.author_id != author.id:
            return
    for follower in await queries.subscribers(session, author.id):
        await notify.tell(session, follower, "post", post.uri, from_id=author.id, post_id=post.id)


async def count_reply(session: AsyncSession, post: Post) -> None:
    """Count the replies of the post that this one answers: counted, not stepped, so that nothing makes it drift.

    Those for everybody, as at Mastodon: a number must not tell of answers that are for few.
    """
    if post.in_reply_to_id is None:
        return
    parent = await session.get(Post, post.in_reply_to_id)
    if parent is None or parent.state != PostState.PUBLISHED:
        return
    await session.flush()
    open_ones = (Post.state == PostState.PUBLISHED, col(Post.visibility).in_(OPEN))
    query = select(func.count()).where(Post.in_reply_to_id == parent.id, *open_ones)
    parent.replies = (await session.exec(query)).one()
    session.add(parent)
    if parent.local:
        await documents.render(session, parent)


async def remove(session: AsyncSession, post: Post, *, tell: bool = True) -> None:
    """Delete our post: a Tombstone stays for ever, everybody who got it is told, its traces go.

    `tell` False is for what was deleted, and told, before: the server was restored from an older backup.
    """
    context = context_of(session)
    author = await queries.by_id(session, post.author_id)
    if author is None or not post.local:
        raise WrongState(f"post {post.id} is not ours to remove")
    was_out = tell and post.state == PostState.PUBLISHED
    inboxes = await audience.had(session, author, post) if was_out else set()
    if was_out:
        await lanes.recall(session, post.uri, context.clock.now_ms())
        body = activities.delete(context, post, author)
        await send(session, author, body, inboxes, object_uri=post.uri)
    await bury(session, post)
    tombstone = actor_documents.tombstone(post.uri, "Note", post.deleted_ms or 0)
    post.document = document.dump(tombstone)
    session.add(post)
    await session.flush()
    # Whoever deletes and looks at once sees that it is gone.
    context.part(ServedDocuments).changes(session)


async def bury(session: AsyncSession, post: Post) -> None:
    """What a deletion removes from any post, ours or a copy: text, pictures' rows, reactions, notifications."""
    context = context_of(session)
    if post.state == PostState.PUBLISHED:
        events.publish_after(session, [events.POSTS], "delete", post.id)
    post.state = PostState.DELETED
    await count_reply(session, post)
    post.deleted_ms = context.clock.now_ms()
    post.text = post.content = ""
    post.summary = None
    post.request = None
    for model in (PostTag, Reaction, Notification):
        await session.exec(delete(model).where(col(model.post_id) == post.id))
    pictures = col(Attachment.post_id) == post.id
    if post.local:
        # The rows stay, so that the files' addresses can answer 410; what they say about the picture goes.
        await session.exec(update(Attachment).where(pictures).values(alt="", recipe=None))
    else:
        await session.exec(delete(Attachment).where(pictures))
    session.add(post)
    await session.flush()
