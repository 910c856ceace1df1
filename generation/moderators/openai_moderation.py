"""The service kind `openai-moderation`: OpenAI's moderation interface, and servers that speak it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from fediverse_ai.core.clock import Clock
from fediverse_ai.core.errors import FediverseError, Nonsense
from generation.images import sniff
from generation.moderators.service import SENTENCE, Service, Settings, scores_of, settings
from generation.types import Finding, Item, Moderator

PATH = "/moderations"
MODEL = "omni-moderation-latest"
CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm"),
    *("self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic"),
)
OF_PICTURES = (*("self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "violence", "violence/graphic"),)
"""What pictures are scored for; the others come as 0 without having been looked for."""


class OpenAIModeration:
    """Sends text and picture away to be judged: the operator's decision, to be told in the server's policy."""

    def __init__(self, chosen: Settings, service: Service) -> None:
        self.name = chosen.name
        self._model = chosen.model or MODEL
        self._service = service
        self.version = f"openai-moderation-1+{self._model}@{chosen.origin}"

    async def review(self, item: Item) -> Finding:
        """One request with the item's text and picture; whatever is not exactly a judgement is a failed finding."""
        parts: list[dict[str, Any]] = []
        if item.text.strip():
            parts.append({"type": "text", "text": item.text.encode("utf-8", "replace").decode()})
        if item.picture is not None:
            parts.append({"type": "image_url", "image_url": {"url": data_url(item.picture)}})
        if not parts:
            return Finding(self.name, self.version, dict.fromkeys(CATEGORIES, 0.0))
        try:
            answer = await self._service.ask(PATH, {"model": self._model, "input": parts})
            results = answer.get("results")
            if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], dict):
                raise Nonsense(SENTENCE, f"{self.name}: not one result")
            scores = scores_of(results[0].get("category_scores"), CATEGORIES, self.name)
        except FediverseError as error:
            return Finding(self.name, self.version, {}, {"failed": error.detail}, failed=True)
        if not item.text.strip():
            scores = {name: scores[name] for name in OF_PICTURES}
        return Finding(self.name, self.version, scores)

    async def close(self) -> None:
        """Close the connections."""
        await self._service.close()


def data_url(picture: bytes) -> str:
    """An encoded picture as a `data:` address."""
    return f"data:{sniff(picture) or 'image/jpeg'};base64,{base64.b64encode(picture).decode()}"


def create(config: Mapping[str, Any], clock: Clock) -> Moderator:
    """The moderator of `[moderation.services.NAME]` with kind `openai-moderation`. Raises Misconfigured."""
    chosen = settings(config)
    return OpenAIModeration(chosen, Service(chosen, clock))
