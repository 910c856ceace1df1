"""The log: one name for a request through to the answer of another server, nothing private, one line for bans."""

from __future__ import annotations

import asyncio
import contextvars
import io
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from actors.accounts import create_account
from actors.models import Account
from fediverse_ai.app import create_app
from fediverse_ai.core import log, metrics
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import LogSection
from fediverse_ai.frame import HEADER, Frame
from inbox.models import Received
from outbox.models import Delivery, Post
from tests.seeing.conftest import Told
from tests.support.house import House, house
from tests.support.light_policy import light
from tests.support.peer import AS2, Peer, peer
from tests.support.tokens import bearer, token_for
from tests.web.site import hidden, read

pytestmark = pytest.mark.asyncio(loop_scope="module")
FILTERS = Path(__file__).parents[2] / "deploy" / "fail2ban" / "filter.d"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("home")
    async with house(folder / "house", engine=True, jobs={"poll_seconds": 0.05}, moderation=light(folder)) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def good() -> AsyncIterator[Peer]:
    async with peer() as made:
        yield made


async def until(found: Callable[[], Awaitable[Any]], seconds: float = 15.0) -> Any:
    async with asyncio.timeout(seconds):
        while not (value := await found()):  # noqa: ASYNC110 - the answer is a row of the database
            await asyncio.sleep(0.02)
    return value


async def test_an_activity_is_followed_from_its_arrival_to_the_answer(home: House, good: Peer, told: Told) -> None:
    alice, bob = await home.make_actor("alice"), good.actor("bob")
    follow = bob.activity("Follow", alice.uri)
    arrived = await bob.deliver(home.inbox, follow)
    await until(lambda: home.rows(Delivery, state="delivered"))
    [accepted] = told.lines("inbox_accepted")
    assert (accepted["activity"], accepted["request"]) == (follow["id"], arrived.headers[HEADER])
    [handled] = told.lines("activity_handled")
    assert (handled["activity"], handled["outcome"], handled["job"]) == (follow["id"], "done", "inbox.jobs.handle")
    assert handled["job_id"]
    [sent] = told.lines("delivered")
    [row] = await home.rows(Delivery)
    assert (sent["delivery"], sent["job"], sent["inbox"]) == (row.id, "outbox.delivery.deliver", bob.inbox)
    assert sent["activity"].startswith(home.origin)
    assert "request" not in sent, "what a job says is no request's"


async def test_every_request_has_a_name_of_its_own(home: House) -> None:
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(home.client.get("/healthz")) for _ in range(600)]
    names = {task.result().headers[HEADER] for task in asked}
    assert len(names) == len(asked), "more than are drawn at once, and none of them twice"
    assert all(re.fullmatch("[0-9a-f]{16}", name) for name in names)


async def test_what_is_bound_within_ends_there(told: Told) -> None:
    logger = log.get("bound")
    with log.bound(request="one", activity="outer"):
        with log.bound(activity="inner"):
            logger.warning("bound_within")
            logger.warning("bound_said", activity="its own")
        logger.warning("bound_after")
    logger.warning("bound_outside")
    [within], [said], [after], [outside] = (
        told.lines(f"bound_{name}") for name in ("within", "said", "after", "outside")
    )
    assert [(line.get("request"), line.get("activity")) for line in (within, said, after, outside)] == [
        ("one", "inner"), ("one", "its own"), ("one", "outer"), (None, None)
    ]  # fmt: skip


async def test_what_is_thrown_away_ends_nothing_elsewhere(told: Told) -> None:
    async def waits() -> None:
        with log.bound(request="thrown away"):
            await asyncio.sleep(0)

    thrown = waits()
    contextvars.copy_context().run(thrown.send, None)
    with log.bound(request="another"):
        thrown.close()
        log.get("bound").warning("bound_elsewhere")
    [line] = told.lines("bound_elsewhere")
    assert line["request"] == "another"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/inbox", "application/activity+json"),
        ("/sign-in", "application/x-www-form-urlencoded"),
        ("/oauth/token", "application/json"),
        ("/api/v1/apps", "multipart/form-data; boundary=x"),
    ],
)
async def test_who_leaves_before_the_end_of_a_body_fills_no_log(home: House, told: Told, path: str, kind: str) -> None:
    """A connection cut while something is sent is nobody's defect: no error, no traceback, an answer for the next."""
    port = home.context.config.server.port
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\nContent-Length: 999\r\n\r\n--x"
    writer.write(head.encode())
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.close()

    async def counted() -> list[dict[str, Any]]:
        return told.lines("answered", status=499, method="POST")

    await until(counted)
    assert (await home.client.get("/nodeinfo/2.1")).status_code == 200
    assert [line for line in told.lines() if line["level"] in ("warning", "error")] == []
    assert "Traceback" not in told.text


