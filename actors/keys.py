"""Key pairs of our actors: made here, sealed at rest, parsed once and kept."""

from __future__ import annotations

import asyncio

from cachetools import LRUCache
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fediverse_ai.core.http import Signer
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor, Key
from fediverse_ai.activitypub import keys as activity_keys
from fediverse_ai.activitypub import signatures
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
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, public.decode()


async def make(session: AsyncSession, actor: Actor) -> Key:
    """A new RSA-2048 key for a local actor, its private part sealed under the server's secret."""
    context = context_of(session)
    private, public = await asyncio.to_thread(_generate)
    key = Key(
        id=context.ids.new(),
        actor_id=actor.id,
        uri=f"{actor.uri}#main-key",
        public_pem=public,
        private_sealed=context.part(KeyRing).box.seal(private),
        fetched_ms=context.clock.now_ms(),
    )
    session.add(key)
    return key


def signer(key_id: str, private: PrivateKey, clock: Clock) -> Signer:
    """Headers that sign one request with draft-cavage; made anew at every attempt and redirect (federation.md §2.1)."""

    def sign(method: str, url: str, body: bytes | None) -> dict[str, str]:
        return signatures.sign(method, url, body, key_id=key_id, private_key=private, date=clock.now())

    return sign


async def signer_of(session: AsyncSession, actor_id: int) -> Signer:
    context = context_of(session)
    key = await queries.key_of(session, actor_id)
    if key is None:
        raise LookupError(f"actor {actor_id} has no key")
    return signer(key.uri, context.part(KeyRing).private(key), context.clock)


class InstanceSigner:
    """Signs every GET of ours as the instance actor, which anybody may read unsigned (ARCHITECTURE §11.9)."""

    def __init__(self, key_id: str, private: PrivateKey, clock: Clock) -> None:
        self._sign = signer(key_id, private, clock)

    def __call__(self, method: str, url: str, body: bytes | None) -> dict[str, str]:
        return dict(self._sign(method, url, body))


async def instance_signer(context: Context, actor_id: int) -> InstanceSigner:
    async with context.database.read() as session:
        key = await queries.key_of(session, actor_id)
    if key is None:
        raise LookupError("the instance actor has no key")
    return InstanceSigner(key.uri, context.part(KeyRing).private(key), context.clock)
