"""Every text that a page shows goes through gettext, and the catalogue lists them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house import texts

# Modules of pages; what the doors for programs say is English (RFC 6749, 5.2 and its like).
PAGES = [path for path in texts.modules() if "web" in path.parts] + [texts.ROOT / "fediverse_ai" / "oauth" / "words.py"]


def test_the_catalogue_is_current() -> None:
    assert texts.CATALOGUE.read_bytes() == texts.written(), "run: python -m tests.house.texts"


def test_it_holds_templates_tables_plurals_and_errors() -> None:
    known = texts.collect()
    for message in (
        "Skip to the content",
        "Settings",
        "Nobody here has this name.",
        "Runs on Fediverse AI %(version)s.",
    ):
        assert message in known, message
    assert known["%(num)d reply"].id == ("%(num)d reply", "%(num)d replies")


@pytest.mark.parametrize("path", texts.templates(), ids=lambda path: str(path.relative_to(texts.rendering.TEMPLATES)))
def test_no_template_says_something_by_itself(path: Path) -> None:
    assert texts.bare_in_template(path.read_text("utf-8")) == []


def test_no_module_of_pages_says_something_by_itself() -> None:
    said = {str(path.relative_to(texts.ROOT)): texts.bare_in_module(path.read_text("utf-8")) for path in PAGES}
    # A header, and the name by which browsers tell an area.
    allowed = {"fediverse_ai/web/rendering.py": ["Accept, Accept-Encoding, Accept-Language, Cookie"]}
    assert {name: found for name, found in said.items() if found} == allowed


# The terminal of an owner, and what only clients of the ActivityPub API can do wrong: they are told in English.
ENGLISH = ("fediverse_ai/backup/", "outbox/c2s.py", "outbox/changes.py", "outbox/deeds.py", "outbox/drafting.py",
           "outbox/wish.py", "outbox/policies.py")  # fmt: skip


def test_every_refusal_can_be_looked_up() -> None:
    """An error's sentence is a text of the catalogue, or a text with its values put in after it was looked up."""
    found = {str(path.relative_to(texts.ROOT)): texts.unreadable(path.read_text("utf-8")) for path in texts.modules()}
    assert {name: lines for name, lines in found.items() if lines and not name.startswith(ENGLISH)} == {}
    assert "This picture is damaged and cannot be read." in texts.collect()


def test_the_eyes_of_these_tests_see() -> None:
    assert texts.unreadable('raise Missing("a", f"{b}")\nraise Missing(f"No {b}.")') == [2]
    assert texts.bare_in_template("<p>{{ x }} said <b>{% trans %}fine{% endtrans %}</b></p>") == ["\x00 said"]
    assert texts.bare_in_template("""<img alt="A cat" src="x">{{ _("fine") }}<i>{# no #}1</i>""") == ["A cat"]
    assert texts.bare_in_template("{% if a %}no{% endif %}{% block title %}{% endblock %}") == ["no"]
    assert texts.bare_in_module(
        '"""Say it."""\nx = "Not like this."\ny = _("Like this.")\nraise Missing("Or this.")'
    ) == ["Not like this."]
