"""Two servers of ours, each in its own process, over https: follow, Accept, picture, like, reply, Delete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from actors.models import Follow
from outbox.models import ReactionKind
from tests.support import verbs
from tests.support.processes import eventually
from tests.support.server import Server, server
from tests.support.tls import Authority

AP = {"accept": "application/activity+json"}
HOSTS = ("ours.test", "theirs.test")


async def row(where: Server, sql: str, *values: Any, what: str) -> tuple[Any, ...]:
    """The first row of a query, once there is one."""

    async def look() -> tuple[Any, ...] | None:
        return next(iter(where.query(sql, *values)), None)

    found = await eventually(look, what)
    assert isinstance(found, tuple)
    return found


async def test_a_picture_travels_from_a_prompt_to_a_follower_and_is_taken_back(
    authority: Authority, tmp_path: Path
) -> None:
    async with (
        server(tmp_path / "ours", "ann", name="ours.test", authority=authority, hosts=HOSTS) as ours,
        server(tmp_path / "theirs", "ben", name="theirs.test", authority=authority, hosts=HOSTS) as theirs,
    ):
        [followed] = await theirs.cli("follow", ours.handle("ann"), "--as", "ben")
        assert followed["state"] == "accepted"
        for side in (ours, theirs):
            assert side.query("select state from follow") == [("accepted",)], Follow.__tablename__

        [made] = await ours.cli("post", "a red fox in the snow at dawn", "--as", "ann", "--text", "Good morning")
        assert made["state"] == "published"
        await _picture_arrived(ours, theirs, made["uri"], authority)
        await _reactions_come_back(ours, theirs, made["uri"])

        await verbs.remove(ours, made["uri"])
        await row(theirs, "select 1 from post where uri = ? and state = 'deleted'", made["uri"], what="the deletion")

        async def gone() -> bool:
            # What was served a moment ago may be served for two seconds more.
            answer = await ours.client.get(made["uri"], headers=AP)
            return (answer.status_code, answer.json()["type"]) == (410, "Tombstone")

        await eventually(gone, "the Tombstone", seconds=5)
        assert theirs.query("select content, text from post where uri = ?", made["uri"]) == [("", "")]
        assert theirs.query("select count(*) from attachment") == [(0,)]

        await verbs.unfollow(theirs, "ben", ours.actor("ann"))

        async def nobody_follows() -> bool:
            return ours.query("select count(*) from follow") == [(0,)]

        async def delivered() -> bool:
            # Its sender writes down that it was taken after the other side took it, and perhaps after it was handled.
            open_ = "select count(*) from delivery where state != 'delivered'"
            return [side.query(open_) for side in (ours, theirs)] == [[(0,)], [(0,)]]

        await eventually(nobody_follows, "the Undo of the Follow")
        await eventually(delivered, "all deliveries")
        for side in (ours, theirs):
            assert side.query("select state, detail from received where state != 'done'") == []


async def _picture_arrived(ours: Server, theirs: Server, uri: str, authority: Authority) -> None:
    """Seen on the other side: words, label, picture with alt text, the same bytes."""
    await row(theirs, "select 1 from post where uri = ? and state = 'published'", uri, what="the post")
    [(post_id, content, local)] = theirs.query("select id, content, local from post where uri = ?", uri)
    assert not local
    assert "Good morning" in content
    assert "AIGenerated" in content
    [(url, alt, width, height, origin)] = theirs.query(
        "select url, alt, width, height, digital_source_type from attachment where post_id = ?", post_id
    )
    assert "fox" in alt.lower()
    assert (width, height) == (1024, 1024)
    assert origin == "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
    picture = await ours.client.get(url)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert picture.content.startswith(b"\xff\xd8")

    note = await ours.client.get(uri, headers=AP)
    assert note.headers["content-type"].startswith("application/activity+json")
    document = note.json()
    assert document["genAI"] is True
    assert document["attachment"][0]["name"] == alt
    page = await ours.client.get(document["url"], headers={"accept": "text/html"})
    assert page.status_code == 200
    assert alt.partition(".")[0][:40] in page.text


async def _reactions_come_back(ours: Server, theirs: Server, uri: str) -> None:
    await verbs.like(theirs, "ben", uri)
    await verbs.boost(theirs, "ben", uri)
    reply = await verbs.write(theirs, "ben", f"Lovely, {ours.handle('ann')}!", answer_to=uri)
    await row(ours, "select 1 from post where uri = ? and likes = 1 and boosts = 1", uri, what="like and boost")
    await row(ours, "select 1 from post where uri = ? and in_reply_to_uri = ?", reply, uri, what="the reply")
    told = {kind for (kind,) in ours.query("select kind from notification")}
    assert {"follow", "like", "boost", "mention"} <= told

    async def counted() -> bool:
        # Counts are no reason to forget what was served a moment ago: it may be served for two seconds.
        document = (await ours.client.get(uri, headers=AP)).json()
        return (document["likes"]["totalItems"], document["shares"]["totalItems"]) == (1, 1)

    await eventually(counted, "the counts in the Note", seconds=5)

    await verbs.take_back(theirs, "ben", uri, ReactionKind.LIKE)
    await row(ours, "select 1 from post where uri = ? and likes = 0 and boosts = 1", uri, what="the Undo of the Like")
