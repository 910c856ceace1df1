"""One day of a server of ours over TLS: everything that it served and everything that it sent, for the oracles.

home.test has alice (a person) and robot (a service); bob on good.test follows alice and is followed by her.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import local, queries
from actors.models import Actor, Follow
from actors.remote import ensure
from fediverse_ai.core.context import context_of
from fediverse_ai.core.http import Budget
from inbox.models import Received
from outbox import activities, block, documents, follow, pin, profile, react, report
from outbox.models import Post, ReactionKind, Visibility
from outbox.publish import publish, remove
from outbox.send import send
from tests.oracles.facts import Sent, Served
from tests.support import wire
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON, Peer, RemoteActor, peer
from tests.support.rooms import deliver_all, picture_of, published, receive, verdict, waiting_post
from tests.support.tls import Authority

# What answers, by name: documents of one kind are judged by the same oracles.
ACTORS, NOTES, COLLECTIONS, PAGES = "actor", "note", "collection", "page"


@dataclass
class Day:
    """`served` by (kind, name), `sent` by the order of things, `heads` and `pages`: answers to HEAD and to browsers."""

    served: dict[tuple[str, str], Served] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    heads: dict[str, Served] = field(default_factory=dict)
    browsed: dict[str, Served] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def of(self, kind: str) -> list[tuple[str, Served]]:
        return [(name, served) for (one, name), served in self.served.items() if one == kind]

    def posts(self, kind: str | None = None) -> list[Sent]:
        return [one for one in self.sent if one.method == "POST" and kind in (None, one.document["type"])]


class _Clerk:
    """Does one thing after the other and delivers after each, so that the order of arrival is that of doing."""

    def __init__(self, home: House, good: Peer, bob: RemoteActor, alice: Actor) -> None:
        self.home, self.good, self.bob, self.alice = home, good, bob, alice
        self.day = Day()

    async def do(self, verb: Any, *values: Any, **options: Any) -> Any:
        """One verb of the outbox in a transaction; `values` that are rows are loaded anew."""
        async with self.home.context.database.write() as session:
            rows = [await _fresh(session, value) for value in values]
            made = await verb(session, *rows, **options)
        await deliver_all(self.home)
        return made

    async def get(self, kind: str, name: str, url: str, accept: str = ACTIVITY_JSON) -> Any:
        answer = await self.home.client.get(url, headers={"accept": accept})
        body: Any = answer.text
        if "json" in answer.headers.get("content-type", ""):
            body = orjson.loads(answer.content)
        self.day.served[kind, name] = Served(url, answer.status_code, dict(answer.headers), body, len(answer.content))
        return body

    async def head_and_browse(self, url: str) -> None:
        head = await self.home.client.head(url, headers={"accept": ACTIVITY_JSON})
        self.day.heads[url] = Served(url, head.status_code, dict(head.headers), head.content)
        page = await self.home.client.get(url, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        self.day.browsed[url] = Served(url, page.status_code, dict(page.headers), page.text)


async def _fresh(session: AsyncSession, value: Any) -> Any:
    return await session.get(type(value), value.id) if isinstance(value, Actor | Post | Follow) else value


async def spend_a_day(folder: Path) -> Day:
    authority = Authority(folder / "ca")
    hosts = {"hosts": {"good.test": "127.0.0.1"}}
    async with (
        house(folder / "home", authority=authority, name="home.test", http=hosts) as home,
        peer("good.test", authority) as good,
        wire.client(authority) as client,
    ):
        good.client = client
        alice = await home.make_actor("alice")
        clerk = _Clerk(home, good, good.actor("bob"), alice)
        async with home.context.database.write() as session:
            await local.create(session, "robot", kind="Service")
        await _meet(clerk)
        posts = await _publish(clerk)
        await _look(clerk, posts)
        await _react(clerk, posts)
        await _part(clerk, posts)
        await _collect(clerk)
        return clerk.day


async def _meet(clerk: _Clerk) -> None:
    home, bob = clerk.home, clerk.bob
    await receive(home, bob, bob.activity("Follow", clerk.alice.uri))
    context = home.context
    await ensure(context, bob.uri, Budget(clock=context.clock))
    [row] = await home.rows(Actor, uri=bob.uri)
    await clerk.do(follow.ask, clerk.alice, row)
    asked = await clerk.good.arrival("Follow")
    await receive(home, bob, bob.activity("Accept", asked))
    changes = {"name": "Alice A.", "summary": "I make pictures.\n\nWith a machine."}
    await clerk.do(profile.edit, clerk.alice, changes=changes)
    await receive(home, bob, bob.create(bob.note("<p>Hello world</p>")))


async def _publish(clerk: _Clerk) -> dict[str, Post]:
    home, alice = clerk.home, clerk.alice
    name = clerk.bob.handle[1:]
    bob = {"uri": clerk.bob.uri, "handle": name, "url": clerk.bob.uri, "as_written": name}
    [theirs] = await home.rows(Post, local=False)
    made = {
        "text": await published(home, alice, "Harbour & quay <3 #Morning\n\nsecond", visibility=Visibility.PUBLIC),
        "quiet": await published(home, alice, "For those who look", summary="heights"),
        "picture": await published(home, alice, "A lighthouse", picture=True),
        "followers": await published(home, alice, "Among us", picture=True, visibility=Visibility.FOLLOWERS),
        "direct": await published(home, alice, f"For you @{name}", visibility=Visibility.DIRECT, mentions=[bob]),
    }
    await deliver_all(home)
    made["four"] = await _four_pictures(clerk)
    reply = {"in_reply_to_id": theirs.id, "in_reply_to_uri": theirs.uri, "mentions": [bob]}
    made["reply"] = await published(home, alice, f"@{name} hello #Back", **reply)
    made["quote"] = await published(home, alice, "Look at this", quote_uri=theirs.uri)
    await deliver_all(home)
    return made


async def _four_pictures(clerk: _Clerk) -> Post:
    post = await waiting_post(clerk.home, clerk.alice, "Four #Views", visibility=Visibility.PUBLIC)
    for position in range(4):
        await picture_of(clerk.home, post, b"picture %d" % position, position=position, width=3840, height=2160)
    judgement = await verdict(clerk.home, post)
    await clerk.do(publish, post, judgement=judgement)
    return post


async def _look(clerk: _Clerk, posts: dict[str, Post]) -> None:
    origin, alice = clerk.home.origin, f"{clerk.home.origin}/users/alice"
    host = clerk.home.context.config.host
    await clerk.get(ACTORS, "alice", alice)
    await clerk.get(ACTORS, "robot", f"{origin}/users/robot")
    await clerk.get("instance", "instance", f"{origin}/actor")
    for name in ("text", "quiet", "picture", "four", "reply"):
        await clerk.get(NOTES, name, posts[name].uri)
        for which in ("replies", "likes", "shares"):
            await clerk.get(COLLECTIONS, f"{name} {which}", f"{posts[name].uri}/{which}")
    for name in ("followers", "direct"):
        await clerk.get("hidden", name, posts[name].uri)
        answer = await clerk.bob.get(posts[name].uri)
        body = orjson.loads(answer.content)
        clerk.day.served["private", name] = Served(posts[name].uri, answer.status_code, dict(answer.headers), body)
    for which in ("outbox", "followers", "following"):
        body = await clerk.get(COLLECTIONS, which, f"{alice}/{which}")
        await clerk.get(PAGES, which, body["first"])
    finger = f"{origin}/.well-known/webfinger?resource="
    for name, resource in (("acct", f"acct:Alice@{host}"), ("id", alice), ("page", f"{origin}/@alice")):
        await clerk.get("webfinger", name, finger + resource, "application/jrd+json")
    await clerk.get("webfinger", "instance", f"{finger}acct:{host}@{host}")
    await clerk.get("nodeinfo links", "links", f"{origin}/.well-known/nodeinfo", "application/json")
    for version in ("2.0", "2.1"):
        await clerk.get("nodeinfo", version, f"{origin}/nodeinfo/{version}", "application/json")
    await clerk.get("host-meta", "xml", f"{origin}/.well-known/host-meta", "application/xrd+xml")
    picture = clerk.day.served[NOTES, "picture"].document["attachment"][0]["url"]
    await clerk.get("media", "picture", picture, "*/*")
    for url in (alice, posts["text"].uri, f"{origin}/actor", f"{alice}/outbox", picture):
        await clerk.head_and_browse(url)
    await clerk.get("missing", "nobody", f"{origin}/users/nobody")
    await clerk.get("missing", "nothing", f"{origin}/notes/1")
    await clerk.get("missing", "no finger", f"{finger}x")
    for name, url in (("actor", f"{origin}/@alice"), ("note", posts["text"].url or "")):
        await clerk.get("html", name, url, "text/html")


async def _react(clerk: _Clerk, posts: dict[str, Post]) -> None:
    home, alice = clerk.home, clerk.alice
    [theirs] = await home.rows(Post, local=False)
    for verb in (react.like, react.boost):
        await clerk.do(verb, alice, theirs)
    for kind in ReactionKind:
        await clerk.do(react.take_back, alice, theirs, kind=kind)
    await clerk.do(react.like, alice, theirs, emoji="\U0001f98a", as_react=True)
    await clerk.do(pin.pin, alice, posts["text"])
    await clerk.do(pin.unpin, alice, posts["text"])
    await clerk.do(_edited, posts["text"], alice)
    await clerk.do(remove, posts["quiet"])
    home.clock.forward(5)  # past the moment for which answers are kept
    await clerk.get("tombstone", "quiet", posts["quiet"].uri)


async def _edited(session: AsyncSession, post: Post, author: Actor) -> None:
    """An Update as an edit sends it, without the wait for the moderators."""
    context = context_of(session)
    post.updated_ms = (post.published_ms or 0) + 60_000
    body = activities.update(context, post, author, await documents.render(session, post, author))
    await send(session, author, body, await queries.follower_inboxes(session, author.id), object_uri=post.uri)


async def _part(clerk: _Clerk, posts: dict[str, Post]) -> None:
    home, alice = clerk.home, clerk.alice
    [bob] = await home.rows(Actor, uri=clerk.bob.uri)
    carl = clerk.good.actor("carl", key=1)
    await receive(home, carl, carl.activity("Follow", alice.uri))
    await clerk.do(report.report, alice, bob, comment="rude", forward=True)
    await clerk.do(block.block, alice, bob)
    [asked] = await home.rows(Received, sender_uri=carl.uri)
    [row] = await home.rows(Actor, uri=asked.sender_uri)
    await clerk.do(_moved, alice, row)


async def _moved(session: AsyncSession, actor: Actor, target: Actor) -> None:
    context = context_of(session)
    await send(session, actor, activities.move(context, actor, target), [target.inbox_url])


async def _collect(clerk: _Clerk) -> None:
    """What reached good.test, with its own verdict about each signature."""
    for arrival in clerk.good.arrivals:
        body, headers = orjson.dumps(arrival.activity), arrival.headers
        url = f"{clerk.good.origin}{arrival.path}"
        clerk.day.sent.append(Sent("POST", url, headers, body, arrival.activity))
        if arrival.problem is not None:
            clerk.day.problems.append(f"{arrival.activity.get('type')}: {arrival.problem}")
    for asked in clerk.good.asked:
        if asked.method == "GET":
            clerk.day.sent.append(Sent("GET", f"{clerk.good.origin}{asked.path}", asked.headers))
