"""What all backends behind HTTP share: one capped and timed client, errors told alike, a card from configuration."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import httpx2

from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.errors import Misconfigured, Nonsense, Unprocessable, Unreachable
from generation.images import sniff
from generation.types import Capabilities, ImageRequest, ModelCard, Progress, ProgressReport

MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp")
SEED_LIMIT = 2**31
"""Below this every backend takes a seed."""
CONNECT_SECONDS = 10.0
HEARTBEAT_SECONDS = 1.0

REFUSALS = ("moderation", "content_policy", "content_filter", "contentfilter", "safety")
"""Parts of the codes with which backends refuse a prompt: `moderation_blocked`, `content_policy_violation`, …"""
SPENT = ("insufficient_quota", "billing_hard_limit_reached")
"""Codes that come as 429 but do not heal by waiting."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class About:
    """What configuration says of one backend, whatever its kind: the keys of `[generation.backends.NAME]`."""

    name: str
    model: str = ""
    title: str = ""
    licence: str = ""
    homepage: str = ""
    data_sources: str = ""
    sha256: str = ""
    timeout_seconds: float = 300.0
    api_key: str = field(default="", repr=False)

    @property
    def called(self) -> str:
        """What people are told that it is."""
        return self.title or self.model or self.name

    def card(self, capabilities: Capabilities, version: str = "") -> ModelCard:
        """What is known by configuration; the address of the backend is not told."""
        return ModelCard(
            name=self.name,
            version=version or self.model or "unknown",
            title=self.called,
            digital_source_type="trainedAlgorithmicMedia",
            disclosure=f"Drawn by {self.called}, a trained image model, from the prompt.",
            licence=self.licence,
            homepage=self.homepage,
            sha256=self.sha256,
            data_sources=self.data_sources,
            capabilities=capabilities,
        )


def about(config: Mapping[str, Any], kind: str) -> About:
    """The common part of a backend's configuration; `kind` names it where it has no name."""
    texts = ("model", "title", "licence", "homepage", "data_sources", "sha256", "api_key")
    return About(
        name=str(config.get("name") or kind),
        timeout_seconds=float(config.get("timeout_seconds") or 300.0),
        **{name: str(config.get(name) or "") for name in texts},
    )


def options_of(config: Mapping[str, Any], known: set[str]) -> tuple[str, dict[str, Any]]:
    """The key of the section for errors, and its options. Raises Misconfigured for one that is not `known`."""
    key = f"generation.backends.{config.get('name') or config.get('kind')}"
    options = dict(config.get("options") or {})
    if unknown := sorted(options.keys() - known):
        raise Misconfigured(f"{key}.options: {unknown[0]!r} is not known; known are {', '.join(sorted(known))}.")
    return key, options


