"""The pictures of a post: made by a generator or taken from its author's uploads, marked, and stored by content."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

from sqlmodel import col, select, update

from actors.models import Actor
from fediverse_ai.core import events, limits, room
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Conflict, Unprocessable
from fediverse_ai.core.failpoints import fp
from generation import images, provenance
from generation.generators.prompts import EVERYTHING, neutral
from generation.manifests import Parent
from generation.pipeline import Pipeline, text_digest
from generation.types import Decision, GeneratedImage, ImageRequest, Item, ModelCard, ProgressReport, Verdict
from outbox import disclosure, flood, judging, lineage, sealing, turns, uploads, upscale, verify
from outbox.belongings import Upload
from outbox.models import Attachment, Origin, Post, PostState

T = TypeVar("T")
UNNAMED = "A picture made with AI."


async def make(context: Context, post: Post, author: Actor) -> tuple[list[Attachment], Verdict | None]:
    """All pictures of a post in their order, files stored and rows made, not added; or the verdict on its prompt.

    Network and inference: never in a transaction. Raises what the pipeline raises.
    """
    made: list[Attachment] = []
    if post.request is not None:
        pictures, verdict = await _generate(context, post, author)
        if verdict is not None:
            return [], verdict
        parents = await sealing.parents(context, post)
        made = [await _keep(context, post, author, picture, number, parents) for number, picture in enumerate(pictures)]
    async with context.database.read() as session:
        brought = await uploads.of_post(session, post.id)
    made += [await _take(context, post, author, upload, len(made) + number) for number, upload in enumerate(brought)]
    return made, None


async def _generate(context: Context, post: Post, author: Actor) -> tuple[list[GeneratedImage], Verdict | None]:
    room.require(context.config)
    pipeline = context.part(Pipeline)
    order = post.request or {}
    await report(context, post.id, ProgressReport(None, "the gate reads the prompt"), gate="prompt")
    request = ImageRequest(**order["image"], key=f"post:{post.id}", handles=order.get("handles") or {})
    # What a picture must not show is no wish for it: a negative prompt would only be refused for being careful.
    if not await judging.allowed_by_a_moderator(context, post, {text_digest(request.prompt)}):
        # As it was written, and as the strictest backend would be told it: words behind brackets are words.
        said = dict.fromkeys((request.prompt, neutral(request.prompt, EVERYTHING) or request.prompt))
        verdict = await pipeline.review_all([Item(stage="prompt", text=text) for text in said])
        if verdict.decision is not Decision.ALLOW:
            return [], verdict
    card = await pipeline.card(order.get("generator") or pipeline.default)
    request = await _begun(context, post, author, request, card)
    if order.get("seed_drawn") and not card.capabilities.seed:
        request = replace(request, seed=None)
    await turns.begin(context, post.id)
    if request.upscale and not card.capabilities.upscale:
        told = await lineage.recipe(context, post)
        pictures = [await upscale.resampled(context, request, card, told)]
    else:
        work = pipeline.generate(request, order.get("generator"), Progress(context, post.id).report)
        pictures = await _while_wanted(context, post.id, work)
    await turns.spent(context, post, pictures)
    fp("prepare.generated")
    return pictures, None


async def _begun(context: Context, post: Post, author: Actor, request: ImageRequest, card: ModelCard) -> ImageRequest:
    """The request with what it begins from: the scene graph of the parent's picture where the generator knows graphs
    and the picture has one that its maker may use, else the picture. Raises what `lineage.source` raises."""
    graph = await lineage.graph(context, post) if card.capabilities.graph else None
    source = await lineage.source(context, post, author)
    if graph is not None:
        return replace(request, graph=graph)
    if source is not None and not card.capabilities.source and not request.upscale:
        raise Unprocessable("This generator cannot begin from a picture; choose another, or leave the picture out.")
    return replace(request, source=source)


async def _while_wanted(context: Context, post_id: int, work: Awaitable[T]) -> T:
    """Carry on as long as the post waits; when it is stopped or deleted, so is its making, and the backend is told.

    Raises Conflict then; whatever process serves the person, this one sees it in the row.
    """
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=limits.STOP_SECONDS))[0]:
            async with context.database.read() as session:
                state = (await session.exec(select(Post.state).where(Post.id == post_id))).first()
            if state != PostState.WAITING:
                raise Conflict("It is not wanted any more.", f"post {post_id} is {state}")
        return await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def rights(post: Post, author: Actor) -> str:
    """Whose picture it is and where it was posted, for its file."""
    return f"{author.name or author.username} · {post.url or post.uri}"


async def _keep(
    context: Context, post: Post, author: Actor, picture: GeneratedImage, position: int, parents: Sequence[Parent]
) -> Attachment:
    """Rebuild what a backend gave, mark it, store it; the backend's bytes are never stored."""
    recipe: dict[str, Any] = asdict(picture.recipe) | {
        "title": picture.card.title,
        "disclosure": picture.card.disclosure,
        "closed_vocabulary": picture.card.closed_vocabulary,
        "notes": list(picture.notes),
        "seconds": round(picture.seconds, 2),
        "watt_hours": picture.watt_hours,
    }
    order = post.request or {}
    # Until its author has confirmed a draft, their own words for the picture stand in: a program's are never used
    # silently, and people who cannot see it should not be left with nothing.
    fallback = picture.recipe.prompt if disclosure.shows_prompt(post.disclosure) else UNNAMED
    written = str(order.get("alt_text") or "")
    draft = "" if written else await _draft(context, picture)
    if order.get("accept_alt_draft") is True:
        written, draft = written or draft, ""
    wanted = written or fallback
    attachment = Attachment(
        id=context.ids.new(),
        post_id=post.id,
        position=position,
        focus_x=picture.focus[0],
        focus_y=picture.focus[1],
        alt=wanted[: limits.ALT_TEXT_CHARS],
        alt_draft=draft[: limits.ALT_TEXT_CHARS],
        origin=Origin.MADE_HERE,
        digital_source_type=provenance.source_type(picture.card.digital_source_type),
        recipe=recipe,
    )
    mark = disclosure.mark(attachment, post.disclosure, rights(post, author))
    key = sealing.watermark_key(context)
    rendition = await images.render(context.part(Pipeline).sandbox, picture.data, provenance=mark, watermark=key)
    attachment.width, attachment.height = rendition.width, rendition.height
    attachment.blurhash, attachment.media_type = rendition.blurhash, rendition.media_type
    attachment.pdq = await verify.fingerprint(context, rendition.data)
    sealed = await sealing.seal(context, attachment, rendition.data, post.disclosure, parents)
    await store(context, attachment, sealed, rendition.thumbnail)
    fp("prepare.stored")
    return attachment


