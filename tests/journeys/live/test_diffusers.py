"""The diffusers backend with the real torch and diffusers, in an environment of their own without torchvision."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from generation.generators import diffusers_local
from generation.generators.diffusers_local import Diffusers
from generation.types import ImageRequest, ProgressReport
from tests.support.environments import environment

pytestmark = pytest.mark.live

PEER = Path(__file__).parents[2] / "peers" / "diffusers"


class Reports(list[ProgressReport]):
    async def __call__(self, report: ProgressReport) -> None:
        self.append(report)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A tiny stable diffusion with random weights: built from configuration, saved, and only then loaded by us."""
    python = environment(PEER)
    listed = subprocess.run([python, "-m", "pip", "list"], capture_output=True, text=True, check=True, timeout=60)
    assert "torchvision" not in listed.stdout
    folder = tmp_path_factory.mktemp("model") / "tiny"
    offline = {**os.environ, "HF_HUB_OFFLINE": "1"}
    subprocess.run([python, PEER / "build.py", folder], check=True, timeout=300, env=offline, capture_output=True)
    return {
        "name": "tiny", "model": str(folder), "timeout_seconds": 240.0,
        "options": {"python": str(python), "device": "cpu", "steps": 4, "threads": 2, "memory_mib": 4000},
    }  # fmt: skip


async def test_a_tiny_pipeline_draws_and_begins_from_a_picture(config: dict[str, Any]) -> None:
    generator, reports = diffusers_local.create(config, None), Reports()  # type: ignore[arg-type]
    try:
        request = ImageRequest("a lighthouse", "fog", 7, 128, 96, steps=3, guidance=5.0)
        (made,) = await generator.generate(request, reports)
        (again,) = await generator.generate(request, Reports())
        (other,) = await generator.generate(ImageRequest("a lighthouse", seed=8, width=128, height=96), Reports())
        source = ImageRequest("a cat", width=128, height=96, seed=7, source=made.data, strength=0.5)
        (derived,) = await generator.generate(source, Reports())
        card = await generator.card()
    finally:
        await generator.close()
    with Image.open(io.BytesIO(made.data)) as image:
        assert image.size == (made.recipe.width, made.recipe.height) == (128, 96)
    assert made.data == again.data, "the same seed is the same picture"
    assert len({made.data, other.data, derived.data}) == 3
    assert [(report.step, report.steps) for report in reports if report.step] == [(1, 3), (2, 3), (3, 3)]
    assert made.recipe.parameters == {"steps": 3, "guidance": 5.0}
    assert len(card.sha256) == 64
    assert made.notes == ()


async def test_cancelling_in_the_middle_kills_it(config: dict[str, Any]) -> None:
    generator = Diffusers(diffusers_local.settings(config))
    drawing = asyncio.Event()

    async def step(report: ProgressReport) -> None:
        if report.step:
            drawing.set()

    task = asyncio.create_task(generator.generate(ImageRequest("a cat", width=128, height=128, steps=150), step))
    await asyncio.wait_for(drawing.wait(), 200)
    assert generator._process
    pid = generator._process.pid
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    await generator.close()
