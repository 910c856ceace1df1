"""The versioned policy file: categories, thresholds per stage, and the decision over what the moderators found."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fediverse_ai.core.errors import Misconfigured
from fediverse_ai.core.limits import POLICY_BYTES
from generation.types import Decision, Finding, Stage

UNJUDGED = "unjudged"
"""The rule of everything that could not be judged: it waits for a person."""
_STAGES: tuple[Stage, ...] = get_args(Stage)

Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Thresholds(_Table):
    """Scores from which a finding holds or refuses; a missing one never does that.

    `moderators` are those whose scores count; without it all do.
    """

    hold: Score | None = None
    refuse: Score | None = None
    moderators: frozenset[str] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _ordered(self) -> Thresholds:
        if self.hold is not None and self.refuse is not None and self.hold > self.refuse:
            raise ValueError("hold must not be above refuse")
        return self

    def decide(self, score: float) -> Decision:
        """The decision for one score in 0…1."""
        if self.refuse is not None and score >= self.refuse:
            return Decision.REFUSE
        if self.hold is not None and score >= self.hold:
            return Decision.HOLD
        return Decision.ALLOW

    def of(self, given: Mapping[str, float]) -> float:
        """The score that counts, of those that the moderators gave; 0 when none of them counts."""
        counted = [score for name, score in given.items() if self.moderators is None or name in self.moderators]
        return max(counted, default=0.0)


class Category(_Table):
    """One rule: its public sentence, its thresholds, and other thresholds for single stages."""

    title: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    thresholds: Thresholds
    stages: Mapping[Stage, Thresholds] = Field(default_factory=dict)

    def at(self, stage: Stage) -> Thresholds:
        if stage == "drawn" and stage not in self.stages:
            stage = "picture"
        return self.stages.get(stage, self.thresholds)


class Combination(_Table):
    """Several scores that together break a rule, each on its own being too low to: `all` names score → least value.

    `stages` are those whose scores count, all of them if it is not given.
    """

    category: str
    all: Mapping[str, Score] = Field(min_length=2)
    decision: Decision
    stages: frozenset[Stage] = frozenset(get_args(Stage))

    @model_validator(mode="after")
    def _strict(self) -> Combination:
        if self.decision is Decision.ALLOW:
            raise ValueError("a combination must hold or refuse")
        return self


class _StageTable(_Table):
    required: Mapping[str, frozenset[str]]


class _PolicyFile(_Table):
    version: str = Field(min_length=1, max_length=40)
    unjudged: str = Field(min_length=1)
    signals: Mapping[str, str] = Field(default_factory=dict)
    stages: Mapping[Stage, _StageTable]
    categories: Mapping[str, Category] = Field(min_length=1)
    combinations: tuple[Combination, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _drawn_is_a_picture(cls, values: Any) -> Any:
        """A policy that says nothing of `drawn` pictures judges them as every other picture."""
        stages = values.get("stages") if isinstance(values, dict) else None
        if isinstance(stages, dict) and "picture" in stages and "drawn" not in stages:
            return {**values, "stages": {**stages, "drawn": stages["picture"]}}
        return values

    @model_validator(mode="after")
    def _names(self) -> _PolicyFile:
        known = self.categories.keys() | self.signals.keys()
        for stage in _STAGES:
            if stage not in self.stages:
                raise ValueError(f"stages.{stage} is missing")
            for moderator, names in self.stages[stage].required.items():
                for name in sorted(names - known):
                    raise ValueError(f"stages.{stage}.required.{moderator}: no such category or signal: {name}")
        for rule in self.combinations:
            for name in sorted((rule.all.keys() - known) | ({rule.category} - self.categories.keys())):
                raise ValueError(f"combinations: no such category or signal: {name}")
        return self


class Outcome(NamedTuple):
    """The decision, the rule that decided (None when allowed), and one public sentence (empty when allowed)."""

    decision: Decision
    rule: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class _Reached:
    """A rule that was reached, and how far above its threshold."""

    decision: Decision
    rule: str
    margin: float


class Near(NamedTuple):
    """How near a score came to a rule: `share` of its lowest threshold at that stage, 1 or more when it was reached."""

    rule: str
    stage: Stage
    score: float
    thresholds: Thresholds
    share: float


Scores = Mapping[str, Mapping[str, float]]
"""Name of a category or signal -> moderator -> its highest score."""

ALLOWED = Outcome(Decision.ALLOW, None, "")


class Policy:
    """A loaded policy. `version` is the declared version and the first 12 hex digits of the file's SHA-256."""

    def __init__(self, content: _PolicyFile, data: bytes) -> None:
        self._content = content
        self.digest = hashlib.sha256(data).hexdigest()
        self.version = f"{content.version}+{self.digest[:12]}"
        self.categories: Mapping[str, Category] = content.categories
        self.text = data.decode()

    def decide(self, findings: Sequence[Finding], stage: Stage) -> Outcome:
        """The strictest decision over the findings about what was judged at one stage.

        A finding that failed, a score that is no number in 0…1 or that has an unknown name, a required moderator or a
        required score that is missing: each holds. Nothing is allowed because nothing was found to judge it.
        """
        return self.judge([(stage, findings)])

    def judge(self, groups: Sequence[tuple[Stage, Sequence[Finding]]]) -> Outcome:
        """As `decide`, over everything that belongs to one publication, such as a prompt, a text and a picture.

        Combinations (`sexual/minors`) also look across the groups: the youth in the prompt, the nudity in the picture.
        """
        if not groups:
            return Outcome(Decision.HOLD, UNJUDGED, self._content.unjudged)
        reached: list[_Reached] = []
        by_stage: list[tuple[Stage, Scores]] = []
        judged = True
        for stage, findings in groups:
            scores, sound = self._scores(findings, stage)
            judged &= sound
            by_stage.append((stage, scores))
            for name, given in scores.items():
                reached += self._thresholds(name, given, stage)
        reached += self._combinations(by_stage)
        if reached:
            strictest = max(reached, key=lambda one: (one.decision.rank, one.margin))
            return Outcome(strictest.decision, strictest.rule, self.categories[strictest.rule].reason)
        return ALLOWED if judged else Outcome(Decision.HOLD, UNJUDGED, self._content.unjudged)

    def nearest(self, groups: Sequence[tuple[Stage, Sequence[Finding]]], count: int = 3) -> list[Near]:
        """The rules that the scores came nearest to, for moderators; rules that only record are not among them."""
        found = []
        for stage, findings in groups:
            for name, given in self._scores(findings, stage)[0].items():
                if (category := self.categories.get(name)) is None:
                    continue
                thresholds = category.at(stage)
                least = thresholds.hold if thresholds.hold is not None else thresholds.refuse
                score = thresholds.of(given)
                if least and score > 0:
                    found.append(Near(name, stage, score, thresholds, score / least))
        return sorted(found, key=lambda near: -near.share)[:count]

    def required(self, stage: Stage) -> Mapping[str, frozenset[str]]:
        """The moderators that must have answered at this stage, each with the scores that it must have given."""
        return self._content.stages[stage].required

    def missing(self, moderators: Iterable[str]) -> list[str]:
        """The required moderators that are not among those configured: with one missing, its stages hold everything."""
        there = set(moderators)
        return sorted({name for stage in _STAGES for name in self.required(stage)} - there)

    def _scores(self, findings: Sequence[Finding], stage: Stage) -> tuple[Scores, bool]:
        """The highest usable scores, and whether everything that must be there is there and sound."""
        known = self.categories.keys() | self._content.signals.keys()
        best: dict[str, dict[str, float]] = {}
        given: dict[str, set[str]] = {}
        sound = True
        for finding in findings:
            sound &= not finding.failed
            for name, score in finding.scores.items():
                if name not in known or not _is_score(score):
                    sound = False
                    continue
                of_name = best.setdefault(name, {})
                of_name[finding.moderator] = max(float(score), of_name.get(finding.moderator, 0.0))
                if not finding.failed:
                    given.setdefault(finding.moderator, set()).add(name)
        for moderator, names in self.required(stage).items():
            sound &= moderator in given and names <= given[moderator]
        return best, sound and bool(findings)

    def _thresholds(self, name: str, given: Mapping[str, float], stage: Stage) -> list[_Reached]:
        category = self.categories.get(name)
        if category is None:
            return []
        thresholds = category.at(stage)
        score = thresholds.of(given)
        decision = thresholds.decide(score)
        if decision is Decision.ALLOW:
            return []
        least = thresholds.refuse if decision is Decision.REFUSE else thresholds.hold
        return [_Reached(decision, name, score - (least or 0.0))]

    def _combinations(self, by_stage: Sequence[tuple[Stage, Scores]]) -> list[_Reached]:
        """A combination names its rule before all others of the same strictness: it is the graver one."""
        reached = []
        for rule in self._content.combinations:
            seen = [scores for stage, scores in by_stage if stage in rule.stages]
            if all(
                any(max(scores.get(name, {}).values(), default=0.0) >= least for scores in seen)
                for name, least in rule.all.items()
            ):
                reached.append(_Reached(rule.decision, rule.category, math.inf))
        return reached


def load_policy(path: Path | None = None) -> Policy:
    """Read the policy file at `path`, or the one that is shipped. Raises Misconfigured, naming the key."""
    where = str(path) if path else "default_policy.toml"
    try:
        data = path.read_bytes() if path else resources.files("generation").joinpath(where).read_bytes()
    except OSError as error:
        raise Misconfigured(f"The policy file {where} cannot be read: {error.strerror}.") from error
    return parse_policy(data, f"The policy file {where}")


def parse_policy(data: bytes, what: str) -> Policy:
    """The policy that `data` holds as TOML; `what` begins the sentence of an error. Raises Misconfigured."""
    if len(data) > POLICY_BYTES:
        raise Misconfigured(f"{what} is larger than {POLICY_BYTES} bytes.")
    try:
        content = _PolicyFile.model_validate(tomllib.loads(data.decode()))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(f"{what} is wrong at {key or 'its top'}: {first['msg']}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"{what} is not TOML: {error}.") from error
    return Policy(content, data)


def _is_score(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
