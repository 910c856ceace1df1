"""The consent page: who may ask, what is shown, what is bound to what, and where an answer goes."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from fediverse_ai.oauth import redirects
from tests.oauth.stage import CHALLENGE, OUT_OF_BAND, PASSWORD, REDIRECT, Stage, answer_of
from tests.support.person import consent
from tests.web.site import ORIGIN, hidden

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_stranger_signs_in_and_comes_back_to_what_was_asked(stage: Stage) -> None:
    app = await stage.register()
    location = await consent(stage.client(), f"{ORIGIN}{stage.address(app)}", "ann", PASSWORD)
    assert location.startswith(f"{REDIRECT}?code=")
    assert answer_of(location).keys() == {"code", "state", "iss"}
    assert answer_of(location) | {"code": ""} == {"code": "", "state": "xyz", "iss": ORIGIN}
    token = await stage.redeem(app, answer_of(location)["code"])
    assert token.status_code == 200


async def test_the_page_says_who_asks_for_what_and_who_is_asked(stage: Stage) -> None:
    app = await stage.register(scopes="read write:media")
    _, page = await stage.consent_page(app, scope="read write:media")
    text = page.text()
    for words in ("Test app", "signed in as", "@ann", "Read everything", "Change pictures that you upload", "app.test"):
        assert words in text
    assert "Act as you" not in text
    assert {button.attrs.get("value") for button in page.all("button", name="decision")} == {"allow", "deny"}


async def test_names_cannot_deceive(stage: Stage) -> None:
    """OAU-08, OAU-09: escaped, one line, no direction marks, not longer than 100, the website no link."""
    name = "\u202eLamplight official\u2066\n<b>x</b>" + "y" * 200
    body = {"client_name": name, "redirect_uris": REDIRECT, "website": "https://evil.test/"}
    made = (await stage.client().post("/api/v1/apps", json=body)).json()
    assert made["name"] == ("Lamplight official <b>x</b>" + "y" * 200)[:100]
    browser = await stage.site.member("ann")
    asked = {"response_type": "code", "client_id": made["client_id"], "redirect_uri": REDIRECT, "scope": "read"}
    page = await browser.get(f"/oauth/authorize?{urlencode(asked)}")
    assert "Lamplight official &lt;b&gt;" in page.body
    assert "nobody here has checked" in page.text()
    assert "https://evil.test/" in page.text()
    assert not any("evil.test" in link for link in page.links())


@pytest.mark.parametrize("slash", ["", "/"])
async def test_headers_let_the_answer_out_and_nothing_else(stage: Stage, slash: str) -> None:
    """Rule 7 of tests/mastodon/test_rules.py. Chromium applies form-action to the redirect; an opener policy would cut
    a popup's tie. Only on these pages."""
    app = await stage.register()
    address = stage.address(app).replace("authorize?", f"authorize{slash}?")
    member = await stage.site.member("ann")
    stranger = stage.site.browser()
    asked = await stranger.get(address)
    wrong = await stranger.post("/sign-in", {**hidden(asked), "username": "ann", "password": "not the password"})
    answered = await stage.decide(member, await member.get(address))
    for page in (await member.get(address), asked, wrong):
        headers = page.response.headers
        assert "form-action" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "cross-origin-opener-policy" not in headers
        assert headers["x-frame-options"] == "DENY"
        assert "no-store" in headers["cache-control"]
    assert answered.response.headers["referrer-policy"] == "no-referrer"
    assert answered.response.headers["cache-control"] == "no-store"
    for path in ("/sign-in", "/about", "/settings/sessions"):
        headers = (await stage.site.browser().get(path)).response.headers
        assert "form-action 'self'" in headers["content-security-policy"]
        assert headers["cross-origin-opener-policy"] == "same-origin"


async def test_a_no_is_told(stage: Stage) -> None:
    app = await stage.register()
    for decision in ("deny", "", "Allow"):
        browser, page = await stage.consent_page(app)
        answered = answer_of((await stage.decide(browser, page, decision)).response.headers["location"])
        assert answered["error"] == "access_denied"
        assert answered["state"] == "xyz"
        assert "code" not in answered


