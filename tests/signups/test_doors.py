"""Coming in by the page: closed at first, by invitation, on request; every bound, and who came by whom."""

from __future__ import annotations

import re
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import select

from actors import accounts, invites, requests, signups
from actors.admission import Arrival, Invite, SignUpRequest
from actors.audit import AuditEntry
from actors.models import Account, Actor, SignInTries
from actors.signups import Mode, SignUps
from fediverse_ai.core import limits
from fediverse_ai.core.limits import RateLimiter
from tests.web.site import Browser, Page, Site, hidden
from tests.web.test_pages import check_sound

pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORD = "a long enough sentence"
FORM = {"password": PASSWORD, "agree": "1"}


@pytest_asyncio.fixture(loop_scope="module")
async def olga(site: Site) -> Browser:
    """The owner, signed in anew for each test: some let weeks pass."""
    await site.person("olga", role="owner")
    await site.person("mo", role="moderator")
    return await site.member("olga")


async def door(site: Site, mode: Mode, **more: Any) -> None:
    async with site.context.database.write() as session:
        await signups.put(session, SignUps(mode, **more), None)


async def rows(site: Site, model: Any, **equal: Any) -> list[Any]:
    query = select(model).where(*(getattr(model, name) == value for name, value in equal.items()))
    async with site.context.database.read() as session:
        return sorted(await session.exec(query), key=lambda row: str(getattr(row, "id", "")))


async def invitation(site: Site, uses: int = 1, days: int = 7, by: str | None = None) -> str:
    async with site.context.database.write() as session:
        account = await session.get(Account, site.account_id(by)) if by else None
        return (await invites.make(session, account, uses=uses, days=days, note="a friend"))[1]


async def sent(site: Site, browser: Browser | None = None, **fields: str) -> Page:
    """The form, sent; its token is taken from a page that has one however people come in."""
    browser = browser or site.browser()
    token = hidden(await browser.get("/sign-in"))["csrf"]
    return await browser.post("/sign-up", {"csrf": token, **FORM, **fields})


async def forgive(site: Site) -> None:
    """A day later, for the bounds by address and by day."""
    site.clock.forward(2 * 86_400)


async def test_a_new_server_lets_nobody_in_and_says_so(site: Site) -> None:
    page = await site.browser().get("/sign-up")
    check_sound(page)
    assert "Sign-ups are closed" in page.text()
    assert page.all("form", action="/sign-up") == []
    before = len(await rows(site, Account))
    visitor = site.browser()
    token = hidden(await visitor.get("/sign-in"))["csrf"]
    secret = await invitation(site)
    for fields in ({}, {"reason": "please"}, {"invite": secret}):
        answer = await visitor.post("/sign-up", {"csrf": token, "username": "eve", **FORM, **fields})
        assert answer.status == 403
    assert len(await rows(site, Account)) == before
    info = (await site.browser().client.get("/nodeinfo/2.1")).json()
    assert (info["openRegistrations"], info["metadata"]["signUps"]) == (False, "closed")
    assert (await site.browser().get("/setup")).status == 404, "OPS-01"
    for address in ("/", "/about"):
        assert "losed" in (await site.browser().get(address)).text()


async def test_an_invitation_lets_in_once_and_is_remembered(site: Site, olga: Browser) -> None:
    await door(site, Mode.INVITE)
    made = await olga.submit("/owner/invites", "/owner/invites", uses="1", days="2", note="for Ida")
    check_sound(made)
    [link] = re.findall(r"http://[^\s<]+/invite/[\w-]+", made.body)
    secret = link.rpartition("/")[2]
    assert not await rows(site, Invite, secret_hash=secret), "the secret itself is stored nowhere"
    visitor = site.browser()
    page = await visitor.get(f"/invite/{secret}")
    check_sound(page)
    assert "@olga invites you" in page.text()
    assert page.response.headers["referrer-policy"] == "strict-origin"
    answer = await visitor.post("/sign-up", {**hidden(page), **FORM, "username": "ida"})
    assert (answer.status, answer.response.headers["location"]) == (303, "/home")
    assert (await visitor.get("/settings")).status == 200, "and they are signed in"
    [account] = await rows(site, Account, actor_id=(await rows(site, Actor, username="ida"))[0].id)
    assert account.role == "member"
    [arrival] = await rows(site, Arrival, account_id=account.id)
    assert arrival.invited_by_id == site.account_id("olga")
    assert "@ida" in (await olga.get("/owner/invites")).text()
    assert "@olga" in (await olga.get("/owner/people/ida")).text()
    again = await sent(site, username="joe", invite=secret)
    assert again.status == 403
    assert "was used, taken back, or is too old" in again.text()
    assert await rows(site, Actor, username="joe") == []


