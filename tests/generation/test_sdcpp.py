"""stable-diffusion.cpp's job API against its double: states, places, cancel, and every fault."""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from fediverse_ai.core.errors import FediverseError, Misconfigured, Nonsense, Unprocessable, Unreachable
from generation.generators import orders, sdcpp
from generation.types import ImageRequest, ProgressReport
from tests.support.sdcpp import SdCppServer, drawn, sdcpp_server

ASK = ImageRequest("a lighthouse", width=128, height=128, seed=7)


class Reports(list[ProgressReport]):
    async def __call__(self, report: ProgressReport) -> None:
        self.append(report)


def configured(url: str, **options: Any) -> dict[str, Any]:
    return {"name": "box", "url": url, "model": "sd-test", "timeout_seconds": 5.0, "options": options}


@asynccontextmanager
async def paired(seconds: float = 5.0, **options: Any) -> AsyncIterator[tuple[SdCppServer, sdcpp.StableDiffusionCpp]]:
    async with sdcpp_server() as server:
        config = configured(server.url, **options) | {"timeout_seconds": seconds, "api_key": "k-secret"}
        generator = sdcpp.StableDiffusionCpp(sdcpp.settings(config), poll=0.01)
        try:
            yield server, generator
        finally:
            await generator.close()


async def test_place_states_and_recipe() -> None:
    reports = Reports()
    async with paired(sampler="euler", scheduler="karras", steps=12, guidance=5.5) as (server, generator):
        server.queued = 3
        request = ImageRequest("a (cat:1.5) <lora:x:1>", "dogs", 9, 130, 250, guidance=3.0, style="ink", count=2)
        made = await generator.generate(request, reports)
    assert [report.place for report in reports if report.place is not None][:3] == [3, 2, 1]
    assert [body["seed"] for body in server.bodies] == [one.recipe.seed for one in made] == [9, 10]
    body = server.bodies[0]
    assert body["prompt"] == made[0].recipe.prompt == "a cat:1.5 ‹lora:x:1›"
    assert body["embed_image_metadata"] is False
    assert body["sample_params"] == {
        "sample_steps": 12, "guidance": {"txt_cfg": 3.0}, "sample_method": "euler", "scheduler": "karras",
    }  # fmt: skip
    assert (made[0].recipe.width, made[0].recipe.height) == (128, 256)
    assert made[0].recipe.parameters == {"steps": 12, "guidance": 3.0, "sampler": "euler", "scheduler": "karras"}
    assert made[0].notes == ("Not used, because this backend does not know it: the style.",)
    assert {headers["authorization"] for headers in server.headers} == {"Bearer k-secret"}


async def test_from_a_source() -> None:
    source = drawn("source", size=(64, 64))
    async with paired() as (server, generator):
        request = ImageRequest("a cat", width=128, height=128, source=source, strength=0.4)
        (made,) = await generator.generate(request, Reports())
    assert base64.b64decode(server.bodies[0]["init_image"]) == source
    assert (server.bodies[0]["strength"], made.recipe.parameters["strength"]) == (0.4, 0.4)


