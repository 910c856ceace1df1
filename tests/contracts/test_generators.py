"""The contract of every generator, and the whole protocol of the OpenAI-compatible one against its double."""

from __future__ import annotations

import asyncio
import io
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from PIL import Image

from fediverse_ai.core.errors import Misconfigured, Nonsense, Unprocessable, Unreachable
from generation import plugins, provenance
from generation.generators import openai_images
from generation.images import sniff
from generation.types import Generator, ImageRequest, ProgressReport
from tests.support.comfyui import comfy_server
from tests.support.diffusers_model import doubled
from tests.support.images_backend import KEY, MODEL, ImagesBackend
from tests.support.sdcpp import drawn, sdcpp_server

ASK = ImageRequest("a lighthouse on a cliff at dusk", width=512, height=512, seed=7)


class Reports(list[ProgressReport]):
    """Remembers the progress."""

    async def __call__(self, report: ProgressReport) -> None:
        self.append(report)


def configured(url: str = "", **options: Any) -> dict[str, Any]:
    return {
        "name": "test",
        "kind": "openai",
        "url": url,
        "model": MODEL,
        "api_key": KEY,
        "timeout_seconds": 20.0,
        "options": options,
    }


def create(kind: str, config: dict[str, Any]) -> Generator:
    return plugins.generator(kind, "generation.backends.test.kind")(config, None)  # type: ignore[arg-type]


@asynccontextmanager
async def reached(kind: str) -> AsyncIterator[dict[str, Any]]:
    """The configuration of a generator whose backend runs."""
    match kind:
        case "openai":
            async with ImagesBackend(delay=0.1) as backend:
                yield configured(backend.url)
        case "sdcpp":
            async with sdcpp_server() as server:
                server.queued = 0
                yield configured(server.url)
        case "comfyui":
            async with comfy_server() as comfy:
                yield configured(comfy.url, steps=4)
        case "diffusers":
            with TemporaryDirectory() as folder:
                yield doubled(Path(folder), step_seconds=0.02)
        case _:
            yield configured()


@asynccontextmanager
async def opened(kind: str) -> AsyncIterator[Generator]:
    async with reached(kind) as config:
        generator = create(kind, config | {"kind": kind})
        try:
            yield generator
        finally:
            await generator.close()


KINDS = sorted(plugins.GENERATORS)


@pytest.mark.parametrize("kind", KINDS)
async def test_makes_as_many_decodable_pictures_as_asked(kind: str) -> None:
    async with opened(kind) as generator:
        made = await generator.generate(ImageRequest("a cat", width=256, height=256, count=2), Reports())
    assert len(made) == 2
    for one in made:
        assert sniff(one.data) in ("image/png", "image/jpeg", "image/webp")
        with Image.open(io.BytesIO(one.data)) as decoded:
            decoded.load()
        assert -1 <= one.focus[0] <= 1
        assert -1 <= one.focus[1] <= 1
        assert all(note.endswith(".") for note in one.notes)
    assert made[0].data != made[1].data


@pytest.mark.parametrize("kind", KINDS)
async def test_recipe_names_what_it_was_made_of(kind: str) -> None:
    async with opened(kind) as generator:
        (made,) = await generator.generate(ASK, Reports())
        card = await generator.card()
    recipe = made.recipe
    assert (recipe.generator, recipe.version) == (card.name, card.version)
    assert recipe.prompt == ASK.prompt
    with Image.open(io.BytesIO(made.data)) as decoded:
        assert (recipe.width, recipe.height) == decoded.size
    assert recipe.seed is None or recipe.seed == ASK.seed


@pytest.mark.parametrize("kind", KINDS)
async def test_card_is_complete_and_the_same_on_every_picture(kind: str) -> None:
    async with opened(kind) as generator:
        card = await generator.card()
        (made,) = await generator.generate(ASK, Reports())
    assert card.name
    assert card.version
    assert card.title
    assert card.disclosure.endswith(".")
    assert provenance.source_type(card.digital_source_type) in provenance.AI_TERMS
    assert made.card == card


