"""How much one person may keep to arrange their reading, and how much a search and a stream do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from fediverse_ai.activitypub import hashtags
from fediverse_ai.core import limits
from fediverse_ai.core.access import Principal
from fediverse_ai.core.errors import TooMany
from fediverse_ai.core.limits import Rate, RateLimiter
from fediverse_ai.mastodon.listeners import Stream
from fediverse_ai.mastodon.streaming import _answer, _ears
from outbox import search
from outbox.models import Visibility
from tests.mastodon.app import App
from tests.support.house import House
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _fill(most: int, add: Callable[[int, int], Awaitable[object]]) -> None:
    """Up to the bound all is well, one more is refused."""
    for number in range(most):
        await add(number, 200)
    await add(most, 422)


async def test_lists_and_their_members(monkeypatch: pytest.MonkeyPatch, alice: App, bob: App) -> None:
    monkeypatch.setattr(limits, "LISTS", 2)
    await _fill(2, lambda n, status: alice.post("/api/v1/lists", {"title": f"List {n}"}, status=status))
    [first, _] = await alice.get("/api/v1/lists")
    monkeypatch.setattr(limits, "LIST_MEMBERS", 1)
    await alice.post(f"/api/v1/accounts/{bob.id}/follow")
    await alice.post(f"/api/v1/lists/{first['id']}/accounts", {"account_ids": [bob.id, alice.id]}, status=422)
    await alice.post(f"/api/v1/lists/{first['id']}/accounts", {"account_ids": [bob.id]})


async def test_filters_their_words_and_posts(monkeypatch: pytest.MonkeyPatch, home: House, alice: App) -> None:
    for name in ("FILTERS", "FILTER_KEYWORDS", "FILTER_POSTS"):
        monkeypatch.setattr(limits, name, 2)

    async def make(number: int, status: int) -> None:
        await alice.post("/api/v2/filters", {"title": f"F{number}", "context": ["home"]}, status=status)

    await _fill(2, make)
    [first, _] = await alice.get("/api/v2/filters")
    words = f"/api/v2/filters/{first['id']}/keywords"
    await _fill(2, lambda n, status: alice.post(words, {"keyword": f"word{n}"}, status=status))
    posts = [await published(home, alice.actor, f"Post {n}") for n in range(3)]
    marks = f"/api/v2/filters/{first['id']}/statuses"
    await _fill(2, lambda n, status: alice.post(marks, {"status_id": str(posts[n].id)}, status=status))


async def test_hashtags_and_servers(monkeypatch: pytest.MonkeyPatch, alice: App) -> None:
    for name in ("TAG_FOLLOWS", "FEATURED_TAGS", "SILENCED_HOSTS"):
        monkeypatch.setattr(limits, name, 2)
    await _fill(2, lambda n, status: alice.post(f"/api/v1/tags/tag{n}/follow", status=status))
    await _fill(2, lambda n, status: alice.post("/api/v1/featured_tags", {"name": f"tag{n}"}, status=status))
    host = "h{}.example"
    await _fill(2, lambda n, status: alice.post("/api/v1/domain_blocks", {"domain": host.format(n)}, status=status))


async def test_notes_and_mutes(monkeypatch: pytest.MonkeyPatch, alice: App, bob: App, home: House) -> None:
    address = f"/api/v1/accounts/{bob.id}/note"
    await alice.post(address, {"comment": "x" * limits.NOTE_CHARS})
    await alice.post(address, {"comment": "x" * (limits.NOTE_CHARS + 1)}, status=422)
    monkeypatch.setattr(limits, "MUTE_SECONDS", 60)
    await alice.post(f"/api/v1/accounts/{bob.id}/mute", {"duration": 3600})
    home.clock.forward(60)
    [tie] = await alice.get("/api/v1/accounts/relationships", **{"id[]": bob.id})
    assert tie["muting"] is False


async def test_searches_look_so_far(monkeypatch: pytest.MonkeyPatch, home: House, alice: App) -> None:
    for number in range(3):
        await published(home, alice.actor, f"needle number {number}", visibility=Visibility.PUBLIC)
    monkeypatch.setattr(limits, "SEARCH_POSTS", 2)
    async with home.context.database.read() as session:
        assert len(await search.posts(session, alice.actor, "needle", 40)) == 2
        monkeypatch.setattr(limits, "SEARCH_WORDS", 1)
        assert len(await search.posts(session, alice.actor, "needle absent", 40)) == 2, "further words are not read"
    monkeypatch.setattr(limits, "TAG_HISTORY_POSTS", 1)
    for _ in range(2):
        await published(home, alice.actor, "#counted", visibility=Visibility.PUBLIC)
    assert (await alice.get("/api/v1/tags/counted"))["history"][0]["uses"] == "1"
    monkeypatch.setattr(limits, "SEARCH_POSTS", 20)
    monkeypatch.setattr(limits, "SEARCH_CHARS", 6)
    assert (await alice.get("/api/v2/search", q="needle and more"))["statuses"] != []
    monkeypatch.setattr(limits, "SEARCH_OFFSET", 0)
    assert (await alice.get("/api/v2/search", q="needle", offset=1))["statuses"] != []
    assert hashtags.name_of("a" * limits.NAME_CHARS) is not None
    assert hashtags.name_of("a" * (limits.NAME_CHARS + 1)) is None


async def test_resolving_has_a_rate(monkeypatch: pytest.MonkeyPatch, alice: App) -> None:
    monkeypatch.setattr(limits, "RESOLVES_PER_ACCOUNT", Rate(2, 3600.0))
    for status in (200, 200, 429):
        await alice.get("/api/v2/search", q="nobody@nowhere.example", resolve="true", status=status)


class Said:
    """A socket that only keeps what is sent."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def send_text(self, text: str) -> None:
        self.lines.append(text)


async def test_a_socket_carries_so_many_streams(home: House, alice: App) -> None:
    who = Principal(1, alice.actor.id, "alice", "member", frozenset({"read"}), "token", token_id=1)
    listener, socket = await _ears(home.context, who), Said()
    for number in range(limits.STREAMS_PER_SOCKET + 1):
        order = {"type": "subscribe", "stream": "hashtag", "tag": f"tag{number}"}
        await _answer(home.context, who, listener, socket, order)  # type: ignore[arg-type]
    assert len(listener.streams) == limits.STREAMS_PER_SOCKET
    assert len(socket.lines) == 1
    assert Stream("hashtag", "tag0") in listener.streams
    limiter = RateLimiter(home.clock)
    for _ in range(limits.STREAM_MESSAGES.count):
        limiter.check("x", limits.STREAM_MESSAGES)
    with pytest.raises(TooMany):
        limiter.check("x", limits.STREAM_MESSAGES)
