"""Bounds of the API at their edges: forms, lists, threads, rates of uploads, and the hub of events."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fediverse_ai.core import events, limits
from fediverse_ai.core.errors import Unavailable, Unprocessable
from fediverse_ai.core.events import Event, Hub
from fediverse_ai.mastodon.answers import moment
from fediverse_ai.mastodon.parameters import Parameters, unfold
from outbox.models import Post, Visibility
from tests.mastodon.app import App
from tests.mastodon.test_rules import picture
from tests.support.house import House
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_fields_of_a_form() -> None:
    assert len(unfold((f"a{n}", "x") for n in range(limits.API_FIELDS))) == limits.API_FIELDS
    with pytest.raises(Unprocessable):
        unfold((f"a{n}", "x") for n in range(limits.API_FIELDS + 1))


async def test_items_of_a_list() -> None:
    asked = Parameters(unfold(("a[]", str(n)) for n in range(limits.API_LIST_ITEMS + 1)))
    assert len(asked.words("a")) == len(asked.ids("a")) == limits.API_LIST_ITEMS
    assert len(Parameters({"a": [{}] * (limits.API_LIST_ITEMS + 1)}).sections("a")) == limits.API_LIST_ITEMS


async def test_depth_of_names() -> None:
    name = "a" + "[b]" * (limits.API_DEPTH + 1)
    node: Any = unfold([(name, "x")])["a"]
    for _ in range(limits.API_DEPTH):
        node = node["b"]
    assert node == "x"


@pytest.mark.parametrize(
    ("pairs", "tree"),
    [
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("a[b]", "1"), ("a[c]", "2")], {"a": {"b": "1", "c": "2"}}),
        ([("a[][b]", "1"), ("a[][c]", "2"), ("a[][b]", "3")], {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        ([("a[0][b]", "1"), ("a[1][b]", "2")], {"a": {"0": {"b": "1"}, "1": {"b": "2"}}}),
        ([("a", "1"), ("a[b]", "2"), ("a[]", "3"), ("[x]", "4"), ("b]", "5")], {"a": "1"}),
        ([("a", "nul\x00")], {"a": "nul"}),
    ],
)
async def test_names_of_rails(pairs: list[tuple[str, str]], tree: dict[str, Any]) -> None:
    assert unfold(pairs) == tree


@pytest.mark.parametrize(
    ("said", "meant"),
    [("1", True), ("0", False), ("true", True), ("False", False), ("off", False), ("", None), (None, None),
     (True, True), (False, False), (0, False), (1, True), ("anything", True)],
)  # fmt: skip
async def test_booleans(said: object, meant: bool | None) -> None:
    assert Parameters({"a": said}).flag("a") is meant


async def test_numbers_and_ids_are_read_or_ignored() -> None:
    asked = Parameters({"a": "12", "b": "-3", "c": "9" * 30, "d": "x", "e": True, "f": 7, "g": str(2**63)})
    assert asked.number("a", 1, 10) == 10
    assert asked.number("b", 0, 10) == 0
    assert asked.number("c", 0, 10) is None
    assert (asked.id("a"), asked.id("d"), asked.id("e"), asked.id("f"), asked.id("g")) == (12, None, None, 7, None)


async def test_so_many_statuses_and_accounts_at_once(home: House, alice: App) -> None:
    ids = [(await published(home, alice.actor, f"{n}", visibility=Visibility.PUBLIC)).id
           for n in range(limits.API_BATCH_IDS + 1)]  # fmt: skip
    query = "&".join(f"id[]={key}" for key in ids)
    found = await alice.get(f"/api/v1/statuses?{query}")
    assert [int(one["id"]) for one in found] == ids[: limits.API_BATCH_IDS]


async def test_so_much_of_a_thread(home: House, alice: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "API_ANCESTORS", 3)
    monkeypatch.setattr(limits, "API_DESCENDANTS", 2)
    line = [await published(home, alice.actor, "0", visibility=Visibility.PUBLIC)]
    for number in range(1, 8):
        line.append(await published(home, alice.actor, str(number), visibility=Visibility.PUBLIC,
                                    in_reply_to_id=line[-1].id, in_reply_to_uri=line[-1].uri))  # fmt: skip
    found = await alice.get(f"/api/v1/statuses/{line[4].id}/context")
    assert [int(one["id"]) for one in found["ancestors"]] == [post.id for post in line[1:4]]
    assert [int(one["id"]) for one in found["descendants"]] == [post.id for post in line[5:7]]


async def test_so_many_fields_of_a_profile(alice: App) -> None:
    rows = [{"name": f"n{n}", "value": "v"} for n in range(limits.PROFILE_FIELDS + 1)]
    me = await alice.ask("PATCH", "/api/v1/accounts/update_credentials", json={"fields_attributes": rows})
    assert len(me["fields"]) == limits.PROFILE_FIELDS


async def test_unread_are_counted_up_to_a_bound(home: House, alice: App, bob: App) -> None:
    for number in range(3):
        post = await published(home, alice.actor, f"Like {number}", visibility=Visibility.PUBLIC)
        await bob.post(f"/api/v1/statuses/{post.id}/favourite")
    assert (await alice.get("/api/v1/notifications/unread_count?limit=2"))["count"] == 2
    assert (await alice.get(f"/api/v1/notifications/unread_count?limit={limits.API_UNREAD + 1}"))["count"] == 3


async def test_a_scheduled_post_is_at_least_five_minutes_ahead(home: House, alice: App) -> None:
    now = home.clock.now_ms()

    def at(seconds: float) -> str:
        return moment(now + int(seconds * 1000))

    body = {"status": "Later", "scheduled_at": at(limits.SCHEDULE_LEAST_SECONDS - 1)}
    await alice.post("/api/v1/statuses", body, status=422)
    body["scheduled_at"] = at(limits.SCHEDULE_LEAST_SECONDS + 30)
    made = await alice.post("/api/v1/statuses", body)
    assert made["params"]["text"] == "Later"
    assert made["scheduled_at"] == body["scheduled_at"]
    assert made["id"] not in [one["id"] for one in await alice.get("/api/v1/timelines/home")]
    [row] = await home.rows(Post, id=int(made["id"]))
    assert row.not_before_ms is not None


async def test_so_many_uploads_and_requests(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    # As many as ever, and none of them free again while the test runs.
    monkeypatch.setattr(limits, "API_REQUESTS", limits.Rate(40, 400_000.0))
    carol = await App.of(home, "carol")
    for _ in range(limits.API_UPLOADS.count):
        await carol.ask("POST", "/api/v1/media", status=422, files={"nothing": ("a", b"x")})
    await carol.ask("POST", "/api/v1/media", status=429, files={"file": ("a.png", picture())})
    left = limits.API_REQUESTS.count - limits.API_UPLOADS.count - 1
    for _ in range(left):
        await carol.get("/api/v1/preferences")
    await carol.get("/api/v1/preferences", status=429)
    # Somebody else's requests are not theirs.
    await App.stranger(home).get("/api/v1/instance/rules")


async def test_the_hub_drops_the_oldest_of_a_slow_listener() -> None:
    hub = Hub()
    slow, quick = hub.subscribe(["a"]), hub.subscribe(["a", "b"])
    for number in range(limits.EVENT_QUEUE + 2):
        hub.publish(Event("a", "update", number))
    hub.publish(Event("c", "update", 1))
    assert slow.lost == 2
    first = await slow.next(0)
    assert first is not None
    assert first.payload_id == 2
    slow.close()
    quick.close()
    assert not hub.listeners
    assert hub.subscribers == 0


async def test_a_listener_hears_so_many_channels_and_the_hub_so_many_listeners(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "EVENT_SUBSCRIBERS", 2)
    hub = Hub()
    first = hub.subscribe([f"c{number}" for number in range(limits.EVENT_CHANNELS + 1)])
    assert len(first.channels) == limits.EVENT_CHANNELS
    second = hub.subscribe([])
    with pytest.raises(Unavailable):
        hub.subscribe([])
    second.close()
    hub.subscribe([]).close()
    assert await first.next(0.0) is None


async def test_events_are_told_after_the_commit_and_never_when_it_fails(home: House) -> None:
    context = home.context
    listener = events.subscribe(context, ["user:1"])
    async with context.database.write() as session:
        events.publish_after(session, ["user:1"], "update", 5)
        assert await listener.next(0) is None
    assert await listener.next(1) == Event("user:1", "update", 5)
    with pytest.raises(RuntimeError):
        await _rolled_back(home)
    events.publish(context, "user:1", "delete", 7)
    assert await listener.next(1) == Event("user:1", "delete", 7)
    gathered = asyncio.ensure_future(_all(listener))
    await asyncio.sleep(0)
    listener.close()
    assert await gathered == []


async def _rolled_back(home: House) -> None:
    async with home.context.database.write() as session:
        events.publish_after(session, ["user:1"], "update", 6)
        raise RuntimeError


async def _all(listener: events.Subscription) -> list[Event]:
    return [event async for event in listener]
