"""Every route says who may pass."""

from __future__ import annotations

import pytest
from starlette.routing import Route

from fediverse_ai import app, wiring
from fediverse_ai.core.access import Door, SocketDoor
from fediverse_ai.core.config import Config, ServerSection
from fediverse_ai.core.errors import Misconfigured

# Routes that write and yet are open to strangers, each with its reason.
OPEN_WRITES = {
    # Reads a picture and forgets it.
    "/verify",
    # Legal notices are for anybody; whom a measure is about objects with the secret of its statement.
    "/report/intimate-image",
    "/report/copyright",
    "/report/illegal-content",
    "/statements/{secret}",
    # People of other servers, who prove by their profile who they are.
    "/opt-out",
    # Takes a visitor to their own server; nothing changes here.
    "/intent",
    # Answer only to who holds this server's own secret.
    "/doctor/body",
    "/doctor/signature",
    # This is how one stops being a stranger.
    "/sign-in",
    "/sign-in/code",
    "/sign-in/passkey",
    "/sign-in/link/{secret}",
    "/sign-in/forgotten",
    "/sign-in/reset/{secret}",
    # And this is how one becomes a member, where the owner opened the door; the link proves a mail address.
    "/sign-up",
    "/sign-up/confirm/{secret}",
    # Apps introduce themselves, and come with secrets of their own.
    "/api/v1/apps",
    "/oauth/register",
    "/oauth/token",
    "/oauth/revoke",
}


def test_every_route_is_a_door() -> None:
    assert [route for route in wiring.ROUTES if not isinstance(route, Door | SocketDoor)] == []


def test_what_writes_is_not_open_to_anyone() -> None:
    unsafe = {"POST", "PUT", "PATCH", "DELETE"}
    found = {
        route.path
        for route in wiring.ROUTES
        if isinstance(route, Door) and route.needs == "anyone" and unsafe & (route.methods or set())
    }
    assert found == OPEN_WRITES


def test_a_route_without_a_declaration_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(request: object) -> None: ...

    monkeypatch.setattr(wiring, "ROUTES", [*wiring.ROUTES, Route("/loose", nothing)])
    with pytest.raises(Misconfigured, match="loose"):
        app.create_app(Config(server=ServerSection(development=True)))
