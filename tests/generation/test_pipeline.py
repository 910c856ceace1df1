"""The pipeline: requests and answers are checked, every moderator is isolated, and nothing unjudged is allowed."""

from __future__ import annotations

import asyncio
import hashlib
import io
import math
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from fediverse_ai.core import limits
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Backend, Config, GenerationSection, ModerationSection
from fediverse_ai.core.database import Database
from fediverse_ai.core.errors import Misconfigured, Nonsense, Unprocessable, Unreachable
from generation import images, plugins, provenance
from generation.pipeline import Engine, Pipeline, build_pipeline, digests_of, text_digest
from generation.policy import load_policy
from generation.sandbox import Sandbox
from generation.types import (
    Decision,
    Finding,
    GeneratedImage,
    ImageRequest,
    Item,
    ModelCard,
    Moderator,
    Progress,
    ProgressReport,
    Recipe,
)

POLICY = """
version = "t1"
unjudged = "A person looks at it first."
signals = { youth = "young" }

[stages.prompt.required]
words = ["hate"]
[stages.text.required]
words = ["hate"]
[stages.picture.required]
[stages.upload.required]
[stages.remote.required]

[categories.hate]
title = "Hate"
reason = "No hate here."
thresholds = { hold = 0.5, refuse = 0.9 }

[categories.sexual]
title = "Sexual"
reason = "Nothing sexual."
thresholds = { hold = 0.6 }

[categories."sexual/minors"]
title = "Minors"
reason = "Never."
thresholds = { refuse = 0.5 }

[[combinations]]
category = "sexual/minors"
all = { youth = 0.3, sexual = 0.3 }
decision = "refuse"
"""

CARD = ModelCard("t", "1", "T", "algorithmicMedia", "A test.")


