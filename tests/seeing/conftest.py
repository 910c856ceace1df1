"""The log of a test, in JSON, with everything that was written to it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from fediverse_ai.core import log
from fediverse_ai.core.config import LogSection


class Told:
    """What was logged, as text and as lines."""

    def __init__(self, out: io.StringIO) -> None:
        self._out = out

    @property
    def text(self) -> str:
        return self._out.getvalue()

    def lines(self, event: str | None = None, **equal: Any) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]
        return [
            line
            for line in found
            if event in (None, line["event"]) and all(line.get(name) == value for name, value in equal.items())
        ]


def logging_to(out: io.StringIO, form: str) -> Iterator[Told]:
    root, known = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    log.configure(LogSection(format=form, level="debug"), out)  # type: ignore[arg-type]
    try:
        yield Told(out)
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.configure(**known)


@pytest.fixture
def told() -> Iterator[Told]:
    yield from logging_to(io.StringIO(), "json")


@pytest.fixture
def console() -> Iterator[Told]:
    yield from logging_to(io.StringIO(), "console")
