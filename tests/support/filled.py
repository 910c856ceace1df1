"""A database of an older revision, filled with rows of every table, and digests that tell whether they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

OURS = "alembic_version"
STEP = 1_000


def tables_of(connection: sa.Connection) -> list[sa.Table]:
    """What is there, parents before children; reflected, so that no model of today has a say."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != OURS]


def fill(connection: sa.Connection, rows: int) -> int:
    """About `rows` rows, as many in each table, with values that tell where they belong; how many there are."""
    tables = tables_of(connection)
    each = max(3, rows // len(tables))
    for table in tables:
        made = [_row(table, number) for number in range(1, each + 1)]
        for start in range(0, each, STEP):
            connection.execute(table.insert(), made[start : start + STEP])
    return each * len(tables)


def _row(table: sa.Table, number: int) -> dict[str, Any]:
    return {column.name: _value(column, number) for column in table.columns}


def _value(column: sa.Column[Any], number: int) -> Any:
    if column.foreign_keys:
        own = next(iter(column.foreign_keys)).column.table is column.table
        return None if own else number
    kind = column.type
    if column.nullable and not column.primary_key and number % 3 == 0:
        return None
    if isinstance(kind, sa.Boolean):
        # A local actor's name is one of its kind.
        return False
    if isinstance(kind, sa.JSON):
        return {"text": f"{column.name} {number}", "list": [number, None]}
    if isinstance(kind, sa.LargeBinary):
        return f"{column.name} {number}".encode() * 4
    if isinstance(kind, sa.Float):
        return number / 4
    if isinstance(kind, sa.Integer):
        return number
    return f"{column.name} {number} – ü"


def digest(connection: sa.Connection, columns: dict[str, list[str]] | None = None) -> dict[str, str]:
    """Table -> digest of its rows, in the given columns only (those of an older revision) or in all."""
    found = {}
    for table, names in columns_of(connection).items():
        if columns is None or table in columns:
            chosen = ", ".join(f'"{name}"' for name in sorted(columns[table] if columns is not None else names))
            rows = connection.exec_driver_sql(f'SELECT {chosen} FROM "{table}"')
            found[table] = _digest(repr(tuple(row)) for row in rows)
    return found


def _digest(rows: Iterable[str]) -> str:
    made = hashlib.sha256()
    for row in sorted(rows):
        made.update(row.encode())
    return made.hexdigest()


def columns_of(connection: sa.Connection) -> dict[str, list[str]]:
    """Table -> names of its columns."""
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    if connection.dialect.name == "sqlite":
        query = "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
        # What the planner counted goes with a table that is copied, and is counted again; it is nobody's data.
        query += " AND m.name NOT LIKE 'sqlite_stat%'"
    found: dict[str, list[str]] = {}
    for table, column in connection.exec_driver_sql(query):
        if table != OURS:
            found.setdefault(table, []).append(column)
    return found
