"""Packing: an installed server carries its documents; one that runs from the repository reads them where they lie."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = "fediverse_ai/handbook"
KINDS = ("tutorial", "howto", "reference", "explanation")


def carried(root: Path) -> list[str]:
    """The files that go along, below the root: pages, papers, and the pictures that they show."""
    pages = [path for kind in KINDS for path in sorted((root / "docs" / kind).glob("*.md"))]
    pages += [root / "docs" / "index.md"]
    text = "".join(path.read_text("utf-8") for path in pages)
    pictures = sorted(set(re.findall(r"docs/screens/[\w-]+\.webp", text.replace("](../screens", "](docs/screens"))))
    papers = [path.name for path in sorted(root.glob("*.md")) if path.name != "README.md"]
    return [*(path.relative_to(root).as_posix() for path in pages), *pictures, *papers]


class Handbook(BuildHookInterface):
    """Adds them to a wheel, but not to an editable one."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"] |= {file: f"{FOLDER}/{file}" for file in carried(Path(self.root))}
            # What `fediverse-ai front` fills in.
            build_data["force_include"]["deploy"] = "fediverse_ai/deploy"