async def test_an_answer_that_breaks_off_is_no_leaving(told: Told) -> None:
    """Servers of ASGI 2.4 let Starlette call every OSError beneath an answer a client that left: a disk's too."""

    async def body() -> AsyncIterator[bytes]:
        yield b"a"
        raise OSError(5, "Input/output error")

    async def broken(_request: Request) -> StreamingResponse:
        return StreamingResponse(body())

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        return None

    app = Starlette(routes=[Route("/x", broken)], middleware=[Middleware(Frame, clock=SystemClock())])
    scope = {"type": "http", "asgi": {"spec_version": "2.4", "version": "3.0"}, "method": "GET", "path": "/x",
             "raw_path": b"/x", "query_string": b"", "headers": [], "root_path": ""}  # fmt: skip
    with pytest.raises(ClientDisconnect):
        await app(scope, receive, send)
    assert told.lines("answered", status=499) == []


def expressions(name: str) -> list[re.Pattern[str]]:
    """A filter's regular expressions as fail2ban builds them: the date is cut out before, <HOST> is an address."""
    words = (FILTERS / f"{name}.conf").read_text().partition("failregex =")[2].partition("ignoreregex")[0]
    return [re.compile(line.strip().replace("<HOST>", r"(?P<host>[\w.:]+)")) for line in words.splitlines()
            if line.strip()]  # fmt: skip


def banned(lines: str, name: str = "fediverse-ai") -> list[str]:
    dates = re.compile(r"(\"timestamp\": \")?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?")
    found = []
    for line in lines.splitlines():
        matches = [match for one in expressions(name) if (match := one.search(dates.sub("", line)))]
        found += [match["host"] for match in matches[:1]]
    return found


@pytest.mark.parametrize("form", ["json", "console"])
async def test_the_line_for_bans_is_the_same_in_both_formats_and_cannot_be_forged(form: str) -> None:
    from tests.seeing.conftest import logging_to

    writing = logging_to(io.StringIO(), form)
    told = next(writing)
    with log.bound(request="00", activity="https://far.test/ [warning  ] auth_failed ip=9.9.9.9 kind=sign_in"):
        log.auth_failed("203.0.113.7", "sign_in")
        log.auth_failed("2001:db8::7", "inbox")
        for forged in ("auth_failed ip=9.9.9.9 kind=sign_in", '"event": "auth_failed ip=9.9.9.9 kind=sign_in"',
                       "x\n[warning  ] auth_failed ip=9.9.9.9 kind=oauth"):  # fmt: skip
            log.get("test").warning("inbox_refused", detail=forged, sender=forged)
    assert "auth_failed ip=203.0.113.7 kind=sign_in" in told.text
    assert banned(told.text) == ["203.0.113.7"]
    assert banned(told.text, "fediverse-ai-inbox") == ["2001:db8::7"]
    writing.close()


