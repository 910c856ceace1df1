"""Peer: a remote server on loopback that really signs and really verifies, with signature code of its own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import uvicorn
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support import wire
from tests.support.tls import Authority

AS2 = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS2}#Public"
ACTIVITY_JSON = "application/activity+json"
Document = dict[str, Any]

_serial = count(1)


@cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """The nth RSA-2048 key of this process (making one takes 0.1 s, so tests share them)."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def http_date(moment: datetime | None = None) -> str:
    return format_datetime(moment or datetime.now(UTC), usegmt=True)


def signed(
    method: str,
    url: str,
    body: bytes | None,
    key_id: str,
    key: rsa.RSAPrivateKey,
    *,
    date: datetime | None = None,
    names: Sequence[str] | None = None,
    extra: dict[str, str] | None = None,
    algorithm: str = "rsa-sha256",
) -> dict[str, str]:
    """Headers of a draft-cavage signed request (the draft's §2 and §3), written without a look at the product."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"host": parts.netloc, "date": http_date(date), **(extra or {})}
    if body is not None:
        headers["digest"] = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers["content-type"] = ACTIVITY_JSON
    if names is None:
        names = ["(request-target)", "host", "date", *(["digest"] if body is not None else [])]
    lines = [
        f"(request-target): {method.lower()} {target}" if name == "(request-target)" else f"{name}: {headers[name]}"
        for name in names
    ]
    value = base64.b64encode(key.sign("\n".join(lines).encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    headers["signature"] = f'keyId="{key_id}",algorithm="{algorithm}",headers="{" ".join(names)}",signature="{value}"'
    return headers


@dataclass(frozen=True)
class Arrival:
    """One POST that reached the peer: `problem` is None when its signature holds."""

    path: str
    headers: dict[str, str]
    activity: Document
    problem: str | None
    signer: str | None


@dataclass
class Asked:
    """One request that reached the peer."""

    method: str
    path: str
    headers: dict[str, str]


Answer = tuple[int, dict[str, str], bytes]
Behaviour = Callable[[str, str, dict[str, str], bytes], Any]


@dataclass
class RemoteActor:
    """An actor of a peer. `key_form`: `fragment` (Mastodon), `path` (GoToSocial), `slash` (BookWyrm)."""

    peer: Peer
    name: str
    key: rsa.RSAPrivateKey
    key_form: str = "fragment"
    changes: Document = field(default_factory=dict)

    @property
    def uri(self) -> str:
        return f"{self.peer.origin}/users/{self.name}"

    @property
    def handle(self) -> str:
        return f"@{self.name}@{self.peer.host}"

    @property
    def inbox(self) -> str:
        return f"{self.uri}/inbox"

    @property
    def followers(self) -> str:
        return f"{self.uri}/followers"

    @property
    def key_id(self) -> str:
        return self.uri + {"fragment": "#main-key", "path": "/main-key", "slash": "/#main-key"}[self.key_form]

    def document(self) -> Document:
        return {
            "@context": [AS2, "https://w3id.org/security/v1"],
            "id": self.uri,
            "type": "Person",
            "preferredUsername": self.name,
            "name": self.name.title(),
            "inbox": self.inbox,
            "outbox": f"{self.uri}/outbox",
            "followers": self.followers,
            "endpoints": {"sharedInbox": f"{self.peer.origin}/inbox"},
            "publicKey": {"id": self.key_id, "owner": self.uri, "publicKeyPem": public_pem(self.key)},
            **self.changes,
        }

    def activity(self, kind: str, target: Any, **values: Any) -> Document:
        """An activity of this actor with an id of its own, which the peer serves."""
        uri = values.pop("id", None) or f"{self.peer.origin}/activities/{next(_serial)}"
        made = {"@context": AS2, "id": uri, "type": kind, "actor": self.uri, "object": target, **values}
        self.peer.serve(made)
        return made

    def note(self, content: str, **values: Any) -> Document:
        """A public Note of this actor, which the peer serves."""
        made = {
            "@context": AS2,
            "id": f"{self.peer.origin}/notes/{next(_serial)}",
            "type": "Note",
            "attributedTo": self.uri,
            "content": content,
            "published": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "to": [PUBLIC],
            "cc": [self.followers],
            **values,
        }
        self.peer.serve(made)
        return made

    def create(self, note: Document) -> Document:
        inner = {key: value for key, value in note.items() if key != "@context"}
        return self.activity("Create", inner, to=note["to"], cc=note["cc"], published=note["published"])

    def sign(self, method: str, url: str, body: bytes | None, **options: Any) -> dict[str, str]:
        return signed(method, url, body, options.pop("key_id", self.key_id), options.pop("key", self.key), **options)

    async def deliver(self, inbox: str, activity: Document | bytes, **options: Any) -> httpx.Response:
        """Sign and POST one activity; `options` as of `signed`, plus `headers` that replace signed ones afterwards."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        replaced = options.pop("headers", {})
        headers = {**self.sign("POST", inbox, body, **options), **replaced}
        return await self.peer.client.post(inbox, content=body, headers=headers)

    async def get(self, url: str, **options: Any) -> httpx.Response:
        """A signed GET that asks for ActivityPub."""
        headers = {**self.sign("GET", url, None, **options), "accept": ACTIVITY_JSON}
        return await self.peer.client.get(url, headers=headers)


