"""Sign-ups, roles, quotas and announcements on PostgreSQL, where several transactions write at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from actors import announcements, invites, people, requests, signups
from actors.models import Account
from actors.requests import Applicant
from actors.signups import Mode, SignUps
from fediverse_ai import joining
from fediverse_ai.core.errors import Conflict, FediverseError, Forbidden
from fediverse_ai.joining import Application
from outbox import quotas
from tests.web.site import Site, site

PASSWORD = "a long enough sentence"


async def _come(here: Site, name: str, secret: str) -> str:
    try:
        await joining.join(here.context, Application(name, PASSWORD, True, invite=secret), f"192.0.2.{len(name)}")
    except FediverseError as error:
        return type(error).__name__
    return "in"


async def _step_down(here: Site, name: str) -> str:
    try:
        async with here.context.database.write() as session:
            await people.change_role(session, await people.by_name(session, name), "member", None)
    except Conflict:
        return "stays"
    return "down"


async def test_all_of_it(tmp_path: Path, postgresql_url: str) -> None:
    async with site(tmp_path / "site", database={"url": postgresql_url}) as here:
        database = here.context.database
        await here.person("olga", role="owner")
        await here.person("otto", role="owner")
        async with database.write() as session:
            await signups.put(session, SignUps(Mode.APPROVAL, members_invite=True), None)
            _row, secret = await invites.make(session, await session.get_one(Account, here.account_id("olga")), uses=2)
        names = ("ann", "ben", "carl", "dora")
        came = await asyncio.gather(*(_come(here, name, secret) for name in names))
        assert sorted(came) == ["Forbidden", "Forbidden", "in", "in"], "an invitation for two lets in two"
        async with database.write() as session:
            more = [(await invites.make(session, None))[1] for _ in range(3)]
        same = await asyncio.gather(*(_come(here, "kim", one) for one in more))
        assert sorted(same) in (["Conflict", "Conflict", "in"], ["Conflict", "Unfit", "in"], ["Unfit", "Unfit", "in"])
        assert sorted(await asyncio.gather(*(_step_down(here, name) for name in ("olga", "otto")))) == ["down", "stays"]
        async with database.write() as session:
            asked, _secret = await requests.ask(session, Applicant("eve", "none", "to see"))
            await joining.decide(session, await requests.by_id(session, asked.id), None, yes=True)
            row = await announcements.write(session, None, "Hello", publish=True)
            await announcements.react(session, row.id, here.account_id("olga"), "🎉")
        async with database.read() as session:
            found = await people.found(session, words="e", role="member", state="active")
            assert "eve" in {person.actor.username for person in found}
            assert sorted(len(told.came) for told in await invites.listed(session)) == [0, 0, 1, 2]
            assert len(await announcements.told(session, here.account_id("olga"))) == 1
            actor = found[0].actor
            assert [share.used for share in await quotas.shares(session, actor.id)] == [0] * 5
            assert await quotas.of_many(session, [actor.id]) == {actor.id: (0, 0)}
        async with database.write() as session:
            await announcements.dismiss(session, row.id, here.account_id("olga"))
            with pytest.raises(Forbidden):
                await invites.use(session, secret)
