"""The pages of settings: each choice is kept, shown again, and does what it says."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlmodel import col, select

from actors.models import Account, Actor, Follow
from outbox.models import Activity
from outbox.shelves import FeaturedTag, Filter, FilterKeyword, ReaderDial
from tests.web.site import ORIGIN, Browser, Page, Site, hidden, read

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = (
    "/settings",
    "/settings/appearance",
    "/settings/privacy",
    "/settings/filters",
    "/settings/tags",
    "/settings/notifications",
    "/settings/sessions",
    "/settings/security",
    "/settings/data",
    "/settings/account",
)


async def account(site: Site, name: str) -> Account:
    async with site.context.database.read() as session:
        return await session.get_one(Account, site.account_id(name))


async def actor(site: Site, name: str) -> Actor:
    async with site.context.database.read() as session:
        return (await session.exec(select(Actor).where(Actor.username == name))).one()


async def multipart(
    browser: Browser, path: str, files: dict[str, bytes] | None = None, action: str = "", **fields: str
) -> Page:
    """A form with files, filled in from its page; `action` where that is another address."""
    page = await browser.get(path)
    sent = {"Accept": "text/html", "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    parts = {name: (f"{name}.png", data, "image/png") for name, data in (files or {}).items()}
    # An empty part makes it multipart without any file, as browsers send it.
    parts.setdefault("nothing", ("", b"", "application/octet-stream"))
    return read(await browser.client.post(action or path, data={**hidden(page), **fields}, files=parts, headers=sent))


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_one_heading_its_family_and_labels(site: Site, path: str) -> None:
    browser = await site.member("paula")
    page = await browser.get(path)
    assert page.status == 200, page.body[:500]
    assert "no-store" in page.response.headers["cache-control"]
    assert len(page.all("h1")) == 1
    assert [link.attrs["href"] for link in page.all("a", aria_current="page") if "/settings" in link.attrs["href"]] == [
        path
    ]
    labelled = {label.attrs["for"] for label in page.all("label")}
    for tag in ("input", "select", "textarea"):
        for element in page.all(tag):
            assert element.attrs.get("type") == "hidden" or element.attrs["id"] in labelled, element
    ids = [element.attrs["id"] for element in page.elements if "id" in element.attrs]
    assert len(ids) == len(set(ids)), ids
    assert (await site.browser().get(path)).status == 401


def picture(colour: str, side: int = 80) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "PNG")
    return out.getvalue()


async def test_a_profile_is_kept_shown_and_told_to_followers(site: Site) -> None:
    browser = await site.member("rosa")
    answer = await multipart(
        browser,
        "/settings",
        name="Rosa <b>",
        summary="Light & fog\n\nhttps://rosa.example/",
        field_name_0="Site",
        field_value_0="https://rosa.example/me",
        field_name_1="From",
        field_value_1="Cork",
        tags="#Lighthouses, fog",
        language="pt-BR",
        bot="1",
    )
    assert (answer.status, answer.response.headers["location"]) == (303, "/settings")
    page = await browser.get("/settings")
    assert page.one("input", id="name").attrs["value"] == "Rosa <b>"
    assert page.one("textarea", id="summary").text.strip() == "Light & fog\n\nhttps://rosa.example/"
    assert page.one("input", id="field_value_1").attrs["value"] == "Cork"
    assert page.one("input", id="tags").attrs["value"] == "#lighthouses, #fog"
    assert page.one("input", id="language").attrs["value"] == "pt-BR"
    row = await actor(site, "rosa")
    assert row.kind == "Service"
    assert 'rel="me nofollow' in row.fields[0]["value"]
    assert row.document is not None
    assert b"Rosa <b>" in row.document
    async with site.context.database.read() as session:
        told = list(
            await session.exec(select(Activity.body).where(Activity.actor_id == row.id, Activity.type == "Update"))
        )
        mine = select(FeaturedTag.name).where(FeaturedTag.actor_id == row.id)
        tags = list(await session.exec(mine.order_by(col(FeaturedTag.id))))
    assert len(told) == 1
    assert b"rosa.example/me" in told[0]
    assert tags == ["lighthouses", "fog"]
    assert (await account(site, "rosa")).posting["language"] == "pt-BR"
    # Others look for this on her page before they mark a link to it as hers.
    seen = await site.browser().get("/@rosa")
    assert seen.one("link", rel="me").attrs["href"] == "https://rosa.example/me"


async def test_portraits_are_rebuilt_and_can_go(site: Site) -> None:
    browser = await site.member("rita")
    marked = picture("red") + b"<script>hidden after the picture</script>"
    answer = await multipart(browser, "/settings", {"avatar": marked, "header": picture("blue")}, name="Rita")
    assert answer.status == 303, answer.text()
    row = await actor(site, "rita")
    assert row.icon_url is not None
    assert row.image_url is not None
    data = await site.context.storage.read(row.icon_url.removeprefix(f"{site.context.config.media_url.rstrip('/')}/"))
    assert data.startswith(b"\xff\xd8")
    assert b"script" not in data
    wrong = await multipart(browser, "/settings", {"avatar": b"no picture at all"}, name="Changed")
    assert wrong.status == 422
    assert "cannot be read as a picture" in wrong.text()
    assert (await actor(site, "rita")).name == "Rita"
    await multipart(browser, "/settings", name="Rita", no_avatar="1")
    row = await actor(site, "rita")
    assert row.icon_url is None
    assert row.image_url is not None


async def test_what_is_wrong_with_a_profile_stands_beside_its_field(site: Site) -> None:
    browser = await site.member("rolf")
    page = await multipart(browser, "/settings", name="n" * 501, language="not a language", field_name_0="alone")
    assert page.status == 422
    assert page.one("input", id="name").attrs["aria-invalid"] == "true"
    assert {"#name", "#language", "#field_name_0"} <= page.links()
    assert page.one("p", id="language-wrong").text == "Write a language as en, de or pt-BR."
    assert (await actor(site, "rolf")).name == "Rolf"


async def test_appearance_holds_on_every_page_and_comes_back_at_sign_in(site: Site) -> None:
    await site.person("lena", password="correct horse battery")
    browser = await site.member("lena")
    usual = await browser.get("/settings/appearance")
    assert [box.attrs["id"] for box in usual.all("input") if "checked" in box.attrs] == ["theme-", "text-"]
    form = {"theme": "dark", "text": "large", "motion": "1", "counts": "1", "keys": "1", "language": "en"}
    await browser.submit("/settings/appearance", "/settings/appearance", **form)
    wanted = {
        "data-theme": "dark",
        "data-text": "large",
        "data-motion": "less",
        "data-keys": "off",
        "data-counts": "off",
    }
    assert wanted.items() <= (await browser.get("/about")).one("html").attrs.items()
    page = await browser.get("/settings/appearance")
    assert "checked" in page.one("input", id="theme-dark").attrs
    elsewhere = site.browser()
    assert "data-theme" not in (await elsewhere.get("/about")).one("html").attrs
    await elsewhere.submit("/sign-in", "/sign-in", username="lena", password="correct horse battery")
    assert wanted.items() <= (await elsewhere.get("/about")).one("html").attrs.items()
    assert elsewhere.cookie("language") == "en"
    await browser.submit("/settings/appearance", "/settings/appearance", theme="mauve", text="", language="tlh")
    assert "data-theme" not in (await browser.get("/about")).one("html").attrs
    assert (await account(site, "lena")).appearance == {}


CHOICES = {
    "visibility": "followers",
    "disclosure": "model",
    "remix_policy": "followers",
    "training": "server",
    "quote_policy": "nobody",
    "direct_from": "followed",
}


async def test_privacy_is_kept_and_said_in_the_document(site: Site) -> None:
    browser = await site.member("petra")
    page = await browser.get("/settings/privacy")
    assert "checked" in page.one("input", id="training-no").attrs
    ticks = {"hides_relations": "1", "indexable": "1", "authorized_fetch": "1", "manually_approves": "1"}
    answer = await browser.post("/settings/privacy", {**hidden(page), **CHOICES, **ticks})
    assert answer.status == 303
    kept, row = await account(site, "petra"), await actor(site, "petra")
    assert kept.posting["visibility"] == "private"
    assert (kept.disclosure, kept.remix_policy, kept.training, kept.direct_from) == (
        "model",
        "followers",
        "server",
        "followed",
    )
    assert not kept.carry_follows
    assert (row.quote_policy, row.hides_relations, row.authorized_fetch, row.discoverable) == (
        "nobody",
        True,
        True,
        False,
    )
    assert row.document is not None
    for said in (b'"indexable":true', b'"discoverable":false', b'"manuallyApprovesFollowers":true'):
        assert said in row.document
    page = await browser.get("/settings/privacy")
    assert all("checked" in page.one("input", id=f"{name}-{value}").attrs for name, value in CHOICES.items())
    wrong = await browser.post("/settings/privacy", {**hidden(page), **CHOICES, "training": "everything"})
    assert wrong.status == 422
    assert (await account(site, "petra")).training == "server"


async def test_who_waits_is_let_in_when_nobody_has_to_wait(site: Site) -> None:
    from outbox import follow

    pia, paul = await site.person("pia"), await site.person("paul")
    browser = await site.member("pia")
    await browser.submit("/settings/privacy", "/settings/privacy", **CHOICES, manually_approves="1")
    async with site.context.database.write() as session:
        await follow.ask(session, await session.get_one(Actor, paul.id), await session.get_one(Actor, pia.id))
    await browser.submit("/settings/privacy", "/settings/privacy", **CHOICES)
    async with site.context.database.read() as session:
        [row] = await session.exec(select(Follow).where(Follow.followed_id == pia.id))
    assert row.state == "accepted"


async def test_the_dial_turns_and_filters_come_and_go(site: Site) -> None:
    browser = await site.member("dora")
    page = await browser.get("/settings/filters")
    assert "checked" in page.one("input", id="dial-label").attrs
    await browser.post("/settings/filters/dial", {**hidden(page), "dial": "hide"})
    assert (await browser.post("/settings/filters/dial", {**hidden(page), "dial": "loud"})).status == 422
    form = {**hidden(page), "words": "#spiders\nclowns, masks", "action": "warn", "duration": "7", "in_home": "1"}
    assert (await browser.post("/settings/filters", form)).status == 303
    wrong = await browser.post("/settings/filters", {**form, "words": " "})
    assert wrong.status == 422
    assert wrong.one("textarea", id="words").attrs["aria-invalid"] == "true"
    me = await actor(site, "dora")
    async with site.context.database.read() as session:
        assert (await session.get_one(ReaderDial, me.id)).ai == "hide"
        [row] = await session.exec(select(Filter).where(Filter.actor_id == me.id))
        words = set(await session.exec(select(FilterKeyword.keyword).where(FilterKeyword.filter_id == row.id)))
    assert words == {"#spiders", "clowns", "masks"}
    assert (row.action, row.contexts) == ("warn", ["home"])
    assert row.expires_ms is not None
    page = await browser.get("/settings/filters")
    remove = f"/settings/filters/{row.id}/remove"
    other = await site.member("otto")
    await other.post(remove, hidden(await other.get("/settings/filters")))
    assert page.one("form", action=remove) is not None
    assert remove in [form.attrs["action"] for form in (await browser.get("/settings/filters")).all("form")]
    await browser.post(remove, hidden(page))
    assert remove not in [form.attrs["action"] for form in (await browser.get("/settings/filters")).all("form")]


async def test_only_what_is_ticked_is_told(site: Site) -> None:
    from outbox import notify
    from outbox.models import Notification

    nina, nils = await site.person("nina"), await site.person("nils")
    browser = await site.member("nina")
    post = await site.post(nina)

    async def told(kind: str, cause: str) -> bool:
        async with site.context.database.write() as session:
            me = await session.get_one(Actor, nina.id)
            await notify.tell(session, me, kind, cause, from_id=nils.id, post_id=post.id)
            query = select(Notification.id).where(Notification.actor_id == nina.id, Notification.cause == cause)
            return (await session.exec(query)).first() is not None

    assert await told("like", "one")
    page = await browser.get("/settings/notifications")
    kinds = {
        box.attrs["name"]: "1" for box in page.all("input", type="checkbox") if box.attrs["name"].startswith("kind_")
    }
    assert len(kinds) == 8
    await browser.post("/settings/notifications", {**hidden(page), **kinds, "kind_like": ""})
    assert not await told("like", "two")
    assert await told("mention", "three")
    await browser.post("/settings/notifications", {**hidden(page), **kinds, "from_not_followed": "drop"})
    assert not await told("like", "four")
    assert await told("follow_request", "five")


async def test_a_form_without_its_token_changes_nothing(site: Site) -> None:
    browser = await site.member("cora")
    for path in PAGES:
        form = {"theme": "dark", "name": "Mallory", **CHOICES}
        assert (await browser.post(path, form)).status in (403, 405), path
    assert (await actor(site, "cora")).name == "Cora"
    assert (await account(site, "cora")).appearance == {}


async def test_followed_hashtags_are_kept_on_a_page(site: Site) -> None:
    browser = await site.member("tag_reader")
    page = await browser.get("/settings/tags")
    assert "None yet." in page.text()
    answer = await browser.submit("/settings/tags", "/settings/tags", verb="follow", names="#Fox, snow  fox")
    assert answer.status == 303
    page = await browser.get("/settings/tags")
    assert {"/tags/fox", "/tags/snow"} <= page.links()
    assert "Unfollow this hashtag" in (await browser.get("/tags/fox")).text()
    answer = await browser.submit("/settings/tags", "/settings/tags", verb="unfollow", name="fox")
    assert answer.status == 303
    assert "/tags/fox" not in (await browser.get("/settings/tags")).links()
    for names in ("", "no-tag!", "fine bad/one"):
        wrong = await browser.submit("/settings/tags", "/settings/tags", verb="follow", names=names)
        assert (wrong.status, wrong.one("input", id="names").attrs["aria-invalid"]) == (422, "true")
    assert "/tags/fine" not in (await browser.get("/settings/tags")).links()
