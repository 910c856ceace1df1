"""Quotes through the real route (FEP-044f): consent asked for, given, taken back; stamps of others (AUT-27)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors.models import Actor
from fediverse_ai.core import limits
from inbox import quotes
from outbox import block as blocks
from outbox import publish
from outbox import quote as quote_verbs
from outbox.models import Notification, Post, QuoteStamp, QuoteState, Visibility
from tests.inbox.stage import Document, Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import PUBLIC, RemoteActor
from tests.support.rooms import deliver_all, published

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


def asking(quoter: RemoteActor, post_uri: str, instrument: Any = None) -> Document:
    """A QuoteRequest as Mastodon sends it, with the quoting post inside."""
    note = instrument if instrument is not None else quoter.note("<p>look</p>", quote=post_uri)
    return quoter.activity("QuoteRequest", post_uri) | {"instrument": note}


async def stamped(stage: Stage, post: Post) -> tuple[Document, str]:
    """(bob's quoting Note, the stamp that he got for it)."""
    note = stage.bob.note("<p>look</p>", quote=post.uri)
    assert (await stage.receive(stage.bob, asking(stage.bob, post.uri, note))).state == "done"
    return note, (await stage.good.arrival("Accept"))["result"]


@pytest.mark.parametrize("form", ["embedded", "id alone"])
async def test_a_request_is_answered_with_a_stamp_that_can_be_read(stage: Stage, form: str) -> None:
    post = await published(stage.home, stage.alice)
    note = stage.bob.note("<p>look</p>", quote=post.uri)
    request = asking(stage.bob, post.uri, note if form == "embedded" else note["id"])
    assert (await stage.receive(stage.bob, request)).state == "done"
    answer = await stage.good.arrival("Accept")
    assert answer["object"]["id"] == request["id"]
    assert (answer["object"]["type"], answer["object"]["instrument"]) == ("QuoteRequest", note["id"])
    assert [one.path for one in stage.good.arrivals] == ["/users/bob/inbox"]
    stamp = (await stage.home.client.get(answer["result"], headers={"accept": "application/activity+json"})).json()
    assert stamp["type"] == "QuoteAuthorization"
    assert stamp["id"] == answer["result"]
    assert (stamp["attributedTo"], stamp["interactionTarget"]) == (stage.alice.uri, post.uri)
    assert stamp["interactingObject"] == note["id"]
    assert [row.kind for row in await stage.home.rows(Notification, actor_id=stage.alice.id)] == ["quote"]


@pytest.mark.parametrize("wrong", ["another author's", "another post's", "no such thing"])
async def test_an_instrument_given_by_its_id_alone_is_read(stage: Stage, wrong: str) -> None:
    """What is there and is something else gets no consent; what is not shown to us is a matter of the policy."""
    post = await published(stage.home, stage.alice)
    other = await published(stage.home, stage.alice, "Another")
    quoter = stage.eve if wrong == "another author's" else stage.bob
    note = quoter.note("<p>look</p>", quote=other.uri if wrong == "another post's" else post.uri)
    if wrong == "no such thing":
        stage.good.documents.clear()
    asked = stage.asked()
    row = await stage.receive(stage.bob, asking(stage.bob, post.uri, note["id"]))
    assert stage.asked() == asked + 1, "one request, within the budget"
    assert row.state == ("done" if wrong == "no such thing" else "dropped"), row.detail
    assert len(await stage.home.rows(QuoteStamp, post_id=post.id)) == (wrong == "no such thing")


async def test_an_instrument_is_not_read_for_a_post_that_is_not_there(stage: Stage) -> None:
    asked = stage.asked()
    note = stage.bob.note("<p>look</p>")
    await stage.receive(stage.bob, asking(stage.bob, f"{stage.home.origin}/notes/1", note["id"]))
    assert stage.asked() == asked


async def test_a_repeated_request_gets_the_same_stamp(stage: Stage) -> None:
    post = await published(stage.home, stage.alice)
    note, first = await stamped(stage, post)
    await stage.receive(stage.bob, asking(stage.bob, post.uri, note))
    assert (await stage.good.arrival("Accept", 2))["result"] == first
    assert len(await stage.home.rows(QuoteStamp, post_id=post.id)) == 1


POLICIES = {
    Visibility.PUBLIC: lambda alice: [PUBLIC],
    Visibility.QUIET: lambda alice: [PUBLIC],
    Visibility.FOLLOWERS: lambda alice: [f"{alice.uri}/followers"],
    Visibility.DIRECT: lambda alice: [alice.uri],
}


@pytest.mark.parametrize("visibility", POLICIES)
async def test_the_policy_on_the_note_is_the_one_that_is_kept(stage: Stage, visibility: Visibility) -> None:
    """A follower asks, mentioned in the direct post, and a stranger asks."""
    await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    mention = {"uri": stage.bob.uri, "handle": stage.bob.handle, "url": stage.bob.uri}
    post = await published(stage.home, stage.alice, visibility=visibility, mentions=[mention])
    await deliver_all(stage.home)
    note = (await stage.bob.get(post.uri)).json()
    assert note["interactionPolicy"]["canQuote"]["automaticApproval"] == POLICIES[visibility](stage.alice)
    await stage.receive(stage.bob, asking(stage.bob, post.uri))
    rejected = visibility == Visibility.DIRECT
    answer = await stage.good.arrival("Reject" if rejected else "Accept", 1 if rejected else 2)
    assert answer["object"]["type"] == "QuoteRequest"
    if visibility in (Visibility.PUBLIC, Visibility.QUIET):
        await stage.receive(stage.mal, asking(stage.mal, post.uri))
        assert (await stage.evil.arrival("Accept"))["result"]
    else:
        # Whoever may not see it hears nothing: no answer confirms that it is there.
        await stage.refused(stage.mal, asking(stage.mal, post.uri))
        await stage.refused(stage.mal, asking(stage.mal, f"{stage.home.origin}/notes/1"))


async def test_the_stamp_of_a_private_post_is_for_those_who_may_see_it(stage: Stage) -> None:
    await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    post = await published(stage.home, stage.alice, visibility=Visibility.FOLLOWERS)
    await deliver_all(stage.home)
    await stage.receive(stage.bob, asking(stage.bob, post.uri))
    stamp = (await stage.good.arrival("Accept", 2))["result"]
    assert (await stage.bob.get(stamp)).status_code == 200
    assert (await stage.mal.get(stamp)).status_code == 404
    assert (await stage.home.client.get(stamp)).status_code == 404


async def test_nobody_asks_for_the_quote_of_another(stage: Stage) -> None:
    post = await published(stage.home, stage.alice)
    other = await published(stage.home, stage.alice)
    await deliver_all(stage.home)
    bobs = stage.bob.note("<p>look</p>", quote=post.uri)
    await stage.refused(stage.mal, asking(stage.mal, post.uri, bobs))
    await stage.refused(stage.mal, asking(stage.mal, post.uri, bobs["id"]))
    await stage.refused(stage.eve, asking(stage.eve, post.uri, bobs))
    await stage.refused(stage.bob, asking(stage.bob, other.uri, bobs))
    await stage.refused(stage.bob, stage.bob.activity("QuoteRequest", post.uri))


async def test_a_neighbour_cannot_use_up_the_consent_for_bobs_post(stage: Stage) -> None:
    post = await published(stage.home, stage.alice)
    note = stage.bob.note("<p>look</p>", quote=post.uri)
    kept = stage.good.documents.pop(note["id"].removeprefix(stage.good.origin))  # not shown, so her word stands
    await stage.receive(stage.eve, asking(stage.eve, post.uri, note["id"]))
    stage.good.documents[note["id"].removeprefix(stage.good.origin)] = kept
    eve = await stage.row_of(stage.eve)
    async with stage.home.context.database.write() as session:
        await quote_verbs.revoke_all(session, stage.alice, eve)
    await stage.receive(stage.bob, asking(stage.bob, post.uri, note))
    assert (await stage.good.arrival("Accept", 2))["result"]


async def test_a_consent_is_taken_back(stage: Stage) -> None:
    """410 at its address, a Delete to the quoting server and to followers, and no new one for the same post."""
    await stage.receive(stage.mal, stage.mal.activity("Follow", stage.alice.uri))
    post = await published(stage.home, stage.alice, visibility=Visibility.PUBLIC)
    note, uri = await stamped(stage, post)
    [stamp] = await stage.home.rows(QuoteStamp, post_id=post.id)
    async with stage.home.context.database.write() as session:
        await quote_verbs.revoke(session, stamp)
    await deliver_all(stage.home)
    for side in (stage.good, stage.evil):
        assert (await side.arrival("Delete"))["object"] == {"id": uri, "type": "QuoteAuthorization"}
    gone = await stage.bob.get(uri)
    assert (gone.status_code, gone.json()["type"]) == (410, "Tombstone")
    await stage.receive(stage.bob, asking(stage.bob, post.uri, note))
    assert (await stage.good.arrival("Reject"))["object"]["object"] == post.uri


async def test_block_and_deletion_end_consents(stage: Stage) -> None:
    first, second = await published(stage.home, stage.alice), await published(stage.home, stage.alice)
    await deliver_all(stage.home)
    _, uri = await stamped(stage, first)
    await stage.receive(stage.mal, asking(stage.mal, second.uri))
    other = (await stage.evil.arrival("Accept"))["result"]
    bob = await stage.row_of(stage.bob)
    async with stage.home.context.database.write() as session:
        await blocks.block(session, stage.alice, bob)
        await publish.remove(session, second)
    assert [(await stage.mal.get(one)).status_code for one in (uri, other)] == [410, 410]
    await deliver_all(stage.home)
    await stage.refused(stage.bob, asking(stage.bob, first.uri))


# Others' quotes


async def checked(stage: Stage, note: Document) -> Post:
    """The row of a Note after its quote was checked."""
    post = await stage.post_of(note)
    await quotes.check.function(stage.home.context, [post.id])
    return await stage.fresh(post)


def stamp_for(stage: Stage, quoting_uri: str, quoted: Document, **changes: Any) -> Document:
    """Mal's consent, served by mal's server."""
    made = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{stage.evil.origin}/stamps/{len(stage.evil.documents)}",
        "type": "QuoteAuthorization",
        "attributedTo": stage.mal.uri,
        "interactingObject": quoting_uri,
        "interactionTarget": quoted["id"],
        **changes,
    }
    stage.evil.serve(made)
    return made


