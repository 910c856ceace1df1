"""The engine's version: part of every random key, so that a picture names exactly what drew it."""

from __future__ import annotations

VERSION = "2.0.0"
STYLE_NAMES = ("papercut", "linocut", "gouache", "neon", "pencil", "pixel")
