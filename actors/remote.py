"""Fetch and refresh others' actors and keys: single flight, cool-downs, handles proven both ways."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cachetools import TTLCache
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import emoji, queries
from actors.models import Actor, Key
from actors.policy import DomainRules, load_rules
from fediverse_ai.activitypub import document, proofs, vocabulary, webfinger
from fediverse_ai.activitypub import keys as activity_keys
from fediverse_ai.activitypub.authority import Admitted
from fediverse_ai.activitypub.fetch import Fetcher
from fediverse_ai.core import html, limits, urls
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import (
    Elsewhere,
    FediverseError,
    Forbidden,
    Missing,
    Nonsense,
    Unauthenticated,
    Unreachable,
)
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import get
from fediverse_ai.core.texts import _

log = get(__name__)


class ChangedKeys:
    """Tells whoever remembers keys that one is no longer what it was."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[str], None]] = []

    def tell(self, uri: str) -> None:
        for listener in self.listeners:
            listener(uri)


class Successions:
    """Tells that an id now stands for somebody else: whoever keeps relations with the one before ends them (AUT-26)."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[AsyncSession, Actor], Awaitable[None]]] = []

    async def tell(self, session: AsyncSession, actor: Actor) -> None:
        for listener in self.listeners:
            await listener(session, actor)


class RemoteActors:
    """Brings others' actors here; one flight per URI, and a pause after a failure."""

    def __init__(self, context: Context, fetcher: Fetcher) -> None:
        self.context = context
        self.fetcher = fetcher
        self._flights: dict[str, asyncio.Task[int]] = {}
        self._failed: TTLCache[str, str] = TTLCache(
            limits.FAILED_ACTORS, limits.FAILED_ACTOR_SECONDS, timer=context.clock.monotonic
        )

    async def fetch(self, uri: str, budget: Budget) -> int:
        """The row id of the actor `uri`, fetched now. Raises Elsewhere, Forbidden for a suspended host."""
        uri = uri.partition("#")[0]
        if urls.same_origin(uri, self.context.config.public_url):
            raise Nonsense("That actor lives here.", f"not fetching our own {uri}")
        if uri in self._failed:
            raise Nonsense("That actor could not be fetched a moment ago.", self._failed[uri])
        flight = self._flights.get(uri)
        if flight is None:
            flight = asyncio.create_task(self._fetch(uri, budget))
            self._flights[uri] = flight
            flight.add_done_callback(lambda _: self._flights.pop(uri, None))
        return await asyncio.shield(flight)

    async def _fetch(self, uri: str, budget: Budget) -> int:
        await self.context.part(DomainRules).require_welcome(uri)
        try:
            return await self.take(await self.fetcher.document(uri, budget=budget), budget)
        except Nonsense as error:
            self._failed[uri] = error.detail
            raise

    async def take(self, admitted: Admitted, budget: Budget) -> int:
        """Keep an actor document that was fetched from its own id; the row's id."""
        facts = read_actor(admitted)
        host = await self._handle_host(admitted, facts, budget)
        async with self.context.database.write() as session:
            actor = await store(session, facts, host)
            return actor.id

    async def _handle_host(self, admitted: Admitted, facts: dict[str, Any], budget: Budget) -> str:
        """The host of the handle: the actor's own, unless another domain vouches for it both ways (AUT-24).

        What was proven before is asked for anew, and kept while that domain does not answer.
        """
        own = urls.origin(admitted.id).partition("://")[2]
        async with self.context.database.read() as session:
            known = await queries.by_uri(session, admitted.id)
        before = known.host if known is not None else own
        claim = document.string(admitted.document, "webfinger", 512)
        if claim is None and before != own:
            claim = f"{facts['username']}@{before}"
        if claim is None:
            return own
        try:
            claimed = webfinger.parse_handle(claim)
            ours = claimed.host in self.context.config.own_hosts
            if ours or claimed.host == own or claimed.username.lower() != facts["username_lower"]:
                return own
            found = await finger(self.context, claimed, budget)
        except FediverseError as error:
            log.info("handle_not_proven", actor=admitted.id, claim=claim, detail=error.detail)
            return before if isinstance(error, Unreachable) and before == claimed.host else own
        return claimed.host if found.actor_uri == admitted.id and found.subject.host == claimed.host else own

    async def agree(self, actor_id: int, subject: webfinger.Handle, budget: Budget) -> None:
        """Take the name by which a domain knows an actor, where the actor's own server calls it the same.

        For servers that do not say it in their documents (FEP-2c59 is young); Mastodon finds it out in the same way.
        """
        async with self.context.database.read() as session:
            actor = await queries.by_id(session, actor_id)
        own = urls.origin(actor.uri).partition("://")[2] if actor is not None else ""
        if actor is None or actor.local or actor.host != own or subject.host in (own, *self.context.config.own_hosts):
            return
        try:
            said = await finger(self.context, webfinger.Handle(actor.username, own), budget)
        except FediverseError as error:
            log.info("handle_not_proven", actor=actor.uri, claim=str(subject), detail=error.detail)
            return
        same = said.subject.host == subject.host and said.subject.username.lower() == actor.username_lower
        if not same or said.actor_uri != actor.uri:
            return
        async with self.context.database.write() as session:
            fresh = await queries.by_id(session, actor_id)
            if fresh is not None and await queries.by_handle(session, fresh.username, subject.host) is None:
                fresh.host = subject.host
                session.add(fresh)


