"""The values that generators and moderators exchange, and the two protocols they fulfil."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Which wishes of an ImageRequest a generator can fulfil; a wish that it cannot is told, never dropped silently.

    `sizes`: the only sizes it makes, in pixels, empty for any; `styles`: the names it knows, empty for none.
    `progress`: what it says while it works. `cancel`: `queued` when only what waits there can be stopped,
    `running` when anything can. `graph`: it begins from another picture's scene graph. `upscale`: how it makes a
    picture larger, as one sentence for people; empty when it cannot.
    """

    negative_prompt: bool = False
    seed: bool = False
    steps: bool = False
    guidance: bool = False
    source: bool = False
    strength: bool = False
    size: bool = True
    styles: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    sizes: tuple[tuple[int, int], ...] = ()
    progress: Literal["none", "steps", "preview"] = "none"
    cancel: Literal["connection", "queued", "running"] = "connection"
    graph: bool = False
    upscale: str = ""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a generator says of itself.

    `digital_source_type` is the IPTC term that its pictures carry everywhere: `algorithmicMedia` for a
    procedure, `trainedAlgorithmicMedia` for a trained model. `disclosure` is one honest sentence for people.
    """

    name: str
    version: str
    title: str
    digital_source_type: str
    disclosure: str
    licence: str = ""
    homepage: str = ""
    closed_vocabulary: bool = False
    """True when the generator can only draw forms that are written in its program; never for a trained model."""
    sha256: str = ""
    """Of the model's files, hex; empty where the model is somewhere that we cannot look."""
    data_sources: str = ""
    """What the model learned from, as far as its operator knows."""
    capabilities: Capabilities = Capabilities()


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """What is asked of a generator. `seed` None means: choose one. Sizes in pixels.

    `source`: encoded bytes of a picture to begin from; `strength` 0…1 says how far to go from it. `model`: one of the
    models that the card lists. `key` names this order across restarts, for backends that would else make it twice.
    `graph`: what a picture's recipe holds as `parameters["graph"]`, to vary it or to change it by the prompt's words.
    `upscale`: make the picture of `source` or `graph` again, larger, and change as little as the backend can.
    `handles`: what the backend called orders of this `key` when it was asked before, by the picture's index.
    """

    prompt: str
    negative_prompt: str = ""
    seed: int | None = None
    width: int = 1024
    height: int = 1024
    steps: int | None = None
    guidance: float | None = None
    style: str | None = None
    count: int = 1
    source: bytes | None = field(default=None, repr=False)
    strength: float | None = None
    model: str | None = None
    key: str = ""
    graph: Mapping[str, Any] | None = field(default=None, repr=False)
    upscale: bool = False
    handles: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything needed to make one picture again."""

    generator: str
    version: str
    prompt: str
    negative_prompt: str
    seed: int | None
    width: int
    height: int
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GeneratedImage:
    """One picture as the backend gave it: encoded bytes (PNG, JPEG or WebP), not yet trusted.

    `focus` is the focal point in Mastodon's sense: x and y in −1…1, y upwards. `notes` are sentences for the author
    such as "not drawn: lighthouse".
    """

    data: bytes
    recipe: Recipe
    card: ModelCard
    alt_text: str = ""
    focus: tuple[float, float] = (0.0, 0.0)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    watt_hours: float | None = None
    """Energy for this picture where the backend's power is known."""


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """How far a generation is: `fraction` 0…1 or None when the backend does not say; `words` for people.

    `place`: how many orders stand before this one at the backend. `preview`: encoded bytes as the backend gave them,
    not trusted, for the author alone. `handle`: the picture's index and what the backend calls the order, to be kept
    and given back in `ImageRequest.handles` after a restart.
    """

    fraction: float | None
    words: str
    place: int | None = None
    step: int | None = None
    steps: int | None = None
    preview: bytes | None = field(default=None, repr=False)
    handle: tuple[int, str] | None = None


Progress = Callable[[ProgressReport], Awaitable[None]]


class Decision(StrEnum):
    """Ordered by strictness: allow < hold < refuse."""

    ALLOW = "allow"
    HOLD = "hold"
    REFUSE = "refuse"

    @property
    def rank(self) -> int:
        return ("allow", "hold", "refuse").index(self.value)


Stage = Literal["prompt", "picture", "drawn", "text", "upload", "remote"]
"""`drawn` is a picture by a generator whose every form is written in its program (`ModelCard.closed_vocabulary`)."""


@dataclass(frozen=True, slots=True)
class Item:
    """What is judged: a text, a picture, or both. `picture` holds the exact bytes that would leave."""

    stage: Stage
    text: str = ""
    picture: bytes | None = None
    picture_sha256: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one moderator found: scores per category in 0…1, and the words or rule that led to it (for people)."""

    moderator: str
    version: str
    scores: Mapping[str, float]
    evidence: Mapping[str, str] = field(default_factory=dict)
    failed: bool = False
    """True when the moderator could not judge (error, timeout, nonsense): counts as hold, never as allow."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision over one or several items, bound to the policy version and to the digests that were judged."""

    decision: Decision
    policy_version: str
    rule: str | None
    """The rule that decided, e.g. `sexual/minors`; None when allowed."""
    reason: str
    """One public sentence: what the rule is and what to change."""
    digests: tuple[str, ...]
    """SHA-256 hex of every picture judged, and `text:`+SHA-256 hex of every text judged."""
    findings: tuple[Finding, ...] = ()
    groups: tuple[tuple[Stage, tuple[Finding, ...]], ...] = ()
    """The findings again, by what was judged and at which stage."""


@runtime_checkable
class Generator(Protocol):
    """An image backend. `card()` may ask the backend once and is cached by the caller."""

    async def card(self) -> ModelCard: ...

    async def generate(self, request: ImageRequest, on_progress: Progress) -> list[GeneratedImage]: ...

    async def close(self) -> None: ...


@runtime_checkable
class Describer(Protocol):
    """Drafts a description of a picture; raises Unreachable or Nonsense."""

    async def describe(self, picture: bytes, prompt: str) -> str: ...


@runtime_checkable
class Moderator(Protocol):
    """A check. It answers within the pipeline's deadline or counts as failed."""

    name: str
    version: str

    async def review(self, item: Item) -> Finding: ...

    async def close(self) -> None: ...
