"""Mail: what is sent by a real SMTP server on loopback, what is kept, what is tried again, and what is never logged."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import warnings
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from sqlmodel import select

from actors import accounts, signups
from actors.admission import Letter
from actors.models import Account, Login
from actors.signups import Mode, SignUps
from fediverse_ai import mail
from fediverse_ai.core import limits
from fediverse_ai.core.config import MailSection
from fediverse_ai.core.errors import Misconfigured, Unprocessable, Unreachable
from fediverse_ai.core.limits import RateLimiter
from tests.seeing.conftest import Told, logging_to
from tests.support.processes import free_port
from tests.web import site as support
from tests.web.site import Browser, Site, hidden
from tests.web.test_pages import check_sound

pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORD = "a long enough sentence"
ADDRESS = "ida@example.org"
SECRET = "the mail server's word"


class Post:
    """A mail server: keeps what it takes, and answers otherwise when told to."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.to: list[list[str]] = []
        self.answer = ""

    async def handle_RCPT(self, _server: SMTP, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        self.to.append(list(envelope.rcpt_tos))
        return "250 OK"


def _known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"pictures", SECRET.encode())
    return AuthResult(success=right, handled=False)


@pytest.fixture
def told() -> Iterator[Told]:
    """Our log, whatever a test before has done with it; the mail server's own is of another machine."""
    theirs = logging.getLogger("mail.log")
    theirs.disabled = True
    yield from logging_to(io.StringIO(), "json")
    theirs.disabled = False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office() -> AsyncIterator[tuple[Post, int]]:
    post, port = Post(), free_port()
    loop = asyncio.get_running_loop()

    def made() -> SMTP:
        with warnings.catch_warnings():
            # It warns of what is meant here: a password on loopback.
            warnings.simplefilter("ignore")
            return SMTP(post, authenticator=_known, auth_required=True, auth_require_tls=False, loop=loop)

    server = await loop.create_server(made, "127.0.0.1", port)
    yield post, port
    server.close()
    await server.wait_closed()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, office: tuple[Post, int]) -> AsyncIterator[Site]:
    folder: Path = tmp_path_factory.mktemp("mail")
    (folder / "password").write_text(SECRET + "\n")
    section = {"host": "127.0.0.1", "port": office[1], "tls": "none", "user": "pictures",
               "password_file": str(folder / "password"), "from_address": "pictures@lamplight.example"}  # fmt: skip
    async with support.site(folder / "site", mail=section) as made:
        async with made.context.database.write() as session:
            await signups.put(session, SignUps(Mode.APPROVAL), None)
        await made.person("olga", role="owner")
        async with made.context.database.write() as session:
            olga = await session.get_one(Account, made.account_id("olga"))
            olga.email = "olga@example.org"
            session.add(olga)
        yield made


@pytest.fixture
def post(office: tuple[Post, int], site: Site) -> Post:
    post = office[0]
    post.letters, post.to, post.answer = [], [], ""
    site.context.part(RateLimiter)._free_at.clear()
    return post


async def letters(site: Site) -> list[Letter]:
    async with site.context.database.read() as session:
        return list(await session.exec(select(Letter)))


async def sent(site: Site) -> None:
    """What the job would do with all that waits."""
    for letter in await letters(site):
        await mail.post_letter.function(site.context, [letter.id])


def link_of(letter: EmailMessage) -> str:
    [found] = re.findall(r"http://127\.0\.0\.1:8321(/\S+/[\w-]{43})", letter.get_content())
    return str(found)


async def ask(site: Site, name: str, email: str = ADDRESS) -> str:
    visitor = site.browser()
    fields = {"username": name, "password": PASSWORD, "agree": "1", "reason": "to see", "email": email}
    answer = await visitor.post("/sign-up", {**hidden(await visitor.get("/sign-up")), **fields})
    assert answer.status == 303, answer.text()
    return answer.response.headers["location"]


async def waiting_at(olga: Browser) -> str:
    """The address to which the only request's form goes."""
    forms = (await olga.get("/owner/requests")).all("form")
    [path] = {form.attrs["action"] for form in forms if "/requests/" in form.attrs["action"]}
    return path


