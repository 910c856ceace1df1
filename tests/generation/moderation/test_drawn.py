"""Pictures by a closed vocabulary have a patience of their own; every other picture keeps the strict one."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.policy import load_policy
from generation.types import Decision, Finding, Stage

LISTED = ("sexual", "sexual/minors", "hate", "artist-style", "spam")


def _nudity(score: float) -> list[Finding]:
    return [Finding("nudity", "1", {"sexual": score}), Finding("known", "1", {"known-picture": 0.0})]


@pytest.mark.parametrize(
    ("stage", "score", "decision"),
    [
        ("drawn", 0.94, Decision.ALLOW),
        ("drawn", 0.95, Decision.HOLD),
        ("picture", 0.49, Decision.ALLOW),
        ("picture", 0.5, Decision.HOLD),
        ("picture", 0.85, Decision.REFUSE),
    ],
)
def test_the_shipped_thresholds(stage: Stage, score: float, decision: Decision) -> None:
    assert load_policy().decide(_nudity(score), stage).decision is decision


def test_a_drawn_picture_that_could_not_be_looked_at_is_held() -> None:
    failed = [Finding("nudity", "1", {}, failed=True)]
    assert load_policy().decide(failed, "drawn").decision is Decision.HOLD
    assert load_policy().decide([], "drawn").decision is Decision.HOLD


def test_youth_in_the_prompt_does_not_turn_a_false_alarm_into_a_crime() -> None:
    prompt = [
        Finding("lists", "1", dict.fromkeys(LISTED, 0.0) | {"youth": 1.0}),
        Finding(
            "meaning",
            "1",
            {
                "sexual": 0,
                "violence/graphic": 0,
                "hate": 0,
                "self-harm": 0,
                "illicit": 0,
                "real-person": 0,
                "youth": 0.9,
            },
        ),
    ]
    policy = load_policy()
    assert policy.judge([("prompt", prompt), ("drawn", _nudity(0.7))]).decision is Decision.ALLOW
    assert policy.judge([("prompt", prompt), ("picture", _nudity(0.7))]).decision is Decision.REFUSE


def test_a_policy_without_the_stage_judges_drawn_pictures_as_pictures(tmp_path: Path) -> None:
    text = Path("generation/default_policy.toml").read_text(encoding="utf-8")
    start = text.index("# Looked at like any picture")
    text = text[:start] + text[text.index("[stages.upload.required]") :]
    text = text.replace("stages.drawn = { hold = 0.95, refuse = 1.0 }\n", "")
    older = tmp_path / "policy.toml"
    older.write_text(text, encoding="utf-8")
    assert load_policy(older).decide(_nudity(0.6), "drawn").decision is Decision.HOLD
