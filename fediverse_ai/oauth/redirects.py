"""Redirect URIs: which may be registered, which of a request fit, and how an answer is put on one.

They are opaque strings: compared byte for byte, never parsed and put together again (OAU-01).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from actors.apps import OUT_OF_BAND
from fediverse_ai.core.limits import REDIRECT_URIS, URL_LENGTH

# What RFC 3986 allows, but `#`: it goes into a header as it is.
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
# Browsers run these, or read local files by them.
_REFUSED = frozenset({"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "intent", "view-source"})
_LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?(?=/|\?|$)")
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})


def acceptable(uri: str) -> bool:
    """May an app have answers sent there? https, http to the reader's own machine, schemes of installed apps, and the
    name for "show it on a page". No fragment, no user info, nothing that a browser would run."""
    if uri == OUT_OF_BAND:
        return True
    if len(uri) > URL_LENGTH or not _CHARACTERS.fullmatch(uri):
        return False
    scheme = _SCHEME.match(uri.lower())
    if scheme is None or scheme[1] in _REFUSED or scheme[1] == "urn":
        return False
    if scheme[1] not in ("http", "https"):
        return True
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return scheme[1] == "https" or host in _LOCAL


def listed(given: Sequence[str]) -> list[str] | None:
    """The URIs of a registration, each of which may hold several on lines of their own; None when one cannot be."""
    found = list(dict.fromkeys(uri for text in given for uri in text.split()))
    if not found or len(found) > REDIRECT_URIS or not all(acceptable(uri) for uri in found):
        return None
    return found


def fits(registered: Sequence[str], uri: str) -> bool:
    """Is a request's URI a registered one? The port of a loopback address is free (RFC 8252 7.3)."""
    if uri in registered:
        return True
    if not _LOOPBACK.match(uri) or not acceptable(uri):
        return False
    return any(_LOOPBACK.match(known) and _without_port(known) == _without_port(uri) for known in registered)


def _without_port(uri: str) -> str:
    return re.sub(r"^(http://(?:127\.0\.0\.1|\[::1\])):[0-9]+", r"\1", uri)


def with_answer(uri: str, fields: Mapping[str, str | None]) -> str:
    """The URI with an answer in its query; the rest of it stays as it is, `app://` becomes `app://?code=…`."""
    added = urlencode({name: value for name, value in fields.items() if value is not None})
    joint = "" if uri.endswith(("?", "&")) else "&" if "?" in uri else "?"
    return f"{uri}{joint}{added}"


def place(uri: str) -> str:
    """Where an answer goes, in words for the consent page."""
    if uri == OUT_OF_BAND:
        return "a page of this server, as a code to copy"
    scheme = uri.partition(":")[0].lower()
    if scheme not in ("http", "https"):
        return f"an app on this device ({scheme}:)"
    host = urlsplit(uri).hostname or ""
    return "a program on this device" if host in _LOCAL else host
