"""Passkeys through the real forms, with a device that is a program: made, used, refused, removed."""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fido2.cose import ES256, ES384, RS256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestedCredentialData, AuthenticatorData
from sqlmodel import select

from actors import passkeys
from actors.personal import Passkey
from fediverse_ai.core import limits
from fediverse_ai.core.config import Config
from tests.support.authenticator import FLAG, SEEN, Device
from tests.web import site as support
from tests.web.site import Browser, Page, Site, hidden
from tests.web.test_settings_security import PASSWORD, enrolled, now_code

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATH = "/settings/security"
HERE = "http://localhost:8321"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with support.site(tmp_path_factory.mktemp("site"), server={"public_url": HERE}) as made:
        yield made


@pytest.fixture(autouse=True)
def _later(site: Site) -> None:
    # Tries are counted by address, and all browsers of these tests have one.
    site.clock.forward(limits.LOGIN_PER_ADDRESS.seconds * 100)


def options(page: Page) -> dict[str, Any]:
    form = next(element for element in page.all("form") if "data-passkey" in element.attrs)
    asked: dict[str, Any] = json.loads(html.unescape(form.attrs["data-options"]))
    return asked


async def ask(site: Site, name: str, **fields: str) -> tuple[Browser, Page]:
    await site.person(name, password=PASSWORD)
    browser = await site.member(name)
    return browser, await browser.submit(PATH, f"{PATH}/passkeys/begin", password=PASSWORD, **fields)


async def holder(site: Site, name: str, **device: Any) -> tuple[Browser, Device]:
    """Somebody who has a passkey, and their device."""
    browser, page = await ask(site, name)
    made = Device(HERE, credential_id=name.encode().ljust(32, b"."), **device)
    answer = await browser.post(f"{PATH}/passkeys", {**hidden(page), "answer": made.create(options(page)), "name": ""})
    assert answer.status == 303
    assert len(await kept(site, name)) == 1
    return browser, made


async def kept(site: Site, name: str) -> list[Passkey]:
    async with site.context.database.read() as session:
        return list(await session.exec(select(Passkey).where(Passkey.account_id == site.account_id(name))))


async def enter(site: Site, device: Device, **changed: Any) -> tuple[Browser, Page]:
    browser = site.browser()
    page = await browser.get("/sign-in?next=/about")
    fields = {**hidden(page), "answer": device.get(options(page), **changed)}
    return browser, await browser.post("/sign-in/passkey", fields)


async def test_a_passkey_is_made_after_the_password_and_opens_the_account(site: Site) -> None:
    browser, page = await ask(site, "pia")
    asked = options(page)
    assert (asked["rp"]["id"], asked["user"]["name"]) == ("localhost", "pia@localhost:8321")
    assert asked["authenticatorSelection"] == {"residentKey": "required", "userVerification": "required",
                                               "requireResidentKey": True}  # fmt: skip
    device = Device(HERE)
    sent = {**hidden(page), "answer": device.create(asked), "name": "My phone"}
    assert (await browser.post(f"{PATH}/passkeys", sent)).response.headers["location"] == f"{PATH}#passkeys"
    shown = await browser.get(PATH)
    assert "My phone" in shown.text()
    assert "Not used yet." in shown.text()
    stranger = site.browser()
    door = await stranger.get("/sign-in")
    assert "allowCredentials" not in options(door), "the page says who has one"
    assert door.one("input", id="username").attrs["autocomplete"] == "username webauthn"
    inside, answer = await enter(site, device)
    assert (answer.status, answer.response.headers["location"]) == (303, "/about")
    assert (await inside.get(PATH)).status == 200
    assert "Last used" in (await browser.get(PATH)).text()
    # What it keeps already is named at the next one, so that the device does not make two.
    _browser, page = await ask(site, "pia")
    assert options(page)["excludeCredentials"] == [{"type": "public-key", "id": websafe_encode(device.credential_id)}]


