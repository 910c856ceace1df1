"""ComfyUI: a workflow template filled and queued, watched over its websocket with previews, stopped when asked."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn
from urllib.parse import quote, urlencode

from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock, SystemClock
from fediverse_ai.core.errors import Misconfigured, Nonsense, Unreachable
from generation.generators import backend, comfyui_workflow, orders
from generation.generators.backend import About, Wire
from generation.generators.comfyui_socket import Event, Listener
from generation.generators.comfyui_workflow import Workflow
from generation.generators.orders import Defaults, Wishes
from generation.generators.prompts import Grammar
from generation.images import sniff
from generation.types import Capabilities, GeneratedImage, ImageRequest, ModelCard, Progress, ProgressReport

if TYPE_CHECKING:
    from fediverse_ai.core.http import Http

GRAMMAR = Grammar(weights=True)
SENDER = "SaveImageWebsocket"
"""The node class that hands its pictures over by websocket; what nobody listened to can only be made again."""
POLL_SECONDS = 1.0
STANDARD = Defaults(steps=20, guidance=7.0, strength=0.6)
SIDE_STEP = 8
_ORDERS = uuid.UUID("5b1d6b0e-2f53-4f1c-9a53-0f4f2b1a7c11")
_OUT_OF_MEMORY = ("outofmemory", "out of memory")


@dataclass(frozen=True, slots=True)
class Settings:
    """One backend's configuration, checked."""

    about: About
    base: str
    workflow: Workflow
    from_source: Workflow | None
    models: tuple[str, ...] = ()
    defaults: Defaults = STANDARD

    @property
    def capabilities(self) -> Capabilities:
        slots, source = self.workflow.slots, self.from_source
        enlarges = source is not None and {"width", "height", "strength"} <= source.slots
        return Capabilities(
            negative_prompt="negative_prompt" in slots,
            seed="seed" in slots,
            steps="steps" in slots,
            guidance="guidance" in slots,
            source=source is not None,
            strength=source is not None and "strength" in source.slots,
            size={"width", "height"} <= slots,
            models=self.models if "model" in slots else (),
            progress="preview",
            cancel="running",
            upscale=orders.UPSCALE if enlarges else "",
        )


def create(config: Mapping[str, Any], http: Http) -> ComfyUI:
    """The generator of `[generation.backends.NAME]` with kind `comfyui`; raises Misconfigured naming the key."""
    return ComfyUI(settings(config))


def settings(config: Mapping[str, Any]) -> Settings:
    """Check the configuration; `model` is the checkpoint's file name at the backend.

    Options: `workflow` and `workflow_source` (files with templates of the operator's own; without the first, ours
    are used), `models` (more checkpoints that people may choose), `steps`, `guidance`, `strength`.
    """
    known = {"workflow", "workflow_source", "models", "steps", "guidance", "strength"}
    key, options = backend.options_of(config, known)
    own, own_source = str(options.get("workflow", "")), str(options.get("workflow_source", ""))
    workflow = comfyui_workflow.load(Path(own), f"{key}.options.workflow") if own else comfyui_workflow.built_in("text")
    source = None if own else comfyui_workflow.built_in("source")
    if own_source:
        source = comfyui_workflow.load(Path(own_source), f"{key}.options.workflow_source")
        if "source" not in source.slots:
            raise Misconfigured(f'{key}.options.workflow_source: has no "%source%" where the picture belongs.')
    about = backend.about(config, "comfyui")
    if "model" in workflow.slots and not about.model:
        raise Misconfigured(f"{key}.model: the workflow needs the name of a checkpoint.")
    return Settings(
        about=about,
        base=backend.base_url(str(config.get("url") or ""), f"{key}.url", "http://127.0.0.1:8188"),
        workflow=workflow,
        from_source=source,
        models=tuple(str(options.get("models", "")).split()),
        defaults=orders.defaults(key, options, STANDARD),
    )


@dataclass(slots=True)
class _Order:
    """One picture as it is made there."""

    id: str
    client: str
    workflow: Workflow
    request: ImageRequest
    index: int
    node: str | None = None
    sent: bytes = b""
    running: bool = False


