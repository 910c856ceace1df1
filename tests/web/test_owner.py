"""The owner's pages: closed to everybody else, full of the rows that are there, and every word does and is audited."""

from __future__ import annotations

import re
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import select

from actors.audit import AuditEntry
from actors.models import Actor, DomainRule, Follow, FollowState
from actors.stops import Stop
from fediverse_ai import housekeeping
from fediverse_ai.backup.places import backups_in, note_state
from fediverse_ai.backup.scheduled import Backups
from fediverse_ai.core.access import Door
from fediverse_ai.disk import look
from fediverse_ai.web.owner.routes import ROUTES
from generation import policy_file
from generation.pipeline import Pipeline
from inbox.models import Received
from outbox.belongings import RemoteCopy
from outbox.models import Activity, Delivery, HostState, Judgement
from outbox.rulings import PolicyVersion
from outbox.turns import Turn, Usage
from tests.support.house import MovableClock
from tests.web.site import ORIGIN, Browser, Page, Site, hidden
from tests.web.test_pages import check_sound

pytestmark = pytest.mark.asyncio(loop_scope="module")
FAR = "far.example"
HOUR = 3_600_000


class Office:
    def __init__(self, site: Site, olga: Browser) -> None:
        self.site, self.olga = site, olga

    async def rows(self, model: Any, **equal: Any) -> list[Any]:
        query = select(model).where(*(getattr(model, name) == value for name, value in equal.items()))
        async with self.site.context.database.read() as session:
            return list(await session.exec(query))

    async def do(self, page: str, path: str, **fields: str) -> Page:
        """A form of a page, sent; what is hidden in it for other forms is left out."""
        token = hidden(await self.olga.get(page))["csrf"]
        return await self.olga.post(path, {"csrf": token, **fields})

    async def newest(self) -> AuditEntry:
        async with self.site.context.database.read() as session:
            found = await session.exec(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))  # type: ignore[attr-defined]
            return found.one()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(site: Site) -> Office:
    await site.person("olga", role="owner")
    await site.person("mo", role="moderator")
    await _busy_day(site)
    return Office(site, await site.member("olga"))


async def _busy_day(site: Site) -> None:
    """A post that waits, one held, verdicts, deliveries to a host in trouble, arrivals, seconds of making."""
    context = site.context
    ann, now, ids = await site.person("ann"), context.clock.now_ms(), context.ids
    held = await site.post(ann, text="Held", state="held", published_ms=None)
    waiting = await site.post(ann, pictures=0, state="waiting", published_ms=None)
    done = await site.post(ann)
    far = Actor(id=ids.new(), uri=f"https://{FAR}/zoe", username="zoe", username_lower="zoe", host=FAR,
                inbox_url=f"https://{FAR}/zoe/inbox")  # fmt: skip
    async with context.database.write() as session:
        session.add(far)
        session.add(Judgement(id=ids.new(), post_id=held.id, decision="hold", rule="gore", policy_version="1",
                              created_ms=now, findings=[_finding()]))  # fmt: skip
        session.add(Turn(post_id=waiting.id, author_id=ann.id, generator="scene", lane="day", number=1,
                         created_ms=now - HOUR))  # fmt: skip
        session.add(Turn(post_id=done.id, author_id=ann.id, generator="scene", lane="day", number=0, began_ms=now,
                         created_ms=now - HOUR))  # fmt: skip
        session.add(Usage(actor_id=ann.id, day=now // (24 * HOUR), generator="scene", made=2, seconds=7.0,
                          watt_hours=3.0))  # fmt: skip
        session.add(HostState(host=FAR, failures=4, failing_since_ms=now - HOUR, last_success_ms=now - 2 * HOUR,
                              open_until_ms=now + 6 * HOUR, scheme="rfc9421"))  # fmt: skip
        session.add(Received(id=ids.new(), activity_uri=f"https://{FAR}/1", type="Create",
                             sender_uri=f"https://{FAR}/zoe", body=b"{}", state="failed", received_ms=now))  # fmt: skip
        await session.flush()
        session.add(Follow(id=ids.new(), uri=f"{ORIGIN}/follows/1", follower_id=ann.id, followed_id=far.id,
                           state=FollowState.ACCEPTED, created_ms=now))  # fmt: skip
        sent = Activity(id=ids.new(), uri=f"{ORIGIN}/activities/1", actor_id=ann.id, type="Like", body=b"{}",
                        created_ms=now)  # fmt: skip
        session.add(sent)
        await session.flush()
        for state in ("lane", "given_up", "delivered"):
            session.add(Delivery(id=ids.new(), activity_id=sent.id, inbox_url=f"https://{FAR}/in/{state}", host=FAR,
                                 state=state, last_error="503", created_ms=now))  # fmt: skip


