"""GET of actors, their followers and following, WebFinger, host-meta and NodeInfo."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import Response

from actors import documents, queries
from actors.models import Account, Actor
from actors.readers import person_of, require_reader
from actors.served import Look, Served, ServedDocuments, answer
from fediverse_ai.activitypub import document, vocabulary, webfinger
from fediverse_ai.activitypub.negotiation import ActivityRoute
from fediverse_ai.core import limits
from fediverse_ai.core.access import Door
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Malformed, Missing
from fediverse_ai.core.responses import activity_json

JRD = f"{vocabulary.JRD_JSON}; charset=utf-8"


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


async def actor(request: Request) -> Response:
    context = _context(request)
    documents_ = context.part(ServedDocuments)
    path: str = request.scope["path"]
    served = documents_.get(path)
    if served is None:
        look = documents_.look()
        async with context.database.read() as session:
            found = await _local(session, request)
        served = _actor_served(documents_, path, look, found)
    return answer(request, served)


def _actor_served(cache: ServedDocuments, path: str, look: Look, found: Actor) -> Served:
    if found.deleted_ms is not None:
        body = document.dump(documents.tombstone(found.uri, found.kind, found.deleted_ms))
        return cache.put(path, look, body, 410)
    return cache.put(path, look, found.document or b"{}")


async def instance(request: Request) -> Response:
    """The instance actor: readable without a signature, always (ARCHITECTURE §11.9)."""
    context = _context(request)
    cache = context.part(ServedDocuments)
    served = cache.get("/actor")
    if served is None:
        look = cache.look()
        async with context.database.read() as session:
            found = await queries.by_uri(session, f"{context.config.public_url}/actor")
        if found is None:
            raise Missing("There is no such actor.")
        served = _actor_served(cache, "/actor", look, found)
    return answer(request, served)


async def instance_outbox(request: Request) -> Response:
    """The server itself publishes nothing; its document names an outbox, so there is one."""
    uri = f"{_context(request).config.public_url}/actor/outbox"
    return activity_json(collection(uri, 0, None), request=request)


async def _local(session: Any, request: Request) -> Actor:
    """The actor whose id this path is; another spelling of the name is another path, and missing."""
    found = await queries.local_by_name(session, request.path_params["name"])
    if found is None or found.username != request.path_params["name"]:
        raise Missing("There is no such actor.")
    return found


def collection(uri: str, total: int, first: str | None) -> bytes:
    body: dict[str, Any] = {
        "@context": vocabulary.AS_CONTEXT,
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": total,
    }
    if first is not None:
        body["first"] = first
    return document.dump(body)


def page(uri: str, page_uri: str, items: list[Any], next_uri: str | None, context: Any = None) -> bytes:
    """One page; the last has no `next`, or crawlers would loop."""
    body: dict[str, Any] = {
        "@context": context or vocabulary.AS_CONTEXT,
        "id": page_uri,
        "type": "OrderedCollectionPage",
        "partOf": uri,
        "orderedItems": items,
    }
    if next_uri is not None:
        body["next"] = next_uri
    return document.dump(body)


def before_of(request: Request) -> int | None:
    """The `before` cursor of a page. Raises Malformed when it is no id."""
    return id_in_query(request, "before")


def id_in_query(request: Request, name: str) -> int | None:
    """A cursor of a page. Raises Malformed when it is no id."""
    value = request.query_params.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) < 2**63):
        raise Malformed("That is not a page of this collection.")
    return int(value)


async def followers(request: Request) -> Response:
    """Who follows: the count for everybody, ids page by page."""
    return await _relations(request, "followers")


async def following(request: Request) -> Response:
    """Who is followed, in the same way."""
    return await _relations(request, "following")


async def _relations(request: Request, which: str) -> Response:
    context = _context(request)
    async with context.database.read() as session:
        owner = await _local(session, request)
        counts = await queries.counts(session, owner.id)
    uri = f"{owner.uri}/{which}"
    if request.query_params.get("page") != "true":
        total = counts.followers if which == "followers" else counts.following
        # Without `first` others show a count, and say that the list is not for them (Mastodon).
        mine = owner.hides_relations and await _is_own(request, owner)
        first = f"{uri}?page=true" if mine or not owner.hides_relations else None
        return activity_json(collection(uri, total, first), request=request, private=mine)
    reader = await require_reader(request, owner)
    if owner.hides_relations and (reader is None or reader.id != owner.id):
        here = f"{uri}?page=true"
        return activity_json(page(uri, here, [], None), request=request, private=reader is not None)
    async with context.database.read() as session:
        before = before_of(request)
        size = limits.COLLECTION_ITEMS
        rows = await queries.relation_page(session, owner.id, which, before, size + 1)
    here = f"{uri}?page=true" + (f"&before={before}" if before is not None else "")
    more = f"{uri}?page=true&before={rows[size - 1][0]}" if len(rows) > size else None
    body = page(uri, here, [item for _, item in rows[:size]], more)
    return activity_json(body, request=request, private=reader is not None)


async def _is_own(request: Request, owner: Actor) -> bool:
    """Does the actor's own person ask, through an app?"""
    reader = await person_of(request)
    return reader is not None and reader.id == owner.id


