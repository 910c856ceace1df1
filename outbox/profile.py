"""Edit a profile and tell the followers."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import local, queries
from actors.models import Actor
from actors.routes import ServedDocuments
from fediverse_ai.activitypub import document
from fediverse_ai.core.context import context_of
from outbox import activities
from outbox.send import send


async def edit(session: AsyncSession, actor: Actor, changes: dict[str, Any]) -> None:
    """Change a local actor (see `actors.local.edit`) and send an Update with the whole actor to its followers."""
    context = context_of(session)
    await local.edit(session, actor, changes)
    assert actor.document is not None
    body = activities.update_actor(context, actor, document.parse(actor.document))
    await send(session, actor, body, await queries.follower_inboxes(session, actor.id), object_uri=actor.uri)
    context.part(ServedDocuments).forget()
