"""What ComfyUI says over its websocket, told apart: progress, previews, finished pictures, the end of an order."""

from __future__ import annotations

import json
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException

from fediverse_ai.core import limits
from fediverse_ai.core.errors import Unreachable

OPEN_SECONDS = 10.0
PREVIEW_FRAME, PREVIEW_WITH_METADATA_FRAME = 1, 4
_PAIR = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class Event:
    """One message about our order. `preview` holds encoded bytes, of a preview or of a finished picture."""

    kind: Literal["queue", "node", "step", "picture", "done", "failed", "stopped"]
    node: str | None = None
    step: int = 0
    steps: int = 0
    preview: bytes = field(default=b"", repr=False)
    words: str = ""


class Listener:
    """A connection for one client id; `events` tells what concerns one order."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str, headers: dict[str, str]) -> Listener:
        """Connect. Raises Unreachable."""
        try:
            connection = await connect(
                url,
                additional_headers=headers,
                proxy=None,
                compression=None,
                open_timeout=OPEN_SECONDS,
                max_size=limits.IMAGE_BYTES + limits.BACKEND_ENVELOPE_BYTES,
                max_queue=4,
            )
        except (OSError, InvalidHandshake, InvalidURI, TimeoutError) as error:
            raise Unreachable("The image backend does not answer.", f"websocket: {type(error).__name__}") from error
        return cls(connection)

    async def close(self) -> None:
        """Let go at once: there is nothing to say, and a backend that does not read must not keep us."""
        self._connection.transport.abort()
        await self._connection.wait_closed()

    async def events(self, order: str) -> AsyncIterator[Event]:
        """Until the connection ends; messages that are no JSON, of an unknown kind or of other orders are left out."""
        try:
            async for message in self._connection:
                found = _binary(message) if isinstance(message, bytes) else _text(message, order)
                if found is not None:
                    yield found
        except WebSocketException:
            return


def _binary(message: bytes) -> Event | None:
    """Two numbers, then a picture; with metadata: the length of a JSON text, then it, then the picture."""
    if len(message) <= _PAIR.size:
        return None
    kind, second = _PAIR.unpack_from(message)
    if kind == PREVIEW_FRAME:
        return Event("picture", preview=message[_PAIR.size :])
    if kind == PREVIEW_WITH_METADATA_FRAME and second < len(message) - _PAIR.size:
        return Event("picture", preview=message[_PAIR.size + second :])
    return None


def _text(message: str, order: str) -> Event | None:
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    data = found.get("data") if isinstance(found, dict) else None
    if not isinstance(data, dict):
        return None
    kind = found.get("type")
    if kind == "status":
        return Event("queue")
    return _ours(kind, data) if data.get("prompt_id") == order else None


def _ours(kind: Any, data: dict[str, Any]) -> Event | None:
    node = data.get("node")
    node = str(node) if node is not None else None
    match kind:
        case "executing" if node is None:
            return Event("done")
        case "executing":
            return Event("node", node=node)
        case "execution_start":
            return Event("node")
        case "progress":
            step, steps = data.get("value"), data.get("max")
            known = isinstance(step, int | float) and isinstance(steps, int | float) and 0 <= step <= steps < 1_000_000
            return Event("step", node, int(step or 0), int(steps or 0)) if known and steps else None
        case "execution_success":
            return Event("done")
        case "execution_interrupted":
            return Event("stopped")
        case "execution_error":
            names = ("exception_type", "exception_message", "node_type")
            return Event("failed", words=" ".join(str(data.get(name) or "") for name in names)[:300])
    return None
