"""Forwarded activities: one server carries what an actor of another said; believed by proof, or by asking its home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy
from actors import queries as actor_queries
from actors.proof_keys import ProofKeys
from actors.remote import RemoteActors, ensure
from fediverse_ai.activitypub import document, proofs, vocabulary
from fediverse_ai.activitypub.authority import Admitted, admit_restated, admit_signed
from fediverse_ai.activitypub.keys import PublicKey
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import FediverseError, Nonsense, NoRoom, Unauthenticated, Vanished
from fediverse_ai.core.http import Budget
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.log import get
from inbox import groups, tombstones
from inbox.handlers.delete import bury_actor
from inbox.models import Received
from outbox.models import Post, PostState
from outbox.publish import bury
from outbox.queries import by_uri

log = get(__name__)

Json = dict[str, Any]

# What its home is asked about; of anything else without a proof nothing can be known.
ASKED = frozenset({"Create", "Update", "Announce", "Like"})
BRINGS_OBJECT = frozenset({"Create", "Update"})


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of carried words: the activity as it may be believed, or that it was done here already."""

    admitted: Admitted | None = None
    done: bool = False


async def believed(
    context: Context, activity: Json, body: bytes, actor_uri: str, carrier_uri: str
) -> tuple[Admitted, bytes] | None:
    """The activity as it may be believed, with the bytes to keep; None when there is nothing to do about it.

    Never raises: the carrier signed properly and is told 202 whatever comes of it, or its queue would suffer.
    """
    try:
        admitted = (await heard(context, activity, actor_uri, carrier_uri)).admitted
    except NoRoom:
        raise  # its carrier tries again
    except FediverseError as error:
        log.info("forward_not_believed", carrier=carrier_uri, actor=actor_uri, detail=error.detail)
        return None
    if admitted is None:
        return None
    return admitted, body if admitted.how == "signed" else document.dump(admitted.document)


async def heard(context: Context, activity: Json, actor_uri: str, carrier_uri: str) -> Heard:
    """What may be believed of an activity of `actor_uri` that another brought.

    A Delete without proof is not kept but acted upon here, when its home confirms it. The body itself counts for
    nothing but a hint, unless it carries a proof (FEP-8b32) by a key of its actor. Raises what asking its home does.
    """
    rate = limits.FORWARDS_PER_HOST
    if context.part(RateLimiter).wait(f"forward:{urls.origin(carrier_uri)}", rate) > 0:
        return Heard()
    async with context.database.read() as session:
        if not await _concerns_us(session, context.config.public_url, activity, actor_uri, carrier_uri):
            return Heard()
    budget = Budget(fetches=limits.FORWARD_FETCHES, seconds=limits.FORWARD_SECONDS, clock=context.clock)
    proven = await _proven(context, activity, actor_uri, budget)
    if proven is not None:
        return Heard(proven)
    if document.type_of(activity) == "Delete":
        return Heard(done=await _confirmed_gone(context, activity, actor_uri, budget))
    return Heard(await _told_by_home(context, activity, actor_uri, budget))


async def _concerns_us(
    session: AsyncSession, public_url: str, activity: Json, actor_uri: str, carrier_uri: str
) -> bool:
    """Is it worth a request? New, by a living actor of elsewhere, and followed here, about ours, about what we have, or
    an answer to that in a group which somebody here follows.

    Read from a body that nobody vouches for: it can only keep us from asking (D11).
    """
    uri, kind, value = document.id_of(activity), document.type_of(activity), activity.get("object")
    if uri is None or urls.same_origin(actor_uri, public_url):
        return False
    if (await session.exec(select(Received.id).where(Received.activity_uri == uri))).first() is not None:
        return False
    author = await actor_queries.by_uri(session, actor_uri)
    if author is not None and (author.local or not policy.living(author)):
        return False
    object_uri = document.id_of(value)
    have = await by_uri(session, object_uri) if object_uri is not None else None
    if kind in ("Update", "Delete") or (kind == "Create" and have is not None):
        return kind != "Create" and (have is not None or (object_uri == actor_uri and author is not None))
    if author is not None and await actor_queries.has_local_follower(session, author.id):
        return True
    if any(urls.same_origin(named, public_url) for named in _named(activity, value)):
        return True
    parent_uri = document.id_of(value.get("inReplyTo")) if kind == "Create" and isinstance(value, dict) else None
    return parent_uri is not None and await groups.continues(session, parent_uri, [carrier_uri])


