"""Any endpoint that speaks the OpenAI images protocol: OpenAI itself, LocalAI, vLLM-Omni, stable-diffusion.cpp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock, SystemClock
from fediverse_ai.core.errors import Misconfigured, Nonsense
from generation.generators import backend, orders
from generation.generators.backend import About, Wire
from generation.generators.orders import Wishes
from generation.generators.prompts import TAGS, Grammar, neutral
from generation.images import sniff
from generation.types import Capabilities, GeneratedImage, ImageRequest, ModelCard, Progress, ProgressReport

if TYPE_CHECKING:
    from fediverse_ai.core.http import Http

GENERATIONS = "/images/generations"
EDITS = "/images/edits"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one server of the family understands beyond `model, prompt, n, size`; empty names are not sent.

    `image`: the field of the edits endpoint that holds the source; without it there is no image-to-image.
    """

    negative_prompt: str = ""
    seed: str = ""
    steps: str = ""
    guidance: str = ""
    response_format: str = ""
    image: str = ""
    strength: str = ""
    grammar: Grammar = TAGS


DIALECTS = {
    "openai": Dialect(image="image[]"),
    "dalle": Dialect(response_format="b64_json", image="image"),
    "vllm": Dialect(
        "negative_prompt", "seed", "num_inference_steps", "guidance_scale", "b64_json", "image", "strength"
    ),
    "localai": Dialect(steps="step", response_format="b64_json", grammar=Grammar(weights=True, bar=True)),
    "sdcpp": Dialect(image="image[]", grammar=Grammar(weights=True)),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """One backend's configuration, checked. `sizes`: the only sizes it makes, empty for any."""

    about: About
    endpoint: str
    dialect: Dialect = Dialect()
    sizes: tuple[tuple[int, int], ...] = ()
    models: tuple[str, ...] = ()
    batch: int = 1
    quality: str = ""

    @property
    def capabilities(self) -> Capabilities:
        known = self.dialect
        return Capabilities(
            negative_prompt=bool(known.negative_prompt) or known.grammar.bar,
            seed=bool(known.seed),
            steps=bool(known.steps),
            guidance=bool(known.guidance),
            source=bool(known.image),
            strength=bool(known.strength),
            models=self.models,
            sizes=self.sizes,
            # Without a strength these models draw another picture, so that is no upscaling.
            upscale=orders.UPSCALE if known.image and known.strength else "",
        )


def create(config: Mapping[str, Any], http: Http) -> OpenAIImages:
    """The generator of `[generation.backends.NAME]` with kind `openai`; raises Misconfigured naming the key."""
    return OpenAIImages(settings(config))


def settings(config: Mapping[str, Any]) -> Settings:
    """Check the configuration: `name, url, model, api_key, timeout_seconds, options` and what the card says.

    Options: `dialect` (one of DIALECTS), `negative_prompt` and `seed` (true when the server knows them), `edits`
    (false when it has no edits endpoint), `sizes` ("1024x1024 1536x1024"), `models` (more that people may choose),
    `batch` (pictures per request), `quality`.
    """
    known = {"dialect", "negative_prompt", "seed", "edits", "sizes", "models", "batch", "quality"}
    key, options = backend.options_of(config, known)
    dialect = DIALECTS.get(str(options.get("dialect", "openai")))
    if dialect is None:
        raise Misconfigured(f"{key}.options.dialect: must be one of {', '.join(DIALECTS)}.")
    if "negative_prompt" in options:
        dialect = replace(dialect, negative_prompt="negative_prompt" if options["negative_prompt"] is True else "")
    if "seed" in options:
        dialect = replace(dialect, seed="seed" if options["seed"] is True else "")
    if options.get("edits") is False:
        dialect = replace(dialect, image="")
    try:
        sizes = backend.sizes_of(str(options.get("sizes", "")))
        batch = int(options.get("batch", 1))
    except ValueError:
        raise Misconfigured(f'{key}.options: sizes look like "1024x1024 1536x1024", batch like 1.') from None
    return Settings(
        about=backend.about(config, "openai"),
        endpoint=_endpoint(str(config.get("url") or ""), f"{key}.url"),
        dialect=dialect,
        sizes=sizes,
        models=tuple(str(options.get("models", "")).split()),
        batch=min(10, max(1, batch)),
        quality=str(options.get("quality", "")),
    )


def _endpoint(url: str, key: str) -> str:
    url = backend.base_url(url, key, "http://127.0.0.1:8080/v1")
    if url.endswith(GENERATIONS):
        return url
    return f"{url}{'' if urlsplit(url).path else '/v1'}{GENERATIONS}"


class OpenAIImages:
    """The generator; one request for each picture where seeds are known, else by batches."""

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, heartbeat: float = backend.HEARTBEAT_SECONDS
    ) -> None:
        self._settings = settings
        self._about = settings.about
        self._clock = clock or SystemClock()
        self._heartbeat = heartbeat
        self._wire = Wire(settings.about)
        self._card = settings.about.card(settings.capabilities)

    async def card(self) -> ModelCard:
        """What is known by configuration alone; nothing is asked."""
        return self._card

    async def generate(self, request: ImageRequest, on_progress: Progress) -> list[GeneratedImage]:
        """Ask for `request.count` pictures, `batch` at a time; from a source by the edits endpoint.

        Raises Unprocessable when the backend refuses the prompt, Unreachable for what may heal (429, 5xx, no answer,
        too late), Nonsense for what will not (wrong key, wrong model, an answer that is no picture).
        """
        orders.check_source(request, self._settings.capabilities, self._about.name)
        made: list[GeneratedImage] = []
        words = f"Waiting for {self._about.called}"
        async with orders.deadline(self._about):
            for part in self._parts(request):
                fraction = len(made) / request.count if request.count > 1 else None
                began = self._clock.monotonic()
                asked = self._ask(part)
                pictures = await backend.watched(asked, on_progress, words, fraction, self._clock, self._heartbeat)
                seconds = (self._clock.monotonic() - began) / len(pictures)
                notes = backend.unused(request, self._settings.capabilities)
                made += [self._finished(data, part, seconds, notes) for data in pictures]
        await on_progress(ProgressReport(1.0, "The picture is there"))
        return made

    async def close(self) -> None:
        await self._wire.close()

    def _parts(self, request: ImageRequest) -> list[ImageRequest]:
        """One request per picture where seeds are known, so that each recipe names its own; else by batches."""
        width, height = backend.nearest(self._settings.sizes, request.width, request.height)
        dialect = self._settings.dialect
        asked = replace(
            request,
            prompt=neutral(request.prompt, dialect.grammar),
            negative_prompt=neutral(request.negative_prompt, dialect.grammar),
            width=width,
            height=height,
        )
        if dialect.seed:
            return [replace(asked, seed=seed, count=1) for seed in orders.seeds(request, self._clock)]
        batch, left = self._settings.batch, request.count
        return [replace(asked, count=min(batch, left - done)) for done in range(0, left, batch)]

    def _body(self, request: ImageRequest) -> dict[str, Any]:
        dialect, prompt = self._settings.dialect, request.prompt
        if dialect.grammar.bar and request.negative_prompt:
            prompt = f"{prompt}|{request.negative_prompt}"
        body: dict[str, Any] = {"prompt": prompt, "n": request.count, "size": f"{request.width}x{request.height}"}
        optional = {
            "model": self._model(request),
            "quality": self._settings.quality,
            "response_format": dialect.response_format and "b64_json",
            dialect.negative_prompt: request.negative_prompt,
            dialect.seed: request.seed,
            dialect.steps: request.steps,
            dialect.guidance: request.guidance,
            dialect.strength if request.source is not None else "": request.strength,
        }
        return body | {name: value for name, value in optional.items() if name and value not in (None, "")}

    def _model(self, request: ImageRequest) -> str:
        return request.model if request.model in self._settings.models else self._about.model

    async def _ask(self, request: ImageRequest) -> list[bytes]:
        body, url = self._body(request), self._settings.endpoint
        content: dict[str, Any] = {"json": body}
        if request.source is not None:
            url = url.removesuffix(GENERATIONS) + EDITS
            media_type = sniff(request.source) or "image/png"
            file = (f"source.{media_type.partition('/')[2]}", request.source, media_type)
            fields = {name: str(value) for name, value in body.items()}
            content = {"data": fields, "files": {self._settings.dialect.image: file}}
        _, answer = await self._wire.json("POST", url, backend.base64_cap(request.count), **content)
        items = answer.get("data")
        if not isinstance(items, list) or len(items) < request.count:
            raise Nonsense("The image backend sent no picture.", f"{self._about.name}: no data in {str(answer)[:200]}")
        return [await self._picture(item) for item in items[: request.count]]

    async def _picture(self, item: Any) -> bytes:
        if isinstance(item, dict) and isinstance(item.get("b64_json"), str) and item["b64_json"]:
            return await backend.decoded(item["b64_json"])
        if isinstance(item, dict) and isinstance(item.get("url"), str):
            return await self._fetch(item["url"])
        raise Nonsense("The image backend sent no picture.", f"{self._about.name}: neither b64_json nor url")

    async def _fetch(self, link: str) -> bytes:
        """A picture by address, from the backend's own origin only: it must not send us around the network."""
        url, home = urljoin(self._settings.endpoint, link), urlsplit(self._settings.endpoint)
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc) != (home.scheme, home.netloc):
            raise Nonsense("The image backend points elsewhere for its picture.", f"url at {parts.netloc!r}")
        answer = await self._wire.exchange("GET", url, limits.IMAGE_BYTES)
        if answer.status != 200:
            raise Nonsense("The image backend does not hand out its picture.", f"{answer.status} for its url")
        return backend.picture(answer.body)

    def _finished(self, data: bytes, request: ImageRequest, seconds: float, notes: tuple[str, ...]) -> GeneratedImage:
        can, known = self._settings.capabilities, self._settings
        model = self._model(request)
        wished = {
            "steps": request.steps if can.steps else None,
            "guidance": request.guidance if can.guidance else None,
            "strength": request.strength if can.strength and request.source is not None else None,
            "quality": known.quality or None,
        }
        told = Wishes(request.prompt, request.negative_prompt, request.width, request.height, None, None, None)
        recipe = orders.recipe(self._card, can, told, request.seed, wished, model or "unknown")
        return GeneratedImage(data, recipe, self._card, notes=notes, seconds=seconds)
