"""Origin and ownership: AUT-01, 02, 03, 05, 06, 08, 09, 10, 11, 16, 21, 26 of the threat catalogue."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_ai.activitypub.authority import Admitted, admit_embedded, admit_fetched, admit_signed, owner_of
from fediverse_ai.core.errors import Malformed, Nonsense, Unauthenticated
from fediverse_ai.core.urls import same_origin

BOB = "https://good.test/u/bob"
EVE = "https://good.test/u/eve"
MAL = "https://evil.test/u/mal"
ALICE = "https://home.test/users/alice"


def activity(**members: Any) -> dict[str, Any]:
    return {"id": "https://good.test/a/1", "type": "Create", "actor": BOB, **members}


def note(**members: Any) -> dict[str, Any]:
    return {"id": "https://good.test/n/1", "type": "Note", "attributedTo": BOB, "content": "x", **members}


def signed(**members: Any) -> Admitted:
    document = activity(**members)
    return admit_signed(document, str(document["actor"]))


def test_nobody_else_makes_admitted_values() -> None:
    with pytest.raises(TypeError):
        Admitted("https://good.test/1", "Note", BOB, {}, "fetched")
    with pytest.raises(TypeError):
        Admitted("https://good.test/1", "Note", BOB, {}, "fetched", seal=object())
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(signed(), owner=MAL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        signed().owner = MAL  # type: ignore[misc]


def test_a_signed_activity_of_its_actor() -> None:
    admitted = signed(object=note())
    assert (admitted.id, admitted.type, admitted.owner, admitted.how) == (
        "https://good.test/a/1",
        "Create",
        BOB,
        "signed",
    )
    assert signed(actor=BOB, id=f"{BOB}#follows/1/undo").id.endswith("#follows/1/undo")
    assert admit_signed(activity(actor={"id": BOB, "type": "Person"}), BOB).owner == BOB
    assert admit_signed(activity(actor=[BOB]), BOB).owner == BOB


@pytest.mark.parametrize(
    "actor",
    [None, "", 1, "1", "alice", [], [MAL, BOB], [BOB, BOB], {"id": 1}, {}, {"id": [BOB]}, [BOB, 1], True,
     "https://good.test/u/../u/bob", "https://GOOD.test/u/bob", "https://good.test:443/u/bob", "acct:bob@good.test",
     "https://x@good.test/u/bob", f" {BOB}", f"{BOB}\n"],
)  # fmt: skip
def test_an_actor_is_exactly_one_id_in_normal_form(actor: Any) -> None:
    """AUT-09, AUT-21."""
    with pytest.raises((Malformed, Unauthenticated)):
        admit_signed(activity(actor=actor), BOB)


@pytest.mark.parametrize("actor", [MAL, EVE, f"{BOB}/", f"{BOB}#main-key", "https://good.test/u/BOB"])
def test_the_actor_is_the_signer(actor: str) -> None:
    """SIG-05."""
    with pytest.raises(Unauthenticated):
        admit_signed(activity(actor=actor), BOB)


@pytest.mark.parametrize(
    "uri",
    [None, "", 7, [], ["https://good.test/1", "https://good.test/2"], "https://evil.test/a/1", f"{ALICE}/p/9",
     "http://good.test/a/1", "https://good.test:8443/a/1", "https://good.test.evil.test/a/1", "urn:uuid:1"],
)  # fmt: skip
def test_the_id_of_an_activity_is_on_its_actors_origin(uri: Any) -> None:
    with pytest.raises(Malformed):
        admit_signed(activity(id=uri), BOB)


@pytest.mark.parametrize("kind", [None, 1, [], ["Create", "Delete"], "", {"id": "Create"}])
def test_an_activity_has_one_type(kind: Any) -> None:
    with pytest.raises(Malformed):
        admit_signed(activity(type=kind), BOB)


@pytest.mark.parametrize(
    "document",
    [
        note(actor=MAL, attributedTo=BOB, id="https://evil.test/1"),
        {"id": "https://evil.test/2", "type": "Person", "actor": MAL},
        {"id": "https://evil.test/3", "type": "Key", "owner": BOB, "actor": MAL},
    ],
)
def test_a_thing_of_somebody_else_is_no_activity_because_it_says_actor(document: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        admit_signed(document, MAL)


def test_a_strangers_object_inside_a_signed_activity_is_only_a_hint() -> None:
    """AUT-01, AUT-02, AUT-08, AUT-10, AUT-11: same origin and same owner, else nothing."""
    by_mal = admit_signed(activity(id="https://evil.test/a/1", actor=MAL, object=note()), MAL)
    assert admit_embedded(by_mal, note()) is None
    assert admit_embedded(by_mal, note(id="https://evil.test/n/1")) is None
    assert admit_embedded(by_mal, note(attributedTo=MAL)) is None
    assert admit_embedded(by_mal, note(id=f"{ALICE}/p/9", attributedTo=MAL)) is None
    by_eve = admit_signed(activity(actor=EVE), EVE)
    assert admit_embedded(by_eve, note()) is None
    assert admit_embedded(by_eve, {"id": "https://good.test/f/1", "type": "Follow", "actor": BOB}) is None
    by_bob = signed()
    assert admit_embedded(by_bob, {"id": "https://home.test/f/1", "type": "Follow", "actor": ALICE}) is None


def test_an_object_of_the_actor_is_believed() -> None:
    embedded = admit_embedded(signed(), note())
    assert embedded is not None
    assert (embedded.id, embedded.type, embedded.owner, embedded.how) == (
        "https://good.test/n/1",
        "Note",
        BOB,
        "embedded",
    )
    follow = {"id": f"{BOB}#follow/1", "type": "Follow", "actor": BOB, "object": ALICE}
    assert admit_embedded(signed(type="Undo"), follow) is not None
    person = {"id": BOB, "type": "Person"}
    assert admit_embedded(signed(type="Update"), person) is not None
    assert admit_embedded(signed(type="Update"), {"id": EVE, "type": "Person"}) is None


def test_parts_without_id_belong_to_their_document() -> None:
    part = admit_embedded(signed(), {"type": "Note", "content": "x"})
    assert part is not None
    assert (part.id, part.owner) == ("", BOB)
    assert admit_embedded(signed(), {"type": "Note", "attributedTo": MAL}) is None
    for uri in ([], ["https://good.test/1", "https://good.test/2"], 7, "", {"id": 1}):
        assert admit_embedded(signed(), {"id": uri, "type": "Note"}) is None


@pytest.mark.parametrize(
    "value",
    [None, "https://good.test/n/1", 7, [], [note()], {}, {"id": "https://good.test/n/1", "type": "Tombstone"},
     note(attributedTo=[BOB, MAL]), note(attributedTo=1), note(attributedTo=None), note(type=["Note", "Follow"]),
     note(id="https://good.test/a/../n/1")],
)  # fmt: skip
def test_values_that_say_nothing_clear_are_not_believed(value: object) -> None:
    assert admit_embedded(signed(), value) is None


def test_a_document_is_what_its_own_id_answers() -> None:
    """AUT-03, AUT-05, AUT-06: the final address is the id."""
    url = "https://good.test/n/1"
    admitted = admit_fetched(note(), url, url)
    assert (admitted.id, admitted.owner, admitted.how) == (url, BOB, "fetched")
    assert admit_fetched(note(), "https://good.test/@bob/1", url).id == url
    actor = {"id": BOB, "type": "Person"}
    for final in ("https://evil.test/x", "https://good.test/media/evil.json", f"{BOB}?x", "http://good.test/u/bob"):
        with pytest.raises(Nonsense):
            admit_fetched(actor, BOB, final)


def test_a_fetched_documents_owner_lives_on_its_origin() -> None:
    """AUT-02."""
    url = "https://evil.test/n/1"
    with pytest.raises(Nonsense):
        admit_fetched(note(id=url), url, url)
    for owner in ([MAL, BOB], 1, "alice", {"id": 1}, []):
        with pytest.raises(Malformed):
            admit_fetched(note(id=url, attributedTo=owner), url, url)


def test_things_without_owner() -> None:
    url = "https://good.test/u/bob/outbox"
    page = admit_fetched({"id": url, "type": "OrderedCollection", "totalItems": 1}, url, url)
    assert page.owner is None
    assert admit_embedded(page, note()) is None


@pytest.mark.parametrize(
    ("document", "owner"),
    [
        ({"id": f"{BOB}/main-key", "type": "Key", "owner": BOB}, BOB),
        ({"id": f"{BOB}#main-key", "type": "CryptographicKey", "controller": BOB}, BOB),
        ({"id": f"{BOB}#main-key", "publicKeyPem": "x", "owner": BOB}, BOB),
        ({"id": f"{BOB}#ed", "type": "Multikey", "controller": BOB}, BOB),
    ],
)
def test_keys(document: dict[str, Any], owner: str) -> None:
    url = document["id"].partition("#")[0]
    assert admit_fetched(document, url, url).owner == owner


def test_a_key_that_names_a_foreign_owner_is_not_admitted() -> None:
    """SIG-06, SIG-07."""
    with pytest.raises(Nonsense):
        admit_fetched({"id": "https://evil.test/k1", "type": "Key", "owner": BOB}, "https://evil.test/k1",
                      "https://evil.test/k1")  # fmt: skip
    with pytest.raises(Nonsense):
        admit_fetched({"id": "https://good.test/other#k", "type": "Key", "owner": BOB}, "https://good.test/k?x",
                      "https://good.test/k?x")  # fmt: skip


def test_owner_of_claims() -> None:
    assert owner_of({"type": "Person", "id": BOB, "attributedTo": MAL}) == BOB
    assert owner_of(activity(attributedTo=MAL)) == BOB
    assert owner_of(note(actor=MAL)) == BOB
    assert owner_of({"type": "OrderedCollection"}) is None
    assert owner_of({}) is None


URIS = st.sampled_from([BOB, EVE, MAL, ALICE, "https://good.test/n/1", "https://evil.test/n/1", "1", "", None, 7])
IDS = URIS | st.lists(URIS, max_size=2) | URIS.map(lambda uri: {"id": uri})
THINGS = st.fixed_dictionaries(
    {},
    optional={
        "id": IDS,
        "@id": IDS,
        "type": st.sampled_from(["Note", "Follow", "Person", "Key", "Odd", None, ["Note"], ["Note", "Follow"]]),
        "actor": IDS,
        "attributedTo": IDS,
        "owner": IDS,
        "publicKeyPem": st.just("x"),
    },
)


@settings(max_examples=300, deadline=None)
@given(outer=THINGS, inner=THINGS, signer=st.sampled_from([BOB, MAL]), final=st.sampled_from([BOB, MAL]))
def test_whatever_is_admitted_keeps_to_one_origin_and_owner(
    outer: dict[str, Any], inner: dict[str, Any], signer: str, final: str
) -> None:
    for admit in (lambda: admit_signed(outer, signer), lambda: admit_fetched(outer, final, final)):
        try:
            admitted = admit()
        except (Malformed, Nonsense, Unauthenticated):
            continue
        if admitted.owner is not None:
            assert same_origin(admitted.id, admitted.owner)
        if admitted.how == "signed":
            assert admitted.owner == signer
        else:
            assert admitted.id == final
        embedded = admit_embedded(admitted, inner)
        if embedded is not None:
            assert embedded.owner == admitted.owner
            assert embedded.id == "" or same_origin(embedded.id, admitted.id)
