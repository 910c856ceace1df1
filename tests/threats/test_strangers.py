"""What others' servers may turn into or point to: new owners of old ids, pages, links, words about caching."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors import follows, refresh
from actors.models import Actor, Follow, FollowState
from fediverse_ai.activitypub.fetch import Fetcher
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Elsewhere
from outbox.activities import new_uri
from outbox.models import Notification
from tests.inbox.stage import Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON, AS2, Peer, rsa_key
from tests.support.rooms import published
from tests.support.tokens import token_for

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


async def _friends(stage: Stage) -> Actor:
    """Carol of `good`, since 2020; she and alice follow each other."""
    carol = stage.good.actor("carol", key=3, published="2020-01-01T00:00:00Z")
    await stage.follow(carol)
    row = await stage.row_of(carol)
    async with stage.home.context.database.write() as session:
        await follows.add(session, row, stage.alice, new_uri(stage.home.context), FollowState.ACCEPTED)
    return row


async def _ties(stage: Stage, actor: Actor) -> int:
    found = [*await stage.home.rows(Follow, follower_id=actor.id), *await stage.home.rows(Follow, followed_id=actor.id)]
    return len(found)


async def _renewed(stage: Stage, actor: Actor) -> None:
    assert await refresh.renew(stage.home.context, actor.id) == refresh.Found.FRESH


async def test_an_id_that_changed_hands_begins_anew(stage: Stage) -> None:
    """AUT-26: the domain has a new owner, who made an account of the same name with a key of their own."""
    row = await _friends(stage)
    carol = stage.good.actors["carol"]
    carol.key, carol.changes["published"] = rsa_key(4), "2026-10-01T00:00:00Z"
    await _renewed(stage, row)
    assert await _ties(stage, row) == 0
    told = await stage.home.rows(Notification, actor_id=stage.alice.id, kind="replaced")
    assert [one.from_id for one in told] == [row.id]
    await _renewed(stage, row)
    assert len(await stage.home.rows(Notification, actor_id=stage.alice.id, kind="replaced")) == 1


@pytest.mark.parametrize("change", ["keys", "date"])
async def test_new_keys_or_a_new_date_alone_are_the_same_person(stage: Stage, change: str) -> None:
    row = await _friends(stage)
    carol = stage.good.actors["carol"]
    if change == "keys":
        carol.key = rsa_key(4)
    else:
        carol.changes["published"] = "2026-10-01T00:00:00Z"
    await _renewed(stage, row)
    assert await _ties(stage, row) == 2
    assert await stage.home.rows(Notification, actor_id=stage.alice.id, kind="replaced") == []


def _page_of(target: str) -> Any:
    html = f'<base href="http://127.0.0.1:1/"><link rel="alternate" type="{ACTIVITY_JSON}" href="{target}">'

    async def answer(*_: Any) -> tuple[int, dict[str, str], bytes]:
        headers = {"content-type": "text/html", "link": f'<{target}>; rel="alternate"; type="{ACTIVITY_JSON}"'}
        return 200, headers, html.encode() + b"<a href=x " * 6000

    return answer


async def test_no_page_leads_to_a_document(stage: Stage) -> None:
    """NET-14: neither a link element nor a Link header of a page is followed, and no expression reads the page."""
    note = stage.mal.note("elsewhere")
    stage.good.behaviours["/page"] = _page_of(note["id"])
    token = await token_for(stage.home, stage.alice.username, "read")
    answer = await stage.home.client.get(
        "/api/v2/search",
        params={"q": f"{stage.good.origin}/page", "resolve": "true"},
        headers={"authorization": f"Bearer {token}"},
    )
    assert answer.json()["statuses"] == answer.json()["accounts"] == []
    # Once as a post and once as a person.
    assert sum(one.path == "/page" for one in stage.good.asked) <= 2
    assert [one for one in stage.evil.asked if one.path in note["id"]] == []


async def test_a_link_in_a_post_is_never_asked(stage: Stage) -> None:
    """NET-22: no previews, of what others write or of what ours write, whoever reads it."""
    await stage.follow(stage.bob)
    link = f"{stage.evil.origin}/blog/1"
    note = stage.bob.note(f'<p>Read <a href="{link}">this</a></p>', attachment=[{"type": "Link", "href": link}])
    await stage.receive(stage.bob, stage.bob.create(note))
    theirs = await stage.post_of(note)
    ours = await published(stage.home, stage.alice, f"And this: {link}")
    token = await token_for(stage.home, stage.alice.username, "read")
    for post in (theirs, ours):
        answer = await stage.home.client.get(
            f"/api/v1/statuses/{post.id}", headers={"authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200
        assert answer.json()["card"] is None
        await stage.home.client.get(f"/@{stage.alice.username}/{post.id}")
    assert [one for one in stage.evil.asked if one.path == "/blog/1"] == []


def _served(peer: Peer, path: str, body: dict[str, Any], status: int, **headers: str) -> None:
    async def answer(*_: Any) -> tuple[int, dict[str, str], bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return status, {"content-type": ACTIVITY_JSON} | named, json.dumps(body).encode() if status == 200 else b""

    peer.behaviours[path] = answer


async def test_what_an_answer_says_of_caching_changes_nothing(stage: Stage) -> None:
    """NET-24: how long something is believed is our own number, and no request carries what an answer gave."""
    dave = stage.good.actor("dave", key=1)
    words = {"cache_control": "max-age=9000000000, immutable", "age": "-5", "etag": '"x"' * 50, "expires": "never"}
    _served(stage.good, "/users/dave", dave.document(), 200, **words)
    row = await stage.row_of(dave)
    _served(stage.good, "/users/dave", dave.document() | {"name": "David"}, 200, **words)
    now = stage.home.clock.now_ms()
    assert not refresh.is_stale(row, now)
    assert refresh.is_stale(row, now + int(limits.ACTOR_STALE_SECONDS * 1000) + 1000)
    await _renewed(stage, row)
    [fresh] = await stage.home.rows(Actor, uri=dave.uri)
    assert fresh.name == "David"
    sent = {name for one in stage.good.asked for name in one.headers}
    assert not sent & {"if-none-match", "if-modified-since", "cache-control"}


async def test_not_modified_is_no_answer(stage: Stage) -> None:
    """NET-24: 304 for what was never seen, and for what was."""
    uri = f"{stage.good.origin}/notes/none"
    _served(stage.good, "/notes/none", {"@context": AS2, "id": uri}, 304, etag='"x"')
    fetcher: Fetcher = stage.home.context.part(refresh.RemoteActors).fetcher
    with pytest.raises(Elsewhere):
        await fetcher.document(uri)
    known = await stage.row_of(stage.bob)
    _served(stage.good, "/users/bob", {}, 304)
    assert await refresh.renew(stage.home.context, known.id) == refresh.Found.MISSING
    [kept] = await stage.home.rows(Actor, uri=stage.bob.uri)
    assert (kept.name, kept.deleted_ms) == (known.name, None)
