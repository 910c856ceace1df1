"""proxyUrl: in the person's own name, behind the address rule, within a bound, and never what is another's."""

from __future__ import annotations

import pytest

from actors import rules
from fediverse_ai.core.limits import PROXY_PER_ACCOUNT, RateLimiter
from tests.social.client import Client
from tests.support.peer import PUBLIC, RemoteActor
from tests.support.tokens import bearer, token_for

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ask(client: Client, uri: str, status: int = 200) -> dict[str, object]:
    answer = await client.home.client.post(f"{client.actor.uri}/proxy", data={"id": uri}, headers=client.headers)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.headers["content-type"].startswith("application/activity+json")
        assert answer.headers["cache-control"] == "private, no-store"
    found: dict[str, object] = answer.json()
    return found


async def test_a_document_is_fetched_in_the_name_of_who_asks(ann: Client, bob: RemoteActor) -> None:
    note = bob.note("From afar", to=[ann.actor.uri])
    bob.peer.serve(note)
    assert (await ask(ann, note["id"]))["content"] == note["content"]
    [asked] = [one for one in bob.peer.asked if one.path == note["id"].removeprefix(bob.peer.origin)]
    assert f'keyId="{ann.actor.uri}#main-key"' in asked.headers["signature"]
    assert (await ask(ann, f"{bob.peer.origin}/notes/none", 404))["detail"] == "There is nothing at this address."
    bob.peer.serve({**note, "id": f"{bob.peer.origin}/notes/gone", "type": "Tombstone"})
    await ask(ann, f"{bob.peer.origin}/notes/gone", 410)


async def test_no_address_of_ours_or_of_our_network_is_asked(ann: Client, ben: Client, bob: RemoteActor) -> None:
    """What is here is answered from here, as far as the person who asks may see it."""
    asked = len(bob.peer.asked)
    for uri in (
        "http://169.254.169.254/latest",
        "http://[::1]:9/x",
        "ftp://x.example/1",
        "http://u@x.example/1",
        "x",
    ):
        answer = await ann.home.client.post(f"{ann.actor.uri}/proxy", data={"id": uri}, headers=ann.headers)
        assert answer.status_code in (400, 502), uri
    assert len(bob.peer.asked) == asked
    closed, open_ = await ben.write("Closed"), await ben.write("Open", to=[PUBLIC])
    waiting = await ben.write("Waits", out=False)
    assert (await ask(ann, open_.uri))["id"] == open_.uri
    assert (await ask(ann, ben.actor.uri))["id"] == ben.actor.uri
    for uri in (closed.uri, waiting.uri, closed.activity_uri or "", f"{ben.actor.uri}/inbox", f"{ann.home.origin}/x"):
        await ask(ann, uri, 404)
    for uri in (closed.uri, waiting.uri, closed.activity_uri or ""):
        assert (await ask(ben, uri))["id"] == uri


async def test_a_suspended_server_is_not_asked(ann: Client, bob: RemoteActor) -> None:
    note = bob.note("x")
    bob.peer.serve(note)
    await rules.set_rule(ann.home.context, rules.Wanted("127.0.0.1"))
    asked = len(bob.peer.asked)
    await ask(ann, note["id"], 403)
    assert len(bob.peer.asked) == asked
    await rules.undo(ann.home.context, "127.0.0.1")


async def test_who_may_ask_and_how_often(ann: Client, ben: Client) -> None:
    post, url = await ann.write("Mine"), f"{ann.actor.uri}/proxy"
    writes = bearer(await token_for(ann.home, ann.actor.username, "write"))
    accept = {"accept": "application/json"}
    for headers, status in ((accept, 401), (accept | writes, 403), (ben.headers, 403)):
        answer = await ann.home.client.post(url, data={"id": post.uri}, headers=headers)
        assert answer.status_code == status
    limiter = ann.home.context.part(RateLimiter)
    limiter.check(f"proxy:{ann.actor.id}", PROXY_PER_ACCOUNT, PROXY_PER_ACCOUNT.count - 1)
    await ask(ann, post.uri)
    assert "rate-limit-exceeded" in str(await ask(ann, post.uri, 429))
