"""The composer's last step, drafts, schedules, disclosure and lineage, by forms that need no script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
import pytest_asyncio
from sqlmodel import select

from fediverse_ai.core import limits
from fediverse_ai.core.limits import RateLimiter
from generation import plugins, provenance
from outbox import consent, edit, follow, preferences, schedule
from outbox.models import Attachment, PostState, Revision
from outbox.prepare import prepare
from tests.support.light_policy import light
from tests.support.painter import picture
from tests.web import site as support
from tests.web.composing import looked_at, number, order, posted, row, say, typed
from tests.web.site import Browser, Page, Site, hidden

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    generation = {"default": "painter", "backends": {"painter": {"kind": "painter"}}}
    posting = {"public_daily": {"moderator": 1}}
    with patch.dict(plugins.GENERATORS, painter="tests.support.painter:create_small"):
        folder = tmp_path_factory.mktemp("making")
        sections = {"generation": generation, "posting": posting, "moderation": light(folder)}
        async with support.site(folder, **sections) as made:
            yield made


@pytest.fixture(autouse=True)
def _fresh_limits(site: Site) -> None:
    site.context.add(RateLimiter(site.context.clock))


async def _file(site: Site, post_id: int) -> provenance.Provenance:
    """What the file of a post's first picture says of itself."""
    async with site.context.database.read() as session:
        name = (await session.exec(select(Attachment.file).where(Attachment.post_id == post_id))).first()
    return provenance.read(await site.context.storage.read(name or ""))


async def test_of_several_pictures_the_ticked_ones_are_posted(site: Site) -> None:
    ann, bo = await site.member("ann"), await site.member("bo")
    post_id = await looked_at(site, ann, count="3", seed="5")
    page = await ann.get(f"/make/{post_id}")
    assert page.one("h1").text == "Choose"
    assert len([one for one in page.all("input", type="checkbox") if one.attrs["name"].startswith("picture-")]) == 3
    assert all(image.attrs["alt"].startswith("Number ") for image in page.all("img"))
    nothing = await say(ann, post_id)
    assert nothing.status == 422
    assert "Pick one picture or more." in nothing.text()
    foreign = await bo.submit("/make", f"/make/{post_id}/post", **{"picture-1": "1", "alt-1": "x"})
    assert foreign.status == 404
    chosen = {"picture_1": "1", "picture_2": "1", "alt_1": "Two", "alt_2": "Three"}
    number(await say(ann, post_id, **chosen))
    await prepare.function(site.context, [post_id])
    shown = await site.browser().get(f"/@ann/{post_id}")
    assert {"Two", "Three"} <= {image.attrs["alt"] for image in shown.all("img")}
    assert "seed 6" in shown.text()


async def test_a_draft_of_a_description_is_confirmed_by_a_person_or_written_anew(site: Site) -> None:
    ann = await site.member("ann")
    post_id = await looked_at(site, ann)
    async with site.context.database.write() as session:
        attachment = (await session.exec(select(Attachment).where(Attachment.post_id == post_id))).one()
        attachment.alt_draft = "A drafted fox."
        session.add(attachment)
    page = await ann.get(f"/make/{post_id}")
    assert page.one("textarea", id="alt-0").text == "A drafted fox."
    unsaid = await say(ann, post_id)
    assert unsaid.status == 422
    assert "#confirm-0" in unsaid.links()
    empty = await say(ann, post_id, alt_0="")
    assert empty.status == 422
    assert empty.one("input", id="bare-0")
    number(await say(ann, post_id, confirm_0="1"))
    await prepare.function(site.context, [post_id])
    async with site.context.database.read() as session:
        attachment = (await session.exec(select(Attachment).where(Attachment.post_id == post_id))).one()
    assert (attachment.alt, attachment.alt_draft) == ("A drafted fox.", "")
    bare = await posted(site, ann, alt_0="", bare_0="1")
    async with site.context.database.read() as session:
        assert (await session.exec(select(Attachment.alt).where(Attachment.post_id == bare.id))).one() == ""


