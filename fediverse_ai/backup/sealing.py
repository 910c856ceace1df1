"""Backups under a passphrase, in the age format, which `age` and `rage` open too: one key, sealed by the passphrase.

The key lies in every backup (`key.age`), so that a backup and its passphrase are all that is needed; pictures are
sealed for the same key, because a passphrase costs a second of work and there may be many pictures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pyrage  # type: ignore[import-untyped]

from fediverse_ai.backup.places import write_small
from fediverse_ai.core.errors import Misconfigured, Unprocessable

KEY, PUBLIC = "key.age", "key.pub"
SUFFIX = ".age"


class Reads(Protocol):
    """What bytes come out of."""

    def read(self, size: int = -1, /) -> bytes: ...


class Writes(Protocol):
    """What bytes go into."""

    def write(self, data: bytes, /) -> int: ...


class Seal:
    """One folder's key: `sealed` is the file that the passphrase opens."""

    def __init__(self, identity: pyrage.x25519.Identity, sealed: bytes) -> None:
        self._identity = identity
        self._recipient = identity.to_public()
        self.sealed = sealed

    @property
    def recipient(self) -> str:
        """The public key, which says nothing."""
        return str(self._recipient)

    def seal(self, source: Reads, target: Writes) -> None:
        """Encrypt everything that `source` gives."""
        pyrage.encrypt_io(source, target, [self._recipient])

    def open(self, source: Reads, target: Writes) -> None:
        """Decrypt. Raises Unprocessable for what was changed, cut, or sealed for another key."""
        try:
            pyrage.decrypt_io(source, target, [self._identity])
        except (pyrage.DecryptError, OSError) as error:
            raise Unprocessable("A part of the backup does not open: it was changed or cut.", str(error)) from None

    def read(self, data: bytes) -> bytes:
        """Decrypt something short. Raises Unprocessable."""
        try:
            return bytes(pyrage.decrypt(data, [self._identity]))
        except pyrage.DecryptError as error:
            raise Unprocessable("A part of the backup does not open: it was changed or cut.", str(error)) from None


def seal_of(folder: Path, passphrase: str) -> Seal:
    """The key of a folder of backups, made with the first one. Raises Misconfigured when the passphrase is another."""
    path = folder / KEY
    if path.exists():
        try:
            return unlocked(path.read_bytes(), passphrase)
        except Unprocessable:
            raise Misconfigured(
                f"The passphrase does not open {path}: use the one of the earlier backups, or another folder."
            ) from None
    identity = pyrage.x25519.Identity.generate()
    sealed = pyrage.passphrase.encrypt(f"{identity}\n".encode(), passphrase)
    write_small(folder / PUBLIC, f"{identity.to_public()}\n".encode())
    write_small(path, sealed)
    return Seal(identity, sealed)


def to_whom(folder: Path) -> str:
    """The public key for which things in this folder are encrypted; empty for none."""
    try:
        return (folder / PUBLIC).read_text("ascii").strip()
    except FileNotFoundError:
        return ""


def seal_line(data: bytes, recipient: str) -> bytes:
    """Encrypt something short, without the passphrase."""
    return bytes(pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(recipient)]))


def unlocked(sealed: bytes, passphrase: str) -> Seal:
    """The key in a `key.age`. Raises Unprocessable when the passphrase does not open it."""
    try:
        written = pyrage.passphrase.decrypt(sealed, passphrase).decode().strip()
        return Seal(pyrage.x25519.Identity.from_str(written), sealed)
    except (pyrage.DecryptError, pyrage.IdentityError, UnicodeDecodeError):
        raise Unprocessable("The passphrase does not open this backup.") from None
