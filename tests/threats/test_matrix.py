"""The matrix is whole: every entry of its groups is proven by tests that exist, or absent for a reason."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.threats.matrix import ABSENT, FILES, GROUPS, MATRIX, NAMES

ROOT = Path(__file__).parents[2]


@cache
def functions_of(path: str) -> frozenset[str]:
    """Names of the test functions of a file that run in `make test`."""
    tree = ast.parse((ROOT / path).read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            marks = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
            assert "skip" not in marks, (path, node.name)
            if "mark.live" not in marks:
                found.add(node.name)
    return frozenset(found)


def test_every_entry_is_proven_or_absent_for_a_reason() -> None:
    wanted = {f"{group}-{number:02}" for group, last in GROUPS.items() for number in range(1, last + 1)}
    assert MATRIX.keys() | ABSENT.keys() == wanted
    assert MATRIX.keys() & ABSENT.keys() == set()
    assert NAMES.keys() == wanted
    assert all(len(reason) > 20 for reason in ABSENT.values())
    assert all(MATRIX.values())


@pytest.mark.parametrize("entry", MATRIX)
def test_its_tests_exist(entry: str) -> None:
    for name in MATRIX[entry]:
        file, _, function = name.partition(":")
        assert function in functions_of(FILES[file]), f"{entry} {NAMES[entry]}: {FILES[file]} has no {function}"


def test_every_file_is_used() -> None:
    assert FILES.keys() == {name.partition(":")[0] for tests in MATRIX.values() for name in tests}
