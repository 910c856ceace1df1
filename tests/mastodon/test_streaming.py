"""Streams: who hears what, on a WebSocket and as server-sent events, and when a stream ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets
from sqlmodel import select

from actors.models import Token
from outbox import publish
from outbox.models import Post, Visibility
from tests.mastodon.app import App
from tests.support.house import House
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Ear:
    """A WebSocket of an app."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def hear(self) -> dict[str, Any]:
        """The next message, its payload read."""
        found: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), 10))
        if found.get("event") in ("update", "status.update", "notification", "conversation"):
            found["payload"] = json.loads(found["payload"])
        return found

    async def say(self, **order: str) -> None:
        await self.connection.send(json.dumps(order))

    async def silent(self) -> bool:
        """Nothing comes that was caused before: a subscription that cannot be is answered at once, after it."""
        await self.say(type="subscribe", stream="nonsense")
        answer = await self.hear()
        return "error" in answer


@asynccontextmanager
async def listening(app: App, query: str = "", *, protocol: bool = False) -> AsyncIterator[Ear]:
    address = app.home.context.config.public_url.replace("http", "ws", 1) + "/api/v1/streaming" + query
    token = app.headers["Authorization"].removeprefix("Bearer ")
    options: dict[str, Any] = {"subprotocols": [token]} if protocol else {"additional_headers": app.headers}
    async with websockets.connect(address, proxy=None, **options) as connection:
        if protocol:
            assert connection.subprotocol == token
        yield Ear(connection)


async def test_a_socket_echoes_the_token_that_came_as_its_protocol(home: House, alice: App) -> None:
    """Rule 18 of test_rules.py: browsers hang up otherwise. Without one nothing is echoed; a wrong one is refused."""
    async with listening(alice, "?stream=user", protocol=True) as ear:
        assert await ear.silent()
    token = alice.headers["Authorization"].removeprefix("Bearer ")
    address = alice.home.context.config.public_url.replace("http", "ws", 1) + "/api/v1/streaming"
    async with websockets.connect(f"{address}?access_token={token}", proxy=None) as plain:
        assert plain.subprotocol is None
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        async with websockets.connect(address, subprotocols=["x" * 43], proxy=None):  # type: ignore[list-item]
            pass
    assert refused.value.response.status_code == 401


async def test_home_hears_those_who_are_followed_and_nobody_else(home: House, alice: App, bob: App) -> None:
    await alice.post(f"/api/v1/accounts/{bob.id}/follow")
    async with listening(alice, "?stream=user", protocol=True) as ear:
        assert await ear.silent()
        post = await published(home, bob.actor, "Heard at once", visibility=Visibility.PUBLIC)
        message = await ear.hear()
        assert (message["stream"], message["event"]) == (["user"], "update")
        assert message["payload"]["id"] == str(post.id)
        assert message["payload"]["favourited"] is False
        quiet = await published(home, bob.actor, "For followers", visibility=Visibility.FOLLOWERS)
        assert (await ear.hear())["payload"]["id"] == str(quiet.id)
        await published(home, bob.actor, "For nobody here", visibility=Visibility.DIRECT)
        assert await ear.silent()
        async with home.context.database.write() as session:
            found = (await session.exec(select(Post).where(Post.id == post.id))).one()
            await publish.remove(session, found)
        message = await ear.hear()
        assert (message["event"], message["payload"]) == ("delete", str(post.id))
        await alice.post(f"/api/v1/accounts/{bob.id}/mute")
        await published(home, bob.actor, "Not heard", visibility=Visibility.PUBLIC)
        assert await ear.silent()
        await alice.post(f"/api/v1/accounts/{bob.id}/unmute")
        await alice.post(f"/api/v1/accounts/{bob.id}/unfollow")


async def test_boosts_and_notifications_are_heard(home: House, alice: App, bob: App) -> None:
    mine = await published(home, alice.actor, "Boost me", visibility=Visibility.PUBLIC)
    async with listening(alice, "?stream=user") as ear:
        await bob.post(f"/api/v1/statuses/{mine.id}/favourite")
        message = await ear.hear()
        assert (message["event"], message["payload"]["type"]) == ("notification", "favourite")
        assert message["payload"]["account"]["id"] == bob.id
        await alice.post(f"/api/v1/statuses/{mine.id}/reblog")
        message = await ear.hear()
        assert (message["event"], message["payload"]["reblog"]["id"]) == ("update", str(mine.id))


async def test_many_streams_on_one_socket(home: House, alice: App, bob: App) -> None:
    made = await alice.post("/api/v1/lists", {"title": "Ears"})
    await alice.post(f"/api/v1/accounts/{bob.id}/follow")
    await alice.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [bob.id]})
    async with listening(alice) as ear:
        await ear.say(type="subscribe", stream="public:local")
        await ear.say(type="subscribe", stream="hashtag", tag="Harbour")
        await ear.say(type="subscribe", stream="list", list=made["id"])
        assert await ear.silent()
        await published(home, bob.actor, "At the #harbour", visibility=Visibility.PUBLIC)
        heard = [(await ear.hear())["stream"] for _ in range(3)]
        assert sorted(heard) == [["hashtag", "harbour"], ["list", made["id"]], ["public:local"]]
        await ear.say(type="unsubscribe", stream="public:local")
        await ear.say(type="unsubscribe", stream="list", list=made["id"])
        assert await ear.silent()
        await published(home, bob.actor, "Nothing", visibility=Visibility.PUBLIC)
        assert await ear.silent()
    async with listening(bob) as ear:
        await ear.say(type="subscribe", stream="list", list=made["id"])
        assert (await ear.hear())["status"] == 404
    await alice.post(f"/api/v1/accounts/{bob.id}/unfollow")


async def test_server_sent_events_and_who_may_not(home: House, alice: App, bob: App) -> None:
    stranger = App.stranger(home)
    await stranger.get("/api/v1/streaming/user", status=401)
    await alice.get("/api/v1/streaming", status=400)
    assert (await home.client.get("/api/v1/streaming/health")).text == "OK"
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        async with websockets.connect(
            home.context.config.public_url.replace("http", "ws", 1) + "/api/v1/streaming", proxy=None
        ):
            pass
    assert refused.value.response.status_code == 401
    async with home.client.stream("GET", "/api/v1/streaming/public/local", headers=alice.headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        assert await anext(lines) == ":)"
        await anext(lines)
        post = await published(home, bob.actor, "Over the wire", visibility=Visibility.PUBLIC)
        assert await anext(lines) == "event: update"
        data = await anext(lines)
        assert json.loads(data.removeprefix("data: "))["id"] == str(post.id)


async def test_a_stream_ends_with_its_token(home: House, alice: App) -> None:
    doomed = await App.of(home, "alice", "read")
    async with listening(doomed, "?stream=user") as ear:
        assert await ear.silent()
        async with home.context.database.write() as session:
            token = (await session.exec(select(Token).order_by(Token.id.desc()))).first()  # type: ignore[union-attr]
            assert token is not None
            token.revoked_ms = home.clock.now_ms()
            session.add(token)
        home.clock.forward(10)
        await published(home, alice.actor, "Wakes the stream", visibility=Visibility.PUBLIC)
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            await ear.hear()
