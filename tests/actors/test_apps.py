"""Apps, codes and tokens as rows: what earns a token, what ends one, and that secrets lie hashed."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlmodel import select

from actors import accounts, apps
from actors.models import App, AuthorizationCode, Token
from fediverse_ai.core import limits, scopes
from fediverse_ai.core.access import AppCaller, Principal, allows
from tests.support.tokens import REDIRECT, app_token, token_for
from tests.web.site import Site, site

pytestmark = pytest.mark.asyncio(loop_scope="module")

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("apps")) as made:
        await made.person("ann")
        yield made


async def _app(here: Site, **options: Any) -> App:
    values = {"name": "App", "redirect_uris": [REDIRECT], "scopes": "read write", **options}
    async with here.context.database.write() as session:
        return (await apps.register(session, **values))[0]


async def _code(
    here: Site, app: App, *, challenge: str | None = CHALLENGE, redirect_uri: str = REDIRECT, person: str = "ann"
) -> str:
    async with here.context.database.write() as session:
        return await apps.issue_code(
            session,
            app,
            here.account_id(person),
            redirect_uri=redirect_uri,
            scopes="read write",
            challenge=challenge,
        )


async def _redeem(
    here: Site, app: App, code: str, *, redirect_uri: str = REDIRECT, verifier: str | None = VERIFIER
) -> apps.Issued | None:
    async with here.context.database.write() as session:
        return await apps.redeem(session, app, code, redirect_uri=redirect_uri, verifier=verifier)


async def _caller(here: Site, secret: str) -> Principal | AppCaller | None:
    return await apps.caller(here.context, secret)


async def test_a_code_earns_one_token(here: Site) -> None:
    app = await _app(here)
    issued = await _redeem(here, app, await _code(here, app))
    assert issued is not None
    assert (issued.scopes, issued.account_id, issued.refresh) == ("read write", here.account_id("ann"), None)
    who = await _caller(here, issued.secret)
    assert isinstance(who, Principal)
    assert (who.username, who.scopes, who.via, who.app_id) == ("ann", frozenset({"read", "write"}), "token", app.id)


async def test_a_code_that_comes_again_ends_its_token(here: Site) -> None:
    app = await _app(here)
    code = await _code(here, app)
    issued = await _redeem(here, app, code)
    assert issued is not None
    assert await _redeem(here, app, code) is None
    assert await _caller(here, issued.secret) is None


async def test_of_two_at_once_one_wins_and_the_other_ends_it(here: Site) -> None:
    app = await _app(here)
    code = await _code(here, app)
    issued = [found for found in await asyncio.gather(*(_redeem(here, app, code) for _ in range(4))) if found]
    assert len(issued) == 1
    assert await _caller(here, issued[0].secret) is None


@pytest.mark.parametrize(
    ("stored", "brought"),
    [(CHALLENGE, None), (CHALLENGE, ""), (CHALLENGE, "w" * 43), (CHALLENGE, CHALLENGE), (None, VERIFIER)],
)
async def test_a_verifier_that_does_not_fit_uses_the_code_up(
    here: Site, stored: str | None, brought: str | None
) -> None:
    app = await _app(here)
    code = await _code(here, app, challenge=stored)
    assert await _redeem(here, app, code, verifier=brought) is None
    assert await _redeem(here, app, code, verifier=VERIFIER if stored else None) is None


async def test_a_code_is_bound_to_its_app_and_address(here: Site) -> None:
    app, other = await _app(here), await _app(here)
    assert await _redeem(here, other, await _code(here, app)) is None
    for address in (f"{REDIRECT}/", REDIRECT.upper(), f"{REDIRECT}?", ""):
        assert await _redeem(here, app, await _code(here, app), redirect_uri=address) is None


async def test_a_code_ends_in_time(here: Site) -> None:
    app = await _app(here, redirect_uris=[REDIRECT, apps.OUT_OF_BAND])
    for address, seconds in ((REDIRECT, limits.CODE_SECONDS), (apps.OUT_OF_BAND, limits.CODE_TYPED_SECONDS)):
        good, late = [await _code(here, app, redirect_uri=address) for _ in range(2)]
        here.clock.forward(seconds - 5)
        assert await _redeem(here, app, good, redirect_uri=address) is not None
        here.clock.forward(6)
        assert await _redeem(here, app, late, redirect_uri=address) is None


async def test_nothing_of_a_person_who_may_not_act(here: Site) -> None:
    app = await _app(here)
    await here.person("gone")
    code = await _code(here, app, person="gone")
    async with here.context.database.write() as session:
        await session.execute(
            text("update account set disabled_ms = 1 where id = :id"), {"id": here.account_id("gone")}
        )
    assert await _redeem(here, app, code) is None


async def test_a_new_password_ends_codes_too(here: Site) -> None:
    app = await _app(here)
    await here.person("pia")
    code = await _code(here, app, person="pia")
    async with here.context.database.write() as session:
        await accounts.set_password(session, here.account_id("pia"), "another long password")
    assert await _redeem(here, app, code) is None


async def test_a_refresh_token_works_once_and_its_return_ends_all(here: Site) -> None:
    app = await _app(here, refreshes=True)
    first = await _redeem(here, app, await _code(here, app))
    assert first is not None
    assert first.refresh is not None
    async with here.context.database.write() as session:
        second = await apps.refresh(session, app, first.refresh, "read")
    assert second is not None
    assert second.scopes == "read"
    assert await _caller(here, first.secret) is None
    assert await _caller(here, second.secret) is not None
    async with here.context.database.write() as session:
        assert await apps.refresh(session, app, first.refresh, None) is None
    assert await _caller(here, second.secret) is None


async def test_refreshing_gives_no_more_and_to_nobody_else(here: Site) -> None:
    app, other = await _app(here, refreshes=True), await _app(here, refreshes=True)
    for who, wanted in ((app, "read write follow"), (other, None)):
        issued = await _redeem(here, app, await _code(here, app))
        assert issued is not None
        assert issued.refresh is not None
        async with here.context.database.write() as session:
            assert await apps.refresh(session, who, issued.refresh, wanted) is None


async def test_a_token_is_revoked_by_its_app_alone(here: Site) -> None:
    app, other = await _app(here), await _app(here)
    issued = await _redeem(here, app, await _code(here, app))
    assert issued is not None
    async with here.context.database.write() as session:
        assert await apps.revoke(session, other, issued.secret) is False
        assert await apps.revoke(session, app, "unknown") is True
    assert await _caller(here, issued.secret) is not None
    assert await apps.still_stands(here.context, issued.token_id)
    async with here.context.database.write() as session:
        assert await apps.revoke(session, app, issued.secret) is True
    assert await _caller(here, issued.secret) is None
    assert not await apps.still_stands(here.context, issued.token_id)


async def test_a_person_ends_an_app(here: Site) -> None:
    app = await _app(here)
    issued, waiting = await _redeem(here, app, await _code(here, app)), await _code(here, app)
    assert issued is not None
    async with here.context.database.read() as session:
        assert app.id in {found.id for found, _ in await apps.apps_of(session, here.account_id("ann"))}
    async with here.context.database.write() as session:
        assert await apps.revoke_app(session, here.account_id("ann"), app.id)
        assert not await apps.revoke_app(session, here.account_id("ann"), app.id)
    assert await _caller(here, issued.secret) is None
    assert await _redeem(here, app, waiting) is None


async def test_a_token_ends_when_it_is_idle(here: Site) -> None:
    used, idle = await token_for(here, "ann"), await token_for(here, "ann")
    here.clock.forward(limits.TOKEN_IDLE_SECONDS - 60)
    assert await _caller(here, used) is not None
    here.clock.forward(120)
    assert await _caller(here, used) is not None
    assert await _caller(here, idle) is None


async def test_tokens_are_swept_a_while_after_their_end(here: Site) -> None:
    app = await _app(here)
    issued = await _redeem(here, app, await _code(here, app))
    assert issued is not None
    async with here.context.database.write() as session:
        await apps.revoke(session, app, issued.secret)
    for ahead, left in ((limits.TOKEN_ENDED_SECONDS - 60, True), (120, False)):
        here.clock.forward(ahead)
        await apps.forget(here.context)
        async with here.context.database.read() as session:
            assert (await session.get(Token, issued.token_id) is not None) is left


async def test_an_app_may_ask_for_itself(here: Site) -> None:
    who = await _caller(here, await app_token(here, "read"))
    assert isinstance(who, AppCaller)
    assert who.scopes == frozenset({"read"})


async def test_a_token_of_odd_size_is_none(here: Site) -> None:
    secret = "x" * limits.TOKEN_CHARS
    async with here.context.database.write() as session:
        for value in (secret, secret + "x"):
            session.add(
                Token(
                    id=here.context.ids.new(),
                    account_id=here.account_id("ann"),
                    secret_hash=accounts.digest(value),
                    created_ms=here.context.clock.now_ms(),
                )
            )
    assert await _caller(here, secret) is not None
    assert await _caller(here, secret + "x") is None
    assert await _caller(here, "") is None


async def test_secrets_lie_hashed(here: Site) -> None:
    """OAU-17: neither codes nor tokens nor clients' secrets are anywhere in the database."""
    async with here.context.database.write() as session:
        app, client_secret = await apps.register(
            session, name="App", redirect_uris=[REDIRECT], scopes="read write", refreshes=True
        )
    code = await _code(here, app)
    issued = await _redeem(here, app, code)
    assert issued is not None
    assert issued.refresh is not None
    assert client_secret is not None
    assert apps.secret_fits(app, client_secret)
    assert not apps.secret_fits(app, client_secret[:-1])
    folder = here.context.config.data_dir
    files = [folder / f"fediverse.db{suffix}" for suffix in ("", "-wal")]
    stored = b"".join(path.read_bytes() for path in files if path.exists())
    assert app.client_id.encode() in stored
    for secret in (code, issued.secret, issued.refresh, client_secret):
        assert secret.encode() not in stored


