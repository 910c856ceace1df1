"""draft-cavage HTTP signatures, made and verified: bytes in, answer out; no network, no tables, no clock."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA512

from fediverse_ai.activitypub.keys import PublicKey, load_private_key, load_public_key
from fediverse_ai.core.errors import Unauthenticated
from fediverse_ai.core.limits import (
    SIGNATURE_BYTES,
    SIGNATURE_COVERED,
    SIGNATURE_FUTURE_SECONDS,
    SIGNATURE_HEADER_BYTES,
    SIGNATURE_LIFE_SECONDS,
    SIGNATURE_PAST_SECONDS,
    URL_LENGTH,
)

__all__ = [
    "Signature", "digest_header", "http_date", "is_signed", "load_private_key", "load_public_key", "parse",
    "parse_http_date", "request_targets", "sign", "signing_string", "verify",
]  # fmt: skip

RawHeaders = Sequence[tuple[bytes, bytes]]

# One hour either way, as Fedify, Wafrn and Mastodon have it, and five minutes for the way (rule SIG-10).
PAST: Final = timedelta(seconds=SIGNATURE_PAST_SECONDS)
FUTURE: Final = timedelta(seconds=SIGNATURE_FUTURE_SECONDS)
# Mastodon honours an explicit `expires` up to this long after the signature was made; so do we.
LONGEST_LIFE: Final = timedelta(seconds=SIGNATURE_LIFE_SECONDS)

_ALGORITHMS: Final = frozenset({"rsa-sha256", "rsa-sha512", "hs2019", "ed25519"})
# One parameter: a quoted string without escapes (no peer writes any), or a bare number.
_PARAMETER: Final = re.compile(
    r'[ \t]*([A-Za-z][A-Za-z0-9_-]{0,31})[ \t]*=[ \t]*(?:"([^"\\]*)"|([0-9]{1,12}(?:\.[0-9]{1,9})?))[ \t]*(?:,|\Z)'
)
_COVERED: Final = re.compile(r"\((?:request-target|created|expires)\)|[a-z0-9!#$%&'*+.^_`|~-]{1,64}")
_TIME: Final = re.compile(r"([0-9]{1,12})(?:\.[0-9]{1,9})?")
_HTTP_DATE: Final = re.compile(
    r"(?:[A-Za-z]{3}, )?([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|[+-]0000)"
)
_SENTENCE: Final = "The HTTP signature is missing or not valid."
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DIGESTS: Final = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Signature:
    """A parsed Signature header; `headers` are the covered names in order, times are seconds since the epoch."""

    key_id: str
    headers: tuple[str, ...]
    algorithm: str | None
    signature: bytes
    created: int | None
    expires: int | None


class Untimely(Unauthenticated):
    """Too old, or from the future by `ahead_seconds` (negative: old), as our clock has it."""

    def __init__(self, detail: str, ahead_seconds: float) -> None:
        super().__init__(_SENTENCE, detail)
        self.ahead_seconds = ahead_seconds


def _refuse(detail: str) -> Unauthenticated:
    return Unauthenticated(_SENTENCE, detail)


def http_date(moment: datetime) -> str:
    """IMF-fixdate, always in GMT and in English whatever the locale: BookWyrm parses exactly this pattern."""
    moment = moment.astimezone(UTC)
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02} {_MONTHS[moment.month - 1]} {moment.year:04} {moment:%H:%M:%S} GMT"
    )


def digest_header(body: bytes) -> str:
    """The Digest header value; upper case, since Misskey and Pixelfed compare that literal prefix."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def sign(
    method: str,
    url: str,
    body: bytes | None,
    *,
    key_id: str,
    private_key: RSAPrivateKey,
    date: datetime,
    covered: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers Host, Date, Digest (with a body) and Signature for one request, as every known peer takes them.

    `covered` are further headers to sign and send, such as Collection-Synchronization (FEP-8fcf). Parameters are
    separated by a bare comma because BookWyrm and snac split there without trimming. Sign anew at every attempt:
    windows go down to five minutes.
    """
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": authority_of(url), "Date": http_date(date)}
    if body is not None:
        headers["Digest"] = digest_header(body)
    headers.update(covered or {})
    lines = [f"(request-target): {method.lower()} {target}"]
    lines += [f"{name.lower()}: {value}" for name, value in headers.items()]
    signature = private_key.sign("\n".join(lines).encode("utf-8"), PKCS1v15(), SHA256())
    names = " ".join(["(request-target)", *(name.lower() for name in headers)])
    headers["Signature"] = (
        f'keyId="{key_id}",algorithm="rsa-sha256",headers="{names}",'
        f'signature="{base64.b64encode(signature).decode("ascii")}"'
    )
    return headers


def authority_of(url: str) -> str:
    """Host and port as an HTTP client writes them into the Host header: lower case, without the scheme's own port."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return host if parts.port in (None, default) else f"{host}:{parts.port}"


