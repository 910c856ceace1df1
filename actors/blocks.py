"""Blocks between two actors: rows only; what must be sent is the caller's matter."""

from __future__ import annotations

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import follows
from actors.models import Actor, Block
from actors.optouts import OptOut
from fediverse_ai.core.context import context_of


async def block_of(session: AsyncSession, blocker_id: int, blocked_id: int) -> Block | None:
    query = select(Block).where(Block.blocker_id == blocker_id, Block.blocked_id == blocked_id)
    return (await session.exec(query)).first()


async def add(session: AsyncSession, blocker: Actor, blocked: Actor, uri: str) -> Block:
    """Record a block under the id of its activity, or renew the one there is; every follow between the two ends."""
    block = await block_of(session, blocker.id, blocked.id)
    if block is None:
        context = context_of(session)
        block = Block(
            id=context.ids.new(),
            uri=uri,
            blocker_id=blocker.id,
            blocked_id=blocked.id,
            created_ms=context.clock.now_ms(),
        )
    block.uri = uri
    session.add(block)
    await follows.sever(session, blocker.id, blocked.id)
    await session.flush()
    return block


async def remove(session: AsyncSession, blocker_id: int, blocked_id: int) -> bool:
    result = await session.exec(
        delete(Block).where(col(Block.blocker_id) == blocker_id, col(Block.blocked_id) == blocked_id)
    )
    return bool(result.rowcount)


async def barred_with(session: AsyncSession, actor_id: int) -> set[int]:
    """The ids of everybody who blocked this actor or whom it blocked, and of all who asked to be left alone."""
    theirs = await session.exec(select(Block.blocker_id).where(Block.blocked_id == actor_id))
    mine = await session.exec(select(Block.blocked_id).where(Block.blocker_id == actor_id))
    return {*theirs, *mine, *await session.exec(select(OptOut.actor_id))}
