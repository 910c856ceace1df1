"""FEP-8fcf: the digest by which two servers notice that they disagree about followers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fediverse_ai.core.errors import Malformed
from fediverse_ai.core.urls import same_origin

_PARAMETER: Final = re.compile(r'[ \t]*(collectionId|url|digest)[ \t]*=[ \t]*"([^"\\]{1,2048})"[ \t]*(?:,|\Z)')
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Synchronization:
    """A parsed Collection-Synchronization header."""

    collection_uri: str
    url: str
    digest: str


def digest(uris: Iterable[str]) -> str:
    """XOR of the SHA-256 of each id, lower-case hex; 64 zeros for none. The caller selects ids of one origin."""
    total = 0
    for uri in set(uris):
        total ^= int.from_bytes(hashlib.sha256(uri.encode("utf-8")).digest(), "big")
    return f"{total:064x}"


def header(collection_uri: str, url: str, uris: Iterable[str]) -> str:
    """The header value for a delivery to the server whose followers are `uris`."""
    return f'collectionId="{collection_uri}", url="{url}", digest="{digest(uris)}"'


def parse_header(value: str, actor_uri: str) -> Synchronization:
    """Read the header of a delivery by `actor_uri`. Raises Malformed, also when it names another origin than theirs."""
    found: dict[str, str] = {}
    position = 0
    while position < len(value) <= 8_192:
        match = _PARAMETER.match(value, position)
        if match is None or match[1] in found:
            break
        found[match[1]] = match[2]
        position = match.end()
    else:
        if len(found) == 3 and _DIGEST.fullmatch(found["digest"]):
            result = Synchronization(found["collectionId"], found["url"], found["digest"])
            if same_origin(result.collection_uri, actor_uri) and same_origin(result.url, actor_uri):
                return result
    raise Malformed("The Collection-Synchronization header cannot be used.", f"header {value[:300]!r}")
