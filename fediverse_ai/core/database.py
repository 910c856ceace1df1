"""The database: one writer and some readers on SQLite, two pools on PostgreSQL, ids, and the group-commit writer."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as PlainAsyncSession
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core import log, room, sqlite
from fediverse_ai.core.errors import Misconfigured, Unavailable
from fediverse_ai.core.limits import (
    GROUP_COMMIT_GATHER_SECONDS,
    GROUP_COMMIT_ITEMS,
    GROUP_COMMIT_WAITING,
    VACUUM_PAGES,
    WAL_BYTES,
)
from fediverse_ai.core.metrics import Time
from fediverse_ai.core.nodes import SEQUENCE_BITS, FileNodes, Ids, Nodes, PostgresqlNodes
from fediverse_ai.core.turns import Turns

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from fediverse_ai.core.clock import Clock
    from fediverse_ai.core.config import Config
    from fediverse_ai.core.context import Context

__all__ = [
    "SEQUENCE_BITS",
    "AsyncSession",
    "Database",
    "GroupCommit",
    "Ids",
    "after_commit",
    "big_id",
    "forbid_in_transaction",
    "in_transaction",
    "json_column",
    "metadata",
]

T = TypeVar("T")
R = TypeVar("R")

SQLITE_FILE = "fediverse.db"
WRITE_WAIT = Time(
    "database_write_wait_seconds", "Until a transaction that writes has this process's turn, and the database's lock.",
    wait=("turn", "lock", "engine"),
)  # fmt: skip
_log = log.get("database")
READERS = 4
BUSY_SECONDS = 5.0
POOL_SECONDS = 30.0

# Constraints must have names, or a migration cannot speak of them.
metadata = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def big_id() -> TypeEngine[int]:
    """The type of a 64-bit id: BIGINT, but INTEGER on SQLite, where only that is an alias of the row id."""
    return BigInteger().with_variant(Integer(), "sqlite")


def json_column(*, nullable: bool = False) -> Column[Any]:
    """A JSON column (JSONB on PostgreSQL). Changes in place are not noticed: assign a new value."""
    return Column(JSON().with_variant(JSONB(), "postgresql"), nullable=nullable)


def index_of_some(name: str, *columns: str, where: str, on_sqlite: str = "", unique: bool = False) -> Index:
    """An index of the rows that `where` is true of, in both databases' SQL or with `on_sqlite` for one of them."""
    some = text(on_sqlite or where)
    return Index(name, *columns, unique=unique, sqlite_where=some, postgresql_where=text(where))


class _Session(AsyncSession):
    """SQLModel's session, on which Core statements with `execute` are welcome too (SQLModel warns of them)."""

    async def execute(self, *args: Any, **options: Any) -> Any:
        return await PlainAsyncSession.execute(self, *args, **options)


@dataclass
class _Work:
    """One open session's share in the context variable; a task that outlives it sees `active` False."""

    kind: Literal["read", "write"]
    active: bool = True
    hooks: list[Callable[[], None]] = field(default_factory=list)


_current: ContextVar[_Work | None] = ContextVar("fediverse_ai_transaction", default=None)


def in_transaction() -> bool:
    """Whether the running task is inside `write()` or `read()`."""
    work = _current.get()
    return work is not None and work.active


def forbid_in_transaction(what: str) -> None:
    """Raises RuntimeError inside a transaction: `what` may take long, and nobody else could write meanwhile."""
    if in_transaction():
        raise RuntimeError(f"{what} inside a database transaction; end the transaction first")


def after_commit(session: AsyncSession, hook: Callable[[], None]) -> None:
    """Call `hook` once the session's transaction is durable; never when it is rolled back or the process dies."""
    cast(_Work, session.info["work"]).hooks.append(hook)


def when_durable(session: AsyncSession, hook: Callable[[], None]) -> None:
    """Call `hook` once what this session sees is durable: at once where it only reads, else as `after_commit`."""
    if cast(_Work, session.info["work"]).kind == "read":
        hook()
    else:
        after_commit(session, hook)


@contextlib.contextmanager
def _entered(kind: Literal["read", "write"]) -> Iterator[_Work]:
    if in_transaction():
        raise RuntimeError(f"{kind}() inside a transaction; functions below a door use the session they were given")
    work = _Work(kind)
    token = _current.set(work)
    try:
        yield work
    finally:
        work.active = False
        _current.reset(token)


