"""Hostile text in every field that a page shows: nothing but our own elements comes out (XSS-01 to -05, -18)."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from markupsafe import Markup

from actors.models import Actor
from fediverse_ai.web import rendering
from tests.web import site as support
from tests.web.site import Page, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

CORPUS = [
    "<script>alert(1)</script>",
    "</title></textarea></style><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' x='",
    "<svg/onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<a href=\"javascript:alert(1)\">x</a><a href=\" jAvAsCrIpT&colon;alert(1)\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<iframe src=\"https://evil.example\"></iframe><object data=x></object><embed src=x>",
    "<form action=\"https://evil.example\"><input name=password><button formaction=\"//evil.example\">x</form>",
    "<base href=\"https://evil.example/\"><meta http-equiv=refresh content=\"0;url=//evil.example\">",
    "<link rel=stylesheet href=//evil.example><style>@import '//evil.example'</style>",
    "<p style=\"position:fixed;inset:0\" class=\"wall primary\" id=main name=csrf>x</p>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "{{ 7 * 7 }}{% include 'base.html' %}${7*7}",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "\u2028</script><script>\u2029alert(1)",
    "<img src=\"https://evil.example/pixel.gif\">",
    "\u202egnp.exe\u202c \u2066x\u2069",
    "<a href=\"https://good.example@evil.example/\">https://good.example</a>",
]  # fmt: skip


def _words(text: str) -> set[str]:
    return set(text.split())


# What our own templates and cleaned posts consist of; anything else is a hole.
TAGS = _words(
    "html head meta title link body a header nav ul ol li main footer p h1 h2 div span section article "
    "figure details summary dl dt dd time code strong em br svg defs lineargradient stop rect img form "
    "input button label textarea select option fieldset legend progress noscript script blockquote pre u "
    "b i del kbd path circle dialog table caption thead tbody tr th td output aside menu search meter "
)
ATTRIBUTES = _words(
    "lang charset data-item autofocus media placeholder hx-include hx-vals name content property rel href type class "
    "id tabindex aria-label aria-current aria-hidden "
    "aria-labelledby aria-describedby aria-invalid datetime title action method value src alt srcset sizes width "
    "height loading decoding fetchpriority viewbox preserveaspectratio focusable x2 y2 offset stop-color fill open "
    "for required maxlength rows checked selected inputmode pattern max role data-progress data-words data-outlook "
    "data-preview data-copy data-copied cite http-equiv autocomplete autocapitalize spellcheck dir data-theme defer "
    "scope colspan aria-live aria-expanded aria-controls aria-haspopup accept enctype multiple hx-get hx-post "
    "hx-target hx-swap hx-select hx-trigger hx-push-url hx-ext hx-boost hx-indicator hx-disabled-elt sse-connect "
    "sse-swap data-text data-motion data-keys data-name aria-pressed aria-modal d cx cy r rx x y stroke-width rev "
    "data-key popover popovertarget hx-select-oob formaction formnovalidate min data-item data-events "
)
LINK = re.compile(r"(/|#|https?://)")


def check_harmless(page: Page) -> None:
    for element in page.elements:
        assert element.tag in TAGS, element
        assert set(element.attrs) <= ATTRIBUTES, element
        if element.attrs.get("type") == "application/ld+json":
            assert not set("<>&\u2028\u2029") & set(element.text), element
            json.loads(element.text)
        elif element.tag == "script":
            assert element.attrs["src"].startswith("/static/")
            assert not element.text.strip()
        if element.tag in ("img", "link"):
            url = element.attrs.get("src") or element.attrs["href"]
            assert url.startswith(("/", support.ORIGIN)), element
        if element.tag == "form":
            assert element.attrs.get("action", "/").startswith("/"), element
            assert not element.attrs.get("action", "/").startswith("//"), element
        if element.tag == "a" and "href" in element.attrs:
            assert LINK.match(element.attrs["href"]), element
            assert "@evil" not in element.attrs["href"], element
        if element.tag == "meta" and "http-equiv" in element.attrs:
            assert element.attrs == {"http-equiv": "refresh", "content": "3"}
    assert len(page.all("main")) == 1
    assert len(page.all("title")) == 1
    assert "49" not in page.one("h1").text


async def _hostile(site: Site, text: str, number: int) -> list[tuple[str, bool]]:
    """Posts and people full of `text`, and the (path, for members) of every page that shows it."""
    name = f"victim{number}"
    author = await site.person(name)
    async with site.context.database.write() as session:
        row = await session.get(Actor, author.id)
        assert row is not None
        row.name, row.summary = text, text
        session.add(row)
        remote = Actor(
            id=site.context.ids.new(),
            uri=f"https://far.example/users/{number}",
            username=f"far{number}",
            username_lower=f"far{number}",
            host="far.example",
            name=text,
            url=f"javascript:alert({number})",
            inbox_url="https://far.example/inbox",
        )
        session.add(remote)
    recipe = support.recipe(
        prompt=text, title=text, version=text, disclosure=text, notes=[text], seed=text, negative_prompt=text,
        parameters={text: text, "style": text}, generator=text,
    )  # fmt: skip
    attachment: dict[str, Any] = {"recipe": recipe, "alt": text, "blurhash": text}
    mentions = [{"uri": "x", "handle": text, "url": "javascript:alert(1)", "as_written": "ann"}]
    shown = await site.post(author, text=f"{text}\n{text} @ann #tag", attachment=attachment, mentions=mentions)
    warned = await site.post(author, text=text, summary=text, attachment=attachment)
    worded = await site.post(author, text=text, pictures=0)
    refused = await site.post(author, text=text, state="refused", reason=text, rule=text, attachment=attachment)
    progress = {"words": text, "fraction": text}
    waiting = await site.post(
        author, pictures=0, state="waiting", progress=progress, request={"image": {"prompt": text}}
    )
    await site.post(
        remote, local=False, uri=f"https://far.example/{number}", url=text, content=text, summary=text, language=text,
        in_reply_to_id=shown.id, pictures=1, attachment={"file": None, "url": text, "recipe": None, "alt": text},
    )  # fmt: skip
    paths = ["/", f"/@{name}", *(f"/@{name}/{post.id}" for post in (shown, warned, worded))]
    mine = [
        f"/@{name}",
        f"/@{name}/{refused.id}",
        f"/make/{refused.id}",
        f"/make/{waiting.id}",
        f"/make?recipe={refused.id}",
    ]
    mine += ["/local", f"/posts/{shown.id}/reply", f"/posts/{warned.id}/edit", f"/people/{remote.id}/report"]
    mine += [f"/@far{number}@far.example", f"/search?{urlencode({'q': text})}"]
    return [(path, False) for path in paths] + [(path, True) for path in [*mine, "/make"]]


@pytest.mark.parametrize("number", range(len(CORPUS)))
async def test_no_field_of_any_page_lets_markup_through(site: Site, number: int) -> None:
    paths = await _hostile(site, CORPUS[number], number)
    visitor, member = site.browser(), await site.member(f"victim{number}")
    for path, for_members in paths:
        page = await (member if for_members else visitor).get(path)
        assert page.status == 200, path
        check_harmless(page)


@pytest.mark.parametrize("text", CORPUS)
async def test_what_a_form_gives_back_is_text(site: Site, text: str) -> None:
    member = await site.member("echo")
    page = await member.submit(
        "/make", "/make", prompt="", text=text, alt_text=text, seed=text, summary=text, style=text
    )
    assert page.status == 422
    check_harmless(page)
    signing = await site.browser().submit("/sign-in", "/sign-in", username=text, password="x", next=text)
    assert signing.status in (422, 429)
    check_harmless(signing)
    check_harmless(await site.browser().get("/nowhere/" + text.replace("/", "").replace("?", "").replace("#", "")))
    check_harmless(await site.browser().get("/sign-in", Cookie=f"visitor-8321={'x' * 43}"))


async def test_nothing_but_the_cleaner_makes_markup(site: Site) -> None:
    """No template says `safe`, and no page code makes Markup, except `rendering.clean`.

    The head's JSON has its own test above; the documents are our files, and no HTML in them passes (tests/docs).
    """
    for path in rendering.TEMPLATES.rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"\|\s*safe|autoescape|<style|\sstyle=|\son\w+=|javascript:", text), path
    for path in rendering.TEMPLATES.parent.rglob("*.py"):
        text = path.read_text("utf-8")
        assert text.count("Markup(") == (1 if path.name in ("rendering.py", "heads.py", "markdown.py") else 0), path
    assert rendering.clean("<p onclick=x>y</p>") == Markup("<p>y</p>")
