"""What apps ask for, in words that say what it means here."""

from __future__ import annotations

import unicodedata

from fediverse_ai.core import scopes
from fediverse_ai.core.limits import APP_NAME_CHARS
from fediverse_ai.core.texts import _, marked

# Translated where they are shown.
_WORDS = {
    "profile": marked("See your name, picture and profile."),
    "read": marked(
        "Read everything in your account: posts to you alone, your timelines, notifications, lists and settings."
    ),
    "write": marked(
        "Act as you: post, edit and delete, make pictures, like and boost, follow and block, change your profile."
    ),
    "follow": marked("See and change whom you follow, mute and block."),
    "push": marked("Be told at once when something happens to you."),
}
# A scope -> the sentence about it.
_RIGHTS = {
    "read:accounts": marked("See your account and profile."),
    "write:accounts": marked("Change your profile."),
    "read:blocks": marked("See whom you block."),
    "write:blocks": marked("Change whom you block."),
    "read:bookmarks": marked("See your bookmarks."),
    "write:bookmarks": marked("Change your bookmarks."),
    "write:conversations": marked("Change your conversations."),
    "read:favourites": marked("See what you like."),
    "write:favourites": marked("Change what you like."),
    "read:filters": marked("See your filters."),
    "write:filters": marked("Change your filters."),
    "read:follows": marked("See whom you follow."),
    "write:follows": marked("Change whom you follow."),
    "read:lists": marked("See your lists."),
    "write:lists": marked("Change your lists."),
    "write:media": marked("Change pictures that you upload."),
    "read:mutes": marked("See whom you mute."),
    "write:mutes": marked("Change whom you mute."),
    "read:notifications": marked("See your notifications."),
    "write:notifications": marked("Change your notifications."),
    "write:reports": marked("Change reports to the moderators in your name."),
    "read:search": marked("See what you can find by searching."),
    "read:statuses": marked("See posts that you may see, those to you alone too."),
    "write:statuses": marked("Change posts of yours: write, edit and delete them."),
}


def asked(text: str) -> list[str]:
    """One sentence for each right that a list of scopes gives, the far-reaching first; nothing twice."""
    rights = scopes.granted(text)
    found = [_(_WORDS[word]) for word in ("write", "read", "follow", "push", "profile") if word in rights]
    for word in sorted(rights):
        verb, _colon, noun = word.partition(":")
        if noun and verb not in rights:
            found.append(_(_RIGHTS[word]))
    return found


def plain_name(name: str) -> str:
    """An app's name as it may be shown: one line, no invisible or direction-changing characters (OAU-09)."""
    kept = (
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", name)
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    return " ".join("".join(kept).split())[:APP_NAME_CHARS]
