"""`media usage|prune|orphans`."""

from __future__ import annotations

import os
import time
from pathlib import Path

from actors import local
from fediverse_ai.core.context import Context
from outbox.belongings import RemoteCopy, Upload
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
    found = settled("--json", "media", "usage").facts
    rows = {row["what"]: row for row in found["kinds"]}
    assert (rows["copies: avatars"]["files"], rows["copies of others"]["bytes"]) == (1, 1_005)
    assert rows["copies of others"]["room"] == 1024**3
    assert rows["database"]["bytes"] > 0
    assert found["forecast"]["free"] > 0
    assert "are free" in settled("media", "usage").out

    assert settled("--json", "media", "prune", "--dry-run", "--older-than", "2").facts["copies"] == 1, "of nobody"
    told = settled("--json", "media", "prune", "--dry-run").facts
    assert told == {"copies": 1, "bytes": 1_000, "orphans": 1, "dry_run": True}
    assert stray.exists()
    assert settled("--json", "media", "prune").facts == told | {"dry_run": False}
    assert [path for path in (settled.folder / "remote-media").rglob("*") if path.is_file()] == []
    assert settled("--json", "media", "prune").facts["copies"] == 0


def test_an_age_in_days_may_be_given(settled: Inside) -> None:
    async def work(context: Context) -> None:
        then = context.clock.now_ms() - 3 * 86_400_000
        async with context.database.write() as session:
            session.add(RemoteCopy(id=context.ids.new(), kind="emoji", owner_id=1, source_url="https://x.test/e",
                                   file="aa/x", thumbnail="aa/x", size=10, fetched_ms=then, used_ms=then))  # fmt: skip

    in_house(settled.folder, work)
    for days, number in (("4", 0), ("2", 1)):
        assert settled("--json", "media", "prune", "--dry-run", "--older-than", days).facts["copies"] == number
    settled("media", "prune", "--older-than", "2")
    assert settled("--json", "media", "prune", "--dry-run", "--older-than", "0").facts["copies"] == 0


def test_orphans_are_shown_and_removed_and_missing_files_told(settled: Inside) -> None:
    stray = settled.folder / "media" / "cd" / "stray.jpg"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"stray")
    os.utime(stray, (0, 0))
    told = settled("--json", "media", "orphans", "--dry-run").facts
    assert (told["files"], told["bytes"], told["missing"], told["paths"]) == (1, 5, [], [str(stray)])
    assert stray.exists()
    assert "Removed 1 files" in settled("media", "orphans").out
    assert not stray.exists()

    async def work(context: Context) -> None:
        async with context.database.write() as session:
            session.add(Upload(id=context.ids.new(), actor_id=(await local.instance_actor(session)).id, created_ms=1,
                               file_name="aa/lost.jpg"))  # fmt: skip

    in_house(settled.folder, work)
    done = settled("--json", "media", "orphans")
    assert (done.code, done.facts["missing"]) == (1, ["aa/lost.jpg"])
