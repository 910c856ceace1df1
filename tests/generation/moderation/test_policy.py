"""The policy: the strictest wins, and whatever is not a sound judgement holds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_ai.core.errors import Misconfigured
from generation.policy import UNJUDGED, load_policy
from generation.types import Decision, Finding, Stage

POLICY = load_policy()
STAGES: tuple[Stage, ...] = get_args(Stage)
PUBLISHED_TAXONOMY = {
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/intent", "self-harm/instructions", "sexual", "sexual/minors", "violence", "violence/graphic",
}  # fmt: skip


def findings(stage: Stage, **scores: float) -> list[Finding]:
    """Sound findings of every required moderator, all zero; `scores` are given by the first of them."""
    given_scores = {name.replace("__", "/").replace("_", "-"): score for name, score in scores.items()}
    made = [Finding(name, "1", dict.fromkeys(sorted(names), 0.0)) for name, names in POLICY.required(stage).items()]
    made[0] = Finding(made[0].moderator, "1", {**made[0].scores, **given_scores})
    return made


def test_every_category_of_the_published_taxonomy_has_a_rule() -> None:
    assert POLICY.categories.keys() >= PUBLISHED_TAXONOMY | {
        "real-person",
        "artist-style",
        "known-picture",
        "ip",
        "spam",
    }


@pytest.mark.parametrize("stage", STAGES)
def test_sound_and_harmless_is_allowed(stage: Stage) -> None:
    assert POLICY.decide(findings(stage), stage) == (Decision.ALLOW, None, "")


@pytest.mark.parametrize(
    ("stage", "scores", "decision", "rule"),
    [
        ("prompt", {"sexual": 0.69}, "allow", None),
        ("prompt", {"sexual": 0.7}, "hold", "sexual"),
        ("prompt", {"sexual": 0.9}, "refuse", "sexual"),
        ("prompt", {"sexual": 1}, "refuse", "sexual"),
        ("text", {"sexual": 0.94}, "allow", None),
        ("text", {"sexual": 0.95}, "hold", "sexual"),
        ("picture", {"sexual": 0.5}, "hold", "sexual"),
        ("picture", {"sexual": 0.85}, "refuse", "sexual"),
        ("remote", {"sexual": 0.85}, "hold", "sexual"),
        ("prompt", {"sexual__minors": 0.3}, "refuse", "sexual/minors"),
        ("prompt", {"youth": 1.0}, "allow", None),
        ("prompt", {"youth": 0.3, "sexual": 0.3}, "refuse", "sexual/minors"),
        ("prompt", {"youth": 0.29, "sexual": 0.6}, "allow", None),
        ("prompt", {"youth": 1.0, "sexual": 0.95}, "refuse", "sexual/minors"),
        ("text", {"youth": 1.0, "sexual": 0.49}, "allow", None),
        ("text", {"youth": 0.5, "sexual": 0.5}, "hold", "sexual/minors"),
        ("prompt", {"real_person": 0.8}, "hold", "real-person"),
        ("prompt", {"real_person": 0.6, "sexual": 0.6}, "refuse", "real-person"),
        ("text", {"real_person": 1.0}, "allow", None),
        ("prompt", {"hate": 0.75, "self_harm": 0.95}, "refuse", "self-harm"),
        ("prompt", {"hate": 0.71, "illicit": 0.85}, "hold", "illicit"),
    ],
)
def test_thresholds(stage: Stage, scores: dict[str, float], decision: str, rule: str | None) -> None:
    outcome = POLICY.decide(findings(stage, **scores), stage)
    assert (outcome.decision.value, outcome.rule) == (decision, rule)
    assert bool(outcome.reason) == (decision != "allow")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf, -0.01, 1.01, True, False, None, "0.1", [0.0]])
def test_a_score_that_is_none_holds(stage: Stage, score: Any) -> None:
    assert POLICY.decide(findings(stage, violence=score), stage)[:2] == (Decision.HOLD, UNJUDGED)


@pytest.mark.parametrize("stage", STAGES)
def test_missing_judgements_hold(stage: Stage) -> None:
    sound = findings(stage)
    first = sound[0]
    some = dict(list(first.scores.items())[1:])
    broken = {
        "nobody judged": [],
        "one moderator is missing": sound[1:],
        "one failed": [Finding(first.moderator, "1", first.scores, failed=True), *sound[1:]],
        "one more that is not required failed": [*sound, Finding("extra", "1", {}, failed=True)],
        "no scores": [Finding(first.moderator, "1", {}), *sound[1:]],
        "a score is missing": [Finding(first.moderator, "1", some), *sound[1:]],
        "an unknown name": [*sound, Finding("extra", "1", {"sexaul": 0.0})],
        "the scores of another": [Finding("extra", "1", first.scores), *sound[1:]],
    }
    assert {why: POLICY.decide(those, stage)[:2] for why, those in broken.items()} == dict.fromkeys(
        broken, (Decision.HOLD, UNJUDGED)
    )


def test_what_failed_never_softens_a_refusal() -> None:
    made = [*findings("prompt", sexual=0.95), Finding("extra", "1", {}, failed=True)]
    assert POLICY.decide(made, "prompt")[:2] == (Decision.REFUSE, "sexual")


def test_nothing_to_judge_holds() -> None:
    assert POLICY.judge([])[:2] == (Decision.HOLD, UNJUDGED)


def test_youth_in_the_prompt_and_nudity_in_the_picture_break_a_rule_together() -> None:
    prompt, picture = findings("prompt", youth=0.9), findings("picture", sexual=0.35)
    assert POLICY.decide(prompt, "prompt").decision is Decision.ALLOW
    assert POLICY.decide(picture, "picture").decision is Decision.ALLOW
    assert POLICY.judge([("prompt", prompt), ("picture", picture)])[:2] == (Decision.REFUSE, "sexual/minors")


def test_a_threshold_may_count_some_moderators_only(tmp_path: Path) -> None:
    shipped = (Path(__file__).parents[3] / "generation" / "default_policy.toml").read_text()
    path = tmp_path / "policy.toml"
    old = "stages.text = { hold = 0.95, refuse = 1.0 }"
    path.write_text(shipped.replace(old, 'stages.text = { hold = 0.5, moderators = ["lists"] }', 1))
    policy = load_policy(path)
    sure = findings("text")
    by_meaning = [*sure[:1], Finding("meaning", "1", {**sure[1].scores, "sexual": 0.99})]
    by_lists = [Finding("lists", "1", {**sure[0].scores, "sexual": 0.6}), sure[1]]
    assert policy.decide(by_meaning, "text").decision is Decision.ALLOW
    assert policy.decide(by_lists, "text")[:2] == (Decision.HOLD, "sexual")


def test_moderators_see_which_rules_were_near() -> None:
    near = POLICY.nearest([("prompt", findings("prompt", sexual=0.35, hate=0.63, youth=1.0))])
    assert [(one.rule, one.stage, round(one.share, 2)) for one in near] == [
        ("hate", "prompt", 0.9),
        ("sexual", "prompt", 0.5),
    ]


@settings(max_examples=50, deadline=None)
@given(
    stage=st.sampled_from(STAGES),
    low=st.dictionaries(st.sampled_from(sorted(POLICY.categories)), st.floats(0, 1)),
    rise=st.floats(0, 1),
)
def test_a_higher_score_is_never_treated_more_gently(stage: Stage, low: dict[str, float], rise: float) -> None:
    base = findings(stage)
    high = {name: max(score, rise) for name, score in low.items()}

    def rank(scores: dict[str, float]) -> int:
        return POLICY.decide([*base, Finding("extra", "1", scores)], stage).decision.rank

    assert rank(high) >= rank(low)


def test_the_version_is_bound_to_the_content(tmp_path: Path) -> None:
    shipped = (Path(__file__).parents[3] / "generation" / "default_policy.toml").read_text()
    other = tmp_path / "policy.toml"
    other.write_text(shipped)
    assert load_policy(other).version == POLICY.version
    other.write_text(shipped + "\n# a word more\n")
    assert load_policy(other).version != POLICY.version
    assert POLICY.version.startswith("1+")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("hold = 0.5, refuse = 0.95", "hold = 7"), "sexual.stages.remote.hold"),
        (("hold = 0.8, refuse = 0.95", "hold = 0.99, refuse = 0.95"), "hold must not be above refuse"),
        (('version = "1"', 'verison = "1"'), "version"),
        (("[signals]", "[signal]"), "signal"),
        (("youth = 0.3, sexual = 0.3", "yuoth = 0.3, sexual = 0.3"), "yuoth"),
        (('nudity = ["sexual"]', 'nudity = ["sexaul"]'), "sexaul"),
        (("[stages.remote.required]", "[stages.romete.required]"), "romete"),
        (('decision = "refuse"', 'decision = "allow"'), "combinations.0"),
        (("hold = 0.8, refuse = 0.95", "hold = nan, refuse = 0.95"), "violence.thresholds.hold"),
        (("[signals]", "[signals"), "not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_and_the_key_named(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    shipped = (Path(__file__).parents[3] / "generation" / "default_policy.toml").read_text()
    assert change[0] in shipped
    path = tmp_path / "policy.toml"
    path.write_text(shipped.replace(change[0], change[1], 1))
    with pytest.raises(Misconfigured, match=named):
        load_policy(path)


def test_files_that_cannot_be_a_policy(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        load_policy(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Misconfigured, match="not TOML"):
        load_policy(tmp_path / "binary.toml")
    (tmp_path / "huge.toml").write_bytes(b"#" * 300_000)
    with pytest.raises(Misconfigured, match="larger"):
        load_policy(tmp_path / "huge.toml")


def test_missing_moderators_are_named() -> None:
    assert POLICY.missing(["lists", "nudity", "known", "another"]) == ["meaning"]
