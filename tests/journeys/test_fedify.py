"""A real peer, Fedify: it reads us strictly as JSON-LD, follows, likes, boosts, answers, leaves; and we follow it.

The lessons of its kind that this covers: it signs by RFC 9421 first and falls back to draft-cavage after our 401; it
calls back for our key in the middle of a delivery; it fetches what is embedded from another origin.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support import verbs
from tests.support.fedify import Fedify, fedify
from tests.support.processes import eventually
from tests.support.server import Server, server
from tests.support.tls import Authority

HOSTS = ("ours.test", "fedify.test")


async def arrived(fred: Fedify, kind: str, number: int = 1) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        found = await fred.received(kind)
        return found[number - 1] if len(found) >= number else None

    activity = await eventually(look, f"{kind} number {number} at the peer")
    assert isinstance(activity, dict)
    return activity


async def test_the_peer_follows_sees_the_picture_reacts_and_leaves(authority: Authority, tmp_path: Path) -> None:
    async with (
        server(tmp_path / "ours", "ann", name="ours.test", authority=authority, hosts=HOSTS) as ours,
        fedify(authority, tmp_path, signed_fetch=True) as fred,
    ):
        await fred.do("follow", target=ours.handle("ann"))
        await arrived(fred, "Accept")

        async def accepted() -> bool:
            return (await fred.state())["following"] == {ours.actor("ann"): "accepted"}

        await eventually(accepted, "the peer takes our Accept")

        [made] = await ours.cli("post", "a red fox in the snow at dawn", "--as", "ann", "--text", "Good morning")
        create = await arrived(fred, "Create")
        await _the_picture_is_there(create["object"], made["uri"])
        await _it_reads_us_strictly(fred, ours, made["uri"])

        await _it_reacts(fred, ours, made["uri"])

        await verbs.remove(ours, made["uri"])
        delete = await arrived(fred, "Delete")
        assert delete["object"]["id"] == made["uri"]

        assert ours.query("select count(*) from follow") == [(1,)]
        await _it_leaves(fred, ours)

        state = await fred.state()
        assert state["unverified"] == []
        refused = [one for one in state["wire"] if one["status"] >= 400]
        assert refused == []
        assert all(one["agent"] for one in state["wire"])
        assert all(
            one["signed"] for one in state["wire"] if one["method"] == "GET" and one["path"].startswith("/users")
        )

        async def delivered() -> bool:
            return ours.query("select count(*) from delivery where state != 'delivered'") == [(0,)]

        await eventually(delivered, "all deliveries")
        assert ours.query("select state, detail from received where state != 'done'") == []


async def _the_picture_is_there(note: dict[str, Any], uri: str) -> None:
    assert note["id"] == uri
    [attachment] = note["attachment"] if isinstance(note["attachment"], list) else [note["attachment"]]
    assert attachment["type"] == "Image"
    assert "fox" in attachment["name"].lower()
    assert attachment["mediaType"] == "image/jpeg"
    assert attachment["url"].endswith(".jpg")


async def _it_reads_us_strictly(fred: Fedify, ours: Server, uri: str) -> None:
    """lookupObject, WebFinger, NodeInfo and a walk through the outbox, all by an independent implementation."""
    actor = await fred.do("lookup", target=ours.handle("ann"))
    assert (actor["type"], actor["id"]) == ("Person", ours.actor("ann"))
    instance = await fred.do("lookup", target=f"{ours.origin}/actor")
    assert instance["type"] == "Application"
    note = await fred.do("lookup", target=uri)
    assert (note["type"], note["author"]) == ("Note", ours.actor("ann"))
    [attachment] = note["attachments"]
    assert (attachment["type"], attachment["width"], attachment["height"]) == ("Image", 1024, 1024)
    assert "fox" in attachment["name"].lower()
    assert {"type": "Hashtag", "name": "#AIGenerated"} in note["tags"]
    by_page = await fred.do("lookup", target=note["json"]["url"])
    assert by_page["id"] == uri, "the page for people names its Note"
    outbox = await fred.do("traverse", target=f"{ours.actor('ann')}/outbox")
    assert outbox["type"] == "OrderedCollection"
    assert outbox["total"] == len(outbox["items"]) == 1
    assert outbox["items"][0]["type"] == "Create"
    followers = await fred.do("lookup", target=f"{ours.actor('ann')}/followers")
    assert followers["type"] == "OrderedCollection"
    finger = await fred.do("webfinger", target=f"acct:ann@{ours.origin.removeprefix('https://')}")
    assert [link["href"] for link in finger["links"] if link["rel"] == "self"] == [ours.actor("ann")]
    nodes = await fred.do("nodeinfo", target=ours.origin)
    assert [node["software"]["name"] for node in nodes] == ["fediverse-ai", "fediverse-ai"]


async def _it_reacts(fred: Fedify, ours: Server, uri: str) -> None:
    like = await fred.do("like", target=uri)
    await fred.do("boost", target=uri)
    reply = await fred.do("reply", target=uri, text="Lovely!")

    async def counted() -> bool:
        return ours.query("select likes, boosts, replies from post where uri = ?", uri) == [(1, 1, 1)]

    await eventually(counted, "like, boost and reply are counted")
    [(content, author)] = ours.query(
        "select post.content, actor.uri from post join actor on actor.id = post.author_id where post.uri = ?",
        reply["note"],
    )
    assert "Lovely!" in content
    assert author == fred.actor
    told = {kind for (kind,) in ours.query("select kind from notification")}
    assert {"follow", "like", "boost", "mention"} <= told

    await fred.do("undo", id=like["id"], target=ours.actor("ann"))

    async def withdrawn() -> bool:
        return ours.query("select likes from post where uri = ?", uri) == [(0,)]

    await eventually(withdrawn, "the Undo of the Like")


async def _it_leaves(fred: Fedify, ours: Server) -> None:
    [(uri,)] = ours.query("select uri from follow")
    await fred.do("undo", id=uri, target=ours.actor("ann"))

    async def left() -> bool:
        return ours.query("select count(*) from follow") == [(0,)]

    await eventually(left, "the Undo of the Follow")


async def test_we_follow_the_peer_and_its_posts_arrive(authority: Authority, tmp_path: Path) -> None:
    async with (
        server(tmp_path / "ours", "ann", name="ours.test", authority=authority, hosts=HOSTS) as ours,
        fedify(authority, tmp_path, signed_fetch=True) as fred,
    ):
        [followed] = await ours.cli("follow", fred.handle, "--as", "ann")
        assert followed["state"] == "accepted"
        assert (await fred.state())["followers"] == [ours.actor("ann")]

        picture = f"{fred.origin}/picture.png"
        post = await fred.do("post", text="From over there", picture=picture, alt="a square")

        async def seen() -> list[Any]:
            return ours.query(
                "select attachment.alt, attachment.url from attachment join post on post.id = attachment.post_id "
                "where post.uri = ? and post.state = 'published'",
                post["note"],
            )

        assert await eventually(seen, "the peer's post") == [("a square", picture)]
        await verbs.like(ours, "ann", post["note"])
        await verbs.boost(ours, "ann", post["note"])
        await verbs.write(ours, "ann", "And from here.", answer_to=post["note"])
        assert (await arrived(fred, "Like"))["object"] == post["note"]
        assert (await arrived(fred, "Announce"))["object"] == post["note"]
        answer = (await arrived(fred, "Create"))["object"]
        assert answer["inReplyTo"] == post["note"]
        assert "genAI" not in answer, "words alone carry no label"

        await fred.do("remove", target=post["note"])

        async def deleted() -> bool:
            return ours.query("select state from post where uri = ?", post["note"]) == [("deleted",)]

        await eventually(deleted, "the peer's deletion")
        await verbs.unfollow(ours, "ann", fred.actor)
        await arrived(fred, "Undo")
        assert (await fred.state())["followers"] == []
        assert (await fred.state())["unverified"] == []
