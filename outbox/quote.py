"""Quotes with consent (FEP-044f): stamps that our authors give and take back, and requests for quotes of ours."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy, queries
from actors.models import Actor
from actors.served import ServedDocuments
from fediverse_ai.core.context import context_of
from outbox import activities, audience, documents, notify
from outbox.models import Post, PostState, QuoteStamp, QuoteState, Visibility
from outbox.queries import by_uri
from outbox.send import send
from outbox.visibility import OPEN, may_see

Json = dict[str, Any]


async def may_quote(session: AsyncSession, quoter: Actor, post: Post) -> bool:
    """Does the post's own policy allow it, and its author's: everybody for open posts, followers for theirs, the
    author always?"""
    if post.state != PostState.PUBLISHED or not await may_see(session, quoter, post):
        return False
    if quoter.id == post.author_id:
        return True
    author = await queries.by_id(session, post.author_id)
    if author is None or author.quote_policy == "nobody":
        return False
    if post.visibility in OPEN and author.quote_policy == "anyone":
        return True
    close = post.visibility in OPEN or post.visibility == Visibility.FOLLOWERS
    return close and await queries.is_follower(session, quoter.id, post.author_id)


async def stamp_of(session: AsyncSession, post: Post, quoter: Actor, quoting_uri: str) -> QuoteStamp | None:
    """The consent that this quoter got, revoked or not; a neighbour's over the same id is another one."""
    query = select(QuoteStamp).where(QuoteStamp.post_id == post.id, QuoteStamp.interacting_uri == quoting_uri)
    return (await session.exec(query.where(QuoteStamp.requester_id == quoter.id))).first()


async def give_stamp(session: AsyncSession, post: Post, quoter: Actor, quoting_uri: str) -> QuoteStamp | None:
    """Our author's consent to one quote, or the one given before; None where the policy says no or it was revoked."""
    stamp = await stamp_of(session, post, quoter, quoting_uri)
    if stamp is not None:
        return stamp if stamp.revoked_ms is None else None
    if not await may_quote(session, quoter, post):
        return None
    context = context_of(session)
    stamp = QuoteStamp(
        id=context.ids.new(),
        post_id=post.id,
        interacting_uri=quoting_uri,
        requester_id=quoter.id,
        created_ms=context.clock.now_ms(),
    )
    session.add(stamp)
    await session.flush()
    author = await queries.by_id(session, post.author_id)
    if author is not None:
        await notify.tell(session, author, "quote", f"quote:{quoting_uri}", from_id=quoter.id, post_id=post.id)
    return stamp


async def answer(session: AsyncSession, post: Post, quoter: Actor, request: Json, quoting_uri: str) -> bool:
    """Answer a QuoteRequest with Accept and a stamp, or with Reject, to the asker's own inbox."""
    author = await queries.by_id(session, post.author_id)
    if author is None:
        return False
    config = context_of(session).config
    stamp = await give_stamp(session, post, quoter, quoting_uri)
    result = documents.stamp_uri(config, stamp) if stamp is not None else None
    body = activities.answer_quote(context_of(session), author, quoter, request, result)
    await send(session, author, body, [quoter.inbox_url], object_uri=request["id"], soon=True)
    return stamp is not None


async def revoke(session: AsyncSession, stamp: QuoteStamp) -> None:
    """Take a consent back: its address answers 410, the quoting server and our followers get a Delete of it."""
    post = await session.get(Post, stamp.post_id)
    author = await queries.by_id(session, post.author_id) if post is not None else None
    quoter = await queries.by_id(session, stamp.requester_id)
    if post is None or author is None or quoter is None or stamp.revoked_ms is not None:
        return
    context = context_of(session)
    stamp.revoked_ms = context.clock.now_ms()
    session.add(stamp)
    uri = documents.stamp_uri(context.config, stamp)
    inboxes = {audience.inbox_of(quoter, shared=False)} | await audience.inboxes(session, author, post)
    await send(session, author, activities.delete_stamp(context, author, post, uri), inboxes, object_uri=uri)
    quoting = await by_uri(session, stamp.interacting_uri)
    if quoting is not None and quoting.author_id == quoter.id:
        await settle(session, quoting, QuoteState.REVOKED)


