"""What a page needs to show one picture without a jump: file, size, colours, focus, words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from blurhash_rs import BlurhashDecodeError, blurhash_decode

from fediverse_ai.core import limits
from fediverse_ai.core.storage import Storage
from fediverse_ai.core.texts import _
from fediverse_ai.remote_media import RemoteMedia
from outbox.models import Attachment, Origin, Post
from outbox.queries import PostView

# The walls' own grey, for a picture that came without a blurhash.
_NO_COLOURS = ("#6f6a68", "#5b5654", "#474341")
_STEPS = 10
# Square when the sender did not say; the frame must have some shape before the picture arrives.
_DEFAULT_SIDE = 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture as templates see it. `url` is None for pictures that lie on other servers: those are not loaded."""

    key: str
    url: str | None
    thumbnail_url: str | None
    thumbnail_width: int
    width: int
    height: int
    media_type: str
    colours: Sequence[str]
    alt: str
    focus_class: str
    label: str
    covered: bool
    source_type: str = ""
    """The IPTC's term for what kind of process made it."""


@lru_cache(maxsize=4096)
def colours(blurhash: str | None, rows: int = 5) -> tuple[str, ...]:
    """Hex colours of a blurhash from top to bottom; they become a gradient that holds the picture's place."""
    if not blurhash:
        return _NO_COLOURS
    try:
        small = blurhash_decode(blurhash[:200], 1, rows)
    except BlurhashDecodeError:
        return _NO_COLOURS
    data = small.tobytes()
    return tuple(f"#{data[i]:02x}{data[i + 1]:02x}{data[i + 2]:02x}" for i in range(0, rows * 3, 3))


def focus_class(x: float, y: float) -> str:
    """The focal point (−1…1, y upwards) as two classes in steps of a tenth; a strict CSP allows no inline style."""
    across = round((max(-1.0, min(1.0, x)) + 1) / 2 * _STEPS)
    down = round((1 - max(-1.0, min(1.0, y))) / 2 * _STEPS)
    return f"fx{across} fy{down}"


def label_of(attachment: Attachment) -> str:
    """The words that say where a picture comes from."""
    match attachment.origin:
        case Origin.MADE_HERE | Origin.DECLARED_AI:
            return _("AI-generated")
        case Origin.DECLARED_NOT_AI:
            return _("Not made with AI, says its maker")
    return _("AI-generated") if "lgorithmicMedia" in (attachment.digital_source_type or "") else ""


def frame(storage: Storage, post: Post, attachment: Attachment) -> Frame:
    """The frame of one attachment."""
    width, height = attachment.width or _DEFAULT_SIDE, attachment.height or _DEFAULT_SIDE
    scale = min(1.0, limits.THUMBNAIL_SIDE_PIXELS / max(width, height)) if attachment.thumbnail else 1.0
    return Frame(
        key=str(attachment.id),
        url=storage.url(attachment.file) if attachment.file else None,
        thumbnail_url=storage.url(attachment.thumbnail or attachment.file) if attachment.file else None,
        thumbnail_width=max(1, round(width * scale)),
        width=width,
        height=height,
        media_type=attachment.media_type,
        colours=colours(attachment.blurhash),
        alt=attachment.alt,
        focus_class=focus_class(attachment.focus_x, attachment.focus_y),
        label=label_of(attachment),
        covered=post.sensitive or bool(post.summary),
        source_type=attachment.digital_source_type or "",
    )


def remote_frames(storage: Storage, media: RemoteMedia, view: PostView) -> list[Frame]:
    """The pictures of another server's post by our own copies; none where a rule keeps its pictures away.

    Only for signed-in people: these addresses make us ask the other server (D11).
    """
    if view.author.local or view.author.reject_media:
        return []
    return [
        replace(
            frame(storage, view.post, attachment),
            url=media.url("picture", attachment.id),
            thumbnail_url=media.url("picture", attachment.id, small=True),
        )
        for attachment in view.attachments
        if attachment.url
    ]
