"""What would leave this server with a post, before it does: made by the very functions that publish it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor
from fediverse_ai.core import html
from fediverse_ai.core.context import context_of
from generation.manifests import Statement
from generation.provenance import Provenance
from outbox import audience, disclosure, documents, labels, lineage, making, mentions, preferences, publish, sealing
from outbox.models import Attachment, Post
from outbox.send import welcome


@dataclass(frozen=True, slots=True)
class File:
    """One picture: what stands beside it in the object, and what its file says of itself, in XMP and in C2PA."""

    alt: str
    recipe: dict[str, Any]
    mark: Provenance
    statement: Statement


@dataclass(frozen=True, slots=True)
class Leaving:
    """`note` is the object as it would be sent, `label` its visible line as plain text, `hashtags` without their #.

    `servers` get it; `left_out` maps hosts that would have to the reason why they do not. `here` follow on this server.
    """

    note: dict[str, Any]
    label: str
    hashtags: list[str]
    files: list[File]
    servers: int
    here: int
    left_out: dict[str, str]


async def look(session: AsyncSession, author: Actor, post: Post, attachments: Sequence[Attachment]) -> Leaving:
    """A look ahead at a post, given as copies that belong to no session: they are written into. Asks no other server,
    so people whom this server does not know yet are not among the mentioned."""
    context = context_of(session)
    shown = list(attachments)
    post.mentions = await mentions.known(session, post, post.text)
    publish.write_content(context, post, author, shown, await lineage.credit(session, post))
    parents = await documents.named_parents(session, post)
    note = documents.note(context.config, post, author, shown, context.storage.url, parents)
    wanted = await welcome(session, await audience.inboxes(session, author, post))
    left_out = await preferences.not_for(session, post, shown, set(wanted.values()))
    whose = making.rights(post, author)
    return Leaving(
        note=note,
        label=html.text_of(labels.line(context.config, shown, post.disclosure)).strip(),
        hashtags=[tag["name"].removeprefix("#") for tag in note["tag"] if tag["type"] == "Hashtag"],
        files=[
            File(
                alt=told["name"],
                recipe={name: value for name, value in told.get("recipe", {}).items() if name != "type"},
                mark=disclosure.mark(item, post.disclosure, whose),
                statement=sealing.statement(item, post.disclosure),
            )
            for item, told in zip(shown, note["attachment"], strict=True)
        ],
        servers=len(set(wanted.values()) - left_out.keys()),
        here=len(await queries.local_followers(session, author.id)),
        left_out=left_out,
    )