@pytest.mark.parametrize(
    ("registered", "answer"),
    [
        ("icecubesapp://", "icecubesapp://?code="),
        ("org.joinmastodon.android-auth://callback", "org.joinmastodon.android-auth://callback?code="),
        ("com.tapbots.Ivory.10217:/request_token", "com.tapbots.Ivory.10217:/request_token?code="),
        ("https://app.test/back?a=%2F&b", "https://app.test/back?a=%2F&b&code="),
        ("https://app.test/?", "https://app.test/?code="),
        ("https://elk.test/api/h/oauth/http%3A%2F%2Felk", "https://elk.test/api/h/oauth/http%3A%2F%2Felk?code="),
        ("http://localhost:5314/x", "http://localhost:5314/x?code="),
    ],
)
async def test_redirect_uris_stay_as_they_are(stage: Stage, registered: str, answer: str) -> None:
    """Rule 6 of tests/mastodon/test_rules.py; the next test is its other half."""
    app = await stage.register(redirect_uri=registered)
    browser, page = await stage.consent_page(app)
    assert (await stage.decide(browser, page)).response.headers["location"].startswith(answer)


@pytest.mark.parametrize(
    "asked",
    [
        f"{REDIRECT}/",
        f"{REDIRECT}?",
        f"{REDIRECT}?x=1",
        f"{REDIRECT}#x",
        REDIRECT.replace("https", "http"),
        REDIRECT.replace("app.test", "APP.test"),
        REDIRECT.replace("app.test", "app.test:443"),
        REDIRECT.replace("app.test", "app.test@evil.test"),
        REDIRECT.replace("app.test", "evil.test"),
        REDIRECT.replace("back", "%62ack"),
        "https://app.test/",
        "https://other.test/back",  # registered, but by another app
        OUT_OF_BAND,
        "http://127.0.0.1/back",
        "javascript:alert(1)",
        "",
    ],
)
async def test_any_other_address_gets_a_page_and_no_redirect(stage: Stage, asked: str) -> None:
    """OAU-01, and rule 6: byte for byte."""
    app = await stage.register()
    await stage.register(redirect_uri="https://other.test/back")
    for browser in (await stage.site.member("ann"), stage.site.browser()):
        page = await browser.get(stage.address(app, redirect_uri=asked))
        assert page.status == 400
        assert "location" not in page.response.headers


async def test_the_port_of_a_loopback_address_is_free(stage: Stage) -> None:
    app = await stage.register_public(redirect_uri="http://127.0.0.1:63546/callback")
    for good in ("http://127.0.0.1:63546/callback", "http://127.0.0.1:1/callback", "http://127.0.0.1/callback"):
        answered = await stage.consent(app, redirect_uri=good)
        token = await stage.redeem(app, answered["code"], redirect_uri=good)
        assert token.status_code == 200
    member = await stage.site.member("ann")
    for bad in ("http://127.0.0.1:1/other", "http://localhost:63546/callback", "http://127.0.0.1:1@evil.test/callback"):
        assert (await member.get(stage.address(app, redirect_uri=bad))).status == 400


@pytest.mark.parametrize(
    ("uri", "may"),
    [
        (REDIRECT, True),
        (OUT_OF_BAND, True),
        ("oauth2redirect://x.y/z", True),
        ("http://[::1]:80/x", True),
        ("urn:ietf:wg:oauth:2.0:oob:auto", False),
        ("http://app.test/", False),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        ("vbscript:x", False),
        ("file:///etc/passwd", False),
        ("/relative", False),
        ("//host/x", False),
        ("https://app.test/#x", False),
        ("https://user@app.test/", False),
        ("https:///x", False),
        ("https://app.test\\@evil.test/", False),
        ("https://app.test/\r\nSet-Cookie: a=b", False),
        ("https://app.test/ä", False),
        ("", False),
    ],
)
async def test_which_addresses_may_be_registered(uri: str, may: bool) -> None:
    assert redirects.acceptable(uri) is may


async def test_out_of_band_shows_a_code_that_nobody_keeps(stage: Stage) -> None:
    """OAU-24."""
    app = await stage.register(redirect_uri=OUT_OF_BAND)
    browser, page = await stage.consent_page(app, code_challenge=None, code_challenge_method=None)
    shown = await stage.decide(browser, page)
    headers = shown.response.headers
    assert shown.status == 200
    assert "no-store" in headers["cache-control"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    token = await stage.redeem(app, shown.one("code", id="code").text, code_verifier="")
    assert token.status_code == 200
    browser, page = await stage.consent_page(app)
    refused = await stage.decide(browser, page, "deny")
    assert refused.status == 200
    assert not refused.all("code")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "admin:read"}, "invalid_scope"),
        ({"scope": "bogus"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "="}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    ],
)
async def test_what_the_app_did_wrong_is_told_at_its_address(
    stage: Stage, fields: dict[str, str | None], error: str
) -> None:
    """OAU-02, OAU-05: S256 or nothing, and a public app always needs it."""
    app = await stage.register_public()
    _, page = await stage.consent_page(app, **fields)
    answered = answer_of(page.response.headers["location"])
    assert (answered["error"], answered["state"], answered["iss"]) == (error, "xyz", ORIGIN)


