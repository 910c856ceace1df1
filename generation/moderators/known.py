"""The `known` moderator: pictures that must not be shown here, recognised by their hash, near copies included."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from fediverse_ai.core.errors import FediverseError, Malformed, Misconfigured
from fediverse_ai.core.limits import KNOWN_PICTURES
from generation.sandbox import Sandbox
from generation.types import Finding, Item, Moderator

SCORE = "known-picture"
NEAR_BITS = 31
"""Up to how many of 256 bits may differ: the distance that PDQ's authors call a match."""
SECONDS = 20.0
DIGITS = 64


class KnownPictures:
    """The hashes in memory, 32 bytes each; `replace` takes a new list at once."""

    def __init__(self) -> None:
        self._files: frozenset[str] = frozenset()
        self._hashes = b""

    def __len__(self) -> int:
        return len(self._files) + len(self._hashes) // (DIGITS // 2)

    def replace(self, entries: Iterable[tuple[str, str]]) -> None:
        """Take (kind, hash) pairs instead of those before; `kind` is pdq or sha256."""
        files: set[str] = set()
        hashes: list[str] = []
        for kind, value in entries:
            if kind == "sha256":
                files.add(value)
            else:
                hashes.append(value)
        self._files, self._hashes = frozenset(files), bytes.fromhex("".join(hashes))

    def find(self, sha256: str, hashes: Iterable[str]) -> str | None:
        """The entry that a picture matches, in words; None when it matches none. 2 ms for 100 000 entries."""
        if sha256 in self._files:
            return f"sha256 {sha256[:16]}…"
        known = self._hashes
        if not known:
            return None
        from generation.moderators.distance import HASH_SIZE, nearest

        for value in hashes:
            bits, place = nearest(known, value)
            if bits <= NEAR_BITS:
                return f"pdq {known[place * HASH_SIZE :][:8].hex()}…, {bits} bits away"
        return None


class Known:
    """Compares a picture, turned and mirrored all eight ways, with the list; scores 1 for a match and 0 for none."""

    name = "known"
    version = f"pdq-1+{NEAR_BITS}-bits"

    def __init__(self, sandbox: Sandbox) -> None:
        self.pictures = KnownPictures()
        self._sandbox = sandbox

    async def review(self, item: Item) -> Finding:
        """Score the item's picture; while the list is empty nothing is computed."""
        if item.picture is None or not len(self.pictures):
            return Finding(self.name, self.version, {SCORE: 0.0})
        try:
            hashes = await hashes_of(self._sandbox, item.picture)
            sha256 = hashlib.sha256(item.picture).hexdigest()
            found = await asyncio.to_thread(self.pictures.find, sha256, hashes)
        except (FediverseError, LookupError, TypeError, ValueError) as error:
            # Whatever goes wrong on the other side of the process boundary holds the picture.
            return Finding(self.name, self.version, {}, {"failed": f"{type(error).__name__}: {error}"}, failed=True)
        return Finding(self.name, self.version, {SCORE: float(found is not None)}, {SCORE: found} if found else {})

    async def close(self) -> None:
        """Nothing is held but the list."""


async def hashes_of(sandbox: Sandbox, picture: bytes) -> list[str]:
    """The PDQ hashes of an encoded picture as it is and seven ways turned and mirrored, as hex; none for a flat one.

    Raises SandboxFailed, ValueError for a malformed answer, and what images.admit raises.
    """
    quality, *hashes = await sandbox.run("generation.moderators.pdq:hash_file", picture, timeout=SECONDS, lane="decode")
    if len(hashes) != 8 or any(check_hash(str(value)) != value for value in hashes):
        raise ValueError("no hashes")
    return list(hashes) if quality >= MIN_QUALITY else []


MIN_QUALITY = 50
"""Of PDQ's 0 to 100: pictures with fewer edges have no hash that means anything."""


def check_hash(value: str) -> str:
    """A hash in lower case. Raises Malformed unless it has 64 hex digits."""
    lower = value.strip().lower()
    if len(lower) != DIGITS or set(lower) - set("0123456789abcdef"):
        raise Malformed(f"{value[:80]!r} is no hash of 64 hex digits.")
    return lower


def read_list(text: str) -> tuple[list[str], list[tuple[int, str]]]:
    """The PDQ hashes of a list and (line number, words) of lines that hold none.

    One hash a line; after a comma or a space may follow anything, and # begins a comment: the form in which hash lists
    are exchanged (ThreatExchange's `hash,quality,…` files among them). Raises Malformed for a list that is too long.
    """
    found: dict[str, None] = {}
    problems: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        word = line.partition("#")[0].replace(",", " ").split()
        if not word or (number == 1 and word[0].lower() in ("hash", "pdq", "value")):
            continue
        try:
            found[check_hash(word[0])] = None
        except Malformed as error:
            problems.append((number, error.public))
        if len(found) > KNOWN_PICTURES:
            raise Malformed(f"The list has more than {KNOWN_PICTURES} hashes.")
    return list(found), problems


def create(config: Mapping[str, Any], sandbox: Sandbox) -> Moderator:
    """The moderator; it has no settings. Raises Misconfigured for any."""
    if config:
        raise Misconfigured(f"The moderator known has no setting {sorted(config)[0]!r}.")
    return Known(sandbox)
