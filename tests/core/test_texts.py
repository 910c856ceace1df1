"""Texts in the reader's language: what a browser asks for is chosen from, and every text is in the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fediverse_ai.core import limits, texts

ARABIC = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: ar\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Home"
msgstr "الرئيسية"

msgid "%(num)d post"
msgid_plural "%(num)d posts"
msgstr[0] "منشور واحد"
msgstr[1] "%(num)d منشورات"
"""


@pytest.fixture
def arabic(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A server that also speaks Arabic, which runs from the right."""
    (tmp_path / "ar.po").write_text(ARABIC, encoding="utf-8")
    monkeypatch.setattr(texts, "FOLDER", tmp_path)
    texts.languages.cache_clear()
    texts.catalogue.cache_clear()
    yield
    texts.use(texts.SOURCE)
    texts.languages.cache_clear()
    texts.catalogue.cache_clear()


@pytest.mark.usefixtures("arabic")
def test_a_language_is_chosen_and_spoken() -> None:
    assert texts.asked("fr, ar;q=0.5, en;q=0.4") == "ar"
    assert texts.asked("en;q=0.9, ar;q=0.5") == "en"
    assert texts.asked("ar;q=0, fr") == "en"
    assert texts.asked(";;q=x,,") == "en"
    assert texts.direction() == "ltr"
    texts.use("ar")
    assert (texts.gettext("Home"), texts.direction()) == ("الرئيسية", "rtl")
    assert texts.ngettext("%(num)d post", "%(num)d posts", 3) == "%(num)d منشورات"
    assert texts.gettext("Not in the catalogue") == "Not in the catalogue"
    texts.use("fr")
    assert (texts.current(), texts.gettext("Home")) == ("en", "Home")


@pytest.mark.usefixtures("arabic")
def test_so_many_languages_are_read() -> None:
    before = ["fr"] * (limits.LANGUAGES_ASKED - 1)
    assert texts.asked(",".join([*before, "ar"])) == "ar"
    assert texts.asked(",".join([*before, "fr", "ar"])) == "en"
