"""Caddy and nginx from Debian's packages with the files of deploy/, in front of two servers of ours on loopback."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.deploy.reading import nginx_conf, text_of
from tests.support.processes import Program, free_port
from tests.support.server import Server
from tests.support.tls import Authority
from tests.support.town import Town

OURS, THEIRS, ACCOUNTS, MEDIA = "art.test", "far.test", "ann.test", "media.art.test"
NAMES = (OURS, THEIRS, ACCOUNTS, MEDIA)
"""`ann.test` is the domain of the handles of art.test, whose pictures have a host of their own."""


class Behind(Server):
    """A server of ours on plain http on loopback, which the world reaches by https through a proxy."""

    def __init__(self, folder: Path, town: Town, name: str, settings: dict[str, Any] | None = None) -> None:
        own = {
            "server.public_url": f"https://{name}",
            "server.trusted_proxies": ["127.0.0.1", "::1"],
            "http.hosts": {one: f"127.0.0.1:{town.port(one)}" for one in NAMES},
            "http.ca_file": str(town.authority.ca_file),
        }
        super().__init__(folder, name="127.0.0.1", settings={**own, **(settings or {})})
        self.origin = f"https://{name}"
        self.client = town.client(alone=True)
        self.client.base_url = httpx.URL(self.origin)


@dataclass
class Street:
    """One proxy with both servers behind it."""

    kind: str
    town: Town
    ours: Behind
    theirs: Behind
    proxy: Program
    http_port: int
    folder: Path

    @property
    def https_port(self) -> int:
        return self.town.port(OURS)


def caddyfile(town: Town, http: int, backends: dict[str, int]) -> str:
    """Our Caddyfile twice, once for each server, and the lines for the domain of the handles."""

    def certified(text: str, *names: str) -> str:
        for name in names:
            chain, key = town.authority.certificate(name)
            assert f"\n{name} {{\n" in text
            text = text.replace(f"\n{name} {{\n", f"\n{name} {{\n\ttls {chain} {key}\n")
        return text

    def site(name: str) -> str:
        upstream = {"{$FEDIVERSE_AI_UPSTREAM:127.0.0.1:8000}": f"127.0.0.1:{backends[name]}", "art.example": name}
        text = text_of("Caddyfile", upstream, optional=True)
        return certified(text, name, f"media.{name}")

    ours, theirs = site(OURS), site(THEIRS)
    head, end = "{\n\tservers {", "\n\t}\n}\n"
    options = (
        f"{{\n\tadmin off\n\thttp_port {http}\n\thttps_port {town.port(OURS)}\n\tdefault_bind 127.0.0.1\n\tservers {{"
    )
    # One Caddyfile has one block of options.
    theirs = theirs[theirs.index(end) + len(end) :]
    accounts = text_of("accounts.Caddyfile", {"example.org": ACCOUNTS, "art.example": OURS})
    return "\n".join([ours.replace(head, options, 1), theirs, certified(accounts, ACCOUNTS)])


def nginx_file(town: Town, http: int, backends: dict[str, int], folder: Path) -> str:
    """Our nginx.conf twice, and a server for the domain of the handles with our lines in it."""
    port = town.port(OURS)

    def site(name: str, mark: str) -> str:
        chain, key = town.authority.certificate(name)
        media_chain, media_key = town.authority.certificate(f"media.{name}")
        live = "/etc/letsencrypt/live/"
        changes = {
            f"{live}media.art.example/fullchain.pem": str(media_chain),
            f"{live}media.art.example/privkey.pem": str(media_key),
            f"{live}art.example/fullchain.pem": str(chain),
            f"{live}art.example/privkey.pem": str(key),
            "127.0.0.1:8000": f"127.0.0.1:{backends[name]}",
            "art.example": name,
            "/var/cache/nginx/fediverse-ai": str(folder / f"cache-{mark}"),
            "listen [::]:443 ssl http2;": "",
            "listen [::]:80;": "",
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "listen 80;": f"listen 127.0.0.1:{http};",
            "fediverse_ai": f"fediverse_ai_{mark}",
        }
        return text_of("nginx.conf", changes, optional=True)

    chain, key = town.authority.certificate(ACCOUNTS)
    accounts = text_of("accounts.nginx.conf", {"art.example": OURS})
    own = (
        f"server {{ listen 127.0.0.1:{port} ssl http2; server_name {ACCOUNTS};\n"
        f"ssl_certificate {chain}; ssl_certificate_key {key};\n{accounts}}}"
    )
    kept = "".join(
        f"{kind}_temp_path {folder / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    log = f"log_format cached '$uri|$http_accept|$upstream_cache_status';\naccess_log {folder / 'access.log'} cached;\n"
    whole = nginx_conf("\n".join([kept, log, site(OURS, "a"), site(THEIRS, "b"), own]))
    return f"daemon off;\nuser root;\npid {folder / 'pid'};\nerror_log stderr notice;\n{whole}"


def command(kind: str, folder: Path, text: str) -> list[str | Path]:
    """How the proxy is started with this configuration. It must be there: .ci/run installs it."""
    program = shutil.which(kind, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    assert program, f"{kind} is needed here: apt install {kind}"
    file = folder / ("Caddyfile" if kind == "caddy" else "nginx.conf")
    file.write_text(text)
    if kind == "caddy":
        return [program, "run", "--adapter", "caddyfile", "--config", file]
    return [program, "-e", "stderr", "-p", folder, "-c", file]


async def _open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@asynccontextmanager
async def street(kind: str, folder: Path) -> AsyncIterator[Street]:
    """Both servers, ann here and ben there, behind one proxy."""
    town = Town(Authority(folder / "tls"))
    https, http = free_port(), free_port()
    town.ports = dict.fromkeys(NAMES, https)
    split = {
        "server.account_domain": ACCOUNTS,
        "media.public_url": f"https://{MEDIA}",
        "federation.authorized_fetch": True,
    }
    ours, theirs = Behind(folder / "ours", town, OURS, split), Behind(folder / "theirs", town, THEIRS)
    backends = {OURS: ours.port, THEIRS: theirs.port}
    home = folder / kind
    home.mkdir()
    text = caddyfile(town, http, backends) if kind == "caddy" else nginx_file(town, http, backends, home)
    env = {"XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home), "HOME": str(home)}
    proxy = Program(command(kind, home, text), env=env, log=folder / f"{kind}.log")
    try:
        await proxy.ready(lambda: _open(https))
        await ours.furnish("ann")
        await theirs.furnish("ben")
        await asyncio.gather(ours.start(), theirs.start())
        yield Street(kind, town, ours, theirs, proxy, http, home)
        for server in (ours, theirs):
            assert await server.stop() == 0, server.running.output()[-4000:]
    finally:
        await ours.close()
        await theirs.close()
        proxy.kill()
