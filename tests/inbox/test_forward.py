"""What one server carries of another's: believed by a proof of its actor or by asking its home, else without effect.

The carrier signs properly, so the answer is 202 in every case.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from actors.models import Actor, DomainRule
from actors.policy import DomainRules
from actors.proof_keys import ProofKeys
from fediverse_ai.activitypub import proofs
from fediverse_ai.core import limits
from inbox.models import Received
from outbox.models import Post, PostState, Reaction
from tests.inbox.stage import Document, Stage, changed, stage_in
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON, PUBLIC, RemoteActor
from tests.support.rooms import deliver_all, published, settle

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        await made.follow(made.bob)
        give_key(made.bob, KEY)
        give_key(made.eve, OTHER_KEY)
        yield made


def give_key(actor: RemoteActor, key: Ed25519PrivateKey) -> None:
    actor.changes["assertionMethod"] = [proofs.multikey_document(actor.uri, key.public_key())]


def proven(activity: Document, actor: RemoteActor, key: Ed25519PrivateKey = KEY, **options: Any) -> Document:
    created = options.pop("created", datetime.now(UTC))
    key_id = options.pop("key_id", f"{actor.uri}#ed25519-key")
    return proofs.sign(activity, key_id=key_id, private_key=key, created=created)


def unserved(stage: Stage, *documents: Document) -> None:
    """The home of these no longer answers with them."""
    for one in documents:
        stage.good.documents.pop(one["id"].removeprefix(stage.good.origin), None)


async def carried(stage: Stage, carrier: RemoteActor, activity: Document) -> None:
    """The carrier posts it and gets 202; what was stored is handled."""
    answer = await carrier.deliver(stage.home.inbox, activity)
    assert answer.status_code == 202, answer.text
    await settle(stage.home)


async def without_effect(stage: Stage, carrier: RemoteActor, activity: Document, *, egress: bool = False) -> None:
    before, asked = stage.home.dump(), stage.asked()
    await carried(stage, carrier, activity)
    assert changed(before, stage.home.dump()) == [], "no row, not even that it came"
    if not egress:
        assert stage.asked() == asked


async def test_a_proof_by_the_actor_is_believed_without_asking_for_the_activity(stage: Stage) -> None:
    note = stage.bob.note("<p>proven</p>")
    create = stage.bob.create(note)
    unserved(stage, note, create)
    await carried(stage, stage.mal, proven(create, stage.bob))
    assert (await stage.post_of(note)).content == "<p>proven</p>"
    [row] = await stage.home.rows(Received, activity_uri=create["id"])
    assert (row.sender_uri, row.state) == (stage.bob.uri, "done")


async def test_the_key_of_a_proof_is_asked_for_once(stage: Stage) -> None:
    """It is remembered with the keys of requests, until the actor is read anew; junk makes nobody ask again."""

    async def proven_note(key: Ed25519PrivateKey = KEY) -> bool:
        note = stage.bob.note("<p>proven</p>")
        create = stage.bob.create(note)
        unserved(stage, note, create)
        await carried(stage, stage.mal, proven(create, stage.bob, key))
        return bool(await stage.home.rows(Post, uri=note["id"]))

    before = sum(one.path == "/users/bob" for one in stage.good.asked)
    assert await proven_note()
    assert await proven_note()
    assert not await proven_note(OTHER_KEY)
    assert sum(one.path == "/users/bob" for one in stage.good.asked) == before + 1

    give_key(stage.bob, OTHER_KEY)
    await stage.receive(stage.bob, stage.bob.activity("Update", stage.bob.document(), to=[PUBLIC]))
    assert stage.home.context.part(ProofKeys).remembered(stage.bob.uri, f"{stage.bob.uri}#ed25519-key") is None
    stage.home.context.part(ProofKeys)._asked.clear()  # the cool-down is over
    assert await proven_note(OTHER_KEY)
    assert not await proven_note(KEY)


PROOFS: dict[str, Callable[[Stage, Document], Document]] = {
    "of the carrier": lambda stage, made: proven(made, stage.mal),
    "with a key that is not listed": lambda stage, made: proven(made, stage.bob, OTHER_KEY),
    "with a key id that is not listed": lambda stage, made: proven(made, stage.bob, key_id=f"{stage.bob.uri}#other"),
    "of a neighbour": lambda stage, made: proven(made, stage.eve, OTHER_KEY),
    "over other words": lambda stage, made: proven(made, stage.bob) | {"object": made["object"] | {"content": "x"}},
    "with something added": lambda stage, made: proven(made, stage.bob) | {"cc": [stage.mal.uri]},
    "over the object only": lambda stage, made: made | {"object": proven(made["object"], stage.bob)},
    "twice": lambda stage, made: made | {"proof": [proven(made, stage.bob)["proof"]] * 2},
    "for another purpose": lambda stage, made: _with(proven(made, stage.bob), proofPurpose="authentication"),
    "expired": lambda stage, made: _with(proven(made, stage.bob), expires="2020-01-01T00:00:00Z"),
    "of tomorrow": lambda stage, made: proven(made, stage.bob, created=datetime.now(UTC) + timedelta(days=1)),
    "with another context": lambda stage, made: proven(made, stage.bob) | {"@context": ["https://else.test/ns"]},
    "by an LD signature": lambda stage, made: made | {"signature": {"type": "RsaSignature2017", "creator": "x"}},
}


def _with(document: Document, **changes: Any) -> Document:
    return document | {"proof": document["proof"] | changes}


@pytest.mark.parametrize("form", PROOFS)
async def test_no_other_proof_is_believed(stage: Stage, form: str) -> None:
    """AUT-29, AUT-28: and its home does not know it."""
    note = stage.bob.note("<p>false</p>")
    create = stage.bob.create(note)
    unserved(stage, note, create)
    await without_effect(stage, stage.mal, PROOFS[form](stage, create), egress=True)


async def test_a_doctored_copy_brings_what_its_home_says(stage: Stage) -> None:
    """AUT-30: the body is discarded, only its ids are used."""
    note = stage.bob.note("<p>true</p>")
    create = stage.bob.create(note)
    doctored = create | {"object": create["object"] | {"content": "<p>doctored</p>"}}
    await carried(stage, stage.mal, doctored)
    assert (await stage.post_of(note)).content == "<p>true</p>"
    [row] = await stage.home.rows(Received, activity_uri=create["id"])
    assert json.loads(row.body)["object"]["content"] == "<p>true</p>"
    await without_effect(stage, stage.mal, doctored)


async def test_an_activity_without_an_address_brings_its_object(stage: Stage) -> None:
    """GoToSocial's Create has a fragment, others cannot be fetched; and the true one does no harm afterwards."""
    note = stage.bob.note("<p>true</p>")
    create = stage.bob.create(note)
    unserved(stage, create)
    await carried(stage, stage.mal, create | {"object": note["id"]})
    assert (await stage.post_of(note)).content == "<p>true</p>"
    assert await stage.home.rows(Received, activity_uri=create["id"]) == [], "an id that its home does not know"
    assert (await stage.receive(stage.bob, create)).state == "ignored"
    assert len(await stage.home.rows(Post, uri=note["id"])) == 1


