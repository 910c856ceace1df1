"""What a running server consists of, built once at the start and handed to whoever needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from fediverse_ai.core.clock import Clock
    from fediverse_ai.core.config import Config
    from fediverse_ai.core.database import Database, Ids
    from fediverse_ai.core.http import Http
    from fediverse_ai.core.jobs import Jobs
    from fediverse_ai.core.storage import Storage

T = TypeVar("T")


@dataclass
class Context:
    """The parts of floor 0, plus a typed shelf for parts of higher floors (pipeline, key cache, …)."""

    config: Config
    clock: Clock
    ids: Ids
    database: Database
    http: Http
    jobs: Jobs
    storage: Storage
    _parts: dict[type[Any], object] = field(default_factory=dict, repr=False)

    def add(self, part: object) -> None:
        """Put a part on the shelf under its own type; a second of the same type replaces the first."""
        self._parts[type(part)] = part

    def part(self, kind: type[T]) -> T:
        """The part of exactly this type. Raises LookupError when nobody added one."""
        try:
            return cast(T, self._parts[kind])
        except KeyError:
            raise LookupError(f"no {kind.__name__} was added to the context") from None


def context_of(session: AsyncSession) -> Context:
    """The context whose database opened this session. Raises LookupError on a database that was never bound."""
    context = session.info.get("context")
    if context is None:
        raise LookupError("this session belongs to a database that was not bound to a context")
    return cast("Context", context)
