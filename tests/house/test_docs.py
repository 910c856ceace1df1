"""Our documents say what the code is."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from generation.generators.scene.version import VERSION
from tests.house import docs


@pytest.mark.parametrize(("file", "name"), [(file, name) for file, parts in docs.PARTS.items() for name in parts])
def test_the_part_made_from_code_is_current(file: str, name: str) -> None:
    text = (docs.ROOT / file).read_text(encoding="utf-8")
    assert docs.written(text, name) == docs.PARTS[file][name](), "run: python -m tests.house.docs"


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(docs.ROOT))
        for package in docs.PACKAGES
        for path in (docs.ROOT / package).rglob("*.py")
        if not docs.docstring(path) and path.read_text(encoding="utf-8").strip()
    ]
    assert silent == []


def test_feps_named_in_federation_md_are_named_in_the_code() -> None:
    """What FEDERATION.md claims to support has a place in the code that names it."""
    text = (docs.ROOT / "FEDERATION.md").read_text(encoding="utf-8")
    supported = text.partition("## Supported FEPs")[2].partition("\n## ")[0]
    claimed = set(re.findall(r"FEP-([0-9a-f]{4})", supported))
    code = "".join(
        path.read_text(encoding="utf-8") for package in docs.PACKAGES for path in (docs.ROOT / package).rglob("*.py")
    )
    assert claimed
    assert {fep for fep in claimed if f"FEP-{fep}" not in code} == {"67ff"}, "67ff is this very file"
    # Told elsewhere: d8c2 is a matter of apps that sign in, in docs/reference/oauth.md.
    assert set(re.findall(r"FEP-([0-9a-f]{4})", code)) - claimed <= {"d8c2"}, "what the code does is claimed"


def test_every_rule_of_security_md_is_named_where_it_is_kept() -> None:
    rules = re.findall(r"^\| (D\d+) \|", (docs.ROOT / "SECURITY.md").read_text(encoding="utf-8"), re.MULTILINE)
    code = "".join(
        path.read_text(encoding="utf-8") for package in docs.PACKAGES for path in (docs.ROOT / package).rglob("*.py")
    )
    assert len(rules) == 24
    assert [rule for rule in rules if not re.search(rf"\b{rule}\b", code)] == []


PAPERS = sorted(path.name for path in docs.ROOT.glob("*.md"))
# Made by a command that is named beside them, or by the reader.
MADE = ("instance/", "bench/latest.json", "config.toml", ".venv/")


@pytest.mark.parametrize("paper", PAPERS)
def test_every_file_that_a_paper_names_exists(paper: str) -> None:
    """Links, and paths in code spans; a module may be named without its package, as in `core/jobs.py`."""
    text = (docs.ROOT / paper).read_text(encoding="utf-8")
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in link]
    spans = re.findall(r"`([\w.-]+(?:/[\w.-]*)*\.(?:py|md|toml|txt)|(?:[\w.-]+/)+)`", text)
    tops = (docs.ROOT, docs.ROOT / "fediverse_ai", docs.ROOT / "generation")
    lost = [
        name
        for name in {*links, *spans}
        if not name.startswith(MADE) and not any((top / name).exists() for top in tops)
    ]
    assert lost == []


def test_the_pictures_are_there_and_small() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (docs.ROOT / "README.md").read_text(encoding="utf-8"))
    assert "docs/screens/ann-post-desktop.webp" in shown
    pictures = list((docs.ROOT / "docs" / "screens").iterdir())
    for path in pictures:
        assert path.read_bytes()[8:12] == b"WEBP"
        assert path.stat().st_size <= 150_000, path
    assert sum(path.stat().st_size for path in pictures) <= 8_000_000


def test_the_label_in_the_readme_is_what_a_picture_made_today_carries() -> None:
    words = (docs.ROOT / "README.md").read_text("utf-8")
    assert f"> AI-generated · Scene {VERSION} #AIGenerated\n" in words


def bytes_on_disk(paths: list[Path]) -> int:
    return sum(path.stat().st_blocks * 512 for path in paths if path.is_file())


def test_the_disk_that_the_readme_names_is_what_it_takes() -> None:
    """Every library that the program needs, with the libraries that these need, and the program itself."""
    found, waiting = set[str](), ["fediverse-ai"]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found.add(name)
            needs = [Requirement(line) for line in metadata.requires(name) or ()]
            waiting += [one.name for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})]
    files = [Path(str(file.locate())) for name in found for file in metadata.files(name) or ()]
    program = [path for top in ("fediverse_ai", "actors", "inbox", "outbox", "generation", "docs")
               for path in (docs.ROOT / top).rglob("*")]  # fmt: skip
    megabytes = (bytes_on_disk(files) + bytes_on_disk(program)) / 1e6
    told = re.search(r"the libraries it needs \| (\d+) MB \|", (docs.ROOT / "README.md").read_text("utf-8"))
    assert told is not None
    assert abs(int(told[1]) - megabytes) < 0.1 * megabytes, f"it takes {megabytes:.0f} MB"
