"""The job that makes and judges a post: pictures, verdict; then publish, schedule, offer, hold or refuse."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries, stops
from actors.models import Actor
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Elsewhere, FediverseError, NoRoom, RequestError, Unavailable, Unreachable
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.log import get
from generation.pipeline import Pipeline
from generation.types import Decision, ProgressReport, Verdict
from outbox import candidates, documents, making, notify, probing, remarking, turns, uploads
from outbox.judging import judge, record
from outbox.mentions import find_mentions
from outbox.models import Attachment, Post, PostState
from outbox.publish import release
from outbox.states import move

log = get(__name__)


@jobs.job(queue="generate")
async def prepare(context: Context, ids: list[int | str]) -> None:
    """Carry one waiting post to the gate and through it; after a crash again from the beginning, to the same end."""
    post_id = int(ids[0])
    async with context.database.read() as session:
        post = await session.get(Post, post_id)
        author = await queries.by_id(session, post.author_id) if post is not None else None
        # A waiting post has pictures already when its author picked them, or when the policy changed since.
        known = await documents.attachments_of(session, post_id)
    if post is None or author is None or post.state != PostState.WAITING:
        return
    if not known and await _stopped(context, post):
        return
    fp("prepare.begin")
    try:
        await _carry(context, post, author, known)
    except NoRoom:
        raise  # no fault of the picture maker's: the job waits until something can be stored again
    except (Unreachable, Unavailable) as error:
        if await _tried(context, post_id) < limits.PICTURE_TRIES:
            raise
        await _fail(context, post_id, error)
    except (RequestError, Elsewhere) as error:
        await _fail(context, post_id, error)


@jobs.job(queue="judge")
async def judge_waiting(context: Context, ids: list[int | str]) -> None:
    """The same for a post of words, uploads or pictures that are made already: it waits for no generator's worker."""
    await prepare.function(context, ids)


async def _stopped(context: Context, post: Post) -> bool:
    """Is making this post's pictures stopped? Its author reads why; it stands in the line again at the start."""
    if post.request is None:
        return False
    name = str(post.request.get("generator") or context.part(Pipeline).default)
    async with context.database.read() as session:
        stop = await stops.over(session, stops.Scope.GENERATION, stops.MODEL + name)
    if stop is None:
        return False
    await making.report(context, post.id, ProgressReport(None, f"stopped for now: {stop.reason}"))
    return True


async def _carry(context: Context, post: Post, author: Actor, known: list[Attachment]) -> None:
    if known and remarking.wanted(post):
        await remarking.remark(context, post, author, known)
    made, verdict = (known, None) if known else await making.make(context, post, author)
    if verdict is None and not known and candidates.wanted(post):
        await making.report(context, post.id, ProgressReport(None, "the gate looks at the pictures"), gate="pictures")
        made, refused = await candidates.sift(context, made)
        if candidates.made_here(made):
            async with context.database.write() as session:
                await candidates.offer(session, post.id, made, refused)
            return None
        verdict = refused[0]
    if verdict is None:
        if made:
            await making.report(context, post.id, ProgressReport(None, "the gate looks at the picture"), gate="picture")
        verdict = await judge(context, post, made)
    fp("prepare.judged")
    mentions = await find_mentions(context, post, post.text)
    while True:
        async with context.database.write() as session:
            if await _settle(session, post.id, made, verdict, mentions):
                break
        # The policy changed while this was judged: the same pictures again, or from the beginning without any.
        if not made:
            return await _carry(context, post, author, known)
        verdict = await judge(context, post, made)
    fp("prepare.after_commit")
    return None


async def _settle(
    session: AsyncSession, post_id: int, made: list[Attachment], verdict: Verdict, mentions: list[dict[str, str]]
) -> bool:
    """Keep pictures, recipe and judgement; then what the verdict says. False for a verdict of another policy."""
    query = select(Post).where(Post.id == post_id).with_for_update()
    post = (await session.exec(query)).first()
    if post is None or post.state != PostState.WAITING:
        return True
    if verdict.policy_version != context_of(session).part(Pipeline).policy_version:
        return False
    # A first run that died after this transaction's commit left the state; one that died before left no rows.
    await candidates.keep(session, post_id, made)
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
            await release(session, post, judgement)
        case Decision.HOLD:
            move(post, PostState.HELD)
        case Decision.REFUSE:
            move(post, PostState.REFUSED)
    if author is not None and post.state in (PostState.HELD, PostState.REFUSED):
        await notify.tell(session, author, post.state, f"{post.state}:{judgement.id}", post_id=post.id)
        if post.state == PostState.REFUSED:
            await probing.noticed(session, author, post)
    return True


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
        forgotten = list(await session.exec(query)) if not await stops.standing(session) else []
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
        await turns.give_back(session, post_id)
        await uploads.release(session, post_id)
        author = await queries.by_id(session, post.author_id)
        if author is not None:
            await notify.tell(session, author, "failed", f"failed:{post.id}", post_id=post.id)
