"""Handles on another domain than the server's: found at both, shown everywhere, written by anybody, followed by one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from actors import queries, remote
from actors.models import Actor, Follow, Severity
from actors.policy import DomainRules
from actors.rules import Wanted, check
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.web import rendering
from outbox import mentions
from outbox.models import Post
from tests.support.house import House, house
from tests.support.peer import listening, peer
from tests.support.rooms import published, settle
from tests.support.tokens import bearer, token_for

pytestmark = pytest.mark.asyncio(loop_scope="module")
AP = {"accept": "application/activity+json"}


@dataclass
class Split:
    """`home` serves; `domain` belongs to the handles and leads WebFinger to it."""

    home: House
    domain: str
    ann: Actor

    @property
    def handle(self) -> str:
        return f"ann@{self.domain}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def split(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Split]:
    at = {"home": ""}

    async def lead_on(request: Request) -> Response:
        return RedirectResponse(f"{at['home']}{request.url.path}?{request.url.query}", 301)

    leading = Starlette(routes=[Route("/.well-known/{what}", lead_on)])
    async with listening(leading) as port:
        domain = f"localhost:{port}"
        async with house(tmp_path_factory.mktemp("split") / "home", server={"account_domain": domain}) as home:
            at["home"] = home.origin
            yield Split(home, domain, await home.make_actor("ann"))


async def test_webfinger_and_the_actor_say_the_same_at_both_domains(split: Split) -> None:
    home, own = split.home, split.home.context.config.host
    said = []
    for base, name in (
        (home.origin, split.handle), (home.origin, f"ann@{own}"), (f"http://{split.domain}", split.handle),
    ):  # fmt: skip
        resource = quote(f"acct:{name}", safe=":@")
        found = await home.client.get(f"{base}/.well-known/webfinger?resource={resource}", follow_redirects=True)
        said.append(found.json())
    assert said[0] == said[1] == said[2]
    assert said[0]["subject"] == f"acct:{split.handle}"
    [link] = [one for one in said[0]["links"] if one["rel"] == "self"]
    document = (await home.client.get(link["href"], headers=AP)).json()
    assert (document["id"], document["webfinger"], document["preferredUsername"]) == (
        split.ann.uri,
        split.handle,
        "ann",
    )
    assert document["id"].startswith(home.origin)
    # The server's own actor needs nobody's help to be found.
    server = (await home.client.get(f"{home.origin}/actor", headers=AP)).json()
    assert server["webfinger"] == f"{own}@{own}"
    resource = quote(f"acct:{own}@{own}", safe=":@")
    found = await home.client.get(f"{home.origin}/.well-known/webfinger?resource={resource}")
    assert found.json()["subject"] == f"acct:{own}@{own}"


async def test_pages_and_apps_show_the_handle(split: Split) -> None:
    home = split.home
    page = await home.client.get(f"{home.origin}/@ann", headers={"accept": "text/html"})
    assert f"@{split.handle}" in page.text
    moved = await home.client.get(f"{home.origin}/@{split.handle}", headers={"accept": "text/html"})
    assert (moved.status_code, moved.headers["location"]) == (301, "/@ann")
    for name in ("ann", split.handle, f"ann@{home.context.config.host}"):
        found = (await home.client.get("/api/v1/accounts/lookup", params={"acct": name})).json()
        assert (found["acct"], found["uri"]) == ("ann", split.ann.uri)
    token = bearer(await token_for(home, "ann"))
    search = await home.client.get("/api/v2/search", params={"q": f"@{split.handle}", "resolve": "true"}, headers=token)
    assert [one["uri"] for one in search.json()["accounts"]] == [split.ann.uri]
    assert (await home.client.get("/api/v2/instance")).json()["domain"] == split.domain
    assert (await home.client.get("/api/v1/instance")).json()["uri"] == split.domain
    assert rendering.server_words(home.context.config).host == split.domain


async def test_mentions_by_either_name_are_of_the_one_person(split: Split) -> None:
    home, ben = split.home, await split.home.make_actor("ben")
    for name in (split.handle, f"Ann@{home.context.config.host}", "ann"):
        found = await mentions.find_mentions(
            home.context, Post(id=0, uri="", url="", author_id=ben.id), f"Look, @{name}!"
        )
        assert [(one["uri"], one["handle"]) for one in found] == [(split.ann.uri, split.handle)], name
    with pytest.raises(Missing, match="nobody called zoe"):
        await remote.resolve(home.context, f"@zoe@{split.domain}")
    post = await published(home, ben, f"For @{split.handle}", mentions=[
        {"uri": split.ann.uri, "handle": split.handle, "url": split.ann.page_url, "as_written": split.handle}
    ])  # fmt: skip
    note = (await home.client.get(post.uri, headers=AP)).json()
    assert {"type": "Mention", "href": split.ann.uri, "name": f"@{split.handle}"} in note["tag"]


async def test_neither_domain_can_be_ruled_out_or_taken(split: Split) -> None:
    home = split.home
    for host in (split.domain, home.context.config.host):
        with pytest.raises(Unprocessable, match="itself"):
            check(Wanted(host, Severity.SUSPEND), [host.partition(":")[0]])
        assert not (await home.context.part(DomainRules).over(host)).suspended
    # Somebody whose actor lies on the domain of our handles cannot take one of them.
    async with peer() as elsewhere:
        thief = elsewhere.actor("ann", webfinger=split.handle)
        thief_id = await remote.resolve(home.context, thief.uri)
    async with home.context.database.read() as session:
        row = await session.get_one(Actor, thief_id)
        assert row.handle == f"ann@{elsewhere.host}"
        ann = await queries.by_handle(session, "ann", split.domain)
        assert ann is not None
        assert ann.id == split.ann.id


async def test_a_peer_follows_by_the_handle_and_is_accepted(split: Split) -> None:
    home = split.home
    async with peer() as elsewhere:
        bob = elsewhere.actor("bob")
        resource = quote(f"acct:{split.handle}", safe=":@")
        found = await elsewhere.client.get(
            f"http://{split.domain}/.well-known/webfinger?resource={resource}", follow_redirects=True
        )
        [uri] = [one["href"] for one in found.json()["links"] if one["rel"] == "self"]
        actor = json.loads((await elsewhere.client.get(uri, headers=AP)).content)
        answer = await bob.deliver(actor["inbox"], bob.activity("Follow", uri))
        assert answer.status_code == 202, answer.text
        await settle(home)
        accept = await elsewhere.arrival("Accept")
        assert accept["actor"] == uri
        [follow] = await home.rows(Follow, followed_id=split.ann.id)
        assert follow.state == "accepted"


async def test_another_server_of_ours_keeps_the_handle_that_both_domains_vouch_for(
    split: Split, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with house(tmp_path_factory.mktemp("other") / "home") as other:
        ann_id = await remote.resolve(other.context, f"@{split.handle}")
        [row] = await other.rows(Actor, id=ann_id)
        assert (row.uri, row.handle) == (split.ann.uri, split.handle)
        assert await remote.resolve(other.context, split.ann.uri) == ann_id
