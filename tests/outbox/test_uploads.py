"""Pictures that people bring: rebuilt, described, taken along by a post once, labelled by their origin, forgotten."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Conflict, Missing, RequestError, TooMany, Unprocessable
from generation import provenance
from outbox import uploads
from outbox.belongings import Upload
from outbox.draft import Draft
from outbox.models import Attachment, Judgement, Origin, PostState
from tests.support.house import House
from tests.support.painter import carried, picture, studio

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = b"exif-secret-of-the-camera"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with studio(tmp_path_factory.mktemp("home")) as (made, _):
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ben(home: House) -> Actor:
    return await home.make_actor("ben")


async def brought(home: House, actor: Actor, of: str, description: str = "", **save: object) -> Upload:
    admitted = await uploads.admit(home.context, picture(of, **save))
    async with home.context.database.write() as session:
        return await uploads.keep(session, actor, admitted, description=description, focus=(0.5, -2.0))


def photograph(of: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    return picture(of, exif=exif)


async def test_nothing_of_the_file_that_came_is_kept(home: House) -> None:
    data = photograph("camera")
    assert SECRET in data
    kept = await uploads.admit(home.context, data)
    for name in (kept.file_name, kept.small_name):
        assert SECRET not in await home.context.storage.read(name)
    again = await uploads.admit(home.context, data)
    assert again.file_name != kept.file_name
    with pytest.raises(RequestError):
        await uploads.admit(home.context, b"<svg/>")
    async with home.context.database.write():
        with pytest.raises(RuntimeError):
            await uploads.admit(home.context, data)


async def test_words_and_pictures_go_through_the_gate_together(home: House, alice: Actor) -> None:
    made = [await brought(home, alice, f"beach {n}", f"Beach number {n}") for n in range(2)]
    ids = (made[1].id, made[0].id)
    post = await carried(home, alice, Draft(text="Two of them", media_ids=ids))
    assert post.state == PostState.PUBLISHED, post.reason
    rows = sorted(await home.rows(Attachment, post_id=post.id), key=lambda row: row.position)
    assert [(row.id, row.alt) for row in rows] == [(ids[0], "Beach number 1"), (ids[1], "Beach number 0")]
    assert (rows[0].focus_x, rows[0].focus_y) == (0.5, -1.0)
    [verdict] = await home.rows(Judgement, post_id=post.id)
    assert {row.sha256 for row in rows} < set(verdict.digests)
    note = json.loads(post.document or b"")
    assert note["genAI"] is True
    assert "declared by its author" in note["content"]
    mark = provenance.read(await home.context.storage.read(rows[0].file or ""))
    assert mark is not None
    assert mark.digital_source_type == provenance.TRAINED
    assert post.url is not None
    assert post.url in mark.rights


async def test_labels_follow_the_declared_origin_but_not_against_the_file(home: House, alice: Actor) -> None:
    plain = await brought(home, alice, "hills", "Hills")
    post = await carried(home, alice, Draft(media_ids=(plain.id,), origin_of_uploads=Origin.DECLARED_NOT_AI))
    note = json.loads(post.document or b"")
    assert "genAI" not in note
    assert "AI-generated" not in note["content"]
    assert "digitalSourceType" not in note["attachment"][0]
    [row] = await home.rows(Attachment, post_id=post.id)
    mark = provenance.read(await home.context.storage.read(row.file or ""))
    assert mark is not None
    assert not mark.says_ai
    # Its own file says that a program made it.
    [own] = await home.rows(Attachment, post_id=(await carried(home, alice, Draft(prompt="a fox"))).id)
    data = await home.context.storage.read(own.file or "")
    admitted = await uploads.admit(home.context, data)
    assert admitted.claims_ai
    async with home.context.database.write() as session:
        claimed = await uploads.keep(session, alice, admitted)
    post = await carried(home, alice, Draft(media_ids=(claimed.id,), origin_of_uploads=Origin.DECLARED_NOT_AI))
    assert json.loads(post.document or b"")["genAI"] is True


async def test_an_upload_is_its_owners_and_goes_into_one_post(home: House, alice: Actor, ben: Actor) -> None:
    mine = await brought(home, alice, "mine")
    for thief in (Draft(media_ids=(mine.id,)), Draft(media_ids=(1,))):
        with pytest.raises(Unprocessable):
            await carried(home, ben, thief)
    async with home.context.database.write() as session:
        with pytest.raises(Missing):
            await uploads.describe(session, ben, mine.id, description="Not yours")
        changed = await uploads.describe(session, alice, mine.id, description="Mine")
        assert changed.description == "Mine"
    with pytest.raises(Unprocessable):
        await carried(home, alice, Draft(media_ids=(mine.id, mine.id)))
    await carried(home, alice, Draft(media_ids=(mine.id,)))
    with pytest.raises(Unprocessable):
        await carried(home, alice, Draft(media_ids=(mine.id,)))
    async with home.context.database.write() as session:
        with pytest.raises(Conflict):
            await uploads.describe(session, alice, mine.id, description="Too late")


async def test_sixteen_pictures_and_a_link_for_those_who_show_four(home: House, alice: Actor) -> None:
    one = await uploads.admit(home.context, picture("one of many"))
    async with home.context.database.write() as session:
        ids = [(await uploads.keep(session, alice, one, description=f"Number {n}")).id for n in range(17)]
    with pytest.raises(Unprocessable):
        await carried(home, alice, Draft(media_ids=tuple(ids)))
    post = await carried(home, alice, Draft(media_ids=tuple(ids[: limits.POST_ATTACHMENTS])))
    assert post.state == PostState.PUBLISHED, post.reason
    note = json.loads(post.document or b"")
    assert [item["name"] for item in note["attachment"]] == [f"Number {n}" for n in range(16)]
    assert f'<p><a href="{post.url}">All 16 pictures</a></p>' in note["content"]
    four = await carried(home, alice, Draft(media_ids=(ids[16],)))
    assert "All" not in json.loads(four.document or b"")["content"]


async def test_what_no_post_took_is_forgotten_after_a_day(home: House, ben: Actor) -> None:
    loose, taken = await brought(home, ben, "loose"), await brought(home, ben, "taken")
    post = await carried(home, ben, Draft(media_ids=(taken.id,)))
    kept = await brought(home, ben, "kept")
    await carried(home, ben, Draft(media_ids=(kept.id,), keep=True))
    home.clock.forward(limits.UPLOAD_SECONDS - 60)
    await uploads.forget(home.context)
    assert len(await home.rows(Upload, actor_id=ben.id)) == 3
    home.clock.forward(120)
    await uploads.forget(home.context)
    assert [row.id for row in await home.rows(Upload, actor_id=ben.id)] == [kept.id]
    for name in (loose.file_name, taken.file_name):
        with pytest.raises(Missing):
            await home.context.storage.read(name or "")
    [row] = await home.rows(Attachment, post_id=post.id)
    assert await home.context.storage.read(row.file or "")


async def test_one_person_keeps_a_bounded_number(home: House) -> None:
    many = await home.make_actor("many")
    admitted = await uploads.admit(home.context, picture("many"))
    async with home.context.database.write() as session:
        for _ in range(limits.UPLOADS_WAITING):
            await uploads.keep(session, many, admitted)
        with pytest.raises(TooMany):
            await uploads.keep(session, many, admitted)


async def test_a_file_is_seen_by_its_owner_alone(home: House, alice: Actor) -> None:
    mine = await brought(home, alice, "unseen")
    answer = await home.client.get(f"/media/{mine.file_name}")
    assert answer.status_code == 404