async def test_the_id_of_an_activity_cannot_be_used_up_by_a_carrier(stage: Stage) -> None:
    """Mal carries a Create under the id that bob's Undo will have: the Undo is still handled."""
    post = await published(stage.home, stage.alice)
    like = stage.bob.activity("Like", post.uri)
    await stage.receive(stage.bob, like)
    undo = stage.bob.activity("Undo", like)
    note = stage.bob.note("<p>hi</p>")
    await carried(stage, stage.mal, stage.bob.create(note) | {"id": undo["id"], "object": note["id"]})
    assert (await stage.receive(stage.bob, undo)).state == "done"
    assert await stage.home.rows(Reaction, post_id=post.id) == []


async def test_a_forwarded_edit_is_read_at_its_home(stage: Stage) -> None:
    note = stage.bob.note("<p>first</p>")
    await stage.receive(stage.bob, stage.bob.create(note))
    edited = note | {"content": "<p>second</p>", "updated": "2030-01-01T00:00:00Z"}
    stage.good.serve(edited)
    update = stage.bob.activity("Update", edited | {"content": "<p>doctored</p>"})
    unserved(stage, update)
    await carried(stage, stage.mal, update)
    assert (await stage.post_of(note)).content == "<p>second</p>"


@pytest.mark.parametrize("kind", ["Like", "Announce"])
async def test_a_forwarded_reaction_counts_if_its_home_confirms_it(stage: Stage, kind: str) -> None:
    post = await published(stage.home, stage.alice)
    await deliver_all(stage.home)
    unknown = stage.bob.activity(kind, post.uri)
    unserved(stage, unknown)
    await without_effect(stage, stage.mal, unknown, egress=True)
    await carried(stage, stage.mal, stage.bob.activity(kind, post.uri))
    after = await stage.fresh(post)
    assert after.likes + after.boosts == 1


@pytest.mark.parametrize("kind", ["Follow", "Undo", "Accept", "Reject", "Block", "Flag", "Move", "Add"])
async def test_what_no_home_can_be_asked_about_has_no_effect(stage: Stage, kind: str) -> None:
    made = stage.bob.activity(kind, stage.alice.uri)
    await without_effect(stage, stage.mal, made)
    await without_effect(stage, stage.eve, made)


async def test_a_post_of_another_actor_of_that_home_is_not_taken(stage: Stage) -> None:
    """The home answers, but with eve's: bob said nothing."""
    note = stage.eve.note("<p>by eve</p>")
    create = stage.bob.activity("Create", note["id"])
    unserved(stage, create)
    await without_effect(stage, stage.mal, create, egress=True)
    served = stage.eve.create(note)
    await without_effect(stage, stage.mal, served | {"actor": stage.bob.uri}, egress=True)


