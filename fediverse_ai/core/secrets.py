"""Secrets at rest: sealed under a key that never lies in the database (D24)."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fediverse_ai.core.errors import Misconfigured

if TYPE_CHECKING:
    from fediverse_ai.core.clock import Clock

FILE = "secret.key"
SECRET_BYTES = 32
DISTINCT_BYTES = 12
"""Of 32 random bytes fewer differ once in ten thousand million million times; of what somebody typed, often."""
_NONCE_BYTES = 12
_VERSION = b"\x01"


class SecretBox:
    """Seals bytes with AES-256-GCM: one version byte, a 12-byte nonce, the ciphertext with its tag."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SECRET_BYTES:
            raise Misconfigured(f"The secret in {FILE} is too short; restore the file from your backup.")
        self._cipher = AESGCM(HKDF(SHA256(), 32, salt=None, info=b"fediverse-ai seal").derive(secret))
        self._digest_key = HKDF(SHA256(), 32, salt=None, info=b"fediverse-ai digest").derive(secret)

    def seal(self, data: bytes, purpose: bytes = b"") -> bytes:
        """Encrypt; what was sealed for one purpose does not open for another."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, data, purpose)

    def open(self, sealed: bytes, purpose: bytes = b"") -> bytes:
        """Decrypt. Raises Misconfigured when the bytes were not sealed under this secret."""
        body = sealed[1:]
        try:
            if sealed[:1] != _VERSION:
                raise InvalidTag
            return self._cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], purpose)
        except (InvalidTag, ValueError):
            raise Misconfigured(
                f"A stored secret does not open with {FILE}; restore the file that belongs to this database."
            ) from None

    def digest(self, token: str) -> str:
        """A keyed digest (64 hexadecimal characters) under which a token is stored and looked up (D16)."""
        return hashlib.blake2b(token.encode(), key=self._digest_key, digest_size=32).hexdigest()


def open_box(data_dir: Path, clock: Clock, *, create: bool = False) -> SecretBox:
    """The box of this data folder, from DIR/secret.key (mode 0600); made when `create` is given and it is missing.

    Raises Misconfigured when the file is missing and must not be made: a new secret would orphan every stored key.
    """
    path = data_dir / FILE
    try:
        secret = path.read_bytes()
        if len(set(secret)) < DISTINCT_BYTES:
            raise Misconfigured(f"{path} holds no random secret; restore the file from your backup (OPS-02).")
        return SecretBox(secret)
    except FileNotFoundError:
        if not create:
            raise Misconfigured(
                f"{path} is missing, and the keys in the database open with nothing else: restore it from your backup. "
                "A new server wants a new folder."
            ) from None
    secret = clock.token(SECRET_BYTES)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(data_dir, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return SecretBox(secret)
