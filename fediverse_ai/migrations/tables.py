"""Every table of the house in one place, and how Alembic compares them with a database."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import JSON
from sqlmodel import AutoString, SQLModel

import actors.admission
import actors.audit
import actors.emoji
import actors.models
import actors.optouts
import actors.personal
import actors.restorations
import actors.stops
import fediverse_ai.core.observations
import inbox.models
import outbox.addressed
import outbox.belongings
import outbox.consent
import outbox.models
import outbox.records
import outbox.rulings
import outbox.shelves
import outbox.turns
from fediverse_ai.core.database import metadata

__all__ = ["NAMES", "comparison", "metadata"]

ROOMS = (
    fediverse_ai.core.observations,
    actors.models,
    actors.personal,
    actors.stops,
    actors.emoji,
    actors.audit,
    actors.optouts,
    actors.restorations,
    actors.admission,
    outbox.models,
    outbox.belongings,
    outbox.consent,
    outbox.addressed,
    outbox.rulings,
    outbox.records,
    outbox.shelves,
    outbox.turns,
    inbox.models,
)
NAMES = frozenset(
    str(model.__tablename__)
    for room in ROOMS
    for model in vars(room).values()
    if isinstance(model, type) and issubclass(model, SQLModel) and hasattr(model, "__table__")
)


def comparison() -> dict[str, Any]:
    """The options of Alembic's context: names of ours only, types compared, tables made anew where SQLite must."""
    return {
        "target_metadata": metadata,
        "include_object": _ours,
        "render_item": _render,
        "compare_type": True,
        "compare_server_default": True,
        "render_as_batch": True,
    }


def _ours(_item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Leave others' tables alone: the job engine's lie in the same SQLite file, those of a plug-in or a test may."""
    return kind != "table" or name in NAMES


def _render(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """Plain SQLAlchemy in the migration's text, so that it does not depend on SQLModel's inside."""
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(item, JSON):
        context.imports.add("from sqlalchemy.dialects.postgresql import JSONB")
        return "sa.JSON().with_variant(JSONB(), 'postgresql')"
    return False
