"""An instance of the first revision, stopped with work undone, is started with today's program.

Its rows were written by the code of then (first/make.py). Nothing is lost, nothing goes out twice, whoever was
signed in still is, and what the migration does not concern is the same to the byte.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.models import Actor
from fediverse_ai import migrations
from fediverse_ai.app import create_app
from fediverse_ai.auth import session_cookie_name
from fediverse_ai.core.config import Config, JobsSection, ModerationSection, ServerSection
from fediverse_ai.core.database import SQLITE_FILE
from fediverse_ai.migrations import copies
from fediverse_ai.wiring import CLOCKWORK, JOBS, close_context, open_context
from outbox.models import Attachment, Delivery, Post
from tests.support import filled, wire
from tests.support.house import House, MovableClock
from tests.support.light_policy import light
from tests.support.peer import Peer, listening, peer
from tests.support.processes import eventually, free_port

FIRST = Path(__file__).parent / "first"
# Whose ports they are: our server's, and those of two other servers with a follower each.
OURS, THEIRS, OTHERS = 51111, 52222, 53333


@dataclass
class Instance:
    """The folder as the old program left it, and what it promised."""

    config: Config
    facts: dict[str, str]
    fans: Peer
    friends: Peer

    def texts(self, at: Peer) -> list[str]:
        """What reached another server, in order, as plain words."""
        return [plain(one["object"]["content"]) for one in at.activities("Create")]


def plain(html: str) -> str:
    """The first paragraph; the label is another one."""
    return re.sub(r"<[^>]+>", "", html.partition("</p>")[0]).strip()


def restore(folder: Path, ports: dict[int, int]) -> dict[str, str]:
    """Write the folder; ports are those of today, and the times as if the old program had stopped just now."""
    folder.mkdir()
    shutil.copytree(FIRST / "media", folder / "media")
    shutil.copy(FIRST / "secret.key", folder / "secret.key")
    (folder / "secret.key").chmod(0o600)
    sql, facts = (FIRST / "instance.sql").read_text("utf-8"), (FIRST / "facts.json").read_text("utf-8")
    for then, now in ports.items():
        old, new = f"127.0.0.1:{then}", f"127.0.0.1:{now}"
        sql = sql.replace(old, new).replace(old.encode().hex().upper(), new.encode().hex().upper())
        facts = facts.replace(old, new)
    found: dict[str, str] = json.loads(facts)
    later = MovableClock().now_ms() - int(found["made_ms"])
    with closing(sqlite3.connect(folder / SQLITE_FILE)) as connection:
        connection.executescript(sql)
        columns = "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
        for table, column in connection.execute(columns).fetchall():
            if column.endswith("_ms") and table != "workflow_status":
                connection.execute(f'UPDATE "{table}" SET {column} = {column} + {later} WHERE {column} > 0')
        connection.commit()
    return found


@asynccontextmanager
async def left_behind(folder: Path) -> AsyncIterator[Instance]:
    async with peer() as fans, peer() as friends:
        fans.actor("bob")
        friends.actor("carol", key=1)
        port = free_port()
        ports = {
            OURS: port,
            **{then: int(one.host.partition(":")[2]) for then, one in ((THEIRS, fans), (OTHERS, friends))},
        }
        facts = restore(folder, ports)
        server = ServerSection(development=True, port=port, public_url=f"http://127.0.0.1:{port}")
        gate = ModerationSection(**light(folder.parent))
        config = Config(data_dir=folder, server=server, jobs=JobsSection(poll_seconds=0.1), moderation=gate)
        yield Instance(config, facts, fans, friends)


@asynccontextmanager
async def started(left: Instance) -> AsyncIterator[House]:
    """Today's program on it, as `serve` starts it: the socket is there before the first job, peers ask for keys."""
    migrations.ready(left.config)
    clock = MovableClock()
    context = await open_context(left.config, engine=False, clock=clock)
    try:
        async with (
            listening(create_app(left.config, context), port=left.config.server.port),
            wire.client(None, base_url=left.config.public_url) as client,
        ):
            await context.jobs.start(context, JOBS, CLOCKWORK)
            yield House(context, client, clock)
    finally:
        await close_context(context)


