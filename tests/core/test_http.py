"""The HTTP client: which addresses it asks, what it believes, and when it stops."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from fediverse_ai import __version__
from fediverse_ai.core.addresses import Resolver, is_loopback, is_public
from fediverse_ai.core.clock import FrozenClock, SystemClock
from fediverse_ai.core.config import Config, HttpSection, ServerSection
from fediverse_ai.core.errors import Misconfigured, Nonsense, Unreachable
from fediverse_ai.core.http import Budget, Http

Script = Callable[[str, dict[str, str], bytes], Awaitable[bytes] | bytes]


def answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Peer:
    """A server on loopback that answers by script and remembers what it was asked."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.connections = 0
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {
                    name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.asked.append((head[0], headers, body))
                reply = self.script(head[0].split(" ")[1], headers, body)
                data = reply if isinstance(reply, bytes) else await reply
                for start in range(0, len(data), 65536):
                    writer.write(data[start : start + 65536])
                    await writer.drain()
                if b"content-length" not in data.partition(b"\r\n\r\n")[0]:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def peer(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    served = Peer(script)
    server = await asyncio.start_server(served._serve, "127.0.0.1", 0, ssl=tls)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()


def development(hosts: Mapping[str, str] | None = None, ca_file: str = "", **http: float) -> Config:
    section = HttpSection(hosts=dict(hosts or {}), ca_file=ca_file, **http)  # type: ignore[arg-type]
    return Config(server=ServerSection(development=True), http=section)


@asynccontextmanager
async def client(config: Config, resolver: Resolver | None = None) -> AsyncIterator[Http]:
    http = Http(config, SystemClock(), resolver=resolver)
    try:
        yield http
    finally:
        await http.close()


def answers(table: Mapping[str, list[str]]) -> Resolver:
    return Resolver(SystemClock(), lambda host: table[host])


PUBLIC = Config(server=ServerSection(public_url="https://home.example"))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.0.1", "169.254.169.254", "172.16.0.1", "192.0.0.1",
        "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
        "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:8.8.8.8",
        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1",
        "2001:0:7f00:1::", "2001:2::1", "2001:db8::1", "2001:10::1", "2001:20::1", "2002:7f00:1::", "2002:808:808::1",
        "3fff::1", "5f00::1", "fc00::1", "fd00::5", "fe80::1", "fec0::1", "ff02::1", "2606:4700::5efe:7f00:1",
        "2606:4700::200:5efe:a00:1", "fe80::1%eth0", "2606:4700::1%1", "nonsense", "",
    ],
)  # fmt: skip
def test_addresses_that_are_never_asked(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:200::1"]
)
def test_addresses_that_may_be_asked(address: str) -> None:
    assert is_public(address)


