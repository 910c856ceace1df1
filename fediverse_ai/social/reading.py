"""GET of what is an actor's own: its inbox, what it liked, who waits, whom it blocked; progress and uploads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import Response

from actors import queries
from actors.documents import iso
from actors.models import Actor, Block, Follow, FollowState
from actors.readers import require_reader
from actors.routes import before_of, page
from fediverse_ai.activitypub import document, vocabulary
from fediverse_ai.core import limits
from fediverse_ai.core.access import principal_of, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.responses import activity_json
from fediverse_ai.social.doors import context_of, described, owner_of
from inbox import arrivals
from outbox import activities, albums, collected, drafting, gathered, uploads
from outbox.belongings import Upload
from outbox.documents import note_context
from outbox.models import Post, PostState, Reaction, ReactionKind
from outbox.shelves import OwnItem

Json = dict[str, Any]
_SIZE = limits.COLLECTION_ITEMS
NO_COLLECTION = "There is no such collection."


def _answer(
    request: Request, owner: Actor, which: str, items: Sequence[Any], more: int | None, **further: Any
) -> Response:
    """A page of one of the owner's private collections, or the collection that leads to its first page."""
    uri = f"{owner.uri}/{which}"
    if request.query_params.get("page") != "true":
        body: Json = {
            "@context": vocabulary.AS_CONTEXT,
            "id": uri,
            "type": "OrderedCollection",
            "first": f"{uri}?page=true",
            **further,
        }
        return activity_json(document.dump(body), request=request, private=True)
    before = before_of(request)
    here = f"{uri}?page=true" + (f"&before={before}" if before is not None else "")
    following = f"{uri}?page=true&before={more}" if more is not None else None
    context = note_context(context_of(request).config)
    return activity_json(page(uri, here, list(items), following, context), request=request, private=True)


@described
async def inbox(request: Request) -> Response:
    """What arrived, newest first, for its owner alone; each with a time, and a sentence for clients that show one."""
    _, owner = await owner_of(request, "read")
    stream = {"eventStream": f"{owner.uri}/events"}
    if request.query_params.get("page") != "true":
        return _answer(request, owner, "inbox", [], None, **stream)
    async with context_of(request).database.read() as session:
        found, more = await arrivals.page(session, owner, before_of(request), _SIZE)
    return _answer(request, owner, "inbox", [shown(one) for one in found], more)


def shown(arrival: arrivals.Arrival) -> Json:
    """The activity as it came, with a `summary` and `published` where it has none: `ap` fetches it anew otherwise."""
    activity = {name: value for name, value in arrival.activity.items() if name != "@context"}
    kind = document.type_of(activity) or "Activity"
    return {"summary": f"{kind} by {document.id_of(activity.get('actor'))}", "published": iso(arrival.at_ms)} | activity


@described
async def liked(request: Request) -> Response:
    """The ids of the posts that the owner likes, the last first."""
    _, owner = await owner_of(request, "read")
    query = (
        select(Reaction.id, Post.uri)
        .join(Post, col(Post.id) == col(Reaction.post_id))
        .where(Reaction.actor_id == owner.id, Reaction.kind == ReactionKind.LIKE, Post.state == PostState.PUBLISHED)
    )
    return await _listed(request, owner, "liked", query, Reaction.id, lambda number, uri: uri)


@described
async def pending_followers(request: Request) -> Response:
    """Follow activities that wait for the owner's answer (FEP-4ccd)."""
    return await _pending(request, "pendingFollowers", col(Follow.followed_id), col(Follow.follower_id))


@described
async def pending_following(request: Request) -> Response:
    """Follow activities of the owner that nobody has answered yet (FEP-4ccd)."""
    return await _pending(request, "pendingFollowing", col(Follow.follower_id), col(Follow.followed_id))


async def _pending(request: Request, which: str, mine: Any, theirs: Any) -> Response:
    _, owner = await owner_of(request, "read")
    query = (
        select(Follow.id, Follow, Actor)
        .join(Actor, col(Actor.id) == theirs)
        .where(mine == owner.id, Follow.state == FollowState.PENDING)
    )

    def item(number: int, found: Follow, other: Actor) -> Json:
        asker, asked = (other, owner) if found.followed_id == owner.id else (owner, other)
        return activities.follow_object(found.uri, asker.uri, asked.uri) | {"published": iso(found.created_ms)}

    return await _listed(request, owner, which, query, Follow.id, item)


@described
async def blocked(request: Request) -> Response:
    """The owner's Block activities (FEP-c648)."""
    _, owner = await owner_of(request, "read")
    query = (
        select(Block.id, Block, Actor)
        .join(Actor, col(Actor.id) == col(Block.blocked_id))
        .where(Block.blocker_id == owner.id)
    )

    def item(number: int, found: Block, other: Actor) -> Json:
        body = activities.block(found.uri or f"{owner.uri}/blocked#{number}", owner, other)
        del body["@context"]
        return body | {"published": iso(found.created_ms)}

    return await _listed(request, owner, "blocked", query, Block.id, item)