def _finding() -> dict[str, Any]:
    return {"stage": "text", "moderator": "words", "version": "1", "scores": {}, "evidence": {}, "failed": True}


def filled(path: str) -> str:
    """A path with something where a number or a name belongs."""
    return re.sub(r"\{[^}]*\}", "1", path)


async def test_nobody_else_comes_in(office: Office) -> None:
    visitors = [(401, office.site.browser()), *[(403, await office.site.member(name)) for name in ("ann", "mo")]]
    doors = [door for door in ROUTES if isinstance(door, Door)]
    assert {door.needs for door in doors} == {"admin"}
    for status, browser in visitors:
        for door in doors:
            if "GET" in (door.methods or ()):
                assert (await browser.get(filled(door.path))).status == status, door.path
    mo = await office.site.member("mo")
    token = hidden(await mo.get("/settings"))["csrf"]
    for door in doors:
        if "POST" in (door.methods or ()):
            assert (await mo.post(filled(door.path), {"csrf": token, "reason": "x", "scope": "outbox"})).status == 403
    assert await office.rows(Stop) == []


async def test_the_overview_answers_four_questions_and_draws_what_is_there(office: Office) -> None:
    page = await office.olga.get("/owner")
    check_sound(page)
    words = page.text()
    for sentence in (
        "1 arrival could not be handled today.", "1 server does not take what is sent.", "1 post is held.",
        "1 picture waits to be made, the oldest since 1 hour ago.", "are free.", "7 s today, 3 Wh", "1 decision",
    ):  # fmt: skip
        assert sentence in words
    assert len(page.all("figure")) == 8
    rows = {head.text for head in page.all("th", scope="row")}
    assert {"gore", FAR, "Pictures"} <= rows
    curve = page.all("polyline")[0].attrs["points"].split()
    assert len(curve) == 24
    assert float(curve[-1].split(",")[1]) < float(curve[0].split(",")[1]), "posts of this hour stand above none"


async def test_the_disk_is_measured_by_category(office: Office) -> None:
    config = office.site.context.config
    before = look(config)
    await office.site.context.storage.put(b"x" * 5_000, ".jpg")
    (config.data_dir / "note").write_bytes(b"y" * 300)
    after = look(config)
    assert (after.pictures - before.pictures, after.other - before.other) == (5_000, 300)
    assert before.database > 0


async def test_room_is_made_in_two_steps(office: Office) -> None:
    context = office.site.context
    await housekeeping.forget(context)
    page = await office.olga.get("/owner/disk")
    check_sound(page)
    assert "are free." in page.text()
    assert "Last run:" in page.text()
    now = context.clock.now_ms()
    async with context.database.write() as session:
        for number in range(2):
            session.add(RemoteCopy(id=context.ids.new(), kind="emoji", owner_id=number, source_url="https://x.test/e",
                                   file=f"aa/{number}", thumbnail=f"aa/{number}", size=1_000, used_ms=now,
                                   fetched_ms=now - number * 50 * HOUR))  # fmt: skip
    assert (await office.do("/owner/disk", "/owner/disk/preview", days="many")).status == 303
    shown = await office.do("/owner/disk", "/owner/disk/preview", days="2")
    check_sound(shown)
    assert "1 copy, 1 kB" in shown.text()
    assert len(await office.rows(RemoteCopy)) == 2, "the first step removes nothing"
    await office.olga.post("/owner/disk", hidden(shown))
    assert [row.owner_id for row in await office.rows(RemoteCopy)] == [0]
    assert ((await office.newest()).action, (await office.newest()).after) == ("media.prune", {"days": 2})
    assert "1 thing was removed; 1 kB are free again." in (await office.olga.get("/owner/disk")).text()


