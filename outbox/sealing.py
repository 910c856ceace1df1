"""The last thing that happens to a picture's file: our manifest is signed into it, over exactly these bytes (C2PA)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from actors.keys import KeyRing
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from generation.manifests import Parent, Sealer, Statement
from outbox import disclosure, documents, lineage
from outbox.models import Attachment, Origin, Post


async def parents(context: Context, post: Post) -> list[Parent]:
    """The pictures of ours that a post was made from, with the manifests in them. Others' are named in the object:
    their files are not kept here."""
    wanted = ((post.request or {}).get("source") or {}).get("attachment")
    found: list[tuple[Attachment, bool]] = []
    async with context.database.read() as session:
        for line in (await lineage.parents_of(session, post.id))[: limits.MANIFEST_PARENTS]:
            kept = await documents.attachments_of(session, line.parent_id) if line.parent_id is not None else []
            begun = next((item for item in kept if item.id == wanted), None)
            found += [(item, item is begun) for item in ([begun] if begun is not None else kept[:1])]
    return [
        Parent(await context.storage.read(item.file), _title(item), "parentOf" if changed else "inputTo")
        for item, changed in found
        if item.file is not None and item.media_type == "image/jpeg"
    ]


async def seal(
    context: Context,
    attachment: Attachment,
    data: bytes,
    level: str,
    made_from: Sequence[Parent] = (),
    archive: bytes | None = None,
) -> bytes:
    """The file with our manifest."""
    said = statement(attachment, level, made_from, archive)
    return await asyncio.to_thread(context.part(Sealer).seal, data, said)


def statement(
    attachment: Attachment, level: str, made_from: Sequence[Parent] = (), archive: bytes | None = None
) -> Statement:
    """What our manifest says. It says no more of the recipe than the object does (`level` of disclosure)."""
    known = disclosure.disclosed(attachment.recipe, level)
    agent = str(known.pop("title", "") or known.pop("generator", "") or "Fediverse AI")
    return Statement(
        title=_title(attachment),
        source_type=attachment.digital_source_type or "" if attachment.origin != Origin.DECLARED_NOT_AI else "",
        agent=agent,
        agent_version=str(known.pop("version", "")),
        parameters={f"ai.fediverse.{name}": value for name, value in known.items()},
        parents=made_from,
        archive=archive,
    )


def watermark_key(context: Context) -> bytes | None:
    """The secret of the invisible mark, where the setting `provenance.watermark` asks for one."""
    if not context.config.provenance.watermark:
        return None
    return bytes.fromhex(context.part(KeyRing).box.digest("watermark"))


def _title(attachment: Attachment) -> str:
    return f"picture {attachment.id}"
