"""Roles as a matrix, the owner's pages of people, links for a new password, and announcements on pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import select

from actors import accounts, announcements, people
from actors.admission import AnnouncementSeen
from actors.audit import AuditEntry
from actors.models import Account, Actor, Login, Token
from fediverse_ai.core import limits, roles
from fediverse_ai.core.errors import Conflict, Forbidden, Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.roles import MAY, MEANINGS, Right, Role
from tests.support.tokens import token_for
from tests.web.site import ORIGIN, Browser, Page, Site, hidden
from tests.web.test_pages import check_sound

pytestmark = pytest.mark.asyncio(loop_scope="module")
DOCUMENT = Path(__file__).parents[2] / "docs" / "howto" / "people.md"
PASSWORD = "a long enough sentence"
STAFF = {"olga": Role.OWNER, "otto": Role.OWNER, "ada": Role.ADMIN, "mo": Role.MODERATOR, "mia": Role.MEMBER}


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def staff(site: Site) -> None:
    for name, role in STAFF.items():
        await site.person(name, role=role.value)


async def account(site: Site, name: str) -> Account:
    async with site.context.database.read() as session:
        return await session.get_one(Account, site.account_id(name))


async def act(site: Site, who: str, whom: str, **fields: str) -> Page:
    """A form of the page about somebody, whether or not that page offers it."""
    browser = await site.member(who)
    token = hidden(await browser.get("/settings/security"))["csrf"]
    return await browser.post(f"/owner/people/{whom}", {"csrf": token, **fields})


# One page for each right, which opens for exactly the roles that have it.
PAGES = {Right.TAKE_PART: "/settings/quotas", Right.MODERATE: "/moderation", Right.ADMIT: "/moderation/requests",
         Right.RUN: "/owner/people"}  # fmt: skip


@pytest.mark.parametrize("name", ["olga", "ada", "mo", "mia"])
async def test_the_matrix_of_doors(site: Site, name: str) -> None:
    browser = await site.member(name)
    for right, path in PAGES.items():
        assert (await browser.get(path)).status == (200 if roles.may(STAFF[name], right) else 403), (name, path)
    page = await browser.get("/settings/invites")
    assert bool(page.all("form", action="/settings/invites")) is roles.may(STAFF[name], Right.INVITE)


def _may_change(by: Role, old: Role, new: Role) -> bool:
    """The rule in words, written down a second time: owners all; admins between member and moderator; others none."""
    if by == Role.OWNER:
        return True
    return by == Role.ADMIN and {old, new} <= {Role.MEMBER, Role.MODERATOR}


async def test_the_matrix_of_roles_given_and_taken(site: Site) -> None:
    """Every role changes every role into every other one: 4 × 4 × 3 cases, by the one verb that all doors use."""
    for by in ("olga", "ada", "mo", "mia"):
        for old in Role:
            for new in Role:
                async with site.context.database.write() as session:
                    subject = await people.by_name(session, "mia")
                    subject.account.role = old
                    session.add(subject.account)
                    await session.flush()
                    boss = await session.get_one(Account, site.account_id(by))
                    boss.role = STAFF[by] if by != "mia" else old
                    expected = Conflict if old == new else None if _may_change(STAFF[by], old, new) else Forbidden
                    if by == "mia":
                        # Somebody who raises themselves has the rights that they have, and no others.
                        expected = Conflict if old == new else None if _may_change(old, old, new) else Forbidden
                    try:
                        await people.change_role(session, subject, new.value, boss, "because")
                        found = None
                    except (Conflict, Forbidden) as error:
                        found = type(error)
                    assert found is expected, (by, old, new)
                    subject.account.role = Role.MEMBER
                    session.add(subject.account)


async def test_there_is_always_an_owner(site: Site) -> None:
    assert (await act(site, "olga", "otto", verb="role", role="member", reason="retires")).status == 303
    entry = await _newest(site)
    assert (entry.action, entry.subject, entry.before, entry.after, entry.reason) == (
        "account.role", "otto@127.0.0.1:8321", {"role": "owner"}, {"role": "member"}, "retires"
    )  # fmt: skip
    await act(site, "olga", "olga", verb="role", role="member", reason="tired")
    assert (await account(site, "olga")).role == "owner"
    async with site.context.database.write() as session:
        with pytest.raises(Conflict, match="only owner"):
            await people.change_role(session, await people.by_name(session, "olga"), "admin", None)
        with pytest.raises(Unprocessable):
            await people.change_role(session, await people.by_name(session, "mia"), "emperor", None)
    await act(site, "olga", "mia", verb="role", role="admin", reason="")
    assert (await account(site, "mia")).role == "member", "not without a reason"


async def _newest(site: Site) -> AuditEntry:
    async with site.context.database.read() as session:
        found = await session.exec(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))  # type: ignore[attr-defined]
        return found.one()


async def test_a_role_that_was_taken_ends_at_once(site: Site) -> None:
    await site.person("rex", role="admin")
    rex = await site.member("rex")
    assert (await rex.get("/owner/people")).status == 200
    await act(site, "olga", "rex", verb="role", role="member", reason="enough")
    assert (await rex.get("/owner/people")).status == 403
    assert "/owner" not in (await rex.get("/settings")).links()


async def test_the_list_is_searched_filtered_and_turned(site: Site) -> None:
    olga = await site.member("olga")
    page = await olga.get("/owner/people")
    check_sound(page)
    assert {"@olga", "@ada", "@mo", "@mia"} <= {head.text for head in page.all("th", scope="row")}
    for query, names in (("q=mi", {"@mia"}), ("role=admin", {"@ada"}), ("state=suspended", set()), ("q=%25", set())):
        found = {head.text for head in (await olga.get(f"/owner/people?{query}")).all("th", scope="row")}
        assert found == names, query
    await _crowd(site, *(f"crowd{number}" for number in range(limits.PEOPLE_ROWS)))
    page = await olga.get("/owner/people?q=crowd")
    assert len(page.all("th", scope="row")) == limits.PEOPLE_ROWS
    await _crowd(site, "crowded")
    page = await olga.get("/owner/people?q=crowd")
    [older] = [link.attrs["href"] for link in page.all("a", rel="next")]
    assert [head.text for head in (await olga.get(older)).all("th", scope="row")] == ["@crowd0"]


async def _crowd(site: Site, *names: str) -> None:
    """Rows of people without keys, which would take most of this file's time."""
    ids = site.context.ids
    async with site.context.database.write() as session:
        for name in names:
            url = f"{ORIGIN}/users/{name}"
            actor = Actor(id=ids.new(), uri=url, local=True, username=name, username_lower=name, host="127.0.0.1:8321",
                          inbox_url=url)  # fmt: skip
            session.add(actor)
            await session.flush()
            session.add(Account(id=ids.new(), actor_id=actor.id, created_ms=1))


