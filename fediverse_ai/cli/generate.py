"""`generate`: one picture into a file, without a server and without a database."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from fediverse_ai.core.config import Config
    from generation.types import ImageRequest

SUFFIXES = (".jpg", ".jpeg")


def generate(
    prompt: Annotated[str, typer.Argument(help="What the picture shows.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A .jpg file that is (over)written.")],
    seed: Annotated[int | None, typer.Option(help="The same seed makes the same picture.")] = None,
    style: Annotated[str | None, typer.Option(help="A style that the generator knows.")] = None,
    size: Annotated[str, typer.Option(metavar="WxH", help="In pixels.")] = "1024x1024",
    generator: Annotated[str | None, typer.Option(help="A configured generator; else generation.default.")] = None,
) -> None:
    """Make one picture, labelled in its file like every picture that leaves; nothing is judged or published."""
    from fediverse_ai.core.clock import SystemClock
    from fediverse_ai.core.errors import Unprocessable
    from generation.pipeline import check_request
    from generation.types import ImageRequest

    sides = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size)
    if sides is None:
        raise Unprocessable("The size is written as width x height, such as 1024x1024.")
    if out.suffix.lower() not in SUFFIXES:
        raise Unprocessable(f"{out} must end in .jpg: pictures leave as JPEG, and so does this one.")
    if not out.parent.is_dir():
        raise Unprocessable(f"The folder {out.parent} does not exist.")
    clock = SystemClock()
    chosen = seed if seed is not None else int.from_bytes(clock.token(6))
    request = ImageRequest(prompt=prompt, seed=chosen, style=style, width=int(sides[1]), height=int(sides[2]))
    check_request(request)
    facts = console.wait_for(_generate(console.load_config(), request, generator, out))
    notes = "".join(f"\n{note}" for note in facts["notes"])
    console.tell(f"{out} (seed {facts['seed']}, {facts['seconds']} s)\n{facts['alt']}{notes}", **facts)


async def _generate(config: Config, request: ImageRequest, generator: str | None, out: Path) -> dict[str, Any]:
    from fediverse_ai.core import log
    from fediverse_ai.core.clock import SystemClock
    from fediverse_ai.core.http import Http
    from generation import images, provenance
    from generation.pipeline import build_pipeline
    from generation.types import ProgressReport

    log.configure(console.quiet(config).log)
    clock = SystemClock()
    http = Http(config, clock)
    pipeline = build_pipeline(config, http, clock)
    said = ""

    async def progress(report: ProgressReport) -> None:
        nonlocal said
        if not console.chosen.get().json and report.words != said:
            console.terminal(stderr=True).print(f"   {report.words}")
            said = report.words

    try:
        picture = (await pipeline.generate(request, generator, progress))[0]
        mark = provenance.of_card(picture.card)
        rendition = await images.render(pipeline.sandbox, picture.data, provenance=mark)
    finally:
        await pipeline.close()
        await http.close()
    _write(out, rendition.data)
    return {
        "file": str(out),
        "generator": picture.recipe.generator,
        "version": picture.recipe.version,
        "seed": picture.recipe.seed,
        "width": rendition.width,
        "height": rendition.height,
        "sha256": rendition.sha256,
        "alt": picture.alt_text,
        "notes": list(picture.notes),
        "seconds": round(picture.seconds, 2),
        "digital_source_type": picture.card.digital_source_type,
    }


def _write(out: Path, data: bytes) -> None:
    """The file appears whole, with the modes that the person's other files have."""
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        draft.chmod(0o644)
        os.replace(draft, out)
    finally:
        draft.unlink(missing_ok=True)
