"""The composer's fields: as typed, as taken from another post, and what is wrong with them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.web.cards import LARGEST_ID
from outbox.belongings import Disclosure, RemixPolicy
from outbox.compose import Draft
from outbox.disclosure import disclosed
from outbox.models import Post, PostState, Visibility
from outbox.queries import PostView

VISIBILITIES = (
    (
        Visibility.QUIET,
        "Quiet",
        "Your followers and visitors of your page. Not in other servers’ public timelines.",
    ),
    (Visibility.PUBLIC, "Public", "Also in public timelines, where people meet it who did not ask for AI pictures."),
    (Visibility.FOLLOWERS, "Followers", "Nobody but the people who follow you."),
)
# The renderings of the embedded generator; backends that know other words ignore them.
STYLES = (
    ("papercut", "Paper-cut"),
    ("linocut", "Linocut print"),
    ("gouache", "Gouache"),
    ("neon", "Neon night"),
    ("pencil", "Pencil and wash"),
    ("pixel", "Pixel"),
)
DISCLOSURES = (
    (Disclosure.FULL, "Everything", "Prompt, seed and settings: others can learn from it."),
    (Disclosure.PROMPT, "The prompt", "And the model, without seed and settings."),
    (Disclosure.MODEL, "The model", "Which program made it, and no more."),
    (Disclosure.LABEL, "Only that it is AI’s work", "That is always said."),
)
REMIXES = (
    (RemixPolicy.NOBODY, "Nobody", "You may still make variations of it yourself."),
    (RemixPolicy.FOLLOWERS, "Your followers", "What they make names your picture."),
    (RemixPolicy.ANYONE, "Anyone", "What they make names your picture, on other servers too."),
)
SHAPES = (
    ("square", "Square", 1024, 1024),
    ("portrait", "Portrait, 4 : 5", 896, 1120),
    ("landscape", "Landscape, 3 : 2", 1248, 832),
    ("wide", "Wide, 16 : 9", 1344, 768),
    ("large", "Large square", 2048, 2048),
)
_NUMBER = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Form:
    """The composer's fields as typed."""

    prompt: str = ""
    negative_prompt: str = ""
    text: str = ""
    alt_text: str = ""
    style: str = ""
    shape: str = "square"
    generator: str = ""
    seed: str = ""
    steps: str = ""
    guidance: str = ""
    count: str = "1"
    visibility: str = Visibility.QUIET.value
    summary: str = ""
    sensitive: bool = False
    disclosure: str = Disclosure.FULL.value
    remix_policy: str = RemixPolicy.NOBODY.value
    remember: bool = False
    at: str = ""
    remix_of: str = ""
    from_picture: bool = False
    strength: str = ""
    client_key: str = ""
    keep: bool = False
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def opened(self) -> bool:
        """Is there something in the fold that its author should see?"""
        typed = (self.text, self.alt_text, self.style, self.seed, self.summary, self.sensitive)
        return any(typed) or self.visibility != Visibility.QUIET or bool(set(self.wrong) - {"prompt"})

    @property
    def more(self) -> bool:
        """The same for the fold with the settings."""
        typed = (self.negative_prompt, self.steps, self.guidance, self.seed, self.generator, self.at)
        return (
            any(typed)
            or self.shape != "square"
            or bool(set(self.wrong) & {"negative_prompt", "steps", "guidance", "seed", "at", "generator"})
        )

    def draft(self) -> Draft:
        """For a form without mistakes."""
        width, height = next((wide, high) for value, _, wide, high in SHAPES if value == self.shape)
        return Draft(
            text=self.text,
            prompt=self.prompt,
            negative_prompt=self.negative_prompt,
            generator=self.generator or None,
            seed=int(self.seed) if self.seed else None,
            style=self.style or None,
            width=width,
            height=height,
            steps=int(self.steps) if self.steps else None,
            guidance=float(self.guidance) if self.guidance else None,
            count=int(self.count),
            alt_text=self.alt_text,
            summary=self.summary or None,
            sensitive=self.sensitive,
            visibility=self.visibility,
            disclosure=self.disclosure,
            remix_policy=self.remix_policy,
            remix_of_id=int(self.remix_of) if self.remix_of else None,
            from_picture=self.from_picture and bool(self.remix_of),
            strength=float(self.strength) if self.strength and self.from_picture else None,
            not_before_ms=_moment(self.at),
            keep=self.keep,
            client_key=f"web:{self.client_key}" if self.client_key else None,
        )


