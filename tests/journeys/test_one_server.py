"""Two people of one server: follow, like, reply and mention are rows here, and nothing is posted to our own inbox."""

from __future__ import annotations

from pathlib import Path

from outbox.models import ReactionKind
from tests.support import verbs
from tests.support.processes import eventually
from tests.support.server import server


async def test_neighbours_follow_like_reply_and_mention(tmp_path: Path) -> None:
    async with server(tmp_path / "ours", "ann", "ben") as ours:
        await verbs.follow(ours, "ben", ours.actor("ann"))
        assert ours.query("select state from follow") == [("accepted",)]

        uri = await verbs.write(ours, "ann", "A quiet morning.")

        async def published() -> bool:
            return ours.query("select state from post where uri = ?", uri) == [("published",)]

        await eventually(published, "the post is published")
        await verbs.like(ours, "ben", uri)
        await verbs.boost(ours, "ben", uri)
        reply = await verbs.write(ours, "ben", f"Yes, @ann and {ours.handle('ann')}.", answer_to=uri)

        async def answered() -> bool:
            return ours.query("select replies, likes, boosts from post where uri = ?", uri) == [(1, 1, 1)]

        await eventually(answered, "the reply is counted")
        told = ours.query(
            "select notification.kind, actor.username from notification join actor on actor.id = notification.from_id "
            "join actor as owner on owner.id = notification.actor_id where owner.username = 'ann' order by 1"
        )
        assert told == [("boost", "ben"), ("follow", "ben"), ("like", "ben"), ("mention", "ben")]

        answer = await ours.client.get(reply, headers={"accept": "application/activity+json"})
        document = answer.json()
        assert document["inReplyTo"] == uri
        assert [tag["href"] for tag in document["tag"] if tag["type"] == "Mention"] == [ours.actor("ann")]

        await verbs.take_back(ours, "ben", uri, ReactionKind.LIKE)
        await verbs.remove(ours, reply)
        await verbs.unfollow(ours, "ben", ours.actor("ann"))
        assert ours.query("select replies, likes, boosts from post where uri = ?", uri) == [(0, 0, 1)]
        assert ours.query("select count(*) from follow") == [(0,)]
        # Nothing crossed the network.
        assert ours.query("select count(*) from delivery") == [(0,)]
        assert ours.query("select count(*) from received") == [(0,)]
