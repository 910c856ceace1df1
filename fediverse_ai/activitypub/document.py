"""Strict JSON in, tolerant accessors: what peers write, read as plain JSON without any JSON-LD processing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from fediverse_ai.activitypub.vocabulary import KNOWN_TYPES, PUBLIC, PUBLIC_SPELLINGS
from fediverse_ai.core.errors import Malformed
from fediverse_ai.core.limits import (
    CONTENT_CHARS,
    INBOX_BODY_BYTES,
    JSON_ARRAY_ITEMS,
    JSON_DEPTH,
    JSON_FANOUT_ITEMS,
    JSON_INTEGER_MAX,
    JSON_NODES,
    JSON_STRING_CHARS,
    LANGUAGES,
    URL_LENGTH,
)

Document = dict[str, Any]


# These change what a JSON-LD processor sees without changing what a JSON reader sees; documents that use them have
# been signed in one meaning and read in another (CVE-2026-42462 and its siblings in several servers).
# `@value` is not among them: Fedify writes a typed literal that its own context has no term for in that form (the key
# of an actor that it embeds), and no accessor takes such an object for a string.
_REFUSED_KEYWORDS: Final = frozenset({"@graph", "@included", "@reverse", "@nest", "@base", "@vocab", "@import"})
# Terms that decide who says what to whom. A context may repeat their meaning, but not give them another one.
_FIXED_TERMS: Final[Mapping[str, frozenset[str]]] = {
    "id": frozenset({"@id"}),
    "type": frozenset({"@type"}),
    "owner": frozenset({"https://w3id.org/security#owner", "sec:owner"}),
    "publicKey": frozenset({"https://w3id.org/security#publicKey", "sec:publicKey"}),
    "publicKeyPem": frozenset({"https://w3id.org/security#publicKeyPem", "sec:publicKeyPem"}),
    "inbox": frozenset({"http://www.w3.org/ns/ldp#inbox", "ldp:inbox"}),
} | {
    term: frozenset({f"as:{term}", f"https://www.w3.org/ns/activitystreams#{term}"})
    for term in (
        "actor", "object", "target", "origin", "to", "cc", "bto", "bcc", "audience", "attributedTo", "inReplyTo",
        "content", "outbox", "followers", "following", "preferredUsername", "Public",
    )
}  # fmt: skip

_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_STRUCTURE_ONLY: Final = re.compile(rb"[^][{},]+")
_TIMESTAMP: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))",
)
_DIGITS: Final = re.compile(r"-?[0-9]{1,16}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _refuse(detail: str) -> Malformed:
    return Malformed("The document is not acceptable JSON.", detail)


def _members(pairs: list[tuple[str, Any]]) -> Document:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _refuse("dup_key: a member name occurs twice in one object")
    if not _REFUSED_KEYWORDS.isdisjoint(members):
        raise _refuse(f"JSON-LD keyword {sorted(_REFUSED_KEYWORDS.intersection(members))[0]}")
    if ("@id" in members and "id" in members) or ("@type" in members and "type" in members):
        raise _refuse("a name and its JSON-LD keyword side by side")
    return members


def _int(text: str) -> int:
    if len(text) > 17 or abs(value := int(text)) > JSON_INTEGER_MAX:
        raise _refuse("an integer beyond 2^53")
    return value


def _float(text: str) -> float:
    value = float(text) if len(text) <= 400 else float("inf")
    if value in (float("inf"), float("-inf")):
        raise _refuse("a number beyond the range of a double")
    return value


def _constant(text: str) -> Any:
    raise _refuse(f"{text} is not JSON")


_decoder: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_int, parse_float=_float, parse_constant=_constant
)


def parse(body: bytes) -> Document:
    """Read one JSON object from UTF-8 bytes, strictly (rules D6 and D7 of our threat catalogue).

    Refused with Malformed: other encodings, byte-order mark, lone surrogates, NUL, duplicate names at any level, NaN
    and infinities, integers beyond 2^53, depth over 32, over 10 000 nodes, arrays over 1 000, strings over 64 Ki
    characters (`content` 100 000), bodies over 1 MiB, JSON-LD keywords that move or rename members, and inline contexts
    that give `actor`, `object` or the like another meaning. Contexts named by URL are not looked at: this is a plain
    reading (federation practice, and the only one where the bytes that were signed are the tree that is read).
    Raises nothing else.
    """
    if len(body) > INBOX_BODY_BYTES:
        raise _refuse("over 1 MiB")
    _check_structure(body)
    try:
        document = _decoder.decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _refuse(f"not JSON: {type(error).__name__}") from None
    if not isinstance(document, dict):
        raise _refuse("not an object")
    # Only a long body, one with many commas or one with escapes can break these; the usual 2 kB one is not walked.
    if len(body) > JSON_STRING_CHARS or b"\\u" in body or body.count(b",") >= JSON_ARRAY_ITEMS:
        _check_values(document)
    if "@context" in document:
        _check_context(document["@context"])
    return document


def _check_structure(body: bytes) -> None:
    """Depth and number of nodes, counted before parsing so that a bomb costs no memory."""
    opened = body.count(b"[") + body.count(b"{")
    # Both are upper bounds, since strings may hold the same characters: true for nearly every honest document.
    if opened <= JSON_DEPTH and opened + body.count(b",") < JSON_NODES:
        return
    skeleton = _STRUCTURE_ONLY.sub(b"", _STRINGS.sub(b"", body))
    if skeleton.count(b"[") + skeleton.count(b"{") + skeleton.count(b",") >= JSON_NODES:
        raise _refuse("over 10 000 nodes")
    depth = 0
    for character in skeleton:
        if character in b"[{":
            depth += 1
            if depth > JSON_DEPTH:
                raise _refuse("nested deeper than 32")
        elif character in b"]}":
            depth -= 1


def _check_values(document: Document) -> None:
    """Length of arrays and strings, and that every string is text (no lone surrogate, no NUL)."""
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for name, member in value.items():
                _check_string(name, JSON_STRING_CHARS)
                if type(member) is str:
                    _check_string(member, CONTENT_CHARS if name == "content" else JSON_STRING_CHARS)
                elif name == "contentMap" and type(member) is dict:
                    for text in member.values():
                        if type(text) is str:
                            _check_string(text, CONTENT_CHARS)
                elif type(member) in (dict, list):
                    waiting.append(member)
        elif isinstance(value, list):
            if len(value) > JSON_ARRAY_ITEMS:
                raise _refuse("an array over 1 000")
            for member in value:
                if type(member) is str:
                    _check_string(member, JSON_STRING_CHARS)
                elif type(member) in (dict, list):
                    waiting.append(member)


def _check_string(text: str, limit: int) -> None:
    if len(text) > limit:
        raise _refuse("a string too long")
    if text.isascii():
        if "\0" in text:
            raise _refuse("NUL in a string")
        return
    if "\0" in text:
        raise _refuse("NUL in a string")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _refuse("a lone surrogate") from None


def _check_context(context: Any) -> None:
    inline = [context] if isinstance(context, dict) else context if isinstance(context, list) else []
    for definitions in inline:
        if not isinstance(definitions, dict):
            continue
        for term in _FIXED_TERMS.keys() & definitions.keys():
            definition = definitions[term]
            meaning = definition.get("@id") if isinstance(definition, dict) else definition
            if not isinstance(meaning, str) or meaning not in _FIXED_TERMS[term]:
                raise _refuse(f"the context gives {term} another meaning")


def dump(document: Mapping[str, Any]) -> bytes:
    """Serialise once; the same bytes are stored, hashed and sent. Member order is kept."""
    return orjson.dumps(document)


def id_of(value: object) -> str | None:
    """The id that `value` is or has: a string, an object with `id` (or `@id`), or a list of exactly one of these."""
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    if isinstance(value, dict):
        value = value.get("id", value.get("@id"))
    if isinstance(value, str) and 0 < len(value) <= URL_LENGTH:
        return value
    return None


def as_list(value: object, limit: int = JSON_FANOUT_ITEMS) -> list[Any]:
    """None -> [], a single value -> [value], a list -> its first `limit` members; null members are dropped."""
    if value is None:
        return []
    if not isinstance(value, list):
        return [value]
    return [member for member in value if member is not None][:limit]


def type_of(document: object) -> str | None:
    """The type: a string, or the only one of a list that we know (rule D7); `@type` counts as `type`."""
    if not isinstance(document, dict):
        return None
    value = document.get("type", document.get("@type"))
    if isinstance(value, list):
        known = [name for name in value if isinstance(name, str) and name in KNOWN_TYPES]
        if len(known) == 1:
            return known[0]
        value = value[0] if len(value) == 1 else None
    return value if isinstance(value, str) and 0 < len(value) <= 256 else None


def string(document: Mapping[str, Any], key: str, limit: int = JSON_STRING_CHARS, *, cut: bool = False) -> str | None:
    """A string of at most `limit` characters (or a list of exactly one); longer: None, or shortened with `cut`."""
    value = document.get(key)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str):
        return None
    if len(value) > limit:
        return value[:limit] if cut else None
    return value


def text(document: Mapping[str, Any], key: str, limit: int = JSON_STRING_CHARS, *, cut: bool = False) -> str | None:
    """Like `string`, for texts that may come as a language map only: `name` or `nameMap`, `summary`, `content`."""
    value = string(document, key, limit, cut=cut)
    if value is not None or document.get(key) is not None:
        return value
    languages = document.get(f"{key}Map")
    if not isinstance(languages, dict):
        return None
    for language in list(languages)[:LANGUAGES]:
        if (value := string(languages, language, limit, cut=cut)) is not None:
            return value
    return None


def html(document: Mapping[str, Any], key: str = "content", limit: int = CONTENT_CHARS) -> str | None:
    """HTML of `key` or `keyMap` exactly as it was sent: the caller cleans it (`core.html.clean`) before any use."""
    return text(document, key, limit)


def language(document: Mapping[str, Any], key: str = "content") -> str | None:
    """The language tag of `key`: the entry of `keyMap` that says the same (GoToSocial), else its first (Mastodon)."""
    languages = document.get(f"{key}Map")
    if not isinstance(languages, dict) or not languages:
        return None
    same = [tag for tag in list(languages)[:LANGUAGES] if languages[tag] == document.get(key)]
    tag = same[0] if same else next(iter(languages))
    return tag.lower() if re.fullmatch(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}", tag) else None


def alt_text(attachment: Mapping[str, Any], limit: int = JSON_STRING_CHARS) -> str | None:
    """The description of an attachment: `name`, else `summary` (GoToSocial sends only that)."""
    return text(attachment, "name", limit, cut=True) or text(attachment, "summary", limit, cut=True)


def objects(document: Mapping[str, Any], key: str, limit: int = JSON_FANOUT_ITEMS) -> list[Document]:
    """The members of `key` that are objects (attachments, tags), single or listed."""
    return [member for member in as_list(document.get(key), limit) if isinstance(member, dict)]


def audience(document: Mapping[str, Any], key: str, limit: int = JSON_ARRAY_ITEMS) -> list[str]:
    """The ids in `to`, `cc`, … without doubles, in order; the three spellings of Public become the full one."""
    ids: dict[str, None] = {}
    for member in as_list(document.get(key), limit):
        if uri := id_of(member):
            ids[PUBLIC if uri in PUBLIC_SPELLINGS else uri] = None
    return list(ids)


def is_public(uri: str) -> bool:
    """One of the three spellings of the Public collection; anything else is not public."""
    return uri in PUBLIC_SPELLINGS


def link_of(value: object, *, media_type: str = "", schemes: tuple[str, ...] = ("https", "http")) -> str | None:
    """The first usable absolute URL in `value`: a string, a Link with `href`, an object with `url`, or a list of these.

    With `media_type` (a prefix such as "image/" or a whole type), a Link that says another type is passed over.
    """
    for candidate in as_list(value):
        if isinstance(candidate, dict):
            declared = candidate.get("mediaType")
            if media_type and isinstance(declared, str) and not declared.startswith(media_type):
                continue
            candidate = candidate.get("href", candidate.get("url"))
        if isinstance(candidate, str) and _is_absolute(candidate, schemes):
            return candidate
    return None


def _is_absolute(url: str, schemes: tuple[str, ...]) -> bool:
    if len(url) > URL_LENGTH or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname)


def timestamp_ms(document: Mapping[str, Any], key: str) -> int | None:
    """An xsd:dateTime with zone as milliseconds since the epoch; anything else, naive times included, is None."""
    value = document.get(key)
    match = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = match.groups()
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0)) * (-1 if sign == "-" else 1)
    if abs(offset) > timedelta(hours=14) or int(zone_minutes or 0) > 59:
        return None
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=timezone(offset))
    except ValueError:
        return None
    return (moment - _EPOCH) // timedelta(milliseconds=1) + int((fraction or "0").ljust(3, "0")[:3])


def integer(document: Mapping[str, Any], key: str, lo: int, hi: int) -> int | None:
    """A whole number within lo…hi; `7.0` and "7" count (peers send both), true and false do not."""
    value = document.get(key)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and lo <= value <= hi:
        return value
    return None


def number(document: Mapping[str, Any], key: str, lo: float, hi: float) -> float | None:
    """A finite number within lo…hi."""
    value = document.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool) and lo <= value <= hi:
        return float(value)
    return None


def boolean(document: Mapping[str, Any], key: str) -> bool | None:
    """true or false as JSON booleans (or the words, which a JSON-LD library may leave behind)."""
    value = document.get(key)
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None
