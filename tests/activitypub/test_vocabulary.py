"""The contexts that we emit mean what we say, and JSON-LD never asks the network."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from pyld import jsonld

from fediverse_ai.activitypub import linked_data, vocabulary
from fediverse_ai.activitypub.document import parse
from fediverse_ai.core.errors import Malformed

AS = "https://www.w3.org/ns/activitystreams#"
SEC = "https://w3id.org/security#"
HOME = "https://home.test"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Any attempt to look up a name or to connect is noted and fails."""
    attempts: list[Any] = []

    def refuse(*arguments: Any, **options: Any) -> Any:
        attempts.append(arguments)
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    return attempts


def test_the_context_of_a_plain_document_is_one_string() -> None:
    assert vocabulary.context_for() == ["https://www.w3.org/ns/activitystreams"]


def test_terms_bring_what_they_need() -> None:
    context = vocabulary.context_for("publicKey", "blurhash", "focalPoint", "genAI", public_url=HOME)
    assert context[:2] == ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
    assert context[2] == {
        "toot": "http://joinmastodon.org/ns#",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "genAI": {"@id": f"{HOME}/ns#genAI", "@type": "xsd:boolean"},
    }
    with pytest.raises(ValueError, match="public_url"):
        vocabulary.context_for("genAI")
    with pytest.raises(KeyError):
        vocabulary.context_for("nonsense")


ACTOR: dict[str, Any] = {
    "@context": vocabulary.context_for(
        "publicKey", "assertionMethod", "manuallyApprovesFollowers", "discoverable", "indexable", "featured",
        "alsoKnownAs", "webfinger", "PropertyValue", "value", "implements",
    ),
    "id": f"{HOME}/users/ann",
    "type": "Person",
    "preferredUsername": "ann",
    "webfinger": "ann@home.test",
    "inbox": f"{HOME}/users/ann/inbox",
    "endpoints": {"sharedInbox": f"{HOME}/inbox"},
    "featured": f"{HOME}/users/ann/featured",
    "manuallyApprovesFollowers": False,
    "discoverable": True,
    "alsoKnownAs": [f"{HOME}/users/ann2"],
    "attachment": [{"type": "PropertyValue", "name": "a", "value": "b"}],
    "publicKey": {"id": f"{HOME}/users/ann#main-key", "owner": f"{HOME}/users/ann", "publicKeyPem": "PEM"},
    "assertionMethod": [
        {"id": f"{HOME}/users/ann#ed", "type": "Multikey", "controller": f"{HOME}/users/ann",
         "publicKeyMultibase": "z6Mk"}
    ],
    "generator": {"type": "Application", "implements": [{"href": "https://example.test/", "name": "x"}]},
}  # fmt: skip

NOTE: dict[str, Any] = {
    "@context": vocabulary.context_for(
        "sensitive", "Hashtag", "blurhash", "focalPoint", "interactionPolicy", "canQuote", "automaticApproval",
        "digitalSourceType", "genAI", "recipe", "Recipe", "prompt", "steps", public_url=HOME,
    ),
    "id": f"{HOME}/notes/1",
    "type": "Note",
    "attributedTo": f"{HOME}/users/ann",
    "to": [vocabulary.PUBLIC],
    "published": "2026-01-01T00:00:00Z",
    "content": "<p>x</p>",
    "contentMap": {"en": "<p>x</p>"},
    "sensitive": False,
    "genAI": True,
    "tag": [{"type": "Hashtag", "name": "#AIGenerated", "href": f"{HOME}/tags/x"}],
    "attachment": [
        {"type": "Image", "mediaType": "image/jpeg", "url": f"{HOME}/media/x.jpg", "name": "alt", "width": 10,
         "blurhash": "LKO2", "focalPoint": [0.0, 0.5],
         "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"}
    ],
    "interactionPolicy": {"canQuote": {"automaticApproval": [vocabulary.PUBLIC]}},
    "recipe": {"type": "Recipe", "prompt": "a fox", "steps": 20},
}  # fmt: skip


def only(document: list[Any]) -> dict[str, Any]:
    assert len(document) == 1
    found: dict[str, Any] = document[0]
    return found


def test_our_actor_expands_to_what_we_mean(no_network: list[Any]) -> None:
    actor = only(linked_data.expand(ACTOR))
    assert actor["@type"] == [AS + "Person"]
    assert actor["http://www.w3.org/ns/ldp#inbox"] == [{"@id": f"{HOME}/users/ann/inbox"}]
    key = only(actor[SEC + "publicKey"])
    assert key[SEC + "owner"] == [{"@id": f"{HOME}/users/ann"}]
    assert key[SEC + "publicKeyPem"] == [{"@value": "PEM"}]
    multikey = only(actor[SEC + "assertionMethod"])
    assert multikey["@type"] == [SEC + "Multikey"]
    assert multikey[SEC + "controller"] == [{"@id": f"{HOME}/users/ann"}]
    assert multikey[SEC + "publicKeyMultibase"] == [{"@type": SEC + "multibase", "@value": "z6Mk"}]
    assert actor[AS + "manuallyApprovesFollowers"] == [{"@value": False}]
    assert actor["https://purl.archive.org/socialweb/webfinger#webfinger"] == [{"@value": "ann@home.test"}]
    assert only(actor[AS + "attachment"])["http://schema.org#value"] == [{"@value": "b"}]
    assert not [name for name in actor if name.startswith("_:")], "a term without definition"
    assert no_network == []


