"""The public pages: what they hold, their headers, and that they are sound HTML."""

from __future__ import annotations

import gzip
import re
from itertools import pairwise

import pytest

from actors.models import Actor
from tests.web.site import ORIGIN, Page, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


def check_sound(page: Page) -> None:
    """One h1, a title, a language, words for every picture and field, unique ids, nothing inline."""
    assert page.one("html").attrs["lang"] == "en"
    assert page.one("title").text.strip()
    assert page.one("h1").text.strip()
    assert page.one("main").attrs["id"] == "main"
    for image in page.all("img"):
        assert image.attrs["alt"]
        assert int(image.attrs["width"]) > 0
        assert int(image.attrs["height"]) > 0
    labelled = {label.attrs["for"] for label in page.all("label")}
    for element in page.all("input") + page.all("textarea") + page.all("select"):
        if element.attrs.get("type") != "hidden":
            assert element.attrs["id"] in labelled
    ids = [element.attrs["id"] for element in page.elements if "id" in element.attrs]
    assert len(ids) == len(set(ids))
    for element in page.elements:
        assert element.tag != "style"
        assert "style" not in element.attrs
        assert not any(name.startswith("on") for name in element.attrs)
        if element.tag == "script" and element.attrs.get("type") != "application/ld+json":
            assert element.attrs["src"].startswith("/static/")
    levels = [int(element.tag[1]) for element in page.elements if element.tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def check_headers(page: Page, *, private: bool) -> None:
    headers = page.response.headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] in ("same-origin", "strict-origin")
    assert {name.strip() for name in headers["vary"].split(",")} >= {"Accept", "Cookie"}
    assert headers["cache-control"] == ("private, no-store" if private else "public, max-age=15")


async def test_every_page_is_sound_and_carries_the_headers(site: Site) -> None:
    ann = await site.person("ann")
    picture = await site.post(ann, text="First light\nand then some")
    covered = await site.post(ann, text="Hidden", summary="Thunder")
    words = await site.post(ann, pictures=0, text="Only words")
    public = ["/", "/about", "/@ann", "/tags/AIGenerated", *(f"/@ann/{post.id}" for post in (picture, covered, words))]
    visitor, member = site.browser(), await site.member("ann")
    for path in public:
        page = await visitor.get(path)
        assert page.status == 200, path
        check_sound(page)
        check_headers(page, private=False)
        page = await member.get(path)
        check_sound(page)
        check_headers(page, private=True)
    for path in ("/sign-in", "/sign-in/link/" + "x" * 43, "/no-such-page", "/make"):
        page = await visitor.get(path)
        check_sound(page)
        check_headers(page, private=True)
    for path in ("/make", f"/make/{picture.id}", f"/make?recipe={picture.id}"):
        page = await member.get(path)
        assert page.status == 200
        check_sound(page)
        check_headers(page, private=True)


async def test_the_front_page_says_what_this_is_and_links_everybody(site: Site) -> None:
    ann, bo = await site.person("ann"), await site.person("bo")
    page = await site.browser().get("/")
    assert page.one("h1").text == "Lamplight"
    assert {f"/@{ann.username}", f"/@{bo.username}"} <= page.links()
    assert "Labelled." in page.text()
    assert "Checked." in page.text()


async def test_the_gallery_shows_open_posts_only(site: Site) -> None:
    kim = await site.person("kim")
    shown = [await site.post(kim, visibility=visibility) for visibility in ("public", "quiet")]
    hidden = [await site.post(kim, visibility=visibility) for visibility in ("followers", "direct")]
    hidden += [await site.post(kim, state=state) for state in ("waiting", "held", "refused", "failed", "deleted")]
    for path in ("/", "/@kim"):
        links = (await site.browser().get(path)).links()
        assert {f"/@kim/{post.id}" for post in shown} <= links
        assert not {f"/@kim/{post.id}" for post in hidden} & links


async def test_paging_by_before_shows_every_post_once(site: Site) -> None:
    many = await site.person("many")
    made = [await site.post(many, text=f"Number {number}") for number in range(50)]
    browser, path, seen = site.browser(), "/@many", []
    for _ in range(5):
        page = await browser.get(path)
        seen += [href for href in (item.attrs["href"] for item in page.all("a")) if re.match("/@many/[0-9]", href)]
        older = page.all("a", rel="next")
        if not older:
            break
        path = older[0].attrs["href"]
    assert seen == [f"/@many/{post.id}" for post in reversed(made)]


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "9" * 40, "%00", "１２"])
async def test_a_cursor_that_is_no_number_is_refused(site: Site, cursor: str) -> None:
    assert (await site.browser().get(f"/?before={cursor}")).status == 400