def test_only_plain_loopback_counts_as_this_machine() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("::ffff:127.0.0.1")
    assert not is_loopback("10.0.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "http://public.example/", "ftp://public.example/", "file:///etc/passwd", "gopher://x/", "data:text/plain,x",
        "https://public.example:22/", "https://public.example:0/", "https://public.example:6379/", "//public.example/",
        "https://user:pw@public.example/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.5/", "https://127.1/",
        "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://0/", "https://localhost/",
        "https://private.example/", "https://mixed.example/", "https://metadata.example/", "https://exa mple.com/",
        "https://public.example\\@evil.example/", "https:///x", "https://", "", "https://a/\x00", "https://x/" + "a" * 2100,  # noqa: E501
    ],
)  # fmt: skip
async def test_refused_without_a_connection(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_connection(*_: object, **__: object) -> None:
        raise AssertionError("it connected")

    monkeypatch.setattr(asyncio, "open_connection", no_connection)
    table = {
        "localhost": ["127.0.0.1"],
        "private.example": ["10.0.0.1"],
        "mixed.example": ["8.8.8.8", "192.168.0.1"],
        "metadata.example": ["169.254.169.254"],
        "public.example": ["8.8.8.8"],
    }
    async with client(PUBLIC, answers(table)) as http:
        with pytest.raises(Nonsense) as refused:
            await http.get(url)
        assert "10.0.0" not in refused.value.public
        with pytest.raises(Nonsense):
            await http.post(url, body=b"x", headers={})


async def test_the_checked_address_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the name is looked up once, and what is connected to is a literal."""
    lookups: list[str] = []
    connected: list[tuple[str, int]] = []

    def lookup(host: str) -> list[str]:
        lookups.append(host)
        return ["8.8.8.8"] if len(lookups) == 1 else ["127.0.0.1"]

    async def connect(host: str, port: int) -> None:
        connected.append((host, port))
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio, "open_connection", connect)
    async with client(PUBLIC, Resolver(SystemClock(), lookup)) as http:
        with pytest.raises(Unreachable):
            await http.get("https://rebind.example/")
    assert connected == [("8.8.8.8", 443)]
    assert lookups == ["rebind.example"]


async def test_overrides_and_loopback_count_only_in_development() -> None:
    async with peer(lambda *_: answer(200, b"hi")) as served:
        hosts = {"peer.test": f"127.0.0.1:{served.port}"}
        async with client(development(hosts)) as http:
            assert (await http.get("http://peer.test/")).body == b"hi"
            assert (await http.get(f"http://127.0.0.1:{served.port}/")).body == b"hi"
            with pytest.raises(Nonsense):
                await http.get("http://10.0.0.1/")
        config = PUBLIC.model_copy(update={"http": HttpSection(hosts=hosts)})
        async with client(config, answers({"peer.test": ["127.0.0.1"]})) as http:
            with pytest.raises(Nonsense):
                await http.get("https://peer.test/")


async def test_answers_are_given_whatever_their_status() -> None:
    async with (
        peer(lambda path, *_: answer(int(path[1:]), b"b", X_Thing="Yes")) as served,
        client(development()) as http,
    ):
        for status in (200, 202, 404, 410, 429, 500):
            got = await http.get(f"http://127.0.0.1:{served.port}/{status}#part")
            assert (got.status, got.headers["x-thing"]) == (status, "Yes")
            assert got.url == f"http://127.0.0.1:{served.port}/{status}"


async def test_says_who_asks_takes_no_cookies_and_wants_nothing_packed() -> None:
    async with peer(lambda *_: answer(200, Set_Cookie="a=b; Path=/")) as served, client(development()) as http:
        for _ in range(2):
            await http.get(f"http://127.0.0.1:{served.port}/", headers={"Accept": "application/activity+json"})
    for _, headers, _ in served.asked:
        assert headers["user-agent"] == f"FediverseAI/{__version__} (+http://127.0.0.1:8000)"
        assert headers["accept-encoding"] == "identity"
        assert headers["accept"] == "application/activity+json"
        assert "cookie" not in headers
    assert served.connections == 1


async def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with peer(lambda *_: answer(200, b"direct")) as served, client(development()) as http:
        assert (await http.get(f"http://127.0.0.1:{served.port}/")).body == b"direct"


async def test_redirects_are_signed_anew_for_each_hop() -> None:
    def second(path: str, headers: dict[str, str], body: bytes) -> bytes:
        return answer(200, b"end")

    async with peer(second) as there:
        target = f"http://127.0.0.1:{there.port}/end"
        async with peer(lambda path, *_: answer(302, location="/b" if path == "/a" else target)) as here:  # noqa: SIM117
            async with client(development()) as http:
                got = await http.get(
                    f"http://127.0.0.1:{here.port}/a",
                    headers={"Authorization": "secret", "Accept": "x/y"},
                    sign=lambda method, url, body: {"Signature": f"{method} {url} {body}"},
                )
    assert (got.body, got.url) == (b"end", target)
    assert [headers["signature"] for _, headers, _ in here.asked] == [
        f"GET http://127.0.0.1:{here.port}/a None",
        f"GET http://127.0.0.1:{here.port}/b None",
    ]
    assert there.asked[0][1]["signature"] == f"GET {target} None"
    assert there.asked[0][1]["accept"] == "x/y"
    assert "authorization" in here.asked[1][1]
    assert "authorization" not in there.asked[0][1]


@pytest.mark.parametrize(("hops", "fine"), [(2, True), (3, True), (4, False)])
async def test_at_most_three_redirects(hops: int, fine: bool) -> None:
    def script(path: str, *_: object) -> bytes:
        number = int(path[1:])
        return answer(200, b"end") if number == hops else answer(301, location=f"/{number + 1}")

    async with peer(script) as served, client(development()) as http:
        if fine:
            assert (await http.get(f"http://127.0.0.1:{served.port}/0")).body == b"end"
        else:
            with pytest.raises(Nonsense):
                await http.get(f"http://127.0.0.1:{served.port}/0")
            assert len(served.asked) == 4


@pytest.mark.parametrize(
    "location",
    [
        "/same",
        "http://10.0.0.1/",
        "file:///etc/passwd",
        "//169.254.169.254/",
        "http://[::ffff:127.0.0.1]/",
        "http://u@h/",
    ],
)
async def test_bad_redirects_are_refused(location: str) -> None:
    async with peer(lambda *_: answer(302, location=location)) as served, client(development()) as http:
        with pytest.raises(Nonsense):
            await http.get(f"http://127.0.0.1:{served.port}/same")
        assert len(served.asked) == 1


async def test_a_post_is_never_redirected() -> None:
    async with peer(lambda *_: answer(307, location="/elsewhere")) as served, client(development()) as http:
        got = await http.post(f"http://127.0.0.1:{served.port}/inbox", body=b"{}", headers={"Signature": "x"})
        assert got.status == 307
        assert [(line, body) for line, _, body in served.asked] == [("POST /inbox HTTP/1.1", b"{}")]


@pytest.mark.parametrize(("size", "fine"), [(999, True), (1000, True), (1001, False)])
@pytest.mark.parametrize("form", ["announced", "streamed", "gzip", "deflate"])
async def test_the_size_of_an_answer(size: int, fine: bool, form: str) -> None:
    body = bytes(size)
    replies = {
        "announced": answer(200, body),
        "streamed": b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n" + body,
        "gzip": answer(200, gzip.compress(body), content_encoding="gzip"),
        "deflate": answer(200, zlib.compress(body), content_encoding="deflate"),
    }
    async with peer(lambda *_: replies[form]) as served, client(development()) as http:
        url = f"http://127.0.0.1:{served.port}/"
        if fine:
            assert (await http.get(url, limit=1000)).body == body
        else:
            with pytest.raises(Nonsense):
                await http.get(url, limit=1000)


async def test_a_packed_bomb_is_cut_and_unknown_packing_refused() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    async with (
        peer(lambda path, *_: answer(200, bomb, content_encoding=path[1:])) as served,
        client(development()) as http,
    ):
        for encoding in ("gzip", "br", "zstd", "gzip,gzip", "deflate"):
            with pytest.raises(Nonsense):
                await http.get(f"http://127.0.0.1:{served.port}/{encoding}")


async def test_an_endless_answer_is_cut() -> None:
    async def forever() -> bytes:
        return b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n" + bytes(8_000_000)

    async with peer(lambda *_: forever()) as served, client(development()) as http:
        with pytest.raises(Nonsense):
            await http.get(f"http://127.0.0.1:{served.port}/")


@pytest.mark.parametrize("form", ["silent", "headers", "body"])
async def test_the_deadline_holds_for_every_kind_of_slowness(form: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if form == "body":
            writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n")
        try:
            while not (reader.at_eof() or writer.is_closing()):
                if form != "silent":
                    writer.write(b"x" if form == "body" else b"H")
                await asyncio.sleep(0.02)
        except ConnectionError:
            pass
        writer.close()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    clock = SystemClock()
    async with client(development()) as http:
        started = clock.monotonic()
        with pytest.raises(Unreachable):
            await http.get(url, deadline=0.5)
        assert 0.45 <= clock.monotonic() - started <= 1.0
    await ended.wait()
    server.close()


async def test_a_post_does_not_wait_for_a_body_without_an_announced_length() -> None:
    """Epicyon answers 201 without a length and leaves the connection open: that must not look like a failure."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 201 Created\r\n\r\n")
        await reader.read()  # until the client closes
        writer.close()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with client(development()) as http:
        given = await http.post(url, body=b"{}", headers={}, deadline=5)
        assert (given.status, given.body) == (201, b"")
        await asyncio.wait_for(ended.wait(), 5)
    server.close()