async def _listed(request: Request, owner: Actor, which: str, query: Any, key: Any, item: Any) -> Response:
    if request.query_params.get("page") != "true":
        return _answer(request, owner, which, [], None)
    before = before_of(request)
    if before is not None:
        query = query.where(col(key) < before)
    async with context_of(request).database.read() as session:
        rows = list(await session.exec(query.order_by(col(key).desc()).limit(_SIZE + 1)))
    more = rows[_SIZE - 1][0] if len(rows) > _SIZE else None
    return _answer(request, owner, which, [item(*row) for row in rows[:_SIZE]], more)


@described
async def gathered_by_owner(request: Request) -> Response:
    """A collection that the owner made: all of it for their client; for others its open posts, where it is public."""
    number = _number(request, NO_COLLECTION)
    principal = principal_of(request)
    if principal is None or principal.username != request.path_params["name"] or principal.via != "token":
        return await _public_collection(request, number)
    _, owner = await owner_of(request, "read")
    async with context_of(request).database.read() as session:
        found = await gathered.of(session, owner, f"{owner.uri}/collections/{number}")
    if found is None:
        raise Missing(NO_COLLECTION)
    if request.query_params.get("page") != "true":
        return _answer(request, owner, f"collections/{number}", [], None, **collected.described(owner, found))
    query, which = gathered.items_of(found), f"collections/{number}"
    return await _listed(request, owner, which, query, OwnItem.position, lambda key, uri: uri)


async def _public_collection(request: Request, number: int) -> Response:
    owner = await _maker(request)
    private = await require_reader(request, owner) is not None
    before = before_of(request)
    async with context_of(request).database.read() as session:
        row = await albums.of(session, owner, number, None)
        if row is None:
            raise Missing(NO_COLLECTION)
        uri, asked = collected.uri_of(owner, row), request.query_params.get("page") == "true"
        if not asked:
            total = await albums.count(session, row, None)
            body = collected.for_everybody(owner, row) | {"@context": vocabulary.AS_CONTEXT, "totalItems": total}
            return activity_json(document.dump(body), request=request, private=private)
        found = await albums.page(session, row, None, before, _SIZE + 1)
    here = f"{uri}?page=true" + (f"&before={before}" if before is not None else "")
    more = f"{uri}?page=true&before={found[_SIZE - 1][0]}" if len(found) > _SIZE else None
    items = [post.uri for _place, post in found[:_SIZE]]
    return activity_json(page(uri, here, items, more, vocabulary.AS_CONTEXT), request=request, private=private)


@described
async def collections(request: Request) -> Response:
    """The ids of an actor's public collections, the newest first, complete in one piece."""
    owner = await _maker(request)
    private = await require_reader(request, owner) is not None
    async with context_of(request).database.read() as session:
        rows = await albums.all_of(session, owner, None)
    body: Json = {
        "@context": vocabulary.AS_CONTEXT,
        "id": f"{owner.uri}/collections",
        "type": "OrderedCollection",
        "attributedTo": owner.uri,
        "totalItems": len(rows),
        "orderedItems": [collected.uri_of(owner, row) for row in rows],
    }
    return activity_json(document.dump(body), request=request, private=private)


async def _maker(request: Request) -> Actor:
    name = request.path_params["name"]
    async with context_of(request).database.read() as session:
        owner = await queries.local_by_name(session, name)
    if owner is None or owner.username != name or owner.deleted_ms is not None or owner.suspended_ms is not None:
        raise Missing("There is no such actor.")
    return owner


def _number(request: Request, words: str) -> int:
    value = str(request.path_params["id"])
    if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) < 2**63):
        raise Missing(words)
    return int(value)


@described
async def upload(request: Request) -> Response:
    """A picture that the owner brought, as an object that a post can attach. Another's is missing."""
    context = context_of(request)
    if require(request, "read").username != request.path_params["name"]:
        raise Missing("There is no such picture.")
    _, owner = await owner_of(request, "read")
    async with context.database.read() as session:
        found = await uploads.mine(session, owner, _number(request, "There is no such picture."))
    return activity_json(document.dump(image(context, owner, found)), request=request, private=True)


def image(context: Context, owner: Actor, found: Upload) -> Json:
    """An upload as an Image."""
    return {
        "@context": vocabulary.context_for("blurhash", "focalPoint"),
        "id": drafting.upload_uri(owner, found),
        "type": "Image",
        "attributedTo": owner.uri,
        "mediaType": found.media_type,
        "url": context.storage.url(found.file_name or ""),
        "name": found.description,
        "width": found.width,
        "height": found.height,
        "blurhash": found.blurhash,
        "focalPoint": [found.focus_x, found.focus_y],
        "published": iso(found.created_ms),
    }
