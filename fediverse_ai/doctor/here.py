"""What can be seen without the database: configuration, files and their modes, the clock, mail."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from urllib.parse import urlsplit

from fediverse_ai.core import secrets
from fediverse_ai.core.addresses import is_loopback
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.config import FILE, Config
from fediverse_ai.core.database import SQLITE_FILE
from fediverse_ai.core.texts import _
from fediverse_ai.doctor.findings import Finding, advice, problem, well

SQLITE_SOUND = (3, 51, 3)
"""Older ones have a rare race between two connections that checkpoint; ours does so from the server alone."""
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No machine that runs this program lives before this day."""


def look(config: Config, clock: Clock) -> Iterator[Finding]:
    """All of it."""
    yield well("configuration", _("%(url)s, read from %(folder)s")
               % {"url": config.public_url, "folder": config.data_dir})  # fmt: skip
    yield from _public(config)
    yield from _files(config)
    yield _clock(clock)
    if not config.database.resolved():
        yield sqlite()


def _public(config: Config) -> Iterator[Finding]:
    if config.server.development:
        yield advice(
            "development",
            _("development mode is on"),
            _("Fine on your own machine; never on a public server."),
        )
        return
    if urlsplit(config.media_url).hostname == urlsplit(config.public_url).hostname:
        yield advice(
            "media",
            _("pictures are served from the same host as pages"),
            _("Let another host serve the media folder and set media.public_url: then no picture can act as a page."),
        )
    yield from visitors(config)
    if not config.server.contact:
        yield advice("contact", _("server.contact is empty"), _("Say how people reach who is in charge."))


def visitors(config: Config) -> Iterator[Finding]:
    """Whose address is believed to be a visitor's: of everybody, or of nobody where a proxy hides them (OAU-11)."""
    believed = config.server.trusted_proxies
    if any(ip_network(entry, strict=False).prefixlen == 0 for entry in believed):
        yield problem(
            "visitors",
            _("server.trusted_proxies names every address, so visitors choose the address that they are counted by"),
            _("Name only the proxy, such as 127.0.0.1."),
        )
    elif not believed and not config.server.tls_certificate and is_loopback(config.server.host):
        yield advice(
            "visitors",
            _("a proxy is not named, so all visitors have its address: how much each may read is not limited"),
            _('Set server.trusted_proxies = ["127.0.0.1"] if it runs here.'),
        )


def _files(config: Config) -> Iterator[Finding]:
    """Nobody but the owner may read what is written here (OPS-04)."""
    private = [config.data_dir, *(config.data_dir / name for name in (FILE, secrets.FILE))]
    private += sorted(config.data_dir.glob(f"{SQLITE_FILE}*"))
    there = [path for path in private if path.exists()]
    open_ones = [path for path in there if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_ones:
        shown = " ".join(str(path) for path in open_ones)
        yield problem("files", _("others on this machine can read %(files)s") % {"files": shown}, f"chmod go= {shown}")
    strangers = [path for path in there if path.stat().st_uid != os.geteuid()]
    if strangers:
        yield advice(
            "owner",
            _("another user owns %(files)s") % {"files": " ".join(str(path) for path in strangers)},
            _("Run the server and this command as one user."),
        )
    if not open_ones and not strangers:
        yield well("files", _("secret, configuration and database are yours alone"))


def _clock(clock: Clock) -> Finding:
    now = clock.now()
    said = {"time": f"{now:%Y-%m-%d %H:%M} UTC"}
    if now < RELEASED:
        return problem("clock", _("the clock says %(time)s") % said, _("Set it: other servers refuse our signatures."))
    return well("clock", said["time"])


def sqlite(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Finding:
    """Whether the library is one without known faults."""
    shown, sound = (".".join(map(str, one)) for one in (version, SQLITE_SOUND))
    if version >= SQLITE_SOUND:
        return well("sqlite", shown)
    return advice(
        "sqlite",
        _("SQLite %(version)s is older than %(sound)s, which mended a rare fault between two checkpointing programs")
        % {"version": shown, "sound": sound},
        _("Let no other program write to the database while the server runs; update SQLite when your system can."),
    )
