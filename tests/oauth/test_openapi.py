"""Our own description of the API: whole, true about who may, and used by a program that tries to break what it says."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import structlog

from fediverse_ai import wiring
from fediverse_ai.core.access import Door
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.mastodon.schema_table import ANSWERS
from fediverse_ai.mastodon.schemas import Relationship
from tests.mastodon import schema
from tests.oauth.stage import Stage
from tests.support.environments import environment
from tests.support.fedify import SOURCE
from tests.support.house import House, house
from tests.support.tokens import token_for

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _described(stage: Stage) -> dict[str, Any]:
    answer = await stage.client().get("/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_every_door_for_apps_is_described_with_its_scope(stage: Stage) -> None:
    paths = (await _described(stage))["paths"]
    doors = [door for door in wiring.ROUTES if isinstance(door, Door) and door.path.startswith("/api/")]
    assert len(doors) > 60
    first: dict[tuple[str, str], str] = {}
    for door in doors:
        path = door.path.replace(":int", "").replace(":str", "").replace(":path", "")
        for method in sorted((door.methods or set()) - {"HEAD"}):
            first.setdefault((path, method), door.needs)
    for (path, method), needs in first.items():
        operation = paths[path][method.lower()]
        assert operation.get("x-scope") == (None if needs == "anyone" else needs), path
        assert operation["security"] == ([{}] if needs == "anyone" else [{"token": []}])
        assert {found["name"] for found in operation["parameters"] if found["in"] == "path"} == {
            part[1:-1] for part in path.split("/") if part.startswith("{")
        }


async def test_fields_are_those_that_are_read(stage: Stage) -> None:
    paths = (await _described(stage))["paths"]
    post = paths["/api/v1/statuses"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert {"status", "media_ids", "visibility", "sensitive", "spoiler_text"} <= post.keys()
    assert post["media_ids"]["type"] == "array"
    assert post["sensitive"]["type"] == "boolean"
    home = {found["name"] for found in paths["/api/v1/timelines/home"]["get"]["parameters"]}
    assert {"limit", "max_id", "since_id", "min_id"} <= home
    assert list(paths["/api/v2/media"]["post"]["requestBody"]["content"]) == ["multipart/form-data"]
    app = paths["/api/v1/apps"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert {"client_name", "redirect_uris", "scopes", "website"} <= app.keys()


# Addresses whose answers are no entity: streams, empty lists, other specifications, what is refused always.
UNDESCRIBED = re.compile(
    r"/api/(openapi\.json|oembed|v1/(streaming.*|trends/links|instance/translation_languages|apps.*"
    r"|accounts/{id}/identity_proofs|statuses/{id}/card|statuses/{id}/upscale))"
)


async def test_every_answer_is_described(stage: Stage) -> None:
    """With its entity, each of which the description holds; tests/mastodon holds every answer that it gets to them."""
    found = await _described(stage)
    bare, known = [], found["components"]["schemas"]
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            answer = operation["responses"]["2XX"].get("content", {}).get("application/json", {}).get("schema")
            if answer is None and path.startswith("/api/") and not UNDESCRIBED.fullmatch(path):
                bare.append(f"{method} {path}")
            for name in re.findall(r"#/components/schemas/(\w+)", str(answer)):
                assert name in known, name
    assert bare == []
    calls = {f"{method.upper()} {path}" for path, each in found["paths"].items() for method in each}
    assert ANSWERS.keys() - calls == set(), "described, and not there"
    status = known["Status"]
    assert {"id", "account", "content", "media_attachments"} <= set(status["required"])
    assert status["additionalProperties"] is False


async def test_an_answer_that_is_otherwise_is_noticed() -> None:
    relationship = dict.fromkeys(Relationship.model_fields, False) | {"id": "1", "languages": None, "note": ""}
    path = "/api/v1/accounts/1/follow"
    schema.check("POST", path, relationship)
    for wrong in ({"id": 1}, {"note": None}, {"new": "x"}, {"id": "abc"}):
        with pytest.raises(AssertionError, match="is not as described"):
            schema.check("POST", path, relationship | wrong)
    del relationship["muting"]
    with pytest.raises(AssertionError, match="is not as described"):
        schema.check("POST", path, relationship)


async def test_nothing_of_pages_or_peers_is_described(stage: Stage) -> None:
    paths = (await _described(stage))["paths"]
    for path in ("/", "/make", "/sign-in", "/oauth/authorize", "/inbox", "/users/{name}", "/settings/sessions"):
        assert path not in paths
    identifiers = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert len(identifiers) == len(set(identifiers))


@asynccontextmanager
async def _patient(home: House) -> AsyncIterator[None]:
    """No rate is ever used up: what is looked for lies behind them."""

    async def forget() -> None:
        while True:
            home.context.part(RateLimiter)._free_at.clear()
            await asyncio.sleep(0.02)

    task = asyncio.create_task(forget())
    try:
        yield
    finally:
        task.cancel()


@pytest.mark.live
async def test_schemathesis_finds_no_fault_of_ours_and_no_open_door(tmp_path: Path) -> None:
    """No 5xx for whatever fits or does not fit the description; what wants a token is closed without one."""
    python, log = environment(SOURCE.parent / "schemathesis"), tmp_path / "schemathesis.txt"
    # Without rendering tracebacks, which takes seconds where logging is not set up.
    with structlog.testing.capture_logs() as told:
        async with house(tmp_path / "home") as home, _patient(home):
            with log.open("wb") as output:
                status = await _try(home, python, tmp_path, output)
    assert status == 0, log.read_text(errors="replace")[-8000:]
    assert [line["path"] for line in told if line["event"] == "unforeseen_error"] == []


async def _try(home: House, python: Path, folder: Path, output: BinaryIO) -> int:
    token = await token_for(home, "alice", "profile read write follow push")
    program = await asyncio.create_subprocess_exec(
        python.parent / "st",
        "run",
        f"{home.origin}/api/openapi.json",
        *("--header", f"Authorization: Bearer {token}"),
        *("--checks", "not_a_server_error,ignored_auth,response_schema_conformance"),
        *("--phases", "fuzzing"),
        *("--max-examples", os.environ.get("SCHEMATHESIS_EXAMPLES", "10")),
        *("--exclude-path-regex", "/streaming|/events"),
        *("--request-timeout", "60"),
        *("--seed", "5", "--no-shrink", "--continue-on-failure", "--warnings", "off"),
        cwd=folder,
        env={**os.environ, "COLUMNS": "160", "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")},
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
    )
    return await program.wait()
