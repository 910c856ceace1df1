"""The engine's version, which every recipe names, and the key of its random streams."""

from __future__ import annotations

VERSION = "2.1.0"
STREAMS = "2.0.0"
"""Part of every random key. It stays as it is while only the drawings get better, so that a recipe of an earlier
version keeps its land, its light and its places when it is enlarged or remixed; a new key lays out every picture anew.
"""
STYLE_NAMES = ("papercut", "linocut", "gouache", "neon", "pencil", "pixel")
