"""A passkey in a real browser, with Chromium's virtual device: made under Settings, used at the door by both ways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page

from actors import accounts
from tests.support import browser as web
from tests.support.server import Server

PASSWORD = "a lamp in every window"


@asynccontextmanager
async def device(page: Page) -> AsyncIterator[tuple[CDPSession, str]]:
    """A phone of this tab's: it keeps keys and knows its holder."""
    seat = await page.context.new_cdp_session(page)
    await seat.send("WebAuthn.enable", {"enableUI": False})
    made = await seat.send("WebAuthn.addVirtualAuthenticator", {"options": _phone()})
    yield seat, made["authenticatorId"]


def _phone(**changed: Any) -> dict[str, Any]:
    return {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
        **changed,
    }


async def signed_out(page: Page) -> None:
    await page.context.clear_cookies()
    await page.goto("/sign-in")


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desktop", "dark")])
async def test_made_once_and_used_at_the_door(tmp_path: Any, size: str, scheme: str) -> None:
    command = web.needed()
    server = Server(tmp_path / "ours", name="localhost")
    try:
        await server.furnish("ann")
        async with server.beside() as context, context.database.write() as session:
            ann = await accounts.account_of(session, "ann")
            assert ann is not None
            await accounts.set_password(session, ann.id, PASSWORD)
        await server.start()
        async with web.opened(command) as browser, web.tab(browser, server, size, scheme) as page:
            await _live(page, server)
        assert await server.stop() == 0, server.running.output()[-4000:]
    finally:
        await server.close()


async def _live(page: Page, server: Server) -> None:
    await web.sign_in(page, server, "ann")
    async with device(page) as (seat, phone):
        await page.goto("/settings/security")
        await page.fill("#passkey_password", PASSWORD)
        await page.get_by_role("button", name="Add a passkey").click()
        await page.fill("#name", "My phone")
        await page.get_by_role("button", name="Make the passkey on this device").click()
        await page.get_by_text("The passkey opens your account from now on.").wait_for()
        assert await page.get_by_text("Not used yet.").is_visible()
        kept = await seat.send("WebAuthn.getCredentials", {"authenticatorId": phone})
        [key] = kept["credentials"]
        assert (key["rpId"], key["isResidentCredential"]) == ("localhost", True)

        # Offered with the name: the browser's own list, where this device says yes at once.
        await signed_out(page)
        await page.wait_for_selector("body.member")

        # A device that does not see its holder: said on the page, and the password still works.
        await seat.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": phone, "enabled": False})
        await seat.send("WebAuthn.setUserVerified", {"authenticatorId": phone, "isUserVerified": False})
        await signed_out(page)
        await seat.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": phone, "enabled": True})
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await page.get_by_text("That did not work.").wait_for()

        # By the button.
        await seat.send("WebAuthn.setUserVerified", {"authenticatorId": phone, "isUserVerified": True})
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await page.wait_for_selector("body.member")

        # Removed here, the device's key opens nothing.
        await page.goto("/settings/security")
        await page.get_by_text("Remove My phone").click()
        await page.locator("input[id^=remove-]").fill(PASSWORD)
        await page.get_by_role("button", name="Remove this passkey").click()
        await page.get_by_text("That passkey opens nothing any more.").wait_for()
        await signed_out(page)
        await page.get_by_text("This passkey does not open an account here").wait_for()
