"""Histories put into a real server: two remote actors with real peers, documents, rows; and what is seen afterwards.

What a signature would prove is given (`tests/journeys` prove it): everything behind it is the product's own, from the
group commit of `Intake` to the handlers, with fetches over real HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlmodel import col, select

from actors import follows
from actors.models import Actor, FollowState
from actors.remote import read_actor, store
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.authority import admit_fetched, admit_signed
from inbox.jobs import handle
from inbox.models import Received
from inbox.receive import Arrival, Intake
from inbox.threads import fetch_ancestors
from outbox.activities import new_uri
from outbox.models import Post, PostState, Visibility
from tests.histories.model import ACTORS, HOME_POST, Event, History
from tests.support.house import House
from tests.support.peer import AS2, PUBLIC, Peer, RemoteActor

Document = dict[str, Any]

_serial = count(1)


def _post_of(home: House, author: Actor) -> Post:
    """A public post that went out long ago; `tests/outbox` publish theirs truly."""
    number, now, base = home.context.ids.new(), home.context.clock.now_ms(), home.context.config.public_url
    return Post(
        id=number,
        uri=f"{base}/notes/{number}",
        url=f"{base}/@{author.username}/{number}",
        local=True,
        author_id=author.id,
        state=PostState.PUBLISHED,
        visibility=Visibility.PUBLIC,
        content="<p>hello</p>",
        to=[PUBLIC],
        created_ms=now,
        published_ms=now,
    )


@dataclass
class Play:
    """One history on its way into `home`: who its actors are, and the documents of its events and notes."""

    home: House
    people: dict[str, Actor]
    history: History
    remote: dict[str, RemoteActor] = field(default_factory=dict)
    rows: dict[str, Actor] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    mine: Post | None = None
    first: int = 0
    """Every row of this history has a higher id."""
    began: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
    serial: int = field(default_factory=lambda: next(_serial))

    async def begin(self, peers: dict[str, Peer]) -> None:
        """Actors nobody knew before, both followed by alice and asked by lena, and a post of alice."""
        context = self.home.context
        self.first = context.ids.new()
        self.mine = _post_of(self.home, self.people["alice"])
        async with context.database.write() as session:
            session.add(self.mine)
            for name, peer in peers.items():
                made = self.remote[name] = peer.actor(f"{name}{self.serial}", key=ACTORS.index(name))
                facts = read_actor(admit_fetched(made.document(), made.uri, made.uri))
                row = self.rows[name] = await store(session, facts, peer.host)
                uri = new_uri(context)
                await follows.add(session, self.people["alice"], row, uri, FollowState.ACCEPTED)
                self.asked[name] = new_uri(context)
                await follows.add(session, self.people["lena"], row, self.asked[name], FollowState.PENDING)
        for name, note in self.history.world.notes.items():
            # Everything was said before any of it arrives: its home has the last version, or nothing any more.
            uri = self.uri_of(name)
            peer = self.remote[note.author].peer
            if note.alive:
                peer.serve({"@context": AS2, **self.note(name, note.version)})
            else:
                peer.documents.pop(uri.removeprefix(peer.origin), None)

    def end(self) -> None:
        """Peers look through all whom they know at every request: they forget these."""
        for one in self.remote.values():
            one.peer.actors.pop(one.name, None)

    def uri_of(self, target: str) -> str:
        if target in self.people:
            return self.people[target].uri
        if target == HOME_POST:
            assert self.mine is not None
            return self.mine.uri
        author = self.remote[self.history.world.notes[target].author]
        return f"{author.peer.origin}/notes/{self.serial}-{target.partition(' ')[2]}"

    def name_of(self, uri: str | None) -> str | None:
        """The name of a post, the reverse of `uri_of`."""
        return next((name for name in [HOME_POST, *self.history.world.notes] if self.uri_of(name) == uri), None)

    def _at(self, seconds: int) -> str:
        return (self.began + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def note(self, name: str, version: int) -> Document:
        """A note as it was after `version` edits."""
        note = self.history.world.notes[name]
        author = self.remote[note.author]
        alice = self.people["alice"].uri
        made: Document = {
            "id": self.uri_of(name),
            "type": "Note",
            "attributedTo": author.uri,
            "content": f"<p>{name}, version {version}</p>",
            "published": self._at(note.created),
            "to": [PUBLIC],
            "cc": [author.followers],
        }
        if version:
            made["updated"] = self._at(note.created + version)
        if note.parent is not None:
            made["inReplyTo"] = self.uri_of(note.parent)
        if note.mentions:
            made["tag"] = [{"type": "Mention", "href": alice, "name": "@alice"}]
        return made

    def activity(self, event: Event) -> Document:
        """The activity of an event, the same at every call."""
        author = self.remote[event.actor]
        made: Document = {
            "@context": AS2,
            "id": f"{author.peer.origin}/activities/{self.serial}-{event.index}",
            "type": event.kind,
            "actor": author.uri,
        }
        if event.kind in ("Follow", "Like", "Announce"):
            return made | {"object": self.uri_of(event.target)}
        if event.kind in ("Create", "Update"):
            return made | {"object": self.note(event.target, event.version), "to": [PUBLIC]}
        if event.kind == "Delete":
            uri = self.uri_of(event.target)
            return made | {"object": uri if event.form == "id" else {"id": uri, "type": "Tombstone"}}
        if event.kind == "Undo":
            assert event.undoes is not None
            inner = self.activity(self.history.events[event.undoes])
        else:
            follower = self.people["lena"].uri
            inner = {"id": self.asked[event.actor], "type": "Follow", "actor": follower, "object": author.uri}
        if event.form == "another id":
            inner["id"] = f"{made['id']}/object"
        return made | {"object": inner["id"] if event.form == "id" else inner}

    async def arrive(self, indices: Sequence[int], twice: bool) -> None:
        """One batch: stored in a group commit or known already, then handled, perhaps by a job that runs again."""
        context = self.home.context
        arrivals = []
        for index in indices:
            event = self.history.events[index]
            body = document.dump(self.activity(event))
            arrivals.append(Arrival(admit_signed(document.parse(body), self.remote[event.actor].uri), body))
        await asyncio.gather(*map(context.part(Intake).submit, arrivals))
        uris = [arrival.activity.id for arrival in arrivals]
        async with context.database.read() as session:
            ids = list(await session.exec(select(Received.id).where(col(Received.activity_uri).in_(uris))))
        for _ in range(1 + twice):
            await handle.function(context, list(ids))

    async def fetch_ancestors(self) -> None:
        """The job that looks for missing parents, for every reply that lacks one."""
        async with self.home.context.database.read() as session:
            orphans = select(Post.id).where(
                col(Post.author_id).in_([row.id for row in self.rows.values()]),
                col(Post.in_reply_to_uri).is_not(None),
                col(Post.in_reply_to_id).is_(None),
                Post.state == PostState.PUBLISHED,
            )
            ids = list(await session.exec(orphans))
        for post_id in ids:
            await fetch_ancestors.function(self.home.context, [post_id])
