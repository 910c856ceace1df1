"""RFC 9421 signatures of a peer, written by hand from the RFC: §2.5 (signature base) and §3.1, §3.2."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

# What Fedify 2.x covers (its order, its label).
FEDIFY = ("@method", "@target-uri", "@authority", "host", "date", "content-digest")
MASTODON = ("@method", "@target-uri", "content-digest")


def _value(name: str, method: str, url: str, headers: dict[str, str]) -> str:
    parts = urlsplit(url)
    derived = {
        "@method": method.upper(),
        "@target-uri": url,
        "@authority": parts.netloc.lower(),
        "@path": parts.path or "/",
        "@query": f"?{parts.query}",
    }
    return derived[name] if name.startswith("@") else headers[name]


def digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signed(
    method: str,
    url: str,
    body: bytes,
    key_id: str,
    key: rsa.RSAPrivateKey,
    *,
    covered: Sequence[str] = FEDIFY,
    created: int | None = None,
    label: str = "sig1",
    parameters: str = ';alg="rsa-v1_5-sha256"',
) -> dict[str, str]:
    headers = {
        "host": urlsplit(url).netloc,
        "date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()),
        "content-type": "application/activity+json",
        "content-digest": digest(body),
    }
    names = " ".join(f'"{name}"' for name in covered)
    inner = f'({names});created={created or int(time.time())};keyid="{key_id}"{parameters}'
    lines = [f'"{name}": {_value(name, method, url, headers)}' for name in covered]
    base = "\n".join([*lines, f'"@signature-params": {inner}'])
    value = base64.b64encode(key.sign(base.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    return {**headers, "signature-input": f"{label}={inner}", "signature": f"{label}=:{value}:"}


def problem(method: str, url: str, headers: dict[str, str], body: bytes, key: rsa.RSAPublicKey) -> str | None:
    """What is wrong with a request that claims an RFC 9421 signature, or None."""
    found = re.fullmatch(r"(\w+)=(\(([^)]*)\)(.*))", headers.get("signature-input", ""))
    value = re.fullmatch(r"(\w+)=:([^:]+):", headers.get("signature", ""))
    if found is None or value is None or found[1] != value[1]:
        return "no signature"
    names = re.findall(r'"([^"]+)"', found[3])
    if missing := {"@method", "@target-uri", "content-digest"} - set(names):
        return f"not covered: {sorted(missing)}"
    if headers["content-digest"] != digest(body):
        return "wrong digest"
    lines = [f'"{name}": {_value(name, method, url, headers)}' for name in names]
    base = "\n".join([*lines, f'"@signature-params": {found[2]}'])
    try:
        key.verify(base64.b64decode(value[2]), base.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return "wrong signature"
    return None
