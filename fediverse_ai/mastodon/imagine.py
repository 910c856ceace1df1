"""How an app that knows nothing of pictures made here asks for one: a post that begins with /imagine."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fediverse_ai.core import limits

# Apps put the people answered before what is typed.
_COMMAND = re.compile(r"\s*((?:@[^\s/]+\s+)*)/imagine[ \t]+([^\r\n]+)(?:\r?\n(.*))?", re.DOTALL | re.IGNORECASE)
_OPTION = re.compile(r"\s--(seed|style|size|no|with)\s+(.+?)(?=\s--(?:seed|style|size|no|with)\s|\s*$)", re.IGNORECASE)
_SIZE = re.compile(r"(\d{1,4})[x×](\d{1,4})")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made, and the words to post with it."""

    prompt: str
    text: str = ""
    seed: int | None = None
    style: str | None = None
    size: tuple[int, int] | None = None
    negative_prompt: str = ""
    generator: str | None = None


def wish_of(text: str) -> Wish | None:
    """`/imagine a red fox --seed 42 --style linocut --size 1024x768 --no snow --with scene`, then the post's text on
    the lines below. None for a text that is no such command. An option that cannot be read stays in the prompt."""
    found = _COMMAND.fullmatch(text)
    if found is None:
        return None
    lead, line, rest = found[1], found[2], found[3] or ""
    values: dict[str, str] = {}

    def take(option: re.Match[str]) -> str:
        name, value = option[1].lower(), option[2].strip()
        if name == "seed" and not (value.isascii() and value.isdigit() and len(value) <= limits.SEED_DIGITS):
            return option[0]
        if name == "size" and _SIZE.fullmatch(value) is None:
            return option[0]
        values[name] = value
        return ""

    prompt = _OPTION.sub(take, line).strip()
    size = _SIZE.fullmatch(values["size"]) if "size" in values else None
    return Wish(
        prompt=prompt,
        text=f"{lead}{rest}".strip(),
        seed=int(values["seed"]) if "seed" in values else None,
        style=values.get("style"),
        size=(int(size[1]), int(size[2])) if size is not None else None,
        negative_prompt=values.get("no", ""),
        generator=values.get("with"),
    )
