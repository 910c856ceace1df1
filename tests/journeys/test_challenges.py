"""Accept-Signature (RFC 9421 §5) both ways, and further knocks: how one server tells another what it wants signed."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from actors import queries
from actors.models import Actor
from actors.remote import RemoteActors
from fediverse_ai.activitypub import challenges
from fediverse_ai.core import limits
from outbox.models import Delivery, HostState
from tests.support import rfc9421
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON, Peer, RemoteActor, peer
from tests.support.rooms import deliver_all, published, receive

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "https://us.test/actor#main-key"
WISH = '("@method" "@target-uri" "content-digest")'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


@pytest_asyncio.fixture(loop_scope="module")
async def good() -> AsyncIterator[Peer]:
    async with peer() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def bob(home: House, alice: Actor, good: Peer) -> RemoteActor:
    """A follower of alice; each test has its own peer, so that only this one's host learns anything."""
    made = good.actor("bob")
    await receive(home, made, made.activity("Follow", alice.uri))
    return made


async def _key_of(home: House, actor: Actor) -> Any:
    async with home.context.database.read() as session:
        stored = await queries.key_of(session, actor.id)
    assert stored is not None
    return load_pem_public_key(stored.public_pem.encode())


class Challenger:
    """A peer's door that takes only what it asked for: a fresh nonce each time, a tag, and an end."""

    def __init__(self, good: Peer, key: Any, wish: str = '("@authority" "@method" "@target-uri" "content-digest")'):
        self.good, self.key, self.wish = good, key, wish
        self.nonces: list[str] = []
        self.taken: list[dict[str, str]] = []
        self.asked = 0

    async def __call__(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        self.asked += 1
        given = headers.get("signature-input", "")
        wrong = rfc9421.problem(method, self.good.origin + target, headers, body, self.key)
        if wrong is None and self.nonces and f'nonce="{self.nonces[-1]}"' in given:
            self.taken.append(headers)
            return 202, {}, b""
        self.nonces.append(f"nonce-{len(self.nonces)}")
        asked = f'bad=("x-odd");created, here={self.wish};created;expires;nonce="{self.nonces[-1]}";tag="fedi"'
        return 401, {"accept-signature": asked}, b""


async def test_a_delivery_is_signed_as_the_peer_asks(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    door = good.behaviours["/inbox"] = Challenger(good, await _key_of(home, alice))
    await published(home, alice)
    await deliver_all(home)
    [headers] = door.taken
    told = headers["signature-input"]
    assert told.startswith('here=("@authority" "@method" "@target-uri" "content-digest" "content-type")'), told
    assert 'nonce="nonce-0"' in told
    assert 'tag="fedi"' in told
    times = {name: int(value) for name, value in re.findall(r"(created|expires)=(\d+)", told)}
    assert times["expires"] - times["created"] == limits.CHALLENGE_LIFE_SECONDS
    assert door.asked == 2, "one refusal, one answer to it"
    [row] = await home.rows(Delivery, host=good.host, state="delivered", attempts=1, inbox_url=f"{good.origin}/inbox")
    assert row.last_error is None
    [state] = await home.rows(HostState, host=good.host)
    assert state.scheme == "rfc9421"


async def test_a_peer_that_is_never_content_costs_a_bounded_number_of_requests(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    door = good.behaviours["/inbox"] = Challenger(good, await _key_of(home, alice))

    async def never(method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        return await Challenger.__call__(door, method, target, {}, body)

    good.behaviours["/inbox"] = never
    await published(home, alice)
    await deliver_all(home)
    assert door.asked == limits.KNOCKS
    [row] = await home.rows(Delivery, host=good.host, state="lane")
    assert (row.attempts, row.refusals, row.last_error) == (1, 1, "status 401")


async def test_a_challenge_takes_nothing_away_from_what_we_sign(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    """Who could make us sign less could use the signature for another address or another body."""
    door = good.behaviours["/inbox"] = Challenger(good, await _key_of(home, alice), wish='("date")')
    await published(home, alice)
    await deliver_all(home)
    [headers] = door.taken
    assert '("date" "@method" "@target-uri" "@authority" "content-digest" "content-type")' in headers["signature-input"]


async def test_a_fetch_is_signed_as_the_peer_asks_and_the_way_is_remembered(home: House, good: Peer) -> None:
    carl = good.actor("carl", key=1)
    [instance] = await home.rows(Actor, kind="Application")
    key, seen = await _key_of(home, instance), []

    async def closed(method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        given = headers.get("signature-input", "")
        seen.append("rfc9421" if given else "cavage")
        # Of a GET nothing is digested, which the reader of the tests' own signatures wants to see: it is lent one.
        lent = {**headers, "content-digest": rfc9421.digest(b"")}
        wrong = rfc9421.problem(method, good.origin + target, lent, b"", key)
        if given and wrong in (None, "not covered: ['content-digest']"):
            return 200, {"content-type": ACTIVITY_JSON}, json.dumps(carl.document()).encode()
        return 401, {"accept-signature": 'sig1=("@method" "@target-uri");created;nonce="abc"'}, b""

    good.behaviours["/users/carl"] = closed
    fetcher = home.context.part(RemoteActors).fetcher
    assert (await fetcher.document(carl.uri)).id == carl.uri
    assert seen == ["cavage", "rfc9421"]
    await fetcher.document(carl.uri)
    assert seen == ["cavage", "rfc9421", "rfc9421"]


async def test_an_inbox_with_a_query_is_knocked_at_without_it(home: House, alice: Actor, good: Peer) -> None:
    """BookWyrm and Pixelfed verify the path alone; the address keeps its query."""
    dora = good.actor("dora", key=2, inbox=f"{good.origin}/take?for=dora", endpoints={})

    async def path_only(method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        assert target == "/take?for=dora"
        problem, _ = await good.check(method, target.partition("?")[0], headers, body)
        return (202 if problem is None else 401), {}, b""

    good.behaviours["/take"] = path_only
    await receive(home, dora, dora.activity("Follow", alice.uri))
    [row] = await home.rows(Delivery, inbox_url=f"{good.origin}/take?for=dora")
    assert (row.state, row.attempts) == ("delivered", 1)


async def test_a_request_with_a_query_is_taken_signed_with_it_and_without(home: House, good: Peer) -> None:
    """Misskey signs without the query."""
    await home.make_actor("vera", authorized_fetch=True)
    reader = good.actor("reader", key=3)
    url = f"{home.origin}/users/vera/outbox?page=true"
    for signed in (url, url.partition("?")[0]):
        headers = {**reader.sign("GET", signed, None), "accept": ACTIVITY_JSON}
        assert (await good.client.get(url, headers=headers)).status_code == 200, signed
    other = {**reader.sign("GET", f"{home.origin}/users/vera/outbox?page=false", None), "accept": ACTIVITY_JSON}
    assert (await good.client.get(url, headers=other)).status_code == 401


async def test_our_401_says_what_would_be_taken(home: House, alice: Actor, good: Peer) -> None:
    """Whoever signs just what the header names is taken: at the inbox and at what is closed to strangers."""
    erin = good.actor("erin", key=4)
    body = json.dumps(erin.activity("Follow", alice.uri)).encode()
    refused = await good.client.post(home.inbox, content=body, headers={"content-type": ACTIVITY_JSON})
    assert refused.status_code == 401
    names = _asked(refused.headers["accept-signature"])
    headers = rfc9421.signed("POST", home.inbox, body, erin.key_id, erin.key, covered=names)
    assert (await good.client.post(home.inbox, content=body, headers=headers)).status_code == 202

    await home.make_actor("walter", authorized_fetch=True)
    url = f"{home.origin}/users/walter/outbox?page=true"
    refused = await good.client.get(url, headers={"accept": ACTIVITY_JSON})
    assert refused.status_code == 401
    names = _asked(refused.headers["accept-signature"])
    headers = rfc9421.signed("GET", url, b"", erin.key_id, erin.key, covered=names)
    given = {name: headers[name] for name in ("signature", "signature-input")}
    assert (await good.client.get(url, headers={**given, "accept": ACTIVITY_JSON})).status_code == 200


def _asked(header: str) -> tuple[str, ...]:
    assert header.endswith(";created;keyid")
    return tuple(re.findall(r'"([^"]+)"', header))


async def test_what_is_open_and_what_is_forbidden_asks_for_nothing(home: House, alice: Actor, good: Peer) -> None:
    assert "accept-signature" not in (await good.client.get(alice.uri, headers={"accept": ACTIVITY_JSON})).headers
    malformed = await good.client.post(home.inbox, content=b"[]", headers={"content-type": ACTIVITY_JSON})
    assert malformed.status_code == 400
    assert "accept-signature" not in malformed.headers


WISHES: list[tuple[str, bool]] = [
    (f"sig1={WISH}", True),
    (f'sig1={WISH};created;keyid="{KEY}";alg="rsa-v1_5-sha256";nonce="n";tag="t"', True),
    (f'sig1={WISH};created;keyid;alg;nonce="n"', True),
    ('sig1=("@method" "@path" "@query" "@scheme" "@request-target" "host" "date" "digest" "content-type")', True),
    (f'a=("cookie"), sig1={WISH}', True),
    (f'sig1={WISH};keyid="https://us.test/users/other#main-key"', False),
    (f'sig1={WISH};alg="ecdsa-p256-sha256"', False),
    (f"sig1={WISH};nonce=7", False),
    (f"sig1={WISH};nonce", False),
    (f'sig1={WISH};nonce=""', False),
    (f"sig1={WISH};tag=:AAAA:", False),
    ('sig1=("authorization")', False),
    ('sig1=("@status")', False),
    ('sig1=("@method";req)', False),
    ('sig1=("content-digest";sf)', False),
    ('sig1=("@method" "@method")', False),
    ('sig1="@method"', False),
    ("sig1", False),
    ("((((", False),
    ("", False),
    ('sig1=("@method");nonce="ü"', False),
]


@pytest.mark.parametrize(("header", "fulfilled"), WISHES)
async def test_which_wishes_we_fulfil(header: str, fulfilled: bool) -> None:
    assert (challenges.read(header, key_id=KEY, body=True) is not None) is fulfilled


async def test_a_get_promises_no_digest() -> None:
    assert challenges.read(f"sig1={WISH}", key_id=KEY, body=False) is None
    assert challenges.read(None, key_id=KEY, body=False) is None