async def test_an_app_gets_no_more_than_it_registered_for(stage: Stage) -> None:
    app = await stage.register(scopes="read write:statuses")
    _, page = await stage.consent_page(app, scope="read write")
    assert answer_of(page.response.headers["location"])["error"] == "invalid_scope"
    _, page = await stage.consent_page(app, scope="read:statuses write:statuses profile")
    assert page.status == 200


async def test_scopes_that_we_do_not_know_are_left_out(stage: Stage) -> None:
    app = await stage.register()
    answered = await stage.consent(app, scope="write read bogus admin:write")
    assert (await stage.redeem(app, answered["code"])).json()["scope"] == "write read"


async def test_no_scope_means_read_and_a_state_comes_back_as_it_was(stage: Stage) -> None:
    app = await stage.register()
    answered = await stage.consent(app, scope=None, state="None", lang="None", force_login="False")
    assert answered["state"] == "None"
    assert (await stage.redeem(app, answered["code"])).json()["scope"] == "read"
    assert "state" not in await stage.consent(app, state=None)


async def test_unknown_apps_and_doubled_parameters_get_a_page(stage: Stage) -> None:
    app = await stage.register()
    member = await stage.site.member("ann")
    twice = f"{stage.address(app)}&{urlencode({'redirect_uri': 'https://evil.test/'})}"
    for address in (stage.address(app, client_id="x"), twice, "/oauth/authorize", "/oauth/authorize?client_id=%00"):
        page = await member.get(address)
        assert page.status == 400
        assert "location" not in page.response.headers


async def test_a_link_is_no_consent(stage: Stage) -> None:
    """OAU-04: a GET never gives a code, however often the app was allowed before."""
    app = await stage.register()
    for _ in range(2):
        browser, page = await stage.consent_page(app)
        assert page.status == 200
        assert (await stage.decide(browser, page)).status == 302


async def test_the_form_is_bound_to_session_and_parameters(stage: Stage) -> None:
    """OAU-04: no other request, no other person, no other site, not without the form's own token."""
    app = await stage.register()
    browser, page = await stage.consent_page(app, scope="read")
    fields = {**hidden(page), "decision": "allow"}
    wider = hidden((await stage.consent_page(app, scope="read write"))[1])["request"]
    for changed in (
        {"request": wider},
        {"seal": hidden((await stage.consent_page(app, scope="read", person="bob"))[1])["seal"]},
        {"seal": ""},
        {"csrf": ""},
        {"csrf": "x" * 43},
    ):
        assert (await browser.post("/oauth/authorize", {**fields, **changed})).status == 403
    assert (await browser.post("/oauth/authorize", fields, Origin="https://evil.test")).status == 403
    assert (await browser.post("/oauth/authorize", fields, Sec_Fetch_Site="cross-site")).status == 403
    other = await stage.site.member("bob")
    assert (await other.post("/oauth/authorize", fields)).status == 403
    assert (await stage.site.browser().post("/oauth/authorize", fields)).status in (401, 403)
    assert (await browser.post("/oauth/authorize", fields)).status == 302


async def test_somebody_else_may_sign_in(stage: Stage) -> None:
    app = await stage.register()
    browser, page = await stage.consent_page(app)
    other = next(link for link in page.links() if link.startswith("/oauth/authorize?"))
    form = await browser.get(other)
    assert form.status == 200
    entered = await browser.post("/sign-in", {**hidden(form), "username": "bob", "password": PASSWORD})
    again = await browser.get(entered.response.headers["location"])
    assert "@bob" in again.text()


async def test_a_token_opens_no_consent_page(stage: Stage) -> None:
    app = await stage.register()
    token = await stage.token(app)
    page = await stage.site.browser().get(stage.address(app), Authorization=f"Bearer {token}")
    assert page.all("input", name="password")
