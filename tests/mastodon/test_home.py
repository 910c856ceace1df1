"""The home timeline: the same as a plain look at everything would give, and read by index alone."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from actors.models import Actor, Follow, FollowState
from fediverse_ai.core import limits
from fediverse_ai.mastodon import batches
from outbox import home as timeline
from outbox.cursors import LARGEST_ID, Cursor
from outbox.models import Post, PostState, Reaction, ReactionKind, Visibility
from tests.mastodon.app import App
from tests.support.house import House
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")

PEOPLE, POSTS = 30, 400


def remote(house: House, number: int) -> Actor:
    uri = f"https://h{number}.test/users/x"
    return Actor(id=house.context.ids.new(), uri=uri, username="x", username_lower="x", host=f"h{number}.test",
                 inbox_url=f"{uri}/inbox")  # fmt: skip


class Crowd:
    """People of whom alice follows some, and what they posted and boosted."""

    def __init__(self, house: House, alice: App) -> None:
        self.house, self.alice = house, alice
        self.chance = random.Random(20)
        self.people = [remote(house, number) for number in range(PEOPLE)]
        self.followed = self.people[::2]
        self.entries: list[int] = []
        """Ids of what alice should see, newest first."""

    async def move_in(self) -> None:
        ids, now = self.house.context.ids, self.house.clock.now_ms()
        async with self.house.context.database.write() as session:
            session.add_all(self.people)
            await session.flush()
            session.add_all(
                Follow(id=ids.new(), uri=f"https://a.test/f/{one.id}", follower_id=self.alice.actor.id,
                       followed_id=one.id, state=FollowState.ACCEPTED, created_ms=now)
                for one in self.followed
            )  # fmt: skip
            wanted = {one.id for one in self.followed}
            posts = [self._post(number) for number in range(POSTS)]
            session.add_all(posts)
            await session.flush()
            boosts = [self._boost(self.chance.choice(posts), now) for _ in range(60)]
            seen: set[tuple[int, int]] = set()
            unique = [one for one in boosts if (one.actor_id, one.post_id) not in seen
                      and not seen.add((one.actor_id, one.post_id))]  # fmt: skip
            session.add_all(unique)
        shown = [post.id for post in posts if post.author_id in wanted and post.visibility != Visibility.DIRECT]
        by_id = {post.id: post for post in posts}
        open_ = (Visibility.PUBLIC, Visibility.QUIET)
        for boost in unique:
            post = by_id[boost.post_id]
            if boost.actor_id in wanted and (post.visibility in open_ or (
                post.visibility == Visibility.FOLLOWERS and post.author_id in wanted)):  # fmt: skip
                shown.append(boost.id)
        self.entries = sorted(shown, reverse=True)

    def _post(self, number: int) -> Post:
        author = self.chance.choice(self.people[: 4 + number % 26])
        post_id = self.house.context.ids.new()
        visibility = self.chance.choices(list(Visibility), [6, 3, 2, 1])[0]
        return Post(id=post_id, uri=f"{author.uri}/{post_id}", author_id=author.id, state=PostState.PUBLISHED,
                    visibility=visibility, content="<p>x</p>", created_ms=1, published_ms=1)  # fmt: skip

    def _boost(self, post: Post, now: int) -> Reaction:
        actor = self.chance.choice(self.people)
        boost_id = self.house.context.ids.new()
        return Reaction(id=boost_id, uri=f"{actor.uri}/b/{boost_id}", kind=ReactionKind.BOOST, actor_id=actor.id,
                        post_id=post.id, created_ms=now)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crowd(home: House, alice: App) -> Crowd:
    made = Crowd(home, alice)
    await made.move_in()
    return made


async def walk(app: App, path: str, limit: int) -> list[Any]:
    """Every entry of a timeline, page by page, as `next` leads."""
    found: list[Any] = []
    url: str | None = f"{path}?limit={limit}"
    while url is not None:
        found += await app.get(url)
        assert app.last is not None
        url = next(
            (part.split(">")[0][1:] for part in app.last.headers.get("link", "").split(", ") if "next" in part), None
        )
        assert len(found) < 2 * POSTS
    return found


@pytest.mark.parametrize("limit", [7, 20, 40])
async def test_pages_give_everything_once_and_in_order(crowd: Crowd, limit: int) -> None:
    found = await walk(crowd.alice, "/api/v1/timelines/home", limit)
    ids = [int(one["id"]) for one in found]
    assert ids == sorted(ids, reverse=True)
    missing = set(crowd.entries) - set(ids)
    # A post and a boost of it on one page are one entry, as the first of them.
    shown = {int(one["reblog"]["id"] if one["reblog"] else one["id"]) for one in found}
    async with crowd.house.context.database.read() as session:
        boosted = {row[0]: row[1] for row in await session.execute(text("select id, post_id from reaction"))}
    assert {boosted.get(key, key) for key in missing} <= shown
    assert set(ids) <= set(crowd.entries)


async def test_upwards_from_an_id_page_by_page(crowd: Crowd) -> None:
    newest = crowd.entries
    start = newest[30]
    page = await crowd.alice.get("/api/v1/timelines/home", min_id=start, limit=5)
    ids = [int(one["id"]) for one in page]
    assert ids == sorted(ids, reverse=True)
    assert set(ids) <= set(newest[20:30])
    assert ids[-1] > start
    since = await crowd.alice.get("/api/v1/timelines/home", since_id=start, limit=5)
    assert int(since[0]["id"]) == newest[0]
    assert await crowd.alice.get("/api/v1/timelines/home", since_id=newest[0]) == []
    assert crowd.alice.last is not None
    assert "link" not in crowd.alice.last.headers


async def test_the_plan_reads_no_table_and_sorts_nothing(crowd: Crowd) -> None:
    """One look-up by index for each source, then the ends of few: no scan of posts, no sorting of them."""
    reader = crowd.alice.actor
    async with crowd.house.context.database.read() as session:
        dialect = session.get_bind().dialect
        edges = timeline.edges(timeline.followed_by(reader.id), 0, LARGEST_ID, forward=False)
        statement = str(edges.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        plans = [await session.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]
        values = {"low": 0, "high": LARGEST_ID, "depth": 30, "a0": 1, "a1": 2}
        for table in ("post", "reaction"):
            newest = timeline._newest_of(table, 2, False).text
            plans.append(await session.execute(text(f"EXPLAIN QUERY PLAN {newest}"), values))
        values["most"] = limits.COUNTED_POSTS
        plans.append(await session.execute(text(f"EXPLAIN QUERY PLAN {batches.posts_of(2).text}"), values))
    lines = [row[3] for plan in plans for row in plan]
    touched = [line for line in lines if "post" in line or "reaction" in line]
    assert touched
    for line in touched:
        assert "USING COVERING INDEX ix_post_author" in line or "USING COVERING INDEX ix_reaction_actor" in line, line
    assert not [line for line in lines if "TEMP B-TREE" in line], lines


async def test_what_few_posts_have_is_found_by_index(crowd: Crowd) -> None:
    """Statistics say that most posts have no parent and quote nothing; nevertheless nothing is read from end to end.

    On a copy: what the planner has learned stays with a file.
    """
    path = crowd.house.context.config.data_dir / "fediverse.db"
    with closing(sqlite3.connect(path)) as database, closing(sqlite3.connect(":memory:")) as copy:
        database.backup(copy)
        copy.execute("analyze")
        # As if there were a million of them: what stands in every post stands in a million.
        [(number,)] = copy.execute("select count(*) from post")
        for index, stat in copy.execute("select idx, stat from sqlite_stat1 where tbl = 'post'").fetchall():
            larger = " ".join("1000000" if word == str(number) else word for word in stat.split())
            copy.execute("update sqlite_stat1 set stat = ? where idx = ?", (larger, index))
        copy.execute("analyze sqlite_schema")
        for column in ("quote_uri", "quote_stamp_uri", "in_reply_to_uri", "in_reply_to_id"):
            query = f"select count(*) from post where {column} in (?) and state = 'published'"
            [line] = [row[3] for row in copy.execute(f"explain query plan {query}", ("x",))]
            assert f"ix_post_{column}" in line, line


async def test_replies_to_strangers_and_the_muted_are_left_out(crowd: Crowd, home: House) -> None:
    friend, other = crowd.followed[0], crowd.people[1]
    ids = home.context.ids

    def reply(to: Post | None, author: Actor) -> Post:
        key = ids.new()
        return Post(id=key, uri=f"{author.uri}/{key}", author_id=author.id, state=PostState.PUBLISHED,
                    visibility=Visibility.PUBLIC, created_ms=1, published_ms=1, in_reply_to_id=to.id if to else None,
                    in_reply_to_uri=to.uri if to else "https://gone.test/1")  # fmt: skip

    stranger = Post(id=ids.new(), uri=f"{other.uri}/first", author_id=other.id, state=PostState.PUBLISHED,
                    visibility=Visibility.PUBLIC, created_ms=1, published_ms=1)  # fmt: skip
    own = Post(id=ids.new(), uri=f"{friend.uri}/first", author_id=friend.id, state=PostState.PUBLISHED,
               visibility=Visibility.PUBLIC, created_ms=1, published_ms=1)  # fmt: skip
    async with home.context.database.write() as session:
        session.add_all([stranger, own])
        await session.flush()
        to_stranger, to_nobody, to_self = reply(stranger, friend), reply(None, friend), reply(own, friend)
        session.add_all([to_stranger, to_nobody, to_self])
    ids_shown = [int(one["id"]) for one in await crowd.alice.get("/api/v1/timelines/home", limit=3)]
    assert ids_shown[:2] == [to_self.id, own.id]
    await crowd.alice.post(f"/api/v1/accounts/{friend.id}/mute")
    shown = await crowd.alice.get("/api/v1/timelines/home", limit=40)
    assert str(friend.id) not in {one["account"]["id"] for one in shown}
    await crowd.alice.post(f"/api/v1/accounts/{friend.id}/unmute")
    await crowd.alice.post(f"/api/v1/accounts/{friend.id}/follow", {"reblogs": False})
    wrappers = [one for one in await walk(crowd.alice, "/api/v1/timelines/home", 40) if one["reblog"]]
    assert str(friend.id) not in {one["account"]["id"] for one in wrappers}


async def test_an_empty_home(home: House) -> None:
    eve = await App.of(home, "eve")
    assert await eve.get("/api/v1/timelines/home") == []
    async with home.context.database.read() as session:
        from_nothing = Cursor(20)
        found = await home_page(session, eve, from_nothing)
    assert (found.entries, found.ids, found.more) == ([], [], False)


async def home_page(session: Any, app: App, at: Cursor) -> timeline.Page:
    return await timeline.page(session, app.actor, timeline.followed_by(app.actor.id), at)


async def test_posts_of_others_are_counted_up_to_a_bound(
    crowd: Crowd, home: House, alice: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        await published(home, alice.actor, f"Number {number}", visibility=Visibility.PUBLIC)
    theirs = crowd.followed[0].id
    for bound, expected in ((3, [3, 4]), (4, [4, 4]), (1000, None)):
        monkeypatch.setattr(limits, "COUNTED_POSTS", bound)
        async with home.context.database.read() as session:
            found = await batches.numbers(session, home.context, [theirs, alice.actor.id], fresh=True)
        counted = [found[theirs].statuses, found[alice.actor.id].statuses]
        assert counted == expected if expected else (counted[0] > 4 and counted[1] == 4)
