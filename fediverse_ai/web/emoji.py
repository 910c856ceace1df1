"""Others' custom emoji in names and texts: `:blobcat:` becomes its picture, loaded from here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser

from fediverse_ai.remote_media import RemoteMedia

_CODE = re.compile(r":([A-Za-z0-9_]{2,60}):")


def pictures(emojis: Mapping[str, int], media: RemoteMedia | None) -> dict[str, str]:
    """name -> address on our own host; none for visitors (`media` None), who cause no fetch (D11)."""
    return {name: media.url("emoji", row_id, small=True) for name, row_id in emojis.items()} if media else {}


def draw(clean: str, known: Mapping[str, str]) -> str:
    """Clean HTML with pictures in its text alone: never in an attribute, never in code."""
    if not known or ":" not in clean:
        return clean
    writer = _Writer(known)
    writer.feed(clean)
    writer.close()
    return "".join(writer.parts)


class _Writer(HTMLParser):
    """Gives clean HTML back as it was, its text with pictures."""

    def __init__(self, known: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._known = known
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in ("code", "pre")
        self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("code", "pre")
        self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        # What the parser did not take for a tag is text: a lone "<" must not become one behind our back.
        text = data.replace("<", "&lt;").replace(">", "&gt;")
        self.parts.append(text if self._code else _CODE.sub(self._one, text))

    def _one(self, found: re.Match[str]) -> str:
        source = self._known.get(found[1])
        if source is None:
            return found[0]
        return f'<img class="emoji" src="{escape(source)}" alt="{found[0]}" title="{found[0]}" width="20" height="20">'

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")