async def quoting(stage: Stage, quoted: Document, **changes: Any) -> Document:
    """Bob, whom alice follows, quotes mal's post with a stamp; `changes` spoil the stamp."""
    await stage.follow(stage.bob)
    note = stage.bob.note("<p>look</p>", quote=quoted["id"])
    stamp = stamp_for(stage, note["id"], quoted, **changes)
    note["quoteAuthorization"] = stamp["id"]
    stage.good.serve(note)
    assert (await stage.receive(stage.bob, stage.bob.create(note))).state == "done"
    return note


async def test_a_quote_with_its_authors_stamp_is_believed(stage: Stage) -> None:
    quoted = stage.mal.note("<p>mine</p>")
    note = await quoting(stage, quoted)
    assert (await stage.post_of(note)).quote_state == QuoteState.PENDING
    post = await checked(stage, note)
    assert (post.quote_uri, post.quote_state, post.quote_owner_uri) == (quoted["id"], "accepted", stage.mal.uri)


SPOILED: dict[str, dict[str, Any]] = {
    "for another quote": {"interactingObject": "https://else.test/notes/1"},
    "for another post": {"interactionTarget": "https://else.test/notes/1"},
    "by a neighbour": {"attributedTo": "{origin}/users/other"},
    "of another type": {"type": "Note"},
    "without a target": {"interactionTarget": None},
    "under another id": {"id": "{origin}/stamps/none"},
}


