"""GET of outbox, notes, their reactions, activities and media files; NodeInfo, which counts posts."""

from __future__ import annotations

import json
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from actors import documents as actor_documents
from actors import queries as actor_queries
from actors import stops
from actors.models import Actor
from actors.readers import person_of, reader_of, require_reader, signer_of, wants_signature
from actors.routes import account_count, before_of, collection, id_in_query, page
from actors.served import ServedDocuments, answer
from actors.signups import SignUpDoor
from fediverse_ai.activitypub import document, vocabulary
from fediverse_ai.activitypub.negotiation import ActivityRoute
from fediverse_ai.core import limits, urls
from fediverse_ai.core.access import Door, principal_of, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Gone, Missing
from fediverse_ai.core.responses import activity_json
from fediverse_ai.core.roles import Right
from outbox import own, pending, queries, reactions, uploads
from outbox.documents import note_context
from outbox.models import Activity, Attachment, Post, PostState, ReactionKind
from outbox.visibility import OPEN, may_see

MISSING = "There is no such post."


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def _id(request: Request) -> int:
    value = request.path_params["id"]
    if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) < 2**63):
        raise Missing(MISSING)
    return int(value)


async def note(request: Request) -> Response:
    """A Note as stored: open ones for everybody, others for signed readers who may see them; 410 once deleted."""
    context = _context(request)
    cache = context.part(ServedDocuments)
    key = f"/notes/{_id(request)}"
    if (served := cache.get(key)) is not None:
        return answer(request, served)
    look = cache.look()
    async with context.database.read() as session:
        post = await session.get(Post, _id(request))
    if post is None or not post.local:
        raise Missing(MISSING)
    if post.document is None:
        return await _unfinished(request, post)
    owner = await _owner(context, post)
    if post.state == PostState.DELETED and post.visibility in OPEN:
        return answer(request, cache.put(key, look, post.document, 410))
    async with context.database.read() as session:
        everybody = await may_see(session, None, post)
    if everybody and not wants_signature(context, owner):
        return answer(request, cache.put(key, look, post.document))
    if everybody:
        await require_reader(request, owner)
    else:
        await _require_sight(request, post)
    return activity_json(post.document, private=True)


async def _unfinished(request: Request, post: Post) -> Response:
    """A post that is not out: for its author's client, with what is known of its way; for nobody else."""
    author = await person_of(request)
    if author is None or author.id != post.author_id or post.state == PostState.DELETED:
        raise Missing(MISSING)
    context = _context(request)
    async with context.database.read() as session:
        body = await pending.note(session, post, author)
    body = {"@context": pending.context_of_pending(context.config), **body}
    return activity_json(document.dump(body), request=request, private=True)


async def _owner(context: Context, post: Post) -> Actor:
    async with context.database.read() as session:
        owner = await actor_queries.by_id(session, post.author_id)
    if owner is None:
        raise Missing(MISSING)
    return owner


async def _require_sight(request: Request, post: Post) -> None:
    """Raises Missing, the same as for what is not there, unless this reader may see the post."""
    reader = await reader_of(request)
    async with _context(request).database.read() as session:
        if reader is None or post.state != PostState.PUBLISHED or not await may_see(session, reader, post):
            raise Missing(MISSING)


async def progress(request: Request) -> Response:
    """How far a post of one's own is; after its end, how it ended. Another's is missing."""
    context = _context(request)
    principal = require(request, "read:statuses")
    async with context.database.read() as session:
        post = await session.get(Post, _id(request))
    if post is None or not post.local or post.author_id != principal.actor_id or post.state == PostState.DELETED:
        raise Missing(MISSING)
    return activity_json(document.dump(pending.progress(context.config, post)), request=request, private=True)


async def note_collection(request: Request) -> Response:
    """replies, likes and shares of a note: counts for everybody, and ids of replies; to our people's apps, activities.

    Who liked is told to people of this server only, as its pages do.
    """
    context = _context(request)
    which = request.path_params["which"]
    if which not in ("replies", "likes", "shares"):
        raise Missing(MISSING)
    async with context.database.read() as session:
        post = await session.get(Post, _id(request))
        everybody = post is not None and post.local and await may_see(session, None, post)
    if post is None or not post.local or post.document is None:
        raise Missing(MISSING)
    person = await person_of(request)
    if everybody:
        reader = await require_reader(request, await _owner(context, post))
    else:
        await _require_sight(request, post)
        reader = await reader_of(request)
    at = id_in_query(request, "after") if which == "replies" else None
    paged = which == "replies" and request.query_params.get("page") == "true"
    async with context.database.read() as session:
        if paged:
            body = {"@context": vocabulary.AS_CONTEXT, **await _replies(session, post, person or reader, at)}
        else:
            body = await _collection(session, post, which, person, reader)
    answer_ = activity_json(document.dump(body), request=request, private=(person or reader) is not None)
    answer_.headers["Vary"] = "Accept, Signature, Authorization"
    return answer_