async def test_a_request_is_told_to_the_owner_and_its_answer_to_who_asked(site: Site, post: Post, told: Told) -> None:
    await ask(site, "ida")
    await sent(site)
    assert post.to == [["olga@example.org"]]
    assert "@ida@127.0.0.1:8321 asks to join" in post.letters[0].get_content()
    olga = await site.member("olga")
    await olga.submit("/owner/requests", await waiting_at(olga), verb="approve", note="Welcome!")
    waiting = await letters(site)
    assert [(one.kind, one.address) for one in waiting] == [("approved", ADDRESS)]
    assert "confirm" not in str(waiting[0].about), "no link is stored"
    await sent(site)
    assert await letters(site) == []
    letter = post.letters[1]
    assert (letter["From"], letter["To"]) == ("Lamplight <pictures@lamplight.example>", ADDRESS)
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "Welcome!" in letter.get_content()
    visitor = site.browser()
    page = await visitor.get(link_of(letter))
    check_sound(page)
    assert await email_of(site, "ida") is None, "looking is not confirming"
    done = await visitor.submit(link_of(letter), link_of(letter))
    assert done.status == 200
    assert await email_of(site, "ida") == ADDRESS
    again = await visitor.submit("/sign-in", link_of(letter))
    assert again.status == 422
    logged = told.text
    assert "letter_sent" in logged
    assert ADDRESS not in logged
    assert "olga@example.org" not in logged


async def email_of(site: Site, name: str) -> str | None:
    async with site.context.database.read() as session:
        account = await accounts.account_of(session, name)
    assert account is not None
    return account.email


async def test_an_address_is_nowhere_but_with_its_owner(site: Site, post: Post) -> None:
    api = site.browser().client
    for path in ("/users/ida", "/@ida", "/api/v1/accounts/lookup?acct=ida"):
        for accept in ("text/html", "application/activity+json"):
            assert ADDRESS not in (await api.get(path, headers={"Accept": accept})).text
    olga = await site.member("olga")
    for path in ("/owner/people", "/owner/people/ida", "/owner/requests"):
        assert ADDRESS not in (await olga.get(path)).body


async def test_a_turned_away_request_leaves_no_address(site: Site, post: Post) -> None:
    where = await ask(site, "joe", "joe@example.org")
    await sent(site)
    olga = await site.member("olga")
    await olga.submit("/owner/requests", await waiting_at(olga), verb="deny", note="Not now.")
    await sent(site)
    assert post.to[-1] == ["joe@example.org"]
    assert "Not now." in post.letters[-1].get_content()
    assert "Not now." in (await site.browser().get(where)).text()


async def test_a_forgotten_password(site: Site, post: Post) -> None:
    visitor = site.browser()
    check_sound(await visitor.get("/sign-in/forgotten"))
    answers = [await visitor.submit("/sign-in/forgotten", "/sign-in/forgotten", username=name)
               for name in ("ida", "nobody_here", "IDA")]  # fmt: skip
    assert {(one.status, one.response.headers["location"]) for one in answers} == {(303, "/sign-in")}
    assert [one.kind for one in await letters(site)] == ["reset", "reset"]
    limited = await visitor.submit("/sign-in/forgotten", "/sign-in/forgotten", username="ida")
    assert limited.status == 429
    await sent(site)
    assert post.to == [[ADDRESS], [ADDRESS]]
    first, path = (link_of(letter) for letter in post.letters)
    async with site.context.database.read() as session:
        logins = list(await session.exec(select(Login).where(Login.kind == "reset")))
    assert len(logins) == 1, "the newest alone works"
    new = "another long sentence"
    csrf = hidden(await visitor.get("/sign-in"))["csrf"]
    assert (await visitor.post(first, {"csrf": csrf, "new": new, "again": new})).status == 422
    assert (await visitor.submit(path, path, new=new, again=new)).status == 303
    assert (await visitor.submit("/sign-in", "/sign-in", username="ida", password=new)).status == 303


