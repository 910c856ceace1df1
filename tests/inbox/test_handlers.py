"""Follow, Accept, Reject, Undo, Like and Announce through the real route: what they do, and what they may not do.

The refusals are those of the threat catalogue's authority list (AUT-…), each with the oracles of `stage`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors.models import Actor, Block, DomainRule, Follow, FollowState
from actors.policy import DomainRules
from inbox.models import Received, Tombstone
from outbox import follow as follow_verbs
from outbox import react
from outbox.models import Activity, Notification, Reaction, ReactionKind, Visibility
from tests.inbox.stage import Stage, stage_in
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
    async with stage_in(home) as made:
        yield made


async def sent(stage: Stage, kind: str) -> list[dict[str, Any]]:
    """The activities of alice that were recorded, oldest first."""
    rows = await stage.home.rows(Activity, actor_id=stage.alice.id, type=kind)
    return [json.loads(row.body) for row in sorted(rows, key=lambda row: row.id)]


async def followers(stage: Stage) -> list[Follow]:
    return await stage.home.rows(Follow, followed_id=stage.alice.id)


async def kinds_told(stage: Stage) -> list[str]:
    return sorted(row.kind for row in await stage.home.rows(Notification, actor_id=stage.alice.id))


# Follow


async def test_a_follow_is_accepted_with_the_whole_original_inside(stage: Stage) -> None:
    asked = stage.bob.activity("Follow", stage.alice.uri)
    row = await stage.receive(stage.bob, asked)
    assert row.state == "done"
    [follow] = await followers(stage)
    assert (follow.state, follow.uri) == (FollowState.ACCEPTED, asked["id"])
    answer = await stage.good.arrival("Accept")
    assert answer["object"] == {name: asked[name] for name in ("id", "type", "actor", "object")}
    assert [arrival.path for arrival in stage.good.arrivals] == ["/users/bob/inbox"]
    assert await kinds_told(stage) == ["follow"]


async def test_a_repeated_follow_is_accepted_again_with_the_new_id(stage: Stage) -> None:
    first, second = (stage.bob.activity("Follow", stage.alice.uri) for _ in range(2))
    await stage.receive(stage.bob, first)
    assert (await stage.receive(stage.bob, second)).state == "done"
    assert [row.uri for row in await followers(stage)] == [second["id"]]
    assert [answer["object"]["id"] for answer in await sent(stage, "Accept")] == [first["id"], second["id"]]
    assert await kinds_told(stage) == ["follow"]


async def test_a_locked_account_leaves_a_follow_pending_until_its_owner_decides(stage: Stage) -> None:
    async with stage.home.context.database.write() as session:
        stage.alice.manually_approves = True
        session.add(stage.alice)
    for _ in range(2):
        await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    [follow] = await followers(stage)
    assert follow.state == FollowState.PENDING
    assert await sent(stage, "Accept") == []
    assert await kinds_told(stage) == ["follow_request"]
    post = await published(stage.home, stage.alice, visibility=Visibility.FOLLOWERS)
    assert (await stage.bob.get(post.uri)).status_code == 404
    async with stage.home.context.database.write() as session:
        follower = await session.get(Actor, follow.follower_id)
        assert follower is not None
        await follow_verbs.approve(session, follow, follower, stage.alice)
    await deliver_all(stage.home)
    assert (await stage.good.arrival("Accept"))["object"]["id"] == follow.uri
    assert (await stage.bob.get(post.uri)).status_code == 200


@pytest.mark.parametrize("form", ["embedded", "list of one"])
async def test_the_object_of_a_follow_may_come_in_other_forms(stage: Stage, form: str) -> None:
    target: Any = {"id": stage.alice.uri, "type": "Person"} if form == "embedded" else [stage.alice.uri]
    assert (await stage.receive(stage.bob, stage.bob.activity("Follow", target))).state == "done"


async def test_the_server_itself_and_strangers_cannot_be_followed(stage: Stage) -> None:
    for target in (f"{stage.home.origin}/users/nobody", stage.eve.uri, PUBLIC):
        await stage.refused(stage.bob, stage.bob.activity("Follow", target))
    server = stage.bob.activity("Follow", f"{stage.home.origin}/actor")
    assert (await stage.receive(stage.bob, server)).state == "dropped"
    answer = await stage.good.arrival("Reject")
    assert (answer["actor"], answer["object"]["id"]) == (server["object"], server["id"]), "nobody waits for ever"
    bob = await stage.row_of(stage.bob)
    assert await stage.home.rows(Follow, follower_id=bob.id) == []


async def test_whom_alice_blocked_cannot_follow_her(stage: Stage) -> None:
    bob = await stage.row_of(stage.bob)
    async with stage.home.context.database.write() as session:
        session.add(Block(id=1, blocker_id=stage.alice.id, blocked_id=bob.id, created_ms=0))
    await stage.refused(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    async with stage.home.context.database.write() as session:
        await session.delete(await session.get(Block, 1))


# Undo of a Follow


@pytest.mark.parametrize("form", ["embedded", "id alone", "another id"])
async def test_a_follow_is_undone_by_its_follower(stage: Stage, form: str) -> None:
    asked = stage.bob.activity("Follow", stage.alice.uri)
    await stage.receive(stage.bob, asked)
    gone: Any = {"embedded": asked, "id alone": asked["id"], "another id": asked | {"id": f"{stage.bob.uri}#follow"}}
    assert (await stage.receive(stage.bob, stage.bob.activity("Undo", gone[form]))).state == "done"
    assert await followers(stage) == []


async def test_an_undo_that_overtakes_its_follow_wins(stage: Stage) -> None:
    asked = stage.bob.activity("Follow", stage.alice.uri)
    assert (await stage.receive(stage.bob, stage.bob.activity("Undo", asked))).state == "ignored"
    assert (await stage.receive(stage.bob, asked)).state == "ignored"
    assert await followers(stage) == []
    assert await sent(stage, "Accept") == []
    again = stage.bob.activity("Follow", stage.alice.uri)
    assert (await stage.receive(stage.bob, again)).state == "done"


async def test_nobody_undoes_the_follow_of_another(stage: Stage) -> None:
    """AUT-11: by another server, and by a neighbour on bob's own."""
    asked = stage.bob.activity("Follow", stage.alice.uri)
    await stage.receive(stage.bob, asked)
    for other in (stage.mal, stage.eve):
        await stage.refused(other, other.activity("Undo", asked))
        row = await stage.receive(other, other.activity("Undo", asked["id"]))
        assert row.state in ("dropped", "ignored", "unsupported")
        assert len(await followers(stage)) == 1


