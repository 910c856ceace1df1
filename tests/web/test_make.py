"""The composer: one post for one form, a page that survives reload, and every end that a post can come to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlmodel import select

from fediverse_ai.core.limits import PROMPT_CHARS, RateLimiter
from fediverse_ai.web.composer import choices
from generation.generators.scene.styles import STYLES
from outbox.models import Attachment, Post
from outbox.prepare import prepare
from tests.support.images_backend import KEY, MODEL, ImagesBackend
from tests.support.light_policy import light
from tests.web import site as support
from tests.web.composing import looked_at, number, order, row, say, typed
from tests.web.site import Site, hidden

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with ImagesBackend() as backend:
        backends = {"double": {"kind": "openai", "url": backend.url, "model": MODEL, "api_key": KEY}}
        generation = {"default": "double", "backends": backends}
        folder = tmp_path_factory.mktemp("make")
        async with support.site(folder, generation=generation, moderation=light(folder)) as made:
            yield made


@pytest.fixture(autouse=True)
def _fresh_limits(site: Site) -> None:
    site.context.add(RateLimiter(site.context.clock))


async def test_from_prompt_to_page(site: Site) -> None:
    member, visitor = await site.member("ann"), site.browser()
    post_id = number(await order(member, seed="7"))
    waiting = await member.get(f"/make/{post_id}")
    assert waiting.one("h1").text == "Being made"
    assert waiting.one("progress")
    assert 'http-equiv="refresh"' in waiting.body
    told = (await member.client.get(f"/make/{post_id}/progress")).json()
    assert {name: told[name] for name in ("state", "words", "fraction", "url", "gate")} == {
        "state": "waiting", "words": "Waiting for its turn.", "fraction": None, "url": None, "gate": None
    }  # fmt: skip

    await prepare(site.context, [post_id])
    made = await member.get(f"/make/{post_id}")
    assert made.one("h1").text == "Look at it"
    assert 'http-equiv="refresh"' not in made.body
    checked = [item.attrs["value"] for item in made.all("input", type="radio") if "checked" in item.attrs]
    assert checked == ["quiet", "full", "nobody", "no"]
    assert (await visitor.get(f"/@ann/{post_id}")).status == 404
    said = await say(member, post_id, text="The fox\nIt looked back once.", alt_0="A fox, snow.")
    assert number(said) == post_id
    assert (await visitor.get(f"/@ann/{post_id}")).status == 404
    await prepare(site.context, [post_id])

    done = await member.get(f"/make/{post_id}")
    assert done.one("h1").text == "Posted"
    url = f"/@ann/{post_id}"
    assert (await member.client.get(f"/make/{post_id}/progress")).json()["url"] == url
    assert url in done.links()
    page = await visitor.get(url)
    assert page.one("h1").text == "The fox"
    assert "It looked back once." in page.text()
    picture = next(image for image in page.all("img") if image.attrs["alt"] == "A fox, snow.")
    assert url in (await visitor.get("/")).links()
    answer = await visitor.client.get(picture.attrs["src"])
    assert answer.headers["content-type"] == "image/jpeg"


async def test_the_order_and_the_post_are_what_the_forms_said(site: Site) -> None:
    member = await site.member("ann")
    post_id = await looked_at(site, member, style="linocut", seed="12")
    order_of = (await row(site, post_id)).request
    assert order_of
    assert order_of["image"]["prompt"] == "a red fox in the snow"
    assert (order_of["image"]["seed"], order_of["image"]["style"]) == (12, "linocut")
    fields = {"visibility": "followers", "sensitive": "1", "language": "de", "summary": "Foxes"}
    number(await say(member, post_id, text=" Words ", alt_0="Alt", **fields))
    post = await row(site, post_id)
    assert (post.state, post.text, post.visibility) == ("waiting", "Words", "followers")
    assert (post.summary, post.sensitive, post.language) == ("Foxes", True, "de")


async def test_the_same_form_sent_twice_makes_one_post(site: Site) -> None:
    member = await site.member("twice")
    fields = {**hidden(await member.get("/make")), "prompt": "a fox"}
    first, second = [number(await member.post("/make", fields)) for _ in range(2)]
    assert first == second
    assert number(await order(member)) != first
    await prepare(site.context, [first])
    last = typed(await member.get(f"/make/{first}")) | {"alt-0": "A fox."}
    assert [number(await member.post(f"/make/{first}/post", last)) for _ in range(2)] == [first, first]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "  \n "}, "prompt"),
        ({"prompt": "x" * (PROMPT_CHARS + 1)}, "prompt"),
        ({"prompt": "x" * 10_000}, "prompt"),
        ({"negative_prompt": "x" * (PROMPT_CHARS + 1)}, "negative_prompt"),
        ({"seed": "-1"}, "seed"),
        ({"seed": "١٢"}, "seed"),
        ({"count": "9"}, "count"),
        ({"shape": "round"}, "shape"),
        ({"generator": "gone"}, "generator"),
    ],
)
async def test_what_cannot_be_made_comes_back_with_a_sentence_and_nothing_lost(
    site: Site, fields: dict[str, str], wrong: str
) -> None:
    member = await site.member("erring")
    page = await order(member, **fields)
    assert page.status == 422
    assert page.one("div", role="alert")
    assert f"#{wrong}" in page.links()
    if "prompt" not in fields:
        assert page.one("textarea", id="prompt").text == "a red fox in the snow"
    actor = await site.person("erring")
    async with site.context.database.read() as session:
        assert not list(await session.exec(select(Post).where(Post.author_id == actor.id)))


async def test_a_prompt_of_exactly_the_limit_is_taken(site: Site) -> None:
    assert number(await order(await site.member("ann"), prompt="x" * PROMPT_CHARS))


async def test_pictures_per_hour_are_limited(site: Site) -> None:
    # Without a quota of the role, so that it is the hour that is met.
    await site.person("eager", role="admin")
    member = await site.member("eager")
    fields = hidden(await member.get("/make"))
    pages = [await member.post("/make", {**fields, "client_key": f"k{n}", "prompt": "a fox"}) for n in range(31)]
    assert [page.status for page in pages] == [303] * 30 + [429]
    assert int(pages[-1].response.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("state", "heading"),
    [
        ("waiting", "Being made"),
        ("held", "A moderator will look at it first"),
        ("refused", "Not posted"),
        ("failed", "It could not be made"),
    ],
)
async def test_what_is_not_out_is_for_its_author_alone(site: Site, state: str, heading: str) -> None:
    ann = await site.person("ann")
    reason = "The prompt names a real person. Describe somebody invented instead."
    why = {"reason": reason, "rule": "likeness/people"}
    post = await site.post(ann, state=state, text="Secret words", published_ms=None, **why)
    ours, other, visitor = await site.member("ann"), await site.member("bo"), site.browser()
    job = await ours.get(f"/make/{post.id}")
    assert job.one("h1").text == heading
    page = await ours.get(f"/@ann/{post.id}")
    assert page.status == 200
    assert page.response.headers["cache-control"] == "private, no-store"
    assert "Secret words" in (await ours.get("/@ann")).text()
    if state != "waiting":
        assert reason in job.text()
        assert reason in page.text()
    if state in ("held", "refused"):
        assert "likeness/people" in job.text()
    async with site.context.database.read() as session:
        file = (await session.exec(select(Attachment.file).where(Attachment.post_id == post.id))).one()
    assert (await ours.client.get(f"/media/{file}")).status_code == 200
    for browser in (other, visitor):
        for path in (f"/@ann/{post.id}", f"/make/{post.id}", f"/make/{post.id}/progress", f"/media/{file}"):
            assert (await browser.get(path)).status in (401, 404), path
        for path in ("/", "/@ann", "/tags/AIGenerated"):
            assert "Secret words" not in (await browser.get(path)).body
        recipe = await browser.get(f"/make?recipe={post.id}")
        assert "a lighthouse at dawn" not in recipe.text().replace("For instance: a lighthouse at dawn", "")


async def test_a_recipe_is_taken_over_without_the_words_of_its_maker(site: Site) -> None:
    ann = await site.person("ann")
    closed = await site.post(ann, text="My own words")
    page = await (await site.member("bo")).get(f"/make?recipe={closed.id}")
    assert page.one("textarea", id="prompt").text == ""
    post = await site.post(ann, text="My own words", remix_policy="anyone")
    page = await (await site.member("bo")).get(f"/make?recipe={post.id}")
    assert page.one("textarea", id="prompt").text == "a lighthouse at dawn"
    assert page.one("input", id="seed").attrs["value"] == "42"
    assert page.one("input", name="remix_of").attrs["value"] == str(post.id)
    asked = {"image": {"prompt": "a person"}}
    refused = await site.post(ann, pictures=0, state="refused", text="My own words", request=asked)
    again = await (await site.member("ann")).get(f"/make?recipe={refused.id}")
    assert again.one("textarea", id="prompt").text == "a person"
    # What is made in its place keeps the words, and the refused one goes.
    made = number(await (await site.member("ann")).submit(f"/make?recipe={refused.id}", "/make", prompt="a fox"))
    assert (await row(site, made)).text == "My own words"
    assert (await row(site, refused.id)).state == "deleted"


@pytest.mark.parametrize("recipe", ["x", "1", "9" * 30, "-1", "１"])
async def test_a_recipe_that_is_not_there_leaves_an_empty_form(site: Site, recipe: str) -> None:
    page = await (await site.member("ann")).get(f"/make?recipe={recipe}")
    assert page.status == 200
    assert page.one("textarea", id="prompt").text == ""


async def test_only_the_author_deletes(site: Site) -> None:
    ann = await site.person("ann")
    post = await site.post(ann, text="To be deleted", to=["https://www.w3.org/ns/activitystreams#Public"])
    ours, other = await site.member("ann"), await site.member("bo")
    action = f"/@ann/{post.id}/delete"
    fields = hidden(await other.get("/make"))
    assert (await other.post(action, fields)).status == 404
    assert (await site.browser().post(action, {})).status == 401
    assert not (await other.get(f"/@ann/{post.id}")).all("form", action=action)
    # The right author under a wrong name, and the right name over another's post.
    own = hidden(await ours.get("/make"))
    bos = await site.post(await site.person("bo"))
    assert (await ours.post(f"/@bo/{post.id}/delete", own)).status == 404
    assert (await ours.post(f"/@ann/{bos.id}/delete", own)).status == 404
    assert (await ours.get(f"/@ann/{post.id}")).status == 200
    done = await ours.submit(f"/@ann/{post.id}", action)
    assert (done.status, done.response.headers["location"]) == (303, "/@ann")
    assert (await site.browser().get(f"/@ann/{post.id}")).status == 410
    assert (await ours.post(action, own)).status == 303


async def test_a_refused_draft_can_be_thrown_away(site: Site) -> None:
    ann, ours = await site.person("ann"), await site.member("ann")
    post = await site.post(ann, state="refused", reason="No.", activity_uri=None)
    assert (await ours.submit(f"/make/{post.id}", f"/drafts/{post.id}/delete")).status == 303
    assert (await ours.get(f"/make/{post.id}")).status == 404


async def test_the_styles_offered_are_the_styles_that_scene_paints(site: Site) -> None:
    assert {value for value, _ in choices.STYLES} == set(STYLES)