async def test_a_picture_holds_its_place_and_its_colours_before_it_arrives(site: Site) -> None:
    ann = await site.person("ann")
    post = await site.post(ann, attachment={"focus_x": 0.5, "focus_y": -1.0})
    page = await site.browser().get(f"/@ann/{post.id}")
    svg = page.all("svg")[-1]
    assert (svg.attrs["width"], svg.attrs["height"]) == ("1024", "768")
    colours = [stop.attrs["stop-color"] for stop in page.all("stop")]
    assert len(set(colours)) > 1
    sheet = await site.browser().get("/@ann")
    image = sheet.all("img")[0]
    assert image.attrs["srcset"].split(", ")[0].endswith(" 640w")
    assert image.attrs["srcset"].split(", ")[1].endswith(" 1024w")
    assert "fx8 fy10" in {image.attrs.get("class") for image in sheet.all("img")}


async def test_the_label_names_maker_origin_model_seed_and_what_drew_it(site: Site) -> None:
    ann = await site.person("ann")
    post = await site.post(ann, text="First light\nThe second line.")
    page = await site.browser().get(f"/@ann/{post.id}")
    assert page.one("h1").text == "First light"
    text = page.text()
    assert page.one("span", class_="badge strong").text == "AI-generated"
    assert "AI-generated Scene · seed 42" in text
    assert "Composed by a program from a prompt; no trained image model drew it." in text
    assert "The second line." in text
    assert "A lighthouse at dawn." in text
    assert "a lighthouse at dawn" in text
    assert "1024 × 768" in text
    assert "Not drawn: a violin." not in text


async def test_a_picture_without_words_is_titled_by_its_prompt(site: Site) -> None:
    ann = await site.person("ann")
    post = await site.post(ann)
    assert (await site.browser().get(f"/@ann/{post.id}")).one("h1").text == "A lighthouse at dawn"


async def test_a_picture_declared_not_ai_is_not_called_ai(site: Site) -> None:
    ann = await site.person("ann")
    post = await site.post(ann, text="Drawn by hand", attachment={"origin": "declared_not_ai", "recipe": None})
    text = (await site.browser().get(f"/@ann/{post.id}")).text()
    assert "Not made with AI, says its maker" in text
    assert "AI-generated" not in text


async def test_link_previews_carry_picture_alt_text_and_creator(site: Site) -> None:
    ann = await site.person("ann")
    post = await site.post(ann, text="First light")
    page = await site.browser().get(f"/@ann/{post.id}")
    assert page.one("meta", property="og:image").attrs["content"].startswith(f"{ORIGIN}/media/")
    assert page.one("meta", property="og:image:alt").attrs["content"] == "A lighthouse at dawn."
    assert page.one("meta", property="og:description").attrs["content"] == "First light (AI-generated)"
    assert page.one("meta", name="fediverse:creator").attrs["content"] == f"@{ann.handle}"
    alternate = page.one("link", rel="alternate", type="application/activity+json")
    assert alternate.attrs == {"rel": "alternate", "type": "application/activity+json", "href": post.uri}
    profile = await site.browser().get("/@ann")
    assert profile.one("link", rel="alternate", type="application/activity+json").attrs["href"] == ann.uri
    assert profile.one("meta", name="fediverse:creator").attrs["content"] == f"@{ann.handle}"


async def test_a_covered_picture_leaks_nowhere(site: Site) -> None:
    maud = await site.person("maud")
    post = await site.post(maud, text="The terrible truth", summary="Thunder")
    browser = site.browser()
    page = await browser.get(f"/@maud/{post.id}")
    assert page.one("h1").text == "Thunder"
    assert page.one("title").text.startswith("Thunder")
    assert not page.all("meta", property="og:image")
    for meta in page.all("meta"):
        assert "terrible" not in meta.attrs.get("content", "")
    cover = page.one("details", class_="cover")
    assert "Thunder" in cover.text
    assert "open" not in cover.attrs
    sheet = await browser.get("/@maud")
    assert not sheet.all("img")
    assert "terrible" not in sheet.body
    sensitive = await site.post(maud, text="Seen", sensitive=True)
    assert (await browser.get(f"/@maud/{sensitive.id}")).one("details", class_="cover")


async def test_replies_are_shown_cleaned_and_remote_pictures_are_not_loaded(site: Site) -> None:
    ann = await site.person("ann")
    post = await site.post(ann, text="Asked")
    kit = await _remote(site)
    await site.post(
        kit,
        local=False,
        uri=f"https://far.example/notes/{post.id}",
        url="javascript:alert(1)",
        in_reply_to_id=post.id,
        in_reply_to_uri=post.uri,
        content='<p onclick="x()">Lovely <img src="https://far.example/pixel.png"><script>alert(1)</script>light</p>',
        visibility="public",
        attachment={"file": None, "thumbnail": None, "url": "https://far.example/a.jpg", "recipe": None},
    )
    page = await site.browser().get(f"/@ann/{post.id}")
    assert "1 reply" in page.text()
    assert "Lovely" in page.text()
    assert "far.example/a.jpg" not in page.body
    assert "far.example/pixel" not in page.body
    assert "javascript:" not in page.body
    assert "alert(1)" not in page.body
    assert page.one("a", href="https://far.example/@kit").attrs["rel"] == "nofollow noopener noreferrer ugc"