async def test_a_backup_is_made_from_its_page(office: Office) -> None:
    context = office.site.context
    page = await office.olga.get("/owner/backups")
    check_sound(page)
    assert "There is none yet." in page.text()
    assert "no backup can be restored without it" in page.text()
    answer = await office.do("/owner/backups", "/owner/backups")
    assert answer.status == 303
    entry = await office.newest()
    assert (entry.action, entry.by_name) == ("backup.create", "olga")
    # A second one waits for the first.
    await office.do("/owner/backups", "/owner/backups")
    await context.part(Backups).finished()
    assert len(backups_in(context.config.backup_dir)) == 1
    page = await office.olga.get("/owner/backups")
    check_sound(page)
    assert "It is good." in page.text()
    assert len(page.all("tr")) == 2
    note_state(context.config, failed_ms=context.clock.now_ms(), failure="There is no room.")
    assert "The last try failed: There is no room." in (await office.olga.get("/owner/backups")).text()


async def test_a_server_is_seen_tried_again_and_asked_what_it_wants(office: Office) -> None:
    assert FAR in (await office.olga.get("/owner/federation")).text()
    assert FAR not in (await office.olga.get("/owner/federation?q=near")).text()
    path = f"/owner/federation?host={FAR}"
    page = await office.olga.get(path)
    check_sound(page)
    assert "rfc9421" in page.text()
    assert "503" in page.text()
    await office.do(path, "/owner/federation", host=FAR, verb="retry", given_up="1")
    assert len(await office.rows(Delivery, state="lane")) == 2
    [state] = await office.rows(HostState, host=FAR)
    assert (state.waking, state.open_until_ms) == (True, None)
    assert ((await office.newest()).action, (await office.newest()).after) == ("host.retry", {"waiting": 2})
    await office.do(path, "/owner/federation", host=FAR, verb="wish", wish="no-ai")
    assert (await office.rows(HostState, host=FAR))[0].wish == "no-ai"
    assert (await office.newest()).before == {"wish": "everything"}
    answer = await office.do(path, "/owner/federation", host=FAR, verb="wish", wish="nonsense")
    assert answer.status == 303
    assert (await office.rows(HostState, host=FAR))[0].wish == "no-ai"


async def test_a_rule_is_previewed_set_changed_and_taken_back(office: Office) -> None:
    rule = {"host": FAR, "severity": "suspend", "reason": "spam"}
    page = await office.do("/owner/rules", "/owner/rules/preview", **rule)
    check_sound(page)
    assert "This would cut 1 follow." in page.text()
    assert await office.rows(DomainRule) == []
    await office.olga.post("/owner/rules", hidden(page))
    assert await office.rows(Follow) == []
    assert (await office.newest()).after["severity"] == "suspend"
    listed = await office.olga.get(f"/owner/rules?host={FAR}")
    check_sound(listed)
    assert listed.one("input", id="host").attrs["value"] == FAR
    await office.do("/owner/rules", "/owner/rules", **rule | {"severity": "limit"})
    entry = await office.newest()
    assert (entry.before["severity"], entry.after["severity"], entry.by_name) == ("suspend", "limit", "olga")
    assert len(await office.rows(Follow)) == 1
    await office.do("/owner/rules", "/owner/rules/undo", host=FAR, reason="they mended it")
    assert ((await office.newest()).action, (await office.newest()).reason) == ("host.rule-undone", "they mended it")
    assert (await office.rows(Actor, host=FAR))[0].severity is None
    assert await office.rows(DomainRule, undone_ms=None) == []


async def test_a_list_is_looked_at_taken_in_and_given_out(office: Office) -> None:
    text = "#domain,#severity\nbad.example,suspend\nloud.example,silence\nodd.example,strange\n"
    page = await office.do("/owner/rules", "/owner/rules/list", list=text)
    check_sound(page)
    assert "Line 4:" in page.text()
    assert await office.rows(DomainRule, host="bad.example") == []
    await office.olga.post("/owner/rules/import", {**hidden(page), "named": ""})
    found = {rule.host: rule.severity for rule in await office.rows(DomainRule, undone_ms=None)}
    assert found == {"bad.example": "suspend", "loud.example": "limit"}
    assert {entry.subject for entry in await office.rows(AuditEntry, action="host.rule")} >= found.keys()
    given = await office.olga.get("/owner/rules.csv")
    assert given.response.headers["content-type"].startswith("text/csv")
    assert "bad.example,suspend," in given.body


