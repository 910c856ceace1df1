"""Keys for proofs on documents (FEP-521a): asked for at the actor's home, remembered as long as those of requests."""

from __future__ import annotations

from cachetools import TTLCache

from actors.remote import RemoteActors
from fediverse_ai.activitypub import proofs
from fediverse_ai.activitypub.authority import Admitted
from fediverse_ai.activitypub.keys import PublicKey
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.http import Budget


class ProofKeys:
    """Assertion keys by their ids; what is remembered goes when the actor's document is read anew."""

    def __init__(self, context: Context) -> None:
        self._context = context
        timer = context.clock.monotonic
        self._known: TTLCache[str, dict[str, PublicKey]] = TTLCache(
            limits.KNOWN_PROOF_ACTORS, limits.KNOWN_KEY_SECONDS, timer=timer
        )
        self._asked: TTLCache[str, bool] = TTLCache(limits.KNOWN_PROOF_ACTORS, limits.KEY_COOLDOWN_SECONDS, timer=timer)

    def remembered(self, actor_uri: str, key_id: str) -> PublicKey | None:
        """The key, if it is known without asking."""
        return self._known.get(actor_uri, {}).get(key_id)

    async def ask(self, actor_uri: str, budget: Budget) -> Admitted | None:
        """The actor's document from its home; None when it was asked a moment ago. Raises what fetching raises."""
        if actor_uri in self._asked:
            return None
        self._asked[actor_uri] = True
        admitted = await self._context.part(RemoteActors).fetcher.document(actor_uri, budget=budget)
        return admitted if admitted.id == actor_uri else None

    async def remember(self, admitted: Admitted, budget: Budget) -> None:
        """Keep an actor with its keys, once one of them has proved something."""
        await self._context.part(RemoteActors).take(admitted, budget)
        self._known[admitted.id] = proofs.assertion_keys(admitted.document)

    def forget(self, actor_uri: str) -> None:
        """Listens for changed keys: an actor whose document was read anew is asked again when it matters."""
        self._known.pop(actor_uri, None)
