"""What must be right before a server starts or its rows are touched: clock, address, domain of handles."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fediverse_ai.core.errors import Misconfigured

if TYPE_CHECKING:
    from fediverse_ai.core.clock import Clock
    from fediverse_ai.core.config import Config

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No machine that runs this program lives before this day (OPS-18)."""
YEARS = 30
"""Nor so many years after it: a clock that says so was never set."""
EXAMPLES = ("example", "example.com", "example.net", "example.org", "test", "invalid", "localhost", "local", "internal")
"""Domains that nobody can reach from outside (RFC 2606, RFC 6761, RFC 6762 and ICANN's `internal`)."""


def clock(found: Clock) -> None:
    """Raises Misconfigured when the clock is absurd: signatures, ids and schedules would be made of nonsense."""
    now = found.now()
    if not RELEASED <= now <= RELEASED.replace(year=RELEASED.year + YEARS):
        raise Misconfigured(
            f"The clock of this machine says {now:%Y-%m-%d %H:%M} UTC, which cannot be; set it, and keep it with NTP."
        )


def reachable(config: Config) -> None:
    """Raises Misconfigured when the public address is one of an example, and this is no development (OPS-02)."""
    if config.server.development:
        return
    names = {
        "server.public_url": urlsplit(config.public_url).hostname or "",
        "server.account_domain": config.account_host,
    }
    for key, host in names.items():
        if any(host == name or host.endswith(f".{name}") for name in EXAMPLES):
            raise Misconfigured(
                f"{key}: {host} is a name for examples that nobody can reach. Ids cannot move, so make a new folder: "
                "`fediverse-ai --data NEW init --domain YOUR.DOMAIN`."
            )


def certificate(config: Config) -> None:
    """Raises Misconfigured when https is to be served with files that are not there or do not belong together."""
    section = config.server
    if not section.tls_certificate:
        return
    for key, file in (("server.tls_certificate", section.tls_certificate), ("server.tls_key", section.tls_key)):
        if not Path(file).is_file():
            raise Misconfigured(f"{key}: there is no file {file}.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(section.tls_certificate, section.tls_key)
    except (ssl.SSLError, OSError) as error:
        raise Misconfigured(
            f"server.tls_certificate and server.tls_key cannot be used together: {error.strerror or error}"
        ) from None


def files(config: Config) -> None:
    """Raises Misconfigured when secret or certificates are not whole, or pictures have no place; writes nothing."""
    from fediverse_ai.cli.folder import check_writable
    from fediverse_ai.core import secrets
    from fediverse_ai.core.clock import SystemClock
    from generation import certificates

    check_writable(config.data_dir)
    check_writable(config.media_dir)
    secrets.open_box(config.data_dir, SystemClock())
    if not config.provenance.certificate:
        certificates.check(config.data_dir / certificates.FOLDER)


def keys(config: Config) -> None:
    """Raises Misconfigured when the secret is not the one with which the server's own key was sealed (OPS-03)."""
    from sqlalchemy import text

    from fediverse_ai import migrations
    from fediverse_ai.core import secrets
    from fediverse_ai.core.clock import SystemClock

    with migrations.connect(config) as connection:
        own = text(
            'SELECT private_sealed FROM "key" JOIN actor ON actor.id = actor_id '
            "WHERE local AND actor.kind = 'Application' AND private_sealed IS NOT NULL LIMIT 1"
        )
        sealed = connection.execute(own).scalar()
    if sealed is not None:
        secrets.open_box(config.data_dir, SystemClock()).open(bytes(sealed))


def ids(config: Config) -> None:
    """Raises Misconfigured when address or domain of handles are not those of what is stored (OPS-17)."""
    from sqlalchemy import text

    from fediverse_ai import migrations

    with migrations.connect(config) as connection:
        own = text("SELECT uri FROM actor WHERE local AND kind = 'Application'")
        stored = [str(uri) for uri in connection.execute(own).scalars()]
        people = text("SELECT DISTINCT host FROM actor WHERE local AND kind <> 'Application'")
        hosts = [str(host) for host in connection.execute(people).scalars()]
    if strange := [uri for uri in stored if not uri.startswith(f"{config.public_url}/")]:
        raise Misconfigured(
            f"The ids of this server begin with {strange[0].rpartition('/')[0]}, but server.public_url is "
            f"{config.public_url}: ids cannot move. Set it back, or use another folder for another server."
        )
    if others := [host for host in hosts if host != config.account_host]:
        raise Misconfigured(
            f"People here are named @…@{others[0]}, but the configuration says @…@{config.account_host}: handles "
            "cannot move, every follower would be lost. Set server.account_domain back."
        )
