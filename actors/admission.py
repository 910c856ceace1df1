"""Setting, Invite, SignUpRequest, Arrival, Announcement, Letter: rows about who comes in and what they are told."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from fediverse_ai.core.database import big_id, index_of_some, json_column
from fediverse_ai.core.rows import Row


class Setting(Row, table=True):
    """One thing that is set while the server runs, from a page or the command line; what is not set has its default."""

    __tablename__ = "setting"

    key: str = Field(primary_key=True)
    value: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    changed_ms: int = Field(sa_type=BigInteger)


class Invite(Row, table=True):
    """A link by which people may make an account, by the SHA-256 of its secret."""

    __tablename__ = "invite"

    id: int = Field(primary_key=True, sa_type=big_id())
    secret_hash: str = Field(unique=True)
    made_by_id: int | None = Field(
        default=None, foreign_key="account.id", index=True, sa_type=BigInteger, ondelete="SET NULL"
    )
    """None: at the command line."""
    note: str = ""
    """For whom it is, in the words of who made it."""
    most_uses: int = 1
    uses: int = 0
    created_ms: int = Field(sa_type=BigInteger)
    expires_ms: int = Field(sa_type=BigInteger)
    revoked_ms: int | None = Field(default=None, sa_type=BigInteger)


class Arrival(Row, table=True):
    """How somebody came here by the door for everybody: by which invitation, or after a request."""

    __tablename__ = "arrival"

    account_id: int = Field(primary_key=True, foreign_key="account.id", sa_type=BigInteger, ondelete="CASCADE")
    invite_id: int | None = Field(
        default=None, foreign_key="invite.id", index=True, sa_type=BigInteger, ondelete="SET NULL"
    )
    invited_by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")
    created_ms: int = Field(sa_type=BigInteger)


class SignUpRequest(Row, table=True):
    """Somebody who asks to join. There is no account and no actor before somebody in charge said yes."""

    __tablename__ = "sign_up_request"
    __table_args__ = (
        index_of_some("uq_sign_up_request_name", "name_lower", where="state = 'waiting'", unique=True),
        Index("ix_sign_up_request_state", "state", "id"),
    )

    id: int = Field(primary_key=True, sa_type=big_id())
    name: str
    name_lower: str
    password_hash: str | None = None
    """Gone when it is decided."""
    email: str | None = None
    """Private; gone when it is decided."""
    reason: str
    language: str = "en"
    state: str = "waiting"
    """waiting, approved or denied."""
    note: str = ""
    """What who decided says to who asked."""
    secret_hash: str = Field(unique=True)
    """Of the address at which who asked sees how it stands."""
    token: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """The token that an app holds already and that opens nothing before a yes: {hash, app_id, scopes}."""
    created_ms: int = Field(sa_type=BigInteger)
    decided_ms: int | None = Field(default=None, sa_type=BigInteger)
    decided_by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")


class Announcement(Row, table=True):
    """What the people in charge tell everybody here, from one time to another."""

    __tablename__ = "announcement"
    __table_args__ = (Index("ix_announcement_published", "published_ms"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    text: str
    content: str
    """The text as clean HTML."""
    starts_ms: int | None = Field(default=None, sa_type=BigInteger)
    """Not shown before."""
    ends_ms: int | None = Field(default=None, sa_type=BigInteger)
    """Not shown from then on."""
    created_ms: int = Field(sa_type=BigInteger)
    updated_ms: int = Field(sa_type=BigInteger)
    published_ms: int | None = Field(default=None, sa_type=BigInteger)
    """None: written, and shown to nobody."""
    withdrawn_ms: int | None = Field(default=None, sa_type=BigInteger)
    by_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger, ondelete="SET NULL")


class _ToAnnouncement(Row):
    """What somebody did with an announcement."""

    announcement_id: int = Field(
        primary_key=True, foreign_key="announcement.id", sa_type=BigInteger, ondelete="CASCADE"
    )
    account_id: int = Field(
        primary_key=True, foreign_key="account.id", index=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    created_ms: int = Field(sa_type=BigInteger)


class AnnouncementSeen(_ToAnnouncement, table=True):
    """Somebody has read an announcement and wants it out of the way."""

    __tablename__ = "announcement_seen"


class AnnouncementReaction(_ToAnnouncement, table=True):
    """An emoji that somebody put under an announcement."""

    __tablename__ = "announcement_reaction"

    emoji: str = Field(primary_key=True)


class Letter(Row, table=True):
    """A mail that is still to be sent. It holds no secret: links are made at the moment of sending."""

    __tablename__ = "letter"

    id: int = Field(primary_key=True, sa_type=big_id())
    kind: str
    account_id: int | None = Field(
        default=None, foreign_key="account.id", index=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    address: str
    language: str = "en"
    about: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """What its text names: a name, a sentence, a note."""
    created_ms: int = Field(sa_type=BigInteger)
