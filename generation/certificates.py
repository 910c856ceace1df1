"""The server's own certificates for provenance: a root that people may trust, and a leaf that signs what it made."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fediverse_ai.core.errors import Misconfigured

FOLDER = "provenance"
ROOT, ROOT_KEY, CHAIN, KEY = "root.pem", "root-key.pem", "chain.pem", "key.pem"
ROOT_DAYS = 3650
LEAF_DAYS = 365
RENEW_DAYS = 30
"""A leaf that ends sooner is replaced; what the old one signed stays valid by its chain and the time in the file."""


def check(folder: Path) -> bool:
    """Whether the root is there with its key; False where there is nothing yet. Raises Misconfigured as `ensure`."""
    lost = [file for file in (ROOT, ROOT_KEY) if not (folder / file).exists()]
    # The key of the root is written first; alone it is what an interrupted first start left behind.
    if lost and any((folder / file).exists() for file in (ROOT, CHAIN, KEY)):
        raise Misconfigured(
            f"{folder / lost[0]} is missing: restore it from your backup. (To begin with new certificates, which do "
            f"not vouch for older pictures, move {folder} away.)"
        )
    return not lost


def ensure(folder: Path, name: str, now: datetime) -> bool:
    """Make what is missing in `folder`, and a new leaf when the old one ends soon; True when something was written.

    C2PA wants a chain: a certificate that signs itself is refused as a signer, so the leaf is one of its own
    (C2PA 2.2, §14.5; a P-256 root without a path, a leaf for digital signatures and e-mail protection). Raises
    Misconfigured when a part of the root was lost: a new one would make strangers' work of all older pictures.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not check(folder):
        key = ec.generate_private_key(ec.SECP256R1())
        _write(folder / ROOT_KEY, _private(key))
        _write(folder / ROOT, _public(_root(name, key, now)))
    elif (folder / CHAIN).exists() and (folder / KEY).exists() and _ends(folder / CHAIN) > now + timedelta(
        days=RENEW_DAYS
    ):  # fmt: skip
        return False
    root = x509.load_pem_x509_certificate((folder / ROOT).read_bytes())
    root_key = serialization.load_pem_private_key((folder / ROOT_KEY).read_bytes(), None)
    assert isinstance(root_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = _leaf(name, key, root, root_key, now)
    _write(folder / KEY, _private(key))
    _write(folder / CHAIN, _public(leaf) + _public(root))
    return True


def _ends(path: Path) -> datetime:
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc.astimezone(UTC)


def _name(common: str, host: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, host[:64]),
        x509.NameAttribute(NameOID.COMMON_NAME, common[:64]),
    ])  # fmt: skip


def _root(host: str, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = _name(f"Provenance root of {host}", host)
    return (
        _dated(x509.CertificateBuilder(), now, ROOT_DAYS)
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    host: str,
    key: ec.EllipticCurvePrivateKey,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    return (
        _dated(x509.CertificateBuilder(), now, LEAF_DAYS)
        .subject_name(_name(f"Pictures of {host}", host))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )


def _dated(builder: x509.CertificateBuilder, now: datetime, days: int) -> x509.CertificateBuilder:
    # An hour back: a validator's clock may be behind ours.
    start = now - timedelta(hours=1)
    return (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=not signs, crl_sign=not signs, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and its owner's alone."""
    descriptor, draft = tempfile.mkstemp(prefix=".provenance-", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
