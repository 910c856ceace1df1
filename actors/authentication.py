"""Who signed this request? Keys from memory, from the database, from their home; in this order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cachetools import TTLCache
from starlette.requests import Request

from actors import queries
from actors.models import Actor
from actors.policy import DomainRules
from actors.remote import RemoteActors
from actors.skew import ClockWatch
from fediverse_ai.activitypub import document, keys, message_signatures, signatures, vocabulary
from fediverse_ai.activitypub.authority import Admitted
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden, Malformed, Nonsense, Unauthenticated, Unavailable, Unreachable, Vanished
from fediverse_ai.core.gate import Gate, processors
from fediverse_ai.core.http import Budget

RawHeaders = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose key signed the request."""

    actor_id: int
    actor_uri: str
    key_uri: str


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature covers: the raw path and query as they came, `body` the exact bytes or None."""

    method: str
    path: bytes
    query: bytes
    headers: RawHeaders
    body: bytes | None


AnySignature = signatures.Signature | message_signatures.MessageSignature


def _read(request: SignedRequest) -> AnySignature:
    """The one signature of a request; where RFC 9421 is spoken, a draft-cavage signature beside it does not count."""
    if message_signatures.is_used(request.headers):
        return message_signatures.parse(request.headers)
    return signatures.parse(request.headers)


def signed_request(request: Request, body: bytes | None) -> SignedRequest:
    """The parts of a request that a signature may cover, as raw as the server got them."""
    scope = request.scope
    raw_path: bytes = scope.get("raw_path") or request.url.path.encode()
    return SignedRequest(request.method, raw_path, scope.get("query_string", b""), request.headers.raw, body)


@dataclass(frozen=True, slots=True)
class _Known:
    sender: Sender
    public: keys.PublicKey


class Authenticator:
    """Verifies signed requests; refetches a key once after a failure, and not more often than the cool-down."""

    def __init__(self, context: Context) -> None:
        self.context = context
        timer = context.clock.monotonic
        self._known: TTLCache[str, _Known] = TTLCache(limits.KNOWN_KEYS, limits.KNOWN_KEY_SECONDS, timer=timer)
        self._asked: TTLCache[str, bool] = TTLCache(limits.KNOWN_KEYS, limits.KEY_COOLDOWN_SECONDS, timer=timer)
        checks, seconds = limits.CHECKS_PER_PROCESSOR * processors(), limits.CHECKS_WAIT_SECONDS
        self._checks = Gate("signatures", checks, limits.CHECKS_WAITING_PER_PROCESSOR * processors(), seconds)
        self._fetches = Gate("keys", limits.KEY_FETCHES_AT_ONCE, limits.KEY_FETCHES_AT_ONCE, limits.KEY_SECONDS)
        self._watch = ClockWatch(context.clock)
        self._host_asked: TTLCache[str, int] = TTLCache(limits.KNOWN_KEYS, 60, timer=timer)

    async def authenticate(self, request: SignedRequest) -> Sender:
        """The verified sender. Raises Unauthenticated, Forbidden, Unavailable; Vanished when the key is gone (410)."""
        async with self._checks:
            sender = await self._authenticated(request)
        # Whoever was suspended since their key was remembered, here or by another process, is refused as well (D18).
        await self.context.part(DomainRules).require_welcome(sender.actor_uri)
        return sender

    async def _authenticated(self, request: SignedRequest) -> Sender:
        signature = _read(request)
        key_uri = self._check_key_uri(signature.key_id)
        await self.context.part(DomainRules).require_welcome(key_uri)
        known = self._known.get(key_uri) or await self._stored(key_uri)
        if known is not None:
            try:
                self._verify(signature, request, known)
            except Unauthenticated:
                if not self._may_ask(key_uri):
                    raise
            else:
                return known.sender
        elif key_uri in self._asked:
            raise Unauthenticated("The key of this signature could not be fetched.", f"cool-down for {key_uri}")
        elif not self._may_ask(key_uri):
            # Many new people of one big server are no forgery: their server is asked to come back.
            raise Unavailable("Too many new keys of your server at once.", key_uri, retry_after=60)
        fetched = await self._fetched(key_uri)
        self._verify(signature, request, fetched)
        return fetched.sender

    def check(self, request: SignedRequest, public: keys.PublicKey) -> None:
        """Hold a request against a key that is at hand, as the inbox would. Raises Unauthenticated, Malformed."""
        self._compare(_read(request), request, public)

    def forget(self, key_uri: str) -> None:
        self._known.pop(key_uri, None)

    async def confirm_gone(self, actor_uri: str) -> None:
        """Ask for the actor itself; raises Vanished when its home says so, with `gone` for 410."""
        budget = Budget(fetches=1, seconds=limits.KEY_SECONDS, clock=self.context.clock)
        await self.context.part(RemoteActors).fetcher.document(actor_uri, budget=budget)

    def _check_key_uri(self, key_uri: str) -> str:
        try:
            urls.check_id(key_uri)
        except Malformed as error:
            raise Unauthenticated("The keyId of this signature is not usable.", error.detail) from error
        if urls.same_origin(key_uri, self.context.config.public_url):
            # Our own actors never deliver to us over the network (SIG-19, SIG-20).
            raise Unauthenticated("The keyId of this signature is not usable.", "keyId on our own host")
        return key_uri

    def _verify(self, signature: AnySignature, request: SignedRequest, known: _Known) -> None:
        try:
            self._compare(signature, request, known.public)
        except signatures.Untimely as error:
            self._watch.refused(urls.origin(known.sender.actor_uri), error.ahead_seconds)
            raise

    def _compare(self, signature: AnySignature, request: SignedRequest, public: keys.PublicKey) -> None:
        config, now = self.context.config, self.context.clock.now()
        if isinstance(signature, message_signatures.MessageSignature):
            target = request.path.decode("latin-1") + (f"?{request.query.decode('latin-1')}" if request.query else "")
            message_signatures.verify(
                signature,
                method=request.method,
                url=config.public_url + target,
                headers=request.headers,
                body=request.body,
                public_key=public,
                now=now,
            )
            return
        signatures.verify(
            signature,
            method=request.method,
            targets=signatures.request_targets(request.path, request.query),
            headers=request.headers,
            host=config.host,
            body=request.body,
            public_key=public,
            now=now,
        )

    def _may_ask(self, key_uri: str) -> bool:
        """One fetch per key per cool-down and a few per host per minute: junk cannot drive our fetches (SIG-17)."""
        host = urls.origin(key_uri)
        asked = self._host_asked.get(host, 0)
        if key_uri in self._asked or asked >= limits.KEY_FETCHES_PER_HOST_PER_MINUTE:
            return False
        self._asked[key_uri] = True
        self._host_asked[host] = asked + 1
        return True

    async def _stored(self, key_uri: str) -> _Known | None:
        async with self.context.database.read() as session:
            found = await queries.key_by_uri(session, key_uri)
        if found is None:
            return None
        key, actor = found
        return self._remember(key_uri, key.public_pem, actor)

    def _remember(self, key_uri: str, pem: str, actor: Actor) -> _Known:
        if actor.suspended_ms is not None:
            raise Forbidden("This actor is suspended here.", actor.uri)
        known = _Known(Sender(actor.id, actor.uri, key_uri), keys.load_public_key(pem))
        self._known[key_uri] = known
        return known

    async def _fetched(self, key_uri: str) -> _Known:
        try:
            async with self._fetches:
                return await self._ask(key_uri)
        except Unavailable:
            # The key was not refused, only not reached: an honest sender comes back and may try at once.
            self._asked.pop(key_uri, None)
            raise

    async def _ask(self, key_uri: str) -> _Known:
        """Ask the key's home: an actor that lists the key, or a key document whose owner lists it (SIG-06, SIG-07)."""
        budget = Budget(fetches=limits.KEY_FETCHES, seconds=limits.KEY_SECONDS, clock=self.context.clock)
        remote = self.context.part(RemoteActors)
        try:
            admitted = await remote.fetcher.document(key_uri.partition("#")[0], budget=budget)
            if admitted.type in vocabulary.ACTOR_TYPES:
                await remote.take(admitted, budget)
            else:
                await remote.fetch(self._owner(key_uri, admitted), budget)
        except Unreachable as error:
            raise Unavailable("Your key could not be fetched now.", error.detail, retry_after=60) from error
        except Nonsense as error:
            raise Unauthenticated("The key of this signature could not be used.", error.detail) from error
        except Vanished as error:
            if error.gone:
                raise
            raise Unauthenticated("The key of this signature does not exist.", error.detail) from error
        self._known.pop(key_uri, None)
        stored = await self._stored(key_uri)
        if stored is None:
            raise Unauthenticated("The key's owner does not list it.", key_uri)
        return stored

    def _owner(self, key_uri: str, admitted: Admitted) -> str:
        owner = document.id_of(admitted.document.get("owner")) or document.id_of(admitted.document.get("controller"))
        if owner is None or not urls.same_origin(owner, key_uri):
            raise Nonsense("The key has no owner on its own host.", key_uri)
        return owner