def test_our_note_expands_to_what_we_mean(no_network: list[Any]) -> None:
    note = only(linked_data.expand(NOTE))
    assert note[f"{HOME}/ns#genAI"] == [{"@type": "http://www.w3.org/2001/XMLSchema#boolean", "@value": True}]
    image = only(note[AS + "attachment"])
    assert image["https://schema.org/digitalSourceType"] == [
        {"@id": "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"}
    ]
    assert image["http://joinmastodon.org/ns#focalPoint"][0]["@list"] == [{"@value": 0.0}, {"@value": 0.5}]
    assert only(note[AS + "tag"])["@type"] == [AS + "Hashtag"]
    recipe = only(note[f"{HOME}/ns#recipe"])
    assert recipe["@type"] == [f"{HOME}/ns#Recipe"]
    assert recipe[f"{HOME}/ns#prompt"] == [{"@value": "a fox"}]
    assert not [name for name in (*note, *image, *recipe) if name.startswith("_:")], "a term without definition"
    assert no_network == []


def test_our_published_context_says_the_same_as_the_inline_one() -> None:
    published = vocabulary.our_context(HOME)["@context"]
    assert isinstance(published, dict)
    document = {key: NOTE[key] for key in ("id", "type", "genAI", "recipe")}
    by_context = {"@context": ["https://www.w3.org/ns/activitystreams", published], **document}
    inline = {"@context": NOTE["@context"], **document}
    assert jsonld.expand(by_context) == jsonld.expand(inline)
    assert vocabulary.our_context_url(HOME) == f"{HOME}/ns"
    assert vocabulary.our_ns(HOME + "/") == f"{HOME}/ns#"
    assert set(vocabulary.OUR_TERMS) < set(published)


@pytest.mark.parametrize("url", sorted(linked_data.BUNDLED))
def test_every_bundled_context_is_there_and_sound(url: str, no_network: list[Any]) -> None:
    document = json.loads(linked_data.BUNDLED[url].read_text(encoding="utf-8"))
    assert document["@context"]
    assert isinstance(
        jsonld.expand({"@context": [url], "@id": "https://home.test/1", "@type": "https://a.test/T"}), list
    )
    assert no_network == []


@pytest.mark.parametrize("url", ["https://evil.test/ctx", "http://169.254.169.254/", "file:///etc/passwd"])
def test_no_other_context_is_ever_loaded(url: str, no_network: list[Any]) -> None:
    """PAR-09, F4: the frozen loader is the one that the whole process has."""
    with pytest.raises(jsonld.JsonLdError):
        jsonld.expand({"@context": url, "@id": "https://home.test/1"})
    assert no_network == []


async def test_unknown_contexts_are_left_out_of_compaction(no_network: list[Any]) -> None:
    document = parse(
        b'{"@context":["https://www.w3.org/ns/activitystreams","https://evil.test/ctx",{"agent":"as:actor"}],'
        b'"@id":"https://a.test/1","@type":"Create","agent":{"@id":"https://a.test/bob"},'
        b'"https://www.w3.org/ns/activitystreams#content":"x"}'
    )
    assert not linked_data.is_plain(document)
    compacted = await linked_data.compact(document)
    assert (compacted["id"], compacted["type"], compacted["content"]) == ("https://a.test/1", "Create", "x")
    assert compacted["actor"] == "https://a.test/bob"
    assert no_network == []


async def test_compaction_has_bounds() -> None:
    with pytest.raises(Malformed):
        await linked_data.compact({"a": [{"b": 1}] * 1_001})
    with pytest.raises(Malformed):
        await linked_data.compact({"a": "x" * 70_000})
    with pytest.raises(Malformed):
        await linked_data.compact({"@context": {"a": {"@context": "https://evil.test/"}}, "a": {"b": 1}})
    with pytest.raises(Malformed):
        await linked_data.compact({"@context": 7, "id": 7})


@pytest.mark.parametrize(
    ("document", "plain"),
    [
        (NOTE, True),
        (ACTOR, True),
        ({"@context": ["https://unknown.test/ctx"], "type": "Note"}, True),
        ({"type": "Note"}, True),
        ({"@context": {"actor": "as:target"}, "type": "Note"}, False),
        ({"@type": "Note"}, False),
        ({"object": {"as:content": "x"}}, False),
    ],
)
def test_what_is_plain(document: dict[str, Any], plain: bool) -> None:
    assert linked_data.is_plain(document) is plain


def test_what_we_emit_passes_our_own_strict_reading() -> None:
    for document in (NOTE, ACTOR):
        assert parse(json.dumps(document).encode()) == document