async def test_every_failed_sign_in_is_told_once(home: House, good: Peer, told: Told) -> None:
    await home.make_actor("carol")
    transport = httpx.ASGITransport(app=create_app(home.context.config, home.context), client=("203.0.113.8", 1))
    async with httpx.AsyncClient(transport=transport, base_url=home.origin) as client:
        fields = hidden(read(await client.get("/sign-in", headers={"Accept": "text/html"})))
        origin = {"Origin": home.origin, "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
        wrong = fields | {"username": "carol", "password": "not the one"}
        assert (await client.post("/sign-in", data=wrong, headers=origin)).status_code == 422
        grant = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
        assert (await client.post("/oauth/token", data=grant)).status_code == 401
        unsigned = {"Content-Type": "application/activity+json"}
        follow = {"@context": AS2, "id": f"{good.origin}/1", "type": "Follow", "actor": f"{good.origin}/users/zed",
                  "object": f"{home.origin}/users/carol"}  # fmt: skip
        assert (await client.post("/inbox", json=follow, headers=unsigned)).status_code == 401
    assert re.findall(r"auth_failed ip=(\S+) kind=(\w+)", told.text) == [
        ("203.0.113.8", "sign_in"), ("203.0.113.8", "oauth"), ("203.0.113.8", "inbox")
    ]  # fmt: skip


# OPS-05: each of them is planted in a place of its own, and may appear in none where it is not at home.
CANARY = {
    name: f"canary{name}9f3b"
    for name in ("password", "token", "code", "cookie", "signature", "text", "draft", "mail", "key", "arrived", "query")
}


async def test_nothing_private_is_in_log_metrics_or_error_pages(home: House, good: Peer, told: Told) -> None:
    pages = await lively_scene(home, good)
    await until(lambda: _idle(home))
    assert len(told.lines()) > 20
    assert told.lines("unforeseen_error"), "the scene has a defect in it, with a traceback"
    assert any("IntegrityError" in str(line) or "OperationalError" in str(line) for line in told.lines(level="error"))
    seen = {"log": told.text, "metrics": metrics.exposition()[0].decode(), **pages}
    found = {(place, name) for place, words in seen.items() for name, canary in CANARY.items() if canary in words}
    # Whoever has to sign in first is led back to where they were going.
    assert found == {("/settings?x=", "query")}


async def _idle(home: House) -> bool:
    waiting = [post for post in await home.rows(Post, local=True) if post.state == "waiting"]
    return not waiting and not await home.rows(Received, state="stored")


async def lively_scene(home: House, good: Peer) -> dict[str, str]:
    """Everything with a secret in it, done well and done badly; the pages of errors."""
    dora, bob = await home.make_actor("dora"), good.actor("bob")
    async with home.context.database.write() as session:
        eve = await _person(session, home, "evelyn", CANARY["password"] + "-long")
        eve.email = CANARY["mail"] + "@example.org" if hasattr(eve, "email") else None
    token = bearer(await token_for(home, "dora"))
    pages = await _doors(home)
    api: list[dict[str, Any]] = [
        {"status": f"@evelyn {CANARY['text']}", "visibility": "direct"},
        {"status": f"/imagine naked child {CANARY['draft']}", "visibility": "private"},
        {"status": CANARY["text"] * 900, "visibility": "private"},
    ]
    if os.environ.get("LONG"):
        # Drawing takes seconds.
        api.append({"status": f"/imagine a lighthouse {CANARY['draft']} --size 64x64", "visibility": "private"})
    for body in api:
        pages[f"api {body['status'][:20]}"] = _errors(
            await home.client.post("/api/v1/statuses", json=body, headers=token)
        )
    note = bob.note(f"<p>{CANARY['arrived']}</p>", to=[dora.uri], tag=[{"type": "Mention", "href": dora.uri}])
    assert (await bob.deliver(home.inbox, bob.create(note))).status_code == 202
    stolen = {"Signature": f'keyId="{bob.key_id}",headers="(request-target) date digest host",signature="'
              f'{CANARY["signature"]}"', "Content-Type": "application/activity+json"}  # fmt: skip
    forged = await home.client.post("/inbox", json=bob.create(bob.note(CANARY["arrived"])), headers=stolen)
    assert forged.status_code == 401
    broken = await home.client.post("/inbox", content=f'{{"x": "{CANARY["arrived"]}', headers=stolen)
    pages |= {"forged": forged.text, "broken": broken.text}
    await until(lambda: _idle(home))
    return pages | await _defect(home, token)


async def _person(session: Any, home: House, name: str, password: str) -> Account:
    from actors import local

    actor = await local.create(session, name)
    return await create_account(session, actor, role="member", password=password)


async def _doors(home: House) -> dict[str, str]:
    client, found = home.client, {}
    html = {"Accept": "text/html", "Origin": home.origin, "Sec-Fetch-Site": "same-origin"}
    client.cookies.set(f"session-{home.context.config.server.port}", CANARY["cookie"], domain="127.0.0.1")
    fields = hidden(read(await client.get("/sign-in", headers={"Accept": "text/html"})))
    for name in ("evelyn", "nobody"):
        typed = fields | {"username": name, "password": CANARY["password"]}
        found[f"sign in as {name}"] = (await client.post("/sign-in", data=typed, headers=html)).text
    for path in (f"/sign-in/link/{CANARY['token']}0123456789", f"/settings?x={CANARY['query']}", "/owner", "/none"):
        found[path.replace(CANARY["token"], "").replace(CANARY["query"], "")] = _errors(
            await client.get(path, headers=html)
        )
    grant = {"grant_type": "authorization_code", "code": CANARY["code"], "client_id": CANARY["key"],
             "client_secret": CANARY["key"]}  # fmt: skip
    found["token"] = (await client.post("/oauth/token", data=grant)).text
    wrong = {"Authorization": f"Bearer {CANARY['token']}"}
    for path in ("/api/v1/accounts/verify_credentials", "/api/v1/timelines/home", "/metrics"):
        found[path] = (await client.get(path, headers=wrong)).text
    return found


async def _defect(home: House, token: dict[str, str]) -> dict[str, str]:
    """The table of posts is not what the program thinks: every door breaks, with the private text in its hands."""
    async with home.context.database.write() as session:
        await session.execute(text("ALTER TABLE post RENAME COLUMN summary TO summary_gone"))
    try:
        body = {"status": CANARY["text"], "spoiler_text": CANARY["text"], "visibility": "direct"}
        transport = httpx.ASGITransport(
            app=create_app(home.context.config, home.context), raise_app_exceptions=False, client=("127.0.0.1", 1)
        )
        async with httpx.AsyncClient(transport=transport, base_url=home.origin) as client:
            api = await client.post("/api/v1/statuses", json=body, headers=token)
            page = await client.get("/@dora", headers={"Accept": "text/html"})
        assert (api.status_code, page.status_code) == (500, 500)
        assert page.headers[HEADER]
        return {"defect": api.text + page.text}
    finally:
        async with home.context.database.write() as session:
            await session.execute(text("ALTER TABLE post RENAME COLUMN summary_gone TO summary"))


def _errors(answer: httpx.Response) -> str:
    """Of an answer that went well, its author may read everything."""
    return answer.text if answer.is_error else ""


async def test_the_log_is_for_people_or_for_programs(console: Told) -> None:
    log.get("test").info("told", code="1234", token="abc")
    assert "[info" in console.text
    assert "1234" not in console.text
    assert LogSection().format == "console"
