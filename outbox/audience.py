"""to, cc and the set of inboxes of what we send."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import blocks, policy, queries
from actors.models import Actor
from actors.optouts import OptOut
from fediverse_ai.activitypub.vocabulary import PUBLIC
from fediverse_ai.core.config import Config
from outbox.models import Activity, Delivery, Post, Reaction, Visibility


def address(config: Config, author: Actor, visibility: str, mentioned: Iterable[str]) -> tuple[list[str], list[str]]:
    """(to, cc) of a post: quiet puts Public into cc, which every peer reads as unlisted."""
    followers = author.followers_uri or f"{author.uri}/followers"
    people = [uri for uri in dict.fromkeys(mentioned) if uri != author.uri]
    match visibility:
        case Visibility.PUBLIC:
            return [PUBLIC], [followers, *people]
        case Visibility.QUIET:
            return [followers], [PUBLIC, *people]
        case Visibility.FOLLOWERS:
            return [followers], people
        case _:
            return people, []


def inbox_of(actor: Actor, *, shared: bool) -> str:
    return actor.shared_inbox_url if shared and actor.shared_inbox_url else actor.inbox_url


async def inboxes(session: AsyncSession, author: Actor, post: Post) -> set[str]:
    """Where a post goes: followers by shared inbox, mentioned people by their own when it is direct."""
    direct = post.visibility == Visibility.DIRECT
    found = set() if direct else await queries.follower_inboxes(session, author.id)
    named = [mention["uri"] for mention in post.mentions] + post.bcc
    mentioned = await queries.by_uris(session, named)
    barred = await blocks.barred_with(session, author.id) if mentioned else set()
    reached = [actor for actor in mentioned.values() if not actor.local and policy.living(actor)]
    found |= {inbox_of(actor, shared=not direct) for actor in reached if actor.id not in barred}
    return found


async def reach(session: AsyncSession, author: Actor, post: Post) -> set[str]:
    """Everybody who got the post or reacted to it: who must hear of an edit or a deletion."""
    found = await inboxes(session, author, post)
    reacted = select(Actor).join(Reaction, col(Reaction.actor_id) == col(Actor.id)).where(Reaction.post_id == post.id)
    replied = select(Actor).join(Post, col(Post.author_id) == col(Actor.id)).where(Post.in_reply_to_id == post.id)
    quoted = select(Actor).join(Post, col(Post.author_id) == col(Actor.id)).where(Post.quote_uri == post.uri)
    for query in (reacted, replied, quoted):
        rows = await session.exec(query)
        found |= {inbox_of(actor, shared=True) for actor in rows if not actor.local and policy.living(actor)}
    return found


async def had(session: AsyncSession, author: Actor, post: Post) -> set[str]:
    """Who must hear of a deletion: `reach`, and whoever took the post in and left since; their copy is a copy."""
    taken = (
        select(Delivery.inbox_url)
        .join(Activity, col(Activity.id) == col(Delivery.activity_id))
        .where(Activity.object_uri == post.uri, Activity.actor_id == author.id, Delivery.state == "delivered")
    )
    alone = select(Actor.inbox_url).join(OptOut, col(OptOut.actor_id) == col(Actor.id))
    found = set(await session.exec(taken.where(col(Delivery.inbox_url).not_in(alone))))
    return await reach(session, author, post) | found
