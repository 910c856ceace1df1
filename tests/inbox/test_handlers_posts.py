"""Create, Update and Delete of posts and actors through the real route, and what belongs to no entry of the table.

The refusals are those of the threat catalogue's authority list (AUT-…), each with the oracles of `stage`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from actors import local
from actors.models import Actor, Follow
from inbox.models import Tombstone
from outbox import search
from outbox.models import Attachment, Notification, Post, PostState, Reaction, Visibility
from tests.inbox.stage import Document, Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON, PUBLIC, RemoteActor
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        await made.follow(made.bob)
        yield made


def edited(note: Document, sender: RemoteActor, seconds: float = 60, **values: Any) -> Document:
    """An Update of a Note, `seconds` after it was published."""
    updated = datetime.fromisoformat(note["published"]) + timedelta(seconds=seconds)
    inner = {name: value for name, value in note.items() if name != "@context"}
    inner |= {"updated": updated.strftime("%Y-%m-%dT%H:%M:%SZ"), **values}
    return sender.activity("Update", inner, to=[PUBLIC])


async def kept(stage: Stage, **values: Any) -> tuple[Document, Post]:
    """A Note of bob, whom alice follows, and its row."""
    note = stage.bob.note(values.pop("content", "<p>first</p>"), **values)
    row = await stage.receive(stage.bob, stage.bob.create(note))
    assert row.state == "done", row.detail
    return note, await stage.post_of(note)


# Create


async def test_a_post_of_somebody_alice_follows_is_kept_as_it_was_meant(stage: Stage) -> None:
    note, post = await kept(
        stage,
        content='<p onclick="x()">Hi <script>alert(1)</script><b>you</b></p>',
        summary="heights",
        sensitive=True,
        contentMap={"de": "x"},
        tag=[{"type": "Hashtag", "name": "#Alps"}],
        attachment=[{"type": "Image", "mediaType": "image/png", "url": "https://cdn.test/a.png", "name": "A ridge"}],
    )
    assert post.content == "<p>Hi <b>you</b></p>"
    assert (post.summary, post.sensitive, post.language, post.hashtags) == ("heights", True, "de", ["Alps"])
    assert (post.visibility, post.local, post.url) == (Visibility.PUBLIC, False, note["id"])
    [picture] = await stage.home.rows(Attachment, post_id=post.id)
    assert (picture.url, picture.alt, picture.media_type) == ("https://cdn.test/a.png", "A ridge", "image/png")


async def test_single_values_stand_for_lists_and_alt_text_may_be_a_summary(stage: Stage) -> None:
    """GoToSocial describes pictures in `summary` alone; Takahe writes `as:Public`."""
    note = stage.bob.note("<p>one</p>", tag={"type": "Hashtag", "name": "#One"})
    note |= {"to": "as:Public", "cc": stage.bob.followers}
    note["attachment"] = {"type": "Image", "url": "https://cdn.test/b.jpg", "summary": "A lake"}
    assert (await stage.receive(stage.bob, stage.bob.activity("Create", note))).state == "done"
    post = await stage.post_of(note)
    assert (post.visibility, post.to, post.hashtags) == (Visibility.PUBLIC, [PUBLIC], ["One"])
    assert [row.alt for row in await stage.home.rows(Attachment, post_id=post.id)] == ["A lake"]


@pytest.mark.parametrize(
    ("to", "cc", "visibility"),
    [
        (["P"], ["F"], "public"), (["F"], ["P"], "quiet"), (["F"], [], "followers"), ([], ["F"], "followers"),
        (["A"], [], "direct"), ([], [], "direct"), (["https://other.test/users/x/followers"], [], "direct"),
    ],
)  # fmt: skip
async def test_visibility_is_read_as_mastodon_reads_it(
    stage: Stage, to: list[str], cc: list[str], visibility: str
) -> None:
    names = {"P": PUBLIC, "F": stage.bob.followers, "A": stage.alice.uri}
    audience = {"to": [names.get(one, one) for one in to], "cc": [names.get(one, one) for one in cc]}
    _, post = await kept(stage, **audience)
    assert post.visibility == visibility


async def test_an_object_given_by_its_id_is_taken_from_its_home(stage: Stage) -> None:
    note = stage.bob.note("<p>by id</p>")
    assert (await stage.receive(stage.bob, stage.bob.activity("Create", note["id"]))).state == "done"
    assert (await stage.post_of(note)).content == "<p>by id</p>"


async def test_a_mention_is_told_and_a_reply_is_counted(stage: Stage) -> None:
    """From a stranger, whom nobody here follows."""
    mine = await published(stage.home, stage.alice)
    mention = {"type": "Mention", "href": stage.alice.uri, "name": f"@{stage.alice.handle}"}
    answer = stage.mal.note("<p>nice</p>", inReplyTo=mine.uri)
    call = stage.mal.note("<p>hello</p>", tag=[mention], to=[stage.alice.uri], cc=[])
    for note in (answer, call):
        for _ in range(2):
            await stage.receive(stage.mal, stage.mal.create(note))
    told = await stage.home.rows(Notification, actor_id=stage.alice.id)
    posts = [await stage.post_of(answer), await stage.post_of(call)]
    assert sorted((row.kind, row.post_id) for row in told) == sorted(("mention", post.id) for post in posts)
    assert (await stage.fresh(mine)).replies == 1
    assert posts[0].in_reply_to_id == mine.id
    await stage.receive(stage.mal, stage.mal.activity("Delete", answer["id"]))
    assert (await stage.fresh(mine)).replies == 0


async def test_what_nobody_here_asked_for_is_not_kept(stage: Stage) -> None:
    await stage.refused(stage.mal, stage.mal.create(stage.mal.note("<p>buy</p>")))
    await stage.refused(stage.mal, stage.mal.activity("Create", stage.mal.note("<p>buy</p>")["id"]))


async def test_a_vote_is_no_reply(stage: Stage) -> None:
    mine = await published(stage.home, stage.alice)
    vote = stage.bob.note("", name="Yes", inReplyTo=mine.uri)
    del vote["content"]
    await stage.refused(stage.bob, stage.bob.create(vote))
    assert (await stage.fresh(mine)).replies == 0


async def test_a_note_of_somebody_else_is_not_believed(stage: Stage) -> None:
    """AUT-01, AUT-02, AUT-08: another server's, the sender's id with another's name, a neighbour's."""
    await stage.follow(stage.mal)
    theirs = stage.bob.note("<p>bob says</p>")
    await stage.refused(stage.mal, stage.mal.create({**theirs, "content": "<p>forged</p>"}))
    posing = stage.mal.note("<p>posing</p>", attributedTo=stage.bob.uri)
    await stage.refused(stage.mal, stage.mal.create(posing), egress=True)
    neighbour = stage.eve.note("<p>eve says</p>")
    await stage.refused(stage.bob, stage.bob.create(neighbour), egress=True)


@pytest.mark.parametrize("name", ["foreign id", "another's page", "redirect", "page", "plain json", "upload"])
async def test_what_an_address_holds_must_be_its_own(stage: Stage, name: str) -> None:
    """AUT-03 to AUT-06: only a document that its own id answers with, as ActivityPub, on bob's server."""
    genuine = stage.mal.note("<p>mal says</p>")
    note = stage.bob.note("<p>bob says</p>")
    path = note["id"].removeprefix(stage.good.origin)
    body = stage.good.documents.pop(path)
    other = stage.eve.note("<p>eve says</p>")
    elsewhere = stage.good.documents[other["id"].removeprefix(stage.good.origin)]
    answers: dict[str, Any] = {
        "foreign id": (200, {"content-type": ACTIVITY_JSON}, body.replace(b"/notes/", b"/other/")),
        "another's page": (200, {"content-type": ACTIVITY_JSON}, elsewhere),
        "redirect": (302, {"location": genuine["id"]}, b""),
        "page": (200, {"content-type": "text/html"}, body),
        "plain json": (200, {"content-type": "application/json"}, body),
        "upload": (200, {"content-type": "image/png"}, body),
    }  # fmt: skip

    async def answer(*_: Any) -> Any:
        return answers[name]

    stage.good.behaviours[path] = answer
    await stage.refused(stage.bob, stage.bob.activity("Create", note["id"]), egress=True)


