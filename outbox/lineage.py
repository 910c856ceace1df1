"""Remixes: what a post was made from, who allows that, and the picture that a generator may begin from."""

from __future__ import annotations

import html as stdlib_html
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy, queries
from actors.models import Actor, Severity
from actors.remote import RemoteActors
from actors.served import ServedDocuments
from fediverse_ai.activitypub import document, vocabulary
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.database import forbid_in_transaction
from fediverse_ai.core.errors import Conflict, Elsewhere, Forbidden, Missing, Unprocessable
from fediverse_ai.core.http import Budget
from fediverse_ai.core.texts import _
from generation import images, provenance
from generation.pipeline import Pipeline
from generation.provenance import Provenance
from outbox import activities, audience, disclosure, documents, notify
from outbox.belongings import Lineage, RemixPolicy
from outbox.draft import Draft
from outbox.models import Attachment, Origin, Post, PostState
from outbox.send import send
from outbox.visibility import OPEN, may_see

NOT_ALLOWED = "The author of this post does not let others make something from it."
NO_PHOTOGRAPHS = "On this server pictures are made from pictures that AI made, not from photographs."


async def may_remix(session: AsyncSession, author: Actor, parent: Post) -> bool:
    """Their own always; others' only what everybody may see, if its author says so. Nothing said means no."""
    if parent.state != PostState.PUBLISHED or not await may_see(session, author, parent):
        return False
    if parent.author_id == author.id:
        return True
    if parent.visibility not in OPEN or await policy.blocked_between(session, author.id, parent.author_id):
        return False
    if parent.remix_policy == RemixPolicy.FOLLOWERS:
        return await queries.is_follower(session, author.id, parent.author_id)
    return parent.remix_policy == RemixPolicy.ANYONE


async def begin(session: AsyncSession, author: Actor, post: Post, draft: Draft) -> None:
    """Name the parent of a post that is being composed; with `from_picture` also where the generator begins.

    Raises Missing for a parent that its author cannot see, Forbidden without permission, Unprocessable when there is
    no such picture or it is a photograph.
    """
    if draft.remix_of_id is None:
        if draft.from_picture:
            raise Unprocessable("Say which post's picture to begin from.")
        return
    parent = await session.get(Post, draft.remix_of_id)
    if parent is None or parent.state != PostState.PUBLISHED or not await may_see(session, author, parent):
        raise Missing("The post you make something from does not exist (any more).")
    if not await may_remix(session, author, parent):
        raise Forbidden(NOT_ALLOWED)
    context = context_of(session)
    session.add(
        Lineage(
            id=context.ids.new(),
            post_id=post.id,
            parent_uri=parent.uri,
            parent_id=parent.id,
            created_ms=context.clock.now_ms(),
        )
    )
    if not draft.from_picture or post.request is None:
        return
    attachments = await documents.attachments_of(session, parent.id)
    if not 0 <= draft.source_position < len(attachments):
        raise Unprocessable("That post has no such picture.")
    source = attachments[draft.source_position]
    if not context.config.generation.photographs and not _is_made(source):
        raise Unprocessable(NO_PHOTOGRAPHS)
    post.request = {**post.request, "source": {"attachment": source.id}}


def _is_made(attachment: Attachment) -> bool:
    """Is the picture AI's work, as recorded or as its server says?"""
    if attachment.origin == Origin.REMOTE:
        return attachment.digital_source_type in provenance.AI_TERMS
    return attachment.origin != Origin.DECLARED_NOT_AI


async def claim(session: AsyncSession, post: Post, body: dict[str, Any]) -> None:
    """What another server's Note says that it was made from (`isBasedOn`); PARENTS at most."""
    context = context_of(session)
    uris = [uri for value in document.as_list(body.get("isBasedOn"), limits.PARENTS) if (uri := document.id_of(value))]
    for uri in dict.fromkeys(uris):
        parent = (await session.exec(select(Post).where(Post.uri == uri))).first()
        session.add(
            Lineage(
                id=context.ids.new(),
                post_id=post.id,
                parent_uri=uri,
                parent_id=parent.id if parent is not None else None,
                created_ms=context.clock.now_ms(),
            )
        )


