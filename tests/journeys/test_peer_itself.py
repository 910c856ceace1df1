"""The peers on their own, so that later failures are ours: two Fedify servers, and Fedify with our test Peer."""

from __future__ import annotations

from pathlib import Path

from tests.support.fedify import fedify
from tests.support.peer import peer
from tests.support.tls import Authority


async def test_two_fedify_servers_follow_post_and_like(authority: Authority, tmp_path: Path) -> None:
    async with (
        fedify(authority, tmp_path, name="fred", host="fred.test") as fred,
        fedify(authority, tmp_path, name="gina", host="gina.test", signed_fetch=True) as gina,
    ):
        await gina.do("follow", target=fred.handle)
        assert (await gina.state())["following"] == {fred.actor: "accepted"}
        assert (await fred.state())["followers"] == [gina.actor]

        published = await fred.do("post", text="hello", picture="https://fred.test/picture.png", alt="a square")
        [create] = await gina.received("Create")
        assert create["object"]["id"] == published["note"]
        seen = await gina.do("lookup", target=published["note"])
        assert seen["attachments"][0]["name"] == "a square"

        await gina.do("like", target=published["note"])
        await gina.do("boost", target=published["note"])
        assert [one["type"] for one in (await fred.state())["received"]] == ["Follow", "Like", "Announce"]
        assert (await fred.state())["unverified"] == []


async def test_the_signatures_of_the_test_peer_are_those_that_fedify_understands(
    authority: Authority, tmp_path: Path
) -> None:
    async with peer("good.test", authority) as good, fedify(authority, tmp_path) as fred:
        bob = good.actor("bob")
        refused = await bob.deliver(
            f"{fred.actor}/inbox", bob.activity("Follow", fred.actor), key=good.actor("eve", key=1).key
        )
        assert refused.status_code == 401
        accepted = await bob.deliver(f"{fred.actor}/inbox", bob.activity("Follow", fred.actor))
        assert accepted.status_code == 202
        answer = await good.arrival("Accept")
        assert answer["actor"] == fred.actor
        # It signs by RFC 9421 first and falls back to draft-cavage when that is refused.
        assert [one.problem for one in good.arrivals] == ["unsigned", None]
