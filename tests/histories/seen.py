"""What is seen on the server after a history, and what should be: both in the names that the history uses."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Follow
from inbox.models import Received
from outbox.models import Notification, Post, PostState, Reaction, ReactionKind
from tests.histories.model import HOME_POST
from tests.histories.stage import Play

KINDS = {ReactionKind.LIKE: "Like", ReactionKind.BOOST: "Announce"}
Seen = dict[str, Any]


def wanted(play: Play) -> Seen:
    """What the ordered history leads to."""
    world = play.history.world
    counters = {at: (world.count("Like", at), world.count("Announce", at), world.replies(at)) for at in world.targets()}
    return {
        "posts": {
            name: (f"<p>{name}, version {note.version}</p>", note.author, note.parent)
            for name, note in world.notes.items()
            if note.alive
        },
        "reactions": set(world.reactions),
        "followers": {
            (actor, person, "accepted" if person == "alice" else "pending") for actor, person in world.follows
        },
        "answers": {actor: state for actor, state in world.answers.items() if state != "gone"},
        "counters": counters,
        "notifications": sorted(world.notifications()),
    }


async def seen(play: Play) -> Seen:
    """What our tables show of it."""
    async with play.home.context.database.read() as session:
        names = await _names(session, play)
        who = {row.id: name for name, row in {**play.rows, **play.people}.items()}
        actors = [row.id for row in play.rows.values()]
        posts = {names[post.id]: post for post in await session.exec(_posts(play)) if post.state == PostState.PUBLISHED}
        reactions = list(await session.exec(select(Reaction).where(col(Reaction.actor_id).in_(actors))))
        follows = list(await session.exec(select(Follow).where(col(Follow.follower_id).in_(actors))))
        answers = select(Follow).where(
            col(Follow.followed_id).in_(actors), Follow.follower_id == play.people["lena"].id
        )
        told = list(await session.exec(select(Notification).where(col(Notification.from_id).in_(actors))))
        return {
            "posts": {
                name: (post.content, who[post.author_id], play.name_of(post.in_reply_to_uri))
                for name, post in posts.items()
                if name != HOME_POST
            },
            "reactions": {(KINDS[ReactionKind(one.kind)], who[one.actor_id], names[one.post_id]) for one in reactions},
            "followers": {(who[one.follower_id], who[one.followed_id], str(one.state)) for one in follows},
            "answers": {who[one.followed_id]: str(one.state) for one in await session.exec(answers)},
            "counters": {name: (post.likes, post.boosts, post.replies) for name, post in posts.items()},
            "notifications": sorted(
                (who[one.actor_id], one.kind, who[one.from_id or 0], names[one.post_id] if one.post_id else "")
                for one in told
            ),
        }


def _posts(play: Play) -> Any:
    uris = [play.uri_of(name) for name in [HOME_POST, *play.history.world.notes]]
    return select(Post).where(col(Post.uri).in_(uris))


async def _names(session: AsyncSession, play: Play) -> dict[int, str]:
    by_uri = {play.uri_of(name): name for name in [HOME_POST, *play.history.world.notes]}
    return {post.id: by_uri[post.uri] for post in await session.exec(_posts(play))}


async def check_invariants(play: Play) -> None:
    """I4, I5, I6 of the threat catalogue, whatever arrived and however: after a Delete nothing is left or comes back,
    nothing waits for ever or failed, every counter is what a recount gives."""
    async with play.home.context.database.read() as session:
        posts = list(await session.exec(_posts(play)))
        ids = [post.id for post in posts]
        reactions = select(Reaction.post_id, Reaction.kind).where(col(Reaction.post_id).in_(ids))
        kinds = Counter(tuple(row) for row in await session.exec(reactions))
        parents = select(Post.in_reply_to_id).where(
            col(Post.in_reply_to_id).in_(ids), Post.state == PostState.PUBLISHED
        )
        replies = Counter(await session.exec(parents))
        for post in posts:
            likes, boosts = (kinds[post.id, kind] for kind in KINDS)
            if post.state == PostState.PUBLISHED:
                counted = (likes, boosts, replies[post.id])
                assert (post.likes, post.boosts, post.replies) == counted, post.uri
            else:
                assert (post.state, post.content, likes, boosts) == (PostState.DELETED, "", 0, 0), post.uri
        mine = col(Received.sender_uri).in_([actor.uri for actor in play.remote.values()])
        odd = select(Received).where(
            col(Received.id) > play.first, mine, col(Received.state).in_(["stored", "failed"]) | (Received.attempts > 0)
        )
        left = [(row.type, row.state, row.detail) for row in await session.exec(odd)]
        assert left == [], left
