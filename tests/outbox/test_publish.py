"""publish() is the only way out, and it does not run without an allow verdict for these bytes."""

from __future__ import annotations

import json

import pytest

from actors.models import Actor
from generation.types import Decision
from outbox.models import Activity, Delivery, Judgement, Notification, Origin, Post, PostState, PostTag
from outbox.publish import GateClosed, publish, remove
from outbox.states import MOVES, WrongState, move
from tests.support.house import House
from tests.support.peer import PUBLIC, RemoteActor
from tests.support.rooms import picture_of, published, receive, verdict, waiting_post


async def _try(home: House, post: Post, judgement: Judgement) -> None:
    async with home.context.database.write() as session:
        session.add(post)
        await publish(session, post, judgement)


@pytest.mark.parametrize("decision", [Decision.HOLD, Decision.REFUSE])
async def test_a_verdict_that_does_not_allow_opens_nothing(home: House, alice: Actor, decision: Decision) -> None:
    post = await waiting_post(home, alice)
    judgement = await verdict(home, post, decision=decision)
    before = home.dump()
    with pytest.raises(GateClosed):
        await _try(home, post, judgement)
    assert home.dump() == before


async def test_a_verdict_of_another_policy_opens_nothing(home: House, alice: Actor) -> None:
    post = await waiting_post(home, alice)
    with pytest.raises(GateClosed, match="policy"):
        await _try(home, post, await verdict(home, post, policy_version="yesterday"))


async def test_a_verdict_over_another_text_opens_nothing(home: House, alice: Actor) -> None:
    post = await waiting_post(home, alice)
    judgement = await verdict(home, post)
    post.text += " and more"
    with pytest.raises(GateClosed, match="not judged"):
        await _try(home, post, judgement)


async def test_a_verdict_over_another_picture_opens_nothing(home: House, alice: Actor) -> None:
    post = await waiting_post(home, alice)
    judgement = await verdict(home, post)
    await picture_of(home, post, alt="")
    with pytest.raises(GateClosed, match="not judged"):
        await _try(home, post, judgement)


async def test_a_verdict_over_another_alt_text_opens_nothing(home: House, alice: Actor) -> None:
    post = await waiting_post(home, alice)
    picture = await picture_of(home, post)
    judgement = await verdict(home, post)
    async with home.context.database.write() as session:
        picture.alt = "something nobody judged"
        session.add(picture)
    with pytest.raises(GateClosed, match="not judged"):
        await _try(home, post, judgement)


async def test_a_verdict_of_another_post_opens_nothing(home: House, alice: Actor) -> None:
    post, other = await waiting_post(home, alice), await waiting_post(home, alice)
    with pytest.raises(GateClosed):
        await _try(home, post, await verdict(home, other))


async def test_published_twice_is_a_defect(home: House, alice: Actor) -> None:
    post = await published(home, alice)
    with pytest.raises(WrongState):
        await _try(home, post, await verdict(home, post))


def test_the_moves_are_exactly_these() -> None:
    for before in PostState:
        for after in PostState:
            post = Post(id=1, uri="x", author_id=1, created_ms=0, state=before)
            if after in MOVES[before]:
                move(post, after)
                assert post.state == after
            else:
                with pytest.raises(WrongState):
                    move(post, after)


async def test_the_note_is_labelled_and_complete(home: House, alice: Actor) -> None:
    post = await published(home, alice, "Harbour #Morning", picture=True)
    answer = await home.client.get(f"/notes/{post.id}", headers={"accept": "application/activity+json"})
    assert answer.status_code == 200
    note = answer.json()
    assert note["to"] == [f"{alice.uri}/followers"]
    assert note["cc"] == [PUBLIC]
    assert note["genAI"] is True
    assert "AI-generated · Scene 1" in note["content"]
    assert {"#Morning", "#AIGenerated"} <= {tag["name"] for tag in note["tag"]}
    [picture] = note["attachment"]
    assert picture["digitalSourceType"].endswith("/algorithmicMedia")
    assert picture["name"] == "A lighthouse at dawn"
    assert "summary" not in picture
    assert {"width", "height", "blurhash", "focalPoint"} <= picture.keys()
    assert (await home.client.get(picture["url"])).content == b"picture"
    assert sorted(row.name for row in await home.rows(PostTag)) == ["aigenerated", "morning"]


@pytest.mark.parametrize(("origin", "labelled"), [(Origin.DECLARED_AI, True), (Origin.DECLARED_NOT_AI, False)])
async def test_the_label_follows_the_recorded_origin(home: House, alice: Actor, origin: str, labelled: bool) -> None:
    post = await waiting_post(home, alice)
    await picture_of(home, post, origin=origin)
    await _try(home, post, await verdict(home, post))
    note = json.loads((await home.rows(Post, id=post.id))[0].document or b"")
    assert note.get("genAI", False) is labelled
    assert ("#AIGenerated" in [tag["name"] for tag in note["tag"]]) is labelled
    assert ("AI-generated" in note["content"]) is labelled
    assert ("digitalSourceType" in note["attachment"][0]) is labelled


async def test_text_alone_carries_no_label(home: House, alice: Actor) -> None:
    post = await published(home, alice)
    note = json.loads(post.document or b"")
    assert "genAI" not in note
    assert note["tag"] == []
    assert note["content"] == "<p>Good morning</p>"


async def test_a_deletion_leaves_a_tombstone_and_tells_the_followers(
    home: House, alice: Actor, bob: RemoteActor
) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    post = await published(home, alice, picture=True)
    picture = (await home.client.get(f"/notes/{post.id}", headers={"accept": "application/activity+json"})).json()
    async with home.context.database.write() as session:
        await remove(session, await session.get(Post, post.id))  # type: ignore[arg-type]
    home.clock.forward(5)  # past the moment for which answers are kept
    gone = await home.client.get(f"/notes/{post.id}", headers={"accept": "application/activity+json"})
    assert gone.status_code == 410
    assert gone.json()["type"] == "Tombstone"
    assert (await home.client.get(picture["attachment"][0]["url"])).status_code == 410
    assert (await home.client.get(post.activity_uri)).status_code == 410
    [row] = await home.rows(Activity, type="Delete")
    assert json.loads(row.body)["object"]["id"] == post.uri
    assert len(await home.rows(Delivery, activity_id=row.id)) == 1


async def test_people_of_this_server_hear_of_a_mention_without_a_delivery(home: House, alice: Actor) -> None:
    ben = await home.make_actor("ben")
    mention = {"uri": ben.uri, "handle": ben.handle, "url": ben.page_url, "as_written": "ben"}
    post = await published(home, alice, "Hello @ben", mentions=[mention])
    assert f'href="{ben.page_url}"' in post.content
    [told] = await home.rows(Notification, actor_id=ben.id)
    assert (told.kind, told.post_id) == ("mention", post.id)
    assert await home.rows(Delivery) == []
