"""People, reports and single posts: every measure does what it says, is stated with reasons, objected to, undone."""

from __future__ import annotations

import json
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import select

from actors.audit import AuditEntry
from actors.models import Actor, ActorRule
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Forbidden
from outbox import report as reports
from outbox.compose import Draft, compose
from outbox.models import Activity, Attachment, Notification, Post, Report
from outbox.records import Docket, Measure, ModeratorNote
from tests.web.site import Browser, Page, Site, hidden
from tests.web.test_pages import check_sound

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Staff:
    def __init__(self, site: Site, mo: Browser, owner: Browser) -> None:
        self.site, self.mo, self.owner = site, mo, owner

    async def rows(self, model: Any, **equal: Any) -> list[Any]:
        query = select(model).where(*(getattr(model, name) == value for name, value in equal.items()))
        async with self.site.context.database.read() as session:
            return list(await session.exec(query.order_by(model.id)))

    async def do(self, path: str, verb: str, reason: str = "facts", **fields: str) -> Page:
        """One act on a page, which writes one entry into the log, or none when it was refused."""
        page = await self.mo.get(path)
        check_sound(page)
        token = page.all("input", name="csrf")[0].attrs["value"]
        return await self.mo.post(path, {"csrf": token, "verb": verb, "reason": reason, **fields})

    async def undo(self, answer: Page) -> None:
        page = await self.mo.get(answer.response.headers["location"])
        form = {name: value for name, value in hidden(page).items() if name in ("csrf", "entries", "to", "reason")}
        await self.mo.post("/moderation/undo", form)

    async def newest(self) -> AuditEntry:
        return (await self.rows(AuditEntry))[-1]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def staff(site: Site) -> Staff:
    await site.person("mo", role="moderator")
    await site.person("olga", role="owner")
    return Staff(site, await site.member("mo"), await site.member("olga"))


async def test_people_are_found_and_seen_with_their_record(staff: Staff) -> None:
    ann = await staff.site.person("ann")
    assert f"/moderation/accounts/{ann.id}" in (await staff.mo.get("/moderation/accounts?q=An")).links()
    assert "Nobody by that name" in (await staff.mo.get("/moderation/accounts?q=zebra")).text()
    page = await staff.mo.get(f"/moderation/accounts/{ann.id}")
    check_sound(page)
    assert "member" in page.text()
    assert (await staff.mo.get("/moderation/accounts/9223372036854775807")).status == 404


@pytest.mark.parametrize("kind", ["warn", "sensitive", "limit", "freeze", "suspend"])
async def test_a_measure_about_a_person_holds_is_stated_and_taken_back(staff: Staff, kind: str) -> None:
    person = await staff.site.person(f"p{kind}", password="a long enough word")
    browser = await staff.site.member(f"p{kind}")
    path = f"/moderation/accounts/{person.id}"
    before = len(await staff.rows(AuditEntry))
    answer = await staff.do(path, kind, "You flooded the gallery.", ground="Rule 3")
    [entry] = (await staff.rows(AuditEntry))[before:]
    assert (entry.action, entry.reason, entry.about_id) == (f"account.{kind}", "You flooded the gallery.", person.id)
    [made] = await staff.rows(Measure, actor_id=person.id)
    assert [one.kind for one in await staff.rows(Notification, actor_id=person.id)] == ["measure"]
    statement = await staff.site.browser().get(f"/statements/{made.secret}")
    check_sound(statement)
    assert "Rule 3" in statement.text()
    assert "You flooded the gallery." in statement.text()
    await _holds(staff, kind, person, browser, holds=True)
    if kind == "warn":
        return
    await staff.undo(answer)
    assert (await staff.newest()).undoes_id == entry.id
    await _holds(staff, kind, person, browser, holds=False)
    await staff.do(path, kind)
    await staff.do(path, "lift", "enough", measure=str((await staff.rows(Measure, actor_id=person.id))[-1].id))
    assert (await staff.newest()).action == "measure.lift"
    await _holds(staff, kind, person, browser, holds=False)


