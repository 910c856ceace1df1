"""The owner's page of health: what the doctor found is kept until somebody looks again, with queues and processes."""

from __future__ import annotations

from pathlib import Path

import httpx2 as httpx
import pytest

from actors import accounts
from fediverse_ai.app import create_app
from fediverse_ai.doctor.findings import NAMES
from fediverse_ai.web.owner.health import TITLES
from tests.doctor.ward import ward
from tests.web.site import Browser, hidden
from tests.web.test_pages import check_sound


async def test_looked_at_shown_and_kept(tmp_path: Path) -> None:
    async with ward(tmp_path) as home:
        config = home.context.config
        async with home.context.database.write() as session:
            account = await accounts.account_of(session, "ann")
            assert account is not None
            secret = await accounts.open_session(session, account.id)
        transport = httpx.ASGITransport(app=create_app(config, home.context))
        async with httpx.AsyncClient(transport=transport, base_url=config.public_url) as client:
            client.cookies.set(f"session-{config.server.port}", secret, domain="127.0.0.1")
            olga = Browser(client)
            first = await olga.get("/owner/health")
            check_sound(first)
            assert "Nobody has looked yet." in first.text()
            assert "generate" in first.text()
            home.proxy.buffers = True
            origin = {"Origin": config.public_url}
            answer = await olga.post("/owner/health", {"csrf": hidden(first)["csrf"]}, **origin)
            assert answer.status == 303
            shown = await olga.get("/owner/health")
            check_sound(shown)
            for words in ("1 thing does not work.", "Live events", "proxy_buffering off", "things are well"):
                assert words in shown.text(), words
            home.clock.forward(120)
            again = await olga.get("/owner/health")
            assert "1 thing does not work." in again.text()
            assert "silent" in again.text(), "no sign of life for two minutes"


def test_every_finding_has_a_title() -> None:
    assert set(TITLES) == set(NAMES)


@pytest.mark.parametrize("path", ["/owner/health", "/owner/trace"])
def test_pages_are_in_the_navigation(path: str) -> None:
    from fediverse_ai.web.places import FAMILIES

    assert path in dict(FAMILIES["owner"].pages)
