"""The shipped policy with the word lists as its only judge: for tests about everything but judging."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from generation.policy_file import shipped


def light(folder: Path) -> dict[str, Any]:
    """The section [moderation] of a house that loads no models; its policy file lies in `folder`."""
    text = re.sub(r"(\[stages\.[a-z]+\.required\]\n)(?:[a-z]+ = .*\n)+", r'\1lists = ["sexual"]\n', shipped())
    path = folder / "light_policy.toml"
    path.write_text(text)
    return {"moderators": ["lists"], "policy_file": str(path)}
