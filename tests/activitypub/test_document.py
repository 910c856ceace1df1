"""Strict JSON (PAR-01 to PAR-13, PAR-19 to PAR-22) and the tolerant accessors."""

from __future__ import annotations

import contextlib
import json
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_ai.activitypub import document as d
from fediverse_ai.activitypub.vocabulary import PUBLIC
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Malformed

MASTODON_NOTE = {
    "@context": [
        "https://www.w3.org/ns/activitystreams",
        {
            "ostatus": "http://ostatus.org#",
            "sensitive": "as:sensitive",
            "toot": "http://joinmastodon.org/ns#",
            "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
        },
    ],
    "id": "https://good.test/users/bob/statuses/1/activity",
    "type": "Create",
    "actor": "https://good.test/users/bob",
    "to": [PUBLIC],
    "object": {
        "id": "https://good.test/users/bob/statuses/1",
        "type": "Note",
        "content": "<p>Grüße 🦊</p>",
        "attachment": [{"type": "Document", "focalPoint": [0.0, -0.25], "width": 100}],
        "tag": [],
        "summary": None,
    },
}


def body(**members: object) -> bytes:
    return json.dumps({"type": "Note", **members}, ensure_ascii=False).encode()


def nested(depth: int, pair: str = "[]") -> bytes:
    """An object in which values nest to `depth` levels, the object itself included."""
    opening, closing = ("[", "]") if pair == "[]" else ('{"a":', "}")
    inner = opening * (depth - 1) + ("0" if pair != "[]" else "") + closing * (depth - 1)
    return b'{"a":' + inner.encode() + b"}"


def test_an_honest_document_is_read_as_any_json_reader_does() -> None:
    raw = json.dumps(MASTODON_NOTE).encode()
    assert d.parse(raw) == MASTODON_NOTE
    assert d.parse(d.dump(MASTODON_NOTE)) == MASTODON_NOTE
    assert d.parse(b"  " + raw + b"\r\n") == MASTODON_NOTE


@pytest.mark.parametrize(
    "raw",
    [
        b'{"actor":"bob","actor":"mal"}',
        b'{"object":{"actor":"bob","actor":"mal"}}',
        b'{"a":[{"b":1,"b":1}]}',
        b'{"a":1,"\\u0061":2}',
    ],
)
def test_duplicate_names_are_refused_at_every_level(raw: bytes) -> None:
    with pytest.raises(Malformed, match="dup_key"):
        d.parse(raw)


@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_depth(pair: str) -> None:
    assert d.parse(nested(limits.JSON_DEPTH - 1, pair))
    assert d.parse(nested(limits.JSON_DEPTH, pair))
    for depth in (limits.JSON_DEPTH + 1, 1_000, 100_000):
        with pytest.raises(Malformed):
            d.parse(nested(depth, pair))


def test_brackets_inside_strings_are_text() -> None:
    assert d.parse(body(content="[{" * 500 + '\\"]' * 9))["content"].startswith("[{")
    assert d.parse(body(content='"' + "[" * 40 + "\\"))["content"].endswith("\\")


