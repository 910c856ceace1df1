"""The detector of faces and body parts on a raw square; runs in the sandbox, so that the model stays there."""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from generation.moderators.views import SQUARE

CLASSES = (
    *("genitalia covered", "face", "buttocks", "breast", "genitalia", "male chest", "anus", "feet", "belly covered"),
    *("feet covered", "armpits covered", "armpits", "face", "belly", "genitalia", "anus covered", "breast covered"),
    "buttocks covered",
)
"""What the model tells apart, in its order; the two kinds of face and of genitalia are one each here."""
UNCOVERED = ("buttocks", "breast", "genitalia", "anus")
CORNERS = 4
"""Rows of the output before the classes: where the thing is."""


def score(raster: bytes, model_sha256: str) -> dict[str, list[Any]]:
    """`sexual` and `face`: each [highest score in 0…1, what it was]; `raster` is SQUARE×SQUARE pixels RGB.

    Raises RuntimeError when the model file is not the one named, ValueError for another size.
    """
    pixels = np.frombuffer(raster, dtype=np.uint8).reshape(SQUARE, SQUARE, 3)
    inputs = {"images": (pixels.transpose(2, 0, 1)[None] / 255).astype(np.float32)}
    (found,) = _session(model_sha256).run(None, inputs)
    best = found[0, CORNERS:].max(axis=1).clip(0, 1)
    given = list(zip(CLASSES, best.tolist(), strict=True))
    return {
        "sexual": _highest(given, UNCOVERED),
        "face": _highest(given, ("face",)),
    }


def _highest(given: list[tuple[str, float]], names: tuple[str, ...]) -> list[Any]:
    name, value = max((one for one in given if one[0] in names), key=lambda one: one[1])
    return [value, name]


@cache
def _session(model_sha256: str) -> Any:
    spec = importlib.util.find_spec("nudenet")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package nudenet is gone")
    path = Path(spec.origin).with_name("320n.onnx")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != model_sha256:
        raise RuntimeError(f"320n.onnx is not the model that the policy was made for: {digest}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
