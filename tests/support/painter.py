"""A generator for tests of what is done with pictures: it fulfils every wish at once, with one colour per seed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from PIL import Image

from actors.models import Actor
from fediverse_ai.core.http import Http
from generation import plugins
from generation.types import Capabilities, GeneratedImage, ImageRequest, ModelCard, Progress, ProgressReport, Recipe
from outbox.compose import Draft, compose
from outbox.models import Post
from outbox.prepare import prepare
from tests.support.house import House, house

CARD = ModelCard(
    name="painter",
    version="3",
    title="Painter",
    digital_source_type="trainedAlgorithmicMedia",
    disclosure="Made for tests.",
    capabilities=Capabilities(
        negative_prompt=True,
        seed=True,
        steps=True,
        guidance=True,
        source=True,
        strength=True,
        upscale="Painted again, larger.",
    ),
)


_made: list[Painter] = []


class Painter:
    """Remembers what it was asked for in `requests`; says that the order is called `handle`, when that is set."""

    def __init__(self, part: int = 1) -> None:
        """Sides are one `part` of what was asked for: tests that look at no picture need not wait for large ones."""
        self.requests: list[ImageRequest] = []
        self.handle = ""
        self.part = part

    async def card(self) -> ModelCard:
        return CARD

    async def generate(self, request: ImageRequest, on_progress: Progress) -> list[GeneratedImage]:
        self.requests.append(request)
        if self.handle:
            await on_progress(ProgressReport(None, "asked", handle=(0, self.handle)))
        return [self._one(request, number) for number in range(request.count)]

    def _one(self, request: ImageRequest, number: int) -> GeneratedImage:
        seed = (request.seed or 0) + number
        parameters = {name: getattr(request, name) for name in ("steps", "guidance") if getattr(request, name)}
        recipe = Recipe(
            "painter", "3", request.prompt, request.negative_prompt, seed, request.width, request.height, parameters
        )
        size = (request.width // self.part, request.height // self.part)
        return GeneratedImage(picture(f"{request.prompt}/{seed}", size), recipe, CARD)

    async def close(self) -> None:
        pass


def picture(of: str, size: tuple[int, int] = (96, 64), **save: Any) -> bytes:
    """A PNG of one colour that depends on the words."""
    out = io.BytesIO()
    Image.new("RGB", size, tuple(hashlib.sha256(of.encode()).digest()[:3])).save(out, "PNG", **save)
    return out.getvalue()


def create(_config: Mapping[str, Any], _http: Http) -> Painter:
    """The factory, as an installed package would offer it."""
    made = Painter()
    _made.append(made)
    return made


def create_small(_config: Mapping[str, Any], _http: Http) -> Painter:
    """One whose pictures have an eighth of the sides that were asked for."""
    return Painter(part=8)


@asynccontextmanager
async def studio(folder: Path, **sections: Any) -> AsyncIterator[tuple[House, Painter]]:
    """A house whose people let the painter work, unless they ask for another generator."""
    given = {"default": "painter", "backends": {"painter": {"kind": "painter"}}, **sections.pop("generation", {})}
    with patch.dict(plugins.GENERATORS, painter="tests.support.painter:create"):
        async with house(folder, generation=given, **sections) as home:
            yield home, _made[-1]


async def carried(home: House, author: Actor, draft: Draft) -> Post:
    """Compose, then do what the engine would do."""
    async with home.context.database.write() as session:
        post = await compose(session, author, draft)
    return await carry_on(home, post.id)


async def carry_on(home: House, post_id: int) -> Post:
    """The job that prepares a post, done by hand; the post after it."""
    await prepare.function(home.context, [post_id])
    [row] = await home.rows(Post, id=post_id)
    return row
