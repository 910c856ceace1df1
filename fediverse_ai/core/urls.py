"""Hosts, origins and ids in their one canonical form; syntax only, what may be asked is decided in `http`."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

import idna

from fediverse_ai.core.errors import Malformed
from fediverse_ai.core.limits import HOST_LENGTH, URL_LENGTH

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DOTTED_QUAD = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_HEXADECIMAL = re.compile(r"0x[0-9a-f]*")
_END_OF_AUTHORITY = re.compile(r"[/?#]")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
# RFC 3986 without the parts that D8 forbids: no user info, no empty path, nothing outside ASCII.
_ID = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#@\\]+)"
    r"(?P<path>/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*)"
    r"(?:\?(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?\[\]]|%[0-9A-Fa-f]{2})*)?"
    r"(?:#(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?"
)
# Characters that some readers of addresses drop, and others take for a slash or an end.
_MISREAD = re.compile(r"[\\\x00-\x20\x7f]")
_DOT_SEGMENT = re.compile(r"/\.{1,2}(/|$)")
_ESCAPED_UNRESERVED = re.compile(r"%(?:2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])")


@lru_cache(maxsize=8192)
def canonical_host(host: str) -> str:
    """A host name or address literal, with `:port` if it has one, in the only form that we compare and store.

    Lower-case A-labels without a trailing dot; IPv6 in brackets, compressed; port 443 is dropped. Nothing is mapped
    that IDNA 2008 does not allow. Raises Malformed for anything else, numeric forms like `127.1` included (D8, NET-05).
    """
    name, port = _split_port(host)
    canonical = _canonical_name(name)
    return canonical if port in (None, 443) else f"{canonical}:{port}"


def _split_port(authority: str) -> tuple[str, int | None]:
    name, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        return authority, None
    if not _PORT.fullmatch(port) or int(port) > 65535:
        raise Malformed("This is not the name of a server.", f"port of {authority[:100]!r}")
    return name, int(port)


def _canonical_name(name: str) -> str:
    refused = Malformed("This is not the name of a server.", f"host {name[:100]!r}")
    try:
        if name.startswith("[") and name.endswith("]") and "%" not in name:
            return f"[{ipaddress.IPv6Address(name[1:-1]).compressed}]"
        if _DOTTED_QUAD.fullmatch(name):
            return str(ipaddress.IPv4Address(name))
        name = name.removesuffix(".").lower()
        if not name.isascii():
            name = idna.encode(name).decode("ascii")
    except (ValueError, idna.IDNAError):
        raise refused from None
    labels = name.split(".")
    numeric = _HEXADECIMAL.fullmatch(labels[-1]) or not re.search(r"[a-z]", labels[-1])
    if len(name) > HOST_LENGTH or numeric or not all(_LABEL.fullmatch(label) for label in labels):
        raise refused
    return name


@lru_cache(maxsize=2048)
def origin(uri: str) -> str:
    """`https://host[:port]` of an http(s) URI, canonical (FEP-fe34). Raises Malformed when it has none."""
    scheme, separator, rest = uri.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in _DEFAULT_PORTS or _MISREAD.search(uri):
        raise Malformed("This is not a web address.", f"scheme or characters of {uri[:200]!r}")
    authority = _END_OF_AUTHORITY.split(rest, maxsplit=1)[0]
    if "@" in authority:
        raise Malformed("A web address here must not carry a user name.", f"user info in {uri[:200]!r}")
    return _origin(scheme, authority)


@lru_cache(maxsize=8192)
def _origin(scheme: str, authority: str) -> str:
    name, port = _split_port(authority)
    canonical = _canonical_name(name)
    if port is None or port == _DEFAULT_PORTS[scheme]:
        return f"{scheme}://{canonical}"
    return f"{scheme}://{canonical}:{port}"


def host_of(uri: str) -> str:
    """The canonical host of an http(s) URI, with its port when it is not the scheme's own. Raises Malformed."""
    return origin(uri).partition("://")[2]


def same_origin(first: str, second: str) -> bool:
    """Whether both are http(s) URIs of one scheme, host and port; False when either is not one."""
    try:
        return origin(first) == origin(second)
    except Malformed:
        return False


def check_id(uri: str) -> str:
    """The id itself, unchanged, if it is an http(s) URI in normal form (D8). Raises Malformed otherwise.

    Refused is whatever another reader might normalise into something else: user info, an empty path, dot segments,
    a default port, escaped unreserved characters, a host that is not canonical, anything outside ASCII.
    """
    if not isinstance(uri, str) or len(uri) > URL_LENGTH:
        raise Malformed("An id is missing or too long.", "id is not a string of fair length")
    match = _ID.fullmatch(uri)
    if match is None:
        raise Malformed("An id is not a web address in normal form.", f"id {uri[:200]!r}")
    scheme, authority, path = match["scheme"], match["authority"], match["path"]
    if _origin(scheme, authority) != f"{scheme}://{authority}":
        raise Malformed("An id is not a web address in normal form.", f"authority of {uri[:200]!r}")
    if ("/." in path and _DOT_SEGMENT.search(path)) or ("%" in uri and _ESCAPED_UNRESERVED.search(uri)):
        raise Malformed("An id is not a web address in normal form.", f"path of {uri[:200]!r}")
    return uri