@pytest.mark.parametrize("kind", KINDS)
async def test_progress_is_told_in_words_and_never_falls(kind: str) -> None:
    reports = Reports()
    async with opened(kind) as generator:
        await generator.generate(ImageRequest("a boat", width=256, height=256, count=2), reports)
    assert reports
    assert all(report.words for report in reports)
    fractions = [report.fraction for report in reports if report.fraction is not None]
    assert fractions == sorted(fractions)
    assert all(0 <= fraction <= 1 for fraction in fractions)


@pytest.mark.parametrize("kind", KINDS)
async def test_cancelling_ends_it_soon_and_the_next_request_works(kind: str) -> None:
    async with opened(kind) as generator:
        task = asyncio.create_task(generator.generate(ASK, Reports()))
        await asyncio.sleep(0.02)
        task.cancel()
        began = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 2
        assert len(await generator.generate(ASK, Reports())) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_progress_report_that_fails_ends_the_generation(kind: str) -> None:
    async def broken(report: ProgressReport) -> None:
        raise LookupError("nobody listens")

    async with opened(kind) as generator:
        with pytest.raises(LookupError):
            await generator.generate(ASK, broken)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_picture_is_made_again_larger_where_the_card_says_so(kind: str) -> None:
    async with opened(kind) as generator:
        can = (await generator.card()).capabilities
        (first,) = await generator.generate(ImageRequest("a cat", width=256, height=256, seed=7), Reports())
        graph = first.recipe.parameters.get("graph")
        begin = {"graph": graph} if can.graph else {"source": drawn("larger", size=(512, 512)), "strength": 0.3}
        assert can.upscale.endswith(".") or (kind == "openai" and not can.upscale)
        if can.upscale:
            again = ImageRequest(first.recipe.prompt, width=512, height=512, seed=7, upscale=True, **begin)
            (larger,) = await generator.generate(again, Reports())
            with Image.open(io.BytesIO(larger.data)) as decoded:
                assert decoded.size == (512, 512)
            assert larger.recipe.seed == first.recipe.seed
            assert larger.recipe.parameters.get("graph") == graph
            assert larger.recipe.parameters.get("strength") == begin.get("strength")


@pytest.mark.parametrize("kind", KINDS)
async def test_the_event_loop_stays_free(kind: str) -> None:
    longest, last = 0.0, time.monotonic()

    async def tick() -> None:
        nonlocal longest, last
        while True:
            await asyncio.sleep(0.005)
            now = time.monotonic()
            longest, last = max(longest, now - last), now

    async with opened(kind) as generator:
        await generator.generate(ASK, Reports())
        last = time.monotonic()
        ticker = asyncio.create_task(tick())
        await generator.generate(ASK, Reports())
        ticker.cancel()
    # A picture takes longer than this; other threads of a busy machine may take the interpreter for a while.
    assert longest < 0.5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "prompt", ["\u202e\0\ud83c\udfd4", "<lora:x:1> | {a|b} ((c:1.8))", "%s {0} ${x} " + "猫" * 500]
)
async def test_any_prompt_is_only_text(kind: str, prompt: str) -> None:
    prompt = prompt.encode("utf-16", "surrogatepass").decode("utf-16")
    async with opened(kind) as generator:
        (made,) = await generator.generate(ImageRequest(prompt, width=256, height=256), Reports())
    assert made.data


# --- the protocol of the OpenAI-compatible images endpoint


@asynccontextmanager
async def paired(*script: str, seconds: float = 5.0, key: str = KEY, **options: Any) -> AsyncIterator[Any]:
    async with ImagesBackend() as backend:
        backend.script.extend(script)
        config = configured(backend.url, **options) | {"timeout_seconds": seconds, "api_key": key}
        chosen = openai_images.settings(config)
        generator = openai_images.OpenAIImages(chosen, heartbeat=0.05)
        try:
            yield backend, generator
        finally:
            await generator.close()