def png(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


class Words:
    """A moderator that finds what the text names: `hate=0.7 youth=0.4`."""

    name = "words"
    version = "1"

    def __init__(self) -> None:
        self.closed = False

    async def review(self, item: Item) -> Finding:
        scores = {"hate": 0.0} | {key: float(value) for key, _, value in (w.partition("=") for w in item.text.split())}
        return Finding(self.name, self.version, scores, {"hate": "x" * 5_000})

    async def close(self) -> None:
        self.closed = True


class Odd:
    """A moderator that does whatever the test wants."""

    name = "odd"
    version = "1"

    def __init__(self, act: Callable[[Item], Awaitable[Any]]) -> None:
        self._act = act

    async def review(self, item: Item) -> Finding:
        return await self._act(item)  # type: ignore[no-any-return]

    async def close(self) -> None:
        pass


class Maker:
    """A generator that does whatever the test wants."""

    def __init__(self, act: Callable[[ImageRequest, Progress], Awaitable[Any]] | None = None, card: ModelCard = CARD):
        self._act = act
        self._card = card
        self.asked = 0
        self.closed = False

    async def card(self) -> ModelCard:
        self.asked += 1
        return self._card

    async def generate(self, request: ImageRequest, on_progress: Progress) -> list[GeneratedImage]:
        if self._act:
            return await self._act(request, on_progress)  # type: ignore[no-any-return]
        return [image(request, self._card)] * request.count

    async def close(self) -> None:
        self.closed = True


def image(request: ImageRequest, card: ModelCard = CARD, data: bytes | None = None) -> GeneratedImage:
    recipe = Recipe("t", "1", request.prompt, "", 1, request.width, request.height)
    return GeneratedImage(png() if data is None else data, recipe, card)


def build(tmp_path: Path, *moderators: Moderator, maker: Maker | None = None, seconds: float = 5.0) -> Pipeline:
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    engines = {"t": Engine(maker or Maker(), seconds)}
    return Pipeline(engines, "t", moderators or (Words(),), load_policy(path), Sandbox(), SystemClock(), 0.3)


async def silent(report: ProgressReport) -> None:
    pass


ASK = ImageRequest("a lighthouse", width=64, height=64)


# --- judging


@pytest.mark.parametrize(
    ("text", "decision", "rule"),
    [
        ("hate=0.1", Decision.ALLOW, None),
        ("hate=0.5", Decision.HOLD, "hate"),
        ("hate=0.95", Decision.REFUSE, "hate"),
        ("youth=0.4 sexual=0.4", Decision.REFUSE, "sexual/minors"),
    ],
)
async def test_the_policy_decides(tmp_path: Path, text: str, decision: Decision, rule: str | None) -> None:
    verdict = await build(tmp_path).review(Item("prompt", text))
    assert (verdict.decision, verdict.rule) == (decision, rule)
    assert bool(verdict.reason) == (decision is not Decision.ALLOW)
    assert verdict.digests == ("text:" + hashlib.sha256(text.encode()).hexdigest(),)
    assert all(len(words) <= limits.EVIDENCE_CHARS for f in verdict.findings for words in f.evidence.values())


async def test_strictest_of_several_items_wins_and_rules_look_across_them(tmp_path: Path) -> None:
    pipeline = build(tmp_path)
    picture = Item("picture", "sexual=0.4", picture=png())
    both = await pipeline.review_all([Item("prompt", "youth=0.4"), picture])
    assert (both.decision, both.rule) == (Decision.REFUSE, "sexual/minors")
    assert (await pipeline.review(picture)).decision is Decision.ALLOW
    held = await pipeline.review_all([Item("text", "hate=0.1"), Item("text", "hate=0.6"), Item("text", "hate=0.2")])
    assert held.decision is Decision.HOLD
    assert len(held.digests) == 3
    assert len(held.findings) == 3


async def test_digests_are_of_the_very_bytes_and_words(tmp_path: Path) -> None:
    data = png("blue")
    verdict = await build(tmp_path).review_all(
        [Item("picture", picture=data), Item("text", "hate=0"), Item("text", "")]
    )
    assert verdict.digests == (hashlib.sha256(data).hexdigest(), text_digest("hate=0"), text_digest(""))
    assert digests_of(Item("picture", "alt", data)) == [hashlib.sha256(data).hexdigest(), text_digest("alt")]
    with pytest.raises(ValueError, match="not the bytes"):
        digests_of(Item("picture", picture=data, picture_sha256="0" * 64))


async def raises(item: Item) -> Any:
    raise RuntimeError("boom")


async def hangs(item: Item) -> Any:
    await asyncio.sleep(3600)


async def cancels(item: Item) -> Any:
    raise asyncio.CancelledError


async def admits_failure(item: Item) -> Any:
    return Finding("odd", "1", {}, failed=True)


def answers(value: Any) -> Callable[[Item], Awaitable[Any]]:
    async def act(item: Item) -> Any:
        return value

    return act


FAILURES = {
    "raises": raises,
    "hangs": hangs,
    "cancels itself": cancels,
    "says it failed": admits_failure,
    "None": answers(None),
    "a verdict": answers(Decision.ALLOW),
    "NaN": answers(Finding("odd", "1", {"hate": math.nan})),
    "infinite": answers(Finding("odd", "1", {"hate": math.inf})),
    "negative": answers(Finding("odd", "1", {"hate": -0.1})),
    "above one": answers(Finding("odd", "1", {"hate": 1.01})),
    "a word": answers(Finding("odd", "1", {"hate": "0"})),
    "True": answers(Finding("odd", "1", {"hate": True})),
    "unknown category": answers(Finding("odd", "1", {"no-such-thing": 0.0})),
    "scores of another shape": answers(Finding("odd", "1", [("hate", 0.0)])),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_moderator_that_fails_means_hold(tmp_path: Path, failure: str) -> None:
    pipeline = build(tmp_path, Words(), Odd(FAILURES[failure]))
    verdict = await pipeline.review(Item("prompt", "hate=0"))
    assert (verdict.decision, verdict.rule) == (Decision.HOLD, "unjudged")
    # The others judge all the same, and may be stricter.
    assert (await pipeline.review(Item("prompt", "hate=1"))).decision is Decision.REFUSE


async def test_a_required_moderator_that_is_not_there_means_hold(tmp_path: Path) -> None:
    pipeline = build(tmp_path, Odd(answers(Finding("odd", "1", {}))))
    assert (await pipeline.review(Item("prompt", "x"))).decision is Decision.HOLD


async def test_a_moderator_cannot_speak_for_another(tmp_path: Path) -> None:
    pipeline = build(tmp_path, Odd(answers(Finding("words", "1", {"hate": 0.0}))))
    verdict = await pipeline.review(Item("prompt", "x"))
    assert verdict.findings[0].moderator == "odd"
    assert verdict.decision is Decision.HOLD


async def test_cancelling_a_review_cancels_it(tmp_path: Path) -> None:
    task = asyncio.create_task(build(tmp_path, Odd(hangs)).review(Item("prompt", "x")))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_nothing_to_judge_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing"):
        await build(tmp_path).review_all([])


async def test_policy_version_changes_with_the_file_and_with_the_judges(tmp_path: Path) -> None:
    one, other = Words(), Words()
    other.version = "2"
    first = build(tmp_path, one).policy_version
    assert first == build(tmp_path, one).policy_version
    assert first != build(tmp_path, other).policy_version
    assert first != build(tmp_path, one, Odd(raises)).policy_version
    assert (await build(tmp_path, one).review(Item("text", "x=0"))).policy_version == first


# --- making


@pytest.mark.parametrize(
    "bad",
    [
        {"prompt": ""},
        {"prompt": " \n\t"},
        {"prompt": "x" * (limits.PROMPT_CHARS + 1)},
        {"prompt": "x" * 10_000},
        {"negative_prompt": "x" * (limits.PROMPT_CHARS + 1)},
        {"count": 0},
        {"count": limits.POST_IMAGES + 1},
        {"width": limits.PICTURE_SIDE_MIN_PIXELS - 1},
        {"height": limits.PICTURE_SIDE_MAX_PIXELS + 1},
        {"seed": -1},
        {"seed": limits.SEED_LIMIT},
        {"steps": 0},
        {"steps": limits.STEPS_MAX + 1},
        {"guidance": -0.1},
        {"guidance": math.nan},
        {"style": "x" * 61},
    ],
)
async def test_bad_requests_get_a_sentence_and_reach_no_generator(tmp_path: Path, bad: dict[str, Any]) -> None:
    async def never(request: ImageRequest, on_progress: Progress) -> Any:
        raise AssertionError("asked")

    with pytest.raises(Unprocessable) as caught:
        await build(tmp_path, maker=Maker(never)).generate(replace(ASK, **bad), None, silent)
    assert caught.value.public.endswith(".")


@pytest.mark.parametrize(
    "edge",
    [
        {"prompt": "x" * limits.PROMPT_CHARS},
        {"count": limits.POST_IMAGES},
        {"width": limits.PICTURE_SIDE_MIN_PIXELS, "height": limits.PICTURE_SIDE_MAX_PIXELS},
        {"seed": limits.SEED_LIMIT - 1},
        {"steps": limits.STEPS_MAX},
        {"guidance": limits.GUIDANCE_MAX},
    ],
)
async def test_requests_at_the_bounds_are_made(tmp_path: Path, edge: dict[str, Any]) -> None:
    request = replace(ASK, **edge)
    made = await build(tmp_path).generate(request, "t", silent)
    assert len(made) == request.count
    assert all(one.seconds > 0 for one in made)


async def test_an_unknown_generator_is_named_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(Unprocessable, match="nope") as caught:
        await build(tmp_path).generate(ASK, "nope", silent)
    assert "t." in caught.value.public


def makes(*data: bytes, card: ModelCard = CARD) -> Callable[[ImageRequest, Progress], Awaitable[Any]]:
    async def act(request: ImageRequest, on_progress: Progress) -> Any:
        return [image(request, card, one) for one in data]

    return act


@pytest.mark.parametrize(
    "act",
    [
        makes(),
        makes(png(), png()),
        makes(b""),
        makes(b"<svg/>"),
        makes(b"GIF89a" + b"\0" * 30),
        makes(png() + b"\0" * limits.IMAGE_BYTES),
        makes(png(), card=replace(CARD, digital_source_type="digitalCapture/../x")),
    ],
)
async def test_absurd_answers_of_a_generator_are_nonsense(tmp_path: Path, act: Any) -> None:
    with pytest.raises(Nonsense):
        await build(tmp_path, maker=Maker(act)).generate(ASK, None, silent)


async def test_a_generator_that_is_late_is_stopped(tmp_path: Path) -> None:
    stopped = asyncio.Event()

    async def slow(request: ImageRequest, on_progress: Progress) -> Any:
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.set()

    with pytest.raises(Unreachable):
        await build(tmp_path, maker=Maker(slow), seconds=0.05).generate(ASK, None, silent)
    assert stopped.is_set()


async def test_progress_never_falls_and_stays_in_bounds(tmp_path: Path) -> None:
    async def jumpy(request: ImageRequest, on_progress: Progress) -> Any:
        for fraction in (0.2, None, 0.1, 7.0, math.nan, -1.0):
            await on_progress(ProgressReport(fraction, "w" * 900))
        return [image(request)]

    seen: list[ProgressReport] = []

    async def note(report: ProgressReport) -> None:
        seen.append(report)

    await build(tmp_path, maker=Maker(jumpy)).generate(ASK, None, note)
    assert [report.fraction for report in seen] == [0.2, None, 0.2, 1.0, 1.0, 1.0]
    assert all(len(report.words) <= limits.PROGRESS_CHARS for report in seen)


async def test_everything_that_a_backend_tells_is_passed_on(tmp_path: Path) -> None:
    told = ProgressReport(0.5, "drawing", place=2, step=3, steps=6, preview=b"half", handle=(0, "job_7"))

    async def telling(request: ImageRequest, on_progress: Progress) -> Any:
        await on_progress(told)
        return [image(request)]

    seen: list[ProgressReport] = []

    async def note(report: ProgressReport) -> None:
        seen.append(report)

    await build(tmp_path, maker=Maker(telling)).generate(ASK, None, note)
    assert seen == [told]


async def test_one_picture_at_a_time_for_each_generator(tmp_path: Path) -> None:
    running, most = 0, 0

    async def counted(request: ImageRequest, on_progress: Progress) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return [image(request)]

    seen: list[ProgressReport] = []

    async def note(report: ProgressReport) -> None:
        seen.append(report)

    pipeline = build(tmp_path, maker=Maker(counted))
    await asyncio.gather(*(pipeline.generate(ASK, None, note) for _ in range(5)))
    assert most == 1
    assert [report.words for report in seen] == ["Waiting for the pictures before this one"] * 4


async def test_nothing_happens_inside_a_transaction(tmp_path: Path) -> None:
    pipeline = build(tmp_path)
    database = await Database.open(Config(data_dir=tmp_path), SystemClock())
    try:
        async with database.write():
            with pytest.raises(RuntimeError, match="transaction"):
                await pipeline.generate(ASK, None, silent)
            with pytest.raises(RuntimeError, match="transaction"):
                await pipeline.review(Item("text", "x"))
    finally:
        await database.close()


# --- cards, life, configuration


async def test_cards_are_asked_for_once_and_checked(tmp_path: Path) -> None:
    maker = Maker()
    pipeline = build(tmp_path, maker=maker)
    await pipeline.start()
    assert await pipeline.cards() == {"t": CARD}
    assert maker.asked == 1
    wrong = build(tmp_path, maker=Maker(card=replace(CARD, digital_source_type="photo graph")))
    with pytest.raises(Misconfigured, match="model card"):
        await wrong.start()


async def test_closing_closes_everything(tmp_path: Path) -> None:
    maker, words = Maker(), Words()
    pipeline = build(tmp_path, words, maker=maker)
    await pipeline.close()
    assert maker.closed
    assert words.closed


def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ModuleType("test_plugin_module")
    found.make = lambda config, http: Maker(card=replace(CARD, name=config["name"]))  # type: ignore[attr-defined]
    found.judge = lambda config, sandbox: Words()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "test_plugin_module", found)
    monkeypatch.setattr(plugins, "GENERATORS", {"scene": "test_plugin_module:make", "broken": "no.such.module:create"})
    monkeypatch.setattr(plugins, "MODERATORS", {"words": "test_plugin_module:judge"})


def config(tmp_path: Path, generation: dict[str, Any], **moderation: Any) -> Config:
    return Config(
        data_dir=tmp_path,
        generation=GenerationSection(**generation),
        moderation=ModerationSection(**moderation),
    )


async def test_build_from_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(monkeypatch)
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    more = {"second": Backend(kind="scene", at_once=2)}
    chosen = config(tmp_path, {"default": "second", "backends": more}, policy_file=str(path))
    pipeline = build_pipeline(chosen, http=None, clock=SystemClock())  # type: ignore[arg-type]
    await pipeline.start()
    assert pipeline.generators == ("second", "scene")
    assert {name: card.name for name, card in (await pipeline.cards()).items()} == {
        "second": "second",
        "scene": "scene",
    }
    assert (await pipeline.review(Item("prompt", "hate=0"))).decision is Decision.ALLOW
    await pipeline.close()


async def test_the_shipped_house_makes_renders_and_allows_a_picture(tmp_path: Path) -> None:
    pipeline = build_pipeline(Config(data_dir=tmp_path), http=None, clock=SystemClock())  # type: ignore[arg-type]
    try:
        await pipeline.start()
        prompt = "a lighthouse on a cliff at dusk"
        (made,) = await pipeline.generate(ImageRequest(prompt, seed=1), None, silent)
        said = provenance.of_card(made.card)
        rendition = await images.render(pipeline.sandbox, made.data, provenance=said)
        items = [Item("prompt", prompt), Item("picture", picture=rendition.data), Item("text", made.alt_text)]
        verdict = await pipeline.review_all(items)
    finally:
        await pipeline.close()
    assert verdict.decision is Decision.ALLOW
    assert rendition.sha256 in verdict.digests
    assert not any(finding.failed for finding in verdict.findings)
    assert provenance.read(rendition.data) == said
    assert said.digital_source_type == provenance.ALGORITHMIC


@pytest.mark.parametrize(
    ("generation", "moderators", "words"),
    [
        ({"default": "gone"}, [], "generation.default"),
        ({"backends": {"a": Backend(kind="nope")}}, [], r"generation\.backends\.a\.kind.*known are broken, scene"),
        ({"backends": {"a": Backend(kind="broken")}}, [], r"generation\.backends\.a\.kind.*cannot be loaded"),
        ({}, ["nope"], r"moderation\.moderators.*known are .*words"),
    ],
)
def test_what_is_configured_wrongly_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generation: Any, moderators: list[str], words: str
) -> None:
    plugin(monkeypatch)
    with pytest.raises(Misconfigured, match=words):
        build_pipeline(config(tmp_path, generation, moderators=moderators), http=None, clock=SystemClock())  # type: ignore[arg-type]