async def _holds(staff: Staff, kind: str, person: Actor, browser: Browser, *, holds: bool) -> None:
    site = staff.site
    if kind == "freeze":
        async with site.context.database.write() as session:
            author = await session.get(Actor, person.id)
            assert author is not None
            if holds:
                with pytest.raises(Forbidden) as told:
                    await compose(session, author, Draft(text="Hello"))
                assert "/statements/" in told.value.public
            else:
                await compose(session, author, Draft(text="Hello"))
    elif kind == "sensitive":
        post = await site.post(person, text="New", state="held", published_ms=None)
        page = await staff.mo.get("/moderation")
        token = page.all("input", name="csrf")[0].attrs["value"]
        await staff.mo.post(f"/moderation/items/{post.id}", {"csrf": token, "verb": "approve", "reason": "seen"})
        [row] = await staff.rows(Post, id=post.id)
        assert (row.state, row.sensitive) == ("published", holds)
    elif kind == "limit":
        assert ((await staff.rows(Actor, id=person.id))[0].severity == "limit") is holds
    elif kind == "suspend":
        assert (await browser.get("/statements")).status == 401, "the old session is over in any case"
        profile = await site.browser().get(f"/@{person.username}")
        assert (profile.status in (404, 410)) is holds
        answer = await site.browser().submit(
            "/sign-in", "/sign-in", username=person.username, password="a long enough word"
        )
        assert answer.status == 303
        assert answer.response.headers["location"].startswith("/statements/") is holds


async def test_the_suspended_page_tells_nothing_without_the_password(staff: Staff) -> None:
    person = await staff.site.person("sus", password="a long enough word")
    await staff.do(f"/moderation/accounts/{person.id}", "suspend")
    answer = await staff.site.browser().submit("/sign-in", "/sign-in", username="sus", password="a wrong enough word")
    assert answer.status == 422


async def test_nobody_acts_on_their_equals_or_superiors(staff: Staff) -> None:
    before = len(await staff.rows(AuditEntry))
    for name in ("mo", "olga"):
        person = await staff.site.person(name)
        await staff.do(f"/moderation/accounts/{person.id}", "suspend")
        assert (await staff.rows(Actor, id=person.id))[0].suspended_ms is None
    assert len(await staff.rows(AuditEntry)) == before


async def test_an_objection_is_made_once_and_answered(staff: Staff) -> None:
    person = await staff.site.person("obi")
    await staff.do(f"/moderation/accounts/{person.id}", "freeze", "Too much.")
    [made] = await staff.rows(Measure, actor_id=person.id)
    path, stranger = f"/statements/{made.secret}", staff.site.browser()
    await stranger.submit(path, path, text="It was one picture.")
    await stranger.submit(path, path, text="And again.") if (await stranger.get(path)).all("textarea") else None
    page = await staff.mo.get("/moderation/appeals")
    assert "It was one picture." in page.text()
    token = page.all("input", name="csrf")[0].attrs["value"]
    before = len(await staff.rows(AuditEntry))
    fields = {"csrf": token, "verb": "uphold", "reason": "True."}
    await staff.mo.post(f"/moderation/appeals/{made.id}", fields)
    [done] = await staff.rows(Measure, actor_id=person.id)
    assert (done.objection, done.answer, done.undone_ms is not None) == ("It was one picture.", "True.", True)
    assert len(await staff.rows(AuditEntry)) == before + 1
    assert "True." in (await stranger.get(path)).text()
    assert "Too much." in (await (await staff.site.member("obi")).get("/statements")).text()