class Database:
    """The two engines of one database and the sessions on them. Use `open`, not the constructor."""

    def __init__(self, url: URL, writer: AsyncEngine, reader: AsyncEngine, clock: Clock) -> None:
        self.url = url
        self.writer = writer
        self.reader = reader
        self.dialect: Literal["sqlite", "postgresql"] = "sqlite" if url.get_backend_name() == "sqlite" else "postgresql"
        self.clock = clock
        self._writes = async_sessionmaker(writer, class_=_Session, expire_on_commit=False)
        self._reads = async_sessionmaker(reader, class_=_Session, expire_on_commit=False, autoflush=False)
        self._info: dict[str, Any] = {}
        self.nodes: Nodes | None = None
        self.turns = Turns()
        self._ids: Ids | None = None

    @classmethod
    async def open(cls, config: Config, clock: Clock, *, checkpoints: bool = True) -> Database:
        """Connect; on SQLite also create the file (mode 0600) in the data folder.

        `checkpoints` is False in a process beside the server: only the server moves the log into the file (F17).
        Raises Misconfigured when the database cannot be reached.
        """
        url = database_url(config)
        if url.get_backend_name() == "sqlite":
            os.umask(0o077)
            writer, reader = _sqlite_engines(url, checkpoints)
        else:
            writer, reader = _postgresql_engines(url, config.database.pool_size)
        database = cls(url, writer, reader, clock)
        try:
            async with writer.connect() as connection:
                await connection.execute(text("SELECT 1"))
            await database._claim_node()
        except (DBAPIError, OSError) as error:
            await database.close()
            detail = getattr(error, "orig", None) or error
            raise Misconfigured(f"database.url: {url.render_as_string()} cannot be opened: {detail}") from None
        return database

    async def _claim_node(self) -> None:
        """Take a number that no other living process on this database has, so that ids never meet."""
        if self.dialect == "sqlite":
            self.nodes = FileNodes(str(self.url.database))
        else:
            self.nodes = await PostgresqlNodes.claim(self.reader)
        self._ids = Ids(self.clock, self.nodes.node)

    @property
    def ids(self) -> Ids:
        """The maker of new ids."""
        assert self._ids is not None, "the database was not opened"
        return self._ids

    def bind(self, context: Context) -> None:
        """Let every later session know the context."""
        self._info["context"] = context

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction, committed at the end of the block and rolled back when it raises.

        On SQLite it holds the write lock from the start (BEGIN IMMEDIATE); on PostgreSQL it is READ COMMITTED, so a row
        that is read in order to be changed is selected `with_for_update()`, which SQLite ignores.
        Raises Unavailable when the lock or a connection is not to be had in time, NoRoom when the disk is full,
        RuntimeError inside a transaction.
        """
        with _entered("write") as work:
            try:
                async with self._turn(), self._writes(info=self._info | {"work": work}) as session:
                    await self._begin(session)
                    yield session
                    await session.commit()
            except DBAPIError as error:
                if room.is_full(error):
                    raise room.no_room(room.FULL, f"nothing can be written: {error.orig}") from error
                raise
        for hook in work.hooks:
            try:
                hook()
            except Exception as error:  # what is committed is done, and must not look as if it were not
                _log.error("a hook after a commit failed", exc_info=error)

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """This process's turn at the write lock of SQLite; PostgreSQL lets many write at once."""
        if self.dialect == "postgresql":
            yield
            return
        started = self.clock.monotonic()
        try:
            async with asyncio.timeout(POOL_SECONDS):
                await self.turns.take()
        except TimeoutError:
            raise Unavailable("The server is busy; please try again.", "no turn at the write lock") from None
        WRITE_WAIT.took(self.clock.monotonic() - started, "turn")
        try:
            yield
        finally:
            self.turns.leave()

    async def _begin(self, session: AsyncSession) -> None:
        started = self.clock.monotonic()
        try:
            await session.connection()
        except (OperationalError, PoolTimeout) as error:
            if room.is_full(error):
                raise
            raise Unavailable("The server is busy; please try again.", f"no write lock: {error}") from None
        WRITE_WAIT.took(self.clock.monotonic() - started, "lock")

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that cannot write; each statement sees the newest committed state."""
        with _entered("read") as work:
            async with self._reads(info=self._info | {"work": work}) as session:
                yield session

    async def tidy(self) -> None:
        """Let SQLite renew its statistics, give back free pages and fold its log into the file; no PostgreSQL."""
        if self.dialect == "postgresql":
            return
        async with self.write() as session:
            await session.execute(text("PRAGMA optimize"))
        how = "TRUNCATE" if await asyncio.to_thread(_log_bytes, str(self.url.database)) > WAL_BYTES else "PASSIVE"
        async with self._turn(), self.writer.connect() as connection:
            raw = await connection.get_raw_connection()
            assert raw.driver_connection is not None
            # Of files that were made for it; those of the first version keep their free pages and use them again. As a
            # script, because each step of this statement frees one page only.
            await raw.driver_connection.executescript(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")
            # By hand, because a checkpoint inside a transaction does nothing and SQLAlchemy would begin one.
            await raw.driver_connection.execute(f"PRAGMA wal_checkpoint({how})")

    async def close(self) -> None:
        """Give every connection back."""
        if self.nodes is not None:
            await self.nodes.release()
            self.nodes = None
        await self.reader.dispose()
        await self.writer.dispose()


def _log_bytes(database: str) -> int:
    """Of SQLite's log beside the file; 0 where there is none."""
    try:
        return os.stat(f"{database}-wal").st_size
    except OSError:
        return 0


