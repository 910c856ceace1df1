"""The library that is asked for a picture and for a verdict; it knows no posts, no people and no database."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.config import Config
from fediverse_ai.core.database import forbid_in_transaction
from fediverse_ai.core.errors import FediverseError, Misconfigured, Nonsense, Unprocessable, Unreachable
from fediverse_ai.core.metrics import QUICK, SLOW, Count, Time
from fediverse_ai.core.texts import _
from generation import engines, images, plugins, provenance
from generation.engines import Engine
from generation.images import sniff
from generation.policy import Policy
from generation.policy_file import PolicyFile, path_of
from generation.sandbox import Sandbox
from generation.types import (
    Decision,
    Describer,
    Finding,
    GeneratedImage,
    ImageRequest,
    Item,
    ModelCard,
    Moderator,
    Progress,
    ProgressReport,
    Verdict,
)

if TYPE_CHECKING:
    from fediverse_ai.core.http import Http

PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp")

log = structlog.get_logger(__name__)

VERDICTS = Count("gate_verdicts", "Verdicts of the gate, by decision.", decision=tuple(Decision))
REVIEW_SECONDS = Time("gate_seconds", "Until the gate has judged everything of one publication.", (*QUICK, 30.0, 60.0))
SECONDS = Time("generation_seconds", "Making one picture.", SLOW, generator=None)
FAILURES = Count("generation_failures", "Orders for pictures that came to nothing.", generator=None)


class Pipeline:
    """All configured generators, moderators and the policy. Everything it does may take long: never in a transaction.

    A moderator that fails, is late or answers nonsense becomes a failed finding, which the policy holds.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine],
        default: str,
        moderators: Sequence[Moderator],
        policy: Policy | PolicyFile,
        sandbox: Sandbox,
        clock: Clock,
        review_seconds: float = 30.0,
    ) -> None:
        self.default = default
        self._policy = policy
        self.sandbox = sandbox
        self._engines = dict(engines)
        self._moderators = tuple(moderators)
        self._clock = clock
        self._review_seconds = review_seconds
        self._places = {name: asyncio.Semaphore(engine.at_once) for name, engine in engines.items()}
        self._cards: dict[str, ModelCard] = {}
        judges = "\n".join(sorted(f"{moderator.name} {moderator.version}" for moderator in moderators))
        self.describer: Describer | None = None
        """Drafts alt texts from pictures."""
        self.before_review: Callable[[], Awaitable[None]] | None = None
        """Asked before anything is judged, such as for what changed on the list of known pictures."""
        self._judges = hashlib.sha256(judges.encode()).hexdigest()[:8]

    @property
    def policy(self) -> Policy:
        """The running policy; a file that changed is read again here."""
        return self._policy.current() if isinstance(self._policy, PolicyFile) else self._policy

    @property
    def policy_problem(self) -> str | None:
        """Why the policy file as it is now does not run; None when it does."""
        return self._policy.problem if isinstance(self._policy, PolicyFile) else None

    @property
    def policy_version(self) -> str:
        """The policy file and who judges by it: with either changed, an old verdict no longer counts."""
        return self._version(self.policy)

    @property
    def moderators(self) -> tuple[Moderator, ...]:
        """Everybody who judges here."""
        return self._moderators

    def _version(self, policy: Policy) -> str:
        return f"{policy.version}.{self._judges}"

    async def start(self) -> None:
        """Check what can be checked without work. Raises Misconfigured for a generator that labels itself wrongly."""
        missing = self.policy.missing([moderator.name for moderator in self._moderators])
        if missing:
            log.warning("moderators missing: the policy requires them, so everything waits for a person", names=missing)
        await self.card(self.default)

    async def close(self) -> None:
        """Close generators, moderators and the child processes."""
        for engine in self._engines.values():
            await engine.generator.close()
        for moderator in self._moderators:
            await moderator.close()
        await self.sandbox.close()

    @property
    def generators(self) -> tuple[str, ...]:
        """The names that `generate` takes, the default first."""
        return (self.default, *(name for name in self._engines if name != self.default))

    def engine(self, name: str) -> Engine:
        """A generator's bounds. Raises Unprocessable for a name that is none here."""
        return self._engine(name)

    async def card(self, name: str) -> ModelCard:
        """The model card of one generator, asked for once. Raises Misconfigured when its source type is unknown."""
        if name not in self._cards:
            card = await self._engine(name).generator.card()
            try:
                provenance.source_type(card.digital_source_type)
            except ValueError as error:
                raise Misconfigured(f"The generator {name} has no valid model card: {error}.") from error
            self._cards[name] = card
        return self._cards[name]

    async def cards(self) -> dict[str, ModelCard]:
        """The cards of all generators that can be reached now."""
        found: dict[str, ModelCard] = {}
        for name in self.generators:
            try:
                found[name] = await self.card(name)
            except FediverseError as error:
                log.warning("no model card", generator=name, detail=error.detail)
        return found

    async def generate(
        self, request: ImageRequest, generator: str | None, on_progress: Progress
    ) -> list[GeneratedImage]:
        """Make `request.count` pictures; `generator` None is the default. The bytes are not yet trusted: render them.

        Raises Unprocessable (the request, or the backend's refusal), Unreachable (may heal, also when late) and
        Nonsense (the backend answered what it must not); RuntimeError inside a transaction.
        """
        forbid_in_transaction("making a picture")
        name = generator or self.default
        engine = self._engine(name)
        check_request(request)
        request, told = engines.fitted(request, await self.card(name), engine)
        if request.upscale and request.source is not None:
            source = await images.enlarged(self.sandbox, request.source, request.width, request.height)
            request = replace(request, source=source)
        if self._places[name].locked():
            await on_progress(ProgressReport(None, "Waiting for the pictures before this one"))
        async with self._places[name]:
            began = self._clock.monotonic()
            progress = _Steady(on_progress)
            try:
                async with asyncio.timeout(engine.seconds):
                    made = await engine.generator.generate(request, progress)
            except FediverseError:
                FAILURES.add(name)
                raise
            except TimeoutError as error:
                FAILURES.add(name)
                raise Unreachable("The picture took too long to make.", f"{name}: over {engine.seconds} s") from error
            seconds = (self._clock.monotonic() - began) / request.count
            SECONDS.took(seconds, name)
        check_images(name, request, made)
        return [engines.finished(image, request, engine, told, seconds) for image in made]

    async def review(self, item: Item) -> Verdict:
        """The verdict on one item; see `review_all`."""
        return await self.review_all([item])

    async def review_all(self, items: Sequence[Item], earlier: Verdict | None = None) -> Verdict:
        """One verdict on everything that belongs to one publication: the strictest rule over all of it decides.

        `earlier` is a verdict over another part of it, such as the prompt's: what it found counts again, so that
        rules over several parts see all of them. `digests` holds the SHA-256 of every picture and of every text as they
        were judged, computed here.
        Raises ValueError without items, RuntimeError inside a transaction.
        """
        forbid_in_transaction("judging")
        if not items:
            raise ValueError("nothing to judge")
        if self.before_review is not None:
            await self.before_review()
        began = self._clock.monotonic()
        digests = await asyncio.to_thread(lambda: tuple(dict.fromkeys(d for item in items for d in digests_of(item))))
        asked = [asyncio.gather(*(self._ask(moderator, item) for moderator in self._moderators)) for item in items]
        findings = await asyncio.gather(*asked)
        groups = [(item.stage, tuple(found)) for item, found in zip(items, findings, strict=True)]
        if earlier is not None:
            groups = [*earlier.groups, *groups]
            digests = tuple(dict.fromkeys((*earlier.digests, *digests)))
        # Asked for only now: judging takes seconds, and the policy may have changed meanwhile.
        policy = self.policy
        decision, rule, reason = policy.judge(groups)
        if decision is Decision.ALLOW and any(finding.failed for _stage, found in groups for finding in found):
            # The policy holds these itself; this line is for the day when somebody changes that by mistake.
            raise RuntimeError("the policy allowed what could not be judged")
        VERDICTS.add(decision)
        REVIEW_SECONDS.took(self._clock.monotonic() - began)
        everything = tuple(finding for _stage, found in groups for finding in found)
        return Verdict(decision, self._version(policy), rule, reason, digests, everything, tuple(groups))

    async def describe(self, picture: bytes, prompt: str) -> str:
        """A draft of an alt text by the configured service, for a person to confirm; empty without one, or if it fails.

        The picture is decoded by that service, not here. RuntimeError inside a transaction.
        """
        forbid_in_transaction("describing")
        if self.describer is None:
            return ""
        try:
            return await self.describer.describe(picture, prompt)
        except FediverseError as error:
            log.warning("no description", detail=error.detail)
            return ""

    def _engine(self, name: str) -> Engine:
        if name not in self._engines:
            sentence = _("There is no generator of that name here; there are: %(names)s.")
            raise Unprocessable(sentence % {"names": ", ".join(self.generators)}, f"asked for {name!r}")
        return self._engines[name]

    async def _ask(self, moderator: Moderator, item: Item) -> Finding:
        """One moderator, alone behind glass: whatever it does, the answer is a finding."""
        try:
            async with asyncio.timeout(self._review_seconds):
                return sound_finding(moderator, await moderator.review(item))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return self._failed(moderator, "cancelled itself")
        except Exception as error:
            # Isolation is the point: an installed moderator may raise anything, and the rest still judges.
            return self._failed(moderator, f"{type(error).__name__}: {error}")

    def _failed(self, moderator: Moderator, why: str) -> Finding:
        log.warning("a moderator failed", moderator=moderator.name, detail=why[: limits.EVIDENCE_CHARS])
        return Finding(moderator.name, moderator.version, {}, {"failed": why[: limits.EVIDENCE_CHARS]}, failed=True)


