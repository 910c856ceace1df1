"""POST of what one does with a status: favourite, reblog, bookmark, pin, mute, and each taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Actor
from fediverse_ai.core.context import context_of as database_context
from fediverse_ai.core.errors import Missing
from fediverse_ai.mastodon import answers, batches, people
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox import bookmarks, pin, react
from outbox.belongings import ConversationMute
from outbox.home import Entry
from outbox.models import Post, PostState, ReactionKind

Verb = Callable[[AsyncSession, Actor, Post], Awaitable[object]]


async def _unlike(session: AsyncSession, actor: Actor, post: Post) -> None:
    await react.take_back(session, actor, post, ReactionKind.LIKE)


async def _unboost(session: AsyncSession, actor: Actor, post: Post) -> None:
    await react.take_back(session, actor, post, ReactionKind.BOOST)


async def _mute(session: AsyncSession, actor: Actor, post: Post) -> None:
    """No more notifications of this conversation."""
    context = database_context(session)
    conversation = post.context_uri or post.uri
    known = select(ConversationMute.id).where(
        ConversationMute.actor_id == actor.id, ConversationMute.context_uri == conversation
    )
    if (await session.exec(known)).first() is None:
        session.add(
            ConversationMute(
                id=context.ids.new(),
                actor_id=actor.id,
                context_uri=conversation,
                created_ms=context.clock.now_ms(),
            )
        )


async def _unmute(session: AsyncSession, actor: Actor, post: Post) -> None:
    mine = (
        col(ConversationMute.actor_id) == actor.id,
        col(ConversationMute.context_uri) == (post.context_uri or post.uri),
    )
    await session.exec(delete(ConversationMute).where(*mine))


# What takes something back may be done to a post in any state that one can see; the rest only to one that is out.
VERBS: dict[str, tuple[Verb, str, bool]] = {
    "favourite": (react.like, "write:favourites", True),
    "unfavourite": (_unlike, "write:favourites", False),
    "reblog": (react.boost, "write:statuses", True),
    "unreblog": (_unboost, "write:statuses", False),
    "bookmark": (bookmarks.add, "write:bookmarks", True),
    "unbookmark": (bookmarks.remove, "write:bookmarks", False),
    "pin": (pin.pin, "write:accounts", True),
    "unpin": (pin.unpin, "write:accounts", False),
    "mute": (_mute, "write:mutes", True),
    "unmute": (_unmute, "write:mutes", False),
}


def _endpoint(name: str) -> Callable[[Request], Awaitable[Response]]:
    verb, _, needs_published = VERBS[name]

    async def act(request: Request) -> Response:
        context = context_of(request)
        status_id = answers.path_id(request)
        async with context.database.write() as session:
            reader = await people.myself(session, request)
            post = await people.post(session, reader, status_id)
            if needs_published and post.state != PostState.PUBLISHED:
                raise Missing(answers.NOT_FOUND)
            await verb(session, reader, post)
            entry = Entry(post)
            if name == "reblog":
                entry = Entry(post, await react.reaction_of(session, reader.id, post.id, ReactionKind.BOOST))
            body = await batches.statuses(session, context, reader, [entry])
        return answers.answer(body[0])

    act.__name__ = name
    return act


ROUTES = [
    ApiDoor(f"/api/v1/statuses/{{id}}/{name}", _endpoint(name), needs=needs, methods=["POST"])
    for name, (_, needs, _) in VERBS.items()
]
