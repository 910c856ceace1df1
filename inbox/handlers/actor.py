"""Actor changed."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import remote
from fediverse_ai.core.errors import Nonsense
from inbox.incoming import Incoming, Outcome


async def changed(session: AsyncSession, received: Incoming) -> Outcome:
    """The sender describes themself anew; the id never changes, endpoints stay on their origin (AUT-14)."""
    admitted = received.object.admitted
    if admitted is None or admitted.id != received.sender.uri:
        return Outcome.DROPPED
    try:
        facts = remote.read_actor(admitted)
    except Nonsense:
        return Outcome.DROPPED
    # Another name would be another handle: it is proven when the actor is fetched, not by its own word.
    facts |= {"username": received.sender.username, "username_lower": received.sender.username_lower}
    await remote.store(session, facts, received.sender.host, vouched=True)
    return Outcome.DONE
