"""The moderators' queue: what is held, one item with its scores, its author's history and its identical copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Account, Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from generation.pipeline import Pipeline
from generation.policy import Near
from outbox import docket, documents, edit, judging, moderate
from outbox.models import Attachment, Judgement, Post, PostState, Revision
from outbox.records import Docket, Measure


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items: of one rule, of one account, waiting for at least so many hours; empty takes all."""

    rule: str = ""
    account: str = ""
    hours: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """What is known of an author: decisions of the gate and of people by outcome, age, measures, earlier words."""

    since_ms: int
    allowed: int
    held: int
    refused: int
    measures: int
    rulings: list[Judgement]


@dataclass(frozen=True, slots=True)
class Item:
    """One held post or edit, with what a moderator needs beside it. `pictures` as they would go out."""

    post: Post
    revision: Revision | None
    author: Actor
    pictures: list[Attachment]
    prompt: str
    text: str
    judgement: Judgement | None
    near: list[Near]
    copies: list[int]
    arranged: Docket
    history: History

    @property
    def id(self) -> int:
        return self.revision.id if self.revision is not None else self.post.id

    @property
    def rule(self) -> str:
        return (self.revision or self.post).rule or ""

    @property
    def reason(self) -> str:
        return (self.revision or self.post).reason or ""


@dataclass(frozen=True, slots=True)
class Line:
    """The queue's ids in order, and what its filters can be."""

    ids: list[int]
    rules: list[str]
    accounts: list[str] = field(default_factory=list)


async def line(session: AsyncSession, wanted: Wanted, limit: int = limits.SWEEP_ROWS) -> Line:
    """What waits: handed to the admins first, then the oldest first."""
    posts, edits = await moderate.waiting(session, limit)
    owners = await queries.by_ids(session, {post.author_id for post in posts} | await _authors(session, edits))
    of_edit = await _posts(session, edits)
    rows: list[tuple[Post | Revision, Actor | None]] = [(post, owners.get(post.author_id)) for post in posts]
    rows += [(one, owners.get(of_edit[one.post_id].author_id)) for one in edits if one.post_id in of_edit]
    before = context_of(session).clock.now_ms() - wanted.hours * 3_600_000
    rules = sorted({row.rule for row, _ in rows if row.rule})
    accounts = sorted({author.username for _, author in rows if author is not None})
    kept = [
        row.id
        for row, author in rows
        if (not wanted.rule or row.rule == wanted.rule)
        and (not wanted.account or (author is not None and author.username == wanted.account))
        and row.created_ms <= before
    ]
    arranged = await docket.of_all(session, kept)
    first = {number for number, one in arranged.items() if one.escalated_ms is not None}
    return Line(sorted(kept, key=lambda number: (number not in first, number)), rules, accounts)


async def count(session: AsyncSession) -> int:
    """How many posts and edits wait."""
    posts = select(func.count()).where(Post.state == PostState.HELD)
    edits = select(func.count()).where(Revision.state == PostState.HELD)
    return (await session.exec(posts)).one() + (await session.exec(edits)).one()


async def item(session: AsyncSession, item_id: int) -> Item | None:
    """One of them, whole; None when it waits no more."""
    revision = await session.get(Revision, item_id)
    post = await session.get(Post, revision.post_id if revision is not None else item_id)
    if post is None or (revision or post).state != PostState.HELD:
        return None
    author = await queries.by_id(session, post.author_id)
    if author is None:
        return None
    pictures = await documents.attachments_of(session, post.id)
    shown = post
    if revision is not None:
        shown, pictures = edit.proposed(revision, post, pictures)
    decided = [one for one in await moderate.decisions(session, post.id) if one.decided_by_id is None and one.findings]
    judgement = decided[-1] if decided else None
    policy = context_of(session).part(Pipeline).policy
    return Item(
        post=post,
        revision=revision,
        author=author,
        pictures=[picture for picture in pictures if picture.file],
        prompt=judging.prompt_of(post) or "",
        text=shown.text,
        judgement=judgement,
        near=policy.nearest(judging.groups_of(judgement), 5) if judgement is not None else [],
        copies=await copies(session, post) if revision is None else [],
        arranged=await docket.of(session, item_id),
        history=await history(session, author),
    )


async def copies(session: AsyncSession, post: Post) -> list[int]:
    """Other held posts that are the same: the same pictures, or without pictures the same words and prompt."""
    others = select(Post).where(Post.state == PostState.HELD, Post.id != post.id).order_by(col(Post.id))
    posts = list(await session.exec(others.limit(limits.SWEEP_ROWS)))
    pictures = await _pictures(session, [post.id, *(other.id for other in posts)])
    mine = _likeness(post, pictures)
    return [other.id for other in posts if _likeness(other, pictures) == mine][: limits.QUEUE_COPIES]


def _likeness(post: Post, pictures: Mapping[int, list[str]]) -> tuple[str, ...]:
    shown = pictures.get(post.id)
    return tuple(sorted(shown)) if shown else ("", judging.prompt_of(post) or "", post.text)


async def _pictures(session: AsyncSession, ids: list[int]) -> dict[int, list[str]]:
    """Post -> what its pictures are known again by."""
    found: dict[int, list[str]] = {}
    query = select(Attachment.post_id, Attachment.pdq, Attachment.sha256).where(col(Attachment.post_id).in_(ids))
    for post_id, pdq, sha256 in await session.exec(query):
        found.setdefault(post_id, []).append(pdq or sha256 or "")
    return found


async def history(session: AsyncSession, author: Actor) -> History:
    """An author's record: how their posts ended, what people decided about them, what was done about them."""
    mine = select(Judgement).join(Post, col(Post.id) == col(Judgement.post_id)).where(Post.author_id == author.id)
    counted = (
        select(Judgement.decision, func.count())
        .join(Post, col(Post.id) == col(Judgement.post_id))
        .where(Post.author_id == author.id, col(Judgement.decided_by_id).is_(None))
        .group_by(Judgement.decision)
    )
    by_decision = dict(list(await session.exec(counted)))
    people = mine.where(col(Judgement.decided_by_id).is_not(None)).order_by(col(Judgement.id).desc()).limit(5)
    strikes = select(func.count()).where(Measure.actor_id == author.id, col(Measure.undone_ms).is_(None))
    account = (await session.exec(select(Account).where(Account.actor_id == author.id))).first()
    return History(
        since_ms=account.created_ms if account is not None else author.published_ms,
        allowed=by_decision.get("allow", 0),
        held=by_decision.get("hold", 0),
        refused=by_decision.get("refuse", 0),
        measures=(await session.exec(strikes)).one(),
        rulings=list(await session.exec(people)),
    )


async def _posts(session: AsyncSession, edits: list[Revision]) -> dict[int, Post]:
    ids = {one.post_id for one in edits}
    return {post.id: post for post in await session.exec(select(Post).where(col(Post.id).in_(ids)))} if ids else {}


async def _authors(session: AsyncSession, edits: list[Revision]) -> set[int]:
    return {post.author_id for post in (await _posts(session, edits)).values()}
