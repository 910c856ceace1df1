"""A service elsewhere that is asked for a judgement: one capped, timed client with a circuit, and nothing believed."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx2

from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.errors import Misconfigured, Nonsense, Unreachable

CONNECT_SECONDS = 5.0
SENTENCE = "A check that this server asks for did not answer as it must."


@dataclass(frozen=True, slots=True)
class Settings:
    """One `[moderation.services.NAME]`, checked; `origin` is the address without a trailing slash."""

    name: str
    origin: str
    model: str = ""
    api_key: str = field(default="", repr=False)
    timeout_seconds: float = 20.0
    options: Mapping[str, Any] = field(default_factory=dict)

    def option(self, name: str, *choices: str) -> str:
        """One of the choices, the first by default. Raises Misconfigured."""
        value = str(self.options.get(name, choices[0]))
        if value not in choices:
            raise Misconfigured(f"moderation.services.{self.name}.options.{name}: must be one of {', '.join(choices)}.")
        return value


def settings(config: Mapping[str, Any], *known: str) -> Settings:
    """Check `name, url, model, api_key, timeout_seconds, options`; `known` are the options. Raises Misconfigured."""
    key = f"moderation.services.{config['name']}"
    options = dict(config.get("options") or {})
    if unknown := sorted(options.keys() - set(known)):
        raise Misconfigured(f"{key}.options: {unknown[0]!r} is not known; known are {', '.join(known) or 'none'}.")
    parts = urlsplit(str(config.get("url") or ""))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise Misconfigured(f"{key}.url: must be an address like http://127.0.0.1:11434.")
    if parts.username or parts.password:
        raise Misconfigured(f"{key}.url: must not hold a password; use api_key or api_key_file.")
    return Settings(
        name=str(config["name"]),
        origin=f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}",
        model=str(config.get("model") or ""),
        api_key=str(config.get("api_key") or ""),
        timeout_seconds=float(config.get("timeout_seconds") or 20.0),
        options=options,
    )


class Service:
    """One client for one address: no proxies from the environment, no redirects, no cookies kept.

    The server's own client is not used: it refuses private addresses, and where a judge lives is the operator's
    decision. After several failures in a row nobody is asked for a while, so that posts are held at once, not late.
    """

    def __init__(self, chosen: Settings, clock: Clock) -> None:
        self._chosen = chosen
        self._clock = clock
        self._failures = 0
        self._open_until = -math.inf
        headers = {"Accept-Encoding": "identity", "User-Agent": "fediverse-ai"}
        if chosen.api_key:
            headers["Authorization"] = f"Bearer {chosen.api_key}"
        self._client = httpx2.AsyncClient(
            headers=headers,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(chosen.timeout_seconds, connect=CONNECT_SECONDS),
        )

    async def ask(self, path: str, question: Mapping[str, Any]) -> dict[str, Any]:
        """POST `question` as JSON and give the answer, a JSON object.

        Raises Unreachable (network, late, the circuit is open, a status that may heal) and Nonsense (any other).
        """
        if self._clock.monotonic() < self._open_until:
            raise Unreachable(SENTENCE, f"{self._chosen.name}: not asked again yet after {self._failures} failures")
        try:
            async with asyncio.timeout(self._chosen.timeout_seconds):
                answer = await self._post(path, question)
        except TimeoutError as error:
            self._failed()
            raise Unreachable(SENTENCE, f"{self._chosen.name}: over {self._chosen.timeout_seconds} s") from error
        except (Unreachable, Nonsense):
            self._failed()
            raise
        self._failures = 0
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _post(self, path: str, question: Mapping[str, Any]) -> dict[str, Any]:
        name = self._chosen.name
        body = bytearray()
        try:
            async with self._client.stream("POST", self._chosen.origin + path, json=dict(question)) as response:
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) > limits.JUDGE_ANSWER_BYTES:
                        raise Nonsense(SENTENCE, f"{name}: more than {limits.JUDGE_ANSWER_BYTES} bytes")
        except httpx2.HTTPError as error:
            raise Unreachable(SENTENCE, f"{name}: {type(error).__name__}: {error}") from error
        if response.status_code != 200:
            # What it says of its refusal is not logged: it may repeat the key or the text.
            kind = Unreachable if response.status_code in (429, 500, 502, 503, 504) else Nonsense
            raise kind(SENTENCE, f"{name}: status {response.status_code}")
        return read(bytes(body), name)

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= limits.JUDGE_FAILURES:
            self._open_until = self._clock.monotonic() + limits.JUDGE_REST_SECONDS


def read(body: bytes | str, name: str) -> dict[str, Any]:
    """A JSON object, without NaN and infinities. Raises Nonsense."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    try:
        answer = json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Nonsense(SENTENCE, f"{name}: no JSON: {type(error).__name__}") from error
    if not isinstance(answer, dict):
        raise Nonsense(SENTENCE, f"{name}: {type(answer).__name__} instead of an object")
    return answer


def scores_of(value: Any, names: tuple[str, ...], who: str, *, exactly: bool = False) -> dict[str, float]:
    """The named scores, each a number in 0…1; with `exactly` there may be no others. Raises Nonsense."""
    if not isinstance(value, dict) or not set(names) <= value.keys() or (exactly and len(value) != len(names)):
        raise Nonsense(SENTENCE, f"{who}: other labels than expected")
    found: dict[str, float] = {}
    for name in names:
        score = value[name]
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
            raise Nonsense(SENTENCE, f"{who}: {name} is no score")
        found[name] = float(score)
    return found
