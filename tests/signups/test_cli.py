"""The same verbs at the command line: how people come in, roles, suspension, quotas, announcements."""

from __future__ import annotations

import asyncio

from actors import requests
from actors.requests import Applicant
from fediverse_ai.core.config import load
from fediverse_ai.wiring import close_context, open_context
from tests.cli.conftest import Inside, cli, inside, port
from tests.cli.test_commands import settled

__all__ = ["cli", "inside", "port", "settled"]


def _ask(folder: Inside, *names: str) -> None:
    """Requests, as the page makes them."""

    async def whole() -> None:
        context = await open_context(load(folder.folder), engine=False)
        try:
            async with context.database.write() as session:
                for name in names:
                    await requests.ask(session, Applicant(name, "no hash", "to see"))
        finally:
            await close_context(context)

    asyncio.run(whole())


def test_how_people_come_in(settled: Inside) -> None:
    assert settled("--json", "user", "signups").facts == {"mode": "closed", "members_invite": False, "question": ""}
    closed = settled("user", "invite")
    assert "user signups invite" in closed.out
    opened = settled("--json", "user", "signups", "approval", "--members-invite", "--question", "Why?")
    assert opened.facts == {"mode": "approval", "members_invite": True, "question": "Why?"}
    assert settled("user", "signups", "open").code == 1
    made = settled("--json", "user", "invite", "--uses", "3", "--days", "2", "--note", "for Ida").facts
    assert "/invite/" in made["link"]
    rows = settled("--json", "user", "invites").facts
    assert [(row["used"], row["note"]) for row in rows] == [("0/3", "for Ida"), ("0/1", "")]
    assert settled("user", "revoke-invite", str(made["id"])).code == 0
    assert settled("user", "revoke-invite", str(made["id"])).code == 1
    _ask(settled, "ida", "joe")
    assert [row["name"] for row in settled("--json", "user", "requests").facts] == ["ida", "joe"]
    assert settled("user", "approve", "ida", "--note", "Welcome").code == 0
    assert settled("user", "deny", "joe", "--note", "Not now").code == 0
    assert settled("user", "deny", "joe").code == 1
    decided = {row["name"]: row["state"] for row in settled("--json", "user", "requests", "--decided").facts}
    assert decided == {"ida": "approved", "joe": "denied"}
    assert "ida" in settled("user", "list").out


def test_roles_suspension_quotas_and_announcements(settled: Inside) -> None:
    assert settled("user", "role", "ann", "member").code == 1, "the only owner"
    dry = settled("--json", "user", "role", "bea", "admin", "--dry-run").facts
    assert (dry["before"], dry["after"], dry["dry_run"]) == ("member", "admin", True)
    assert settled("--json", "user", "role", "bea", "moderator", "--reason", "helps").facts["before"] == "member"
    assert settled("user", "role", "bea", "emperor").code == 1
    bounds = {row["what"]: row["most"] for row in settled("--json", "user", "quota", "bea").facts}
    assert (bounds["pictures"], bounds["queued"]) == (200, 10)
    assert settled("user", "suspend", "bea", "--reason", "spam", "--dry-run").code == 0
    assert settled("user", "restore", "bea", "--reason", "x").code == 1, "a dry run suspends nobody"
    assert settled("user", "suspend", "bea", "--reason", "spam").code == 0
    assert settled("user", "restore", "bea", "--reason", "an error").code == 0
    number = settled("--json", "announcement", "write", "We move on Friday.", "--draft").facts["id"]
    assert [row["state"] for row in settled("--json", "announcement", "list").facts] == ["draft"]
    assert settled("announcement", "publish", str(number)).code == 0
    assert settled("announcement", "withdraw", str(number)).code == 0
    ends = settled("announcement", "write", "x", "--starts", "2030-01-02", "--ends", "2030-01-01")
    assert ends.code == 1
