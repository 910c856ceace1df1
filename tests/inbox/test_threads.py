"""Threads stay whole whatever the order, and a gone parent breaks nothing."""

from __future__ import annotations

from typing import Any

from actors.models import Actor
from fediverse_ai.core.limits import COLLECTION_PAGES
from inbox import threads
from outbox.models import Post
from outbox.queries import thread
from tests.support.house import House
from tests.support.peer import AS2, Peer, RemoteActor
from tests.support.rooms import published, receive


def _reply(author: RemoteActor, content: str, to: Any, **values: Any) -> dict[str, Any]:
    mention = values.pop("mention", None)
    tag = [{"type": "Mention", "href": mention, "name": "@alice"}] if mention else []
    return author.note(content, inReplyTo=to, tag=tag, **values)


async def _run(home: House, job: Any, *ids: int) -> None:
    await job.function(home.context, list(ids))


async def _post(home: House, uri: str) -> Post:
    [post] = await home.rows(Post, uri=uri)
    return post


async def test_missing_ancestors_are_fetched_up_to_the_root(home: House, alice: Actor, good: Peer) -> None:
    bob, carl = good.actor("bob"), good.actor("carl", key=1)
    root = carl.note("the beginning")
    middle = _reply(bob, "the middle", root["id"])
    last = _reply(bob, "hello @alice", middle["id"], mention=alice.uri)
    await receive(home, bob, bob.create(last))
    post = await _post(home, last["id"])
    assert (post.in_reply_to_uri, post.in_reply_to_id) == (middle["id"], None)
    jobs = [job for job in await home.context.jobs.waiting() if job.name.endswith("fetch_ancestors")]
    assert [job.ids for job in jobs] == [[post.id]]
    await _run(home, threads.fetch_ancestors, post.id)
    found_root, found_middle = await _post(home, root["id"]), await _post(home, middle["id"])
    assert (await _post(home, last["id"])).in_reply_to_id == found_middle.id
    assert found_middle.in_reply_to_id == found_root.id
    assert (found_root.replies, found_middle.replies) == (1, 1)


async def test_a_parent_that_is_gone_leaves_the_reply(home: House, alice: Actor, good: Peer) -> None:
    bob = good.actor("bob")
    note = _reply(bob, "hello @alice", f"{good.origin}/notes/gone", mention=alice.uri)
    await receive(home, bob, bob.create(note))
    post = await _post(home, note["id"])
    await _run(home, threads.fetch_ancestors, post.id)
    assert (await _post(home, note["id"])).in_reply_to_id is None
    assert len(await home.rows(Post)) == 1


async def test_a_chain_that_bites_its_tail_ends(home: House, alice: Actor, good: Peer) -> None:
    bob = good.actor("bob")
    one = bob.note("one", id=f"{good.origin}/notes/ring1", inReplyTo=f"{good.origin}/notes/ring2")
    two = bob.note("two", id=f"{good.origin}/notes/ring2", inReplyTo=one["id"])
    note = _reply(bob, "hello @alice", one["id"], mention=alice.uri)
    await receive(home, bob, bob.create(note))
    await _run(home, threads.fetch_ancestors, (await _post(home, note["id"])).id)
    assert {post.uri for post in await home.rows(Post)} == {one["id"], two["id"], note["id"]}


async def test_a_parent_claimed_for_somebody_else_is_not_kept(home: House, alice: Actor, good: Peer) -> None:
    bob = good.actor("bob")
    stolen = bob.note("not mine", attributedTo="https://elsewhere.test/users/eve")
    note = _reply(bob, "hello @alice", stolen["id"], mention=alice.uri)
    await receive(home, bob, bob.create(note))
    await _run(home, threads.fetch_ancestors, (await _post(home, note["id"])).id)
    assert await home.rows(Post, uri=stolen["id"]) == []


