"""Models for the diffusers backend: folders for its double, and the interpreter that finds the double."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

DOUBLE = Path(__file__).parent / "diffusers_double"


def doubled(folder: Path, **behaviour: Any) -> dict[str, Any]:
    """The configuration of a backend whose worker runs with the double, on a model that behaves so."""
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / "tiny-model"
    model.mkdir(exist_ok=True)
    (model / "model_index.json").write_text('{"_class_name": "TinyPipeline"}')
    (model / "unet.safetensors").write_bytes(b"weights")
    (model / "behaviour.json").write_text(json.dumps(behaviour))
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(DOUBLE))} exec {shlex.quote(sys.executable)} "$@"\n')
    os.chmod(python, 0o755)
    return {
        "name": "local", "kind": "diffusers", "model": str(model), "timeout_seconds": 20.0,
        "options": {"python": str(python), "steps": 4},
    }  # fmt: skip