async def _collection(
    session: AsyncSession, post: Post, which: str, person: Actor | None, reader: Actor | None
) -> dict[str, Any]:
    total = {"replies": post.replies, "likes": post.likes, "shares": post.boosts}[which]
    body: dict[str, Any] = {
        "@context": vocabulary.AS_CONTEXT,
        "id": f"{post.uri}/{which}",
        "type": "Collection",
        "totalItems": total,
    }
    if which == "replies":
        body["first"] = await _replies(session, post, person or reader, None)
    elif person is not None:
        kind = ReactionKind.LIKE if which == "likes" else ReactionKind.BOOST
        body["items"] = await reactions.activities_of(session, person, post, kind, limits.COLLECTION_ITEMS)
    return body


async def _replies(session: AsyncSession, post: Post, reader: Actor | None, after: int | None) -> dict[str, Any]:
    """A page of ids: those of others are fetched from their homes by whoever wants them."""
    uri = f"{post.uri}/replies"
    items, more = await queries.replies_page(session, reader, post.id, after, limits.COLLECTION_ITEMS)
    here = f"{uri}?page=true" + (f"&after={after}" if after is not None else "")
    found = {"id": here, "type": "CollectionPage", "partOf": uri, "items": items}
    return found if more is None else found | {"next": f"{uri}?page=true&after={more}"}


async def conversation(request: Request) -> Response:
    """A thread that began here, as a collection of what everybody may see (FEP-7888)."""
    context = _context(request)
    async with context.database.read() as session:
        post = await session.get(Post, _id(request))
        if post is None or not post.local or not await may_see(session, None, post):
            raise Missing(MISSING)
        uri = f"{context.config.public_url}/contexts/{post.id}"
        items = await queries.conversation(session, uri, limits.THREAD_ITEMS)
    owner = await _owner(context, post)
    reader = await require_reader(request, owner)
    body = {
        "@context": vocabulary.AS_CONTEXT,
        "id": uri,
        "type": "OrderedCollection",
        "attributedTo": owner.uri,
        "totalItems": len(items),
        "orderedItems": items,
    }
    return activity_json(document.dump(body), request=request, private=reader is not None)


async def activity(request: Request) -> Response:
    """A public activity of ours as it was delivered; a Create is gone with its post. Its own actor's app reads any."""
    context = _context(request)
    uri = f"{context.config.public_url}/activities/{_id(request)}"
    if (person := await person_of(request)) is not None:
        async with context.database.read() as session:
            mine = await own.activity(session, person, uri)
        if mine is not None:
            return activity_json(document.dump(mine), request=request, private=True)
    async with context.database.read() as session:
        found = (await session.exec(select(Activity).where(Activity.uri == uri))).first()
        if found is None or not found.public:
            raise Missing("There is no such activity.")
        if found.type == "Create":
            post = (await session.exec(select(Post).where(Post.activity_uri == uri))).first()
            if post is None or post.state != PostState.PUBLISHED:
                raise Gone("The post of this activity was deleted.")
        owner = await actor_queries.by_id(session, found.actor_id)
    reader = await require_reader(request, owner) if owner is not None and owner.kind != "Application" else None
    return activity_json(found.body, request=request, private=reader is not None)


async def outbox(request: Request) -> Response:
    """The outbox: a count and pages of public activities, newest first; all of them for the owner's app."""
    context = _context(request)
    person = await person_of(request)
    if person is not None and person.username == request.path_params["name"]:
        return await _own_outbox(request, person)
    async with context.database.read() as session:
        owner = await actor_queries.local_by_name(session, request.path_params["name"])
        if owner is None or owner.username != request.path_params["name"] or owner.deleted_ms is not None:
            raise Missing("There is no such actor.")
        uri = f"{owner.uri}/outbox"
        if request.query_params.get("page") != "true":
            total = await queries.outbox_count(session, owner.id)
            return activity_json(collection(uri, total, f"{uri}?page=true"), request=request)
    reader = await require_reader(request, owner)
    async with context.database.read() as session:
        before = before_of(request)
        size = limits.COLLECTION_ITEMS
        rows = await queries.outbox_page(session, owner.id, before, size + 1)
    items = [json.loads(body) for _, body in rows[:size]]
    for item in items:
        item.pop("@context", None)
    here = f"{uri}?page=true" + (f"&before={before}" if before is not None else "")
    more = f"{uri}?page=true&before={rows[size - 1][0]}" if len(rows) > size else None
    body = page(uri, here, items, more, note_context(context.config))
    return activity_json(body, request=request, private=reader is not None)


async def _own_outbox(request: Request, owner: Actor) -> Response:
    context = _context(request)
    uri = f"{owner.uri}/outbox"
    if request.query_params.get("page") != "true":
        async with context.database.read() as session:
            total = await own.count(session, owner)
        return activity_json(collection(uri, total, f"{uri}?page=true"), request=request, private=True)
    before = before_of(request)
    async with context.database.read() as session:
        items, more = await own.page(session, owner, before, limits.COLLECTION_ITEMS)
    for item in items:
        item.pop("@context", None)
    here = f"{uri}?page=true" + (f"&before={before}" if before is not None else "")
    following = f"{uri}?page=true&before={more}" if more is not None else None
    body = page(uri, here, items, following, pending.context_of_pending(context.config))
    return activity_json(body, request=request, private=True)