async def test_replies_that_came_first_are_adopted(home: House, alice: Actor, good: Peer) -> None:
    bob = good.actor("bob")
    parent = bob.note("hello @alice", tag=[{"type": "Mention", "href": alice.uri, "name": "@alice"}])
    child = _reply(bob, "and more, @alice", parent["id"], mention=alice.uri)
    await receive(home, bob, bob.create(child))
    await receive(home, bob, bob.create(parent))
    kept = await _post(home, parent["id"])
    assert (await _post(home, child["id"])).in_reply_to_id == kept.id
    assert kept.replies == 1


async def test_listed_replies_are_asked_at_their_own_homes(home: House, alice: Actor, good: Peer) -> None:
    bob, carl = good.actor("bob"), good.actor("carl", key=1)
    note = bob.note("hello @alice", tag=[{"type": "Mention", "href": alice.uri, "name": "@alice"}])
    answers = [_reply(carl, f"answer {number}", note["id"])["id"] for number in range(3)]
    embedded = {"id": f"{good.origin}/notes/forged", "type": "Note", "content": "forged", "attributedTo": carl.uri}
    first = {"type": "CollectionPage", "items": [*answers, embedded]}
    good.serve({**note, "replies": {"type": "Collection", "first": first}})
    await receive(home, bob, bob.create(note))
    post = await _post(home, note["id"])
    await _run(home, threads.fetch_replies, post.id)
    async with home.context.database.read() as session:
        shown = {view.post.uri for view in await thread(session, None, post.id)}
    assert shown == set(answers), "an embedded reply is only a hint"


async def test_the_thread_of_a_mastodon_is_read_beyond_the_embedded_page(home: House, alice: Actor, good: Peer) -> None:
    """The embedded page has the author's own replies only; those of all others are on the one that it names."""
    bob, carl = good.actor("bob"), good.actor("carl", key=1)
    note = bob.note("hello @alice", tag=[{"type": "Mention", "href": alice.uri, "name": "@alice"}])
    own, others = _reply(bob, "and more", note["id"])["id"], _reply(carl, "an answer", note["id"])["id"]
    uri = f"{note['id']}/replies"
    page = {"id": f"{uri}/page", "type": "CollectionPage", "partOf": uri, "items": [others]}
    good.serve({"@context": AS2, **page})
    first = {"type": "CollectionPage", "next": page["id"], "partOf": uri, "items": [own]}
    good.serve({**note, "replies": {"id": uri, "type": "Collection", "first": first}})
    await receive(home, bob, bob.create(note))
    await _run(home, threads.fetch_replies, (await _post(home, note["id"])).id)
    assert {post.uri for post in await home.rows(Post)} == {note["id"], own, others}


async def test_so_many_pages_of_replies_are_read(home: House, alice: Actor, good: Peer) -> None:
    bob, carl = good.actor("bob"), good.actor("carl", key=1)
    note = bob.note("hello @alice", tag=[{"type": "Mention", "href": alice.uri, "name": "@alice"}])
    answers = [_reply(carl, f"answer {number}", note["id"])["id"] for number in range(COLLECTION_PAGES + 1)]
    uri = f"{note['id']}/replies"
    for number, answer in enumerate(answers):
        page = {"id": f"{uri}/{number}", "type": "CollectionPage", "items": [answer], "next": f"{uri}/{number + 1}"}
        good.serve({"@context": AS2, **page})
    good.serve({**note, "replies": f"{uri}/0"})
    await receive(home, bob, bob.create(note))
    await _run(home, threads.fetch_replies, (await _post(home, note["id"])).id)
    assert {post.uri for post in await home.rows(Post)} == {note["id"], *answers[:COLLECTION_PAGES]}


async def test_deleting_a_reply_lowers_the_count(home: House, alice: Actor, good: Peer) -> None:
    bob = good.actor("bob")
    post = await published(home, alice)
    note = _reply(bob, "nice", post.uri)
    await receive(home, bob, bob.create(note))
    assert (await _post(home, post.uri)).replies == 1
    await receive(home, bob, bob.activity("Delete", {"id": note["id"], "type": "Tombstone"}))
    assert (await _post(home, post.uri)).replies == 0