async def revoke_all(session: AsyncSession, author: Actor, quoter: Actor) -> None:
    """Every consent that `author` gave to `quoter`, as a block takes them back."""
    query = (
        select(QuoteStamp)
        .join(Post, col(Post.id) == col(QuoteStamp.post_id))
        .where(Post.author_id == author.id, QuoteStamp.requester_id == quoter.id)
        .where(col(QuoteStamp.revoked_ms).is_(None))
    )
    for stamp in list(await session.exec(query)):
        await revoke(session, stamp)


async def begin(session: AsyncSession, post: Post, author: Actor) -> None:
    """Just before our post goes out: is its quote allowed at once, refused, or to be asked for?"""
    if post.quote_uri is None:
        return
    quoted = await by_uri(session, post.quote_uri)
    if quoted is None or not await can_be_quoted(session, author, quoted):
        # It vanished, or was closed to us, while this post was made.
        post.quote_uri = post.quote_state = None
        return
    owner = await queries.by_id(session, quoted.author_id)
    post.quote_state = QuoteState.PENDING
    if quoted.author_id == author.id:
        post.quote_state = QuoteState.ACCEPTED
    elif quoted.local:
        stamp = await give_stamp(session, quoted, author, post.uri)
        post.quote_state = QuoteState.ACCEPTED if stamp is not None else QuoteState.REJECTED
        post.quote_stamp_uri = documents.stamp_uri(context_of(session).config, stamp) if stamp is not None else None
    if post.quote_state == QuoteState.ACCEPTED and owner is not None:
        post.quote_owner_uri = owner.uri


async def can_be_quoted(session: AsyncSession, author: Actor, quoted: Post) -> bool:
    """Ours quote what everybody may see, and what they wrote themselves: a quote must not open what is closed."""
    if quoted.state != PostState.PUBLISHED or not await may_see(session, author, quoted):
        return False
    return quoted.visibility in OPEN or quoted.author_id == author.id


async def ask(session: AsyncSession, post: Post, author: Actor, note: Json) -> None:
    """Ask the quoted author elsewhere; an open post is shown to them whole, of any other only the id."""
    if post.quote_state != QuoteState.PENDING or post.quote_uri is None:
        return
    quoted = await by_uri(session, post.quote_uri)
    owner = await queries.by_id(session, quoted.author_id) if quoted is not None else None
    if quoted is None or owner is None or owner.local or not policy.living(owner):
        return
    instrument: Json | str = note if post.visibility in OPEN else post.uri
    body = activities.quote_request(context_of(session), author, owner, quoted, instrument)
    await send(session, author, body, [owner.inbox_url], object_uri=body["id"], soon=True)


async def settle(session: AsyncSession, post: Post, state: QuoteState, owner_uri: str | None = None) -> None:
    """What became of a quote. A post of ours is rendered anew, and whoever got it gets an Update."""
    if post.quote_state == state:
        return
    post.quote_state = state
    post.quote_owner_uri = owner_uri or post.quote_owner_uri
    session.add(post)
    await session.flush()
    author = await queries.by_id(session, post.author_id)
    if author is None or post.state != PostState.PUBLISHED:
        return
    if not post.local:
        await _tell_quoted(session, post, author)
        return
    context = context_of(session)
    # Peers compare seconds and take only what is later than what they have.
    post.updated_ms = max(context.clock.now_ms(), (post.updated_ms or post.published_ms or 0) + 1000)
    note = await documents.render(session, post, author)
    body = activities.update(context, post, author, note)
    await send(session, author, body, await audience.reach(session, author, post), object_uri=post.uri)
    context.part(ServedDocuments).changes(session)


async def _tell_quoted(session: AsyncSession, post: Post, quoter: Actor) -> None:
    """A person of ours who is quoted hears of it, also where the quoting server asks for no consent."""
    accepted = post.quote_state == QuoteState.ACCEPTED
    quoted = await by_uri(session, post.quote_uri) if accepted and post.quote_uri else None
    owner = await queries.by_id(session, quoted.author_id) if quoted is not None else None
    if quoted is not None and owner is not None and owner.local:
        await notify.tell(session, owner, "quote", f"quote:{post.uri}", from_id=quoter.id, post_id=quoted.id)