async def test_settings_reach_the_order_and_mistakes_get_sentences(site: Site) -> None:
    ann = await site.member("ann")
    fields = {"negative_prompt": "hats", "steps": "12", "guidance": "4.5", "shape": "wide"}
    post = await posted(site, ann, **fields, disclosure="model", remix_policy="anyone")
    assert post.request is not None
    image = post.request["image"]
    assert (image["negative_prompt"], image["steps"], image["guidance"]) == ("hats", 12, 4.5)
    assert (image["width"], image["height"]) == (1344, 768)
    again = await ann.get(f"/make?recipe={post.id}")
    assert "wide" in [one.attrs["value"] for one in again.all("option") if "selected" in one.attrs]
    assert (post.disclosure, post.remix_policy) == ("model", "anyone")
    # The files were written anew: what is not told any more is not in them either.
    said = await _file(site, post.id)
    assert (said.prompt, said.system) == (None, "Painter")
    waits = await looked_at(site, ann)
    past = datetime.now(UTC).replace(year=2001).strftime("%Y-%m-%dT%H:%M")
    for name, value in (
        ("at", "soon"), ("at", past), ("disclosure", "all"), ("visibility", "direct"), ("text", "x" * 5_001),
        ("training", "perhaps"), ("remix_policy", "x"), ("summary", "x" * 501), ("alt_0", "x" * 1_501),
    ):  # fmt: skip
        page = await say(ann, waits, **{"alt_0": "A fox.", name: value})
        assert page.status == 422, name
        assert f"#{name.replace('_0', '-0')}" in page.links(), name
    zone = await say(ann, waits, alt_0="A fox.", at="2031-01-31T18:00", zone="Nowhere/Else")
    assert zone.status == 422
    assert (await row(site, waits)).state == PostState.PICK


async def test_only_what_the_chosen_model_takes_is_asked_for(site: Site) -> None:
    ann = await site.member("ann")
    whole = await ann.get("/make")
    assert whole.all("input", id="steps")
    scene = await ann.submit("/make", "/make", generator="scene", prompt="a fox", show="1")
    assert scene.status == 200
    assert not scene.all("input", id="steps")
    assert scene.all("input", id="seed")
    assert scene.all("select", id="style")
    assert scene.one("textarea", id="prompt").text == "a fox"


async def test_choices_are_remembered_when_asked_for(site: Site) -> None:
    cleo = await site.member("cleo")
    await posted(site, cleo, disclosure="label", remix_policy="followers")

    async def checked() -> list[str]:
        page = await cleo.get(f"/make/{await looked_at(site, cleo)}")
        return [one.attrs["value"] for one in page.all("input", type="radio") if "checked" in one.attrs][1:3]

    assert await checked() == ["full", "nobody"]
    await posted(site, cleo, disclosure="label", remix_policy="followers", remember="1")
    assert await checked() == ["label", "followers"]


async def test_what_leaves_is_shown_before_it_does_and_is_what_left(site: Site) -> None:
    kim, liv, mo = [await site.person(name) for name in ("kim", "liv", "mo")]
    browser = await site.member("kim")
    async with site.context.database.write() as session:
        for follower in (liv, mo):
            await follow.ask(session, follower, kim)
        await preferences.state_wish(session, "quiet.example", preferences.Wish.NO_AI)
    post_id = await looked_at(site, browser, prompt="a hidden cavern", seed="77")
    told = (await browser.get(f"/make/{post_id}")).text()
    assert "AI-generated · Painter 3 #AIGenerated" in told
    assert "2 followers on this server" in told
    assert told.count("a hidden cavern") > 1
    fields = {"text": "In the deep #caves", "alt_0": "A cavern.", "disclosure": "label", "look": "1"}
    less = await say(browser, post_id, **fields)
    assert less.status == 200
    shown = less.text()[less.text().index("What leaves this server") :]
    assert "#caves #AIGenerated" in shown
    assert "Nothing of it" in shown
    assert "cavern" not in shown.replace("A cavern.", "").split("Throw it away")[0]
    assert (await row(site, post_id)).state == PostState.PICK
    number(await say(browser, post_id, **{**fields, "look": ""}))
    await prepare.function(site.context, [post_id])
    headers = {"Accept": "application/activity+json"}
    note = (await site.browser().client.get(f"/notes/{post_id}", headers=headers)).json()
    assert [tag["name"] for tag in note["tag"]] == ["#caves", "#AIGenerated"]
    assert "recipe" not in note["attachment"][0]
    said = await _file(site, post_id)
    assert (said.prompt, said.system) == (None, "")


