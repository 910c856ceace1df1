"""Prompts that circle around what was refused: each further try waits longer, and moderators hear of it (GEN-09)."""

from __future__ import annotations

import math

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import local
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import TooMany
from fediverse_ai.core.texts import ngettext
from generation.moderators.normalise import clean
from generation.pipeline import text_digest
from generation.types import Decision
from outbox import activities, report
from outbox.models import Judgement, Post, PostState

_PIECE = 3
"""Characters of the pieces that two prompts are compared by: of every script, whatever it calls a word."""


async def check(session: AsyncSession, author: Actor, prompt: str) -> None:
    """Raises TooMany while somebody has to wait before they ask once more for what was refused again and again."""
    refused = await _near(session, author, prompt)
    more = len(refused) - limits.PROBING_FREE
    if more < 0:
        return
    wait = min(limits.PROBING_SECONDS * 2.0**more, limits.PROBING_MOST_SECONDS)
    left = max(refused) / 1000 + wait - context_of(session).clock.now_ms() / 1000
    if left > 0:
        minutes = math.ceil(left / 60)
        words = ngettext(
            "Something very much like this was refused several times today. Ask for something else, or wait "
            "%(minutes)d minute.",
            "Something very much like this was refused several times today. Ask for something else, or wait "
            "%(minutes)d minutes.",
            minutes,
        ) % {"minutes": minutes}
        raise TooMany(words, f"{len(refused)} refused prompts like it", retry_after=math.ceil(left))


async def noticed(session: AsyncSession, author: Actor, post: Post) -> None:
    """One more was refused: at every so many that are alike the moderators get a report by the server itself."""
    prompt = prompt_of(post)
    if not prompt:
        return
    count = len(await _near(session, author, prompt))
    if count == 0 or count % limits.PROBING_TOLD:
        return
    context = context_of(session)
    words = f"Asked {count} times within a day for pictures that were refused as {post.rule}, in much the same words."
    server = await local.instance_actor(session)
    uri = activities.new_uri(context)
    await report.file(session, uri, context.config.host, server, author, report.Complaint([post.uri], comment=words))


def prompt_of(post: Post) -> str:
    """What a post's pictures were asked for with; empty for one without, and for one that is deleted."""
    return str(((post.request or {}).get("image") or {}).get("prompt") or "")


def alike(one: str, other: str) -> bool:
    """Do two prompts say nearly the same: at least so many of their pieces in common?"""
    first, second = _pieces(one), _pieces(other)
    return len(first & second) >= limits.PROBING_LIKENESS * len(first | second)


def _pieces(text: str) -> set[str]:
    plain = " ".join(clean(text[: limits.PROMPT_CHARS]).split())
    return {plain[at : at + _PIECE] for at in range(max(1, len(plain) - _PIECE + 1))}


async def _near(session: AsyncSession, author: Actor, prompt: str) -> list[int]:
    """When the policy refused prompts like this one of the same person, within a day; the last ones only.

    Of a deleted post no words are left, but a verdict keeps the digest: the same prompt is known again.
    """
    since = context_of(session).clock.now_ms() - limits.PROBING_DAY_SECONDS * 1000
    query = (
        select(Judgement, Post)
        .join(Post, col(Post.id) == col(Judgement.post_id))
        .where(
            Post.author_id == author.id,
            col(Post.state).in_((PostState.REFUSED, PostState.DELETED)),
            Judgement.decision == Decision.REFUSE,
            col(Judgement.decided_by_id).is_(None),
            Judgement.created_ms > since,
        )
        .order_by(col(Judgement.id).desc())
        .limit(limits.PROBING_ROWS)
    )
    digest = text_digest(prompt)
    return [
        verdict.created_ms
        for verdict, post in await session.exec(query)
        if digest in verdict.digests or alike(prompt, prompt_of(post))
    ]
