"""The last step before a post goes to the gate: its fields as typed, what is wrong with them, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fediverse_ai.core import limits
from fediverse_ai.core.config import Config
from fediverse_ai.core.texts import _
from fediverse_ai.web.composer import choices
from fediverse_ai.web.composer.form import too_long
from outbox import tag_guard
from outbox.belongings import Disclosure, RemixPolicy
from outbox.budget import Budget
from outbox.consent import Training
from outbox.finish import Finish
from outbox.models import Post, Visibility

UTC_NAME = "UTC"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture that can be chosen: `key` names its fields, `drafted` is what a program would say of it."""

    key: str
    drafted: str = ""
    is_ai: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """The fields as typed; `chosen`, `alts`, `confirmed` and `bare` go by the pictures' keys."""

    chosen: frozenset[str] = frozenset()
    alts: Mapping[str, str] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
    """Pictures whose drafted description their author read and found right."""
    bare: frozenset[str] = frozenset()
    """Pictures that stay without a description, said in so many words."""
    text: str = ""
    summary: str = ""
    sensitive: bool = False
    visibility: str = Visibility.QUIET.value
    disclosure: str = Disclosure.FULL.value
    remix_policy: str = RemixPolicy.NOBODY.value
    training: str = Training.NO.value
    language: str = "en"
    at: str = ""
    zone: str = UTC_NAME
    tags: str = ""
    """What becomes of hashtags of human art: `keep`, `drop`, or not said yet."""
    remember: bool = False
    wrong: dict[str, str] = field(default_factory=dict)

    def at_ms(self) -> int | None:
        return moment_ms(self.at, self.zone)

    def finish(self, pictures: Sequence[Picture]) -> Finish:
        """What to do, for a step without mistakes."""
        chosen = [number for number, one in enumerate(pictures) if one.key in self.chosen]
        return Finish(
            chosen=tuple(chosen),
            alts={number: self.alts.get(pictures[number].key, "") for number in chosen},
            text=self.text,
            summary=self.summary,
            sensitive=self.sensitive,
            visibility=self.visibility,
            language=self.language,
            disclosure=self.disclosure,
            remix_policy=self.remix_policy,
            training=self.training,
            not_before_ms=self.at_ms(),
        )

    def words(self, pictures: Sequence[Picture]) -> Finish:
        """What was typed so far, mistakes and all; a program's draft that nobody touched is nobody's words."""
        typed = {number: self.alts.get(one.key, "") for number, one in enumerate(pictures)}
        return Finish(
            alts={
                number: said
                for number, said in typed.items()
                if said != pictures[number].drafted or pictures[number].key in self.confirmed
            },
            text=self.text,
            summary=self.summary,
            sensitive=self.sensitive,
            visibility=self.visibility,
            language=self.language,
            remix_policy=self.remix_policy,
        )


def moment_ms(typed: str, zone: str) -> int | None:
    """What a datetime-local field sends, in that time zone, as epoch milliseconds; ValueError for what is no time.

    An hour that the clocks skip counts as the one after it, one that comes twice as the first.
    """
    if not typed:
        return None
    try:
        where = ZoneInfo(zone) if zone != UTC_NAME else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(zone) from None
    return int(datetime.fromisoformat(typed).replace(tzinfo=where).timestamp() * 1000)


def local(ms: int | None, zone: str = UTC_NAME) -> str:
    """Epoch milliseconds as a datetime-local field wants it, in UTC unless a zone is named."""
    where = ZoneInfo(zone) if zone != UTC_NAME else UTC
    return datetime.fromtimestamp(ms / 1000, where).strftime("%Y-%m-%dT%H:%M") if ms is not None else ""


def of_post(post: Post, pictures: Mapping[str, str], training: str) -> Step:
    """The fields as a post has them; `pictures` maps keys to descriptions that stand."""
    return Step(
        chosen=frozenset(pictures) if len(pictures) == 1 or post.state != "pick" else frozenset(),
        alts=dict(pictures),
        text=post.text,
        summary=post.summary or "",
        sensitive=post.sensitive,
        visibility=str(post.visibility),
        disclosure=post.disclosure,
        remix_policy=post.remix_policy,
        training=training,
        language=post.language or "en",
        at=local(post.not_before_ms),
    )