async def test_hashtags_of_human_art_are_named_before_anything_is_posted(site: Site) -> None:
    ann = await site.member("ann")
    post_id = await looked_at(site, ann)
    fields = {"alt_0": "A fox.", "text": "Snow\n\n#MastoArt #foxes"}
    asked = await say(ann, post_id, **fields)
    assert asked.status == 422
    assert "#MastoArt for what people made" in asked.text()
    number(await say(ann, post_id, **fields, tags="drop"))
    assert (await row(site, post_id)).text == "Snow\n\n#foxes"
    meant = await looked_at(site, ann)
    number(await say(ann, meant, **fields, tags="keep"))
    assert (await row(site, meant)).text == fields["text"]


async def test_training_consent_is_kept_with_its_date_and_can_be_changed(site: Site) -> None:
    nel, other = await site.member("nel"), await site.member("ann")
    post = await posted(site, nel, training="server")
    assert "This server’s own models" in (await nel.get(f"/@nel/{post.id}")).text()
    site.clock.forward(60)
    action = f"/@nel/{post.id}/training"
    assert (await other.submit("/make", action, training="anyone")).status == 404
    assert (await nel.submit(f"/@nel/{post.id}", action, training="perhaps")).status == 422
    assert (await nel.submit(f"/@nel/{post.id}", action, training="no")).status == 303
    async with site.context.database.read() as session:
        receipts = await consent.receipts(session, post.id)
    assert [one.choice for one in receipts] == ["no", "server"]
    assert receipts[0].created_ms - receipts[1].created_ms >= 60_000
    assert action not in (await site.browser().get(f"/@nel/{post.id}")).body


async def test_public_posts_of_a_day_are_bounded_where_the_owner_says_so(site: Site) -> None:
    await site.person("pia", role="moderator")
    pia = await site.member("pia")
    waits = await looked_at(site, pia)
    assert "1 of 1 public posts is left today" in (await pia.get(f"/make/{waits}")).text()
    assert (await posted(site, pia, visibility="public")).state == PostState.PUBLISHED
    refused = await say(pia, waits, alt_0="A fox.", visibility="public")
    assert refused.status == 422
    assert "#visibility" in refused.links()
    number(await say(pia, waits, alt_0="A fox.", visibility="quiet"))


async def test_once_more_from_what_is_not_posted(site: Site) -> None:
    ann, bo = await site.member("ann"), await site.member("bo")
    first = await looked_at(site, ann, count="2", seed="30", steps="9")
    action = f"/make/{first}/again"
    assert (await bo.submit("/make", action, again="vary-0")).status == 404
    varied = number(await ann.submit(f"/make/{first}", action, again="vary-1"))
    order_of = (await row(site, varied)).request
    assert order_of is not None
    assert (order_of["image"]["prompt"], order_of["image"]["steps"]) == ("a red fox in the snow", 9)
    assert order_of["image"]["seed"] != 31
    # It begins from the picture itself, which nobody else has seen.
    assert order_of["source"]["attachment"]
    await prepare.function(site.context, [varied])
    assert (await row(site, varied)).state == PostState.PICK
    words = {"again": "change-0", "change-0": "a red fox in the rain"}
    changed = number(await ann.submit(f"/make/{first}", action, **words))
    order_of = (await row(site, changed)).request
    assert order_of is not None
    assert (order_of["image"]["prompt"], order_of["image"]["seed"]) == ("a red fox in the rain", 30)
    larger = number(await ann.submit(f"/make/{first}", action, again="upscale-1"))
    order_of = (await row(site, larger)).request
    assert order_of is not None
    async with site.context.database.read() as session:
        was = (await session.exec(select(Attachment.width).where(Attachment.post_id == first))).first() or 0
    image = order_of["image"]
    assert (image["width"], image["upscale"], image["count"]) == (2 * was, True, 1)
    for wrong in ("vary-7", "change-0", "turn-0"):
        assert (await ann.submit(f"/make/{first}", action, again=wrong)).status == 422
    assert (await row(site, first)).state == PostState.PICK


