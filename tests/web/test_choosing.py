"""Choosing among pictures, drafts, schedules, disclosure and lineage, by forms that need no script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
import pytest_asyncio
from sqlmodel import select

from fediverse_ai.core.limits import RateLimiter
from generation import plugins
from outbox import edit
from outbox.models import Attachment, Post, PostState, Revision
from outbox.prepare import prepare
from tests.support.painter import picture
from tests.web import site as support
from tests.web.site import Browser, Page, Site, hidden

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    generation = {"default": "painter", "backends": {"painter": {"kind": "painter"}}}
    with patch.dict(plugins.GENERATORS, painter="tests.support.painter:create"):
        async with support.site(tmp_path_factory.mktemp("making"), generation=generation) as made:
            yield made


@pytest.fixture(autouse=True)
def _fresh_limits(site: Site) -> None:
    site.context.add(RateLimiter(site.context.clock))


async def _send(browser: Browser, **fields: str) -> Page:
    return await browser.submit("/make", "/make", **{"prompt": "a red fox", **fields})


async def _made(site: Site, browser: Browser, **fields: str) -> Post:
    page = await _send(browser, **fields)
    assert page.status == 303, page.text()
    post_id = int(page.response.headers["location"].removeprefix("/make/"))
    await prepare.function(site.context, [post_id])
    return await _row(site, post_id)


async def _row(site: Site, post_id: int) -> Post:
    async with site.context.database.read() as session:
        return await session.get_one(Post, post_id)


async def test_of_several_pictures_the_ticked_ones_are_posted(site: Site) -> None:
    ann, bo = await site.member("ann"), await site.member("bo")
    post = await _made(site, ann, count="3", seed="5")
    assert post.state == PostState.PICK
    page = await ann.get(f"/make/{post.id}")
    assert page.one("h1").text == "Choose"
    assert len(page.all("input", type="checkbox")) == 3
    assert all(image.attrs["alt"].startswith("Number ") for image in page.all("img"))
    action = f"/make/{post.id}/pick"
    nothing = await ann.submit(f"/make/{post.id}", action)
    assert nothing.status == 422
    assert "Pick one picture or more." in nothing.text()
    assert (await bo.submit("/make", action, **{"picture-1": "1"})).status == 404
    done = await ann.submit(f"/make/{post.id}", action, **{"picture-1": "1", "picture-2": "1"})
    assert done.status == 303
    await prepare.function(site.context, [post.id])
    shown = await site.browser().get(f"/@ann/{post.id}")
    assert len(shown.all("img")) == 2
    assert "seed 6" in shown.text()


async def test_settings_reach_the_order_and_mistakes_get_sentences(site: Site) -> None:
    ann = await site.member("ann")
    fields = {
        "negative_prompt": "hats",
        "steps": "12",
        "guidance": "4.5",
        "shape": "wide",
        "disclosure": "model",
        "remix_policy": "anyone",
    }
    post = await _made(site, ann, **fields)
    assert post.request is not None
    image = post.request["image"]
    assert (image["negative_prompt"], image["steps"], image["guidance"]) == ("hats", 12, 4.5)
    assert (image["width"], image["height"]) == (1344, 768)
    again = await ann.get(f"/make?recipe={post.id}")
    assert [one.attrs["value"] for one in again.all("option") if "selected" in one.attrs] == ["wide"]
    assert (post.disclosure, post.remix_policy) == ("model", "anyone")
    wrong = {"steps": "999", "guidance": "x", "count": "9", "at": "soon", "disclosure": "all", "shape": "round"}
    for name, value in wrong.items():
        page = await _send(ann, **{name: value})
        assert page.status == 422, name
        assert f"#{name}" in page.links()
        assert page.one("textarea", id="prompt").text == "a red fox"
    past = datetime.now(UTC).replace(year=2001).strftime("%Y-%m-%dT%H:%M")
    assert (await _send(ann, at=past)).status == 422


async def test_choices_are_remembered_when_asked_for(site: Site) -> None:
    cleo = await site.member("cleo")
    await _made(site, cleo, disclosure="label", remix_policy="followers")

    async def checked() -> list[str]:
        page = await cleo.get("/make")
        return [one.attrs["value"] for one in page.all("input", type="radio") if "checked" in one.attrs][2:]

    assert await checked() == ["full", "nobody"]
    await _made(site, cleo, disclosure="label", remix_policy="followers", remember="1")
    assert await checked() == ["label", "followers"]


async def test_a_draft_and_a_time(site: Site) -> None:
    dora = await site.member("dora")
    draft = await _made(site, dora, keep="1", text="Not yet")
    assert draft.state == PostState.DRAFT
    page = await dora.get(f"/make/{draft.id}")
    assert page.one("h1").text == "A draft"
    again = await dora.get(f"/make?recipe={draft.id}")
    assert again.one("textarea", id="text").text == "Not yet"
    assert (await dora.submit(f"/make/{draft.id}", f"/make/{draft.id}/send")).status == 303
    await prepare.function(site.context, [draft.id])
    assert (await _row(site, draft.id)).state == PostState.PUBLISHED

    at = datetime.fromtimestamp(site.context.clock.now().timestamp() + 7200, UTC).strftime("%Y-%m-%dT%H:%M")
    later = await _made(site, dora, at=at)
    assert later.state == PostState.SCHEDULED
    page = await dora.get(f"/make/{later.id}")
    assert f"{at[11:]} UTC" in page.text()
    assert (await site.browser().get(f"/@dora/{later.id}")).status == 404
    assert "waits for its time" in (await dora.get("/@dora")).text()
    assert (await dora.submit(f"/make/{later.id}", f"/@dora/{later.id}/delete")).status == 303
    assert (await _row(site, later.id)).state == PostState.DELETED


async def test_what_is_not_told_is_on_no_page(site: Site) -> None:
    eli, visitor = await site.member("eli"), site.browser()
    post = await _made(site, eli, prompt="a secret grotto", seed="77", disclosure="model")
    for path in (f"/@eli/{post.id}", "/@eli", "/", "/tags/AIGenerated"):
        for text in ((await visitor.get(path)).body, (await (await site.member("ann")).get(path)).body):
            assert "grotto" not in text, path
            assert "seed 77" not in text, path
    assert "Painter" in (await visitor.get(f"/@eli/{post.id}")).text()
    own = await eli.get(f"/@eli/{post.id}")
    assert "a secret grotto" in own.text()
    assert "You see all of it. Others: the model." in own.text()
    # Told later, by an edit that is judged.
    done = await eli.submit(f"/@eli/{post.id}", f"/@eli/{post.id}/making", disclosure="prompt", remix_policy="anyone")
    assert done.status == 303
    async with site.context.database.read() as session:
        revision = (
            await session.exec(select(Revision.id).where(Revision.post_id == post.id, Revision.state == "waiting"))
        ).one()
    await edit.revise.function(site.context, [revision])
    told = await visitor.get(f"/@eli/{post.id}")
    assert "a secret grotto" in told.text()
    assert "seed 77" not in told.text()
    async with site.context.database.read() as session:
        file = (await session.exec(select(Attachment.file).where(Attachment.post_id == post.id))).one()
    assert (await visitor.client.get(f"/media/{file}")).status_code == 200


async def test_a_remix_shows_both_ways(site: Site) -> None:
    finn, gwen, visitor = await site.member("finn"), await site.member("gwen"), site.browser()
    parent = await _made(site, finn, prompt="a barn", text="The barn")
    assert not [link for link in (await gwen.get(f"/@finn/{parent.id}")).links() if "recipe=" in link]
    action = f"/@finn/{parent.id}/making"
    assert (await gwen.submit("/make", action, remix_policy="anyone")).status == 404
    await finn.submit(f"/@finn/{parent.id}", action, remix_policy="anyone")
    assert f"/make?recipe={parent.id}" in (await gwen.get(f"/@finn/{parent.id}")).links()
    form = await gwen.get(f"/make?recipe={parent.id}")
    assert "Made from The barn by Finn" in form.text()
    page = await gwen.submit(f"/make?recipe={parent.id}", "/make", prompt="a barn in snow", count="1", from_picture="1")
    child_id = int(page.response.headers["location"].removeprefix("/make/"))
    await prepare.function(site.context, [child_id])
    assert (await _row(site, child_id)).state == PostState.PUBLISHED
    child = await visitor.get(f"/@gwen/{child_id}")
    assert child.one("h2", id="family").text == "Made from"
    assert f"/@finn/{parent.id}" in child.links()
    shown = await visitor.get(f"/@finn/{parent.id}")
    assert shown.one("h2", id="family").text == "Made from this"
    assert f"/@gwen/{child_id}" in shown.links()
    # Its parent is deleted: the line stays, without the picture.
    await finn.submit(f"/@finn/{parent.id}", f"/@finn/{parent.id}/delete")
    assert "A picture that is not here" in (await visitor.get(f"/@gwen/{child_id}")).text()
    assert (await gwen.get(f"/make?recipe={parent.id}")).one("textarea", id="prompt").text == ""


async def test_variations_of_ones_own_have_another_seed(site: Site) -> None:
    hana = await site.member("hana")
    post = await _made(site, hana, prompt="a pond", seed="9")
    links = (await hana.get(f"/@hana/{post.id}")).links()
    assert {f"/make?recipe={post.id}", f"/make?recipe={post.id}&vary=1"} <= links
    same, other = [await hana.get(f"/make?recipe={post.id}{more}") for more in ("", "&vary=1")]
    assert same.one("input", id="seed").attrs["value"] == "9"
    assert other.one("input", id="seed").attrs["value"] == ""
    assert other.one("input", name="remix_of").attrs["value"] == str(post.id)


async def _bring(browser: Browser, *pictures: bytes, **fields: str) -> Page:
    tray = await browser.get("/bring")
    files = [("picture[]", ("holiday.png", data, "image/png")) for data in pictures]
    sent = {"csrf": hidden(tray)["csrf"], **fields}
    headers = {"Accept": support.HTML, "Origin": support.ORIGIN, "Sec-Fetch-Site": "same-origin"}
    return support.read(await browser.client.post("/bring", data=sent, files=files, headers=headers))


async def test_pictures_are_brought_described_and_posted(site: Site) -> None:
    iris, other = await site.member("iris"), await site.member("ann")
    assert (await _bring(iris, picture("a shore"), picture("a dune"), picture("a pier"))).status == 303
    tray = await iris.get("/bring")
    numbers = [one.attrs["name"].removeprefix("take-") for one in tray.all("input", type="checkbox")][:3]
    source = tray.all("img")[0].attrs["src"]
    assert (await iris.client.get(source)).headers["content-type"] == "image/jpeg"
    assert (await other.client.get(source)).status_code == 404
    assert not (await other.get("/bring")).all("img")
    ticked = {f"take-{number}": "1" for number in numbers[:2]} | {f"alt-{numbers[0]}": "Waves"}
    assert (await iris.submit("/bring", "/bring/post", **ticked, visibility="secret")).status == 422
    assert "Tick the pictures" in (await iris.submit("/bring", "/bring/post", text="x")).text()
    sent = await iris.submit("/bring", "/bring/post", **ticked, text="At sea", origin="declared_not_ai")
    post_id = int(sent.response.headers["location"].removeprefix("/make/"))
    await prepare.function(site.context, [post_id])
    page = await site.browser().get(f"/@iris/{post_id}")
    assert [image.attrs["alt"] for image in page.all("img")] == ["Waves", ""]
    assert "Not made with AI, says its maker" in page.text()
    assert len((await iris.get("/bring")).all("img")) == 1


async def test_what_is_not_taken_into_the_tray(site: Site) -> None:
    jo = await site.member("jo")
    for pictures in ((), (b"<svg/>",), (picture("x"),) * 5):
        assert (await _bring(jo, *pictures)).status in (400, 422)
    assert (await _bring(jo, picture("x"), csrf="forged")).status == 403
    assert not (await jo.get("/bring")).all("img")