async def test_without_the_password_and_the_code_no_device_is_asked(site: Site) -> None:
    browser, secret, _codes = await enrolled(site, "paul")
    begin = f"{PATH}/passkeys/begin"
    wrong = await browser.submit(PATH, begin, password="not it", code=now_code(site, secret))
    assert wrong.status == 422
    assert wrong.one("input", id="passkey_password").attrs["aria-invalid"] == "true"
    without = await browser.submit(PATH, begin, password=PASSWORD, code="000000")
    assert without.status == 422
    assert without.one("input", id="passkey_code").attrs["aria-invalid"] == "true"
    assert not [form for form in without.all("form") if "data-passkey" in form.attrs]
    right = await browser.submit(PATH, begin, password=PASSWORD, code=now_code(site, secret))
    device = Device(HERE, credential_id=b"paul" * 8)
    await browser.post(f"{PATH}/passkeys", {**hidden(right), "answer": device.create(options(right))})
    # It is two factors in itself: no code is asked for beside it.
    inside, answer = await enter(site, device)
    assert answer.status == 303
    assert (await inside.get("/settings")).status == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "webauthn.get"},
        {"origin": "https://localhost.example"},
        {"origin": "http://127.0.0.1:8321"},
        {"challenge": b"a challenge that nobody asked here"},
        {"public": ES384.from_cryptography_key(ec.generate_private_key(ec.SECP384R1()).public_key())},
        {"public": ES256({1: 2, 3: -7, -1: 1, -2: b"\x01" * 32, -3: b"\x01" * 32})},
    ],
    ids=["type", "origin", "address", "challenge", "another curve", "a point off the curve"],
)
async def test_a_wrong_answer_keeps_no_key(site: Site, changed: dict[str, Any]) -> None:
    browser, page = await ask(site, "petra")
    answer = Device(HERE, credential_id=b"petra" * 4).create(options(page), **changed)
    assert (await browser.post(f"{PATH}/passkeys", {**hidden(page), "answer": answer})).status == 303
    assert await kept(site, "petra") == []


@pytest.mark.parametrize(
    "flags", [FLAG.UP, FLAG.UV, AuthenticatorData.FLAG(0)], ids=["nobody proven", "no touch", "none"]
)
async def test_a_device_has_to_see_its_holder(site: Site, flags: AuthenticatorData.FLAG) -> None:
    browser, page = await ask(site, "quentin")
    answer = Device(HERE, credential_id=b"quentin" * 4, flags=flags).create(options(page))
    await browser.post(f"{PATH}/passkeys", {**hidden(page), "answer": answer})
    assert await kept(site, "quentin") == []
    name = f"rosa{int(flags)}"
    _browser, device = await holder(site, name)
    device.flags = flags
    assert (await enter(site, device))[1].status == 422
    device.flags = SEEN
    assert (await enter(site, device))[1].status == 303


async def test_an_answer_belongs_to_one_reader_one_purpose_and_ten_minutes(site: Site) -> None:
    browser, device = await holder(site, "ruth")
    one, other = site.browser(), site.browser()
    asked, theirs = await one.get("/sign-in"), await other.get("/sign-in")
    stolen = device.get(options(asked))
    refused = await other.post("/sign-in/passkey", {**hidden(theirs), "answer": stolen})
    assert refused.status == 422
    assert "begin again" in refused.text()
    late = device.get(options(asked))
    site.clock.forward(limits.PASSKEY_SECONDS + 1)
    assert (await one.post("/sign-in/passkey", {**hidden(asked), "answer": late})).status == 422
    # A question to make one is none to come in, even in one session.
    page = await browser.submit(PATH, f"{PATH}/passkeys/begin", password=PASSWORD)
    made = options(page)
    crossed = device.get({"challenge": made["challenge"], "rpId": made["rp"]["id"]})
    assert (await browser.post("/sign-in/passkey", {**hidden(page), "answer": crossed})).status == 422


async def test_no_answer_lets_in_twice(site: Site) -> None:
    _browser, device = await holder(site, "rita")
    visitor = site.browser()
    page = await visitor.get("/sign-in")
    cookie = visitor.cookie("visitor-8321")
    fields = {**hidden(page), "answer": device.get(options(page))}
    assert (await visitor.post("/sign-in/passkey", fields)).status == 303
    thief = site.browser()
    thief.client.cookies.set("visitor-8321", str(cookie), domain="127.0.0.1")
    assert (await thief.post("/sign-in/passkey", fields)).status == 422


async def test_the_older_of_two_pages_is_asked_to_begin_again(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    _browser, device = await holder(site, "rosa")
    laptop, phone = site.browser(), site.browser()
    older = await laptop.get("/sign-in")
    site.clock.forward(30)
    newer = await phone.get("/sign-in")
    fields = {**hidden(newer), "answer": device.get(options(newer))}
    assert (await phone.post("/sign-in/passkey", fields)).status == 303
    refused = await laptop.post("/sign-in/passkey", {**hidden(older), "answer": device.get(options(older))})
    assert refused.status == 422
    assert "begin again" in refused.text()
    assert "auth_failed" not in "".join(capfd.readouterr()), "and is no burglar"
    site.clock.forward(30)
    again = {**hidden(refused), "answer": device.get(options(refused))}
    assert (await laptop.post("/sign-in/passkey", again)).status == 303


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "webauthn.create"},
        {"origin": "https://art.example"},
        {"rp": "example"},
        {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"},
        {"signature": b"none"},
        {"user": b"12345"},
        {"user": None},
    ],
    ids=["type", "origin", "rp", "signature", "no signature", "user", "no user"],
)
async def test_a_wrong_answer_opens_nothing(
    site: Site, changed: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    name = f"rolf{len(str(changed))}{next(iter(changed))}"
    _browser, device = await holder(site, name)
    browser, answer = await enter(site, device, **changed)
    assert answer.status == 422
    assert "auth_failed ip=127.0.0.1 kind=passkey" in "".join(capfd.readouterr())
    assert browser.cookie("session-8321") is None
    assert (await enter(site, device))[1].status == 303, "and the right one still opens it"


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{}", '{"response": 1}', '{"response": {"attestationObject": "AA"}}', "x" * 50_000, "[" * 20_000,
     '{"id":"AA","rawId":"AA","response":{"clientDataJSON":"AA","authenticatorData":"","signature":""}}'],
    ids=range(9),
)  # fmt: skip
async def test_garbage_is_refused_in_words(site: Site, answer: str) -> None:
    browser = site.browser()
    page = await browser.get("/sign-in")
    refused = await browser.post("/sign-in/passkey", {**hidden(page), "answer": answer})
    assert refused.status == 422
    assert "cannot be read" in refused.text()


