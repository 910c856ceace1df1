"""Each oracle can fail: defects are planted in copies of what the day brought, by hand and by the hundred."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from tests.oracles.checks import GET, POST, SERVED
from tests.oracles.facts import ASKED, Check, Sent, Served
from tests.oracles.scene import Day

GONE = object()
Path = tuple[str | int, ...]


def planted(document: Any, path: Path, value: Any) -> Any:
    """A copy of a document with another value (or none) at a path."""
    made = copy.deepcopy(document)
    holder = made
    for step in path[:-1]:
        holder = holder[step]
    if value is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return made


# (kind, name, path, value) -> a rule of the oracle named that must speak.
BY_HAND: list[tuple[tuple[str, str], Path, Any, str]] = [
    (("actor", "alice"), ("url",), ["https://home.test/@alice"], "url is one string"),
    (("actor", "alice"), ("url",), "https://www.home.test/@alice", "url is on the host of the id"),
    (("actor", "alice"), ("@context",), ["https://x.test/"], "@context holds the ActivityStreams URL literally"),
    (("actor", "alice"), ("inbox",), "https://elsewhere.test/inbox", "the inbox is on the actor's host"),
    (("actor", "alice"), ("name",), None, "name is a string of at most 128"),
    (("actor", "alice"), ("summary",), None, "summary is HTML as a string"),
    (("actor", "alice"), ("publicKey", "owner"), "https://home.test/x", "the key's owner is the actor"),
    (("actor", "alice"), ("type",), "Application", "the type is Person, Service or Organization"),
    (("actor", "alice"), ("webfinger",), "acct:alice@home.test", "webfinger is user@domain alone"),
    (("note", "picture"), ("attachment", 0, "summary"), "a prompt", "no summary, which would stand for the alt text"),
    (("note", "picture"), ("attachment", 0, "width"), 5001, "width is 1 to 5000"),
    (("note", "picture"), ("attachment", 0, "width"), "1024", "width is 1 to 5000"),
    (("note", "picture"), ("attachment", 0, "url"), [{"href": "https://home.test/a"}], "url or href is a string"),
    (("note", "picture"), ("attachment", 0, "mediaType"), "image/webp", "JPEG, PNG or GIF"),
    (("note", "picture"), ("attachment", 0, "blurhash"), "~" + "0" * 40, "blurhash has at most five components a side"),
    (("note", "picture"), ("attachment", 0, "focalPoint"), [0, 2], "focalPoint is two numbers from -1 to 1"),
    (("note", "picture"), ("genAI",), GONE, "labelled pictures make the Note genAI"),
    (("note", "four"), ("attachment", 0, "height"), 2161, "the picture is within 8,294,400 pixels"),
    (("note", "text"), ("name",), "Yes", "a Note with a name would be a vote"),
    (("note", "text"), ("contentMap",), {"en": "other"}, "contentMap says the same as content"),
    (("note", "text"), ("content",), '<p><img></p>', "content uses the elements that survive cleaning"),
    (("note", "text"), ("updated",), "2020-01-01T00:00:00Z", "updated is not before published"),
    (("note", "text"), ("published",), GONE, "published is there and believable"),
    (("note", "text"), ("summary",), "", "summary is null or a warning, not empty"),
    (("note", "text"), ("tag",), {"type": "Hashtag", "name": "#x"}, "tag is a list"),
    (("note", "text"), ("id",), "https://home.test/notes/1#x", "the id has no fragment"),
    (("note", "text"), ("attributedTo",), ["https://home.test/users/alice"], "attributedTo is a string"),
    (("note", "text"), ("interactionPolicy",), {"canLike": {}}, "the policy promises quotes at most"),
    (("note", "reply"), ("cc",), [], "who is mentioned is addressed"),
    (("webfinger", "acct"), ("subject",), "alice", "the subject is acct:user@domain"),
    (("webfinger", "acct"), ("links",), [], "there is exactly one self link"),
    (("collection", "outbox"), ("totalItems",), "7", "totalItems is a number"),
    (("page", "outbox"), ("orderedItems",), {}, "orderedItems is a list"),
    (("nodeinfo", "2.1"), ("software", "name"), "Fediverse AI", "software.name has its letters"),
    (("nodeinfo", "2.0"), ("usage", "users"), [], "usage.users is an object"),
    (("tombstone", "quiet"), ("formerType",), GONE, "formerType says what it was"),
    (("tombstone", "quiet"), ("content",), "<p>still here</p>", "nothing of the content is left"),
]  # fmt: skip


NAMES = [f"{of[1]} {path[-1]}: {rule}" for of, path, _, rule in BY_HAND]


@pytest.mark.parametrize(("of", "path", "value", "rule"), BY_HAND, ids=NAMES)
def test_a_planted_defect_is_found(day: Day, of: tuple[str, str], path: Path, value: Any, rule: str) -> None:
    served = day.served[of]
    spoiled = dataclasses.replace(served, document=planted(served.document, path, value))
    assert rule not in [one for check in SERVED[of[0]] for one in check(served)]
    assert rule in [one for check in SERVED[of[0]] for one in check(spoiled)]


HEADERS = [
    ("content-type", "application/ld+json", "the content type is ActivityPub's"),
    ("content-type", "application/json; charset=utf-8", "one content type, always"),
    ("vary", "Accept-Encoding", "Vary holds Accept"),
    ("etag", 'W/"x"', "there is a strong ETag"),
]


@pytest.mark.parametrize(("name", "value", "rule"), HEADERS)
def test_a_wrong_header_is_found(day: Day, name: str, value: str, rule: str) -> None:
    served = day.served["note", "text"]
    spoiled = dataclasses.replace(served, headers={**served.headers, name: value})
    assert rule in [one for check in SERVED["note"] for one in check(spoiled)]


SIGNATURES = [
    ({"date": "Sat, 01 Nov 2025 10:00:00 GMT"}, "the date is within five minutes"),
    ({"date": "2026-11-21T10:00:00Z"}, "the date is an IMF-fixdate in GMT, within five minutes"),
    ({"digest": "sha-256=abc"}, "the digest begins with SHA-256="),
    ({"digest": "SHA-256=abc"}, "the Digest is signed and right"),
    ({"host": "home.test"}, "the host is its own"),
    ({"user-agent": ""}, "there is a User-Agent"),
    ({"content-type": "application/json"}, "the content type is ActivityPub's"),
    ({"signature": ""}, "keyId is an address"),
]


@pytest.mark.parametrize(("headers", "rule"), SIGNATURES)
def test_a_wrong_request_is_found(day: Day, headers: dict[str, str], rule: str) -> None:
    sent = day.posts("Create")[0]
    spoiled = dataclasses.replace(sent, headers={**sent.headers, **headers})
    assert rule in [one for check in POST for one in check(spoiled)]


PARAMETERS = [
    (('",headers', '", headers'), "parameters split at bare commas, without trimming"),
    (("rsa-sha256", "hs2019"), "the algorithm is rsa-sha256"),
    (("(request-target) host", "host (request-target)"), "target, host, date and digest come first, in this order"),
    ((" digest", ""), "target, host, date and digest are signed"),
    (("#main-key", "/main-key"), "keyId holds #"),
    (('keyId="https://', 'keyId="acct:'), "keyId is no acct: name"),
    ((" date", " (created)"), "no (created) beside rsa-sha256"),
]


@pytest.mark.parametrize(("change", "rule"), PARAMETERS)
def test_a_wrong_signature_is_found(day: Day, change: tuple[str, str], rule: str) -> None:
    sent = day.posts("Create")[0]
    assert change[0] in sent.headers["signature"]
    spoiled = dataclasses.replace(
        sent, headers={**sent.headers, "signature": sent.headers["signature"].replace(*change, 1)}
    )
    assert rule in [one for check in POST for one in check(spoiled)]


VALUES: list[Any] = [
    GONE, None, "", " ", 7, -1, 1e9, True, [], {}, "x" * 9_000, "https://elsewhere.test/a#b", "Note", "Page", "Public",
    ["Public", 7], "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", '<p><img src="x"><span class="hack">x</span></p>',
    [{"type": "Mention", "name": "x", "href": "https://x.test/u"}, {"type": "Hashtag", "name": "#1", "href": ""}],
    [{"type": "Image"}] * 17, {"id": "x", "type": "Note"}, {"canLike": {}}, "application/json", "acct:x",
    {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": 1}}}}}}}}}, [{"rel": "self", "type": "text/html"}] * 2,
    "<XRD/>",
]  # fmt: skip
NEW = ("updated", "name", "interactionPolicy", "bto", "next", "content", "first", "featured", "icon")


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place of a document, three levels deep."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        if len(path) < 2:
            yield from places(inner, (*path, key))


def spoiled_documents(document: Any) -> Iterator[Any]:
    yield from ([], {}, "", None)
    if isinstance(document, str):
        yield "<XRD/>"
        return
    yield {**document, "orderedItems": [], "next": "https://home.test/x", "attachment": [{"summary": "a prompt"}]}
    for path in [*places(document), *((name,) for name in NEW if name not in document)]:
        for value in VALUES:
            if value is not GONE or path[-1] not in NEW or path[-1] in document:
                yield planted(document, path, value)


def spoiled_headers(headers: dict[str, str]) -> Iterator[dict[str, str]]:
    yield from ({}, {**headers, "cookie": "a=b"})
    for name in headers:
        yield from ({**headers, name: value} for value in ("", "x", "Sat, 01 Nov 2025 10:00:00 GMT"))
    for old, new in [one[0] for one in PARAMETERS]:
        yield {**headers, "signature": headers.get("signature", "").replace(old, new, 1)}


def judge(checks: list[Check], thing: Served | Sent, found: set[tuple[str, str]]) -> None:
    for check in checks:
        rules = check(thing)
        found |= {(getattr(rules, "check", ""), rule) for rule in rules}


def test_every_rule_of_every_oracle_can_be_broken(day: Day) -> None:
    """No rule holds whatever is said: some planted defect breaks each, and none makes an oracle stumble."""
    found: set[tuple[str, str]] = set()
    for kind, checks in SERVED.items():
        for _, served in day.of(kind)[-2:]:
            for document in spoiled_documents(served.document):
                judge(checks, dataclasses.replace(served, document=document), found)
            for headers in spoiled_headers(served.headers):
                judge(checks, dataclasses.replace(served, headers=headers), found)
            judge(checks, dataclasses.replace(served, size=2_000_000, status=500, url="https://x.test/a"), found)
    seen: set[str] = set()
    for sent in day.sent:
        kind = sent.document["type"] if sent.document else "GET"
        if kind in seen or "/.well-known/" in sent.url:
            continue
        seen.add(kind)
        for document in spoiled_documents(sent.document) if sent.document else ():
            body = orjson.dumps(document)
            judge(POST, dataclasses.replace(sent, document=document, body=body), found)
        for headers in spoiled_headers(sent.headers):
            judge(POST if sent.document else GET, dataclasses.replace(sent, headers=headers), found)
        judge(POST if sent.document else GET, dataclasses.replace(sent, url=f"{sent.url}?a=b"), found)
    assert ASKED - found == set()