async def finger(request: Request) -> Response:
    """WebFinger (RFC 7033): acct:, the actor's id and the page of a person; 400 without a resource, 404 for nobody."""
    context = _context(request)
    resource = request.query_params.get("resource")
    if not resource:
        raise Malformed("Ask with ?resource=acct:name@host.")
    async with context.database.read() as session:
        found = await _by_resource(session, context, resource)
    if found is None or found.deleted_ms is not None:
        raise Missing("There is nobody by that name here.")
    subject = webfinger.Handle(found.username, found.host)
    pages = context.config.public_url if found.kind != "Application" else None
    body = webfinger.jrd(
        subject=subject,
        actor_uri=found.uri,
        profile_url=found.page_url,
        avatar=(found.icon_url, "image/jpeg") if found.icon_url else None,
        pages=pages,
        server=found.kind == "Application",
    )
    response = activity_json(document.dump(body), request=request, media_type=JRD)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


async def _by_resource(session: Any, context: Context, resource: str) -> Actor | None:
    base = context.config.public_url
    if resource.startswith(("https://", "http://")):
        if resource.rstrip("/") == base:
            return await queries.by_uri(session, f"{base}/actor")
        if resource.startswith(f"{base}/@"):
            return await queries.local_by_name(session, resource.removeprefix(f"{base}/@"))
        found = await queries.by_uri(session, resource)
        return found if found is not None and found.local else None
    handle = webfinger.parse_handle(resource)
    return await queries.by_handle(session, handle.username) if handle.host in context.config.own_hosts else None


async def host_meta(request: Request) -> Response:
    body = webfinger.host_meta_xml(_context(request).config.public_url)
    return Response(body, media_type=f"{vocabulary.XRD_XML}; charset=utf-8")


async def host_meta_json(request: Request) -> Response:
    body = document.dump(webfinger.host_meta_json(_context(request).config.public_url))
    return activity_json(body, request=request, media_type=JRD)


async def nodeinfo_links(request: Request) -> Response:
    body = document.dump(documents.nodeinfo_links(_context(request).config))
    return activity_json(body, request=request, media_type="application/json; charset=utf-8")


async def namespace(request: Request) -> Response:
    """The JSON-LD context of our own terms, for all but browsers, which get a page."""
    body = document.dump(vocabulary.our_context(_context(request).config.public_url))
    response = activity_json(body, request=request, media_type="application/ld+json; charset=utf-8", max_age=86_400)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


async def account_count(session: Any) -> int:
    query = select(func.count()).select_from(Account).where(col(Account.disabled_ms).is_(None))
    total: int = (await session.exec(query)).one()
    return total


ROUTES = [
    Door("/.well-known/webfinger", finger, methods=["GET"], needs="anyone"),
    ActivityRoute("/users/{name}", actor, methods=["GET"], needs="anyone"),
    ActivityRoute("/@{name}", actor, methods=["GET"], needs="anyone", otherwise=False),
    Door("/actor/outbox", instance_outbox, methods=["GET"], needs="anyone"),
    Door("/actor", instance, methods=["GET"], needs="anyone"),
    Door("/users/{name}/followers", followers, methods=["GET"], needs="anyone"),
    Door("/users/{name}/following", following, methods=["GET"], needs="anyone"),
    Door("/.well-known/host-meta", host_meta, methods=["GET"], needs="anyone"),
    Door("/.well-known/host-meta.json", host_meta_json, methods=["GET"], needs="anyone"),
    Door("/.well-known/nodeinfo", nodeinfo_links, methods=["GET"], needs="anyone"),
    ActivityRoute("/ns", namespace, methods=["GET"], needs="anyone"),
]
