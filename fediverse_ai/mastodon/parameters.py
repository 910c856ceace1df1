"""What an app sent: query, JSON, form or multipart, with the nested names of Rails, read into one tree."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from fediverse_ai.core import limits
from fediverse_ai.core.errors import Malformed, Unprocessable
from fediverse_ai.core.responses import read_body
from fediverse_ai.mastodon.answers import id_of
from outbox.cursors import LARGEST_ID

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_FALSE = frozenset({"0", "f", "false", "off", "no"})


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded part: its bytes. What they are is found from them, never from the name."""

    data: bytes
    name: str = ""


class Parameters:
    """A tree of what was sent. Readers take what they know and ignore the rest; null and absent are the same."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self._tree = tree

    def has(self, name: str) -> bool:
        """Was it sent at all, be it empty? Says whether an edit means to change it."""
        return self._tree.get(name) is not None

    def text(self, name: str) -> str | None:
        """A string; numbers and booleans become what a form would have sent."""
        value = self._tree.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return str(value)
        return value if isinstance(value, str) else None

    def flag(self, name: str) -> bool | None:
        """A boolean as Rails casts it: 0, f, false and off in any case are False, nothing is None, all else is True."""
        value = self._tree.get(name)
        if isinstance(value, bool):
            return value
        said = (self.text(name) or "").strip().lower()
        return None if not said else said not in _FALSE

    def number(self, name: str, least: int, most: int) -> int | None:
        """A whole number cut to its bounds; None for anything else."""
        said = (self.text(name) or "").strip()
        body = said.removeprefix("-")
        if not (body.isascii() and body.isdigit() and len(body) < 20):
            return None
        return max(least, min(most, int(said)))

    def id(self, name: str) -> int | None:
        found = id_of(self._tree.get(name))
        return found if found is not None and found <= LARGEST_ID else None

    def words(self, name: str) -> list[str]:
        """A list of strings: `a[]`, `a[0]`, a JSON array, or a single value."""
        value = self._tree.get(name)
        found = _as_list(value) if isinstance(value, dict | list) else [value]
        return [str(item) for item in found[: limits.API_LIST_ITEMS] if isinstance(item, str | int) and item != ""]

    def ids(self, name: str) -> list[int]:
        """A list of ids, each once, in order; what is no id is left out."""
        found = (id_of(word) for word in self.words(name))
        return list(dict.fromkeys(item for item in found if item is not None and item <= LARGEST_ID))

    def section(self, name: str) -> Parameters:
        """`a[b]`: what was sent below a name; empty when nothing was."""
        value = self._tree.get(name)
        return Parameters(value if isinstance(value, dict) else {})

    def sections(self, name: str) -> list[Parameters]:
        """`a[][b]` or `a[0][b]`: a list of such, in order."""
        value = self._tree.get(name)
        found = _as_list(value) if isinstance(value, dict | list) else []
        return [Parameters(item) for item in found[: limits.API_LIST_ITEMS] if isinstance(item, dict)]

    def file(self, name: str) -> File | None:
        value = self._tree.get(name)
        return value if isinstance(value, File) else None

    def files(self, name: str) -> list[File]:
        """The uploaded parts of `a[]`, in order; one alone counts too."""
        value = self._tree.get(name)
        found = _as_list(value) if isinstance(value, dict | list) else [value]
        return [item for item in found if isinstance(item, File)]


def _as_list(value: dict[str, Any] | list[Any]) -> list[Any]:
    """A list, or the values of an object whose names are numbers, in their order."""
    if isinstance(value, list):
        return value
    numbered = [(int(name), item) for name, item in value.items() if name.isascii() and name.isdigit()]
    return [item for _, item in sorted(numbered, key=lambda pair: pair[0])]


async def read(request: Request, *, body_bytes: int = limits.FORM_BODY_BYTES) -> Parameters:
    """Query and body together; the body counts where both name a thing.

    An address takes every kind of body, DELETE too. Raises Malformed, TooLarge.
    """
    tree = unfold(request.query_params.multi_items())
    raw = await read_body(request, body_bytes)
    if not raw:
        return Parameters(tree)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return Parameters(tree | unfold(await _multipart(request.headers, raw)))
    if kind == "application/json" or kind.endswith("+json") or (not kind and raw[:1] == b"{"):
        return Parameters(tree | _json(raw))
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=limits.API_FIELDS, errors="strict")
    except ValueError as error:
        raise Malformed("The form cannot be read.", str(error)[:200]) from None
    return Parameters(tree | unfold(pairs))


def query(request: Request) -> Parameters:
    """The query string alone."""
    return Parameters(unfold(request.query_params.multi_items()))


def _json(raw: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Malformed("The JSON cannot be read.", str(error)[:200]) from None
    # A list or a bare value names nothing; masto.js sends `null` where there is nothing to say.
    return found if isinstance(found, dict) else {}


async def _multipart(headers: Headers, raw: bytes) -> list[tuple[str, Any]]:
    boundary = parse_options_header(headers["content-type"])[1].get(b"boundary", b"")
    if not boundary or b"--" + boundary + b"--" not in raw:
        # The parser would take the parts before the break for all of them.
        raise Malformed("The form cannot be read.", "multipart without its end")

    async def stream() -> AsyncGenerator[bytes, None]:
        yield raw
        yield b""

    parser = MultiPartParser(
        headers, stream(), max_files=limits.API_FILES, max_fields=limits.API_FIELDS, max_part_size=len(raw)
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise Malformed("The form cannot be read.", error.message[:200]) from None
    pairs: list[tuple[str, Any]] = []
    try:
        for name, value in form.multi_items():
            pairs.append((name, await _file(value) if isinstance(value, UploadFile) else value))
    finally:
        await form.close()
    return pairs


async def _file(part: UploadFile) -> File | str:
    """The bytes; an empty part without a name is a file field that was left alone."""
    data = await part.read()
    return File(data, (part.filename or "")[: limits.NAME_CHARS]) if data or part.filename else ""


def unfold(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """`a[]`, `a[b]`, `a[0][b]` and `a[][b]` as a tree; of a plain name that comes twice the last counts."""
    tree: dict[str, Any] = {}
    for number, (key, value) in enumerate(pairs):
        if number >= limits.API_FIELDS:
            raise Unprocessable(f"At most {limits.API_FIELDS} fields can be sent.")
        found = _NAME.fullmatch(key)
        if found is not None:
            parts = _PART.findall(found[2])[: limits.API_DEPTH]
            _put(tree, found[1], parts, value.replace("\x00", "") if isinstance(value, str) else value)
    return tree


def _put(node: dict[str, Any], name: str, parts: list[str], value: Any) -> None:
    if not parts:
        node[name] = value
        return
    first, rest = parts[0], parts[1:]
    if first:
        below = node.setdefault(name, {})
        if isinstance(below, dict):
            _put(below, first, rest, value)
        return
    items = node.setdefault(name, [])
    if not isinstance(items, list):
        return
    if not rest:
        items.append(value)
        return
    # `a[][b]`: a name that the last object has already begins the next one.
    if not items or not isinstance(items[-1], dict) or (rest[0] in items[-1] and len(rest) == 1):
        items.append({})
    _put(items[-1], rest[0], rest[1:], value)
