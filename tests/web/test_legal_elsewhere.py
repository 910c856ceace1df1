"""What the legal pages do to other servers: receipts of a deletion, the picture's hash, and people left alone."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image, ImageDraw

from actors import queries
from actors.models import Account, Actor, Follow, FollowState
from actors.optouts import OptOut
from actors.policy import blocked_between
from actors.remote import ensure
from fediverse_ai.core import limits
from fediverse_ai.core.errors import FediverseError
from fediverse_ai.core.http import Budget
from outbox import audience, measures, notices, publish
from outbox import follow as following
from outbox.models import Post
from outbox.rulings import KnownPicture
from tests.support.house import House, house
from tests.support.peer import Peer, peer
from tests.support.rooms import deliver_all, picture_of, receive, verdict, waiting_post

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(Path(tmp_path_factory.mktemp("home"))) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def far() -> AsyncIterator[Peer]:
    async with peer() as made:
        yield made


def _picture() -> bytes:
    image = Image.effect_noise((256, 256), 90).convert("RGB")
    ImageDraw.Draw(image).ellipse((40, 60, 200, 180), fill=(200, 120, 40))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


async def test_the_hash_is_known_and_the_deletion_has_receipts(home: House, far: Peer) -> None:
    alice, mo = await home.make_actor("alice"), await home.make_actor("mo", role="moderator")
    bob = far.actor("bob")
    await receive(home, bob, bob.activity("Follow", alice.uri))
    post = await waiting_post(home, alice, "Her", visibility="public")
    await picture_of(home, post, _picture())
    judgement = await verdict(home, post)
    async with home.context.database.write() as session:
        row = await session.get(Post, post.id)
        assert row is not None
        await publish.publish(session, row, judgement)
    await deliver_all(home)
    filing = notices.Filing(
        "intimate-image", post.url or "", "Me.", "Ann", "a@example.org", frozenset(notices.CLAIMS["intimate-image"])
    )
    async with home.context.database.write() as session:
        notice, secret = await notices.take(session, filing)
    hashes = await notices.fingerprints(home.context, notice)
    assert [kind for kind, _value in hashes] == ["pdq"]
    [judge] = await home.rows(Account, actor_id=mo.id)
    async with home.context.database.write() as session:
        held = await notices.by_id(session, notice.id, lock=True)
        await notices.decide(session, held, judge, measures.Reasons("Rule 1", "Shown."), uphold=True, hashes=hashes)
    assert [one.hash for one in await home.rows(KnownPicture)] == [hashes[0][1]]
    page = (await home.client.get(f"/report/notices/{secret}")).text
    assert "0 servers took the deletion, 1 are still being told" in page
    await deliver_all(home)
    assert await far.arrival("Delete")
    page = (await home.client.get(f"/report/notices/{secret}")).text
    assert "1 servers took the deletion, 0 are still being told" in page


async def _code(home: House, handle: str) -> dict[str, str]:
    """The hidden fields of the page that gives a code."""
    home.context.part(limits.RateLimiter)._free_at.clear()
    first = (await home.client.get("/opt-out")).text
    answer = await home.client.post("/opt-out", data={"csrf": _hidden(first)["csrf"], "handle": handle})
    return _hidden(answer.text)


def _hidden(text: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))


async def test_who_proves_to_own_a_profile_is_left_alone(home: House, far: Peer) -> None:
    anna = await home.make_actor("anna")
    eve = far.actor("eve")
    await receive(home, eve, eve.activity("Follow", anna.uri))
    [there] = await home.rows(Actor, uri=eve.uri)
    async with home.context.database.write() as session:
        mine = await following.ask(session, anna, there)
        mine.state = FollowState.ACCEPTED
        session.add(mine)
    fields = await _code(home, eve.handle)
    answer = await home.client.post("/opt-out", data=fields)
    assert answer.status_code == 422
    assert "not in your profile yet" in answer.text
    assert await home.rows(OptOut) == []
    eve.changes["summary"] = f"<p>I paint. {fields['code']}</p>"
    answer = await home.client.post("/opt-out", data=fields)
    assert answer.status_code == 200, answer.text
    assert "nothing is sent to" in answer.text
    assert [one.actor_id for one in await home.rows(OptOut)] == [there.id]
    assert await home.rows(Follow, follower_id=there.id) == []
    assert await home.rows(Follow, followed_id=there.id) == []
    note = eve.note("Hello")
    await receive(home, eve, eve.create(note))
    async with home.context.database.write() as session:
        author, target = await queries.by_id(session, anna.id), await queries.by_id(session, there.id)
        assert author is not None
        assert target is not None
        assert await blocked_between(session, author.id, target.id)
        with pytest.raises(FediverseError):
            await following.ask(session, author, target)
        post = Post(
            id=home.context.ids.new(), uri=f"{home.origin}/notes/9", author_id=anna.id, visibility="public",
            mentions=[{"uri": eve.uri, "handle": eve.handle, "url": eve.uri}], created_ms=0,
        )  # fmt: skip
        assert await audience.inboxes(session, author, post) == set()


async def test_a_code_of_another_page_or_another_day_is_none(home: House, far: Peer) -> None:
    fay = far.actor("fay")
    await ensure(home.context, fay.uri, Budget(clock=home.context.clock))
    fields = await _code(home, fay.handle)
    fay.changes["summary"] = f"<p>{fields['code']} leave-me-alone-other</p>"
    forged = await home.client.post("/opt-out", data={**fields, "code": "leave-me-alone-other"})
    assert forged.status_code == 422
    home.clock.forward(limits.OPT_OUT_SECONDS + 1)
    fields = {**fields, "csrf": (await _code(home, fay.handle))["csrf"]}
    assert "too old" in (await home.client.post("/opt-out", data=fields)).text
    assert (
        "people of other servers"
        in (await home.client.post("/opt-out", data={**fields, "handle": f"@anna@{home.context.config.host}"})).text
    )


async def test_one_address_asks_so_often(home: House) -> None:
    home.context.part(limits.RateLimiter)._free_at.clear()
    csrf = _hidden((await home.client.get("/opt-out")).text)["csrf"]
    most = int(limits.OPT_OUTS_PER_ADDRESS.count)
    asked = [
        (await home.client.post("/opt-out", data={"csrf": csrf, "handle": "@x@nowhere.invalid"})).status_code
        for _ in range(most + 1)
    ]
    assert asked == [200] * most + [429]
