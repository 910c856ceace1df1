"""The job that makes and judges a post: prompt, picture, verdict; then publish, hold or refuse."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries, remote
from actors.models import Actor
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Elsewhere, FediverseError, RequestError, Unavailable, Unreachable
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import get
from generation import images, provenance
from generation.pipeline import Pipeline
from generation.types import Decision, GeneratedImage, ImageRequest, Item, ProgressReport, Stage, Verdict
from outbox import notify, text
from outbox.models import Attachment, Judgement, Origin, Post, PostState
from outbox.publish import judged_text, publish
from outbox.states import move

log = get(__name__)


@jobs.job(queue="generate")
async def prepare(context: Context, ids: list[int | str]) -> None:
    """Carry one waiting post to the gate and through it; after a crash again from the beginning, to the same end."""
    post_id = int(ids[0])
    async with context.database.read() as session:
        post = await session.get(Post, post_id)
        author = await queries.by_id(session, post.author_id) if post is not None else None
    if post is None or author is None or post.state != PostState.WAITING:
        return
    fp("prepare.begin")
    try:
        made, verdict = await _make_and_judge(context, post, author)
    except (Unreachable, Unavailable) as error:
        if await _tried(context, post_id) < limits.PICTURE_TRIES:
            raise
        await _fail(context, post_id, error)
        return
    except (RequestError, Elsewhere) as error:
        await _fail(context, post_id, error)
        return
    fp("prepare.judged")
    mentions = await find_mentions(context, post, post.text)
    async with context.database.write() as session:
        await _settle(session, post_id, made, verdict, mentions)
    fp("prepare.after_commit")


async def _make_and_judge(context: Context, post: Post, author: Actor) -> tuple[list[Attachment], Verdict]:
    pipeline = context.part(Pipeline)
    if post.request is None:
        return [], await _judge(pipeline, post, [], [])
    await _report(context, post.id, ProgressReport(None, "the gate reads the prompt"))
    request = ImageRequest(**post.request["image"])
    # What a picture must not show is no wish for it: a negative prompt would only be refused for being careful.
    prompt = await pipeline.review(Item(stage="prompt", text=request.prompt))
    if prompt.decision is not Decision.ALLOW:
        return [], prompt
    progress = _Progress(context, post.id)
    pictures = await pipeline.generate(request, post.request.get("generator"), progress.report)
    fp("prepare.generated")
    made, files = [], []
    for position, picture in enumerate(pictures):
        attachment, data = await _keep(context, pipeline, post, author, picture, position)
        made.append(attachment)
        files.append(data)
    await _report(context, post.id, ProgressReport(None, "the gate looks at the picture"))
    return made, await _judge(pipeline, post, made, files)


async def _judge(pipeline: Pipeline, post: Post, made: list[Attachment], files: list[bytes]) -> Verdict:
    """The final bytes and everything written, in one verdict."""
    items = [
        Item(stage=stage_of(attachment), picture=data, picture_sha256=attachment.sha256)
        for attachment, data in zip(made, files, strict=True)
    ]
    if written := judged_text(post, made):
        items.append(Item(stage="text", text=written, language=post.language))
    return await pipeline.review_all(items)


def stage_of(attachment: Attachment) -> Stage:
    """At which stage of the policy a picture of ours is judged, by how it was made."""
    return "drawn" if (attachment.recipe or {}).get("closed_vocabulary") is True else "picture"


async def _keep(
    context: Context, pipeline: Pipeline, post: Post, author: Actor, picture: GeneratedImage, position: int
) -> tuple[Attachment, bytes]:
    """Rebuild the picture, mark it, store it by content; the row is made, not yet added."""
    mark = provenance.of_card(picture.card, rights=f"{author.name or author.username} · {post.url or post.uri}")
    rendition = await images.render(pipeline.sandbox, picture.data, provenance=mark)
    name = await context.storage.put(rendition.data, ".jpg")
    thumbnail = await context.storage.put(rendition.thumbnail, ".jpg")
    fp("prepare.stored")
    wanted = (post.request or {}).get("alt_text") or picture.alt_text or picture.recipe.prompt
    recipe: dict[str, Any] = asdict(picture.recipe) | {
        "title": picture.card.title,
        "disclosure": picture.card.disclosure,
        "closed_vocabulary": picture.card.closed_vocabulary,
        "notes": list(picture.notes),
        "seconds": round(picture.seconds, 2),
    }
    attachment = Attachment(
        id=context.ids.new(),
        post_id=post.id,
        position=position,
        file=name,
        thumbnail=thumbnail,
        sha256=hashlib.sha256(rendition.data).hexdigest(),
        size=len(rendition.data),
        media_type=rendition.media_type,
        width=rendition.width,
        height=rendition.height,
        blurhash=rendition.blurhash,
        focus_x=picture.focus[0],
        focus_y=picture.focus[1],
        alt=wanted[: limits.ALT_TEXT_CHARS],
        origin=Origin.MADE_HERE,
        digital_source_type=provenance.source_type(picture.card.digital_source_type),
        recipe=recipe,
    )
    return attachment, rendition.data


async def find_mentions(context: Context, post: Post, written: str) -> list[dict[str, str]]:
    """Who is meant by the handles in the text, and the author of the parent; who cannot be found stays plain text."""
    budget = Budget(fetches=limits.FETCH_PER_ACTIVITY, seconds=limits.FETCH_ACTIVITY_SECONDS, clock=context.clock)
    found: dict[str, dict[str, str]] = {}
    for handle in text.mentions_in(written):
        try:
            actor_id = await remote.resolve(context, handle, budget)
        except FediverseError as error:
            log.info("mention_not_found", handle=handle, detail=error.detail)
            continue
        async with context.database.read() as session:
            actor = await queries.by_id(session, actor_id)
        if actor is not None:
            found.setdefault(actor.uri, _mention(actor) | {"as_written": handle})
    async with context.database.read() as session:
        parent = await session.get(Post, post.in_reply_to_id) if post.in_reply_to_id else None
        author = await queries.by_id(session, parent.author_id) if parent is not None else None
    if author is not None and author.id != post.author_id:
        found.setdefault(author.uri, _mention(author))
    return list(found.values())


def _mention(actor: Actor) -> dict[str, str]:
    return {"uri": actor.uri, "handle": actor.handle, "url": actor.page_url}


async def _settle(
    session: AsyncSession, post_id: int, made: list[Attachment], verdict: Verdict, mentions: list[dict[str, str]]
) -> None:
    """Keep pictures, recipe and judgement; then what the verdict says."""
    query = select(Post).where(Post.id == post_id).with_for_update()
    post = (await session.exec(query)).first()
    if post is None or post.state != PostState.WAITING:
        return
    # A first run that died after this transaction's commit left the state; one that died before left no rows.
    await session.exec(delete(Attachment).where(col(Attachment.post_id) == post_id))
    session.add_all(made)
    post.mentions = mentions
    post.progress = None
    post.rule, post.reason = verdict.rule, verdict.reason or None
    session.add(post)
    await session.flush()
    judgement = await record(session, post, verdict)
    author = await queries.by_id(session, post.author_id)
    match verdict.decision:
        case Decision.ALLOW:
            post.rule = post.reason = None
            await publish(session, post, judgement)
        case Decision.HOLD:
            move(post, PostState.HELD)
        case Decision.REFUSE:
            move(post, PostState.REFUSED)
    if author is not None and post.state != PostState.PUBLISHED:
        await notify.tell(session, author, post.state, f"{post.state}:{post.id}", post_id=post.id)


async def record(session: AsyncSession, post: Post, verdict: Verdict, decided_by: int | None = None) -> Judgement:
    """The verdict as a row: bound to the policy version and to the digests that were judged."""
    context = context_of(session)
    judgement = Judgement(
        id=context.ids.new(),
        post_id=post.id,
        decision=verdict.decision,
        rule=verdict.rule,
        reason=verdict.reason,
        policy_version=verdict.policy_version,
        digests=list(verdict.digests),
        findings=[_finding(finding) for finding in verdict.findings],
        decided_by_id=decided_by,
        created_ms=context.clock.now_ms(),
    )
    session.add(judgement)
    await session.flush()
    return judgement


def _finding(finding: Any) -> dict[str, Any]:
    return {
        "moderator": finding.moderator,
        "version": finding.version,
        "scores": {name: round(float(score), 4) for name, score in finding.scores.items()},
        "failed": finding.failed,
    }


async def _tried(context: Context, post_id: int) -> int:
    """Count one more try that a backend's absence ended; the engine tries again as long as there are any left."""
    async with context.database.write() as session:
        post = await session.get(Post, post_id, with_for_update=True)
        if post is None or post.request is None:
            return limits.PICTURE_TRIES
        tries = int(post.request.get("tries", 0)) + 1
        post.request = {**post.request, "tries": tries}
        post.progress = {"fraction": None, "words": "the picture maker does not answer; trying again soon"}
        session.add(post)
    return tries