async def followers_synchronization(request: Request) -> Response:
    """FEP-8fcf: an actor's followers on the signer's own server, for nobody else."""
    context = _context(request)
    reader = await signer_of(request)
    async with context.database.read() as session:
        owner = await actor_queries.local_by_name(session, request.path_params["name"])
        if owner is None or reader is None:
            raise Missing("There is no such collection.")
        home = urls.origin(reader.uri)
        uris = await actor_queries.followers_on(session, owner.id, [home])
    body = {
        "@context": vocabulary.AS_CONTEXT,
        "id": f"{owner.uri}/followers_synchronization",
        "type": "OrderedCollection",
        "orderedItems": sorted(uris.get(home, ())),
    }
    return activity_json(document.dump(body), private=True)


# Whatever the bytes are, a browser takes them for a picture and runs nothing (D13).
MEDIA_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    # Asked of whoever gathers material for training, as the pages do.
    "X-Robots-Tag": "noai, noimageai",
    "Content-Usage": "train-ai=n",
    "TDM-Reservation": "1",
}
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
PRIVATE = {"Cache-Control": "private, no-store"}


async def media(request: Request) -> Response:
    """A picture of ours: public once its post is out, its author's and the moderators' before, 410 after."""
    context = _context(request)
    name = request.path_params["name"]
    async with context.database.read() as session:
        query = (
            select(Post, Attachment.media_type)
            .join(Attachment, col(Attachment.post_id) == col(Post.id))
            .where((Attachment.file == name) | (Attachment.thumbnail == name))
        )
        rows = list(await session.exec(query))
        upload = None if rows else await uploads.by_file(session, name)
    principal = principal_of(request)
    keyed = uploads.opens(context, name, request.query_params.get("key", ""))
    if upload is not None and (keyed or (principal is not None and principal.actor_id == upload.actor_id)):
        return _file(context, name, PRIVATE)
    if not rows and await _is_portrait(context, name):
        return _file(context, name, IMMUTABLE)
    if not rows:
        raise Missing("There is no such file.")
    out = any(post.state == PostState.PUBLISHED for post, _ in rows)
    if not out and all(post.state == PostState.DELETED for post, _ in rows):
        raise Gone("This picture was deleted.")
    mine = keyed or (
        principal is not None
        and (principal.may(Right.MODERATE) or any(post.author_id == principal.actor_id for post, _ in rows))
    )
    if not (out or mine):
        raise Missing("There is no such file.")
    return _file(context, name, IMMUTABLE if out else PRIVATE)


async def _is_portrait(context: Context, name: str) -> bool:
    """The portrait or banner of one of our people."""
    url = context.storage.url(name)
    async with context.database.read() as session:
        query = select(Actor.id).where(col(Actor.local).is_(True), (Actor.icon_url == url) | (Actor.image_url == url))
        return (await session.exec(query.limit(1))).first() is not None


def _file(context: Context, name: str, cache: dict[str, str]) -> Response:
    path = context.storage.path(name)
    if path is None or not path.is_file():
        raise Missing("There is no such file.")
    return FileResponse(path, media_type="image/jpeg", headers=MEDIA_HEADERS | cache)


async def nodeinfo(request: Request) -> Response:
    version = request.path_params["version"]
    if version not in ("2.0", "2.1"):
        raise Missing("There is no such version of NodeInfo.")
    context = _context(request)
    async with context.database.read() as session:
        users = await account_count(session)
        posts = await queries.post_count(session)
        staff = await actor_queries.in_charge(session)
    stopped = [stops.public(stop) for stop in await context.part(stops.StopSwitch).now()]
    door = await context.part(SignUpDoor).now()
    told = actor_documents.nodeinfo(
        context.config, version, users, posts, stopped, signups=door.mode, staff=[one.uri for one in staff]
    )
    body = document.dump(told)
    schema = f"http://nodeinfo.diaspora.software/ns/schema/{version}#"
    return activity_json(body, request=request, media_type=f'application/json; profile="{schema}"; charset=utf-8')


ROUTES = [
    ActivityRoute("/notes/{id}", note, methods=["GET"], needs="signature"),
    ActivityRoute("/@{name}/{id}", note, methods=["GET"], needs="signature", otherwise=False),
    Door("/notes/{id}/progress", progress, methods=["GET"], needs="read:statuses"),
    Door("/notes/{id}/{which:str}", note_collection, methods=["GET"], needs="anyone"),
    Door("/contexts/{id}", conversation, methods=["GET"], needs="anyone"),
    Door("/activities/{id}", activity, methods=["GET"], needs="anyone"),
    Door("/users/{name}/followers_synchronization", followers_synchronization, methods=["GET"], needs="signature"),
    Door("/users/{name}/outbox", outbox, methods=["GET"], needs="anyone"),
    Door("/media/{name:path}", media, methods=["GET"], needs="anyone"),
    Door("/nodeinfo/{version}", nodeinfo, methods=["GET"], needs="anyone"),
]
