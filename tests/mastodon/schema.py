"""Hold an answer of the API to what our own description says of it: nothing missing, nothing besides, of the kind."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fediverse_ai.mastodon.schema_table import ANSWERS


@cache
def _patterns() -> list[tuple[re.Pattern[str], TypeAdapter[Any]]]:
    """As the router has it: what has fewer places to fill comes first."""
    calls = sorted(ANSWERS, key=lambda call: call.count("{"))
    return [(re.compile(re.sub(r"{\w+}", "[^/]+", call)), TypeAdapter(ANSWERS[call])) for call in calls]


def check(method: str, path: str, body: Any) -> None:
    call = f"{method} {path.partition('?')[0].rstrip('/')}"
    for pattern, adapter in _patterns():
        if pattern.fullmatch(call):
            try:
                adapter.validate_python(body, strict=True)
            except ValidationError as error:
                raise AssertionError(f"{call} is not as described: {error}") from None
            return
