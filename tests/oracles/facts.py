"""What an oracle looks at, an answer of ours or a request of ours, and how it says what is broken.

An oracle is a function `check_*` that takes one of these and gives the rules that it breaks, as sentences. The rules
are those that the projects' sources and documents state (collected in the reference for implementers, whose
sections the docstrings name beside project and version). A server that is judged here by rules has not been seen to
agree.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

AS2 = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS2}#Public"

# Every rule that was looked at: a test compares them with those that some planted defect breaks.
ASKED: set[tuple[str, str]] = set()


@dataclass(frozen=True)
class Served:
    """One answer of ours to a GET that asked for ActivityPub (or what else the address serves)."""

    url: str
    status: int
    headers: dict[str, str]
    document: Any
    size: int = 0


@dataclass(frozen=True)
class Sent:
    """One request of ours as it reached a peer; header names in lower case. `document` is None for a GET."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""
    document: Any = None


Check = Callable[[Any], list[str]]


class Broken(list[str]):
    """The rules that do not hold: `broken(condition, "sentence")`."""

    def __init__(self, check: str) -> None:
        super().__init__()
        self.check = check

    def __call__(self, holds: Any, rule: str) -> None:
        ASKED.add((self.check, rule))
        if not holds:
            self.append(rule)


def get(value: Any, *path: str | int) -> Any:
    """The member at a path, or None."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def among(value: Any, known: Collection[str]) -> bool:
    """Is it one of these strings? Whatever else it is, it is not."""
    return isinstance(value, str) and value in known


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def parts(kind: str, document: Any) -> list[dict[str, Any]]:
    return [one for one in items(get(document, kind)) if isinstance(one, dict)]


def host(url: Any) -> str:
    try:
        return urlsplit(text(url)).netloc.lower()
    except ValueError:
        return ""


def is_url(value: Any) -> bool:
    """An absolute https address, as a plain string."""
    return isinstance(value, str) and value.startswith("https://") and bool(host(value)) and " " not in value


def is_moment(value: Any) -> bool:
    """An xsd:dateTime in UTC, whole seconds."""
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text(value)))


def age_seconds(value: Any) -> float:
    """How long ago a moment was; nonsense is very long ago."""
    if not is_moment(value):
        return 1e12
    return (datetime.now(UTC) - datetime.fromisoformat(text(value))).total_seconds()


def depth(value: Any) -> int:
    """Nesting of a JSON value: 0 for a string or number."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0) if isinstance(value, dict | list) else 0


def media_type(headers: dict[str, str]) -> str:
    return text(headers.get("content-type")).partition(";")[0].strip().lower()


def is_activity_answer(served: Served) -> bool:
    """`application/activity+json`, or `application/ld+json` with the profile."""
    kind = text(served.headers.get("content-type"))
    return media_type(served.headers) == "application/activity+json" or (
        media_type(served.headers) == "application/ld+json" and f'profile="{AS2}"' in kind
    )


def names_context(document: Any) -> bool:
    """The ActivityStreams context, literally, alone or in the list."""
    context = get(document, "@context")
    return context == AS2 or AS2 in items(context)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.classes: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        values = dict(attrs)
        self.classes |= set((values.get("class") or "").split())
        if tag == "a":
            self.links.append(values.get("href") or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def html(value: Any) -> _Tags:
    """Elements, classes, links and text of an HTML string."""
    parser = _Tags()
    parser.feed(text(value))
    parser.close()
    return parser


def signature(sent: Sent) -> dict[str, str]:
    """The parameters of a draft-cavage Signature header."""
    return dict(re.findall(r'(\w+)="([^"]*)"', text(sent.headers.get("signature"))))


def covered(sent: Sent) -> list[str]:
    return signature(sent).get("headers", "").split()


def names_itself(sent: Sent) -> bool:
    """`Name/Version (+https://host/)`."""
    return bool(re.fullmatch(r"\S+/\S+ \(\+https?://\S+\)", text(sent.headers.get("user-agent"))))


def signs(sent: Sent, *names: str) -> bool:
    """Are all of these covered by the signature?"""
    return set(names) <= set(covered(sent))


def digest(sent: Sent) -> str:
    return "SHA-256=" + base64.b64encode(hashlib.sha256(sent.body).digest()).decode()


def date_age(sent: Sent) -> float:
    """Seconds since the Date header; very long ago unless it is an IMF-fixdate in GMT."""
    try:
        moment = datetime.strptime(text(sent.headers.get("date")), "%a, %d %b %Y %H:%M:%S GMT")
    except ValueError:
        return 1e12
    return (datetime.now(UTC) - moment.replace(tzinfo=UTC)).total_seconds()


def inner(document: Any) -> Any:
    """The Note of a Create or Update, or the document itself."""
    return get(document, "object") if get(document, "type") in ("Create", "Update") else document
