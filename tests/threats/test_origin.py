"""Origin and authority of objects (AUT-…): what `tests/inbox` leaves open, through the real route."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors.models import Actor
from outbox.models import Activity, Post, Report, Visibility
from tests.inbox.stage import Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import PUBLIC
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


async def test_the_signer_is_the_reporter_whoever_the_flag_names(stage: Stage) -> None:
    """AUT-20: the actor of what is inside says nothing."""
    inner = {"type": "Flag", "actor": stage.bob.uri, "object": stage.alice.uri}
    flag = stage.mal.activity("Flag", [stage.alice.uri, inner], attributedTo=stage.bob.uri, content="spam")
    assert (await stage.receive(stage.mal, flag)).state == "done"
    [report] = [row for row in await stage.home.rows(Report) if row.target_id == stage.alice.id]
    assert report.reporter_id == (await stage.row_of(stage.mal)).id


async def test_a_vote_or_a_like_inside_another_activity_counts_for_nobody(stage: Stage) -> None:
    """AUT-20: mal's Listen, Add and Create carry bob's Like and bob's vote."""
    post = await published(stage.home, stage.alice)
    like = {"id": f"{stage.good.origin}/likes/1", "type": "Like", "actor": stage.bob.uri, "object": post.uri}
    vote = {"type": "Note", "attributedTo": stage.bob.uri, "name": "yes", "inReplyTo": post.uri, "to": [PUBLIC]}
    for kind, inner in (("Listen", like), ("Create", like), ("Add", like), ("Create", vote), ("Offer", like)):
        await stage.refused(stage.mal, stage.mal.activity(kind, inner))


@pytest.mark.parametrize("claim", ["bob@GOOD", "@bob@GOOD", "acct:mal@GOOD", "alice@HOME", "mal@evil.example", "bob"])
async def test_a_handle_is_of_the_actors_own_server_unless_the_other_agrees(stage: Stage, claim: str) -> None:
    """AUT-24: an actor of evil calls itself by a name of good, or of ours; nobody there says so."""
    hosts = {"GOOD": stage.good.host, "HOME": stage.home.origin.partition("://")[2]}
    for word, host in hosts.items():
        claim = claim.replace(word, host)
    name = claim.removeprefix("acct:").removeprefix("@").partition("@")[0]
    liar = stage.evil.actor(f"{name}-x", key=3, preferredUsername=name, webfinger=claim)
    row = await stage.row_of(liar)
    assert row.host == stage.evil.host
    assert [one.host for one in await stage.home.rows(Actor, uri=stage.bob.uri)] == [stage.good.host]
    assert await stage.home.rows(Actor, uri=stage.alice.uri, local=True) != []


async def test_a_name_that_another_server_vouches_for_both_ways_is_shown(stage: Stage) -> None:
    """AUT-24, the other side: good's WebFinger points to the actor on evil, and the actor names good."""
    mover = stage.evil.actor("mover", key=3, preferredUsername="carol")
    mover.changes["webfinger"] = f"carol@{stage.good.host}"

    async def finger(*_: Any) -> tuple[int, dict[str, str], bytes]:
        link = {"rel": "self", "type": "application/activity+json", "href": mover.uri}
        jrd = {"subject": f"acct:carol@{stage.good.host}", "links": [link]}
        return 200, {"content-type": "application/jrd+json"}, json.dumps(jrd).encode()

    stage.good.behaviours["/.well-known/webfinger"] = finger
    assert (await stage.row_of(mover)).host == stage.good.host


@pytest.mark.parametrize("carrier", ["mal", "eve"])
async def test_a_linked_data_signature_is_nothing(stage: Stage, carrier: str) -> None:
    """AUT-28, D5: an activity of bob with an LD signature, reshaped, carried by somebody else; bob's home knows
    nothing of it. It is acknowledged at most, and has no effect."""
    sender = getattr(stage, carrier)
    post = await published(stage.home, stage.alice)
    forged = {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": f"{stage.good.origin}/activities/never",
        "type": "Like",
        "actor": stage.bob.uri,
        "object": post.uri,
        "signature": {
            "type": "RsaSignature2017",
            "creator": stage.bob.key_id,
            "created": "2026-01-01T00:00:00Z",
            "signatureValue": "c2lnbmVk",
        },
    }
    before = stage.world()
    for wrapped in (forged, {**forged, "type": ["Like"]}, {**forged, "proof": forged["signature"]}):
        answer = await sender.deliver(stage.home.inbox, wrapped)
        assert answer.status_code in (202, 400, 401), answer.text
    assert stage.world() == before


async def test_an_ld_signature_on_ones_own_activity_does_no_harm(stage: Stage) -> None:
    """Mastodon adds one to what it sends; the HTTP signature alone counts."""
    post = await published(stage.home, stage.alice)
    like = stage.bob.activity("Like", post.uri, signature={"type": "RsaSignature2017", "signatureValue": "x"})
    assert (await stage.receive(stage.bob, like)).state == "done"


async def test_hidden_addressees_are_never_written(stage: Stage) -> None:
    """AUT-35: not in what we send, not in what we show of others' posts."""
    await stage.follow(stage.bob)
    hidden = "https://secret.example/u/x"
    note = stage.bob.note("<p>hello</p>", bto=[hidden], bcc=[hidden])
    await stage.receive(stage.bob, stage.bob.create(note))
    kept = await stage.post_of(note)
    assert hidden not in json.dumps([kept.to, kept.cc, kept.mentions])
    for visibility in Visibility:
        await published(stage.home, stage.alice, "to a few", visibility=visibility)
    for row in [*await stage.home.rows(Activity), *await stage.home.rows(Post)]:
        raw = row.body if isinstance(row, Activity) else row.document
        assert raw is None or not {"bto", "bcc"} & json.loads(raw).keys()


@pytest.mark.parametrize(
    ("given", "readers"),
    [
        ({"to": [], "cc": [], "audience": [PUBLIC]}, Visibility.DIRECT),
        ({"to": [PUBLIC.upper()], "cc": []}, Visibility.DIRECT),
        ({"to": [{"id": "https://evil.example/Public"}], "cc": []}, Visibility.DIRECT),
        ({"to": ["as:public"], "cc": ["public"]}, Visibility.DIRECT),
        ({"to": ["HOME/followers"], "cc": []}, Visibility.DIRECT),
        ({"to": ["FOLLOWERS"], "cc": []}, Visibility.FOLLOWERS),
        ({"to": [], "cc": ["as:Public"]}, Visibility.QUIET),
    ],
)
async def test_an_unclear_audience_is_the_narrowest(stage: Stage, given: Any, readers: Visibility) -> None:
    """PAR-11, PAR-12: the Create around it says Public, which does not widen what the Note says."""
    await stage.follow(stage.bob)
    written = json.dumps(given).replace("FOLLOWERS", stage.bob.followers).replace("HOME", stage.alice.uri)
    note = stage.bob.note("<p>to whom</p>", **json.loads(written))
    inner = {name: value for name, value in note.items() if name != "@context"}
    row = await stage.receive(stage.bob, stage.bob.activity("Create", inner, to=[PUBLIC], cc=[]))
    assert row.state == "done", row.detail
    assert (await stage.post_of(note)).visibility == readers
