"""Key pairs of our actors: made here, sealed at rest, parsed once and kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum

from cachetools import LRUCache
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor, Key
from fediverse_ai.activitypub import challenges, message_signatures, signatures
from fediverse_ai.activitypub import keys as activity_keys
from fediverse_ai.activitypub.message_signatures import Challenge
from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.secrets import SecretBox

PrivateKey = rsa.RSAPrivateKey


class KeyRing:
    """Parsed private keys by keyId: parsing a PEM costs 45 ms when validated, signing 0.4 ms."""

    def __init__(self, box: SecretBox) -> None:
        self.box = box
        self._parsed: LRUCache[str, PrivateKey] = LRUCache(maxsize=limits.PARSED_KEYS)

    def private(self, key: Key) -> PrivateKey:
        parsed = self._parsed.get(key.uri)
        if parsed is None:
            if key.private_sealed is None:
                raise LookupError(f"no private part for {key.uri}")
            loaded = activity_keys.load_private_key(self.box.open(key.private_sealed), trusted=True)
            if not isinstance(loaded, rsa.RSAPrivateKey):
                raise LookupError(f"{key.uri} is no RSA key")
            parsed = loaded
            self._parsed[key.uri] = parsed
        return parsed


def _generate() -> tuple[bytes, str]:
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> tuple[bytes, str]:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, activity_keys.public_pem(key.public_key())


async def make(session: AsyncSession, actor: Actor, *, suffix: str = "") -> list[Key]:
    """New keys of a local actor: RSA-2048 for requests, Ed25519 for proofs (FEP-521a), private parts sealed."""
    pairs = {
        ("rsa", "main-key"): await asyncio.to_thread(_generate),
        ("ed25519", "ed25519-key"): _pem(ed25519.Ed25519PrivateKey.generate()),
    }
    context = context_of(session)
    box = context.part(KeyRing).box
    made = [
        Key(
            id=context.ids.new(),
            actor_id=actor.id,
            uri=f"{actor.uri}#{fragment}{suffix}",
            kind=kind,
            public_pem=public,
            private_sealed=box.seal(private),
            fetched_ms=context.clock.now_ms(),
        )
        for (kind, fragment), (private, public) in pairs.items()
    ]
    session.add_all(made)
    return made


async def rotate(session: AsyncSession, actor: Actor, *, leaked: bool = False) -> Key:
    """New keys for a local actor; the RSA key that was in use, which from now on only signs what tells of the change.

    The old ones stay in `assertionMethod` for ROTATION_SECONDS, for requests and proofs under way, unless `leaked`.

    New keys have new ids: who remembers keys by id asks for an id that it has never seen, but not always for one whose
    signatures fail (GoToSocial does not).
    """
    context = context_of(session)
    old = await queries.keys_of(session, actor.id)
    signing = next(key for key in reversed(old) if key.kind == "rsa")
    for key in old:
        key.retired_ms, key.leaked = context.clock.now_ms(), leaked
        session.add(key)
    await session.flush()
    await make(session, actor, suffix=f"-{context.ids.new()}")
    await session.flush()
    return signing


class Scheme(StrEnum):
    """How a request is signed; which one a peer wants is found out by knocking."""

    CAVAGE = "cavage"
    RFC9421 = "rfc9421"

    @property
    def other(self) -> Scheme:
        return Scheme.RFC9421 if self is Scheme.CAVAGE else Scheme.CAVAGE


@dataclass(frozen=True, slots=True)
class RequestSigner:
    """Signs one request as one actor, anew at every attempt and redirect: windows of peers go down to five minutes."""

    key_id: str
    private: PrivateKey
    clock: Clock
    scheme: Scheme = Scheme.CAVAGE
    covered: tuple[tuple[str, str], ...] = ()
    """Further headers to sign and send, such as Collection-Synchronization (FEP-8fcf)."""
    challenge: Challenge | None = None
    """What the other side wants signed (RFC 9421 §5)."""
    path_only: bool = False
    """Leave the query out of a draft-cavage signature, as Pixelfed and BookWyrm read it."""
    successor: RequestSigner | None = None
    """Signs with the key that replaced this one, for whoever knows only that."""

    def __call__(self, method: str, url: str, body: bytes | None) -> dict[str, str]:
        now = self.clock.now()
        further = dict(self.covered)
        if self.scheme is Scheme.RFC9421:
            signed = message_signatures.sign(
                method, url, body, key_id=self.key_id, private_key=self.private, date=now, challenge=self.challenge
            )
            return signed | further
        signed_url = url.partition("?")[0] if self.path_only else url
        return signatures.sign(
            method, signed_url, body, key_id=self.key_id, private_key=self.private, date=now, covered=further
        )

    def next_knocks(self, url: str) -> list[RequestSigner]:
        """Other ways to sign the same request, for a server that did not take this one."""
        ways = [self.successor] if self.successor is not None else []
        ways.append(self.by(self.scheme.other))
        if "?" in url and not self.path_only:
            ways.insert(0, replace(self.by(Scheme.CAVAGE), path_only=True))
        return ways

    def answering(self, accept_signature: str | None, body: bytes | None) -> RequestSigner | None:
        """The signer that gives what an Accept-Signature header asks for, if this one does not and can."""
        wanted = challenges.read(accept_signature, key_id=self.key_id, body=body is not None)
        if wanted is None or wanted == self.challenge:
            return None
        return replace(self, scheme=Scheme.RFC9421, challenge=wanted, path_only=False)

    def covering(self, name: str, value: str) -> RequestSigner:
        return replace(self, covered=(*self.covered, (name, value)))

    def by(self, scheme: Scheme) -> RequestSigner:
        return replace(self, scheme=scheme, challenge=None)

    def like(self, other: RequestSigner) -> RequestSigner:
        """This key, in the scheme and form of another."""
        return replace(self, scheme=other.scheme, path_only=other.path_only)


async def signer_of(session: AsyncSession, actor_id: int, key_uri: str | None = None) -> RequestSigner:
    """Signs as this actor: with its key in use, or with an older one while that is kept, followed by the one in use."""
    context = context_of(session)
    key = await queries.key_of(session, actor_id)
    if key is None:
        raise LookupError(f"actor {actor_id} has no key")
    ring = context.part(KeyRing)
    signer = RequestSigner(key.uri, ring.private(key), context.clock)
    if key_uri in (None, key.uri):
        return signer
    older = (await session.exec(select(Key).where(Key.uri == key_uri, Key.actor_id == actor_id))).first()
    if older is None:
        return signer
    return RequestSigner(older.uri, ring.private(older), context.clock, successor=signer)


class InstanceSigner:
    """Signs every GET of ours as the instance actor, which anybody may read unsigned (ARCHITECTURE).

    The key is read anew every few seconds: it may be replaced at the command line, beside this process.
    """

    def __init__(self, context: Context, actor_id: int) -> None:
        self._context = context
        self._actor_id = actor_id
        self._signer: RequestSigner | None = None
        self._read = 0.0

    async def __call__(self) -> RequestSigner:
        now = self._context.clock.monotonic()
        if self._signer is None or now - self._read > limits.OWN_KEY_SECONDS:
            async with self._context.database.read() as session:
                self._signer = await signer_of(session, self._actor_id)
            self._read = now
        return self._signer
