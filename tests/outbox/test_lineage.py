"""Remixes: who may make something from what, asked again when it is made; told both ways."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors import follows
from actors.models import Actor, FollowState
from fediverse_ai.core.errors import Conflict, FediverseError, Forbidden, Missing, Unprocessable
from outbox import lineage, uploads
from outbox.belongings import RemixPolicy
from outbox.compose import compose
from outbox.draft import Draft
from outbox.models import Activity, Attachment, Notification, Origin, Post, PostState
from tests.inbox.stage import Stage, stage_in
from tests.support.house import House
from tests.support.painter import Painter, carried, carry_on, picture, studio

pytestmark = pytest.mark.asyncio(loop_scope="module")

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[House, Painter]]:
    async with studio(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(place: tuple[House, Painter]) -> AsyncIterator[Stage]:
    async with stage_in(place[0]) as made:
        await made.follow(made.bob)
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ben(stage: Stage) -> Actor:
    return await stage.home.make_actor("ben")


async def _refused(home: House, author: Actor, draft: Draft, error: type[FediverseError]) -> None:
    with pytest.raises(error):
        await carried(home, author, draft)


async def _permit(home: House, author: Actor, post: Post, value: str) -> None:
    async with home.context.database.write() as session:
        await lineage.permit(session, author, await session.get_one(Post, post.id), value)


async def test_nothing_said_means_no_and_a_permission_names_the_parent(stage: Stage, ben: Actor) -> None:
    home, alice = stage.home, stage.alice
    parent = await carried(home, alice, Draft(prompt="a mill"))
    assert parent.remix_policy == RemixPolicy.NOBODY
    assert "canRemix" not in json.loads(parent.document or b"")["interactionPolicy"]
    wish = Draft(prompt="a mill in winter", remix_of_id=parent.id)
    await _refused(home, ben, wish, Forbidden)
    await _permit(home, alice, parent, RemixPolicy.ANYONE)
    [shown] = await home.rows(Post, id=parent.id)
    policy = json.loads(shown.document or b"")["interactionPolicy"]
    assert policy["canRemix"] == {"automaticApproval": [PUBLIC]}
    assert "Update" in [row.type for row in await home.rows(Activity, object_uri=parent.uri)]

    child = await carried(home, ben, wish)
    assert child.state == PostState.PUBLISHED, child.reason
    note = json.loads(child.document or b"")
    assert note["isBasedOn"] == [parent.uri]
    assert f'<a href="{parent.url}">a picture by @{alice.handle}</a>' in note["content"]
    assert [row.kind for row in await home.rows(Notification, actor_id=alice.id, post_id=child.id)] == ["remix"]
    async with home.context.database.read() as session:
        assert [row.id for row in await lineage.children_of(session, None, shown, 10)] == [child.id]
    # Taken back: what was made stays, nothing new is made.
    await _permit(home, alice, parent, RemixPolicy.NOBODY)
    await _refused(home, ben, wish, Forbidden)
    assert (await stage.fresh(child)).state == PostState.PUBLISHED


async def test_followers_only_and_what_is_not_open(stage: Stage, ben: Actor) -> None:
    home, alice = stage.home, stage.alice
    parent = await carried(home, alice, Draft(prompt="a barn", remix_policy="followers"))
    wish = Draft(prompt="a barn at night", remix_of_id=parent.id)
    await _refused(home, ben, wish, Forbidden)
    async with home.context.database.write() as session:
        await follows.add(session, ben, alice, f"{home.origin}/activities/follow-1", FollowState.ACCEPTED)
    assert (await carried(home, ben, wish)).state == PostState.PUBLISHED
    closed = await carried(home, alice, Draft(prompt="a shed", remix_policy="anyone", visibility="followers"))
    await _refused(home, ben, Draft(prompt="x", remix_of_id=closed.id), Forbidden)
    hidden = await carried(home, alice, Draft(prompt="a hut", remix_policy="anyone", visibility="direct"))
    await _refused(home, ben, Draft(prompt="x", remix_of_id=hidden.id), Missing)
    async with home.context.database.write() as session:
        row = await session.get_one(Post, parent.id)
        with pytest.raises(Forbidden):
            await lineage.permit(session, ben, row, "anyone")
        with pytest.raises(Unprocessable):
            await lineage.permit(session, alice, row, "everybody")
        with pytest.raises(Conflict):
            await lineage.permit(session, alice, Post(**{**row.model_dump(), "state": "held"}), "anyone")


async def test_ones_own_closed_post_is_not_named_to_everybody(stage: Stage) -> None:
    closed = await carried(stage.home, stage.alice, Draft(prompt="a loft", visibility="followers"))
    child = await carried(stage.home, stage.alice, Draft(prompt="a loft again", remix_of_id=closed.id))
    assert child.state == PostState.PUBLISHED, child.reason
    assert closed.uri.encode() not in (child.document or b"")


async def test_a_permission_that_ends_before_the_picture_is_made(place: tuple[House, Painter], stage: Stage) -> None:
    home, painter = place
    late = await home.make_actor("late")
    parent = await carried(home, stage.alice, Draft(prompt="a quay", remix_policy="anyone"))
    async with home.context.database.write() as session:
        post = await compose(session, late, Draft(prompt="a quay in fog", remix_of_id=parent.id))
    await _permit(home, stage.alice, parent, RemixPolicy.NOBODY)
    asked = len(painter.requests)
    post = await carry_on(home, post.id)
    assert (post.state, post.reason) == (PostState.FAILED, lineage.NOT_ALLOWED)
    assert len(painter.requests) == asked


async def test_a_generator_begins_from_ones_own_picture(place: tuple[House, Painter], stage: Stage) -> None:
    home, painter = place
    parent = await carried(home, stage.alice, Draft(prompt="a pier"))
    [source] = await home.rows(Attachment, post_id=parent.id)
    wish = Draft(prompt="a pier in rain", remix_of_id=parent.id, from_picture=True, strength=0.4)
    assert (await carried(home, stage.alice, wish)).state == PostState.PUBLISHED
    asked = painter.requests[-1]
    assert (asked.source, asked.strength) == (await home.context.storage.read(source.file or ""), 0.4)
    await _refused(
        home, stage.alice, Draft(prompt="x", remix_of_id=parent.id, from_picture=True, source_position=1), Unprocessable
    )
    await _refused(home, stage.alice, Draft(prompt="x", from_picture=True), Unprocessable)
    cannot = await carried(
        home, stage.alice, Draft(prompt="a sea", generator="scene", remix_of_id=parent.id, from_picture=True)
    )
    assert cannot.state == PostState.FAILED
    assert "cannot begin from a picture" in (cannot.reason or "")


async def test_photographs_are_no_beginning_unless_configured(stage: Stage) -> None:
    home, alice = stage.home, stage.alice
    admitted = await uploads.admit(home.context, picture("a holiday"))
    async with home.context.database.write() as session:
        mine = await uploads.keep(session, alice, admitted)
    photo = await carried(home, alice, Draft(media_ids=(mine.id,), origin_of_uploads=Origin.DECLARED_NOT_AI))
    await _refused(home, alice, Draft(prompt="x", remix_of_id=photo.id, from_picture=True), Unprocessable)


def _note(stage: Stage, name: str, **values: Any) -> dict[str, Any]:
    image = {"type": "Image", "mediaType": "image/png", "url": f"{stage.good.origin}/{name}.png", "name": "A tower"}
    recipe = {"type": "Recipe", "model": "Other", "prompt": "a <b>tower</b>", "seed": 5, "steps": 8}
    terms = {"digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"}
    return stage.bob.note("A tower", attachment=[image | terms | {"recipe": recipe}], **values)


async def test_others_pictures_only_as_far_as_their_object_grants_it(
    place: tuple[House, Painter], stage: Stage
) -> None:
    home, painter = place
    granted = {"interactionPolicy": {"canRemix": {"automaticApproval": PUBLIC}}}
    note = _note(stage, "tower", **granted)
    await stage.receive(stage.bob, stage.bob.create(note))
    parent = await stage.post_of(note)
    assert parent.remix_policy == RemixPolicy.ANYONE
    [remote] = await home.rows(Attachment, post_id=parent.id)
    assert remote.recipe == {"title": "Other", "prompt": "a <b>tower</b>", "seed": 5, "parameters": {"steps": 8}}

    async def tower(*_: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {"content-type": "image/png"}, picture("tower")

    stage.good.behaviours["/tower.png"] = tower
    wish = Draft(prompt="a tower in snow", remix_of_id=parent.id, from_picture=True)
    child = await carried(home, stage.alice, wish)
    assert child.state == PostState.PUBLISHED, child.reason
    source = painter.requests[-1].source
    assert source is not None
    assert source.startswith(b"\xff\xd8")
    # Its author is named and addressed, and so hears of it.
    sent = json.loads(child.document or b"")
    assert stage.bob.uri in sent["cc"]
    assert [tag["href"] for tag in sent["tag"] if tag["type"] == "Mention"] == [stage.bob.uri]

    # Their server says something else now, and its Update is still on its way.
    stage.good.serve({**note, "interactionPolicy": {}})
    asked = len(painter.requests)
    assert (await carried(home, stage.alice, wish)).state == PostState.FAILED
    assert len(painter.requests) == asked
    silent = _note(stage, "silent")
    await stage.receive(stage.bob, stage.bob.create(silent))
    unsaid = await stage.post_of(silent)
    await _refused(home, stage.alice, Draft(prompt="x", remix_of_id=unsaid.id), Forbidden)


async def test_lineage_that_others_claim_is_shown_while_it_is_allowed(stage: Stage) -> None:
    home = stage.home
    parent = await carried(home, stage.alice, Draft(prompt="a well", remix_policy="anyone"))
    parents = [parent.uri, *(f"https://elsewhere.test/notes/{n}" for n in range(20))]
    note = stage.bob.note("A well again", isBasedOn=parents)
    await stage.receive(stage.bob, stage.bob.create(note))
    child = await stage.post_of(note)
    shown = await stage.fresh(parent)
    async with home.context.database.read() as session:
        lines = await lineage.parents_of(session, child.id)
        assert [line.parent_uri for line in lines] == parents[:8]
        assert [row.id for row in await lineage.children_of(session, None, shown, 10)] == [child.id]
    await _permit(home, stage.alice, parent, RemixPolicy.NOBODY)
    shown = await stage.fresh(parent)
    async with home.context.database.read() as session:
        assert await lineage.children_of(session, None, shown, 10) == []


@pytest.mark.parametrize(
    "policy",
    [
        None,
        [],
        "yes",
        {"canRemix": PUBLIC},
        {"canRemix": {"automaticApproval": []}},
        {"canQuote": {"automaticApproval": [PUBLIC]}},
    ],
)
async def test_what_is_no_permission(stage: Stage, policy: Any) -> None:
    bob = await stage.row_of(stage.bob)
    assert lineage.granted_by({"interactionPolicy": policy}, bob) == RemixPolicy.NOBODY