async def test_a_stone_set_by_another_does_not_stand_in_the_way(stage: Stage) -> None:
    """AUT-11: mal names bob's Follow before bob sends it, and bob's own Undo still works afterwards."""
    asked = stage.bob.activity("Follow", stage.alice.uri)
    for other in (stage.mal, stage.eve):
        await stage.receive(other, other.activity("Undo", {"type": "Follow", "id": asked["id"], "object": PUBLIC}))
    undone = stage.bob.activity("Undo", asked)
    await stage.receive(stage.bob, undone)
    assert (await stage.receive(stage.bob, asked)).state == "ignored"
    owners = {row.owner_uri for row in await stage.home.rows(Tombstone, uri=asked["id"])}
    assert stage.bob.uri in owners
    assert stage.mal.uri not in owners


# Accept and Reject


@pytest.mark.parametrize("form", ["embedded", "id alone", "pair"])
async def test_an_accept_of_the_followed_settles_the_follow(stage: Stage, form: str) -> None:
    bob = await stage.row_of(stage.bob)
    async with stage.home.context.database.write() as session:
        follow = await follow_verbs.ask(session, stage.alice, bob)
    await deliver_all(stage.home)
    asked = await stage.good.arrival("Follow")
    assert asked["id"] == follow.uri
    pair = {"type": "Follow", "actor": stage.alice.uri, "object": stage.bob.uri}
    given: Any = {"embedded": asked, "id alone": asked["id"], "pair": pair}[form]
    assert (await stage.receive(stage.bob, stage.bob.activity("Accept", given))).state == "done"
    [row] = await stage.home.rows(Follow, id=follow.id)
    assert row.state == FollowState.ACCEPTED


