"""Incoming and Outcome: what every handler is given, and what it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.activitypub.authority import Admitted


class Outcome(StrEnum):
    """What became of an activity; stored on its row and shown to the admin."""

    DONE = "done"
    IGNORED = "ignored"
    """Understood, and nothing to do: seen before, or nobody here asked for it."""
    DROPPED = "dropped"
    """Not allowed to do what it asks."""
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Resolved:
    """The object of an activity: type, id, and the object if it may be believed.

    `Actor` stands for every actor type, `Article` for all that becomes a post with a title.
    """

    type: str | None
    uri: str | None
    admitted: Admitted | None = None
    target_uri: str | None = None
    """Of a Move: where to, once that account was read anew from its home (one of ours is always new)."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A verified activity with its sender's row and its resolved object. Handlers do no network."""

    activity: Admitted
    sender: Actor
    object: Resolved
    received_ms: int


Handler = Callable[[AsyncSession, Incoming], Awaitable[Outcome]]
