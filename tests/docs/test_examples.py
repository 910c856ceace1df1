"""Pieces of configuration that the documents show are taken by the program as they stand."""

from __future__ import annotations

import re
import tomllib

import pytest

from fediverse_ai.core.config import Config
from generation.policy import load_policy
from generation.policy_file import shipped
from tests.docs import shown
from tests.house.docs import ROOT

TOML = re.compile(r"^ *```toml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
FOUND = [
    (f"{page}:{block[:30].strip()}", block)
    for page in shown.pages()
    for block in TOML.findall((ROOT / page).read_text("utf-8"))
]


@pytest.mark.parametrize("block", [block for _, block in FOUND], ids=[name for name, _ in FOUND])
def test_a_piece_of_configuration_is_taken(block: str) -> None:
    values = tomllib.loads(block)
    if "categories" in values:
        assert block == shipped()
        load_policy(None)
    else:
        Config(**values)


def test_there_are_some() -> None:
    assert len(FOUND) > 4
