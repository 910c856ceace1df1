"""Health, metrics, the doctor's look within and a trace, on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import httpx2 as httpx
import pytest

from fediverse_ai.core.clock import SystemClock
from fediverse_ai.doctor import examine, stored
from fediverse_ai.health import apart
from outbox import story
from outbox.models import Visibility
from tests.support.house import house
from tests.support.light_policy import light
from tests.support.rooms import published


@pytest.mark.live
async def test_everything_is_seen_on_postgresql_too(tmp_path: Path, postgresql_url: str) -> None:
    sections = {"database": {"url": postgresql_url}, "moderation": light(tmp_path)}
    async with house(tmp_path / "house", engine=True, **sections) as home:
        alice = await home.make_actor("alice")
        post = await published(home, alice, "Good morning", picture=True, visibility=Visibility.PUBLIC)
        transport = httpx.ASGITransport(app=apart(home.context))
        async with httpx.AsyncClient(transport=transport, base_url=home.origin) as client:
            assert (await client.get("/readyz")).json() == {"ready": True, "reasons": []}
            numbers = (await client.get("/metrics")).text
        assert 'fediverse_ai_jobs_waiting{queue="in"} 0.0' in numbers
        assert 'fediverse_ai_processes{state="living"} 1.0' in numbers
        found = [*stored.shape(home.context.config, SystemClock()),
                 *await examine._answers(stored.questions(home.context))]  # fmt: skip
        assert [one for one in found if one.level == "problem"] == []
        assert {"worker", "queues", "keys", "disk", "database"} <= {one.name for one in found}
        async with home.context.database.read() as session:
            told = await story.story(session, post.uri)
        assert {"ordered", "picture", "verdict", "published"} <= {step.kind for step in told.steps}
