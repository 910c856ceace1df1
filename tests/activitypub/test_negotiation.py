"""Accept headers as peers and browsers send them, content types that we take, and the two doors of one URL."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from fediverse_ai.activitypub.negotiation import ActivityRoute, is_activity_type, wants_activity
from fediverse_ai.activitypub.vocabulary import ACCEPT_ACTIVITY
from fediverse_ai.core.access import Door

AS = "https://www.w3.org/ns/activitystreams"


@pytest.mark.parametrize(
    "accept",
    [
        "application/activity+json, application/ld+json",
        f'application/activity+json, application/ld+json; profile="{AS}", text/html;q=0.1',
        f'application/ld+json; profile="{AS}"',
        "application/ld+json",
        "application/activity+json",
        "APPLICATION/ACTIVITY+JSON",
        "text/html;q=0.9, application/activity+json",
        "application/activity+json, text/html",
        "*/*, application/activity+json",
        'application/ld+json;profile="a, b; text/html";q=0.5, */*;q=0.1',
        ACCEPT_ACTIVITY,
    ],
)
def test_peers_get_activitypub(accept: str) -> None:
    assert wants_activity(accept, otherwise=False)


@pytest.mark.parametrize(
    "accept",
    [
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        "text/html",
        "text/html, application/activity+json;q=0.5",
        "application/activity+json;q=0, text/html;q=0.1",
        "application/activity+json;q=nonsense, text/html",
    ],
)
def test_browsers_get_the_page(accept: str) -> None:
    assert not wants_activity(accept, otherwise=True)


@pytest.mark.parametrize(
    "accept", [None, "", "*/*", "application/json", "image/png", "application/activity+json;q=0", "nonsense", ",,,"]
)
def test_the_others_get_what_the_route_says(accept: str | None) -> None:
    assert wants_activity(accept, otherwise=True)
    assert not wants_activity(accept, otherwise=False)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        "Application/Activity+JSON;charset=UTF-8",
        f'application/ld+json; profile="{AS}"',
        f'application/ld+json;profile="https://example.test/ {AS}"; charset=utf-8',
    ],
)
def test_content_types_that_we_take(content_type: str) -> None:
    assert is_activity_type(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "", "text/html", "application/json", "application/ld+json", "image/png",
        "text/plain; application/activity+json",
        f'application/ld+json; x="{AS}"', f'application/ld+json; profile="{AS}x"',
        "application/activity+json, text/html",
        "application/activity+json; charset=utf-16", "application/activity+jsonx", "application/activity", "nonsense",
        f'application/ld+json; profile="x"; profile="{AS}"', f"application/json; profile=\"{AS}\"",
    ],
)  # fmt: skip
def test_content_types_that_we_refuse(content_type: str) -> None:
    """NET-13, PAR-23."""
    assert not is_activity_type(content_type)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(list('a/;,="q*\\ \t')), max_size=40).map("".join))
def test_no_header_breaks_the_reading(value: str) -> None:
    assert wants_activity(value) in (True, False)
    assert is_activity_type(value) in (True, False)


@pytest.mark.parametrize("piece", ["a/b;", "a/b; ", 'a/b;x="', ";;;;", "a/b,", " ", "a/b;q=0.", "\t;\t"])
def test_reading_takes_linear_time(piece: str) -> None:
    """PAR-25."""
    started = time.process_time()
    wants_activity(piece * 20_000)
    is_activity_type(piece * 20_000)
    assert time.process_time() - started < 1.0


async def activity(request: Request) -> PlainTextResponse:
    return PlainTextResponse("activity")


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("page")


def test_two_doors_under_one_path() -> None:
    routes = [
        ActivityRoute("/users/{name}", activity, needs="anyone"),
        Door("/users/{name}", page, needs="anyone"),
        ActivityRoute("/@{name}", activity, needs="anyone", otherwise=False),
        Door("/@{name}", page, needs="anyone"),
    ]
    with TestClient(Starlette(routes=routes)) as client:

        def ask(path: str, accept: str) -> str:
            return client.get(path, headers={"accept": accept}).text

        assert ask("/users/ann", ACCEPT_ACTIVITY) == "activity"
        assert ask("/users/ann", "text/html") == "page"
        assert ask("/users/ann", "*/*") == "activity"
        assert ask("/@ann", "*/*") == "page"
        assert ask("/@ann", ACCEPT_ACTIVITY) == "activity"
        assert client.head("/users/ann", headers={"accept": ACCEPT_ACTIVITY}).status_code == 200
        assert client.post("/users/ann", headers={"accept": ACCEPT_ACTIVITY}).status_code == 405
        assert client.get("/nothing", headers={"accept": ACCEPT_ACTIVITY}).status_code == 404