async def test_only_the_followed_actor_accepts(stage: Stage) -> None:
    """AUT-12: not another server, not a neighbour, not by a Follow rewritten to name the sender."""
    uri = await stage.follow(stage.bob, FollowState.PENDING)
    original = {"id": uri, "type": "Follow", "actor": stage.alice.uri, "object": stage.bob.uri}
    for other in (stage.mal, stage.eve):
        for inner in (uri, original, original | {"object": other.uri}):
            for verb in ("Accept", "Reject"):
                await stage.refused(other, other.activity(verb, inner))


async def test_an_accept_of_a_follow_that_was_never_sent_does_nothing(stage: Stage) -> None:
    """AUT-12: Pixelfed's locked accounts leaked this way."""
    never = {"id": f"{stage.home.origin}/activities/1", "type": "Follow", "object": stage.bob.uri}
    for actor in (stage.alice.uri, stage.mal.uri):
        await stage.refused(stage.bob, stage.bob.activity("Accept", never | {"actor": actor}))


async def test_a_follow_of_others_is_not_ours_to_settle(stage: Stage) -> None:
    """AUT-12: mal's row as a follower of alice is not touched by mal's own Accept."""
    asked = stage.mal.activity("Follow", stage.alice.uri)
    await stage.receive(stage.mal, asked)
    await stage.refused(stage.mal, stage.mal.activity("Accept", asked))
    await stage.refused(stage.bob, stage.bob.activity("Reject", asked))


async def test_the_last_word_of_the_followed_counts(stage: Stage) -> None:
    """AUT-13: accepted twice, then removed, then accepted though nobody asks any more."""
    uri = await stage.follow(stage.bob, FollowState.PENDING)
    original = {"id": uri, "type": "Follow", "actor": stage.alice.uri, "object": stage.bob.uri}
    for _ in range(2):
        await stage.receive(stage.bob, stage.bob.activity("Accept", original))
        assert [row.state for row in await stage.home.rows(Follow, uri=uri)] == [FollowState.ACCEPTED]
    assert (await stage.receive(stage.bob, stage.bob.activity("Reject", original))).state == "done"
    assert await stage.home.rows(Follow, uri=uri) == []
    await stage.refused(stage.bob, stage.bob.activity("Accept", original))


async def test_an_answer_without_an_id_is_believed_once(stage: Stage) -> None:
    """Epicyon's Accept has none; its signer and its bytes name it."""
    uri = await stage.follow(stage.bob, FollowState.PENDING)
    original = {"id": uri, "type": "Follow", "actor": stage.alice.uri, "object": stage.bob.uri}
    answer = {"type": "Accept", "actor": stage.bob.uri, "object": original, "to": [stage.alice.uri]}
    for _ in range(2):
        assert (await stage.bob.deliver(stage.home.inbox, answer)).status_code == 202
    received = [row for row in await settle(stage.home) if row.sender_uri == stage.bob.uri and row.type == "Accept"]
    assert [row.state for row in received] == ["done"]
    assert received[0].activity_uri.startswith(f"{stage.bob.uri}#accept-")
    assert [row.state for row in await stage.home.rows(Follow, uri=uri)] == [FollowState.ACCEPTED]


# Like and Announce