async def failing(*script: str, expect: type[Exception], **options: Any) -> Any:
    async with paired(*script, **options) as (backend, generator):
        with pytest.raises(expect) as caught:
            await generator.generate(ASK, Reports())
        assert len(backend.calls) == 1, "not asked again"
        return caught.value


@pytest.mark.parametrize("name", ["refuse", "refuse_as_policy"])
async def test_a_refusal_is_told_and_not_retried(name: str) -> None:
    error = await failing(name, expect=Unprocessable)
    assert "refused" in error.public


@pytest.mark.parametrize(
    ("name", "retry_after"),
    [("limited", 7), ("broken", None), ("unavailable", None), ("disconnect", None), ("garbage", None)],
)
async def test_passing_faults_may_be_tried_again(name: str, retry_after: int | None) -> None:
    assert (await failing(name, expect=Unreachable)).retry_after == retry_after


@pytest.mark.parametrize("name", ["hang", "trickle"])
async def test_a_backend_without_an_end_is_left_in_time(name: str) -> None:
    began = time.monotonic()
    await failing(name, expect=Unreachable, seconds=0.4)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "name",
    [
        "spent",
        "html",
        "wrong_shape",
        "empty",
        "bad_base64",
        "wrong_bytes",
        "oversized",
        "redirect",
        "compressed",
        "foreign_url",
        "file_url",
    ],
)
async def test_unusable_answers_are_nonsense(name: str) -> None:
    assert (await failing(name, expect=Nonsense)).public.endswith(".")


async def test_nobody_there_is_unreachable() -> None:
    async with ImagesBackend() as backend:
        port = backend.port
    generator = create("openai", configured(f"http://127.0.0.1:{port}"))
    with pytest.raises(Unreachable):
        await generator.generate(ASK, Reports())
    await generator.close()


async def test_a_wrong_key_is_nonsense_and_never_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    error = await failing(expect=Nonsense, key="sk-wrong-but-secret")
    assert "key" in error.public
    assert "[key]" in error.detail
    assert "sk-wrong-but-secret" not in f"{error.public} {error.detail} {error!r} {caplog.text}"
    assert "sk-wrong" not in repr(openai_images.settings(configured("http://127.0.0.1:1") | {"api_key": "sk-wrong"}))


async def test_a_wrong_model_is_nonsense_and_says_so() -> None:
    async with ImagesBackend() as backend:
        generator = create("openai", configured(backend.url) | {"model": "gone"})
        with pytest.raises(Nonsense, match="'gone' does not exist"):
            await generator.generate(ASK, Reports())
        await generator.close()


@pytest.mark.parametrize("name", ["url", "data_url"])
async def test_other_ways_to_hand_over_a_picture(name: str) -> None:
    async with paired(name) as (_, generator):
        (made,) = await generator.generate(ASK, Reports())
    assert sniff(made.data) == "image/png"


async def test_only_what_the_endpoint_knows_is_sent() -> None:
    async with paired() as (backend, generator):
        request = ImageRequest("a cat", "dogs", 5, 512, 512, steps=9, guidance=3.0, style="ink")
        (made,) = await generator.generate(request, Reports())
    (call,) = backend.calls
    assert call.body == {"model": MODEL, "prompt": "a cat", "n": 1, "size": "512x512"}
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert "origin" not in call.headers
    assert (made.recipe.seed, made.recipe.negative_prompt, made.recipe.parameters) == (None, "", {})
    wishes = ["the negative prompt.", "the seed.", "the steps.", "the guidance.", "the style."]
    assert [note.split(": ")[1] for note in made.notes] == wishes


