"""`python -m bench gate`: how well the default policy tells harmless lines and pictures from others."""

from __future__ import annotations

import asyncio
import math
import re
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.evaluation import pictures, sets
from bench.evaluation.sets import HARMLESS, Row
from bench.figures import Figure
from bench.usage import rss_megabytes
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config
from generation.pipeline import Pipeline, build_pipeline
from generation.types import Decision, Item, Verdict

RULER = "| --- | --: | --: | --: | --: | --: |"
README = Path(__file__).parents[1] / "README.md"
MARKS = ("<!-- gate -->", "<!-- /gate -->")
TEXT_JUDGES = ["lists", "meaning"]
RULES = (
    "sexual",
    "sexual/minors",
    "violence/graphic",
    "hate",
    "self-harm",
    "illicit",
    "real-person",
    "artist-style",
    "spam",
)


class Judged(NamedTuple):
    """A row and what the gate said: was it stopped (held or refused), and by which rule."""

    row: Row
    verdict: Verdict

    @property
    def stopped(self) -> bool:
        return self.verdict.decision is not Decision.ALLOW


class Score(NamedTuple):
    """One line of the table. Precision and recall are of the rule itself, `stopped` is by any rule."""

    name: str
    lines: int
    precision: float
    recall: float
    stopped: float
    false_positives: float


async def judge(part: str) -> list[Judged]:
    """Every line of a part through the default policy's text checks."""
    with tempfile.TemporaryDirectory(prefix="fediverse-ai-gate-") as folder:
        pipeline = _pipeline(Path(folder), TEXT_JUDGES)
        try:
            return [Judged(row, await _look(pipeline, row)) for row in sets.rows(part)]
        finally:
            await pipeline.close()


async def _look(pipeline: Pipeline, row: Row) -> Verdict:
    return await pipeline.review(Item(row.stage, text=row.text, language=row.language))


def _pipeline(folder: Path, names: Sequence[str]) -> Pipeline:
    config = Config(data_dir=folder, moderation={"moderators": list(names)})
    return build_pipeline(config, None, SystemClock())  # type: ignore[arg-type] # nothing here asks anybody


def scores(judged: Sequence[Judged]) -> list[Score]:
    """Precision, recall and false-positive rate per rule, each rule against all lines that are not its own.

    A line of another rule that is stopped by this one counts against its precision, though stopping it was right.
    """
    found = []
    for rule in RULES:
        own = [one for one in judged if one.row.category == rule]
        others = [one for one in judged if one.row.category != rule]
        hits = sum(one.verdict.rule == rule for one in own)
        wrong = sum(one.verdict.rule == rule for one in others)
        found.append(
            Score(
                rule,
                len(own),
                hits / (hits + wrong) if hits + wrong else math.nan,
                hits / len(own) if own else math.nan,
                _share(own),
                wrong / len(others),
            )
        )
    return found


def summary(judged: Sequence[Judged]) -> dict[str, tuple[int, float]]:
    """Name -> (lines, share that was stopped) for everything that breaks a rule, for what is harmless, and by trick."""
    bad = [one for one in judged if one.row.category != HARMLESS]
    good = [one for one in judged if one.row.category == HARMLESS]
    parts = {
        "breaks a rule": bad,
        "breaks a rule, not in English": [one for one in bad if one.row.language not in ("en", "mixed")],
        "breaks a rule, disguised": [one for one in bad if one.row.trick],
        "harmless": good,
        "harmless look-alikes": [one for one in good if one.row.look_alike],
        "harmless, not in English": [one for one in good if one.row.language != "en"],
    }
    for trick in dict.fromkeys(one.row.trick for one in bad if one.row.trick):
        parts[f"disguise: {trick}"] = [one for one in bad if one.row.trick == trick]
    return {name: (len(some), _share(some)) for name, some in parts.items() if some}


def _share(some: Sequence[Judged]) -> float:
    return sum(one.stopped for one in some) / len(some) if some else math.nan


