"""Every table of the house in one place, and how Alembic compares them with a database."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import JSON
from sqlmodel import AutoString

import actors.models
import inbox.models
import outbox.models
from fediverse_ai.core.database import metadata

__all__ = ["ROOMS", "comparison", "metadata"]

ROOMS = (actors.models, outbox.models, inbox.models)


def comparison() -> dict[str, Any]:
    """The options of Alembic's context: names of ours only, types compared, tables made anew where SQLite must."""
    return {
        "target_metadata": metadata,
        "include_name": _ours,
        "render_item": _render,
        "compare_type": True,
        "compare_server_default": True,
        "render_as_batch": True,
    }


def _ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave the job engine's tables alone, which lie in the same SQLite file."""
    return kind != "table" or name in metadata.tables


def _render(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """Plain SQLAlchemy in the migration's text, so that it does not depend on SQLModel's inside."""
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(item, JSON):
        context.imports.add("from sqlalchemy.dialects.postgresql import JSONB")
        return "sa.JSON().with_variant(JSONB(), 'postgresql')"
    return False
