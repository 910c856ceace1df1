"""Links of a profile: marked when their page links back with rel=me, and only then."""

from __future__ import annotations

from typing import Any

import pytest

from actors.models import Actor
from fediverse_ai.core import limits
from outbox import links, profile
from tests.support.house import House
from tests.support.peer import Peer


def page(good: Peer, path: str, body: str, status: int = 200) -> str:
    """Serve a page; gives its address."""

    async def answer(_method: str, _target: str, _headers: dict[str, str], _body: bytes) -> Any:
        return status, {"content-type": "text/html"}, body.encode()

    good.behaviours[path] = answer
    return f"{good.origin}{path}"


async def look(home: House, actor: Actor, *addresses: str) -> dict[str, int]:
    async with home.context.database.write() as session:
        row = await session.get_one(Actor, actor.id)
        await profile.edit(session, row, {"fields": [("Link", address) for address in addresses]})
    await links.verify.function(home.context, [actor.id])
    [row] = await home.rows(Actor, id=actor.id)
    return row.verified


async def test_a_page_that_links_back_is_marked_with_the_day(home: House, alice: Actor, good: Peer) -> None:
    back = page(good, "/back", f'<p><a href="{alice.page_url}" rel="nofollow me">Alice</a>')
    head = page(good, "/head", f'<head><link rel="me" href="{alice.uri}/"></head>')
    plain = page(good, "/plain", f'<a href="{alice.page_url}">Alice</a>')
    other = page(good, "/other", '<a rel="me" href="https://mallory.example/@alice">Alice</a>')
    found = await look(home, alice, back, head, plain, other)
    assert set(found) == {back, head}
    first = found[back]
    body = (await home.client.get("/api/v1/accounts/lookup", params={"acct": "alice"})).json()
    assert [row["verified_at"] is not None for row in body["fields"]] == [True, True, False, False]
    home.clock.forward(60)
    assert (await look(home, alice, back))[back] == first
    page(good, "/back", "Nothing any more")
    assert await look(home, alice, back) == {}


async def test_a_page_that_cannot_be_read_changes_nothing(home: House, alice: Actor, good: Peer) -> None:
    link = f'<a rel="me" href="{alice.page_url}">Alice</a>'
    back = page(good, "/back", link)
    assert set(await look(home, alice, back)) == {back}
    page(good, "/back", "down", 503)
    assert set(await look(home, alice, back)) == {back}
    page(good, "/back", "gone", 410)
    assert await look(home, alice, back) == {}
    large = page(good, "/large", link + " " * (limits.REL_ME_BYTES - len(link)))
    too_large = page(good, "/larger", link + " " * (limits.REL_ME_BYTES - len(link) + 1))
    assert set(await look(home, alice, large, too_large)) == {large}


@pytest.mark.parametrize("value", ["http://127.0.0.1:1/closed", "no link at all", "javascript:alert(1)"])
async def test_what_is_no_page_is_no_link(home: House, alice: Actor, value: str) -> None:
    assert await look(home, alice, value) == {}