async def test_a_known_private_post_keeps_its_readers(stage: Stage) -> None:
    """AUT-07: a Create over it, by its author's neighbour or by a stranger, with Public in `to`."""
    note, post = await kept(stage, to=[stage.bob.followers], cc=[])
    for other in (stage.mal, stage.eve):
        await stage.refused(other, other.activity("Create", {**note, "to": [PUBLIC]}, to=[PUBLIC]))
    again = stage.bob.activity("Create", {**note, "to": [PUBLIC]}, to=[PUBLIC])
    await stage.refused(stage.bob, again)
    assert (await stage.fresh(post)).visibility == Visibility.FOLLOWERS


@pytest.mark.parametrize("author", [1, "1", "alice", ["x", 1], {"id": 1}, None, [], "local"])
async def test_an_author_that_is_no_id_is_nobody(stage: Stage, author: Any) -> None:
    """AUT-09: NodeBB posted as its user number 1 this way."""
    author = stage.alice.uri if author == "local" else author
    note = stage.bob.note("<p>who</p>", attributedTo=author)
    await stage.refused(stage.bob, stage.bob.create(note), egress=True)
    assert await stage.home.rows(Post, author_id=stage.alice.id) == []


async def test_ids_of_ours_do_not_come_from_outside(stage: Stage) -> None:
    """AUT-10."""
    for uri in (f"{stage.home.origin}/notes/9", stage.alice.uri):
        note = {**stage.bob.note("<p>x</p>"), "id": uri}
        await stage.refused(stage.bob, stage.bob.activity("Create", note))
        await stage.refused(stage.bob, stage.bob.activity("Create", uri))