@pytest.mark.parametrize("form", SPOILED)
async def test_a_stamp_for_anything_else_is_not_believed(stage: Stage, form: str) -> None:
    """AUT-27: target, interacting object and owner are all compared, as the stamp's own home has it."""
    changes = {key: value.format(origin=stage.evil.origin) if value else None for key, value in SPOILED[form].items()}
    note = await quoting(stage, stage.mal.note("<p>mine</p>"), **changes)
    if form == "under another id":
        stage.evil.documents.pop("/stamps/none")
    post = await checked(stage, note)
    assert (post.quote_state, post.quote_uri is not None) == (QuoteState.REJECTED, True)


async def test_a_stamp_made_by_the_quoter_is_not_believed(stage: Stage) -> None:
    quoted = stage.mal.note("<p>mine</p>")
    await stage.follow(stage.bob)
    note = stage.bob.note("<p>look</p>", quote=quoted["id"])
    own = {
        "id": f"{stage.good.origin}/stamps/1",
        "type": "QuoteAuthorization",
        "attributedTo": stage.bob.uri,
        "interactingObject": note["id"],
        "interactionTarget": quoted["id"],
    }
    stage.good.serve(own)
    await stage.receive(stage.bob, stage.bob.create(note | {"quoteAuthorization": own["id"]}))
    assert (await checked(stage, note)).quote_state == QuoteState.REJECTED
    assert not any("/stamps/" in one.path for one in stage.good.asked)


