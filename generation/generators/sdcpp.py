"""stable-diffusion.cpp's server by its own job API: place in its queue, states, cancel."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock, SystemClock
from fediverse_ai.core.errors import Nonsense, Unreachable, Vanished
from generation.generators import backend, orders
from generation.generators.backend import About, Wire
from generation.generators.orders import Defaults, Wishes
from generation.generators.prompts import Grammar
from generation.types import Capabilities, GeneratedImage, ImageRequest, ModelCard, Progress, ProgressReport

if TYPE_CHECKING:
    from fediverse_ai.core.http import Http

T = TypeVar("T")

GRAMMAR = Grammar(weights=True)
CAN = Capabilities(
    negative_prompt=True, seed=True, steps=True, guidance=True, source=True, strength=True, cancel="running",
    upscale=orders.UPSCALE,
)  # fmt: skip
POLL_SECONDS = 0.5
MISSED_POLLS = 3
"""So many polls in a row may go unanswered while a picture is being drawn: the server is busy with it."""
SIDE_STEP = 64
"""Stable diffusion's sides are multiples of this."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One backend's configuration, checked. None and empty mean: whatever the server was started with."""

    about: About
    base: str
    sampler: str = ""
    scheduler: str = ""
    defaults: Defaults = field(default_factory=Defaults)


def create(config: Mapping[str, Any], http: Http) -> StableDiffusionCpp:
    """The generator of `[generation.backends.NAME]` with kind `sdcpp`; raises Misconfigured naming the key."""
    return StableDiffusionCpp(settings(config))


def settings(config: Mapping[str, Any]) -> Settings:
    """Check the configuration. Options: `sampler`, `scheduler`, and `steps` and `guidance` for who wishes none."""
    key, options = backend.options_of(config, {"sampler", "scheduler", "steps", "guidance"})
    wished = orders.defaults(key, options, Defaults())
    return Settings(
        about=backend.about(config, "sdcpp"),
        base=backend.base_url(str(config.get("url") or ""), f"{key}.url", "http://127.0.0.1:1234"),
        sampler=str(options.get("sampler", "")),
        scheduler=str(options.get("scheduler", "")),
        # Zero: whatever the server was started with.
        defaults=Defaults(wished.steps or None, wished.guidance or None),
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
        """One job after another; one whose handle is known from before a crash is looked for first.

        Raises Unprocessable, Unreachable and Nonsense as every backend does.
        """
        made: list[GeneratedImage] = []
        wishes = self._settings.defaults.wishes(request, GRAMMAR, SIDE_STEP)
        async with orders.deadline(self._about):
            for index, seed in enumerate(orders.seeds(request, self._clock)):
                began = self._clock.monotonic()
                data = await self._one(self._body(request, wishes, seed), request, index, on_progress)
                made.append(self._finished(data, request, wishes, seed, self._clock.monotonic() - began))
        await on_progress(ProgressReport(1.0, "The picture is there"))
        return made

    async def close(self) -> None:
        await self._wire.close()

    def _body(self, request: ImageRequest, wishes: Wishes, seed: int) -> dict[str, Any]:
        sampling: dict[str, Any] = {}
        if wishes.steps is not None:
            sampling["sample_steps"] = wishes.steps
        if wishes.guidance is not None:
            sampling["guidance"] = {"txt_cfg": wishes.guidance}
        if self._settings.sampler:
            sampling["sample_method"] = self._settings.sampler
        if self._settings.scheduler:
            sampling["scheduler"] = self._settings.scheduler
        body = {
            "prompt": wishes.prompt,
            "negative_prompt": wishes.negative_prompt,
            "width": wishes.width,
            "height": wishes.height,
            "seed": seed,
            "batch_count": 1,
            "sample_params": sampling,
            "output_format": "png",
            "embed_image_metadata": False,
        }
        if request.source is not None:
            body["init_image"] = base64.b64encode(request.source).decode()
            if wishes.strength is not None:
                body["strength"] = wishes.strength
        return body

    async def _one(self, body: dict[str, Any], request: ImageRequest, index: int, on_progress: Progress) -> bytes:
        fraction = index / request.count if request.count > 1 else None
        job = await self._known(request.handles.get(str(index)))
        if job is None:
            job = await self._submit(body)
            words = f"Waiting at {self._about.called}"
            await self._or_stop(job, on_progress(ProgressReport(fraction, words, handle=(index, job))))
        return await self._or_stop(job, self._watch(self._address(job), fraction, on_progress))

    def _address(self, job: str) -> str:
        return f"{self._settings.base}/sdcpp/v1/jobs/{quote(job, safe='')}"

    async def _submit(self, body: dict[str, Any]) -> str:
        url = f"{self._settings.base}/sdcpp/v1/img_gen"
        _, begun = await self._wire.json("POST", url, limits.BACKEND_ENVELOPE_BYTES, expected=(200, 202), json=body)
        job = begun.get("id")
        if not isinstance(job, str | int) or not str(job):
            raise Nonsense("The image backend sent an unusable answer.", f"no job id in {str(begun)[:200]}")
        return str(job)

    async def _known(self, job: str | None) -> str | None:
        """A job from before a crash of ours, if it goes on there or is done; else None, and it is asked for anew."""
        if job is None:
            return None
        try:
            state = await self._look(self._address(job))
        except Vanished:
            return None
        return job if state.get("status") in ("queued", "generating", "completed") else None

    async def _or_stop(self, job: str, work: Awaitable[T]) -> T:
        try:
            return await work
        except BaseException:
            # Whatever ended our waiting, deadline and cancellation too: nobody wants this picture any more.
            await asyncio.shield(self._cancel(self._address(job)))
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
        async with orders.stopping():
            await self._wire.exchange("POST", f"{address}/cancel", limits.BACKEND_ENVELOPE_BYTES, json={})

    def _finished(
        self, data: bytes, request: ImageRequest, wishes: Wishes, seed: int, seconds: float
    ) -> GeneratedImage:
        wished = {
            "steps": wishes.steps,
            "guidance": wishes.guidance,
            "sampler": self._settings.sampler or None,
            "scheduler": self._settings.scheduler or None,
            "strength": wishes.strength,
        }
        recipe = orders.recipe(self._card, CAN, wishes, seed, wished)
        return GeneratedImage(data, recipe, self._card, notes=backend.unused(request, CAN), seconds=seconds)


async def _picture(state: Mapping[str, Any]) -> bytes:
    result = state.get("result")
    images = result.get("images") if isinstance(result, dict) else None
    if not isinstance(images, list) or not images or not isinstance(images[0], dict):
        raise Nonsense("The image backend sent no picture.", "completed without images")
    return await backend.decoded(images[0].get("b64_json"))
