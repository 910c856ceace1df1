"""Draft: what a door gathered from its form, and what is wrong with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.texts import _, marked
from generation.types import ImageRequest
from outbox.belongings import Disclosure, RemixPolicy
from outbox.models import Origin, Visibility

SEED_BYTES = 6
# Looked up again when it is made: permissions and pictures may change until then.
_NOT_ORDERED = frozenset({"source", "key", "graph", "handles"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What a door gathered from its form. With a `prompt` pictures are made; `media_ids` are uploads, in their order.

    None means: the account's or the server's default. `count` pictures are made; of more than one the author picks.
    `remix_of_id` names the post that this one is made from; with `from_picture` its picture at `source_position`
    (0 is the first) is where the generator begins, going `strength` (0…1) away from it.
    `upscale` makes that picture again, larger: of a remix that begins from the picture.
    A description that a program drafts waits for its author, unless `accept_alt_draft` says that it will do as it is;
    with `look_first` the post waits until its author has seen pictures and drafts (`pick`), also with one picture.
    `not_before_ms` schedules it; `keep` stores it as a draft and makes nothing.
    """

    text: str = ""
    prompt: str | None = None
    negative_prompt: str = ""
    generator: str | None = None
    model: str | None = None
    seed: int | None = None
    style: str | None = None
    width: int = 1024
    height: int = 1024
    steps: int | None = None
    guidance: float | None = None
    count: int = 1
    alt_text: str = ""
    summary: str | None = None
    sensitive: bool = False
    visibility: str | None = None
    in_reply_to_id: int | None = None
    quote_id: int | None = None
    language: str | None = "en"
    client_key: str | None = None
    media_ids: tuple[int, ...] = ()
    origin_of_uploads: str = Origin.DECLARED_AI
    """Whether the uploads are AI's work; unless their author says otherwise they are labelled as such."""
    disclosure: str | None = None
    remix_policy: str | None = None
    remix_of_id: int | None = None
    from_picture: bool = False
    source_position: int = 0
    strength: float | None = None
    upscale: bool = False
    accept_alt_draft: bool = False
    look_first: bool = False
    not_before_ms: int | None = None
    keep: bool = False

    @property
    def pictures(self) -> int:
        """How many pictures the post may come to have."""
        return (self.count if self.prompt is not None else 0) + len(self.media_ids)


_PROMPT = marked("The prompt is too long: %(long)d characters, and %(most)d are allowed.")
_NEGATIVE = marked("The negative prompt is too long: %(long)d characters, and %(most)d are allowed.")
_TEXT = marked("The text is too long: %(long)d characters, and %(most)d are allowed.")
_DESCRIPTION = marked("The description is too long: %(long)d characters, and %(most)d are allowed.")
_WARNING = marked("The content warning is too long: %(long)d characters, and %(most)d are allowed.")


def check(draft: Draft, now_ms: int) -> None:
    """What can be seen without the database. Raises Unprocessable with a sentence that says what to change."""
    if draft.prompt is not None and not draft.prompt.strip():
        raise Unprocessable("The prompt is empty: say what the picture should show.")
    if draft.prompt is None and not draft.media_ids and not draft.text.strip():
        raise Unprocessable("There is nothing to post: write something, bring a picture or give a prompt.")
    bounds = (
        (_PROMPT, draft.prompt or "", limits.PROMPT_CHARS),
        (_NEGATIVE, draft.negative_prompt, limits.PROMPT_CHARS),
        (_TEXT, draft.text, limits.POST_TEXT_CHARS),
        (_DESCRIPTION, draft.alt_text, limits.ALT_TEXT_CHARS),
        (_WARNING, draft.summary or "", limits.NAME_CHARS),
    )
    for sentence, value, most in bounds:
        if len(value) > most:
            raise Unprocessable(_(sentence) % {"long": len(value), "most": most})
    if not 1 <= draft.count <= limits.POST_IMAGES:
        raise Unprocessable(_("One to %(most)d pictures can be made at once.") % {"most": limits.POST_IMAGES})
    if draft.pictures > limits.POST_ATTACHMENTS:
        raise Unprocessable(_("A post may have at most %(most)d pictures.") % {"most": limits.POST_ATTACHMENTS})
    if len(set(draft.media_ids)) != len(draft.media_ids):
        raise Unprocessable("The same picture is there twice.")
    _check_words(draft)
    if draft.not_before_ms is not None and draft.not_before_ms > now_ms + limits.SCHEDULE_SECONDS * 1000:
        raise Unprocessable("A post can be scheduled for a year ahead at most.")


def _check_words(draft: Draft) -> None:
    """The words that stand for a choice."""
    known = (
        ("visibility", draft.visibility, {item.value for item in Visibility}),
        ("disclosure", draft.disclosure, {item.value for item in Disclosure}),
        ("remix permission", draft.remix_policy, {item.value for item in RemixPolicy}),
        ("origin", draft.origin_of_uploads, {Origin.DECLARED_AI.value, Origin.DECLARED_NOT_AI.value}),
    )
    for name, value, words in known:
        if value is not None and value not in words:
            raise Unprocessable(_("“%(value)s” cannot be chosen here.") % {"value": value}, name)
    if draft.strength is not None and not 0 <= draft.strength <= 1:
        raise Unprocessable("The strength is a number from 0 to 1.")


def order(clock: Clock, draft: Draft) -> dict[str, Any] | None:
    """The order for the generator, with its seed drawn now, so that a second run makes the same picture."""
    if draft.prompt is None:
        return None
    seed = draft.seed if draft.seed is not None else int.from_bytes(clock.token(SEED_BYTES))
    request = ImageRequest(
        prompt=draft.prompt.strip(),
        negative_prompt=draft.negative_prompt.strip(),
        seed=seed,
        width=draft.width,
        height=draft.height,
        steps=draft.steps,
        guidance=draft.guidance,
        style=draft.style,
        model=draft.model,
        count=draft.count,
        strength=draft.strength if draft.from_picture else None,
        upscale=draft.upscale and draft.from_picture,
    )
    image = {name: value for name, value in asdict(request).items() if name not in _NOT_ORDERED}
    words: dict[str, Any] = {"generator": draft.generator, "alt_text": draft.alt_text.strip()}
    words |= {name: True for name in ("accept_alt_draft", "look_first") if getattr(draft, name)}
    # A seed of ours is no wish: nobody needs to hear that a backend knows no seeds.
    return {"image": image, "seed_drawn": draft.seed is None, **words}
