"""The public page of wishes and rules."""

from __future__ import annotations

import pytest

from actors import rules
from actors.models import Severity
from actors.rules import Wanted
from outbox import preferences
from outbox.preferences import Wish
from tests.web.site import Site
from tests.web.test_pages import check_headers, check_sound

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_with_nothing_to_tell(site: Site) -> None:
    page = await site.browser().get("/federation")
    check_sound(page)
    check_headers(page, private=False)
    assert "No server has asked for less" in page.text()
    assert "/federation" in (await site.browser().get("/about")).links()


async def test_wishes_and_the_public_part_of_rules(site: Site) -> None:
    async with site.context.database.write() as session:
        await preferences.state_wish(session, "quiet.test", Wish.NO_AI)
        await preferences.state_wish(session, "gone.test", Wish.EVERYTHING)
    await rules.set_rule(site.context, Wanted("evil.test", reason="canary", public_comment="<b>Harassment</b>"))
    hidden = Wanted("hidden.test", severity=Severity.LIMIT, obfuscate=True, reject_media=True)
    await rules.set_rule(site.context, hidden)
    await rules.set_rule(site.context, Wanted("forgiven.test"))
    await rules.undo(site.context, "forgiven.test")
    page = await site.browser().get("/federation")
    check_sound(page)
    items = [item.text for item in page.all("li") if item.text.strip().startswith(("quiet", "evil", "h****n", "forg"))]
    assert items == [
        "quiet.test is sent no posts with AI-made pictures.",
        "evil.test: no exchange at all. <b>Harassment</b>",
        "h****n.t**t: its posts stay off our public pages; its pictures are not shown here",
    ]
    for hidden in ("canary", "hidden.test", "gone.test", "forgiven.test"):
        assert hidden not in page.body
