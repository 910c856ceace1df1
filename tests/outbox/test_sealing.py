"""Manifests in the files of posts: whose they are, what they say at each level, what a picture was made from."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from actors.models import Actor
from fediverse_ai.core.config import ProvenanceSection
from generation import manifests, provenance
from generation.manifests import Reading, Sealer, Statement
from outbox import edit, uploads, verify
from outbox.draft import Draft
from outbox.models import Attachment, Post, PostState
from tests.support.house import House
from tests.support.painter import carried, studio
from tests.support.painter import picture as picture_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORDER: dict[str, Any] = {"prompt": "a fox at dusk", "seed": 41, "width": 96, "height": 96}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with studio(tmp_path_factory.mktemp("home")) as (made, _):
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


async def file_of(home: House, post: Post) -> bytes:
    [row] = await home.rows(Attachment, post_id=post.id)
    data = await home.context.storage.read(row.file or "")
    assert row.sha256 == hashlib.sha256(data).hexdigest(), "the digest that was judged is of the sealed file"
    return data


def said(home: House, data: bytes) -> Reading:
    found = manifests.reading_of(manifests.read(data, "image/jpeg", home.context.part(Sealer).root))
    assert found is not None
    return found


async def test_a_picture_made_here_is_signed_and_says_how(home: House, alice: Actor) -> None:
    post = await carried(home, alice, Draft(**ORDER, disclosure="full"))
    assert post.state == PostState.PUBLISHED
    data = await file_of(home, post)
    reading = said(home, data)
    assert reading.state == "trusted"
    assert (reading.actions, reading.ingredients) == (("c2pa.created",), ())
    assert reading.source_types == (provenance.TRAINED,)
    assert manifests.says_ai(reading)
    assert b"a fox at dusk" in data
    mark = provenance.read(data)
    assert mark is not None
    assert mark.digital_source_type == provenance.TRAINED, "the XMP stays readable"
    stranger = manifests.reading_of(manifests.read(data, "image/jpeg"))
    assert stranger is not None
    assert (stranger.state, stranger.problems) == ("valid", ("signingCredential.untrusted",))


async def test_no_more_is_signed_than_may_be_known(home: House, alice: Actor) -> None:
    post = await carried(home, alice, Draft(**ORDER, disclosure="label"))
    data = await file_of(home, post)
    assert said(home, data).state == "trusted"
    assert b"a fox at dusk" not in data
    assert b"ai.fediverse.seed" not in data


async def test_a_changed_byte_is_noticed(home: House, alice: Actor) -> None:
    post = await carried(home, alice, Draft(**ORDER))
    data = bytearray(await file_of(home, post))
    data[-50] ^= 1
    reading = said(home, bytes(data))
    assert (reading.state, reading.problems) == ("invalid", ("assertion.dataHash.mismatch",))
    assert not manifests.says_ai(reading)


async def test_another_disclosure_is_signed_anew(home: House, alice: Actor) -> None:
    post = await carried(home, alice, Draft(**ORDER, disclosure="full"))
    before = await file_of(home, post)
    async with home.context.database.write() as session:
        revision = await edit.edit(session, alice, post, edit.Change(disclosure="label"))
    await edit.revise.function(home.context, [revision.id])
    after = await file_of(home, post)
    assert after != before
    assert said(home, after).state == "trusted"
    assert b"a fox at dusk" not in after


async def test_what_it_was_made_from_is_an_ingredient(home: House, alice: Actor) -> None:
    parent = await carried(home, alice, Draft(**ORDER))
    child = await carried(home, alice, Draft(**ORDER, remix_of_id=parent.id))
    reading = said(home, await file_of(home, child))
    [attachment] = await home.rows(Attachment, post_id=parent.id)
    assert (reading.state, reading.ingredients) == ("trusted", (f"picture {attachment.id}",))
    assert reading.actions == ("c2pa.created",), "the parent was looked at, not changed"


async def test_an_upload_keeps_the_manifest_that_it_came_with(home: House, alice: Actor) -> None:
    plain = io.BytesIO()
    Image.open(io.BytesIO(picture_of("brought"))).save(plain, "JPEG")
    theirs = home.context.part(Sealer).seal(
        plain.getvalue(), Statement("their picture", provenance.TRAINED, "Somebody's model", "3")
    )
    picture = await uploads.admit(home.context, theirs)
    assert picture.manifest is not None
    async with home.context.database.write() as session:
        upload = await uploads.keep(session, alice, picture, description="A grey ramp")
    post = await carried(home, alice, Draft(text="Brought", media_ids=(upload.id,), origin_of_uploads="declared_ai"))
    assert post.state == PostState.PUBLISHED
    data = await file_of(home, post)
    reading = said(home, data)
    assert (reading.state, reading.actions) == ("trusted", ("c2pa.opened", "c2pa.edited"))
    assert reading.ingredients == ("the file that was brought",)
    assert b"Somebody's model" in data
    without = await uploads.admit(home.context, plain.getvalue())
    assert without.manifest is None
    broken = await uploads.admit(home.context, plain.getvalue() + b"c2pa")
    assert broken.manifest is None


async def test_the_invisible_mark_is_put_in_where_it_is_wanted(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("marked")
    async with studio(folder, provenance=ProvenanceSection(watermark=True)) as (marked, _):
        author = await marked.make_actor("mara")
        post = await carried(marked, author, Draft(**ORDER | {"width": 256, "height": 256}))
        small = io.BytesIO()
        Image.open(io.BytesIO(await file_of(marked, post))).resize((200, 200)).save(small, "JPEG", quality=80)
        ways = {one.way: one.ours for one in (await verify.verify(marked.context, small.getvalue())).findings}
        assert ways == {"manifest": None, "digest": None, "likeness": None, "mark": True}
