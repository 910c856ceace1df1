"""The two steps of the composer as a browser without scripts takes them."""

from __future__ import annotations

from outbox.models import Post
from outbox.prepare import prepare
from tests.web.site import Browser, Page, Site, hidden


async def order(browser: Browser, prompt: str = "a red fox in the snow", **fields: str) -> Page:
    """The first step's answer."""
    return await browser.submit("/make", "/make", prompt=prompt, **fields)


def number(page: Page) -> int:
    """The post that a form's answer leads to."""
    assert page.status == 303, page.text()
    return int(page.response.headers["location"].removeprefix("/make/"))


async def row(site: Site, post_id: int) -> Post:
    async with site.context.database.read() as session:
        return await session.get_one(Post, post_id)


async def looked_at(site: Site, browser: Browser, prompt: str = "a red fox in the snow", **fields: str) -> int:
    """A post whose pictures wait for their author."""
    post_id = number(await order(browser, prompt, **fields))
    await prepare.function(site.context, [post_id])
    return post_id


def typed(page: Page) -> dict[str, str]:
    """What the form of the last step holds as it was loaded."""
    fields = hidden(page)
    for one in page.all("input"):
        kind, name = one.attrs.get("type", "text"), one.attrs.get("name")
        if name and (kind not in ("checkbox", "radio", "hidden", "submit") or "checked" in one.attrs):
            fields[name] = one.attrs.get("value", "")
    fields |= {one.attrs["name"]: one.text for one in page.all("textarea") if "name" in one.attrs}
    return {name: value for name, value in fields.items() if not name.startswith("change-")}


async def say(browser: Browser, post_id: int, *, step: str = "post", **fields: str) -> Page:
    """The last step with these fields changed; "" leaves one out, and "_" stands for the "-" of its name."""
    page = await browser.get(f"/make/{post_id}")
    changed = {name.replace("_", "-") if name[-1:].isdigit() else name: value for name, value in fields.items()}
    sent = {name: value for name, value in (typed(page) | changed).items() if value or name in ("text", "at")}
    return await browser.post(f"/make/{post_id}/{step}", sent)


async def posted(site: Site, browser: Browser, prompt: str = "a red fox in the snow", **fields: str) -> Post:
    """All the way to where the gate lets it: the first picture with a description, and these fields."""
    first = ("style", "seed", "count", "negative_prompt", "steps", "guidance", "shape", "generator")
    post_id = await looked_at(site, browser, prompt, **{name: fields.pop(name) for name in first if name in fields})
    post_id = number(await say(browser, post_id, **{"picture_0": "1", "alt_0": "A picture, described.", **fields}))
    await prepare.function(site.context, [post_id])
    return await row(site, post_id)