async def test_a_stamp_that_is_gone_or_missing_is_none(stage: Stage) -> None:
    quoted = stage.mal.note("<p>mine</p>")
    note = await quoting(stage, quoted)
    for path in [path for path in stage.evil.documents if path.startswith("/stamps/")]:
        del stage.evil.documents[path]
    assert (await checked(stage, note)).quote_state == QuoteState.REJECTED
    bare = stage.bob.note("<p>look</p>", quoteUrl=quoted["id"])
    await stage.receive(stage.bob, stage.bob.create(bare))
    assert (await checked(stage, bare)).quote_state == QuoteState.REJECTED


async def test_one_may_quote_oneself(stage: Stage) -> None:
    await stage.follow(stage.bob)
    first = stage.bob.note("<p>mine</p>")
    note = stage.bob.note("<p>as I said</p>", quote=first["id"])
    await stage.receive(stage.bob, stage.bob.create(note))
    assert (await checked(stage, note)).quote_state == QuoteState.ACCEPTED


async def test_a_stamp_that_comes_later_counts(stage: Stage) -> None:
    """Mastodon sends the Note again, with the stamp and without another `updated`."""
    quoted = stage.mal.note("<p>mine</p>")
    await stage.follow(stage.bob)
    note = stage.bob.note("<p>look</p>", quote=quoted["id"])
    await stage.receive(stage.bob, stage.bob.create(note))
    assert (await checked(stage, note)).quote_state == QuoteState.REJECTED
    stamp = stamp_for(stage, note["id"], quoted)
    again = stage.bob.activity("Update", note | {"quoteAuthorization": stamp["id"]})
    assert (await stage.receive(stage.bob, again)).state == "done"
    assert (await checked(stage, note)).quote_state == QuoteState.ACCEPTED


async def test_only_the_quoted_author_takes_a_stamp_back(stage: Stage) -> None:
    note = await quoting(stage, stage.mal.note("<p>mine</p>"))
    post = await checked(stage, note)
    for other in (stage.eve, stage.bob, stage.evil.actor("neighbour", key=5)):
        await stage.row_of(other)
        await stage.receive(other, other.activity("Delete", post.quote_stamp_uri))
        assert (await stage.fresh(post)).quote_state == QuoteState.ACCEPTED
    assert (await stage.receive(stage.mal, stage.mal.activity("Delete", post.quote_stamp_uri))).state == "done"
    assert (await stage.fresh(post)).quote_state == QuoteState.REVOKED


FORMS: dict[str, Document] = {
    "FEP-044f": {"quote": "{uri}"},
    "Misskey": {"_misskey_quote": "{uri}"},
    "Pleroma": {"quoteUrl": "{uri}"},
    "Fedibird": {"quoteUri": "{uri}"},
    "FEP-e232": {
        "tag": [
            {"type": "Link", "mediaType": "text/html", "href": "https://else.test/1", "name": "x"},
            {
                "type": "Link",
                "mediaType": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
                "href": "{uri}",
                "rel": "https://misskey-hub.net/ns#_misskey_quote",
                "name": "RE",
            },
        ]
    },
}


def filled(value: Any, uri: str) -> Any:
    if isinstance(value, dict):
        return {key: filled(member, uri) for key, member in value.items()}
    if isinstance(value, list):
        return [filled(member, uri) for member in value]
    return uri if value == "{uri}" else value


