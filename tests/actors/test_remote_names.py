"""Names of people whose handles live on another domain than their server, and whose documents do not say so."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import pytest
import pytest_asyncio

from actors.models import Actor
from actors.remote import RemoteActors, resolve
from fediverse_ai.core.http import Budget
from tests.inbox.stage import Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import Peer, RemoteActor

pytestmark = pytest.mark.asyncio(loop_scope="module")

_serial = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


def fingers(at: Peer, subject: str, href: str, *, status: int = 200) -> None:
    """WebFinger of a peer answers about every name with this one."""

    async def answer(method: str, target: str, *_: object) -> tuple[int, dict[str, str], bytes]:
        assert parse_qs(target.partition("?")[2])["resource"][0].startswith("acct:")
        link = {"rel": "self", "type": "application/activity+json", "href": href}
        jrd = {"subject": f"acct:{subject}", "links": [link]}
        return status, {"content-type": "application/jrd+json"}, json.dumps(jrd).encode()

    at.behaviours["/.well-known/webfinger"] = answer


@pytest.fixture
def carol(stage: Stage) -> RemoteActor:
    """Her server is `good`, her handle would be of `evil`."""
    return stage.good.actor(f"carol{next(_serial)}", key=2)


async def found(stage: Stage, name: str) -> Actor:
    context = stage.home.context
    actor_id = await resolve(context, name, Budget(clock=context.clock))
    [row] = await stage.home.rows(Actor, id=actor_id)
    return row


async def refreshed(stage: Stage, row: Actor) -> str:
    context = stage.home.context
    await context.part(RemoteActors).fetch(row.uri, Budget(clock=context.clock))
    [fresh] = await stage.home.rows(Actor, id=row.id)
    return fresh.host


async def test_a_name_that_both_servers_agree_about_is_taken(stage: Stage, carol: RemoteActor) -> None:
    name = f"{carol.name}@{stage.evil.host}"
    for server in (stage.good, stage.evil):
        fingers(server, name, carol.uri)
    row = await found(stage, f"@{name}")
    assert (row.uri, row.handle) == (carol.uri, name)
    asked = len(stage.evil.asked)
    assert (await found(stage, name)).id == row.id
    assert len(stage.evil.asked) == asked, "now it is known by that name"
    assert await refreshed(stage, row) == stage.evil.host
    fingers(stage.evil, name, carol.uri, status=503)
    assert await refreshed(stage, row) == stage.evil.host, "a domain that is away takes nothing back"
    fingers(stage.evil, name, carol.uri, status=404)
    assert await refreshed(stage, row) == stage.good.host, "one that knows her no longer does"


@pytest.mark.parametrize("says", ["another name", "nothing"])
async def test_a_domain_alone_gives_nobody_a_name(stage: Stage, carol: RemoteActor, says: str) -> None:
    """AUT-24: a handle of a stranger's domain must not stick to somebody whose server says otherwise."""
    name = f"{carol.name}@{stage.evil.host}"
    fingers(stage.evil, name, carol.uri)
    answers: dict[str, Any] = {
        "another name": lambda: fingers(stage.good, f"{carol.name}@{stage.good.host}", carol.uri),
        "nothing": lambda: fingers(stage.good, name, carol.uri, status=404),
    }
    answers[says]()
    assert (await found(stage, name)).host == stage.good.host


async def test_no_domain_gives_out_names_of_ours(stage: Stage, carol: RemoteActor) -> None:
    ours = f"{stage.alice.username}@{stage.home.context.config.host}"
    for server in (stage.good, stage.evil):
        fingers(server, ours, carol.uri)
    assert (await found(stage, ours)).id == stage.alice.id
    [row] = [await stage.row_of(carol)]
    assert row.host == stage.good.host
