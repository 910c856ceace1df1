"""Reads only: actors by id, URI and handle, followers and where their inboxes are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Account, Actor, Follow, FollowState, Key
from fediverse_ai.core import limits, roles, urls
from fediverse_ai.core.context import context_of
from fediverse_ai.core.roles import Right


async def by_id(session: AsyncSession, actor_id: int) -> Actor | None:
    return await session.get(Actor, actor_id)


async def by_ids(session: AsyncSession, actor_ids: Iterable[int]) -> dict[int, Actor]:
    ids = set(actor_ids)
    if not ids:
        return {}
    rows = await session.exec(select(Actor).where(col(Actor.id).in_(ids)))
    return {actor.id: actor for actor in rows}


async def by_uri(session: AsyncSession, uri: str) -> Actor | None:
    return (await session.exec(select(Actor).where(Actor.uri == uri))).first()


async def by_uris(session: AsyncSession, uris: Iterable[str]) -> dict[str, Actor]:
    wanted = set(uris)
    if not wanted:
        return {}
    rows = await session.exec(select(Actor).where(col(Actor.uri).in_(wanted)))
    return {actor.uri: actor for actor in rows}


async def by_handle(session: AsyncSession, username: str, host: str | None = None) -> Actor | None:
    """The actor `username@host`; without a host, or with one of ours, a local one. Names compare without case."""
    own = context_of(session).config.own_hosts
    query = select(Actor).where(Actor.username_lower == username.lower())
    if host is None or host in own:
        query = query.where(col(Actor.host).in_(own), col(Actor.local).is_(True))
    else:
        query = query.where(Actor.host == host)
    return (await session.exec(query)).first()


async def local_by_name(session: AsyncSession, username: str) -> Actor | None:
    """A living local person or service by name; never the instance actor."""
    actor = await by_handle(session, username)
    return actor if actor is not None and actor.local and actor.kind != "Application" else None


async def local_accounts(session: AsyncSession) -> list[Actor]:
    """Every local actor with an account that wants to be found, oldest first."""
    query = (
        select(Actor)
        .join(Account, col(Account.actor_id) == col(Actor.id))
        .where(col(Actor.deleted_ms).is_(None), col(Actor.suspended_ms).is_(None), col(Account.disabled_ms).is_(None))
        .where(col(Actor.discoverable).is_(True))
        .order_by(col(Actor.id))
    )
    return list(await session.exec(query))


async def staff(session: AsyncSession) -> list[Actor]:
    """The actors of those who may decide about reports and held posts."""
    query = (
        select(Actor)
        .join(Account, col(Account.actor_id) == col(Actor.id))
        .where(col(Account.role).in_(roles.holding(Right.MODERATE)), col(Account.disabled_ms).is_(None))
        .where(col(Actor.deleted_ms).is_(None), col(Actor.suspended_ms).is_(None))
    )
    return list(await session.exec(query))


async def in_charge(session: AsyncSession) -> list[Actor]:
    """The actors of owners and admins who want to be found, oldest first: whom others may write to."""
    query = (
        select(Actor)
        .join(Account, col(Account.actor_id) == col(Actor.id))
        .where(col(Account.role).in_(("owner", "admin")), col(Account.disabled_ms).is_(None))
        .where(col(Actor.discoverable).is_(True), col(Actor.deleted_ms).is_(None), col(Actor.suspended_ms).is_(None))
    )
    return list(await session.exec(query.order_by(col(Account.id))))


async def key_by_uri(session: AsyncSession, uri: str) -> tuple[Key, Actor] | None:
    query = select(Key, Actor).join(Actor, col(Actor.id) == col(Key.actor_id)).where(Key.uri == uri)
    return (await session.exec(query)).first()


async def key_of(session: AsyncSession, actor_id: int) -> Key | None:
    """The RSA key of an actor that is in use; for local ones with its sealed private part."""
    query = select(Key).where(Key.actor_id == actor_id, Key.kind == "rsa", col(Key.retired_ms).is_(None))
    query = query.order_by(col(Key.id).desc())
    return (await session.exec(query)).first()


@dataclass(frozen=True, slots=True)
class Counts:
    followers: int
    following: int


async def keys_of(session: AsyncSession, actor_id: int) -> list[Key]:
    """Every key of an actor that is in use, oldest first."""
    query = select(Key).where(Key.actor_id == actor_id, col(Key.retired_ms).is_(None))
    return list(await session.exec(query.order_by(col(Key.id))))


async def replaced_keys_of(session: AsyncSession, actor_id: int) -> list[Key]:
    """The keys of ours that were replaced and are still published, newest first."""
    query = select(Key).where(Key.actor_id == actor_id, col(Key.retired_ms).is_not(None), col(Key.leaked).is_(False))
    return list(await session.exec(query.order_by(col(Key.id).desc()).limit(limits.REPLACED_KEYS)))


async def counts(session: AsyncSession, actor_id: int) -> Counts:
    accepted = Follow.state == FollowState.ACCEPTED
    followers = select(func.count()).where(Follow.followed_id == actor_id, accepted).scalar_subquery()
    following = select(func.count()).where(Follow.follower_id == actor_id, accepted).scalar_subquery()
    row = (await session.exec(select(followers, following))).one()
    return Counts(followers=row[0] or 0, following=row[1] or 0)


async def follow_of(session: AsyncSession, follower_id: int, followed_id: int) -> Follow | None:
    query = select(Follow).where(Follow.follower_id == follower_id, Follow.followed_id == followed_id)
    return (await session.exec(query)).first()


async def is_follower(session: AsyncSession, follower_id: int, followed_id: int) -> bool:
    follow = await follow_of(session, follower_id, followed_id)
    return follow is not None and follow.state == FollowState.ACCEPTED


async def has_local_follower(session: AsyncSession, followed_id: int) -> bool:
    """Does anybody here follow this actor? What nobody here wants is not stored."""
    query = (
        select(Follow.id)
        .join(Actor, col(Actor.id) == col(Follow.follower_id))
        .where(Follow.followed_id == followed_id, Follow.state == FollowState.ACCEPTED, col(Actor.local).is_(True))
        .limit(1)
    )
    return (await session.exec(query)).first() is not None


async def subscribers(session: AsyncSession, followed_id: int) -> list[Actor]:
    """Our people who follow this actor and want to be told of each post."""
    query = (
        select(Actor)
        .join(Follow, col(Follow.follower_id) == col(Actor.id))
        .where(Follow.followed_id == followed_id, Follow.state == FollowState.ACCEPTED, col(Follow.notify).is_(True))
        .where(col(Actor.local).is_(True))
    )
    return list(await session.exec(query))


async def follower_inboxes(session: AsyncSession, actor_id: int) -> set[str]:
    """The distinct inboxes of an actor's living remote followers, shared ones preferred."""
    inbox = func.coalesce(Actor.shared_inbox_url, Actor.inbox_url)
    query = (
        select(inbox)
        .distinct()
        .select_from(Follow)
        .join(Actor, col(Actor.id) == col(Follow.follower_id))
        .where(Follow.followed_id == actor_id, Follow.state == FollowState.ACCEPTED)
        .where(col(Actor.local).is_(False), col(Actor.suspended_ms).is_(None), col(Actor.deleted_ms).is_(None))
    )
    return set(await session.exec(query))


