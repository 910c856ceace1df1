"""Public and private keys from PEM: which ones we accept, and the type names that the signing modules share."""

from __future__ import annotations

import re
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from fediverse_ai.core.errors import Unauthenticated
from fediverse_ai.core.limits import KEY_MAX_BITS, KEY_MIN_BITS, PEM_CHARS

PublicKey = RSAPublicKey | Ed25519PublicKey
PrivateKey = RSAPrivateKey | Ed25519PrivateKey

# Every library writes 65537; a tiny exponent is weak, a huge one makes verification a way to burn our time.
_EXPONENTS: Final = range(65_537, 2**32)
_ARMOUR: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_PUBLIC_ARMOURS: Final = frozenset({"PUBLIC KEY", "RSA PUBLIC KEY"})


def _refuse(detail: str) -> Unauthenticated:
    return Unauthenticated("The key of the signature cannot be used.", detail)


def load_public_key(pem: str | bytes, *, minimum_bits: int = KEY_MIN_BITS) -> PublicKey:
    """An RSA key of 2048 to 4096 bits or an Ed25519 key, from one PEM block (SPKI or PKCS#1).

    Missing line ends and carriage returns are tolerated, since peers leave and add them. Raises Unauthenticated for
    anything else: other kinds and sizes, odd exponents, private keys, certificates, several blocks, oversized input.
    """
    text = pem.decode("ascii", "replace") if isinstance(pem, bytes) else pem
    if not isinstance(text, str) or len(text) > PEM_CHARS or not text.isascii():
        raise _refuse("the PEM is no string of fair length")
    armours = _ARMOUR.findall(text)
    if len(armours) != 1 or armours[0] not in _PUBLIC_ARMOURS:
        raise _refuse(f"expected one public key, found {armours[:3]}")
    try:
        key = load_pem_public_key(_tidy(text).encode("ascii"))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _refuse(f"not a public key: {type(error).__name__}") from None
    return check_public_key(key, minimum_bits=minimum_bits)


def _tidy(text: str) -> str:
    """Line ends as PEM wants them: some peers send them escaped, or all in one line."""
    text = text.replace("\\n", "\n").replace("\r\n", "\n").strip()
    match = re.fullmatch(r"(-----BEGIN [A-Z ]+-----)([A-Za-z0-9+/=\s]+)(-----END [A-Z ]+-----)", text)
    if match is None:
        return text + "\n"
    body = re.sub(r"\s+", "", match[2])
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join([match[1], *lines, match[3]]) + "\n"


def check_public_key(key: object, *, minimum_bits: int = KEY_MIN_BITS) -> PublicKey:
    """The key, if it is of a kind and size that we accept. Raises Unauthenticated otherwise."""
    if isinstance(key, Ed25519PublicKey):
        return key
    if not isinstance(key, RSAPublicKey):
        raise _refuse(f"neither RSA nor Ed25519 but {type(key).__name__}")
    if not minimum_bits <= key.key_size <= KEY_MAX_BITS:
        raise _refuse(f"RSA with {key.key_size} bits")
    if key.public_numbers().e not in _EXPONENTS:
        raise _refuse("RSA with an unusual exponent")
    return key


def public_pem(key: PublicKey) -> str:
    """The key as the one PEM block that `load_public_key` reads."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def load_private_key(pem: str | bytes, *, trusted: bool = False) -> PrivateKey:
    """One of our own keys; `trusted` skips the primality checks (45 ms for RSA 2048) for keys that we made and sealed.

    Raises ValueError when it is not an unencrypted RSA or Ed25519 private key.
    """
    data = pem.encode("ascii") if isinstance(pem, str) else pem
    key = load_pem_private_key(data, password=None, unsafe_skip_rsa_key_validation=trusted)
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ValueError(f"neither RSA nor Ed25519 but {type(key).__name__}")
    return key
