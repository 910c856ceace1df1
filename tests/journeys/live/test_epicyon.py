"""A real peer, Epicyon: a whole server of another author, with files for a database and draft-cavage only.

It checks signatures after it has answered, asks for keys unsigned, announces no length, gives its Accept no id and the
object of an Undo the Undo's, and is slow; what it cannot do is written in FEDERATION.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from outbox.models import ReactionKind
from tests.support import verbs
from tests.support.epicyon import PUBLIC, SLOW, Epicyon, epicyon
from tests.support.processes import eventually
from tests.support.rows import alt_texts, becomes, counted, nothing_failed
from tests.support.town import Town, town_server

OURS, PEER = "ours.test", "epicyon.test"


async def test_epicyon_follows_reacts_answers_and_leaves(town: Town, tmp_path: Path) -> None:
    async with (
        town_server(tmp_path / "ours", town, OURS, "ann", peers=(PEER,)) as ours,
        epicyon(town, tmp_path, PEER, OURS) as epi,
    ):
        ann = ours.actor("ann")
        follow = await epi.act("Follow", ann, [ann])
        await becomes(ours, [("accepted",)], "select state from follow", seconds=SLOW)
        await epi.has("following.txt", ours.handle("ann"))

        # Not to followers: it forgets the header Collection-Synchronization, and so cannot verify what signs it.
        words = f"{epi.handle} Good morning"
        uri = await verbs.write(ours, "ann", words, prompt="a red fox in the snow at dawn", visibility="direct")
        note = (await epi.arrived("Create", uri))["object"]
        assert "fox" in note["attachment"][0]["name"].lower()

        [made] = await ours.cli("post", "a lighthouse at night", "--as", "ann", "--text", "Good evening")
        like = await epi.act("Like", made["uri"], [ann])
        await counted(ours, made["uri"], likes=1)
        await epi.act("Announce", made["uri"], [PUBLIC], cc=[ann, f"{epi.actor}/followers"])
        await counted(ours, made["uri"], boosts=1)
        tag = {"type": "Mention", "href": ann, "name": ours.handle("ann")}
        reply = await epi.write("Lovely!", [PUBLIC], [ann], inReplyTo=made["uri"], tag=[tag])
        await counted(ours, made["uri"], replies=1)
        await epi.act("Undo", like, [ann])
        await counted(ours, made["uri"], likes=0)
        await epi.act("Delete", reply, [PUBLIC, ann])
        await becomes(ours, [("deleted",)], "select state from post where uri = ?", reply)

        await epi.act("Undo", follow, [ann])
        await becomes(ours, [(0,)], "select count(*) from follow")
        await nothing_failed(ours)


async def test_we_follow_epicyon_react_answer_and_leave(town: Town, tmp_path: Path) -> None:
    async with (
        town_server(tmp_path / "ours", town, OURS, "ann", peers=(PEER,)) as ours,
        epicyon(town, tmp_path, PEER, OURS) as epi,
    ):
        await verbs.follow(ours, "ann", epi.handle)
        await epi.has("followers.txt", ours.handle("ann"))
        await becomes(ours, [("accepted",)], "select state from follow", seconds=SLOW)

        post = await epi.write("From over there", [PUBLIC], [f"{epi.actor}/followers"])
        await becomes(ours, [("published",)], "select state from post where uri = ?", post, seconds=SLOW)
        await alt_texts(ours, post)

        await verbs.like(ours, "ann", post)
        await _kept(epi, post, "likes", ours.actor("ann"))
        await verbs.take_back(ours, "ann", post, ReactionKind.LIKE)
        await _kept(epi, post, "likes", ours.actor("ann"), False)

        answer = await verbs.write(ours, "ann", f"{epi.handle} And from here.", answer_to=post, visibility="direct")
        await epi.arrived("Create", answer)

        await verbs.unfollow(ours, "ann", epi.actor)
        await epi.has("followers.txt", ours.handle("ann"), False)
        await nothing_failed(ours)


async def _kept(epi: Epicyon, post: str, collection: str, actor: str, wanted: bool = True) -> None:
    """Wait until a post of Epicyon's names somebody among those who liked or shared it, or no longer does."""

    async def look() -> bool:
        notes: list[Any] = [one["object"] for one in epi.box("outbox") if one["type"] == "Create"]
        # For a moment it is not there: Epicyon writes the file anew in place.
        found = [note.get(collection, {}).get("items", []) for note in notes if note["id"] == post]
        return [actor in [item["actor"] for item in items] for items in found] == [wanted]

    await eventually(look, f"{collection} of {post}: {wanted}\n{epi.program.output()[-3000:]}", SLOW)
