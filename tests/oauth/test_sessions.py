"""The page of sessions and apps: what it lists, and that each can be ended by its owner alone."""

from __future__ import annotations

import pytest

from fediverse_ai.core import limits
from tests.oauth.stage import PASSWORD, Stage
from tests.web.site import hidden

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def test_a_session_is_listed_under_its_browser_and_ended(stage: Stage) -> None:
    await stage.site.person("ida", password=PASSWORD)
    phone = stage.site.browser()
    form = hidden(await phone.get("/sign-in"))
    await phone.post("/sign-in", {**form, "username": "ida", "password": PASSWORD}, User_Agent=FIREFOX)
    browser = await stage.site.member("ida")
    page = await browser.get("/settings/sessions")
    assert page.status == 200
    assert "no-store" in page.response.headers["cache-control"]
    assert "Firefox on Linux" in page.text()
    actions = [form.attrs["action"] for form in page.all("form") if form.attrs["action"].startswith("/settings/")]
    assert len([action for action in actions if action.endswith("/end")]) == 3  # two, and "everywhere else"
    other = actions[1]
    assert (await phone.get("/settings/sessions")).status == 200
    ended = await browser.post(other, hidden(page))
    assert ended.status == 303
    assert (await phone.get("/settings/sessions")).status == 401
    assert (await browser.get("/settings/sessions")).status == 200


async def test_all_others_end_at_once(stage: Stage) -> None:
    await stage.site.person("ivy")
    browsers = [await stage.site.member("ivy") for _ in range(3)]
    page = await browsers[0].get("/settings/sessions")
    await browsers[0].post("/settings/sessions/others/end", hidden(page))
    assert [(await browser.get("/settings/sessions")).status for browser in browsers] == [200, 401, 401]


async def test_an_app_is_listed_with_its_rights_and_ended(stage: Stage) -> None:
    await stage.site.person("ivo")
    app = await stage.register()
    token, second = await stage.token(app, "ivo", "read"), await stage.token(app, "ivo", "write:media")
    browser = await stage.site.member("ivo")
    page = await browser.get("/settings/sessions")
    assert page.body.count("Test app") == 1
    assert "Read everything" in page.text()
    assert "Change pictures that you upload" in page.text()
    action = next(form.attrs["action"] for form in page.all("form") if "/settings/apps/" in form.attrs["action"])
    assert (await browser.post(action, {**hidden(page), "csrf": ""})).status == 403
    assert await stage.works(token)
    assert (await browser.post(action, hidden(page))).status == 303
    assert not await stage.works(token)
    assert not await stage.works(second)
    assert "Test app" not in (await browser.get("/settings/sessions")).text()
    assert (await browser.post(action, hidden(page))).status == 404


async def test_nobody_ends_what_is_anothers(stage: Stage) -> None:
    app = await stage.register()
    token = await stage.token(app, "ann")
    ann, bob = await stage.site.member("ann"), await stage.site.member("bob")
    page = await ann.get("/settings/sessions")
    actions = [form.attrs["action"] for form in page.all("form") if "/settings/" in form.attrs["action"]]
    form = hidden(await bob.get("/settings/sessions"))
    for action in actions:
        if "others" not in action:
            assert (await bob.post(action, form)).status == 404
    assert await stage.works(token)
    assert (await ann.get("/settings/sessions")).status == 200
    for action in actions:
        assert (await stage.site.browser().post(action, {})).status in (401, 403)


async def test_a_session_that_is_over_is_not_listed(stage: Stage) -> None:
    await stage.site.person("isa")
    await stage.site.member("isa")
    stage.site.clock.forward(limits.SESSION_SECONDS + 1)
    browser = await stage.site.member("isa")
    page = await browser.get("/settings/sessions")
    assert page.body.count("this one") == 1
    assert len([form for form in page.all("form") if form.attrs["action"].startswith("/settings/sessions/")]) == 1


async def test_a_new_password_ends_apps_unless_its_owner_keeps_them(stage: Stage) -> None:
    await stage.site.person("iris", password=PASSWORD)
    token = await stage.token(await stage.register(), "iris", "read")
    browser = await stage.site.member("iris")
    path = "/settings/security"
    kept = {"password": PASSWORD, "new": "another long one", "again": "another long one"}
    assert (await browser.submit(path, f"{path}/password", **kept)).status == 303
    assert await stage.works(token)
    ended = {"password": "another long one", "new": PASSWORD, "again": PASSWORD, "others": "1"}
    assert (await browser.submit(path, f"{path}/password", **ended)).status == 303
    assert not await stage.works(token)
