"""Who reads and what is private, for the matrix of visibility: one author, readers of six kinds, posts of four."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx

from actors import accounts, blocks, follows
from actors.models import Account, Actor, FollowState, Login, Token
from actors.personal import Passkey
from actors.remote import ensure
from fediverse_ai.app import create_app
from fediverse_ai.auth import session_cookie_name
from fediverse_ai.core.http import Budget
from fediverse_ai.core.limits import RateLimiter
from outbox import activities, publish
from outbox.belongings import Bookmark, Upload
from outbox.models import Attachment, Notification, Post, QuoteStamp, Reaction
from outbox.shelves import (
    Conversation,
    FeaturedTag,
    Filter,
    FilterKeyword,
    FilterPost,
    ListMember,
    OwnCollection,
    ReadingList,
)
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import picture_of, published, verdict, waiting_post
from tests.support.tokens import bearer, token_for

AUTHOR = "anna"
# Who may see which of the posts, by what they are to the author.
MAY_SEE = {
    "followers": {"author", "follower"},
    "direct": {"author", "addressed"},
    "held": {"author"},
    "deleted": set[str](),
}
LOCAL = {"stranger": "sam", "follower": "fred", "addressed": "dora", "author": AUTHOR, "blocked": "bert"}
REMOTE = ("stranger", "follower", "addressed", "blocked")


@dataclass
class Private:
    """A post that most may not see. Every needle is written into one part of it and nowhere else."""

    kind: str
    post: Post
    picture: Attachment
    needles: list[bytes]

    @property
    def files(self) -> list[bytes]:
        """The names of its files. Whoever knows one gets the file once the post is out (remote servers do not sign
        for pictures), so a name is as private as the post."""
        names = (self.picture.file, self.picture.thumbnail)
        return [name.encode() for name in names if name is not None]


@dataclass
class Reader:
    """Somebody who asks, in one way: `headers` of a request for this address."""

    role: str
    way: str
    person: Actor | None = None
    fixed: dict[str, str] = field(default_factory=dict)
    remote: RemoteActor | None = None

    def __str__(self) -> str:
        return f"{self.role} by {self.way}"

    def headers(self, method: str, url: str) -> dict[str, str]:
        return self.remote.sign(method, url, None) if self.remote is not None else self.fixed


@dataclass
class Cast:
    home: House
    author: Actor
    readers: list[Reader]
    private: list[Private]
    things: dict[str, int]
    """Rows of the author's own that are neither posts nor people, by what they are."""
    client: httpx.AsyncClient

    async def ask(self, reader: Reader, method: str, path: str, **options: Any) -> httpx.Response:
        """One request, straight into the application; no rate holds here."""
        self.home.context.part(RateLimiter)._free_at.clear()
        headers = {**options.pop("headers", {}), **reader.headers(method, f"{self.home.origin}{path}")}
        return await self.client.request(method, path, headers=headers, **options)

    def by(self, role: str, way: str) -> Reader:
        [found] = [one for one in self.readers if (one.role, one.way) == (role, way)]
        return found


async def _post(home: House, author: Actor, kind: str, mentions: list[Actor]) -> Private:
    """Text, warning, description, prompt, hashtag and both files carry a needle of their own."""
    needle = f"needle{kind}"
    columns: dict[str, Any] = {
        "visibility": kind if kind in ("followers", "direct") else "public",
        "summary": f"{needle}warning",
        "mentions": [{"uri": one.uri, "handle": one.handle, "url": one.page_url} for one in mentions],
        "request": {"image": {"prompt": f"{needle}prompt", "seed": 1}, "generator": "scene"},
    }
    post = await waiting_post(home, author, f"{needle}text #{needle}tag", **columns)
    recipe = {"title": "Scene", "generator": "scene", "version": "1", "prompt": f"{needle}recipe"}
    picture = await picture_of(home, post, f"{needle}file".encode(), alt=f"{needle}alt", recipe=recipe)
    small = await home.context.storage.put(f"{needle}small".encode(), ".jpg")
    async with home.context.database.write() as session:
        picture.thumbnail = small
        session.add(picture)
    judgement = await verdict(home, post)
    async with home.context.database.write() as session:
        session.add(post)
        if kind == "held":
            post.state, post.reason = "held", f"{needle}reason"
        else:
            await publish.publish(session, post, judgement)
    parts = ("text", "warning", "alt", "prompt", "recipe", "file", "small", "tag", "reason")
    return Private(kind, post, picture, [f"{needle}{part}".encode() for part in parts])


async def _stale(home: House, private: Iterable[Private], readers: Iterable[Actor], author: Actor) -> None:
    """What is left from when a post was open to these readers: likes, boosts, bookmarks, what they were told."""
    context = home.context
    async with context.database.write() as session:
        for one in private:
            for reader in readers:
                now = context.clock.now_ms()
                common = {"actor_id": reader.id, "post_id": one.post.id, "created_ms": now}
                for kind in ("like", "boost"):
                    uri = activities.new_uri(context)
                    session.add(Reaction(id=context.ids.new(), uri=uri, kind=kind, **common))
                session.add(Bookmark(id=context.ids.new(), **common))
                told = {"kind": "mention", "from_id": author.id, "cause": f"stale:{one.kind}"}
                session.add(Notification(id=context.ids.new(), **told, **common))
                thread = {"context_uri": f"{one.post.uri}#stale", "last_post_id": one.post.id}
                session.add(Conversation(id=context.ids.new(), actor_id=reader.id, **thread))


