"""How one person stands to others, and the verbs that change it: follow, block, mute, and each taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from sqlmodel import and_, col, delete, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import queries
from actors.models import Actor, Block, Follow, FollowState, Mute
from fediverse_ai.core import events, limits
from fediverse_ai.core.context import context_of as database_context
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.mastodon import answers, entities, parameters, people, reading
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of, me
from fediverse_ai.mastodon.entities import Ties
from fediverse_ai.mastodon.parameters import Parameters
from outbox import block as blocks
from outbox import follow as follows
from outbox import mutes
from outbox.shelves import AccountNote, Endorsement, SilencedHost

Verb = Callable[[AsyncSession, Actor, Actor, Parameters], Awaitable[object]]


async def relationships(session: AsyncSession, reader: Actor, ids: Sequence[int]) -> list[Json]:
    """Relationship for each id, in order; seven queries, however many."""
    follow = select(Follow).where(
        or_(
            and_(col(Follow.follower_id) == reader.id, col(Follow.followed_id).in_(ids)),
            and_(col(Follow.followed_id) == reader.id, col(Follow.follower_id).in_(ids)),
        )
    )
    mine: dict[int, Follow] = {}
    theirs: dict[int, Follow] = {}
    for row in await session.exec(follow):
        if row.follower_id == reader.id:
            mine[row.followed_id] = row
        else:
            theirs[row.follower_id] = row
    blocking = set(await session.exec(
        select(Block.blocked_id).where(Block.blocker_id == reader.id, col(Block.blocked_id).in_(ids))
    ))  # fmt: skip
    blocked_by = set(await session.exec(
        select(Block.blocker_id).where(Block.blocked_id == reader.id, col(Block.blocker_id).in_(ids))
    ))  # fmt: skip
    now = database_context(session).clock.now_ms()
    unexpired = or_(col(Mute.expires_ms).is_(None), col(Mute.expires_ms) > now)
    muting: dict[int, bool] = dict((await session.exec(
        select(Mute.muted_id, Mute.notifications).where(
            Mute.muter_id == reader.id, col(Mute.muted_id).in_(ids), unexpired
        )
    )).all())  # fmt: skip
    notes: dict[int, str] = dict((await session.exec(
        select(AccountNote.about_id, AccountNote.comment).where(
            AccountNote.actor_id == reader.id, col(AccountNote.about_id).in_(ids)
        )
    )).all())  # fmt: skip
    silenced = set(await session.exec(
        select(Actor.id)
        .join(SilencedHost, col(SilencedHost.host) == col(Actor.host))
        .where(SilencedHost.actor_id == reader.id, col(Actor.id).in_(ids))
    ))  # fmt: skip

    endorsed = set(await session.exec(
        select(Endorsement.about_id).where(Endorsement.actor_id == reader.id, col(Endorsement.about_id).in_(ids))
    ))  # fmt: skip

    def is_(follows_: dict[int, Follow], key: int, state: FollowState) -> bool:
        row = follows_.get(key)
        return row is not None and row.state == state

    return [
        entities.relationship(
            key,
            Ties(
                following=is_(mine, key, FollowState.ACCEPTED),
                requested=is_(mine, key, FollowState.PENDING),
                followed_by=is_(theirs, key, FollowState.ACCEPTED),
                requested_by=is_(theirs, key, FollowState.PENDING),
                blocking=key in blocking,
                blocked_by=key in blocked_by,
                muting=key in muting,
                muting_notifications=muting.get(key, False),
                showing_reblogs=key in mine and mine[key].boosts,
                notifying=key in mine and mine[key].notify,
                domain_blocking=key in silenced,
                endorsed=key in endorsed and is_(mine, key, FollowState.ACCEPTED),
                note=notes.get(key, ""),
            ),
        )
        for key in ids
    ]


async def show(request: Request) -> Response:
    """GET /api/v1/accounts/relationships?id[]=…"""
    ids = parameters.query(request).ids("id")
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        known = await queries.by_ids(session, ids)
        body = await relationships(session, reader, [key for key in ids if key in known])
    return answers.answer(body)


async def _follow(session: AsyncSession, actor: Actor, target: Actor, asked: Parameters) -> None:
    """`reblogs` and `notify` may be changed by asking again."""
    row = await follows.ask(session, actor, target)
    boosts, notify = asked.flag("reblogs"), asked.flag("notify")
    row.boosts = row.boosts if boosts is None else boosts
    row.notify = row.notify if notify is None else notify
    session.add(row)


async def _unfollow(session: AsyncSession, actor: Actor, target: Actor, asked: Parameters) -> None:
    await follows.withdraw(session, actor, target)


async def _remove(session: AsyncSession, actor: Actor, target: Actor, asked: Parameters) -> None:
    row = await queries.follow_of(session, target.id, actor.id)
    if row is not None:
        await follows.refuse(session, row, target, actor)


async def _block(session: AsyncSession, actor: Actor, target: Actor, asked: Parameters) -> None:
    await blocks.block(session, actor, target)


async def _unblock(session: AsyncSession, actor: Actor, target: Actor, asked: Parameters) -> None:
    await blocks.unblock(session, actor, target)


async def _mute(session: AsyncSession, actor: Actor, target: Actor, asked: Parameters) -> None:
    """Their posts are not shown any more, for `duration` seconds (0: for good); nobody is told. `notifications`: nor is
    what they do told."""
    seconds = asked.number("duration", 0, limits.MUTE_SECONDS) or 0
    told = asked.flag("notifications") is False
    await mutes.mute(session, actor, target, seconds=seconds, notifications=not told)


async def _unmute(session: AsyncSession, actor: Actor, target: Actor, asked: Parameters) -> None:
    await mutes.unmute(session, actor, target)


async def _note(session: AsyncSession, actor: Actor, target: Actor, asked: Parameters) -> None:
    """`comment`, for the reader alone; an empty one takes it back."""
    comment = (asked.text("comment") or "").strip()
    if len(comment) > limits.NOTE_CHARS:
        raise Unprocessable(f"Validation failed: Comment is too long (maximum is {limits.NOTE_CHARS} characters)")
    await session.exec(
        delete(AccountNote).where(col(AccountNote.actor_id) == actor.id, col(AccountNote.about_id) == target.id)
    )
    if comment:
        made = database_context(session).ids.new()
        session.add(AccountNote(id=made, actor_id=actor.id, about_id=target.id, comment=comment))


async def _endorse(session: AsyncSession, actor: Actor, target: Actor, asked: Parameters) -> None:
    """Show somebody on one's profile, whom one follows. Raises Unprocessable for others, and beyond ENDORSEMENTS."""
    if not await queries.is_follower(session, actor.id, target.id):
        raise Unprocessable("Validation failed: You must be already following the account")
    mine = set(await session.exec(select(Endorsement.about_id).where(Endorsement.actor_id == actor.id)))
    if target.id in mine:
        return
    if len(mine) >= limits.ENDORSEMENTS:
        raise Unprocessable(f"Validation failed: At most {limits.ENDORSEMENTS} accounts can be shown")
    made = database_context(session).ids.new()
    session.add(Endorsement(id=made, actor_id=actor.id, about_id=target.id))