async def test_one_person_is_suspended_and_let_back(site: Site) -> None:
    check_sound(await (await site.member("olga")).get("/owner/people/mia"))
    mia = await site.member("mia")
    for who in ("mo", "mia"):
        assert (await act(site, who, "mia", verb="suspend", ground="x", reason="x")).status == 403
    await act(site, "ada", "olga", verb="suspend", ground="x", reason="x")
    assert (await (await site.member("olga")).get("/settings")).status == 200
    await act(site, "ada", "mia", verb="suspend", ground="rule 2", reason="spam")
    assert (await mia.get("/settings")).status != 200
    found = await (await site.member("ada")).get("/owner/people?state=suspended")
    assert [head.text for head in found.all("th", scope="row")] == ["@mia"]
    await act(site, "ada", "mia", verb="lift", reason="an error")
    assert (await (await site.member("mia")).get("/settings")).status == 200


async def _link(site: Site, who: str, whom: str) -> str:
    """The link for a new password from the page, once it was given."""
    found = re.findall(r"http://[^\s<]+/sign-in/reset/[\w-]+", (await act(site, who, whom, verb="reset")).body)
    return found[0] if found else ""


async def test_a_link_for_a_new_password_works_once_for_half_an_hour_and_ends_everything_else(site: Site) -> None:
    await site.person("pat", password=PASSWORD)
    pat, token = await site.member("pat"), await token_for(site, "pat")
    first = await _link(site, "ada", "pat")
    link = await _link(site, "ada", "pat")
    assert (await _newest(site)).action == "account.reset-link"
    async with site.context.database.read() as session:
        kept = list(await session.exec(select(Login).where(Login.kind == "reset")))
    assert [row.secret_hash for row in kept] == [accounts.digest(link.rpartition("/")[2])], "a new link ends the first"
    visitor = site.browser()
    path = link.removeprefix("http://127.0.0.1:8321")
    page = await visitor.get(path)
    check_sound(page)
    assert page.response.headers["referrer-policy"] == "strict-origin"
    short = await visitor.submit(path, path, new="short", again="short")
    other = await visitor.submit(path, path, new=PASSWORD, again=PASSWORD + "!")
    assert (short.status, other.status) == (422, 422)
    check_sound(other)
    new = "another long sentence"
    done = await visitor.submit(path, path, new=new, again=new)
    assert (done.status, done.response.headers["location"]) == (303, "/sign-in")
    assert (await pat.get("/settings")).status != 200
    async with site.context.database.read() as session:
        tokens = list(await session.exec(select(Token).where(Token.secret_hash == accounts.digest(token))))
    assert [row.revoked_ms is not None for row in tokens] == [True]
    assert (await visitor.submit("/sign-in", "/sign-in", username="pat", password=new)).status == 303
    stranger = site.browser()
    csrf = hidden(await stranger.get("/sign-in"))["csrf"]
    for spent in (path, first.removeprefix("http://127.0.0.1:8321"), "/sign-in/reset/" + "x" * 43):
        assert (await stranger.post(spent, {"csrf": csrf, "new": PASSWORD, "again": PASSWORD})).status == 422
    late = (await _link(site, "ada", "pat")).removeprefix("http://127.0.0.1:8321")
    site.clock.forward(limits.RESET_LINK_SECONDS - 10)
    assert (await stranger.get(late)).all("input", id="new")
    site.clock.forward(11)
    assert (await stranger.post(late, {"csrf": csrf, "new": PASSWORD, "again": PASSWORD})).status == 422