@pytest.mark.parametrize(("verb", "kind"), [("Like", ReactionKind.LIKE), ("Announce", ReactionKind.BOOST)])
async def test_a_reaction_counts_once_and_is_told_once(stage: Stage, verb: str, kind: ReactionKind) -> None:
    """AUT-19: however many ids one actor gives to it."""
    post = await published(stage.home, stage.alice)
    states = [(await stage.receive(stage.bob, stage.bob.activity(verb, post.uri))).state for _ in range(3)]
    assert states == ["done", "ignored", "ignored"]
    assert [row.kind for row in await stage.home.rows(Reaction, post_id=post.id)] == [kind]
    stage.home.clock.forward(5)
    counted = (await stage.bob.get(post.uri)).json()[{"Like": "likes", "Announce": "shares"}[verb]]
    assert counted["totalItems"] == 1
    assert await kinds_told(stage) == [kind]


@pytest.mark.parametrize("verb", ["Like", "Announce"])
@pytest.mark.parametrize("form", ["embedded", "id alone", "pair", "id of the Undo"])
async def test_a_reaction_is_undone_by_its_author(stage: Stage, verb: str, form: str) -> None:
    post = await published(stage.home, stage.alice)
    done = stage.bob.activity(verb, post.uri)
    await stage.receive(stage.bob, done)
    pair = {"type": verb, "actor": stage.bob.uri, "object": post.uri}
    given: Any = {"embedded": done, "id alone": done["id"], "pair": pair, "id of the Undo": pair}[form]
    undo = stage.bob.activity("Undo", given)
    if form == "id of the Undo":  # Epicyon
        given["id"] = undo["id"]
    assert (await stage.receive(stage.bob, undo)).state == "done"
    assert await stage.home.rows(Reaction, post_id=post.id) == []
    after = await stage.fresh(post)
    assert (after.likes, after.boosts) == (0, 0)


@pytest.mark.parametrize("verb", ["Like", "Announce"])
async def test_an_undo_that_overtakes_its_reaction_wins(stage: Stage, verb: str) -> None:
    post = await published(stage.home, stage.alice)
    done = stage.bob.activity(verb, post.uri)
    await stage.receive(stage.bob, stage.bob.activity("Undo", done))
    assert (await stage.receive(stage.bob, done)).state == "ignored"
    assert await stage.home.rows(Reaction, post_id=post.id) == []


@pytest.mark.parametrize("verb", ["Like", "Announce"])
async def test_nobody_undoes_the_reaction_of_another(stage: Stage, verb: str) -> None:
    """AUT-11."""
    post = await published(stage.home, stage.alice)
    done = stage.bob.activity(verb, post.uri)
    await stage.receive(stage.bob, done)
    for other in (stage.mal, stage.eve):
        await stage.refused(other, other.activity("Undo", done))
        await stage.receive(other, other.activity("Undo", done["id"]))
        await stage.receive(other, other.activity("Undo", done | {"actor": other.uri}))
        assert len(await stage.home.rows(Reaction, post_id=post.id)) == 1


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
async def test_a_private_post_is_not_boosted_and_not_confirmed(stage: Stage, visibility: Visibility) -> None:
    """AUT-18: not by a stranger, not by a follower; and what is not there looks the same."""
    await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    post = await published(stage.home, stage.alice, visibility=visibility)
    await deliver_all(stage.home)
    for booster in (stage.bob, stage.mal):
        await stage.refused(booster, booster.activity("Announce", post.uri, to=[PUBLIC]))
    await stage.refused(stage.mal, stage.mal.activity("Like", post.uri))
    await stage.refused(stage.mal, stage.mal.activity("Like", f"{stage.home.origin}/notes/1"))


async def test_a_boost_brings_the_post_from_its_home(stage: Stage) -> None:
    """Only because alice follows the booster, and only what the author's own server says."""
    await stage.follow(stage.bob)
    note = stage.mal.note("<p>true</p>")
    doctored = {**note, "content": "<p>doctored</p>"}
    assert (await stage.receive(stage.bob, stage.bob.activity("Announce", doctored))).state == "done"
    post = await stage.post_of(note)
    assert (post.content, post.boosts) == ("<p>true</p>", 1)
    assert post.author_id == (await stage.row_of(stage.mal)).id


