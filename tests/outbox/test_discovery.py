"""What other servers find of us before they know anybody here: the server's own actor, portraits, whom to write to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import ValidationError

from actors import local
from actors.models import Account, Actor
from actors.served import ServedDocuments
from fediverse_ai.core.config import ServerSection
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON
from tests.support.tokens import token_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

AS2 = {"accept": ACTIVITY_JSON}
SERVER = "https://www.w3.org/ns/activitystreams#Service"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


async def finger(home: House, resource: str) -> dict[str, Any]:
    answer = await home.client.get("/.well-known/webfinger", params={"resource": resource})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def change(home: House, actor: Actor, **values: Any) -> None:
    async with home.context.database.write() as session:
        await local.edit(session, await session.get_one(Actor, actor.id), values)
    home.context.part(ServedDocuments).forget()


@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_server_is_found_by_its_address(home: House, slash: str) -> None:
    """FEP-d556; and no person is taken for the server."""
    found = await finger(home, home.origin + slash)
    [link] = [link for link in found["links"] if link["rel"] == SERVER]
    assert link == {"rel": SERVER, "type": ACTIVITY_JSON, "href": f"{home.origin}/actor"}
    await home.make_actor(f"ann{len(slash)}")
    person = await finger(home, f"{home.origin}/users/ann{len(slash)}")
    assert SERVER not in {link["rel"] for link in person["links"]}


async def test_a_portrait_is_in_the_answer_about_a_name(home: House) -> None:
    bea = await home.make_actor("bea")
    avatar = "http://webfinger.net/rel/avatar"
    assert avatar not in {link["rel"] for link in (await finger(home, bea.uri))["links"]}
    await change(home, bea, icon_url=f"{home.origin}/media/bea.jpg")
    [link] = [link for link in (await finger(home, bea.uri))["links"] if link["rel"] == avatar]
    assert link == {"rel": avatar, "type": "image/jpeg", "href": f"{home.origin}/media/bea.jpg"}


async def test_nodeinfo_says_whom_to_write_to(home: House) -> None:
    """Owners and admins who want to be found; nobody who does not, no moderator, no member."""
    boss = await home.make_actor("boss", role="owner")
    shy = await home.make_actor("shyboss", role="admin")
    for name, role in (("mod", "moderator"), ("cleo", "member")):
        await home.make_actor(name, role=role)
    await change(home, shy, discoverable=False)
    assert {row.role for row in await home.rows(Account)} >= {"owner", "admin", "moderator"}
    for version in ("2.0", "2.1"):
        metadata = (await home.client.get(f"/nodeinfo/{version}")).json()["metadata"]
        assert metadata["staffAccounts"] == [boss.uri]
        assert metadata["federation"] == {"enabled": True}


async def test_where_the_source_is_can_be_said(home: House, tmp_path: Path) -> None:
    """AGPL §13; NodeInfo has a place for it since 2.1. Nothing is made up where nobody said it."""
    assert "repository" not in (await home.client.get("/nodeinfo/2.1")).json()["software"]
    url = "https://code.example/pictures"
    async with house(tmp_path / "home", server={"source_url": url}) as other:
        assert (await other.client.get("/nodeinfo/2.1")).json()["software"]["repository"] == url
        assert "repository" not in (await other.client.get("/nodeinfo/2.0")).json()["software"]
        assert f'<a href="{url}">' in (await other.client.get("/about")).text
        assert (await other.client.get("/api/v2/instance")).json()["source_url"] == url
    for wrong in ("javascript:alert(1)", "code.example/pictures", 'https://x.test/ "onclick'):
        with pytest.raises(ValidationError):
            ServerSection(source_url=wrong)


@pytest.mark.parametrize("which", ["followers", "following"])
async def test_hidden_relations_cannot_be_browsed(home: House, which: str) -> None:
    """Mastodon reads a collection without `first` as hidden, and shows its count; the owner's app finds its way."""
    dee = await home.make_actor(f"dee{which}")
    uri = f"{dee.uri}/{which}"
    assert (await home.client.get(uri, headers=AS2)).json()["first"] == f"{uri}?page=true"
    await change(home, dee, hides_relations=True)
    hidden = await home.client.get(uri, headers=AS2)
    assert "first" not in hidden.json()
    assert hidden.json()["totalItems"] == 0
    own = await home.client.get(uri, headers=AS2 | {"authorization": f"Bearer {await token_for(home, dee.username)}"})
    assert own.json()["first"] == f"{uri}?page=true"
    assert own.headers["cache-control"] == "private, no-store"