async def test_who_is_first_decides_and_the_others_change_nothing(site: Site) -> None:
    await door(site, Mode.INVITE)
    secret = await invitation(site, uses=2)
    names = ["kim", "leo", "max", "nia"]
    answers = [await sent(site, username=name, invite=secret) for name in names]
    assert [answer.status for answer in answers] == [303, 303, 403, 403]
    [row] = await rows(site, Invite, secret_hash=accounts.digest(secret))
    assert row.uses == 2
    # A name that is taken uses nothing up.
    secret = await invitation(site)
    assert (await sent(site, username="KIM", invite=secret)).status == 422
    [row] = await rows(site, Invite, secret_hash=accounts.digest(secret))
    assert row.uses == 0


@pytest.mark.parametrize("how", ["revoked", "old", "of somebody suspended"])
async def test_invitations_end(site: Site, olga: Browser, how: str) -> None:
    await door(site, Mode.INVITE, members_invite=True)
    await site.person("carl")
    secret = await invitation(site, days=1, by="carl")
    [row] = await rows(site, Invite, secret_hash=accounts.digest(secret))
    assert (await site.browser().get(f"/invite/{secret}")).all("input", name="username")
    if how == "revoked":
        await olga.submit("/owner/invites", f"/owner/invites/{row.id}/revoke")
    elif how == "old":
        site.clock.forward(86_401)
    else:
        await olga.submit("/owner/people/carl", "/owner/people/carl", verb="suspend", ground="rule 1", reason="spam")
    answer = await sent(site, username="nobody_in", invite=secret)
    assert answer.status == 403
    assert await rows(site, Actor, username="nobody_in") == []


async def test_members_invite_only_where_they_may_and_only_so_many(site: Site) -> None:
    await door(site, Mode.INVITE)
    dana = await site.member("dana")
    fields = {"uses": "1", "days": "1", "note": ""}
    page = await dana.get("/settings/invites")
    check_sound(page)
    token = hidden(await dana.get("/settings/security"))["csrf"]
    await dana.post("/settings/invites", {"csrf": token, **fields})
    assert await rows(site, Invite, made_by_id=site.account_id("dana")) == []
    await door(site, Mode.INVITE, members_invite=True)
    assert "/invite/" in (await dana.submit("/settings/invites", "/settings/invites", **fields)).body
    for _ in range(limits.INVITES_OPEN - 2):
        await invitation(site, by="dana")
    assert "/invite/" in (await dana.submit("/settings/invites", "/settings/invites", **fields)).body
    assert (await dana.submit("/settings/invites", "/settings/invites", **fields)).status == 303
    mine = await rows(site, Invite, made_by_id=site.account_id("dana"))
    assert len(mine) == limits.INVITES_OPEN
    emil = await site.member("emil")
    token = hidden(await emil.get("/settings/security"))["csrf"]
    assert (await emil.post(f"/settings/invites/{mine[0].id}/revoke", {"csrf": token})).status == 404
    await dana.submit("/settings/invites", f"/settings/invites/{mine[0].id}/revoke")
    assert (await rows(site, Invite, id=mine[0].id))[0].revoked_ms is not None
    for wrong in ({"uses": "0"}, {"uses": str(limits.INVITE_USES + 1)}, {"days": str(limits.INVITE_DAYS + 1)},
                  {"days": "soon"}):  # fmt: skip
        assert (await dana.submit("/settings/invites", "/settings/invites", **{**fields, **wrong})).status == 303
    assert len(await rows(site, Invite, made_by_id=site.account_id("dana"))) == limits.INVITES_OPEN


