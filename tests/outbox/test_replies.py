"""What others read of the replies to a post of ours: a first page in the Note, and pages of ids behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors.served import ServedDocuments
from fediverse_ai.core.limits import COLLECTION_ITEMS, COLLECTION_LOOKS
from outbox.models import Post, PostState, Visibility
from tests.inbox.stage import Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON
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


async def get(stage: Stage, url: str) -> dict[str, Any]:
    stage.home.context.part(ServedDocuments).forget()
    answer = await stage.home.client.get(url, headers={"accept": ACTIVITY_JSON})
    assert answer.status_code == 200, (url, answer.text)
    found: dict[str, Any] = answer.json()
    return found


async def walked(stage: Stage, note_uri: str) -> list[str]:
    """As Mastodon and GoToSocial walk it: what is embedded, then `first` and `next` as long as there is one."""
    page: Any = (await get(stage, note_uri))["replies"]
    found: list[str] = []
    while page is not None:
        if isinstance(page, str):
            page = await get(stage, page)
        found += page.get("items", [])
        page = page.get("first") or page.get("next")
    return found


async def answered(stage: Stage, post: Post, number: int, **columns: Any) -> list[str]:
    """Rows of replies by bob, as if they had arrived."""
    bob, context = await stage.row_of(stage.bob), stage.home.context
    made = [
        Post(
            id=context.ids.new(),
            uri=f"{stage.good.origin}/notes/{post.id}-{columns.get('visibility', '')}-{index}",
            author_id=bob.id,
            state=PostState.PUBLISHED,
            visibility=columns.get("visibility", Visibility.PUBLIC),
            in_reply_to_id=post.id,
            in_reply_to_uri=post.uri,
            created_ms=context.clock.now_ms(),
        )
        for index in range(number)
    ]
    uris = [one.uri for one in made]
    async with context.database.write() as session:
        session.add_all(made)
    return uris


async def test_a_reply_that_arrived_is_found_by_walking_from_the_note(stage: Stage) -> None:
    post = await published(stage.home, stage.alice, visibility=Visibility.PUBLIC)
    first = (await get(stage, post.uri))["replies"]["first"]
    assert first == {"type": "CollectionPage", "partOf": f"{post.uri}/replies", "items": []}, "nobody need ask"
    note = stage.bob.note("Nice", inReplyTo=post.uri)
    await stage.receive(stage.bob, stage.bob.create(note))
    hidden = stage.eve.note("For you", inReplyTo=post.uri, to=[stage.alice.uri], cc=[])
    await stage.receive(stage.eve, stage.eve.create(hidden))
    assert (await get(stage, post.uri))["replies"]["totalItems"] == 1, "nor does the number tell (VIS-01)"
    assert await walked(stage, post.uri) == [note["id"]], "what is not for everybody is not told to everybody"
    assert await walked(stage, post.uri) == (await get(stage, f"{post.uri}/replies"))["first"]["items"]


@pytest.mark.parametrize("number", [COLLECTION_ITEMS, COLLECTION_ITEMS + 1, 2 * COLLECTION_ITEMS + 1])
async def test_pages_hold_them_all_in_order_and_end(stage: Stage, number: int) -> None:
    post = await published(stage.home, stage.alice, visibility=Visibility.PUBLIC)
    uris = await answered(stage, post, number - 1)
    # A time to come counts as that of its arrival, which is later than all before.
    last = stage.bob.note("The last", inReplyTo=post.uri, published="2999-01-01T00:00:00Z")
    await stage.receive(stage.bob, stage.bob.create(last))
    assert await walked(stage, post.uri) == [*uris, last["id"]]
    page = await get(stage, f"{post.uri}/replies?page=true")
    assert (page["id"], page["type"]) == (f"{post.uri}/replies?page=true", "CollectionPage")
    assert page["partOf"] == f"{post.uri}/replies"
    assert ("next" in page) == (number > COLLECTION_ITEMS)
    for odd in ("x", "-1", "9" * 30):
        assert (await stage.home.client.get(f"{post.uri}/replies?page=true&after={odd}")).status_code == 400


async def test_a_page_is_looked_for_so_often(stage: Stage) -> None:
    """For one reader, who had to sign: what is not for her is passed over, within a bound."""
    shy = await stage.home.make_actor("shy", authorized_fetch=True)
    post = await published(stage.home, shy, visibility=Visibility.PUBLIC)
    await answered(stage, post, COLLECTION_ITEMS * COLLECTION_LOOKS, visibility=Visibility.DIRECT)
    [seen] = await answered(stage, post, 1)
    page = (await stage.eve.get(f"{post.uri}/replies?page=true")).json()
    assert page["items"] == []
    assert (await stage.eve.get(page["next"])).json()["items"] == [seen]


async def test_a_private_posts_pages_are_as_missing_as_it_is(stage: Stage) -> None:
    post = await published(stage.home, stage.alice, visibility=Visibility.FOLLOWERS)
    for url in (f"{post.uri}/replies", f"{post.uri}/replies?page=true"):
        assert (await stage.home.client.get(url, headers={"accept": ACTIVITY_JSON})).status_code == 404
        assert (await stage.eve.get(url)).status_code == 404
