"""A server that goes on after its backup until it is lost, and the one that is restored from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import accounts, queries
from actors.models import Actor, Follow, FollowState, Login, Token
from actors.remote import ensure
from fediverse_ai.backup import restore as bringing
from fediverse_ai.backup.afterwards import Afterwards
from fediverse_ai.backup.create import Made, Wish, create
from fediverse_ai.core.config import Config, DatabaseSection
from fediverse_ai.core.database import metadata
from fediverse_ai.core.http import Budget
from fediverse_ai.migrations.tables import NAMES
from fediverse_ai.wiring import CLOCKWORK, JOBS
from outbox import block, delivery, follow, leave, react
from outbox import queries as posts
from outbox.models import Delivery, Post, PostState, ReactionKind
from outbox.publish import publish, remove
from tests.support import rooms
from tests.support.house import House, MovableClock, house
from tests.support.peer import Peer, RemoteActor, peer

HOUR_MS = 3_600_000
CLOCK_BEHIND_SECONDS = 200.0
"""The machine of the restored server believes it to be this much earlier."""


@dataclass
class Story:
    """What was there before, what was given after the backup, and who arrived where."""

    good: Peer
    evil: Peer
    bob: RemoteActor
    eve: RemoteActor
    zoe: RemoteActor
    mal: RemoteActor
    config: Config | None = None
    made: Made | None = None
    posts: dict[str, Post] = field(default_factory=dict)
    people: dict[str, Actor] = field(default_factory=dict)
    note: dict[str, Any] = field(default_factory=dict)
    ids_of_the_lost: set[int] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    restored: bringing.Restored | None = None

    def arrivals(self) -> list[tuple[str, str]]:
        """(peer, id) of all activities that reached a peer, each as often as it came."""
        return [(side.host, str(one.activity.get("id"))) for side in (self.good, self.evil) for one in side.arrivals]

    def objects(self) -> list[tuple[str, str]]:
        """(peer, id of the note) of all Creates that reached a peer."""
        sides = (self.good, self.evil)
        return [(side.host, one["object"]["id"]) for side in sides for one in side.activities("Create")]


async def row_of(home: House, remote: RemoteActor) -> Actor:
    await ensure(home.context, remote.uri, Budget(clock=home.context.clock))
    [row] = await home.rows(Actor, uri=remote.uri)
    return row


async def by_ours(home: House, who: Actor, target: Actor, state: FollowState) -> Follow:
    """One of ours follows somebody; the answer is written down without waiting for it."""
    async with home.context.database.write() as session:
        asked = await follow.ask(session, who, target)
        asked.state = state
        session.add(asked)
    return asked


async def before(home: House, story: Story) -> None:
    """Everything that the backup shall hold: what is out, what is open, what is on its way."""
    for name, role in (("ann", "owner"), ("carol", "member"), ("dave", "member")):
        story.people[name] = await home.make_actor(name, role=role)
    ann, dave = story.people["ann"], story.people["dave"]
    for remote in (story.bob, story.mal):
        await rooms.receive(home, remote, remote.activity("Follow", ann.uri))
    eve = await row_of(home, story.eve)
    await by_ours(home, dave, eve, FollowState.ACCEPTED)
    bob = await row_of(home, story.bob)
    await by_ours(home, ann, bob, FollowState.ACCEPTED)
    story.note = story.bob.note("Hello from elsewhere")
    await rooms.receive(home, story.bob, story.bob.create(story.note))
    story.posts["first"] = await rooms.published(home, ann, "The first", picture=True)
    story.posts["kept"] = await rooms.published(home, ann, "Kept", picture=False)
    async with home.context.database.write() as session:
        await react.like(session, dave, await _note(session, story))
    await rooms.deliver_all(home)
    await _unsent(home, story)
    # One host is down when the backup is made, and a delivery has not been tried yet.
    story.evil.behaviours["/inbox"] = _down
    story.posts["open"] = await rooms.published(home, ann, "On its way")
    in_lane = (col(Delivery.state) == "pending", col(Delivery.host) == story.evil.host)
    async with home.context.database.write() as session:
        await session.exec(update(Delivery).where(*in_lane).values(state="lane"))
    await _sign_in(home, ann)


async def _unsent(home: House, story: Story) -> None:
    """A post in each state in which it is not out."""
    ann, now = story.people["ann"], home.clock.now_ms()
    for name, state, at in (
        ("draft", PostState.DRAFT, None),
        ("waiting", PostState.WAITING, None),
        ("held", PostState.HELD, None),
        ("soon", PostState.SCHEDULED, now + 30_000),
        ("later", PostState.SCHEDULED, now + 48 * HOUR_MS),
    ):
        post = await rooms.waiting_post(home, ann, f"This one is {name}", client_key=name, not_before_ms=at)
        await rooms.picture_of(home, post, data=name.encode())
        await rooms.verdict(home, post)
        async with home.context.database.write() as session:
            post.state = state
            session.add(post)
        story.posts[name] = post


async def _down(*_request: Any) -> tuple[int, dict[str, str], bytes]:
    return 503, {}, b""


async def _sign_in(home: House, actor: Actor) -> None:
    now = home.clock.now_ms()
    async with home.context.database.write() as session:
        account = await accounts.account_of(session, actor.username)
        assert account is not None
        session.add(Login(id=home.context.ids.new(), account_id=account.id, secret_hash="a", created_ms=now,
                          expires_ms=now + HOUR_MS))  # fmt: skip
        session.add(Token(id=home.context.ids.new(), account_id=account.id, secret_hash="b", created_ms=now))


async def load(home: House, story: Story, stop: asyncio.Event) -> int:
    """Posts, likes and deletions without a pause, until told to stop."""
    number = 0
    ann = story.people["ann"]
    while not stop.is_set():
        number += 1
        post = await rooms.published(home, ann, f"Under load {number}")
        await story.bob.deliver(home.inbox, story.bob.activity("Like", post.uri))
        if number % 2:
            async with home.context.database.write() as session:
                await remove(session, await session.get_one(Post, post.id))
        await asyncio.sleep(0)
    return number


async def back_up(home: House, wish: Wish, story: Story, times: int = 1) -> Made:
    """Make a backup while the server works."""
    stop = asyncio.Event()
    worker = asyncio.create_task(load(home, story, stop))
    await asyncio.sleep(0)
    try:
        for _ in range(times):
            made = await asyncio.to_thread(create, home.context.config, home.clock, wish)
    finally:
        stop.set()
        assert await worker >= 1
    return made


async def after(home: House, story: Story) -> None:
    """The server goes on: what was open is done, some of it ends, and much is new."""
    context, ann = home.context, story.people["ann"]
    story.evil.behaviours.clear()
    for row in await home.rows(Delivery, state="lane"):
        await delivery.redeliver.function(context, [row.host])
    await rooms.settle(home)
    for name in ("waiting", "draft", "soon"):
        post = story.posts[name]
        judgement = await rooms.verdict(home, post)
        async with context.database.write() as session:
            found = await session.get_one(Post, post.id)
            found.state, found.not_before_ms = PostState.WAITING, None
            await publish(session, found, judgement)
    await rooms.deliver_all(home)
    async with context.database.write() as session:
        await remove(session, await session.get_one(Post, story.posts["first"].id))
        carol = await accounts.account_of(session, "carol")
        assert carol is not None
        await leave.end(session, carol)
        dave, eve = story.people["dave"], await _actor(session, story.eve)
        await follow.withdraw(session, dave, eve)
        await react.take_back(session, dave, await _note(session, story), ReactionKind.LIKE)
        mal = await _actor(session, story.mal)
        await block.block(session, dave, mal)
        await follow.ask(session, ann, mal)
    for sender, activity in (
        (story.eve, story.eve.activity("Follow", ann.uri)),
        (story.zoe, story.zoe.activity("Follow", ann.uri)),
        (story.bob, story.bob.activity("Delete", story.note["id"])),
    ):
        await rooms.receive(home, sender, activity)
    bob = await row_of(home, story.bob)
    [theirs] = await home.rows(Follow, follower_id=bob.id)
    asked = {"id": theirs.uri, "type": "Follow", "actor": story.bob.uri, "object": ann.uri}
    await rooms.receive(home, story.bob, story.bob.activity("Undo", asked))
    story.posts["new"] = await rooms.published(home, ann, "After the backup")
    story.people["erin"] = await home.make_actor("erin")
    await rooms.deliver_all(home)
    await context.part(Afterwards).write()


async def _note(session: AsyncSession, story: Story) -> Post:
    found = await posts.by_uri(session, story.note["id"])
    assert found is not None
    return found


async def _actor(session: AsyncSession, remote: RemoteActor) -> Actor:
    found = await queries.by_uri(session, remote.uri)
    assert found is not None
    return found


async def ids_in(home: House) -> set[int]:
    """Every id that stands in our tables, but for those of posts that wait for a time to come."""
    found: set[int] = set()
    async with home.context.database.read() as session:
        for table in metadata.sorted_tables:
            # Other tests in this process have tables of their own.
            if table.name in NAMES and "id" in table.columns:
                found |= {number for (number,) in await session.execute(select(table.columns["id"]))}
        found -= set(await session.exec(select(Post.id).where(col(Post.not_before_ms).is_not(None))))
    return {number for number in found if isinstance(number, int)}


@asynccontextmanager
async def told(folder: Path, *databases: str, tools: str = "") -> AsyncIterator[tuple[Story, House]]:
    """The whole story up to the restored server, which stands there and has not done anything yet.

    `databases`: those of the lost and of the restored server on PostgreSQL; none for SQLite.
    """
    urls = [{"url": url} for url in databases or ("", "")]
    async with peer() as good, peer() as evil:
        bob, eve, zoe = good.actor("bob"), good.actor("eve", key=1), good.actor("zoe", key=2)
        story = Story(good, evil, bob, eve, zoe, evil.actor("mal", key=1))
        wish = Wish(folder / "backups")
        backup = {"folder": str(wish.folder), "pg_tools": tools}
        async with house(folder / "lost", backup=backup, database=urls[0]) as lost:
            story.config = lost.context.config
            await before(lost, story)
            story.made = await back_up(lost, wish, story)
            await after(lost, story)
            story.ids_of_the_lost = await ids_in(lost)
        story.files = {path.name: str(path) for path in (folder / "lost" / "media").rglob("*.jpg")}
        async with brought_back(folder, story, urls[1]) as home:
            yield story, home


@asynccontextmanager
async def brought_back(folder: Path, story: Story, database: dict[str, str]) -> AsyncIterator[House]:
    """The restored server, on the address of the lost one and with a clock that is behind."""
    assert story.config is not None
    assert story.made is not None
    config, target = story.config.model_copy(update={"database": DatabaseSection(**database)}), folder / "restored"
    clock = MovableClock()
    clock.forward(-CLOCK_BEHIND_SECONDS)
    plan = bringing.Plan(
        backup=story.made.path,
        target=target,
        load=lambda place: config.model_copy(update={"data_dir": place}),
        secret_file=folder / "lost" / "secret.key",
    )
    story.restored = await bringing.restore(plan, clock)
    sections = {name: getattr(config, name).model_dump() for name in ("backup", "database", "http", "server")}
    async with house(target, **sections) as home:
        home.clock.forward(-CLOCK_BEHIND_SECONDS)
        yield home


async def first_day(home: House) -> list[str]:
    """Everything that a server does by itself, now and a day later, by hand; the names of the jobs that ran."""
    specs, ran = {spec.name: spec for spec in JOBS}, set[str]()
    names: list[str] = []
    for ahead in (0.0, 1.0, 86_400.0):
        home.clock.forward(ahead)
        for item in CLOCKWORK:
            if not item.name.startswith("backup.due"):
                await item.function(home.context)
        await rooms.handle_all(home)
        for job in await home.context.jobs.waiting():
            if job.job_id not in ran:
                ran.add(job.job_id)
                names.append(job.name)
                await specs[job.name].function(home.context, job.ids)
        await rooms.deliver_all(home)
    # Back to a time at which others believe its signatures.
    home.clock.forward(-86_401.0)
    return names
