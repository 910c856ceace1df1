"""Addresses in a profile whose pages link back with rel=me: looked at after each change, kept with the day."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import FediverseError
from fediverse_ai.core.log import get

log = get(__name__)

_HREF = re.compile(r'href="(https?://[^"]+)"')


class _Links(HTMLParser):
    """The addresses that a page marks as being of the same person."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in ("a", "link") and "me" in (said.get("rel") or "").lower().split():
            self.found.add((said.get("href") or "").strip())


def address_in(value: str) -> str | None:
    """The address that a profile's field holds, from its HTML; None for words."""
    match = _HREF.search(value)
    return match[1].replace("&amp;", "&") if match is not None else None


def addresses_of(actor: Actor) -> list[str]:
    return [found for one in actor.fields if (found := address_in(str(one.get("value", "")))) is not None]


async def look_again(session: AsyncSession, actor: Actor) -> None:
    """Forget what was verified of addresses that are gone, and look at the others after this transaction."""
    addresses = addresses_of(actor)
    actor.verified = {url: since for url, since in actor.verified.items() if url in addresses}
    session.add(actor)
    if addresses:
        await jobs.enqueue(session, verify, [actor.id])


@jobs.job(queue="look", attempts=1)
async def verify(context: Context, ids: list[int | str]) -> None:
    """Read the pages that a profile names. One that cannot be read keeps what was seen before."""
    for actor_id in ids:
        async with context.database.read() as session:
            actor = await queries.by_id(session, int(actor_id))
        if actor is None or not actor.local or actor.deleted_ms is not None:
            continue
        seen = {url: await _links_back(context, url, {actor.uri, actor.page_url}) for url in addresses_of(actor)}
        async with context.database.write() as session:
            await _keep(session, int(actor_id), seen)


async def _keep(session: AsyncSession, actor_id: int, seen: dict[str, bool | None]) -> None:
    actor = await queries.by_id(session, actor_id)
    if actor is None:
        return
    kept = dict(actor.verified)
    for url, back in seen.items():
        if back:
            kept.setdefault(url, context_of(session).clock.now_ms())
        elif back is False:
            kept.pop(url, None)
    actor.verified = {url: since for url, since in kept.items() if url in addresses_of(actor)}
    session.add(actor)


async def _links_back(context: Context, url: str, ours: set[str]) -> bool | None:
    """None when the page could not be read."""
    try:
        answer = await context.http.get(
            url, headers={"Accept": "text/html"}, limit=limits.REL_ME_BYTES, deadline=limits.REL_ME_SECONDS
        )
    except FediverseError as error:
        log.info("rel_me_unread", url=url[: limits.LOGGED_CHARS], detail=error.detail)
        return None
    if answer.status != 200:
        return False if answer.status in (404, 410) else None
    reader = _Links()
    reader.feed(answer.body.decode("utf-8", "replace"))
    return bool({link.rstrip("/") for link in reader.found} & {one.rstrip("/") for one in ours})
