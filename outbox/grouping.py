"""Notifications that belong together: likes and boosts of one post, and follows, of the same twelve hours."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from outbox.models import Notification

GROUPED = frozenset({"like", "boost", "follow"})
HOURS = 12
"""Of UTC half days, so that a group is the same on every page and in every app."""


def part_of(row: Notification) -> int:
    """The number of the half day in which it was told."""
    return row.created_ms // (HOURS * 3_600_000)


def groups_of(rows: Sequence[Notification]) -> list[list[Notification]]:
    """Rows that are newest first, as groups whose first row is their newest."""
    found: dict[Hashable, list[Notification]] = {}
    for row in rows:
        key: Hashable = (row.kind, row.post_id, part_of(row)) if row.kind in GROUPED else row.id
        found.setdefault(key, []).append(row)
    return list(found.values())