async def test_single_posts_are_set_right_and_put_back(staff: Staff) -> None:
    ann = await staff.site.person("bea")
    post = await staff.site.post(
        ann, text="A photograph", visibility="public", attachment={"origin": "declared_not_ai"}
    )
    path = f"/moderation/posts/{post.id}"

    async def now() -> tuple[bool, str, str]:
        [row], [picture] = await staff.rows(Post, id=post.id), await staff.rows(Attachment, post_id=post.id)
        return row.sensitive, str(row.visibility), str(picture.origin)

    moderator = await staff.site.member("mo_links")
    for looker, found in ((staff.mo, True), (moderator, False)):
        assert (path in (await looker.get(f"/@bea/{post.id}")).links()) is found
        assert (path in (await looker.get("/local")).links()) is found
    was = await now()
    for verb, then in (("mark-sensitive", (True, was[1], was[2])), ("unlist", (False, "quiet", was[2])),
                       ("label", (False, was[1], "declared_ai"))):  # fmt: skip
        answer = await staff.do(path, verb)
        assert await now() == then
        sent = json.loads((await staff.rows(Activity, object_uri=post.uri, type="Update"))[-1].body)
        if verb == "label":
            assert sent["object"]["genAI"] is True
        await staff.undo(answer)
        assert await now() == was
    assert len(await staff.rows(Measure, post_id=post.id)) == 3


async def test_a_private_post_is_read_only_when_it_came_before_the_moderators(staff: Staff) -> None:
    """VIS-13: not by its number, not in its author's record, not acted upon; and whoever reads it stands in the log."""
    dee = await staff.site.person("dee")
    open_ = await staff.site.post(dee, text="For everybody", visibility="public")
    private = [await staff.site.post(dee, text="Between us", visibility=word) for word in ("followers", "direct")]
    private.append(await staff.site.post(dee, text="Between us", state="draft", visibility="public"))
    record = f"/moderation/accounts/{dee.id}"
    text = (await staff.mo.get(record)).text()
    assert "For everybody" in text
    assert "Between us" not in text
    before = len(await staff.rows(AuditEntry))
    token = (await staff.mo.get(f"/moderation/posts/{open_.id}")).all("input", name="csrf")[0].attrs["value"]
    for post in private:
        path = f"/moderation/posts/{post.id}"
        for who in (staff.mo, staff.owner):
            page = await who.get(path)
            assert (page.status, "Between us" in page.text()) == (404, False)
        await staff.mo.post(path, {"csrf": token, "verb": "take-down", "reason": "x"})
        assert (await staff.rows(Post, id=post.id))[0].state == post.state
    assert len(await staff.rows(AuditEntry)) == before
    eve_id = (await staff.site.person("eve_reports")).id
    async with staff.site.context.database.write() as session:
        eve = await session.get_one(Actor, eve_id)
        await reports.report(session, eve, await session.get_one(Actor, dee.id), [private[0]], "He writes this to me.")
    page = await staff.mo.get(f"/moderation/posts/{private[0].id}")
    assert (page.status, "Between us" in page.text()) == (200, True)
    entry = await staff.newest()
    assert (entry.action, entry.subject_id, entry.by_name) == ("post.read", private[0].id, "mo")
    assert "Between us" in (await staff.mo.get(record)).text()
    assert (await staff.mo.get(f"/moderation/posts/{private[1].id}")).status == 404


async def test_off_the_gallery_and_taken_down(staff: Staff) -> None:
    cleo = await staff.site.person("cleo")
    post = await staff.site.post(cleo, text="Hang me", visibility="public")
    path, home = f"/moderation/posts/{post.id}", f"/@cleo/{post.id}"
    assert home in (await staff.site.browser().get("/")).links()
    answer = await staff.do(path, "off-gallery")
    assert home not in (await staff.site.browser().get("/")).links()
    assert (await staff.site.browser().get(home)).status == 200
    await staff.undo(answer)
    assert home in (await staff.site.browser().get("/")).links()
    await staff.do(path, "take-down", "A law.")
    [row] = await staff.rows(Post, id=post.id)
    assert (row.state, row.reason) == ("deleted", "A law.")
    assert "Delete" in [one.type for one in await staff.rows(Activity, object_uri=post.uri)]
    assert "entries" not in hidden(await staff.mo.get(path)), "what is final is not offered to be undone"


