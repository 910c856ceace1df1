"""The age format (age-encryption.org/v1) read and written by the letter of its specification, for two recipient types.

A second implementation: what it opens needs neither our program nor the library that we use.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

INTRO = b"age-encryption.org/v1"
CHUNK = 64 * 1024
LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
NO_NONCE = bytes(12)


def _derive(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=salt, info=info).derive(key)


def _encoded(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _decoded(data: bytes) -> bytes:
    return base64.b64decode(data + b"=" * (-len(data) % 4))


def _bits(identity: str) -> bytes:
    """The 32 bytes of an AGE-SECRET-KEY-1… (Bech32; its checksum is not looked at)."""
    number = 0
    letters = identity.lower().rpartition("1")[2][:-6]
    for letter in letters:
        number = number << 5 | LETTERS.index(letter)
    return (number >> (len(letters) * 5 - 256)).to_bytes(32, "big")


def _password_key(passphrase: str, salt: bytes, work: int) -> bytes:
    return hashlib.scrypt(
        passphrase.encode(), salt=INTRO + b"/scrypt" + salt, n=1 << work, r=8, p=1, dklen=32, maxmem=1 << 30
    )


def sealed_by(data: bytes, passphrase: str, work: int = 8) -> bytes:
    """A file that the passphrase opens, with little work, so that a test does not wait for it."""
    file_key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    body = ChaCha20Poly1305(_password_key(passphrase, salt, work)).encrypt(NO_NONCE, file_key, None)
    header = b"%s\n-> scrypt %s %d\n%s\n---" % (INTRO, _encoded(salt), work, _encoded(body))
    mac = hmac.digest(_derive(file_key, b"", b"header"), header, "sha256")
    cipher = ChaCha20Poly1305(_derive(file_key, nonce, b"payload"))
    assert len(data) <= CHUNK
    return header + b" " + _encoded(mac) + b"\n" + nonce + cipher.encrypt(bytes(11) + b"\x01", data, None)


def opened(data: bytes, *, passphrase: str = "", identity: str = "") -> bytes:
    """What is in a file, by its passphrase or by an identity. Raises ValueError and InvalidTag."""
    header, _, rest = data.partition(b"\n---")
    mac, _, payload = rest.partition(b"\n")
    lines = header.split(b"\n")
    assert lines[0] == INTRO
    words, body = lines[1].split(b" "), _decoded(lines[2])
    assert words[0] == b"->"
    if words[1] == b"scrypt":
        key = _password_key(passphrase, _decoded(words[2]), int(words[3]))
    else:
        assert words[1] == b"X25519"
        share, private = _decoded(words[2]), X25519PrivateKey.from_private_bytes(_bits(identity))
        secret = private.exchange(X25519PublicKey.from_public_bytes(share))
        key = _derive(secret, share + private.public_key().public_bytes_raw(), INTRO + b"/X25519")
    file_key = ChaCha20Poly1305(key).decrypt(NO_NONCE, body, None)
    wanted = hmac.digest(_derive(file_key, b"", b"header"), header + b"\n---", "sha256")
    assert hmac.compare_digest(wanted, _decoded(mac.strip()))
    return _payload(file_key, payload)


def _payload(file_key: bytes, payload: bytes) -> bytes:
    cipher = ChaCha20Poly1305(_derive(file_key, payload[:16], b"payload"))
    found, at, number = b"", 16, 0
    while at < len(payload):
        chunk = payload[at : at + CHUNK + 16]
        at += len(chunk)
        found += cipher.decrypt(number.to_bytes(11, "big") + bytes([at >= len(payload)]), chunk, None)
        number += 1
    return found