class _Steady:
    """Progress as it is passed on: fractions in 0…1 that never fall, short words."""

    def __init__(self, on_progress: Progress) -> None:
        self._on_progress = on_progress
        self._reached = 0.0

    async def __call__(self, report: ProgressReport) -> None:
        fraction = report.fraction
        if fraction is not None:
            known = min(1.0, max(0.0, fraction)) if math.isfinite(fraction) else 0.0
            self._reached = fraction = max(self._reached, known)
        await self._on_progress(replace(report, fraction=fraction, words=report.words[: limits.PROGRESS_CHARS]))


def check_request(request: ImageRequest) -> None:
    """Refuse a request that no generator should see. Raises Unprocessable with a sentence that says what to change."""
    if not request.prompt.strip():
        raise Unprocessable("Please say what the picture should show.", "empty prompt")
    for text, sentence in (
        (request.prompt, _("The prompt may have at most %(most)d characters.")),
        (request.negative_prompt, _("The negative prompt may have at most %(most)d characters.")),
    ):
        if len(text) > limits.PROMPT_CHARS:
            raise Unprocessable(sentence % {"most": limits.PROMPT_CHARS}, f"{len(text)} characters")
    if not 1 <= request.count <= limits.POST_IMAGES:
        sentence = _("Please ask for 1 to %(most)d pictures.") % {"most": limits.POST_IMAGES}
        raise Unprocessable(sentence, f"count {request.count}")
    least, most = limits.PICTURE_SIDE_MIN_PIXELS, limits.PICTURE_SIDE_MAX_PIXELS
    if not all(least <= side <= most for side in (request.width, request.height)):
        sentence = _("Width and height must be between %(least)d and %(most)d pixels.") % {"least": least, "most": most}
        raise Unprocessable(sentence, f"{request.width}x{request.height}")
    if request.seed is not None and not 0 <= request.seed < limits.SEED_LIMIT:
        sentence = _("The seed must be a whole number from 0 to %(most)d.") % {"most": limits.SEED_LIMIT - 1}
        raise Unprocessable(sentence, f"seed {request.seed}")
    if request.steps is not None and not 1 <= request.steps <= limits.STEPS_MAX:
        sentence = _("The steps must be between 1 and %(most)d.") % {"most": limits.STEPS_MAX}
        raise Unprocessable(sentence, f"steps {request.steps}")
    if request.guidance is not None and not 0 <= request.guidance <= limits.GUIDANCE_MAX:
        sentence = _("The guidance must be between 0 and %(most)g.") % {"most": limits.GUIDANCE_MAX}
        raise Unprocessable(sentence, f"guidance {request.guidance}")
    if request.style is not None and len(request.style) > limits.STYLE_CHARS:
        raise Unprocessable("There is no style of that name.", f"style of {len(request.style)} characters")