async def test_a_request_is_asked_seen_and_granted(site: Site, olga: Browser) -> None:
    await door(site, Mode.APPROVAL, question="What would you make here?")
    info = (await site.browser().client.get("/nodeinfo/2.1")).json()
    assert (info["openRegistrations"], info["metadata"]["signUps"]) == (True, "approval")
    visitor = site.browser()
    page = await visitor.get("/sign-up")
    check_sound(page)
    assert "What would you make here?" in page.text()
    answer = await sent(site, browser=visitor, username="fay", reason="Lighthouses, mostly.")
    where = answer.response.headers["location"]
    assert where.startswith("/sign-up/state/")
    waiting = await visitor.get(where)
    check_sound(waiting)
    assert "@fay waits for an answer" in waiting.text()
    assert await rows(site, Actor, username="fay") == [], "there is no actor to be found before a yes"
    asked = await site.browser().client.get("/.well-known/webfinger?resource=acct:fay@127.0.0.1:8321")
    assert asked.status_code == 404
    early = await visitor.submit("/sign-in", "/sign-in", username="fay", password=PASSWORD)
    assert "still waits" in early.text()
    wrong = await visitor.submit("/sign-in", "/sign-in", username="fay", password="another password")
    assert "still waits" not in wrong.text()
    [row] = await rows(site, SignUpRequest, name="fay")
    mo = await site.member("mo")
    listed = await mo.get("/moderation/requests")
    check_sound(listed)
    assert "Lighthouses, mostly." in listed.text()
    check_sound(await olga.get("/owner/requests"))
    assert "1 person asks to join." in (await olga.get("/owner")).text()
    assert "Somebody asks to join" in (await mo.get("/notifications")).text()
    await mo.submit("/moderation/requests", f"/moderation/requests/{row.id}", verb="approve", note="Welcome!")
    assert "Welcome!" in (await visitor.get(where)).text()
    entered = await visitor.submit("/sign-in", "/sign-in", username="fay", password=PASSWORD)
    assert entered.status == 303
    [row] = await rows(site, SignUpRequest, name="fay")
    assert (row.state, row.password_hash, row.email, row.token) == ("approved", None, None, {})
    assert (await rows(site, AuditEntry, action="request.approve"))[-1].by_name == "mo"


async def test_a_request_is_turned_away_and_its_name_is_free_again(site: Site) -> None:
    await door(site, Mode.APPROVAL)
    await forgive(site)
    visitor = site.browser()
    where = (await sent(site, browser=visitor, username="gus", reason="ads")).response.headers["location"]
    assert (await sent(site, username="gus", reason="me too")).status == 422, "asked for is taken"
    [row] = await rows(site, SignUpRequest, name="gus")
    mo = await site.member("mo")
    path = f"/moderation/requests/{row.id}"
    await mo.submit("/moderation/requests", path, verb="deny", note="No advertising here.")
    page = await visitor.get(where)
    check_sound(page)
    assert "No advertising here." in page.text()
    assert await rows(site, Actor, username="gus") == []
    token = hidden(await mo.get("/settings/security"))["csrf"]
    await mo.post(path, {"csrf": token, "verb": "approve", "note": ""})
    assert await rows(site, Actor, username="gus") == [], "decided is decided"
    assert (await sent(site, username="gus", reason="really me")).status == 303
    site.clock.forward(limits.SIGN_UP_KEPT_SECONDS + 86_400)
    await requests.forget(site.context)
    assert (await visitor.get(where)).status == 404


WRONG = [
    ({"username": ""}, "Choose a name"),
    ({"username": "a b"}, "letters, digits and underscores"),
    ({"username": "x" * 31}, "at most 30"),
    ({"username": "Admin"}, "reserved"),
    ({"username": "webmaster"}, "reserved"),
    ({"username": "OLGA"}, "is taken"),
    ({"password": "x" * 9}, "10 to 256"),
    ({"password": "x" * 257}, "10 to 256"),
    ({"username": "henrietta1", "password": "Henrietta1"}, "not your name"),
    ({"agree": ""}, "accept the rules"),
    ({"reason": " "}, "Say why"),
    ({"reason": "x" * 1_001}, "at most 1000"),
    ({"website": "https://spam.example"}, "filled in by a program"),
]


@pytest.mark.parametrize(("fields", "sentence"), WRONG, ids=lambda value: str(value)[:40])
async def test_what_is_wrong_is_told_and_nothing_is_kept(
    site: Site, olga: Browser, fields: dict[str, str], sentence: str
) -> None:
    await door(site, Mode.APPROVAL)
    site.context.part(RateLimiter)._free_at.clear()
    before = len(await rows(site, SignUpRequest))
    page = await sent(site, **{"username": "henry", "reason": "to see", **fields})
    assert page.status == 422
    assert sentence in page.text()
    check_sound(page)
    assert PASSWORD not in page.body
    assert len(await rows(site, SignUpRequest)) == before


