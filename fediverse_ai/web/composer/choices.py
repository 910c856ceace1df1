"""What can be chosen in the composer, in the reader's words: each entry is (value, name, hint)."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError

from fediverse_ai.core.texts import _, marked
from outbox.belongings import Disclosure, RemixPolicy
from outbox.consent import Training
from outbox.models import Origin, Visibility

Choice = tuple[str, str, str]
# Marked here and translated where they are shown.
VISIBILITIES = (
    (
        Visibility.QUIET.value,
        marked("Quiet"),
        marked("Your followers and visitors of your page. Not in other servers’ public timelines."),
    ),
    (
        Visibility.PUBLIC.value,
        marked("Public"),
        marked("Also in public timelines, where people meet it who did not ask for AI pictures."),
    ),
    (Visibility.FOLLOWERS.value, marked("Followers"), marked("Nobody but the people who follow you.")),
)
# The renderings of the embedded generator; others say themselves which styles they know.
STYLES = (
    ("papercut", marked("Paper-cut")),
    ("linocut", marked("Linocut print")),
    ("gouache", marked("Gouache")),
    ("neon", marked("Neon night")),
    ("pencil", marked("Pencil and wash")),
    ("pixel", marked("Pixel")),
)
DISCLOSURES = (
    (
        Disclosure.FULL.value,
        marked("Everything"),
        marked("Prompt, seed and settings: others can learn from it."),
    ),
    (Disclosure.PROMPT.value, marked("The prompt"), marked("And the model, without seed and settings.")),
    (Disclosure.MODEL.value, marked("The model"), marked("Which program made it, and no more.")),
    (Disclosure.LABEL.value, marked("Only that it is AI’s work"), marked("That is always said.")),
)
REMIXES = (
    (RemixPolicy.NOBODY.value, marked("Nobody"), marked("You may still make variations of it yourself.")),
    (RemixPolicy.FOLLOWERS.value, marked("Your followers"), marked("What they make names your picture.")),
    (
        RemixPolicy.ANYONE.value,
        marked("Anyone"),
        marked("What they make names your picture, on other servers too."),
    ),
)
TRAININGS = (
    (Training.NO.value, marked("No"), marked("Nobody trains a model on it, as far as this server can say so.")),
    (Training.SERVER.value, marked("This server’s own models"), marked("And no others.")),
    (Training.ANYONE.value, marked("Anyone"), marked("Whoever asks for pictures whose makers said yes.")),
)
ORIGINS = (
    (Origin.DECLARED_AI.value, marked("Made with AI"), marked("In whole or in part. The posts carry the label.")),
    (
        Origin.DECLARED_NOT_AI.value,
        marked("Not made with AI"),
        marked("A file that itself says otherwise is labelled all the same."),
    ),
)
SHAPES = (
    ("square", marked("Square"), 1024, 1024),
    ("portrait", marked("Portrait, 4 : 5"), 896, 1120),
    ("landscape", marked("Landscape, 3 : 2"), 1248, 832),
    ("wide", marked("Wide, 16 : 9"), 1344, 768),
    ("large", marked("Large square"), 2048, 2048),
)
LANGUAGES = (
    *("ar", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fr", "ga", "gd"),
    *("gl", "he", "hi", "hr", "hu", "id", "is", "it", "ja", "ko", "lt", "lv", "nb", "nl", "nn", "pl", "pt", "ro", "ru"),
    *("sk", "sl", "sr", "sv", "ta", "th", "tr", "uk", "vi", "zh"),
)


def spoken(table: tuple[Choice, ...]) -> list[Choice]:
    """A table in the reader's language."""
    return [(value, _(name), _(hint)) for value, name, hint in table]


def languages(also: str | None = None) -> list[tuple[str, str]]:
    """(tag, its own name) of languages to write in; `also` is kept when it is none of them."""
    tags = [*LANGUAGES, *([also] if also and also not in LANGUAGES else [])]
    return sorted(((tag, _language_name(tag)) for tag in tags), key=lambda one: one[1].casefold())


@lru_cache(maxsize=256)
def _language_name(tag: str) -> str:
    try:
        found = Locale.parse(tag, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        found = None
    return found or tag
