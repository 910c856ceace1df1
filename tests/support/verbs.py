"""What a person does on one of our servers, written beside it as the command line does: follow, like, reply, remove."""

from __future__ import annotations

import io

from PIL import Image

from actors import queries
from actors.models import Actor
from actors.remote import resolve
from outbox import block as blocks
from outbox import edit as edits
from outbox import follow as follows
from outbox import move as moves
from outbox import publish, react, uploads
from outbox import report as reports
from outbox.compose import Draft, compose
from outbox.models import Post, ReactionKind
from outbox.queries import by_uri
from tests.support.server import Server


async def _local(session: object, username: str) -> Actor:
    actor = await queries.by_handle(session, username, None)  # type: ignore[arg-type]
    assert actor is not None, username
    return actor


async def _post(session: object, uri: str) -> Post:
    post = await by_uri(session, uri)  # type: ignore[arg-type]
    assert post is not None, uri
    return post


async def follow(server: Server, username: str, target: str) -> None:
    """`target` is a handle or an actor's URI."""
    async with server.beside() as context:
        target_id = await resolve(context, target)
        async with context.database.write() as session:
            followed = await queries.by_id(session, target_id)
            assert followed is not None
            await follows.ask(session, await _local(session, username), followed)


async def unfollow(server: Server, username: str, target: str) -> None:
    async with server.beside() as context:
        target_id = await resolve(context, target)
        async with context.database.write() as session:
            followed = await queries.by_id(session, target_id)
            assert followed is not None
            assert await follows.withdraw(session, await _local(session, username), followed)


async def like(server: Server, username: str, uri: str) -> None:
    async with server.beside() as context, context.database.write() as session:
        await react.like(session, await _local(session, username), await _post(session, uri))


async def boost(server: Server, username: str, uri: str) -> None:
    async with server.beside() as context, context.database.write() as session:
        await react.boost(session, await _local(session, username), await _post(session, uri))


async def take_back(server: Server, username: str, uri: str, kind: ReactionKind) -> None:
    async with server.beside() as context, context.database.write() as session:
        await react.take_back(session, await _local(session, username), await _post(session, uri), kind)


async def write(server: Server, username: str, text: str, *, answer_to: str | None = None, **values: object) -> str:
    """Compose a post of text (a reply with `answer_to`); the URI it will have."""
    async with server.beside() as context, context.database.write() as session:
        parent = (await _post(session, answer_to)).id if answer_to else None
        draft = Draft(text=text, in_reply_to_id=parent, **values)  # type: ignore[arg-type]
        return (await compose(session, await _local(session, username), draft)).uri


async def show(server: Server, username: str, text: str, *alts: str) -> str:
    """Post pictures of one's own, one for each description; the URI that the post will have."""
    async with server.beside() as context:
        brought = []
        for number, alt in enumerate(alts):
            plain = Image.new("RGB", (320, 240), (20, 60 + 20 * number, 160))
            data = io.BytesIO()
            plain.save(data, "PNG")
            admitted = await uploads.admit(context, data.getvalue())
            async with context.database.write() as session:
                kept = await uploads.keep(session, await _local(session, username), admitted, description=alt)
                brought.append(kept.id)
        async with context.database.write() as session:
            draft = Draft(text=text, media_ids=tuple(brought), visibility="public")
            return (await compose(session, await _local(session, username), draft)).uri


async def remove(server: Server, uri: str) -> None:
    async with server.beside() as context, context.database.write() as session:
        await publish.remove(session, await _post(session, uri))


async def edit(server: Server, username: str, uri: str, text: str) -> None:
    async with server.beside() as context, context.database.write() as session:
        change = edits.Change(text=text)
        await edits.edit(session, await _local(session, username), await _post(session, uri), change)


async def block(server: Server, username: str, target: str) -> None:
    async with server.beside() as context, context.database.write() as session:
        blocked = await queries.by_uri(session, target)
        assert blocked is not None
        await blocks.block(session, await _local(session, username), blocked)


async def report(server: Server, username: str, target: str, *uris: str, comment: str = "") -> None:
    """Report somebody's posts to their own server."""
    async with server.beside() as context, context.database.write() as session:
        posts = [await _post(session, uri) for uri in uris]
        reported = await queries.by_uri(session, target)
        assert reported is not None
        await reports.report(session, await _local(session, username), reported, posts, comment, forward=True)


async def move(server: Server, username: str, target: str) -> None:
    async with server.beside() as context:
        target_id = await moves.find_target(context, target)
        async with context.database.write() as session:
            new = await queries.by_id(session, target_id)
            assert new is not None
            await moves.move(session, await _local(session, username), new)
