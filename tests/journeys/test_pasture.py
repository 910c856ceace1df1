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
        assert found.pop("alice") == {"get_actor": True, "post_inbox": False}, conversation
        assert len(found) == 5
        for name, result in found.items():
            assert result == {"get_actor": True, "post_inbox": True}, (name, conversation)
