"""Any endpoint that speaks the OpenAI images protocol: OpenAI itself, LocalAI, vLLM-Omni, stable-diffusion.cpp."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx2

from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock, SystemClock
from fediverse_ai.core.errors import Misconfigured, Nonsense, Unprocessable, Unreachable
from generation.images import sniff
from generation.types import GeneratedImage, ImageRequest, ModelCard, Progress, ProgressReport, Recipe

if TYPE_CHECKING:
    from fediverse_ai.core.http import Http

PATH = "/images/generations"
MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp")
CONNECT_SECONDS = 10.0
HEARTBEAT_SECONDS = 1.0
SEED_LIMIT = 2**31

REFUSALS = ("moderation", "content_policy", "content_filter", "contentfilter", "safety")
"""Parts of the codes with which the family refuses a prompt: `moderation_blocked`, `content_policy_violation`, …"""
SPENT = ("insufficient_quota", "billing_hard_limit_reached")
"""Codes that come as 429 but do not heal by waiting."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one server of the family understands beyond `model, prompt, n, size`; empty names are not sent.

    `pipe`: the prompt is split at `|` into positive and negative, so that a person's own `|` must not reach it.
    """

    negative_prompt: str = ""
    seed: str = ""
    steps: str = ""
    guidance: str = ""
    response_format: str = ""
    pipe: bool = False


DIALECTS = {
    "openai": Dialect(),
    "dalle": Dialect(response_format="b64_json"),
    "vllm": Dialect("negative_prompt", "seed", "num_inference_steps", "guidance_scale", "b64_json"),
    "localai": Dialect(steps="step", response_format="b64_json", pipe=True),
    "sdcpp": Dialect(),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """One backend's configuration, checked. `sizes`: the only sizes it makes, empty for any."""

    name: str
    endpoint: str
    model: str = ""
    api_key: str = field(default="", repr=False)
    timeout_seconds: float = 300.0
    dialect: Dialect = Dialect()
    sizes: tuple[tuple[int, int], ...] = ()
    batch: int = 1
    quality: str = ""
    title: str = ""
    licence: str = ""
    homepage: str = ""


def create(config: Mapping[str, Any], http: Http) -> OpenAIImages:
    """The generator of `[generation.backends.NAME]` with kind `openai`; raises Misconfigured naming the key.

    `http` is not used: it refuses private addresses, and where this backend lives is the operator's decision.
    """
    return OpenAIImages(settings(config))


def settings(config: Mapping[str, Any]) -> Settings:
    """Check the configuration: `name, url, model, api_key, timeout_seconds, options`.

    Options: `dialect` (one of DIALECTS), `negative_prompt` and `seed` (true when the server knows them),
    `sizes` ("1024x1024 1536x1024"), `batch` (pictures per request), `quality`, `title`, `licence`, `homepage`.
    """
    name = str(config.get("name") or "openai")
    key = f"generation.backends.{name}"
    options = dict(config.get("options") or {})
    known = {"dialect", "negative_prompt", "seed", "sizes", "batch", "quality", "title", "licence", "homepage"}
    if unknown := sorted(options.keys() - known):
        raise Misconfigured(f"{key}.options: {unknown[0]!r} is not known; known are {', '.join(sorted(known))}.")
    dialect = DIALECTS.get(str(options.get("dialect", "openai")))
    if dialect is None:
        raise Misconfigured(f"{key}.options.dialect: must be one of {', '.join(DIALECTS)}.")
    if "negative_prompt" in options:
        dialect = replace(dialect, negative_prompt="negative_prompt" if options["negative_prompt"] is True else "")
    if "seed" in options:
        dialect = replace(dialect, seed="seed" if options["seed"] is True else "")
    try:
        sizes = tuple(_size(part) for part in str(options.get("sizes", "")).split())
        batch = int(options.get("batch", 1))
    except ValueError:
        raise Misconfigured(f'{key}.options: sizes look like "1024x1024 1536x1024", batch like 1.') from None
    texts = {text: str(options.get(text, "")) for text in ("quality", "title", "licence", "homepage")}
    return Settings(
        name=name,
        endpoint=_endpoint(str(config.get("url") or ""), f"{key}.url"),
        model=str(config.get("model") or ""),
        api_key=str(config.get("api_key") or ""),
        timeout_seconds=float(config.get("timeout_seconds") or 300.0),
        dialect=dialect,
        sizes=sizes,
        batch=min(10, max(1, batch)),
        **texts,
    )


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def _endpoint(url: str, key: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise Misconfigured(f"{key}: must be an address like http://127.0.0.1:8080/v1.")
    if parts.username or parts.password:
        raise Misconfigured(f"{key}: must not hold a password; use api_key or api_key_file.")
    path = parts.path.rstrip("/")
    if path.endswith(PATH):
        return url.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}{PATH}"


