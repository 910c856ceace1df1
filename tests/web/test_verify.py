"""The page that says whether a picture was made here, and the command that does."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from actors.models import Actor
from fediverse_ai.core import limits
from outbox import uploads, verify
from outbox.draft import Draft
from outbox.models import Attachment, Post, PostState
from tests.support.house import House, house
from tests.support.painter import carried

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


def drawn(seed: int) -> bytes:
    """A picture with edges enough to have a hash, different for each seed."""
    chance = np.random.default_rng(seed)
    small = Image.fromarray(chance.integers(0, 255, (9, 9, 3), dtype=np.uint8))
    out = io.BytesIO()
    small.resize((512, 512), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


async def posted(home: House, alice: Actor, seed: int) -> tuple[Post, bytes]:
    picture = await uploads.admit(home.context, drawn(seed))
    async with home.context.database.write() as session:
        upload = await uploads.keep(session, alice, picture, description="Soft patches of colour")
    draft = Draft(text="Colours", media_ids=(upload.id,), origin_of_uploads="declared_ai", visibility="public")
    post = await carried(home, alice, draft)
    assert post.state == PostState.PUBLISHED, post.reason
    [row] = await home.rows(Attachment, post_id=post.id)
    assert row.pdq is not None
    return post, await home.context.storage.read(row.file or "")


def ways(answer: verify.Answer) -> dict[str, bool | None]:
    return {finding.way: finding.ours for finding in answer.findings}


async def test_every_way_says_what_it_can(home: House, alice: Actor) -> None:
    post, data = await posted(home, alice, 1)
    found = await verify.verify(home.context, data)
    assert ways(found) == {"manifest": True, "digest": True, "likeness": True, "words": None}
    assert {finding.post.id for finding in found.findings if finding.post is not None} == {post.id}

    saved_anew = io.BytesIO()
    Image.open(io.BytesIO(data)).resize((320, 320)).save(saved_anew, "WEBP", quality=75)
    found = await verify.verify(home.context, saved_anew.getvalue())
    assert ways(found) == {"manifest": None, "digest": None, "likeness": True}, "only its looks are left"
    assert found.ours

    found = await verify.verify(home.context, drawn(2))
    assert not found.ours
    changed = bytearray(data)
    changed[-9] ^= 1
    assert ways(await verify.verify(home.context, bytes(changed)))["manifest"] is None
    with pytest.raises(RuntimeError):
        async with home.context.database.write():
            await verify.verify(home.context, data)


async def test_what_is_private_is_not_pointed_at(home: House, alice: Actor) -> None:
    post, data = await posted(home, alice, 3)
    async with home.context.database.write() as session:
        kept = await session.get(Post, post.id)
        assert kept is not None
        kept.visibility = "followers"
        session.add(kept)
    found = await verify.verify(home.context, data)
    assert found.ours
    assert [finding.post for finding in found.findings] == [None] * len(found.findings)


async def test_the_page_takes_a_picture_and_forgets_it(
    home: House, alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data = await posted(home, alice, 4)
    shown = await home.client.get("/verify", headers={"accept": "text/html"})
    assert shown.status_code == 200
    token = shown.text.partition('name="csrf" value="')[2].partition('"')[0]

    async def send(picture: bytes, **fields: str) -> tuple[int, str]:
        files = {"picture": ("x.jpg", picture, "image/jpeg")}
        answer = await home.client.post("/verify", data=fields, files=files, headers={"accept": "text/html"})
        return answer.status_code, answer.text

    status, page = await send(data, csrf=token)
    assert status == 200
    assert "Yes, by what follows." in page
    assert "This very file was published here." in page
    status, page = await send(drawn(5), csrf=token)
    assert "Nothing here says so." in page
    status, page = await send(b"<svg/>", csrf=token)
    assert status == 415
    assert (await send(data))[0] == 403
    monkeypatch.setattr(limits, "VERIFY_PER_ADDRESS", limits.Rate(1, 3600.0))
    assert {(await send(drawn(6), csrf=token))[0] for _ in range(2)} >= {429}
    root = await home.client.get("/provenance/root.pem")
    assert root.text.startswith("-----BEGIN CERTIFICATE-----")


async def test_so_many_pictures_are_compared(home: House, alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    _, old = await posted(home, alice, 7)
    _, new = await posted(home, alice, 8)
    monkeypatch.setattr(limits, "VERIFY_PICTURES", 1)
    assert ways(await verify.verify(home.context, new))["likeness"] is True
    assert ways(await verify.verify(home.context, old))["likeness"] is None