async def our_followers_inboxes(session: AsyncSession) -> set[str]:
    """The distinct inboxes of everybody elsewhere who follows anybody here, shared ones preferred."""
    followed: Any = aliased(Actor)
    inbox = func.coalesce(Actor.shared_inbox_url, Actor.inbox_url)
    query = (
        select(inbox)
        .distinct()
        .select_from(Follow)
        .join(Actor, col(Actor.id) == col(Follow.follower_id))
        .join(followed, followed.id == col(Follow.followed_id))
        .where(followed.local.is_(True), Follow.state == FollowState.ACCEPTED)
        .where(col(Actor.local).is_(False), col(Actor.suspended_ms).is_(None), col(Actor.deleted_ms).is_(None))
    )
    return set(await session.exec(query))


def lives_at(session: AsyncSession, origin: str) -> Any:
    """A condition on Actor: its id is of this origin; as a range, so that the index serves."""
    # "/" is followed by "0" where code points are compared, as SQLite always does and PostgreSQL by this collation.
    uri_column: Any = col(Actor.uri)
    if context_of(session).database.dialect == "postgresql":
        uri_column = uri_column.collate("C")
    return and_(uri_column >= f"{origin}/", uri_column < f"{origin}0")


async def followers_on(session: AsyncSession, actor_id: int, origins: Iterable[str]) -> dict[str, list[str]]:
    """origin -> URIs of an actor's accepted followers there (FEP-8fcf). Ranges of URIs, so that the index serves."""
    found: dict[str, list[str]] = {origin: [] for origin in origins}
    if not found:
        return found
    ranges = [lives_at(session, origin) for origin in found]
    query = (
        select(Actor.uri)
        .join(Follow, col(Follow.follower_id) == col(Actor.id))
        .where(Follow.followed_id == actor_id, Follow.state == FollowState.ACCEPTED, or_(*ranges))
    )
    for uri in await session.exec(query):
        origin = urls.origin(uri)
        if origin in found:
            found[origin].append(uri)
    return found


async def local_followers(session: AsyncSession, actor_id: int) -> list[int]:
    query = (
        select(Follow.follower_id)
        .join(Actor, col(Actor.id) == col(Follow.follower_id))
        .where(Follow.followed_id == actor_id, Follow.state == FollowState.ACCEPTED, col(Actor.local).is_(True))
    )
    return list(await session.exec(query))


async def decide_themselves(session: AsyncSession, actor_ids: Iterable[int]) -> set[int]:
    """Whose follows do not go along by themselves when somebody moves (`Account.carry_follows`)."""
    query = select(Account.actor_id).where(
        col(Account.actor_id).in_(list(actor_ids)), col(Account.carry_follows).is_(False)
    )
    return set(await session.exec(query))


async def relation_page(
    session: AsyncSession, actor_id: int, which: str, before: int | None, limit: int
) -> Sequence[tuple[int, str]]:
    """(follow id, actor URI) of `followers` or `following`, newest first, for the collections."""
    mine, other = (
        (Follow.followed_id, Follow.follower_id) if which == "followers" else (Follow.follower_id, Follow.followed_id)
    )
    query = (
        select(Follow.id, Actor.uri)
        .join(Actor, col(Actor.id) == other)
        .where(mine == actor_id, Follow.state == FollowState.ACCEPTED)
    )
    if before is not None:
        query = query.where(col(Follow.id) < before)
    return list(await session.exec(query.order_by(col(Follow.id).desc()).limit(limit)))


async def known_inboxes(session: AsyncSession) -> set[str]:
    """Every inbox of every living remote actor we know: whom a deleted account must tell."""
    inbox = func.coalesce(Actor.shared_inbox_url, Actor.inbox_url)
    query = (
        select(inbox)
        .distinct()
        .where(col(Actor.local).is_(False), or_(col(Actor.deleted_ms).is_(None), col(Actor.deleted_ms) == 0))
    )
    return set(await session.exec(query))
