"""A real peer, bovine-herd: it shows its actors to signed requests only, signs with a lower-case `sha-256=` digest,
stores what it receives as JSON-LD, and leaves the answer to a Follow to a client.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from outbox.models import ReactionKind
from tests.support import verbs
from tests.support.bovine import Bovine, bovine
from tests.support.processes import eventually
from tests.support.rows import becomes, counted, nothing_failed
from tests.support.town import Town, town_server

OURS, PEER = "ours.test", "bovine.test"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def _is(bo: Bovine, member: str, *wanted: str) -> None:
    async def look() -> bool:
        found: list[Any] = (await bo.state())[member]
        return sorted(found) == sorted(wanted)

    await eventually(look, f"{member} of bovine is {wanted}\n{bo.program.output()[-3000:]}")


async def test_bovine_follows_reads_reacts_and_leaves(town: Town, tmp_path: Path) -> None:
    async with (
        town_server(
            tmp_path / "ours", town, OURS, "ann", peers=(PEER,), settings={"federation.authorized_fetch": True}
        ) as ours,
        bovine(town, tmp_path, PEER, OURS) as bo,
    ):
        ann = ours.actor("ann")
        # Both sides show an actor to signed requests only, and each needs the other's key to check that.
        assert (await bo.do("look", id=ann, fetch=True))["object"]["preferredUsername"] == "ann"
        follow = await bo.act("Follow", ann, [ann])
        await bo.arrived("Accept")
        await _is(bo, "following", ann)

        [made] = await ours.cli("post", "a red fox in the snow at dawn", "--as", "ann", "--text", "Good morning")
        await bo.arrived("Create")
        note = (await bo.do("look", id=made["uri"]))["object"]
        [picture] = note["attachment"]
        assert (picture["type"], "fox" in picture["name"].lower()) == ("Image", True)

        like = await bo.act("Like", made["uri"], [ann])
        await bo.act("Announce", made["uri"], [PUBLIC, ann])
        await counted(ours, made["uri"], likes=1, boosts=1)
        tag = {"type": "Mention", "href": ann, "name": ours.handle("ann")}
        words = {"type": "Note", "content": "<p>Lovely!</p>", "attributedTo": bo.actor, "inReplyTo": made["uri"]}
        reply = await bo.act(
            "Create", {**words, "to": [PUBLIC, ann], "tag": [tag], "published": "2026-01-01T00:00:00Z"}, [PUBLIC, ann]
        )
        await counted(ours, made["uri"], replies=1)
        await bo.act("Undo", like, [ann])
        await counted(ours, made["uri"], likes=0)
        await bo.act("Delete", reply["object"]["id"], [PUBLIC, ann])
        await becomes(ours, [("deleted",)], "select state from post where uri = ?", reply["object"]["id"])

        await verbs.edit(ours, "ann", made["uri"], "Good evening")
        await bo.arrived("Update")
        assert "Good evening" in (await bo.do("look", id=made["uri"]))["object"]["content"]
        await verbs.remove(ours, made["uri"])
        await bo.arrived("Delete")
        assert (await bo.do("look", id=made["uri"]))["object"]["type"] == "Tombstone"

        await bo.act("Undo", follow, [ann])
        await becomes(ours, [(0,)], "select count(*) from follow")
        await nothing_failed(ours)


async def test_we_follow_bovine_react_answer_and_leave(town: Town, tmp_path: Path) -> None:
    async with (
        town_server(tmp_path / "ours", town, OURS, "ann", peers=(PEER,)) as ours,
        bovine(town, tmp_path, PEER, OURS) as bo,
    ):
        ann = ours.actor("ann")
        await verbs.follow(ours, "ann", bo.handle)
        follow = await bo.arrived("Follow")
        await bo.act("Accept", follow["id"], [ann])
        await _is(bo, "followers", ann)
        await becomes(ours, [("accepted",)], "select state from follow")

        words = {"type": "Note", "content": "<p>From over there</p>", "attributedTo": bo.actor}
        to = [PUBLIC, bo.followers]
        sent = await bo.act("Create", {**words, "to": to, "published": "2026-01-01T00:00:00Z"}, to)
        post = sent["object"]["id"]
        await becomes(ours, [("published",)], "select state from post where uri = ?", post)

        await verbs.like(ours, "ann", post)
        await verbs.boost(ours, "ann", post)
        answer = await verbs.write(ours, "ann", "And from here.", answer_to=post)
        await _kept(bo, post, "likes", 1)
        await _kept(bo, post, "shares", 1)
        await _kept(bo, post, "replies", 1)
        assert (await bo.do("collection", id=post, of="replies"))["items"] == [answer]
        await verbs.take_back(ours, "ann", post, ReactionKind.LIKE)
        await _kept(bo, post, "likes", 0)

        await bo.act("Delete", post, to)
        await becomes(ours, [("deleted",)], "select state from post where uri = ?", post)
        await verbs.unfollow(ours, "ann", bo.actor)
        await _is(bo, "followers")
        await nothing_failed(ours)


async def _kept(bo: Bovine, post: str, collection: str, number: int) -> None:
    async def look() -> bool:
        return len((await bo.do("collection", id=post, of=collection))["items"]) == number

    await eventually(look, f"bovine keeps {number} {collection} of {post}\n{bo.program.output()[-3000:]}")
