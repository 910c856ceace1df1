"""What the reader's filters find in a page of statuses, and the entities of filters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core.context import Context
from fediverse_ai.core.html import text_of
from fediverse_ai.mastodon import answers
from fediverse_ai.mastodon.answers import Json
from outbox.shelves import Filter, FilterKeyword, FilterPost


def keyword_entity(row: FilterKeyword) -> Json:
    """FilterKeyword."""
    return {"id": str(row.id), "keyword": row.keyword, "whole_word": row.whole_word}


def post_entity(row: FilterPost) -> Json:
    """FilterStatus."""
    return {"id": str(row.id), "status_id": str(row.post_id)}


def entity(row: Filter, keywords: Sequence[FilterKeyword] = (), posts: Sequence[FilterPost] = ()) -> Json:
    """Filter (v2)."""
    return {
        "id": str(row.id),
        "title": row.title,
        "context": row.contexts,
        "expires_at": answers.moment(row.expires_ms) if row.expires_ms is not None else None,
        "filter_action": row.action,
        "keywords": [keyword_entity(one) for one in keywords],
        "statuses": [post_entity(one) for one in posts],
    }


Parts = dict[int, tuple[list[FilterKeyword], list[FilterPost]]]


async def parts_of(session: AsyncSession, filters: Sequence[Filter]) -> Parts:
    found: Parts = {row.id: ([], []) for row in filters}
    words = select(FilterKeyword).where(col(FilterKeyword.filter_id).in_(found)).order_by("id")
    for keyword in await session.exec(words):
        found[keyword.filter_id][0].append(keyword)
    marks = select(FilterPost).where(col(FilterPost.filter_id).in_(found)).order_by("id")
    for post in await session.exec(marks):
        found[post.filter_id][1].append(post)
    return found


@lru_cache(maxsize=1024)
def _pattern(keyword: str, whole_word: bool) -> re.Pattern[str]:
    start = r"\b" if whole_word and keyword[:1].isalnum() else ""
    end = r"\b" if whole_word and keyword[-1:].isalnum() else ""
    return re.compile(start + re.escape(keyword) + end, re.IGNORECASE)


async def apply(session: AsyncSession, context: Context, reader: Actor | None, made: Sequence[Json]) -> None:
    """Write into each Status which of the reader's filters found it (FilterResult). The app decides what to show by
    the filter's contexts and action, so that one answer serves every place."""
    if reader is None or not made:
        return
    now = context.clock.now_ms()
    living = col(Filter.expires_ms).is_(None) | (col(Filter.expires_ms) > now)
    rows = list(await session.exec(select(Filter).where(Filter.actor_id == reader.id, living).order_by("id")))
    if not rows:
        return
    parts = await parts_of(session, rows)
    for status in made:
        inner = status.get("reblog") or status
        if inner["account"]["id"] != str(reader.id):
            inner["filtered"] = status["filtered"] = _found(inner, rows, parts)


def _found(status: Json, rows: Sequence[Filter], parts: Parts) -> list[Json]:
    words = [text_of(status["content"]), status["spoiler_text"]]
    words += [one["description"] or "" for one in status["media_attachments"]]
    said = "\n".join([*words, *(f"#{one['name']}" for one in status["tags"])])
    results = []
    for row in rows:
        keywords, posts = parts[row.id]
        hits = [one.keyword for one in keywords if _pattern(one.keyword, one.whole_word).search(said)]
        marks = [str(one.post_id) for one in posts if str(one.post_id) == status["id"]]
        if hits or marks:
            results.append({"filter": entity(row), "keyword_matches": hits or None, "status_matches": marks or None})
    return results