def check_images(name: str, request: ImageRequest, made: Sequence[GeneratedImage]) -> None:
    """What can be seen without decoding: count, size and first bytes, and a valid label. Raises Nonsense."""
    sentence = "The image backend answered with something that cannot be used."
    if len(made) != request.count:
        raise Nonsense(sentence, f"{name}: {len(made)} pictures instead of {request.count}")
    for image in made:
        if sniff(image.data) not in PICTURE_TYPES or len(image.data) > limits.IMAGE_BYTES:
            raise Nonsense(sentence, f"{name}: {len(image.data)} bytes that begin with {image.data[:12]!r}")
        try:
            provenance.source_type(image.card.digital_source_type)
        except ValueError as error:
            raise Nonsense(sentence, f"{name}: {error}") from error


def digests_of(item: Item) -> list[str]:
    """SHA-256 hex of the picture, and `text:` + SHA-256 hex of the text in UTF-8, as far as the item has them.

    A picture's digest is always computed anew: `picture_sha256` is only what somebody said, and must agree.
    """
    found: list[str] = []
    if item.picture is not None:
        found.append(hashlib.sha256(item.picture).hexdigest())
        if item.picture_sha256 not in (None, found[0]):
            raise ValueError("these are not the bytes of that digest")
    if item.text or item.picture is None:
        found.append(text_digest(item.text))
    return found


