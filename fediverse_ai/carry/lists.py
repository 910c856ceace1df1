"""The lists of one person as rows of CSV files, read from the database."""

from __future__ import annotations

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Block, Follow, FollowState, Mute
from fediverse_ai.carry.csvs import Kind, write
from fediverse_ai.core.context import context_of
from outbox.belongings import Bookmark
from outbox.models import Post
from outbox.shelves import ListMember, ReadingList, SilencedHost


async def file(session: AsyncSession, actor: Actor, kind: Kind) -> str:
    """One file as Mastodon writes it, oldest first."""
    return write(kind, await rows(session, actor, kind))


async def rows(session: AsyncSession, actor: Actor, kind: Kind) -> list[tuple[str, ...]]:
    """The lines of one file, without its header."""
    match kind:
        case Kind.FOLLOWING:
            query = select(Follow, Actor).join(Actor, col(Actor.id) == col(Follow.followed_id))
            mine = query.where(Follow.follower_id == actor.id, Follow.state != FollowState.REJECTED)
            found = await session.exec(mine.order_by(col(Follow.id)))
            return [(one.handle, _word(row.boosts), _word(row.notify), "") for row, one in found]
        case Kind.BLOCKS:
            blocked = select(Actor).join(Block, col(Block.blocked_id) == col(Actor.id))
            people = await session.exec(blocked.where(Block.blocker_id == actor.id).order_by(col(Block.id)))
            return [(one.handle,) for one in people]
        case Kind.MUTES:
            now = context_of(session).clock.now_ms()
            muted = select(Mute, Actor).join(Actor, col(Actor.id) == col(Mute.muted_id))
            holding = or_(col(Mute.expires_ms).is_(None), col(Mute.expires_ms) > now)
            silent = await session.exec(muted.where(Mute.muter_id == actor.id, holding).order_by(col(Mute.id)))
            return [(one.handle, _word(row.notifications)) for row, one in silent]
        case Kind.DOMAINS:
            hosts = select(SilencedHost.host).where(SilencedHost.actor_id == actor.id)
            return [(host,) for host in await session.exec(hosts.order_by(col(SilencedHost.host)))]
        case Kind.LISTS:
            members = (
                select(ReadingList.title, Actor)
                .join(ListMember, col(ListMember.list_id) == col(ReadingList.id))
                .join(Actor, col(Actor.id) == col(ListMember.member_id))
                .where(ReadingList.actor_id == actor.id)
                .order_by(col(ReadingList.id), col(ListMember.id))
            )
            return [(title, one.handle) for title, one in await session.exec(members)]
        case Kind.BOOKMARKS:
            kept = select(Post.uri).join(Bookmark, col(Bookmark.post_id) == col(Post.id))
            mine_kept = kept.where(Bookmark.actor_id == actor.id).order_by(col(Bookmark.id))
            return [(uri,) for uri in await session.exec(mine_kept)]


def _word(flag: bool) -> str:
    return "true" if flag else "false"
