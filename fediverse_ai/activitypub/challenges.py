"""Accept-Signature (RFC 9421 §5): say which signature we want, and read which one a peer wants of us."""

from __future__ import annotations

from typing import Any, Final

import http_sf

from fediverse_ai.activitypub.message_signatures import Challenge
from fediverse_ai.core.limits import (
    CHALLENGE_CHARS,
    CHALLENGE_LABEL_CHARS,
    SIGNATURE_COVERED,
    SIGNATURE_HEADER_BYTES,
)

HEADER: Final = "Accept-Signature"

# What we can cover: all that belongs to the request itself, and headers that we send.
_DERIVED: Final = frozenset({"@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"})
_ALWAYS: Final = frozenset({"host", "date"})
_WITH_BODY: Final = frozenset({"content-digest", "content-type", "digest"})
_ALGORITHM: Final = "rsa-v1_5-sha256"


def ask(*, body: bool) -> str:
    """The value of our own header: the least that we take (`message_signatures.verify`). No nonce: we keep no state."""
    covered = '"@method" "@target-uri" "content-digest"' if body else '"@method" "@target-uri"'
    return f"sig1=({covered});created;keyid"


def read(value: str | None, *, key_id: str, body: bool) -> Challenge | None:
    """The first wish of a peer that a request of ours by this key can fulfil; None where there is none.

    Left out are wishes for components with parameters, for headers that we do not send, for other keys or algorithms,
    and whatever is oversized or garbled: a challenge is a hint from a stranger, and never an error.
    """
    if not value or len(value) > SIGNATURE_HEADER_BYTES or not value.isascii():
        return None
    try:
        parsed = http_sf.parse(value.encode("ascii"), tltype="dictionary")
    except (ValueError, TypeError, KeyError, IndexError, OverflowError):
        return None
    wishes: dict[str, Any] = parsed if isinstance(parsed, dict) else {}
    known = _DERIVED | _ALWAYS | (_WITH_BODY if body else frozenset())
    for label, (components, parameters) in wishes.items():
        found = _challenge(label, components, parameters, known, key_id)
        if found is not None:
            return found
    return None


def _challenge(
    label: str, components: Any, parameters: dict[str, Any], known: frozenset[str], key_id: str
) -> Challenge | None:
    if not isinstance(components, list) or len(components) > SIGNATURE_COVERED or len(label) > CHALLENGE_LABEL_CHARS:
        return None
    covered: list[str] = []
    for name, options in components:
        if type(name) is not str or options or name not in known or name in covered:
            return None
        covered.append(name)
    if parameters.get("keyid") not in (None, True, key_id) or parameters.get("alg") not in (None, True, _ALGORITHM):
        return None
    nonce, tag = parameters.get("nonce"), parameters.get("tag")
    if not all(value is None or (type(value) is str and 0 < len(value) <= CHALLENGE_CHARS) for value in (nonce, tag)):
        return None
    return Challenge(label, tuple(covered), nonce, tag, expires=parameters.get("expires") is True)
