"""Moving from one account to another (FEP-7628), ours or others': who follows the old one follows the new one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy, queries
from actors.models import Actor
from actors.remote import RemoteActors, resolve
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Conflict, RequestError, Unprocessable
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import get
from fediverse_ai.core.texts import _
from outbox import activities, follow, notify, profile
from outbox.send import send

log = get(__name__)


async def find_target(context: Context, name_or_uri: str) -> int:
    """The row id of the account to move to, read anew from its home: what it says of itself now counts (AUT-17).

    Raises Missing, Elsewhere; no transaction may be open.
    """
    budget = Budget(clock=context.clock)
    actor_id = await resolve(context, name_or_uri, budget)
    async with context.database.read() as session:
        target = await queries.by_id(session, actor_id)
    if target is None or target.local:
        return actor_id
    return await context.part(RemoteActors).fetch(target.uri, budget)


async def set_aliases(session: AsyncSession, actor: Actor, uris: Sequence[str]) -> None:
    """Say which other accounts are this person's too (`alsoKnownAs`): from those one may move here.

    Raises Unprocessable for too many, Malformed for what is no id.
    """
    if len(uris) > limits.ALIASES:
        raise Unprocessable(_("At most %(most)d other accounts can be named.") % {"most": limits.ALIASES})
    actor.also_known_as = [urls.check_id(uri) for uri in dict.fromkeys(uris) if uri != actor.uri]
    await profile.renew(session, actor)


async def move(session: AsyncSession, actor: Actor, target: Actor) -> None:
    """Our `actor` moves to `target`: its document says so, a Move goes to its followers, those here are carried over.

    `target` comes from `find_target`. Raises Unprocessable when it does not name the actor in `alsoKnownAs` or has
    moved itself, Conflict within thirty days of the last move.
    """
    if actor.id == target.id or not policy.living(target) or target.kind == "Application":
        raise Unprocessable("You cannot move there.")
    if actor.uri not in target.also_known_as or target.moved_to_uri is not None:
        raise Unprocessable("The new account must first name this one among its other accounts (alsoKnownAs).")
    context = context_of(session)
    if moved_lately(actor, context.clock.now_ms()):
        raise Conflict("An account can move once in thirty days.")
    actor.moved_to_uri, actor.moved_ms = target.uri, context.clock.now_ms()
    await profile.renew(session, actor)
    body = activities.move(context, actor, target)
    await send(session, actor, body, await queries.follower_inboxes(session, actor.id), object_uri=target.uri)
    await carry_followers(session, actor, target)


async def point(session: AsyncSession, actor: Actor, target: Actor) -> None:
    """Only say where this person is now: the profile points there, and no follower is carried over.

    Raises Unprocessable for where nobody can be.
    """
    if actor.id == target.id or not policy.living(target) or target.kind == "Application":
        raise Unprocessable("You cannot move there.")
    actor.moved_to_uri = target.uri
    await profile.renew(session, actor)


async def stay(session: AsyncSession, actor: Actor) -> None:
    """Take the sign of a move down: the account is in use again. Followers who left do not come back by this."""
    actor.moved_to_uri = None
    await profile.renew(session, actor)


def moved_lately(actor: Actor, now_ms: int) -> bool:
    """One Move in thirty days is followed (AUT-17)."""
    return actor.moved_ms is not None and now_ms - actor.moved_ms < limits.MOVE_SECONDS * 1000


async def carry_followers(session: AsyncSession, mover: Actor, target: Actor) -> None:
    """Everybody here who follows `mover` asks to follow `target` and leaves `mover`; each is told.

    Who chose to decide such things alone (`carry_follows`) is told only, and goes on following the old account.
    """
    followers = await queries.by_ids(session, await queries.local_followers(session, mover.id))
    stay = await queries.decide_themselves(session, followers)
    for person in followers.values():
        if person.id in stay:
            await notify.tell(session, person, "moved", f"moved:{mover.uri}:{target.uri}", from_id=target.id)
            continue
        try:
            if person.id != target.id:
                await follow.ask(session, person, target)
        except RequestError as error:
            # A block between the two, for example: then the old follow ends and no new one begins.
            log.info("move_not_followed", person=person.uri, target=target.uri, detail=error.detail)
        await follow.withdraw(session, person, mover)
        await notify.tell(session, person, "moved", f"moved:{mover.uri}:{target.uri}", from_id=target.id)