async def test_one_of_the_pictures_is_thrown_away_and_with_the_last_the_post(site: Site) -> None:
    ann = await site.member("ann")
    post_id = await looked_at(site, ann, count="2", seed="40")
    action = f"/make/{post_id}/discard"
    left = await ann.submit(f"/make/{post_id}", action, discard="0")
    assert left.response.headers["location"] == f"/make/{post_id}"
    assert (await ann.get(f"/make/{post_id}")).one("h1").text == "Look at it"
    async with site.context.database.read() as session:
        recipe = (await session.exec(select(Attachment.recipe).where(Attachment.post_id == post_id))).one()
    assert recipe is not None
    assert recipe["seed"] == 41
    gone = await ann.submit(f"/make/{post_id}", action, discard="0")
    assert gone.response.headers["location"] == "/drafts"
    assert (await row(site, post_id)).state == PostState.DELETED


async def test_words_of_the_last_step_survive_another_picture_and_a_thrown_away_one(site: Site) -> None:
    ann = await site.member("wen")
    first = await looked_at(site, ann, count="2")
    said = {"text": "Fox, at last", "summary": "snow", "visibility": "followers", "remix_policy": "anyone",
            "alt-0": "A fox looks up.", "alt-1": "A fox looks down."}  # fmt: skip

    async def stands(post_id: int, alts: dict[str, str]) -> None:
        page = await ann.get(f"/make/{post_id}")
        fields = typed(page)
        assert {name: fields.get(name) for name in said if not name.startswith("alt")} == {
            name: value for name, value in said.items() if not name.startswith("alt")
        }
        assert {name: value for name, value in fields.items() if name.startswith("alt-")} == alts

    varied = number(await say(ann, first, step="again", again="vary-1", **said))
    await stands(first, {"alt-0": "A fox looks up.", "alt-1": "A fox looks down."})
    await prepare.function(site.context, [varied])
    page = await ann.get(f"/make/{varied}")
    assert (typed(page)["text"], typed(page)["visibility"]) == ("Fox, at last", "followers")
    # What cannot be done, and what is too long, loses nothing either.
    assert (await say(ann, first, step="again", again="change-0", text="Fox, later")).status == 422
    said["text"] = "Fox, later"
    await stands(first, {"alt-0": "A fox looks up.", "alt-1": "A fox looks down."})
    long = await say(ann, first, step="again", again="vary-0", text="x" * (limits.POST_TEXT_CHARS + 1))
    assert long.status == 303
    assert len((await row(site, first)).text) == limits.POST_TEXT_CHARS
    await say(ann, first, step="discard", discard="0", **{"alt-1": "A fox alone."}, text="Fox, later")
    await stands(first, {"alt-0": "A fox alone."})


async def test_drafts_and_what_waits_for_its_time(site: Site) -> None:
    dora = await site.member("dora")
    draft = number(await order(dora, keep="1"))
    page = await dora.get(f"/make/{draft}")
    assert page.one("h1").text == "A draft"
    shelf = await dora.get("/drafts")
    assert f"/make?recipe={draft}" in shelf.links()
    assert (await dora.submit(f"/make/{draft}", f"/make/{draft}/send")).status == 303
    await prepare.function(site.context, [draft])
    at = datetime.fromtimestamp(site.context.clock.now().timestamp() + 86_400, UTC).strftime("%Y-%m-%dT%H:%M")
    later = number(await say(dora, draft, alt_0="A fox.", at=at, zone="Pacific/Auckland"))
    await prepare.function(site.context, [later])
    post = await row(site, later)
    assert post.state == PostState.SCHEDULED
    assert later != draft
    page = await dora.get(f"/make/{later}")
    assert " UTC" in page.text()
    assert (await site.browser().get(f"/@dora/{later}")).status == 404
    assert f"/make/{later}" in (await dora.get("/drafts")).links()
    # Its words change and it goes to the gate again, with the pictures that it has; then it moves.
    assert number(await say(dora, later, text="Later than said")) != draft
    links = [one.attrs.get("href", "").removeprefix("/make/") for one in (await dora.get("/drafts")).all("a")]
    later = next(int(link) for link in links if link.isdigit())
    await prepare.function(site.context, [later])
    assert (await row(site, later)).text == "Later than said"
    for at_wrong in ("soon", "2001-01-01T10:00"):
        page = await dora.submit("/drafts", f"/drafts/{later}/time", at=at_wrong, zone="UTC")
        assert page.status == 422
    assert (await dora.submit("/drafts", f"/drafts/{later}/time", at=at, zone="UTC")).status == 303
    assert (await (await site.member("ann")).submit("/drafts", f"/drafts/{later}/delete")).status == 404
    assert (await dora.submit("/drafts", f"/drafts/{later}/delete")).status == 303
    assert (await row(site, later)).state == PostState.DELETED


