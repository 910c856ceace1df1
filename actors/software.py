"""What another server says that it runs: NodeInfo, and its clock."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from actors.policy import DomainRules
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden, Nonsense, Unreachable, Vanished
from fediverse_ai.core.http import Answer, Budget

_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"


@dataclass(frozen=True, slots=True)
class Software:
    """Claims of the other side (FED-21), and by how many seconds its clock is ahead of ours."""

    name: str = ""
    version: str = ""
    clock_ahead: float | None = None


async def ask(context: Context, host: str) -> Software:
    """NodeInfo of a host. Raises Elsewhere, Forbidden for a suspended one."""
    if (await context.part(DomainRules).over(host)).suspended:
        raise Forbidden("This server does not talk with that one.", f"domain rule for {host}")
    budget = Budget(fetches=4, clock=context.clock)
    base = f"{context.config.public_url.partition('://')[0]}://{host}"
    index = await _get(context, f"{base}/.well-known/nodeinfo", budget)
    links = [link for link in _json(index).get("links", []) if isinstance(link, dict)]
    wanted = [str(link.get("href")) for link in links if str(link.get("rel")).startswith(_SCHEMA)]
    if not wanted or not urls.same_origin(wanted[-1], base):
        raise Nonsense("The other server has no NodeInfo.", f"{base}: no link on its own origin")
    said = _json(await _get(context, wanted[-1], budget)).get("software")
    software = said if isinstance(said, dict) else {}
    name, version = (str(software.get(key, ""))[: limits.LOGGED_CHARS] for key in ("name", "version"))
    return Software(name, version, _ahead(context, index))


async def _get(context: Context, url: str, budget: Budget) -> Answer:
    answer = await context.http.get(url, headers={"Accept": "application/json"}, budget=budget)
    if answer.status in (404, 410):
        raise Vanished("The other server has no NodeInfo.", f"{url}: {answer.status}")
    if answer.status != 200:
        raise Unreachable("The other server did not answer.", f"{url}: {answer.status}")
    return answer


def _json(answer: Answer) -> dict[str, Any]:
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        raise Nonsense("The other server's NodeInfo cannot be read.", f"{answer.url}: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get("links", []), list):
        raise Nonsense("The other server's NodeInfo cannot be read.", f"{answer.url}: not an object")
    return found


def _ahead(context: Context, answer: Answer) -> float | None:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return round((theirs - context.clock.now()).total_seconds(), 0) if theirs.tzinfo else None
