"""Fedify once more, for what a change need not wait for: four pictures, edits, quotes, reports, blocks and moves.

The other half of what was seen with it is in `tests/journeys/test_fedify.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support import verbs
from tests.support.fedify import Fedify, fedify
from tests.support.processes import eventually
from tests.support.rows import alt_texts, becomes, counted, nothing_failed
from tests.support.server import Server, server
from tests.support.tls import Authority

HOSTS = ("ours.test", "fedify.test", "second.test")
ALTS = ("square 0", "square 1", "square 2", "square 3")


async def arrived(fred: Fedify, kind: str, number: int = 1) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        found = await fred.received(kind)
        return found[number - 1] if len(found) >= number else None

    activity = await eventually(look, f"{kind} number {number} at {fred.origin}")
    assert isinstance(activity, dict)
    return activity


async def test_what_it_does_to_us(authority: Authority, tmp_path: Path) -> None:
    async with (
        server(tmp_path / "ours", "ann", name="ours.test", authority=authority, hosts=HOSTS) as ours,
        fedify(authority, tmp_path) as fred,
    ):
        await ours.cli("follow", fred.handle, "--as", "ann")
        post = (await fred.do("post", text="Four of them", picture=f"{fred.origin}/picture.png", alts=ALTS))["note"]
        await alt_texts(ours, post, *ALTS)
        await fred.do("edit", target=post, text="Still four of them")
        await becomes(ours, [(1,)], "select content like '%Still four%' from post where uri = ?", post)

        ann = ours.actor("ann")
        words = await verbs.write(ours, "ann", "A plain post.", visibility="public")
        await becomes(ours, [("published",)], "select state from post where uri = ?", words)
        await fred.do("emoji", target=words, emoji="🦊")
        await counted(ours, words, likes=1)
        await becomes(ours, [("🦊",)], "select emoji from reaction where emoji is not null")
        await _it_quotes(ours, fred, words)
        await fred.do("flag", targets=[ann, words], text="Too plain.", to=ann)
        await becomes(ours, [("Too plain.", "open")], "select comment, state from report")

        await fred.do("profile", display="Fred the Second")
        await becomes(ours, [("Fred the Second",)], "select name from actor where uri = ?", fred.actor)
        await fred.do("block", target=ann)
        await becomes(ours, [(0,)], "select count(*) from follow")
        await nothing_failed(ours)
        assert (await fred.state())["unverified"] == []


async def _it_quotes(ours: Server, fred: Fedify, uri: str) -> None:
    """FEP-044f: it asks, the post's policy agrees, our stamp names both posts, and Fedify reads the stamp."""
    asked = await fred.do("quote", target=uri, text="Look at this")
    accept = await arrived(fred, "Accept")
    stamp = await fred.do("lookup", target=accept["result"])
    assert stamp["type"] == "QuoteAuthorization"
    assert (stamp["json"]["interactingObject"], stamp["json"]["interactionTarget"]) == (asked["note"], uri)


async def test_what_we_do_to_it(authority: Authority, tmp_path: Path) -> None:
    async with (
        server(tmp_path / "ours", "ann", name="ours.test", authority=authority, hosts=HOSTS) as ours,
        fedify(authority, tmp_path) as fred,
    ):
        await fred.do("follow", target=ours.handle("ann"))
        await arrived(fred, "Accept")
        words = await verbs.write(ours, "ann", "First words.", visibility="public")
        assert (await arrived(fred, "Create"))["object"]["id"] == words
        await verbs.edit(ours, "ann", words, "Second words.")
        changed = (await arrived(fred, "Update"))["object"]
        assert "Second words." in changed["content"]
        read = await fred.do("lookup", target=words)
        assert "Second words." in read["content"]
        four = await verbs.show(ours, "ann", "Four of them", *ALTS)
        shown = (await arrived(fred, "Create", 2))["object"]
        assert (shown["id"], [one["name"] for one in shown["attachment"]]) == (four, list(ALTS))
        assert [one["name"] for one in (await fred.do("lookup", target=four))["attachments"]] == list(ALTS)

        await ours.cli("follow", fred.handle, "--as", "ann")
        theirs = (await fred.do("post", text="Quote me"))["note"]
        await becomes(ours, [("published",)], "select state from post where uri = ?", theirs)
        await _we_quote(ours, fred, theirs)
        await verbs.report(ours, "ann", fred.actor, theirs, comment="Only words.")
        flag = await arrived(fred, "Flag")
        assert flag["actor"] == f"{ours.origin}/actor", "the reporter is not named"
        assert {fred.actor, theirs} == set(flag["object"])

        await verbs.block(ours, "ann", fred.actor)
        block = await arrived(fred, "Block")
        assert (block["actor"], block["object"]) == (ours.actor("ann"), fred.actor)
        await becomes(ours, [(0,)], "select count(*) from follow")
        await nothing_failed(ours)
        assert (await fred.state())["unverified"] == []


async def _we_quote(ours: Server, fred: Fedify, uri: str) -> None:
    [(quoted,)] = ours.query("select id from post where uri = ?", uri)
    quoting = await verbs.write(ours, "ann", "Look at that.", quote_id=quoted, visibility="public")
    asked = await arrived(fred, "QuoteRequest")
    assert (asked["object"], asked["actor"]) == (uri, ours.actor("ann"))
    await becomes(ours, [("accepted",)], "select quote_state from post where uri = ?", quoting)


async def test_moves_in_and_out(authority: Authority, tmp_path: Path) -> None:
    async with (
        server(tmp_path / "ours", "ann", name="ours.test", authority=authority, hosts=HOSTS) as ours,
        fedify(authority, tmp_path) as old,
        fedify(authority, tmp_path, name="new", host="second.test") as new,
    ):
        ann = ours.actor("ann")
        await ours.cli("follow", old.handle, "--as", "ann")
        await new.do("profile", aliases=[old.actor, ann])
        await old.do("profile", successor=new.actor)
        await old.do("move", target=new.actor)
        await becomes(
            ours, [(new.actor,)], "select actor.uri from follow join actor on actor.id = followed_id", seconds=30
        )
        await arrived(new, "Follow")

        await old.do("follow", target=ours.handle("ann"))
        await arrived(old, "Accept")
        await verbs.move(ours, "ann", new.handle)
        moved = await arrived(old, "Move")
        assert (moved["actor"], moved["target"]) == (ann, new.actor)

        async def shown() -> bool:
            answer = await ours.client.get(ann, headers={"accept": "application/activity+json"})
            return answer.json().get("movedTo") == new.actor

        await eventually(shown, "the actor document says where ann went")
        await nothing_failed(ours)