def _named(activity: Json, value: Any) -> list[str]:
    """The ids that an activity and its object name."""
    inner = value if isinstance(value, dict) else {}
    found = [document.id_of(value), document.id_of(inner.get("inReplyTo")), document.id_of(inner.get("object"))]
    found += [document.id_of(tag.get("href")) for tag in document.objects(inner, "tag")]
    found += [uri for key in ("to", "cc") for uri in document.audience(activity, key, limits.JSON_FANOUT_ITEMS)]
    return [uri for uri in found if uri is not None]


async def _proven(context: Context, activity: Json, actor_uri: str, budget: Budget) -> Admitted | None:
    """By a valid proof over the whole document, of a key that the actor's own document lists (FEP-8b32, AUT-29)."""
    try:
        proof = proofs.proof_of(activity)
    except Unauthenticated as error:
        log.info("proof_refused", actor=actor_uri, detail=error.detail)
        return None
    if proof is None or not urls.same_origin(proof.key_id, actor_uri):
        return None
    known = context.part(ProofKeys)
    key = known.remembered(actor_uri, proof.key_id)
    if key is not None and _holds(context, activity, actor_uri, proof, key):
        return admit_signed(activity, actor_uri)
    actor = await known.ask(actor_uri, budget)
    key = proofs.assertion_keys(actor.document).get(proof.key_id) if actor is not None else None
    if actor is None or key is None or not _holds(context, activity, actor_uri, proof, key):
        return None
    admitted = admit_signed(activity, actor_uri)
    await known.remember(actor, budget)
    return admitted


def _holds(context: Context, activity: Json, actor_uri: str, proof: proofs.Proof, key: PublicKey) -> bool:
    try:
        proofs.verify(activity, proof, public_key=key, now=context.clock.now())
    except Unauthenticated as error:
        log.info("proof_refused", actor=actor_uri, detail=error.detail)
        return False
    return True


async def _told_by_home(context: Context, activity: Json, actor_uri: str, budget: Budget) -> Admitted | None:
    """What the actor's own server says under the id of the activity, else under that of the object it brings."""
    kind, uri = document.type_of(activity), document.id_of(activity)
    if kind not in ASKED or uri is None:
        return None
    found = await _fetched(context, uri, actor_uri, budget)
    if found is None or found.type != kind:
        object_uri = document.id_of(activity.get("object"))
        if kind not in BRINGS_OBJECT or object_uri is None:
            return None
        # GoToSocial answers with the object under the id of its Create, which has a fragment.
        if found is None or found.id != object_uri:
            found = await _fetched(context, object_uri, actor_uri, budget)
        if found is None or found.type not in vocabulary.NOTE_TYPES:
            return None
        found = admit_restated(found, kind)
    await ensure(context, actor_uri, budget)
    return found


async def _fetched(context: Context, uri: str, actor_uri: str, budget: Budget) -> Admitted | None:
    """A document of this actor from its home; None when there is none, or it is another's."""
    if not urls.same_origin(uri, actor_uri):
        return None
    try:
        found = await context.part(RemoteActors).fetcher.document(uri, budget=budget)
    except (Vanished, Nonsense) as error:
        log.info("forward_not_found", uri=uri, detail=error.detail)
        return None
    return found if found.owner == actor_uri else None


async def _confirmed_gone(context: Context, activity: Json, actor_uri: str, budget: Budget) -> bool:
    """Remove a post or an actor when its home answers 404, 410 or with a Tombstone (an actor needs 410 or Tombstone);
    whether that was so."""
    uri = document.id_of(activity.get("object"))
    if uri is None or not urls.same_origin(uri, actor_uri):
        return False
    try:
        found = await context.part(RemoteActors).fetcher.document(uri, budget=budget)
        gone = for_good = found.type == "Tombstone"
    except Vanished as error:
        gone, for_good = True, error.gone
    if not gone:
        return False
    async with context.database.write() as session:
        author = await actor_queries.by_uri(session, actor_uri)
        post = await by_uri(session, uri)
        if author is None or author.local:
            return False
        if uri == actor_uri and for_good:
            await bury_actor(session, author)
        elif post is not None and post.author_id == author.id and post.state == PostState.PUBLISHED:
            await _bury(session, post, author.uri)
        else:
            return False
    log.info("forwarded_delete_confirmed", uri=uri)
    return True


async def _bury(session: AsyncSession, post: Post, owner_uri: str) -> None:
    await tombstones.set_stone(session, post.uri, owner_uri, for_ever=True)
    await bury(session, post)