async def test_dialects_send_what_their_server_knows() -> None:
    async with paired(dialect="vllm") as (backend, generator):
        backend.extra_fields = frozenset({"negative_prompt", "seed", "num_inference_steps", "guidance_scale"})
        request = ImageRequest("a cat", "dogs", 5, 512, 512, steps=9, guidance=3.0, count=2)
        made = await generator.generate(request, Reports())
    assert [call.body["seed"] for call in backend.calls] == [one.recipe.seed for one in made] == [5, 6]
    assert backend.calls[0].body["negative_prompt"] == "dogs"
    assert backend.calls[0].body["num_inference_steps"] == 9
    assert made[0].recipe.parameters == {"steps": 9, "guidance": 3.0}
    assert made[0].data != made[1].data


async def test_a_seed_is_chosen_and_recorded_where_seeds_are_known() -> None:
    async with paired(seed=True) as (backend, generator):
        backend.extra_fields = frozenset({"seed"})
        (made,) = await generator.generate(ImageRequest("a cat", width=256, height=256), Reports())
    assert made.recipe.seed == backend.calls[0].body["seed"] is not None


async def test_batches_and_sizes() -> None:
    async with paired(batch=3, sizes="1024x1024 1536x1024 1024x1536") as (backend, generator):
        made = await generator.generate(ImageRequest("a cat", width=800, height=512, count=4), Reports())
    assert [call.body["n"] for call in backend.calls] == [3, 1]
    assert {call.body["size"] for call in backend.calls} == {"1536x1024"}
    assert [one.recipe.width for one in made] == [1536] * 4


@pytest.mark.parametrize("dialect", ["openai", "sdcpp", "localai"])
async def test_orders_inside_a_prompt_stay_inert(dialect: str) -> None:
    orders = 'a cat <sd_cpp_extra_args>{"steps":99}</sd_cpp_extra_args> <lo<lora:x>ra:/etc:1> | ugly'
    async with paired(dialect=dialect) as (backend, generator):
        (made,) = await generator.generate(ImageRequest(orders, width=256, height=256), Reports())
    sent = backend.calls[0].body["prompt"]
    assert not {"<", ">"} & set(sent)
    assert ("|" in sent) == (dialect != "localai")
    assert made.recipe.prompt == sent


async def test_localai_gets_the_negative_prompt_behind_a_bar_of_ours() -> None:
    async with paired(dialect="localai") as (backend, generator):
        request = ImageRequest("a cat|dog", "blur|noise", width=256, height=256)
        await generator.generate(request, Reports())
    assert backend.calls[0].body["prompt"] == "a cat,dog|blur,noise"


async def test_waiting_is_told_every_moment() -> None:
    reports = Reports()
    async with paired() as (backend, generator):
        backend.delay = 0.4
        await generator.generate(ASK, reports)
    assert len(reports) >= 4
    assert {report.fraction for report in reports} == {None, 1.0}


async def test_cancelling_closes_the_connection() -> None:
    async with paired("hang") as (backend, generator):
        task = asyncio.create_task(generator.generate(ASK, Reports()))
        async with asyncio.timeout(5):
            await backend.arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await backend.left.wait()


async def test_the_environment_sends_nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with paired() as (_, generator):
        assert len(await generator.generate(ASK, Reports())) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": ""}, r"backends\.test\.url"),
        ({"url": "ftp://127.0.0.1/"}, r"backends\.test\.url"),
        ({"url": "127.0.0.1:8080"}, r"backends\.test\.url"),
        ({"url": "http://me:secret@127.0.0.1/v1"}, "api_key_file"),
        ({"options": {"dialct": "vllm"}}, "'dialct' is not known"),
        ({"options": {"dialect": "ollama"}}, "must be one of"),
        ({"options": {"sizes": "big"}}, "sizes"),
    ],
)
def test_a_wrong_configuration_is_named(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(Misconfigured, match=words) as caught:
        openai_images.settings(configured("http://127.0.0.1:1") | wrong)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/images/generations"),
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1/images/generations"),
        ("https://h.example/x/v1/images/generations", "https://h.example/x/v1/images/generations"),
    ],
)
def test_addresses_are_completed(url: str, endpoint: str) -> None:
    assert openai_images.settings(configured(url)).endpoint == endpoint