async def test_an_instance_of_the_first_revision_goes_on_with_todays_program(tmp_path: Path) -> None:
    async with left_behind(tmp_path / "instance") as left:
        _the_migration_changes_nothing_that_was_there(left.config)
        async with started(left) as home:
            await _what_was_promised_is_done(left, home)
            await _what_was_there_is_read(left, home)
            await _who_was_signed_in_still_is(left, home)
            await _others_come_as_before(left, home)
        _nothing_went_out_twice(left)


def _the_migration_changes_nothing_that_was_there(config: Config) -> None:
    assert migrations.current(config) == "0001"
    with migrations.connect(config) as connection:
        columns, before = filled.columns_of(connection), filled.digest(connection)
    migrations.ready(config)
    assert migrations.current(config) == migrations.newest()
    assert copies.path_of(config.data_dir / SQLITE_FILE, migrations.newest()).exists()
    with migrations.connect(config) as connection:
        after = filled.digest(connection, columns)
    assert {name for name in before if before[name] != after[name]} == set()


async def _what_was_promised_is_done(left: Instance, home: House) -> None:
    async def at_rest() -> bool:
        waiting = [row for row in await home.rows(Delivery) if row.state != "delivered"]
        [post] = await home.rows(Post, uri=left.facts["waiting"])
        [quiet] = await home.rows(Post, uri=left.facts["quiet"])
        return not waiting and post.state == "published" and quiet.likes == 1

    await eventually(at_rest, "deliveries, a post before the gate and an arrival are done", seconds=60)
    assert left.texts(left.fans) == ["Tried once", "Queued, never sent", "Waits for the gate"], "in their order"
    assert sorted(left.texts(left.friends)) == ["Queued, never sent", "Waits for the gate"]


async def _what_was_there_is_read(left: Instance, home: House) -> None:
    uri = left.facts["picture"]
    [post] = await home.rows(Post, uri=uri)
    note = await home.client.get(uri, headers={"accept": "application/activity+json"})
    assert (note.status_code, note.content) == (200, post.document)
    page = await home.client.get(post.url or "", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "A fox at dawn" in page.text
    assert (post.likes, post.replies) == (2, 1)
    [picture] = await home.rows(Attachment, post_id=post.id)
    served = await home.client.get(note.json()["attachment"][0]["url"])
    assert hashlib.sha256(served.content).hexdigest() == picture.sha256
    stranger = await home.client.get(left.facts["words"], headers={"accept": "application/activity+json"})
    assert stranger.status_code == 404, "what was for followers stays so"


async def _who_was_signed_in_still_is(left: Instance, home: House) -> None:
    cookie = {"cookie": f"{session_cookie_name(left.config)}={left.facts['session']}", "accept": "text/html"}
    assert (await home.client.get("/owner", headers=cookie)).status_code == 200
    token = {"authorization": f"Bearer {left.facts['token']}"}
    me = await home.client.get("/api/v1/accounts/verify_credentials", headers=token)
    assert me.json()["username"] == "ann"
    home_line: list[dict[str, Any]] = (await home.client.get("/api/v1/timelines/home", headers=token)).json()
    assert {"A fox at dawn", "Waits for the gate"} <= {plain(one["content"]) for one in home_line}


async def _others_come_as_before(left: Instance, home: House) -> None:
    """A new follower is welcomed: our keys open, and sign as they did."""
    [ann] = await home.rows(Actor, username="ann", local=True)
    dora = left.fans.actor("dora", key=2)
    follow = dora.activity("Follow", ann.uri, id=f"{left.fans.origin}/activities/of-today")
    assert (await dora.deliver(home.inbox, follow)).status_code == 202
    await left.fans.arrival("Accept")


def _nothing_went_out_twice(left: Instance) -> None:
    for at in (left.fans, left.friends):
        assert [one.problem for one in at.arrivals if one.problem] == []
        counted = Counter(one.activity["id"] for one in at.arrivals)
        assert set(counted.values()) == {1}
