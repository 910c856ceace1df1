"""What a picture costs here: `scene` in each of its styles, and the manifest that is signed into the file."""

from __future__ import annotations

import io
import resource
import statistics
import time
from pathlib import Path

from PIL import Image

from bench.figures import Figure
from fediverse_ai import __version__
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config
from generation.generators.scene.generator import create
from generation.generators.scene.version import STYLE_NAMES
from generation.manifests import Sealer, Statement
from generation.types import ImageRequest, ProgressReport

PROMPT = "a lighthouse on a cliff at sunset, two gulls over the sea"
SIDE = 1024
SIGNATURES = 20
ALGORITHMIC = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"


async def measure(folder: Path) -> list[Figure]:
    """Seconds of processor time and megabytes of the process that draws, and milliseconds of a signature."""
    took, wall = {}, []
    generator = create({})
    for style in STYLE_NAMES:
        before, began = _children(), time.monotonic()
        [picture] = await generator.generate(ImageRequest(PROMPT, width=SIDE, height=SIDE, seed=7, style=style), _quiet)
        took[style] = _children() - before
        wall.append(time.monotonic() - began)
    await generator.close()
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    detail = {"mb": round(memory), "clock_s": round(statistics.median(wall), 2)}
    styles = {style: round(seconds, 2) for style, seconds in took.items()}
    return [
        Figure("scene", statistics.median(took.values()), "CPU s", detail=detail | styles),
        _signing(folder, picture.data),
    ]


def _signing(folder: Path, picture: bytes) -> Figure:
    """A manifest into a JPEG of that picture; the first one loads the library."""
    jpeg = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").save(jpeg, "JPEG", quality=90)
    folder.mkdir(parents=True, exist_ok=True)
    sealer = Sealer.of(
        Config(data_dir=folder, server={"public_url": "https://bench.test"}), SystemClock().now(), __version__
    )
    took = []
    for _ in range(SIGNATURES + 1):
        began = time.process_time()
        sealed = sealer.seal(jpeg.getvalue(), Statement("bench", ALGORITHMIC, agent="scene"))
        took.append(1000 * (time.process_time() - began))
    detail = {"first_ms": round(took[0]), "added_bytes": len(sealed) - len(jpeg.getvalue())}
    return Figure("c2pa_sign", round(statistics.median(took[1:]), 1), "ms", detail=detail)


def _children() -> float:
    """Processor seconds of the processes that ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


async def _quiet(_report: ProgressReport) -> None:
    """Progress that nobody watches."""
