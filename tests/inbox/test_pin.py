"""Add and Remove through the real route: only the author's own posts, only in the author's own collection (AUT-22)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from outbox.models import Post
from tests.inbox.stage import Document, Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import RemoteActor
from tests.support.rooms import deliver_all, published

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        # Their documents name a collection; the rows are made anew from them.
        for actor in (made.bob, made.eve, made.mal):
            actor.changes["featured"] = featured(actor)
            await made.receive(actor, actor.activity("Update", actor.document()))
        yield made


def featured(actor: RemoteActor) -> str:
    return f"{actor.uri}/collections/featured"


def pinning(sender: RemoteActor, uri: str, collection: str, kind: str = "Add") -> Document:
    return sender.activity(kind, uri) | {"target": collection}


async def kept(stage: Stage) -> Post:
    """A post of bob's that we have."""
    await stage.follow(stage.bob)
    note = stage.bob.note("<p>mine</p>")
    await stage.receive(stage.bob, stage.bob.create(note))
    return await stage.post_of(note)


async def test_a_post_is_pinned_and_unpinned_by_its_author(stage: Stage) -> None:
    post = await kept(stage)
    for kind, is_pinned in (("Add", True), ("Remove", False), ("Add", True)):
        made = pinning(stage.bob, post.uri, featured(stage.bob), kind)
        assert (await stage.receive(stage.bob, made)).state == "done"
        assert ((await stage.fresh(post)).pinned_ms is not None) == is_pinned


async def test_nobody_pins_for_another(stage: Stage) -> None:
    post = await kept(stage)
    for sender in (stage.mal, stage.eve):
        for collection in (featured(stage.bob), featured(sender)):
            await stage.refused(sender, pinning(sender, post.uri, collection))
    await stage.receive(stage.bob, pinning(stage.bob, post.uri, featured(stage.bob)))
    for sender in (stage.mal, stage.eve):
        await stage.refused(sender, pinning(sender, post.uri, featured(stage.bob), "Remove"))


async def test_other_collections_and_posts_of_ours_are_left_alone(stage: Stage) -> None:
    post = await kept(stage)
    ours = await published(stage.home, stage.alice)
    await deliver_all(stage.home)
    for collection in (f"{stage.bob.uri}/stories", f"{stage.alice.uri}/collections/featured"):
        await stage.refused(stage.bob, pinning(stage.bob, post.uri, collection))
    await stage.refused(stage.bob, pinning(stage.bob, ours.uri, featured(stage.bob)))
    await stage.refused(stage.bob, pinning(stage.bob, f"{stage.good.origin}/notes/none", featured(stage.bob)))
    await stage.refused(stage.bob, stage.bob.activity("Add", post.uri))
