"""What is set while the server runs: values in the database, changed from a page or the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit
from actors.admission import Setting
from actors.audit import Subject
from actors.models import Account
from fediverse_ai.core.context import context_of


async def value(session: AsyncSession, key: str) -> dict[str, Any]:
    """What is set under a key; empty when nothing is."""
    row = await session.get(Setting, key)
    return dict(row.value) if row is not None else {}


async def put(session: AsyncSession, key: str, new: Mapping[str, Any], by: Account | None) -> None:
    """Set it, with an entry in the audit log; `by` None is the command line."""
    row = await session.get(Setting, key) or Setting(key=key, value={}, changed_ms=0)
    before, row.value = dict(row.value), dict(new)
    row.changed_ms = context_of(session).clock.now_ms()
    session.add(row)
    await session.flush()
    await audit.note(session, by, f"setting.{key}", Subject("setting", 0, key), before=before, after=dict(new))
