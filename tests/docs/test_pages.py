"""The documents as pages: every link leads somewhere, all are in the table of contents, and all are served."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fediverse_ai.core.errors import Missing
from fediverse_ai.web.handbook import markdown, shelf
from tests.house.docs import ROOT
from tests.web.site import Site, site

ENTRIES = shelf.entries()
FILES = [entry.file for entry in ENTRIES]
ADDRESSES = {entry.href: entry.file for entry in ENTRIES}
COMMENT = re.compile(r"\s*<!--.*?-->\s*", re.DOTALL)


def lost(file: str) -> list[str]:
    """Links of a document that lead to no page, or to no heading of one."""
    found = []
    for link in markdown.render(file).links:
        path, _, anchor = link.partition("#")
        if re.match(r"https?://", link):
            continue
        target = ADDRESSES.get(path)
        if target is None or (anchor and anchor not in markdown.render(target).anchors):
            found.append(link)
    return found


@pytest.mark.parametrize("file", FILES)
def test_every_link_leads_somewhere(file: str) -> None:
    assert lost(file) == []


def test_anchors_in_the_readme_are_there() -> None:
    """Its files are looked at with those of the other papers (tests/house); here the places in them."""
    found = re.findall(r"\]\(([\w./-]+\.md)#([\w-]+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert found
    assert [(file, anchor) for file, anchor in found if anchor not in markdown.render(file).anchors] == []


def test_every_page_is_in_the_table_of_contents() -> None:
    written = {
        path.relative_to(ROOT).as_posix()
        for kind in ("tutorial", "howto", "reference", "explanation")
        for path in (ROOT / "docs" / kind).iterdir()
    }
    papers = {"ARCHITECTURE.md", "FEDERATION.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"}
    assert len(FILES) == len(set(FILES))
    assert set(FILES) == written | papers | {shelf.INDEX}


@pytest.mark.parametrize("file", FILES)
def test_a_page_begins_with_one_title_and_has_no_html(file: str) -> None:
    source = (ROOT / file).read_text("utf-8")
    assert source.startswith("# ")
    tokens = markdown._reader().parse(source)
    assert [token.tag for token in tokens if token.type == "heading_open"].count("h1") == 1
    html = [token.content for token in tokens if token.type == "html_block"]
    html += [child.content for token in tokens for child in token.children or () if child.type == "html_inline"]
    assert [one for one in html if COMMENT.sub("", one)] == []


def test_markdown_that_means_harm_is_words() -> None:
    """Our own files hold none; were one to, it would be dropped or escaped."""
    text = markdown.made(
        "# T\n\n<script>alert(1)</script>\n\na <b onclick=x>b</b> [c](javascript:x)\n\n```\n<i>\n```\n", "docs/index.md"
    )
    assert "<script" not in text.html
    assert "onclick" not in text.html
    assert "href" not in text.html
    assert "&lt;i&gt;" in text.html


def test_a_lost_link_is_noticed() -> None:
    text = markdown.made("# A\n\n## B c\n\n[x](howto/nowhere.md) [y](#b-c) [z](../LICENSE)\n", "docs/index.md")
    assert text.links == ("/docs/howto/nowhere", "/docs#b-c", "LICENSE")
    assert text.anchors == {"a", "b-c"}
    assert [heading.words for heading in text.headings] == ["B c"]


def test_a_table_says_its_columns_on_a_phone() -> None:
    html = markdown.made("# T\n\n| a | b | c |\n| --- | --: | --- |\n| 1 | 2 | 3 |\n", "docs/index.md").html
    assert '<td data-name="b" class="number">2</td>' in html
    assert "<td>1</td>" in html
    assert '<table class="table">' in html
    assert "style=" not in html


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("docs")) as made:
        yield made


@pytest.mark.asyncio(loop_scope="module")
async def test_all_of_it_is_served(here: Site) -> None:
    """Each page with its title, its place among the others, and pictures that are there."""
    visitor = here.browser()
    pictures = set[str]()
    for before, entry, after in map(shelf.find, ADDRESSES):
        page = await visitor.get(entry.href)
        assert page.status == 200, entry
        assert page.one("h1").text.strip() == markdown.render(entry.file).title
        assert [one.attrs["href"] for one in page.all("a", rel="prev")] == ([before.href] if before else [])
        assert [one.attrs["href"] for one in page.all("a", rel="next")] == ([after.href] if after else [])
        assert page.all("script") == []
        pictures |= {image.attrs["src"] for image in page.all("img")}
        assert all({"alt", "width", "height"} <= set(image.attrs) for image in page.all("img"))
    assert pictures
    for address in pictures:
        picture = (await visitor.get(address)).response
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "path",
    ["/docs/howto/nowhere", "/docs/../pyproject.toml", "/docs/screens/nothing.webp", "/docs/screens/..%2findex.md",
     "/docs/program/readme", "/docs/scene/readme"],
)  # fmt: skip
async def test_nothing_else_is_served(here: Site, path: str) -> None:
    assert (await here.browser().get(path)).status == 404


def test_a_page_that_is_not_in_the_contents_is_missing() -> None:
    with pytest.raises(Missing):
        shelf.find("/docs/scene/README")