class ComfyUI:
    """The generator: one order for each picture, under an id that is the same when the request is repeated."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, poll: float = POLL_SECONDS) -> None:
        self._settings = settings
        self._about = settings.about
        self._clock = clock or SystemClock()
        self._poll_seconds = poll
        self._wire = Wire(settings.about)
        self._card = settings.about.card(settings.capabilities)

    async def card(self) -> ModelCard:
        """What is known by configuration alone; nothing is asked."""
        return self._card

    async def generate(self, request: ImageRequest, on_progress: Progress) -> list[GeneratedImage]:
        """One order after another. Raises Unprocessable, Unreachable and Nonsense as every backend does."""
        orders.check_source(request, self._settings.capabilities, self._about.name)
        workflow = self._settings.workflow
        if request.source is not None and self._settings.from_source is not None:
            workflow = self._settings.from_source
        key = request.key or self._clock.token(16).hex()
        reached, wishes = _Rising(on_progress), self._settings.defaults.wishes(request, GRAMMAR, SIDE_STEP)
        made: list[GeneratedImage] = []
        async with orders.deadline(self._about):
            source = await self._upload(request.source) if request.source is not None else ""
            for index, seed in enumerate(orders.seeds(request, self._clock)):
                began, values = self._clock.monotonic(), self._values(request, wishes, seed, source)
                client = str(uuid.uuid5(_ORDERS, key))
                known_as = request.handles.get(str(index)) or str(uuid.uuid5(_ORDERS, f"{key}/{index}"))
                order = _Order(known_as, client, workflow, request, index)
                data = await self._make(order, workflow.filled(values), reached)
                made.append(self._finished(data, request, wishes, values, self._clock.monotonic() - began))
        await on_progress(ProgressReport(1.0, "The picture is there"))
        return made

    async def close(self) -> None:
        await self._wire.close()

    def _values(self, request: ImageRequest, wishes: Wishes, seed: int, source: str) -> dict[str, str | int | float]:
        """What every slot of a workflow is filled with."""
        known = self._settings
        model = request.model if request.model in known.models else self._about.model
        told = {name: value for name, value in asdict(wishes).items() if value is not None}
        return told | {"seed": seed, "model": model or "", "source": source}

    async def _upload(self, source: bytes) -> str:
        """Hand over the source; its name there says nothing about anybody."""
        media_type = sniff(source) or "image/png"
        name = f"{self._clock.token(16).hex()}.{media_type.partition('/')[2]}"
        _, kept = await self._wire.json(
            "POST", f"{self._settings.base}/upload/image", limits.BACKEND_ENVELOPE_BYTES,
            files={"image": (name, source, media_type)}, data={"type": "input", "overwrite": "true"},
        )  # fmt: skip
        if not isinstance(kept.get("name"), str):
            raise Nonsense("The image backend sent an unusable answer.", "upload without a name")
        return f"{kept['subfolder']}/{kept['name']}" if kept.get("subfolder") else str(kept["name"])

    async def _make(self, order: _Order, graph: dict[str, Any], on_progress: _Rising) -> bytes:
        scheme = "wss" if self._settings.base.startswith("https") else "ws"
        address = f"{scheme}{self._settings.base[self._settings.base.index(':') :]}/ws?clientId={order.client}"
        listener = await Listener.open(address, self._wire.headers)
        try:
            known = await self._state(order)
            if known == "done":
                return await self._from_history(order)
            if known == "lost":
                # Told before it is given: whoever comes after a crash looks for this order, not for the lost one.
                order.id = str(uuid.UUID(bytes=self._clock.token(16)))
                await self._tell_id(order, on_progress)
            if known in ("unknown", "lost"):
                await self._submit(order, graph, on_progress)
            return await self._watch(order, listener, on_progress)
        except Unreachable:
            # It may be making the picture still: the next try, with the same id, finds it.
            raise
        except BaseException:
            await asyncio.shield(self._stop(order))
            raise
        finally:
            await listener.close()

    async def _submit(self, order: _Order, graph: dict[str, Any], on_progress: _Rising) -> None:
        body = {"prompt": graph, "client_id": order.client, "prompt_id": order.id}
        _, answer = await self._wire.json(
            "POST", f"{self._settings.base}/prompt", limits.BACKEND_ENVELOPE_BYTES, json=body
        )
        if not isinstance(answer.get("prompt_id"), str):
            raise Nonsense("The image backend sent an unusable answer.", f"no prompt_id in {str(answer)[:200]}")
        if answer["prompt_id"] != order.id:
            order.id = answer["prompt_id"]  # Older ones choose it themselves.
            await self._tell_id(order, on_progress)

    async def _tell_id(self, order: _Order, on_progress: _Rising) -> None:
        """Let an id be kept that does not follow from the request."""
        words = f"Waiting at {self._about.called}"
        await on_progress(order, ProgressReport(None, words, handle=(order.index, order.id)))

    async def _watch(self, order: _Order, listener: Listener, on_progress: _Rising) -> bytes:
        """Until the order ends; over the websocket, and by asking when that broke."""
        await self._tell_place(order, on_progress)
        async for event in listener.events(order.id):
            if await self._heard(order, event, on_progress):
                return order.sent or await self._from_history(order)
        # The connection broke: a picture that comes as a file can still be had.
        while (known := await self._state(order)) == "waiting":
            await on_progress(order, ProgressReport(None, f"{self._about.called} is drawing"))
            await self._clock.sleep(self._poll_seconds)
        if known == "done" or order.sent:
            return order.sent or await self._from_history(order)
        raise Unreachable("The image backend forgot this picture.", f"{self._about.name}: neither queued nor done")

    async def _heard(self, order: _Order, event: Event, on_progress: _Rising) -> bool:
        """Take in one message; whether the order is done. Raises for one that failed or was stopped there."""
        words = f"{self._about.called} is drawing"
        match event.kind:
            case "queue" if not order.running:
                await self._tell_place(order, on_progress)
            case "node":
                order.running, order.node = True, event.node
            case "step":
                order.running = True
                report = ProgressReport(event.step / event.steps, words, step=event.step, steps=event.steps)
                await on_progress(order, report)
            case "picture" if order.workflow.class_of(order.node) == SENDER:
                order.sent = backend.picture(event.preview)
            case "picture" if sniff(event.preview) in backend.MEDIA_TYPES:
                await on_progress(order, ProgressReport(None, words, preview=event.preview))
            case "done":
                return True
            case "stopped":
                raise Nonsense("The image backend stopped this picture.", f"{self._about.name}: interrupted there")
            case "failed":
                self._broke(event.words)
        return False

    def _broke(self, words: str) -> NoReturn:
        detail = self._wire.redacted(f"{self._about.name}: {words}")
        if any(sign in words.lower() for sign in _OUT_OF_MEMORY):
            raise Unreachable("The image backend failed.", detail)
        raise Nonsense("The image backend could not carry out its workflow.", detail)

    async def _tell_place(self, order: _Order, on_progress: _Rising) -> None:
        place = await self._place(order)
        if place is not None:
            words = f"Waiting at {self._about.called}" + (f", {place} before this one" if place else "")
            await on_progress(order, ProgressReport(None, words, place=place))

    async def _place(self, order: _Order) -> int | None:
        """How many stand before it there; None when it does not wait (any more)."""
        running, pending = await self._queue()
        if order.id not in pending:
            return None
        return len(running) + pending.index(order.id)

    async def _queue(self) -> tuple[list[str], list[str]]:
        _, queue = await self._wire.json("GET", f"{self._settings.base}/queue", limits.BACKEND_QUEUE_BYTES)
        running, pending = (_entries(queue.get(name)) for name in ("queue_running", "queue_pending"))
        return [name for _, name in running], [name for _, name in sorted(pending)]

    async def _state(self, order: _Order) -> Literal["unknown", "waiting", "done", "lost"]:
        """What the backend knows of this order; `lost` is one that ended and whose picture nobody can get any more."""
        running, pending = await self._queue()
        order.running = order.id in running
        if order.running or order.id in pending:
            return "waiting"
        entry = await self._history(order)
        if entry is None:
            return "unknown"
        return "done" if _files(entry) or order.sent else "lost"

    async def _history(self, order: _Order) -> dict[str, Any] | None:
        _, found = await self._wire.json(
            "GET", f"{self._settings.base}/history/{quote(order.id, safe='')}", limits.BACKEND_ENVELOPE_BYTES
        )
        entry = found.get(order.id)
        return entry if isinstance(entry, dict) else None

    async def _from_history(self, order: _Order) -> bytes:
        """The picture as a file of the backend, of a node such as SaveImage or PreviewImage."""
        entry = await self._history(order) or {}
        status = entry.get("status")
        if isinstance(status, dict) and status.get("status_str") == "error":
            self._broke(json.dumps(status.get("messages"))[:300])
        files = _files(entry)
        if not files:
            # Sent while nobody listened, or never: only making it again helps.
            raise Unreachable("The image backend sent no picture.", f"{self._about.name}: no output of {order.id}")
        names = {name: str(files[0].get(name) or "") for name in ("filename", "subfolder", "type")}
        url = f"{self._settings.base}/view?{urlencode(names)}"
        answer = await self._wire.exchange("GET", url, limits.IMAGE_BYTES)
        if answer.status != 200:
            raise Nonsense("The image backend does not hand out its picture.", f"{answer.status} for its file")
        return backend.picture(answer.body)

    async def _stop(self, order: _Order) -> None:
        """Take it out of the queue or interrupt it; a bare interrupt would hit whatever runs, so look first."""
        base, cap = self._settings.base, limits.BACKEND_ENVELOPE_BYTES
        async with orders.stopping():
            address = f"{base}/api/jobs/{quote(order.id, safe='')}/cancel"
            answer = await self._wire.exchange("POST", address, cap, json={})
            if answer.status == 200:
                return
            running, _ = await self._queue()
            if order.id in running:
                await self._wire.exchange("POST", f"{base}/interrupt", cap, json={"prompt_id": order.id})
            else:
                await self._wire.exchange("POST", f"{base}/queue", cap, json={"delete": [order.id]})

    def _finished(
        self,
        data: bytes,
        request: ImageRequest,
        wishes: Wishes,
        values: Mapping[str, str | int | float],
        seconds: float,
    ) -> GeneratedImage:
        can, slots = self._settings.capabilities, self._settings.workflow.slots
        kept: list[str] = [name for name in ("steps", "guidance", "model") if name in slots]
        kept += ["strength"] if request.source is not None and can.strength else []
        wished = {name: values.get(name) for name in kept}
        recipe = orders.recipe(self._card, can, wishes, int(values["seed"]), wished, str(values["model"]))
        return GeneratedImage(data, recipe, self._card, notes=backend.unused(request, can), seconds=seconds)


class _Rising:
    """Progress over several orders as one that never falls, though a workflow may sample more than once."""

    def __init__(self, on_progress: Progress) -> None:
        self._on_progress = on_progress
        self._reached = 0.0

    async def __call__(self, order: _Order, report: ProgressReport) -> None:
        if report.fraction is not None:
            self._reached = max(self._reached, (order.index + report.fraction) / order.request.count)
        begun = self._reached > 0
        await self._on_progress(replace(report, fraction=self._reached if begun else None))


def _entries(found: Any) -> list[tuple[float, str]]:
    """(number, id) of each order in a queue; what is not of that form is left out."""
    entries = found if isinstance(found, list) else []
    return [
        (float(entry[0]), entry[1])
        for entry in entries
        if isinstance(entry, list)
        and len(entry) > 1
        and isinstance(entry[0], int | float)
        and isinstance(entry[1], str)
    ]


def _files(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    outputs = entry.get("outputs")
    nodes = outputs.values() if isinstance(outputs, dict) else ()
    images = [image for node in nodes if isinstance(node, dict) for image in node.get("images") or []]
    return [image for image in images if isinstance(image, dict) and image.get("filename")]
