"""What apps ask for, in words that say what it means here."""

from __future__ import annotations

import unicodedata

from fediverse_ai.core import scopes
from fediverse_ai.core.limits import APP_NAME_CHARS

_WORDS = {
    "profile": "See your name, picture and profile.",
    "read": "Read everything in your account: posts to you alone, your timelines, notifications, lists and settings.",
    "write": "Act as you: post, edit and delete, make pictures, like and boost, follow and block, change your profile.",
    "follow": "See and change whom you follow, mute and block.",
    "push": "Be told at once when something happens to you.",
}
_NOUNS = {
    "accounts": ("your account and profile", "your profile"),
    "blocks": ("whom you block", "whom you block"),
    "bookmarks": ("your bookmarks", "your bookmarks"),
    "conversations": ("", "your conversations"),
    "favourites": ("what you like", "what you like"),
    "filters": ("your filters", "your filters"),
    "follows": ("whom you follow", "whom you follow"),
    "lists": ("your lists", "your lists"),
    "media": ("", "pictures that you upload"),
    "mutes": ("whom you mute", "whom you mute"),
    "notifications": ("your notifications", "your notifications"),
    "reports": ("", "reports to the moderators in your name"),
    "search": ("what you can find by searching", ""),
    "statuses": ("posts that you may see, those to you alone too", "posts of yours: write, edit and delete them"),
}


def asked(text: str) -> list[str]:
    """One sentence for each right that a list of scopes gives, the far-reaching first; nothing twice."""
    rights = scopes.granted(text)
    found = [_WORDS[word] for word in ("write", "read", "follow", "push", "profile") if word in rights]
    for word in sorted(rights):
        verb, _, noun = word.partition(":")
        if noun and verb not in rights:
            reading, writing = _NOUNS[noun]
            found.append(f"See {reading}." if verb == "read" else f"Change {writing}.")
    return found


def plain_name(name: str) -> str:
    """An app's name as it may be shown: one line, no invisible or direction-changing characters (OAU-09)."""
    kept = (
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", name)
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    return " ".join("".join(kept).split())[:APP_NAME_CHARS]