async def test_a_policy_is_tried_put_into_force_and_rolled_back(office: Office) -> None:
    pipeline, clock = office.site.context.part(Pipeline), office.site.clock
    first = pipeline.policy
    page = await office.olga.get("/owner/policy")
    check_sound(page)
    wrong = await office.do("/owner/policy", "/owner/policy/try", text="version = [")
    assert (wrong.status, len(wrong.all("textarea", aria_invalid="true"))) == (422, 1)
    text = first.text + "\n# stricter some day\n"
    tried = await office.do("/owner/policy", "/owner/policy/try", text=text)
    check_sound(tried)
    assert "+# stricter some day" in tried.text()
    assert "1 past decision was tried again." in tried.text()
    assert pipeline.policy.digest == first.digest
    form = {name: hidden(tried)[name] for name in ("csrf", "base")} | {"text": text}
    await office.olga.post("/owner/policy", form)
    assert pipeline.policy.digest == first.digest, "not without a reason"
    await office.olga.post("/owner/policy", form | {"reason": "a note"})
    await _settle(pipeline, clock)
    assert pipeline.policy.text == text
    entry = await office.newest()
    assert (entry.action, entry.reason, entry.before) == ("policy.change", "a note", {"version": first.version})
    await office.olga.post("/owner/policy", form | {"reason": "again", "text": first.text})
    assert (await office.newest()).id == entry.id, "it was compared with another policy"
    async with office.site.context.database.write() as session:
        made = await session.exec(select(PolicyVersion).where(PolicyVersion.digest == first.digest))
        kept = made.first()
        if kept is None:
            kept = PolicyVersion(id=office.site.context.ids.new(), digest=first.digest, version=first.version,
                                 text=first.text, created_ms=clock.now_ms())  # fmt: skip
            session.add(kept)
    await office.do("/owner/policy", "/owner/policy", version=str(kept.id), reason="too strict")
    await _settle(pipeline, clock)
    assert pipeline.policy.digest == first.digest
    assert (await office.newest()).action == "policy.rollback"
    assert policy_file.path_of(office.site.context.config).read_text() == first.text


async def _settle(pipeline: Pipeline, clock: MovableClock) -> None:
    """The file is seen to have changed, and counts once it has rested."""
    assert pipeline.policy
    clock.forward(2)


async def test_a_model_is_stopped_and_started(office: Office) -> None:
    page = await office.olga.get("/owner/models")
    check_sound(page)
    assert [value.text for value in page.all("dd")[:2]] == ["0", "1"], "being made, and waiting"
    fields = {"scope": "model:scene", "from": "models"}
    answer = await office.do("/owner/models", "/owner/stop", **fields, reason="draws too much")
    assert answer.response.headers["location"] == "/owner/models"
    assert [stop.reason for stop in await office.rows(Stop)] == ["draws too much"]
    assert "draws too much" in (await office.olga.get("/owner/models")).text()
    await office.do("/owner/models", "/owner/start", **fields)
    assert await office.rows(Stop) == []
    assert (await office.newest()).action == "start"


@pytest.mark.parametrize(
    ("chosen", "scope"),
    [({"scope": "outbox"}, "outbox"), ({"scope": "account", "account": "@Ann"}, "account:ann")],
)
async def test_the_switch_takes_two_steps(office: Office, chosen: dict[str, str], scope: str) -> None:
    check_sound(await office.olga.get("/owner/stop"))
    page = await office.do("/owner/stop", "/owner/stop/confirm", **chosen, reason="something is odd")
    check_sound(page)
    assert "something is odd" in page.text()
    assert await office.rows(Stop) == [], "the first step stops nothing"
    await office.olga.post("/owner/stop", hidden(page))
    assert [(stop.scope, stop.reason) for stop in await office.rows(Stop)] == [(scope, "something is odd")]
    assert ((await office.newest()).action, (await office.newest()).subject) == ("stop", scope)
    page = await office.olga.get("/owner/stop")
    check_sound(page)
    assert "something is odd" in page.one("footer").text
    await office.do("/owner/stop", "/owner/start", scope=scope, reason="all is well")
    assert await office.rows(Stop) == []
    assert ((await office.newest()).action, (await office.newest()).reason) == ("start", "all is well")


async def test_nothing_is_stopped_without_a_reason_or_by_a_wrong_name(office: Office) -> None:
    for fields in ({"scope": "outbox", "reason": " "}, {"scope": "everything", "reason": "x"},
                   {"scope": "account", "account": "nobody-here", "reason": "x"}):  # fmt: skip
        assert (await office.do("/owner/stop", "/owner/stop", **fields)).status == 303
    assert await office.rows(Stop) == []