async def finger(context: Context, handle: webfinger.Handle, budget: Budget) -> webfinger.Finger:
    """Ask another server for a name; over http only where this server itself is on http, in development.

    Raises Elsewhere, Forbidden for a suspended host.
    """
    scheme = context.config.public_url.partition("://")[0]
    if (await context.part(DomainRules).over(handle.host)).suspended:
        raise Forbidden("This server does not talk with that one.", f"domain rule for {handle.host}")
    return await webfinger.finger(context.http, handle.username, handle.host, budget, scheme=scheme)


def read_actor(admitted: Admitted) -> dict[str, Any]:
    """The columns of an actor document; endpoints on another origin are dropped (AUT-14, AUT-22)."""
    body = admitted.document
    if admitted.type not in vocabulary.ACTOR_TYPES:
        raise Nonsense("That is not an actor.", f"{admitted.id} is a {admitted.type}")

    def own(name: str, holder: Any = body) -> str | None:
        value = document.id_of(holder.get(name)) if isinstance(holder, dict) else None
        return value if value and urls.same_origin(value, admitted.id) else None

    inbox = own("inbox")
    username = document.string(body, "preferredUsername", 128) or ""
    if inbox is None:
        raise Nonsense("That actor has no inbox.", admitted.id)
    page = document.id_of(body.get("url"))
    return {
        "uri": admitted.id,
        "kind": admitted.type,
        "username": username,
        "username_lower": username.lower(),
        "name": html.text_of(document.string(body, "name", 10_000) or username or admitted.id)[: limits.NAME_CHARS],
        "summary": html.clean(document.string(body, "summary", limits.BIO_CHARS) or ""),
        "url": page if page and page.startswith(("https://", "http://")) else admitted.id,
        "inbox_url": inbox,
        "shared_inbox_url": own("sharedInbox", body.get("endpoints")) or own("sharedInbox"),
        "outbox_url": own("outbox"),
        "followers_uri": own("followers"),
        "following_uri": own("following"),
        "featured_uri": own("featured"),
        "icon_url": _picture(body.get("icon")),
        "image_url": _picture(body.get("image")),
        "manually_approves": body.get("manuallyApprovesFollowers") is True,
        "discoverable": body.get("discoverable") is True,
        # Mastodon's word (FEP-5feb), or that of FEP-268d.
        "indexable": body.get("indexable") is True or vocabulary.PUBLIC in document.audience(body, "searchableBy"),
        "moved_to_uri": document.id_of(body.get("movedTo")),
        "also_known_as": [
            uri for value in document.as_list(body.get("alsoKnownAs"), limit=20) if (uri := document.id_of(value))
        ],
        "published_ms": document.timestamp_ms(body, "published") or 0,
        "keys": _keys(admitted),
        "emojis": emoji.read(body),
    }