def database_url(config: Config) -> URL:
    """The SQLAlchemy URL of the configured database, with the async driver. Raises Misconfigured."""
    given = config.database.resolved()
    if not given:
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return URL.create("sqlite+aiosqlite", database=str(config.data_dir.resolve() / SQLITE_FILE))
    try:
        url = make_url(given)
    except ArgumentError:
        raise Misconfigured("database.url is not a database address; see config.example.toml.") from None
    if url.get_backend_name() in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database:
        return url.set(drivername="sqlite+aiosqlite")
    raise Misconfigured("database.url must begin with postgresql:// or be empty for SQLite.")


# What a row holds is nobody's business in an error that goes to the log: hence hide_parameters (OPS-05).
def _sqlite_engines(url: URL, checkpoints: bool) -> tuple[AsyncEngine, AsyncEngine]:
    writer = create_async_engine(
        url,
        pool_size=1,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,
        pool_reset_on_return=None,  # sessions end their transactions; a reset would be one more hop to the thread
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS, "async_creator_fn": sqlite.connect},
    )
    reader = create_async_engine(
        url,
        pool_size=READERS,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        connect_args={"timeout": BUSY_SECONDS, "async_creator_fn": sqlite.connect},
    )
    on_writer = [
        "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-16384",
        f"wal_autocheckpoint={1000 if checkpoints else 0}", f"journal_size_limit={WAL_BYTES}",
    ]  # fmt: skip
    _pragmas(writer, on_writer)
    _pragmas(reader, ["query_only=ON", "temp_store=MEMORY", "cache_size=-4096", "wal_autocheckpoint=0"])

    @event.listens_for(writer.sync_engine, "begin")
    def _begin_immediate(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return writer, reader


def _pragmas(engine: AsyncEngine, pragmas: list[str]) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _set(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _postgresql_engines(url: URL, pool_size: int) -> tuple[AsyncEngine, AsyncEngine]:
    readers = max(1, pool_size // 2)
    writer = create_async_engine(
        url,
        pool_size=max(1, pool_size - readers),
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,
    )
    reader = create_async_engine(
        url,
        pool_size=readers + 1,  # one of them holds the node number
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        # The keep-alive lets PostgreSQL notice a machine that vanished, and free its node number.
        connect_args={
            "options": "-c default_transaction_read_only=on -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10"
        },
    )
    return writer, reader


class GroupCommit(Generic[T, R]):
    """Many small writes in one durable transaction: whatever arrives while one commits makes up the next.

    `flush(session, items)` writes up to `limit` items and returns one result for each; Core's executemany keeps it
    cheap. When a group fails, it is halved until the item at fault stands alone and gets the error itself.
    """

    def __init__(
        self,
        database: Database,
        flush: Callable[[AsyncSession, list[T]], Awaitable[list[R]]],
        limit: int = GROUP_COMMIT_ITEMS,
    ) -> None:
        self._database = database
        self._flush = flush
        self._limit = limit
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._wake = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to write."""
        self._stopping = False
        self._worker = asyncio.get_running_loop().create_task(self._run(), name="group-commit")

    async def stop(self) -> None:
        """Write what waits, then end."""
        self._stopping = True
        self._wake.set()
        if self._worker is not None:
            # Whoever gives up waiting for the end does not end it: others wait for what they submitted.
            await asyncio.shield(self._worker)
            self._worker = None

    async def submit(self, item: T) -> R:
        """The result for this item, after its commit. Raises Unavailable when too many wait, or what `flush` raised."""
        if self._stopping or self._worker is None or len(self._waiting) >= GROUP_COMMIT_WAITING:
            raise Unavailable("The server is busy; please try again.", "group commit is full or stopped", retry_after=5)
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._wake.set()
        return await future

    async def _run(self) -> None:
        size = 1
        while True:
            if not self._waiting:
                if self._stopping:
                    return
                self._wake.clear()
                await self._wake.wait()
            # Let everybody who is ready join this group; in a crowd those too who were answered with the last one and
            # come again, since a transaction costs nearly the same for fifty as for one.
            crowd = len(self._waiting) < size and not self._stopping
            await asyncio.sleep(GROUP_COMMIT_GATHER_SECONDS if crowd else 0)
            group = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
            group = [entry for entry in group if not entry[1].done()]
            size = len(group)
            if group:
                await self._write(group)

    async def _write(self, group: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            async with self._database.write() as session:
                results = await self._flush(session, [item for item, _ in group])
                if len(results) != len(group):
                    raise ValueError(f"{len(results)} results for {len(group)} items")
        except Exception as error:  # the worker loop: whatever it is belongs to those who wait
            await self._isolate(group, error)
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)

    async def _isolate(self, group: list[tuple[T, asyncio.Future[R]]], error: Exception) -> None:
        # A database that is locked or full is nobody's fault, and halving would only wait again and again.
        if len(group) > 1 and not isinstance(error, (OperationalError, Unavailable)):
            middle = len(group) // 2
            await self._write(group[:middle])
            await self._write(group[middle:])
            return
        for _, future in group:
            if not future.done():
                future.set_exception(error)
