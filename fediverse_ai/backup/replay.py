"""What was deleted, taken back, followed or blocked after the backup, done once more here, and told to nobody."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import blocks, follows, local, policy, queries
from actors.models import Account, Actor, Block, Follow, FollowState
from fediverse_ai.backup.afterwards import Entry
from fediverse_ai.core import urls
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Unprocessable
from inbox import tombstones
from inbox.handlers.delete import bury_actor
from outbox import activities, leave, react
from outbox import queries as posts
from outbox.models import Post, PostState, Reaction
from outbox.publish import bury, remove


class Unknown(LookupError):
    """The entry is about an actor of another server whom the backup does not know; `uri` says whom."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self.uri = uri


async def apply(session: AsyncSession, entry: Entry) -> bool:
    """Do one entry, if it is not so already; whether anything changed. Raises Unknown."""
    match entry.kind:
        case "joined":
            return await _joined(session, entry.uri)
        case "post":
            return await _post(session, entry.uri)
        case "actor":
            return await _actor(session, entry.uri)
        case "undone":
            return await _undone(session, entry)
        case "unfollow":
            return await _unfollow(session, entry)
        case "follow" | "accept":
            return await _follow(session, entry)
        case "block":
            return await _block(session, entry)
        case _:
            return False


async def _joined(session: AsyncSession, uri: str) -> bool:
    """Who came after the backup is lost; others know them by this address, so nobody else ever gets it."""
    name = uri.rpartition("/")[2]
    if await queries.by_handle(session, name) is not None:
        return False
    try:
        actor = await local.create(session, name)
    except Unprocessable:  # a name that this program gives to nobody
        return False
    leave.entomb(session, actor, context_of(session).clock.now_ms())
    return True


async def _post(session: AsyncSession, uri: str) -> bool:
    post = await posts.by_uri(session, uri)
    if post is None or post.state == PostState.DELETED:
        return False
    if post.local:
        await remove(session, post, tell=False)
        return True
    author = await queries.by_id(session, post.author_id)
    if author is not None:
        await tombstones.set_stone(session, uri, author.uri, for_ever=True)
    await bury(session, post)
    return True


async def _actor(session: AsyncSession, uri: str) -> bool:
    actor = await queries.by_uri(session, uri)
    if actor is None or actor.deleted_ms is not None:
        return False
    if not actor.local:
        await bury_actor(session, actor)
        return True
    account = (await session.exec(select(Account).where(Account.actor_id == actor.id))).first()
    if account is None:
        return False
    await leave.end(session, account, tell=False)
    return True


async def _undone(session: AsyncSession, entry: Entry) -> bool:
    """A follow, reaction or block with this id, which its owner took back; it does not come back by a late copy."""
    if entry.who and not urls.same_origin(entry.who, context_of(session).config.public_url):
        await tombstones.set_stone(session, entry.uri, entry.who, for_ever=True)
    reaction = (await session.exec(select(Reaction).where(col(Reaction.uri) == entry.uri))).first()
    if reaction is not None and await _is(session, reaction.actor_id, entry.who):
        post = await session.get(Post, reaction.post_id)
        await session.delete(reaction)
        await session.flush()
        if post is not None:
            await react.recount(session, post)
        return True
    block = (await session.exec(select(Block).where(col(Block.uri) == entry.uri))).first()
    if block is not None and await _is(session, block.blocker_id, entry.who):
        return await blocks.remove(session, block.blocker_id, block.blocked_id)
    return await _unfollow(session, entry)


async def _is(session: AsyncSession, actor_id: int, uri: str) -> bool:
    actor = await queries.by_id(session, actor_id)
    return actor is not None and actor.uri == uri


async def _unfollow(session: AsyncSession, entry: Entry) -> bool:
    follow = (await session.exec(select(Follow).where(col(Follow.uri) == entry.uri))).first() if entry.uri else None
    if follow is not None and await _is(session, follow.follower_id, entry.who):
        return await follows.remove(session, follow.follower_id, follow.followed_id)
    who, whom = await queries.by_uri(session, entry.who), await queries.by_uri(session, entry.whom)
    return who is not None and whom is not None and await follows.remove(session, who.id, whom.id)


async def _pair(session: AsyncSession, entry: Entry) -> tuple[Actor, Actor] | None:
    """Both actors, where both live. Raises Unknown."""
    found = []
    for uri in (entry.who, entry.whom):
        actor = await queries.by_uri(session, uri)
        if actor is None and not urls.same_origin(uri, context_of(session).config.public_url):
            raise Unknown(uri)
        if actor is None or not policy.living(actor):
            return None
        found.append(actor)
    return found[0], found[1]


async def _follow(session: AsyncSession, entry: Entry) -> bool:
    pair = await _pair(session, entry)
    if pair is None or await policy.blocked_between(session, pair[0].id, pair[1].id):
        return False
    known = await queries.follow_of(session, pair[0].id, pair[1].id)
    granted = entry.kind == "accept" or (pair[1].local and not pair[1].manually_approves)
    state = FollowState.ACCEPTED if granted else FollowState.PENDING
    if known is None:
        await follows.add(session, *pair, entry.uri, state)
        return True
    known.uri = entry.uri
    changed = granted and known.state != FollowState.ACCEPTED
    await follows.settle(session, known, FollowState.ACCEPTED if granted else FollowState(known.state))
    return changed


async def _block(session: AsyncSession, entry: Entry) -> bool:
    pair = await _pair(session, entry)
    if pair is None or await blocks.block_of(session, pair[0].id, pair[1].id) is not None:
        return False
    await blocks.add(session, *pair, entry.uri or activities.new_uri(context_of(session)))
    return True
