"""Our own style sheets, scripts and icons, each under a URL that holds the hash of its content."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.errors import Missing

FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_FOREVER = "public, max-age=31536000, immutable"
# A page that was kept for long may name an older hash: it gets the file of today, and no cache keeps that.
_NOT_KEPT = "no-cache"


@dataclass(frozen=True, slots=True)
class StaticFile:
    data: bytes
    packed: bytes
    digest: str
    media_type: str


@lru_cache(maxsize=1)
def files() -> dict[str, StaticFile]:
    """Every file by name, read once, with its gzipped form."""
    found = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in _TYPES:
            data = path.read_bytes()
            digest = hashlib.sha256(data).hexdigest()[:16]
            found[path.name] = StaticFile(data, gzip.compress(data, mtime=0), digest, _TYPES[path.suffix])
    return found


def static_url(name: str) -> str:
    """The path of a file, for templates. Raises KeyError for a file that is not there."""
    return f"/static/{files()[name].digest}/{name}"


async def serve(request: Request) -> Response:
    """GET /static/{digest}/{name}."""
    file = files().get(request.path_params["name"])
    if file is None:
        raise Missing("There is no such file.")
    headers = {
        "Content-Type": file.media_type,
        "Cache-Control": _FOREVER if request.path_params["digest"] == file.digest else _NOT_KEPT,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        # The stand-ins for portraits are shown by clients of other origins too.
        "Cross-Origin-Resource-Policy": "cross-origin" if file.media_type == "image/png" else "same-origin",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, headers=headers | {"Content-Encoding": "gzip"})
    return Response(file.data, headers=headers)
