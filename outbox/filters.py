"""What a reader's filters find in posts: muted words, hashtags and posts, the same for pages and apps."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.html import text_of
from fediverse_ai.core.texts import _
from outbox.models import Attachment, Post
from outbox.shelves import Filter, FilterAction, FilterKeyword, FilterPost

CONTEXTS = ("home", "notifications", "public", "thread", "account")
Parts = dict[int, tuple[list[FilterKeyword], list[FilterPost]]]
# The gravest of several that find the same post counts.
_GRAVITY = {FilterAction.BLUR: 0, FilterAction.WARN: 1, FilterAction.HIDE: 2}


@dataclass(frozen=True, slots=True)
class Hit:
    """What the gravest filter that found a post is called, and what it wants done."""

    title: str
    action: FilterAction


@lru_cache(maxsize=1024)
def pattern(keyword: str, whole_word: bool) -> re.Pattern[str]:
    start = r"\b" if whole_word and keyword[:1].isalnum() else ""
    end = r"\b" if whole_word and keyword[-1:].isalnum() else ""
    return re.compile(start + re.escape(keyword) + end, re.IGNORECASE)


async def of_reader(session: AsyncSession, actor_id: int) -> list[Filter]:
    """The reader's filters that have not run out, oldest first."""
    now = context_of(session).clock.now_ms()
    living = col(Filter.expires_ms).is_(None) | (col(Filter.expires_ms) > now)
    return list(await session.exec(select(Filter).where(Filter.actor_id == actor_id, living).order_by("id")))


async def parts_of(session: AsyncSession, filters: Sequence[Filter]) -> Parts:
    """The keywords and the posts of each filter, by its id."""
    found: Parts = {row.id: ([], []) for row in filters}
    words = select(FilterKeyword).where(col(FilterKeyword.filter_id).in_(found)).order_by("id")
    for keyword in await session.exec(words):
        found[keyword.filter_id][0].append(keyword)
    marks = select(FilterPost).where(col(FilterPost.filter_id).in_(found)).order_by("id")
    for post in await session.exec(marks):
        found[post.filter_id][1].append(post)
    return found


async def found_in(
    session: AsyncSession,
    reader_id: int,
    posts: Sequence[Post],
    pictures: Mapping[int, Sequence[Attachment]],
    place: str,
) -> dict[int, Hit]:
    """post id -> what the reader's filters for this place (one of CONTEXTS) say of it. One's own are never found."""
    rows = [row for row in await of_reader(session, reader_id) if place in row.contexts]
    if not rows or not posts:
        return {}
    parts = await parts_of(session, rows)
    found: dict[int, Hit] = {}
    for post in posts:
        if post.author_id == reader_id:
            continue
        said = words_of(post, pictures.get(post.id, ()))
        for row in rows:
            keywords, marks = parts[row.id]
            hit = any(pattern(one.keyword, one.whole_word).search(said) for one in keywords)
            if not hit and all(one.post_id != post.id for one in marks):
                continue
            action = FilterAction(row.action)
            known = found.get(post.id)
            if known is None or _GRAVITY[action] > _GRAVITY[known.action]:
                found[post.id] = Hit(row.title, action)
    return found


def words_of(post: Post, pictures: Sequence[Attachment]) -> str:
    """Everything in a post that a filter looks at: text, warning, descriptions, hashtags."""
    alts = [one.alt for one in pictures]
    return "\n".join([text_of(post.content), post.summary or "", *alts, *(f"#{name}" for name in post.hashtags)])


async def mute_words(
    session: AsyncSession,
    actor_id: int,
    words: Sequence[str],
    *,
    title: str = "",
    action: str = FilterAction.HIDE,
    places: Collection[str] = CONTEXTS,
    whole: bool = True,
    seconds: int = 0,
) -> Filter:
    """A new filter of these words or #hashtags, for `seconds` (0: for good). Raises Unprocessable for what is no word,
    place or action, and beyond the bounds."""
    wanted = list(dict.fromkeys(word.strip() for word in words if word.strip()))
    if not wanted or any(len(word) > limits.NAME_CHARS for word in wanted):
        raise Unprocessable(_("Write words of 1 to %(most)d characters.") % {"most": limits.NAME_CHARS})
    if len(wanted) > limits.FILTER_KEYWORDS:
        raise Unprocessable(_("A filter holds at most %(most)d words.") % {"most": limits.FILTER_KEYWORDS})
    if action not in set(FilterAction) or not places or not set(places) <= set(CONTEXTS):
        raise Unprocessable("Choose what becomes of such posts, and where.")
    have = select(func.count()).select_from(Filter).where(Filter.actor_id == actor_id)
    if (await session.exec(have)).one() >= limits.FILTERS:
        raise Unprocessable(_("You have %(most)d filters already.") % {"most": limits.FILTERS})
    context = context_of(session)
    row = Filter(
        id=context.ids.new(),
        actor_id=actor_id,
        title=title.strip()[: limits.NAME_CHARS] or ", ".join(wanted)[: limits.NAME_CHARS],
        contexts=[place for place in CONTEXTS if place in places],
        action=action,
        expires_ms=context.clock.now_ms() + seconds * 1000 if seconds else None,
    )
    session.add(row)
    await session.flush()
    session.add_all(
        FilterKeyword(id=context.ids.new(), filter_id=row.id, keyword=word, whole_word=whole) for word in wanted
    )
    await session.flush()
    return row


async def drop(session: AsyncSession, actor_id: int, filter_id: int) -> None:
    """Take a filter of the actor's own away; nothing happens where there is none."""
    await session.exec(delete(Filter).where(col(Filter.id) == filter_id, col(Filter.actor_id) == actor_id))