async def test_what_is_posted_later_sorts_by_its_time(site: Site) -> None:
    otto = await site.member("otto")
    early = await looked_at(site, otto)
    site.clock.forward(limits.SAME_ID_SECONDS - 60)
    between = await posted(site, otto)
    assert number(await say(otto, early, alt_0="A fox.")) == early
    late = await looked_at(site, otto)
    site.clock.forward(limits.SAME_ID_SECONDS + 60)
    newest = number(await say(otto, late, alt_0="A fox."))
    assert newest > late > between.id
    await prepare.function(site.context, [newest])
    assert (await row(site, newest)).state == PostState.PUBLISHED
    assert str(newest) in (await _file(site, newest)).rights
    at = datetime.fromtimestamp(site.context.clock.now().timestamp() + 7200, UTC).strftime("%Y-%m-%dT%H:%M")
    waits = number(await say(otto, await looked_at(site, otto), alt_0="A fox.", at=at))
    await prepare.function(site.context, [waits])
    site.clock.forward(7300)
    await schedule.publish_due(site.context)
    assert (await row(site, waits)).state == PostState.PUBLISHED


async def test_a_refused_post_says_what_to_change_and_takes_other_words(site: Site) -> None:
    ann = await site.member("ann")
    post_id = await looked_at(site, ann)
    number(await say(ann, post_id, alt_0="A fox."))
    await prepare.function(site.context, [post_id])
    actor = await site.person("ann")
    reason = {"reason": "The words threaten somebody.", "rule": "harassment/threatening"}
    refused = await site.post(actor, state="refused", published_ms=None, request={"image": {"prompt": "x"}}, **reason)
    page = await ann.get(f"/make/{refused.id}")
    assert "The words threaten somebody." in page.text()
    assert "change the words or the prompt" in page.text()
    assert page.one("textarea", id="text")
    number(await say(ann, refused.id, text="Kinder words", alt_0="A lighthouse."))
    post = await row(site, refused.id)
    assert (post.state, post.text, post.rule) == (PostState.WAITING, "Kinder words", None)


async def test_what_is_not_told_is_on_no_page(site: Site) -> None:
    eli, visitor = await site.member("eli"), site.browser()
    post = await posted(site, eli, "a secret grotto", seed="77", disclosure="model")
    for path in (f"/@eli/{post.id}", "/@eli", "/", "/tags/AIGenerated"):
        for text in ((await visitor.get(path)).body, (await (await site.member("ann")).get(path)).body):
            assert "grotto" not in text, path
            assert "seed 77" not in text, path
    assert "Painter" in (await visitor.get(f"/@eli/{post.id}")).text()
    own = await eli.get(f"/@eli/{post.id}")
    assert "a secret grotto" in own.text()
    assert "You see all of it. Others see: The model" in own.text()
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
    parent = await posted(site, finn, "a barn", text="The barn")
    assert not [link for link in (await gwen.get(f"/@finn/{parent.id}")).links() if "recipe=" in link]
    action = f"/@finn/{parent.id}/making"
    assert (await gwen.submit("/make", action, remix_policy="anyone")).status == 404
    await finn.submit(f"/@finn/{parent.id}", action, remix_policy="anyone")
    assert f"/make?recipe={parent.id}" in (await gwen.get(f"/@finn/{parent.id}")).links()
    form = await gwen.get(f"/make?recipe={parent.id}")
    assert "Made from The barn by Finn" in form.text()
    page = await gwen.submit(f"/make?recipe={parent.id}", "/make", prompt="a barn in snow", count="1", from_picture="1")
    child_id = number(page)
    await prepare.function(site.context, [child_id])
    number(await say(gwen, child_id, alt_0="A barn in snow."))
    await prepare.function(site.context, [child_id])
    assert (await row(site, child_id)).state == PostState.PUBLISHED
    child = await visitor.get(f"/@gwen/{child_id}")
    assert "Made from" in [heading.text for heading in child.all("h3")]
    assert f"/@finn/{parent.id}" in child.links()
    shown = await visitor.get(f"/@finn/{parent.id}")
    assert "Made from this" in [heading.text for heading in shown.all("h3")]
    assert f"/@gwen/{child_id}" in shown.links()
    # Its parent is deleted: the line stays, without the picture.
    await finn.submit(f"/@finn/{parent.id}", f"/@finn/{parent.id}/delete")
    assert "A picture that is not here" in (await visitor.get(f"/@gwen/{child_id}")).text()
    assert (await gwen.get(f"/make?recipe={parent.id}")).one("textarea", id="prompt").text == ""