async def test_what_does_not_concern_us_is_not_asked_for(stage: Stage) -> None:
    note = stage.eve.note("<p>hello world</p>")
    await without_effect(stage, stage.mal, stage.eve.create(note))
    stranger = stage.good.actor("stranger", key=3)
    await without_effect(stage, stage.mal, stranger.activity("Like", note["id"]))
    await without_effect(stage, stage.mal, stranger.activity("Delete", note["id"]))
    forged = stage.mal.activity("Create", f"{stage.home.origin}/notes/1") | {"actor": stage.alice.uri}
    await without_effect(stage, stage.mal, forged)


@pytest.mark.parametrize("answer", ["404", "410", "Tombstone"])
async def test_a_forwarded_delete_counts_when_its_home_confirms_it(stage: Stage, answer: str) -> None:
    note = stage.bob.note("<p>gone?</p>")
    await stage.receive(stage.bob, stage.bob.create(note))
    delete = stage.bob.activity("Delete", note["id"])
    await without_effect(stage, stage.mal, delete, egress=True)
    unserved(stage, note)
    path = note["id"].removeprefix(stage.good.origin)
    if answer == "410":
        stage.good.behaviours[path] = _answers(410, {})
    elif answer == "Tombstone":
        stage.good.behaviours[path] = _answers(200, {"id": note["id"], "type": "Tombstone"})
    await carried(stage, stage.mal, delete)
    assert (await stage.post_of(note)).state == PostState.DELETED
    assert (await stage.receive(stage.bob, stage.bob.create(note))).state == "ignored"


def _answers(status: int, body: Document) -> Any:
    async def answer(*_: object) -> tuple[int, dict[str, str], bytes]:
        return status, {"content-type": ACTIVITY_JSON}, json.dumps(body).encode()

    return answer


async def test_a_delete_of_anothers_post_is_nothing(stage: Stage) -> None:
    """Eve, whose post is gone at home, does not take bob's along; nor does a Delete that names our post."""
    note = stage.bob.note("<p>stays</p>")
    await stage.receive(stage.bob, stage.bob.create(note))
    ours = await published(stage.home, stage.alice)
    await deliver_all(stage.home)
    unserved(stage, note)
    await without_effect(stage, stage.mal, stage.eve.activity("Delete", note["id"]), egress=True)
    await without_effect(stage, stage.mal, stage.bob.activity("Delete", ours.uri))


async def test_an_actor_is_gone_only_by_410_or_tombstone(stage: Stage) -> None:
    delete = stage.bob.activity("Delete", stage.bob.uri)
    await without_effect(stage, stage.mal, delete, egress=True)
    stage.good.behaviours["/users/bob"] = _answers(404, {})
    await without_effect(stage, stage.mal, delete, egress=True)
    stage.good.behaviours["/users/bob"] = _answers(410, {})
    await carried(stage, stage.mal, delete)
    [row] = await stage.home.rows(Actor, uri=stage.bob.uri)
    assert row.deleted_ms is not None


async def test_a_home_that_does_not_answer_is_no_proof(stage: Stage) -> None:
    note = stage.bob.note("<p>hi</p>")
    await stage.receive(stage.bob, stage.bob.create(note))
    stage.good.behaviours[note["id"].removeprefix(stage.good.origin)] = _answers(502, {})
    await without_effect(stage, stage.mal, stage.bob.activity("Delete", note["id"]), egress=True)


async def test_a_carrier_drives_a_bounded_number_of_requests(stage: Stage) -> None:
    post = await published(stage.home, stage.alice)
    await deliver_all(stage.home)
    rate, asked, began = limits.FORWARDS_PER_HOST, stage.asked(), stage.home.clock.monotonic()
    for number in range(rate.count + 30):
        like = {"type": "Like", "actor": stage.bob.uri, "object": post.uri, "id": f"{stage.good.origin}/never/{number}"}
        answer = await stage.mal.deliver(stage.home.inbox, {"@context": [], **like})
        assert answer.status_code == 202
    refilled = (stage.home.clock.monotonic() - began) * rate.count / rate.seconds
    assert stage.asked() - asked <= min(rate.count + refilled + 1, rate.count + 29)
    assert await stage.home.rows(Reaction, post_id=post.id) == []


async def test_a_rule_about_the_author_holds_for_its_carriers_too(stage: Stage) -> None:
    """AUT-30, AUT-31: a suspended author does not come in by another's hand."""
    bob = await stage.row_of(stage.bob)
    note = stage.bob.note("<p>hi</p>")
    async with stage.home.context.database.write() as session:
        bob.suspended_ms = 1
        session.add(bob)
    await without_effect(stage, stage.mal, stage.bob.create(note))
    rule = DomainRule(id=stage.home.context.ids.new(), host="else.test", created_ms=1)
    async with stage.home.context.database.write() as session:
        session.add(rule)
    stage.home.context.part(DomainRules).forget()
    made = stage.mal.activity("Like", stage.alice.uri) | {"actor": "https://else.test/u/x", "id": "https://else.test/1"}
    before = stage.home.dump()
    assert (await stage.mal.deliver(stage.home.inbox, made)).status_code == 403
    assert changed(before, stage.home.dump()) == []