async def test_a_boost_of_nobody_alice_follows_fetches_nothing(stage: Stage) -> None:
    """AUT-18, D11: what nobody asked for is not fetched, and an embedded copy is not kept."""
    await stage.refused(stage.bob, stage.bob.activity("Announce", stage.mal.note("<p>look</p>")))


async def test_a_boost_does_not_bring_a_private_post(stage: Stage) -> None:
    """AUT-18: though its home hands it to us, it is nobody's here to see."""
    await stage.follow(stage.bob)
    private = stage.bob.note("<p>secret</p>", to=[stage.bob.followers], cc=[])
    await stage.refused(stage.bob, stage.bob.activity("Announce", private["id"], to=[PUBLIC]), egress=True)


async def test_a_boost_does_not_bring_back_what_was_deleted(stage: Stage) -> None:
    await stage.follow(stage.bob)
    note = stage.bob.note("<p>gone</p>")
    await stage.receive(stage.bob, stage.bob.activity("Delete", note["id"]))
    await stage.refused(stage.bob, stage.bob.activity("Announce", note["id"]), egress=True)


async def test_a_boost_does_not_bring_a_post_of_a_suspended_actor(stage: Stage) -> None:
    """AUT-31: blocked authors came back through clean carriers elsewhere."""
    await stage.follow(stage.bob)
    eve = await stage.row_of(stage.eve)
    async with stage.home.context.database.write() as session:
        eve.suspended_ms = 1
        session.add(eve)
    note = stage.eve.note("<p>look</p>")
    await stage.refused(stage.bob, stage.bob.activity("Announce", note["id"]), egress=True)


async def test_a_boost_makes_us_ask_no_suspended_server(stage: Stage) -> None:
    """AUT-31. Rules know no ports and every peer here is 127.0.0.1, so the boost is in before the rule is made."""
    await stage.follow(stage.bob)
    boost = stage.bob.activity("Announce", stage.mal.note("<p>look</p>")["id"])
    assert (await stage.bob.deliver(stage.home.inbox, boost)).status_code == 202
    context, asked = stage.home.context, stage.asked()
    async with context.database.write() as session:
        session.add(DomainRule(id=1, host="127.0.0.1", created_ms=0))
    context.part(DomainRules).forget()
    try:
        await settle(stage.home)
    finally:
        async with context.database.write() as session:
            await session.delete(await session.get(DomainRule, 1))
        context.part(DomainRules).forget()
    [row] = await stage.home.rows(Received, activity_uri=boost["id"])
    assert row.state == "dropped"
    assert stage.asked() == asked


async def test_a_boost_of_an_address_of_ours_is_looked_up_and_never_asked(stage: Stage) -> None:
    """AUT-10."""
    await stage.follow(stage.bob)
    await stage.refused(stage.bob, stage.bob.activity("Announce", f"{stage.home.origin}/notes/77"))


async def test_a_reaction_of_ours_is_taken_back_where_it_was_sent(stage: Stage) -> None:
    """The other direction: bob gets Like and Undo, the Undo with the whole Like inside."""
    await stage.follow(stage.bob)
    note = stage.bob.note("<p>mine</p>")
    await stage.receive(stage.bob, stage.bob.create(note))
    post = await stage.post_of(note)
    async with stage.home.context.database.write() as session:
        await react.like(session, stage.alice, post)
    await deliver_all(stage.home)
    like = await stage.good.arrival("Like")
    async with stage.home.context.database.write() as session:
        await react.take_back(session, stage.alice, post, ReactionKind.LIKE)
    await deliver_all(stage.home)
    undo = await stage.good.arrival("Undo")
    assert undo["object"] == {name: value for name, value in like.items() if name != "@context"}