async def test_a_form_of_another_site_and_one_without_a_token_are_refused(site: Site) -> None:
    visitor = site.browser()
    fields = {**hidden(await visitor.get("/sign-up")), **FORM, "username": "ivy", "reason": "x"}
    assert (await visitor.post("/sign-up", {**fields, "csrf": "nonsense"})).status == 403
    elsewhere = {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}
    assert (await visitor.post("/sign-up", fields, **elsewhere)).status == 403
    assert await rows(site, SignUpRequest, name="ivy") == []


async def test_a_flood_is_bounded_by_address_by_day_and_by_what_waits(site: Site) -> None:
    await door(site, Mode.APPROVAL)
    await forgive(site)
    site.context.part(RateLimiter)._free_at.clear()
    at_once = limits.SIGN_UPS_PER_ADDRESS.count
    answers = [await sent(site, username=f"flood{number}", reason="x") for number in range(at_once + 1)]
    assert [answer.status for answer in answers] == [303] * at_once + [429]
    assert int(answers[-1].response.headers["retry-after"]) > 80_000
    # From many addresses: the day has its bound, whoever asks.
    more = limits.SIGN_UPS_DAILY - at_once
    for number in range(more + 1):
        async with site.context.database.write() as session:
            for row in list(await session.exec(select(SignInTries))):
                await session.delete(row)
        site.context.part(RateLimiter)._free_at.clear()
        last = await sent(site, username=f"wave{number}", reason="x")
        assert last.status == (303 if number < more else 429), number
    assert "come back tomorrow" in last.text()
    # And so has what waits, whatever the day.
    waiting = len(await rows(site, SignUpRequest, state="waiting"))
    for number in range(limits.SIGN_UP_BACKLOG - waiting + 1):
        site.clock.forward(86_400)
        site.context.part(RateLimiter)._free_at.clear()
        last = await sent(site, username=f"later{number}", reason="x")
    assert last.status == 429
    assert len(await rows(site, SignUpRequest, state="waiting")) == limits.SIGN_UP_BACKLOG


async def test_tries_have_a_rate(site: Site) -> None:
    site.context.part(RateLimiter)._free_at.clear()
    visitor = site.browser()
    fields = {**hidden(await visitor.get("/sign-up")), "username": "", "password": ""}
    found = [(await visitor.post("/sign-up", fields)).status for _ in range(limits.SIGN_UP_TRIES.count + 1)]
    assert found == [422] * limits.SIGN_UP_TRIES.count + [429]


async def test_the_setting_is_changed_by_the_page_and_said_everywhere(site: Site, olga: Browser) -> None:
    page = await olga.get("/owner/invites")
    check_sound(page)
    fields = {"mode": "invite", "members_invite": "1", "question": "Why?"}
    await olga.submit("/owner/invites", "/owner/signups", **fields)
    entry = (await rows(site, AuditEntry, action="setting.signups"))[-1]
    assert (entry.by_name, entry.after["mode"], entry.after["members_invite"]) == ("olga", "invite", True)
    visitor = site.browser()
    assert "by invitation" in (await visitor.get("/about")).text()
    body = (await visitor.client.get("/api/v2/instance")).json()["registrations"]
    assert (body["enabled"], body["url"]) == (False, "http://127.0.0.1:8321/sign-up")
    assert (await visitor.client.get("/api/v1/instance")).json()["invites_enabled"] is True
    await olga.submit("/owner/invites", "/owner/signups", mode="approval", question="x" * limits.SIGN_UP_QUESTION_CHARS)
    body = (await visitor.client.get("/api/v2/instance")).json()["registrations"]
    assert (body["enabled"], body["approval_required"], body["reason_required"]) == (True, True, True)
    for wrong in ({"mode": "open"}, {"mode": "closed", "question": "x" * (limits.SIGN_UP_QUESTION_CHARS + 1)}):
        await olga.submit("/owner/invites", "/owner/signups", **wrong)
    async with site.context.database.read() as session:
        assert (await signups.now(session)).mode == "approval"