async def test_variations_of_ones_own_have_another_seed(site: Site) -> None:
    hana = await site.member("hana")
    post = await posted(site, hana, "a pond", seed="9")
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
    names = [one.attrs["name"] for one in tray.all("input", type="checkbox")]
    numbers = [name.removeprefix("picture-") for name in names if name.startswith("picture-")]
    source = tray.all("img")[0].attrs["src"]
    assert (await iris.client.get(source)).headers["content-type"] == "image/jpeg"
    assert (await other.client.get(source)).status_code == 404
    assert not (await other.get("/bring")).all("img")
    ticked = {f"picture-{key}": "1" for key in numbers[:2]} | {f"alt-{numbers[0]}": "Waves"}
    assert "Pick one picture" in (await iris.submit("/bring", "/bring/post", text="x")).text()
    undescribed = await iris.submit("/bring", "/bring/post", **ticked)
    assert f"#alt-{numbers[1]}" in undescribed.links()
    ticked |= {f"bare-{numbers[1]}": "1"}
    for wrong in ({"visibility": "secret"}, {"origin": "made_here"}, {"text": "#painting"}):
        assert (await iris.submit("/bring", "/bring/post", **ticked, **wrong)).status == 422
    said = {**ticked, "text": "At sea #photo", "origin": "declared_not_ai", "remix_policy": "anyone"}
    looked = (await iris.submit("/bring", "/bring/post", **said, look="1")).text()
    assert "None: it is not AI’s work" in looked
    assert "#photo" in looked[looked.index("What leaves this server") :]
    sent = number(await iris.submit("/bring", "/bring/post", **said, training="anyone"))
    await prepare.function(site.context, [sent])
    page = await site.browser().get(f"/@iris/{sent}")
    assert "Waves" in {image.attrs["alt"] for image in page.all("img")}
    assert "Not made with AI, says its maker" in page.text()
    assert (await row(site, sent)).remix_policy == "anyone"
    async with site.context.database.read() as session:
        assert [one.choice for one in await consent.receipts(session, sent)] == ["anyone"]
    assert len((await iris.get("/bring")).all("img")) == 1


async def test_the_share_sheet_of_an_installed_app_fills_the_tray_and_no_site_does(site: Site) -> None:
    lea = await site.member("lea")
    files = [("picture[]", ("holiday.png", picture("a shore"), "image/png"))]
    for said, status in (("cross-site", 403), ("same-site", 403), (None, 403), ("none", 303)):
        headers = {"Accept": support.HTML} | ({"Sec-Fetch-Site": said} if said else {})
        answer = await lea.client.post("/bring/share", files=files, headers=headers)
        assert answer.status_code == status, said
    assert len((await lea.get("/bring")).all("img")) == 1
    visitor = site.browser()
    answer = await visitor.client.post("/bring/share", files=files, headers={"Sec-Fetch-Site": "none"})
    assert answer.status_code in (302, 303, 401)


async def test_what_is_not_taken_into_the_tray(site: Site) -> None:
    jo = await site.member("jo")
    for pictures in ((), (b"<svg/>",), (picture("x"),) * 5):
        assert (await _bring(jo, *pictures)).status in (400, 422)
    assert (await _bring(jo, picture("x"), csrf="forged")).status == 403
    assert not (await jo.get("/bring")).all("img")
