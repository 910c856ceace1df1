"""Posts as cards of a contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request

from fediverse_ai.core.errors import Malformed, Missing
from fediverse_ai.core.html import text_of
from fediverse_ai.core.limits import PAGE_POSTS
from fediverse_ai.core.storage import Storage
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web import words
from fediverse_ai.web.pictures import Frame, frame
from outbox.dial import DEFAULT, Dial, covers
from outbox.disclosure import disclosed
from outbox.models import Attachment, Post, PostState
from outbox.queries import PostView

_ID_DIGITS = 19
LARGEST_ID = 2**63 - 1
NOT_THERE = marked("There is no such post, or it is not for you to see.")
TILE_CHARS = 220


@dataclass(frozen=True, slots=True)
class Card:
    """One tile: a picture, or the words of a post without one."""

    href: str
    title: str
    maker: str
    frame: Frame | None
    words: str
    warning: str | None
    more: int
    cover: str = ""
    """Why its picture is covered, where it is not its maker's doing."""
    why: str = ""
    """Why it is on this page, in words."""


def card(storage: Storage, view: PostView) -> Card:
    post, author = view.post, view.author
    shown = [attachment for attachment in view.attachments if attachment.file]
    return Card(
        href=f"/@{author.username}/{post.id}",
        title=title_of(post, view.attachments),
        maker=author.name or author.username,
        frame=frame(storage, post, shown[0]) if shown else None,
        words=words.shorten(written_of(post), TILE_CHARS),
        warning=post.summary,
        more=max(0, len(shown) - 1),
    )


def written_of(post: Post) -> str:
    """What the author wrote, as plain text: their own words for local posts, the text of the HTML for others."""
    return post.text if post.local else text_of(post.content)


def prompt_of(post: Post, attachments: Sequence[Attachment]) -> str:
    """The prompt of the first picture as far as it is told, or while it is not out what was asked for; else empty."""
    out = post.state == PostState.PUBLISHED
    for attachment in attachments:
        recipe = disclosed(attachment.recipe, post.disclosure) if out else attachment.recipe
        if recipe and recipe.get("prompt"):
            return str(recipe["prompt"])
    if out:
        return ""
    image = (post.request or {}).get("image")
    return str(image.get("prompt", "")) if isinstance(image, dict) else ""


def title_of(post: Post, attachments: Sequence[Attachment]) -> str:
    """The first line of the text, else the prompt: a picture's title."""
    line, _rest = words.first_line(written_of(post))
    prompt = words.shorten(prompt_of(post, attachments))
    return line or prompt[:1].upper() + prompt[1:] or _("Untitled")


def page_of(
    views: Sequence[PostView], storage: Storage, path: str, chosen: Dial = DEFAULT, reader_id: int | None = None
) -> tuple[list[Card], str | None]:
    """Cards of one page and the address of the next older one; `views` holds one more than a page when there is one.

    `chosen` is the reader's dial, by which others' AI pictures may be covered.
    """
    shown = views[:PAGE_POSTS]
    older = f"{path}?before={shown[-1].post.id}" if len(views) > PAGE_POSTS else None
    return [_for_reader(card(storage, view), view, chosen, reader_id) for view in shown], older


def for_reader(storage: Storage, view: PostView, chosen: Dial, reader_id: int | None, why: str = "") -> Card:
    """One card, covered where the reader's dial says so; `why` tells why it is shown."""
    return replace(_for_reader(card(storage, view), view, chosen, reader_id), why=why)


def _for_reader(made: Card, view: PostView, chosen: Dial, reader_id: int | None) -> Card:
    if made.frame is None or made.frame.covered or not covers(chosen, reader_id, view.author.id, view.attachments):
        return made
    return replace(made, frame=replace(made.frame, covered=True), cover=_("Made with AI"))


def post_id_of(request: Request) -> int:
    """The number of a post in a page's address. Raises Missing for one that no post can have."""
    post_id: int = request.path_params["post_id"]
    if post_id > LARGEST_ID:
        raise Missing(NOT_THERE)
    return post_id


def before_of(value: str | None) -> int | None:
    """The cursor of ?before=. Raises Malformed for anything that is no id."""
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= _ID_DIGITS):
        raise Malformed("The page you asked for does not exist: ?before= takes the number of a post.")
    return min(int(value), LARGEST_ID)
