"""Imports and foreign keys point down: the compiler of the house."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sqlmodel import SQLModel

ROOT = Path(__file__).parents[2]
PACKAGES = ("fediverse_ai", "actors", "generation", "inbox", "outbox")
TABLE_PACKAGES = ("actors", "outbox", "inbox")


def room_of(module: str) -> tuple[int, str]:
    """The floor of a module and the room on it."""
    if module.startswith("fediverse_ai.core"):
        return 0, "core"
    if module.startswith("fediverse_ai.activitypub"):
        return 1, "activitypub"
    top = module.partition(".")[0]
    floors = {"actors": 2, "generation": 2, "outbox": 3, "inbox": 4, "fediverse_ai": 5}
    return floors[top], top


def modules() -> list[tuple[str, Path]]:
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


def imports(module: str, tree: ast.Module, *, is_package: bool) -> list[tuple[int, str]]:
    """(line, module) of every import, those in functions and under TYPE_CHECKING too."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                kept = parts[: len(parts) - node.level + (1 if is_package else 0)]
                base = ".".join([*kept, base]).strip(".")
            found.append((node.lineno, base))
            # `from fediverse_ai import core` imports the submodule, not a name of the package.
            names = [f"{base}.{alias.name}" for alias in node.names]
            found += [(node.lineno, name) for name in names if is_module(name)]
    return found


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def breaches(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """Imports of a module that do not point down or stay in the room."""
    floor, room = room_of(module)
    bad = []
    for line, target in imports(module, ast.parse(source), is_package=is_package):
        # The version lies in fediverse_ai/__init__.py, which imports nothing, so anybody may read it.
        if target.partition(".")[0] not in PACKAGES or target == "fediverse_ai":
            continue
        target_floor, target_room = room_of(target)
        if target_room != room and target_floor >= floor:
            bad.append(f"{module}:{line} imports {target}")
    return bad


def test_imports_point_down() -> None:
    assert [
        breach
        for module, path in modules()
        for breach in breaches(module, path.read_text("utf-8"), is_package=path.name == "__init__.py")
    ] == []


def test_every_package_was_looked_at() -> None:
    assert {module.partition(".")[0] for module, _ in modules()} == set(PACKAGES)
    assert len(modules()) > 20


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("fediverse_ai.core.html", "import fediverse_ai.activitypub.document"),
        ("fediverse_ai.core.html", "from fediverse_ai import app"),
        ("fediverse_ai.core.html", "def f():\n    from outbox import send"),
        ("fediverse_ai.activitypub.fetch", "from actors.models import Actor"),
        ("actors.local", "from generation import pipeline"),
        ("generation.pipeline", "import actors"),
        ("outbox.publish", "from inbox.models import Received"),
        ("outbox.publish", "from ..inbox import models"),
        ("inbox.routes", "if x:\n    from fediverse_ai.auth import anything"),
    ],
)
def test_the_compiler_sees_what_it_must(module: str, source: str) -> None:
    assert breaches(module, source)


def test_the_compiler_lets_pass_what_it_may() -> None:
    source = "from fediverse_ai import __version__\nfrom fediverse_ai.core import config\nfrom actors import local"
    assert breaches("outbox.send", source) == []
    assert breaches("fediverse_ai.core.http", "from fediverse_ai.core.urls import origin") == []
    assert breaches("inbox.handlers", "from . import follow", is_package=True) == []


def test_the_version_module_imports_nothing() -> None:
    tree = ast.parse((ROOT / "fediverse_ai" / "__init__.py").read_text("utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert [ast.unparse(node) for node in found] in ([], ["from __future__ import annotations"])


@pytest.mark.parametrize(
    ("library", "owner"),
    [("dbos", ["fediverse_ai.core.job_engine"]), ("httpcore2", ["fediverse_ai.core.http"])],
)
def test_one_seam_for_each_engine(library: str, owner: list[str]) -> None:
    users = [
        module
        for module, path in modules()
        for _, target in imports(module, ast.parse(path.read_text("utf-8")), is_package=path.name == "__init__.py")
        if target.partition(".")[0] == library
    ]
    assert sorted(set(users)) == owner


def test_foreign_keys_point_down() -> None:
    owners: dict[str, tuple[int, str]] = {}
    for package in TABLE_PACKAGES:
        module = f"{package}.models"
        __import__(module)
        for mapper in SQLModel._sa_registry.mappers:
            if mapper.class_.__module__ == module:
                owners[mapper.local_table.name] = room_of(module)
    assert {room for _, room in owners.values()} == set(TABLE_PACKAGES)
    upwards = []
    for name, (floor, room) in owners.items():
        for key in SQLModel.metadata.tables[name].foreign_keys:
            target_floor, target_room = owners[key.column.table.name]
            if target_room != room and target_floor >= floor:
                upwards.append(f"{name}.{key.parent.name} -> {key.column.table.name}")
    assert upwards == []


def test_time_and_chance_come_from_the_clock() -> None:
    """Only core/clock.py asks the machine for time or randomness."""
    wanted = {("time", "time"), ("time", "time_ns"), ("time", "monotonic"), ("datetime", "now"), ("datetime", "utcnow")}
    allowed = {"fediverse_ai.core.clock"}
    found = []
    for module, path in modules():
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                name = (node.value.id, node.attr)
                if (name in wanted or name[0] == "random") and module not in allowed:
                    found.append(f"{module}:{node.lineno} {node.value.id}.{node.attr}")
    assert found == []