def base_url(url: str, key: str, example: str) -> str:
    """The address without a trailing slash. Raises Misconfigured naming the key."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise Misconfigured(f"{key}: must be an address like {example}.")
    if parts.username or parts.password:
        raise Misconfigured(f"{key}: must not hold a password; use api_key or api_key_file.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A backend's answer: its body is complete when the status was expected, else the beginning of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """One client for one backend: no proxies from the environment, no redirects, capped, timed, secrets unsaid.

    The server's own client is not used: it refuses private addresses, and where a backend lives is the operator's
    decision.
    """

    def __init__(self, about: About) -> None:
        self._about = about
        key = about.api_key
        self.headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._client = httpx2.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(about.timeout_seconds, connect=CONNECT_SECONDS),
        )

    async def exchange(
        self, method: str, url: str, cap: int, *, expected: Sequence[int] = (200,), **content: Any
    ) -> Answer:
        """One request; `content` is `json`, or `data` and `files`. `cap`: bytes of the body of an expected status.

        Raises Unreachable when nobody answers, Nonsense for an answer that is compressed or too large.
        """
        try:
            async with self._client.stream(method, url, headers=self.headers, **content) as response:
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise Nonsense("The image backend sent an unusable answer.", "compressed though not asked to")
                good = response.status_code in expected
                most = cap if good else limits.BACKEND_ERROR_BYTES
                received = bytearray()
                async for block in response.aiter_raw():
                    received += block
                    if len(received) > most:
                        if not good:
                            break
                        raise Nonsense("The image backend sent too large an answer.", f"more than {most} bytes")
                return Answer(response.status_code, response.headers, bytes(received))
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise self.silent(error) from error

    async def json(
        self, method: str, url: str, cap: int, *, expected: Sequence[int] = (200,), **content: Any
    ) -> tuple[int, Any]:
        """Status and parsed body of an expected answer; raises what `refuse` says for any other."""
        answer = await self.exchange(method, url, cap, expected=expected, **content)
        if answer.status not in expected:
            self.refuse(answer)
        return answer.status, await asyncio.to_thread(parsed, answer.body)

    def silent(self, error: Exception) -> Unreachable:
        """The error for a connection that broke or never was."""
        detail = f"{self._about.name}: {type(error).__name__}: {error}"
        return Unreachable("The image backend does not answer.", self.redacted(detail))

    def refuse(self, answer: Answer) -> NoReturn:
        """Raise what an unexpected status means: Unprocessable, Unreachable or Nonsense."""
        code, message = error_of(answer.body)
        status, headers = answer.status, answer.headers
        detail = self.redacted(f"{self._about.name}: {status} {code}: {message}")
        if status in (400, 403, 422) and any(part in code for part in REFUSALS):
            raise Unprocessable("The image backend refused this prompt by its own rules; please change it.", detail)
        if status in (401, 403):
            raise Nonsense("The image backend does not accept the key of this server.", detail)
        if status == 429 and not any(part in code for part in SPENT):
            raise Unreachable("The image backend is busy.", detail, retry_after=_retry_after(headers))
        if status >= 500 or status == 408:
            raise Unreachable("The image backend failed.", detail, retry_after=_retry_after(headers))
        raise Nonsense("The image backend does not accept this request.", detail)

    def redacted(self, text: str) -> str:
        """The text without the key, and short."""
        key = self._about.api_key
        return (text.replace(key, "[key]") if key else text)[:500]

    async def close(self) -> None:
        await self._client.aclose()


async def watched(
    work: Awaitable[T], on_progress: Progress, words: str, fraction: float | None, clock: Clock, heartbeat: float
) -> T:
    """Run one request and say every moment that it still runs: for protocols without a progress of their own.

    Whoever cancels this, or a progress report that fails, also closes the connection: the only cancel there is.
    """
    began, task = clock.monotonic(), asyncio.ensure_future(work)
    try:
        await on_progress(ProgressReport(fraction, words))
        while not (await asyncio.wait({task}, timeout=heartbeat))[0]:
            elapsed = int(clock.monotonic() - began)
            await on_progress(ProgressReport(fraction, f"{words}: {elapsed} s"))
        return await task
    finally:
        task.cancel()


def first_seed(request: ImageRequest, clock: Clock) -> int:
    """The seed of the first picture, chosen where none is wished; others count up from it, below SEED_LIMIT."""
    seed = request.seed if request.seed is not None else int(clock.uniform(0, SEED_LIMIT - limits.POST_IMAGES))
    return seed % SEED_LIMIT


def unused(request: ImageRequest, can: Capabilities) -> tuple[str, ...]:
    """One sentence for each wish that a generator with these capabilities does not fulfil."""
    wishes = (
        ("the negative prompt", bool(request.negative_prompt) and not can.negative_prompt),
        ("the seed", request.seed is not None and not can.seed),
        ("the steps", request.steps is not None and not can.steps),
        ("the guidance", request.guidance is not None and not can.guidance),
        ("the size", not can.size),
        ("the style", request.style is not None and request.style not in can.styles),
        ("the strength", request.strength is not None and request.source is not None and not can.strength),
    )
    return tuple(f"Not used, because this backend does not know it: {wish}." for wish, is_so in wishes if is_so)


def nearest(sizes: Sequence[tuple[int, int]], width: int, height: int) -> tuple[int, int]:
    """Of the sizes that a backend makes the one whose shape, then whose area is nearest; the wish where it has none."""

    def distance(size: tuple[int, int]) -> tuple[float, int]:
        wanted, other = width / height, size[0] / size[1]
        return max(wanted, other) / min(wanted, other), abs(size[0] * size[1] - width * height)

    return min(sizes, key=distance, default=(width, height))


def sizes_of(text: str) -> tuple[tuple[int, int], ...]:
    """`1024x1024 1536x1024` as numbers. Raises ValueError."""
    found = []
    for part in text.split():
        width, _, height = part.partition("x")
        found.append((int(width), int(height)))
        if min(found[-1]) < 1:
            raise ValueError("a side of no pixels")
    return tuple(found)


def parsed(body: bytes, expected: Callable[[Any], bool] = lambda value: isinstance(value, dict)) -> Any:
    """JSON of a backend. Raises Nonsense."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Nonsense("The image backend sent an unusable answer.", f"no JSON: {body[:100]!r}") from error
    if not expected(value):
        raise Nonsense("The image backend sent an unusable answer.", f"not the expected JSON: {body[:100]!r}")
    return value


async def decoded(encoded: Any) -> bytes:
    """A picture from base64 or from a data: address. Raises Nonsense."""
    if not isinstance(encoded, str) or not encoded:
        raise Nonsense("The image backend sent no picture.", f"{type(encoded).__name__} instead of base64")
    return picture(await asyncio.to_thread(_unbase64, encoded))


def picture(data: bytes) -> bytes:
    """The bytes, when they begin like a picture and are not too many. Raises Nonsense."""
    if sniff(data) not in MEDIA_TYPES:
        raise Nonsense("The image backend sent something else than a picture.", f"begins with {data[:12]!r}")
    if len(data) > limits.IMAGE_BYTES:
        raise Nonsense("The image backend sent too large a picture.", f"{len(data)} bytes")
    return data


def base64_cap(count: int) -> int:
    """Bytes that an answer with `count` pictures in base64 may have."""
    return count * (limits.IMAGE_BYTES * 4 // 3) + limits.BACKEND_ENVELOPE_BYTES


def error_of(body: bytes) -> tuple[str, str]:
    """Code and message of an error in any of the shapes that backends use; empty when there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return "", repr(body[:200])
    found = found.get("error", found) if isinstance(found, dict) else {}
    if not isinstance(found, dict):
        return "", str(found)[:300]
    code = " ".join(str(found.get(name) or "") for name in ("code", "type")).strip().lower()
    return code[:100], str(found.get("message") or found.get("detail") or "")[:300]


def _unbase64(encoded: str) -> bytes:
    if encoded.startswith("data:image/"):
        encoded = encoded.partition(",")[2]
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Nonsense("The image backend sent an unusable answer.", f"malformed base64: {error}") from error


def _retry_after(headers: Mapping[str, str]) -> int | None:
    value = headers.get("retry-after", "")
    return min(int(value), 3600) if value.isascii() and value.isdigit() and len(value) < 10 else None
