"""A dump of PostgreSQL is loaded into a database that is made for it on the same server, counted, and dropped again."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

from fediverse_ai.backup import copies
from fediverse_ai.backup.copies import Facts
from fediverse_ai.core.config import Config
from fediverse_ai.core.database import database_url
from fediverse_ai.core.errors import Misconfigured, Unprocessable

SUFFIX = "_verify"
LONGEST = 63
"""Of PostgreSQL's names."""
MARK = "made by `fediverse-ai backup verify`, which drops it again"
"""The comment of such a database: one that lacks it is somebody else's, whatever its name."""
LOCK = 0x66656469
"""Of PostgreSQL's advisory locks: one rehearsal at a time in the configured database."""


def load(config: Config, dump: Path) -> Facts:
    """What the dump holds once it is loaded; blocks for as long as a restore does.

    Raises Unprocessable for a dump that cannot be loaded, NoRoom, and Misconfigured with the reason where nothing can
    be tried: no server of this kind, no right to make a database, or another rehearsal that is under way.
    """
    url = database_url(config)
    if url.get_backend_name() == "sqlite":
        raise Misconfigured("the configuration names no PostgreSQL server")
    name = f"{str(url.database)[: LONGEST - len(SUFFIX)]}{SUFFIX}"
    with copies.connected(url, isolation_level="AUTOCOMMIT") as connection:
        quoted = connection.dialect.identifier_preparer.quote(name)
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}):
            raise Misconfigured("another backup of this database is being loaded just now")
        _require_a_place(connection, name, quoted)
        connection.execute(text(f"CREATE DATABASE {quoted} TEMPLATE template0"))
        try:
            connection.execute(text(f"COMMENT ON DATABASE {quoted} IS '{MARK}'"))
            there = url.set(database=name)
            copies.load_into(config, there, dump)
            try:
                with copies.connected(there) as loaded:
                    return copies.facts_of(loaded)
            except Misconfigured as error:
                raise Unprocessable("The dump was loaded, and lacks tables.", error.public) from None
        finally:
            connection.execute(text(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)"))


def _require_a_place(connection: Connection, name: str, quoted: str) -> None:
    """Drop what a rehearsal that was killed left. Raises Misconfigured where no database can be made under the name."""
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :name"
    found = connection.execute(text(query), {"name": name}).first()
    if found is not None and found[0] != MARK:
        raise Misconfigured(f"there is a database {name} that is not ours")
    may = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    if not connection.scalar(text(may)):
        raise Misconfigured("the user of the database may not make another one (ALTER ROLE … CREATEDB)")
    connection.execute(text(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)"))