@pytest.mark.parametrize("published_at", ["2999-01-01T00:00:00Z", "+10000-01-01T00:00:00Z", "yesterday", None, 7])
async def test_no_claimed_time_puts_a_post_first(stage: Stage, published_at: Any) -> None:
    """AUT-37."""
    before = stage.home.clock.now_ms()
    note = stage.bob.note("<p>late</p>") | {"published": published_at}
    await stage.receive(stage.bob, stage.bob.activity("Create", note))
    post = await stage.post_of(note)
    assert before <= (post.published_ms or 0) <= stage.home.clock.now_ms()
    assert post.id < stage.home.context.ids.new()


async def test_counters_of_others_are_not_taken_over(stage: Stage) -> None:
    """AUT-36."""
    counts = {name: {"type": "Collection", "totalItems": 99_999_999} for name in ("likes", "shares", "replies")}
    _, post = await kept(stage, **counts)
    assert (post.likes, post.boosts, post.replies) == (0, 0, 0)


# Update of a post


async def test_an_edit_by_the_author_replaces_text_and_pictures(stage: Stage) -> None:
    note, post = await kept(stage, attachment=[{"type": "Image", "url": "https://cdn.test/a.jpg", "name": "A"}])
    change = edited(note, stage.bob, content="<p>second</p>", summary="new", attachment=[])
    assert (await stage.receive(stage.bob, change)).state == "done"
    after = await stage.fresh(post)
    assert (after.content, after.summary, after.published_ms) == ("<p>second</p>", "new", post.published_ms)
    assert await stage.home.rows(Attachment, post_id=post.id) == []