async def parents_of(session: AsyncSession, post_id: int) -> list[Lineage]:
    query = select(Lineage).where(Lineage.post_id == post_id).order_by(col(Lineage.id))
    return list(await session.exec(query))


async def children_of(session: AsyncSession, reader: Actor | None, post: Post, limit: int) -> list[Post]:
    """Posts made from this one that this reader may see, newest first; others' only while it may be remixed."""
    query = (
        select(Post)
        .join(Lineage, col(Lineage.post_id) == col(Post.id))
        .where(Lineage.parent_uri == post.uri, Post.state == PostState.PUBLISHED)
    )
    if post.remix_policy == RemixPolicy.NOBODY:
        query = query.where(col(Post.local).is_(True))
    found = list(await session.exec(query.order_by(col(Post.id).desc()).limit(limit)))
    return [child for child in found if await may_see(session, reader, child)]


async def source(context: Context, post: Post, author: Actor) -> bytes | None:
    """Check every permission again, at others' servers too, and give the picture to begin from, if one was asked for.

    Raises Forbidden when a permission is gone, Missing when the picture is; never in a transaction.
    """
    forbid_in_transaction("asking for permission")
    parents = []
    async with context.database.read() as session:
        for line in await parents_of(session, post.id):
            parent = await session.get(Post, line.parent_id) if line.parent_id is not None else None
            if parent is None or not await may_remix(session, author, parent):
                raise Forbidden(NOT_ALLOWED, f"remix of {line.parent_uri}")
            parents.append(parent)
        wanted = (post.request or {}).get("source")
        attachment = await session.get(Attachment, int(wanted["attachment"])) if wanted else None
        owner = await _owner(session, attachment)
    for parent in parents:
        if not parent.local:
            await _ask_home(context, parent, author)
    if wanted is None:
        return None
    if attachment is None or owner is None:
        raise Missing("The picture to begin from does not exist (any more).")
    if attachment.file is not None:
        return await context.storage.read(attachment.file)
    return await _fetch(context, attachment, owner)


async def graph(context: Context, post: Post) -> dict[str, Any] | None:
    """The scene graph of the picture to begin from; None without one, and where another's recipe is not told: the
    graph holds its words. Permission is `source`'s to ask for."""
    found = ((await recipe(context, post)).get("parameters") or {}).get("graph")
    return found if isinstance(found, dict) else None


async def recipe(context: Context, post: Post) -> dict[str, Any]:
    """The recipe of the picture to begin from, as far as this post's author may know it; empty without one."""
    wanted = (post.request or {}).get("source")
    if not wanted:
        return {}
    async with context.database.read() as session:
        attachment = await session.get(Attachment, int(wanted["attachment"]))
        parent = await session.get(Post, attachment.post_id) if attachment is not None else None
    if attachment is None or parent is None:
        return {}
    if parent.author_id == post.author_id:
        return dict(attachment.recipe or {})
    return disclosure.of_post(attachment, parent)


async def _owner(session: AsyncSession, attachment: Attachment | None) -> Actor | None:
    holder = await session.get(Post, attachment.post_id) if attachment is not None else None
    return await queries.by_id(session, holder.author_id) if holder is not None else None


async def _ask_home(context: Context, parent: Post, author: Actor) -> None:
    """Others' permission as their server says it now. Raises Forbidden without one, Elsewhere without an answer."""
    budget = Budget(fetches=limits.FETCH_PER_ACTIVITY, seconds=limits.FETCH_ACTIVITY_SECONDS, clock=context.clock)
    admitted = await context.part(RemoteActors).fetcher.document(parent.uri, budget=budget)
    async with context.database.read() as session:
        owner = await queries.by_id(session, parent.author_id)
        follows = owner is not None and await queries.is_follower(session, author.id, owner.id)
    granted = granted_by(admitted.document, owner) if owner is not None and admitted.owner == owner.uri else "nobody"
    if granted != RemixPolicy.ANYONE and not (granted == RemixPolicy.FOLLOWERS and follows):
        raise Forbidden(NOT_ALLOWED, f"remix of {parent.uri}")


