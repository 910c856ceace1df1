"""What a reaction says (FEP-c0e0): one emoji, or a name between colons."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from fediverse_ai.activitypub import document
from fediverse_ai.core.limits import EMOJI_CHARS

# `:name:`, also with the server it is from (Misskey).
SHORTCODE: Final = re.compile(r":[A-Za-z0-9_+-]{1,64}(?:@[A-Za-z0-9.:-]{1,253})?:")
# The zero-width joiner, and the tags of the flags of regions.
_JOINERS: Final = frozenset({"\u200d", *(chr(code) for code in range(0xE0020, 0xE0080))})


def emoji_of(body: Mapping[str, Any]) -> str | None:
    """What a reaction says: one emoji or a shortcode; a plain like, or text of any other kind, is None."""
    said = document.string(body, "content", 400) or document.string(body, "_misskey_reaction", 400) or ""
    said = said.strip()
    if SHORTCODE.fullmatch(said):
        return said
    # Symbols and skin tones, and what makes sequences of them (keycaps, flags); of the joiners none that turns text.
    kinds = {unicodedata.category(character) for character in said if character not in _JOINERS}
    fair = len(said) <= EMOJI_CHARS and kinds <= {"So", "Sk", "Sm", "Mn", "Me", "Nd", "Po"}
    return said if fair and kinds & {"So", "Me", "Sm"} else None
