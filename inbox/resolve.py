"""Find what an activity is about: in our tables, in the activity itself, else at its home, within a budget."""

from __future__ import annotations

from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries as actor_queries
from actors.models import Actor, Block, Follow
from actors.policy import DomainRules
from actors.remote import RemoteActors, ensure
from fediverse_ai.activitypub import document, vocabulary
from fediverse_ai.activitypub.authority import Admitted, admit_embedded
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Elsewhere, Malformed, Nonsense, Vanished
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import get
from inbox import groups, quotes
from inbox.incoming import Resolved
from outbox.models import Activity, Post, Reaction, ReactionKind
from outbox.move import moved_lately

log = get(__name__)

# Activities that bring an object along; for all others its id is enough.
CARRIES = frozenset({"Create", "Update"})


async def resolve(context: Context, activity: Admitted, sender: Actor, budget: Budget) -> Resolved:
    """The object of a verified activity. Raises Unreachable when its home should be asked again later."""
    value = activity.document.get("object")
    if activity.type == "Announce":
        value = groups.boosted(value)
    uri = document.id_of(value)
    if activity.type in CARRIES:
        return await _carried(context, activity, sender, value, budget)
    if activity.type == "Move":
        return await _moved(context, activity, sender, uri, budget)
    if activity.type == "QuoteRequest":
        await _check_instrument(context, activity, sender, uri, budget)
    embedded = document.type_of(value) if isinstance(value, dict) else None
    async with context.database.read() as session:
        known = await _known_type(session, uri) if uri else None
        wanted = activity.type == "Announce" and known is None and await _wants(session, sender)
    if wanted and uri is not None:
        return await _announced(context, uri, budget)
    admitted = admit_embedded(activity, value)
    return Resolved(known or _plain(embedded), uri, admitted)


def _plain(kind: str | None) -> str | None:
    """Actors are one to the table, and so is what becomes a post with a title; a Tombstone says not what it was."""
    if kind in vocabulary.ACTOR_TYPES:
        return "Actor"
    if kind in vocabulary.CONVERTED_TYPES:
        return "Article"
    return None if kind == "Tombstone" else kind


async def _known_type(session: AsyncSession, uri: str) -> str | None:
    """The type of something that we have by its id."""
    if (await session.exec(select(Post.id).where(Post.uri == uri))).first() is not None:
        return "Note"
    if await actor_queries.by_uri(session, uri) is not None:
        return "Actor"
    if (await session.exec(select(Follow.id).where(Follow.uri == uri))).first() is not None:
        return "Follow"
    if (await session.exec(select(Block.id).where(Block.uri == uri))).first() is not None:
        return "Block"
    asked = select(Activity.type).where(Activity.uri == uri, Activity.type == "QuoteRequest")
    if (await session.exec(asked)).first() is not None:
        return "QuoteRequest"
    kind = (await session.exec(select(Reaction.kind).where(Reaction.uri == uri))).first()
    return {ReactionKind.LIKE: "Like", ReactionKind.BOOST: "Announce"}.get(ReactionKind(kind)) if kind else None


async def _wants(session: AsyncSession, sender: Actor) -> bool:
    """Does anybody here follow the sender? What nobody asked for is not fetched (D11)."""
    return await actor_queries.has_local_follower(session, sender.id)


async def _is_addressed(session: AsyncSession, activity: Admitted) -> bool:
    """Does it name one of ours? Then they may be meant by what it brings only the id of."""
    named = [
        uri for name in ("to", "cc") for uri in document.audience(activity.document, name, limits.JSON_FANOUT_ITEMS)
    ]
    return any(actor.local for actor in (await actor_queries.by_uris(session, named)).values())


async def _carried(context: Context, activity: Admitted, sender: Actor, value: Any, budget: Budget) -> Resolved:
    """The object of a Create or Update: as embedded when it is the sender's own, else as its home has it (D4)."""
    admitted = admit_embedded(activity, value)
    uri = document.id_of(value)
    if admitted is not None and admitted.id:
        return Resolved(_plain(admitted.type), admitted.id, admitted)
    if uri is None or not urls.same_origin(uri, sender.uri):
        # A stranger's object: its author will tell those who follow them.
        return Resolved(_plain(document.type_of(value)), uri, None)
    async with context.database.read() as session:
        wanted = await _wants(session, sender) or await _is_addressed(session, activity)
    if not wanted:
        return Resolved(_plain(document.type_of(value)), uri, None)
    return await _fetched(context, uri, budget)


async def _moved(context: Context, activity: Admitted, sender: Actor, uri: str | None, budget: Budget) -> Resolved:
    """The account that a Move points to, read anew, where somebody here follows the mover and it moves itself."""
    target = document.id_of(activity.document.get("target"))
    async with context.database.read() as session:
        wanted = uri == sender.uri and target is not None and await _wants(session, sender)
    if not wanted or target is None or moved_lately(sender, context.clock.now_ms()):
        return Resolved("Actor", uri)
    if urls.same_origin(urls.check_id(target), context.config.public_url):
        return Resolved("Actor", uri, target_uri=target)
    actor_id = await context.part(RemoteActors).fetch(target, budget)
    async with context.database.read() as session:
        found = await actor_queries.by_id(session, actor_id)
    # Another id behind that address would leave an old copy of the target to be believed.
    return Resolved("Actor", uri, target_uri=target if found is not None and found.uri == target else None)


async def _check_instrument(
    context: Context, activity: Admitted, sender: Actor, uri: str | None, budget: Budget
) -> None:
    """Read the post that wants to quote ours, where the request gives its id alone. Raises Malformed for a wrong one.

    Who does not show it to us (it may be private) is answered by the policy alone: the stamp is bound to the two ids.
    """
    instrument = activity.document.get("instrument")
    quoting_uri = document.id_of(instrument)
    if quoting_uri is None or uri is None or (isinstance(instrument, dict) and len(instrument) > 1):
        return
    if not urls.same_origin(quoting_uri, sender.uri) or not urls.same_origin(uri, context.config.public_url):
        return
    async with context.database.read() as session:
        known = await _known_type(session, uri) == "Note"
    if not known:
        return
    try:
        found = await context.part(RemoteActors).fetcher.document(quoting_uri, budget=budget)
    except (Vanished, Nonsense) as error:
        log.info("instrument_not_read", instrument=quoting_uri, detail=error.detail)
        return
    if found.id != quoting_uri or found.owner != sender.uri or quotes.quote_of(found.document) not in (None, uri):
        raise Malformed("That is not the asker's quote of this post.", quoting_uri)


async def _announced(context: Context, uri: str, budget: Budget) -> Resolved:
    """A boosted post and its author, fetched for the follower of the booster."""
    found = await _fetched(context, uri, budget)
    is_post = found.type in ("Note", "Question", "Article")
    if found.admitted is not None and is_post and found.admitted.owner is not None:
        try:
            await ensure(context, found.admitted.owner, budget)
        except Elsewhere as error:
            log.info("author_not_fetched", note=uri, detail=error.detail)
            return Resolved(found.type, uri, None)
    return found


async def _fetched(context: Context, uri: str, budget: Budget) -> Resolved:
    """The object as its home has it. Raises Forbidden for a suspended host, which is not asked (AUT-31)."""
    await context.part(DomainRules).require_welcome(uri)
    try:
        admitted = await context.part(RemoteActors).fetcher.document(uri, budget=budget)
    except Malformed as error:
        log.info("object_not_usable", object=uri, detail=error.detail)
        return Resolved(None, uri, None)
    return Resolved(_plain(admitted.type), admitted.id, admitted)
