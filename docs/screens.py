"""The pictures in docs/screens, made anew: a quickstart server in a temporary folder, a few posts, headless Chromium.

Run `.venv/bin/python -m docs.screens` with Chromium installed (`apt install chromium`). Every picture is of the program
as it is: nothing is retouched, colours are only reduced so that the files stay small.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from PIL import Image
from websockets.sync.client import connect

FOLDER = Path(__file__).with_name("screens")
PROMPTS = (
    "a red fox in the snow at dawn, pine trees",
    "three sailboats in a harbour at sunset",
    "a cat on a windowsill with a cup of tea and books, rain outside",
    "a hot air balloon over green hills, morning mist",
    "a castle by a lake under a full moon",
)
FIRST_PROMPT = "a lighthouse at dawn, two sailboats on a calm sea"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip
# The page has come, and every image is loaded and decoded, those too that wait until they are near the window.
SETTLED = """(async () => {
  while (document.readyState !== "complete") await new Promise(done => setTimeout(done, 50));
  for (const image of document.images) { image.loading = "eager"; await image.decode(); }
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
})()"""
PHONE = (390, 844)
LARGEST_BYTES = 400_000
SECONDS = 180


def browser() -> str:
    """The browser's command. Raises SystemExit when none is installed."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise SystemExit("No Chromium was found (Debian and Ubuntu: apt install chromium).")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def facts(server: subprocess.Popen[str], until: str) -> dict[str, dict[str, Any]]:
    """The events that the server tells, by name, up to and with one of them."""
    assert server.stdout is not None
    told: dict[str, dict[str, Any]] = {}
    for line in server.stdout:
        event = json.loads(line)
        told[event["event"]] = event
        if event["event"] == until:
            return told
    raise SystemExit(f"The server ended without {until}: {told}")


class Browser:
    """Headless Chromium, spoken to by its DevTools protocol: a picture is taken when every image has been decoded."""

    def __init__(self, profile: Path) -> None:
        command = [browser(), *FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        said = next(line for line in self._process.stderr if "DevTools listening on" in line)
        where = said.split()[-1].split("/")[2]
        with urllib.request.urlopen(f"http://{where}/json/list", timeout=SECONDS) as answer:
            [page] = [tab for tab in json.load(answer) if tab["type"] == "page"]
        self._page = connect(page["webSocketDebuggerUrl"], max_size=None)
        self._last = 0

    def close(self) -> None:
        self._page.close()
        self._process.terminate()
        self._process.wait(30)

    def _do(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last += 1
        self._page.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while (answer := json.loads(self._page.recv(SECONDS))).get("id") != self._last:
            pass
        if "error" in answer:
            raise SystemExit(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def take(self, url: str, name: str, size: tuple[int, int], *, scale: float = 1.0, phone: bool = False) -> None:
        """One picture of a page, `size` in CSS pixels, with `scale` pixels of the file for each of them."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": scale, "mobile": phone}
        self._do("Emulation.setDeviceMetricsOverride", **metrics)
        self._do("Page.navigate", url=url)
        self._do("Runtime.evaluate", expression=SETTLED, awaitPromise=True)
        shot = self._do("Page.captureScreenshot", format="png")["data"]
        data = reduced(Image.open(io.BytesIO(base64.b64decode(shot))).convert("RGB"))
        (FOLDER / name).write_bytes(data)
        print(f"{name}: {size[0]}×{size[1]}, {len(data) // 1024} kB")


def reduced(image: Image.Image) -> bytes:
    """A PNG of at most LARGEST_BYTES: with all colours if they fit, else with as many as do."""
    for colours in (None, 256, 192, 128, 96, 64):
        made = io.BytesIO()
        chosen = image if colours is None else image.quantize(colours, dither=Image.Dither.FLOYDSTEINBERG)
        chosen.save(made, "PNG", optimize=True)
        if made.tell() <= LARGEST_BYTES:
            break
    return made.getvalue()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screens-") as name:
        scratch = Path(name)
        ours = [sys.executable, "-m", "fediverse_ai.cli", "--data", str(scratch / "instance"), "--json"]
        start = [*ours, "quickstart", "--port", str(free_port()), "--prompt", FIRST_PROMPT]
        server = subprocess.Popen(start, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        shown = Browser(scratch / "profile")
        try:
            told = facts(server, until="ready")
            for prompt in PROMPTS:
                subprocess.run([*ours, "post", prompt], check=True, timeout=SECONDS, capture_output=True)
            post, front = told["settled"]["url"], told["serving"]["url"]
            # As wide as a README is shown.
            shown.take(post, "post.png", (1200, 1390), scale=0.75)
            shown.take(front, "gallery.png", (1200, 1150), scale=0.75)
            # A phone has more pixels than it says; 1.5 keeps the letters sharp and the file small.
            shown.take(post, "post-phone.png", PHONE, scale=1.5, phone=True)
            shown.take(front, "gallery-phone.png", PHONE, scale=1.5, phone=True)
        finally:
            shown.close()
            server.send_signal(signal.SIGTERM)
            server.wait(30)


if __name__ == "__main__":
    main()