def parse(headers: RawHeaders) -> Signature:
    """Read the one draft-cavage signature of a request, from `Signature` or `Authorization: Signature`.

    Tolerated, because peers do it: blanks around commas and equal signs, a leading word `Signature`, bare or quoted
    times, a missing `algorithm`. Raises Unauthenticated for everything else: none or two signatures, a repeated
    parameter or covered name, an unknown algorithm, and RFC 9421 requests, so that their senders fall back.
    """
    if any(name == b"signature-input" for name, _ in headers):
        raise _refuse("RFC 9421 is not spoken here")
    parameters = _parameters(_signature_header(headers))
    key_id = parameters.get("keyid", "")
    if not 0 < len(key_id) <= URL_LENGTH or not key_id.isprintable() or not key_id.isascii() or " " in key_id:
        raise _refuse("keyId is missing or odd")
    algorithm = parameters.get("algorithm")
    if algorithm is not None:
        algorithm = algorithm.lower()
        if algorithm not in _ALGORITHMS:
            raise _refuse(f"algorithm {algorithm[:40]!r}")
    return Signature(
        key_id=key_id,
        headers=_covered(parameters.get("headers"), algorithm),
        algorithm=algorithm,
        signature=_base64(parameters.get("signature", ""), SIGNATURE_BYTES),
        created=_time(parameters.get("created")),
        expires=_time(parameters.get("expires")),
    )


def _signature_header(headers: RawHeaders) -> str:
    values = [value for name, value in headers if name == b"signature"]
    values += [value for name, value in headers if name == b"authorization" and value[:10].lower() == b"signature "]
    if not values:
        raise _refuse("no signature")
    # The same signature in both places is harmless; two different ones leave it open which of them was checked.
    bare = {_without_scheme(value) for value in values}
    if len(bare) != 1 or sum(name == b"signature" for name, _ in headers) > 1:
        raise _refuse("more than one signature")
    value = bare.pop()
    if len(value) > SIGNATURE_HEADER_BYTES:
        raise _refuse("the signature header is too long")
    try:
        return value.decode("ascii")
    except UnicodeDecodeError:
        raise _refuse("the signature header is not ASCII") from None


def _without_scheme(value: bytes) -> bytes:
    value = value.strip(b" \t")
    return value[10:].strip(b" \t") if value[:10].lower() == b"signature " else value


