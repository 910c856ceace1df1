"""The scene generator as its callers see it: protocol, determinism across processes, bounds, an open event loop."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from docs import contact_sheet
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Unavailable, Unprocessable
from generation.generators.scene.engine import compose
from generation.generators.scene.generator import create
from generation.generators.scene.parser import parse
from generation.generators.scene.version import STYLE_NAMES, VERSION
from generation.types import Generator, ImageRequest, ProgressReport

PROMPT = "a red fox under a tree by a lake at dusk"


async def silent(report: ProgressReport) -> None:
    assert report.words


def digest(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as image:
        return hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()


async def test_one_picture_with_its_recipe_and_card() -> None:
    generator = create({})
    assert isinstance(generator, Generator)
    reports: list[ProgressReport] = []

    async def note(report: ProgressReport) -> None:
        reports.append(report)

    (image,) = await generator.generate(ImageRequest(PROMPT, seed=5, width=192, height=128, style="linocut"), note)
    with Image.open(io.BytesIO(image.data)) as opened:
        assert (opened.format, opened.size, opened.mode) == ("PNG", (192, 128), "RGB")
        assert not opened.info
    assert image.recipe.seed == 5
    assert image.recipe.version == VERSION
    assert (image.recipe.width, image.recipe.height) == (192, 128)
    assert image.recipe.parameters["style"] == "linocut"
    graph = image.recipe.parameters["graph"]
    assert [thing["noun"] for thing in graph["things"]] == ["fox", "tree"]
    assert json.loads(json.dumps(graph)) == graph
    assert image.card.capabilities.styles == STYLE_NAMES
    assert image.card.digital_source_type == "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
    assert "no trained image model" in image.card.disclosure
    assert "fox" in image.alt_text
    assert all(-1 <= value <= 1 for value in image.focus)
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions, key=lambda f: f or 0)
    assert [r.words for r in reports] == [
        "reading the prompt",
        "laying out",
        "drawing the layers",
        "painting",
        "finishing",
        "done",
    ]


async def test_same_seed_same_pixels_in_this_process_and_another() -> None:
    here = compose(PROMPT, 11, 160, 160)
    again = compose(PROMPT, 11, 160, 160)
    other_seed = compose(PROMPT, 12, 160, 160)
    (elsewhere,) = await create({}).generate(ImageRequest(PROMPT, seed=11, width=160, height=160), silent)
    assert here.data == again.data == elsewhere.data
    assert digest(here.data) != digest(other_seed.data)


async def test_several_pictures_use_consecutive_seeds() -> None:
    images = await create({}).generate(ImageRequest(PROMPT, seed=3, width=96, height=96, count=2), silent)
    assert [image.recipe.seed for image in images] == [3, 4]
    assert len({digest(image.data) for image in images}) == 2
    assert images[1].data == compose(PROMPT, 4, 96, 96).data


async def test_a_seed_is_chosen_and_recorded_when_none_is_asked() -> None:
    (image,) = await create({}).generate(ImageRequest(PROMPT, width=96, height=96), silent)
    assert image.recipe.seed is not None
    assert image.data == compose(PROMPT, image.recipe.seed, 96, 96).data


@pytest.mark.parametrize(
    "wrong",
    [{"width": 32}, {"height": 4096}, {"width": 2048, "height": 512}, {"count": 0}, {"count": 9}, {"style": "photo"}],
)
async def test_requests_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Unprocessable):
        await create({}).generate(ImageRequest(PROMPT, **wrong), silent)  # type: ignore[arg-type]


async def test_too_slow_is_unavailable_and_leaves_no_process() -> None:
    generator = create({"timeout_seconds": 0.05})
    with pytest.raises(Unavailable):
        await generator.generate(ImageRequest(PROMPT, seed=1), silent)
    assert not [p for p in psutil.Process().children(recursive=True) if "scene.worker" in " ".join(p.cmdline())]


async def test_cancelling_ends_the_process() -> None:
    generator = create({})
    task = asyncio.create_task(generator.generate(ImageRequest(PROMPT, seed=1), silent))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not [p for p in psutil.Process().children(recursive=True) if "scene.worker" in " ".join(p.cmdline())]


async def test_full_size_within_time_and_memory_and_the_loop_stays_open() -> None:
    """Under 3 CPU-seconds and 500 MB for 1024 × 1024, while the event loop keeps answering.

    Processor seconds are longer where a neighbour shares the core: the best of three pictures counts.
    """
    seconds: list[float] = []
    while len(seconds) < 3 and min(seconds, default=3.0) >= 3.0:
        seconds.append(await _at_full_size())
    assert 0.1 < min(seconds) < 3.0, seconds


async def _at_full_size() -> float:
    """Processor seconds of one picture; its memory and the loop are looked at."""
    generator = create({})
    peak, cpu, longest = 0, 0.0, 0.0

    async def watch() -> None:
        nonlocal peak, cpu, longest
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.01)
            # What this thread itself computed between two turns; waiting for a busy machine does not count.
            longest = max(longest, time.thread_time() - before)
            for child in psutil.Process().children():
                try:
                    peak = max(peak, child.memory_info().rss)
                    used = child.cpu_times()
                    cpu = max(cpu, used.user + used.system)
                except psutil.NoSuchProcess:
                    continue

    watcher = asyncio.create_task(watch())
    await generator.generate(ImageRequest("a red fox in a snowy forest", seed=2), silent)
    watcher.cancel()
    assert 30e6 < peak < 500e6
    assert longest < 0.1
    return cpu


async def test_a_remix_begins_with_the_recipe_s_graph() -> None:
    """Through the child: the graph of one recipe, changed in words, makes another picture of the same scene."""
    (first,) = await create({}).generate(ImageRequest("a fox in a meadow", seed=4, width=96, height=96), silent)
    graph = first.recipe.parameters["graph"]
    order = ImageRequest("at night, add an owl", seed=4, width=96, height=96, graph=graph)
    (second,) = await create({}).generate(order, silent)
    after = second.recipe.parameters["graph"]
    assert [thing["noun"] for thing in after["things"]] == ["fox", "owl"]
    assert (after["place"], after["time"]) == ("meadow", "night")


@pytest.mark.parametrize("prompt", ["猫" * 5_000, "twelve foxes, " * 700, "a cat and a dog, an owl in a boat. " * 280])
def test_a_picture_holds_so_many_things(prompt: str) -> None:
    """However often a prompt of any length names them, so that none costs more than others."""
    graph = parse(prompt[:10_000])
    figures = sum(thing.count for thing in graph.things)
    assert len(graph.things) == limits.SCENE_THINGS or figures == limits.SCENE_FIGURES
    assert len(graph.things) <= limits.SCENE_THINGS
    assert figures <= limits.SCENE_FIGURES


def test_what_found_no_room_is_not_kept_quiet() -> None:
    graph = parse("twelve foxes, " * 5 + "a lighthouse")
    assert [thing.noun.name for thing in graph.things] == ["fox"] * 5
    assert graph.unknown == ("lighthouse",)


PROMPTS = (Path(__file__).parent / "prompts.txt").read_text(encoding="utf-8").splitlines()
SHEETS = contact_sheet.ROOT / "scene"


def test_the_prompt_list_has_sixty_lines() -> None:
    assert len(PROMPTS) == len(set(PROMPTS)) == 60


def tile(number: int) -> Image.Image:
    """A picture of the committed contact sheet, by the number of its prompt from 1."""
    page, place = divmod(number - 1, contact_sheet.COLUMNS * contact_sheet.ROWS)
    with Image.open(SHEETS / f"sheet-{page + 1}.jpg") as sheet:
        pitch, gap = (sheet.width - contact_sheet.GAP) // contact_sheet.COLUMNS, contact_sheet.GAP
        left, top = gap + place % contact_sheet.COLUMNS * pitch, gap + place // contact_sheet.COLUMNS * pitch
        return sheet.convert("RGB").crop((left, top, left + pitch - gap, top + pitch - gap))


def blurred(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB").resize((48, 48), Image.Resampling.BOX), dtype=float)


@pytest.mark.parametrize("number", range(1, 61) if os.environ.get("LONG") == "1" else (47, 58))
def test_the_committed_contact_sheet_is_what_is_drawn_today(number: int) -> None:
    """Two seeds of one prompt lie 20 steps of 255 apart and more; here only the JPEG lies between the two."""
    committed = tile(number)
    drawn = contact_sheet.draw(PROMPTS[number - 1], committed.width)
    assert float(np.abs(blurred(drawn) - blurred(committed)).mean()) < 2


@pytest.mark.parametrize("prompt", PROMPTS if os.environ.get("LONG") == "1" else PROMPTS[13:14])
def test_committed_prompts_within_their_cpu_seconds(prompt: str) -> None:
    """The dearest of them; with LONG=1 all sixty, about two minutes of CPU. The best of three, as above."""
    seconds: list[float] = []
    while len(seconds) < 3 and min(seconds, default=3.0) >= 3.0:
        began = time.process_time()
        assert compose(prompt, 7, 1024, 1024).notes == ()
        seconds.append(time.process_time() - began)
    assert min(seconds) < 3.0, seconds
