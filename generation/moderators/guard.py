"""The service kind `guard`: a guard model behind any OpenAI-compatible chat interface (Llama Guard, ShieldGemma)."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Mapping
from typing import Any

from fediverse_ai.core.clock import Clock
from fediverse_ai.core.errors import FediverseError, Misconfigured, Nonsense
from generation.moderators.openai_moderation import data_url
from generation.moderators.service import SENTENCE, Service, Settings, settings
from generation.types import Finding, Item, Moderator

PATH = "/chat/completions"
NAMED = 0.8
"""What a label without a probability counts as: enough to hold, too little to refuse most things."""
HAZARDS = {
    "S1": "violence",
    "S2": "illicit",
    "S3": "sexual",
    "S4": "sexual/minors",
    "S5": "harassment",
    "S7": "harassment",
    "S8": "ip",
    "S9": "illicit/violent",
    "S10": "hate",
    "S11": "self-harm",
    "S12": "sexual",
    "S13": "election",
    "S14": "illicit",
    "S6": None,
}
"""MLCommons' hazards, which Llama Guard names, in our taxonomy; S6 (specialised advice) is no rule of ours."""
_LABELS = re.compile(r"S\d{1,2}(?:, ?S\d{1,2}){0,13}")
_CONTROL = re.compile(r"<\|[^|<>]{1,40}\|>|</?(?:start|end)_of_turn>|</?s>|\[/?INST\]|<</?SYS>>|<(?:bos|eos)>")
"""Marks by which models tell turns apart: in a judged text they would end its slot."""

POLICIES = {
    "illicit": "No Dangerous Content: the prompt shall not seek instructions or content that harm oneself or others, "
    "such as building weapons, promoting terrorism, or making drugs.",
    "harassment": "No Harassment: the prompt shall not seek content that is malicious, intimidating, bullying or "
    "abusive towards another individual.",
    "hate": "No Hate Speech: the prompt shall not seek content that targets identity or protected attributes, "
    "dehumanises, or calls for violence or discrimination against protected groups.",
    "sexual": "No Sexually Explicit Information: the prompt shall not seek content with references to sexual acts or "
    "other lewd content.",
}
PICTURE_POLICIES = {
    "sexual": "No Sexually Explicit content: the image shall not contain depictions of explicit or graphic sexual "
    "acts, or of nudity.",
    "violence/graphic": "No Violence/Gore content: the image shall not contain content that depicts shocking, "
    "sensational, or gratuitous violence.",
    "illicit": "No Dangerous Content: the image shall not contain content that facilitates or encourages activities "
    "that could cause real-world harm.",
}


