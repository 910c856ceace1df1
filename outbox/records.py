"""Measure, ModeratorNote, Docket, LegalNotice: rows about what moderators did, said, share out and owe an answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from fediverse_ai.core.database import big_id, json_column
from fediverse_ai.core.rows import Row


class Measure(Row, table=True):
    """What was done about a person or one of their posts, with the statement of reasons that they read.

    It holds until it is undone. The person may object once, and reads the answer at the same place.
    """

    __tablename__ = "measure"
    __table_args__ = (Index("ix_measure_actor", "actor_id", "kind"), Index("ix_measure_post", "post_id", "kind"))

    id: int = Field(primary_key=True, sa_type=big_id())
    secret: str = Field(unique=True)
    """Opens the statement without an account: who is suspended cannot sign in."""
    kind: str
    """About a person: warn, sensitive, limit, freeze, suspend, delete-media. About a post: mark-sensitive, label,
    unlist, off-gallery, take-down."""
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    post_id: int | None = Field(default=None, sa_type=BigInteger)
    notice_id: int | None = Field(default=None, sa_type=BigInteger)
    """The legal notice that led to it."""
    ground: str = ""
    """The rule or the law."""
    words: str = ""
    """The facts, as the person reads them."""
    automated: bool = False
    """Was it found or decided by a program?"""
    by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")
    before: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """What undoing it puts back."""
    objection: str = ""
    objected_ms: int | None = Field(default=None, sa_type=BigInteger)
    answer: str = ""
    answered_ms: int | None = Field(default=None, sa_type=BigInteger)
    created_ms: int = Field(sa_type=BigInteger)
    undone_ms: int | None = Field(default=None, sa_type=BigInteger)


class ModeratorNote(Row, table=True):
    """Words from one moderator to the others, about a person, a report or a notice; nobody else reads them."""

    __tablename__ = "moderator_note"

    id: int = Field(primary_key=True, sa_type=big_id())
    subject_id: int = Field(index=True, sa_type=BigInteger)
    text: str = ""
    by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")
    created_ms: int = Field(sa_type=BigInteger)


class Docket(Row, table=True):
    """What moderators arranged about something that waits: who has it, who wants an admin, who spoke first."""

    __tablename__ = "docket"

    subject_id: int = Field(primary_key=True, sa_type=big_id())
    """The post, edit, report or notice."""
    assigned_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")
    escalated_ms: int | None = Field(default=None, sa_type=BigInteger)
    escalated_why: str = ""
    first_verb: str = ""
    """Of two people: what the first said, approve or reject."""
    first_by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")


class LegalNotice(Row, table=True):
    """What somebody, with or without an account, says is against the law or their rights, and what became of it."""

    __tablename__ = "legal_notice"
    __table_args__ = (Index("ix_legal_notice_state", "state", "due_ms"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    secret_hash: str = Field(unique=True)
    """SHA-256 of the secret in the notifier's link."""
    kind: str
    """intimate-image, copyright or illegal-content."""
    name: str = ""
    email: str = ""
    urls: list[str] = Field(default_factory=list, sa_column=json_column())
    post_ids: list[int] = Field(default_factory=list, sa_column=json_column())
    """Posts that we have among what the addresses name."""
    words: str = ""
    claims: list[str] = Field(default_factory=list, sa_column=json_column())
    """What the notifier declared, by the names of the boxes."""
    state: str = "open"
    """open, upheld or rejected."""
    ground: str = ""
    statement: str = ""
    taken_down: list[str] = Field(default_factory=list, sa_column=json_column())
    """Ids of the posts that went: those named, and identical copies."""
    hashes: int = 0
    """How many entries the list of known pictures got."""
    decided_by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")
    created_ms: int = Field(sa_type=BigInteger)
    due_ms: int = Field(sa_type=BigInteger)
    decided_ms: int | None = Field(default=None, sa_type=BigInteger)
