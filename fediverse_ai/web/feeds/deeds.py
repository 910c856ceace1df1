"""What a member can do with a post and its author, for the line of actions under it (templates/parts/actions.html)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request

from actors.models import Actor, Follow, FollowState
from fediverse_ai.core import limits
from fediverse_ai.web.words import safe_link
from outbox.belongings import Bookmark, ConversationMute, RemixPolicy
from outbox.models import Post, PostState
from outbox.queries import PostView
from outbox.visibility import OPEN


@dataclass(frozen=True, slots=True)
class Deeds:
    """One post as its actions see it. `key` makes the ids of its controls unique on the page; `back` is where one is.

    `following` is how the reader stands to the author: "", "pending" or "accepted".
    """

    id: int
    key: str
    back: str
    address: str
    original: str
    host: str
    mine: bool
    liked: bool
    boosted: bool
    bookmarked: bool
    pinned: bool
    muted: bool
    likes: int
    boosts: int
    replies: int
    may_boost: bool
    may_quote: bool
    may_pin: bool
    may_remix: bool
    edited: bool
    author_id: int
    handle: str
    following: str
    wrong: str = ""


def address_of(post: Post, author: Actor) -> str:
    """The page of a post on this server: ours for everybody, others' for members."""
    return f"{address_of_person(author)}/{post.id}"


def address_of_person(actor: Actor) -> str:
    return f"/@{actor.username}" if actor.local else f"/@{actor.username}@{actor.host}"


def here(request: Request) -> str:
    """The address that was asked for, for a form that leads back to it."""
    query = f"?{request.url.query}" if request.url.query else ""
    return safe_back(f"{request.url.path}{query}")


def safe_back(path: str, default: str = "/home") -> str:
    """A path of this server to go back to, else the default: nothing that a browser could read as another host."""
    plain = path.isascii() and path.isprintable() and " " not in path and "\\" not in path
    return path if plain and path.startswith("/") and path[1:2] != "/" and len(path) <= limits.BACK_CHARS else default


async def of_one(
    session: AsyncSession, request: Request, reader: Actor | None, view: PostView, back: str = ""
) -> Deeds | None:
    """What this reader can do with one post; None for strangers, and while the post is not out."""
    if reader is None:
        return None
    return (await of_many(session, reader, [view], back or here(request))).get(view.post.id)


async def of_many(
    session: AsyncSession,
    reader: Actor,
    views: Sequence[PostView],
    back: str,
    keys: Mapping[int, str] | None = None,
    wrong: str = "",
) -> dict[int, Deeds]:
    """post id -> what the reader can do with it, in a fixed number of queries; posts that are not out are left out."""
    out = [view for view in views if view.post.state == PostState.PUBLISHED]
    ids = [view.post.id for view in out]
    if not ids:
        return {}
    kept = select(Bookmark.post_id).where(Bookmark.actor_id == reader.id, col(Bookmark.post_id).in_(ids))
    bookmarked = set(await session.exec(kept))
    silent = select(ConversationMute.context_uri).where(
        ConversationMute.actor_id == reader.id,
        col(ConversationMute.context_uri).in_({view.post.context_uri or view.post.uri for view in out}),
    )
    muted = set(await session.exec(silent))
    follows = select(Follow.followed_id, Follow.state).where(
        Follow.follower_id == reader.id,
        col(Follow.followed_id).in_({view.author.id for view in out}),
        col(Follow.state).in_((FollowState.ACCEPTED, FollowState.PENDING)),
    )
    following: dict[int, str] = dict((await session.exec(follows)).all())
    return {
        view.post.id: Deeds(
            id=view.post.id,
            key=(keys or {}).get(view.post.id, str(view.post.id)),
            back=back,
            address=address_of(view.post, view.author),
            original="" if view.author.local else safe_link(view.post.url or view.post.uri),
            host=view.author.host,
            mine=view.author.id == reader.id,
            liked=view.liked,
            boosted=view.boosted,
            bookmarked=view.post.id in bookmarked,
            pinned=view.post.pinned_ms is not None,
            muted=(view.post.context_uri or view.post.uri) in muted,
            likes=view.post.likes,
            boosts=view.post.boosts,
            replies=view.post.replies,
            may_boost=view.post.visibility in OPEN,
            may_quote=view.post.visibility in OPEN or view.author.id == reader.id,
            may_pin=view.author.id == reader.id and view.post.visibility in OPEN,
            may_remix=_may_remix(reader, view, following),
            edited=view.post.local and view.post.updated_ms is not None,
            author_id=view.author.id,
            handle=view.author.handle,
            following=following.get(view.author.id, ""),
            wrong=wrong,
        )
        for view in out
    }


def _may_remix(reader: Actor, view: PostView, following: Mapping[int, str]) -> bool:
    """As outbox/lineage.may_remix has it, from what is loaded already; the composer asks once more."""
    if not view.attachments or view.author.id == reader.id:
        return bool(view.attachments)
    if view.post.visibility not in OPEN:
        return False
    if view.post.remix_policy == RemixPolicy.FOLLOWERS:
        return following.get(view.author.id) == FollowState.ACCEPTED
    return view.post.remix_policy == RemixPolicy.ANYONE