class Peer:
    """A remote server with actors, notes and an inbox that records what reached it with the result of its checks.

    `origin` is its address. `behaviours[path]` answers instead of the peer (a status, an exception, a delay).
    """

    def __init__(self, origin: str, client: httpx.AsyncClient) -> None:
        self.origin = origin
        self.client = client
        self.actors: dict[str, RemoteActor] = {}
        self.documents: dict[str, bytes] = {}
        self.arrivals: list[Arrival] = []
        self.asked: list[Asked] = []
        self.behaviours: dict[str, Behaviour] = {}
        self._changed = asyncio.Condition()
        self._keys: dict[str, tuple[str, Any]] = {}

    @property
    def host(self) -> str:
        return self.origin.partition("://")[2]

    def actor(self, name: str = "bob", *, key: int = 0, key_form: str = "fragment", **changes: Any) -> RemoteActor:
        """Add an actor; `changes` replace members of its document."""
        made = self.actors[name] = RemoteActor(self, name, rsa_key(key), key_form, changes)
        return made

    def serve(self, document: Document) -> None:
        """Answer GETs of the document's id with it (ids of other servers are ignored)."""
        if document["id"].startswith(f"{self.origin}/"):
            self.documents[document["id"].removeprefix(self.origin)] = json.dumps(document).encode()

    def activities(self, kind: str) -> list[Document]:
        """What arrived with a signature that holds, by type, oldest first."""
        return [one.activity for one in self.arrivals if one.problem is None and one.activity.get("type") == kind]

    async def arrival(self, kind: str, number: int = 1, seconds: float = 60.0) -> Document:
        """Wait for the nth verified activity of a type."""
        async with self._changed:
            try:
                async with asyncio.timeout(seconds):
                    await self._changed.wait_for(lambda: len(self.activities(kind)) >= number)
            except TimeoutError:
                seen = [(one.activity.get("type"), one.problem) for one in self.arrivals]
                raise AssertionError(f"no {kind} number {number} within {seconds} s; arrived: {seen}") from None
        return self.activities(kind)[number - 1]

    async def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        path = target.partition("?")[0]
        self.asked.append(Asked(method, target, headers))
        if path in self.behaviours:
            answer: Answer | None = await self.behaviours[path](method, target, headers, body)
            if answer is not None:
                return answer
        if method == "POST":
            return await self._arrived(target, headers, body)
        return self._document(target)

    def _document(self, target: str) -> Answer:
        path, _, query = target.partition("?")
        if path == "/.well-known/webfinger":
            resource = parse_qs(query).get("resource", [""])[0]
            for actor in self.actors.values():
                if resource in (f"acct:{actor.name}@{self.host}", actor.uri):
                    link = {"rel": "self", "type": ACTIVITY_JSON, "href": actor.uri}
                    jrd = {"subject": f"acct:{actor.name}@{self.host}", "aliases": [actor.uri], "links": [link]}
                    return 200, {"content-type": "application/jrd+json"}, json.dumps(jrd).encode()
            return 404, {}, b""
        for actor in self.actors.values():
            stub = actor.key_form == "path" and path == f"/users/{actor.name}/main-key"
            if path.rstrip("/") == f"/users/{actor.name}" or stub:
                return 200, {"content-type": ACTIVITY_JSON}, json.dumps(actor.document()).encode()
        if path in self.documents:
            return 200, {"content-type": ACTIVITY_JSON}, self.documents[path]
        return 404, {}, b""

    async def _arrived(self, target: str, headers: dict[str, str], body: bytes) -> Answer:
        problem, signer = await self.check("POST", target, headers, body)
        try:
            activity = json.loads(body)
        except ValueError:
            activity, problem = {}, "not JSON"
        async with self._changed:
            self.arrivals.append(Arrival(target, headers, activity, problem, signer))
            self._changed.notify_all()
        return (202 if problem is None else 401), {}, b""

    async def check(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[str | None, str | None]:
        """(what is wrong with the signature or None, the signing actor)."""
        parameters = dict(re.findall(r'(\w+)="([^"]*)"', headers.get("signature", "")))
        if not {"keyId", "headers", "signature"} <= parameters.keys():
            return "unsigned", None
        names = parameters["headers"].split()
        wanted = {"(request-target)", "host", "date", *({"digest"} if method == "POST" else ())}
        if missing := wanted - set(names):
            return f"not covered: {sorted(missing)}", None
        if headers["host"] != self.host:
            return f"host is {headers['host']}", None
        if abs(datetime.now(UTC) - parsedate_to_datetime(headers["date"])) > timedelta(minutes=5):
            return "too old", None
        if method == "POST":
            digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
            if headers["digest"] != digest:
                return "wrong digest", None
        lines = [
            f"{name}: " + (f"{method.lower()} {target}" if name == "(request-target)" else headers[name])
            for name in names
        ]
        value = base64.b64decode(parameters["signature"])
        try:
            owner, public = await self._key(parameters["keyId"])
        except (LookupError, httpx.TransportError) as error:
            return f"no key: {error!r}", None
        try:
            public.verify(value, "\n".join(lines).encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return "wrong signature", owner
        return None, owner

    async def _key(self, key_id: str) -> tuple[str, Any]:
        """(owner, public key), asked for once and kept, as every server does."""
        if key_id not in self._keys:
            found = await self.client.get(key_id.partition("#")[0], headers={"accept": ACTIVITY_JSON})
            if found.status_code != 200:
                raise LookupError(f"status {found.status_code}")
            document = found.json()
            key = document.get("publicKey") or {}
            if key.get("id") != key_id or key.get("owner") != document.get("id"):
                raise LookupError("the key is not the actor's")
            self._keys[key_id] = (key["owner"], serialization.load_pem_public_key(key["publicKeyPem"].encode()))
        return self._keys[key_id]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """The ASGI application of the peer."""
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        target = scope["raw_path"].decode() + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
        status, answered, content = await self.answer(scope["method"], target, headers, body)
        pairs = [(name.encode(), value.encode()) for name, value in answered.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})


@asynccontextmanager
async def listening(app: Any, *, certificate: tuple[Any, Any] | None = None, port: int = 0) -> AsyncIterator[int]:
    """Serve an ASGI application on a port of loopback (0: a free one), in this event loop; yields the port."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_config=None,
        lifespan="off",
        ssl_certfile=certificate and str(certificate[0]),
        ssl_keyfile=certificate and str(certificate[1]),
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    # Its main loop only renews the Date header and waits for signals, which is not wanted here.
    await server.startup()
    try:
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        await server.shutdown()


@asynccontextmanager
async def peer(host: str = "127.0.0.1", authority: Authority | None = None) -> AsyncIterator[Peer]:
    """A running Peer: plain http on 127.0.0.1, or https under a name such as good.test with an authority."""
    async with wire.client(authority) as client:
        made = Peer("", client)
        async with listening(made, certificate=authority.certificate(host) if authority else None) as port:
            made.origin = f"{'https' if authority else 'http'}://{host}:{port}"
            yield made
