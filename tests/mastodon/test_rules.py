"""The twenty rules that decide whether an app works at all: RULES says of each by which test it is held."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from outbox.models import Visibility
from tests.mastodon.app import App
from tests.support.house import House
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def picture(side: int = 32, kind: str = "PNG") -> bytes:
    """A meadow under a sky: nothing that a gate could take for anything else."""
    image = Image.new("RGB", (side, side), (150, 195, 235))
    image.paste((70, 130, 60), (0, side * 2 // 3, side, side))
    image.paste((250, 220, 90), (side // 6, side // 6, side // 3, side // 3))
    made = io.BytesIO()
    image.save(made, kind)
    return made.getvalue()


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every (name, value) in a JSON value."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield name, below
            yield from walk(below)
    elif isinstance(value, list):
        for below in value:
            yield from walk(below)


@pytest.fixture(scope="module")
def paths(alice: App, bob: App) -> list[str]:
    """Addresses that give every entity of this part."""
    return [
        "/api/v1/timelines/home",
        "/api/v1/timelines/public",
        "/api/v1/accounts/verify_credentials",
        f"/api/v1/accounts/{bob.id}",
        f"/api/v1/accounts/{bob.id}/statuses",
        "/api/v1/notifications",
        "/api/v1/instance",
        "/api/v2/instance",
        "/api/v1/preferences",
        f"/api/v1/accounts/relationships?id[]={bob.id}",
    ]


# Each names its rule, in its own name or in its docstring. Here unless said otherwise.
RULES = {
    1: "test_1_dates_2_ids_and_3_what_is_never_null",
    2: "test_2_ids_have_one_length_and_grow",
    3: "test_3_stand_ins_for_portraits_are_real_pictures",
    4: "tests/oauth/test_token.py::test_a_code_becomes_a_token_in_every_kind_of_body",
    5: "test_5_every_kind_of_body_and_boolean",
    6: "tests/oauth/test_authorize.py::test_redirect_uris_stay_as_they_are",
    7: "tests/oauth/test_authorize.py::test_headers_let_the_answer_out_and_nothing_else",
    8: "test_8_a_slash_at_the_end_works_without_a_redirect",
    9: "test_9_browsers_may_read_answers_and_errors",
    10: "test_10_unknown_addresses_are_json",
    11: "test_11_the_link_header_next_then_prev",
    12: "test_12_both_addresses_for_uploads_and_their_description",
    13: "test_13_what_a_file_is_its_bytes_say",
    14: "test_14_a_picture_is_there_right_after_its_upload",
    15: "test_15_the_instance_in_both_versions",
    16: "test_16_the_version_begins_as_mastodons_does",
    17: "test_17_nodeinfo_names_what_it_is_compatible_with",
    18: "tests/mastodon/test_streaming.py::test_a_socket_echoes_the_token_that_came_as_its_protocol",
    19: "tests/social/test_outbox.py::test_a_post_is_answered_with_its_address_and_the_whole_activity",
    20: "tests/oauth/test_registration.py::test_activitypub_clients_find_out_how_to_sign_in",
}


@pytest.mark.parametrize("number", range(1, 21))
async def test_every_rule_is_held_by_a_test_that_names_it(number: int) -> None:
    path, _, name = RULES[number].rpartition("::")
    tree = ast.parse((Path(__file__).parents[2] / (path or "tests/mastodon/test_rules.py")).read_text())
    [found] = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name == name]
    assert not any("live" in ast.unparse(mark) for mark in found.decorator_list), "it runs with every change"
    said = f"{name.replace('_', ' ')} {ast.get_docstring(found)}"
    assert re.search(rf"\b{number}\b", said), f"{RULES[number]} does not say that it is rule {number}"


async def furnish(home: House, alice: App, bob: App) -> None:
    """A little of everything: a picture, a reply, a boost, a follow, and what is told of them."""
    post = await published(home, alice.actor, "A #rule", picture=True, visibility=Visibility.PUBLIC)
    await published(home, bob.actor, "A reply", visibility=Visibility.PUBLIC, in_reply_to_id=post.id,
                    in_reply_to_uri=post.uri)  # fmt: skip
    for verb in ("favourite", "reblog"):
        await bob.post(f"/api/v1/statuses/{post.id}/{verb}")
    await bob.post(f"/api/v1/accounts/{alice.id}/follow")
    await alice.post(f"/api/v1/accounts/{bob.id}/follow")


async def test_1_dates_2_ids_and_3_what_is_never_null(home: House, alice: App, bob: App, paths: list[str]) -> None:
    await furnish(home, alice, bob)
    never_null = {
        "avatar", "avatar_static", "header", "header_static", "emojis", "fields", "mentions", "tags",
        "media_attachments", "note", "display_name", "spoiler_text", "sensitive", "followers_count", "following_count",
        "statuses_count", "replies_count", "reblogs_count", "favourites_count", "content", "visibility", "created_at",
        "acct", "username", "url", "uri", "locked", "bot", "group", "blurhash", "meta",
    }  # fmt: skip
    seen: set[str] = set()
    for path in paths:
        body = await alice.get(path)
        for name, value in walk(body):
            seen.add(name)
            if name in ("created_at", "edited_at") and value is not None:
                assert MOMENT.fullmatch(value), (path, name, value)
            if name == "last_status_at" and value is not None:
                assert DAY.fullmatch(value), value
            if name == "id" or name.endswith("_id"):
                assert value is None or (isinstance(value, str) and value.removeprefix("-").isdigit()), (
                    path,
                    name,
                    value,
                )
            if name in never_null and not (path.endswith("instance") and name == "url"):
                assert value is not None, (path, name)
            if name in ("avatar", "header"):
                assert value.startswith(home.origin), value
    assert never_null <= seen


async def test_2_ids_have_one_length_and_grow(home: House, alice: App) -> None:
    ids = [(await alice.post("/api/v1/statuses", {"status": f"Number {n}"}))["id"] for n in range(3)]
    assert ids == sorted(ids, key=int)
    assert {len(one) for one in ids} == {18}


async def test_3_stand_ins_for_portraits_are_real_pictures(home: House, alice: App) -> None:
    me = await alice.get("/api/v1/accounts/verify_credentials")
    for name in ("avatar", "header"):
        answer = await home.client.get(me[name])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        Image.open(io.BytesIO(answer.content)).verify()


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"status": "Three ways", "sensitive": False, "junk": [{}], "language": "en"}},
        {"data": {"status": "Three ways", "sensitive": "0", "junk[]": "x", "language": "en"}},
        {"files": {"status": (None, "Three ways"), "sensitive": (None, "False"), "junk[a][b]": (None, "x")}},
    ],
    ids=["json", "form", "multipart"],
)
async def test_5_every_kind_of_body_and_boolean(alice: App, body: dict[str, Any]) -> None:
    made = await alice.ask("POST", "/api/v1/statuses", **body)
    assert "Three ways" in made["content"]
    assert made["sensitive"] is False


async def test_5_arrays_and_nested_names_in_forms(alice: App) -> None:
    form = {
        "fields_attributes[0][name]": "Site", "fields_attributes[0][value]": "https://a.test",
        "fields_attributes[1][name]": "Pronouns", "fields_attributes[1][value]": "she",
        "source[privacy]": "public", "source[sensitive]": "true", "bot": "false", "display_name": "Alice A.",
    }  # fmt: skip
    me = await alice.ask("PATCH", "/api/v1/accounts/update_credentials", data=form)
    assert [row["name"] for row in me["fields"]] == ["Site", "Pronouns"]
    assert 'href="https://a.test"' in me["fields"][0]["value"]
    assert (me["source"]["privacy"], me["source"]["sensitive"], me["bot"]) == ("public", True, False)
    assert me["source"]["fields"][0]["value"] == "https://a.test"
    await alice.ask("PATCH", "/api/v1/accounts/update_credentials", json={"source": {"privacy": "unlisted"}})


async def test_8_a_slash_at_the_end_works_without_a_redirect(home: House, alice: App) -> None:
    for path in ("/api/v1/instance/", "/api/v2/instance/", "/api/v1/timelines/home/", "/api/v1/notifications/"):
        await alice.get(path)


async def test_9_browsers_may_read_answers_and_errors(home: House, alice: App) -> None:
    preflight = await home.client.options("/api/v1/statuses", headers={
        "Origin": "https://app.test", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    })  # fmt: skip
    assert preflight.status_code == 204
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))
    assert int(preflight.headers["access-control-max-age"]) >= 600
    for path in (
        "/api/v2/instance", "/api/v1/nonsense", "/api/v1/timelines/home", "/nodeinfo/2.0", "/.well-known/nodeinfo",
        "/.well-known/host-meta", f"/.well-known/webfinger?resource=acct:alice@{home.context.config.host}",
        "/users/alice", "/users/alice/outbox",
    ):  # fmt: skip
        answer = await home.client.get(path, headers={"Accept": "application/activity+json"})
        assert answer.headers.get("access-control-allow-origin") == "*", path
        exposed = answer.headers["access-control-expose-headers"]
        assert all(name in exposed for name in ("Link", "X-RateLimit-Remaining", "Retry-After")), path
    page = await home.client.get("/", headers={"Accept": "text/html"})
    assert "access-control-allow-origin" not in page.headers


async def test_10_unknown_addresses_are_json(alice: App) -> None:
    for method, path in (
        ("GET", "/api/v1/zzz"),
        ("POST", "/api/v3/x"),
        ("GET", "/api/"),
        ("GET", "/api/v1/statuses/x"),
    ):
        assert await alice.ask(method, path, status=404) == {"error": "Record not found"}
    wrong = await alice.ask("DELETE", "/api/v1/timelines/home", status=405)
    assert set(wrong) == {"error"}


async def test_11_the_link_header_next_then_prev(home: House, alice: App) -> None:
    for number in range(3):
        await published(home, alice.actor, f"Page {number}", visibility=Visibility.PUBLIC)
    await alice.get("/api/v1/timelines/public", limit=2, local="true", max_id=None)
    assert alice.last is not None
    link = alice.last.headers["link"]
    first, second = link.split(", ")
    assert first.startswith(f"<{home.origin}/api/v1/timelines/public?")
    assert first.endswith('rel="next"')
    assert "max_id=" in first
    assert "local=true" in first
    assert second.endswith('rel="prev"')
    assert "min_id=" in second


async def bring(app: App, path: str, name: str = "a.png", kind: str = "image/png") -> Any:
    described = {"description": "Grey", "focus": "0.1,-0.2"}
    return await app.ask("POST", path, files={"file": (name, picture(), kind)}, data=described)


async def test_12_both_addresses_for_uploads_and_their_description(alice: App) -> None:
    for path in ("/api/v1/media", "/api/v2/media"):
        made = await bring(alice, path)
        assert (made["type"], made["description"], made["meta"]["focus"]) == ("image", "Grey", {"x": 0.1, "y": -0.2})
    changed = await alice.ask("PUT", f"/api/v1/media/{made['id']}", json={"description": "Darker"})
    assert changed["description"] == "Darker"
    status = await alice.post("/api/v1/statuses", {"status": "With it", "media_ids": [made["id"]]})
    assert [one["description"] for one in status["media_attachments"]] == ["Darker"]


async def test_13_what_a_file_is_its_bytes_say(alice: App) -> None:
    for name, kind in (("blob", "application/octet-stream"), ("0f3a", "image/png"), ("photo.gif", "image/gif")):
        assert (await bring(alice, "/api/v2/media", name, kind))["type"] == "image"
    refused = await alice.ask("POST", "/api/v2/media", status=422, files={"file": ("x.png", b"not a picture")})
    assert refused == {"error": "Validation failed: File content type is invalid"}


async def test_14_a_picture_is_there_right_after_its_upload(home: House, alice: App) -> None:
    for path in ("/api/v1/media", "/api/v2/media"):
        made = await bring(alice, path)
        assert made["url"].startswith(home.origin)
        assert (await alice.get(f"/api/v1/media/{made['id']}"))["url"] == made["url"]
    # An app loads the preview without its token; nobody can who was not told the address.
    assert (await home.client.get(made["preview_url"])).status_code == 200
    assert (await home.client.get(made["url"].partition("?")[0])).status_code == 404


async def test_15_the_instance_in_both_versions(home: House, alice: App) -> None:
    second = await App.stranger(home).get("/api/v2/instance")
    assert {"domain", "title", "version", "source_url", "description", "usage", "thumbnail", "languages",
            "configuration", "registrations", "contact", "rules"} <= set(second)  # fmt: skip
    assert second["thumbnail"]["url"].startswith(home.origin)
    assert second["configuration"]["urls"]["streaming"].startswith("ws")
    assert all(isinstance(value, int) for value in second["configuration"]["polls"].values())
    first = await App.stranger(home).get("/api/v1/instance")
    assert {"uri", "title", "short_description", "description", "email", "version", "urls", "stats", "thumbnail",
            "languages", "registrations", "approval_required", "invites_enabled", "configuration", "contact_account",
            "rules"} <= set(first)  # fmt: skip
    assert isinstance(first["urls"]["streaming_api"], str)
    # What is said is what holds.
    most = second["configuration"]["statuses"]["max_characters"]
    await alice.post("/api/v1/statuses", {"status": "x" * most})
    await alice.post("/api/v1/statuses", {"status": "x" * (most + 1)}, status=422)


async def test_16_the_version_begins_as_mastodons_does(home: House) -> None:
    stranger = App.stranger(home)
    for path in ("/api/v1/instance", "/api/v2/instance"):
        version = (await stranger.get(path))["version"]
        assert re.fullmatch(r"\d\.\d\.\d \(compatible; fediverse-ai \S+\)", version)
        assert float(version[:3]) >= 4


async def test_17_nodeinfo_names_what_it_is_compatible_with(home: House) -> None:
    for version in ("2.0", "2.1"):
        found = (await home.client.get(f"/nodeinfo/{version}")).json()
        assert found["metadata"]["upstream"] == {"name": "mastodon"}


async def test_tokens_scopes_and_people(home: House) -> None:
    stranger, reader = App.stranger(home), await App.of(home, "carol", "read")
    for path in ("/api/v1/timelines/home", "/api/v1/notifications", "/api/v1/accounts/verify_credentials"):
        assert await stranger.get(path, status=401) == {"error": "The access token is invalid"}
    out_of_scope = await reader.post("/api/v1/statuses", {"status": "x"}, status=403)
    assert out_of_scope == {"error": "This action is outside the authorized scopes"}
    wrong = App(home, None, "nonsense")
    assert await wrong.get("/api/v2/instance", status=401) == {"error": "The access token is invalid"}


async def test_rates_are_told_and_kept(home: House) -> None:
    dave = await App.of(home, "dave")
    await dave.get("/api/v1/preferences")
    assert dave.last is not None
    assert dave.last.headers["x-ratelimit-limit"] == "300"
    before = int(dave.last.headers["x-ratelimit-remaining"])
    assert MOMENT.fullmatch(dave.last.headers["x-ratelimit-reset"])
    for _ in range(30):
        await dave.ask("DELETE", "/api/v1/statuses/1", status=404)
    refused = await dave.ask("DELETE", "/api/v1/statuses/1", status=429)
    assert refused == {"error": "Too many requests"}
    assert int(dave.last.headers["retry-after"]) > 0
    assert dave.last.headers["x-ratelimit-remaining"] == "0"
    home.clock.forward(1801)
    await dave.ask("DELETE", "/api/v1/statuses/1", status=404)
    await dave.get("/api/v1/preferences")
    assert int(dave.last.headers["x-ratelimit-remaining"]) >= before - 1


async def test_unknown_types_of_notifications_are_ignored(alice: App, bob: App) -> None:
    kinds = {one["type"] for one in await alice.get("/api/v1/notifications")}
    assert kinds == {"mention", "favourite", "reblog", "follow"}
    assert await alice.get("/api/v1/notifications?types[]=bogus") == []
    only = await alice.get("/api/v1/notifications?types[]=favourite&types[]=bogus&exclude_types[]=nonsense")
    assert [one["type"] for one in only] == ["favourite"]
    assert only[0]["status"]["account"]["id"] == alice.id
    assert (await alice.get("/api/v1/notifications/unread_count"))["count"] == 4
    await alice.post(f"/api/v1/notifications/{only[0]['id']}/dismiss")
    await bob.post(f"/api/v1/notifications/{only[0]['id']}/dismiss", status=404)
    assert len(await alice.get("/api/v1/notifications")) == 3
    await alice.post("/api/v1/notifications/clear")
    assert await alice.get("/api/v1/notifications") == []
