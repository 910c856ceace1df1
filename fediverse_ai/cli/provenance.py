"""`provenance inspect FILE`: what a file says of its making, and whether this server made it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from fediverse_ai.cli import console

app = typer.Typer(help="Where pictures come from.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Where pictures come from."""


@app.command()
def inspect(file: Annotated[Path, typer.Argument(help="A JPEG, PNG, WebP or GIF.")]) -> None:
    """Say what a picture's manifest, digest, looks and own words tell; exit code 1 when nothing says it is ours."""
    from fediverse_ai.core.errors import Unprocessable
    from fediverse_ai.core.limits import IMAGE_BYTES

    try:
        with file.open("rb") as opened:
            data = opened.read(IMAGE_BYTES + 1)
    except OSError as error:
        raise Unprocessable(f"{file} cannot be read: {error.strerror}.") from None
    found = console.wait_for(_verify(data))
    lines = [
        f"{one['way']:<9} {one['words']}" + (f" {one['post']}" if one["post"] else "") for one in found["findings"]
    ]
    console.tell("\n".join(lines), **found)
    raise typer.Exit(0 if found["ours"] else 1)


async def _verify(data: bytes) -> dict[str, Any]:
    from outbox.verify import verify

    async with console.beside(console.existing_config()) as context:
        answer = await verify(context, data)
    return {
        "ours": answer.ours,
        "manifest": asdict(answer.reading) if answer.reading is not None else None,
        "findings": [
            {"way": one.way, "ours": one.ours, "words": one.words, "proves": one.proves,
             "post": one.post.url if one.post is not None else None}
            for one in answer.findings
        ],
    }  # fmt: skip