async def _draft(context: Context, picture: GeneratedImage) -> str:
    """A description for the author to confirm, by a model that looks at the picture, else by the generator."""
    return await context.part(Pipeline).describe(picture.data, picture.recipe.prompt) or picture.alt_text


async def _take(context: Context, post: Post, author: Actor, upload: Upload, position: int) -> Attachment:
    """An upload as a picture of the post, its files marked."""
    attachment = of_upload(context, post, upload, position)
    attachment.pdq = await verify.fingerprint(context, await context.storage.read(upload.file_name or ""))
    await flood.check(context, author, post, attachment.pdq)
    await remark(context, attachment, post.disclosure, rights(post, author), archive=upload.manifest)
    return attachment


def of_upload(context: Context, post: Post, upload: Upload, position: int) -> Attachment:
    """An upload as a picture of the post, under the same id unless it had that in a former post. What was made here
    stays so, and a file that says it is AI's work is not declared other."""
    is_ai = upload.claims_ai or upload.origin != Origin.DECLARED_NOT_AI
    made_here = upload.recipe is not None
    return Attachment(
        id=upload.id if upload.former_id is None else context.ids.new(),
        post_id=post.id,
        position=position,
        media_type=upload.media_type,
        width=upload.width,
        height=upload.height,
        blurhash=upload.blurhash,
        focus_x=upload.focus_x,
        focus_y=upload.focus_y,
        alt=upload.description,
        origin=Origin.MADE_HERE if made_here else Origin.DECLARED_AI if is_ai else Origin.DECLARED_NOT_AI,
        digital_source_type=upload.digital_source_type or provenance.TRAINED if is_ai else None,
        recipe=upload.recipe,
        file=upload.file_name,
        thumbnail=upload.small_name,
    )


async def remark(
    context: Context,
    attachment: Attachment,
    level: str,
    whose: str,
    *,
    parents: Sequence[Parent] = (),
    archive: bytes | None = None,
) -> None:
    """Write what the files say of themselves anew, without touching a pixel; the files get other names."""
    mark = disclosure.mark(attachment, level, whose)
    data = provenance.remark(await context.storage.read(attachment.file or ""), mark)
    small = provenance.remark(await context.storage.read(attachment.thumbnail or ""), mark)
    await store(context, attachment, await sealing.seal(context, attachment, data, level, parents, archive), small)


async def store(context: Context, attachment: Attachment, data: bytes, thumbnail: bytes) -> None:
    """Keep both files by content, and their names and digest in the row."""
    attachment.file = await context.storage.put(data, ".jpg")
    attachment.thumbnail = await context.storage.put(thumbnail, ".jpg")
    attachment.sha256 = hashlib.sha256(data).hexdigest()
    attachment.size = len(data)


async def report(context: Context, post_id: int, said: ProgressReport, *, gate: str = "") -> None:
    """What its author sees while a post is being made; `gate` is what the gate looks at: prompt, picture, pictures."""
    known = {"place": said.place, "step": said.step, "steps": said.steps}
    progress = {"fraction": said.fraction, "words": said.words} | {
        name: value for name, value in known.items() if value is not None
    }
    progress |= {"gate": gate} if gate else {}
    async with context.database.write() as session:
        await session.exec(update(Post).where(col(Post.id) == post_id).values(progress=progress))
        events.publish_after(session, [events.making(post_id)], "progress", post_id)


class Progress:
    """Writes a backend's progress to the post's row, not more often than people can read."""

    def __init__(self, context: Context, post_id: int) -> None:
        self.context = context
        self.post_id = post_id
        self._last = float("-inf")

    async def report(self, said: ProgressReport) -> None:
        if said.handle is not None:
            await self._keep_handle(*said.handle)
        now = self.context.clock.monotonic()
        if now - self._last < limits.PROGRESS_SECONDS:
            return
        self._last = now
        await report(self.context, self.post_id, said)
        if said.preview is not None:
            await turns.keep_preview(self.context, self.post_id, said.preview)

    async def _keep_handle(self, index: int, handle: str) -> None:
        """What the backend calls an order: after a crash the same order is looked for there, not given again."""
        async with self.context.database.write() as session:
            post = await session.get(Post, self.post_id, with_for_update=True)
            if post is not None and post.request is not None and len(handle) <= limits.HANDLE_CHARS:
                handles = post.request.get("handles") or {}
                post.request = {**post.request, "handles": {**handles, str(index): handle}}
                session.add(post)
