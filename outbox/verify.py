"""Did this server make this picture? By its manifest, its digest, its likeness and its own words, each told apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import forbid_in_transaction
from fediverse_ai.core.errors import FediverseError
from generation import images, manifests, provenance
from generation.manifests import Reading, Sealer
from generation.moderators.known import NEAR_BITS, hashes_of
from generation.pipeline import Pipeline
from generation.sandbox import SandboxFailed
from outbox import sealing
from outbox.models import Attachment, Post
from outbox.visibility import may_see

Way = Literal["manifest", "digest", "likeness", "mark", "words"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one way of looking says. `ours`: True, False, or None where this way can say neither."""

    way: Way
    ours: bool | None
    words: str
    proves: str
    """What this does prove, and what not."""
    post: Post | None = None
    """The post with the picture, where everybody may see it."""


@dataclass(frozen=True, slots=True)
class Answer:
    findings: list[Finding]
    reading: Reading | None
    media_type: str

    @property
    def ours(self) -> bool:
        return any(finding.ours for finding in self.findings)


async def verify(context: Context, data: bytes) -> Answer:
    """Look at a file of anybody's in every way that there is. Nothing of it is kept.

    Raises TooLarge, Unsupported or Unprocessable for what is no picture; RuntimeError inside a transaction.
    """
    forbid_in_transaction("reading a picture")
    media_type = images.admit_bytes(data)
    sandbox = context.part(Pipeline).sandbox
    rendition = await images.render(sandbox, data, provenance=provenance.Provenance())
    reading = await _reading(context, data, media_type)
    # A flat picture has no hash that means anything; neither has one that cannot be hashed.
    try:
        hashes = await hashes_of(sandbox, data)
    except (FediverseError, ValueError):
        hashes = []
    async with context.database.read() as session:
        findings = [
            _by_manifest(reading, context.config.host),
            await _by_digest(session, data),
            await _by_likeness(session, hashes),
        ]
    if (key := sealing.watermark_key(context)) is not None:
        findings.append(await _by_mark(context, rendition.data, key))
    if rendition.claimed is not None:
        findings.append(_by_words(rendition.claimed))
    return Answer(findings, reading, media_type)


async def fingerprint(context: Context, data: bytes) -> str | None:
    """The PDQ hash by which a picture is found again when its metadata is gone; None for one that is too plain."""
    try:
        hashes = await hashes_of(context.part(Pipeline).sandbox, data)
    except (FediverseError, ValueError):
        return None
    return hashes[0] if hashes else None


async def _reading(context: Context, data: bytes, media_type: str) -> Reading | None:
    """A stranger's manifest, read in the sandbox."""
    if b"c2pa" not in data:
        return None
    root = context.part(Sealer).root
    try:
        found = await context.part(Pipeline).sandbox.run(
            "generation.manifests:read", data, media_type, root, timeout=limits.RENDER_SECONDS, lane="decode"
        )
    except SandboxFailed:
        return Reading("invalid", problems=("it cannot be read",))
    return manifests.reading_of(found)


def _by_manifest(reading: Reading | None, host: str) -> Finding:
    if reading is None:
        proves = "Nothing: most servers and apps remove manifests when they make pictures smaller."
        return Finding("manifest", None, "The file has no C2PA manifest.", proves)
    if reading.state == "trusted":
        words = f"{host} signed this file, and not a byte was changed since."
        return Finding("manifest", True, words, "That this server wrote this file, and what it said of its making.")
    if reading.state == "valid":
        words = f"It was signed by “{reading.issuer or 'somebody'}”, whom this server does not know; it is unchanged."
        return Finding("manifest", False, words, "That it is as its signer left it; not who that is.")
    words = f"It has a manifest that does not hold ({', '.join(reading.problems) or 'unreadable'})."
    return Finding("manifest", None, words, "That the file was changed after it was signed, or the manifest moved.")


async def _by_digest(session: AsyncSession, data: bytes) -> Finding:
    digest = hashlib.sha256(data).hexdigest()
    proves = "That these very bytes left this server; the smallest change makes another digest."
    query = select(Attachment).where(Attachment.sha256 == digest, col(Attachment.file).is_not(None))
    found = (await session.exec(query.limit(1))).first()
    if found is None:
        return Finding("digest", None, "No file of this server has this digest.", proves)
    return Finding("digest", True, "This very file was published here.", proves, await _shown(session, found.post_id))


async def _by_likeness(session: AsyncSession, hashes: list[str]) -> Finding:
    proves = "That it looks nearly the same, also smaller or saved anew; not who had the picture first."
    if not hashes:
        return Finding("likeness", None, "The picture is too plain to be found by its looks.", proves)
    query = select(Attachment.post_id, Attachment.pdq).where(col(Attachment.pdq).is_not(None))
    rows = list(await session.exec(query.order_by(col(Attachment.id).desc()).limit(limits.VERIFY_PICTURES)))
    from generation.moderators.distance import nearest

    known = bytes.fromhex("".join(value or "" for _, value in rows))
    best, place = min((nearest(known, value) for value in hashes), default=(0, 0)) if known else (NEAR_BITS + 1, 0)
    if best > NEAR_BITS:
        return Finding("likeness", None, "No picture of this server looks like it.", proves)
    words = f"It looks like a picture that was made or shown here ({best} of 256 bits differ; up to {NEAR_BITS} count)."
    return Finding("likeness", True, words, proves, await _shown(session, rows[place][0]))


async def _by_mark(context: Context, data: bytes, key: bytes) -> Finding:
    from generation.watermark import FOUND

    proves = (
        f"That a picture with this server's secret mark is under it (from {FOUND:g} deviations on; "
        f"chance came to 3.2 in 2,000 trials). It is lost when a picture is cut, and can be taken out on purpose."
    )
    try:
        leans = await context.part(Pipeline).sandbox.run(
            "generation.watermark:look", data, key, timeout=limits.RENDER_SECONDS, lane="decode"
        )
    except SandboxFailed:
        leans = 0.0
    if float(leans) < FOUND:
        return Finding("mark", None, "The invisible mark of this server is not in it.", proves)
    return Finding("mark", True, f"The invisible mark of this server is in it ({leans:.0f} deviations).", proves)


def _by_words(claimed: provenance.Provenance) -> Finding:
    said = "that AI made it" if claimed.says_ai else "something of its making"
    by = f", with {claimed.system}" if claimed.system else ""
    return Finding(
        "words", None, f"The file itself says {said}{by}.", "Nothing by itself: anybody can write such words (XMP)."
    )


async def _shown(session: AsyncSession, post_id: int) -> Post | None:
    post = await session.get(Post, post_id)
    return post if post is not None and await may_see(session, None, post) else None
