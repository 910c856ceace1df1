"""The real peer on its own: two Fedify servers follow each other, so that later failures are ours."""

from __future__ import annotations

from pathlib import Path

from tests.support.fedify import fedify
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
