"""A faithful double of ComfyUI: its queue, its websocket with progress and previews, its files, and its faults."""

from __future__ import annotations

import asyncio
import json
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.support.faults import faulty
from tests.support.peer import listening
from tests.support.sdcpp import drawn

CLASSES = {
    "CheckpointLoaderSimple", "EmptyLatentImage", "CLIPTextEncode", "KSampler", "VAEDecode", "VAEEncode",
    "SaveImageWebsocket", "SaveImage", "PreviewImage", "LoadImage", "ImageScale",
}  # fmt: skip
FOLDERS = {"SaveImage": "output", "PreviewImage": "temp"}
"""Where the nodes that write files put them."""


@dataclass
class ComfyServer:
    """One order runs at a time; the others wait. `step_seconds` is the time of one sampling step.

    `faults` maps `prompt`, `history`, `queue`, `view`, `upload` to the names of answers that come first, in order.
    `ends` holds what happens to the next orders: ok, error, memory, drop (the websocket breaks), mute (no pictures),
    odd (frames and messages that no client should mind), interrupted. `modern`: has /api/jobs/ID/cancel.
    `own_ids`: chooses the ids of orders itself, as older ones do.
    """

    url: str = ""
    modern: bool = True
    own_ids: bool = False
    step_seconds: float = 0.01
    preview: bytes = b""
    final: bytes | None = None
    ends: deque[str] = field(default_factory=deque)
    faults: dict[str, deque[str]] = field(default_factory=dict)
    graphs: dict[str, dict[str, Any]] = field(default_factory=dict)
    submissions: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    stopped: list[tuple[str, str]] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    history: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    sockets: dict[str, WebSocket] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    running: str | None = None
    began: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.hold.set()
        self.preview = self.preview or drawn("preview", size=(16, 16), form="JPEG")

    async def _fault(self, door: str) -> Response | None:
        waiting = self.faults.get(door)
        return await faulty(waiting.popleft()) if waiting else None

    async def prompt(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))
        if (fault := await self._fault("prompt")) is not None:
            return fault
        body = await request.json()
        unknown = [node["class_type"] for node in body["prompt"].values() if node["class_type"] not in CLASSES]
        if unknown or any("%" in str(node["inputs"].get("seed", "")) for node in body["prompt"].values()):
            return JSONResponse({"error": {"type": "invalid_prompt", "message": str(unknown)}, "node_errors": {}}, 400)
        order = f"own-{len(self.submissions)}" if self.own_ids else body["prompt_id"]
        self.submissions.append(body)
        self.graphs[order] = body
        self.pending.append(order)
        return JSONResponse({"prompt_id": order, "number": len(self.submissions), "node_errors": {}})

    async def work(self) -> None:
        """The backend's own loop."""
        while True:
            await self.hold.wait()
            if not self.pending:
                await asyncio.sleep(0.005)
                continue
            self.running = self.pending.pop(0)
            self.began.set()
            body = self.graphs[self.running]
            with suppress(_Stopped):
                await self._execute(self.running, body["client_id"], body["prompt"])
            self.running = None

    async def _execute(self, order: str, client: str, graph: dict[str, Any]) -> None:
        end = self.ends.popleft() if self.ends else "ok"
        await self.say(client, "status", {"status": {"exec_info": {"queue_remaining": 1}}})
        await self.say(client, "execution_start", {"prompt_id": order})
        if end == "odd":
            await self._odd(client)
        sampler = next(name for name, node in graph.items() if node["class_type"] == "KSampler")
        await self.say(client, "executing", {"node": sampler, "prompt_id": order})
        steps = graph[sampler]["inputs"]["steps"]
        for step in range(1, steps + 1):
            await asyncio.sleep(self.step_seconds)
            self._alive(order)
            await self.say(client, "progress", {"value": step, "max": steps, "node": sampler, "prompt_id": order})
            await self.frame(client, struct.pack(">II", 1, 1) + self.preview)
            if step == 1 and end == "drop":
                await self.sockets.pop(client).close(1011)
            if step == 1 and end in ("error", "memory"):
                return await self._error(order, client, end)
            if step == 1 and end == "interrupted":
                return await self.say(client, "execution_interrupted", {"prompt_id": order})
        await self._output(order, client, graph, end)
        await self.say(client, "execution_success", {"prompt_id": order})
        return await self.say(client, "executing", {"node": None, "prompt_id": order})

    async def _output(self, order: str, client: str, graph: dict[str, Any], end: str) -> None:
        canvas = next((n for n in graph.values() if {"width", "height"} <= n["inputs"].keys()), None)
        size = (canvas["inputs"]["width"], canvas["inputs"]["height"]) if canvas else (64, 64)
        picture = self.final if self.final is not None else drawn(graph, size=size)
        outputs: dict[str, Any] = {}
        for node, kind in ((name, node["class_type"]) for name, node in graph.items()):
            if kind not in ("SaveImageWebsocket", *FOLDERS) or end == "mute":
                continue
            await self.say(client, "executing", {"node": node, "prompt_id": order})
            if kind == "SaveImageWebsocket":
                await self.frame(client, struct.pack(">II", 1, 2) + picture)
                continue
            name = f"ComfyUI_{len(self.files):05}_.png"
            self.files[name] = picture
            outputs[node] = {"images": [{"filename": name, "subfolder": "", "type": FOLDERS[kind]}]}
            await self.say(client, "executed", {"node": node, "output": outputs[node], "prompt_id": order})
        self.history[order] = {"outputs": outputs, "status": {"status_str": "success", "completed": True}}

    async def _error(self, order: str, client: str, end: str) -> None:
        kind = "torch.cuda.OutOfMemoryError" if end == "memory" else "ValueError"
        said = {"exception_type": kind, "exception_message": "it did not work", "node_type": "KSampler"}
        self.history[order] = {"outputs": {}, "status": {"status_str": "error", "messages": [said]}}
        await self.say(client, "execution_error", {"prompt_id": order, **said})

    async def _odd(self, client: str) -> None:
        await self.frame(client, b"")
        await self.frame(client, b"\0\0\0\1")
        await self.frame(client, struct.pack(">II", 9, 9) + b"of another time")
        await self.frame(client, struct.pack(">II", 4, 2**31) + b"{}")
        await self.frame(client, struct.pack(">II", 4, 2) + b"{}" + self.preview)
        await self.frame(client, struct.pack(">II", 1, 1) + b"<svg/>")
        socket = self.sockets.get(client)
        if socket is not None:
            await socket.send_text("no json")
            await socket.send_text("[]")
        await self.say(client, "progress", {"value": "nan", "max": 0, "prompt_id": "another"})
        await self.say(client, "execution_error", {"prompt_id": "another"})
        await self.say(client, "crystools.monitor", {"cpu": 3})

    def _alive(self, order: str) -> None:
        if any(stopped == order for _, stopped in self.stopped):
            raise _Stopped

    async def say(self, client: str, kind: str, data: dict[str, Any]) -> None:
        socket = self.sockets.get(client)
        if socket is not None:
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.send_text(json.dumps({"type": kind, "data": data}))

    async def frame(self, client: str, data: bytes) -> None:
        socket = self.sockets.get(client)
        if socket is not None:
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.send_bytes(data)

    async def listen(self, socket: WebSocket) -> None:
        client = socket.query_params["clientId"]
        self.headers.append(dict(socket.headers))
        await socket.accept()
        self.sockets[client] = socket
        await self.say(client, "status", {"status": {"exec_info": {"queue_remaining": 0}}, "sid": client})
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await socket.receive_text()
        if self.sockets.get(client) is socket:
            del self.sockets[client]

    async def queue(self, request: Request) -> Response:
        if request.method == "POST":
            for order in (await request.json()).get("delete", []):
                if order in self.pending:
                    self.pending.remove(order)
                    self.stopped.append(("delete", order))
            return Response(status_code=200)
        if (fault := await self._fault("queue")) is not None:
            return fault
        running = [[0, self.running, {}, {}, []]] if self.running else []
        waiting = [[number, order, {}, {}, []] for number, order in enumerate(self.pending, 1)]
        return JSONResponse({"queue_running": running, "queue_pending": waiting})

    async def interrupt(self, request: Request) -> Response:
        body = await request.json()
        if self.running and body.get("prompt_id") in (None, self.running):
            self.stopped.append(("interrupt", self.running))
        return Response(status_code=200)

    async def cancel(self, request: Request) -> Response:
        if not self.modern:
            return Response("404: Not Found", 404)
        order = request.path_params["order"]
        self.stopped.append(("cancel", order))
        if order in self.pending:
            self.pending.remove(order)
        return JSONResponse({"status": "cancelled"})

    async def past(self, request: Request) -> Response:
        if (fault := await self._fault("history")) is not None:
            return fault
        order = request.path_params["order"]
        return JSONResponse({order: self.history[order]} if order in self.history else {})

    async def view(self, request: Request) -> Response:
        if (fault := await self._fault("view")) is not None:
            return fault
        asked = request.query_params
        listed = {"filename": asked["filename"], "subfolder": asked["subfolder"], "type": asked["type"]}
        outputs = [node["images"] for entry in self.history.values() for node in entry["outputs"].values()]
        found = self.files.get(asked["filename"]) if [listed] in outputs else None
        return Response(found, 200, media_type="image/png") if found is not None else Response(status_code=404)

    async def upload(self, request: Request) -> Response:
        if (fault := await self._fault("upload")) is not None:
            return fault
        async with request.form() as form:
            file: Any = form["image"]
            self.uploads[file.filename] = await file.read()
            return JSONResponse({"name": file.filename, "subfolder": "", "type": form["type"]})


class _Stopped(Exception):
    """The order that runs was cancelled."""


@asynccontextmanager
async def comfy_server() -> AsyncIterator[ComfyServer]:
    """A running double; `url` is the address to configure."""
    made = ComfyServer()
    routes = [
        Route("/prompt", made.prompt, methods=["POST"]),
        Route("/queue", made.queue, methods=["GET", "POST"]),
        Route("/interrupt", made.interrupt, methods=["POST"]),
        Route("/api/jobs/{order}/cancel", made.cancel, methods=["POST"]),
        Route("/history/{order}", made.past, methods=["GET"]),
        Route("/view", made.view, methods=["GET"]),
        Route("/upload/image", made.upload, methods=["POST"]),
        WebSocketRoute("/ws", made.listen),
    ]
    async with listening(Starlette(routes=routes)) as port:
        made.url = f"http://127.0.0.1:{port}"
        worker = asyncio.create_task(made.work())
        try:
            yield made
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