def read(
    fields: Mapping[str, str], pictures: Sequence[Picture], config: Config, now_ms: int, budget: Budget | None
) -> Step:
    """The step as sent, with a sentence for each field that cannot be used; hashtags are taken out when asked for."""
    keys = [one.key for one in pictures]

    def ticked(name: str) -> frozenset[str]:
        return frozenset(key for key in keys if fields.get(f"{name}-{key}") == "1")

    step = Step(
        chosen=ticked("picture"),
        alts={key: fields.get(f"alt-{key}", "").strip() for key in keys},
        confirmed=ticked("confirm"),
        bare=ticked("bare"),
        text=fields.get("text", "").strip(),
        summary=fields.get("summary", "").strip(),
        sensitive=fields.get("sensitive") == "1",
        visibility=fields.get("visibility", Visibility.QUIET.value),
        disclosure=fields.get("disclosure", Disclosure.FULL.value),
        remix_policy=fields.get("remix_policy", RemixPolicy.NOBODY.value),
        training=fields.get("training", Training.NO.value),
        language=fields.get("language", "en")[: limits.LANGUAGE_CHARS],
        at=fields.get("at", "").strip(),
        zone=fields.get("zone", "").strip()[: limits.NAME_CHARS] or UTC_NAME,
        tags=fields.get("tags", ""),
        remember=fields.get("remember") == "1",
    )
    is_ai = any(one.is_ai for one in pictures if one.key in step.chosen)
    named = tag_guard.human_tags(config, step.text) if is_ai else []
    if named and step.tags == "drop":
        step = replace(step, text=tag_guard.without(step.text, named), tags="")
        named = []
    wrong = _wrong_pictures(step, pictures) | _wrong_words(step) | _wrong_choices(step) | _wrong_time(step, now_ms)
    if named and step.tags != "keep":
        wrong["tags"] = guard_words(named)
    if step.visibility == Visibility.PUBLIC and budget is not None and budget.left == 0:
        wrong["visibility"] = _("You have used today’s public posts. Post it quietly, or tomorrow.")
    return replace(step, wrong=wrong)


def guard_words(named: Sequence[str]) -> str:
    """The sentence of the tag guard."""
    return _("People look under %(tags)s for what people made. Take it out, or say that you mean it.") % {
        "tags": ", ".join(f"#{name}" for name in named)
    }


def _wrong_pictures(step: Step, pictures: Sequence[Picture]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not step.chosen:
        wrong["pictures"] = _("Pick one picture or more.")
    for number, one in enumerate(pictures, 1):
        words = step.alts.get(one.key, "")
        if one.key not in step.chosen:
            continue
        if len(words) > limits.ALT_TEXT_CHARS:
            wrong[f"alt-{one.key}"] = too_long(len(words), limits.ALT_TEXT_CHARS)
        elif words and words == one.drafted and one.key not in step.confirmed:
            wrong[f"confirm-{one.key}"] = _(
                "A program drafted the words for picture %(number)d. Say that they fit, or write your own."
            ) % {"number": number}
        elif not words and one.key not in step.bare:
            wrong[f"alt-{one.key}"] = _(
                "Describe picture %(number)d for people who cannot see it, or say that it stays without."
            ) % {"number": number}
    return wrong


def _wrong_words(step: Step) -> dict[str, str]:
    bounds = (("text", step.text, limits.POST_TEXT_CHARS), ("summary", step.summary, limits.NAME_CHARS))
    return {name: too_long(len(value), most) for name, value, most in bounds if len(value) > most}


def _wrong_choices(step: Step) -> dict[str, str]:
    known: tuple[tuple[str, str, tuple[choices.Choice, ...], str], ...] = (
        ("visibility", step.visibility, choices.VISIBILITIES, _("Choose who sees it.")),
        ("disclosure", step.disclosure, choices.DISCLOSURES, _("Choose how much is said.")),
        ("remix_policy", step.remix_policy, choices.REMIXES, _("Choose who may go on from it.")),
        ("training", step.training, choices.TRAININGS, _("Choose whether models may learn from it.")),
    )
    return {
        name: sentence for name, value, table, sentence in known if value not in {one for one, _name, _hint in table}
    }


def _wrong_time(step: Step, now_ms: int) -> dict[str, str]:
    try:
        at = step.at_ms()
    except (ValueError, OverflowError):
        sentence = _("Write the time as 2027-01-31T18:00, and the time zone as Europe/Berlin or UTC.")
        return {"at": sentence}
    if at is not None and not now_ms < at <= now_ms + limits.SCHEDULE_SECONDS * 1000:
        return {"at": _("Choose a time between now and a year from now.")}
    return {}


def words(step: Step, budget: Budget | None) -> dict[str, Any]:
    """What the template of the step needs beside the pictures."""
    return {
        "step": step,
        "wrong": step.wrong,
        "budget": budget,
        "visibilities": choices.spoken(choices.VISIBILITIES),
        "disclosures": choices.spoken(choices.DISCLOSURES),
        "remixes": choices.spoken(choices.REMIXES),
        "trainings": choices.spoken(choices.TRAININGS),
        "languages": choices.languages(step.language),
        "limits": {"text": limits.POST_TEXT_CHARS, "alt_text": limits.ALT_TEXT_CHARS, "summary": limits.NAME_CHARS},
    }
