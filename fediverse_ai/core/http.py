"""The one HTTP client: address rule at the connection, caps, deadlines, budgets (D9, D10, D11)."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urldefrag, urljoin

import httpcore2
import httpx2

from fediverse_ai import __version__
from fediverse_ai.core.addresses import Resolver, is_loopback, is_public
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.database import forbid_in_transaction
from fediverse_ai.core.errors import Malformed, Misconfigured, Nonsense, Unreachable
from fediverse_ai.core.limits import (
    FETCH_ACTIVITY_SECONDS,
    FETCH_CONNECT_SECONDS,
    FETCH_CONNECTIONS,
    FETCH_IDLE_SECONDS,
    FETCH_KEEPALIVE,
    FETCH_KEEPALIVE_SECONDS,
    FETCH_PER_ACTIVITY,
    FETCH_PER_HOST,
    FETCH_REDIRECTS,
    URL_LENGTH,
)
from fediverse_ai.core.urls import host_of, same_origin

if TYPE_CHECKING:
    from fediverse_ai.core.clock import Clock
    from fediverse_ai.core.config import Config

Signer = Callable[[str, str, bytes | None], Mapping[str, str]]

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_CREDENTIALS: Final = frozenset({"authorization", "cookie", "signature", "signature-input", "digest", "content-digest"})
_WINDOW_BITS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
# Names that are in no public DNS: those of Tor must not even be asked for there (RFC 7686; RFC 6761, 6762, 8375).
_NO_PUBLIC_NAMES: Final = (".onion", ".i2p", ".local", ".localhost", ".internal", ".home.arpa")
_SORRY: Final = "The other server could not be reached."
_REFUSED: Final = "This address cannot be asked."


@dataclass(frozen=True)
class Answer:
    """What another server said. `headers` have lower-case names, `url` is the last one asked, without a fragment."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Budget:
    """How many requests, and how many seconds, one cause may still spend (D11)."""

    def __init__(
        self,
        fetches: int = FETCH_PER_ACTIVITY,
        seconds: float = FETCH_ACTIVITY_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._fetches = fetches
        self._until = self._clock.monotonic() + seconds

    @property
    def seconds(self) -> float:
        """What is left of the time."""
        return max(0.0, self._until - self._clock.monotonic())

    def spend(self) -> None:
        """Count one request. Raises Nonsense when requests or time are used up."""
        if self._fetches <= 0 or self.seconds <= 0:
            raise Nonsense("This needs too many requests to other servers.", "fetch budget is used up")
        self._fetches -= 1


class _Stream(httpcore2.AsyncNetworkStream):
    """A connection on asyncio's own streams: TLS in C, several times cheaper than in Python."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)
        except TimeoutError as error:
            raise httpcore2.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._writer.write(buffer)
            async with asyncio.timeout(timeout):
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore2.WriteTimeout(str(error)) from error
        except (OSError, RuntimeError) as error:
            raise httpcore2.WriteError(str(error)) from error

    async def aclose(self) -> None:
        self._writer.transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError as error:
            await self.aclose()
            raise httpcore2.ConnectTimeout("TLS handshake") from error
        except (OSError, ConnectionError) as error:
            await self.aclose()
            raise httpcore2.ConnectError(f"TLS: {error}") from error
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._reader.at_eof()  # of an idle connection: the other side has closed it
        names = {"ssl_object": "ssl_object", "server_addr": "peername", "client_addr": "sockname", "socket": "socket"}
        return self._writer.get_extra_info(names.get(info, info))


class _Backend(httpcore2.AsyncNetworkBackend):
    """Connects only to addresses that it has checked itself: nothing can change between check and connection."""

    def __init__(self, config: Config, resolver: Resolver) -> None:
        self._development = config.server.development
        self._hosts = config.http.hosts if self._development else {}
        self._resolver = resolver

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses, port = await self._addresses(host, port)
        # Each gets its share of the time: a machine with a broken AAAA record must still be reached over IPv4.
        share = (timeout or FETCH_CONNECT_SECONDS) / min(len(addresses), 3)
        failure: Exception = OSError("no address")
        for address in addresses[:3]:
            try:
                async with asyncio.timeout(share):
                    return _Stream(*await asyncio.open_connection(address, port))
            except (OSError, TimeoutError) as error:
                failure = error
        raise httpcore2.ConnectError(f"{host}: {failure or type(failure).__name__}") from failure

    async def _addresses(self, host: str, port: int) -> tuple[list[str], int]:
        override = self._hosts.get(f"{host}:{port}") or self._hosts.get(host)
        if override:
            name, _, given = override.rpartition(":") if override.count(":") == 1 else (override, "", "")
            host, port = name, int(given or port)
        addresses = list(await self._resolver.resolve(host))
        refused = [address for address in addresses if not self._may_ask(address)]
        if refused or not addresses:
            raise Nonsense(_REFUSED, f"{host} is {', '.join(refused) or 'nowhere'}")
        return addresses, port

    def _may_ask(self, address: str) -> bool:
        return is_public(address) or (self._development and is_loopback(address))


class _ResponseStream(httpx2.AsyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


class _Transport(httpx2.AsyncBaseTransport):
    """httpx on a connection pool with our backend, which its own transport has no parameter for."""

    def __init__(self, pool: httpcore2.AsyncConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            response.status, headers=response.headers, stream=_ResponseStream(response), extensions=response.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class Http:
    """Requests to other servers. One per process; `resolver` is for tests."""

    def __init__(self, config: Config, clock: Clock, *, resolver: Resolver | None = None) -> None:
        self._config = config
        self._development = config.server.development
        self._resolver = resolver or Resolver(clock)
        self._all = asyncio.Semaphore(FETCH_CONNECTIONS)
        self._hosts: dict[str, tuple[asyncio.Semaphore, list[None]]] = {}
        self._client: httpx2.AsyncClient | None = None

    @property
    def user_agent(self) -> str:
        """`FediverseAI/VERSION (+public_url)`; without the address where none is configured, as in `generate`."""
        try:
            return f"FediverseAI/{__version__} (+{self._config.public_url})"
        except Misconfigured:
            return f"FediverseAI/{__version__}"

    def _opened(self) -> httpx2.AsyncClient:
        if self._client is None:
            pool = httpcore2.AsyncConnectionPool(
                ssl_context=trust(self._config.http.ca_file),
                max_connections=FETCH_CONNECTIONS,
                max_keepalive_connections=FETCH_KEEPALIVE,
                keepalive_expiry=FETCH_KEEPALIVE_SECONDS,
                network_backend=_Backend(self._config, self._resolver),
            )
            self._client = httpx2.AsyncClient(
                transport=_Transport(pool),
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                timeout=httpx2.Timeout(FETCH_IDLE_SECONDS, connect=FETCH_CONNECT_SECONDS, pool=None),
                follow_redirects=False,
                trust_env=False,
                headers={"User-Agent": self.user_agent, "Accept-Encoding": "identity"},
            )
        return self._client

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        sign: Signer | None = None,
        limit: int | None = None,
        deadline: float | None = None,
        budget: Budget | None = None,
        redirects: int = FETCH_REDIRECTS,
    ) -> Answer:
        """The answer to a GET, at most `limit` bytes within `deadline` seconds, after at most `redirects` redirects.

        Each hop is checked, signed and counted anew; none leads from https to http. Raises Unreachable (network,
        time), Nonsense (address refused, too big, bad redirect, budget), RuntimeError inside a transaction. Any status
        but a redirect is an answer.
        """
        forbid_in_transaction("an HTTP request")
        url = self._checked(url)
        given = {name.lower(): value for name, value in (headers or {}).items()}
        seconds = deadline or self._config.http.timeout_seconds
        if budget is not None:
            seconds = min(seconds, budget.seconds)
        ends = asyncio.get_running_loop().time() + seconds
        seen = {url}
        while True:
            if budget is not None:
                budget.spend()
            remaining = ends - asyncio.get_running_loop().time()
            signature = sign("GET", url, None) if sign is not None else {}
            answer = await self._once("GET", url, {**given, **signature}, None, limit, remaining)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or location is None:
                return answer
            target = self._redirected(url, location)
            if target in seen or len(seen) > redirects:
                raise Nonsense("The other server redirects too often.", f"{url} to {target}")
            seen.add(target)
            if not same_origin(url, target):
                given = {name: value for name, value in given.items() if name not in _CREDENTIALS}
            url = target

    async def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        deadline: float | None = None,
        limit: int | None = None,
    ) -> Answer:
        """The answer to a POST, whatever its status; a redirect is an answer too and is never followed.

        A body whose length is not announced is not waited for: Epicyon announces none and keeps the connection open.
        Raises Unreachable, Nonsense and RuntimeError as `get` does.
        """
        forbid_in_transaction("an HTTP request")
        seconds = deadline or self._config.http.timeout_seconds
        return await self._once("POST", self._checked(url), headers, body, limit, seconds)

    def _redirected(self, url: str, location: str) -> str:
        target = self._checked(urljoin(url, location))
        if url.startswith("https:") and not target.startswith("https:"):
            raise Nonsense("The other server redirects to an unsafe address.", f"{url} to {target}")
        return target

    def _checked(self, url: str) -> str:
        """The URL without its fragment, in the very bytes that are sent and signed. Raises Nonsense (D9, NET-05…09)."""
        try:
            plain = str(httpx2.URL(urldefrag(url).url))
            host = host_of(url)
            if host_of(plain) != host:
                raise Malformed("This is not a web address.", "two readers see two hosts")
        except (Malformed, httpx2.InvalidURL, ValueError) as error:
            raise Nonsense(_REFUSED, f"{url[:200]!r}: {error}") from None
        if len(plain) > URL_LENGTH:
            raise Nonsense(_REFUSED, f"{plain[:200]!r} is too long")
        if not self._development:
            _, colon, port = host.rpartition(":")
            port_number = int(port) if colon and port.isdigit() else 443
            if not plain.startswith("https://") or port_number not in self._config.http.ports:
                raise Nonsense(_REFUSED, f"{plain[:200]!r}: only https on {self._config.http.ports}")
            if f".{host.partition(':')[0]}".endswith(_NO_PUBLIC_NAMES):
                raise Nonsense(_REFUSED, f"{host} is the name of no public server")
        return plain

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limit: int | None, seconds: float
    ) -> Answer:
        try:
            async with asyncio.timeout(seconds), self._turn(host_of(url)):
                return await self._exchange(method, url, headers, body, limit or self._config.http.max_body_bytes)
        except TimeoutError:
            raise Unreachable(_SORRY, f"{method} {url}: no answer within {seconds:.1f} s") from None
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
            raise Unreachable(_SORRY, f"{method} {url}: {type(error).__name__} {error}") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, httpcore2.UnsupportedProtocol) as error:
            raise Unreachable(_SORRY, f"{method} {url}: {type(error).__name__} {error}") from None

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a place: few at once for one host, so that a slow one holds up itself only (NET-20)."""
        places, users = self._hosts.setdefault(host, (asyncio.Semaphore(FETCH_PER_HOST), []))
        users.append(None)
        try:
            async with places, self._all:
                yield
        finally:
            users.pop()
            if not users:
                self._hosts.pop(host, None)

    async def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limit: int
    ) -> Answer:
        client = self._opened()
        request = client.build_request(method, url, headers=dict(headers), content=body)
        response = await client.send(request, stream=True)
        try:
            announced = response.headers.get("content-length", "0")
            if announced.isdigit() and int(announced[:20]) > limit:
                raise Nonsense("The answer of the other server is too large.", f"{url} announces {announced[:20]}")
            encoding = response.headers.get("content-encoding", "identity").strip().lower()
            raw = response.aiter_raw()
            plain = raw if encoding in ("", "identity") else _decoded(raw, encoding, limit, url)
            data = b"" if method == "POST" and _is_unframed(response) else await _collect(plain, limit, url)
        finally:
            with suppress(httpcore2.NetworkError):
                await response.aclose()
        return Answer(response.status_code, {key.lower(): value for key, value in response.headers.items()}, data, url)

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _is_unframed(response: httpx2.Response) -> bool:
    """Whether only the end of the connection would end the body (RFC 9112 6.3)."""
    return "content-length" not in response.headers and "transfer-encoding" not in response.headers