async def test_nobody_else_edits(stage: Stage) -> None:
    """AUT-08: a stranger, and a neighbour who shares the author's server, also under their own name."""
    note, _ = await kept(stage)
    for other in (stage.mal, stage.eve):
        for author in (note["attributedTo"], other.uri):
            change = edited(note, other, content="<p>forged</p>", attributedTo=author)
            await stage.refused(other, change, egress=True)


async def test_an_edit_of_a_post_of_ours_from_outside_is_refused(stage: Stage) -> None:
    mine = await published(stage.home, stage.alice)
    note = {"id": mine.uri, "type": "Note", "attributedTo": stage.bob.uri, "published": "2026-01-01T00:00:00Z"}
    await stage.refused(stage.bob, edited(note, stage.bob, content="<p>forged</p>"))


@pytest.mark.parametrize("seconds", [-60, 0, None])
async def test_an_edit_that_is_not_newer_changes_nothing(stage: Stage, seconds: float | None) -> None:
    """AUT-15."""
    note, _ = await kept(stage)
    change = edited(note, stage.bob, seconds or 0, content="<p>older</p>")
    if seconds is None:
        del change["object"]["updated"]
    await stage.refused(stage.bob, change)


async def test_an_edit_changes_neither_author_nor_audience_nor_parent(stage: Stage) -> None:
    """AUT-15: a followers-only post does not become public."""
    note, post = await kept(stage, to=[stage.bob.followers], cc=[])
    mine = await published(stage.home, stage.alice)
    change = edited(note, stage.bob, content="<p>second</p>", to=[PUBLIC], inReplyTo=mine.uri)
    await stage.receive(stage.bob, change)
    after = await stage.fresh(post)
    assert (after.content, after.visibility, after.in_reply_to_id) == ("<p>second</p>", Visibility.FOLLOWERS, None)
    assert after.author_id == post.author_id
    assert (await stage.fresh(mine)).replies == 0


async def test_an_edit_does_not_revive_what_was_deleted(stage: Stage) -> None:
    """AUT-15: nor does another Create, nor an Update of something old that was never seen."""
    note, post = await kept(stage)
    await stage.receive(stage.bob, stage.bob.activity("Delete", note["id"]))
    await stage.refused(stage.bob, edited(note, stage.bob))
    await stage.refused(stage.bob, stage.bob.create(note))
    old = stage.bob.note("<p>unseen</p>", published="2026-01-01T10:00:00Z")
    await stage.refused(stage.bob, edited(old, stage.bob))
    assert (await stage.fresh(post)).state == PostState.DELETED


# Delete


@pytest.mark.parametrize("form", ["id", "tombstone", "note"])
async def test_a_post_is_deleted_by_its_author(stage: Stage, form: str) -> None:
    note, post = await kept(stage)
    await stage.receive(stage.bob, stage.bob.activity("Like", note["id"]))
    given: Any = {"id": note["id"], "tombstone": {"id": note["id"], "type": "Tombstone"}, "note": note}[form]
    assert (await stage.receive(stage.bob, stage.bob.activity("Delete", given))).state == "done"
    after = await stage.fresh(post)
    assert (after.state, after.content, after.summary) == (PostState.DELETED, "", None)
    assert await stage.home.rows(Reaction, post_id=post.id) == []


async def test_nobody_else_deletes(stage: Stage) -> None:
    """AUT-08, AUT-16: in every form, an embedded copy with another author included."""
    note, post = await kept(stage)
    for other in (stage.mal, stage.eve):
        for given in (note["id"], {"id": note["id"], "type": "Tombstone"}, {**note, "attributedTo": other.uri}):
            await stage.refused(other, other.activity("Delete", given))
    assert (await stage.fresh(post)).state == PostState.PUBLISHED