def test_nodes() -> None:
    arrays = (limits.JSON_NODES - 10) // 500
    fair = b'{"a":[' + b",".join([b"[" + b",".join([b"1"] * 499) + b"]"] * arrays) + b"]}"
    assert d.parse(fair)
    wide = b'{"a":[' + b",".join([b"[" + b",".join([b"1"] * 500) + b"]"] * (arrays + 1)) + b"]}"
    with pytest.raises(Malformed, match="nodes"):
        d.parse(wide)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":[' + b",".join([b"[]"] * 340_000) + b"]}",
        b'{"a":[' + b",".join([b"0"] * 100_001) + b"]}",
        b"{" + b",".join(b'"%d":0' % n for n in range(10_001)) + b"}",
        b'{"a":"' + b'\\"' * 400_000 + b"[",
        b'{"' + b"k" * 1_000_000 + b'":1}',
        b"[" * 1_000_000,
        b'{"a":' + b"9" * 1_000_000 + b"}",
        b'"' * 1_000_000,
    ],
    ids=["arrays", "members", "names", "escapes", "long-name", "open", "digits", "quotes"],
)
def test_bombs_cost_little_time_and_memory(raw: bytes) -> None:
    started = time.perf_counter()
    tracemalloc.start()
    try:
        with pytest.raises(Malformed):
            d.parse(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - started < 2.0  # with tracing on; about a tenth of it without
    assert peak < 20 * limits.MIB


def test_arrays() -> None:
    for length in (limits.JSON_ARRAY_ITEMS - 1, limits.JSON_ARRAY_ITEMS):
        assert len(d.parse(body(tag=[1] * length))["tag"]) == length
    with pytest.raises(Malformed, match="array"):
        d.parse(body(tag=[1] * (limits.JSON_ARRAY_ITEMS + 1)))


@pytest.mark.parametrize(("key", "limit"), [("summary", limits.JSON_STRING_CHARS), ("content", limits.CONTENT_CHARS)])
def test_strings(key: str, limit: int) -> None:
    for length in (limit - 1, limit):
        assert len(d.parse(body(**{key: "x" * length}))[key]) == length
    with pytest.raises(Malformed, match="string"):
        d.parse(body(**{key: "x" * (limit + 1)}))
    with pytest.raises(Malformed, match="string"):
        d.parse(body(a=[{"b": ["x" * (limits.JSON_STRING_CHARS + 1)]}]))


def test_content_map_has_the_bound_of_content() -> None:
    assert d.parse(body(contentMap={"en": "x" * limits.CONTENT_CHARS}))
    with pytest.raises(Malformed):
        d.parse(body(contentMap={"en": "x" * (limits.CONTENT_CHARS + 1)}))


def test_size() -> None:
    filler = body(content="x" * 90_000, a=["y" * 60_000] * 14)
    fair = filler + b" " * (limits.INBOX_BODY_BYTES - len(filler))
    assert d.parse(fair)
    with pytest.raises(Malformed):
        d.parse(fair + b" ")


@pytest.mark.parametrize("number", ["9007199254740992", "-9007199254740992", "-0", "1e308", "0.1", "1E2", "-0.0"])
def test_fair_numbers(number: str) -> None:
    assert d.parse(b'{"a":%s}' % number.encode()) == {"a": json.loads(number)}


@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9007199254740993", "9223372036854775808", "9" * 5_000, "01",
     "+1", ".5", "1.", "0x10", "1_000", "1." + "0" * 401, "٣"],
)  # fmt: skip
def test_unfair_numbers(number: str) -> None:
    with pytest.raises(Malformed):
        d.parse(b'{"a":%s}' % number.encode())


@pytest.mark.parametrize(
    "raw",
    [
        '{"a":1}'.encode("utf-16"), '{"a":1}'.encode("utf-32"), '{"a":1}'.encode("utf-16-le"), b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\\ud800"}', b'{"\\udc00":1}', b'{"a":["\\ud800x"]}',
        b'{"a":"\\u0000"}', b'{"a":"\x00"}', b'{"a":"x\ny"}', b'{"a":{"b\\u0000":1}}',
    ],
)  # fmt: skip
def test_encodings(raw: bytes) -> None:
    with pytest.raises(Malformed):
        d.parse(raw)


def test_escaped_pairs_and_backslashes_are_text() -> None:
    assert d.parse(b'{"a":"\\ud83e\\udd8a \\\\u0000"}') == {"a": "🦊 \\u0000"}


@pytest.mark.parametrize(
    "raw", [b"", b" ", b"null", b"[]", b'"x"', b"42", b"{}{}", b'{"a":1}x', b"{", b"{'a':1}", b'{"a":1,}', b"//x\n{}"]
)
def test_only_one_object(raw: bytes) -> None:
    with pytest.raises(Malformed):
        d.parse(raw)


@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse", "@nest", "@base", "@vocab", "@import"])
def test_keywords_that_move_members_are_refused_everywhere(keyword: str) -> None:
    for document in (
        {keyword: 1},
        {"object": {keyword: 1}},
        {"tag": [{"a": {keyword: 1}}]},
        {"@context": [{keyword: "https://evil.test/"}]},
    ):
        with pytest.raises(Malformed, match="keyword"):
            d.parse(json.dumps(document).encode())


