"""The process that holds a diffusers pipeline: orders as JSON lines on standard input, steps and pictures on output.

It runs under any interpreter that has torch and diffusers, so it imports nothing of this program. Models are loaded
from safetensors alone, never with code of their own, and without the network unless its operator allows the hub.
"""

from __future__ import annotations

import base64
import importlib
import inspect
import io
import json
import os
import sys
import threading
import time
from typing import Any, BinaryIO

MEMORY_EXIT = 77
"""The exit code when more memory was taken than allowed."""
LOOK_SECONDS = 0.5


def main() -> None:
    """Load once, then serve orders until standard input ends."""
    order = sys.stdin.buffer
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not mix with what we say
    setup = json.loads(order.readline())
    _bound_memory(int(setup["memory_bytes"]))
    try:
        model = Model(setup)
    except Exception as error:  # the edge of a process: whatever it was, it crosses as words
        _say(out, {"failed": "load", "words": f"{type(error).__name__}: {error}"[:2000]})
        return
    _say(out, {"loaded": type(model.text).__name__, "device": model.device})
    while line := order.readline():
        try:
            model.draw(json.loads(line), out)
        except Exception as error:  # the same edge
            _say(out, {"failed": type(error).__name__, "words": str(error)[:2000]})


class Model:
    """A text-to-image pipeline and, when the first source comes, its image-to-image sibling with the same weights."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.torch = torch = importlib.import_module("torch")
        pipelines = importlib.import_module("diffusers")
        self.device = setup["device"] if setup["device"] != "auto" else _device(torch)
        dtype = {"auto": torch.float32 if self.device == "cpu" else torch.float16}.get(setup["dtype"])
        dtype = dtype or getattr(torch, setup["dtype"])
        if setup["threads"]:
            torch.set_num_threads(int(setup["threads"]))
        self.text = pipelines.AutoPipelineForText2Image.from_pretrained(
            setup["model"], torch_dtype=dtype, use_safetensors=True, local_files_only=not setup["hub"]
        ).to(self.device)
        self.text.set_progress_bar_config(disable=True)
        self.image: Any = None

    def draw(self, order: dict[str, Any], out: BinaryIO) -> None:
        """One picture: `step` lines, then a `picture` line followed by its bytes."""
        pipeline = self._pipeline(order)
        known = inspect.signature(pipeline.__call__).parameters
        wishes = {
            "prompt": order["prompt"],
            "negative_prompt": order["negative_prompt"] or None,
            "num_inference_steps": order["steps"],
            "guidance_scale": order["guidance"],
            "width": order["width"],
            "height": order["height"],
            "generator": self.torch.Generator("cpu").manual_seed(order["seed"]),
        }
        if order["source"]:
            wishes |= {"image": _opened(order), "strength": order["strength"]}
        arguments = {name: value for name, value in wishes.items() if value is not None and name in known}
        if "callback_on_step_end" in known:
            arguments["callback_on_step_end"] = _Steps(out)
        found = pipeline(**arguments)
        if any(getattr(found, "nsfw_content_detected", None) or ()):
            _say(out, {"failed": "refused", "words": "the pipeline's own safety checker"})
            return
        picture = io.BytesIO()
        found.images[0].save(picture, "PNG")
        unused = sorted(name for name, value in wishes.items() if value is not None and name not in known)
        size = [found.images[0].width, found.images[0].height]
        _say(out, {"picture": picture.tell(), "unused": unused, "size": size})
        out.write(picture.getvalue())
        out.flush()

    def _pipeline(self, order: dict[str, Any]) -> Any:
        if not order["source"]:
            return self.text
        if self.image is None:
            pipelines = importlib.import_module("diffusers")
            self.image = pipelines.AutoPipelineForImage2Image.from_pipe(self.text)
            self.image.set_progress_bar_config(disable=True)
        return self.image


class _Steps:
    """The callback of a pipeline: says after each step how many are done."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out

    def __call__(self, pipeline: Any, step: int, _timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
        _say(self.out, {"step": step + 1, "steps": int(getattr(pipeline, "num_timesteps", 0) or 0)})
        return values


def _opened(order: dict[str, Any]) -> Any:
    """The source, which was decoded and encoded anew by ourselves before, in the size of the picture."""
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(order["source"]))) as image:
        return image.convert("RGB").resize((order["width"], order["height"]))


def _device(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _bound_memory(memory_bytes: int) -> None:
    """End this process when it holds more: an address-space limit would forbid CUDA, which reserves without using."""
    if memory_bytes:
        threading.Thread(target=_watch, args=(memory_bytes,), daemon=True).start()


def _watch(memory_bytes: int) -> None:
    while _held() <= memory_bytes:
        time.sleep(LOOK_SECONDS)
    os._exit(MEMORY_EXIT)


def _held() -> int:
    """Bytes of memory held by this process; its peak where the system does not tell the present."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _say(out: BinaryIO, value: dict[str, Any]) -> None:
    out.write(json.dumps(value).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    main()
