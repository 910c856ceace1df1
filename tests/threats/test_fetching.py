"""Fetching (NET-…): a server as it runs for the world, with listeners on this machine's own addresses: none is asked.

`home` is in production mode; names resolve through a table of the test. Attackers are known by their keys, so that
their signatures hold without a fetch, and whatever is asked for is asked for by what they say.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from actors import follows
from actors.models import Actor, FollowState
from actors.remote import read_actor, resolve, store
from fediverse_ai.activitypub.authority import admit_fetched
from fediverse_ai.core import addresses, limits
from fediverse_ai.core.addresses import Resolver
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config, ServerSection
from fediverse_ai.core.errors import Elsewhere, FediverseError
from fediverse_ai.core.http import Budget, Http
from inbox.threads import fetch_ancestors, fetch_replies
from outbox.activities import new_uri
from outbox.models import Post
from tests.support.house import House, house
from tests.support.peer import AS2, PUBLIC, Peer, RemoteActor, peer
from tests.support.rooms import published, settle
from tests.support.tls import Authority

pytestmark = pytest.mark.asyncio(loop_scope="module")

# What names resolve to. Everybody's certificate would be valid, everybody's port is allowed: only the address counts.
NAMES = {
    "evil.example": ["127.0.0.2"],
    "mixed.example": ["93.184.216.34", "127.0.0.2"],
    "six.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "localhost": ["127.0.0.1"],
    "cloud.example": ["169.254.169.254"],
}


@dataclass
class Canary:
    """Listeners on loopback addresses, all on one port; `met` counts connections."""

    port: int = 0
    met: list[str] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def urls(self) -> list[str]:
        hosts = ["127.0.0.1", "127.0.0.2", "[::1]", "[::ffff:7f00:1]", *NAMES]
        odd = ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "localhost.", "evil.example@127.0.0.1"]
        return [f"https://{host}:{self.port}/x" for host in [*hosts, *odd]] + [f"http://127.0.0.2:{self.port}/x"]


@asynccontextmanager
async def canaries() -> AsyncIterator[Canary]:
    canary = Canary()

    async def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        canary.met.append(str(writer.get_extra_info("sockname")))
        canary.heard.set()
        writer.close()

    async with AsyncExitStack() as stack:
        for host in ("127.0.0.1", "127.0.0.2", "::1"):
            try:
                server = await asyncio.start_server(met, host, canary.port)
            except OSError:
                if host == "::1":  # a machine without IPv6 has nobody there to be asked
                    continue
                raise
            canary.port = canary.port or server.sockets[0].getsockname()[1]
            await stack.enter_async_context(server)
        yield canary


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def canary() -> AsyncIterator[Canary]:
    async with canaries() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    authority = Authority(tmp_path_factory.mktemp("tls"))
    folder = tmp_path_factory.mktemp("home")
    ports = {"ports": [443, canary.port]}
    async with house(folder, authority=authority, name="home.test", server={"development": False}, http=ports) as made:

        def lookup(name: str) -> list[str]:
            canary.looked_up.append(name)
            if name not in NAMES:
                raise socket.gaierror(socket.EAI_NONAME, "unknown in this test")
            return NAMES[name]

        made.context.http._resolver = Resolver(SystemClock(), lookup)
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mal(home: House, alice: Actor, canary: Canary) -> RemoteActor:
    """Somebody whom alice follows and whose key is known; the server, if it were asked, is a canary."""
    attacker = Peer(f"https://evil.example:{canary.port}", home.client).actor("mal")
    await _introduce(home, alice, attacker)
    return attacker


async def _introduce(home: House, alice: Actor, remote: RemoteActor) -> Actor:
    facts = read_actor(admit_fetched(remote.document(), remote.uri, remote.uri))
    async with home.context.database.write() as session:
        row = await store(session, facts, remote.peer.host)
        await follows.add(session, alice, row, new_uri(home.context), FollowState.ACCEPTED)
    return row


async def test_the_listeners_hear(canary: Canary) -> None:
    """The control: who asks one of them is noticed."""
    _, writer = await asyncio.open_connection("127.0.0.2", canary.port)
    writer.close()
    await asyncio.wait_for(canary.heard.wait(), 5)
    canary.met.clear()


async def test_what_mal_sends_is_taken(home: House, mal: RemoteActor, alice: Actor) -> None:
    """The control: signatures hold, so what follows is refused for its addresses and for nothing else."""
    note = mal.note("<p>hello</p>")
    answer = await mal.deliver(home.inbox, mal.create(note))
    assert answer.status_code == 202, answer.text
    await settle(home)
    assert len(await home.rows(Post, uri=note["id"])) == 1


def _everywhere(mal: RemoteActor, alice: Actor, url: str) -> list[dict[str, Any]]:
    """Activities that name `url` in every place that anything is fetched from."""
    note = mal.note(
        "<p>x</p>",
        inReplyTo=url,
        url=url,
        context=url,
        replies=url,
        quote=url,
        quoteUrl=url,
        quoteAuthorization=url,
        attachment=[{"type": "Image", "url": url, "mediaType": "image/png"}],
        tag=[{"type": "Mention", "href": url, "name": "@x"}, {"type": "Emoji", "icon": {"url": url}, "name": ":x:"}],
    )
    picture = {"type": "Image", "url": url}
    described = {**mal.document(), "icon": picture, "image": picture, "featured": url, "movedTo": url}
    described |= {"endpoints": {"sharedInbox": url}, "alsoKnownAs": [url], "outbox": url, "webfinger": f"x@{url[8:-2]}"}
    return [
        mal.create(note),
        mal.activity("Announce", url),
        mal.activity("Like", url),
        {**mal.activity("Move", mal.uri), "target": url},
        mal.activity("Update", described),
        mal.activity("Create", url),
        mal.activity("Follow", url),
        mal.activity("Undo", url),
        mal.activity("Flag", [alice.uri, url]),
        {**mal.activity("Add", url), "target": url},
        mal.activity("QuoteRequest", alice.uri, instrument=url),
        {**mal.activity("Like", alice.uri), "@context": [AS2, url]},
    ]


async def test_no_address_of_this_machine_is_asked_whatever_names_it(
    home: House, mal: RemoteActor, alice: Actor, canary: Canary
) -> None:
    """NET-01, NET-02, NET-04, NET-05, PAR-09: from the inbox, and the jobs that follow."""
    canary.looked_up.clear()
    for host in ("127.0.0.2", "[::1]", "mixed.example", "six.example", "mapped.example", "localhost"):
        made = _everywhere(mal, alice, f"https://{host}:{canary.port}/x")
        answers = await asyncio.gather(*(mal.deliver(home.inbox, activity) for activity in made))
        assert {answer.status_code for answer in answers} <= {202, 400, 403}
    await settle(home)
    for post in await home.rows(Post, local=False):
        for job in (fetch_ancestors, fetch_replies):
            await job.function(home.context, [post.id])
    assert {"mixed.example", "six.example", "mapped.example"} <= set(canary.looked_up), "they were tried"
    assert canary.met == []


async def test_no_key_and_no_name_leads_here(home: House, mal: RemoteActor, canary: Canary) -> None:
    """NET-01, SIG-19: keyId, actor, WebFinger, and what an admin types."""
    for url in canary.urls():
        body = json.dumps({**mal.activity("Follow", url), "actor": url, "id": f"{url}/1"}).encode()
        headers = mal.sign("POST", home.inbox, body, key_id=url)
        answer = await home.client.post(home.inbox, content=body, headers=headers)
        assert answer.status_code in (400, 401, 403, 503), (url, answer.text)
        for asked in (url, f"x@{url.partition('://')[2][:-2]}"):
            with pytest.raises(FediverseError):
                await resolve(home.context, asked, Budget(clock=home.clock))
    assert canary.met == []


async def test_deliveries_do_not_lead_here_either(home: House, mal: RemoteActor, alice: Actor, canary: Canary) -> None:
    """NET-23: a follower whose inbox resolves to a private address; the delivery fails and nobody is connected to."""
    assert (await mal.deliver(home.inbox, mal.activity("Follow", alice.uri))).status_code == 202
    await published(home, alice, "to all followers")
    await settle(home)
    assert canary.met == []


async def test_the_text_of_a_refusal_tells_nothing(home: House, canary: Canary) -> None:
    """NET-28: open, closed and forbidden look alike to who asked."""
    said = set()
    for url in (
        f"https://127.0.0.2:{canary.port}/x",
        "https://10.0.0.1/x",
        "https://evil.example/x",
        "https://127.0.0.2:22/",
    ):
        with pytest.raises(Elsewhere) as caught:
            await home.context.http.get(url)
        said.add(caught.value.public)
        assert "127.0.0" not in caught.value.public
        assert "10.0.0" not in caught.value.public
    assert len(said) == 1


@pytest.mark.parametrize(
    "name", ["abcdef.onion", "x.i2p", "printer.local", "db.internal", "router.home.arpa", "localhost"]
)
async def test_names_of_no_public_server_are_not_even_looked_up(home: House, canary: Canary, name: str) -> None:
    """NET-27, and RFC 7686: a name of Tor must not reach DNS."""
    canary.looked_up.clear()
    with pytest.raises(Elsewhere):
        await home.context.http.get(f"https://{name}/x")
    assert canary.looked_up == []


async def test_fifty_hosts_in_one_activity_are_not_asked(
    home: House, mal: RemoteActor, alice: Actor, canary: Canary
) -> None:
    """NET-20: mentions, tags and attachments name servers that nobody asks on their account."""
    canary.looked_up.clear()
    tags = [{"type": "Mention", "href": f"https://h{number}.example/u", "name": "@x"} for number in range(50)]
    note = mal.note("<p>x</p>", tag=tags, cc=[tag["href"] for tag in tags], to=[PUBLIC])
    assert (await mal.deliver(home.inbox, mal.create(note))).status_code == 202
    await settle(home)
    assert [name for name in canary.looked_up if name.startswith("h")] == []


async def test_what_is_remembered_of_names_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """NET-30."""
    monkeypatch.setattr(addresses, "FETCH_HOSTS_REMEMBERED", 10)
    resolver = Resolver(SystemClock(), lambda _: ["93.184.216.34"])
    for number in range(25):
        await resolver.resolve(f"h{number}.example")
    assert len(resolver._known) == 10
    assert limits.FETCH_HOSTS_REMEMBERED <= 100_000


async def test_a_broken_second_address_does_not_stop_us(tmp_path: Path) -> None:
    """NET-26: nobody listens on the IPv6 address of a name, as where an AAAA record is stale."""
    resolver = Resolver(SystemClock(), lambda _: ["::1", "127.0.0.1"])
    http = Http(Config(data_dir=tmp_path, server=ServerSection(development=True)), SystemClock(), resolver=resolver)
    try:
        async with peer() as good:
            carl = good.actor("carl")
            answer = await http.get(carl.uri.replace("127.0.0.1", "both.example"))
            assert answer.status == 200
    finally:
        await http.close()
