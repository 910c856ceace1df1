"""What the head of a public page tells programs: link previews, JSON-LD, and where the same is in other forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from markupsafe import Markup

from fediverse_ai.web.pictures import Frame


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made the pictures of a page, as programs name them."""

    name: str
    handle: str
    page_url: str


def json_ld(thing: Mapping[str, Any]) -> Markup:
    """A data block for a <script type="application/ld+json">: no character in it can end the element."""
    text = orjson.dumps({"@context": "https://schema.org", **thing}).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing is left in it that HTML would read


def pictures(
    frames: Sequence[Frame], maker: Maker, *, title: str, page_url: str, published: str, about_url: str
) -> Markup | None:
    """The pictures of an open post as ImageObject, with what made them; None when no picture may be shown."""
    shown = [frame for frame in frames if frame.url and not frame.covered]
    if not shown:
        return None
    creator = {"@type": "Person", "name": maker.name, "alternateName": f"@{maker.handle}", "url": maker.page_url}
    found = []
    for frame in shown:
        one: dict[str, Any] = {
            "@type": "ImageObject",
            "name": title,
            "contentUrl": frame.url,
            "thumbnailUrl": frame.thumbnail_url,
            "encodingFormat": frame.media_type,
            "width": frame.width,
            "height": frame.height,
            "url": page_url,
            "creator": creator,
            "creditText": maker.name,
            # Where it stands what may be done with it (nobody has given a licence with the picture itself), and who
            # can give one.
            "license": f"{about_url}#pictures",
            "usageInfo": f"{about_url}#pictures",
            "acquireLicensePage": maker.page_url,
        }
        if published:
            one["datePublished"] = published
        if frame.alt:
            one["description"] = frame.alt
        if frame.source_type:
            one["digitalSourceType"] = frame.source_type
        found.append(one)
    return json_ld(found[0] if len(found) == 1 else {"@graph": found})


def person(maker: Maker, *, bio: str, image: str | None) -> Markup:
    """A maker's page as ProfilePage."""
    about: dict[str, Any] = {
        "@type": "Person",
        "name": maker.name,
        "alternateName": f"@{maker.handle}",
        "identifier": f"acct:{maker.handle}",
        "url": maker.page_url,
    }
    if bio:
        about["description"] = bio
    if image:
        about["image"] = image
    return json_ld({"@type": "ProfilePage", "mainEntity": about})
