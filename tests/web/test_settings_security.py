"""Password and second factor through the real forms: what they ask, refuse, use up and end."""

from __future__ import annotations

import re

import pytest
from sqlmodel import select

from actors import second_factor
from actors.personal import RecoveryCode, SecondFactor
from fediverse_ai.core import limits
from tests.web.site import Browser, Page, Site, hidden

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "correct horse battery"
PATH = "/settings/security"

# RFC 6238, appendix B: the SHA-1 column has eight digits, of which programs show the last six.
VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize("seconds", VECTORS)
async def test_codes_are_those_of_the_rfc(seconds: int) -> None:
    assert second_factor.code_at(SEED, seconds // second_factor.STEP_SECONDS) == VECTORS[seconds][-6:]


def now_code(site: Site, secret: str, ahead: int = 0) -> str:
    return second_factor.code_at(secret, site.clock.now_ms() // 1000 // 30 + ahead)


async def sign_in(site: Site, name: str, password: str = PASSWORD) -> tuple[Browser, Page]:
    browser = site.browser()
    return browser, await browser.submit("/sign-in", "/sign-in", username=name, password=password, next="/about")


async def enrolled(site: Site, name: str) -> tuple[Browser, str, list[str]]:
    """A browser, the secret and the recovery codes of somebody who turned it on."""
    await site.person(name, password=PASSWORD)
    browser = await site.member(name)
    await browser.submit(PATH, f"{PATH}/two-factor", password=PASSWORD)
    page = await browser.get(PATH)
    secret = page.one("code", class_="letters").text.replace(" ", "")
    page = await browser.post(f"{PATH}/two-factor/confirm", {**hidden(page), "code": now_code(site, secret)})
    codes = re.findall(r"<code>([a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4})</code>", page.body)
    assert len(codes) == limits.RECOVERY_CODES
    site.clock.forward(60)
    return browser, secret, codes


async def test_a_password_changes_with_the_old_one_and_ends_other_sessions_by_choice(site: Site) -> None:
    await site.person("wanda", password=PASSWORD)
    browser, other = await site.member("wanda"), await site.member("wanda")
    new = {"new": "a new long password", "again": "a new long password"}
    wrong = await browser.submit(PATH, f"{PATH}/password", **new, password="not it at all")
    assert wrong.status == 422
    assert wrong.one("input", id="password").attrs["aria-invalid"] == "true"
    assert (await browser.submit(PATH, f"{PATH}/password", password=PASSWORD, new="short", again="short")).status == 422
    assert (
        await browser.submit(PATH, f"{PATH}/password", **{**new, "again": "other"}, password=PASSWORD)
    ).status == 422
    assert (await browser.submit(PATH, f"{PATH}/password", **new, password=PASSWORD)).status == 303
    assert (await other.get(PATH)).status == 200
    kept = {"new": PASSWORD, "again": PASSWORD, "others": "1"}
    assert (await browser.submit(PATH, f"{PATH}/password", **kept, password="a new long password")).status == 303
    assert [(await one.get(PATH)).status for one in (browser, other)] == [200, 401]
    assert (await sign_in(site, "wanda"))[1].status == 303


async def test_a_first_password_needs_a_session_of_this_hour(site: Site) -> None:
    browser = await site.member("wilma")
    form = {"new": PASSWORD, "again": PASSWORD}
    site.clock.forward(limits.FRESH_SESSION_SECONDS + 1)
    late = await browser.submit(PATH, f"{PATH}/password", **form)
    assert late.status == 422
    assert "Sign in anew" in late.text()
    fresh = await site.member("wilma")
    assert (await fresh.submit(PATH, f"{PATH}/password", **form)).status == 303
    assert (await sign_in(site, "wilma"))[1].status == 303


async def test_the_second_factor_is_on_only_after_a_right_code(site: Site) -> None:
    await site.person("tara", password=PASSWORD)
    browser, other = await site.member("tara"), await site.member("tara")
    assert (await browser.submit(PATH, f"{PATH}/two-factor", password="not it")).status == 422
    assert (await browser.get(f"{PATH}/squares.svg")).status == 404
    await browser.submit(PATH, f"{PATH}/two-factor", password=PASSWORD)
    picture = await browser.get(f"{PATH}/squares.svg")
    assert picture.response.headers["content-type"].startswith("image/svg+xml")
    assert "no-store" in picture.response.headers["cache-control"]
    assert "style=" not in picture.body
    assert "<script" not in picture.body
    assert (await sign_in(site, "tara"))[1].status == 303
    page = await browser.get(PATH)
    secret = page.one("code", class_="letters").text.replace(" ", "")
    wrong = await browser.post(f"{PATH}/two-factor/confirm", {**hidden(page), "code": now_code(site, secret, 5)})
    assert wrong.status == 422
    async with site.context.database.read() as session:
        row = await session.get_one(SecondFactor, site.account_id("tara"))
    assert row.confirmed_ms is None
    assert secret.encode() not in row.secret_sealed
    right = await browser.post(f"{PATH}/two-factor/confirm", {**hidden(page), "code": now_code(site, secret)})
    assert right.status == 200
    assert (await other.get(PATH)).status == 401
    later = await browser.get(PATH)
    assert secret not in later.body.replace(" ", "")
    assert (await browser.get(f"{PATH}/squares.svg")).status == 404
    assert "10 recovery codes are left" in later.text()
    assert (await browser.submit(PATH, f"{PATH}/two-factor", password=PASSWORD)).status == 409


async def test_sign_in_asks_for_the_code_and_takes_none_twice(site: Site) -> None:
    _browser, secret, _codes = await enrolled(site, "tessa")
    browser, asked = await sign_in(site, "tessa")
    assert asked.status == 200
    assert browser.cookie("session-8321") is None
    assert (await browser.get("/settings")).status == 401
    wrong = await browser.post("/sign-in/code", {**hidden(asked), "code": "000000"})
    assert wrong.status == 422
    code = now_code(site, secret)
    right = await browser.post("/sign-in/code", {**hidden(wrong), "code": f"{code[:3]} {code[3:]}"})
    assert (right.status, right.response.headers["location"]) == (303, "/about")
    assert (await browser.get("/settings")).status == 200
    # The ticket of the first step is used up, and so is the code.
    assert (await site.browser().post("/sign-in/code", {**hidden(asked), "code": code})).status in (403, 422)
    again, asked = await sign_in(site, "tessa")
    assert (await again.post("/sign-in/code", {**hidden(asked), "code": code})).status == 422
    assert (await again.post("/sign-in/code", {**hidden(asked), "code": now_code(site, secret, 1)})).status == 303
    third, asked = await sign_in(site, "tessa")
    assert (await third.post("/sign-in/code", {**hidden(asked), "code": now_code(site, secret)})).status == 422


async def test_a_code_may_be_half_a_minute_off_and_no_more(site: Site) -> None:
    _browser, secret, _codes = await enrolled(site, "tilda")
    for ahead, status in ((limits.CODE_DRIFT_STEPS + 1, 422), (limits.CODE_DRIFT_STEPS, 303)):
        site.clock.forward(300)
        browser, asked = await sign_in(site, "tilda")
        answer = await browser.post("/sign-in/code", {**hidden(asked), "code": now_code(site, secret, ahead)})
        assert answer.status == status
    site.clock.forward(300)
    browser, asked = await sign_in(site, "tilda")
    old = {**hidden(asked), "code": now_code(site, secret, -limits.CODE_DRIFT_STEPS - 1)}
    assert (await browser.post("/sign-in/code", old)).status == 422


async def test_each_recovery_code_opens_once_and_new_ones_end_the_old(site: Site) -> None:
    owner, _secret, codes = await enrolled(site, "theo")
    browser, asked = await sign_in(site, "theo")
    assert (await browser.post("/sign-in/code", {**hidden(asked), "code": codes[0].upper()})).status == 303
    browser, asked = await sign_in(site, "theo")
    assert (await browser.post("/sign-in/code", {**hidden(asked), "code": codes[0]})).status == 422
    page = await owner.submit(PATH, f"{PATH}/two-factor/recovery", password=PASSWORD)
    assert page.status == 200
    async with site.context.database.read() as session:
        rows = list(await session.exec(select(RecoveryCode).where(RecoveryCode.account_id == site.account_id("theo"))))
    assert len(rows) == limits.RECOVERY_CODES
    assert all(row.code_hash not in page.body for row in rows)
    assert (await browser.post("/sign-in/code", {**hidden(asked), "code": codes[1]})).status == 422


async def test_codes_are_limited_and_the_first_step_does_not_last(site: Site) -> None:
    _browser, secret, _codes = await enrolled(site, "tom")
    browser, asked = await sign_in(site, "tom")
    answers = [await browser.post("/sign-in/code", {**hidden(asked), "code": "111111"}) for _ in range(6)]
    assert [answer.status for answer in answers] == [422] * limits.CODES_PER_ACCOUNT.count + [429]
    assert (await browser.post("/sign-in/code", {**hidden(asked), "code": now_code(site, secret)})).status == 429
    site.clock.forward(limits.CODES_PER_ACCOUNT.seconds + 1)
    browser, asked = await sign_in(site, "tom")
    site.clock.forward(limits.SECOND_STEP_SECONDS + 1)
    late = await browser.post("/sign-in/code", {**hidden(asked), "code": now_code(site, secret)})
    assert late.status == 422
    assert "took too long" in late.text()


async def test_a_link_and_an_app_meet_the_second_step_too(site: Site) -> None:
    from actors import accounts

    _browser, secret, _codes = await enrolled(site, "tove")
    async with site.context.database.write() as session:
        link = await accounts.make_link(session, site.account_id("tove"))
    browser = site.browser()
    asked = await browser.submit(f"/sign-in/link/{link}", f"/sign-in/link/{link}")
    assert asked.status == 200
    assert browser.cookie("session-8321") is None
    goal = "/oauth/authorize?client_id=x&redirect_uri=y"
    page = await browser.post("/sign-in/code", {**hidden(asked), "next": goal, "code": now_code(site, secret)})
    assert (page.status, page.response.headers["location"]) == (303, goal)


async def test_it_ends_with_password_and_code(site: Site) -> None:
    owner, secret, _codes = await enrolled(site, "tina")
    code = now_code(site, secret)
    assert (await owner.submit(PATH, f"{PATH}/two-factor/end", password="wrong", code=code)).status == 422
    assert (await owner.submit(PATH, f"{PATH}/two-factor/end", password=PASSWORD, code="000000")).status == 422
    assert (await owner.submit(PATH, f"{PATH}/two-factor/end", password=PASSWORD, code=code)).status == 303
    assert (await sign_in(site, "tina"))[1].status == 303
    async with site.context.database.read() as session:
        left = select(RecoveryCode.id).where(RecoveryCode.account_id == site.account_id("tina"))
        assert list(await session.exec(left)) == []


async def test_guessing_the_password_here_counts_as_at_sign_in(site: Site) -> None:
    await site.person("greta", password=PASSWORD)
    browser = await site.member("greta")
    tries = [
        (await browser.submit(PATH, f"{PATH}/two-factor", password=f"guess number {number}")).status
        for number in range(limits.LOGIN_PER_ACCOUNT.count + 1)
    ]
    assert tries == [422] * limits.LOGIN_PER_ACCOUNT.count + [429]
    assert (await sign_in(site, "greta"))[1].status == 429
