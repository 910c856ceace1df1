"""Accounts, passwords, one-time links, sessions and tokens, against the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlmodel import select

from actors import accounts, apps
from actors.models import Account, Actor, Login, Token
from fediverse_ai.core import roles
from fediverse_ai.core.access import Principal
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing, Unprocessable
from tests.web.site import Site, site

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "correct horse battery"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("accounts")) as made:
        yield made


async def _account(here: Site, name: str, password: str | None = PASSWORD) -> int:
    await here.person(name, password=password)
    return here.account_id(name)


async def _link(context: Context, account_id: int) -> str:
    async with context.database.write() as session:
        return await accounts.make_link(session, account_id)


async def _use(context: Context, secret: str) -> Account | None:
    async with context.database.write() as session:
        return await accounts.use_link(session, secret)


async def _session(context: Context, account_id: int) -> str:
    async with context.database.write() as session:
        return await accounts.open_session(session, account_id)


async def test_the_right_password_opens_however_the_name_is_written(here: Site) -> None:
    account_id = await _account(here, "ann")
    for name in ("ann", "ANN", " Ann ", "@ann"):
        account = await accounts.check_password(here.context, name, PASSWORD)
        assert account is not None
        assert account.id == account_id


@pytest.mark.parametrize("password", ["", "Correct horse battery", "correct horse battery ", "x" * 300, "\ud800"])
async def test_a_wrong_password_opens_nothing(here: Site, password: str) -> None:
    await _account(here, "ann")
    assert await accounts.check_password(here.context, "ann", password) is None


async def test_nobody_and_people_without_a_password_are_answered_alike(here: Site) -> None:
    await _account(here, "linked", password=None)
    for name in ("linked", "nobody", "", "x" * 5000):
        assert await accounts.check_password(here.context, name, PASSWORD) is None
    # The password that the stand-in hash was made of must not open an account that has none.
    assert await accounts.check_password(here.context, "linked", "a password that opens nothing") is None


async def test_unknown_names_cost_the_same_hashing(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await _account(here, "ann")
    calls: list[str] = []
    real = accounts._matches

    def counted(stored: str | None, password: str) -> bool:
        calls.append(password)
        return real(stored, password)

    monkeypatch.setattr(accounts, "_matches", counted)
    for name in ("ann", "nobody"):
        await accounts.check_password(here.context, name, "wrong password")
    assert calls == ["wrong password"] * 2


async def test_the_same_letters_in_another_normal_form_are_the_same_password(here: Site) -> None:
    await _account(here, "zoe", password="Zo\u00eb and the sea")
    assert await accounts.check_password(here.context, "zoe", "Zoe\u0308 and the sea") is not None


@pytest.mark.parametrize(("length", "good"), [(9, False), (10, True), (256, True), (257, False)])
async def test_password_length(length: int, good: bool) -> None:
    if good:
        assert (await accounts.hash_password("p" * length)).startswith("$argon2id$")
    else:
        with pytest.raises(Unprocessable):
            await accounts.hash_password("p" * length)


async def test_hashing_costs_what_an_attacker_should_pay() -> None:
    """OWASP's floor for argon2id: 19 MiB and two passes."""
    stored = await accounts.hash_password(PASSWORD)
    memory, passes = (int(part.partition("=")[2]) for part in stored.split("$")[3].split(",")[:2])
    assert memory >= 19 * 1024
    assert passes >= 2


async def test_a_role_must_be_known(here: Site) -> None:
    actor = await here.person("roleless")
    with pytest.raises(Unprocessable):
        async with here.context.database.write() as session:
            await accounts.create_account(session, actor, role="emperor")


async def test_a_link_works_once(here: Site) -> None:
    account_id = await _account(here, "ann")
    secret = await _link(here.context, account_id)
    async with here.context.database.read() as session:
        assert await accounts.link_works(session, secret)
        assert await accounts.link_works(session, secret)
    account = await _use(here.context, secret)
    assert account is not None
    assert account.id == account_id
    assert await _use(here.context, secret) is None
    async with here.context.database.read() as session:
        assert not await accounts.link_works(session, secret)


async def test_of_two_who_use_a_link_at_once_one_gets_in(here: Site) -> None:
    secret = await _link(here.context, await _account(here, "ann"))
    results = await asyncio.gather(*(_use(here.context, secret) for _ in range(5)))
    assert sum(result is not None for result in results) == 1


async def test_links_and_sessions_end_in_time(here: Site) -> None:
    account_id = await _account(here, "ann")
    link, cookie = await _link(here.context, account_id), await _session(here.context, account_id)
    here.clock.forward(3601)
    assert await _use(here.context, link) is None
    assert await accounts.principal_for_cookie(here.context, cookie) is not None
    here.clock.forward(14 * 86400)
    assert await accounts.principal_for_cookie(here.context, cookie) is None
    # The next session sweeps what has ended.
    await _session(here.context, account_id)
    async with here.context.database.read() as session:
        left = await session.exec(select(Login).where(Login.secret_hash == accounts.digest(cookie)))
        assert left.first() is None


