"""Which addresses may be asked, and finding those of a name without waiting for slow name servers."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from fediverse_ai.core.errors import Unreachable
from fediverse_ai.core.limits import (
    ADDRESSES_REMEMBERED,
    FETCH_HOSTS_REMEMBERED,
    RESOLVER_ANSWERS,
    RESOLVER_KNOWN_THREADS,
    RESOLVER_REMEMBER_SECONDS,
    RESOLVER_SECONDS,
    RESOLVER_THREADS,
)

if TYPE_CHECKING:
    from fediverse_ai.core.clock import Clock

# IANA special-purpose registry, plus multicast, former class E and the anycast blocks of retired services.
_SPECIAL_IPV4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
# Protocol assignments with Teredo and benchmarking, documentation, 6to4, AS112, documentation again.
_SPECIAL_IPV6 = [
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]
# Interface identifiers of ISATAP (RFC 5214) carry an IPv4 address under any prefix.
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


def is_public(address: str) -> bool:
    """Whether an address literal is public unicast (D9): in no special range, and carrying no IPv4 address inside."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _SPECIAL_IPV4)
    if ip.scope_id is not None or ip not in _GLOBAL_IPV6 or any(ip in network for network in _SPECIAL_IPV6):
        return False
    return (int(ip) >> 32) & 0xFFFF_FFFF not in _ISATAP


@lru_cache(ADDRESSES_REMEMBERED)
def is_loopback(address: str) -> bool:
    """Whether an address literal is this machine's own, IPv4 inside IPv6 not counted."""
    try:
        return ipaddress.ip_address(address).is_loopback and not address.lower().startswith("::ffff")
    except ValueError:
        return False


@lru_cache(ADDRESSES_REMEMBERED)
def blocks_of(host: str) -> Sequence[tuple[str, int]]:
    """What counts as one address, with how many times a rate it may have: an IPv4 address once; an IPv6 network of 64
    bits, which one person may own, once, and the one of 48 bits that it lies in four times (OAU-11)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return [(host, 1)]
    if isinstance(address, ipaddress.IPv4Address):
        return [(host, 1)]
    if address.ipv4_mapped is not None:
        return [(str(address.ipv4_mapped), 1)]
    networks = ((ipaddress.ip_network((int(address), bits), strict=False), times) for bits, times in ((64, 1), (48, 4)))
    return [(str(network.network_address) if times == 1 else str(network), times) for network, times in networks]


def system_lookup(host: str) -> list[str]:
    """The addresses of a name, from the system's resolver; blocks. Raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass
class _Known:
    until: float
    addresses: Sequence[str]


class Resolver:
    """Names to addresses in daemon threads: bounded in number, with a deadline, one question per name at a time.

    A thread that hangs keeps its place until the system gives up, so names that were found before have places of
    their own: a crowd of names with dead name servers cannot cut us off from the servers that we talk to (FI-10).
    """

    def __init__(self, clock: Clock, lookup: Callable[[str], list[str]] = system_lookup) -> None:
        self._clock = clock
        self._lookup = lookup
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._asking: dict[str, asyncio.Future[list[str]]] = {}
        self._strangers = asyncio.Semaphore(RESOLVER_THREADS)
        self._friends = asyncio.Semaphore(RESOLVER_KNOWN_THREADS)

    async def resolve(self, host: str) -> Sequence[str]:
        """All addresses of a canonical host name or literal. Raises Unreachable when there are none in time."""
        with suppress(ValueError):
            return [str(ipaddress.ip_address(host.strip("[]")))]
        known = self._known.get(host)
        if known is not None and self._clock.monotonic() < known.until:
            return known.addresses
        try:
            async with asyncio.timeout(RESOLVER_SECONDS):
                addresses = await self._ask(host, self._friends if known else self._strangers)
        except TimeoutError:
            raise Unreachable("The other server could not be reached.", f"{host}: no answer from DNS") from None
        except OSError as error:
            raise Unreachable("The other server could not be reached.", f"{host}: DNS says {error}") from None
        self._known[host] = _Known(self._clock.monotonic() + RESOLVER_REMEMBER_SECONDS, addresses)
        self._known.move_to_end(host)
        while len(self._known) > FETCH_HOSTS_REMEMBERED:
            self._known.popitem(last=False)
        return addresses

    async def _ask(self, host: str, places: asyncio.Semaphore) -> list[str]:
        asking = self._asking.get(host)
        if asking is None:
            await places.acquire()
            asking = self._asking.get(host)
            if asking is None:
                asking = self._begin(host, places)
            else:
                places.release()
        return await asyncio.shield(asking)

    def _begin(self, host: str, places: asyncio.Semaphore) -> asyncio.Future[list[str]]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[str]] = loop.create_future()
        self._asking[host] = future

        def finish(addresses: list[str], error: OSError | None) -> None:
            places.release()
            self._asking.pop(host, None)
            if future.cancelled():
                return
            if error is not None or not addresses:
                future.set_exception(error or OSError("no address"))
                future.exception()  # perhaps nobody waits any more
            else:
                future.set_result(addresses[:RESOLVER_ANSWERS])

        def run() -> None:
            addresses: list[str] = []
            failure: OSError | None = None
            try:
                addresses = self._lookup(host)
            except (OSError, UnicodeError) as error:
                failure = error if isinstance(error, OSError) else OSError(str(error))
            with suppress(RuntimeError):  # the loop has ended, and nobody waits
                loop.call_soon_threadsafe(finish, addresses, failure)

        threading.Thread(target=run, name=f"resolve-{host}", daemon=True).start()
        return future
