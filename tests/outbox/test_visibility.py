"""may_see and its twin for lists agree, for every visibility and every kind of reader."""

from __future__ import annotations

import pytest
from sqlmodel import select

from actors import follows
from actors.models import Actor, Block, FollowState
from outbox.models import Post, Visibility
from outbox.visibility import may_see, seen_by
from tests.support.house import House
from tests.support.rooms import published, waiting_post

READERS = ("stranger", "author", "follower", "asked", "mentioned", "other", "blocked")
ALLOWED = {
    Visibility.PUBLIC: {"stranger", "author", "follower", "asked", "mentioned", "other"},
    Visibility.QUIET: {"stranger", "author", "follower", "asked", "mentioned", "other"},
    Visibility.FOLLOWERS: {"author", "follower", "mentioned"},
    Visibility.DIRECT: {"author", "mentioned"},
}


async def _readers(home: House, alice: Actor) -> dict[str, Actor | None]:
    people: dict[str, Actor | None] = {"stranger": None, "author": alice}
    for name in ("follower", "asked", "mentioned", "other", "blocked"):
        people[name] = await home.make_actor(name)
    async with home.context.database.write() as session:
        for name, state in (("follower", FollowState.ACCEPTED), ("asked", FollowState.PENDING)):
            person = people[name]
            assert person is not None
            await follows.add(session, person, alice, f"{person.uri}/follow", state)
        blocked = people["blocked"]
        assert blocked is not None
        session.add(Block(id=home.context.ids.new(), blocker_id=alice.id, blocked_id=blocked.id, created_ms=0))
    return people


@pytest.mark.parametrize("visibility", list(Visibility))
async def test_who_sees_a_published_post(home: House, alice: Actor, visibility: Visibility) -> None:
    people = await _readers(home, alice)
    mentioned = people["mentioned"]
    assert mentioned is not None
    mention = {"uri": mentioned.uri, "handle": mentioned.handle, "url": mentioned.page_url}
    post = await published(home, alice, visibility=visibility, mentions=[mention])
    async with home.context.database.read() as session:
        seen = {name for name in READERS if await may_see(session, people[name], post)}
        listed = set()
        for name in READERS:
            person = people[name]
            query = select(Post.id).where(seen_by(person.id if person else None))
            if (await session.exec(query)).first() is not None:
                listed.add(name)
    assert seen == ALLOWED[visibility]
    assert listed == ALLOWED[visibility] - ({"mentioned"} if visibility in ("followers", "direct") else set())


async def test_only_its_author_sees_what_is_not_out(home: House, alice: Actor) -> None:
    post = await waiting_post(home, alice)
    other = await home.make_actor("other")
    async with home.context.database.read() as session:
        assert await may_see(session, alice, post)
        assert not await may_see(session, other, post)
        assert not await may_see(session, None, post)


async def test_a_private_note_looks_exactly_like_a_missing_one(home: House, alice: Actor) -> None:
    post = await published(home, alice, visibility=Visibility.FOLLOWERS)
    accept = {"accept": "application/activity+json"}
    private = await home.client.get(f"/notes/{post.id}", headers=accept)
    missing = await home.client.get("/notes/1", headers=accept)
    assert private.status_code == missing.status_code == 404
    assert private.content == missing.content
    assert private.headers.get("cache-control") == missing.headers.get("cache-control")