async def test_a_member_gives_changes_and_forgets_an_address(site: Site, post: Post) -> None:
    await site.person("kim", password=PASSWORD)
    kim = await site.member("kim")
    check_sound(await kim.get("/settings/security"))
    for fields in ({"email": "kim@example.org", "password": "wrong, and long enough"},
                   {"email": "no address", "password": PASSWORD},
                   {"email": "kim@example.org\r\nBcc: all@example.org", "password": PASSWORD}):  # fmt: skip
        await _give(kim, **fields)
        assert await letters(site) == []
    await _give(kim, email="kim@example.org", password=PASSWORD)
    await sent(site)
    assert await email_of(site, "kim") is None
    path = link_of(post.letters[0])
    site.clock.forward(limits.CONFIRM_LINK_SECONDS - 5)
    assert "One press" in (await site.browser().get(path)).text()
    site.clock.forward(6)
    assert (await site.browser().submit("/sign-in", path)).status == 422
    kim = await site.member("kim")
    await _give(kim, email="kim@example.org", password=PASSWORD)
    await sent(site)
    await kim.submit(link_of(post.letters[1]), link_of(post.letters[1]))
    assert await email_of(site, "kim") == "kim@example.org"
    site.context.part(RateLimiter)._free_at.clear()
    found = [(await _give(kim, email="x@example.org", password=PASSWORD)).status for _ in range(4)]
    assert found == [303, 303, 303, 429]
    asked = {(one.kind, one.address) for one in await letters(site)}
    assert asked == {("confirm", "x@example.org"), ("moved", "kim@example.org")}, "the old one hears of it"
    await sent(site)
    assert "wants its mail sent elsewhere" in post.letters[-2].get_content() + post.letters[-1].get_content()
    assert await email_of(site, "kim") == "kim@example.org", "until the new one is confirmed"
    site.context.part(RateLimiter)._free_at.clear()
    await _give(kim, email="", password=PASSWORD)
    assert await email_of(site, "kim") is None
    await _forget(site)


async def _give(browser: Browser, **fields: str) -> Any:
    token = hidden(await browser.get("/settings/security"))["csrf"]
    return await browser.post("/settings/security/mail", {"csrf": token, **fields})


async def _forget(site: Site) -> None:
    site.clock.forward(limits.LETTER_SECONDS + 1)
    await mail.forget(site.context)
    assert await letters(site) == []


async def _one_letter(site: Site) -> int:
    async with site.context.database.write() as session:
        await mail.tell_owners(session, "notice", {"sentence": "The backup of tonight failed."})
    [letter] = await letters(site)
    return letter.id


@pytest.mark.parametrize(("answer", "heals"), [("451 later", True), ("550 no such person olga@example.org", False)])
async def test_what_may_heal_is_tried_again_and_what_does_not_is_not(
    site: Site, post: Post, answer: str, heals: bool, told: Told
) -> None:
    number, post.answer = await _one_letter(site), answer
    if heals:
        with pytest.raises(Unreachable):
            await mail.post_letter.function(site.context, [number])
        assert len(await letters(site)) == 1
        post.answer = ""
        await mail.post_letter.function(site.context, [number])
        assert "The backup of tonight failed." in post.letters[0].get_content()
        await mail.post_letter.function(site.context, [number])
        assert len(post.letters) == 1, "a job that runs twice sends once"
    else:
        await mail.post_letter.function(site.context, [number])
        assert post.letters == []
        assert "olga@example.org" not in told.text
    assert await letters(site) == []
    assert mail.post_letter.attempts == limits.MAIL_TRIES


@pytest.mark.parametrize("change", [{"port": 1}, {"password": "wrong"}, {"tls": "starttls"}], ids=str)
async def test_a_mail_server_that_is_away_or_does_not_know_us(
    site: Site, post: Post, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without encryption where it was asked for, nothing is sent at all."""
    number = await _one_letter(site)
    section = site.context.config.mail.model_copy(update=change)
    monkeypatch.setitem(site.context.config.__dict__, "mail", section)
    with pytest.raises(Unreachable) as caught:
        await mail.post_letter.function(site.context, [number])
    assert ("name and password" in caught.value.public) == ("password" in change)
    assert "olga@example.org" not in f"{caught.value} {caught.value.detail}"
    assert post.letters == []
    await _forget(site)


async def test_addresses_and_settings_that_cannot_be() -> None:
    longest = "a" * 64 + "@" + "b" * (limits.MAIL_ADDRESS_CHARS - 65)
    assert mail.checked_address(f" {longest} ") == longest
    for wrong in ("", "a", "a@", "@b", "a@b@c", "a b@c", "a@b\nc", "<a@b>", longest + "c", 'a"@b'):
        with pytest.raises(Unprocessable):
            mail.checked_address(wrong)
    whole = {"host": "mail.example", "from_address": "a@b", "tls": "none", "user": "x"}
    for section in ({"host": "mail.example"}, whole):
        with pytest.raises(ValueError):
            MailSection(**section)
    with pytest.raises(Misconfigured):
        MailSection(password_file="/nowhere/at/all").secret()
    assert limits.MAIL_SECONDS <= 60