async def _things(home: House, author: Actor, other: Actor, post: Post) -> dict[str, int]:
    """One of everything that somebody can own here."""
    ids, now = home.context.ids, home.context.clock.now_ms()
    name = await home.context.storage.put(b"needleupload", ".jpg")
    made: dict[str, Any] = {
        "list": ReadingList(id=ids.new(), actor_id=author.id, title="needlelist"),
        "filter": Filter(id=ids.new(), actor_id=author.id, title="needlefilter", contexts=["home"]),
        "upload": Upload(
            id=ids.new(), actor_id=author.id, file_name=name, description="needleupload", created_ms=now
        ),
        "notification": Notification(
            id=ids.new(), actor_id=author.id, kind="follow", from_id=other.id, cause="needle", created_ms=now
        ),
        "aside": Notification(
            id=ids.new(), actor_id=author.id, kind="like", from_id=other.id, cause="aside", created_ms=now, aside=True
        ),
        "collection": OwnCollection(id=ids.new(), actor_id=author.id, name="needlecollection", created_ms=now),
        "featured_tag": FeaturedTag(id=ids.new(), actor_id=author.id, name="needlefeatured"),
        "scheduled": Post(
            id=ids.ahead(now + 3_600_000), uri=f"{home.origin}/notes/scheduled", local=True, author_id=author.id,
            state="scheduled", text="needlescheduled", created_ms=now, not_before_ms=now + 3_600_000,
        ),
        "stamp": QuoteStamp(
            id=ids.new(), post_id=post.id, interacting_uri="https://x.example/1", requester_id=other.id, created_ms=now
        ),
    }  # fmt: skip
    made["conversation"] = Conversation(
        id=ids.new(), actor_id=author.id, context_uri="https://x.example/thread", last_post_id=post.id
    )
    async with home.context.database.write() as session:
        session.add_all(made.values())
        await session.flush()
        keyword = FilterKeyword(id=ids.new(), filter_id=made["filter"].id, keyword="needlekeyword")
        member = ListMember(id=ids.new(), list_id=made["list"].id, member_id=other.id)
        hidden = FilterPost(id=ids.new(), filter_id=made["filter"].id, post_id=post.id)
        session.add_all([keyword, member, hidden])
    [account] = await home.rows(Account, actor_id=author.id)
    passkey = Passkey(
        id=ids.new(), account_id=account.id, credential_id="needle", credential=b"needlepasskey", sign_count=0,
        name="needlename", created_ms=now,
    )  # fmt: skip
    async with home.context.database.write() as session:
        session.add(passkey)
        await session.flush()
        passkey_id = passkey.id
    logins, tokens = await home.rows(Login, account_id=account.id), await home.rows(Token, account_id=account.id)
    further = {
        "request": other.id,
        "keyword": keyword.id,
        "filter_post": hidden.id,
        "login": logins[0].id,
        "app": tokens[0].app_id or 0,
        "passkey": passkey_id,
    }
    return {name: row.id for name, row in made.items()} | further


async def gather(home: House, peer: Peer) -> Cast:
    """Everybody in their place, and the four posts out or held."""
    people = {role: await home.make_actor(name) for role, name in LOCAL.items()}
    author = people["author"]
    readers = [Reader("nobody", "nothing")]
    remote: dict[str, Actor] = {}
    for number, role in enumerate(REMOTE):
        one = peer.actor(f"r{role}", key=number % 2)
        await ensure(home.context, one.uri, Budget(clock=home.context.clock))
        [remote[role]] = await home.rows(Actor, uri=one.uri)
        readers.append(Reader(role, "signature", remote[role], remote=one))
    async with home.context.database.write() as session:
        for follower in (people["follower"], remote["follower"]):
            await follows.add(session, follower, author, activities.new_uri(home.context), FollowState.ACCEPTED)
        for blocked in (people["blocked"], remote["blocked"]):
            await blocks.add(session, author, blocked, activities.new_uri(home.context))
    for role, person in people.items():
        async with home.context.database.write() as session:
            account = await accounts.account_of(session, person.username)
            assert account is not None
            secret = await accounts.open_session(session, account.id)
        token = await token_for(home, person.username)
        readers.append(Reader(role, "token", person, bearer(token)))
        cookie = {"cookie": f"{session_cookie_name(home.context.config)}={secret}"}
        readers.append(Reader(role, "cookie", person, cookie))
    named = {"direct": [people["addressed"], remote["addressed"]]}
    private = [await _post(home, author, kind, named.get(kind, [])) for kind in MAY_SEE]
    answer = await published(
        home, author, "An open answer", visibility="public", in_reply_to_id=private[0].post.id,
        in_reply_to_uri=private[0].post.uri, context_uri=private[0].post.context_uri,
    )  # fmt: skip
    await _stale(home, private, [people[role] for role in ("stranger", "addressed", "blocked", "follower")], author)
    things = await _things(home, author, people["follower"], private[0].post)
    async with home.context.database.write() as session:
        gone = await session.get(Post, next(one.post.id for one in private if one.kind == "deleted"))
        assert gone is not None
        await publish.remove(session, gone)
    transport = httpx.ASGITransport(app=create_app(home.context.config, home.context))
    client = httpx.AsyncClient(transport=transport, base_url=home.origin)
    return Cast(home, author, readers, private, things | {"answer": answer.id}, client)


__all__ = ["AUTHOR", "MAY_SEE", "Cast", "Private", "Reader", "gather"]