async def test_pictures_of_an_account_go_at_once(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    dan = await staff.site.person("dan")
    posts = [await staff.site.post(dan, text=f"{n}") for n in range(2)]
    words = await staff.site.post(dan, text="words", pictures=0)
    await staff.do(f"/moderation/accounts/{dan.id}", "delete-media")
    assert [(await staff.rows(Post, id=post.id))[0].state for post in posts] == ["deleted"] * 2
    assert (await staff.rows(Post, id=words.id))[0].state == "published"
    assert (await staff.newest()).after["posts"] == 2
    more = [await staff.site.post(dan, text=f"{n}") for n in range(2)]
    monkeypatch.setattr(limits, "MEDIA_DELETED", 1)
    await staff.do(f"/moderation/accounts/{dan.id}", "delete-media")
    assert [(await staff.rows(Post, id=post.id))[0].state for post in more] == ["published", "deleted"]


async def test_people_of_other_servers_are_ruled_one_by_one(staff: Staff) -> None:
    context = staff.site.context
    there = Actor(
        id=context.ids.new(), uri="https://far.example/users/eve", username="eve", username_lower="eve",
        host="far.example", inbox_url="https://far.example/users/eve/inbox",
    )  # fmt: skip
    async with context.database.write() as session:
        session.add(there)
    path = f"/moderation/accounts/{there.id}"
    assert path in (await staff.mo.get("/moderation/accounts?where=elsewhere&q=eve@far")).links()
    answer = await staff.do(path, "limit", "spam")
    assert (await staff.rows(Actor, id=there.id))[0].severity == "limit"
    [rule] = await staff.rows(ActorRule, actor_id=there.id)
    assert (rule.reason, rule.undone_ms) == ("spam", None)
    await staff.undo(answer)
    assert (await staff.rows(Actor, id=there.id))[0].severity is None
    await staff.do(path, "suspend", "spam")
    await staff.do(path, "restore", "sorry")
    assert [one.action for one in await staff.rows(AuditEntry, about_id=there.id)] == [
        "actor.limit", "undo", "actor.suspend", "actor.restore",
    ]  # fmt: skip


async def test_a_report_is_taken_noted_resolved_and_opened_again(staff: Staff) -> None:
    gus, hal = await staff.site.person("gus"), await staff.site.person("hal")
    post = await staff.site.post(hal, text="Bad")
    async with staff.site.context.database.write() as session:
        made = await reports.report(session, gus, hal, [post], "He shouts.")
    page = await staff.mo.get("/moderation/reports")
    path = f"/moderation/reports/{made.id}"
    assert path in page.links()
    before = len(await staff.rows(AuditEntry))
    await staff.do(path, "take", "")
    [kept] = [one for one in await _dockets(staff) if one.subject_id == made.id]
    assert kept.assigned_id == staff.site.account_id("mo")
    await staff.do(path, "note", "I know him.")
    assert [one.text for one in await staff.rows(ModeratorNote, subject_id=made.id)] == ["I know him."]
    answer = await staff.do(path, "resolve", "talked")
    assert (await staff.rows(Report, id=made.id))[0].state == "closed"
    await staff.undo(answer)
    assert (await staff.rows(Report, id=made.id))[0].state == "open"
    await staff.do(path, "resolve", "talked")
    await staff.do(path, "reopen", "again")
    await staff.do(path, "forward", "no")
    assert (await staff.rows(Report, id=made.id))[0].forwarded is False, "he is one of ours"
    actions = [one.action for one in (await staff.rows(AuditEntry))[before:]]
    assert actions == ["report.assign", "report.note", "report.resolve", "undo", "report.resolve", "report.reopen"]


async def _dockets(staff: Staff) -> list[Docket]:
    async with staff.site.context.database.read() as session:
        return list(await session.exec(select(Docket)))
