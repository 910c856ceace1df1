"""Train the head of `meaning` from exemplars.toml: `python -m generation.moderators.train`."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from generation.moderators.encoder import HEAD_FILE, Matrix, embed, probabilities
from generation.moderators.files import ENCODER_SHA256

EXEMPLARS = Path(__file__).parent / "exemplars.toml"
FRAMES_EACH = 3
"""In how many frames an English concept is learnt, beside being learnt bare."""
HARMLESS = "harmless"
PENALTIES = (0.5, 1.0, 3.0, 10.0)
FOLDS = 5
STEPS = 40


def sentences(content: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Every sentence to learn with its class and its group: the forms of one concept stay in one fold."""
    frames = content["frames"]
    count = group = 0
    for name, table in content["classes"].items():
        for concept in [*table.get("concepts", []), *table.get("hard", [])]:
            group += 1
            yield concept, name, group
            for _ in range(FRAMES_EACH):
                count += 1
                yield frames[1 + count * 7 % (len(frames) - 1)].format(concept), name, group
        as_they_are = [table.get("posts", []), *table.get("phrases", {}).values()]
        for phrase in (phrase for phrases in as_they_are for phrase in phrases):
            group += 1
            yield phrase, name, group


def fit(vectors: Matrix, labels: Matrix, penalty: float) -> Matrix:
    """Logistic regression with an L2 penalty by Newton's method; the answer ends with the bias, which is free."""
    inputs = np.c_[vectors, np.ones(len(vectors))]
    ridge = np.eye(inputs.shape[1]) * penalty
    ridge[-1, -1] = 1e-6
    weights = np.zeros(inputs.shape[1])
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (chance - labels) + ridge @ weights
        curvature = (inputs * (chance * (1.0 - chance))[:, None]).T @ inputs + ridge
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-7:
            break
    return np.asarray(weights, dtype=np.float64)


def train(vectors: Matrix, classes: list[str], names: list[str], penalty: float) -> Matrix:
    """One head per class, each against all other sentences; shape (classes, 385), in terms of the raw vectors."""
    mean, spread = vectors.mean(axis=0), vectors.std()
    scaled = (vectors - mean) / spread
    known = np.array(classes)
    rows = [fit(scaled, (known == name).astype(np.float64), penalty) for name in names]
    return np.stack([np.r_[row[:-1] / spread, row[-1] - row[:-1] @ mean / spread] for row in rows])


def loss(vectors: Matrix, classes: list[str], groups: list[int], names: list[str], penalty: float) -> float:
    """The mean logarithmic loss on concepts that were left out of training."""
    fold = np.array(groups) % FOLDS
    total = 0.0
    for index in range(FOLDS):
        kept, left = np.flatnonzero(fold != index), np.flatnonzero(fold == index)
        weights = train(vectors[kept], [classes[i] for i in kept], names, penalty)
        chance = np.clip(probabilities(vectors[left], weights), 1e-6, 1 - 1e-6)
        truth = np.array([[classes[i] == name for name in names] for i in left])
        total += float(-np.where(truth, np.log(chance), np.log(1 - chance)).sum())
    return total / len(classes)


def main() -> None:
    """Embed, choose the penalty by cross-validation, train on everything, write the head."""
    data = EXEMPLARS.read_bytes()
    texts, classes, groups = (list(column) for column in zip(*sentences(tomllib.loads(data.decode())), strict=True))
    names = [name for name in dict.fromkeys(classes) if name != HARMLESS]
    vectors = embed(texts)
    losses = {penalty: loss(vectors, classes, groups, names, penalty) for penalty in PENALTIES}
    penalty = min(losses, key=lambda one: losses[one])
    weights = train(vectors, classes, names, penalty)
    head = {
        "exemplars_sha256": hashlib.sha256(data).hexdigest(),
        "encoder_sha256": ENCODER_SHA256,
        "sentences": len(texts),
        "penalty": penalty,
        "loss": round(losses[penalty], 4),
        "weights": {name: [float(f"{value:.6g}") for value in row] for name, row in zip(names, weights, strict=True)},
    }
    (EXEMPLARS.parent / HEAD_FILE).write_text(json.dumps(head, separators=(",", ":")).replace('],"', '],\n"') + "\n")
    for tried, value in losses.items():
        print(f"penalty {tried:5.1f}  loss on left-out concepts {value:.4f}")
    print(f"{len(texts)} sentences, {len(names)} classes, penalty {penalty}")


if __name__ == "__main__":
    main()
