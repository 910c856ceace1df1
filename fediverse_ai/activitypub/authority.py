"""Origin and ownership: the only maker of Admitted values (who said this, and may it be believed)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from typing import Any, Final, Literal

from fediverse_ai.activitypub.document import Document, id_of, timestamp_ms, type_of
from fediverse_ai.activitypub.vocabulary import ACTIVITY_TYPES, ACTOR_TYPES, KEY_TYPES
from fediverse_ai.core.errors import Malformed, Nonsense, Unauthenticated
from fediverse_ai.core.urls import check_id, same_origin

_SEAL: Final = object()


@dataclass(frozen=True, slots=True)
class Admitted:
    """Remote data that may be believed: its owner said it, and we know how we know.

    Made only by the functions of this module (rule D1). `owner` is None for things that name none, such as
    collections: believe them for what their origin may say, never for what an actor may. `id` is "" for an anonymous
    part of another document. The document is to be read, not changed.
    """

    id: str
    type: str
    owner: str | None
    document: Document
    how: Literal["signed", "fetched", "embedded"]
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("Admitted values are made by activitypub.authority alone")


def _refuse(detail: str) -> Malformed:
    return Malformed("The document does not say clearly whose it is.", detail)


def _one_id(document: Mapping[str, Any], key: str) -> str | None:
    """The one id under `key`, None when there is no such key; more than one, or no id in it, is Malformed (AUT-21)."""
    value = document.get(key)
    if value is None:
        return None
    uri = id_of(value)
    if uri is None:
        raise _refuse(f"{key} is not exactly one id")
    return check_id(uri)


def owner_of(document: Mapping[str, Any]) -> str | None:
    """Who a document claims as its owner: an actor owns itself, an activity its `actor`, a key its `owner` or
    `controller`, anything else `attributedTo`, else `actor`; None when it names nobody (FEP-fe34).

    A claim only: whether it may be believed is what the admit functions decide. Raises Malformed when the property is
    there but is not exactly one id in normal form.
    """
    kind = type_of(document)
    if kind in ACTOR_TYPES:
        return _one_id(document, "id") or _one_id(document, "@id")
    if kind in ACTIVITY_TYPES:
        return _one_id(document, "actor")
    if kind in KEY_TYPES or "publicKeyPem" in document:
        return _one_id(document, "owner") or _one_id(document, "controller")
    return _author(document) or _one_id(document, "actor")


def _author(document: Mapping[str, Any]) -> str | None:
    """The one id under `attributedTo`; of a person and a group on one server it is the person's.

    PeerTube names so who made a film and the channel that shows it. Any other two are nobody in particular (AUT-21).
    """
    named = document.get("attributedTo")
    if isinstance(named, list) and sorted(type_of(one) or "" for one in named) == ["Group", "Person"]:
        group, person = sorted(named, key=lambda one: type_of(one) or "")
        if not same_origin(_own_id(group), _own_id(person)):
            raise _refuse("two authors on two servers")
        named = person
    return _one_id({"attributedTo": named}, "attributedTo")


def _type(document: Mapping[str, Any]) -> str:
    kind = type_of(document) or ("Key" if "publicKeyPem" in document else None)
    if kind is None:
        raise _refuse("no type, or more than one")
    return kind


def _own_id(document: Mapping[str, Any]) -> str:
    uri = id_of(document)
    if uri is None:
        raise _refuse("no id")
    return check_id(uri)


def admit_signed(document: Document, signer_uri: str) -> Admitted:
    """An activity that came with a verified HTTP signature of `signer_uri`: its actor, on the origin of its id.

    Raises Malformed for a missing or odd id, type or actor and for an id on another origin; Unauthenticated when the
    actor is not the signer (SIG-05): then only what the actor's own server says may be believed.
    """
    kind, uri = _type(document), _own_id(document)
    actor = _one_id(document, "actor")
    if actor is None:
        raise _refuse("an activity without actor")
    if actor != signer_uri:
        raise Unauthenticated("The activity is not its signer's.", f"actor {actor} signed by {signer_uri}")
    if not same_origin(uri, signer_uri):
        raise _refuse(f"the id {uri} is not on the signer's server")
    # For a known activity the owner is its actor; something else that says `actor` may belong to somebody else.
    if kind not in ACTIVITY_TYPES and owner_of(document) != actor:
        raise _refuse(f"a {kind} of somebody else, sent as an activity")
    return Admitted(uri, kind, actor, document, "signed", seal=_SEAL)


def admit_fetched(document: Document, asked_url: str, final_url: str) -> Admitted:
    """A document that its own id answered with: `final_url`, after redirects, must be the id (fragments aside).

    Raises Nonsense when it is another document's id (ask that one instead) or when its owner lives elsewhere (rule D2,
    AUT-02 to AUT-06), Malformed when id, type or owner are missing or odd.
    """
    kind, uri = _type(document), _own_id(document)
    if uri.partition("#")[0] != final_url.partition("#")[0]:
        raise Nonsense("The address holds somebody else's document.", f"{asked_url} -> {final_url} holds {uri}")
    owner = owner_of(document)
    if owner is not None and not same_origin(owner, uri):
        raise Nonsense("The document names an owner on another server.", f"{uri} claims the owner {owner}")
    return Admitted(uri, kind, owner, document, "fetched", seal=_SEAL)


def admit_embedded(parent: Admitted, value: object) -> Admitted | None:
    """An object inside an admitted one, if it has no id of its own or the parent's origin and owner (rule D4).

    None when it is only an id, or may not be believed here: then take `id_of(value)` and fetch it.
    """
    if not isinstance(value, dict) or parent.owner is None:
        return None
    try:
        kind, owner = _type(value), owner_of(value)
        uri = id_of(value)
        if uri is None:
            if value.get("id", value.get("@id")) is not None or owner not in (None, parent.owner):
                return None
            return Admitted("", kind, parent.owner, value, "embedded", seal=_SEAL)
        if owner != parent.owner or not same_origin(check_id(uri), parent.owner):
            return None
    except Malformed:
        return None
    return Admitted(uri, kind, owner, value, "embedded", seal=_SEAL)


def admit_restated(found: Admitted, kind: str) -> Admitted:
    """A Create or Update by its owner, written by us around an object that its home has just answered with.

    For what reached us over others: the carrier's own words count for nothing. The id is made from
    the object's and its times, so that the same state of it is one activity. Raises Malformed without an owner.
    """
    if found.how != "fetched" or found.owner is None or kind not in ("Create", "Update"):
        raise _refuse(f"no {kind} can be made of what was {found.how}")
    when = timestamp_ms(found.document, "updated") or timestamp_ms(found.document, "published") or 0
    uri = f"{found.id.partition('#')[0]}#{kind.lower()}-{when}"
    inner = {name: value for name, value in found.document.items() if name != "@context"}
    body = {"@context": found.document.get("@context"), "id": uri, "type": kind, "actor": found.owner, "object": inner}
    return Admitted(uri, kind, found.owner, body, "fetched", seal=_SEAL)