async def test_network_failures_are_unreachable() -> None:
    async with peer(lambda *_: b"garbage\r\n\r\n") as served, client(development()) as http:
        with pytest.raises(Unreachable):
            await http.get(f"http://127.0.0.1:{served.port}/")
        with pytest.raises(Unreachable):
            await http.get("http://127.0.0.1:1/")


async def test_tls_is_checked_and_a_further_authority_may_be_trusted(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("peer.test").configure_cert(tls)
    async with peer(lambda *_: answer(200, b"hi"), tls) as served:
        hosts = {"peer.test": f"127.0.0.1:{served.port}", "other.test": f"127.0.0.1:{served.port}"}
        async with client(development(hosts)) as http:
            with pytest.raises(Unreachable, match="TLS"):
                await http.get("https://peer.test/")
        async with client(development(hosts, ca_file=str(tmp_path / "ca.pem"))) as http:
            assert (await http.get("https://peer.test/")).body == b"hi"
            with pytest.raises(Unreachable, match="TLS"):
                await http.get("https://other.test/")
    with pytest.raises(Misconfigured, match=r"http\.ca_file"):
        async with client(development(ca_file=str(tmp_path / "none.pem"))) as http:
            await http.get("https://127.0.0.1:1/")


async def test_https_never_falls_back_to_http(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("peer.test").configure_cert(tls)
    async with peer(lambda *_: answer(302, location="http://peer.test/"), tls) as served:
        config = development({"peer.test": f"127.0.0.1:{served.port}"}, ca_file=str(tmp_path / "ca.pem"))
        async with client(config) as http:
            with pytest.raises(Nonsense, match=r"http://peer\.test/"):
                await http.get("https://peer.test/")


@pytest.mark.parametrize(("allowed", "fine"), [(1, False), (2, True), (3, True)])
async def test_a_budget_counts_every_hop(allowed: int, fine: bool) -> None:
    async with peer(lambda path, *_: answer(200) if path == "/b" else answer(302, location="/b")) as served:  # noqa: SIM117
        async with client(development()) as http:
            request = http.get(f"http://127.0.0.1:{served.port}/a", budget=Budget(allowed, 20, SystemClock()))
            if fine:
                assert (await request).status == 200
            else:
                with pytest.raises(Nonsense):
                    await request


def test_a_budget_ends_with_its_time() -> None:
    clock = FrozenClock()
    budget = Budget(10, 20, clock)
    budget.spend()
    clock.advance(19.9)
    budget.spend()
    clock.advance(0.2)
    with pytest.raises(Nonsense):
        budget.spend()


async def test_few_requests_at_once_for_one_host() -> None:
    now = most = 0

    async def slow() -> bytes:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1
        return answer(200)

    async with peer(lambda *_: slow()) as served, client(development()) as http:
        await asyncio.gather(*(http.get(f"http://127.0.0.1:{served.port}/{n}") for n in range(12)))
        assert http._hosts == {}
    assert most == 4


async def test_names_without_an_answer_do_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """F8: six hung lookups blocked every request when they shared the default executor."""
    import threading

    monkeypatch.setattr("fediverse_ai.core.addresses.RESOLVER_SECONDS", 0.3)
    hung = threading.Event()

    def lookup(host: str) -> list[str]:
        if host != "good.example":
            hung.wait(10)
        return ["8.8.8.8"]

    resolver = Resolver(FrozenClock(), lookup)
    assert await resolver.resolve("good.example") == ["8.8.8.8"]
    resolver._clock.advance(120)  # type: ignore[attr-defined]
    bad = [asyncio.create_task(resolver.resolve(f"bad{n}.example")) for n in range(60)]
    await asyncio.sleep(0.05)
    async with asyncio.timeout(0.2):
        assert await resolver.resolve("good.example") == ["8.8.8.8"]
    results = await asyncio.gather(*bad, return_exceptions=True)
    assert {type(result) for result in results} == {Unreachable}
    hung.set()


async def test_one_question_for_many_who_ask_and_answers_are_remembered() -> None:
    lookups: list[str] = []
    clock = FrozenClock()

    def lookup(host: str) -> list[str]:
        lookups.append(host)
        return ["8.8.8.8"] * 40

    resolver = Resolver(clock, lookup)
    found = await asyncio.gather(*(resolver.resolve("a.example") for _ in range(20)))
    assert len(lookups) == 1
    assert len(found[0]) == 16
    clock.advance(59)
    await resolver.resolve("a.example")
    assert len(lookups) == 1
    clock.advance(2)
    await resolver.resolve("a.example")
    assert len(lookups) == 2


async def test_a_name_that_does_not_exist_is_unreachable() -> None:
    def lookup(host: str) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(Unreachable):
        await Resolver(SystemClock(), lookup).resolve("none.example")
    with pytest.raises(Unreachable):
        await Resolver(SystemClock(), lambda host: []).resolve("empty.example")