async def _collect(chunks: AsyncIterator[bytes], limit: int, url: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise Nonsense("The answer of the other server is too large.", f"{url}: more than {limit} bytes")
        parts.append(chunk)
    return b"".join(parts)


async def _decoded(chunks: AsyncIterator[bytes], encoding: str, limit: int, url: str) -> AsyncIterator[bytes]:
    """Unpack what came packed although we asked for it plain, never more than the limit in one piece (NET-12)."""
    if encoding not in _WINDOW_BITS:
        raise Nonsense("The answer of the other server cannot be read.", f"{url}: content-encoding {encoding[:40]!r}")
    unpack = zlib.decompressobj(wbits=_WINDOW_BITS[encoding])
    received = 0
    try:
        async for chunk in chunks:
            received += len(chunk)
            if received > limit:
                raise Nonsense("The answer of the other server is too large.", f"{url}: packed beyond {limit} bytes")
            yield unpack.decompress(chunk, limit + 1)
            if unpack.unconsumed_tail:
                raise Nonsense("The answer of the other server is too large.", f"{url}: unpacks beyond {limit} bytes")
    except zlib.error as error:
        raise Nonsense("The answer of the other server cannot be read.", f"{url}: {error}") from None


def trust(ca_file: str) -> ssl.SSLContext:
    """The system's authorities, and those of `ca_file`. Raises Misconfigured."""
    context = httpx2.create_ssl_context(trust_env=False)
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(f"http.ca_file: {ca_file} cannot be read: {error}") from None
    return context
