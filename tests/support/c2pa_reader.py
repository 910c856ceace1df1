"""A small C2PA reader of our own, from the specification: boxes, claim, signature, certificates and hashes of a JPEG.

It shares no code with c2pa-python, which writes our manifests: JUMBF (ISO 19566-5) is read by hand, CBOR by cbor2, and
COSE_Sign1 (RFC 9052) and the chain are verified by cryptography. It reads what we write, ES256 and one hash binding.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID

ES256 = -7
CHAIN_LABEL = 33
_STARTS = {"store": "c2pa", "assertions": "c2pa.assertions", "signature": "c2pa.signature"}


class Broken(Exception):
    """Something of a manifest does not hold; the words name it."""


@dataclass
class Box:
    """One JUMBF superbox: `content` is what its parents hash, everything after its own header."""

    label: str
    content: bytes
    boxes: list[Box] = field(default_factory=list)
    payloads: list[tuple[bytes, bytes]] = field(default_factory=list)

    def child(self, label: str) -> Box:
        for box in self.boxes:
            if box.label == label:
                return box
        raise Broken(f"no box {label} in {self.label}")

    def cbor(self) -> Any:
        return cbor2.loads(next(data for kind, data in self.payloads if kind == b"cbor"))


@dataclass(frozen=True)
class Report:
    """What was verified: who signed, the claim, and the assertions by label."""

    signer: str
    claim: dict[str, Any]
    assertions: dict[str, Any]


def verified(jpeg: bytes, root: bytes, now: datetime) -> Report:
    """Check the active manifest of a file against a root certificate (PEM). Raises Broken naming what fails."""
    store = _superbox(_jumbf(jpeg))
    manifest = store.boxes[-1]
    claim_box = next((box for box in manifest.boxes if box.label.startswith("c2pa.claim")), None)
    if claim_box is None:
        raise Broken("no claim")
    claim_bytes = next(data for kind, data in claim_box.payloads if kind == b"cbor")
    leaf = _signature(manifest.child(_STARTS["signature"]).cbor(), claim_bytes, root, now)
    claim = cbor2.loads(claim_bytes)
    assertions = _assertions(claim, manifest)
    _binding(jpeg, assertions)
    return Report(leaf.subject.rfc4514_string(), claim, assertions)


def _jumbf(jpeg: bytes) -> bytes:
    """The box that APP11 segments carry, put together: each repeats the box's header before its own part (JPEG XT)."""
    at, parts = 2, dict[int, bytes]()
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        marker, length = jpeg[at + 1], struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
        body = jpeg[at + 4 : at + 2 + length]
        if marker == 0xEB and body[:2] == b"JP":
            number = struct.unpack(">I", body[4:8])[0]
            parts[number] = body[8:] if not parts else body[16:]
        at += 2 + length
    if not parts:
        raise Broken("no manifest")
    return b"".join(parts[number] for number in sorted(parts))


def _boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 0
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if size < 8 or at + size > len(data):
            raise Broken("a box that is cut off")
        found.append((kind, data[at + 8 : at + size]))
        at += size
    return found


def _superbox(data: bytes) -> Box:
    kind, content = _boxes(data)[0]
    if kind != b"jumb":
        raise Broken("no superbox")
    return _read(content)


def _read(content: bytes) -> Box:
    (kind, description), *inner = _boxes(content)
    if kind != b"jumd":
        raise Broken("a superbox without a description")
    # 16 bytes of type, a byte of toggles, then the label up to its zero.
    made = Box(description[17:].split(b"\0", 1)[0].decode(), content)
    for kind, data in inner:
        if kind == b"jumb":
            made.boxes.append(_read(data))
        else:
            made.payloads.append((kind, data))
    return made


def _signature(cose: Any, claim: bytes, root: bytes, now: datetime) -> x509.Certificate:
    """COSE_Sign1 with a detached payload: [protected, unprotected, nil, signature]; the leaf that made it."""
    protected, unprotected, payload, signature = cose.value if isinstance(cose, cbor2.CBORTag) else cose
    header = cbor2.loads(protected)
    if header.get(1) != ES256 or payload is not None or len(signature) != 64:
        raise Broken("not a detached ES256 signature")
    chain = header.get(CHAIN_LABEL) or unprotected.get("x5chain") or unprotected.get(CHAIN_LABEL)
    certificates = [x509.load_der_x509_certificate(der) for der in ([chain] if isinstance(chain, bytes) else chain)]
    _chain(certificates, x509.load_pem_x509_certificate(root), now)
    signed = cbor2.dumps(["Signature1", protected, b"", claim])
    number = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    key = certificates[0].public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    try:
        key.verify(encode_dss_signature(*number), signed, ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise Broken("the signature is not over this claim") from None
    return certificates[0]


def _chain(certificates: list[x509.Certificate], root: x509.Certificate, now: datetime) -> None:
    leaf, path = certificates[0], [*certificates]
    if path[-1] != root:
        path.append(root)
    for certificate, issuer in pairwise(path):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, ValueError, TypeError):
            raise Broken("the chain does not lead to the root") from None
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise Broken("a certificate that has ended")
    if leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
        raise Broken("signed by an authority itself")
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    if not usage.digital_signature or ExtendedKeyUsageOID.EMAIL_PROTECTION not in purposes:
        raise Broken("a certificate for another use")


def _assertions(claim: dict[str, Any], manifest: Box) -> dict[str, Any]:
    """Every assertion that the claim names, with the hash that it names; none beside them."""
    store, named = manifest.child(_STARTS["assertions"]), {}
    listed = [*claim.get("created_assertions", ()), *claim.get("gathered_assertions", ()), *claim.get("assertions", ())]
    for one in listed:
        box = store.child(one["url"].rpartition("/")[2])
        if hashlib.sha256(box.content).digest() != one["hash"]:
            raise Broken(f"the assertion {box.label} was changed")
        kinds = dict(box.payloads)
        named[box.label] = box.cbor() if b"cbor" in kinds else kinds
    if unnamed := {box.label for box in store.boxes} - named.keys():
        raise Broken(f"assertions that nobody signed: {sorted(unnamed)}")
    return named


def _binding(jpeg: bytes, assertions: dict[str, Any]) -> None:
    """The hash over the whole file but for the manifest's own place."""
    bound = assertions.get("c2pa.hash.data")
    if bound is None or bound.get("alg", "sha256") != "sha256":
        raise Broken("not bound to a file")
    digest, at = hashlib.sha256(), 0
    for gap in sorted(bound.get("exclusions", ()), key=lambda one: int(one["start"])):
        digest.update(jpeg[at : gap["start"]])
        at = gap["start"] + gap["length"]
    digest.update(jpeg[at:])
    if digest.digest() != bound["hash"]:
        raise Broken("the file was changed")
    if sum(int(gap["length"]) for gap in bound.get("exclusions", ())) > len(_jumbf(jpeg)) + 65_536:
        raise Broken("more is left out than the manifest")
