"""The composer's first step: its fields as typed, as taken from another post, and what is wrong with them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.texts import _
from fediverse_ai.mastodon.preferences import Posting
from fediverse_ai.mastodon.status_entities import FROM_API
from fediverse_ai.web.cards import LARGEST_ID
from fediverse_ai.web.composer.choices import SHAPES, STYLES
from generation.types import Capabilities, ModelCard
from outbox.compose import Draft
from outbox.disclosure import disclosed
from outbox.models import Post, PostState, Visibility
from outbox.queries import PostView

_NUMBER = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3})?")
# What is not known of a backend that cannot be asked just now: everything is offered, and it says itself what it takes.
EVERYTHING = Capabilities(negative_prompt=True, seed=True, steps=True, guidance=True, source=True, strength=True)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields as typed. `instead`: one's own post that did not go out, whose place and words this one takes."""

    prompt: str = ""
    negative_prompt: str = ""
    style: str = ""
    shape: str = "square"
    generator: str = ""
    seed: str = ""
    steps: str = ""
    guidance: str = ""
    count: str = "1"
    remix_of: str = ""
    from_picture: bool = False
    strength: str = ""
    reply_to: str = ""
    quote: str = ""
    instead: str = ""
    text: str = ""
    """Words of the post that were brought along (web/arriving.py); the last step asks for them again."""
    client_key: str = ""
    keep: bool = False
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def advanced(self) -> bool:
        """Is there something in the fold that its author should see?"""
        typed = (self.negative_prompt, self.steps, self.guidance, self.seed)
        return any(typed) or bool(set(self.wrong) & {"negative_prompt", "steps", "guidance", "seed"})

    def draft(self, posting: Posting, before: Post | None = None) -> Draft:
        """For a form without mistakes: nothing of it is posted before its author looked at the pictures.

        `posting` is what the person begins posts with, `before` the post whose place this one takes.
        """
        width, height = next((wide, high) for value, _name, wide, high in SHAPES if value == self.shape)
        usual = FROM_API.get(posting.visibility, Visibility.QUIET)
        return Draft(
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
            text=before.text if before else self.text,
            summary=before.summary if before else None,
            sensitive=before.sensitive if before else posting.sensitive,
            # Asked for again at the last step, where the day's budget counts.
            visibility=Visibility.QUIET if usual == Visibility.PUBLIC else usual,
            language=(before.language if before else posting.language) or "en",
            disclosure=before.disclosure if before else None,
            remix_policy=before.remix_policy if before else None,
            remix_of_id=int(self.remix_of) if self.remix_of else None,
            in_reply_to_id=int(self.reply_to) if self.reply_to else None,
            quote_id=int(self.quote) if self.quote else None,
            from_picture=self.from_picture and bool(self.remix_of),
            strength=float(self.strength) if self.strength and self.from_picture else None,
            look_first=True,
            keep=self.keep,
            client_key=f"web:{self.client_key}" if self.client_key else None,
        )


def new_key(context: Context) -> str:
    return base64.urlsafe_b64encode(context.clock.token(18)).decode("ascii")


def from_post(form: Form, view: PostView, *, mine: bool, new_seed: bool) -> Form:
    """A recipe as far as this reader may know it. What is made from a post that is out names it; one's own post that
    did not go out is made anew in its place."""
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
        generator=str(source.get("generator") or ((view.post.request or {}).get("generator") if mine else "") or ""),
        shape=next(
            (value for value, _name, *size in SHAPES if size == [source.get("width"), source.get("height")]), "square"
        ),
    )
    if view.post.state == PostState.PUBLISHED:
        return replace(form, remix_of=str(view.post.id))
    return replace(form, instead=str(view.post.id)) if mine else form


def read(fields: Mapping[str, str], generators: tuple[str, ...]) -> Form:
    """The form as sent, with a sentence for each field that cannot be used."""
    named = ("prompt", "negative_prompt", "seed", "steps", "guidance", "strength", "text")
    typed: dict[str, Any] = {name: fields.get(name, "").strip() for name in named}
    typed |= {name: _id(fields.get(name, "")) for name in ("remix_of", "reply_to", "quote", "instead")}
    form = Form(
        **typed,
        style=fields.get("style", "")[: limits.NAME_CHARS],
        shape=fields.get("shape", "square"),
        generator=fields.get("generator", ""),
        count=fields.get("count", "1"),
        from_picture=fields.get("from_picture") == "1",
        keep=fields.get("keep") == "1",
        client_key=fields.get("client_key", "")[: limits.CLIENT_KEY_CHARS],
    )
    return replace(form, wrong=_wrong_words(form) | _wrong_numbers(form) | _wrong_choices(form, generators))