def _moment(typed: str) -> int | None:
    """What a datetime-local field sends, in UTC, as epoch milliseconds; ValueError for anything else."""
    return int(datetime.fromisoformat(typed).replace(tzinfo=UTC).timestamp() * 1000) if typed else None


def new_key(context: Context) -> str:
    return base64.urlsafe_b64encode(context.clock.token(18)).decode("ascii")


def from_post(form: Form, view: PostView, *, mine: bool, new_seed: bool) -> Form:
    """A recipe as far as this reader may know it; one's own post that did not go out gives its words as well.

    What is made from a post that is out names it.
    """
    recipe = next((item.recipe for item in view.attachments if item.recipe), None)
    image = (view.post.request or {}).get("image") or {}
    source = (recipe or image) if mine else disclosed(recipe, view.post.disclosure if view.post.local else "full")
    parameters = source.get("parameters") or {}
    seed = source.get("seed") if recipe and not new_seed else None
    settings = {name: str(parameters.get(name) or source.get(name) or "") for name in ("style", "steps", "guidance")}
    form = replace(
        form,
        prompt=str(source.get("prompt") or ""),
        negative_prompt=str(source.get("negative_prompt") or ""),
        seed=str(seed) if seed is not None else "",
        style=settings["style"],
        steps=settings["steps"],
        guidance=settings["guidance"],
        shape=next(
            (value for value, _, *size in SHAPES if size == [source.get("width"), source.get("height")]), "square"
        ),
    )
    if view.post.state == PostState.PUBLISHED:
        return replace(form, remix_of=str(view.post.id))
    return _own_words(form, view.post) if mine else form


def _own_words(form: Form, post: Post) -> Form:
    return replace(
        form,
        text=post.text,
        alt_text=str((post.request or {}).get("alt_text") or ""),
        summary=post.summary or "",
        sensitive=post.sensitive,
        visibility=str(post.visibility),
        disclosure=post.disclosure,
        remix_policy=post.remix_policy,
    )


def read(fields: Mapping[str, str], generators: tuple[str, ...], now_ms: int) -> Form:
    """The form as sent, with a sentence for each field that cannot be used."""
    named = ("prompt", "negative_prompt", "text", "alt_text", "seed", "steps", "guidance", "summary", "strength", "at")
    typed: dict[str, Any] = {name: fields.get(name, "").strip() for name in named}
    form = Form(
        **typed,
        style=fields.get("style", ""),
        shape=fields.get("shape", "square"),
        generator=fields.get("generator", ""),
        count=fields.get("count", "1"),
        visibility=fields.get("visibility", Visibility.QUIET.value),
        disclosure=fields.get("disclosure", Disclosure.FULL.value),
        remix_policy=fields.get("remix_policy", RemixPolicy.NOBODY.value),
        sensitive=fields.get("sensitive") == "1",
        remember=fields.get("remember") == "1",
        from_picture=fields.get("from_picture") == "1",
        keep=fields.get("keep") == "1",
        remix_of=_id(fields.get("remix_of", "")),
        client_key=fields.get("client_key", "")[: limits.CLIENT_KEY_CHARS],
    )
    if form.style not in {"", *(value for value, _ in STYLES)}:
        form = replace(form, style="")
    wrong = _wrong_words(form) | _wrong_numbers(form) | _wrong_choices(form, generators) | _wrong_time(form, now_ms)
    return replace(form, wrong=wrong)


def _id(typed: str) -> str:
    return typed if typed.isascii() and typed.isdigit() and len(typed) < 20 and int(typed) <= LARGEST_ID else ""