async def test_nobody_makes_such_a_link_for_who_is_above_or_beside_them(site: Site) -> None:
    """Whoever could set an owner's password would be the owner."""
    for who, whom in (("ada", "olga"), ("ada", "ada"), ("olga", "olga")):
        assert await _link(site, who, whom) == "", (who, whom)
    assert await _link(site, "mo", "mia") == ""
    assert await _link(site, "olga", "ada") != ""


async def test_a_server_without_mail_says_how_one_gets_back_in(site: Site) -> None:
    visitor = site.browser()
    page = await visitor.get("/sign-in/forgotten")
    check_sound(page)
    assert "This server sends no mail" in page.text()
    csrf = hidden(await visitor.get("/sign-in"))["csrf"]
    site.context.part(RateLimiter)._free_at.clear()
    found = {}
    for name in ("mia", "nobody_at_all"):
        answer = await visitor.post("/sign-in/forgotten", {"csrf": csrf, "username": name})
        found[name] = (answer.status, answer.response.headers["location"])
    assert found["mia"] == found["nobody_at_all"]


async def test_an_announcement_is_written_shown_put_away_and_taken_down(site: Site) -> None:
    olga, mia = await site.member("olga"), await site.member("mia")
    check_sound(await olga.get("/owner/announcements"))
    words = "We move to a new machine on Friday. <b>Bold</b>"
    await _announce(olga, text=words)
    assert words.partition(" <")[0] not in (await mia.get("/settings")).text(), "kept is not published"
    row = (await _rows(site))[0]
    await olga.submit("/owner/announcements", f"/owner/announcements/{row.id}", verb="publish")
    page = await mia.get("/settings")
    check_sound(page)
    assert "We move to a new machine" in page.text()
    assert "<b>Bold" not in page.body
    assert "We move" not in (await site.browser().get("/")).text(), "for people of this server"
    token = hidden(page)["csrf"]
    answer = await mia.post(f"/announcements/{row.id}/dismiss", {"csrf": token, "back": "/settings"})
    assert answer.response.headers["location"] == "/settings"
    assert "We move" not in (await mia.get("/settings")).text()
    assert "We move" in (await olga.get("/settings")).text()
    away = await mia.post(f"/announcements/{row.id}/dismiss", {"csrf": token, "back": "https://evil.example/"})
    assert away.response.headers["location"] == "/home"
    async with site.context.database.read() as session:
        assert len(list(await session.exec(select(AnnouncementSeen)))) == 1
    await olga.submit("/owner/announcements", f"/owner/announcements/{row.id}", verb="withdraw")
    assert "We move" not in (await olga.get("/settings")).text()
    actions = [entry.action for entry in await _entries(site, "announcement")]
    assert actions == ["announcement.write", "announcement.publish", "announcement.withdraw"]