async def test_a_link_is_no_cookie_and_a_cookie_is_no_link(here: Site) -> None:
    account_id = await _account(here, "ann")
    link, cookie = await _link(here.context, account_id), await _session(here.context, account_id)
    assert await accounts.principal_for_cookie(here.context, link) is None
    assert await _use(here.context, cookie) is None


async def test_secrets_are_not_in_the_database(here: Site) -> None:
    account_id = await _account(here, "ann")
    secrets = [await _link(here.context, account_id), await _session(here.context, account_id)]
    files = [path for path in here.context.config.data_dir.glob("fediverse.db*") if path.is_file()]
    data = b"".join(path.read_bytes() for path in files)
    for secret in secrets:
        assert secret.encode() not in data
        assert accounts.digest(secret).encode() in data


async def test_a_session_opens_pages_and_no_api(here: Site) -> None:
    account_id = await _account(here, "ann")
    principal = await accounts.principal_for_cookie(here.context, await _session(here.context, account_id))
    assert principal is not None
    assert (principal.account_id, principal.username, principal.role) == (account_id, "ann", "member")
    assert (principal.via, principal.scopes) == ("session", frozenset())


@pytest.mark.parametrize(("role", "seen"), [(role, role) for role in roles.NAMES])
async def test_roles_as_doors_know_them(here: Site, role: str, seen: str) -> None:
    await here.person(f"role_{role}", role=role)
    cookie = await _session(here.context, here.account_id(f"role_{role}"))
    principal = await accounts.principal_for_cookie(here.context, cookie)
    assert principal is not None
    assert principal.role == seen


async def test_closing_a_session_ends_that_one_only(here: Site) -> None:
    account_id = await _account(here, "ann")
    first, second = [await _session(here.context, account_id) for _ in range(2)]
    async with here.context.database.write() as session:
        await accounts.close_session(session, first)
    assert await accounts.principal_for_cookie(here.context, first) is None
    assert await accounts.principal_for_cookie(here.context, second) is not None


async def _token(context: Context, account_id: int, secret: str, scopes: str = "read write:statuses") -> None:
    async with context.database.write() as session:
        session.add(
            Token(
                id=context.ids.new(),
                account_id=account_id,
                secret_hash=accounts.digest(secret),
                scopes=scopes,
                created_ms=context.clock.now_ms(),
            )
        )


async def test_a_token_carries_its_scopes(here: Site) -> None:
    account_id = await _account(here, "ann")
    await _token(here.context, account_id, "token-of-ann")
    principal = await apps.caller(here.context, "token-of-ann")
    assert isinstance(principal, Principal)
    assert (principal.via, principal.scopes) == ("token", frozenset({"read", "write:statuses"}))
    for wrong in ("", "token-of-an", "TOKEN-OF-ANN", "x" * 600, accounts.digest("token-of-ann")):
        assert await apps.caller(here.context, wrong) is None


async def test_a_new_password_ends_everything(here: Site) -> None:
    account_id = await _account(here, "pat")
    cookie, link = await _session(here.context, account_id), await _link(here.context, account_id)
    await _token(here.context, account_id, "token-of-pat")
    async with here.context.database.write() as session:
        await accounts.set_password(session, account_id, "another long password")
    assert await accounts.principal_for_cookie(here.context, cookie) is None
    assert await apps.caller(here.context, "token-of-pat") is None
    assert await _use(here.context, link) is None
    assert await accounts.check_password(here.context, "pat", PASSWORD) is None
    assert await accounts.check_password(here.context, "pat", "another long password") is not None


async def test_a_password_for_nobody_is_an_error(here: Site) -> None:
    with pytest.raises(Missing):
        async with here.context.database.write() as session:
            await accounts.set_password(session, 1, PASSWORD)


@pytest.mark.parametrize("column", ["disabled_ms", "suspended_ms", "deleted_ms"])
async def test_who_may_not_act_is_out_at_once_by_every_way(here: Site, column: str) -> None:
    name = f"gone_{column.partition('_')[0]}"
    account_id = await _account(here, name)
    cookie, link = await _session(here.context, account_id), await _link(here.context, account_id)
    await _token(here.context, account_id, f"token-{column}")
    async with here.context.database.write() as session:
        account = await session.get(Account, account_id)
        assert account is not None
        row = account if column == "disabled_ms" else await session.get(Actor, account.actor_id)
        setattr(row, column, 1)
        session.add(row)
    assert await accounts.principal_for_cookie(here.context, cookie) is None
    assert await apps.caller(here.context, f"token-{column}") is None
    assert await accounts.check_password(here.context, name, PASSWORD) is None
    assert await _use(here.context, link) is None
