"""Any text-to-image pipeline of diffusers, from disk or hub, in a process of its own that may be killed."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock, SystemClock
from fediverse_ai.core.errors import Misconfigured, Nonsense, Unavailable, Unprocessable, Unreachable
from generation.generators import backend, diffusers_worker, orders
from generation.generators.backend import About
from generation.generators.orders import Defaults, Wishes
from generation.generators.prompts import TAGS
from generation.types import Capabilities, GeneratedImage, ImageRequest, ModelCard, Progress, ProgressReport

if TYPE_CHECKING:
    from fediverse_ai.core.http import Http

CAN = Capabilities(
    negative_prompt=True, seed=True, steps=True, guidance=True, source=True, strength=True, progress="steps",
    cancel="running", upscale=orders.UPSCALE,
)  # fmt: skip
SIDE_STEP = 8
STANDARD = Defaults(steps=25, strength=0.6)
DEVICES = ("auto", "cpu", "cuda", "mps")
DTYPES = ("auto", "float32", "float16", "bfloat16")
WORDS = {"negative_prompt": "negative prompt", "num_inference_steps": "steps", "guidance_scale": "guidance"}
"""What people call the parameters of a pipeline."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One pipeline's configuration, checked. `idle_seconds`: how long the model stays loaded without work."""

    about: About
    folder: Path | None
    python: str
    device: str = "auto"
    dtype: str = "auto"
    hub: bool = False
    defaults: Defaults = STANDARD
    memory_bytes: int = 0
    threads: int = 0
    idle_seconds: float = 600.0


def create(config: Mapping[str, Any], http: Http) -> Diffusers:
    """The generator of `[generation.backends.NAME]` with kind `diffusers`; raises Misconfigured naming the key."""
    return Diffusers(settings(config))


def settings(config: Mapping[str, Any]) -> Settings:
    """Check the configuration; `model` is a folder, or with the option `hub` a name on the hub.

    Options: `python` (the interpreter of an environment with torch and diffusers; else our own), `device`, `dtype`,
    `hub` (false), `steps`, `guidance`, `strength`, `memory_mib` (0: no bound), `threads`, `idle_seconds`.
    """
    known = {
        "python", "device", "dtype", "hub", "steps", "guidance", "strength", "memory_mib", "threads", "idle_seconds",
    }  # fmt: skip
    key, options = backend.options_of(config, known)
    about = backend.about(config, "diffusers")
    for name, words in (("device", DEVICES), ("dtype", DTYPES)):
        if options.get(name, "auto") not in words:
            raise Misconfigured(f"{key}.options.{name}: must be one of {', '.join(words)}.")
    hub = options.get("hub") is True
    folder = Path(about.model) if about.model else None
    if folder is None or not (hub or (folder / "model_index.json").is_file()):
        raise Misconfigured(
            f"{key}.model: must be a folder with model_index.json, or a name on the hub with hub = true."
        )
    try:
        return Settings(
            about=about,
            folder=folder if (folder / "model_index.json").is_file() else None,
            python=str(options.get("python") or sys.executable),
            device=str(options.get("device", "auto")),
            dtype=str(options.get("dtype", "auto")),
            hub=hub,
            defaults=orders.defaults(key, options, STANDARD),
            memory_bytes=int(options.get("memory_mib", 0)) * limits.MIB,
            threads=int(options.get("threads", 0)),
            idle_seconds=float(options.get("idle_seconds", 600.0)),
        )
    except ValueError:
        raise Misconfigured(f"{key}.options: memory_mib and threads are whole numbers.") from None


