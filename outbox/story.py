"""The life of one post as rows tell it: order, pictures, verdicts, objections, publication, deliveries, reactions.

What people wrote is left out: who looks after the server reads when and how, not what.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor
from fediverse_ai.core.errors import Missing
from outbox import hosts
from outbox.models import Activity, Attachment, Judgement, Post, PostState, Reaction, Revision
from outbox.records import Measure
from outbox.rulings import Appeal
from outbox.turns import Turn

REACTIONS = 50


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened. `kind` is one word of KINDS; `facts` are short values, by name."""

    at_ms: int
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


KINDS = ("ordered", "line", "picture", "verdict", "appeal", "measure", "published", "edit", "activity", "deleted")


@dataclass
class Story:
    """One post. `deliveries` are rows of (activity, inbox, state, tries, last answer, queued, done)."""

    id: int
    uri: str
    page: str | None
    author: str
    local: bool
    state: str
    visibility: str
    reason: str | None
    steps: list[Step] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    more_deliveries: bool = False
    likes: int = 0
    boosts: int = 0
    replies: int = 0
    reactions: list[dict[str, Any]] = field(default_factory=list)
    """The newest REACTIONS: kind, by whom, when."""


async def story(session: AsyncSession, named: str, limit: int = 10_000) -> Story:
    """Of a post named by its number, its id or its page; at most `limit` deliveries. Raises Missing."""
    post = await hosts.find_post(session, named.strip())
    if post is None:
        raise Missing("There is no such post here.", named)
    author = await queries.by_id(session, post.author_id)
    made = Story(
        post.id, post.uri, post.url, author.handle if author is not None else "", post.local, post.state,
        post.visibility, post.reason, likes=post.likes, boosts=post.boosts, replies=post.replies,
    )  # fmt: skip
    made.steps = sorted(
        [*_own(post), *await _making(session, post), *await _judging(session, post), *await _changes(session, post),
         *await _activities(session, post)],
        key=lambda step: (step.at_ms, KINDS.index(step.kind)),
    )  # fmt: skip
    rows = await hosts.deliveries(session, object_uri=post.uri, limit=limit + 1)
    made.more_deliveries = len(rows) > limit
    made.deliveries = [_delivery(*row) for row in rows[:limit]]
    made.reactions = await _reactions(session, post)
    return made


def _own(post: Post) -> list[Step]:
    request = post.request or {}
    prompt = str(request.get("image", {}).get("prompt") or "")
    ordered = {"by": (post.app or {}).get("name"), "prompt_characters": len(prompt) or None,
               "text_characters": len(post.text) or None, "not_before_ms": post.not_before_ms}  # fmt: skip
    found = [Step(post.created_ms, "ordered", _known(ordered))]
    if post.published_ms is not None and post.state in (PostState.PUBLISHED, PostState.DELETED):
        found.append(Step(post.published_ms, "published", _known({"activity": post.activity_uri})))
    if post.deleted_ms is not None:
        found.append(Step(post.deleted_ms, "deleted"))
    return found


async def _making(session: AsyncSession, post: Post) -> list[Step]:
    turn = await session.get(Turn, post.id)
    found = []
    if turn is not None:
        waited = (turn.began_ms - turn.created_ms) / 1000 if turn.began_ms else None
        facts = {"generator": turn.generator, "pictures": turn.pictures, "waited_seconds": waited}
        found.append(Step(turn.began_ms or turn.created_ms, "line", _known(facts)))
    query = select(Attachment).where(Attachment.post_id == post.id).order_by(col(Attachment.position))
    for picture in await session.exec(query):
        recipe = picture.recipe or {}
        names = ("generator", "version", "seed", "width", "height", "seconds", "watt_hours")
        facts = {"origin": picture.origin, **{name: recipe.get(name) for name in names}, "bytes": picture.size,
                 "sha256": picture.sha256}  # fmt: skip
        # Ids begin with the time at which they were made, which is when the picture was.
        found.append(Step(picture.id >> 16 if post.local else post.created_ms, "picture", _known(facts)))
    return found


async def _judging(session: AsyncSession, post: Post) -> list[Step]:
    found = []
    query = select(Judgement).where(Judgement.post_id == post.id).order_by(col(Judgement.id))
    for one in await session.exec(query):
        failed = sorted({str(item.get("moderator")) for item in one.findings if item.get("failed")})
        asked = sorted({str(item.get("moderator")) for item in one.findings})
        facts = {"decision": one.decision, "rule": one.rule, "policy": one.policy_version, "checks": ", ".join(asked),
                 "failed_checks": ", ".join(failed), "by": "a moderator" if one.decided_by_id else None}  # fmt: skip
        found.append(Step(one.created_ms, "verdict", _known(facts)))
    for objection in await session.exec(select(Appeal).where(Appeal.post_id == post.id)):
        answered = {"state": objection.state, "answered_ms": objection.decided_ms}
        found.append(Step(objection.created_ms, "appeal", _known(answered)))
    for measure in await session.exec(select(Measure).where(Measure.post_id == post.id)):
        done: dict[str, Any] = {"measure": measure.kind, "ground": measure.ground, "undone_ms": measure.undone_ms}
        found.append(Step(measure.created_ms, "measure", _known(done)))
    return found


async def _changes(session: AsyncSession, post: Post) -> list[Step]:
    """Every version but the first, which is the post as it went out."""
    query = select(Revision).where(Revision.post_id == post.id).order_by(col(Revision.id))
    rows = list(await session.exec(query))
    return [Step(row.created_ms, "edit", _known({"state": row.state, "rule": row.rule})) for row in rows[1:]]


async def _activities(session: AsyncSession, post: Post) -> list[Step]:
    query = select(Activity).where(or_(col(Activity.object_uri) == post.uri, col(Activity.uri) == post.activity_uri))
    return [
        Step(row.created_ms, "activity", {"type": row.type, "activity": row.uri})
        for row in await session.exec(query.order_by(col(Activity.id)).limit(REACTIONS))
    ]


async def _reactions(session: AsyncSession, post: Post) -> list[dict[str, Any]]:
    query = select(Reaction, Actor).join(Actor, col(Actor.id) == col(Reaction.actor_id))
    query = query.where(Reaction.post_id == post.id).order_by(col(Reaction.id).desc()).limit(REACTIONS)
    return [
        {"kind": reaction.kind, "by": actor.handle, "at_ms": reaction.created_ms}
        for reaction, actor in await session.exec(query)
    ]


def _delivery(delivery: Any, activity: Activity) -> dict[str, Any]:
    return {
        "delivery": delivery.id,
        "activity": activity.type,
        "activity_id": activity.uri,
        "inbox": delivery.inbox_url,
        "state": delivery.state,
        "tries": delivery.attempts,
        "last_answer": delivery.last_error,
        "queued_ms": delivery.created_ms,
        "done_ms": delivery.done_ms,
    }


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value not in (None, "")}
