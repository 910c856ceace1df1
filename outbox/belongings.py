"""Upload, Lineage, Bookmark, RemoteCopy …: what people bring, build on, keep for themselves, and see of others."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from fediverse_ai.core.database import big_id, json_column
from fediverse_ai.core.rows import Row


class Disclosure(StrEnum):
    """How much of a picture's recipe leaves: in the object, on its page and in the file. Each holds the next."""

    FULL = "full"
    PROMPT = "prompt"
    """The prompt and the model, without seed and settings."""
    MODEL = "model"
    LABEL = "label"
    """That it was made by AI, and nothing else."""


class RemixPolicy(StrEnum):
    """Who may make something from a post; nobody where nothing was said."""

    ANYONE = "anyone"
    FOLLOWERS = "followers"
    NOBODY = "nobody"


class UploadState(StrEnum):
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class Upload(Row, table=True):
    """A picture that somebody brought: rebuilt from its pixels, seen by nobody else until a post takes it along."""

    __tablename__ = "upload"
    __table_args__ = (Index("ix_upload_actor", "actor_id", "id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    state: str = UploadState.READY
    file_name: str | None = Field(default=None, index=True)
    small_name: str | None = Field(default=None, index=True)
    media_type: str = "image/jpeg"
    width: int | None = None
    height: int | None = None
    size: int = 0
    """Of its files, in bytes."""
    blurhash: str | None = None
    description: str = ""
    focus_x: float = 0.0
    focus_y: float = 0.0
    claims_ai: bool = False
    """Whether the file as it came said of itself that a program made it."""
    manifest: bytes | None = None
    """What the file as it came had to say of its making (C2PA), kept as an ingredient of ours."""
    error: str | None = None
    """A sentence for its owner."""
    created_ms: int = Field(index=True, sa_type=BigInteger)
    post_id: int | None = Field(
        default=None, foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="SET NULL"
    )
    """The post that took it along; forgotten after a day without one."""
    position: int = 0
    origin: str | None = None
    """What the post's author declared (Origin); None before."""
    former_id: int | None = Field(default=None, foreign_key="post.id", sa_type=BigInteger, ondelete="SET NULL")
    """The post whose picture it was until its author deleted that, to write it anew."""
    recipe: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    """How it was made here, for the former post."""
    digital_source_type: str | None = None


class Lineage(Row, table=True):
    """One parent of one post, by its URI; `parent_id` when we have it. Of our posts and of others' alike."""

    __tablename__ = "lineage"
    __table_args__ = (UniqueConstraint("post_id", "parent_uri"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    post_id: int = Field(foreign_key="post.id", sa_type=BigInteger, ondelete="CASCADE")
    parent_uri: str = Field(index=True)
    parent_id: int | None = Field(
        default=None, foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="SET NULL"
    )
    created_ms: int = Field(sa_type=BigInteger)


class Bookmark(Row, table=True):
    """A post that one of our people keeps for later; nobody else is told."""

    __tablename__ = "bookmark"
    __table_args__ = (UniqueConstraint("actor_id", "post_id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    post_id: int = Field(foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    created_ms: int = Field(sa_type=BigInteger)


class PollVote(Row, table=True):
    """One choice that one of our people made in somebody's poll (outbox/votes.py)."""

    __tablename__ = "poll_vote"
    __table_args__ = (UniqueConstraint("actor_id", "post_id", "choice"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    post_id: int = Field(foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    choice: int
    """Its place among the choices, from 0."""
    created_ms: int = Field(sa_type=BigInteger)


class ConversationMute(Row, table=True):
    """A conversation of which one of our people wants to hear no more; nobody else is told."""

    __tablename__ = "conversation_mute"
    __table_args__ = (UniqueConstraint("actor_id", "context_uri"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    context_uri: str
    created_ms: int = Field(sa_type=BigInteger)


class RemoteCopy(Row, table=True):
    """Our own rendering of somebody else's picture, kept for a while so that it can be shown from here.

    `owner_id` is an attachment's id for `picture`, an actor's for `avatar` and `header`; no foreign key, so that the
    file of a deleted owner is still found by whoever tidies up.
    """

    __tablename__ = "remote_copy"
    __table_args__ = (UniqueConstraint("kind", "owner_id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    kind: str
    owner_id: int = Field(sa_type=BigInteger)
    source_url: str
    file: str | None = Field(default=None, index=True)
    thumbnail: str | None = None
    size: int = 0
    """Bytes of both files."""
    problem: str | None = None
    """Why there is no file; it is tried again later."""
    fetched_ms: int = Field(sa_type=BigInteger, index=True)
    used_ms: int = Field(sa_type=BigInteger, index=True)
