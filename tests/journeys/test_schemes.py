"""Two signature schemes, in and out: RFC 9421 is accepted, and a peer that wants it gets it at the second knock."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from actors import queries
from actors.models import Actor
from inbox.models import Received
from outbox.models import HostState
from tests.support import rfc9421
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON, Peer, RemoteActor, peer, rsa_key
from tests.support.rooms import deliver_all, published, receive


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path / "home") as made:
        yield made


@pytest.fixture
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


@pytest.fixture
async def good() -> AsyncIterator[Peer]:
    async with peer() as made:
        yield made


async def _post(home: House, bob: RemoteActor, activity: dict[str, Any], change: Any = None, **options: Any) -> int:
    body = json.dumps(activity).encode()
    key = options.pop("key", bob.key)
    headers = rfc9421.signed("POST", home.inbox, body, bob.key_id, key, **options)
    if change is not None:
        headers, body = change(headers, body)
    return (await bob.peer.client.post(home.inbox, content=body, headers=headers)).status_code


@pytest.mark.parametrize("covered", [rfc9421.FEDIFY, rfc9421.MASTODON])
@pytest.mark.parametrize("parameters", ["", ';alg="rsa-v1_5-sha256"'])
async def test_a_request_signed_by_rfc_9421_is_taken(
    home: House, alice: Actor, good: Peer, covered: tuple[str, ...], parameters: str
) -> None:
    bob = good.actor("bob")
    activity = bob.activity("Follow", alice.uri)
    assert await _post(home, bob, activity, covered=covered, parameters=parameters) == 202
    [row] = await home.rows(Received, activity_uri=activity["id"])
    assert row.sender_uri == bob.uri


def _without(name: str) -> dict[str, Any]:
    return {"covered": tuple(part for part in rfc9421.FEDIFY if part != name)}


WRONG: dict[str, dict[str, Any]] = {
    "body changed": {"change": lambda headers, body: (headers, body.replace(b"Follow", b"fOllow"))},
    "digest of another body": {
        "change": lambda headers, body: ({**headers, "content-digest": rfc9421.digest(b"x")}, body)
    },
    "digest not covered": _without("content-digest"),
    "method not covered": _without("@method"),
    "target not covered": {"covered": ("@method", "@authority", "content-digest")},
    "somebody else's key": {"key": rsa_key(4)},
    "too old": {"created": 1_700_000_000},
    "from the future": {"created": 4_000_000_000},
    "unknown algorithm": {"parameters": ';alg="hmac-sha256"'},
    "two labels": {
        "change": lambda headers, body: (
            {**headers, "signature-input": headers["signature-input"] + ", b=();created=1"},
            body,
        )
    },
    "label that signs nothing": {
        "change": lambda headers, body: ({**headers, "signature": headers["signature"].replace("sig1", "b")}, body)
    },
}


@pytest.mark.parametrize("name", WRONG)
async def test_with_one_thing_wrong_it_is_refused(home: House, alice: Actor, good: Peer, name: str) -> None:
    bob = good.actor("bob")
    await receive(home, bob, bob.activity("Like", f"{home.origin}/notes/1"))
    before = home.dump()
    assert await _post(home, bob, bob.activity("Follow", alice.uri), **WRONG[name]) == 401
    assert home.dump() == before


async def test_the_second_knock_opens_and_is_remembered(home: House, alice: Actor, good: Peer) -> None:
    bob = good.actor("bob")
    await receive(home, bob, bob.activity("Follow", alice.uri))
    async with home.context.database.read() as session:
        stored = await queries.key_of(session, alice.id)
    assert stored is not None
    key = load_pem_public_key(stored.public_pem.encode())
    seen: list[str] = []

    async def modern(method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        wrong = rfc9421.problem(method, good.origin + target, headers, body, key)  # type: ignore[arg-type]
        seen.append(wrong or json.loads(body)["type"])
        return (202 if wrong is None else 401), {"content-type": ACTIVITY_JSON}, b""

    good.behaviours["/inbox"] = modern
    await published(home, alice)
    await deliver_all(home)
    assert seen == ["no signature", "Create"]
    assert [state.scheme for state in await home.rows(HostState, host=good.host)] == ["rfc9421"]
    await published(home, alice, "Second")
    await deliver_all(home)
    assert seen == ["no signature", "Create", "Create"], "the first knock is now the right one"


async def test_a_second_knock_after_400_teaches_nothing(home: House, alice: Actor, good: Peer) -> None:
    """Epicyon answers 201 before it verifies: what it takes at the second knock may still be lost at the third."""
    bob = good.actor("bob")
    await receive(home, bob, bob.activity("Follow", alice.uri))

    async def careless(method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        return (201 if "signature-input" in headers else 400), {"content-type": ACTIVITY_JSON}, b""

    good.behaviours["/inbox"] = careless
    await published(home, alice)
    await deliver_all(home)
    assert [state.scheme for state in await home.rows(HostState, host=good.host)] in ([None], ["cavage"])
