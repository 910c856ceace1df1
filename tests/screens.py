"""The pictures in docs/screens, made anew: a server with something on every wall, and Chromium that walks through it.

Run `.venv/bin/python -m tests.screens` with Chromium installed (`apt install chromium`). Every picture is of the
program as it is, on a phone and on a desktop: nothing is retouched. A word picks pages by names: `tests.screens post`.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page

from tests.support import browser as web
from tests.support import exhibition
from tests.support.exhibition import Exhibition
from tests.support.pages import addresses
from tests.support.peer import peer
from tests.support.server import Server

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screens"
LARGEST_BYTES = 150_000
LONGEST = {"phone": 1800, "desktop": 1400}
"""Where a page is cut, in CSS pixels."""


def name_of(shown: Exhibition, path: str) -> str:
    """A file's name for a page: its address with words for numbers and secrets."""
    words = {str(number): "post" for number in shown.posts}
    words |= {str(number): word for word, number in shown.numbers.items()}
    words |= {secret: word for word, secret in shown.words.items()}
    path, _, query = path.partition("?")
    parts = [words.get(part, part.removeprefix("@")) for part in path.split("/") if part]
    return "-".join([*parts, query.partition("=")[0]] if query else parts or ["front"])


def named(shown: Exhibition) -> dict[str, tuple[str | None, str]]:
    """Every page under a name of its own: what members see of a page that strangers see too ends in `member`."""
    found: dict[str, tuple[str | None, str]] = {}
    for looker, path in addresses(shown):
        name = name_of(shown, path)
        assert f"{name}-member" not in found, name
        found[f"{name}-member" if name in found else name] = (looker, path)
    return found


@asynccontextmanager
async def open_hall() -> AsyncIterator[tuple[Server, Exhibition]]:
    """The server to be looked at, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="screens-") as scratch:
        server = Server(Path(scratch) / "ours", settings={"server.name": "Lamplight"})
        try:
            await exhibition.furnish(server)
            await server.start()
            async with peer() as elsewhere:
                yield server, await exhibition.hang(server, elsewhere)
            await server.stop()
        finally:
            await server.close()


async def take(page: Page, path: str, file: Path, longest: int) -> None:
    """One picture of a page from its top, as small as it has to be."""
    await page.goto(path)
    await page.evaluate(web.SETTLED)
    height = min(longest, await page.evaluate("() => document.documentElement.scrollHeight"))
    before = page.viewport_size
    assert before is not None
    # As high as what is taken, so that what is fixed to the lower edge does not lie across the middle.
    await page.set_viewport_size({"width": before["width"], "height": max(height, before["height"])})
    await page.evaluate(web.SETTLED)
    shot = await page.screenshot()
    await page.set_viewport_size(before)
    await asyncio.to_thread(file.write_bytes, small(Image.open(io.BytesIO(shot)).convert("RGB")))


def small(image: Image.Image) -> bytes:
    """A WebP of at most LARGEST_BYTES, as good as that allows."""
    for quality in (70, 60, 45):
        image.save(made := io.BytesIO(), "WEBP", quality=quality, method=6)
        if made.tell() <= LARGEST_BYTES:
            break
    return made.getvalue()


async def walk(server: Server, shown: Exhibition, browser: Browser, words: list[str]) -> None:
    """All pages of all lookers at both sizes; the post and the gallery in the dark too."""
    for size in LONGEST:
        for looker in (None, "ann", "mo", "olga"):
            async with web.tab(browser, server, size) as page:
                if looker is not None:
                    await web.sign_in(page, server, looker)
                for name, (who, path) in named(shown).items():
                    if who == looker and (not words or any(word in name for word in words)):
                        await take(page, path, FOLDER / f"{name}-{size}.webp", LONGEST[size])
    for name, path in (("front", "/"), ("ann-post", f"/@ann/{shown.posts[0]}")):
        async with web.tab(browser, server, "phone", "dark") as page:
            await take(page, path, FOLDER / f"{name}-phone-dark.webp", LONGEST["phone"])


async def main(words: list[str]) -> None:
    command = web.chromium()
    if command is None:
        raise SystemExit(web.MISSING)
    FOLDER.mkdir(exist_ok=True)
    async with open_hall() as (server, shown), web.opened(command) as browser:
        await walk(server, shown, browser, words)
    files = list(FOLDER.iterdir())
    print(f"{len(files)} pictures, {sum(file.stat().st_size for file in files) // 1024} kB")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
