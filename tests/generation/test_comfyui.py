"""ComfyUI against its double: queue, progress, previews, files, cancel, restarts, and every fault."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_ai.core.errors import FediverseError, Misconfigured, Nonsense, Unprocessable, Unreachable
from generation.generators import comfyui, comfyui_workflow
from generation.images import sniff
from generation.types import ImageRequest, ProgressReport
from tests.support.comfyui import ComfyServer, comfy_server
from tests.support.sdcpp import drawn

ASK = ImageRequest("a lighthouse", width=128, height=96, seed=7, steps=3, key="post:1")


class Reports(list[ProgressReport]):
    async def __call__(self, report: ProgressReport) -> None:
        self.append(report)


def configured(url: str, **options: Any) -> dict[str, Any]:
    return {
        "name": "comfy", "url": url, "model": "sd.safetensors", "api_key": "k-secret", "timeout_seconds": 5.0,
        "options": options,
    }  # fmt: skip


@asynccontextmanager
async def paired(seconds: float = 5.0, **options: Any) -> AsyncIterator[tuple[ComfyServer, comfyui.ComfyUI]]:
    async with comfy_server() as server:
        config = configured(server.url, **options) | {"timeout_seconds": seconds}
        generator = comfyui.ComfyUI(comfyui.settings(config), poll=0.02)
        try:
            yield server, generator
        finally:
            await generator.close()


def saving(folder: Path, last: str = "SaveImage") -> str:
    """A workflow of an operator's own that ends with a file, or with another node, as TOML."""
    path = folder / f"{last}.toml"
    path.write_text(f"""
[one]
class_type = "CLIPTextEncode"
inputs = {{ text = "masterpiece, %prompt%, by night" }}
[two]
class_type = "KSampler"
inputs = {{ positive = ["one", 0], steps = 3 }}
[three]
class_type = "{last}"
inputs = {{ images = ["two", 0] }}
""")
    return str(path)


async def test_steps_previews_recipe_and_the_picture_by_socket() -> None:
    reports = Reports()
    async with paired(guidance=6.0, models="other.safetensors") as (server, generator):
        request = ImageRequest(
            "a (cat:1.5), embedding:bad %seed%", "dogs", 9, 130, 98, steps=4, model="other.safetensors", count=2,
            style="ink",
        )  # fmt: skip
        made = await generator.generate(request, reports)
    graph = server.submissions[0]["prompt"]
    assert graph["wanted"]["inputs"]["text"] == made[0].recipe.prompt == "a cat:1.5 , embedding bad %seed%"
    assert graph["sampler"]["inputs"]["seed"] == 9
    assert graph["sampler"]["inputs"]["cfg"] == 6.0
    assert graph["model"]["inputs"]["ckpt_name"] == made[0].recipe.version == "other.safetensors"
    assert [one.recipe.seed for one in made] == [9, 10]
    assert (made[0].recipe.width, made[0].recipe.height) == (128, 96)
    assert made[0].notes == ("Not used, because this backend does not know it: the style.",)
    assert {sniff(one.data) for one in made} == {"image/png"}
    assert [(report.step, report.steps) for report in reports if report.step][:4] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert any(report.preview == server.preview for report in reports)
    fractions = [report.fraction for report in reports if report.fraction is not None]
    assert fractions == sorted(fractions)
    assert {headers["authorization"] for headers in server.headers} == {"Bearer k-secret"}
    assert not any("origin" in headers for headers in server.headers)
    assert len({body["client_id"] for body in server.submissions}) == 1


async def test_a_workflow_of_the_operator_ends_with_a_file(tmp_path: Path) -> None:
    async with paired(workflow=saving(tmp_path)) as (server, generator):
        card = await generator.card()
        request = ImageRequest("a cat", "dogs", 9, 128, 128, guidance=2.0, source=None)
        (made,) = await generator.generate(request, Reports())
        with pytest.raises(Unprocessable):
            await generator.generate(ImageRequest("a cat", source=drawn("s", size=(8, 8))), Reports())
    assert server.submissions[0]["prompt"]["one"]["inputs"]["text"] == "masterpiece, a cat, by night"
    assert made.data == server.files["ComfyUI_00000_.png"]
    can = card.capabilities
    assert not any((can.negative_prompt, can.seed, can.guidance, can.source, can.size))
    wishes = ["the negative prompt.", "the seed.", "the guidance.", "the size."]
    assert [note.split(": ")[1] for note in made.notes] == wishes
    assert made.recipe.width == 0, "nobody knows before the picture is opened"


async def test_from_a_source() -> None:
    source = drawn("source", size=(64, 64))
    async with paired() as (server, generator):
        await generator.generate(ImageRequest("a cat", width=64, height=64, source=source, strength=0.3), Reports())
    (name,) = server.uploads
    assert server.uploads[name] == source
    graph = server.submissions[0]["prompt"]
    assert graph["source"]["inputs"]["image"] == name
    assert graph["sampler"]["inputs"]["denoise"] == 0.3


