"""What a picture costs here: `scene` in its styles, our part of every other backend, and the manifest in the file."""

from __future__ import annotations

import asyncio
import io
import os
import resource
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from bench.figures import Figure
from bench.usage import cpu_seconds, peak_of_children_megabytes, rss_megabytes
from fediverse_ai import __version__
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config
from generation import plugins
from generation.generators.scene.generator import create
from generation.generators.scene.version import STYLE_NAMES
from generation.manifests import Sealer, Statement
from generation.types import ImageRequest, ProgressReport
from tests.support.comfyui import comfy_server
from tests.support.diffusers_model import doubled
from tests.support.images_backend import KEY, MODEL, ImagesBackend
from tests.support.sdcpp import sdcpp_server

PROMPT = "a lighthouse on a cliff at sunset, two gulls over the sea"
SIDE = 1024
SIGNATURES = 20
PICTURES = 5
ALGORITHMIC = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"


async def measure(folder: Path) -> list[Figure]:
    """Seconds of processor time and megabytes of the process that draws, and milliseconds of a signature."""
    took, wall, memory = {}, [], 0.0
    generator = create({})
    for style in STYLE_NAMES:
        before, began = _children(), time.monotonic()
        drawing = asyncio.create_task(
            generator.generate(ImageRequest(PROMPT, width=SIDE, height=SIDE, seed=7, style=style), _quiet)
        )
        while not drawing.done():
            memory = max(memory, peak_of_children_megabytes(os.getpid()))
            await asyncio.wait([drawing], timeout=0.02)
        [picture] = drawing.result()
        took[style] = _children() - before
        wall.append(time.monotonic() - began)
    await generator.close()
    detail = {"mb": round(memory), "clock_s": round(statistics.median(wall), 2)}
    styles = {style: round(seconds, 2) for style, seconds in took.items()}
    return [
        Figure("scene", statistics.median(took.values()), "CPU s", detail=detail | styles),
        *[await _backend(kind, folder / kind) for kind in ("openai", "sdcpp", "comfyui", "diffusers")],
        _signing(folder, picture.data),
    ]


async def _backend(kind: str, folder: Path) -> Figure:
    """Processor milliseconds of one picture and the memory of what we start for it, without the model: the program at
    the other end is its double, which answers at once, and whose drawing and packing of a picture are counted too."""
    async with _double(kind, folder) as settings:
        generator = plugins.generator(kind, f"generation.backends.{kind}.kind")(settings, None)  # type: ignore[arg-type]
        await generator.generate(ImageRequest(PROMPT, width=SIDE, height=SIDE, seed=1), _quiet)
        before = cpu_seconds(os.getpid())
        for seed in range(PICTURES):
            await generator.generate(ImageRequest(PROMPT, width=SIDE, height=SIDE, seed=seed), _quiet)
        took = 1000 * (cpu_seconds(os.getpid()) - before) / PICTURES
        children = rss_megabytes(os.getpid()) - _own_megabytes()
        await generator.close()
    return Figure(f"backend_{kind}", round(took, 1), "CPU ms", detail={"children_mb": round(children)})


@asynccontextmanager
async def _double(kind: str, folder: Path) -> AsyncIterator[dict[str, Any]]:
    """The configuration of a backend whose double runs."""
    config: dict[str, Any] = {"name": kind, "kind": kind, "model": "m", "timeout_seconds": 60.0, "options": {}}
    if kind == "openai":
        async with ImagesBackend() as images:
            yield config | {"url": images.url, "model": MODEL, "api_key": KEY}
    elif kind == "sdcpp":
        async with sdcpp_server() as server:
            server.queued = 0
            yield config | {"url": server.url}
    elif kind == "comfyui":
        async with comfy_server() as comfy:
            comfy.step_seconds = 0.0
            yield config | {"url": comfy.url, "options": {"steps": 4}}
    else:
        yield doubled(folder, step_seconds=0.0)


def _own_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _signing(folder: Path, picture: bytes) -> Figure:
    """A manifest into a JPEG of that picture; the first one loads the library."""
    jpeg = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").save(jpeg, "JPEG", quality=90)
    folder.mkdir(parents=True, exist_ok=True)
    sealer = Sealer.of(
        Config(data_dir=folder, server={"public_url": "https://bench.test"}), SystemClock().now(), __version__
    )
    took = []
    for _ in range(SIGNATURES + 1):
        began = time.process_time()
        sealed = sealer.seal(jpeg.getvalue(), Statement("bench", ALGORITHMIC, agent="scene"))
        took.append(1000 * (time.process_time() - began))
    detail = {"first_ms": round(took[0]), "added_bytes": len(sealed) - len(jpeg.getvalue())}
    return Figure("c2pa_sign", round(statistics.median(took[1:]), 1), "ms", detail=detail)


def _children() -> float:
    """Processor seconds of the processes that ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


async def _quiet(_report: ProgressReport) -> None:
    """Progress that nobody watches."""