def _picture(value: Any) -> str | None:
    first = next(iter(document.as_list(value, limit=4)), None)
    url = document.id_of(first.get("url") or first.get("href")) if isinstance(first, dict) else None
    return url if url and url.startswith(("https://", "http://")) else None


def _keys(admitted: Admitted) -> dict[str, str]:
    """keyId -> PEM of the keys that name this actor as their owner and lie on its origin.

    Those of `assertionMethod` sign requests too (FEP-521a): some peers have no others, and some keep there what they
    replaced a moment ago.
    """
    found = {uri: activity_keys.public_pem(key) for uri, key in proofs.assertion_keys(admitted.document).items()}
    for value in document.as_list(admitted.document.get("publicKey"), limit=4):
        if not isinstance(value, dict):
            continue
        uri, owner = (
            document.id_of(value),
            document.id_of(value.get("owner")) or document.id_of(value.get("controller")),
        )
        pem = document.string(value, "publicKeyPem", limits.PEM_CHARS)
        if uri and pem and owner == admitted.id and urls.same_origin(uri, admitted.id):
            found[uri] = pem
    return found


async def store(session: AsyncSession, facts: dict[str, Any], host: str, *, vouched: bool = False) -> Actor:
    """Insert or refresh the row of a remote actor with its keys. Local rows are out of reach (AUT-09, AUT-10).

    `vouched`: a key that we knew signed these facts, so that they are of the same person whatever changed.
    """
    context = context_of(session)
    values = {name: value for name, value in facts.items() if name != "keys"}
    actor = await queries.by_uri(session, facts["uri"])
    actor_id = context.ids.new() if actor is None else actor.id
    values["username"] = await _free_name(session, facts, host, actor_id)
    values["username_lower"] = values["username"].lower()
    ruling = (await load_rules(session)).over_actor(host, facts["uri"])
    succeeds = actor is not None and not vouched and await _is_somebody_else(session, actor, facts)
    values["emojis"] = await emoji.keep(session, facts["uri"], facts["emojis"])
    values["severity"], values["reject_media"] = ruling.severity, ruling.reject_media
    if actor is None:
        actor = Actor(id=actor_id, local=False, host=host, **values)
        session.add(actor)
    elif actor.local:
        raise Nonsense("That actor lives here.", facts["uri"])
    else:
        for name, value in values.items():
            setattr(actor, name, value)
        actor.host = host
        session.add(actor)
    actor.fetched_ms = actor.checked_ms = context.clock.now_ms()
    actor.missing_since_ms = None
    await session.flush()
    await _store_keys(session, actor, facts["keys"])
    if succeeds:
        log.warning("actor_replaced", actor=actor.uri)
        await context.part(Successions).tell(session, actor)
    # Keys for proofs are no rows: whoever remembers those of this actor asks again.
    context.part(ChangedKeys).tell(actor.uri)
    return actor


async def _is_somebody_else(session: AsyncSession, actor: Actor, facts: dict[str, Any]) -> bool:
    """Did the address change hands (AUT-26)? No key is left that we knew, and the account was made later.

    New keys alone are no sign of it, since servers change them; a new owner who claims the old date is not found out.
    """
    known = {key.public_pem.strip() for key in await session.exec(select(Key).where(Key.actor_id == actor.id))}
    left = known & {pem.strip() for pem in facts["keys"].values()}
    return bool(known) and not left and facts["published_ms"] > actor.published_ms > 0


async def _free_name(session: AsyncSession, facts: dict[str, Any], host: str, actor_id: int) -> str:
    """The name in the handle. Who has none, or one that another actor of the host has here, gets one nobody asks for.

    Some actors are not meant to be found by name; and a second actor must not break on, or take over, a known handle.
    """
    name: str = facts["username"]
    known = await queries.by_handle(session, name, host) if name else None
    return name if name and (known is None or known.uri == facts["uri"]) else f"{name}~{actor_id}"


