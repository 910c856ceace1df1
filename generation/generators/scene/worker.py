"""The drawing process: one request as a JSON line on standard input, progress lines and pictures on standard output.

The rasteriser holds Python's global lock for about a second, so drawing in a thread would stop the event loop;
a process of its own also gives its memory back and can be killed.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any, BinaryIO

from generation.generators.scene.codec import to_json
from generation.generators.scene.engine import compose
from generation.generators.scene.meaning import nearest

ADDRESS_SPACE_BYTES = 3 * 1024**3
CPU_SECONDS = 120


def main() -> None:
    """Serve one request and end."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    request = json.loads(sys.stdin.buffer.readline())
    out = sys.stdout.buffer
    for seed in request["seeds"]:
        draw(request, int(seed), out)


def draw(request: dict[str, Any], seed: int, out: BinaryIO) -> None:
    """One picture: `stage` lines, then a `picture` line followed by its bytes."""

    def stage(words: str, fraction: float) -> None:
        _line(out, {"stage": words, "fraction": fraction})

    picture = compose(
        request["prompt"],
        seed,
        request["width"],
        request["height"],
        request["style"],
        stage,
        request["negative_prompt"],
        request.get("graph"),
        nearest,
        again=bool(request.get("again")),
    )
    header = {
        "picture": len(picture.data), "alt_text": picture.alt_text, "focus": picture.focus, "notes": picture.notes,
        "graph": to_json(picture.graph),
        "style": picture.graph.style, "place": picture.graph.place, "time": picture.graph.time,
    }  # fmt: skip
    _line(out, header)
    out.write(picture.data)
    out.flush()


def _line(out: BinaryIO, value: dict[str, Any]) -> None:
    out.write(json.dumps(value).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    main()
