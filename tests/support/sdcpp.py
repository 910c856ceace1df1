"""A faithful double of stable-diffusion.cpp's server: its job API with queue, states and cancel, and its faults."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.faults import faulty
from tests.support.peer import listening

KNOWN = {
    "prompt", "negative_prompt", "width", "height", "seed", "batch_count", "strength", "init_image", "sample_params",
    "output_format", "embed_image_metadata",
}  # fmt: skip


def drawn(*words: object, size: tuple[int, int], form: str = "PNG") -> bytes:
    """One colour by the words, encoded."""
    digest = hashlib.sha256(repr(words).encode()).digest()
    out = io.BytesIO()
    Image.new("RGB", size, tuple(digest[:3])).save(out, form)
    return out.getvalue()


@dataclass
class SdCppServer:
    """Each poll moves a job one state on: `queued` places, then `drawing` polls, then the end named in `ends`.

    `faults` maps `submit`, `poll` and `cancel` to the names of answers that come first, in order.
    """

    url: str = ""
    queued: int = 1
    drawing: int = 1
    ends: deque[str] = field(default_factory=deque)
    faults: dict[str, deque[str]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    polls: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [job["body"] for job in self.jobs.values()]

    async def _fault(self, door: str) -> Response | None:
        waiting = self.faults.get(door)
        return await faulty(waiting.popleft()) if waiting else None

    async def submit(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))
        self.arrived.set()
        if (fault := await self._fault("submit")) is not None:
            return fault
        body = await request.json()
        if unknown := body.keys() - KNOWN:
            return JSONResponse({"error": {"code": "invalid_request", "message": f"unknown {unknown}"}}, 400)
        if body["width"] % 64 or body["height"] % 64:
            return JSONResponse({"error": {"code": "invalid_request", "message": "sides"}}, 400)
        job = f"job_{len(self.jobs) + 1}"
        end = self.ends.popleft() if self.ends else "completed"
        self.jobs[job] = {"body": body, "queued": self.queued, "drawing": self.drawing, "end": end}
        return JSONResponse({"id": job, "poll_url": f"/sdcpp/v1/jobs/{job}"}, 202)

    async def poll(self, request: Request) -> Response:
        self.polls += 1
        if (fault := await self._fault("poll")) is not None:
            return fault
        job = self.jobs.get(request.path_params["job"])
        if job is None or job["end"] == "lost":
            return JSONResponse({"error": {"code": "not_found", "message": "no such job"}}, 404)
        if job["end"] == "expired":
            return JSONResponse({"error": {"code": "gone", "message": "expired"}}, 410)
        if request.path_params["job"] in self.cancelled:
            return JSONResponse({"status": "cancelled"})
        if job["queued"] > 0:
            job["queued"] -= 1
            return JSONResponse({"status": "queued", "queue_position": job["queued"] + 1})
        if job["drawing"] > 0:
            job["drawing"] -= 1
            return JSONResponse({"status": "generating", "queue_position": 0})
        return JSONResponse(self._end(job))

    def _end(self, job: dict[str, Any]) -> dict[str, Any]:
        body = job["body"]
        picture = drawn(body["prompt"], body["seed"], size=(body["width"], body["height"]))
        match job["end"]:
            case "completed":
                images = [{"index": 0, "b64_json": base64.b64encode(picture).decode()}]
            case "no_images":
                images = []
            case "wrong_bytes":
                images = [{"b64_json": base64.b64encode(b"GIF89a not wanted").decode()}]
            case "bad_base64":
                images = [{"b64_json": "iVBORw0KGgo!!!"}]
            case "truncated":
                images = [{"b64_json": base64.b64encode(picture).decode()[:-3]}]
            case "odd":
                return {"status": "dreaming"}
            case "cancelled":
                return {"status": "cancelled"}
            case failed:
                return {"status": "failed", "error": {"code": failed, "message": "it did not work"}}
        return {"status": "completed", "result": {"images": images}}

    async def cancel(self, request: Request) -> Response:
        job = request.path_params["job"]
        if (fault := await self._fault("cancel")) is not None:
            return fault
        if job not in self.jobs:
            return JSONResponse({"error": {"code": "not_found"}}, 404)
        self.cancelled.append(job)
        return JSONResponse({"id": job, "status": "cancelled"})


@asynccontextmanager
async def sdcpp_server() -> AsyncIterator[SdCppServer]:
    """A running double; `url` is the address to configure."""
    made = SdCppServer()
    routes = [
        Route("/sdcpp/v1/img_gen", made.submit, methods=["POST"]),
        Route("/sdcpp/v1/jobs/{job}", made.poll, methods=["GET"]),
        Route("/sdcpp/v1/jobs/{job}/cancel", made.cancel, methods=["POST"]),
    ]
    async with listening(Starlette(routes=routes)) as port:
        made.url = f"http://127.0.0.1:{port}"
        yield made
