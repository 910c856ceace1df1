"""What stands still while the switch is off, and what goes on, in order, when it is on again."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import stops
from actors.models import Account
from actors.stops import MODEL, Scope
from outbox import delivery, lanes, line
from outbox.models import Delivery, Post, PostState
from outbox.turns import Turn


async def start(session: AsyncSession, scope: str, reason: str = "", by: Account | None = None) -> None:
    """Lift a stop and wake what waited for it, the oldest first. Raises Unprocessable, Missing.

    Posts that are ready go out by the clockwork of scheduled posts, in the order in which they were ready.
    """
    await stops.lift(session, scope, reason, by)
    if scope == Scope.GENERATION or scope.startswith(MODEL):
        await _make(session, scope)
    if scope in (Scope.OUTBOX, Scope.FEDERATION):
        await _carry(session)


async def _make(session: AsyncSession, scope: str) -> None:
    """Orders whose job came and went while nothing was made stand in the line again, each in its place."""
    query = select(Turn).join(Post, col(Post.id) == col(Turn.post_id)).where(Post.state == PostState.WAITING)
    if scope.startswith(MODEL):
        query = query.where(Turn.generator == scope.removeprefix(MODEL))
    for turn in list(await session.exec(query.order_by(col(Turn.number), col(Turn.post_id)))):
        await line.line_up_again(session, turn.post_id)


async def _carry(session: AsyncSession) -> None:
    """Every host's lane drains again from its front."""
    hosts = await session.exec(select(Delivery.host).distinct().where(Delivery.state == "lane"))
    for host in sorted(hosts):
        state = await lanes.state_of(session, host)
        state.waking = False
        session.add(state)
        await session.flush()
        await delivery.wake(session, host, delay=0.0)
