"""Logging: structured lines, for people or for machines, without secrets."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager, suppress
from contextvars import ContextVar, Token
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TextIO, cast

import structlog

if TYPE_CHECKING:
    from fediverse_ai.core.config import LogSection

_HIDDEN = frozenset(
    {"authorization", "cookie", "set-cookie", "signature", "password", "token", "secret", "api_key", "code", "key_pem"}
)
_ids: ContextVar[Mapping[str, Any]] = ContextVar("ids", default=MappingProxyType({}))
Kind = Literal["sign_in", "code", "link", "passkey", "oauth", "inbox"]


def _hide(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in event:
        if key.lower() in _HIDDEN:
            event[key] = "[hidden]"
    return event


def _name(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in _ids.get().items():
        event.setdefault(key, value)
    return event


class _Bound:
    """The names of one request or job, while it lasts. Every request has two, so it is plainer than structlog's own."""

    __slots__ = ("_more", "_token")

    def __init__(self, more: Mapping[str, Any]) -> None:
        self._more = more

    def __enter__(self) -> None:
        self._token: Token[Mapping[str, Any]] = _ids.set({**_ids.get(), **self._more})

    def __exit__(self, *_error: object) -> None:
        # A coroutine that was thrown away is closed wherever its last reference ended: there nothing is to be reset.
        with suppress(ValueError):
            _ids.reset(self._token)


class _Patient:
    """A stream that bears a full disk or a reader that left: the line is lost, what it tells of goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, words: str) -> int:
        with suppress(OSError):
            return self._stream.write(words)
        return len(words)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def configure(section: LogSection, stream: TextIO | None = None) -> None:
    """Set up structlog and the standard library's logging once, at the start of a door."""
    level = logging.getLevelNamesMapping()[section.level.upper()]
    out = stream or sys.stderr
    shared: list[Any] = [
        _name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide,
    ]
    if section.format == "json":
        renderer: Any = structlog.processors.JSONRenderer()
        shared.append(structlog.processors.format_exc_info)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Patient(out))),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(cast(TextIO, _Patient(out)))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Of the last one each line would be an address with its query, tokens of streams among them.
    for noisy in ("httpx2", "httpcore2", "aiosqlite", "dbos", "c2pa", "fido2", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger that writes `component=name` with every line: `log.warning("delivery failed", host=host)`."""
    return cast(structlog.typing.FilteringBoundLogger, structlog.get_logger(component=name))


def wordy() -> bool:
    """Are lines of the level `debug` written? For what happens so often that a line for nobody costs something."""
    return logging.getLogger().isEnabledFor(logging.DEBUG)


def bound(**ids: Any) -> AbstractContextManager[None]:
    """Within it every line of this task names these: which request, which job, which activity it is about."""
    return _Bound(ids)


def auth_failed(ip: str | None, kind: Kind) -> None:
    """The one line that other programs may rely on, the same in both formats: `auth_failed ip=… kind=…` (OPS-22)."""
    get("auth").warning(f"auth_failed ip={ip or 'unknown'} kind={kind}")