@pytest.mark.parametrize(
    ("door", "name", "expected"),
    [
        ("submit", "limited", Unreachable),
        ("submit", "broken", Unreachable),
        ("submit", "unavailable", Unreachable),
        ("submit", "disconnect", Unreachable),
        ("submit", "wrong_key", Nonsense),
        ("submit", "refused", Unprocessable),
        ("submit", "bad_request", Nonsense),
        ("submit", "html", Nonsense),
        ("submit", "list", Nonsense),
        ("submit", "empty", Nonsense),
        ("submit", "redirect", Nonsense),
        ("submit", "compressed", Nonsense),
        ("submit", "oversized", Nonsense),
        ("poll", "html", Nonsense),
        ("poll", "wrong_key", Nonsense),
        ("poll", "oversized", Nonsense),
    ],
)
async def test_faults_of_a_door(door: str, name: str, expected: type[FediverseError]) -> None:
    async with paired() as (server, generator):
        server.faults[door] = deque([name])
        with pytest.raises(expected) as caught:
            await generator.generate(ASK, Reports())
        assert type(caught.value) is expected
        assert server.cancelled == (["job_1"] if door == "poll" else [])
    assert "k-secret" not in caught.value.detail


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("no_images", Nonsense),
        ("wrong_bytes", Nonsense),
        ("bad_base64", Nonsense),
        ("truncated", Nonsense),
        ("odd", Nonsense),
        ("cancelled", Nonsense),
        ("invalid_request", Nonsense),
        ("generation_failed", Unreachable),
        ("lost", Unreachable),
        ("expired", Unreachable),
    ],
)
async def test_ends_of_a_job(end: str, expected: type[FediverseError]) -> None:
    async with paired() as (server, generator):
        server.ends.append(end)
        with pytest.raises(expected) as caught:
            await generator.generate(ASK, Reports())
    assert type(caught.value) is expected


async def test_a_few_polls_may_fail_while_it_draws() -> None:
    async with paired() as (server, generator):
        server.faults["poll"] = deque(["broken", "unavailable"])
        assert len(await generator.generate(ASK, Reports())) == 1
        server.faults["poll"] = deque(["broken"] * sdcpp.MISSED_POLLS)
        with pytest.raises(Unreachable):
            await generator.generate(ASK, Reports())


async def test_cancelling_here_cancels_there() -> None:
    async with paired() as (server, generator):
        server.queued = 10_000
        task = asyncio.create_task(generator.generate(ASK, Reports()))
        async with asyncio.timeout(5):
            while server.polls < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    assert server.cancelled == ["job_1"]


async def test_a_job_from_before_a_crash_is_found_again() -> None:
    """Killed and started anew, the same order asks for the job that it was told of; nothing is drawn twice."""
    reports = Reports()
    async with paired() as (server, generator):
        server.drawing = 10_000
        before = asyncio.create_task(generator.generate(ASK, reports))
        async with asyncio.timeout(5):
            while server.polls < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        (index, job) = next(report.handle for report in reports if report.handle is not None)
        assert (index, job) == (0, "job_1")
        again = sdcpp.StableDiffusionCpp(generator._settings, poll=0.01)
        server.jobs[job]["drawing"] = 1
        (made,) = await again.generate(replace(ASK, handles={"0": job}), Reports())
        assert made.data
        assert (len(server.jobs), server.cancelled) == (1, [])
        await again.close()
        before.cancel()
        await asyncio.gather(before, return_exceptions=True)


@pytest.mark.parametrize("end", ["cancelled", "generation_failed", "lost", "expired"])
async def test_a_job_that_came_to_nothing_is_given_again(end: str) -> None:
    async with paired() as (server, generator):
        server.queued = server.drawing = 0
        server.ends.append(end)
        with pytest.raises(FediverseError):
            await generator.generate(ASK, Reports())
        (made,) = await generator.generate(replace(ASK, handles={"0": "job_1"}), Reports())
        assert made.data
        assert len(server.jobs) == 2


@pytest.mark.parametrize("answer", ["hang", "broken", "bad_request"])
async def test_a_cancel_that_fails_there_ends_here_all_the_same(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "CANCEL_SECONDS", 0.2)
    async with paired(seconds=0.3) as (server, generator):
        server.drawing = 10_000
        server.faults["cancel"] = deque([answer])
        with pytest.raises(Unreachable, match="deadline"):
            await generator.generate(ASK, Reports())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": "box"}, r"backends\.box\.url"),
        ({"options": {"lora": "x"}}, "'lora'"),
        ({"options": {"steps": "x"}}, "steps"),
    ],
)
def test_a_wrong_configuration_is_named(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        sdcpp.settings(configured("http://127.0.0.1:1234") | wrong)
