"""Received, Tombstone: the rows about what arrived."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from fediverse_ai.core.database import big_id
from fediverse_ai.core.rows import Row


class Received(Row, table=True):
    """An activity that was verified and acknowledged; the promise that it will be handled."""

    __tablename__ = "received"
    __table_args__ = (Index("ix_received_state", "state", "id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    activity_uri: str = Field(unique=True)
    type: str
    sender_uri: str
    """The actor whose key signed it and who owns it."""
    body: bytes
    wide: bool = False
    """For everybody, or for all who follow the sender; known once it was handled."""
    state: str = "stored"
    """stored, then the outcome: done, ignored, dropped, unsupported, failed."""
    detail: str | None = None
    attempts: int = 0
    received_ms: int = Field(sa_type=BigInteger)
    handled_ms: int | None = Field(default=None, sa_type=BigInteger)


class Tombstone(Row, table=True):
    """An id that was deleted or undone: it does not come back before `until_ms` (None: never)."""

    __tablename__ = "tombstone"

    uri: str = Field(primary_key=True)
    owner_uri: str
    created_ms: int = Field(sa_type=BigInteger)
    until_ms: int | None = Field(default=None, sa_type=BigInteger)
