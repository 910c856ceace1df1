"""RFC 9421 HTTP message signatures, made and verified on their library; which scheme a request uses."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import http_sf
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException, InvalidSignature

from fediverse_ai.activitypub.keys import PrivateKey, PublicKey
from fediverse_ai.activitypub.signatures import (
    FUTURE,
    LONGEST_LIFE,
    PAST,
    Untimely,
    authority_of,
    digest_header,
    http_date,
)
from fediverse_ai.core.errors import Unauthenticated
from fediverse_ai.core.limits import CHALLENGE_LIFE_SECONDS, SIGNATURE_HEADER_BYTES, URL_LENGTH

RawHeaders = Sequence[tuple[bytes, bytes]]
Algorithm = type[algorithms.HTTPSignatureAlgorithm]

_RSA_ALGORITHMS: Final[Mapping[str, Algorithm]] = {
    "rsa-v1_5-sha256": algorithms.RSA_V1_5_SHA256,
    "rsa-pss-sha512": algorithms.RSA_PSS_SHA512,
}
_TARGET: Final = ({"@target-uri"}, {"@authority", "@path", "@query"})


@dataclass(frozen=True, slots=True)
class MessageSignature:
    """The one signature of a request, before it is verified; `covered` are plain component names in order."""

    label: str
    key_id: str
    algorithm: str | None
    covered: tuple[str, ...]
    created: int
    expires: int | None


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a peer wants signed (`challenges.read`); `expires`: it wants to be told until when the signature holds."""

    label: str
    covered: tuple[str, ...]
    nonce: str | None = None
    tag: str | None = None
    expires: bool = False


def _refuse(detail: str) -> Unauthenticated:
    return Unauthenticated("The HTTP signature is missing or not valid.", detail)


def is_used(headers: RawHeaders) -> bool:
    """Whether a request speaks RFC 9421; then its draft-cavage signature, if any, does not count."""
    return any(name == b"signature-input" for name, _ in headers)


def content_digest(body: bytes) -> str:
    """The Content-Digest header value of RFC 9530."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode('ascii')}:"


def parse(headers: RawHeaders) -> MessageSignature:
    """Read the one signature of a request. Raises Unauthenticated: none or several, labels that do not match,
    components with parameters, no `created` or `keyid`, an unknown algorithm, oversized or garbled fields.
    """
    inputs, signatures = (_dictionary(headers, name) for name in (b"signature-input", b"signature"))
    if len(inputs) != 1 or inputs.keys() != signatures.keys():
        raise _refuse("not exactly one signature")
    label, (components, parameters) = next(iter(inputs.items()))
    if not isinstance(components, list):
        raise _refuse("no list of components")
    covered: list[str] = []
    for name, options in components:
        if type(name) is not str or options:
            raise _refuse("a component with parameters, or no name")
        covered.append(name)
    key_id, created, expires, algorithm = (parameters.get(name) for name in ("keyid", "created", "expires", "alg"))
    if type(key_id) is not str or not 0 < len(key_id) <= URL_LENGTH:
        raise _refuse("keyid is missing or odd")
    if type(created) is not int or not (expires is None or type(expires) is int):
        raise _refuse("created is missing, or a time is no number")
    if not (algorithm is None or (type(algorithm) is str and (algorithm in _RSA_ALGORITHMS or algorithm == "ed25519"))):
        raise _refuse("an algorithm that we do not know")
    return MessageSignature(label, key_id, algorithm, tuple(covered), created, expires)


def _dictionary(headers: RawHeaders, name: bytes) -> dict[str, Any]:
    value = b", ".join(part for header, part in headers if header == name)
    if not 0 < len(value) <= SIGNATURE_HEADER_BYTES:
        raise _refuse(f"{name.decode()} is missing or too long")

    def refuse_duplicate(key: str, context: str) -> None:
        raise ValueError(f"{key} occurs twice in a {context}")

    try:
        parsed = http_sf.parse(value, tltype="dictionary", on_duplicate_key=refuse_duplicate)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError):
        raise _refuse(f"{name.decode()} does not parse") from None
    if not isinstance(parsed, dict):
        raise _refuse(f"{name.decode()} is no dictionary")
    return parsed


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: Any) -> None:
        self._key = key

    def resolve_public_key(self, key_id: str) -> Any:
        return self._key

    def resolve_private_key(self, key_id: str) -> Any:
        return self._key


class _Verifier(HTTPMessageVerifier):
    """The library's verifier without its clock: times are checked by us, against an injected one."""

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        return


