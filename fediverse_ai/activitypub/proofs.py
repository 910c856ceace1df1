"""FEP-8b32 integrity proofs (eddsa-jcs-2022) and FEP-521a keys: who wrote a document, whoever carries it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from fediverse_ai.activitypub.document import Document, as_list, id_of, timestamp_ms
from fediverse_ai.activitypub.keys import PublicKey, check_public_key
from fediverse_ai.core.errors import Malformed, Unauthenticated
from fediverse_ai.core.limits import JSON_DEPTH, JSON_INTEGER_MAX, MULTIBASE_CHARS, SIGNATURE_FUTURE_SECONDS
from fediverse_ai.core.urls import check_id, same_origin

SUITE: Final = "eddsa-jcs-2022"
_ED25519: Final = b"\xed\x01"
_RSA: Final = b"\x85\x24"
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}


def _refuse(detail: str) -> Unauthenticated:
    return Unauthenticated("The proof of the document is missing or not valid.", detail)


def canonical(value: Any) -> bytes:
    """RFC 8785 (JCS): the one serialisation that signatures are over. Raises Malformed for what it cannot say exactly
    (integers beyond 2^53, NaN, infinities, lone surrogates, nesting deeper than our documents may have).
    """
    parts: list[str] = []
    _canonical(value, parts, 0)
    try:
        return "".join(parts).encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed("The document has no canonical form.", "a lone surrogate") from None


def _canonical(value: Any, parts: list[str], depth: int) -> None:
    if depth > JSON_DEPTH + 1:
        raise Malformed("The document has no canonical form.", "nested too deep")
    if isinstance(value, dict):
        parts.append("{")
        # The order is that of UTF-16 code units, which differs from Python's beyond the basic plane.
        for index, name in enumerate(sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))):
            parts.append("," if index else "")
            parts.append(json.dumps(name, ensure_ascii=False) + ":")
            _canonical(value[name], parts, depth + 1)
        parts.append("}")
    elif isinstance(value, list | tuple):
        parts.append("[")
        for index, member in enumerate(value):
            parts.append("," if index else "")
            _canonical(member, parts, depth + 1)
        parts.append("]")
    elif isinstance(value, str):
        parts.append(json.dumps(value, ensure_ascii=False))
    elif value is None or isinstance(value, bool):
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int | float):
        parts.append(_number(value))
    else:
        raise Malformed("The document has no canonical form.", f"a {type(value).__name__}")


def _number(value: float) -> str:
    """A number as ECMAScript writes it (RFC 8785 §3.2.2.3)."""
    if isinstance(value, int):
        if abs(value) > JSON_INTEGER_MAX:
            raise Malformed("The document has no canonical form.", "an integer beyond 2^53")
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):
        raise Malformed("The document has no canonical form.", "not a finite number")
    if value == 0:
        return "0"
    sign, text = ("-", repr(-value)) if value < 0 else ("", repr(value))
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    # digits × 10^(point - len(digits)), with neither leading nor trailing zeros
    digits, point = (whole + fraction), len(whole) + int(exponent or 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    digits = stripped.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    power = point - 1
    body = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{sign}{body}e{'+' if power > 0 else '-'}{abs(power)}"


def multibase(data: bytes) -> str:
    """base58btc with its prefix `z`."""
    number = int.from_bytes(data, "big")
    text = ""
    while number:
        number, remainder = divmod(number, 58)
        text = _ALPHABET[remainder] + text
    return "z" + "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def from_multibase(text: object) -> bytes:
    """The bytes of a base58btc value. Raises Unauthenticated."""
    if not isinstance(text, str) or not text.startswith("z") or len(text) > MULTIBASE_CHARS:
        raise _refuse("not a base58btc value of fair length")
    number = 0
    for character in text[1:]:
        if character not in _VALUES:
            raise _refuse("not base58btc")
        number = number * 58 + _VALUES[character]
    zeros = len(text) - 1 - len(text[1:].lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multikey(public_key: PublicKey) -> str:
    """`publicKeyMultibase` of an Ed25519 or RSA key (FEP-521a)."""
    if isinstance(public_key, Ed25519PublicKey):
        return multibase(_ED25519 + public_key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    return multibase(_RSA + public_key.public_bytes(Encoding.DER, PublicFormat.PKCS1))


def load_multikey(text: object) -> PublicKey:
    """The key of a `publicKeyMultibase`, of a kind and size that we accept. Raises Unauthenticated."""
    data = from_multibase(text)
    try:
        if data.startswith(_ED25519):
            return Ed25519PublicKey.from_public_bytes(data[2:])
        if data.startswith(_RSA):
            return check_public_key(load_der_public_key(data[2:]))
    except ValueError as error:
        raise _refuse(f"not a public key: {type(error).__name__}") from None
    raise _refuse("a multikey of unknown kind")


def multikey_document(actor_uri: str, public_key: PublicKey, fragment: str = "ed25519-key") -> dict[str, str]:
    """The entry of our actor's `assertionMethod`."""
    return {
        "id": f"{actor_uri}#{fragment}",
        "type": "Multikey",
        "controller": actor_uri,
        "publicKeyMultibase": multikey(public_key),
    }


