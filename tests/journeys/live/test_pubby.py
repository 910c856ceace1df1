"""A real peer, pubby: draft-cavage only, one actor for a site, ids with fragments (`/ap/actor#accept-…`).

Everything that it supports, in both directions; what it ignores is only required to arrive and be verified.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from outbox.models import ReactionKind
from tests.support import verbs
from tests.support.processes import eventually
from tests.support.pubby import Pubby, pubby
from tests.support.rows import alt_texts, becomes, counted, nothing_failed
from tests.support.town import Town, TownServer, town_server

OURS, PEER, SECOND = "ours.test", "pubby.test", "second.test"
ALTS = ("square 0", "square 1", "square 2", "square 3")


async def test_pubby_follows_reacts_answers_reports_and_leaves(town: Town, tmp_path: Path) -> None:
    async with (
        town_server(tmp_path / "ours", town, OURS, "ann", peers=(PEER,)) as ours,
        pubby(town, tmp_path, PEER, OURS) as pub,
    ):
        ann = ours.actor("ann")
        follow = await pub.do("follow", handle=ours.handle("ann"))
        await pub.arrived("Accept")
        assert (await pub.state())["following"] == {ann: "accepted"}

        [made] = await ours.cli("post", "a red fox in the snow at dawn", "--as", "ann", "--text", "Good morning")
        note = (await pub.arrived("Create"))["object"]
        assert note["id"] == made["uri"]
        assert "fox" in note["attachment"][0]["name"].lower()
        await verbs.edit(ours, "ann", made["uri"], "Good evening")
        changed = (await pub.arrived("Update"))["object"]
        assert "Good evening" in changed["content"]
        assert changed["updated"] > changed["published"]

        four = await verbs.show(ours, "ann", "Four of them", *ALTS)
        shown = (await pub.arrived("Create", 2))["object"]
        assert (shown["id"], [one["name"] for one in shown["attachment"]]) == (four, list(ALTS))

        await _it_reacts(ours, pub, made["uri"], ann)
        await _its_thread_is_kept(ours, pub, made["uri"], ann)
        await _it_may_quote(ours, pub, made["uri"], ann)

        await pub.do("report", ids=[ann, made["uri"]], text="Too many foxes.", to=ann)
        await becomes(ours, [(pub.actor, "Too many foxes.", "open")],
                      "select actor.uri, comment, state from report join actor on actor.id = reporter_id")  # fmt: skip

        await verbs.remove(ours, made["uri"])
        assert (await pub.arrived("Delete"))["object"]["id"] == made["uri"]
        await pub.do("undo", id=follow["id"], target=ann)
        await becomes(ours, [(0,)], "select count(*) from follow")

        await nothing_failed(ours)
        state = await pub.state()
        assert [one for one in state["wire"] if one["status"] >= 400 or not one["agent"]] == []
        assert [one for one in state["deliveries"] if not one["ok"]] == []


async def _it_reacts(ours: TownServer, pub: Pubby, uri: str, author: str) -> None:
    like = await pub.do("like", id=uri, author=author)
    boost = await pub.do("boost", id=uri, author=author)
    await counted(ours, uri, likes=1, boosts=1)
    await pub.do("undo", id=like["id"], target=author)
    await pub.do("undo", id=boost["id"], target=author)
    await counted(ours, uri, likes=0, boosts=0)


async def _it_may_quote(ours: TownServer, pub: Pubby, uri: str, author: str) -> None:
    """FEP-044f: it asks, we agree by the post's policy, and our stamp names its post and ours."""
    asked = await pub.do("quote", id=uri, author=author, text="Look at this")
    quoting = asked["instrument"]["id"]

    async def agreed() -> list[dict[str, Any]]:
        return [one for one in (await pub.state())["received"] if one["type"] == "Accept" and "result" in one]

    answers = await eventually(agreed, "our answer to the QuoteRequest")
    assert isinstance(answers, list)
    [answer] = answers
    assert answer["object"]["id"] == asked["id"]
    stamp = (await ours.client.get(answer["result"], headers={"accept": "application/activity+json"})).json()
    assert (stamp["type"], stamp["attributedTo"]) == ("QuoteAuthorization", author)
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (quoting, uri)


async def _its_thread_is_kept(ours: TownServer, pub: Pubby, uri: str, author: str) -> None:
    """It answers, ann answers that, it answers again: with pictures, edited, deleted."""
    first = (await pub.do("post", text="Lovely!", reply_to=uri, mention=author))["object"]["id"]
    await counted(ours, uri, replies=1)
    answer = await verbs.write(ours, "ann", "Thank you.", answer_to=first)
    await eventually(lambda: pub.keeps(first, "reply"), "pubby keeps ann's answer")
    second = (await pub.do("post", text="More?", pictures=4, reply_to=answer, mention=author))["object"]["id"]
    await alt_texts(ours, second, *ALTS)
    for below, above in ((second, answer), (answer, first), (first, uri)):
        parent = "select parent.uri from post join post parent on parent.id = post.in_reply_to_id where post.uri = ?"
        await becomes(ours, [(above,)], parent, below)
    await pub.do("edit", id=second, text="No more.")
    await becomes(ours, [(1,)], "select content like '%No more.%' from post where uri = ?", second)
    await pub.do("remove", id=second)
    await becomes(ours, [("deleted",)], "select state from post where uri = ?", second)