class Diffusers:
    """The generator: one child process, loaded at the first order, ended by cancellation, lateness or idleness."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self._settings = settings
        self._about = settings.about
        self._clock = clock or SystemClock()
        self._process: asyncio.subprocess.Process | None = None
        self._errors: asyncio.Task[bytes] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._turn = asyncio.Lock()
        self._known: ModelCard | None = None

    async def card(self) -> ModelCard:
        """The card with the digest of the model's files; raises Misconfigured when that is not the configured one."""
        if self._known is None:
            digest = await asyncio.to_thread(digest_of, self._settings.folder) if self._settings.folder else ""
            wanted = self._about.sha256.lower()
            if wanted and digest and wanted != digest:
                key = f"generation.backends.{self._about.name}.sha256"
                raise Misconfigured(f"{key}: the model's files have the digest {digest}; they are not what was pinned.")
            name = Path(self._about.model).name if self._settings.folder else self._about.model
            about = replace(self._about, model=name, sha256=digest or wanted)
            self._known = about.card(CAN, version=f"{name} {digest[:12]}".strip())
        return self._known

    async def generate(self, request: ImageRequest, on_progress: Progress) -> list[GeneratedImage]:
        """One picture after another. Raises Unprocessable, Unavailable, Unreachable and Nonsense."""
        card, made = await self.card(), list[GeneratedImage]()
        wishes = self._settings.defaults.wishes(request, TAGS, SIDE_STEP)
        async with self._turn:
            self._stay()
            try:
                async with asyncio.timeout(self._about.timeout_seconds):
                    process = await self._ready(on_progress)
                    for index, seed in enumerate(orders.seeds(request, self._clock)):
                        began, order = self._clock.monotonic(), _order(request, wishes, seed)
                        await _send(process, order)
                        found, data = await self._picture(process, index, request, on_progress)
                        seconds = self._clock.monotonic() - began
                        made.append(self._finished(request, wishes, seed, found, data, card, seconds))
            except TimeoutError as error:
                await self._end()
                raise Unreachable("The picture took too long to make.", f"{self._about.name}: deadline") from error
            except BaseException:
                # In the middle of a picture there is no other way to stop it, and no way to go on after it.
                await asyncio.shield(self._end())
                raise
            self._leave_later()
        await on_progress(ProgressReport(1.0, "The picture is there"))
        return made

    async def close(self) -> None:
        self._stay()
        await self._end()

    async def _ready(self, on_progress: Progress) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self._end()
        await on_progress(ProgressReport(None, f"Loading {self._about.called}"))
        known = self._settings
        try:
            self._process = process = await self._start()
        except OSError as error:
            raise Unavailable("The image model's process cannot be started.", f"{known.python}: {error}") from error
        assert process.stderr
        self._errors = asyncio.create_task(_last(process.stderr))
        setup = {
            "model": str(known.folder.resolve()) if known.folder else self._about.model,
            "device": known.device, "dtype": known.dtype, "hub": known.hub,
            "memory_bytes": known.memory_bytes, "threads": known.threads,
        }  # fmt: skip
        await _send(process, setup)
        await self._line(process)
        return process

    async def _start(self) -> asyncio.subprocess.Process:
        known = self._settings
        return await asyncio.create_subprocess_exec(
            known.python, "-P", "-s", str(Path(diffusers_worker.__file__)),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=limits.WORKER_LINE_BYTES, env=_environment(hub=known.hub), start_new_session=True,
        )  # fmt: skip

    async def _line(self, process: asyncio.subprocess.Process) -> dict[str, Any]:
        """The next thing that the worker says. Raises what its failures mean."""
        assert process.stdout
        try:
            line = await process.stdout.readline()
            found = json.loads(line) if line else None
        except ValueError as error:
            raise Nonsense("The image model's process said something unusable.", self._about.name) from error
        if not isinstance(found, dict):
            raise await self._died(process)
        if "failed" not in found:
            return found
        kind, detail = str(found["failed"]), f"{self._about.name}: {found['failed']}: {found.get('words')}"
        if kind == "refused":
            raise Unprocessable("The image backend refused this prompt by its own rules; please change it.", detail)
        if kind == "OutOfMemoryError":
            raise Unreachable("The image backend failed.", detail)
        sentence = "The image model cannot be loaded." if kind == "load" else "The image model could not draw this."
        raise Nonsense(sentence, detail)

    async def _died(self, process: asyncio.subprocess.Process) -> Unavailable | Unprocessable:
        code = await process.wait()
        said = (await self._errors)[-500:].decode("utf-8", "replace") if self._errors else ""
        detail = f"{self._about.name}: worker ended with {code}: {said}"
        if code == diffusers_worker.MEMORY_EXIT:
            return Unprocessable("This picture needs more memory than there is; please ask for a smaller one.", detail)
        return Unavailable("The image model's process ended.", detail)

    async def _picture(
        self, process: asyncio.subprocess.Process, index: int, request: ImageRequest, on_progress: Progress
    ) -> tuple[dict[str, Any], bytes]:
        assert process.stdout
        reached = index / request.count
        words = f"{self._about.called} is drawing"
        while "picture" not in (found := await self._line(process)):
            step, steps = int(found.get("step", 0)), int(found.get("steps", 0))
            if 0 < step <= steps:
                reached = max(reached, (index + step / steps) / request.count)
                await on_progress(ProgressReport(reached, words, step=step, steps=steps))
        length = int(found["picture"])
        if not 0 < length <= limits.IMAGE_BYTES:
            raise Nonsense("The image backend sent too large a picture.", f"{length} bytes")
        try:
            return found, backend.picture(await process.stdout.readexactly(length))
        except asyncio.IncompleteReadError:
            raise await self._died(process) from None

    def _finished(
        self, request: ImageRequest, wishes: Wishes, seed: int, found: dict[str, Any], data: bytes, card: ModelCard,
        seconds: float,
    ) -> GeneratedImage:  # fmt: skip
        unused = {str(name) for name in found.get("unused", [])}
        wished = {"steps": wishes.steps, "guidance": wishes.guidance, "strength": wishes.strength}
        left_out = {WORDS.get(name, name) for name in unused}
        width, height = (int(side) for side in found["size"])
        heard = replace(CAN, negative_prompt="negative_prompt" not in unused)
        kept = {name: value for name, value in wished.items() if name not in left_out}
        recipe = orders.recipe(card, heard, replace(wishes, width=width, height=height), seed, kept)
        told = {"negative prompt": bool(request.negative_prompt), "steps": request.steps is not None,
                "guidance": request.guidance is not None}  # fmt: skip
        notes = backend.unused(request, CAN) + tuple(
            f"Not used, because this backend does not know it: the {name}."
            for name in sorted(left_out)
            if told.get(name)
        )
        return GeneratedImage(data, recipe, card, notes=notes, seconds=seconds)

    def _stay(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _leave_later(self) -> None:
        """Give the memory back when nobody wants a picture for a while."""
        process = self._process

        def leave() -> None:
            if process is not None and process.returncode is None and not self._turn.locked():
                process.kill()

        self._idle = asyncio.get_running_loop().call_later(self._settings.idle_seconds, leave)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()
        errors, self._errors = self._errors, None
        if errors is not None:
            await errors


def _order(request: ImageRequest, wishes: Wishes, seed: int) -> dict[str, Any]:
    """One picture's order as the worker reads it."""
    source = base64.b64encode(request.source).decode() if request.source is not None else ""
    return asdict(wishes) | {"seed": seed, "source": source}


async def _send(process: asyncio.subprocess.Process, value: dict[str, Any]) -> None:
    assert process.stdin
    try:
        process.stdin.write(json.dumps(value).encode() + b"\n")
        await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        # It ended; reading its output tells why.
        return


async def _last(stream: asyncio.StreamReader) -> bytes:
    """Read what a process writes to its end, and keep the end of it: a full pipe would stop the process."""
    kept = b""
    while block := await stream.read(4096):
        kept = (kept + block)[-4096:]
    return kept


def _environment(*, hub: bool) -> dict[str, str]:
    """Nothing of the server's secrets; the network of the hub only where it is allowed."""
    passed = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "HF_HOME", "TMPDIR")
    kept = {name: os.environ[name] for name in passed if name in os.environ}
    offline = {} if hub else {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
    return kept | offline | quiet | {"PYTHONDONTWRITEBYTECODE": "1", "PYTORCH_ENABLE_MPS_FALLBACK": "1"}


def digest_of(folder: Path | None) -> str:
    """SHA-256 over the names and bytes of a model's files, in order of their names; takes seconds for gigabytes."""
    if folder is None:
        return ""
    whole = hashlib.sha256()
    for path in sorted(
        path for path in folder.rglob("*") if path.suffix in (".json", ".safetensors", ".txt", ".model")
    ):
        with path.open("rb") as file:
            whole.update(
                f"{path.relative_to(folder).as_posix()}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode()
            )
    return whole.hexdigest()