def neutral(text: str, *, pipe: bool) -> str:
    """A person's words without what some servers read as orders inside a prompt.

    Angle brackets become typographic ones: `<sd_cpp_extra_args>` sets any parameter, `<lora:…>` loads files. With
    `pipe`, `|` becomes a comma: LocalAI takes what follows it for the negative prompt.
    """
    text = text.replace("<", "‹").replace(">", "›").replace("\0", " ")
    return text.replace("|", ",") if pipe else text


class OpenAIImages:
    """The generator. One client of its own: no proxies from the environment, no redirects, capped and timed."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._heartbeat = heartbeat
        key = settings.api_key
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        self._headers |= {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx2.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(settings.timeout_seconds, connect=CONNECT_SECONDS),
        )

    async def card(self) -> ModelCard:
        """What is known by configuration alone; nothing is asked, and the address of the backend is not told."""
        chosen = self._settings
        title = chosen.title or chosen.model or chosen.name
        return ModelCard(
            name=chosen.name,
            version=chosen.model or "unknown",
            title=title,
            digital_source_type="trainedAlgorithmicMedia",
            disclosure=f"Drawn by {title}, a trained image model, from the prompt.",
            licence=chosen.licence,
            homepage=chosen.homepage,
        )

    async def generate(self, request: ImageRequest, on_progress: Progress) -> list[GeneratedImage]:
        """Ask for `request.count` pictures, `batch` at a time.

        Raises Unprocessable when the backend refuses the prompt, Unreachable for what may heal (429, 5xx, no answer,
        too late), Nonsense for what will not (wrong key, wrong model, an answer that is no picture).
        """
        made: list[GeneratedImage] = []
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                for part in self._parts(request):
                    fraction = len(made) / request.count if request.count > 1 else None
                    began = self._clock.monotonic()
                    pictures = await self._watched(self._ask(part), on_progress, fraction)
                    seconds = (self._clock.monotonic() - began) / len(pictures)
                    made += [await self._finished(data, part, seconds) for data in pictures]
        except TimeoutError as error:
            raise Unreachable("The image backend took too long.", f"{self._settings.name}: deadline") from error
        await on_progress(ProgressReport(1.0, "The picture is there"))
        return made

    async def close(self) -> None:
        await self._client.aclose()

    def _parts(self, request: ImageRequest) -> list[ImageRequest]:
        """One request per picture where seeds are known, so that each recipe names its own; else by batches."""
        width, height = self._nearest(request.width, request.height)
        dialect = self._settings.dialect
        asked = replace(
            request,
            prompt=neutral(request.prompt, pipe=dialect.pipe),
            negative_prompt=neutral(request.negative_prompt, pipe=dialect.pipe),
            width=width,
            height=height,
        )
        if dialect.seed:
            first = request.seed if request.seed is not None else int(self._clock.uniform(0, SEED_LIMIT - 64))
            return [replace(asked, seed=(first + i) % SEED_LIMIT, count=1) for i in range(request.count)]
        batch, left = self._settings.batch, request.count
        return [replace(asked, count=min(batch, left - done)) for done in range(0, left, batch)]

    def _nearest(self, width: int, height: int) -> tuple[int, int]:
        def distance(size: tuple[int, int]) -> tuple[float, int]:
            wanted, other = width / height, size[0] / size[1]
            return max(wanted, other) / min(wanted, other), abs(size[0] * size[1] - width * height)

        return min(self._settings.sizes, key=distance, default=(width, height))

    def _body(self, request: ImageRequest) -> dict[str, Any]:
        dialect, prompt = self._settings.dialect, request.prompt
        if dialect.pipe and request.negative_prompt:
            prompt = f"{prompt}|{request.negative_prompt}"
        body: dict[str, Any] = {"prompt": prompt, "n": request.count, "size": f"{request.width}x{request.height}"}
        optional = {
            "model": self._settings.model,
            "quality": self._settings.quality,
            "response_format": dialect.response_format and "b64_json",
            dialect.negative_prompt: request.negative_prompt,
            dialect.seed: request.seed,
            dialect.steps: request.steps,
            dialect.guidance: request.guidance,
        }
        return body | {name: value for name, value in optional.items() if name and value not in (None, "")}

    async def _watched(self, work: Awaitable[T], on_progress: Progress, fraction: float | None) -> T:
        """Run the request and say every second that it still runs: this protocol has no progress of its own."""
        began, task = self._clock.monotonic(), asyncio.ensure_future(work)
        words = f"Waiting for {self._settings.title or self._settings.model or self._settings.name}"
        try:
            await on_progress(ProgressReport(fraction, words))
            while not (await asyncio.wait({task}, timeout=self._heartbeat))[0]:
                elapsed = int(self._clock.monotonic() - began)
                await on_progress(ProgressReport(fraction, f"{words}: {elapsed} s"))
            return await task
        finally:
            # Whoever cancels us, or a progress report that fails, also closes the connection: the only cancel there is.
            task.cancel()

    async def _ask(self, request: ImageRequest) -> list[bytes]:
        cap = request.count * (limits.IMAGE_BYTES * 4 // 3) + limits.BACKEND_ENVELOPE_BYTES
        status, headers, body = await self._exchange("POST", self._settings.endpoint, cap, self._body(request))
        if status != 200:
            self._refuse(status, headers, body)
        answer = await asyncio.to_thread(_json, body)
        items = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(items, list) or len(items) < request.count:
            raise Nonsense("The image backend sent no picture.", f"{self._settings.name}: no data in {body[:200]!r}")
        return [await self._picture(item) for item in items[: request.count]]

    async def _picture(self, item: Any) -> bytes:
        encoded = item.get("b64_json") if isinstance(item, dict) else None
        if isinstance(encoded, str) and encoded:
            data = await asyncio.to_thread(_unbase64, encoded)
        elif isinstance(item, dict) and isinstance(item.get("url"), str):
            data = await self._fetch(item["url"])
        else:
            raise Nonsense("The image backend sent no picture.", f"{self._settings.name}: neither b64_json nor url")
        if sniff(data) not in MEDIA_TYPES:
            raise Nonsense("The image backend sent something else than a picture.", f"begins with {data[:12]!r}")
        if len(data) > limits.IMAGE_BYTES:
            raise Nonsense("The image backend sent too large a picture.", f"{len(data)} bytes")
        return data

    async def _fetch(self, link: str) -> bytes:
        """A picture by address, from the backend's own origin only: it must not send us around the network."""
        url, home = urljoin(self._settings.endpoint, link), urlsplit(self._settings.endpoint)
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc) != (home.scheme, home.netloc):
            raise Nonsense("The image backend points elsewhere for its picture.", f"url at {parts.netloc!r}")
        status, _, body = await self._exchange("GET", url, limits.IMAGE_BYTES, None)
        if status != 200:
            raise Nonsense("The image backend does not hand out its picture.", f"{status} for its url")
        return body

    async def _exchange(self, method: str, url: str, cap: int, body: Any) -> tuple[int, Mapping[str, str], bytes]:
        try:
            async with self._client.stream(method, url, json=body, headers=self._headers) as response:
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise Nonsense("The image backend sent an unusable answer.", "compressed though not asked to")
                cap = cap if response.status_code == 200 else limits.BACKEND_ERROR_BYTES
                received = bytearray()
                async for block in response.aiter_raw():
                    received += block
                    if len(received) > cap:
                        if response.status_code != 200:
                            break
                        raise Nonsense("The image backend sent too large an answer.", f"more than {cap} bytes")
                return response.status_code, response.headers, bytes(received)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            detail = f"{self._settings.name}: {type(error).__name__}: {error}"
            raise Unreachable("The image backend does not answer.", self._redacted(detail)) from error

    def _refuse(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        code, message = _error(body)
        detail = self._redacted(f"{self._settings.name}: {status} {code}: {message}")
        if status in (400, 403, 422) and any(part in code for part in REFUSALS):
            raise Unprocessable("The image backend refused this prompt by its own rules; please change it.", detail)
        if status in (401, 403):
            raise Nonsense("The image backend does not accept the key of this server.", detail)
        if status == 429 and not any(part in code for part in SPENT):
            raise Unreachable("The image backend is busy.", detail, retry_after=_retry_after(headers))
        if status >= 500 or status == 408:
            raise Unreachable("The image backend failed.", detail, retry_after=_retry_after(headers))
        raise Nonsense("The image backend does not accept this request.", detail)

    def _redacted(self, text: str) -> str:
        key = self._settings.api_key
        return (text.replace(key, "[key]") if key else text)[:500]

    async def _finished(self, data: bytes, request: ImageRequest, seconds: float) -> GeneratedImage:
        dialect, negative = self._settings.dialect, request.negative_prompt
        knows_negative = bool(dialect.negative_prompt or dialect.pipe)
        wished = {"steps": request.steps, "guidance": request.guidance, "quality": self._settings.quality or None}
        known = {"steps": dialect.steps, "guidance": dialect.guidance, "quality": "quality"}
        recipe = Recipe(
            generator=self._settings.name,
            version=self._settings.model or "unknown",
            prompt=request.prompt,
            negative_prompt=negative if knows_negative else "",
            seed=request.seed if dialect.seed else None,
            width=request.width,
            height=request.height,
            parameters={name: value for name, value in wished.items() if value is not None and known[name]},
        )
        unused = [
            ("the negative prompt", bool(negative) and not knows_negative),
            ("the seed", request.seed is not None and not dialect.seed),
            ("the style", request.style is not None),
        ]
        notes = tuple(f"Not used, because this backend does not know it: {what}." for what, is_so in unused if is_so)
        return GeneratedImage(data, recipe, await self.card(), notes=notes, seconds=seconds)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Nonsense("The image backend sent an unusable answer.", f"no JSON: {body[:100]!r}") from error


def _unbase64(encoded: str) -> bytes:
    if encoded.startswith("data:image/"):
        encoded = encoded.partition(",")[2]
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Nonsense("The image backend sent an unusable answer.", f"malformed base64: {error}") from error


def _error(body: bytes) -> tuple[str, str]:
    """Code and message of an error in any of the family's shapes; empty when there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return "", repr(body[:200])
    found = found.get("error", found) if isinstance(found, dict) else {}
    if not isinstance(found, dict):
        return "", str(found)[:300]
    code = " ".join(str(found.get(name) or "") for name in ("code", "type")).strip().lower()
    return code[:100], str(found.get("message") or found.get("detail") or "")[:300]


def _retry_after(headers: Mapping[str, str]) -> int | None:
    value = headers.get("retry-after", "")
    return min(int(value), 3600) if value.isascii() and value.isdigit() and len(value) < 10 else None
