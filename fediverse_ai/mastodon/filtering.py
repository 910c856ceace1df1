"""What the reader's filters find in a page of statuses, and the entities of filters."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core.context import Context
from fediverse_ai.core.html import text_of
from fediverse_ai.mastodon import answers
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.status_entities import EXTRA
from outbox import dial
from outbox.dial import Dial
from outbox.filters import CONTEXTS, Parts, of_reader, parts_of, pattern
from outbox.shelves import Filter, FilterAction, FilterKeyword, FilterPost


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


# What the dial says of AI pictures, in words that apps know: they blur what this filter found.
_DIMMED: Json = {
    "id": "0",
    "title": "Made with AI",
    "context": list(CONTEXTS),
    "expires_at": None,
    "filter_action": FilterAction.BLUR,
    "keywords": [],
    "statuses": [],
}


async def apply(session: AsyncSession, context: Context, reader: Actor | None, made: Sequence[Json]) -> None:
    """Write into each Status which of the reader's filters found it (FilterResult). The app decides what to show by
    the filter's contexts and action, so that one answer serves every place."""
    if reader is None or not made:
        return
    rows = await of_reader(session, reader.id)
    # What a list left out is shown covered where somebody asks for it all the same.
    dims = await dial.dial_of(session, reader.id) in (Dial.DIM, Dial.HIDE)
    if not rows and not dims:
        return
    parts = await parts_of(session, rows)
    for status in made:
        inner = status.get("reblog") or status
        if inner["account"]["id"] != str(reader.id):
            found = _found(inner, rows, parts)
            if dims and inner[EXTRA]["ai_generated"]:
                found.append({"filter": _DIMMED, "keyword_matches": None, "status_matches": None})
            inner["filtered"] = status["filtered"] = found


def _found(status: Json, rows: Sequence[Filter], parts: Parts) -> list[Json]:
    words = [text_of(status["content"]), status["spoiler_text"]]
    words += [one["description"] or "" for one in status["media_attachments"]]
    said = "\n".join([*words, *(f"#{one['name']}" for one in status["tags"])])
    results = []
    for row in rows:
        keywords, posts = parts[row.id]
        hits = [one.keyword for one in keywords if pattern(one.keyword, one.whole_word).search(said)]
        marks = [str(one.post_id) for one in posts if str(one.post_id) == status["id"]]
        if hits or marks:
            results.append({"filter": entity(row), "keyword_matches": hits or None, "status_matches": marks or None})
    return results