async def _unendorse(session: AsyncSession, actor: Actor, target: Actor, asked: Parameters) -> None:
    shown = (col(Endorsement.actor_id) == actor.id, col(Endorsement.about_id) == target.id)
    await session.exec(delete(Endorsement).where(*shown))


async def endorsements(request: Request) -> Response:
    """GET /api/v1/endorsements, /api/v1/accounts/{id}/endorsements: whom somebody shows on their profile"""
    context = context_of(request)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        if "id" in request.path_params:
            owner_id = (await people.account(session, answers.path_id(request))).id
        else:
            owner_id = me(request).actor_id
        shown = select(Endorsement.about_id).where(Endorsement.actor_id == owner_id)
        # Only who is still followed is shown; whoever follows again is there again.
        followed = select(Follow.followed_id).where(
            Follow.follower_id == owner_id, Follow.state == FollowState.ACCEPTED
        )
        query = shown.where(col(Endorsement.about_id).in_(followed)).order_by(col(Endorsement.id).desc())
        ids = list(await session.exec(query))
        return answers.answer(await reading.listed(session, context, reader, ids))


# `gone`: what is only tidying up may be done with those who are suspended or deleted too.
VERBS: dict[str, tuple[Verb, str, bool]] = {
    "follow": (_follow, "write:follows", False),
    "unfollow": (_unfollow, "write:follows", True),
    "remove_from_followers": (_remove, "write:follows", True),
    "block": (_block, "write:blocks", False),
    "unblock": (_unblock, "write:blocks", True),
    "mute": (_mute, "write:mutes", False),
    "unmute": (_unmute, "write:mutes", True),
    "note": (_note, "write:accounts", True),
    "pin": (_endorse, "write:accounts", False),
    "unpin": (_unendorse, "write:accounts", True),
    "endorse": (_endorse, "write:accounts", False),
    "unendorse": (_unendorse, "write:accounts", True),
}


def _endpoint(name: str) -> Callable[[Request], Awaitable[Response]]:
    verb, _, gone = VERBS[name]

    async def act(request: Request) -> Response:
        asked = await parameters.read(request)
        target_id = answers.path_id(request)
        async with context_of(request).database.write() as session:
            reader = await people.myself(session, request)
            target = await people.account(session, target_id, gone=gone)
            if name == "follow" and target.kind == "Application":
                raise Missing(answers.NOT_FOUND)
            await verb(session, reader, target, asked)
            await session.flush()
            events.publish_after(session, [f"user:{reader.id}"], "ties", target.id)
            body = await relationships(session, reader, [target.id])
        return answers.answer(body[0])

    act.__name__ = name
    return act


ROUTES = [
    ApiDoor("/api/v1/accounts/relationships", show, needs="read:follows"),
    ApiDoor("/api/v1/endorsements", endorsements, needs="read:accounts"),
    ApiDoor("/api/v1/accounts/{id}/endorsements", endorsements, needs="anyone"),
    *(
        ApiDoor(f"/api/v1/accounts/{{id}}/{name}", _endpoint(name), needs=needs, methods=["POST"])
        for name, (_, needs, _) in VERBS.items()
    ),
]