def assertion_keys(actor: Mapping[str, Any]) -> dict[str, PublicKey]:
    """The usable keys in `assertionMethod` of an admitted actor document, by key id; others are passed over.

    A key counts only if it is on the actor's origin and names the actor as its controller.
    """
    owner = id_of(dict(actor))
    keys: dict[str, PublicKey] = {}
    for entry in as_list(actor.get("assertionMethod"), 10):
        if not isinstance(entry, dict) or owner is None or id_of(entry.get("controller")) != owner:
            continue
        key_id = id_of(entry)
        if key_id is None or not same_origin(key_id, owner) or key_id in keys:
            continue
        try:
            keys[key_id] = load_multikey(entry.get("publicKeyMultibase"))
        except Unauthenticated:
            continue
    return keys


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as it stands in a document; `key_id` is its `verificationMethod`."""

    key_id: str
    options: Document
    signature: bytes


def proof_of(document: Mapping[str, Any]) -> Proof | None:
    """The one eddsa-jcs-2022 proof of a whole document, None if it has none at all.

    Raises Unauthenticated when there are several, or one of another kind or purpose (AUT-29).
    """
    entry = document.get("proof")
    if entry is None:
        return None
    if not isinstance(entry, dict):
        raise _refuse("not exactly one proof")
    if (entry.get("type"), entry.get("cryptosuite")) != ("DataIntegrityProof", SUITE):
        raise _refuse("a proof of another kind")
    if entry.get("proofPurpose") != "assertionMethod":
        raise _refuse("a proof for another purpose")
    try:
        key_id = check_id(entry.get("verificationMethod", ""))
    except Malformed as error:
        raise _refuse(error.detail) from None
    signature = from_multibase(entry.get("proofValue"))
    if len(signature) != 64:
        raise _refuse("a signature of another length")
    return Proof(key_id, {name: value for name, value in entry.items() if name != "proofValue"}, signature)


def verify(document: Mapping[str, Any], proof: Proof, *, public_key: PublicKey, now: datetime) -> None:
    """Whether `public_key` made `proof` over `document`. Raises Unauthenticated if not, nothing else.

    The caller has made sure that the key with `proof.key_id` belongs to the document's owner (`assertion_keys`).
    """
    if not isinstance(public_key, Ed25519PublicKey):
        raise _refuse("not an Ed25519 key")
    unsecured = {name: value for name, value in document.items() if name not in ("proof", "signature")}
    if "@context" in proof.options:
        # What was signed is the proof's context; the document may only have added to it (vc-di-eddsa §3.3.2).
        signed, present = as_list(proof.options["@context"], 100), as_list(document.get("@context"), 100)
        if present[: len(signed)] != signed:
            raise _refuse("the context is not the one that was signed")
        unsecured["@context"] = proof.options["@context"]
    _check_times(proof.options, now)
    try:
        public_key.verify(proof.signature, _hash(proof.options) + _hash(unsecured))
    except (InvalidSignature, Malformed):
        raise _refuse("the proof does not match") from None


def _check_times(options: Document, now: datetime) -> None:
    now_ms = int(now.timestamp() * 1000)
    created = timestamp_ms(options, "created")
    if created is None or created > now_ms + SIGNATURE_FUTURE_SECONDS * 1000:
        raise _refuse("made in the future, or at no time")
    if "expires" in options:
        expires = timestamp_ms(options, "expires")
        if expires is None or expires < now_ms:
            raise _refuse("expired")


def _hash(document: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(canonical(dict(document))).digest()


def sign(document: Mapping[str, Any], *, key_id: str, private_key: Ed25519PrivateKey, created: datetime) -> Document:
    """The document with a proof by `key_id` at its end (any old one replaced). Sign an embedded document first.

    The document must not be changed afterwards; floats and integers may be written in any JSON way.
    """
    unsecured = {name: value for name, value in document.items() if name not in ("proof", "signature")}
    options: Document = {"@context": document["@context"]} if "@context" in document else {}
    options |= {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "verificationMethod": key_id,
        "proofPurpose": "assertionMethod",
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    value = private_key.sign(_hash(options) + _hash(unsecured))
    return {**unsecured, "proof": {**options, "proofValue": multibase(value)}}