async def test_nothing_of_ours_is_deleted_from_outside(stage: Stage) -> None:
    """AUT-16."""
    mine = await published(stage.home, stage.alice)
    ours = (mine.uri, stage.alice.uri, f"{stage.home.origin}/actor", stage.eve.uri, [mine.uri] * 1000)
    for given in ours[:3] + ours[4:]:
        await stage.refused(stage.bob, stage.bob.activity("Delete", given))
    await stage.receive(stage.bob, stage.bob.activity("Delete", stage.eve.uri))
    assert (await stage.row_of(stage.eve)).deleted_ms is None
    assert (await stage.fresh(mine)).state == PostState.PUBLISHED


async def test_a_delete_that_overtakes_its_create_wins(stage: Stage) -> None:
    note = stage.bob.note("<p>regretted</p>")
    gone = stage.bob.activity("Delete", {"id": note["id"], "type": "Tombstone"})
    assert (await stage.receive(stage.bob, gone)).state == "ignored"
    await stage.refused(stage.bob, stage.bob.create(note))
    assert await stage.home.rows(Tombstone, uri=note["id"]) != []


async def test_a_deleted_actor_takes_everything_along(stage: Stage) -> None:
    _, post = await kept(stage)
    await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    row = await stage.row_of(stage.bob)
    assert (await stage.receive(stage.bob, stage.bob.activity("Delete", stage.bob.uri))).state == "done"
    assert (await stage.fresh(post)).state == PostState.DELETED
    for relation in (
        await stage.home.rows(Follow, follower_id=row.id),
        await stage.home.rows(Follow, followed_id=row.id),
    ):
        assert relation == []
    assert (await stage.row_of(stage.bob)).deleted_ms is not None
    late = stage.bob.create(stage.bob.note("<p>back</p>"))
    assert (await stage.receive(stage.bob, late)).state == "dropped"


async def test_searchable_by_says_who_finds_a_post_by_its_words(stage: Stage) -> None:
    """FEP-268d: Public, the followers, the author alone; an edit may change it, and else the author's word counts."""
    home, followers = stage.home, f"{stage.bob.uri}/followers"
    cases = {"anyone": PUBLIC, "spelled": ["as:Public"], "followers": followers, "nobody": [stage.bob.uri], "none": []}
    words = {name: f"<p>quagga {name}</p>" for name in cases}
    notes = {name: (await kept(stage, content=words[name], searchableBy=said))[0] for name, said in cases.items()}
    await kept(stage, content="<p>quagga silent</p>")
    other = await home.make_actor(f"searcher{home.context.ids.new()}")

    async def found(reader: Actor) -> set[str]:
        async with home.context.database.read() as session:
            return {one.content[10:-4] for one in await search.posts(session, reader, "quagga", 20)}

    assert await found(stage.alice) == {"anyone", "spelled", "followers"}
    assert await found(other) == {"anyone", "spelled"}
    await stage.receive(stage.bob, edited(notes["anyone"], stage.bob, searchableBy=[stage.bob.uri]))
    assert await found(other) == {"spelled"}
    known = await stage.row_of(stage.bob)
    async with home.context.database.write() as session:
        row = await session.get_one(Actor, known.id)
        row.indexable = True
        session.add(row)
    assert await found(other) == {"spelled", "silent"}


async def test_our_notes_and_people_say_who_may_search_them(stage: Stage) -> None:
    home = stage.home
    async with home.context.database.write() as session:
        shy, open_ = await session.get_one(Actor, stage.alice.id), await local.create(session, "openly", name="O")
        await local.edit(session, open_, {"indexable": True})
    for author, visibility, expected in (
        (open_, "public", [PUBLIC]), (open_, "quiet", [open_.uri]), (shy, "public", [shy.uri]),
    ):  # fmt: skip
        post = await published(home, author, "Hello", visibility=visibility)
        served = await home.client.get(post.uri, headers={"accept": ACTIVITY_JSON})
        assert served.json()["searchableBy"] == expected
    for author, expected in ((open_, PUBLIC), (shy, shy.uri)):
        served = await home.client.get(author.uri, headers={"accept": ACTIVITY_JSON})
        assert served.json()["searchableBy"] == [expected]
