"""The Moderator contract, for every built-in one; and what the policy makes of moderators that break it."""

from __future__ import annotations

import asyncio
import io
import math
from collections.abc import AsyncIterator
from typing import Any, get_args

import pytest
import pytest_asyncio
from PIL import Image, ImageDraw, ImageFont

from fediverse_ai.core.errors import Misconfigured
from generation.moderators import bodies, known, lists, meaning, nudity, reading
from generation.policy import UNJUDGED, load_policy
from generation.sandbox import Sandbox, SandboxFailed
from generation.types import Decision, Finding, Item, Moderator, Stage

FACTORIES = {
    "lists": lists.create,
    "meaning": meaning.create,
    "nudity": nudity.create,
    "known": known.create,
    "bodies": bodies.create,
    "reading": reading.create,
}
OF_PICTURES = ("nudity", "bodies", "reading")
POLICY = load_policy()
NAMES = ("sexual", "violence/graphic", "hate", "self-harm", "illicit", "real-person", "youth")
STAGES: tuple[Stage, ...] = get_args(Stage)


def picture(size: tuple[int, int] = (320, 240), mode: str = "RGB", form: str = "PNG") -> bytes:
    """A small landscape: sky, hills, a sun."""
    image = Image.new("RGB", size, (120, 180, 230))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, size[1] // 2, *size), fill=(40, 110, 60))
    draw.ellipse((size[0] // 2, 10, size[0] // 2 + 40, 50), fill=(250, 220, 90))
    out = io.BytesIO()
    image.convert(mode).save(out, form)
    return out.getvalue()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    made = Sandbox()
    yield made
    await made.close()


@pytest.fixture(params=FACTORIES, scope="module")
def moderator(request: pytest.FixtureRequest, sandbox: Sandbox) -> Moderator:
    return FACTORIES[request.param]({}, sandbox)


def check(moderator: Moderator, finding: Finding) -> None:
    """What every finding must be."""
    assert isinstance(finding, Finding)
    assert (finding.moderator, finding.version) == (moderator.name, moderator.version)
    known = set(POLICY.categories) | {"youth", "face"}
    for name, score in finding.scores.items():
        assert name in known
        assert isinstance(score, float)
        assert 0 <= score <= 1


@pytest.mark.asyncio(loop_scope="module")
class TestContract:
    async def test_it_is_a_moderator_with_a_version(self, moderator: Moderator) -> None:
        assert isinstance(moderator, Moderator)
        assert moderator.name in FACTORIES
        assert len(moderator.version) >= 12

    async def test_it_gives_what_the_policy_requires_of_it(self, moderator: Moderator) -> None:
        for stage in STAGES:
            needed = POLICY.required(stage).get(moderator.name)
            if needed is None:
                continue
            finding = await moderator.review(Item(stage, text="a lighthouse in a storm", picture=picture()))
            check(moderator, finding)
            assert not finding.failed
            assert needed <= finding.scores.keys()

    @pytest.mark.parametrize(
        "text", ["", " \n\t", "\x00", "\ud800", "\u202e\u200b", "🦔" * 30, "((a:1.5)) {b|c} <lora:x:1>"]
    )
    async def test_any_text_gets_an_answer(self, moderator: Moderator, text: str) -> None:
        check(moderator, await moderator.review(Item("text", text=text)))

    async def test_several_at_once_are_judged_the_same(self, moderator: Moderator) -> None:
        item = Item("prompt", text="a red boat on a lake", picture=picture())
        first, second = await asyncio.gather(moderator.review(item), moderator.review(item))
        check(moderator, first)
        assert not first.failed
        assert first == second

    async def test_unknown_settings_are_refused(self, moderator: Moderator, sandbox: Sandbox) -> None:
        with pytest.raises(Misconfigured, match=moderator.name):
            FACTORIES[moderator.name]({"treshold": 1}, sandbox)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "data", [b"", b"no picture", picture()[:300], picture()[:-40]], ids=["empty", "text", "cut", "short"]
)
@pytest.mark.parametrize("name", OF_PICTURES)
async def test_a_damaged_picture_is_not_judged(sandbox: Sandbox, name: str, data: bytes) -> None:
    finding = await FACTORIES[name]({}, sandbox).review(Item("picture", picture=data))
    assert finding.failed
    assert POLICY.decide([finding], "picture")[:2] == (Decision.HOLD, UNJUDGED)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("mode", "form"), [("CMYK", "JPEG"), ("P", "GIF"), ("RGB", "WEBP")])
async def test_every_form_of_picture_is_judged(sandbox: Sandbox, mode: str, form: str) -> None:
    item = Item("picture", picture=picture(mode=mode, form=form))
    findings = [await FACTORIES[name]({}, sandbox).review(item) for name in (*OF_PICTURES, "known")]
    assert not any(finding.failed for finding in findings)
    assert POLICY.decide(findings, "picture").decision is Decision.ALLOW


@pytest.mark.asyncio(loop_scope="module")
async def test_words_in_a_picture_are_read_and_judged(sandbox: Sandbox) -> None:
    board = Image.new("RGB", (640, 200), "white")
    ImageDraw.Draw(board).text((20, 60), "HARDCORE PORN", fill="black", font=ImageFont.load_default(48))
    harmless = Image.new("RGB", (640, 200), "white")
    ImageDraw.Draw(harmless).text((20, 60), "FRESH BREAD", fill="black", font=ImageFont.load_default(48))
    moderator = reading.create({}, sandbox)
    found = [await moderator.review(Item("picture", picture=as_png(image))) for image in (board, harmless)]
    assert [POLICY.decide([one, *sound("picture")], "picture")[:2] for one in found] == [
        (Decision.HOLD, "text-in-image"),
        (Decision.ALLOW, None),
    ]
    assert "PORN" in found[0].evidence["text-in-image"]


def as_png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def sound(stage: Stage) -> list[Finding]:
    """Every required judgement, all harmless."""
    return [Finding(name, "1", dict.fromkeys(names, 0.0)) for name, names in POLICY.required(stage).items()]


async def test_a_text_that_is_too_long_is_not_judged() -> None:
    finding = await meaning.create({}, Sandbox()).review(Item("text", text="a " * 6_000))
    assert finding.failed


class Broken:
    """A sandbox whose answers are what a broken child might say."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    async def run(self, function: str, *args: Any, timeout: float, lane: str = "models") -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    "answer",
    [
        SandboxFailed("timeout", "late"),
        SandboxFailed("memory", "greedy"),
        None,
        [],
        {},
        "SAFE",
        {"sexual": "low"},
        [math.nan],
        ["0.0x"],
        [2.0],
        {name: [math.nan, 0] for name in NAMES},
        {name: [7.0, 0] for name in NAMES},
        {"sexual": [math.nan, "face"], "face": [0.0, "face"]},
        [math.nan, "0" * 64],
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("name", "stage"), [("meaning", "prompt"), ("nudity", "picture"), ("bodies", "picture"), ("known", "picture")]
)
async def test_nonsense_from_the_child_holds(name: str, stage: Stage, answer: Any) -> None:
    item = Item(stage, text="a lighthouse", picture=picture())
    moderator = FACTORIES[name]({}, Broken(answer))  # type: ignore[arg-type]
    if isinstance(moderator, known.Known):
        moderator.pictures.replace([("sha256", "0" * 64)])
    finding = await moderator.review(item)
    others = [Finding(other, "1", dict.fromkeys(names, 0.0)) for other, names in POLICY.required(stage).items()]
    everything = [finding, *(other for other in others if other.moderator != name)]
    assert POLICY.decide(everything, stage)[:2] == (Decision.HOLD, UNJUDGED)
