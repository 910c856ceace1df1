"""`python -m generation.generators.scene.meaning_table`: compute the table of meanings anew after new words."""

from __future__ import annotations

from pathlib import Path

from generation.generators.scene.meaning import TABLE, build

if __name__ == "__main__":
    Path(__file__).with_name(TABLE).write_bytes(build())