class Guard:
    """Asks a guard model. Its words are read by a strict grammar into scores; it decides nothing itself."""

    def __init__(self, chosen: Settings, service: Service) -> None:
        if not chosen.model:
            raise Misconfigured(f"moderation.services.{chosen.name}.model: say which guard model to ask.")
        self.name = chosen.name
        self._format = chosen.option("format", "llama-guard", "shieldgemma")
        self._model = chosen.model
        self._service = service
        self.version = f"guard-1+{self._format}+{chosen.model}@{chosen.origin}"

    async def review(self, item: Item) -> Finding:
        """Score the item. Llama Guard reads texts only: its makers say that it is not for generated pictures."""
        try:
            scores = await (self._llama(item) if self._format == "llama-guard" else self._gemma(item))
        except FediverseError as error:
            return Finding(self.name, self.version, {}, {"failed": error.detail}, failed=True)
        return Finding(self.name, self.version, scores)

    async def close(self) -> None:
        """Close the connections."""
        await self._service.close()

    async def _llama(self, item: Item) -> dict[str, float]:
        scores = dict.fromkeys((name for name in HAZARDS.values() if name is not None), 0.0)
        if not item.text.strip():
            return scores if item.picture is None else {}
        words = (await self._say([{"type": "text", "text": slot(item.text)}], 20))[0]
        verdict, _, labels = words.strip().partition("\n")
        if verdict.strip() == "safe" and not labels.strip():
            return scores
        if verdict.strip() != "unsafe" or not _LABELS.fullmatch(labels.strip()):
            raise Nonsense(SENTENCE, f"{self.name}: neither safe nor unsafe with labels")
        for label in re.split(r", ?", labels.strip()):
            if label not in HAZARDS:
                raise Nonsense(SENTENCE, f"{self.name}: unknown label")
            if (category := HAZARDS[label]) is not None:
                scores[category] = NAMED
        return scores

    async def _gemma(self, item: Item) -> dict[str, float]:
        asked: list[tuple[str, list[dict[str, Any]]]] = []
        if item.text.strip():
            asked += [(name, [{"type": "text", "text": question(item.text, rule)}]) for name, rule in POLICIES.items()]
        if item.picture is not None:
            picture = {"type": "image_url", "image_url": {"url": data_url(item.picture)}}
            for name, rule in PICTURE_POLICIES.items():
                asked.append((name, [picture, {"type": "text", "text": question(None, rule)}]))
        found = await asyncio.gather(*(self._yes(content) for _, content in asked))
        scores: dict[str, float] = {} if asked else dict.fromkeys(POLICIES, 0.0)
        for (name, _), score in zip(asked, found, strict=True):
            scores[name] = max(score, scores.get(name, 0.0))
        return scores

    async def _yes(self, content: list[dict[str, Any]]) -> float:
        """How sure the model is of Yes, from the chances of its first token where the server tells them."""
        words, chances = await self._say(content, 1, logprobs=True)
        chance = {"yes": 0.0, "no": 0.0}
        for token, logarithm in chances:
            if token.strip().lower() in chance:
                chance[token.strip().lower()] += math.exp(min(0.0, logarithm))
        said = words.strip().lower()
        if said not in chance:
            raise Nonsense(SENTENCE, f"{self.name}: neither Yes nor No")
        if (both := chance["yes"] + chance["no"]) > 0:
            return chance["yes"] / both
        return NAMED if said == "yes" else 0.0

    async def _say(
        self, content: list[dict[str, Any]], tokens: int, *, logprobs: bool = False
    ) -> tuple[str, list[tuple[str, float]]]:
        """The model's words, and the tokens that it might have begun with. Raises Unreachable, Nonsense."""
        plain = content[0]["text"] if len(content) == 1 else content
        asked = {"model": self._model, "messages": [{"role": "user", "content": plain}], "max_tokens": tokens}
        asked |= {"temperature": 0, "n": 1, "stream": False} | (
            {"logprobs": True, "top_logprobs": 20} if logprobs else {}
        )
        answer = await self._service.ask(PATH, asked)
        try:
            (choice,) = answer["choices"]
            words = choice["message"]["content"]
            told = ((choice.get("logprobs") or {}).get("content") or [{}])[0].get("top_logprobs") or []
            chances = [(str(one["token"]), float(one["logprob"])) for one in told]
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Nonsense(SENTENCE, f"{self.name}: no completion: {type(error).__name__}") from error
        if not isinstance(words, str) or any(math.isnan(chance) for _, chance in chances):
            raise Nonsense(SENTENCE, f"{self.name}: no words")
        return words, chances


def slot(text: str) -> str:
    """A judged text as it may stand in a model's input: without marks that would end its turn."""
    clean = text.encode("utf-8", "replace").decode()
    while (shorter := _CONTROL.sub(" ", clean)) != clean:
        clean = shorter
    return clean


def question(text: str | None, rule: str) -> str:
    """ShieldGemma's question about one policy; about a text, or about the picture that comes with it."""
    if text is None:
        what, about, whose = "an image", "", "image"
    else:
        what, whose = "a user prompt", "human question"
        about = f"<start_of_turn>\nHuman Question: {slot(text).strip()}\n<end_of_turn>\n\n"
    return (
        f"You are a policy expert trying to help determine whether {what} is in violation of the defined safety "
        f"policies.\n\n{about}Our safety principle is defined in the below:\n\n* {rule}\n\n"
        f"Does the {whose} violate the above principle? Your answer must start with 'Yes' or 'No'."
    )


def create(config: Mapping[str, Any], clock: Clock) -> Moderator:
    """The moderator of `[moderation.services.NAME]` with kind `guard`. Option `format`. Raises Misconfigured."""
    chosen = settings(config, "format")
    return Guard(chosen, Service(chosen, clock))
