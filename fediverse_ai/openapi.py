"""GET /api/openapi.json: the addresses for programs as an OpenAPI description, made from the route table.

Paths, methods and scopes are those of the doors. Fields are what the functions behind them read, found in their source,
so that nothing has to be written twice; types are the readers' (`text`, `flag`, `ids` …). Answers are the entities of
fediverse_ai/mastodon/schemas.py; those of RFC 6749 are described there.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import orjson
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from fediverse_ai import __version__
from fediverse_ai.core import scopes
from fediverse_ai.core.access import Door
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.core.responses import activity_json
from fediverse_ai.mastodon.doors import ApiDoor

_OPEN_TO_PROGRAMS = ("/api/", "/oauth/token", "/oauth/revoke", "/oauth/register", "/oauth/userinfo")
_PEOPLE = frozenset({"session", "moderator", "admin", "signature"})
_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
_ADDRESS = re.compile(r"[A-Z|]+ /")
_ID = {"type": "string", "pattern": "^[0-9]{1,19}$"}
_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "flag": {"type": "boolean"},
    "number": {"type": "integer"},
    "id": _ID,
    "words": {"type": "array", "items": {"type": "string"}},
    "ids": {"type": "array", "items": _ID},
    "section": {"type": "object"},
    "sections": {"type": "array", "items": {"type": "object"}},
    "file": {"type": "string", "format": "binary"},
}
_PAGES: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1},
    "max_id": _ID,
    "since_id": _ID,
    "min_id": _ID,
}
_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}


def document(config: Config, routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """The description (OpenAPI 3.1) of every address in a route table that programs ask with a token or none."""
    paths: dict[str, dict[str, Any]] = {}
    answers, entities = _answers()
    for route in routes:
        if isinstance(route, Door) and _described(route):
            path = _PARAMETER.sub(r"{\1}", route.path)
            for method in sorted((route.methods or set()) - {"HEAD"}):
                # Of two doors with the same address the first is the one that opens.
                paths.setdefault(path, {}).setdefault(method.lower(), _operation(route, path, method, answers))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{config.server.name}: the API for apps",
            "version": __version__,
            "description": "The Mastodon API, OAuth 2 and the ActivityPub client API, as far as this server has them.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": config.public_url}],
        "paths": paths,
        "components": {
            "schemas": {"Error": _ERROR, **entities},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "oauth": {
                    "type": "oauth2",
                    "flows": {
                        "authorizationCode": {
                            "authorizationUrl": f"{config.public_url}/oauth/authorize",
                            "tokenUrl": f"{config.public_url}/oauth/token",
                            "scopes": dict.fromkeys(scopes.SUPPORTED, ""),
                        }
                    },
                },
            },
        },
    }


def _described(door: Door) -> bool:
    """Is a door for programs? Those of ActivityPub clients lie among the documents and want a scope."""
    return door.path.startswith(_OPEN_TO_PROGRAMS) or door.needs not in _PEOPLE | {"anyone"}


@cache
def _answers() -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """ "METHOD /path" -> the schema of its answers, and the entities that these refer to."""
    # A quarter of a second of every start, for what is hardly ever asked.
    from fediverse_ai.mastodon.schema_table import ANSWERS

    wanted: list[Any] = [(call, "validation", TypeAdapter(kind)) for call, kind in ANSWERS.items()]
    found, defined = TypeAdapter.json_schemas(wanted, ref_template="#/components/schemas/{model}")
    return {call: schema for (call, _), schema in found.items()}, defined.get("$defs", {})


def _operation(door: Door, path: str, method: str, answers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    endpoint = inspect.unwrap(door.endpoint)
    fields = _fields(endpoint)
    found: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{method.lower()}{path}").strip("_"),
        "summary": _summary(endpoint),
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": _ID if name.endswith("id") else _TYPES["text"]}
            for name in _PARAMETER.findall(door.path)
        ],
        "responses": {
            "2XX": {"description": "As asked."},
            "4XX": {
                "description": "Refused, with the reason.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
        },
        # Either of the two names the same thing: a token in the Authorization header.
        "security": [{}] if door.needs == "anyone" else [{"token": []}],
    }
    if (schema := answers.get(f"{method} {path}")) is not None:
        found["responses"]["2XX"]["content"] = {"application/json": {"schema": schema}}
    if door.needs != "anyone":
        found["x-scope"] = door.needs
    if method == "GET":
        found["parameters"] += [
            {"name": f"{name}[]" if kind["type"] == "array" else name, "in": "query", "schema": kind}
            for name, kind in fields.items()
        ]
    elif fields:
        schema = {"type": "object", "properties": fields}
        kinds = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
        if any(kind.get("format") == "binary" for kind in fields.values()):
            kinds = kinds[-1:]
        found["requestBody"] = {"content": {kind: {"schema": schema} for kind in kinds}}
    return found


def _summary(endpoint: Callable[..., Any]) -> str:
    """The first line of what a function says of itself, without the address and the errors that it names."""
    line = (inspect.getdoc(endpoint) or "").partition("\n")[0]
    if _ADDRESS.match(line):
        line = re.split(r"[:;.] ", line, maxsplit=1)[-1] if re.search(r"[:;.] ", line) else ""
    return line.partition("Raises ")[0].strip()


@cache
def _fields(endpoint: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    """The fields that an endpoint reads, itself or by functions of its module, with their types."""
    functions = _functions(endpoint.__module__)
    waiting, seen = [endpoint.__name__], set[str]()
    found: dict[str, dict[str, Any]] = {}
    while waiting:
        name = waiting.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Name):
                waiting.append(node.id)
            elif isinstance(node, ast.Call):
                found |= dict(_read(node))
    return dict(sorted(found.items()))


@cache
def _functions(module: str) -> dict[str, ast.AST]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _read(call: ast.Call) -> Iterator[tuple[str, dict[str, Any]]]:
    """`asked.text("acct")` reads a string of that name, `answers.cursor(request)` those by which pages are turned."""
    if not isinstance(call.func, ast.Attribute):
        return
    if call.func.attr == "cursor":
        yield from _PAGES.items()
    elif call.func.attr in _TYPES and call.args and isinstance(call.args[0], ast.Constant):
        name = call.args[0].value
        if isinstance(name, str) and name.isidentifier():
            yield name, _TYPES[call.func.attr]


async def show(request: Request) -> Response:
    """The description of this server's API"""
    context: Context = request.app.state.context
    # Reading the source takes a moment, the first time.
    [table] = request.app.routes
    made = await asyncio.to_thread(document, context.config, table.routes)
    body = orjson.dumps(made)
    return activity_json(body, request=request, media_type="application/json")


ROUTES = [ApiDoor("/api/openapi.json", show, needs="anyone")]