@pytest.mark.parametrize("form", FORMS)
async def test_a_quote_of_alice_is_kept_in_every_spelling(stage: Stage, form: str) -> None:
    """Though nobody here follows bob; alice's own policy says whether it is one, and she hears of it."""
    post = await published(stage.home, stage.alice)
    note = stage.bob.note("<p>look</p>", **filled(FORMS[form], post.uri))
    assert (await stage.receive(stage.bob, stage.bob.create(note))).state == "done"
    row = await checked(stage, note)
    assert (row.quote_uri, row.quote_state, row.quote_owner_uri) == (post.uri, "accepted", stage.alice.uri)
    assert [one.kind for one in await stage.home.rows(Notification, actor_id=stage.alice.id)] == ["quote"]


@pytest.mark.parametrize("value", ["javascript:alert(1)", 7, [], {"a": 1}, "https://user@else.test/1", ""])
async def test_what_is_no_id_is_no_quote(value: Any) -> None:
    assert quotes.quote_of({"quote": value}) is None


async def test_a_home_that_is_away_is_asked_again_later(stage: Stage) -> None:
    note = await quoting(stage, stage.mal.note("<p>mine</p>"))

    async def away(*_: object) -> tuple[int, dict[str, str], bytes]:
        return 502, {}, b""

    post = await stage.post_of(note)
    path = (post.quote_stamp_uri or "").removeprefix(stage.evil.origin)
    stage.evil.behaviours[path] = away
    with pytest.raises(Exception, match="502"):
        await checked(stage, note)
    assert (await stage.fresh(post)).quote_state == QuoteState.PENDING
    del stage.evil.behaviours[path]
    assert (await checked(stage, note)).quote_state == QuoteState.ACCEPTED
    [row] = await stage.home.rows(Actor, id=post.author_id)
    assert row.uri == stage.bob.uri


async def a_day_ago(stage: Stage, post: Post) -> None:
    async with stage.home.context.database.write() as session:
        row = await session.get(Post, post.id)
        assert row is not None
        row.quote_checked_ms = stage.home.clock.now_ms() - int(limits.QUOTE_RECHECK_SECONDS * 1000) - 1
        session.add(row)


GONE = {"404": True, "410": True, "for something else": True, "away": False, "503": False, "403": False, "there": False}


@pytest.mark.parametrize("answer", GONE)
async def test_stamps_of_others_are_read_again_after_a_day(stage: Stage, answer: str) -> None:
    """FED-22: taken back without a word to us; a home that only does not answer takes nothing back."""
    note = await quoting(stage, stage.mal.note("<p>mine</p>"))
    post = await checked(stage, note)
    assert post.quote_stamp_uri is not None
    path = post.quote_stamp_uri.removeprefix(stage.evil.origin)
    before = stage.asked()
    await quotes.recheck(stage.home.context)
    assert stage.asked() == before, "not within a day"

    async def behave(method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        if answer == "away":
            raise ConnectionError
        return int(answer), {}, b""

    if answer == "for something else":
        stage.evil.documents[path] = stage.evil.documents[path].replace(b"/notes/", b"/other/")
    elif answer != "there":
        stage.evil.behaviours[path] = behave
    await a_day_ago(stage, post)
    await quotes.recheck(stage.home.context)
    fresh = await stage.fresh(post)
    assert fresh.quote_state == (QuoteState.REVOKED if GONE[answer] else QuoteState.ACCEPTED)
    asked = stage.asked()
    assert asked == before + 1
    await quotes.recheck(stage.home.context)
    assert stage.asked() == asked, "the next time a day later"


async def test_one_run_reads_so_many_stamps_and_asks_a_silent_home_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts = [await checked(stage, await quoting(stage, stage.mal.note("<p>mine</p>"))) for _ in range(3)]
    monkeypatch.setattr(limits, "QUOTE_RECHECKS", 2)
    before = stage.asked()
    for expected in (2, 3):
        for post in posts if expected == 2 else []:
            await a_day_ago(stage, post)
        await quotes.recheck(stage.home.context)
        assert stage.asked() == before + expected

    async def away(method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        return 503, {}, b""

    for post in posts[:2]:
        assert post.quote_stamp_uri is not None
        stage.evil.behaviours[post.quote_stamp_uri.removeprefix(stage.evil.origin)] = away
        await a_day_ago(stage, post)
    await quotes.recheck(stage.home.context)
    assert stage.asked() == before + 4