async def test_an_announcement_has_its_time(site: Site) -> None:
    olga = await site.member("olga")
    now = site.clock.now()
    hours = {name: (now.timestamp() + 3600 * hour) for name, hour in (("starts", 1), ("ends", 3))}
    times = {name: now.fromtimestamp(value, tz=now.tzinfo).strftime("%Y-%m-%dT%H:%M") for name, value in hours.items()}
    await _announce(olga, text="The gallery rests", publish="1", **times)
    seen = []
    for _hour in range(4):
        seen.append("The gallery rests" in (await olga.get("/settings")).text())
        site.clock.forward(3600)
    assert seen == [False, True, True, False]
    wrong = {"text": "x", "starts": times["ends"], "ends": times["starts"]}
    long = {"text": "x" * (limits.ANNOUNCEMENT_CHARS + 1)}
    for fields in (wrong, {"text": "x", "starts": "soon"}, {"text": " "}, long):
        page = await _announce(olga, **fields)
        assert page.status == 422
    check_sound(page)
    before = len(await _rows(site))
    assert (await _announce(olga, text="x" * limits.ANNOUNCEMENT_CHARS)).status == 303
    assert len(await _rows(site)) == before + 1


async def test_three_stand_above_a_page(site: Site) -> None:
    olga = await site.member("olga")
    for number in range(limits.ANNOUNCEMENTS_SHOWN + 1):
        await _announce(olga, text=f"Number {number}", publish="1")
    assert len((await olga.get("/settings")).all("div", class_="announcement")) == limits.ANNOUNCEMENTS_SHOWN


async def _announce(browser: Browser, **fields: str) -> Page:
    return await browser.submit("/owner/announcements", "/owner/announcements", **fields)


async def _rows(site: Site) -> list[Any]:
    async with site.context.database.read() as session:
        return await announcements.listed(session)


async def _entries(site: Site, kind: str) -> list[AuditEntry]:
    async with site.context.database.read() as session:
        return list(await session.exec(select(AuditEntry).where(AuditEntry.kind == kind).order_by(AuditEntry.id)))


async def test_the_document_says_what_the_table_says() -> None:
    """docs/howto/people.md holds the table of roles as it is in core/roles.py."""
    heading = f"| right | {' | '.join(roles.NAMES)} |"
    said = {right: " | ".join("yes" if right in MAY[role] else "–" for role in Role) for right in Right}
    lines = [f"| {MEANINGS[right]} | {said[right]} |" for right in Right]
    text = DOCUMENT.read_text("utf-8")
    assert "\n".join([heading, "| --- | --- | --- | --- | --- |", *lines]) in text
