"""PolicyVersion, Appeal, KnownPicture: rows about judging, beside the Judgements themselves."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from fediverse_ai.core.database import big_id
from fediverse_ai.core.rows import Row


class PolicyVersion(Row, table=True):
    """A policy that ran here, whole; the newest row is the one that runs or ran last."""

    __tablename__ = "policy_version"

    id: int = Field(primary_key=True, sa_type=big_id())
    digest: str
    """SHA-256 hex of the text."""
    version: str
    """What verdicts name: the declared version and the first digits of the digest."""
    text: str
    note: str = ""
    """Where it came from: a first start, a changed file, a roll back."""
    created_ms: int = Field(sa_type=BigInteger)


class Appeal(Row, table=True):
    """An author's objection to one decision about a post or an edit; a moderator answers it once."""

    __tablename__ = "appeal"
    __table_args__ = (Index("ix_appeal_state", "state", "id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    judgement_id: int = Field(foreign_key="judgement.id", unique=True, sa_type=BigInteger, ondelete="CASCADE")
    """The decision; there is one appeal against each."""
    post_id: int = Field(foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    revision_id: int | None = Field(default=None, foreign_key="revision.id", sa_type=BigInteger, ondelete="CASCADE")
    """The edit, when it was an edit that was held or refused."""
    actor_id: int = Field(foreign_key="actor.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    text: str = ""
    state: str = "open"
    """open, upheld (it was let out) or rejected."""
    answer: str = ""
    decided_by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")
    created_ms: int = Field(sa_type=BigInteger)
    decided_ms: int | None = Field(default=None, sa_type=BigInteger)


class KnownPicture(Row, table=True):
    """A picture that must not be shown here, by its hash alone: from a list, or taken down by a moderator."""

    __tablename__ = "known_picture"
    __table_args__ = (Index("ix_known_picture_hash", "hash", unique=True),)

    id: int = Field(primary_key=True, sa_type=big_id())
    kind: str
    """pdq (near copies are found too) or sha256 (this very file)."""
    hash: str
    """64 hex digits."""
    source: str = ""
    """The list that it came from, or the post that it was taken down with."""
    reason: str = ""
    added_by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")
    created_ms: int = Field(sa_type=BigInteger)
