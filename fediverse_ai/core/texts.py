"""Texts for people in their language: gettext catalogues, read from .po files, and the language of this request."""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from fediverse_ai.core.limits import LANGUAGES_ASKED

FOLDER = Path(__file__).parents[1] / "locale"
# What the texts in the code are written in: its catalogue is the list of all texts, each its own translation.
SOURCE = "en"

_language: ContextVar[str] = ContextVar("language", default=SOURCE)


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, the source among them, as BCP 47 tags of one or two parts."""
    return tuple(sorted({SOURCE} | {path.stem for path in FOLDER.glob("*.po")}))


@lru_cache(maxsize=16)
def catalogue(language: str) -> NullTranslations:
    """The translations of one language; nothing is translated where there are none."""
    path = FOLDER / f"{language}.po"
    if language == SOURCE or not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        catalog = read_po(file, locale=language.replace("-", "_"))
    packed = BytesIO()
    write_mo(packed, catalog)
    packed.seek(0)
    return GNUTranslations(packed)


def use(language: str) -> None:
    """Everything said from here on in this task is said in `language`, one of languages()."""
    _language.set(language if language in languages() else SOURCE)


def current() -> str:
    """The language of what is said now."""
    return _language.get()


def direction() -> str:
    """ "rtl" or "ltr", the value of an HTML dir attribute, for the language of now."""
    try:
        return Locale.parse(current(), sep="-").text_direction
    except (UnknownLocaleError, ValueError):
        return "ltr"


def asked(accept_language: str) -> str:
    """The best language for an Accept-Language header (RFC 9110, 12.5.4); the source when none fits."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language.split(",")[:LANGUAGES_ASKED]):
        tag, _sep, quality = part.strip().partition(";q=")
        try:
            wanted.append((-float(quality or 1), place, tag.strip()))
        except ValueError:
            continue
    preferred = [tag for weight, _place, tag in sorted(wanted) if weight < 0]
    return negotiate_locale(preferred, languages(), sep="-") or SOURCE


def gettext(message: str) -> str:
    """The message in the language of now."""
    return catalogue(current()).gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    """The form that the language of now has for this number."""
    return catalogue(current()).ngettext(one, many, number)


def pgettext(context: str, message: str) -> str:
    """The message in the language of now, told apart from the same words elsewhere by `context`."""
    return catalogue(current()).pgettext(context, message)


_ = gettext


def marked(message: str) -> str:
    """The message itself: for texts that are tables in the code and are translated where they are shown."""
    return message
