"""The generator `scene` behind the common protocol: it lets a process of its own draw and reports its stages."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from fediverse_ai.core.clock import Clock, SystemClock
from fediverse_ai.core.errors import Unavailable, Unprocessable
from fediverse_ai.core.limits import POST_IMAGES, SCENE_LINE_BYTES, SCENE_PICTURE_BYTES
from generation.generators.scene.version import STYLE_NAMES, VERSION
from generation.types import Capabilities, GeneratedImage, ImageRequest, ModelCard, Progress, ProgressReport, Recipe

ALGORITHMIC_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
SMALLEST_PIXELS, LARGEST_PIXELS, MOST_PIXELS = 64, 2048, 2048 * 2048
LARGEST_ASPECT = 3.0
CARD = ModelCard(
    name="scene",
    version=VERSION,
    title="Scene",
    digital_source_type=ALGORITHMIC_MEDIA,
    disclosure="Composed by a program from a prompt; no trained image model drew it.",
    licence="AGPL-3.0-or-later",
    closed_vocabulary=True,
    capabilities=Capabilities(
        negative_prompt=True,
        seed=True,
        styles=STYLE_NAMES,
        progress="steps",
        cancel="running",
        graph=True,
        upscale="Drawn again, larger, from the same scene graph and seed: every form is the same, nothing is guessed, "
        "and only the grain of the style falls otherwise.",
    ),
)


def create(config: Mapping[str, Any], http: object = None) -> SceneGenerator:
    """The generator; `timeout_seconds` (60) bounds one request, `clock` replaces the system's clock in tests."""
    return SceneGenerator(float(config.get("timeout_seconds", 60.0)), config.get("clock") or SystemClock())


class SceneGenerator:
    """Draws pictures from prompts, in a child process for each request; see `worker.py` for why."""

    def __init__(self, timeout_seconds: float, clock: Clock) -> None:
        self._timeout = timeout_seconds
        self._clock = clock
        self._running: set[asyncio.subprocess.Process] = set()

    async def card(self) -> ModelCard:
        return CARD

    async def generate(self, request: ImageRequest, on_progress: Progress) -> list[GeneratedImage]:
        """Draw `request.count` pictures with consecutive seeds.

        Raises Unprocessable for sizes, counts and styles that cannot be, Unavailable if drawing fails
        or takes too long.
        """
        check(request)
        first = request.seed if request.seed is not None else int(self._clock.uniform(0, 2**31))
        seeds = [first + i for i in range(request.count)]
        try:
            async with asyncio.timeout(self._timeout):
                return await self._draw(request, seeds, on_progress)
        except TimeoutError as error:
            raise Unavailable("The picture took too long to draw.", f"scene: over {self._timeout} s") from error

    async def close(self) -> None:
        for process in list(self._running):
            process.kill()

    async def _draw(self, request: ImageRequest, seeds: list[int], on_progress: Progress) -> list[GeneratedImage]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "generation.generators.scene.worker",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=SCENE_LINE_BYTES, env=_environment(),
        )  # fmt: skip
        self._running.add(process)
        try:
            return await self._converse(process, request, seeds, on_progress)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            self._running.discard(process)

    async def _converse(
        self, process: asyncio.subprocess.Process, request: ImageRequest, seeds: list[int], on_progress: Progress
    ) -> list[GeneratedImage]:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        order = {
            "prompt": request.prompt, "negative_prompt": request.negative_prompt, "seeds": seeds,
            "width": request.width, "height": request.height, "style": request.style, "graph": request.graph,
            "again": request.upscale,
        }  # fmt: skip
        process.stdin.write(json.dumps(order).encode() + b"\n")
        process.stdin.close()
        images: list[GeneratedImage] = []
        started = self._clock.monotonic()
        while len(images) < len(seeds):
            line = await process.stdout.readline()
            if not line:
                detail = (await process.stderr.read(4000)).decode("utf-8", "replace")
                raise Unavailable("The picture could not be drawn.", f"scene worker ended: {detail[-1500:]}")
            message = json.loads(line)
            if "stage" in message:
                done = (len(images) + float(message["fraction"])) / len(seeds)
                await on_progress(ProgressReport(done, str(message["stage"])))
                continue
            data = await process.stdout.readexactly(min(int(message["picture"]), SCENE_PICTURE_BYTES))
            now = self._clock.monotonic()
            images.append(_image(request, seeds[len(images)], message, data, now - started))
            started = now
        return images


def check(request: ImageRequest) -> None:
    """Raise Unprocessable for a request that cannot be drawn."""
    small, large = min(request.width, request.height), max(request.width, request.height)
    if small < SMALLEST_PIXELS or large > LARGEST_PIXELS or large > LARGEST_ASPECT * small:
        raise Unprocessable(
            f"A side must be {SMALLEST_PIXELS} to {LARGEST_PIXELS} pixels, the longer at most {LARGEST_ASPECT:.0f} "
            f"times the shorter."
        )
    if not 1 <= request.count <= POST_IMAGES:
        raise Unprocessable(f"One to {POST_IMAGES} pictures can be made at once.")
    if request.style is not None and request.style not in STYLE_NAMES:
        raise Unprocessable(f"Unknown style. There are: {', '.join(STYLE_NAMES)}.")


def _environment() -> dict[str, str]:
    """What the child needs and no more: its imports, one thread for numpy."""
    roots = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {
        "PYTHONPATH": roots,
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": os.environ.get("PATH", ""),
    }


def _image(request: ImageRequest, seed: int, message: Mapping[str, Any], data: bytes, seconds: float) -> GeneratedImage:
    parameters = {"style": message["style"], "place": message["place"], "time": message["time"], "engine": VERSION}
    parameters["graph"] = message["graph"]
    recipe = Recipe(
        "scene", VERSION, request.prompt, request.negative_prompt, seed, request.width, request.height, parameters
    )
    x, y = message["focus"]
    return GeneratedImage(
        data, recipe, CARD, str(message["alt_text"]), (float(x), float(y)), tuple(map(str, message["notes"])), seconds
    )
