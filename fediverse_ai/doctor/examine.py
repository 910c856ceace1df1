"""Everything that the doctor looks at, side by side and within five seconds; the command and the page use it alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence

from sqlalchemy.exc import SQLAlchemyError

from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import FediverseError
from fediverse_ai.core.texts import _
from fediverse_ai.doctor import here, peers, round_trip, stored, way
from fediverse_ai.doctor.findings import Finding, advice, problem, sorted_by_weight
from fediverse_ai.doctor.way import Way

Answer = Finding | Sequence[Finding] | None


def before(config: Config, clock: Clock) -> list[Finding]:
    """What can be seen before anything is opened; with a problem in the database's shape, there is no more."""
    return [*here.look(config, clock), *stored.shape(config, clock)]


def may_open(findings: Sequence[Finding]) -> bool:
    """Can the parts of the server be opened on this database?"""
    return not any(one.name in ("migrations", "tables") and one.level == "problem" for one in findings)


async def within(context: Context) -> list[Finding]:
    """What the database, the work and the way from the world look like: for whoever has the parts open."""
    inside, outside = await asyncio.gather(_answers(stored.questions(context)), _outside(context))
    if not any(one.name == "worker" and one.level == "ok" for one in inside):
        # That nobody answers is no fault of the way when no server runs.
        outside = [_unless_running(one) for one in outside]
    return [*inside, *outside]


async def everything(context: Context) -> list[Finding]:
    """The whole look of a running server at itself, the gravest first."""
    first = await asyncio.to_thread(before, context.config, context.clock)
    return merged([*first, *await within(context)])


def merged(findings: Sequence[Finding]) -> list[Finding]:
    """The gravest first, and what was seen on the way instead of what the configuration let fear."""
    seen = {one.name for one in findings if one.level != "ok"}
    measured = next((one for one in reversed(findings) if one.name == "visitors"), None)
    kept = [
        one
        for one in findings
        if not (one.name == "visitors" and one is not measured and one.level != "problem")
        and not (one.level == "ok" and one.name in seen)
    ]
    return sorted_by_weight(dict.fromkeys(kept))


def _unless_running(one: Finding) -> Finding:
    if one.name not in ("reach", "identity") or one.level != "problem":
        return one
    return advice(one.name, one.words, _("No server runs here: start it and ask again."))


async def _answers(questions: Mapping[str, Awaitable[Answer]]) -> list[Finding]:
    answers = await asyncio.gather(*(_asked(name, question) for name, question in questions.items()))
    return [one for answer in answers for one in answer]


async def _asked(name: str, question: Awaitable[Answer]) -> list[Finding]:
    """The answer; one that does not come is a finding too."""
    try:
        async with asyncio.timeout(limits.DOCTOR_LOOK_SECONDS):
            answer = await question
    except TimeoutError:
        return [advice(name, _("no answer in time"), _("Ask again; look whether machine or network are overloaded."))]
    except (FediverseError, SQLAlchemyError, OSError) as error:
        words = _("could not be looked at: %(why)s") % {"why": str(error) or type(error).__name__}
        return [problem(name, words, _("Mend this first; more may be behind it."))]
    return [answer] if isinstance(answer, Finding) else list(answer or [])


async def _outside(context: Context) -> list[Finding]:
    """The way from the world to here: first whether it leads here at all."""
    found = Way.of(context)
    clock = asyncio.create_task(_asked("clock", peers.clock(context)))
    try:
        async with asyncio.timeout(limits.DOCTOR_LOOK_SECONDS):
            shake = await found.line.handshake()
            first = way.certificate(found, shake)
            found.line.trusted = shake.refused is None
            about, said = await way.who_answers(found)
    except (OSError, TimeoutError) as error:
        words = _("%(url)s does not answer: %(why)s") % {
            "url": context.config.public_url, "why": str(error) or _("no answer in time")
        }  # fmt: skip
        return [problem("reach", words, _("Look at DNS, firewall and proxy: others ask the same way.")), *await clock]
    answers = [] if said is None else await _questions(found, said)
    return [*way.names(found, shake), *first, *about, *answers, *await clock]


async def _questions(found: Way, said: dict[str, object]) -> list[Finding]:
    actor = await round_trip.somebody(found.context)
    questions: dict[str, Awaitable[Answer]] = {
        "path": way.path(found),
        "visitors": way.visitors(found, said),
        "body": way.body(found),
        "stream": way.stream(found),
        "inbox": round_trip.inbox(found),
        "signature": round_trip.signature(found),
        "robots": round_trip.robots(found),
        "pictures": round_trip.pictures(found),
    }
    if actor is not None:
        questions |= {
            "webfinger": round_trip.webfinger(found, actor),
            "account_domain": round_trip.account_domain(found, actor),
            "actor": round_trip.actor_and_cache(found, actor),
        }
    return [way.query(found, said), way.scheme(found, said), *await _answers(questions)]


def cannot(error: FediverseError) -> Finding:
    """Nothing could be looked at."""
    return problem("configuration", error.public, _("Mend this first; everything else depends on it."))
