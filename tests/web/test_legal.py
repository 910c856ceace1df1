"""Legal notices without an account, their clocks and decisions; the figures page; through the real forms."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import select

from actors.audit import AuditEntry
from fediverse_ai.core import limits
from fediverse_ai.web.legal import transparency
from fediverse_ai.web.moderation.desk import left
from outbox import notices
from outbox.models import Activity, Judgement, Notification, Post
from outbox.records import LegalNotice, Measure
from tests.web.site import ORIGIN, Browser, Page, Site
from tests.web.test_pages import check_sound

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIELDS = {"words": "It is me.", "name": "Ann Example", "email": "ann@example.org"}
HOUR_MS = 3_600_000


class Office:
    def __init__(self, site: Site, mo: Browser) -> None:
        self.site, self.mo = site, mo

    async def rows(self, model: Any, **equal: Any) -> list[Any]:
        query = select(model).where(*(getattr(model, name) == value for name, value in equal.items()))
        async with self.site.context.database.read() as session:
            return list(await session.exec(query.order_by(model.id)))

    async def file(self, kind: str, urls: str, **fields: str) -> Page:
        """A notice by a stranger, complete unless `fields` take something away; the answer to the form."""
        self.site.context.part(limits.RateLimiter)._free_at.clear()
        claims = {f"claim-{claim}": "1" for claim in notices.CLAIMS[kind]}
        path = f"/report/{kind}"
        return await self.site.browser().submit(path, path, urls=urls, **{**FIELDS, **claims, **fields})

    async def filed(self, kind: str, urls: str) -> tuple[LegalNotice, str]:
        """The notice and the path of its receipt."""
        answer = await self.file(kind, urls)
        assert answer.status == 303, answer.text()
        return (await self.rows(LegalNotice))[-1], answer.response.headers["location"]

    async def decide(self, notice: LegalNotice, verb: str, **fields: str) -> Page:
        path = f"/moderation/legal/{notice.id}"
        page = await self.mo.get(path)
        check_sound(page)
        token = page.all("input", name="csrf")[0].attrs["value"]
        told = {"ground": "Rule 1", "reason": "She is shown without her consent.", **fields}
        return await self.mo.post(path, {"csrf": token, "verb": verb, **told})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(site: Site) -> Office:
    await site.person("mo", role="moderator")
    return Office(site, await site.member("mo"))


@pytest.mark.parametrize("kind", notices.KINDS)
async def test_a_form_asks_for_what_its_law_asks_for(office: Office, kind: str) -> None:
    check_sound(await office.site.browser().get(f"/report/{kind}"))
    before = len(await office.rows(LegalNotice))
    for field in ("urls", "words", "name", "email", *(f"claim-{claim}" for claim in notices.CLAIMS[kind])):
        given = {"urls": f"{ORIGIN}/@ann/1"} | {field: ""}
        answer = (
            await office.file(kind, given.pop("urls"), **given)
            if not field.startswith("claim")
            else await _without(office, kind, field)
        )
        assert answer.status == 422, field
        check_sound(answer)
        assert f"#{field}" in answer.links(), "the summary leads to the field"
        assert any(one.attrs.get("id") == f"{field}-wrong" for one in answer.elements)
    assert len(await office.rows(LegalNotice)) == before


async def _without(office: Office, kind: str, field: str) -> Page:
    claims = {f"claim-{claim}": "1" for claim in notices.CLAIMS[kind] if f"claim-{claim}" != field}
    path = f"/report/{kind}"
    return await office.site.browser().submit(path, path, urls=f"{ORIGIN}/@ann/1", **{**FIELDS, **claims})


async def test_of_child_abuse_no_name_is_asked(office: Office) -> None:
    answer = await office.file("illegal-content", f"{ORIGIN}/x", name="", email="", unnamed="1")
    assert answer.status == 303
    assert (await office.rows(LegalNotice))[-1].name == ""
    assert (await office.file("copyright", f"{ORIGIN}/x", name="", email="", unnamed="1")).status == 422


async def test_bounds_of_a_notice(office: Office) -> None:
    many = "\n".join(f"{ORIGIN}/{number}" for number in range(limits.NOTICE_URLS))
    assert (await office.file("copyright", many)).status == 303
    assert (await office.file("copyright", f"{many}\n{ORIGIN}/more")).status == 422
    assert (await office.file("copyright", many, words="x" * limits.NOTICE_CHARS)).status == 303
    assert (await office.file("copyright", many, words="x" * (limits.NOTICE_CHARS + 1))).status == 422


async def test_one_address_files_so_many_a_day(office: Office) -> None:
    office.site.context.part(limits.RateLimiter)._free_at.clear()
    browser, path = office.site.browser(), "/report/copyright"
    claims = {f"claim-{claim}": "1" for claim in notices.CLAIMS["copyright"]}
    most = int(limits.NOTICES_PER_ADDRESS.count)
    statuses = [
        (await browser.submit(path, path, urls=f"{ORIGIN}/x", **FIELDS, **claims)).status for _ in range(most + 1)
    ]
    assert statuses == [303] * most + [429]


async def test_the_clock_runs_and_is_marked(office: Office) -> None:
    notice, receipt = await office.filed("intimate-image", f"{ORIGIN}/@nobody/1")
    now = notice.created_ms
    assert notice.due_ms == now + 48 * HOUR_MS
    marks = [left(notice.due_ms, now + hours * HOUR_MS + 1)[1] for hours in (0, 23, 24, 35, 36, 47, 48)]
    assert marks == ["", "", "24", "24", "12", "12", "over"]
    assert left(notice.due_ms, now)[0] == "48 hours left"
    page = await office.mo.get("/moderation/legal")
    check_sound(page)
    assert "47 hours left" in page.text()
    [mo] = [await office.site.person("mo")]
    assert "notice" in {one.kind for one in await office.rows(Notification, actor_id=mo.id)}
    office.site.clock.forward(47.5 * 3600)
    assert "Less than 12 hours" in (await (await office.site.member("mo")).get("/moderation/legal")).text()
    office.site.clock.forward(2 * 3600)
    office.mo = await office.site.member("mo")
    assert "overdue by 1 hour" in (await office.mo.get("/moderation/legal")).text()
    assert "overdue" in (await office.site.browser().get(receipt)).text()
    await office.decide(notice, "reject", reason="Nobody is shown.")
    assert "late" in (await office.mo.get("/moderation/legal")).text()


async def test_an_intimate_image_goes_with_its_copies_and_both_sides_read_why(office: Office) -> None:
    ann, ben = await office.site.person("ann"), await office.site.person("ben")
    shared = {"attachment": {"pdq": "f" * 62 + "00", "file": None}}
    named = await office.site.post(ann, text="Her", **shared)
    copy = await office.site.post(ben, text="Again", attachment={"pdq": "f" * 62 + "01"})
    other = await office.site.post(ben, text="Other", attachment={"pdq": "0" * 64})
    notice, receipt = await office.filed("intimate-image", f"{ORIGIN}/@ann/{named.id}?x=1")
    assert notice.post_ids == [named.id]
    assert "We have it." in (await office.site.browser().get(receipt)).text()
    before = len(await office.rows(AuditEntry))
    assert f"/moderation/posts/{copy.id}" in (await office.mo.get(f"/moderation/legal/{notice.id}")).links()
    await office.decide(notice, "uphold")
    states = [(await office.rows(Post, id=post.id))[0].state for post in (named, copy, other)]
    assert states == ["deleted", "deleted", "published"]
    for post in (named, copy):
        assert "Delete" in [one.type for one in await office.rows(Activity, object_uri=post.uri)]
        [made] = await office.rows(Measure, post_id=post.id)
        assert (made.kind, made.notice_id) == ("take-down", notice.id)
        assert "She is shown" in (await office.site.browser().get(f"/statements/{made.secret}")).text()
    page = await office.site.browser().get(receipt)
    check_sound(page)
    assert "She is shown without her consent." in page.text()
    assert "2 posts were taken down" in page.text()
    [entry] = (await office.rows(AuditEntry))[before:]
    assert (entry.action, entry.after["taken down"]) == ("notice.uphold", [named.uri, copy.uri])
    await office.decide((await office.rows(LegalNotice, id=notice.id))[0], "note", reason="done")
    answer = await office.mo.post(
        f"/moderation/legal/{notice.id}",
        {
            "csrf": (await office.mo.get("/moderation/log")).all("input", name="csrf")[0].attrs["value"],
            "verb": "reject",
            "ground": "x",
            "reason": "x",
        },
    )
    assert "decided already" in (await office.mo.get(answer.response.headers["location"])).text()


async def test_so_many_pictures_are_compared(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    cat = await office.site.person("cat")
    older, newer = [await office.site.post(cat, attachment={"sha256": "a" * 64}) for _ in range(2)]
    named = await office.site.post(cat, attachment={"sha256": "a" * 64})
    for most, found in ((1, []), (2, [newer.id]), (3, [older.id, newer.id])):
        monkeypatch.setattr(limits, "COPIES_COMPARED", most)
        async with office.site.context.database.read() as session:
            assert [post.id for post in await notices.copies(session, [named])] == found


async def test_a_receipt_opens_with_its_secret_alone(office: Office) -> None:
    notice, receipt = await office.filed("copyright", f"{ORIGIN}/@ann/1")
    assert notice.due_ms - notice.created_ms == limits.NOTICE_SECONDS * 1000
    stranger = office.site.browser()
    assert (await stranger.get(f"/report/notices/{notice.id}")).status == 404
    assert (await stranger.get(receipt[:-1] + ("A" if receipt[-1] != "A" else "B"))).status == 404
    page = await stranger.get(receipt)
    assert page.response.headers["referrer-policy"] == "no-referrer"
    assert "ann@example.org" not in page.body


async def test_the_figures_are_counts_and_nothing_else(office: Office) -> None:
    ann, context = await office.site.person("ann"), office.site.context
    post = await office.site.post(ann, text="secretword")
    async with context.database.write() as session:
        for decision, rule in (("allow", None), ("hold", "hate"), ("refuse", "sexual"), ("refuse", "sexual")):
            session.add(
                Judgement(
                    id=context.ids.new(),
                    post_id=post.id,
                    decision=decision,
                    rule=rule,
                    reason="secretword",
                    policy_version="1",
                    created_ms=context.clock.now_ms(),
                )
            )
    office.site.clock.forward(limits.TRANSPARENCY_SECONDS + 1)
    page = await office.site.browser().get("/transparency")
    check_sound(page)
    assert "secretword" not in page.body
    data = json.loads((await office.site.browser().get("/transparency.json")).body)
    newest = data["months"][0]
    assert len(data["months"]) == limits.TRANSPARENCY_MONTHS
    assert (newest["allowed"], newest["held"], newest["refused"]) == (1, 1, 2)
    assert newest["rules"] == {"sexual": 2, "hate": 1}
    assert newest["notices"]["intimate-image"] >= 1
    assert "secretword" not in json.dumps(data)
    assert {model["name"] for model in data["models"]} == {"scene"}
    async with context.database.write() as session:
        session.add(
            Judgement(
                id=context.ids.new(),
                post_id=post.id,
                decision="hold",
                rule="hate",
                policy_version="1",
                created_ms=context.clock.now_ms(),
            )
        )
    again = json.loads((await office.site.browser().get("/transparency.json")).body)
    assert again["months"][0]["held"] == 1, "kept for TRANSPARENCY_SECONDS"
    office.site.clock.forward(limits.TRANSPARENCY_SECONDS + 1)
    assert json.loads((await office.site.browser().get("/transparency.json")).body)["months"][0]["held"] == 2


async def test_the_measured_figures_are_those_of_the_readme() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    measured = transparency.measured()
    for one in measured["rules"]:
        row = re.search(rf"^\| `{re.escape(one['rule'])}` \|(.*)\|$", text, re.M)
        assert row is not None, one["rule"]
        cells = [cell.strip() for cell in row[1].split("|")]
        shares = [f"{one[name] * 100:.1f}%" for name in ("precision", "recall", "stopped", "false_positives")]
        assert cells == [str(one["lines"]), *shares]
    assert len(measured["rules"]) == len(re.findall(r"^\| `[a-z/-]+` \| \d+ \| [\d.]+% \|", text, re.M))
