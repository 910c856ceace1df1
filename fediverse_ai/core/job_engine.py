"""The job engine (DBOS) as this house has it: its connections, its tables, its queues, and nothing sent anywhere."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy import event

from fediverse_ai.core.bells import Bell
from fediverse_ai.core.database import WRITE_WAIT, Database

if TYPE_CHECKING:
    from dbos import DBOS, DBOSClient, Queue

    Client = DBOSClient
    Engine = DBOS

# The engine runs only jobs of its own version; ours are data, so every version of the program may run them.
_VERSION: Final = "1"
_APPLICATION: Final = "fediverse-ai"
SCHEMA: Final = "dbos"
_RECOVERIES: Final = 20
_BUSY_SECONDS: Final = 30.0
# Then SQLite's own lock decides: better than waiting for ever, should the turn never come.
_TURN_SECONDS: Final = 5.0


def ignore_environment() -> None:
    """The engine would obey what it finds there, telemetry and a remote console included."""
    for name in [name for name in os.environ if name.startswith("DBOS_")]:
        del os.environ[name]


def executor(node: int) -> str:
    """What the engine calls the process that is this node of the database."""
    return f"node-{node}"


def node_of(executor_id: str) -> int:
    return int(executor_id.removeprefix("node-"))


def status_table(dialect: str) -> str:
    """The table with a row for each job."""
    return "workflow_status" if dialect == "sqlite" else f"{SCHEMA}.workflow_status"


def connections(database: Database) -> sa.Engine:
    """The engine's own connections: on SQLite to the same file, as durable as ours, and never folding the log."""
    if database.dialect == "postgresql":
        return sa.create_engine(database.url, pool_size=5, max_overflow=5, pool_pre_ping=True, hide_parameters=True)
    url = sa.URL.create("sqlite", database=database.url.database)
    engine = sa.create_engine(
        url, pool_size=1, max_overflow=0, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def _set(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=0", "cache_size=-2048"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "before_cursor_execute")
    def _before_write(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")) and "turn" not in connection.info:
            began = database.clock.monotonic()
            connection.info["turn"] = database.turns.take_blocking(_TURN_SECONDS)
            WRITE_WAIT.took(database.clock.monotonic() - began, "engine")

    @event.listens_for(engine, "checkin")
    def _after_commit(_connection: Any, record: Any) -> None:
        if record.info.pop("turn", False):
            database.turns.leave()

    return engine


def open_client(engine: sa.Engine, dialect: str) -> DBOSClient:
    from dbos import DBOSClient, DBOSPortableJSONSerializer

    client = DBOSClient(
        system_database_engine=engine,
        dbos_system_schema=SCHEMA if dialect == "postgresql" else None,
        serializer=DBOSPortableJSONSerializer(),
        application_name=_APPLICATION,
        lazy=True,
        retry_connection_errors=False,
    )
    client._sys_db.run_migrations()
    return client


def launch(connections: sa.Engine, node: int, runners: Mapping[str, Callable[[list[Any]], Awaitable[None]]]) -> DBOS:
    """Start the engine of this process: it calls the runner of a job's name. It serves no queue yet."""
    from dbos import DBOS, DBOSPortableJSONSerializer

    engine = DBOS(
        config={
            "name": _APPLICATION,
            "system_database_url": connections.url.render_as_string(hide_password=False),
            "system_database_engine": connections,
            "dbos_system_schema": SCHEMA,
            "application_version": _VERSION,
            "executor_id": executor(node),
            "serializer": DBOSPortableJSONSerializer(),
            "enable_otlp": False,
            "log_level": "WARNING",
            "max_executor_threads": 8,
        }
    )
    # Its own handler would write past ours.
    logging.getLogger("dbos").handlers.clear()
    logging.getLogger("dbos").propagate = True
    for name, runner in runners.items():
        DBOS.workflow(name=name, max_recovery_attempts=_RECOVERIES)(runner)
    # No thread of its own for our queues: ours run the same loop, but with a bell.
    DBOS.listen_queues([])
    DBOS.launch()
    return engine


def register(name: str, claims: int, *, lanes: bool, poll_seconds: float) -> Queue:
    """A queue of which this process takes up to `claims` jobs; in `lanes`, those of one key run one at a time."""
    from dbos import DBOS

    registered = DBOS.register_queue(
        name,
        worker_concurrency=claims,
        partition_concurrency=1 if lanes else None,
        polling_interval_sec=poll_seconds,
        on_conflict="always_update",
    )
    registered.database_backed_queue = False  # or it would be read anew at every poll
    return registered


def worker(engine: Engine, queue: Queue, bell: Bell) -> threading.Thread:
    """The thread, not yet started, that takes jobs of one queue whenever the bell rings, until the bell is set."""
    from dbos._queue import queue_worker_thread

    return threading.Thread(
        target=queue_worker_thread, args=(bell, engine, queue), name=f"jobs-{queue.name}", daemon=True
    )


def current_job() -> str:
    """The id of the job whose runner asks."""
    from dbos import DBOS

    return str(DBOS.workflow_id)


def give_back(executor_id: str) -> None:
    """What this process of the engine, which is no more or ends now, had begun is free for others."""
    from dbos import DBOS

    DBOS._recover_pending_workflows([executor_id])


def destroy() -> None:
    """End the engine of this process; what it had begun is free for others at once."""
    from dbos import DBOS
    from dbos._utils import GlobalParams

    give_back(GlobalParams.executor_id)
    DBOS.destroy(destroy_registry=True)
