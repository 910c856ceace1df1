"""Doors let through whom they must; bodies keep their bounds; errors say only what the public may know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fediverse_ai.core.access import Door, Principal, allows, principal_of
from fediverse_ai.core.errors import (
    FediverseError,
    Forbidden,
    Malformed,
    RequestError,
    TooLarge,
    TooMany,
    Unavailable,
    Unreachable,
)
from fediverse_ai.core.responses import activity_json, etag_of, problem, read_body


def person(role: str = "member", via: str = "session", scopes: Iterable[str] = ()) -> Principal:
    return Principal(1, 2, "ann", role, frozenset(scopes), via)  # type: ignore[arg-type]


def app(who: Principal | None, needs: str) -> ASGIApp:
    async def endpoint(request: Request) -> Response:
        name = principal_of(request)
        return PlainTextResponse(name.username if name else "stranger")

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, FediverseError)
        return problem(error)

    inner = Starlette(
        routes=[Door("/", endpoint, methods=["GET"], needs=needs)], exception_handlers={RequestError: refused}
    )

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if who is not None:
            scope["user"] = who
        await inner(scope, receive, send)

    return outer


async def ask(application: ASGIApp, method: str = "GET") -> httpx2.Response:
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://home.test") as client:
        return await client.request(method, "/")


@pytest.mark.parametrize(
    ("needs", "who", "status"),
    [
        ("anyone", None, 200),
        ("signature", None, 200),
        ("session", None, 401),
        ("session", person(), 200),
        ("session", person(via="token", scopes=["read", "write"]), 403),
        ("moderator", None, 401),
        ("moderator", person(), 403),
        ("moderator", person("moderator"), 200),
        ("moderator", person("admin"), 200),
        ("moderator", person("admin", via="token", scopes=["read", "write", "admin"]), 403),
        ("admin", person("moderator"), 403),
        ("admin", person("admin"), 200),
        ("read:statuses", None, 401),
        ("read:statuses", person(via="token", scopes=["read"]), 200),
        ("read:statuses", person(via="token", scopes=["read:statuses"]), 200),
        ("read:statuses", person(via="token", scopes=["read:accounts", "write"]), 403),
        ("read", person(via="token", scopes=["read:statuses"]), 403),
        ("write:follows", person(via="token", scopes=["follow"]), 200),
        ("write:statuses", person(via="token", scopes=["follow"]), 403),
    ],
)
async def test_who_passes_a_door(needs: str, who: Principal | None, status: int) -> None:
    assert (await ask(app(who, needs))).status_code == status


async def test_a_wrong_method_is_not_a_question_of_rights() -> None:
    assert (await ask(app(None, "session"), "DELETE")).status_code == 405


@pytest.mark.parametrize("needs", ["", "nobody!", "read statuses", "read/x"])
def test_a_door_must_say_what_it_needs(needs: str) -> None:
    with pytest.raises(ValueError, match="neither a scope"):
        app(None, needs)
    with pytest.raises(TypeError):
        Door("/", PlainTextResponse)  # type: ignore[call-arg]


def test_a_scope_is_no_prefix_of_a_word() -> None:
    assert not allows({"rea"}, "read:statuses")
    assert not allows({"read:status"}, "read:statuses")
    assert not allows(set(), "read")


def request_of(chunks: list[bytes], *, announced: str | None = None, pause: float = 0.0) -> Request:
    headers = [(b"content-length", announced.encode())] if announced is not None else []
    waiting = iter(chunks)

    async def receive() -> Message:
        await asyncio.sleep(pause)
        chunk = next(waiting, None)
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}, receive)


@pytest.mark.parametrize(("size", "fine"), [(99, True), (100, True), (101, False)])
@pytest.mark.parametrize("announce", [True, False])
async def test_the_size_of_a_body(size: int, fine: bool, announce: bool) -> None:
    request = request_of([b"a" * 50, b"a" * (size - 50)], announced=str(size) if announce else None)
    if fine:
        assert len(await read_body(request, 100)) == size
    else:
        with pytest.raises(TooLarge):
            await read_body(request, 100)


async def test_a_body_that_lies_about_its_size_is_still_cut() -> None:
    with pytest.raises(TooLarge):
        await read_body(request_of([b"a" * 101], announced="5"), 100)


@pytest.mark.parametrize("announced", ["-1", "1e3", "x", "٣", ""])
async def test_a_length_that_is_no_number(announced: str) -> None:
    request = request_of([b"a"])
    request.scope["headers"] = [(b"content-length", announced.encode("utf-8"))]
    with pytest.raises(Malformed):
        await read_body(request, 100)


async def test_a_body_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fediverse_ai.core.responses.RECEIVE_BODY_SECONDS", 0.1)
    with pytest.raises(Malformed):
        await read_body(request_of([b"a"] * 50, pause=0.02), 100)


def test_a_problem_tells_the_public_sentence_only() -> None:
    for error, status in (
        (Forbidden("You may not.", "secret detail"), 403),
        (Unreachable("Not reached.", "secret detail 10.0.0.1"), 502),
        (FediverseError("Broken.", "secret detail"), 500),
    ):
        response = problem(error)
        assert response.status_code == status
        assert b"secret" not in response.body
        assert error.public.encode() in response.body
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["cache-control"] == "no-store"


def test_retry_after_is_said_where_it_must_be() -> None:
    assert problem(TooMany("Slowly.", retry_after=7)).headers["retry-after"] == "7"
    assert problem(Unavailable("Busy.")).headers["retry-after"] == "30"
    assert "retry-after" not in problem(Forbidden("No.")).headers


def test_stored_json_and_its_tag() -> None:
    body = b'{"a":1}'
    answer = activity_json(body)
    assert answer.headers["content-type"] == "application/activity+json; charset=utf-8"
    assert answer.headers["etag"] == etag_of(body)
    assert answer.headers["vary"] == "Accept, Signature"
    assert "public" in answer.headers["cache-control"]
    for known, status in (
        (etag_of(body), 304),
        (f"W/{etag_of(body)}", 304),
        ('"x", *', 304),
        ('"x"', 200),
        (None, 200),
    ):
        request = request_of([])
        request.scope["headers"] = [(b"if-none-match", known.encode())] if known else []
        assert activity_json(body, request=request).status_code == status, known
    private = activity_json(body, private=True)
    assert private.headers["cache-control"] == "private, no-store"
    assert "Authorization" in private.headers["vary"]
    assert activity_json(body, status=410).status_code == 410