async def _remote(site: Site) -> Actor:
    kit = Actor(
        id=site.context.ids.new(),
        uri="https://far.example/users/kit",
        username="kit",
        username_lower="kit",
        host="far.example",
        name="Kit",
        url="https://far.example/@kit",
        inbox_url="https://far.example/inbox",
    )
    async with site.context.database.write() as session:
        session.add(kit)
    return kit


async def test_addresses_lead_to_one_page_each(site: Site) -> None:
    ann = await site.person("ann")
    post = await site.post(ann)
    browser = site.browser()
    for path, goal in (
        ("/@ANN", "/@ann"),
        (f"/@Ann/{post.id}", f"/@ann/{post.id}"),
        ("/users/ann", "/@ann"),
        (f"/notes/{post.id}", f"/@ann/{post.id}"),
        ("/@ann@127.0.0.1:8321", "/@ann"),
    ):
        page = await browser.get(path)
        assert page.response.headers.get("location") == goal, path


@pytest.mark.parametrize(
    "path",
    [
        "/@nobody",
        "/@nobody/1",
        "/@ann/1",
        "/@ann@far.example",
        f"/notes/{2**64}",
        f"/@ann/{2**64}",
        "/users/nobody",
        "/tags/a b",
        "/static/x/y",
    ],
)
async def test_what_is_not_there_is_a_page_that_says_so(site: Site, path: str) -> None:
    await site.person("ann")
    page = await site.browser().get(path)
    assert page.status == 404
    check_sound(page)
    assert "/" in page.links()


async def test_a_post_under_a_wrong_name_is_not_there(site: Site) -> None:
    await site.person("bo")
    post = await site.post(await site.person("ann"))
    assert (await site.browser().get(f"/@bo/{post.id}")).status == 404


async def test_a_deleted_post_is_gone_and_a_draft_that_was_never_out_is_not_there(site: Site) -> None:
    ann = await site.person("ann")
    out = await site.post(ann, state="deleted")
    never = await site.post(ann, state="deleted", activity_uri=None)
    private = await site.post(ann, state="deleted", visibility="followers")
    browser = site.browser()
    assert (await browser.get(f"/@ann/{out.id}")).status == 410
    assert (await browser.get(f"/@ann/{never.id}")).status == 404
    assert (await browser.get(f"/@ann/{private.id}")).status == 404


async def test_a_wrong_method_is_a_page_and_names_the_right_ones(site: Site) -> None:
    page = await site.browser().post("/about", {})
    assert page.status == 405
    assert "GET" in page.response.headers["allow"]
    check_sound(page)


async def test_programs_get_problem_documents_instead_of_pages(site: Site) -> None:
    response = await site.browser().client.get("/@nobody", headers={"Accept": "application/json"})
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("application/problem+json")


async def test_a_defect_is_a_page_without_details(site: Site) -> None:
    ann = await site.person("ann")
    broken = await site.post(ann, visibility="no such visibility", author_id=ann.id)
    member = await site.member("ann")
    browser = site.browser(raise_app_exceptions=False)
    browser.client.cookies = member.client.cookies
    page = await browser.get(f"/@ann/{broken.id}")
    assert page.status == 500
    check_sound(page)
    assert "Traceback" not in page.body
    assert "no such visibility" not in page.body


async def test_static_files_are_hashed_kept_for_ever_and_packed(site: Site) -> None:
    page = await site.browser().get("/")
    sheets = page.all("link", rel="stylesheet")
    client = site.browser().client
    total = len(gzip.compress(page.body.encode()))
    for sheet in sheets:
        response = await client.get(sheet.attrs["href"], headers={"Accept-Encoding": "gzip"})
        assert response.headers["content-encoding"] == "gzip"
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["content-type"] == "text/css; charset=utf-8"
        total += int(response.headers["content-length"])
        plain = await client.get(sheet.attrs["href"], headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.text == response.text
    assert len(sheets) == 3
    assert total < 30_000
    stale = await client.get("/static/0000000000000000/base.css")
    assert stale.headers["cache-control"] == "no-cache"


async def test_pages_ask_no_other_host_for_anything(site: Site) -> None:
    ann = await site.person("ann")
    post = await site.post(ann)
    for path in ("/", "/@ann", f"/@ann/{post.id}", "/about", "/sign-in"):
        page = await site.browser().get(path)
        loaded = [element.attrs["src"] for element in page.elements if "src" in element.attrs]
        loaded += [link.attrs["href"] for link in page.all("link") if link.attrs["rel"] in ("stylesheet", "icon")]
        assert loaded
        assert all(url.startswith(("/", ORIGIN)) and not url.startswith("//") for url in loaded)


async def test_robots_are_asked_not_to_train(site: Site) -> None:
    body = (await site.browser().get("/robots.txt")).body
    assert "User-agent: GPTBot" in body
    assert "Content-Signal: ai-train=no" in body
    assert "Disallow: /make" in body
    icon = await site.browser().get("/favicon.ico")
    assert icon.response.headers["location"].startswith("/static/")
