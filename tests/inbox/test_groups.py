"""What communities announce (FEP-1b12; Lemmy, PieFed, Mbin): what their people did, believed only by its home."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from actors.models import Actor, DomainRule
from actors.policy import DomainRules
from inbox.models import Received
from outbox.models import Activity, Post, PostState, Reaction, ReactionKind
from tests.inbox.stage import Document, Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import PUBLIC, RemoteActor
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


async def community(stage: Stage) -> RemoteActor:
    """A group on `evil`, which alice follows; its people are eve and bob of `good`."""
    group = stage.evil.actor("pictures", key=1, type="Group")
    await stage.follow(group)
    return group


def announced(group: RemoteActor, inner: Document) -> Document:
    """As Lemmy writes it: the whole activity, without a context of its own."""
    return group.activity("Announce", {key: value for key, value in inner.items() if key != "@context"}, to=[PUBLIC])


def page(stage: Stage, group: RemoteActor, **values: object) -> Document:
    return stage.eve.note("<p>Look</p>", type="Page", name="Dunes", audience=group.uri, **values)


async def begun(stage: Stage, group: RemoteActor) -> tuple[Document, Post]:
    """A page that the group announced, and our copy of it."""
    made = page(stage, group)
    row = await stage.receive(group, announced(group, stage.eve.create(made)))
    assert row.state == "done", row.detail
    return made, await stage.post_of(made)


async def test_a_new_post_is_the_groups_boost(stage: Stage) -> None:
    group = await community(stage)
    made, post = await begun(stage, group)
    [booster] = await stage.home.rows(Actor, uri=group.uri)
    assert [row.actor_id for row in await stage.home.rows(Reaction, post_id=post.id)] == [booster.id]
    again = await stage.receive(group, group.activity("Announce", made["id"], to=[PUBLIC]))
    assert again.state == "ignored", "Lemmy says it a second time, for Mastodon"
    assert (await stage.fresh(post)).boosts == 1


async def test_an_answer_below_it_is_kept_and_boosted_by_nobody(stage: Stage) -> None:
    group = await community(stage)
    made, post = await begun(stage, group)
    answer = stage.bob.note("<p>Fine dunes</p>", inReplyTo=made["id"], audience=group.uri)
    row = await stage.receive(group, announced(group, stage.bob.create(answer)))
    assert row.state == "done", row.detail
    kept = await stage.post_of(answer)
    assert (kept.in_reply_to_id, kept.content) == (post.id, "<p>Fine dunes</p>")
    assert (await stage.fresh(post)).replies == 1
    assert await stage.home.rows(Reaction, post_id=kept.id) == []
    deeper = stage.eve.note("<p>Thank you</p>", inReplyTo=answer["id"], audience=group.uri)
    await stage.receive(group, announced(group, stage.eve.create(deeper)))
    assert (await stage.post_of(deeper)).in_reply_to_id == kept.id


async def test_the_words_of_the_group_count_for_nothing(stage: Stage) -> None:
    """The home of the answer is asked, and says it otherwise; what it does not know at all is not kept."""
    group = await community(stage)
    made, _ = await begun(stage, group)
    answer = stage.bob.note("<p>As I said it</p>", inReplyTo=made["id"], audience=group.uri)
    create = stage.bob.create(answer)
    await stage.receive(group, announced(group, create | {"object": create["object"] | {"content": "<p>Forged</p>"}}))
    assert (await stage.post_of(answer)).content == "<p>As I said it</p>"
    invented = {**answer, "id": f"{stage.good.origin}/notes/invented"}
    forged = stage.bob.activity("Create", invented, id=f"{stage.good.origin}/activities/invented")
    for one in (invented, forged):
        stage.good.documents.pop(one["id"].removeprefix(stage.good.origin), None)
    row = await stage.refused(group, announced(group, forged), egress=True)
    assert row.state == "ignored"


async def test_an_edit_and_a_deletion_reach_the_copy(stage: Stage) -> None:
    group = await community(stage)
    made, post = await begun(stage, group)
    edited = made | {"name": "Other dunes", "updated": "2099-01-01T00:00:00Z"}
    stage.good.serve(edited)
    assert (await stage.receive(group, announced(group, stage.eve.activity("Update", edited)))).state == "done"
    assert "Other dunes" in (await stage.fresh(post)).content
    delete = announced(group, stage.eve.activity("Delete", made["id"]))
    still = await stage.receive(group, delete)
    assert (still.state, (await stage.fresh(post)).state) == ("ignored", PostState.PUBLISHED), "its home still has it"
    stage.good.documents.pop(made["id"].removeprefix(stage.good.origin))
    gone = await stage.receive(group, announced(group, stage.eve.activity("Delete", made["id"])))
    assert (gone.state, (await stage.fresh(post)).state) == ("done", PostState.DELETED)


async def test_a_like_of_ours_counts_once_its_home_says_so(stage: Stage) -> None:
    group = await community(stage)
    post = await published(stage.home, stage.alice)
    like = stage.bob.activity("Like", post.uri)
    assert (await stage.receive(group, announced(group, like))).state == "done"
    assert [row.kind for row in await stage.home.rows(Reaction, post_id=post.id)] == [ReactionKind.LIKE]
    unknown = stage.eve.activity("Like", post.uri)
    stage.good.documents.pop(unknown["id"].removeprefix(stage.good.origin))
    await stage.refused(group, announced(group, unknown), egress=True)


async def test_what_nobody_follows_is_not_asked_for(stage: Stage) -> None:
    """Nor what says something about accounts, or boosts inside of boosts."""
    group = stage.evil.actor("quiet", key=1, type="Group")
    await stage.row_of(group)
    made = page(stage, group)
    await stage.refused(group, announced(group, stage.eve.create(made)))
    answer = stage.bob.note("<p>Hm</p>", inReplyTo=made["id"], audience=group.uri)
    await stage.refused(group, announced(group, stage.bob.create(answer)))
    followed = await community(stage)
    known, _ = await begun(stage, followed)
    for kind in ("Follow", "Block", "Undo", "Dislike", "Announce"):
        row = await stage.refused(followed, announced(followed, stage.bob.activity(kind, known["id"])))
        assert row.state == "unsupported", kind


async def test_an_answer_needs_a_thread_that_is_here_and_a_group(stage: Stage) -> None:
    group = await community(stage)
    made, _ = await begun(stage, group)
    elsewhere = stage.bob.note("<p>Hm</p>", inReplyTo=f"{stage.good.origin}/notes/unknown", audience=group.uri)
    await stage.refused(group, announced(group, stage.bob.create(elsewhere)))
    person = stage.evil.actor("dora", key=2)
    await stage.follow(person)
    answer = stage.bob.note("<p>Hm</p>", inReplyTo=made["id"])
    await stage.refused(person, announced(person, stage.bob.create(answer)))


async def test_a_suspended_server_says_nothing_through_a_group(stage: Stage) -> None:
    group = await community(stage)
    made, _ = await begun(stage, group)
    context = stage.home.context
    rule = DomainRule(id=context.ids.new(), host="else.test", created_ms=1)
    async with context.database.write() as session:
        session.add(rule)
    context.part(DomainRules).forget()
    origin = "https://else.test"
    note = {"id": f"{origin}/n/1", "type": "Note", "attributedTo": f"{origin}/u/1", "inReplyTo": made["id"]}
    inner = {"id": f"{origin}/a/1", "type": "Create", "actor": f"{origin}/u/1", "object": note}
    row = await stage.refused(group, announced(group, inner))
    assert row.state == "dropped"


async def test_what_a_group_announced_is_not_carried_on(stage: Stage) -> None:
    """Our followers get replies from us in the bytes of who wrote them, not wrapped in a group's words."""
    group = await community(stage)
    await stage.receive(stage.mal, stage.mal.activity("Follow", stage.alice.uri))
    post = await published(stage.home, stage.alice)
    followers = f"{stage.alice.uri}/followers"
    answer = stage.bob.note("<p>Yes</p>", inReplyTo=post.uri, cc=[followers])
    row = await stage.receive(group, announced(group, stage.bob.create(answer)))
    assert row.state == "done", row.detail
    [received] = await stage.home.rows(Received, id=row.id)
    assert await stage.home.rows(Activity, uri=received.activity_uri) == []