async def _store_keys(session: AsyncSession, actor: Actor, keys: dict[str, str]) -> None:
    context = context_of(session)
    old = {key.uri: key for key in await session.exec(select(Key).where(Key.actor_id == actor.id))}
    gone = set(old) - set(keys)
    if gone:
        await session.exec(delete(Key).where(col(Key.uri).in_(gone)))
    for uri in old:
        if uri in gone or old[uri].public_pem != keys[uri]:
            context.part(ChangedKeys).tell(uri)
    await _settle_claims(session, actor, set(keys) - set(old))
    for uri, pem in keys.items():
        if uri not in old and await queries.key_by_uri(session, uri) is not None:
            log.info("key_of_another", key=uri, actor=actor.uri)
            continue
        try:
            activity_keys.load_public_key(pem)
        except Unauthenticated as error:
            log.info("key_refused", key=uri, detail=error.detail)
            continue
        key = old.get(uri)
        if key is None:
            key = Key(id=context.ids.new(), actor_id=actor.id, uri=uri, public_pem=pem)
        elif key.public_pem != pem:
            log.info("key_changed", key=uri)
            key.public_pem = pem
        key.fetched_ms = context.clock.now_ms()
        session.add(key)
    await session.flush()


async def _settle_claims(session: AsyncSession, actor: Actor, uris: set[str]) -> None:
    """Take key ids that are built on this actor's id from neighbours who list them too.

    Otherwise somebody on the same server could list another's key id first and lock them out (AUT-14).
    """
    query = select(Key, Actor).join(Actor, col(Actor.id) == col(Key.actor_id))
    for key, holder in list(await session.exec(query.where(col(Key.uri).in_(uris), Key.actor_id != actor.id))):
        if _closeness(key.uri, actor.uri) > _closeness(key.uri, holder.uri):
            log.info("key_taken_back", key=key.uri, actor=actor.uri, holder=holder.uri)
            await session.delete(key)
            context_of(session).part(ChangedKeys).tell(key.uri)
    await session.flush()


def _closeness(key_uri: str, actor_uri: str) -> int:
    """How much of a key id is its actor's id: all servers but a few build the one on the other."""
    rest = key_uri.removeprefix(actor_uri)
    return len(actor_uri) if rest != key_uri and rest[:1] in ("#", "/", "?", "&") else 0


async def ensure(context: Context, uri: str, budget: Budget) -> int:
    """The row id of an actor, known or fetched now (no transaction may be open)."""
    async with context.database.read() as session:
        known = await queries.by_uri(session, uri)
    if known is not None:
        return known.id
    return await context.part(RemoteActors).fetch(uri, budget)


async def resolve(context: Context, name_or_uri: str, budget: Budget | None = None) -> int:
    """The row id of `@name@host`, `name@host`, `name` (local) or a URI. Raises Missing when there is none."""
    budget = budget or Budget(clock=context.clock)
    text = name_or_uri.strip()
    if text.startswith(("https://", "http://")):
        return await ensure(context, text, budget)
    if "@" not in text.removeprefix("acct:").lstrip("@"):
        text = f"{text}@{context.config.account_host}"
    handle = webfinger.parse_handle(text)
    async with context.database.read() as session:
        known = await queries.by_handle(session, handle.username, handle.host)
    if known is not None:
        return known.id
    if handle.host in context.config.own_hosts:
        raise Missing(_("There is nobody called %(name)s here.") % {"name": handle.username})
    try:
        found = await finger(context, handle, budget)
        actor_id = await ensure(context, found.actor_uri, budget)
        await context.part(RemoteActors).agree(actor_id, found.subject, budget)
        return actor_id
    except Elsewhere as error:
        raise Missing(_("%(name)s could not be found.") % {"name": text}, error.detail) from error
