"""One way through the whole server in a real browser: sign in, make, post, seen by a stranger and by another server."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from tests.support import browser as web
from tests.support.light_policy import light
from tests.support.peer import peer
from tests.support.processes import eventually
from tests.support.server import server


async def test_sign_in_make_post_seen(tmp_path: Path) -> None:
    command = web.needed()
    judged = {f"moderation.{name}": value for name, value in light(tmp_path).items()}
    async with (
        peer() as elsewhere,
        server(tmp_path / "ours", "ann", settings=judged) as ours,
        web.opened(command) as browser,
    ):
        bob = elsewhere.actor("bob")
        await bob.deliver(ours.inbox, bob.activity("Follow", ours.actor("ann")))
        await elsewhere.arrival("Accept")
        async with web.tab(browser, ours, "phone") as page:
            await web.sign_in(page, ours, "ann")
            await web.make(page, "a red fox in the snow")
            address = await web.post(page, caption="Winter is here")
        async with web.tab(browser, ours) as page:
            await page.goto("/")
            await page.locator(f"a[href$='{urlsplit(address).path}']").first.click()
            await page.get_by_role("heading", level=1, name="Winter is here").wait_for()
            await page.evaluate(web.SETTLED)
            shown = page.locator("main img").first
            assert await shown.evaluate("image => image.naturalWidth") >= 512
            assert await shown.get_attribute("alt")
        create = await elsewhere.arrival("Create")
        assert create["object"]["url"] == f"{ours.origin}{urlsplit(address).path}"

        async def delivered() -> bool:
            return ours.query("select distinct state from delivery") == [("delivered",)]

        await eventually(delivered, "the delivery is done")
