"""A picture in the making as its author alone watches it (GEN-15), and the cards of the models."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fediverse_ai.core.limits import RateLimiter
from generation.types import ProgressReport
from outbox import making, turns
from outbox.models import Post
from outbox.prepare import prepare
from tests.support.images_backend import KEY, MODEL, ImagesBackend
from tests.support.light_policy import light
from tests.support.sdcpp import drawn
from tests.web import site as support
from tests.web.site import Browser, Site, hidden

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with ImagesBackend() as backend:
        double = {
            "kind": "openai", "url": backend.url, "model": MODEL, "api_key": KEY, "title": "The Double", "watts": 300,
            "licence": "Apache-2.0", "homepage": "https://double.example/card", "data_sources": "Nothing at all",
            "sha256": "ab" * 32, "max_pixels": 500_000, "daily": {"member": 5}, "options": {"sizes": "512x512"},
        }  # fmt: skip
        generation = {"default": "double", "backends": {"double": double}}
        folder = tmp_path_factory.mktemp("making")
        async with support.site(folder, generation=generation, moderation=light(folder)) as made:
            made.context.add(RateLimiter(made.context.clock))
            yield made


async def order(browser: Browser, prompt: str) -> int:
    page = await browser.submit("/make", "/make", prompt=prompt)
    assert page.status == 303
    return int(page.response.headers["location"].removeprefix("/make/"))


async def test_place_steps_time_and_preview_survive_reload_and_are_the_authors_alone(site: Site) -> None:
    ann, bob, visitor = await site.member("ann"), await site.member("bob"), site.browser()
    first, second = await order(ann, "one"), await order(ann, "two")
    told = (await ann.client.get(f"/make/{second}/progress")).json()
    assert (told["place"], told["step"], told["left"], told["preview"]) == ("1 picture before yours", None, None, False)
    assert "1 picture before yours" in (await ann.get(f"/make/{second}")).body
    await turns.begin(site.context, first)
    site.clock.forward(30)
    said = ProgressReport(0.25, "The Double is drawing", step=5, steps=20, preview=drawn("p", size=(64, 64)))
    await making.Progress(site.context, first).report(said)
    told = (await ann.client.get(f"/make/{first}/progress")).json()
    assert (told["place"], told["step"], told["preview"]) == (None, "Step 5 of 20", True)
    assert told["left"] in ("About 90 seconds left", "About 2 minutes left")
    page = await ann.get(f"/make/{first}")
    assert page.one("img").attrs["src"] == f"/make/{first}/preview"
    assert "Step 5 of 20" in page.body
    preview = await ann.client.get(f"/make/{first}/preview")
    assert (preview.status_code, preview.headers["content-type"]) == (200, "image/jpeg")
    assert "no-store" in preview.headers["cache-control"]
    for path in (f"/make/{first}", f"/make/{first}/progress", f"/make/{first}/preview"):
        assert (await bob.get(path)).status == 404
        assert (await visitor.get(path)).status in (302, 303, 401)
    assert (await ann.get(f"/make/{second}/preview")).status == 404
    await prepare.function(site.context, [first])
    assert (await ann.get(f"/make/{first}/preview")).status == 404


async def test_stopping_by_the_page(site: Site) -> None:
    cas, dan = await site.member("cas"), await site.member("dan")
    post_id = await order(cas, "three")
    page = await cas.get(f"/make/{post_id}")
    fields = hidden(page)
    assert (await dan.post(f"/make/{post_id}/stop", fields)).status in (403, 404)
    assert (await cas.post(f"/make/{post_id}/stop", {"csrf": "forged"})).status == 403
    assert (await cas.post(f"/make/{post_id}/stop", fields)).status == 303
    page = await cas.get(f"/make/{post_id}")
    assert "You stopped it." in page.body
    assert f"/make?recipe={post_id}" in page.links()
    # Once more changes nothing: somebody pressed twice.
    assert (await cas.post(f"/make/{post_id}/stop", fields)).status == 303
    async with site.context.database.read() as session:
        post = await session.get(Post, post_id)
    assert post is not None
    assert (post.state, post.reason) == ("failed", "You stopped it.")


async def test_cards_for_people_and_programs(site: Site) -> None:
    eve = await site.member("eve")
    post_id = await order(eve, "four")
    await prepare.function(site.context, [post_id])
    page = await eve.get(f"/@eve/{post_id}")
    assert "Wh" in page.body
    assert "Took" in page.body
    visitor = site.browser()
    listed = await visitor.get("/models")
    assert {"/models/double", "/models/scene"} <= listed.links()
    card = await visitor.get("/models/double")
    for words in (
        "The Double",
        "Apache-2.0",
        "Nothing at all",
        "ab" * 32,
        "0.5 megapixels",
        "512 × 512",
        "Wh a picture",
    ):
        assert words in card.body
    assert "https://double.example/card" in card.links()
    port = site.context.config.generation.backends["double"].url
    assert port not in card.body
    assert "every form is written in its program" in (await visitor.get("/models/scene")).body
    facts = (await visitor.client.get("/models/double", headers={"accept": "application/json"})).json()
    assert (facts["title"], facts["daily"], facts["max_pixels"]) == (
        "The Double",
        {"member": 5, "moderator": 200},
        500_000,
    )
    assert facts["capabilities"]["seed"] is False
    assert facts["capabilities"]["image_to_image"] is True
    assert facts["watt_hours_per_picture"] > 0
    everything = (await visitor.client.get("/models", headers={"accept": "application/json"})).json()
    assert [model["name"] for model in everything["models"]] == ["double", "scene"]
    assert KEY not in str(everything)
    assert port not in str(everything)
    assert (await visitor.get("/models/gone")).status == 404
