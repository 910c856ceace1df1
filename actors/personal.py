"""SecondFactor, RecoveryCode, Passkey, Import, ImportRow, Archive: how people prove who they are, what they carry."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from fediverse_ai.core.database import big_id, json_column
from fediverse_ai.core.rows import Row


class SecondFactor(Row, table=True):
    """A program that shows one-time codes (TOTP, RFC 6238); asked for at sign-in once `confirmed_ms` is set."""

    __tablename__ = "second_factor"

    account_id: int = Field(primary_key=True, foreign_key="account.id", sa_type=BigInteger, ondelete="CASCADE")
    secret_sealed: bytes
    """The shared secret, sealed under the server's (D24)."""
    created_ms: int = Field(sa_type=BigInteger)
    confirmed_ms: int | None = Field(default=None, sa_type=BigInteger)
    """When the first right code came; before, nothing is asked."""
    last_step: int = Field(default=0, sa_type=BigInteger)
    """The time step of the last code that was taken: no code is taken twice (RFC 6238, 5.2)."""


class RecoveryCode(Row, table=True):
    """One code of paper for when the program is lost, by its SHA-256; gone when it was used."""

    __tablename__ = "recovery_code"

    id: int = Field(primary_key=True, sa_type=big_id())
    account_id: int = Field(foreign_key="account.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    code_hash: str = Field(unique=True)


class Passkey(Row, table=True):
    """The public half of a key pair that lets its holder in (WebAuthn)."""

    __tablename__ = "passkey"

    id: int = Field(primary_key=True, sa_type=big_id())
    account_id: int = Field(foreign_key="account.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    credential_id: str = Field(unique=True)
    """What the device calls it, in base64url."""
    credential: bytes
    """Attested credential data (WebAuthn 6.5.1): the device's model, the credential's id, the COSE public key."""
    sign_count: int = Field(sa_type=BigInteger)
    """The device's counter at the last sign-in; many always say 0."""
    name: str
    created_ms: int = Field(sa_type=BigInteger)
    used_ms: int | None = Field(default=None, sa_type=BigInteger)
    last_asked_ms: int = Field(default=0, sa_type=BigInteger)
    """When the last challenge was made that it answered: none is answered twice."""


class Import(Row, table=True):
    """A list that somebody brought from another server, and how far it is carried in."""

    __tablename__ = "data_import"

    id: int = Field(primary_key=True, sa_type=big_id())
    account_id: int = Field(foreign_key="account.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    kind: str
    """following, blocks, mutes, domain_blocks, lists or bookmarks."""
    overwrite: bool = False
    """Whether what is here and not on the list goes."""
    created_ms: int = Field(sa_type=BigInteger)
    done_ms: int | None = Field(default=None, sa_type=BigInteger)


class ImportRow(Row, table=True):
    """One line of such a list, and what became of it."""

    __tablename__ = "data_import_row"
    __table_args__ = (Index("ix_data_import_row_state", "import_id", "state", "id"),)

    id: int = Field(primary_key=True, sa_type=big_id())
    import_id: int = Field(foreign_key="data_import.id", sa_type=BigInteger, ondelete="CASCADE")
    subject: str
    """A handle, a host or the address of a post."""
    options: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    state: str = "waiting"
    """waiting, done or failed."""
    problem: str | None = None
    """A sentence for its owner."""


class Archive(Row, table=True):
    """Everything of one account in one file, made on demand and forgotten after a week."""

    __tablename__ = "archive"

    id: int = Field(primary_key=True, sa_type=big_id())
    account_id: int = Field(foreign_key="account.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    file: str | None = None
    """Its name in the folder of archives; None while it is made."""
    size: int = 0
    problem: str | None = None
    created_ms: int = Field(sa_type=BigInteger)
    ready_ms: int | None = Field(default=None, sa_type=BigInteger)
