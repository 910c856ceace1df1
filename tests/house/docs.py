"""The parts of our documents that are made from the code: `python -m tests.house.docs` writes them anew."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.house import reference

ROOT = Path(__file__).parents[2]
PACKAGES = ("fediverse_ai", "actors", "generation", "outbox", "inbox")
FLOORS = {
    "fediverse_ai": "floors 0, 1 and 5",
    "actors": "floor 2: who",
    "generation": "floor 2: made and judged",
    "outbox": "floor 3: what leaves",
    "inbox": "floor 4: what arrives",
}


def docstring(path: Path) -> str:
    """The first paragraph of a module's docstring, on one line."""
    found = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(found.split("\n\n")[0].split())


def tree() -> str:
    """Every module of the product with what it says of itself; packages first name themselves."""
    lines: list[str] = []
    for package in PACKAGES:
        lines += [f"{package}/  ── {FLOORS[package]}", *_branch(ROOT / package, 1), ""]
    return "\n".join(lines).rstrip()


def _branch(folder: Path, depth: int) -> list[str]:
    indent = "  " * depth
    lines: list[str] = []
    entries = sorted(folder.iterdir(), key=lambda entry: (entry.is_dir(), entry.name))
    for entry in entries:
        if entry.is_file() and entry.suffix == ".py" and entry.name != "__init__.py":
            lines.append(f"{indent}{entry.name:<26}{docstring(entry)}".rstrip())
        elif entry.is_dir() and (entry / "__init__.py").exists():
            said = docstring(entry / "__init__.py")
            lines.append(f"{indent}{entry.name + '/':<26}{said}".rstrip())
            lines += _branch(entry, depth + 1)
    return lines


def received() -> str:
    """The handler table as Markdown."""
    from inbox.handlers import HANDLERS

    rows = ["| Activity | Object | Handled by |", "| --- | --- | --- |"]
    for (activity, obj), handler in HANDLERS.items():
        name = f"{handler.__module__.rpartition('.')[2]}.{handler.__name__}"
        rows.append(f"| `{activity}` | {f'`{obj}`' if obj else 'any'} | `{name}` |")
    return "\n".join(rows)


def sent() -> str:
    """The activities that outbox/activities.py can build, as Markdown."""
    module = ast.parse((ROOT / "outbox" / "activities.py").read_text(encoding="utf-8"))
    names: list[str] = []
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_activity":
            kind = node.args[1]
            if isinstance(kind, ast.Constant):
                names.append(str(kind.value))
    return ", ".join(f"`{name}`" for name in dict.fromkeys(sorted(names)))


def addresses() -> str:
    """The addresses of the API for apps as Markdown: each with its methods and what they need."""
    from fediverse_ai.core.access import Door
    from fediverse_ai.wiring import ROUTES

    found: dict[str, list[str]] = {}
    for route in ROUTES:
        if isinstance(route, Door) and route.path.startswith(("/api/v1", "/api/v2", "/api/oembed")):
            methods = " ".join(sorted(set(route.methods or {"SOCKET"}) - {"HEAD"}))
            found.setdefault(route.path.rstrip("/"), []).append(f"{methods} `{route.needs}`")
    rows = [f"| `{path}` | {', '.join(dict.fromkeys(doors))} |" for path, doors in sorted(found.items())]
    return "\n".join(["| address | methods and scopes |", "| --- | --- |", *rows])


PARTS = {
    "ARCHITECTURE.md": {"tree": lambda: f"```\n{tree()}\n```"},
    "FEDERATION.md": {"received": received, "sent": sent},
    "docs/reference/clients.md": {"addresses": addresses},
    "docs/reference/configuration.md": {"configuration": reference.configuration},
    "docs/reference/cli.md": {"commands": reference.command_line},
    "docs/reference/http-api.md": {"interface": reference.interface},
    "docs/reference/limits.md": {"bounds": reference.bounds},
    "docs/reference/metrics.md": {"metrics": reference.measures},
    "docs/reference/doctor.md": {"findings": reference.findings},
    "docs/reference/policy.md": {"categories": reference.categories, "shipped_policy": reference.shipped_policy},
    "docs/reference/errors.md": {
        "errors": reference.errors,
        "oauth_errors": reference.oauth_errors,
        "post_exits": reference.post_exits,
    },
}


def written(text: str, name: str) -> str:
    """What stands between the marks of a part."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", text, re.DOTALL)
    if found is None:
        raise LookupError(f"there are no marks for {name}")
    return found[1]


def rewrite() -> None:
    for file, parts in PARTS.items():
        path = ROOT / file
        text = path.read_text(encoding="utf-8")
        for name, make in parts.items():
            begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
            written(text, name)
            text = text.partition(begin)[0] + begin + make() + "\n" + end + text.partition(end)[2]
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    from tests.house import texts

    rewrite()
    texts.CATALOGUE.write_bytes(texts.written())