async def test_a_copied_key_is_found_by_its_counter(site: Site) -> None:
    _browser, device = await holder(site, "rudi", counter=4)
    copy = Device(HERE, device.credential_id, device.counter, key=device.key, user=device.user)
    assert (await enter(site, device))[1].status == 303
    assert (await enter(site, device))[1].status == 303
    assert (await enter(site, copy))[1].status == 422
    assert (await enter(site, device))[1].status == 303


async def test_a_key_is_somebody_elses_once_it_is_known(site: Site) -> None:
    _browser, device = await holder(site, "sam")
    browser, page = await ask(site, "sara")
    taken = {**hidden(page), "answer": device.create(options(page))}
    await browser.post(f"{PATH}/passkeys", taken)
    assert await kept(site, "sara") == []
    assert "known here already" in (await browser.get(PATH)).text()


async def test_one_account_has_a_bound_of_them(site: Site) -> None:
    browser, _device = await holder(site, "sven")
    for number in range(limits.PASSKEYS):
        page = await browser.submit(PATH, f"{PATH}/passkeys/begin", password=PASSWORD)
        if number == limits.PASSKEYS - 1:
            break
        answer = Device(HERE, credential_id=bytes([number]) * 16).create(options(page))
        await browser.post(f"{PATH}/passkeys", {**hidden(page), "answer": answer})
    assert len(await kept(site, "sven")) == limits.PASSKEYS
    assert f"{PATH}/passkeys/begin" not in (await browser.get(PATH)).body
    answer = Device(HERE, credential_id=b"one more" * 2).create(options(page))
    await browser.post(f"{PATH}/passkeys", {**hidden(page), "answer": answer})
    assert len(await kept(site, "sven")) == limits.PASSKEYS


async def test_what_is_too_large_is_not_kept_and_a_long_name_is_cut(site: Site) -> None:
    browser, page = await ask(site, "thea")
    wide = RS256({1: 3, 3: -257, -1: b"\xff" * limits.PASSKEY_BYTES, -2: b"\x01\x00\x01"})
    large = Device(HERE, credential_id=b"large" * 4).create(options(page), public=wide)
    await browser.post(f"{PATH}/passkeys", {**hidden(page), "answer": large})
    assert await kept(site, "thea") == []
    named = {**hidden(page), "answer": Device(HERE, credential_id=b"thea" * 4).create(options(page)), "name": "n" * 99}
    await browser.post(f"{PATH}/passkeys", named)
    assert [len(row.name) for row in await kept(site, "thea")] == [limits.PASSKEY_NAME_CHARS]


async def test_an_id_has_a_bound(site: Site) -> None:
    browser, page = await ask(site, "theo")
    for more in (1, 0, -1):
        page = await browser.submit(PATH, f"{PATH}/passkeys/begin", password=PASSWORD)
        device = Device(HERE, credential_id=b"%d" % (more + 1) * (limits.PASSKEY_ID_BYTES + more))
        await browser.post(f"{PATH}/passkeys", {**hidden(page), "answer": device.create(options(page))})
    ids = [AttestedCredentialData(row.credential).credential_id for row in await kept(site, "theo")]
    assert sorted(map(len, ids)) == [limits.PASSKEY_ID_BYTES - 1, limits.PASSKEY_ID_BYTES]


