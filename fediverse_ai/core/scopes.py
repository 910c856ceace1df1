"""The words of OAuth scopes: which there are, which imply which, and how other spellings are read."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Final

_NOUNS: Final = [
    "accounts",
    "blocks",
    "bookmarks",
    "favourites",
    "filters",
    "follows",
    "lists",
    "mutes",
    "notifications",
    "statuses",
]
READ: Final = tuple(f"read:{noun}" for noun in sorted([*_NOUNS, "search"]))
WRITE: Final = tuple(f"write:{noun}" for noun in sorted([*_NOUNS, "conversations", "media", "reports"]))
# Mastodon's old scope "follow" stands for these (its OAuth documentation, "follow" deprecated in 3.5).
FOLLOW: Final = frozenset(f"{verb}:{noun}" for verb in ("read", "write") for noun in ("blocks", "follows", "mutes"))
SUPPORTED: Final = ("profile", "read", *READ, "write", *WRITE, "follow", "push")
WHOLE: Final = ("profile", "read", "write", "follow", "push")
DEFAULT: Final = "read"

# The ActivityPub API drafts: URLs since August 2026, `activitypub:read:…` before; FEP-d8c2 adds `write:sameorigin`.
_DRAFT: Final = "https://swicg.github.io/activitypub-api/scopes#"
_DRAFT_READS: Final = frozenset(
    [
        "readall",
        "readany",
        "readown",
        "readlocal",
        "readinbox",
        "readoutbox",
        "readfollowers",
        "readfollowing",
        "readliked",
    ]
)
_DRAFT_WRITES: Final = frozenset(
    [
        "createcontent",
        "updatecontent",
        "deletecontent",
        "follow",
        "managefollowers",
        "managecollections",
        "like",
        "share",
        "block",
        "flag",
        "reactlocal",
        "reactany",
        "reactown",
        "addressall",
        "addresspublic",
        "addressactor",
        "addressfollowers",
        "uploadfiles",
        "updateprofile",
    ]
)


def meaning(word: str) -> str | None:
    """What one scope, in whatever spelling, stands for among SUPPORTED; None for one that we do not know.

    The drafts' fine scopes are read as `read` and `write`, because a client that posts to an outbox needs the whole of
    it; the consent page says what is really given.
    """
    if word in SUPPORTED:
        return word
    if word == "write:sameorigin":
        return "write"
    if word.startswith(_DRAFT):
        name = word.removeprefix(_DRAFT)
        return "read" if name in _DRAFT_READS else "write" if name in _DRAFT_WRITES else None
    for verb in ("read", "write"):
        if word.startswith(f"activitypub:{verb}:") or word == f"activitypub:{verb}":
            return verb
    return None


def known(text: str) -> list[str]:
    """The scopes of a space-separated list that we know, once each, in the order and the spelling of the list."""
    return [word for word in dict.fromkeys(text.replace("+", " ").split()) if meaning(word) is not None]


@lru_cache(maxsize=1024)
def granted(text: str) -> frozenset[str]:
    """The rights that a stored list of scopes gives, as words of SUPPORTED."""
    return frozenset(found for word in text.split() if (found := meaning(word)) is not None)


def covers(granted_words: Collection[str], wanted: str) -> bool:
    """Whether scopes cover one: `read` covers `read:statuses` and `profile`, `follow` its six; never upwards."""
    return (
        wanted in granted_words
        or any(wanted.startswith(f"{word}:") for word in granted_words)
        or ("follow" in granted_words and wanted in FOLLOW)
        or (wanted == "profile" and ("read" in granted_words or "read:accounts" in granted_words))
    )


def covered(limit: str, words: Collection[str]) -> bool:
    """Whether every one of `words` is within a space-separated list of scopes, such as the one an app registered."""
    most = granted(limit)
    return all((right := meaning(word)) is not None and covers(most, right) for word in words)
