"""Pictures that people bring: rebuilt at once, described by their owner, taken along by a post or forgotten."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.keys import KeyRing
from actors.models import Actor
from fediverse_ai.core import limits, room
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.database import forbid_in_transaction
from fediverse_ai.core.errors import Conflict, Missing, TooLarge, TooMany, Unprocessable
from fediverse_ai.core.texts import _
from generation import images
from generation.pipeline import Pipeline
from generation.provenance import Provenance
from generation.sandbox import SandboxFailed
from outbox import quotas
from outbox.belongings import Lineage, Upload, UploadState
from outbox.models import Post, PostState

KEPT = (PostState.DRAFT, PostState.WAITING, PostState.HELD, PostState.SCHEDULED, PostState.PICK)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was rebuilt from its pixels and stored; nothing of the file that came is left in it."""

    file_name: str
    small_name: str
    media_type: str
    width: int
    height: int
    blurhash: str
    claims_ai: bool
    """Whether the file that came said of itself that a program made it."""
    manifest: bytes | None = None
    """The manifest that it came with, without the picture (generation/manifests.py)."""
    size: int = 0
    """Of both files, in bytes."""


async def admit(context: Context, data: bytes) -> Picture:
    """Decode and rebuild a picture in the sandbox and store it.

    Raises TooLarge, Unsupported or Unprocessable for what is no picture of ours, NoRoom while the disk is nearly full,
    RuntimeError inside a transaction.
    """
    forbid_in_transaction("reading a picture")
    room.require(context.config)
    most = context.config.media.max_upload_bytes
    if len(data) > most:
        raise TooLarge(
            _("A picture may have at most %(most)d KiB here.") % {"most": most // 1024}, f"{len(data)} bytes"
        )
    # Something that no other upload has, so that forgetting the one never takes the other's file.
    mark = base64.urlsafe_b64encode(context.clock.token(12)).decode("ascii")
    made = await images.render(
        context.part(Pipeline).sandbox, data, provenance=Provenance(rights=f"not published ({mark})")
    )
    manifest = await _manifest(context, data)
    return Picture(
        file_name=await context.storage.put(made.data, ".jpg"),
        small_name=await context.storage.put(made.thumbnail, ".jpg"),
        media_type=made.media_type,
        width=made.width,
        height=made.height,
        blurhash=made.blurhash,
        claims_ai=made.claimed is not None and made.claimed.says_ai,
        manifest=manifest,
        size=len(made.data) + len(made.thumbnail),
    )


async def _manifest(context: Context, data: bytes) -> bytes | None:
    """A stranger's manifest, read in the sandbox; one that cannot be read there is none."""
    media_type = images.sniff(data)
    if media_type is None or b"c2pa" not in data:
        return None
    try:
        sandbox = context.part(Pipeline).sandbox
        found = await sandbox.run(
            "generation.manifests:archive", data, media_type, timeout=limits.RENDER_SECONDS, lane="decode"
        )
    except SandboxFailed:
        return None
    return found if isinstance(found, bytes) else None


async def keep(
    session: AsyncSession,
    actor: Actor,
    picture: Picture,
    *,
    description: str = "",
    focus: tuple[float, float] | None = None,
) -> Upload:
    """The picture as somebody's own. Raises Unprocessable for a long description, TooMany beyond UPLOADS_WAITING and
    beyond what their role may bring and keep."""
    context = context_of(session)
    await quotas.require(session, actor.id, "uploads")
    await quotas.require(session, actor.id, "storage_bytes", picture.size)
    waiting = select(Upload.id).where(Upload.actor_id == actor.id, col(Upload.post_id).is_(None))
    if len(list(await session.exec(waiting.limit(limits.UPLOADS_WAITING)))) >= limits.UPLOADS_WAITING:
        raise TooMany("You have brought many pictures that are in no post yet; post or remove some first.")
    upload = Upload(
        id=context.ids.new(),
        actor_id=actor.id,
        file_name=picture.file_name,
        small_name=picture.small_name,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        blurhash=picture.blurhash,
        claims_ai=picture.claims_ai,
        manifest=picture.manifest,
        size=picture.size,
        created_ms=context.clock.now_ms(),
    )
    _describe(upload, description, focus)
    session.add(upload)
    await session.flush()
    return upload


async def mine(session: AsyncSession, actor: Actor, upload_id: int) -> Upload:
    """An upload of this person. Raises Missing for anybody else's, as for none."""
    upload = await session.get(Upload, upload_id)
    if upload is None or upload.actor_id != actor.id:
        raise Missing("There is no such picture.")
    return upload


async def describe(
    session: AsyncSession,
    actor: Actor,
    upload_id: int,
    *,
    description: str | None = None,
    focus: tuple[float, float] | None = None,
) -> Upload:
    """Change the description or the focal point (x and y in −1…1, y upwards) of one that is in no post yet.

    Raises Missing, Conflict for one that a post took along (edit the post), Unprocessable.
    """
    upload = await mine(session, actor, upload_id)
    if upload.post_id is not None:
        raise Conflict("This picture is in a post already; edit the post.")
    _describe(upload, description, focus)
    session.add(upload)
    await session.flush()
    return upload


def _describe(upload: Upload, description: str | None, focus: tuple[float, float] | None) -> None:
    if description is not None:
        written = description.strip()
        if len(written) > limits.ALT_TEXT_CHARS:
            sentence = _("The description is too long: %(long)d characters, and %(most)d are allowed.")
            raise Unprocessable(sentence % {"long": len(written), "most": limits.ALT_TEXT_CHARS})
        upload.description = written
    if focus is not None:
        upload.focus_x, upload.focus_y = images.clamp_focus(*focus)


async def remove(session: AsyncSession, actor: Actor, upload_id: int) -> None:
    """Forget an upload that is in no post; its files go with the next housekeeping. Raises Missing, Conflict."""
    upload = await mine(session, actor, upload_id)
    if upload.post_id is not None:
        raise Conflict("This picture is in a post already.")
    upload.created_ms = 0
    upload.state = UploadState.FAILED
    session.add(upload)


async def take(session: AsyncSession, actor: Actor, post: Post, upload_ids: Sequence[int], origin: str) -> None:
    """Give uploads to a post in this order. Raises Unprocessable for one that is not there, not ready or taken."""
    for position, upload_id in enumerate(upload_ids):
        upload = await session.get(Upload, upload_id, with_for_update=True)
        if upload is None or upload.actor_id != actor.id or upload.state != UploadState.READY:
            raise Unprocessable("One of the pictures is not there (any more).")
        if upload.post_id is not None:
            raise Unprocessable("One of the pictures is in another post already.")
        upload.post_id, upload.position, upload.origin = post.id, position, origin
        session.add(upload)
        if upload.former_id is not None:
            await _inherit(session, upload.former_id, post)


async def _inherit(session: AsyncSession, former_id: int, post: Post) -> None:
    """What the former post of a picture was made from, the new one is made from too: credit is not lost by deleting."""
    known = set(await session.exec(select(Lineage.parent_uri).where(Lineage.post_id == post.id)))
    for line in list(await session.exec(select(Lineage).where(Lineage.post_id == former_id))):
        if line.parent_uri not in known:
            context = context_of(session)
            session.add(
                Lineage(
                    id=context.ids.new(),
                    post_id=post.id,
                    parent_uri=line.parent_uri,
                    parent_id=line.parent_id,
                    created_ms=context.clock.now_ms(),
                )
            )


async def release(session: AsyncSession, post_id: int) -> None:
    """Give back what a post took that came to nothing, so that the next one can take it."""
    await session.exec(
        update(Upload).where(col(Upload.post_id) == post_id).values(post_id=None, position=0, origin=None)
    )


async def of_post(session: AsyncSession, post_id: int) -> list[Upload]:
    """What a post took along, in its order."""
    query = select(Upload).where(Upload.post_id == post_id).order_by(col(Upload.position))
    return list(await session.exec(query))


async def by_file(session: AsyncSession, name: str) -> Upload | None:
    """The upload with this file or thumbnail."""
    return (await session.exec(select(Upload).where((Upload.file_name == name) | (Upload.small_name == name)))).first()


def private_url(context: Context, name: str) -> str:
    """Where a file lies that is in no published post yet, with leave to see it: apps load pictures without a token."""
    return f"{context.storage.url(name)}?key={_key(context, name)}"


def opens(context: Context, name: str, key: str) -> bool:
    """Is this the key of such an address?"""
    return hmac.compare_digest(_key(context, name).encode(), key.encode("utf-8", "replace"))


def _key(context: Context, name: str) -> str:
    return context.part(KeyRing).box.digest(f"private media {name}")[:32]


async def forget(context: Context) -> None:
    """Clockwork: uploads of yesterday that no post took, or whose post has its own copy or will never go out."""
    before = context.clock.now_ms() - int(limits.UPLOAD_SECONDS * 1000)
    async with context.database.write() as session:
        needed = select(Post.id).where(Post.id == Upload.post_id, col(Post.state).in_(KEPT)).exists()
        query = select(Upload).where(col(Upload.created_ms) < before, ~needed).limit(limits.TIDIED_ROWS)
        old = list(await session.exec(query))
        await session.exec(delete(Upload).where(col(Upload.id).in_([upload.id for upload in old])))
    # The rows first: a file that no row names is only room, a row without its file would be a broken post.
    for upload in old:
        for name in (upload.file_name, upload.small_name):
            if name is not None:
                await context.storage.delete(name)