def text_digest(text: str) -> str:
    """How a judged text is named in a verdict."""
    return "text:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sound_finding(moderator: Moderator, found: Any) -> Finding:
    """The finding with its moderator's own name and short evidence. Raises ValueError for anything malformed."""
    if not isinstance(found, Finding) or not isinstance(found.scores, Mapping):
        raise ValueError(f"answered {type(found).__name__}")
    for name, score in found.scores.items():
        # NaN fails every comparison, so it ends here too.
        if not isinstance(name, str) or isinstance(score, bool) or not isinstance(score, int | float):
            raise ValueError(f"score {name!r} is no number")
        if not 0 <= score <= 1:
            raise ValueError(f"score {name!r} is {score!r}")
    evidence = {str(name)[:100]: str(text)[: limits.EVIDENCE_CHARS] for name, text in found.evidence.items()}
    scores = {name: float(score) for name, score in found.scores.items()}
    return Finding(moderator.name, moderator.version, scores, evidence, bool(found.failed))


def build_pipeline(config: Config, http: Http, clock: Clock, last_good: Policy | None = None) -> Pipeline:
    """The pipeline of a configuration: `scene` and every [generation.backends.NAME]. Raises Misconfigured.

    `last_good` is the policy that ran before; it goes on when the file is wrong.
    """
    backends = engines.configured(config)
    made = {name: engines.build(name, backend, config, http) for name, backend in backends.items()}
    sandbox = Sandbox()
    seconds = config.moderation.timeout_seconds
    moderators = _moderators(config, sandbox, clock)
    policy = PolicyFile(path_of(config), clock, last_good, must_exist=bool(config.moderation.policy_file))
    return Pipeline(made, config.generation.default, moderators, policy, sandbox, clock, seconds)


def _moderators(config: Config, sandbox: Sandbox, clock: Clock) -> list[Moderator]:
    """The configured checks, each once; without any all that are built in and every service."""
    services = config.moderation.services
    found: list[Moderator] = []
    for name in dict.fromkeys(config.moderation.moderators or [*plugins.MODERATORS, *services]):
        if name not in services:
            # The pipeline's own deadline holds for every check, so none needs a setting of its own.
            found.append(plugins.moderator(name)({}, sandbox))
            continue
        service = services[name]
        settings: dict[str, Any] = {
            "name": name,
            "url": service.url,
            "model": service.model,
            "api_key": service.secret(),
        }
        settings |= {"timeout_seconds": service.timeout_seconds, "options": dict(service.options)}
        found.append(plugins.service(service.kind, f"moderation.services.{name}.kind")(settings, clock))
    return found