async def give_up_forgotten(context: Context) -> None:
    """Posts that wait since long ago have lost their job to a defect: their authors are told (I5)."""
    before = context.clock.now_ms() - int(limits.WAITING_SECONDS * 1000)
    async with context.database.read() as session:
        query = select(Post.id).where(Post.state == PostState.WAITING, col(Post.created_ms) < before).limit(100)
        forgotten = list(await session.exec(query))
    for post_id in forgotten:
        await _fail(context, post_id, Unavailable("This post could not be finished; please try again."))


async def _fail(context: Context, post_id: int, error: FediverseError) -> None:
    """The generator or the reader of pictures said no for good: the author sees why."""
    log.info("post_failed", post=post_id, detail=error.detail)
    async with context.database.write() as session:
        post = await session.get(Post, post_id)
        if post is None or post.state != PostState.WAITING:
            return
        move(post, PostState.FAILED)
        post.reason, post.progress = error.public, None
        session.add(post)
        author = await queries.by_id(session, post.author_id)
        if author is not None:
            await notify.tell(session, author, "failed", f"failed:{post.id}", post_id=post.id)


async def _report(context: Context, post_id: int, report: ProgressReport) -> None:
    async with context.database.write() as session:
        progress = {"fraction": report.fraction, "words": report.words}
        await session.exec(update(Post).where(col(Post.id) == post_id).values(progress=progress))


class _Progress:
    """Writes a backend's progress to the post's row, not more often than people can read."""

    def __init__(self, context: Context, post_id: int) -> None:
        self.context = context
        self.post_id = post_id
        self._last = float("-inf")

    async def report(self, report: ProgressReport) -> None:
        now = self.context.clock.monotonic()
        if now - self._last < limits.PROGRESS_SECONDS:
            return
        self._last = now
        await _report(self.context, self.post_id, report)