def wilson(share: float, count: int) -> tuple[float, float]:
    """The interval in which the true share lies with 95 %, after Wilson."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def table(judged: Sequence[Judged]) -> str:
    """What the README shows, in Markdown."""
    lines = [
        "| rule | lines | precision | recall | stopped by any rule | false positives |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for score in scores(judged):
        shares = (score.precision, score.recall, score.stopped, score.false_positives)
        lines.append(f"| `{score.name}` | {score.lines} | " + " | ".join(_percent(share) for share in shares) + " |")
    lines += ["", "| lines | | stopped | 95 % interval |", "| --- | --: | --: | --: |"]
    for name, (count, share) in summary(judged).items():
        low, high = wilson(share, count)
        lines.append(f"| {name} | {count} | {_percent(share)} | {_percent(low)} to {_percent(high)} |")
    return "\n".join(lines)


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{share:.1%}"


def mistakes(judged: Sequence[Judged]) -> list[str]:
    """The lines that got the wrong answer, for the development part."""
    wrong = [one for one in judged if one.stopped == (one.row.category == HARMLESS)]
    return [
        f"{one.verdict.decision:6} {one.verdict.rule or '-':16} wanted {one.row.category:16} "
        f"{one.row.trick:12} {one.row.text}"
        for one in wrong
    ]


async def costs() -> list[Figure]:
    """Milliseconds that a check of a picture takes on the clock, of a prompt too, and megabytes of the processes that
    look, one moderator after the other."""
    text, picture = "a lighthouse on a cliff at sunset, two gulls", pictures.photo_like(1024)
    found = []
    for name in ("lists", "meaning", "nudity", "known", "bodies", "reading"):
        with tempfile.TemporaryDirectory(prefix="fediverse-ai-gate-") as folder:
            pipeline = _pipeline(Path(folder), [name])
            try:
                took = [await _timed(pipeline, Item("picture", text=text, picture=picture)) for _ in range(4)]
                words = [await _timed(pipeline, Item("prompt", text=text)) for _ in range(4)]
                memory = sum(rss_megabytes(pid) for pid in pipeline.sandbox.pids().values())
            finally:
                await pipeline.close()
        detail = {"first_ms": round(took[0]), "prompt_ms": round(min(words), 1), "children_mb": round(memory)}
        found.append(Figure(f"gate_{name}", round(statistics.median(took[1:]), 1), "ms", detail=detail))
    return found


async def _timed(pipeline: Pipeline, item: Item) -> float:
    began = time.perf_counter()
    await pipeline.review(item)
    return (time.perf_counter() - began) * 1000


async def measure() -> tuple[list[Figure], str]:
    """The figures for the table of the bench, and the text between the marks of the README."""
    judged = await judge("held_out")
    seen = await pictures.judged()
    found = [
        Figure(f"gate: {name}", round(100 * share, 1), "%", detail={"lines": count})
        for name, (count, share) in summary(judged).items()
    ]
    for name, (count, share) in seen.items():
        found.append(Figure(f"gate: pictures, {name}", round(100 * share, 1), "%", detail={"pictures": count}))
    said = table(judged) + "\n\n| pictures | | stopped |\n| --- | --: | --: |\n"
    said += "\n".join(f"| {name} | {count} | {_percent(share)} |" for name, (count, share) in seen.items())
    return [*found, *await costs()], said


def write_readme(said: str) -> None:
    """Put the figures between the marks."""
    text = README.read_text("utf-8")
    before, after = MARKS
    new = re.sub(f"{before}.*?{after}", lambda _: f"{before}\n{said}\n{after}", text, flags=re.DOTALL)
    README.write_text(new, "utf-8")


def main(part: str) -> None:
    """For whoever improves the policy: the table and every mistake of the development part."""
    if part == "held_out":
        raise SystemExit("The held-out part shows its figures only: python -m bench gate")
    judged = asyncio.run(judge(part))
    print(table(judged))
    print("\n".join(mistakes(judged)))


if __name__ == "__main__":
    main("development")
