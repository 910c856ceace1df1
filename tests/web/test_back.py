"""The way back after a form: a path of this server, and nothing that a browser reads as another host."""

from __future__ import annotations

import pytest

from fediverse_ai.core import limits
from fediverse_ai.web.feeds.deeds import safe_back


@pytest.mark.parametrize("path", ["/home", "/search?q=fox&page=2", "/@ann@far.test/12"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert safe_back(path) == path


@pytest.mark.parametrize(
    "path", ["//far.test/", "/\\far.test", "https://far.test/", "", "home", "/a b", "/\thome", "/é"]
)
def test_nothing_else_is(path: str) -> None:
    assert safe_back(path) == "/home"


def test_so_long_a_way_back_is_taken() -> None:
    longest = "/" + "a" * (limits.BACK_CHARS - 1)
    assert safe_back(longest) == longest
    assert safe_back(longest + "a") == "/home"