@pytest.mark.parametrize("document", [{"id": "a", "@id": "b"}, {"object": {"type": "Note", "@type": "Follow"}}])
def test_a_name_and_its_keyword_together_are_refused(document: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        d.parse(json.dumps(document).encode())


@pytest.mark.parametrize(
    "context",
    [
        {"actor": "https://evil.test/ns#agent"},
        {"agent": "as:actor", "actor": "as:object"},
        [{"toot": "http://joinmastodon.org/ns#"}, {"object": {"@id": "as:target", "@type": "@id"}}],
        {"id": "as:url"},
        {"type": None},
        {"type": []},
        {"actor": {"@id": ["as:actor"]}},
        {"to": {"@id": {}}},
        {"publicKeyPem": {"@type": "@id"}},
    ],
)
def test_a_context_cannot_rename_who_says_what(context: object) -> None:
    with pytest.raises(Malformed, match="meaning"):
        d.parse(json.dumps({"@context": context, "type": "Note"}).encode())


@pytest.mark.parametrize(
    "context",
    [
        "https://evil.test/ctx",
        ["https://www.w3.org/ns/activitystreams", "https://evil.test/ctx", {"@language": "und"}],
        [f"https://evil.test/{n}" for n in range(100)],
        {"id": "@id", "type": "@type", "actor": {"@id": "as:actor", "@type": "@id"}},
        None,
        7,
        [[{"actor": 1}]],
    ],
)
def test_contexts_that_change_nothing_are_not_looked_at(context: object) -> None:
    assert d.parse(json.dumps({"@context": context, "type": "Note"}).encode())["type"] == "Note"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_parse_raises_nothing_but_malformed_on_bytes(raw: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(d.parse(raw), dict)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=10), JSON, max_size=4))
def test_parse_agrees_with_the_standard_library_or_refuses(document: dict[str, object]) -> None:
    raw = json.dumps(document).encode()
    with contextlib.suppress(Malformed):
        assert d.parse(raw) == json.loads(raw)


KEYS = ["id", "type", "actor", "object", "to", "content", "contentMap", "name", "summary", "url", "published", "tag"]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4))
def test_accessors_never_raise(document: dict[str, object]) -> None:
    d.type_of(document)
    d.alt_text(document)
    d.language(document)
    for key in KEYS:
        value = document.get(key)
        uri = d.id_of(value)
        assert uri is None or isinstance(uri, str)
        assert isinstance(d.as_list(value), list)
        assert all(isinstance(member, str) for member in d.audience(document, key))
        assert all(isinstance(member, dict) for member in d.objects(document, key))
        for read in (d.string, d.text, d.html):
            found = read(document, key)
            assert found is None or isinstance(found, str)
        link = d.link_of(value)
        assert link is None or link.startswith("http")
        d.timestamp_ms(document, key)
        assert d.integer(document, key, 0, 10) in (None, *range(11))
        number = d.number(document, key, -1, 1)
        assert number is None or -1 <= number <= 1
        d.boolean(document, key)


def test_id_of() -> None:
    assert d.id_of("https://a.test/1") == "https://a.test/1"
    assert d.id_of({"id": "https://a.test/1"}) == "https://a.test/1"
    assert d.id_of({"@id": "https://a.test/1"}) == "https://a.test/1"
    assert d.id_of(["https://a.test/1"]) == "https://a.test/1"
    assert d.id_of([{"id": "https://a.test/1"}]) == "https://a.test/1"
    for wrong in (None, "", 1, True, [], ["a", "b"], [["a"]], {"id": {"id": "a"}}, {"id": 1}, {}, "x" * 2_049):
        assert d.id_of(wrong) is None


def test_type_of() -> None:
    assert d.type_of({"type": "Note"}) == "Note"
    assert d.type_of({"@type": "Note"}) == "Note"
    assert d.type_of({"type": ["Note", "https://example.test/Extra"]}) == "Note"
    assert d.type_of({"type": ["Whatever"]}) == "Whatever"
    for wrong in ({}, {"type": ["Note", "Follow"]}, {"type": []}, {"type": 1}, {"type": ["A", "B"]}, "Note", None):
        assert d.type_of(wrong) is None


def test_as_list_and_audience() -> None:
    assert d.as_list(None) == []
    assert d.as_list("x") == ["x"]
    assert d.as_list(["x", None, "y"]) == ["x", "y"]
    assert len(d.as_list([1] * 101)) == limits.JSON_FANOUT_ITEMS
    for spelling in (PUBLIC, "as:Public", "Public"):
        assert d.audience({"to": spelling}, "to") == [PUBLIC]
        assert d.is_public(spelling)
    for spelling in ("public", "as:public", PUBLIC.lower(), PUBLIC + "/", "https://evil.test/#Public"):
        assert not d.is_public(spelling)
    assert d.audience({"to": ["as:Public", {"id": "https://a.test/1"}, 7, "Public"]}, "to") == [
        PUBLIC,
        "https://a.test/1",
    ]