async def test_of_unused_apps_only_the_newest_are_kept(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    used = await _app(here)
    await _code(here, used)
    monkeypatch.setattr(apps, "UNUSED_APPS", 3)
    made = [await _app(here) for _ in range(4)]
    async with here.context.database.read() as session:
        kept = set(await session.exec(select(App.id)))
    assert {app.id for app in made} - kept == {made[0].id}
    assert used.id in kept


async def test_codes_are_swept_a_day_after_their_end(here: Site) -> None:
    app = await _app(here)
    await _code(here, app)
    await apps.forget(here.context)
    async with here.context.database.read() as session:
        assert list(await session.exec(select(AuthorizationCode.id)))
    here.clock.forward(86_400 + limits.CODE_TYPED_SECONDS)
    await apps.forget(here.context)
    async with here.context.database.read() as session:
        assert not list(await session.exec(select(AuthorizationCode.id)))


DRAFT = "https://swicg.github.io/activitypub-api/scopes#"


@pytest.mark.parametrize(
    ("given", "wanted", "may"),
    [
        ("read", "read:statuses", True),
        ("read:statuses", "read", False),
        ("read", "profile", True),
        ("read:accounts", "profile", True),
        ("profile", "read:accounts", False),
        ("read", "write:statuses", False),
        ("write", "write:media", True),
        ("follow", "write:blocks", True),
        ("follow", "write:statuses", False),
        ("follow", "write", False),
        ("push", "read", False),
        ("write:sameorigin", "write", True),
        ("activitypub:write:outbox", "write:statuses", True),
        (f"{DRAFT}readinbox", "read", True),
        (f"{DRAFT}createcontent", "write", True),
        (f"{DRAFT}rule", "read", False),
        ("admin:read", "admin:read", False),
        ("readwrite", "read", False),
        ("", "read", False),
    ],
)
async def test_which_scope_gives_what(given: str, wanted: str, may: bool) -> None:
    assert allows(scopes.granted(given), wanted) is may


async def test_scopes_keep_order_and_spelling() -> None:
    asked = f"write read  write bogus admin:write {DRAFT}like profile"
    assert scopes.known(asked) == ["write", "read", f"{DRAFT}like", "profile"]
    assert scopes.covered("read write", ["read:statuses", f"{DRAFT}like"])
    assert not scopes.covered("read", ["read", "push"])
