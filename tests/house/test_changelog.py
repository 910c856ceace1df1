"""Every release says what an upgrade to it asks of the owner, and which revision of the database it needs."""

from __future__ import annotations

import re

from fediverse_ai import migrations
from tests.house.docs import ROOT

RELEASE = re.compile(r"^## \[(Unreleased|\d+\.\d+\.\d+)\]", re.MULTILINE)


def sections() -> dict[str, str]:
    """Release -> what is said of it, newest first."""
    parts = RELEASE.split((ROOT / "CHANGELOG.md").read_text("utf-8"))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_release_has_a_line_upgrading() -> None:
    found = sections()
    assert found
    for release, text in found.items():
        told = text.partition("### Upgrading\n")[2].partition("\n### ")[0]
        assert re.search(r"^- \S", told, re.MULTILINE), f"{release} does not say what an upgrade asks"


def test_the_newest_revision_of_the_database_is_named() -> None:
    told = "\n".join(text.partition("### Upgrading\n")[2] for text in sections().values())
    assert f"revision {migrations.newest()}" in told or f"to {migrations.newest()}" in told


def test_releases_are_in_order() -> None:
    numbers = [tuple(map(int, release.split("."))) for release in sections() if release != "Unreleased"]
    assert numbers == sorted(numbers, reverse=True)