@dataclass
class _Headers:
    """The lines of a request as the library wants them."""

    lines: list[tuple[str, str]]

    def items(self) -> list[tuple[str, str]]:
        return self.lines

    def __iter__(self) -> Any:
        return iter(dict.fromkeys(name for name, _ in self.lines))

    def __contains__(self, name: str) -> bool:
        return any(line.lower() == name.lower() for line, _ in self.lines)

    def __setitem__(self, name: str, value: str) -> None:
        self.lines.append((name, value))

    def __delitem__(self, name: str) -> None:
        self.lines = [(line, value) for line, value in self.lines if line.lower() != name.lower()]


@dataclass
class _Request:
    method: str
    url: str
    headers: _Headers


def verify(
    signature: MessageSignature,
    *,
    method: str,
    url: str,
    headers: RawHeaders,
    body: bytes | None,
    public_key: PublicKey,
    now: datetime,
) -> None:
    """Whether `public_key` signed this request to us, now. Raises Unauthenticated if not, nothing else.

    `url` is our public URL with path and query as received: built from the configuration, never from the socket.
    Covered must be `@method`, `@target-uri` (or `@authority`, `@path` and, where there is one, `@query`), and
    `content-digest` of a body.
    """
    covered = set(signature.covered)
    needed = [names - ({"@query"} if "?" not in url else set()) for names in _TARGET]
    if "@method" not in covered or not any(names <= covered for names in needed):
        raise _refuse("method or target is not covered")
    if (body or method.upper() not in ("GET", "HEAD")) and "content-digest" not in covered:
        raise _refuse("the digest is not covered")
    _check_times(signature, now)
    algorithm = _algorithm(signature.algorithm, public_key)
    verifier = _Verifier(signature_algorithm=algorithm, key_resolver=_OneKey(public_key))
    lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    request = _Request(method.upper(), url, _Headers(lines))
    digested = (body or b"") if "content-digest" in covered else None
    try:
        verifier.verify(request, max_age=None, body=digested)
    except (HTTPMessageSignaturesException, InvalidSignature, ValueError, TypeError, KeyError) as error:
        raise _refuse(f"the signature does not match: {str(error)[:200]}") from None


def _check_times(signature: MessageSignature, now: datetime) -> None:
    age = now.timestamp() - signature.created
    if not -FUTURE.total_seconds() <= age <= PAST.total_seconds():
        raise Untimely(f"made {age:.0f} seconds ago", -age)
    if signature.expires is not None:
        life = signature.expires - signature.created
        if signature.expires < now.timestamp() or life > LONGEST_LIFE.total_seconds():
            raise _refuse("expired, or lives too long")


def _algorithm(name: str | None, key: object) -> Algorithm:
    """The algorithm follows from the key; a name may only choose among those that the key can do."""
    if isinstance(key, RSAPublicKey) or hasattr(key, "private_numbers"):
        chosen = _RSA_ALGORITHMS.get(name or "rsa-v1_5-sha256")
    else:
        chosen = algorithms.ED25519 if name in (None, "ed25519") else None
    if chosen is None:
        raise _refuse(f"{name} does not go with the key")
    return chosen


def sign(
    method: str,
    url: str,
    body: bytes | None,
    *,
    key_id: str,
    private_key: PrivateKey,
    date: datetime,
    content_type: str = "application/activity+json",
    challenge: Challenge | None = None,
) -> dict[str, str]:
    """The headers of one request signed by RFC 9421, with a body also Content-Type and both digests.

    Covers `@method`, `@target-uri`, `@authority`, and `content-digest` and `content-type` with a body. The old Digest
    is sent along uncovered: some receivers look for nothing else. A challenge adds to this and takes nothing away:
    what we sign is bound to one address and one body, whatever a stranger asks for.
    """
    headers = {"Host": authority_of(url), "Date": http_date(date)}
    covered = ["@method", "@target-uri", "@authority"]
    if body is not None:
        headers |= {"Content-Type": content_type, "Content-Digest": content_digest(body), "Digest": digest_header(body)}
        covered += ["content-digest", "content-type"]
    wish = challenge or Challenge("sig1", ())
    covered = list(dict.fromkeys([*wish.covered, *covered]))
    lines = _Headers(list(headers.items()))
    signer = HTTPMessageSigner(signature_algorithm=_algorithm(None, private_key), key_resolver=_OneKey(private_key))
    signer.sign(
        _Request(method.upper(), url.partition("#")[0], lines),
        key_id=key_id,
        created=date,
        expires=date + timedelta(seconds=CHALLENGE_LIFE_SECONDS) if wish.expires else None,
        nonce=wish.nonce,
        tag=wish.tag,
        label=wish.label,
        covered_component_ids=covered,
        body=body,
        use_existing_digest=body is not None,
    )
    return dict(lines.items())