async def test_we_follow_pubby_react_answer_report_and_leave(town: Town, tmp_path: Path) -> None:
    async with (
        town_server(tmp_path / "ours", town, OURS, "ann", peers=(PEER,)) as ours,
        pubby(town, tmp_path, PEER, OURS) as pub,
    ):
        [followed] = await ours.cli("follow", pub.handle, "--as", "ann")
        assert followed["state"] == "accepted"
        assert (await pub.state())["followers"] == [ours.actor("ann")]

        post = (await pub.do("post", text="From over there", pictures=4))["object"]["id"]
        await alt_texts(ours, post, "square 0", "square 1", "square 2", "square 3")
        await pub.do("edit", id=post, text="From right here")
        await becomes(ours, [(1,)], "select content like '%From right here%' from post where uri = ?", post)

        await _we_react(ours, pub, post)
        await _our_answer_is_kept(ours, pub, post)
        await _we_may_quote(ours, pub, post)

        await verbs.report(ours, "ann", pub.actor, post, comment="Only squares.")
        flag = await pub.arrived("Flag")
        assert flag["actor"] == f"{ours.origin}/actor", "the reporter is not named"
        assert {pub.actor, post} == set(flag["object"])

        await pub.do("profile", name="Pub the Second")
        await becomes(ours, [("Pub the Second",)], "select name from actor where uri = ?", pub.actor)
        await pub.do("remove", id=post)
        await becomes(ours, [("deleted",)], "select state from post where uri = ?", post)
        await verbs.unfollow(ours, "ann", pub.actor)
        await _followers_are(pub)
        await nothing_failed(ours)


async def _we_react(ours: TownServer, pub: Pubby, post: str) -> None:
    await verbs.like(ours, "ann", post)
    await verbs.boost(ours, "ann", post)
    await eventually(lambda: pub.keeps(post, "like"), "pubby keeps the like")
    await eventually(lambda: pub.keeps(post, "boost"), "pubby keeps the boost")
    await verbs.take_back(ours, "ann", post, ReactionKind.LIKE)
    await verbs.take_back(ours, "ann", post, ReactionKind.BOOST)

    async def gone() -> bool:
        return not await pub.keeps(post, "like") and not await pub.keeps(post, "boost")

    await eventually(gone, "pubby forgets both")


async def _our_answer_is_kept(ours: TownServer, pub: Pubby, post: str) -> None:
    answer = await verbs.write(ours, "ann", "And from here.", answer_to=post)

    async def said(words: str) -> bool:
        return any(words in one["content"] for one in await pub.keeps(post, "reply"))

    await eventually(lambda: said("And from here."), "pubby keeps the answer")
    await verbs.edit(ours, "ann", answer, "And from there.")
    await eventually(lambda: said("And from there."), "pubby keeps the edit")
    await verbs.remove(ours, answer)

    async def gone() -> bool:
        return await pub.keeps(post, "reply") == []

    await eventually(gone, "pubby forgets the answer")


async def _we_may_quote(ours: TownServer, pub: Pubby, post: str) -> None:
    """We ask, pubby agrees by itself, and its stamp, read from its home, makes our post a quote."""
    [(quoted,)] = ours.query("select id from post where uri = ?", post)
    quoting = await verbs.write(ours, "ann", "Look at that.", quote_id=quoted)
    asked = await pub.arrived("QuoteRequest")
    assert (asked["object"], asked["actor"]) == (post, ours.actor("ann"))
    await becomes(ours, [("accepted",)], "select quote_state from post where uri = ?", quoting)


async def _followers_are(pub: Pubby, *wanted: str) -> None:
    async def look() -> bool:
        found: list[Any] = (await pub.state())["followers"]
        return sorted(found) == sorted(wanted)

    await eventually(look, f"the followers of {pub.actor} are {wanted}")


async def test_moves_in_and_out(town: Town, tmp_path: Path) -> None:
    async with (
        town_server(tmp_path / "ours", town, OURS, "ann", peers=(PEER, SECOND)) as ours,
        pubby(town, tmp_path, PEER, OURS, SECOND) as old,
        pubby(town, tmp_path, SECOND, OURS, PEER) as new,
    ):
        await ours.cli("follow", old.handle, "--as", "ann")
        await new.do("profile", also_known_as=[old.actor, ours.actor("ann")])
        await old.do("move", target=new.actor)
        await _followers_are(new, ours.actor("ann"))
        await _followers_are(old)

        await old.do("follow", handle=ours.handle("ann"))
        await old.arrived("Accept", 1)
        await verbs.move(ours, "ann", new.handle)
        moved = await old.arrived("Move")
        assert (moved["actor"], moved["target"]) == (ours.actor("ann"), new.actor)

        async def shown() -> bool:
            answer = await ours.client.get(ours.actor("ann"), headers={"accept": "application/activity+json"})
            return bool(answer.json().get("movedTo") == new.actor)

        await eventually(shown, "ann's document names the new account")
