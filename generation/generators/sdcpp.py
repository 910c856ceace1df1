"""stable-diffusion.cpp's server by its own job API: place in its queue, states, cancel."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock, SystemClock
from fediverse_ai.core.errors import FediverseError, Misconfigured, Nonsense, Unreachable, Vanished
from generation.generators import backend
from generation.generators.backend import SEED_LIMIT, About, Wire
from generation.generators.prompts import Grammar, neutral
from generation.types import Capabilities, GeneratedImage, ImageRequest, ModelCard, Progress, ProgressReport, Recipe

if TYPE_CHECKING:
    from fediverse_ai.core.http import Http

GRAMMAR = Grammar(weights=True)
CAN = Capabilities(
    negative_prompt=True, seed=True, steps=True, guidance=True, source=True, strength=True, cancel="running"
)
POLL_SECONDS = 0.5
MISSED_POLLS = 3
"""So many polls in a row may go unanswered while a picture is being drawn: the server is busy with it."""
CANCEL_SECONDS = 3.0
SIDE_STEP = 64
"""Stable diffusion's sides are multiples of this."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One backend's configuration, checked. Zero and empty mean: whatever the server was started with."""

    about: About
    base: str
    sampler: str = ""
    scheduler: str = ""
    steps: int = 0
    guidance: float = 0.0


def create(config: Mapping[str, Any], http: Http) -> StableDiffusionCpp:
    """The generator of `[generation.backends.NAME]` with kind `sdcpp`; raises Misconfigured naming the key."""
    return StableDiffusionCpp(settings(config))


def settings(config: Mapping[str, Any]) -> Settings:
    """Check the configuration. Options: `sampler`, `scheduler`, and `steps` and `guidance` for who wishes none."""
    key, options = backend.options_of(config, {"sampler", "scheduler", "steps", "guidance"})
    try:
        steps, guidance = int(options.get("steps", 0)), float(options.get("guidance", 0.0))
    except ValueError:
        raise Misconfigured(f"{key}.options: steps look like 20, guidance like 7.0.") from None
    return Settings(
        about=backend.about(config, "sdcpp"),
        base=backend.base_url(str(config.get("url") or ""), f"{key}.url", "http://127.0.0.1:1234"),
        sampler=str(options.get("sampler", "")),
        scheduler=str(options.get("scheduler", "")),
        steps=steps,
        guidance=guidance,
    )


class StableDiffusionCpp:
    """The generator: one job for each picture, polled until it ends, cancelled there when it is cancelled here."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, poll: float = POLL_SECONDS) -> None:
        self._settings = settings
        self._about = settings.about
        self._clock = clock or SystemClock()
        self._poll_seconds = poll
        self._wire = Wire(settings.about)
        self._card = settings.about.card(CAN)

    async def card(self) -> ModelCard:
        """What is known by configuration alone; nothing is asked."""
        return self._card

    async def generate(self, request: ImageRequest, on_progress: Progress) -> list[GeneratedImage]:
        """One job after another. Raises Unprocessable, Unreachable and Nonsense as every backend does."""
        made: list[GeneratedImage] = []
        first = backend.first_seed(request, self._clock)
        try:
            async with asyncio.timeout(self._about.timeout_seconds):
                for index in range(request.count):
                    began = self._clock.monotonic()
                    seed, done = (first + index) % SEED_LIMIT, index / request.count if request.count > 1 else None
                    data = await self._one(self._body(request, seed), done, on_progress)
                    made.append(self._finished(data, request, seed, self._clock.monotonic() - began))
        except TimeoutError as error:
            raise Unreachable("The image backend took too long.", f"{self._about.name}: deadline") from error
        await on_progress(ProgressReport(1.0, "The picture is there"))
        return made

    async def close(self) -> None:
        await self._wire.close()

    def _body(self, request: ImageRequest, seed: int) -> dict[str, Any]:
        width, height = sides(request.width, request.height)
        sampling: dict[str, Any] = {}
        if steps := request.steps or self._settings.steps:
            sampling["sample_steps"] = steps
        guidance = request.guidance if request.guidance is not None else self._settings.guidance or None
        if guidance is not None:
            sampling["guidance"] = {"txt_cfg": guidance}
        if self._settings.sampler:
            sampling["sample_method"] = self._settings.sampler
        if self._settings.scheduler:
            sampling["scheduler"] = self._settings.scheduler
        body = {
            "prompt": neutral(request.prompt, GRAMMAR),
            "negative_prompt": neutral(request.negative_prompt, GRAMMAR),
            "width": width,
            "height": height,
            "seed": seed,
            "batch_count": 1,
            "sample_params": sampling,
            "output_format": "png",
            "embed_image_metadata": False,
        }
        if request.source is not None:
            body["init_image"] = base64.b64encode(request.source).decode()
            if request.strength is not None:
                body["strength"] = request.strength
        return body

    async def _one(self, body: dict[str, Any], fraction: float | None, on_progress: Progress) -> bytes:
        url = f"{self._settings.base}/sdcpp/v1/img_gen"
        _, begun = await self._wire.json("POST", url, limits.BACKEND_ENVELOPE_BYTES, expected=(200, 202), json=body)
        job = begun.get("id")
        if not isinstance(job, str | int) or not str(job):
            raise Nonsense("The image backend sent an unusable answer.", f"no job id in {str(begun)[:200]}")
        address = f"{self._settings.base}/sdcpp/v1/jobs/{quote(str(job), safe='')}"
        try:
            return await self._watch(address, fraction, on_progress)
        except BaseException:
            # Whatever ended our waiting, deadline and cancellation too: nobody wants this picture any more.
            await asyncio.shield(self._cancel(address))
            raise

    async def _watch(self, address: str, fraction: float | None, on_progress: Progress) -> bytes:
        began, missed = self._clock.monotonic(), 0
        while True:
            try:
                state = await self._look(address)
                missed = 0
            except Vanished as error:
                # After a restart of its server, for instance: the order can be given again.
                raise Unreachable(error.public, error.detail) from error
            except Unreachable:
                missed += 1
                if missed >= MISSED_POLLS:
                    raise
                state = {"status": "generating"}
            status = state.get("status")
            if status == "completed":
                return await _picture(state)
            if status == "failed":
                self._failed(state.get("error"))
            if status == "cancelled":
                raise Nonsense("The image backend stopped this picture.", f"{self._about.name}: cancelled there")
            if status == "queued":
                place = state.get("queue_position")
                place = place if isinstance(place, int) and 0 <= place < 1_000_000 else None
                words = f"Waiting at {self._about.called}" + (f", {place} before this one" if place else "")
                await on_progress(ProgressReport(fraction, words, place=place))
            elif status == "generating":
                elapsed = int(self._clock.monotonic() - began)
                await on_progress(ProgressReport(fraction, f"{self._about.called} is drawing: {elapsed} s"))
            else:
                raise Nonsense("The image backend sent an unusable answer.", f"status {str(status)[:100]!r}")
            await self._clock.sleep(self._poll_seconds)

    async def _look(self, address: str) -> dict[str, Any]:
        answer = await self._wire.exchange("GET", address, backend.base64_cap(1))
        if answer.status in (404, 410):
            raise Vanished("The image backend forgot this picture.", f"{self._about.name}: {answer.status} for the job")
        if answer.status != 200:
            self._wire.refuse(answer)
        state: dict[str, Any] = await asyncio.to_thread(backend.parsed, answer.body)
        return state

    def _failed(self, error: Any) -> None:
        found = error if isinstance(error, dict) else {}
        code, message = str(found.get("code") or "").lower(), str(found.get("message") or "")[:300]
        detail = self._wire.redacted(f"{self._about.name}: {code}: {message}")
        if code.startswith("invalid") or code in ("bad_request", "unsupported"):
            raise Nonsense("The image backend does not accept this request.", detail)
        raise Unreachable("The image backend failed.", detail)

    async def _cancel(self, address: str) -> None:
        """Tell the server; 404, 409 and 410 mean that there is nothing left to stop."""
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                await self._wire.exchange("POST", f"{address}/cancel", limits.BACKEND_ENVELOPE_BYTES, json={})
        except (FediverseError, TimeoutError):
            return

    def _finished(self, data: bytes, request: ImageRequest, seed: int, seconds: float) -> GeneratedImage:
        body = self._body(request, seed)
        sampling = body["sample_params"]
        wished = {
            "steps": sampling.get("sample_steps"),
            "guidance": sampling.get("guidance", {}).get("txt_cfg"),
            "sampler": sampling.get("sample_method"),
            "scheduler": sampling.get("scheduler"),
            "strength": body.get("strength"),
        }
        recipe = Recipe(
            generator=self._about.name,
            version=self._card.version,
            prompt=body["prompt"],
            negative_prompt=body["negative_prompt"],
            seed=seed,
            width=body["width"],
            height=body["height"],
            parameters={name: value for name, value in wished.items() if value is not None},
        )
        return GeneratedImage(data, recipe, self._card, notes=backend.unused(request, CAN), seconds=seconds)


async def _picture(state: Mapping[str, Any]) -> bytes:
    result = state.get("result")
    images = result.get("images") if isinstance(result, dict) else None
    if not isinstance(images, list) or not images or not isinstance(images[0], dict):
        raise Nonsense("The image backend sent no picture.", "completed without images")
    return await backend.decoded(images[0].get("b64_json"))


def sides(width: int, height: int) -> tuple[int, int]:
    """Sides that stable diffusion can draw, next to the wished ones."""
    return max(SIDE_STEP, round(width / SIDE_STEP) * SIDE_STEP), max(SIDE_STEP, round(height / SIDE_STEP) * SIDE_STEP)