def granted_by(body: dict[str, object], owner: Actor) -> RemixPolicy:
    """What a Note's `interactionPolicy.canRemix.automaticApproval` allows; nobody for anything else."""
    policies = body.get("interactionPolicy")
    rule = policies.get("canRemix") if isinstance(policies, dict) else None
    allowed = document.as_list(rule.get("automaticApproval"), 10) if isinstance(rule, dict) else []
    if any(uri in vocabulary.PUBLIC_SPELLINGS for uri in allowed if isinstance(uri, str)):
        return RemixPolicy.ANYONE
    if owner.followers_uri is not None and owner.followers_uri in allowed:
        return RemixPolicy.FOLLOWERS
    return RemixPolicy.NOBODY


async def _fetch(context: Context, attachment: Attachment, owner: Actor) -> bytes:
    """Another server's picture, rebuilt from its pixels before any generator sees it."""
    if owner.reject_media or owner.severity == Severity.SUSPEND or not attachment.url:
        raise Forbidden(NOT_ALLOWED, f"no pictures of {owner.host}")
    budget = Budget(fetches=limits.REMOTE_COPY_FETCHES, seconds=limits.FETCH_MEDIA_SECONDS, clock=context.clock)
    answer = await context.http.get(attachment.url, limit=limits.IMAGE_BYTES, budget=budget)
    if answer.status != 200:
        raise Elsewhere("The picture to begin from could not be fetched.", f"{attachment.url}: {answer.status}")
    made = await images.render(context.part(Pipeline).sandbox, answer.body, provenance=Provenance())
    return made.data


async def permit(session: AsyncSession, author: Actor, post: Post, value: str) -> None:
    """Allow or forbid remixes of a post from now on; whoever got it is told. What was made before stays.

    Raises Forbidden for somebody else's post, Conflict for one that is not out, Unprocessable for an unknown word.
    """
    if post.author_id != author.id or not post.local:
        raise Forbidden("This is not your post.")
    if post.state != PostState.PUBLISHED:
        raise Conflict("Only a published post can be changed.")
    if value not in {item.value for item in RemixPolicy}:
        raise Unprocessable(_("“%(value)s” cannot be chosen here.") % {"value": value}, "remix permission")
    if post.remix_policy == value:
        return
    context = context_of(session)
    post.remix_policy = value
    # Peers compare seconds and take only what is later than what they have.
    post.updated_ms = max(context.clock.now_ms(), (post.updated_ms or post.published_ms or 0) + 1000)
    note = await documents.render(session, post, author)
    inboxes = await audience.reach(session, author, post)
    await send(session, author, activities.update(context, post, author, note), inboxes, object_uri=post.uri)
    context.part(ServedDocuments).changes(session)


async def credit(session: AsyncSession, post: Post) -> str:
    """The line that names what a post was made from, as HTML; empty for a post without parents and for one's own."""
    links = []
    for line in await parents_of(session, post.id):
        parent = await session.get(Post, line.parent_id) if line.parent_id is not None else None
        owner = await queries.by_id(session, parent.author_id) if parent is not None else None
        if parent is not None and owner is not None and owner.id != post.author_id:
            link = stdlib_html.escape(parent.url or parent.uri)
            links.append(f'<a href="{link}">a picture by @{stdlib_html.escape(owner.handle)}</a>')
    return f"<p>Made from {', '.join(links)}</p>" if links else ""


async def tell_parents(session: AsyncSession, post: Post, author: Actor) -> None:
    """People of ours from whose posts this one was made hear of it."""
    for line in await parents_of(session, post.id):
        parent = await session.get(Post, line.parent_id) if line.parent_id is not None else None
        owner = await queries.by_id(session, parent.author_id) if parent is not None else None
        if owner is not None:
            await notify.tell(session, owner, "remix", f"remix:{post.uri}", from_id=author.id, post_id=post.id)
