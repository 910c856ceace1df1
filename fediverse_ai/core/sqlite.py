"""SQLite in a thread, one hop for each statement: executed, fetched and closed there in one go.

SQLAlchemy's adapter asks aiosqlite for a cursor, its execution, its rows and its end one after the other, and each is a
hop to the connection's thread and back, which costs more than most statements do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import aiosqlite

Rows = list[Any]


class Cursor:
    """What SQLAlchemy's adapter needs of a cursor; its rows are there once a statement ran."""

    def __init__(self, connection: OneHop) -> None:
        self._connection = connection
        self._rows: Rows = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Cursor:
        return self

    async def execute(self, sql: str, parameters: Any = ()) -> Cursor:
        return await self._run(sqlite3.Cursor.execute, sql, parameters)

    async def executemany(self, sql: str, parameters: Sequence[Any]) -> Cursor:
        return await self._run(sqlite3.Cursor.executemany, sql, parameters)

    async def _run(self, function: Any, sql: str, parameters: Any) -> Cursor:
        found = await self._connection.in_thread(function, sql, parameters)
        self._rows, self.description, self.rowcount, self.lastrowid = found
        return self

    async def fetchall(self) -> Rows:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []


class OneHop(aiosqlite.Connection):
    """A connection whose cursors run a statement in one hop."""

    def cursor(self) -> Cursor:  # type: ignore[override]  # aiosqlite's own is made in the thread
        return Cursor(self)

    async def in_thread(self, function: Any, sql: str, parameters: Any) -> tuple[Rows, Any, int, int | None]:
        """(rows, description, rowcount, lastrowid) of one statement, given as an unbound method of sqlite3.Cursor."""
        execute: Any = self._execute  # without types in aiosqlite
        found: tuple[Rows, Any, int, int | None] = await execute(self._whole, function, sql, parameters)
        return found

    def _whole(self, function: Any, sql: str, parameters: Any) -> tuple[Rows, Any, int, int | None]:
        cursor = self._conn.cursor()
        try:
            function(cursor, sql, parameters)
            rows = cursor.fetchall() if cursor.description else []
            return rows, cursor.description, cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


def connect(database: str, **options: Any) -> OneHop:
    """A connection for SQLAlchemy's `async_creator_fn`; its thread ends with the process."""
    made = OneHop(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    made._thread.daemon = True
    return made
