"""Replies carried on (ActivityPub §7.1.2): who answers one of ours and names her followers, reaches them through us."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors import rules
from actors.models import Severity
from actors.rules import Wanted
from fediverse_ai.core import limits
from fediverse_ai.core.limits import RateLimiter
from outbox import block
from outbox.models import Activity, Delivery, Post
from tests.inbox.stage import Document, Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import PUBLIC
from tests.support.rooms import deliver_all, published, settle

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    """Followed by mal on another server and by eve on bob's own."""
    async with stage_in(home) as made:
        for follower in (made.mal, made.eve):
            await made.receive(follower, follower.activity("Follow", made.alice.uri))
        yield made


async def _reply(stage: Stage, post: Post, content: str = "Fine light", **values: Any) -> tuple[Document, Document]:
    note = stage.bob.note(content, inReplyTo=post.uri, **{"cc": [stage.alice.followers_uri], **values})
    return note, stage.bob.create(note)


def _arrived(stage: Stage, uri: str) -> list[Any]:
    return [one for one in stage.evil.arrivals if one.activity.get("id") == uri]


async def test_a_reply_goes_on_in_the_bytes_that_came(stage: Stage) -> None:
    post = await published(stage.home, stage.alice)
    await deliver_all(stage.home)
    _, create = await _reply(stage, post)
    body = json.dumps(create, indent=3).encode()
    assert (await stage.bob.deliver(stage.home.inbox, body)).status_code == 202
    await settle(stage.home)
    [arrival] = _arrived(stage, create["id"])
    assert (arrival.problem, arrival.signer) == (None, stage.alice.uri), "we sign the request, not the words"
    assert arrival.path == "/inbox"
    [carried] = await stage.home.rows(Activity, uri=create["id"])
    assert carried.body == body
    hosts = {row.host for row in await stage.home.rows(Delivery, activity_id=carried.id)}
    assert hosts == {stage.evil.host}, "the reply's own server has it"

    await stage.bob.deliver(stage.home.inbox, body)
    await settle(stage.home)
    assert len(_arrived(stage, create["id"])) == 1, "once"
    listed = (await stage.home.client.get(f"{stage.alice.uri}/outbox?page=true")).text
    assert create["id"] not in listed
    assert (await stage.home.client.get(create["id"].replace(stage.good.origin, stage.home.origin))).status_code == 404


async def test_its_edit_and_its_end_go_where_it_went(stage: Stage) -> None:
    post = await published(stage.home, stage.alice)
    note, create = await _reply(stage, post)
    await stage.receive(stage.bob, create)
    edited = {**note, "content": "Finer light", "updated": "2099-01-01T00:00:00Z"}
    update = stage.bob.activity("Update", edited, to=[PUBLIC])
    await stage.receive(stage.bob, update)
    gone = stage.bob.activity("Delete", note["id"], to=[PUBLIC])
    await stage.receive(stage.bob, gone)
    assert [len(_arrived(stage, one["id"])) for one in (create, update, gone)] == [1, 1, 1]


NOT_CARRIED: dict[str, dict[str, Any]] = {
    "not for her followers": {"cc": []},
    "for his own followers": {"cc": ["bob's followers"]},
    "private and unsigned": {"to": ["her followers"], "cc": []},
}


@pytest.mark.parametrize("name", NOT_CARRIED)
async def test_what_is_not_carried_on(stage: Stage, name: str) -> None:
    post = await published(stage.home, stage.alice)
    names = {"her followers": stage.alice.followers_uri, "bob's followers": stage.bob.followers}
    values = {key: [names[one] for one in value] for key, value in NOT_CARRIED[name].items()}
    note, create = await _reply(stage, post, **values)
    row = await stage.receive(stage.bob, create)
    assert row.state == "done"
    assert await stage.home.rows(Activity, uri=create["id"]) == []
    gone = stage.bob.activity("Delete", note["id"], to=[PUBLIC])
    await stage.receive(stage.bob, gone)
    assert _arrived(stage, create["id"]) == _arrived(stage, gone["id"]) == []


@pytest.mark.parametrize("signature", ["proof", "signature"])
async def test_a_private_reply_goes_on_when_it_is_signed_as_a_document(stage: Stage, signature: str) -> None:
    """Who gets it from us can believe that without asking its home, which would not answer them."""
    post = await published(stage.home, stage.alice, visibility="followers")
    _, create = await _reply(stage, post, to=[stage.alice.followers_uri], cc=[])
    create[signature] = {"type": "DataIntegrityProof"}
    await stage.receive(stage.bob, create)
    assert len(_arrived(stage, create["id"])) == 1


async def test_a_reply_to_somebody_elses_post_is_not_ours_to_carry(stage: Stage) -> None:
    await stage.follow(stage.bob)
    first = stage.bob.note("Mine")
    await stage.receive(stage.bob, stage.bob.create(first))
    note = stage.bob.note("And more", inReplyTo=first["id"], cc=[stage.alice.followers_uri])
    create = stage.bob.create(note)
    await stage.receive(stage.bob, create)
    assert _arrived(stage, create["id"]) == []


async def test_a_limited_server_reaches_nobody_through_us(stage: Stage) -> None:
    post = await published(stage.home, stage.alice)
    await rules.set_rule(stage.home.context, Wanted(stage.good.host, Severity.LIMIT))
    try:
        _, create = await _reply(stage, post)
        await stage.receive(stage.bob, create)
        assert _arrived(stage, create["id"]) == []
    finally:
        await rules.undo(stage.home.context, stage.good.host)


async def test_somebody_whom_she_blocks_reaches_nobody_through_us(stage: Stage) -> None:
    post = await published(stage.home, stage.alice)
    bob = await stage.row_of(stage.bob)
    async with stage.home.context.database.write() as session:
        await block.block(session, stage.alice, bob)
    _, create = await _reply(stage, post)
    await stage.receive(stage.bob, create)
    assert _arrived(stage, create["id"]) == []


async def test_a_server_is_carried_for_so_often_an_hour(stage: Stage) -> None:
    post = await published(stage.home, stage.alice)
    limiter = stage.home.context.part(RateLimiter)
    for _ in range(limits.CARRIED_PER_HOST.count - 1):
        assert limiter.wait(f"carry:{stage.good.origin}", limits.CARRIED_PER_HOST) == 0
    for carried in (1, 0):
        _, create = await _reply(stage, post)
        await stage.receive(stage.bob, create)
        assert len(_arrived(stage, create["id"])) == carried
