"""What apps do with posts beyond posting: delete and write anew, name themselves, and be told of each post."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from actors.models import Account
from fediverse_ai.core import limits
from outbox import uploads
from outbox.belongings import Lineage
from outbox.draft import Draft
from outbox.models import Attachment, Origin, Post, PostState
from outbox.prepare import prepare
from tests.mastodon.app import App
from tests.support.house import House
from tests.support.painter import carried, studio
from tests.support.peer import Peer, peer
from tests.support.rooms import deliver_all, published, receive

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with studio(tmp_path_factory.mktemp("home")) as (made, _):
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def good() -> AsyncIterator[Peer]:
    async with peer() as made:
        yield made


async def _made(home: House, alice: App, text: str) -> Post:
    post = await carried(home, alice.actor, Draft(text=text, prompt="a fox", alt_text="A fox", visibility="public"))
    assert post.state == PostState.PUBLISHED, post.reason
    return post


async def _out(home: House, status: dict[str, str]) -> Post:
    await prepare.function(home.context, [int(status["id"])])
    [post] = await home.rows(Post, id=int(status["id"]))
    assert post.state == PostState.PUBLISHED, post.reason
    return post


async def test_a_deleted_post_is_written_anew_with_its_picture(home: House, alice: App, bob: App) -> None:
    post = await _made(home, alice, "With a tpyo")
    parent = await published(home, bob.actor, "The first of them")
    async with home.context.database.write() as session:
        session.add(Lineage(id=1, post_id=post.id, parent_uri=parent.uri, parent_id=parent.id, created_ms=0))
    [before] = await home.rows(Attachment, post_id=post.id)
    gone = await alice.ask("DELETE", f"/api/v1/statuses/{post.id}")
    [media] = gone["media_attachments"]
    assert (gone["text"], media["description"], media["id"]) == ("With a tpyo", "A fox", str(before.id))
    assert (await home.client.get(media["url"])).status_code == 200, "the app shows it while one writes"
    assert (await home.client.get(f"/media/{before.file}")).status_code == 410
    body = {"status": "Without a typo", "media_ids": [media["id"]], "visibility": "public"}
    await bob.post("/api/v1/statuses", body, status=422)

    again = await _out(home, await alice.post("/api/v1/statuses", body))
    [after] = await home.rows(Attachment, post_id=again.id)
    assert (after.alt, after.origin, after.recipe) == ("A fox", Origin.MADE_HERE, before.recipe)
    assert after.digital_source_type == before.digital_source_type
    assert after.pdq == before.pdq
    assert after.file != before.file
    assert (await home.client.get(f"/media/{after.file}")).status_code == 200
    assert [line.parent_uri for line in await home.rows(Lineage, post_id=again.id)] == [parent.uri]
    await alice.post("/api/v1/statuses", body, status=422)


async def test_a_status_names_the_app_that_posted_it(home: House, alice: App, bob: App) -> None:
    made = await alice.post("/api/v1/statuses", {"status": "From an app", "visibility": "public"})
    assert made["application"] == {"name": "Test app", "website": None}
    await _out(home, made)
    stranger = App.stranger(home)
    for reader in (alice, bob, stranger):
        assert (await reader.get(f"/api/v1/statuses/{made['id']}"))["application"]["name"] == "Test app"
    other = await published(home, alice.actor, "From the website", visibility="public")
    assert (await bob.get(f"/api/v1/statuses/{other.id}"))["application"] is None
    [account] = await home.rows(Account, actor_id=alice.actor.id)
    async with home.context.database.write() as session:
        account.posting = account.posting | {"app": False}
        session.add(account)
    for reader in (bob, stranger):
        assert (await reader.get(f"/api/v1/statuses/{made['id']}"))["application"] is None
    assert (await alice.get(f"/api/v1/statuses/{made['id']}"))["application"]["name"] == "Test app"


async def test_who_asked_to_be_told_of_each_post_is(home: House, alice: App, good: Peer) -> None:
    """Of posts of ours and of others; not of answers to others, nor of what is for somebody else alone."""
    cara, dave = await App.of(home, "cara"), await App.of(home, "dave")
    dora = good.actor("dora")
    await receive(home, dora, dora.activity("Follow", cara.actor.uri))
    [row] = await cara.get(f"/api/v1/accounts/{cara.id}/followers")
    for target in (alice.id, row["id"]):
        await cara.post(f"/api/v1/accounts/{target}/follow", {"notify": True})
        await dave.post(f"/api/v1/accounts/{target}/follow")
    await deliver_all(home)
    for follow in good.activities("Follow"):
        await receive(home, dora, dora.activity("Accept", follow))

    ours = await published(home, alice.actor, "News")
    theirs = dora.note("News from afar")
    await receive(home, dora, dora.create(theirs))
    answer = dora.note("An answer", inReplyTo=f"{good.origin}/notes/unknown")
    await receive(home, dora, dora.create(answer))
    [kept] = await home.rows(Post, uri=theirs["id"])
    told = await cara.get("/api/v1/notifications", **{"types[]": "status"})
    assert [(one["type"], one["status"]["id"]) for one in told] == [
        ("status", str(kept.id)),
        ("status", str(ours.id)),
    ]
    assert await dave.get("/api/v1/notifications", **{"types[]": "status"}) == []


async def test_people_are_shown_on_a_profile(
    home: House, alice: App, bob: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those whom one follows, as long as one does; a stranger sees them too."""
    ella, path = await App.of(home, "ella"), f"/api/v1/accounts/{bob.id}"
    await ella.post(f"{path}/endorse", status=422)
    await ella.post(f"{path}/follow")
    for verb in ("endorse", "pin"):
        assert (await ella.post(f"{path}/{verb}"))["endorsed"] is True
    for found in (await ella.get("/api/v1/endorsements"),
                  await App.stranger(home).get(f"/api/v1/accounts/{ella.id}/endorsements")):  # fmt: skip
        assert [one["id"] for one in found] == [bob.id]
    await ella.post(f"/api/v1/accounts/{alice.id}/follow")
    monkeypatch.setattr(limits, "ENDORSEMENTS", 1)
    await ella.post(f"/api/v1/accounts/{alice.id}/endorse", status=422)
    monkeypatch.setattr(limits, "ENDORSEMENTS", 2)
    await ella.post(f"/api/v1/accounts/{alice.id}/endorse")
    await ella.post(f"/api/v1/accounts/{alice.id}/unfollow")
    assert [one["id"] for one in await ella.get("/api/v1/endorsements")] == [bob.id]
    assert (await ella.post(f"{path}/unpin"))["endorsed"] is False
    assert await ella.get("/api/v1/endorsements") == []


async def test_a_picture_that_is_not_posted_again_is_forgotten_after_a_day(home: House, alice: App) -> None:
    post = await _made(home, alice, "Gone for good")
    [media] = (await alice.ask("DELETE", f"/api/v1/statuses/{post.id}"))["media_attachments"]
    home.clock.forward(limits.UPLOAD_SECONDS + 60)
    await uploads.forget(home.context)
    await alice.post("/api/v1/statuses", {"status": "Late", "media_ids": [media["id"]]}, status=422)
    other = await _made(home, alice, "And this at once")
    found = await alice.ask("DELETE", f"/api/v1/statuses/{other.id}", params={"delete_media": "true"})
    [media] = found["media_attachments"]
    await alice.post("/api/v1/statuses", {"status": "Late", "media_ids": [media["id"]]}, status=422)
