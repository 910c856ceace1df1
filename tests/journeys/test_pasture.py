"""fediverse-pasture's verify_actor: six actors fetch our actor and post to its inbox, signed and unsigned."""

from __future__ import annotations

from pathlib import Path

from tests.support.pasture import results, verify_actor
from tests.support.server import server


async def test_signed_actors_are_accepted_and_the_unsigned_one_is_refused(tmp_path: Path) -> None:
    async with server(tmp_path / "ours", "ann") as ours, verify_actor(tmp_path / "pasture") as pasture:
        found = await results(pasture, ours.actor("ann"))
        conversation = found.pop("messages")
        assert found.pop("webfinger") is True, conversation
        # alice and dean do not sign; claire and frank show themselves to signed requests only; dean, emily and frank
        # have no name to be found by.
        signed = {name: result["post_inbox"] for name, result in found.items()}
        expected = {"alice": False, "bob": True, "claire": True, "dean": False, "emily": True, "frank": True}
        assert signed == expected, conversation
        assert all(result["get_actor"] for result in found.values()), conversation
