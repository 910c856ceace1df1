"""What programs meet: signing up by an app, announcements in an app, and the quotas at every door."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx
import pytest
import pytest_asyncio
from sqlmodel import select

from actors import accounts, announcements, invites, local, signups
from actors.admission import SignUpRequest
from actors.models import Account, Actor, Token
from actors.signups import Mode, SignUps
from fediverse_ai import joining
from fediverse_ai.core import limits
from fediverse_ai.core.config import Config, Quota
from fediverse_ai.core.errors import TooMany
from fediverse_ai.core.limits import RateLimiter
from outbox import publish, quotas, schedule, uploads
from outbox.compose import Draft, compose
from outbox.models import Post
from outbox.uploads import Picture
from tests.mastodon import schema
from tests.support.tokens import app_token, bearer, token_for
from tests.web.composing import order
from tests.web.site import Browser, Site
from tests.web.test_pages import check_sound

pytestmark = pytest.mark.asyncio(loop_scope="module")
PERSON = {"username": "ida", "password": "a long enough sentence", "agreement": True, "locale": "en"}


@pytest_asyncio.fixture(loop_scope="module")
async def app(site: Site) -> httpx.AsyncClient:
    """A program with a token of its own; the bounds by address begin anew for each test."""
    site.clock.forward(2 * 86_400)
    site.context.part(RateLimiter)._free_at.clear()
    client = site.browser().client
    client.headers |= bearer(await app_token(site, "read write:accounts"))
    return client


async def door(site: Site, mode: Mode) -> None:
    async with site.context.database.write() as session:
        await signups.put(session, SignUps(mode), None)


async def sign_up(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/api/v1/accounts", json={**PERSON, **fields})


async def who(site: Site, token: str) -> httpx.Response:
    return await site.browser().client.get("/api/v1/accounts/verify_credentials", headers=bearer(token))


async def rows(site: Site, model: Any, **equal: Any) -> list[Any]:
    query = select(model).where(*(getattr(model, name) == value for name, value in equal.items()))
    async with site.context.database.read() as session:
        return list(await session.exec(query))


async def test_a_closed_door_is_closed_for_apps(site: Site, app: httpx.AsyncClient) -> None:
    """OAU-25: what the page refuses no program gets."""
    for fields in ({}, {"reason": "please"}, {"invite_code": "x" * 43}):
        answer = await sign_up(app, **fields)
        assert answer.status_code == 403
        assert "closed" in answer.json()["error"]
    assert await rows(site, Actor, username="ida") == []


async def test_only_an_app_with_the_scope_asks(site: Site, app: httpx.AsyncClient) -> None:
    await door(site, Mode.APPROVAL)
    for token, status in ((await app_token(site, "read"), 403), (await token_for(site, "ann"), 403), ("x" * 43, 401)):
        headers = bearer(token)
        answer = await app.post("/api/v1/accounts", json={**PERSON, "reason": "x"}, headers=headers)
        assert answer.status_code == status
    del app.headers["Authorization"]
    assert (await sign_up(app, reason="x")).status_code == 401
    assert await rows(site, SignUpRequest) == []


async def test_an_invited_person_is_in_and_their_app_works_at_once(site: Site, app: httpx.AsyncClient) -> None:
    await door(site, Mode.INVITE)
    async with site.context.database.write() as session:
        _row, secret = await invites.make(session, None, uses=2)
    for code in (secret, f"http://127.0.0.1:8321/invite/{secret}"):
        name = f"by{len(code)}"
        answer = await sign_up(app, username=name, invite_code=code)
        assert answer.status_code == 200
        schema.check("POST", "/api/v1/accounts", answer.json())
        assert (await who(site, answer.json()["access_token"])).json()["username"] == name
    assert (await sign_up(app, username="third", invite_code=secret)).status_code == 403


async def test_a_request_by_an_app_begins_to_work_with_the_answer(site: Site, app: httpx.AsyncClient) -> None:
    await door(site, Mode.APPROVAL)
    answer = await sign_up(app, reason="to see")
    token = answer.json()["access_token"]
    for method, path in (("GET", "/api/v1/accounts/verify_credentials"), ("GET", "/api/v1/timelines/home"),
                         ("POST", "/api/v1/statuses"), ("GET", "/api/v1/apps/verify_credentials"),
                         ("GET", "/api/v1/streaming/user"), ("POST", "/api/v1/accounts")):  # fmt: skip
        waits = await app.request(method, path, headers=bearer(token))
        assert (waits.status_code, waits.json()) == (403, {"error": "Your login is currently pending approval"}), path
    assert (await app.post("/users/ann/outbox", headers=bearer(token), json={})).status_code == 403
    assert (await app.get("/oauth/userinfo", headers=bearer(token))).status_code == 403
    assert (await app.get("/api/v2/instance", headers=bearer(token))).status_code == 200
    [row] = await rows(site, SignUpRequest, name="ida")
    assert token not in str(row.token)
    async with site.context.database.write() as session:
        await joining.decide(session, await session.get_one(SignUpRequest, row.id), None, yes=True)
    assert (await who(site, token)).json()["username"] == "ida"
    [kept] = await rows(site, Token, secret_hash=accounts.digest(token))
    assert kept.scopes == "read write:accounts"
    denied = (await sign_up(app, username="joe", reason="to sell")).json()["access_token"]
    [row] = await rows(site, SignUpRequest, name="joe")
    async with site.context.database.write() as session:
        await joining.decide(session, await session.get_one(SignUpRequest, row.id), None, yes=False)
    assert (await who(site, denied)).status_code == 401


async def test_what_is_wrong_is_told_in_mastodons_words(site: Site, app: httpx.AsyncClient) -> None:
    await door(site, Mode.APPROVAL)
    fields = {"username": "admin", "password": "short", "agreement": False, "reason": ""}
    answer = await sign_up(app, **fields)
    assert answer.status_code == 422
    told = {name: [one["error"] for one in found] for name, found in answer.json()["details"].items()}
    assert told == {"username": ["ERR_RESERVED"], "password": ["ERR_TOO_SHORT"], "agreement": ["ERR_ACCEPTED"],
                    "reason": ["ERR_BLANK"]}  # fmt: skip
    taken = (await sign_up(app, username="by43", reason="x")).json()["details"]
    assert taken["username"][0]["error"] == "ERR_TAKEN"
    form = await app.post("/api/v1/accounts", data={**PERSON, "username": "a b", "agreement": "true", "reason": "x"})
    assert form.json()["details"]["username"][0]["error"] == "ERR_INVALID"


async def test_the_bound_by_address_holds_for_apps_too(site: Site, app: httpx.AsyncClient) -> None:
    await door(site, Mode.APPROVAL)
    found = [(await sign_up(app, username=f"app{number}", reason="x")).status_code for number in range(4)]
    assert found == [200, 200, 200, 429]


async def test_announcements_in_an_app(site: Site) -> None:
    client = site.browser().client
    client.headers |= bearer(await token_for(site, "ann"))
    assert (await client.get("/api/v1/announcements")).json() == []
    async with site.context.database.write() as session:
        row = await announcements.write(session, None, "We move.\n\nOn Friday.", publish=True)
        kept = await announcements.write(session, None, "Not yet.")
    path = f"/api/v1/announcements/{row.id}"
    body = (await client.get("/api/v1/announcements")).json()
    schema.check("GET", "/api/v1/announcements", body)
    assert [(one["content"], one["read"]) for one in body] == [("<p>We move.</p><p>On Friday.</p>", False)]
    for emoji in ("🎉", "🎉", "❤"):
        assert (await client.put(f"{path}/reactions/{emoji}")).status_code == 200
    other = bearer(await token_for(site, "ben"))
    await client.put(f"{path}/reactions/🎉", headers=other)
    [body] = (await client.get("/api/v1/announcements")).json()
    assert body["reactions"] == [{"name": "🎉", "count": 2, "me": True}, {"name": "❤", "count": 1, "me": True}]
    await client.delete(f"{path}/reactions/🎉")
    [body] = (await client.get("/api/v1/announcements")).json()
    assert {"name": "🎉", "count": 1, "me": False} in body["reactions"]
    assert (await client.put(f"{path}/reactions/hello")).status_code == 422
    more = [chr(0x1F600 + number) for number in range(limits.ANNOUNCEMENT_EMOJIS)]
    found = [(await client.put(f"{path}/reactions/{emoji}")).status_code for emoji in more]
    assert found == [200] * (limits.ANNOUNCEMENT_EMOJIS - 2) + [429] * 2
    assert (await client.post(f"{path}/dismiss")).json() == {}
    assert (await client.get("/api/v1/announcements")).json() == []
    [body] = (await client.get("/api/v1/announcements?with_dismissed=true")).json()
    assert body["read"] is True
    assert len((await client.get("/api/v1/announcements", headers=other)).json()) == 1
    for wrong in (kept.id, 1, "x"):
        assert (await client.post(f"/api/v1/announcements/{wrong}/dismiss")).status_code == 404
    reading = bearer(await token_for(site, "ann", "read"))
    assert (await client.post(f"{path}/dismiss", headers=reading)).status_code == 403


@pytest_asyncio.fixture(loop_scope="module")
async def small(site: Site, monkeypatch: pytest.MonkeyPatch) -> Quota:
    """Members may do little on this server, on a day of its own."""
    site.clock.forward(2 * 86_400)
    site.context.part(RateLimiter)._free_at.clear()
    quota = Quota(pictures=6, posts=3, uploads=2, queued=2, storage_bytes=5_000)
    config: Config = site.context.config
    monkeypatch.setitem(config.__dict__, "quotas", config.quotas.model_copy(update={"member": quota}))
    return quota


WORDS = "You have posted 3 times today, and 3 a day are allowed here."


async def test_posts_of_a_day_at_every_door(site: Site, small: Quota) -> None:
    """Web, Mastodon's API and ActivityPub's, drafts among them, meet the same bound; the command line none."""
    pam = await site.person("pam")
    member, token = await site.member("pam"), bearer(await token_for(site, "pam"))
    api = site.browser().client
    assert (await api.post("/api/v1/statuses", json={"status": "one"}, headers=token)).status_code == 200
    note = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Note", "content": "two",
            "to": ["https://www.w3.org/ns/activitystreams#Public"]}  # fmt: skip
    kind = {"Content-Type": "application/activity+json"}
    assert (await api.post("/users/pam/outbox", json=note, headers=token | kind)).status_code in (201, 202)
    async with site.context.database.write() as session:
        draft = await compose(session, pam, Draft(text="for later", keep=True))
        await compose(session, pam, Draft(text="three"))
    refused = await api.post("/api/v1/statuses", json={"status": "four"}, headers=token)
    assert (refused.status_code, refused.json()["error"]) == (429, WORDS)
    assert int(refused.headers["retry-after"]) > 0
    assert (await api.post("/users/pam/outbox", json=note, headers=token | kind)).status_code == 429
    made = await order(member, "a lighthouse")
    assert made.status == 422
    assert WORDS in made.text()
    async with site.context.database.write() as session:
        with pytest.raises(TooMany):
            await schedule.send_draft(session, pam, await session.get_one(Post, draft.id))
    async with site.context.database.write() as session:
        await compose(session, pam, Draft(text="by the owner's hand"), bounded=False)
    site.clock.forward(86_400)
    assert (await api.post("/api/v1/statuses", json={"status": "tomorrow"}, headers=token)).status_code == 200


async def test_what_waits_is_bounded(site: Site, small: Quota) -> None:
    async with site.context.database.write() as session:
        quin = await site_person(site, session, "quin")
        for _ in range(2):
            await compose(session, quin, Draft(prompt="a lighthouse", accept_alt_draft=True))
        with pytest.raises(TooMany, match="queued") as caught:
            await compose(session, quin, Draft(prompt="a lighthouse", accept_alt_draft=True))
    assert caught.value.public == "2 of your posts wait for their pictures, and 2 may at a time. Wait for one."


async def site_person(site: Site, session: Any, name: str) -> Actor:
    actor = (await session.exec(select(Actor).where(Actor.username == name))).first()
    if actor is None:
        actor = await local.create(session, name)
        await accounts.create_account(session, actor)
    return actor


def picture(size: int) -> Picture:
    return Picture("a.jpg", "b.jpg", "image/jpeg", 10, 10, "LEHV6nWB2yk8pyo0adR*.7kCMdnj", False, size=size)


async def test_uploads_of_a_day_and_room(site: Site, small: Quota) -> None:
    rae = await site.person("rae")
    async with site.context.database.write() as session:
        first = await uploads.keep(session, rae, picture(3_000))
        with pytest.raises(TooMany, match="storage") as room:
            await uploads.keep(session, rae, picture(2_001))
        await uploads.keep(session, rae, picture(2_000))
        with pytest.raises(TooMany, match="uploads"):
            await uploads.keep(session, rae, picture(1))
        with pytest.raises(TooMany, match="storage"):
            await compose(session, rae, Draft(prompt="a lighthouse", accept_alt_draft=True))
    assert "Delete some first" in room.value.public
    async with site.context.database.write() as session:
        assert (await uploads.mine(session, rae, first.id)).size == 3_000


async def test_room_comes_back_with_what_is_deleted(site: Site, small: Quota) -> None:
    uma = await site.person("uma")
    post = await site.post(uma, attachment={"size": 5_000})
    async with site.context.database.write() as session:
        assert [share.left for share in await quotas.shares(session, uma.id)][-1] == 0
        with pytest.raises(TooMany, match="storage"):
            await compose(session, uma, Draft(prompt="a lighthouse", accept_alt_draft=True))
        await publish.remove(session, await session.get_one(Post, post.id))
    async with site.context.database.write() as session:
        assert (await quotas.of_many(session, [uma.id]))[uma.id] == (0, 0)
        await compose(session, uma, Draft(prompt="a lighthouse", accept_alt_draft=True))


async def test_what_is_used_and_left_is_shown(site: Site, small: Quota) -> None:
    sol = await site.person("sol")
    async with site.context.database.write() as session:
        await compose(session, sol, Draft(prompt="a lighthouse", count=2, accept_alt_draft=True))
        found = {share.kind: (share.used, share.most, share.left) for share in await quotas.shares(session, sol.id)}
        many = await quotas.of_many(session, [sol.id, 1])
    assert found == {"pictures": (2, 6, 4), "posts": (1, 3, 2), "uploads": (0, 2, 2), "queued": (1, 2, 1),
                     "storage_bytes": (0, 5_000, 5_000)}  # fmt: skip
    assert many == {sol.id: (2, 0), 1: (0, 0)}
    browser: Browser = await site.member("sol")
    page = await browser.get("/settings/quotas")
    check_sound(page)
    assert [cell.text for cell in page.all("td")[:3]] == ["2", "6", "4"]


async def test_a_role_has_its_own_bounds_and_none_means_none(site: Site, small: Quota) -> None:
    await site.person("tom", role="admin")
    tom = await site.person("tom")
    async with site.context.database.write() as session:
        for _ in range(5):
            await compose(session, tom, Draft(text="again"))
        assert [share.left for share in await quotas.shares(session, tom.id)] == [None] * 5
        account = (await session.exec(select(Account).where(Account.actor_id == tom.id))).one()
        assert account.role == "admin"
