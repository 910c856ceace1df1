"""compose(session, author, draft) -> Post: the one entry for every door."""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy
from actors.models import Account, Actor
from fediverse_ai.core import room
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Forbidden, Missing, Unprocessable
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.log import get
from outbox import budget, line, lineage, probing, quotas, quote, restraints, tag_guard, uploads
from outbox import draft as drafts
from outbox.belongings import Disclosure, RemixPolicy
from outbox.draft import Draft
from outbox.models import Origin, Post, PostState, Visibility
from outbox.visibility import may_see

__all__ = ["Draft", "compose"]

log = get(__name__)


async def compose(session: AsyncSession, author: Actor, draft: Draft, *, bounded: bool = True) -> Post:
    """Store a post in state `waiting` with the job that prepares it, or as a draft. The same client key, the same post.

    Raises Unprocessable for what cannot be posted, Forbidden for an author who may not, Missing for a reply to
    something the author cannot see, TooMany for more than the author's role may use (outbox/quotas.py) and for what was
    refused too often (outbox/probing.py), unless not `bounded`: at the command line the owner decides. NoRoom for a
    picture while the disk is nearly full.
    """
    context = context_of(session)
    if not author.local or not policy.living(author):
        raise Forbidden("This account cannot post.")
    await restraints.require_posting(session, author)
    drafts.check(draft, context.clock.now_ms())
    if draft.client_key is not None:
        known = select(Post).where(Post.author_id == author.id, Post.client_key == draft.client_key)
        if (post := (await session.exec(known)).first()) is not None:
            return post
    if draft.prompt is not None and not draft.keep:
        room.require(context.config)
    parent = await _parent(session, author, draft)
    made_by_ai = draft.prompt is not None or (bool(draft.media_ids) and draft.origin_of_uploads == Origin.DECLARED_AI)
    await budget.check(session, author, draft.visibility, pictures=draft.pictures > 0, reply=parent is not None)
    if bounded and not draft.keep:
        await quotas.require_post(session, author.id, pictures=draft.pictures > 0)
        if draft.prompt is not None:
            await probing.check(session, author, draft.prompt)
    post = row(context, author, draft, parent)
    await _choices(session, author, draft, post)
    post.quote_uri = await _quoted(session, author, draft)
    session.add(post)
    await session.flush()
    await lineage.begin(session, author, post, draft)
    await uploads.take(session, author, post, draft.media_ids, draft.origin_of_uploads)
    if not draft.keep:
        await line.line_up(session, post, once=f"prepare:{post.id}", bounded=bounded)
    if made_by_ai and (named := tag_guard.human_tags(context.config, draft.text)):
        log.info("human_tags", post=post.id, tags=named)
    fp("compose.before_commit")
    return post


async def _parent(session: AsyncSession, author: Actor, draft: Draft) -> Post | None:
    if draft.in_reply_to_id is None:
        return None
    parent = await session.get(Post, draft.in_reply_to_id)
    if parent is None or parent.state != PostState.PUBLISHED or not await may_see(session, author, parent):
        raise Missing("The post you answer does not exist (any more).")
    return parent


async def _quoted(session: AsyncSession, author: Actor, draft: Draft) -> str | None:
    if draft.quote_id is None:
        return None
    quoted = await session.get(Post, draft.quote_id)
    if quoted is None or quoted.state != PostState.PUBLISHED or not await may_see(session, author, quoted):
        raise Missing("The post you quote does not exist (any more).")
    if not await quote.can_be_quoted(session, author, quoted):
        raise Unprocessable("Only public posts can be quoted.")
    return quoted.uri


async def _choices(session: AsyncSession, author: Actor, draft: Draft, post: Post) -> None:
    """How much of the recipe leaves and who may build on it: as the draft says, else as the account does."""
    account = (await session.exec(select(Account).where(Account.actor_id == author.id))).first()
    post.disclosure = draft.disclosure or (account.disclosure if account is not None else Disclosure.FULL)
    post.remix_policy = draft.remix_policy or (account.remix_policy if account is not None else RemixPolicy.NOBODY)


def row(context: Context, author: Actor, draft: Draft, parent: Post | None) -> Post:
    """The post of a draft, not added: also for a look ahead at what would leave."""
    now = context.clock.now_ms()
    ahead = draft.not_before_ms if draft.not_before_ms is not None and draft.not_before_ms > now else None
    # Ids sort by time of publication, so a scheduled post gets one of its own time.
    post_id = context.ids.new() if ahead is None else context.ids.ahead(ahead)
    base = context.config.public_url
    return Post(
        id=post_id,
        uri=f"{base}/notes/{post_id}",
        url=f"{base}/@{author.username}/{post_id}",
        local=True,
        author_id=author.id,
        state=PostState.DRAFT if draft.keep else PostState.WAITING,
        visibility=draft.visibility or Visibility.QUIET,
        text=draft.text.strip(),
        summary=(draft.summary or "").strip() or None,
        sensitive=draft.sensitive,
        language=draft.language,
        in_reply_to_uri=parent.uri if parent else None,
        in_reply_to_id=parent.id if parent else None,
        # A thread keeps the context of its first post; ours begin one of our own (FEP-7888).
        context_uri=(parent.context_uri if parent else None) or f"{base}/contexts/{post_id}",
        created_ms=now,
        client_key=draft.client_key,
        request=drafts.order(context.clock, draft),
        progress={"fraction": None, "words": "waiting for its turn"} if draft.prompt and not draft.keep else None,
        not_before_ms=ahead,
    )
