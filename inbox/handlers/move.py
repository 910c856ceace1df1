"""Moved: an account elsewhere says that it goes on under another id."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy, queries
from fediverse_ai.core.context import context_of
from inbox.incoming import Incoming, Outcome
from outbox import move


async def moved(session: AsyncSession, received: Incoming) -> Outcome:
    """Carry our followers over, if the sender moves itself and the new account, read just now, names it (AUT-17).

    `object.target_uri` is set only after that reading. A target of ours has consented by its own `alsoKnownAs`.
    """
    sender = received.sender
    if received.object.uri != sender.uri:
        return Outcome.DROPPED
    if received.object.target_uri is None:
        return Outcome.IGNORED
    target = await queries.by_uri(session, received.object.target_uri)
    if target is None or not policy.living(target) or target.kind == "Application" or target.id == sender.id:
        return Outcome.DROPPED
    now = context_of(session).clock.now_ms()
    chained = target.moved_to_uri is not None
    if sender.uri not in target.also_known_as or chained or move.moved_lately(sender, now):
        return Outcome.DROPPED
    sender.moved_to_uri, sender.moved_ms = target.uri, now
    session.add(sender)
    await move.carry_followers(session, sender, target)
    return Outcome.DONE
