"""Every document that we serve and every request that we send, judged by the documented rules of other projects."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.oracles import mastodon, pixelfed
from tests.oracles.checks import GET, POST, SERVED
from tests.oracles.facts import Check, Sent, text
from tests.oracles.scene import Day

ROOT = Path(__file__).resolve().parents[2]
FOLLOWERS = "/users/alice/followers"


def name_of(check: Check) -> str:
    return f"{check.__module__.rpartition('.')[2]}.{check.__name__.removeprefix('check_')}"


def str_of(value: str | Check) -> str:
    return value if isinstance(value, str) else name_of(value)


def pairs(table: dict[str, list[Check]]) -> list[tuple[str, Check]]:
    return [(kind, check) for kind, checks in table.items() for check in checks]


@pytest.mark.parametrize(("kind", "check"), pairs(SERVED), ids=str_of)
def test_what_we_serve_keeps_the_rules(day: Day, kind: str, check: Check) -> None:
    found = day.of(kind)
    assert found, f"no {kind} was served"
    broken = {name: rules for name, served in found if (rules := check(served))}
    assert broken == {}


def _judged(sent: list[Sent], check: Check) -> dict[str, list[str]]:
    return {f"{one.url} {text((one.document or {}).get('type'))}": rules for one in sent if (rules := check(one))}


@pytest.mark.parametrize("check", POST, ids=name_of)
def test_what_we_deliver_keeps_the_rules(day: Day, check: Check) -> None:
    assert _judged(day.posts(), check) == {}


@pytest.mark.parametrize("check", GET, ids=name_of)
def test_what_we_ask_for_keeps_the_rules(day: Day, check: Check) -> None:
    asked = [one for one in day.sent if one.method == "GET"]
    assert len(asked) >= 2
    # WebFinger is asked by everybody without a signature.
    assert _judged([one for one in asked if "/.well-known/" not in one.url], check) == {}


def test_every_signature_held_at_the_peer(day: Day) -> None:
    assert day.problems == []


def test_every_activity_that_we_say_we_send_was_sent(day: Day) -> None:
    written = re.search(r"<!-- sent -->(.*?)<!-- /sent -->", (ROOT / "FEDERATION.md").read_text(), re.DOTALL)
    assert written is not None
    promised = set(re.findall(r"`(\w+)`", written[1]))
    # Blocks are sent only where the admin says so.
    assert promised - {"Block"} <= {one.document["type"] for one in day.posts()}


VISIBILITY = {"text": "public", "four": "public", "quiet": "unlisted", "picture": "unlisted", "reply": "unlisted"}


def test_mastodon_and_pixelfed_read_our_visibility_as_it_is_meant(day: Day) -> None:
    """§4.5: the same answer by both, for the Note as served."""
    for name, meant in {**VISIBILITY, "followers": "private", "direct": "direct"}.items():
        kind = "note" if name in VISIBILITY else "private"
        note = day.served[kind, name].document
        followers = note["attributedTo"] + "/followers"
        assert mastodon.visibility(note, followers) == meant, name
        assert pixelfed.visibility(note, followers) == meant, name


def test_accept_goes_to_the_personal_inbox_and_posts_to_the_shared_one(day: Day) -> None:
    """§5.2, §6.1."""
    assert {one.url.partition(".test")[2].partition("/")[2] for one in day.posts("Accept")} <= {
        "users/bob/inbox", "users/carl/inbox",
    }  # fmt: skip
    public = [one for one in day.posts("Create") if "#Public" in str(one.document["to"] + one.document.get("cc", []))]
    assert {one.url.rpartition("test")[2].partition("/")[2] for one in public} == {"inbox"}
    direct = [one for one in day.posts("Create") if one.document["to"] == [day_bob(day)]]
    assert [one.url.endswith("/users/bob/inbox") for one in direct] == [True]


def day_bob(day: Day) -> str:
    return str(day.posts("Follow")[0].document["object"])


def test_private_posts_are_missing_for_strangers_and_kept_from_caches(day: Day) -> None:
    """§6.6: 404 and not 403; what a signed reader gets is nobody else's."""
    for name in ("followers", "direct"):
        hidden, shown = day.served["hidden", name], day.served["private", name]
        assert hidden.status == 404
        assert shown.status == 200
        assert "private" in shown.headers["cache-control"]
        assert "signature" in shown.headers["vary"].lower()


def test_head_answers_as_get_does(day: Day) -> None:
    """§1.6: some peers probe with HEAD, Pixelfed for pictures."""
    for url, head in day.heads.items():
        got = next(served for served in day.served.values() if served.url == url)
        assert head.status == got.status == 200, url
        assert head.document == b"", url
        assert head.headers["content-type"] == got.headers["content-type"], url


def test_browsers_get_pages_that_name_the_document(day: Day) -> None:
    """§1.6: `Accept: text/html` never gets ActivityPub where there is a page; caches are told."""
    for url, page in day.browsed.items():
        if page.headers.get("content-type", "").startswith("text/html") or page.status in (302, 303):
            assert "accept" in page.headers["vary"].lower(), url
    [actor] = [page for url, page in day.browsed.items() if url.endswith("/users/alice")]
    assert not actor.headers.get("content-type", "").startswith("application/activity+json")
    for name, about in (("actor", day.served["actor", "alice"]), ("note", day.served["note", "text"])):
        page = day.served["html", name]
        link = f'<link rel="alternate" type="application/activity+json" href="{about.url}">'
        assert page.status == 200
        assert link in page.document or f"<{about.url}>" in page.headers.get("link", ""), name


def test_pictures_can_be_fetched_by_everybody_and_kept(day: Day) -> None:
    """§4.3: unsigned, with type, length, any origin, for ever."""
    served = day.served["media", "picture"]
    assert served.status == 200
    assert served.headers["content-type"] == "image/jpeg"
    assert int(served.headers["content-length"]) > 0
    assert served.headers["access-control-allow-origin"] == "*"
    assert "immutable" in served.headers["cache-control"]
    assert served.headers.get("accept-ranges") == "bytes"
    assert served.url.endswith((".jpg", ".jpeg"))


def test_what_is_not_there_is_missing_and_never_a_page_with_200(day: Day) -> None:
    """§1.1, §1.6: 404 for unknown, 400 for a garbled resource; 410 is kept for what was deleted."""
    assert day.served["missing", "nobody"].status == 404
    assert day.served["missing", "nothing"].status == 404
    assert day.served["missing", "no finger"].status == 400


def test_the_instance_actor_can_be_found_and_cannot_be_followed(day: Day) -> None:
    """§2.4: an Application, named after the host, without followers."""
    body = day.served["instance", "instance"].document
    assert body["type"] == "Application"
    assert "followers" not in body
    assert day.served["webfinger", "instance"].document["links"][-1]["href"] == body["id"]


def test_a_new_note_carries_its_label_where_piefed_and_loops_look(day: Day) -> None:
    """§4.12: in the first delivery, because PieFed reads it at Create only."""
    created = [one.document["object"] for one in day.posts("Create")]
    pictured = [note for note in created if note["attachment"]]
    assert len(pictured) == 3
    assert all(note["genAI"] is True for note in pictured)
    assert not any("genAI" in note for note in created if not note["attachment"])
