"""Image-to-image by the edits endpoint of the OpenAI family: a form with the source, in each dialect's words."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fediverse_ai.core.errors import Nonsense, Unprocessable
from generation.generators import openai_images
from generation.types import ImageRequest, ProgressReport
from tests.support.peer import listening
from tests.support.sdcpp import drawn

SOURCE = drawn("source", size=(64, 64), form="JPEG")


async def ignore(report: ProgressReport) -> None:
    pass


async def edited(dialect: str, status: int = 200, **options: Any) -> tuple[dict[str, Any], Any]:
    """The fields as they arrived (a file as name, type and bytes), and the picture that came back."""
    arrived: dict[str, Any] = {}

    async def edits(request: Request) -> Response:
        async with request.form() as form:
            for name, value in form.multi_items():
                arrived[name] = (
                    value if isinstance(value, str) else (value.filename, value.content_type, await value.read())
                )
        if status != 200:
            return JSONResponse({"error": {"code": "unsupported", "message": "no"}}, status)
        return JSONResponse({"data": [{"url": "/picture.png"}]})

    async def file(request: Request) -> Response:
        return Response(drawn("edited", size=(64, 64)), media_type="image/png")

    routes = [Route("/v1/images/edits", edits, methods=["POST"]), Route("/picture.png", file, methods=["GET"])]
    async with listening(Starlette(routes=routes)) as port:
        config = {
            "name": "e",
            "url": f"http://127.0.0.1:{port}",
            "model": "m",
            "options": {"dialect": dialect} | options,
        }
        generator = openai_images.create(config, None)  # type: ignore[arg-type]
        request = ImageRequest("a cat", "dogs", 5, 512, 512, source=SOURCE, strength=0.5, model="m2")
        try:
            (made,) = await generator.generate(request, ignore)
        finally:
            await generator.close()
        return arrived, made


@pytest.mark.parametrize("dialect", sorted(openai_images.DIALECTS))
def test_only_a_dialect_with_a_strength_makes_pictures_larger(dialect: str) -> None:
    """Without one these models draw another picture."""
    config = {"name": "e", "url": "http://127.0.0.1:1", "model": "m", "options": {"dialect": dialect}}
    assert bool(openai_images.settings(config).capabilities.upscale) == (dialect == "vllm")


@pytest.mark.parametrize(("dialect", "name"), [("openai", "image[]"), ("dalle", "image"), ("sdcpp", "image[]")])
async def test_the_source_travels_as_a_file(dialect: str, name: str) -> None:
    arrived, made = await edited(dialect, models="m2 m3")
    assert arrived.pop(name) == ("source.jpeg", "image/jpeg", SOURCE)
    expected = {"prompt": "a cat", "n": "1", "size": "512x512", "model": "m2"}
    assert arrived == expected | ({"response_format": "b64_json"} if dialect == "dalle" else {})
    assert made.recipe.version == "m2"
    wishes = ["the negative prompt.", "the seed.", "the strength."]
    assert [note.split(": ")[1] for note in made.notes] == wishes


async def test_vllm_knows_more() -> None:
    arrived, made = await edited("vllm")
    assert (arrived["strength"], arrived["seed"], arrived["negative_prompt"]) == ("0.5", "5", "dogs")
    assert arrived["model"] == "m"
    assert made.recipe.parameters == {"strength": 0.5}
    assert made.notes == ()


async def test_without_an_edits_endpoint_it_says_so() -> None:
    with pytest.raises(Unprocessable, match="e"):
        await edited("localai")
    with pytest.raises(Unprocessable):
        await edited("openai", edits=False)
    with pytest.raises(Nonsense):
        await edited("openai", status=404)
