"""An edit takes the road through the gate, then replaces what is shown and is sent as an Update."""

from __future__ import annotations

import pytest

from actors.models import Actor
from fediverse_ai.core.errors import Conflict, Forbidden, Unprocessable
from outbox import edit
from outbox.edit import Change
from outbox.models import Attachment, Judgement, Post, Revision
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import deliver_all, published, receive


async def _edit(home: House, author: Actor, post: Post, change: Change) -> Revision:
    async with home.context.database.write() as session:
        return await edit.edit(session, author, post, change)


async def _revise(home: House, revision: Revision) -> Revision:
    await edit.revise.function(home.context, [revision.id])
    [row] = await home.rows(Revision, id=revision.id)
    return row


async def test_an_edit_is_judged_kept_and_sent(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    post = await published(home, alice, "Good mornig")
    await deliver_all(home)
    revision = await _revise(home, await _edit(home, alice, post, Change(text="Good morning #Fog")))
    assert revision.state == "published"
    await deliver_all(home)
    update = await good.arrival("Update")
    assert "Good morning" in update["object"]["content"]
    assert update["object"]["updated"] > update["object"]["published"]
    assert "updated" not in (await good.arrival("Create"))["object"]
    served = await home.client.get(f"/notes/{post.id}", headers={"accept": "application/activity+json"})
    assert served.json()["content"] == update["object"]["content"]
    async with home.context.database.read() as session:
        versions = [row.text for row in await edit.history(session, post.id)]
    assert versions == ["Good mornig", "Good morning #Fog"]
    assert len(await home.rows(Judgement, post_id=post.id)) == 2


async def test_a_refused_edit_leaves_the_post_as_it_was(home: House, alice: Actor) -> None:
    post = await published(home, alice)
    before = (await home.rows(Post, id=post.id))[0].document
    # The shipped policy refuses this in every stage.
    wish = " ".join(["sexual", "nude", "picture", "of", "a", "child"])
    revision = await _revise(home, await _edit(home, alice, post, Change(text=wish)))
    assert revision.state in ("refused", "held")
    assert revision.rule
    assert (await home.rows(Post, id=post.id))[0].document == before


async def test_a_warning_can_be_added(home: House, alice: Actor) -> None:
    post = await published(home, alice)
    await _revise(home, await _edit(home, alice, post, Change(summary="fog")))
    [row] = await home.rows(Post, id=post.id)
    assert (row.summary, row.text) == ("fog", "Good morning")


async def test_a_picture_that_is_no_picture_any_more_is_held(home: House, alice: Actor) -> None:
    """The stored bytes are judged again with the new words; what cannot be read is never let through."""
    post = await published(home, alice, picture=True)
    [picture] = await home.rows(Attachment, post_id=post.id)
    revision = await _revise(home, await _edit(home, alice, post, Change(alts={picture.id: "A lighthouse in fog"})))
    assert revision.state == "held"
    assert [row.alt for row in await home.rows(Attachment, post_id=post.id)] == ["A lighthouse at dawn"]


async def test_who_and_what_may_not_be_edited(home: House, alice: Actor) -> None:
    ben = await home.make_actor("ben")
    post = await published(home, alice)
    with pytest.raises(Forbidden):
        await _edit(home, ben, post, Change(text="mine now"))
    with pytest.raises(Unprocessable):
        await _edit(home, alice, post, Change(text=" "))
    await _edit(home, alice, post, Change(text="one"))
    with pytest.raises(Conflict):
        await _edit(home, alice, post, Change(text="two"))