async def test_a_question_for_a_new_one_is_answered_once_and_before_any_other_change(site: Site) -> None:
    browser, page = await ask(site, "tess")
    sent = {**hidden(page), "answer": Device(HERE, credential_id=b"tess" * 4).create(options(page))}
    await browser.post(f"{PATH}/passkeys", sent)
    later = await browser.submit(PATH, f"{PATH}/passkeys/begin", password=PASSWORD)
    [row] = await kept(site, "tess")
    await browser.submit(PATH, f"{PATH}/passkeys/{row.id}/remove", password=PASSWORD)
    open_one = {**hidden(later), "answer": Device(HERE, credential_id=b"more" * 4).create(options(later))}
    for fields in (sent, open_one):
        assert (await browser.post(f"{PATH}/passkeys", fields)).status == 303
        assert "begin again" in (await browser.get(PATH)).text()
    assert await kept(site, "tess") == []


async def test_a_question_from_before_a_new_password_is_too_late(site: Site) -> None:
    browser, page = await ask(site, "ursula")
    new = {"new": "a new long password", "again": "a new long password"}
    assert (await browser.submit(PATH, f"{PATH}/password", **new, password=PASSWORD)).status == 303
    await browser.post(f"{PATH}/passkeys", {**hidden(page), "answer": Device(HERE).create(options(page))})
    assert "begin again" in (await browser.get(PATH)).text()
    assert await kept(site, "ursula") == []


async def test_many_at_once_are_no_more_than_one_after_another(tmp_path: Any, postgresql_url: str) -> None:
    async with support.site(tmp_path, server={"public_url": HERE}, database={"url": postgresql_url}) as here:
        browser, page = await ask(here, "tilda")
        many = [Device(HERE, credential_id=bytes([number]) * 16).create(options(page)) for number in range(4)]
        await asyncio.gather(*(browser.post(f"{PATH}/passkeys", {**hidden(page), "answer": one}) for one in many))
        assert len(await kept(here, "tilda")) == 1, "one question, one passkey"
        # One key for several people: the database lets one of them have it, and the others are told.
        people = [await ask(here, name) for name in ("tom", "tina", "toni")]
        device = Device(HERE)
        answers = await asyncio.gather(
            *(
                one.post(f"{PATH}/passkeys", {**hidden(asked), "answer": device.create(options(asked))})
                for one, asked in people
            )
        )
        assert [answer.status for answer in answers] == [303, 303, 303]
        told = [(await one.get(PATH)).text() for one, _asked in people]
        assert sum("known here already" in text for text in told) == 2


async def test_a_removed_one_opens_nothing_and_only_its_owner_removes_it(site: Site) -> None:
    browser, device = await holder(site, "tim")
    stranger, _other = await holder(site, "toni")
    [row] = await kept(site, "tim")
    path = f"{PATH}/passkeys/{row.id}/remove"
    assert (await stranger.submit(PATH, path, password=PASSWORD)).status == 404
    await browser.submit(PATH, path, password="not it")
    assert len(await kept(site, "tim")) == 1
    assert (await browser.submit(PATH, path, password=PASSWORD)).status == 303
    assert await kept(site, "tim") == []
    refused = (await enter(site, device))[1]
    assert refused.status == 422
    assert "does not open an account here" in refused.text()


async def test_who_is_suspended_or_shut_out_stays_out(site: Site) -> None:
    _browser, device = await holder(site, "uwe")
    async with site.context.database.write() as session:
        actor = await session.merge(await site.person("uwe"))
        actor.suspended_ms = site.clock.now_ms()
    browser, answer = await enter(site, device)
    assert answer.status == 422
    assert browser.cookie("session-8321") is None


@pytest.mark.parametrize(
    ("public_url", "works"),
    [
        ("https://art.example", True),
        ("https://art.example:8443", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", False),
        ("https://[::1]:8000", False),
        ("https://192.0.2.7", False),
        ("http://art.example", False),
    ],
)
async def test_browsers_keep_them_for_names_reached_safely(tmp_path: Any, public_url: str, works: bool) -> None:
    config = Config(data_dir=tmp_path, server={"development": True, "public_url": public_url})
    assert passkeys.possible(config) is works


async def test_a_server_without_a_name_offers_none(tmp_path: Any) -> None:
    async with support.site(tmp_path) as plain:
        assert "data-passkey" not in (await plain.browser().get("/sign-in")).body
        browser = await plain.member("vera")
        assert "this one has neither yet" in (await browser.get(PATH)).text()
        assert (await browser.submit(PATH, f"{PATH}/passkeys/begin")).status == 404


async def test_other_kinds_of_keys_work_too(site: Site) -> None:
    browser, page = await ask(site, "wim")
    key = rsa.generate_private_key(65537, 2048)
    public = RS256.from_cryptography_key(key.public_key())
    device = Device(HERE, credential_id=b"rs256" * 4)
    answer = device.create(options(page), public=public)
    await browser.post(f"{PATH}/passkeys", {**hidden(page), "answer": answer})
    [row] = await kept(site, "wim")
    assert len(row.credential) < limits.PASSKEY_BYTES
