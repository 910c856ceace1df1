"""Pictures again, larger, and drafted descriptions, by the apps' API and from the terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlmodel import select

from actors.models import Actor
from fediverse_ai.cli import upscale as cli
from fediverse_ai.core.errors import Missing
from outbox.draft import Draft
from outbox.models import Attachment, Post, PostState
from tests.support.house import House
from tests.support.painter import carried, carry_on, studio
from tests.support.tokens import token_for

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with studio(tmp_path_factory.mktemp("home")) as (made, _):
        yield made


async def person(home: House, name: str) -> tuple[Actor, dict[str, str]]:
    headers = {"authorization": f"Bearer {await token_for(home, name)}"}
    async with home.context.database.read() as session:
        return (await session.exec(select(Actor).where(Actor.username == name))).one(), headers


async def test_a_status_again_larger(home: House) -> None:
    alice, headers = await person(home, "alice")
    _, bobs = await person(home, "bob")
    first = await carried(home, alice, Draft(prompt="a mill", width=128, height=96, alt_text="A mill"))
    path = f"/api/v1/statuses/{first.id}/upscale"
    answer = await home.client.post(path, json={"factor": 3, "visibility": "public"}, headers=headers)
    assert answer.status_code == 200, answer.text
    post = await carry_on(home, int(answer.json()["id"]))
    [picture] = await home.rows(Attachment, post_id=post.id)
    assert (post.state, post.visibility) == (PostState.PUBLISHED, "public")
    assert (picture.width, picture.height, picture.alt) == (384, 288, "A mill")

    for body, status in (({"factor": "many"}, 422), ({"factor": 9}, 422), ({"visibility": "x"}, 422)):
        assert (await home.client.post(path, json=body, headers=headers)).status_code == status, body
    assert (await home.client.post(path, headers=bobs)).status_code == 403, "she lets nobody"
    assert (await home.client.post(path)).status_code in (401, 422)
    assert (await home.client.post("/api/v1/statuses/1/upscale", headers=headers)).status_code == 404


@pytest.mark.parametrize(("accepts", "alt"), [("true", "Drafted"), ("false", "a barn")])
async def test_an_app_says_whether_a_draft_will_do(
    home: House, accepts: str, alt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def drafted(*_: object) -> str:
        return "Drafted"

    monkeypatch.setattr("outbox.making._draft", drafted)
    _, headers = await person(home, "cleo")
    fields = {"status": "Look", "prompt": "a barn", "accept_alt_draft": accepts}
    answer = await home.client.post("/api/v1/statuses", data=fields, headers=headers)
    assert answer.status_code == 200, answer.text
    post = await carry_on(home, int(answer.json()["id"]))
    [picture] = await home.rows(Attachment, post_id=post.id)
    assert (post.state, picture.alt) == (PostState.PUBLISHED, alt)
    assert picture.alt_draft == ("" if accepts == "true" else "Drafted")


async def test_a_post_is_named_by_number_or_address() -> None:
    assert cli._number("https://art.example/@ann/123") == cli._number("123") == 123
    for word in ("", "https://art.example/", "12x", "9" * 30):
        with pytest.raises(Missing):
            cli._number(word)


async def test_from_the_terminal(home: House) -> None:
    dora, _ = await person(home, "dora")
    first = await carried(home, dora, Draft(prompt="a quay", width=128, height=96, alt_text="A quay"))
    config = home.context.config
    # What the command does beside a running server, without one: the order is there, and nothing waits for it.
    sight = await cli._upscale(config, "dora", str(first.id), 0, 2.0, None, "public", wait=False)
    [post] = await home.rows(Post, id=sight.id)
    assert (sight.state, post.visibility) == ("waiting", "public")
    assert (post.request or {})["image"]["upscale"] is True
    assert (post.request or {})["image"]["width"] == 256
