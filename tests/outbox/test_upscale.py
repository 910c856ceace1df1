"""A picture again, larger: from its scene graph or the picture itself, with permission, as a post that names it."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image
from sqlmodel import col, delete, update

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.errors import FediverseError, Forbidden, Missing, Unprocessable
from generation.engines import UPSCALE_STRENGTH
from generation.pipeline import Pipeline
from outbox.belongings import Disclosure
from outbox.compose import compose
from outbox.draft import Draft
from outbox.models import Attachment, Origin, Post, PostState
from outbox.upscale import RESAMPLED, can_upscale, upscale
from tests.support.house import House
from tests.support.painter import CARD, Painter, carried, carry_on, studio

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[House, Painter]]:
    async with studio(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(place: tuple[House, Painter]) -> House:
    return place[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ben(home: House) -> Actor:
    return await home.make_actor("ben")


async def picture_of(home: House, post: Post) -> Attachment:
    [row] = await home.rows(Attachment, post_id=post.id)
    return row


async def pixels(home: House, row: Attachment, side: int) -> Any:
    with Image.open(io.BytesIO(await home.context.storage.read(row.file or ""))) as image:
        return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS), dtype=float)


async def test_scene_draws_the_same_graph_again(home: House, alice: Actor) -> None:
    wish = Draft(prompt="a lighthouse, two sailboats", generator="scene", seed=7, width=192, height=192, alt_text="Sea")
    first = await carried(home, alice, wish)
    draft = await upscale(home.context, alice, first.id)
    assert (draft.width, draft.height, draft.generator, draft.seed, draft.alt_text) == (384, 384, "scene", 7, "Sea")
    larger = await carried(home, alice, draft)
    assert larger.state == PostState.PUBLISHED, larger.reason
    one, two = await picture_of(home, first), await picture_of(home, larger)
    assert (two.width, two.height) == (384, 384)
    before, after = await pixels(home, one, 96), await pixels(home, two, 96)
    assert float(np.corrcoef(before.ravel(), after.ravel())[0, 1]) > 0.98, "another picture"
    assert (one.recipe or {})["parameters"]["graph"] == (two.recipe or {})["parameters"]["graph"]
    assert json.loads(larger.document or b"")["isBasedOn"] == [first.uri]


async def test_a_model_paints_over_the_picture_and_goes_not_far(
    place: tuple[House, Painter], home: House, alice: Actor
) -> None:
    first = await carried(home, alice, Draft(prompt="a pier", width=128, height=64, steps=9, guidance=4.5))
    larger = await carried(home, alice, await upscale(home.context, alice, first.id, factor=4))
    asked = place[1].requests[-1]
    assert larger.state == PostState.PUBLISHED, larger.reason
    assert (asked.width, asked.height, asked.steps, asked.guidance) == (512, 256, 9, 4.5)
    with Image.open(io.BytesIO(asked.source or b"")) as source:
        assert source.size == (512, 256), "enlarged before, whatever the backend does with sizes"
    assert (asked.upscale, asked.strength, asked.prompt) == (True, UPSCALE_STRENGTH, "a pier")


async def test_a_remix_by_scene_begins_from_the_graph(home: House, alice: Actor) -> None:
    wish = Draft(prompt="a red fox in the snow", generator="scene", width=96, height=96)
    first = await carried(home, alice, wish)
    changed = await carried(home, alice, replace(wish, prompt="add an owl", remix_of_id=first.id, from_picture=True))
    assert changed.state == PostState.PUBLISHED, changed.reason
    graph = ((await picture_of(home, changed)).recipe or {})["parameters"]["graph"]
    assert {thing["noun"] for thing in graph["things"]} >= {"fox", "owl"}


async def test_whose_picture_it_may_be(home: House, alice: Actor, ben: Actor) -> None:
    context = home.context
    closed = await carried(home, alice, Draft(prompt="a mill"))
    hidden = await carried(home, alice, Draft(prompt="a mill", visibility="direct", remix_policy="anyone"))
    open_ = await carried(home, alice, Draft(prompt="a barn", remix_policy="anyone", alt_text="A barn"))
    silent = await carried(home, alice, Draft(prompt="a loft", remix_policy="anyone", disclosure=Disclosure.MODEL))
    draft = await upscale(context, ben, open_.id)
    assert (draft.prompt, draft.alt_text) == ("a barn", ""), "her description is hers"
    child = await carried(home, ben, draft)
    assert child.state == PostState.PUBLISHED, child.reason
    cases: list[tuple[int, dict[str, Any], type[FediverseError]]] = [
        (closed.id, {}, Forbidden),
        (hidden.id, {}, Missing),
        (1, {}, Missing),
        (silent.id, {}, Unprocessable),
        (open_.id, {"position": 1}, Unprocessable),
        (open_.id, {"generator": "scene"}, Unprocessable),
        (open_.id, {"generator": "nobody"}, Unprocessable),
    ]
    for post_id, how, error in cases:
        with pytest.raises(error):
            await upscale(context, ben, post_id, **how)


async def test_how_large(home: House, alice: Actor) -> None:
    first = await carried(home, alice, Draft(prompt="a wide pier", width=600, height=200))
    for factor in (limits.UPSCALE_LEAST - 0.01, limits.UPSCALE_MOST + 0.01):
        with pytest.raises(Unprocessable):
            await upscale(home.context, alice, first.id, factor=factor)
    least = await upscale(home.context, alice, first.id, factor=limits.UPSCALE_LEAST)
    assert (least.width, least.height) == (744, 248)
    most = await upscale(home.context, alice, first.id, factor=limits.UPSCALE_MOST)
    assert (most.width, most.height) == (limits.PICTURE_SIDE_MAX_PIXELS, 680)
    async with home.context.database.write() as session:
        query = update(Attachment).where(col(Attachment.post_id) == first.id)
        await session.exec(query.values(width=limits.PICTURE_SIDE_MAX_PIXELS))
    with pytest.raises(Unprocessable, match="as large as"):
        await upscale(home.context, alice, first.id)


@pytest.fixture
def plain(home: House) -> Iterator[None]:
    """The painter as one that has no way of its own to make a picture larger, nor to begin from one."""
    pipeline = home.context.part(Pipeline)
    known = pipeline._cards.get("painter", CARD)
    can = replace(CARD.capabilities, upscale="", source=False, strength=False)
    pipeline._cards["painter"] = replace(CARD, capabilities=can)
    yield
    pipeline._cards["painter"] = known


@pytest.mark.usefixtures("plain")
async def test_where_a_generator_has_no_way_the_picture_is_resampled_and_says_so(
    place: tuple[House, Painter], home: House, alice: Actor, ben: Actor
) -> None:
    first = await carried(
        home, alice, Draft(prompt="a quay", seed=5, steps=9, width=128, height=64, remix_policy="anyone")
    )
    asked = len(place[1].requests)
    for author in (alice, ben):
        larger = await carried(home, author, await upscale(home.context, author, first.id))
        assert larger.state == PostState.PUBLISHED, larger.reason
        assert len(place[1].requests) == asked, "its generator hears nothing of it"
        one, two = await picture_of(home, first), await picture_of(home, larger)
        assert (two.width, two.height) == (256, 128)
        assert float(np.abs(await pixels(home, one, 32) - await pixels(home, two, 32)).mean()) < 2, "another picture"
        before, after = one.recipe or {}, two.recipe or {}
        same = ("generator", "version", "prompt", "negative_prompt", "seed", "title", "closed_vocabulary")
        assert {name: after[name] for name in same} == {name: before[name] for name in same}
        assert after["parameters"] == {**before["parameters"], "enlarged": "resampled"}
        assert after["notes"] == [RESAMPLED]
        assert two.digital_source_type == one.digital_source_type
        assert json.loads(larger.document or b"")["isBasedOn"] == [first.uri]


@pytest.mark.usefixtures("plain")
async def test_nothing_is_resampled_in_the_name_of_another_generator(home: House, alice: Actor) -> None:
    pipeline = home.context.part(Pipeline)
    drawn = await carried(home, alice, Draft(prompt="a fox", generator="scene", width=96, height=96))
    row, card = await picture_of(home, drawn), await pipeline.card("painter")
    assert not can_upscale(card, row, row.recipe or {})
    assert not can_upscale(card, Attachment(origin=Origin.DECLARED_AI), {"generator": "painter"}), "another server's"
    with pytest.raises(Unprocessable):
        await upscale(home.context, alice, drawn.id, generator="painter")
    order = Draft(prompt="x", remix_of_id=drawn.id, from_picture=True, upscale=True)
    assert "larger" in ((await carried(home, alice, order)).reason or ""), "not even past the door"


async def test_a_handle_of_a_backend_is_kept_and_given_back(
    place: tuple[House, Painter], home: House, alice: Actor
) -> None:
    painter = place[1]
    for handle, kept in (("h" * limits.HANDLE_CHARS, True), ("h" * (limits.HANDLE_CHARS + 1), False)):
        painter.handle = handle
        try:
            async with home.context.database.write() as session:
                post = await compose(session, alice, Draft(prompt="a swing", look_first=True))
            await carry_on(home, post.id)
            [row] = await home.rows(Post, id=post.id)
            assert (row.request or {}).get("handles") == ({"0": handle} if kept else None)
        finally:
            painter.handle = ""
        async with home.context.database.write() as session:
            found = await session.get_one(Post, post.id)
            found.state = PostState.WAITING
            await session.exec(delete(Attachment).where(col(Attachment.post_id) == post.id))
            session.add(found)
        await carry_on(home, post.id)
        assert place[1].requests[-1].handles == ({"0": handle} if kept else {})