async def test_the_place_in_its_queue_is_told() -> None:
    reports = Reports()
    async with paired() as (server, generator):
        server.hold.clear()
        server.pending += ["a", "b"]
        task = asyncio.create_task(generator.generate(ASK, reports))
        async with asyncio.timeout(5):
            while not reports:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            server.pending[:2] = []
            server.hold.set()
            await task
    assert reports[0].place == 2
    assert "2 before this one" in reports[0].words


@pytest.mark.parametrize("modern", [True, False])
@pytest.mark.parametrize("running", [True, False])
async def test_cancelling_here_stops_this_order_there(modern: bool, running: bool) -> None:
    async with paired() as (server, generator):
        server.modern, server.step_seconds = modern, 0.2
        if not running:
            server.hold.clear()
        task = asyncio.create_task(generator.generate(ASK, Reports()))
        async with asyncio.timeout(5):
            if running:
                await server.began.wait()
            while not server.submissions:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        order = server.submissions[0]["prompt_id"]
        way = "cancel" if modern else ("interrupt" if running else "delete")
        assert server.stopped == [(way, order)]
        assert order not in server.pending


class Killed(comfyui.ComfyUI):
    """A process that ends without a word to its backend."""

    async def _stop(self, order: Any) -> None:
        pass


async def killed_at_work(server: ComfyServer, asked: ImageRequest, *, gone: bool, **options: Any) -> ImageRequest:
    """Begin, and end without a word; `gone` until the backend is done. The order as it is given again afterwards."""
    killed, told = Killed(comfyui.settings(configured(server.url, **options))), Reports()
    server.began.clear()
    task = asyncio.create_task(killed.generate(asked, told))
    async with asyncio.timeout(5):
        await server.began.wait()
        while server.own_ids and not any(report.handle for report in told):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, killed.close(), return_exceptions=True)
        while gone and server.running:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    handles = {str(report.handle[0]): report.handle[1] for report in told if report.handle}
    return replace(asked, handles={**asked.handles, **handles})


@pytest.mark.parametrize("own_ids", [False, True])
@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("own", [False, True])
async def test_after_a_restart_it_finds_its_order_instead_of_giving_another(
    own: bool, gone: bool, own_ids: bool, tmp_path: Path
) -> None:
    """Running still, or finished while nobody listened; under our id, or under one that an older ComfyUI chose."""
    options = {"workflow": saving(tmp_path)} if own else {}
    async with paired(**options) as (server, generator):
        server.step_seconds, server.own_ids = 0.05, own_ids
        asked = await killed_at_work(server, ASK, gone=gone, **options)
        assert bool(asked.handles) == own_ids, "an id that follows from the request need not be kept"
        (second,) = await generator.generate(asked, Reports())
        (third,) = await generator.generate(asked, Reports())
    assert len(server.submissions) == 1
    assert second.data == third.data == drawn(server.submissions[0]["prompt"], size=(64, 64) if own else (128, 96))


async def test_a_picture_that_only_the_socket_carried_is_made_once_more_and_not_again(tmp_path: Path) -> None:
    """An operator's choice: then nothing lies at the backend, and what nobody heard is lost."""
    options = {"workflow": saving(tmp_path, "SaveImageWebsocket")}
    async with paired(**options) as (server, generator):
        server.step_seconds = 0.05
        asked = await killed_at_work(server, ASK, gone=True, **options)
        asked = await killed_at_work(server, asked, gone=False, **options)
        assert len(await generator.generate(asked, Reports())) == 1
    assert len({body["prompt_id"] for body in server.submissions}) == len(server.submissions) == 2


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("error", Nonsense),
        ("memory", Unreachable),
        ("interrupted", Nonsense),
        ("mute", Unreachable),
    ],
)
async def test_ends_of_an_order(end: str, expected: type[FediverseError]) -> None:
    async with paired() as (server, generator):
        server.ends.append(end)
        with pytest.raises(expected) as caught:
            await generator.generate(ASK, Reports())
        assert type(caught.value) is expected
        if end == "mute":
            # The next try is another order: the first one's picture can no longer be had.
            assert len(await generator.generate(ASK, Reports())) == 1
            assert len({body["prompt_id"] for body in server.submissions}) == 2


@pytest.mark.parametrize("last", ["", "SaveImage", "SaveImageWebsocket"])
async def test_a_broken_socket_costs_nothing_when_the_picture_is_a_file(last: str, tmp_path: Path) -> None:
    options = {"workflow": saving(tmp_path, last)} if last else {}
    async with paired(**options) as (server, generator):
        server.ends.append("drop")
        if last == "SaveImageWebsocket":
            with pytest.raises(Unreachable):
                await generator.generate(ASK, Reports())
        assert len(await generator.generate(ASK, Reports())) == 1
        assert len(server.submissions) == (2 if last == "SaveImageWebsocket" else 1)


