"""Pages in a language made on the fly: longer words, from the right; whatever it does not say was never translated."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
import pytest_asyncio
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from fediverse_ai.core import texts
from fediverse_ai.core.access import Door
from fediverse_ai.wiring import ROUTES
from generation.pipeline import Pipeline
from tests.house.texts import CATALOGUE, NAMES, READ
from tests.web import site as support
from tests.web.site import Page, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

LANGUAGE = "ar"
# What people and the owner wrote here, and names that are the same everywhere.
DATA = re.compile(r"qqq\w*|AIGenerated|Enter|Esc|http|English", re.I)
VISITORS = (
    "/", "/about", "/@qqq", "/@qqq/about", "/@qqq/remixes", "/tags/qqq", "/sign-in", "/sign-in/link/x", "/verify",
    "/federation", "/nothing-here", "/intent?wish=follow&about=/@qqq", "/?before=x",
)  # fmt: skip
MEMBERS = ("/", "/@qqq", "/make", "/bring", "/home", "/notifications", "/search", "/settings", "/settings/appearance")


def _spoken(words: str) -> str:
    return f"⟦{words} {'ø' * (len(words) // 3)}⟧"


@pytest.fixture(scope="module", autouse=True)
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The catalogue, each text between marks and a third longer, as the language of a script from the right."""
    made = Catalog(locale=LANGUAGE, charset="utf-8")
    made._num_plurals, made._plural_expr = 2, "(n != 1)"
    for message in read_po(BytesIO(CATALOGUE.read_bytes()), locale="en"):
        if message.id:
            one = isinstance(message.id, str)
            said = _spoken(str(message.id)) if one else tuple(_spoken(words) for words in message.id)
            made.add(message.id, said, context=message.context)
    folder: Path = tmp_path_factory.mktemp("locale")
    with (folder / f"{LANGUAGE}.po").open("wb") as file:
        write_po(file, made)
    before, texts.FOLDER = texts.FOLDER, folder
    texts.languages.cache_clear()
    texts.catalogue.cache_clear()
    yield
    texts.FOLDER = before
    texts.use(texts.SOURCE)
    texts.languages.cache_clear()
    texts.catalogue.cache_clear()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    named = {"name": "Qqq", "description": "Qqq qqq.", "contact": "qqq@qqq.qqq"}
    async with support.site(tmp_path_factory.mktemp("site"), server=named) as made:
        yield made


def unsaid(page: Page, data: Iterable[str] = ()) -> list[str]:
    """The words of a page that are neither of the language nor data."""
    attributes = " ".join(f"{element.attrs.get(name, '')}\n" for element in page.elements for name in READ)
    body = page.one("body").text
    for script in page.all("script"):
        body = body.replace(script.text, " ") if script.text.strip() else body
    text = f"{page.one('title').text}\n{body}\n{attributes}"
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = shorter
    for name in (*NAMES, *data):
        text = text.replace(name, " ")
    return [words for words in re.findall(r"[A-Za-z]{2,}", text) if not DATA.fullmatch(words)]


async def _fill(site: Site) -> list[str]:
    person = await site.person("qqq")
    recipe = support.recipe(
        generator="qqq", title="Qqq", version="1", prompt="qqq", disclosure="Qqq.", notes=["Qqq."],
        parameters={"qqq": "qqq"}, negative_prompt="qqq",
    )  # fmt: skip
    attachment = {"recipe": recipe, "alt": "Qqq."}
    found = []
    for columns in ({}, {"summary": "Qqq"}, {"sensitive": True}, {"visibility": "followers"}, {"pictures": 2}):
        post = await site.post(person, text="Qqq\nqqq", hashtags=["qqq"], attachment=attachment, **columns)
        found.append(f"/@qqq/{post.id}")
    waiting = await site.post(person, text="Qqq", state="held", attachment=attachment)
    return [*found, f"/@qqq/{waiting.id}"]


FAMILIES = ("/moderation", "/owner", "/settings", "/report", "/transparency", "/opt-out", "/sign-", "/explore",
            "/models", "/drafts", "/lists", "/bookmarks", "/favourites", "/conversations")  # fmt: skip
# Names of actions, of rules, of queues and of the owner's policy file stand there as they are written elsewhere.
TECHNICAL = {"/moderation/log", "/owner/policy", "/transparency", "/opt-out", "/owner/health", "/owner/backups"}
UNITS = ("kB", "MB", "GB", "csv", "following_accounts", "blocked_accounts", "muted_accounts", "blocked_domains",
         "lists", "bookmarks")  # fmt: skip
NO_PAGES = re.compile(r".*\.\w+|.*/(events|count)|.*\{.*")


def family_pages() -> list[str]:
    """Every page without a parameter of these families."""
    return [
        route.path
        for route in ROUTES
        if isinstance(route, Door) and "GET" in (route.methods or ()) and route.path.startswith(FAMILIES)
        and not NO_PAGES.fullmatch(route.path)
    ]  # fmt: skip


async def test_nor_on_the_pages_of_members_moderators_and_owners(site: Site) -> None:
    await site.person("qqqo", role="owner")
    owner = await site.member("qqqo")
    cards = (await site.context.part(Pipeline).cards()).values()
    own = [words for card in cards for words in (card.disclosure, card.title, *card.capabilities.styles)]
    left = {}
    paths = family_pages()
    for path in paths:
        page = await owner.get(path, Accept_Language=f"{LANGUAGE}, en;q=0.5")
        assert page.status in (200, 303), path
        assert "⟦" in page.body or page.status == 303, path
        if page.status == 200 and path not in TECHNICAL and (found := unsaid(page, [*own, *UNITS])):
            left[path] = found
    assert len(paths) > 40
    assert left == {}


async def test_nothing_on_a_page_is_left_untranslated(site: Site) -> None:
    posts = await _fill(site)
    # What a generator says of itself is its maker's language.
    cards = (await site.context.part(Pipeline).cards()).values()
    own = [words for card in cards for words in (card.disclosure, card.title, *card.capabilities.styles)]
    visitor, member = site.browser(), await site.member("qqq")
    left: dict[str, list[str]] = {}
    seen = 0
    for browser, paths in ((visitor, [*VISITORS, *posts[:3], posts[4]]), (member, [*MEMBERS, *posts])):
        for path in paths:
            page = await browser.get(path, Accept_Language=f"{LANGUAGE}, en;q=0.5")
            html = page.one("html").attrs
            assert (html["lang"], html["dir"]) == (LANGUAGE, "rtl"), path
            assert "⟦" in page.body, path
            if found := unsaid(page, own):
                left[path] = found
            seen += 1
    assert seen > 20
    assert left == {}
