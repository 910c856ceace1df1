"""The moderators' queue through its real forms: what it shows, what each word does, that undo undoes, and its log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlmodel import select

from actors.audit import AuditEntry
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import Door
from fediverse_ai.wiring import ROUTES
from outbox.models import Activity, Attachment, Judgement, Post, PostState, Revision
from outbox.records import Docket
from outbox.rulings import Appeal
from tests.web.site import Browser, Page, Site, hidden
from tests.web.site import site as open_site
from tests.web.test_pages import check_sound

pytestmark = pytest.mark.asyncio(loop_scope="module")
DOORS = [route for route in ROUTES if isinstance(route, Door) and route.path.startswith("/moderation")]


class Bench:
    """A site with an author, two moderators and an owner, and what they do."""

    def __init__(self, site: Site, author: Actor, mo: Browser, other: Browser, owner: Browser) -> None:
        self.site, self.author = site, author
        self.mo, self.other, self.owner = mo, other, owner

    async def rows(self, model: Any, **equal: Any) -> list[Any]:
        query = select(model).where(*(getattr(model, name) == value for name, value in equal.items()))
        async with self.site.context.database.read() as session:
            return list(await session.exec(query.order_by(model.id)))

    async def row(self, model: Any, number: int) -> Any:
        [found] = await self.rows(model, id=number)
        return found

    async def held(self, text: str = "A grim tale", **columns: Any) -> Post:
        return await self.site.post(
            self.author,
            text=text,
            state="held",
            rule="violence",
            reason="It looks violent.",
            published_ms=None,
            **columns,
        )

    async def say(self, browser: Browser, post_id: int, verb: str, reason: str = "seen", **more: str) -> Page:
        page = await browser.get(f"/moderation?at={post_id}")
        fields = {**_token(page), "verb": verb, "reason": reason, **more}
        return await browser.post(f"/moderation/items/{post_id}", fields)

    async def undo(self, browser: Browser, answer: Page) -> Page:
        page = await browser.get(answer.response.headers["location"])
        form = {name: value for name, value in hidden(page).items() if name in ("csrf", "entries", "to", "reason")}
        assert "entries" in form, "no undo was offered"
        return await browser.post("/moderation/undo", form)

    async def done(self) -> list[AuditEntry]:
        """The log of what was done; looks apart."""
        return [entry for entry in await self.rows(AuditEntry) if not entry.action.endswith(".seen")]

    async def log(self) -> int:
        return len(await self.done())


def _token(page: Page) -> dict[str, str]:
    return {"csrf": page.all("input", name="csrf")[0].attrs["value"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(site: Site) -> Bench:
    for name, role in (("mo", "moderator"), ("max", "moderator"), ("olga", "owner")):
        await site.person(name, role=role)
    author = await site.person("ann")
    return Bench(site, author, await site.member("mo"), await site.member("max"), await site.member("olga"))


async def test_the_pages_are_for_moderators_alone(bench: Bench) -> None:
    paths = [route.path.replace("{id:int}", "1") for route in DOORS]
    stranger, member = bench.site.browser(), await bench.site.member("ann")
    assert len(paths) > 15
    read = {route.path.replace("{id:int}", "1") for route in DOORS if "GET" in (route.methods or ())}
    for path in sorted(set(paths)):
        gets = path in read
        for browser, status in ((stranger, 401), (member, 403)):
            answer = await (browser.get(path) if gets else browser.post(path, {"reason": "x"}))
            assert answer.status == status, f"{path} answered {answer.status}"
    for name in ("", "/appeals", "/reports", "/accounts", "/legal", "/log"):
        path = f"/moderation{name}"
        page = await bench.mo.get(path)
        assert page.status == 200
        check_sound(page)
        assert page.response.headers["cache-control"] == "private, no-store"


async def test_an_item_is_shown_blurred_with_its_scores_and_its_authors_record(bench: Bench) -> None:
    post = await bench.held("A story about a knife")
    finding = {"stage": "text", "moderator": "lists", "version": "1", "scores": {"violence/graphic": 0.62},
               "evidence": {"violence/graphic": "knife"}, "failed": False}  # fmt: skip
    async with bench.site.context.database.write() as session:
        session.add(
            Judgement(
                id=bench.site.context.ids.new(),
                post_id=post.id,
                decision="hold",
                rule="violence/graphic",
                policy_version="1",
                findings=[finding],
                created_ms=bench.site.context.clock.now_ms(),
            )
        )
    page = await bench.mo.get(f"/moderation?at={post.id}")
    check_sound(page)
    for word in ("A story about a knife", "0.62", "@ann"):
        assert word in page.text()
    assert "threshold" in page.text()
    [picture] = [image for image in page.all("img") if "/media/" in image.attrs["src"]]
    assert picture.attrs["alt"] == "A lighthouse at dawn."
    assert [box.attrs["id"] for box in page.all("input", type="checkbox") if box.attrs["id"] in ("show", "colour")]
    assert "It looks violent." in page.text()
    assert (await bench.mo.get("/moderation/count")).body.split()[0].isdigit()
    # WCAG 2.1.4: whoever switched single keys off has none here either.
    for keys, script in (("1", False), ("", True)):
        await bench.mo.submit(
            "/settings/appearance", "/settings/appearance", theme="", text="", language="en", keys=keys
        )
        page = await bench.mo.get(f"/moderation?at={post.id}")
        assert any("queue.js" in one.attrs.get("src", "") for one in page.all("script")) is script
        assert ("Keys" in page.text()) is script
    await bench.say(bench.mo, post.id, "reject")


async def test_who_looked_at_a_held_picture_stands_in_the_log_once_an_hour(bench: Bench) -> None:
    post = await bench.held("Looked at")
    for browser in (bench.mo, bench.mo, bench.other):
        await browser.get(f"/moderation?at={post.id}")
    bench.site.clock.forward(limits.LOOK_AGAIN_SECONDS + 1)
    await bench.mo.get(f"/moderation?at={post.id}")
    looks = await bench.rows(AuditEntry, subject_id=post.id)
    assert [(entry.action, entry.by_name) for entry in looks] == [("post.seen", name) for name in ("mo", "max", "mo")]
    assert all((entry.about_id, entry.subject) == (bench.author.id, post.uri) for entry in looks)
    assert "looked at while held" in (await bench.owner.get("/moderation/log?what=post.seen")).text()
    # How many wait is asked every 20 seconds, and shows nothing.
    await bench.mo.get("/moderation/count")
    assert len(await bench.rows(AuditEntry, subject_id=post.id)) == 3
    await bench.say(bench.mo, post.id, "reject")


async def test_every_word_needs_a_reason_and_writes_one_entry(bench: Bench) -> None:
    post = await bench.held()
    before = await bench.log()
    answer = await bench.say(bench.mo, post.id, "approve", "  ")
    assert answer.status == 303
    assert await bench.log() == before
    assert (await bench.row(Post, post.id)).state == PostState.HELD
    assert "Say why" in (await bench.mo.get(answer.response.headers["location"])).text()
    await bench.say(bench.mo, post.id, "approve", "it is a tale")
    assert (await bench.row(Post, post.id)).state == PostState.PUBLISHED
    [entry] = (await bench.done())[before:]
    assert (entry.action, entry.by_name, entry.reason) == ("post.approve", "mo", "it is a tale")
    assert (entry.before["state"], entry.after["state"], entry.about_id) == ("held", "published", bench.author.id)


async def test_undoing_an_approval_recalls_what_went_out(bench: Bench) -> None:
    post = await bench.held("Recall me", pictures=1)
    answer = await bench.say(bench.mo, post.id, "approve")
    assert (await bench.row(Post, post.id)).state == PostState.PUBLISHED
    before = await bench.log()
    await bench.undo(bench.mo, answer)
    assert (await bench.row(Post, post.id)).state == PostState.DELETED
    assert [one.type for one in await bench.rows(Activity, object_uri=post.uri)] == ["Create", "Delete"]
    [copy] = await bench.rows(Post, text="Recall me")
    assert (copy.state, copy.rule, copy.id != post.id) == (PostState.HELD, "violence", True)
    assert [picture.file for picture in await bench.rows(Attachment, post_id=copy.id)] == [
        picture.file for picture in await bench.rows(Attachment, post_id=post.id)
    ]
    assert await bench.log() == before + 1
    page = await bench.mo.get(f"/moderation?at={copy.id}")
    assert "Recall me" in page.text()
    again = await bench.say(bench.mo, copy.id, "approve")
    assert (await bench.row(Post, copy.id)).state == PostState.PUBLISHED
    assert again.status == 303


async def test_undoing_a_refusal_brings_the_item_back_and_can_be_done_once(bench: Bench) -> None:
    post = await bench.held("Refuse me")
    answer = await bench.say(bench.mo, post.id, "reject", "no")
    assert (await bench.row(Post, post.id)).reason == "no"
    page = await bench.mo.get(answer.response.headers["location"])
    form = {name: value for name, value in hidden(page).items() if name in ("csrf", "entries", "to", "reason")}
    await bench.mo.post("/moderation/undo", form)
    back = await bench.row(Post, post.id)
    assert (back.state, back.reason, back.rule) == (PostState.HELD, "It looks violent.", "violence")
    before = await bench.log()
    await bench.mo.post("/moderation/undo", form)
    assert await bench.log() == before, "taken back twice"
    await bench.say(bench.mo, post.id, "reject")


async def test_identical_copies_are_decided_with_one_word_and_undone_with_one(bench: Bench) -> None:
    posts = [await bench.held("Same", pictures=0) for _ in range(3)]
    before = await bench.log()
    assert "2 identical copies" in (await bench.mo.get(f"/moderation?at={posts[0].id}")).text()
    answer = await bench.say(bench.mo, posts[0].id, "reject", "spam", copies="1")
    assert [(await bench.row(Post, post.id)).state for post in posts] == [PostState.REFUSED] * 3
    assert await bench.log() == before + 3
    await bench.undo(bench.mo, answer)
    assert [(await bench.row(Post, post.id)).state for post in posts] == [PostState.HELD] * 3
    await bench.say(bench.mo, posts[0].id, "reject", "spam", copies="1")


async def test_what_is_handed_to_the_admins_is_theirs(bench: Bench) -> None:
    post = await bench.held("Hard")
    answer = await bench.say(bench.mo, post.id, "escalate", "I cannot tell")
    await bench.say(bench.other, post.id, "approve")
    assert (await bench.row(Post, post.id)).state == PostState.HELD
    assert "I cannot tell" in (await bench.owner.get("/moderation")).text(), "the admins see it first"
    await bench.undo(bench.mo, answer)
    await bench.say(bench.other, post.id, "approve")
    assert (await bench.row(Post, post.id)).state == PostState.PUBLISHED


async def test_filters_and_the_order(bench: Bench) -> None:
    first, second = await bench.held("First"), await bench.held("Second")
    async with bench.site.context.database.write() as session:
        row = await session.get(Post, second.id)
        assert row is not None
        row.rule = "hate"
        session.add(row)
    page = await bench.mo.get("/moderation?rule=hate")
    assert "Second" in page.text()
    assert "1 of 1" in page.text()
    assert "1 of 2" in (await bench.mo.get("/moderation?account=ann")).text()
    assert "Nothing waits" in (await bench.mo.get("/moderation?hours=72")).text()
    assert f"/moderation?at={second.id}" in (await bench.mo.get(f"/moderation?at={first.id}")).links()
    for post in (first, second):
        await bench.say(bench.mo, post.id, "reject")


async def test_nobody_decides_about_a_post_of_their_own(bench: Bench) -> None:
    mo = await bench.site.person("mo")
    post = await bench.site.post(mo, text="Mine", state="held", published_ms=None)
    await bench.say(bench.mo, post.id, "approve")
    assert (await bench.row(Post, post.id)).state == PostState.HELD
    await bench.say(bench.other, post.id, "approve")
    assert (await bench.row(Post, post.id)).state == PostState.PUBLISHED


async def test_an_edit_is_taken_back_before_and_after_it_went_out(bench: Bench) -> None:
    post = await bench.site.post(bench.author, text="calm", pictures=0)
    context = bench.site.context
    async with context.database.write() as session:
        now = context.clock.now_ms()
        first = Revision(id=context.ids.new(), post_id=post.id, state="published", text="calm", created_ms=now)
        edit = Revision(
            id=context.ids.new(), post_id=post.id, state="held", text="grim", rule="violence", created_ms=now
        )
        session.add_all([first, edit])
    answer = await bench.say(bench.mo, edit.id, "approve")
    assert (await bench.row(Revision, edit.id)).state == PostState.WAITING
    await bench.undo(bench.mo, answer)
    assert (await bench.row(Revision, edit.id)).state == PostState.HELD
    answer = await bench.say(bench.mo, edit.id, "reject", "no")
    await bench.undo(bench.mo, answer)
    assert (await bench.row(Revision, edit.id)).state == PostState.HELD
    answer = await bench.say(bench.mo, edit.id, "approve")
    async with context.database.write() as session:
        row = await session.get(Revision, edit.id)
        assert row is not None
        row.state = "published"
        session.add(row)
    await bench.undo(bench.mo, answer)
    newest = (await bench.rows(Revision, post_id=post.id))[-1]
    assert (newest.text, newest.state) == ("calm", "waiting"), "the earlier words go out again"


async def test_an_appeal_is_answered_with_words_and_the_answer_taken_back(bench: Bench) -> None:
    post = await bench.held("Appealed")
    await bench.say(bench.mo, post.id, "reject", "no")
    ann = await bench.site.member("ann")
    await ann.submit(f"/make/{post.id}", f"/make/{post.id}/appeal", text="It is a tale.")
    [made] = await bench.rows(Appeal, post_id=post.id)
    page = await bench.other.get("/moderation/appeals")
    check_sound(page)
    assert "It is a tale." in page.text()
    before = await bench.log()
    fields = {**_token(page), "verb": "uphold", "reason": "You are right."}
    answer = await bench.other.post(f"/moderation/appeals/{made.id}", fields)
    assert (await bench.row(Post, post.id)).state == PostState.PUBLISHED
    assert (await bench.row(Appeal, made.id)).answer == "You are right."
    assert await bench.log() == before + 1, "an answer is one entry, though it decides about a post too"
    await bench.undo(bench.other, answer)
    assert (await bench.row(Appeal, made.id)).state == "open"
    assert (await bench.row(Post, post.id)).state == PostState.DELETED


async def test_the_log_is_whole_filtered_exported_and_cannot_be_changed(bench: Bench) -> None:
    page = await bench.mo.get("/moderation/log?who=mo&what=post.approve")
    check_sound(page)
    assert "let out" in page.text()
    table = await bench.mo.get("/moderation/log.csv?who=max")
    assert table.response.headers["content-type"] == "text/csv; charset=utf-8"
    lines = table.body.splitlines()
    assert lines[0].startswith("id,when,who,what")
    assert len(lines) == 1 + len(await bench.rows(AuditEntry, by_name="max"))
    [entry, *_rest] = await bench.rows(AuditEntry)
    for change in ("UPDATE audit_entry SET reason = ''", "DELETE FROM audit_entry"):
        with pytest.raises(Exception, match="only grows"):
            await _run(bench, change)
    assert (await bench.row(AuditEntry, entry.id)).reason == entry.reason


async def test_bounds_of_a_word(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    posts = [await bench.held("Copied", pictures=0) for _ in range(4)]
    await bench.say(bench.mo, posts[3].id, "reject", "x" * (limits.REASON_CHARS + 1))
    assert (await bench.row(Post, posts[3].id)).state == PostState.HELD
    await bench.say(bench.mo, posts[3].id, "reject", "x" * limits.REASON_CHARS)
    assert (await bench.row(Post, posts[3].id)).reason == "x" * limits.REASON_CHARS
    monkeypatch.setattr(limits, "QUEUE_COPIES", 1)
    await bench.say(bench.mo, posts[0].id, "reject", copies="1")
    assert [(await bench.row(Post, post.id)).state for post in posts[:3]] == ["refused", "refused", "held"]
    await bench.say(bench.mo, posts[2].id, "reject")
    for most in (1, 2):
        monkeypatch.setattr(limits, "AUDIT_ROWS", most)
        assert len((await bench.mo.get("/moderation/log.csv")).body.splitlines()) == 1 + most


async def _run(bench: Bench, statement: str) -> None:
    async with bench.site.context.database.write() as session:
        await session.execute(text(statement))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strict(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    async with open_site(tmp_path_factory.mktemp("strict"), moderation={"two_people": True}) as site:
        for name, role in (("mo", "moderator"), ("max", "moderator"), ("olga", "owner")):
            await site.person(name, role=role)
        author = await site.person("ann")
        yield Bench(site, author, await site.member("mo"), await site.member("max"), await site.member("olga"))


async def test_two_people_have_to_say_the_same(strict: Bench) -> None:
    post = await strict.held()
    answer = await strict.say(strict.mo, post.id, "approve")
    assert (await strict.row(Post, post.id)).state == PostState.HELD
    await strict.say(strict.mo, post.id, "approve")
    assert (await strict.row(Post, post.id)).state == PostState.HELD, "one person is not two"
    await strict.undo(strict.mo, answer)
    async with strict.site.context.database.read() as session:
        kept = await session.get(Docket, post.id)
    assert kept is not None
    assert kept.first_verb == ""
    await strict.say(strict.other, post.id, "approve")
    await strict.say(strict.mo, post.id, "approve")
    assert (await strict.row(Post, post.id)).state == PostState.PUBLISHED
    assert [entry.action for entry in await strict.done()] == [
        "post.first",
        "undo",
        "post.first",
        "post.approve",
    ]
