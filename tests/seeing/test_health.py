"""/healthz, /readyz and /metrics: what they say, to whom, and that nothing stands between them and who asks."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import httpx2 as httpx
import pytest
import pytest_asyncio
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from fediverse_ai import health, maintenance
from fediverse_ai.app import create_app
from fediverse_ai.cli import listener
from fediverse_ai.core import limits, metrics, observations, room
from fediverse_ai.core.config import MetricsSection
from fediverse_ai.frame import HEADER
from fediverse_ai.health import apart
from fediverse_ai.heartbeat import Heartbeat, processes
from tests.seeing.conftest import Told
from tests.support.house import House, house
from tests.support.processes import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
TOKEN = "a-long-token-for-prometheus"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    port = free_port()
    section = {"token": TOKEN, "listen": f"127.0.0.1:{port}"}
    async with house(tmp_path_factory.mktemp("home"), engine=True, metrics=section) as made:
        yield made


def from_address(home: House, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=create_app(home.context.config, home.context), client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url=home.origin)


async def reasons(home: House) -> tuple[int, list[str]]:
    answer = await home.client.get("/readyz")
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["reasons"]


async def test_a_server_that_works_is_alive_and_ready(home: House) -> None:
    assert (await home.client.get("/healthz")).text == "ok\n"
    assert [(await home.client.request(how, "/healthz")).status_code for how in ("HEAD", "POST")] == [200, 405]
    assert await reasons(home) == (200, [])


async def test_strangers_learn_that_it_lives_and_no_more(home: House) -> None:
    for address, headers in (("203.0.113.9", {}), ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"})):
        async with from_address(home, address) as stranger:
            answers = [await stranger.get(path, headers=headers) for path in ("/healthz", "/readyz", "/metrics")]
        assert [answer.status_code for answer in answers] == [200, 404, 404]
    async with from_address(home, "203.0.113.9") as keeper:
        for token, status in ((TOKEN, 200), (TOKEN + "x", 404), ("", 404)):
            bearer = {"Authorization": f"Bearer {token}"}
            assert (await keeper.get("/readyz", headers=bearer)).status_code == status
            assert (await keeper.get("/metrics", headers=bearer)).status_code == status
    async with from_address(home, "172.17.0.1") as container:
        assert [(await container.get(path)).status_code for path in ("/readyz", "/metrics")] == [200, 404]


async def test_maintenance_is_a_reason_and_no_page(home: House) -> None:
    flag = home.context.config.data_dir / maintenance.FLAG
    flag.write_text("Moving house.")
    try:
        assert (await home.client.get("/healthz")).status_code == 200
        assert await reasons(home) == (503, ["maintenance"])
    finally:
        flag.unlink()


async def test_while_it_starts_it_lives_and_is_not_ready(home: House) -> None:
    starting = create_app(home.context.config)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=starting), base_url=home.origin) as client:
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["starting"])


async def test_an_older_database_is_named(home: House) -> None:
    async with home.context.database.write() as session:
        newest = (await session.execute(text("SELECT version_num FROM alembic_version"))).scalar_one()
        await session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert await reasons(home) == (503, ["migrations"])
    async with home.context.database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest})
    assert await reasons(home) == (200, [])


async def test_a_disk_that_fills_is_named(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    reserve = home.context.config.media.reserve_bytes
    for free, expected in ((reserve - 1, ["disk"]), (reserve, []), (reserve + 1, [])):
        monkeypatch.setattr(room, "free_bytes", lambda _folder, free=free: free)
        assert (await reasons(home))[1] == expected


async def test_a_worker_that_is_silent_for_too_long_is_dead(home: House) -> None:
    """HEARTBEAT_LATE_SECONDS at n−1, n and n+1."""
    [process] = await processes(home.context)
    assert set(process.queues) == set(home.context.part(Heartbeat).wanted)
    for seconds, expected in ((-1, []), (0, []), (1, ["worker"])):
        last = home.context.clock.now_ms() - int((limits.HEARTBEAT_LATE_SECONDS + seconds) * 1000) + 300
        async with home.context.database.write() as session:
            row = await session.get(observations.Observation, f"process:{process.node}")
            assert row is not None
            row.made_ms = last
            session.add(row)
        assert (await reasons(home))[1] == expected, seconds


async def test_a_queue_that_nobody_runs_is_a_dead_worker(home: House) -> None:
    heart = home.context.part(Heartbeat)
    try:
        await heart.stop()
        await heart.start(["in", "out"])
        assert await reasons(home) == (503, ["worker"])
    finally:
        await heart.stop()
        await heart.start(None)
    assert await reasons(home) == (200, [])


async def test_a_database_that_takes_no_write_is_named_in_time(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """READY_SECONDS; who asks meanwhile shares the one look, and afterwards all is well."""
    monkeypatch.setattr(health, "READY_SECONDS", 0.3)
    path = home.context.config.data_dir / "fediverse.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await reasons(home) == (503, ["database"])
        assert (await home.client.get("/healthz")).status_code == 200
        assert await reasons(home) == (503, ["database"])
        other.execute("ROLLBACK")
    monkeypatch.setattr(health, "READY_SECONDS", 3.0)
    assert await reasons(home) == (200, [])


async def test_metrics_are_what_the_librarys_parsers_read(home: House) -> None:
    await home.client.get("/about")
    await home.client.get("/nothing/here")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=apart(home.context), client=("203.0.113.9", 1)), base_url=home.origin
    ) as client:
        plain = await client.get("/metrics")
        newer = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        assert (await client.get("/about")).status_code == 404
    assert plain.headers["content-type"].startswith("text/plain; version=")
    assert newer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    families = {family.name: family for family in text_string_to_metric_families(plain.text)}
    assert families.keys() == {family.name for family in openmetrics.text_string_to_metric_families(newer.text)}
    own = {name: family for name, family in families.items() if not name.startswith("process_")}
    assert all(name.startswith("fediverse_ai_") and family.documentation for name, family in own.items())
    assert {"process_resident_memory_bytes", "process_cpu_seconds", "process_open_fds"} <= families.keys()
    series = {(sample.name, *sorted(sample.labels.values())): sample.value
              for family in own.values() for sample in family.samples}  # fmt: skip
    assert series["fediverse_ai_http_requests_total", "2xx", "page"] >= 1
    assert series["fediverse_ai_http_requests_total", "4xx", "none"] >= 1
    assert series["fediverse_ai_jobs_waiting", "in"] == 0
    assert series["fediverse_ai_processes", "living"] == 1
    assert series["fediverse_ai_disk_bytes", "data", "free"] > 0
    assert series["fediverse_ai_database_bytes",] > 100_000
    assert series["fediverse_ai_stopped", "federation"] == 0
    assert len(plain.text.splitlines()) < 1_500


async def test_they_answer_on_a_listener_of_their_own(home: House) -> None:
    listen = home.context.config.metrics.listen
    async with listener.beside(home.context), httpx.AsyncClient(base_url=f"http://{listen}") as client:
        assert "fediverse_ai_jobs_waiting" in (await client.get("/metrics")).text
        assert (await client.get("/readyz")).json() == {"ready": True, "reasons": []}
        assert (await client.get("/")).status_code == 404


@pytest.mark.parametrize("listen", ["9464", "127.0.0.1:", ":9464", "127.0.0.1:0", "127.0.0.1:65536", "host:port"])
async def test_a_listener_needs_an_address_and_a_port(listen: str) -> None:
    with pytest.raises(ValueError, match="an address and a port"):
        MetricsSection(listen=listen)


async def test_every_answer_has_a_name_of_its_own(home: House) -> None:
    given = {"Accept": "text/html", HEADER: "chosen-by-somebody-else"}
    names = [(await home.client.get(path, headers=given)).headers[HEADER] for path in ("/about", "/nothing", "/inbox")]
    assert len(set(names)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{16}", name) for name in names)


async def test_the_dashboard_asks_for_numbers_that_there_are() -> None:
    path = Path(__file__).parents[2] / "deploy" / "grafana.json"
    asked = set(re.findall(r"fediverse_ai_\w+", path.read_text()))
    declared = {family.name for family in metrics.FAMILIES}
    assert {name.removesuffix("_bucket") for name in asked} <= declared
    assert len(asked) > 10


async def test_a_sign_of_life_that_cannot_be_written_stops_nothing(home: House, told: Told) -> None:
    path, heart = home.context.config.data_dir / "fediverse.db", home.context.part(Heartbeat)
    await heart.stop()
    async with home.context.database.write() as session:
        await session.execute(text("ALTER TABLE observation RENAME TO observation_gone"))
    await heart.start(None)
    assert told.lines("no sign of life")
    with closing(sqlite3.connect(path)) as other:
        other.execute("ALTER TABLE observation_gone RENAME TO observation")
    await heart.stop()
    await heart.start(None)
    assert await reasons(home) == (200, [])
