"""The diffusers backend and its worker, with a double of torch and diffusers: steps, faults, ends (GEN-12, GEN-14)."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fediverse_ai.core.errors import (
    FediverseError,
    Misconfigured,
    Nonsense,
    Unavailable,
    Unprocessable,
    Unreachable,
)
from generation.generators import diffusers_local
from generation.generators.diffusers_local import Diffusers
from generation.types import ImageRequest, ProgressReport
from tests.support.diffusers_model import doubled
from tests.support.sdcpp import drawn

ASK = ImageRequest("a lighthouse", width=64, height=64, seed=7)


class Reports(list[ProgressReport]):
    async def __call__(self, report: ProgressReport) -> None:
        self.append(report)


@asynccontextmanager
async def opened(folder: Path, changes: dict[str, Any] | None = None, **behaviour: Any) -> AsyncIterator[Diffusers]:
    config = doubled(folder, **behaviour)
    options = config["options"] | (changes or {})
    seconds = options.pop("timeout_seconds", 20.0)
    generator = diffusers_local.create(config | {"options": options, "timeout_seconds": seconds}, None)  # type: ignore[arg-type]
    try:
        yield generator
    finally:
        await generator.close()


async def test_steps_recipe_and_one_process_for_many_orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDIVERSE_SECRET", "x")
    reports = Reports()
    async with opened(tmp_path, {"guidance": 3.5, "threads": 1}) as generator:
        request = ImageRequest("a <cat>\nat night", "dogs", 9, 66, 130, steps=3, style="ink", count=2)
        made = await generator.generate(request, reports)
        process = generator._process
        source = drawn("s", size=(8, 8))
        (again,) = await generator.generate(
            ImageRequest("a cat", width=64, height=64, source=source, strength=0.2), reports
        )
        assert generator._process is process
        card = await generator.card()
    recipe = made[0].recipe
    assert (recipe.prompt, recipe.negative_prompt, recipe.seed) == ("a ‹cat› at night", "dogs", 9)
    assert (recipe.width, recipe.height, recipe.parameters) == (64, 128, {"steps": 3, "guidance": 3.5})
    assert made[1].recipe.seed == 10
    assert made[0].data != made[1].data
    assert again.recipe.parameters["strength"] == 0.2
    assert made[0].notes == ("Not used, because this backend does not know it: the style.",)
    assert [(report.step, report.steps) for report in reports if report.step][:3] == [(1, 3), (2, 3), (3, 3)]
    assert reports[0].words.startswith("Loading")
    assert (card.sha256, card.version) == (made[0].card.sha256, f"tiny-model {card.sha256[:12]}")
    assert str(tmp_path) not in repr(card)


async def test_what_a_pipeline_does_not_know_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path, short=True) as generator:
        request = ImageRequest("a cat", "dogs", 9, 64, 64, steps=2, guidance=3.0)
        (made,) = await generator.generate(request, Reports())
    assert (made.recipe.negative_prompt, made.recipe.parameters) == ("", {"steps": 2})
    assert [note.split(": ")[1] for note in made.notes] == ["the guidance.", "the negative prompt."]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("load", Nonsense),
        ("error", Nonsense),
        ("memory", Unreachable),
        ("checker", Unprocessable),
        ("crash", Unavailable),
        ("hog", Unprocessable),
    ],
)
async def test_faults_of_the_process(fault: str, expected: type[FediverseError], tmp_path: Path) -> None:
    bound = {"memory_mib": 150} if fault == "hog" else {}
    async with opened(tmp_path, bound, fault=fault) as generator:
        with pytest.raises(expected) as caught:
            await generator.generate(ASK, Reports())
        assert type(caught.value) is expected
        if fault == "hog":
            assert "memory" in caught.value.public
        doubled(tmp_path)
        assert len(await generator.generate(ASK, Reports())) == 1, "the next order has a process of its own"


async def test_cancelling_and_lateness_kill_the_process(tmp_path: Path) -> None:
    async with opened(tmp_path, {"timeout_seconds": 1.5}, step_seconds=1.0) as generator:
        stepped = asyncio.Event()

        async def step(report: ProgressReport) -> None:
            if report.step:
                stepped.set()

        task = asyncio.create_task(generator.generate(ASK, step))
        await asyncio.wait_for(stepped.wait(), 10)
        assert generator._process
        pid, began = generator._process.pid, time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 1
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        with pytest.raises(Unreachable, match="deadline"):
            await generator.generate(ASK, Reports())


async def test_an_idle_model_gives_its_memory_back(tmp_path: Path) -> None:
    async with opened(tmp_path, {"idle_seconds": 0.01}) as generator:
        await generator.generate(ASK, Reports())
        assert generator._process
        await asyncio.wait_for(generator._process.wait(), 5)
        assert len(await generator.generate(ASK, Reports())) == 1


async def test_an_interpreter_that_is_none_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path, {"python": "/bin/false"}) as generator:
        with pytest.raises(Unavailable):
            await generator.generate(ASK, Reports())
    async with opened(tmp_path, {"python": str(tmp_path / "missing")}) as generator:
        with pytest.raises(Unavailable):
            await generator.generate(ASK, Reports())


async def test_a_pinned_model_that_changed_is_not_used(tmp_path: Path) -> None:
    config = doubled(tmp_path)
    digest = diffusers_local.digest_of(Path(config["model"]))
    good = diffusers_local.create(config | {"sha256": digest.upper()}, None)  # type: ignore[arg-type]
    assert (await good.card()).sha256 == digest
    (Path(config["model"]) / "unet.safetensors").write_bytes(b"other weights")
    changed = diffusers_local.create(config | {"sha256": digest}, None)  # type: ignore[arg-type]
    with pytest.raises(Misconfigured, match=r"backends\.local\.sha256"):
        await changed.generate(ASK, Reports())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"model": ""}, r"local\.model"),
        ({"model": "/nowhere"}, r"local\.model"),
        ({"options": {"device": "tpu"}}, "cpu, cuda, mps"),
        ({"options": {"dtype": "int4"}}, "bfloat16"),
        ({"options": {"steps": "many"}}, "whole numbers"),
        ({"options": {"trust_remote_code": True}}, "'trust_remote_code' is not known"),
    ],
)
def test_a_wrong_configuration_is_named(wrong: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=words):
        diffusers_local.settings(doubled(tmp_path) | wrong)


def test_the_hub_is_only_asked_where_that_is_said(tmp_path: Path) -> None:
    chosen = diffusers_local.settings({"name": "h", "model": "someone/model", "options": {"hub": True}})
    assert (chosen.hub, chosen.folder) == (True, None)
    assert diffusers_local._environment(hub=False)["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in diffusers_local._environment(hub=True)
