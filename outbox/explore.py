"""What is worth a look on this server now: pictures by a documented score, hashtags, and who makes them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.nodes import SEQUENCE_BITS
from outbox import queries, restraints
from outbox.dial import unwelcome
from outbox.models import Attachment, Post, PostTag, Reaction
from outbox.queries import PostView
from outbox.unwanted import unwanted_by
from outbox.visibility import OPEN, seen_by

DAY_MS = 86_400_000
HALVED_AFTER_MS = 3 * DAY_MS


@dataclass(frozen=True, slots=True)
class Shown:
    """A post and why it is there: how many people liked or boosted it, each counted once."""

    view: PostView
    people: int


def score(people: int, age_ms: int) -> float:
    """The whole formula: its people and one, halved every three days. Told in docs/explanation/explore.md."""
    return (1 + people) * math.pow(0.5, max(0, age_ms) / HALVED_AFTER_MS)


def _since(session: AsyncSession) -> int:
    """The least id that a post of the window can have."""
    now = context_of(session).clock.now_ms()
    return (now - limits.EXPLORE_DAYS * DAY_MS) << SEQUENCE_BITS


def _listed(session: AsyncSession, reader_id: int | None) -> list[Any]:
    """Conditions on Post: of the window, open to all, of somebody who wants to be found, and welcome to the reader."""
    found = exists(select(Actor.id).where(Actor.id == Post.author_id, col(Actor.discoverable).is_(True)))
    conditions = [
        col(Post.local).is_(True),
        col(Post.id) >= _since(session),
        col(Post.visibility).in_(OPEN),
        col(Post.in_reply_to_uri).is_(None),
        col(Post.sensitive).is_(False),
        col(Post.summary).is_(None),
        ~restraints.off_gallery(),
        found,
        seen_by(None),
    ]
    if reader_id is not None:
        conditions += [seen_by(reader_id), ~unwelcome(reader_id, context_of(session).clock.now_ms())]
    return conditions


async def pictures(session: AsyncSession, reader_id: int | None) -> list[Shown]:
    """The best of the newest EXPLORE_CANDIDATES pictures, one for each author, the highest score first."""
    pictured = exists(select(Attachment.id).where(Attachment.post_id == Post.id, col(Attachment.file).is_not(None)))
    query = select(Post.id, Post.author_id, Post.published_ms, Post.created_ms)
    query = query.where(pictured, *_listed(session, reader_id)).order_by(col(Post.id).desc())
    candidates = list(await session.exec(query.limit(limits.EXPLORE_CANDIDATES)))
    people = await _people(session, [row[0] for row in candidates])
    now = context_of(session).clock.now_ms()
    scored = [
        (score(people.get(post_id, 0), now - (published or created)), post_id, author_id)
        for post_id, author_id, published, created in candidates
    ]
    chosen: dict[int, int] = {}
    for _score, post_id, author_id in sorted(scored, reverse=True):
        chosen.setdefault(author_id, post_id)
    ids = list(chosen.values())[: limits.PAGE_POSTS]
    posts = {post.id: post for post in await session.exec(select(Post).where(col(Post.id).in_(ids)))}
    views = await queries.views(session, [posts[one] for one in ids], reader_id)
    return [Shown(view, people.get(view.post.id, 0)) for view in views]


async def _people(session: AsyncSession, ids: list[int]) -> dict[int, int]:
    """Post -> how many others liked or boosted it; without those whom a rule of this server limits or who are gone."""
    distinct: Any = func.count(func.distinct(col(Reaction.actor_id)))
    query = (
        select(Reaction.post_id, distinct)
        .join(Actor, col(Actor.id) == col(Reaction.actor_id))
        .join(Post, col(Post.id) == col(Reaction.post_id))
        .where(col(Reaction.post_id).in_(ids), col(Reaction.actor_id) != col(Post.author_id))
        .where(col(Actor.suspended_ms).is_(None), col(Actor.deleted_ms).is_(None), col(Actor.severity).is_(None))
        .group_by(col(Reaction.post_id))
    )
    return {post_id: int(number) for post_id, number in await session.exec(query)}


async def hashtags(session: AsyncSession, reader_id: int | None) -> list[tuple[str, int]]:
    """(name, posts) of the window's hashtags, those of most authors first; the label that all carry is left out."""
    label = [name.lower() for name in context_of(session).config.labels.hashtags]
    newest = select(Post.id).where(*_listed(session, reader_id)).order_by(col(Post.id).desc())
    bounded = newest.limit(limits.EXPLORE_CANDIDATES).subquery()
    authors: Any = func.count(func.distinct(col(Post.author_id)))
    posts: Any = func.count()
    query = (
        select(PostTag.name, posts)
        .join(Post, col(Post.id) == col(PostTag.post_id))
        .where(col(PostTag.post_id).in_(select(bounded.c.id)), col(PostTag.name).not_in(label))
        .group_by(col(PostTag.name))
        .order_by(authors.desc(), posts.desc(), col(PostTag.name))
        .limit(limits.EXPLORE_ROW)
    )
    return [(name, int(number)) for name, number in await session.exec(query)]


async def makers(session: AsyncSession, reader_id: int | None) -> list[Actor]:
    """Who posted pictures last and wants to be found, at most EXPLORE_ROW; never the reader."""
    newest = select(Post.id, Post.author_id).where(*_listed(session, reader_id)).order_by(col(Post.id).desc())
    bounded = newest.limit(limits.EXPLORE_CANDIDATES).subquery()
    latest: Any = func.max(bounded.c.id)
    query = select(Actor).join(bounded, bounded.c.author_id == Actor.id).group_by(col(Actor.id)).order_by(latest.desc())
    if reader_id is not None:
        unwanted = unwanted_by(reader_id, col(Actor.id), context_of(session).clock.now_ms())
        query = query.where(Actor.id != reader_id, ~unwanted)
    return list(await session.exec(query.limit(limits.EXPLORE_ROW)))
