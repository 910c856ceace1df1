"""Flag through the real route: what the moderators get of it, and what a Flag may not learn or flood."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors.models import DomainRule, Severity
from actors.policy import DomainRules
from fediverse_ai.core import limits
from outbox.models import Notification, Report, Visibility
from tests.inbox.stage import Stage, stage_in
from tests.support.house import House, house
from tests.support.rooms import deliver_all, published

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        await made.make_actor("root_person", role="owner")
        await made.make_actor("watchful", role="moderator")
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


async def reports(stage: Stage) -> list[Report]:
    return await stage.home.rows(Report, target_id=stage.alice.id)


async def test_mastodons_flag_reaches_the_moderators(stage: Stage) -> None:
    """From the server's actor, an array of the actor's and the posts' ids, the comment in `content`."""
    post = await published(stage.home, stage.alice, visibility=Visibility.PUBLIC)
    machine = stage.good.actor("good.test", key=3, type="Application")
    unknown = f"{stage.home.origin}/notes/1"
    flag = machine.activity("Flag", [stage.alice.uri, post.uri, unknown], content="not <b>labelled</b>", to=[])
    assert (await stage.receive(machine, flag)).state == "done"
    [report] = await reports(stage)
    assert (report.posts, report.others, report.comment) == ([post.uri], [unknown], "not labelled")
    assert (report.uri, report.host, report.state, report.times) == (flag["id"], stage.good.host, "open", 1)
    assert report.reporter_id == (await stage.row_of(machine)).id
    told = await stage.home.rows(Notification, kind="report", cause=f"report:{report.id}")
    assert len(told) == 2, "both who may decide, and nobody else"


@pytest.mark.parametrize("form", ["Misskey", "embedded", "post alone", "page of the post"])
async def test_the_flags_of_other_servers_are_understood(stage: Stage, form: str) -> None:
    post = await published(stage.home, stage.alice)
    inner: Any = {
        "Misskey": (stage.alice.uri, f"Note: {post.url}\n-----\nspam"),
        "embedded": ([{"type": "Person", "id": stage.alice.uri}, {"type": "Note", "id": post.uri, "content": "x"}], ""),
        "post alone": (post.uri, "spam"),
        "page of the post": ([post.url], "spam"),
    }[form]
    target, content = inner
    assert (await stage.receive(stage.bob, stage.bob.activity("Flag", target, content=content))).state == "done"
    [report] = await reports(stage)
    assert report.posts == [post.uri]


async def test_one_server_has_one_open_report_about_one_person(stage: Stage) -> None:
    """FED-03: many flags become one row that grows within bounds; the moderators hear of it once."""
    for number in range(4):
        flag = stage.bob.activity("Flag", [stage.alice.uri, f"https://else.test/{number}"], content=f"no {number}")
        assert (await stage.receive(stage.bob, flag)).state == "done"
    await stage.receive(stage.eve, stage.eve.activity("Flag", stage.alice.uri, content="no 3"))
    await stage.receive(stage.mal, stage.mal.activity("Flag", stage.alice.uri, content="x" * 60_000))
    first, second = sorted(await reports(stage), key=lambda row: row.id)
    assert (first.times, first.comment.count("no")) == (5, 4)
    assert first.others == [f"https://else.test/{number}" for number in range(4)]
    assert (second.host, len(second.comment)) == (stage.evil.host, limits.REPORT_CHARS)
    assert len(await stage.home.rows(Notification, kind="report", cause=f"report:{first.id}")) == 2


async def test_a_flood_of_flags_stops_at_the_rate(stage: Stage) -> None:
    states = []
    for _ in range(limits.FLAGS_PER_HOST.count + 2):
        row = await stage.receive(stage.mal, stage.mal.activity("Flag", stage.alice.uri))
        states.append(row.state)
    assert states == ["done"] * limits.FLAGS_PER_HOST.count + ["dropped"] * 2
    assert [row.times for row in await reports(stage)] == [limits.FLAGS_PER_HOST.count]
    assert (await stage.receive(stage.bob, stage.bob.activity("Flag", stage.alice.uri))).state == "done"


async def test_a_rule_may_refuse_the_reports_of_a_server(stage: Stage) -> None:
    """FED-06: and only its reports."""
    rule_id = stage.home.context.ids.new()
    async with stage.home.context.database.write() as session:
        session.add(DomainRule(id=rule_id, host="127.0.0.1", severity=Severity.NONE, reject_reports=True, created_ms=1))
    stage.home.context.part(DomainRules).forget()
    try:
        await stage.refused(stage.bob, stage.bob.activity("Flag", stage.alice.uri))
        assert (await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))).state == "done"
    finally:
        async with stage.home.context.database.write() as session:
            await session.delete(await session.get(DomainRule, rule_id))
        stage.home.context.part(DomainRules).forget()


async def test_a_flag_about_nobody_of_ours_is_nothing(stage: Stage) -> None:
    for target in (stage.bob.uri, [stage.mal.uri, "https://else.test/1"], f"{stage.home.origin}/actor", []):
        await stage.refused(stage.eve, stage.eve.activity("Flag", target, content="bad"))


async def test_a_private_post_is_kept_only_for_the_server_that_got_it(stage: Stage) -> None:
    """FED-03: the id of a post that the reporter's server cannot know leaves no trace."""
    await stage.receive(stage.bob, stage.bob.activity("Follow", stage.alice.uri))
    post = await published(stage.home, stage.alice, visibility=Visibility.FOLLOWERS)
    await deliver_all(stage.home)
    await stage.refused(stage.mal, stage.mal.activity("Flag", [post.uri]))
    await stage.receive(stage.mal, stage.mal.activity("Flag", [stage.alice.uri, post.uri]))
    await stage.receive(stage.bob, stage.bob.activity("Flag", [stage.alice.uri, post.uri]))
    found = {report.host: (report.posts, report.others) for report in await reports(stage)}
    assert found == {stage.evil.host: ([], []), stage.good.host: ([post.uri], [])}


async def test_posts_of_others_do_not_enter_a_report(stage: Stage) -> None:
    lena = await stage.home.make_actor("lena_of_reports")
    mine, other = await published(stage.home, stage.alice), await published(stage.home, lena)
    await stage.receive(stage.bob, stage.bob.activity("Flag", [stage.alice.uri, other.uri, mine.uri]))
    assert [report.posts for report in await reports(stage)] == [[mine.uri]]
    assert await stage.home.rows(Report, target_id=lena.id) == []
