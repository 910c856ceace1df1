"""Moving in and out and leaving, through the forms: each asks what it should, and says what happens."""

from __future__ import annotations

import pytest
from sqlmodel import select

from actors.models import Account, Actor, Follow
from fediverse_ai.core import limits
from outbox import follow, leave
from outbox.models import Activity
from tests.web.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "correct horse battery"
PATH = "/settings/account"


async def row_of(site: Site, actor: Actor) -> Actor:
    async with site.context.database.read() as session:
        return await session.get_one(Actor, actor.id)


async def test_moving_here_is_prepared_by_naming_the_other_account(site: Site) -> None:
    old, new = await site.person("oldann"), await site.person("newann")
    browser = await site.member("newann")
    assert (await browser.submit(PATH, f"{PATH}/aliases", alias="nobody-there")).status == 422
    assert (await browser.submit(PATH, f"{PATH}/aliases", alias="newann")).status == 422
    assert (await browser.submit(PATH, f"{PATH}/aliases", alias="oldann")).status == 303
    row = await row_of(site, new)
    assert row.also_known_as == [old.uri]
    assert row.document is not None
    assert f'"alsoKnownAs":["{old.uri}"]'.encode() in row.document
    page = await browser.get(PATH)
    assert f"oldann@{site.context.config.host}" in page.text()
    assert (await browser.submit(PATH, f"{PATH}/aliases/remove", uri=old.uri)).status == 303
    assert (await row_of(site, new)).also_known_as == []


async def test_moving_away_asks_the_password_and_takes_followers_along(site: Site) -> None:
    old, new, fan = [await site.person(name, password=PASSWORD) for name in ("mover", "moved", "fan")]
    async with site.context.database.write() as session:
        await follow.ask(session, await session.get_one(Actor, fan.id), await session.get_one(Actor, old.id))
    browser, there = await site.member("mover"), await site.member("moved")
    form = {"target": "moved", "followers": "1"}
    wrong = await browser.submit(PATH, f"{PATH}/move", **form, password="not mine")
    assert wrong.status == 422
    assert wrong.one("input", id="move_password").attrs["aria-invalid"] == "true"
    unnamed = await browser.submit(PATH, f"{PATH}/move", **form, password=PASSWORD)
    assert unnamed.status == 422
    assert "alsoKnownAs" in unnamed.text()
    await there.submit(PATH, f"{PATH}/aliases", alias="mover")
    assert (await browser.submit(PATH, f"{PATH}/move", **form, password=PASSWORD)).status == 303
    assert (await row_of(site, old)).moved_to_uri == new.uri
    async with site.context.database.read() as session:
        [now] = await session.exec(select(Follow).where(Follow.follower_id == fan.id))
        sent = list(
            await session.exec(select(Activity.type).where(Activity.actor_id == old.id, Activity.type == "Move"))
        )
    assert (now.followed_id, sent) == (new.id, ["Move"])
    assert (await browser.submit(PATH, f"{PATH}/stay")).status == 303
    assert (await row_of(site, old)).moved_to_uri is None
    assert "You moved lately" in (await browser.get(PATH)).text()
    again = await browser.submit(PATH, f"{PATH}/move", **form, password=PASSWORD)
    assert again.status == 422


async def test_pointing_elsewhere_moves_nobody(site: Site) -> None:
    here, there = await site.person("pointer", password=PASSWORD), await site.person("goal")
    browser = await site.member("pointer")
    assert (await browser.submit(PATH, f"{PATH}/move", target="goal", password=PASSWORD)).status == 303
    row = await row_of(site, here)
    assert (row.moved_to_uri, row.moved_ms) == (there.uri, None)
    async with site.context.database.read() as session:
        kinds = set(await session.exec(select(Activity.type).where(Activity.actor_id == here.id)))
    assert kinds == {"Update"}


async def test_an_account_ends_by_name_and_password_and_not_at_once(site: Site) -> None:
    dana = await site.person("dana", password=PASSWORD)
    browser = await site.member("dana")
    delete = f"{PATH}/delete"
    assert (await browser.submit(PATH, delete, name="daniel", password=PASSWORD)).status == 422
    assert (await browser.submit(PATH, delete, name="dana", password="not mine")).status == 422
    assert (await browser.submit(PATH, delete, name="@dana", password=PASSWORD)).status == 303
    page = await browser.get(PATH)
    assert "This account will be erased on" in page.text()
    assert (await browser.submit(PATH, f"{PATH}/keep")).status == 303
    assert (await browser.submit(PATH, f"{PATH}/keep")).status == 404
    await browser.submit(PATH, delete, name="dana", password=PASSWORD)
    site.clock.forward(limits.ERASE_GRACE_SECONDS - 60)
    await leave.due(site.context)
    assert (await browser.get(PATH)).status == 200
    site.clock.forward(61)
    await leave.due(site.context)
    assert (await browser.get(PATH)).status == 401
    assert (await site.browser().get("/@dana")).status == 410
    assert (await row_of(site, dana)).deleted_ms is not None
    tried = await site.browser().submit("/sign-in", "/sign-in", username="dana", password=PASSWORD)
    assert tried.status == 422
    async with site.context.database.read() as session:
        kept = await session.get_one(Account, site.account_id("dana"))
    assert (kept.password_hash, kept.email, kept.told) == (None, None, {})


async def test_without_a_password_nothing_dangerous_happens(site: Site) -> None:
    await site.person("paulus")
    browser = await site.member("paulus")
    answer = await browser.submit(PATH, f"{PATH}/delete", name="paulus", password="")
    assert answer.status == 422
    assert "Set a password first" in answer.text()