async def test_messages_of_another_time_or_order_are_left_out() -> None:
    reports = Reports()
    async with paired() as (server, generator):
        server.ends.append("odd")
        await generator.generate(ASK, reports)
    assert {report.preview for report in reports if report.preview} == {server.preview}


@pytest.mark.parametrize("final", [b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 17_000_000])
async def test_a_picture_that_is_none_is_nonsense(final: bytes) -> None:
    async with paired() as (server, generator):
        server.final = final
        with pytest.raises((Nonsense, Unreachable)):
            await generator.generate(ASK, Reports())


@pytest.mark.parametrize(
    ("door", "name", "expected"),
    [
        ("prompt", "limited", Unreachable),
        ("prompt", "broken", Unreachable),
        ("prompt", "disconnect", Unreachable),
        ("prompt", "wrong_key", Nonsense),
        ("prompt", "bad_request", Nonsense),
        ("prompt", "html", Nonsense),
        ("prompt", "empty", Nonsense),
        ("prompt", "redirect", Nonsense),
        ("prompt", "oversized", Nonsense),
        ("queue", "list", Nonsense),
        ("history", "compressed", Nonsense),
        ("view", "bad_request", Nonsense),
        ("view", "html", Nonsense),
        ("view", "oversized", Nonsense),
        ("upload", "empty", Nonsense),
        ("upload", "unavailable", Unreachable),
    ],
)
async def test_faults_of_a_door(door: str, name: str, expected: type[FediverseError], tmp_path: Path) -> None:
    own = {"workflow": saving(tmp_path)} if door == "view" else {}
    async with paired(**own) as (server, generator):
        server.faults[door] = deque([name])
        source = drawn("s", size=(8, 8)) if door == "upload" else None
        with pytest.raises(expected) as caught:
            await generator.generate(ImageRequest("a cat", width=64, height=64, steps=1, source=source), Reports())
    assert type(caught.value) is expected
    assert "k-secret" not in caught.value.detail


@pytest.mark.parametrize("name", ["hang", "trickle"])
async def test_a_backend_without_an_end_is_left_in_time(name: str) -> None:
    async with paired(seconds=0.4) as (server, generator):
        server.faults["prompt"] = deque([name])
        with pytest.raises(Unreachable, match="deadline"):
            await generator.generate(ASK, Reports())


async def test_nobody_there_is_unreachable() -> None:
    async with comfy_server() as server:
        url = server.url
    generator = comfyui.ComfyUI(comfyui.settings(configured(url)))
    with pytest.raises(Unreachable):
        await generator.generate(ASK, Reports())
    await generator.close()


@given(st.text(max_size=200) | st.from_regex(r"[%a-z_\"\\{}\[\], ]{0,60}"))
def test_what_a_person_writes_never_changes_a_workflow(text: str) -> None:
    workflow = comfyui_workflow.built_in("text")
    values: dict[str, Any] = {name: f"value of {name}" for name in comfyui_workflow.SLOTS}
    plain = workflow.filled(values | {"prompt": "PLAIN"})
    graph = workflow.filled(values | {"prompt": text})
    assert graph["wanted"]["inputs"].pop("text") == text
    del plain["wanted"]["inputs"]["text"]
    assert graph == plain


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "API format"),
        ("{}", "API format"),
        ('{"nodes": [], "links": []}', "API format"),
        ('{"1": {"class_type": "X", "inputs": {"text": "no slot"}}}', "%prompt%"),
        ("[" * 100_000, "cannot be read"),
        (" " * 1_100_000, "larger than"),
    ],
)
def test_a_wrong_workflow_is_named(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "flow.json"
    path.write_text(content)
    with pytest.raises(Misconfigured, match=r"options\.workflow: ") as caught:
        comfyui.settings(configured("http://127.0.0.1:1", workflow=str(path)))
    assert words in str(caught.value)


def test_a_workflow_for_sources_needs_one_and_models_a_name(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="%source%"):
        comfyui.settings(configured("http://127.0.0.1:1", workflow_source=saving(tmp_path)))
    with pytest.raises(Misconfigured, match=r"comfy\.model"):
        comfyui.settings(configured("http://127.0.0.1:1") | {"model": ""})


def test_our_workflows_are_whole() -> None:
    for name in ("text", "source"):
        graph: Any = comfyui_workflow.built_in(name).graph
        for node in graph.values():
            for value in node["inputs"].values():
                assert not isinstance(value, list) or value[0] in graph
        assert json.dumps(graph).count("%prompt%") == 1