def _id(typed: str) -> str:
    return typed if typed.isascii() and typed.isdigit() and len(typed) < 20 and int(typed) <= LARGEST_ID else ""


def _wrong_words(form: Form) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not form.prompt:
        wrong["prompt"] = _("The prompt is empty: say what the picture should show.")
    for name, value in (("prompt", form.prompt), ("negative_prompt", form.negative_prompt)):
        if len(value) > limits.PROMPT_CHARS:
            wrong[name] = too_long(len(value), limits.PROMPT_CHARS)
    if len(form.text) > limits.POST_TEXT_CHARS:
        wrong["text"] = too_long(len(form.text), limits.POST_TEXT_CHARS)
    return wrong


def too_long(long: int, most: int) -> str:
    """The sentence for a text beyond its bound, in characters."""
    return _("This is too long: %(long)d characters, and %(most)d are allowed.") % {"long": long, "most": most}


def _wrong_numbers(form: Form) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if form.seed and not (form.seed.isascii() and form.seed.isdigit() and len(form.seed) <= limits.SEED_DIGITS):
        wrong["seed"] = _("A seed is a whole number of at most %(most)d digits.") % {"most": limits.SEED_DIGITS}
    if form.steps and not (
        form.steps.isascii() and form.steps.isdigit() and 1 <= int(form.steps[:9]) <= limits.STEPS_MAX
    ):
        wrong["steps"] = _("Steps are a whole number from 1 to %(most)d.") % {"most": limits.STEPS_MAX}
    if form.guidance and not (_NUMBER.fullmatch(form.guidance) and float(form.guidance) <= limits.GUIDANCE_MAX):
        wrong["guidance"] = _("Guidance is a number from 0 to %(most)g.") % {"most": limits.GUIDANCE_MAX}
    if form.strength and not (_NUMBER.fullmatch(form.strength) and float(form.strength) <= 1):
        wrong["strength"] = _("How far it may go is a number from 0 to 1.")
    return wrong


def _wrong_choices(form: Form, generators: tuple[str, ...]) -> dict[str, str]:
    known: tuple[tuple[str, str, set[str], str], ...] = (
        ("count", form.count, {str(n + 1) for n in range(limits.POST_IMAGES)}, _("Choose how many pictures to make.")),
        ("shape", form.shape, {value for value, *_rest in SHAPES}, _("Choose one of the shapes.")),
        ("generator", form.generator, {"", *generators}, _("Choose one of the models.")),
    )
    return {name: sentence for name, value, words, sentence in known if value not in words}


def choices(form: Form, cards: Mapping[str, ModelCard], generators: tuple[str, ...]) -> dict[str, Any]:
    """What the template of the first step needs beside the form: what the chosen model takes, and nothing else."""
    name = form.generator or generators[0]
    card = cards.get(name)
    can = card.capabilities if card is not None else EVERYTHING
    names = dict(STYLES)
    titles = {one: cards[one].title if one in cards else one for one in generators}
    return {
        "form": form,
        "wrong": form.wrong,
        "can": can,
        "begins": can.source or can.graph,
        "card": {"name": name, "title": card.title if card else name, "disclosure": card.disclosure if card else ""},
        "styles": [(value, _(names[value]) if value in names else value) for value in can.styles],
        "shapes": [(value, _(words)) for value, words, *_size in SHAPES],
        "counts": [str(number + 1) for number in range(limits.POST_IMAGES)],
        "generators": [(one, titles[one]) for one in generators] if len(generators) > 1 else [],
        "limits": {
            "text": limits.POST_TEXT_CHARS,
            "prompt": limits.PROMPT_CHARS,
            "steps": limits.STEPS_MAX,
            "guidance": f"{limits.GUIDANCE_MAX:g}",
        },
    }