def _wrong_words(form: Form) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not form.prompt:
        wrong["prompt"] = "The prompt is empty: say what the picture should show."
    bounds = (
        ("prompt", "The prompt", form.prompt, limits.PROMPT_CHARS),
        ("negative_prompt", "What to leave out", form.negative_prompt, limits.PROMPT_CHARS),
        ("text", "The text", form.text, limits.POST_TEXT_CHARS),
        ("alt_text", "The alt text", form.alt_text, limits.ALT_TEXT_CHARS),
        ("summary", "The content warning", form.summary, limits.NAME_CHARS),
    )
    for name, noun, value, most in bounds:
        if len(value) > most:
            wrong[name] = f"{noun} is too long: {len(value)} characters, and {most} are allowed."
    return wrong


def _wrong_numbers(form: Form) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if form.seed and not (form.seed.isascii() and form.seed.isdigit() and len(form.seed) <= limits.SEED_DIGITS):
        wrong["seed"] = f"A seed is a whole number of at most {limits.SEED_DIGITS} digits."
    if form.steps and not (
        form.steps.isascii() and form.steps.isdigit() and 1 <= _small(form.steps) <= limits.STEPS_MAX
    ):
        wrong["steps"] = f"Steps are a whole number from 1 to {limits.STEPS_MAX}."
    if form.guidance and not (_NUMBER.fullmatch(form.guidance) and float(form.guidance) <= limits.GUIDANCE_MAX):
        wrong["guidance"] = f"Guidance is a number from 0 to {limits.GUIDANCE_MAX:g}."
    if form.strength and not (_NUMBER.fullmatch(form.strength) and float(form.strength) <= 1):
        wrong["strength"] = "How far it may go is a number from 0 to 1."
    return wrong


def _small(digits: str) -> int:
    return int(digits[:9])


def _wrong_choices(form: Form, generators: tuple[str, ...]) -> dict[str, str]:
    known: tuple[tuple[str, str, set[str], str], ...] = (
        ("visibility", form.visibility, {value.value for value, _, _ in VISIBILITIES}, "Choose who sees it."),
        ("disclosure", form.disclosure, {value.value for value, _, _ in DISCLOSURES}, "Choose how much is said."),
        ("remix_policy", form.remix_policy, {value.value for value, _, _ in REMIXES}, "Choose who may go on from it."),
        ("count", form.count, {str(n + 1) for n in range(limits.POST_IMAGES)}, "Choose how many pictures to make."),
        ("shape", form.shape, {value for value, *_ in SHAPES}, "Choose one of the shapes."),
        ("generator", form.generator, {"", *generators}, "Choose one of the generators."),
    )
    return {name: sentence for name, value, words, sentence in known if value not in words}


def _wrong_time(form: Form, now_ms: int) -> dict[str, str]:
    try:
        at = _moment(form.at)
    except (ValueError, OverflowError):
        return {"at": "Write the time as 2027-01-31T18:00."}
    if at is not None and not now_ms < at <= now_ms + limits.SCHEDULE_SECONDS * 1000:
        return {"at": "Choose a time between now and a year from now, in UTC."}
    return {}


def choices(form: Form, generators: tuple[str, ...], *, can_begin: bool) -> dict[str, Any]:
    """What the composer's template needs beside the form."""
    return {
        "form": form,
        "wrong": form.wrong,
        "styles": STYLES,
        "shapes": [(value, words) for value, words, *_ in SHAPES],
        "visibilities": [(value.value, name, hint) for value, name, hint in VISIBILITIES],
        "disclosures": [(value.value, name, hint) for value, name, hint in DISCLOSURES],
        "remixes": [(value.value, name, hint) for value, name, hint in REMIXES],
        "counts": [str(number + 1) for number in range(limits.POST_IMAGES)],
        "generators": generators if len(generators) > 1 else (),
        "can_begin": can_begin and bool(form.remix_of),
        "limits": {
            "prompt": limits.PROMPT_CHARS,
            "text": limits.POST_TEXT_CHARS,
            "alt_text": limits.ALT_TEXT_CHARS,
            "summary": limits.NAME_CHARS,
            "steps": limits.STEPS_MAX,
            "guidance": f"{limits.GUIDANCE_MAX:g}",
        },
    }
