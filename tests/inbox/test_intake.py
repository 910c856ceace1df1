"""The group commit at the inbox, on both databases: a crowd at once, doubles in it and after it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from inbox.models import Received
from tests.support.house import house
from tests.support.peer import peer

CROWD = 40


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_crowd_is_stored_once_each_with_one_promise_to_handle_it(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = {"url": request.getfixturevalue("postgresql_url")} if kind == "postgresql" else {}
    async with house(tmp_path / "house", database=database) as home, peer() as good:
        alice, bob = await home.make_actor("alice"), good.actor("bob")
        first = bob.activity("Follow", alice.uri)
        assert (await bob.deliver(home.inbox, first)).status_code == 202
        activities = [bob.activity("Create", bob.note(f"Number {number}")) for number in range(CROWD)]
        answers = await asyncio.gather(*(bob.deliver(home.inbox, one) for one in [*activities, *activities, first]))
        assert {answer.status_code for answer in answers} == {202}
        rows = await home.rows(Received)
        assert sorted(row.activity_uri for row in rows) == sorted(one["id"] for one in [first, *activities])
        assert {(row.state, row.type, row.wide, row.attempts, row.detail, row.handled_ms) for row in rows} == {
            ("stored", "Follow", False, 0, None, None), ("stored", "Create", False, 0, None, None)
        }  # fmt: skip
        assert {row.sender_uri for row in rows} == {bob.uri}
        promised = [number for job in await home.context.jobs.waiting() for number in job.ids]
        assert sorted(promised) == sorted(row.id for row in rows), "each once, none for a double"
