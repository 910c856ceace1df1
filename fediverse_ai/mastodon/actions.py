"""POST of what one does with a status: favourite, reblog, bookmark, pin, mute, and each taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Actor
from fediverse_ai.core.errors import Missing
from fediverse_ai.mastodon import answers, batches, people
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox import bookmarks, mutes, pin, react
from outbox.home import Entry
from outbox.models import Post, PostState, ReactionKind

Verb = Callable[[AsyncSession, Actor, Post], Awaitable[object]]


async def _unlike(session: AsyncSession, actor: Actor, post: Post) -> None:
    await react.take_back(session, actor, post, ReactionKind.LIKE)


async def _unboost(session: AsyncSession, actor: Actor, post: Post) -> None:
    await react.take_back(session, actor, post, ReactionKind.BOOST)


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
    "mute": (mutes.leave_conversation, "write:mutes", True),
    "unmute": (mutes.rejoin_conversation, "write:mutes", False),
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