def test_texts() -> None:
    assert d.html({"content": "a", "contentMap": {"en": "b"}}) == "a"
    assert d.html({"contentMap": {"en": None, "de": "b"}}) == "b"
    assert d.html({"content": 7, "contentMap": {"en": "b"}}) is None
    assert d.string({"name": ["a"]}, "name") == "a"
    assert d.string({"name": "abc"}, "name", 2) is None
    assert d.string({"name": "abc"}, "name", 2, cut=True) == "ab"
    assert d.language({"content": "b", "contentMap": {"en": "a", "pt-BR": "b"}}) == "pt-br"
    assert d.language({"content": "x", "contentMap": {"en": "a", "de": "b"}}) == "en"
    assert d.language({"contentMap": {"<script>": "a"}}) is None


@pytest.mark.parametrize(
    ("attachment", "alt"),
    [
        ({"name": "a fox", "summary": "no"}, "a fox"),
        ({"summary": "GoToSocial writes this"}, "GoToSocial writes this"),
        ({"name": "", "summary": "a fox"}, "a fox"),
        ({"name": None, "nameMap": {"en": "a fox"}}, "a fox"),
        ({}, None),
    ],
)
def test_alt_text(attachment: dict[str, object], alt: str | None) -> None:
    assert d.alt_text(attachment) == alt


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://a.test/x.jpg", "https://a.test/x.jpg"),
        (
            [{"type": "Link", "mediaType": "text/html", "href": "https://a.test/"}, "https://a.test/x"],
            "https://a.test/x",
        ),
        ({"type": "Link", "href": "https://a.test/x", "mediaType": "image/png"}, "https://a.test/x"),
        ({"type": "Image", "url": "https://a.test/x"}, "https://a.test/x"),
        ("javascript:alert(1)", None),
        ("//a.test/x", None),
        ("/x", None),
        ("data:image/png;base64,AA", None),
        ("https://", None),
        ("https://a.test/\nx", None),
        ("https://a.test\\@b.test/", None),
        (" https://a.test/", None),
        ("https://[::1/x", None),
    ],
)
def test_link_of(value: object, url: str | None) -> None:
    assert d.link_of(value, media_type="image/") == url


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2024-01-01T00:00:00.5Z", 1_704_067_200_500),
        ("2024-01-01T02:00:00+02:00", 1_704_067_200_000),
        ("2023-12-31T19:00:00.123456789-05:00", 1_704_067_200_123),
        ("1969-12-31T23:59:59.250Z", -750),
        ("2024-02-31T00:00:00Z", None),
        ("2024-01-01T24:00:00Z", None),
        ("2024-01-01T00:00:60Z", None),
        ("2024-01-01T00:00:00", None),
        ("2024-01-01T00:00:00+15:00", None),
        ("2024-01-01T00:00:00+01:99", None),
        ("2024-01-01T00:00:00.1234567890Z", None),
        ("10000-01-01T00:00:00Z", None),
        ("0000-01-01T00:00:00Z", None),
        ("2024-01-01", None),
        ("２０２４-01-01T00:00:00Z", None),
        ("2024-01-01T00:00:00Z\n", None),
        (1_704_067_200, None),
    ],
)
def test_timestamp_ms(text: object, milliseconds: int | None) -> None:
    assert d.timestamp_ms({"published": text}, "published") == milliseconds


@pytest.mark.parametrize(
    ("value", "read"), [(5, 5), (5.0, 5), ("5", 5), (5.5, None), (True, None), ("٥", None), (11, None), (-1, None),
                        ("", None), ("5 ", None), (None, None), ([5], None), ("9" * 17, None)]
)  # fmt: skip
def test_integer(value: object, read: int | None) -> None:
    assert d.integer({"width": value}, "width", 0, 10) == read


def test_number_and_boolean() -> None:
    assert d.number({"x": -0.5}, "x", -1, 1) == -0.5
    assert d.number({"x": float("nan")}, "x", -1, 1) is None
    assert d.number({"x": True}, "x", -1, 1) is None
    assert d.boolean({"x": True}, "x") is True
    assert d.boolean({"x": "false"}, "x") is False
    assert d.boolean({"x": 1}, "x") is None


def test_a_typed_literal_does_not_refuse_the_document_and_is_no_string() -> None:
    """Fedify's Accept embeds our actor with {"@type": "sec:multibase", "@value": …} where its context has no term."""
    literal = {"@type": "sec:multibase", "@value": "https://evil.test/u/mal"}
    parsed = d.parse(d.dump({"type": "Accept", "actor": literal, "name": literal}))
    assert d.id_of(parsed["actor"]) is None
    assert d.string(parsed, "name", 100) is None
