"""A gate whose law fits on one page: a judge that looks for four words or four colours, and a maker of pictures."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image

from fediverse_ai.core.clock import Clock
from fediverse_ai.core.context import Context
from generation.pipeline import Engine, Pipeline
from generation.policy_file import PolicyFile
from generation.sandbox import Sandbox
from generation.types import Finding, GeneratedImage, ImageRequest, Item, ModelCard, Progress, Recipe
from outbox import known

MOODS = {"calm": 0.1, "doubt": 0.3, "grim": 0.6, "vile": 0.95}
COLOURS = {"calm": (30, 90, 220), "doubt": (40, 180, 60), "grim": (230, 160, 30), "vile": (220, 30, 40)}
PAINTS = {"blue": "calm", "green": "doubt", "orange": "grim", "red": "vile"}
"""How a prompt asks for a colour without naming its mood."""
LAWS = {"mild": (0.5, 0.9), "strict": (0.2, 0.5), "lax": (0.97, 0.99)}
"""Name -> from which score it holds and refuses."""
STAGES = ("prompt", "picture", "drawn", "text", "upload", "remote")


def law(name: str) -> str:
    """A policy as a file."""
    hold, refuse = LAWS[name]
    required = "\n".join(f'[stages.{stage}.required]\ntoy = ["mood"]' for stage in STAGES)
    return (
        f'version = "{name}"\nunjudged = "Not judged."\n{required}\n[categories.mood]\ntitle = "Mood"\n'
        f'reason = "Be calmer."\nthresholds = {{ hold = {hold}, refuse = {refuse} }}\n'
    )


def mood_of_text(text: str) -> float:
    """The worst word of a text."""
    return max((score for word, score in MOODS.items() if word in text.lower()), default=0.0)


def mood_of_picture(data: bytes) -> float:
    """The mood whose colour is nearest to the middle of a picture."""
    with Image.open(io.BytesIO(data)) as image:
        pixel = image.convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    nearest = min(COLOURS, key=lambda mood: sum((a - b) ** 2 for a, b in zip(COLOURS[mood], pixel, strict=True)))
    return MOODS[nearest]


def painted(mood: str, side: int = 64) -> bytes:
    """A picture in the colour of a mood."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), COLOURS[mood]).save(out, "PNG")
    return out.getvalue()


class Toy:
    """The judge; `down` lets it fail."""

    name = "toy"
    version = "1"

    def __init__(self) -> None:
        self.down = False

    async def review(self, item: Item) -> Finding:
        if self.down:
            raise RuntimeError("out of order")
        found = [mood_of_text(item.text)] + ([mood_of_picture(item.picture)] if item.picture is not None else [])
        return Finding(self.name, self.version, {"mood": max(found)})

    async def close(self) -> None:
        """Nothing is held."""


class Painter:
    """Paints in the colour that the prompt asks for."""

    async def card(self) -> ModelCard:
        return ModelCard("painter", "1", "Painter", "algorithmicMedia", "Painted by a test.")

    async def generate(self, request: ImageRequest, on_progress: Progress) -> list[GeneratedImage]:
        mood = next((PAINTS[word] for word in request.prompt.split() if word in PAINTS), "calm")
        recipe = Recipe("painter", "1", request.prompt, "", request.seed, 64, 64)
        return [GeneratedImage(painted(mood), recipe, await self.card(), alt_text="A square")] * request.count

    async def close(self) -> None:
        """Nothing is held."""


def install(context: Context, clock: Clock, sandbox: Sandbox) -> Toy:
    """Give a house this gate, with its law in the data folder."""
    judge = Toy()
    enact(context, "mild")
    source = PolicyFile(path_of(context), clock)
    context.add(Pipeline({"painter": Engine(Painter())}, "painter", [judge], source, sandbox, clock, 5.0))
    known.attach(context)
    return judge


def path_of(context: Context) -> Path:
    return context.config.data_dir / "policy.toml"


def enact(context: Context, name: str) -> None:
    """Write a law; it runs once it has rested for a second."""
    write(context, law(name))


def write(context: Context, text: str) -> None:
    path = path_of(context)
    draft = path.with_suffix(".new")
    draft.write_text(text)
    os.replace(draft, path)
