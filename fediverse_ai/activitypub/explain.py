"""A recorded request, read aloud: which parts of its signature hold and which do not, one step at a time."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from fediverse_ai.activitypub import document, message_signatures, signatures
from fediverse_ai.activitypub.keys import PublicKey
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Malformed, Unauthenticated

RawHeaders = list[tuple[bytes, bytes]]
AnySignature = signatures.Signature | message_signatures.MessageSignature


@dataclass(frozen=True, slots=True)
class Step:
    """One finding; `holds` is None for what is only told."""

    name: str
    holds: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it came over the wire; header names are in lower case."""

    method: str
    path: bytes
    query: bytes
    headers: RawHeaders
    body: bytes | None

    def header(self, name: str) -> str | None:
        values = [value.decode("latin-1") for key, value in self.headers if key == name.encode()]
        return ", ".join(values) if values else None


def read_request(data: bytes) -> Recorded:
    """A raw HTTP/1.1 request: request line, headers, empty line, body. Raises Malformed."""
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        head, found, body = data.partition(b"\n\n")
    lines = head.replace(b"\r\n", b"\n").split(b"\n")
    words = lines[0].split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/") or len(head) > limits.RECEIVE_HEAD_BYTES:
        raise Malformed("The file does not begin with a request line such as `POST /inbox HTTP/1.1`.")
    headers: RawHeaders = []
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if line and not colon:
            raise Malformed(f"A header has no colon: {line[:60].decode('latin-1')}")
        if line:
            headers.append((name.strip().lower(), value.strip()))
    path, _, query = words[1].partition(b"?")
    if path.startswith((b"http://", b"https://")):
        path = b"/" + path.split(b"/", 3)[3]
    return Recorded(words[0].decode("ascii", "replace"), path, query, headers, body or None)


def parse(request: Recorded) -> tuple[AnySignature | None, list[Step]]:
    """The signature of a request, with what can be said of it without a key."""
    rfc9421 = message_signatures.is_used(request.headers)
    steps = [Step("scheme", None, "RFC 9421" if rfc9421 else "draft-cavage")]
    try:
        found: AnySignature = (message_signatures if rfc9421 else signatures).parse(request.headers)
    except Unauthenticated as error:
        return None, [*steps, Step("signature header", False, error.detail)]
    names = found.covered if isinstance(found, message_signatures.MessageSignature) else found.headers
    steps.append(Step("signature header", True, f"keyId {found.key_id}, algorithm {found.algorithm or 'not named'}"))
    steps.append(_covers(names, request, rfc9421))
    return found, steps


def _covers(names: Sequence[str], request: Recorded, rfc9421: bool) -> Step:
    writes = bool(request.body) or request.method.upper() not in ("GET", "HEAD")
    if rfc9421:
        needed = ["@method", *(["content-digest"] if writes else [])]
        target = "@target-uri" in names or {"@authority", "@path"} <= set(names)
        missing = [name for name in needed if name not in names] + ([] if target else ["@target-uri"])
    else:
        needed = ["(request-target)", "host", *(["digest"] if writes else [])]
        dated = "date" in names or "(created)" in names
        missing = [name for name in needed if name not in names] + ([] if dated else ["date"])
    return Step("covered", not missing, f"missing: {', '.join(missing)}" if missing else " ".join(names))


def check(request: Recorded, found: AnySignature, *, base: str, now: datetime, key: PublicKey | None) -> list[Step]:
    """Host, time and digest one by one, then the signature's bytes under the key, when there is one.

    `base` is our public address without a trailing slash.
    """
    steps = [_host(request, base.partition("://")[2]), *_times(request, found, now), *_digests(request)]
    if key is None:
        return steps
    size = f"RSA, {key.key_size} bits" if isinstance(key, RSAPublicKey) else "Ed25519"
    return [*steps, Step("key", None, size), _bytes(request, found, key, base)]


def _host(request: Recorded, host: str) -> Step:
    said = request.header("host") or "no Host header"
    return Step("host", said.lower().removesuffix(":443") == host.lower(), f"{said}; we are {host}")


def _times(request: Recorded, found: AnySignature, now: datetime) -> list[Step]:
    moments: list[tuple[str, datetime]] = []
    try:
        if not isinstance(found, message_signatures.MessageSignature) and (date := request.header("date")):
            moments.append(("date", signatures.parse_http_date(date)))
        if found.created is not None:
            moments.append(("created", datetime.fromtimestamp(found.created, UTC)))
        if found.expires is not None:
            expires = datetime.fromtimestamp(found.expires, UTC)
            expired = Step("expires", now <= expires, expires.isoformat())
        else:
            expired = None
    except (Unauthenticated, OverflowError, ValueError, OSError) as error:
        return [Step("time", False, str(error))]
    steps = []
    for name, moment in moments:
        age = (now - moment).total_seconds()
        holds = now - signatures.PAST <= moment <= now + signatures.FUTURE
        steps.append(Step(name, holds, f"{moment.isoformat()}, {abs(age):.0f} s {'ago' if age >= 0 else 'ahead'}"))
    return steps + ([expired] if expired else [])


def _digests(request: Recorded) -> list[Step]:
    steps = []
    for name in ("digest", "content-digest"):
        said = request.header(name)
        if said is None:
            continue
        for part in said.split(","):
            label, _, value = part.strip().partition("=")
            make = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}.get(label.lower())
            if make is None:
                steps.append(Step(name, None, f"{label}: not one that we know"))
                continue
            ours = make(request.body or b"").digest()
            try:
                holds = base64.b64decode(value.strip(":")) == ours
            except (binascii.Error, ValueError):
                holds = False
            words = "is of this body" if holds else f"of this body it is {base64.b64encode(ours).decode()}"
            steps.append(Step(name, holds, f"{label} {words}"))
    return steps


def _bytes(request: Recorded, found: AnySignature, key: PublicKey, base: str) -> Step:
    if isinstance(found, message_signatures.MessageSignature):
        return _message_bytes(request, found, key, base)
    targets = signatures.request_targets(request.path, request.query)
    try:
        texts = {
            target: signatures.signing_string(found, request.method, target, request.headers) for target in targets
        }
    except Unauthenticated as error:
        return Step("signature", False, error.detail)
    for target, text in texts.items():
        if signatures.is_signed(found, text, key):
            return Step("signature", True, f"is of this key over {request.method.lower()} {target}")
    return Step("signature", False, f"is not of this key over:\n{next(iter(texts.values())).decode('latin-1')}")


def _message_bytes(request: Recorded, found: message_signatures.MessageSignature, key: PublicKey, base: str) -> Step:
    target = request.path.decode("latin-1") + (f"?{request.query.decode('latin-1')}" if request.query else "")
    moment = datetime.fromtimestamp(found.created, UTC)
    try:
        message_signatures.verify(
            found,
            method=request.method,
            url=base + target,
            headers=request.headers,
            body=request.body,
            public_key=key,
            now=moment,
        )
    except Unauthenticated as error:
        return Step("signature", False, error.detail)
    return Step("signature", True, f"is of this key over {request.method} {base}{target}")


def actor_of(request: Recorded) -> str | None:
    """The actor that the body names, if it is an activity."""
    try:
        body: dict[str, Any] = document.parse(request.body or b"")
    except Malformed:
        return None
    return document.id_of(body.get("actor"))
