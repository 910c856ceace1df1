"""Fediverse AI: the version, and nothing else, because importing any floor runs this file."""

__version__ = "0.1.0"