def _parameters(value: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    position = 0
    while position < len(value):
        match = _PARAMETER.match(value, position)
        if match is None:
            raise _refuse("the signature header does not parse")
        name = match[1].lower()
        if name in parameters:
            raise _refuse(f"parameter {name} occurs twice")
        if match[3] is not None and name not in ("created", "expires"):
            raise _refuse(f"parameter {name} is not quoted")
        parameters[name] = match[3] if match[2] is None else match[2]
        position = match.end()
    return parameters


def _covered(value: str | None, algorithm: str | None) -> tuple[str, ...]:
    if value is None:
        return ("(created)",) if algorithm == "hs2019" else ("date",)
    names = tuple(value.lower().split(" ")) if value else ()
    if len(names) > SIGNATURE_COVERED or not all(_COVERED.fullmatch(name) for name in names):
        raise _refuse("the list of covered headers does not parse")
    if len(set(names)) != len(names):
        raise _refuse("a header is covered twice")
    return names


def _base64(value: str, limit: int) -> bytes:
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise _refuse("not base64") from None
    if not 0 < len(decoded) <= limit:
        raise _refuse("the signature or digest has an impossible length")
    return decoded


def _time(value: str | None) -> int | None:
    if value is None:
        return None
    match = _TIME.fullmatch(value)
    if match is None:
        raise _refuse("a time in the signature is not a number")
    return int(match[1])


def request_targets(raw_path: bytes, query: bytes) -> list[str]:
    """The forms of path and query that peers sign, from the raw ASGI path: with the query, then without.

    Misskey, Pixelfed and BookWyrm leave the query out, Mastodon and GoToSocial try both.
    """
    path = raw_path.partition(b"?")[0].decode("latin-1") or "/"
    return [f"{path}?{query.decode('latin-1')}", path] if query else [path]


def verify(
    signature: Signature,
    *,
    method: str,
    targets: Sequence[str],
    headers: RawHeaders,
    host: str,
    body: bytes | None,
    public_key: PublicKey,
    now: datetime,
) -> None:
    """Whether `signature` by `public_key` covers this request to us, now. Raises Unauthenticated if not, nothing else.

    `targets` are the acceptable request targets (`request_targets`), `host` is our public authority, `body` is the
    whole body or None where there is none. Covered must be `(request-target)`, `host`, `date` or `(created)`, and the
    digest of a body. Any other covered header is taken from the request, where it must occur exactly once (Wafrn
    signs a literal `algorithm` header). The algorithm follows from the key; a label that contradicts it is refused.
    """
    covered = signature.headers
    if "(request-target)" not in covered or "host" not in covered:
        raise _refuse("request target or host is not covered")
    if "date" not in covered and "(created)" not in covered:
        raise _refuse("no covered time")
    if (body or method.upper() not in ("GET", "HEAD")) and "digest" not in covered:
        raise _refuse("the digest is not covered")
    values = _covered_values(signature, headers)
    if not _same_host(values["host"], host):
        raise _refuse(f"signed for host {values['host'][:100]!r}")
    _check_time(signature, values, now)
    if "digest" in covered:
        _check_digest(values["digest"], body or b"")
    for target in targets:
        if is_signed(signature, _text(signature, method, target, values), public_key):
            return
    raise _refuse("the signature does not match")


def signing_string(signature: Signature, method: str, target: str, headers: RawHeaders) -> bytes:
    """The bytes that the signature is over (draft §2.3). Raises Unauthenticated when a covered header is missing."""
    return _text(signature, method, target, _covered_values(signature, headers))


def _text(signature: Signature, method: str, target: str, values: dict[str, str]) -> bytes:
    values["(request-target)"] = f"{method.lower()} {target}"
    return "\n".join([f"{name}: {values[name]}" for name in signature.headers]).encode("latin-1", "replace")


def _covered_values(signature: Signature, headers: RawHeaders) -> dict[str, str]:
    values: dict[str, str] = {}
    wanted = {name.encode("ascii") for name in signature.headers}
    for raw_name, raw_value in headers:
        if raw_name in wanted:
            name = raw_name.decode("ascii")
            if name in values:
                raise _refuse(f"header {name} occurs twice")
            values[name] = raw_value.decode("latin-1").strip(" \t")
    for name in signature.headers:
        if name == "(request-target)":
            continue
        if name in ("(created)", "(expires)"):
            # The draft forbids both with the old algorithm names (§2.3).
            moment = signature.created if name == "(created)" else signature.expires
            if moment is None or (signature.algorithm or "").startswith("rsa"):
                raise _refuse(f"{name} is covered but not allowed or not there")
            values[name] = str(moment)
        elif name not in values:
            raise _refuse(f"covered header {name} is not in the request")
    return values


def _same_host(received: str, expected: str) -> bool:
    return received.lower().removesuffix(":443") == expected.lower().removesuffix(":443")


def _check_time(signature: Signature, values: Mapping[str, str], now: datetime) -> None:
    moments: list[datetime] = []
    if "date" in values:
        moments.append(parse_http_date(values["date"]))
    if "(created)" in values and signature.created is not None:
        moments.append(_moment(signature.created))
    for moment in moments:
        if not now - PAST <= moment <= now + FUTURE:
            detail = f"made at {moment.isoformat()}, now is {now.isoformat()}"
            raise Untimely(detail, (moment - now).total_seconds())
    if signature.expires is not None:
        expires = _moment(signature.expires)
        if expires < now or expires - min(moments) > LONGEST_LIFE:
            raise _refuse(f"expires at {expires.isoformat()}, now is {now.isoformat()}")


def _moment(seconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        raise _refuse("a time beyond the calendar") from None


def parse_http_date(value: str) -> datetime:
    """IMF-fixdate, also with UTC or +0000 for GMT; a wrong weekday is not minded. Raises Unauthenticated."""
    match = _HTTP_DATE.fullmatch(value)
    try:
        if match is None:
            raise ValueError
        day, month, year, hour, minute, second = match.groups()
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        raise _refuse(f"date {value[:60]!r}") from None


def _check_digest(value: str, body: bytes) -> None:
    """Every digest that we know must match, and at least one must be there (rule SIG-03)."""
    seen: set[str] = set()
    for part in value.split(","):
        label, _, encoded = part.strip(" \t").partition("=")
        label = label.lower()
        if label in seen:
            raise _refuse("a digest algorithm occurs twice")
        seen.add(label)
        if label in _DIGESTS and not hmac.compare_digest(_base64(encoded, 64), _DIGESTS[label](body).digest()):
            raise _refuse(f"{label} does not match the body")
    if seen.isdisjoint(_DIGESTS):
        raise _refuse("no digest that we know")


def is_signed(signature: Signature, text: bytes, key: PublicKey) -> bool:
    """Whether the bytes of a signature are of this key over exactly `text`; nothing else is checked."""
    algorithm = signature.algorithm or "hs2019"
    try:
        if not isinstance(key, RSAPublicKey):
            if algorithm not in ("hs2019", "ed25519"):
                return False
            key.verify(signature.signature, text)
            return True
        if algorithm == "rsa-sha512":
            key.verify(signature.signature, text, PKCS1v15(), SHA512())
            return True
        if algorithm in ("rsa-sha256", "hs2019"):
            # hs2019 names no hash; everybody in the fediverse means SHA-256 by it.
            key.verify(signature.signature, text, PKCS1v15(), SHA256())
            return True
    except InvalidSignature:
        return False
    return False
