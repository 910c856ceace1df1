"""`media usage|prune`."""

from __future__ import annotations

import os
import time
from pathlib import Path

from fediverse_ai.core.context import Context
from outbox.belongings import RemoteCopy
from tests.cli.conftest import Inside
from tests.cli.test_commands import settled
from tests.cli.test_federation import in_house

__all__ = ["settled"]


def with_a_copy(folder: Path, age_days: float) -> None:
    """A copy of an avatar of nobody, so that it may go."""

    async def work(context: Context) -> None:
        from fediverse_ai.remote_media import RemoteMedia

        name = await context.part(RemoteMedia).storage.put(b"x" * 1_000, ".jpg")
        then = context.clock.now_ms() - int(age_days * 86_400_000)
        async with context.database.write() as session:
            session.add(RemoteCopy(id=context.ids.new(), kind="avatar", owner_id=7, source_url="https://x.test/a",
                                   file=name, thumbnail=name, size=1_000, fetched_ms=then, used_ms=then))  # fmt: skip

    in_house(folder, work)


def test_usage_and_prune(settled: Inside) -> None:
    with_a_copy(settled.folder, 1)
    stray = settled.folder / "remote-media" / "ab" / "stray.jpg"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"stray")
    os.utime(stray, (time.time() - 7_200,) * 2)
    rows = {row["what"]: row for row in settled("--json", "media", "usage").facts}
    assert (rows["copies: avatars"]["files"], rows["copies of others"]["bytes"]) == (1, 1_000)
    assert rows["copies of others"]["room"] == 1024**3
    assert rows["copies of others, on disk"]["files"] == 2
    assert rows["database"]["bytes"] > 0
    assert "MiB" in settled("media", "usage").out

    told = settled("--json", "media", "prune", "--dry-run").facts
    assert told == {"copies": 1, "bytes": 1_000, "orphans": 1, "dry_run": True}
    assert stray.exists()
    assert settled("--json", "media", "prune").facts == told | {"dry_run": False}
    assert [path for path in (settled.folder / "remote-media").rglob("*") if path.is_file()] == []
    assert settled("--json", "media", "prune").facts["copies"] == 0
