"""Of whom the reader wants to be told: Mastodon's notification policy, over the same settings as the page has.

What is unwanted here is dropped, never put aside: there are no notification requests, and `filter` is refused.
"""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Account
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.mastodon import answers, parameters
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of, me
from outbox.told import Told

_GROUPS = {
    "for_not_following": "not_followed",
    "for_not_followers": "not_followers",
    "for_new_accounts": "new",
}
_PRIVATE = "for_private_mentions"
_LIMITED = "for_limited_accounts"
_VALUES = frozenset({"accept", "drop"})


async def _account(session: AsyncSession, request: Request) -> Account:
    found = (await session.exec(select(Account).where(Account.id == me(request).account_id))).first()
    if found is None:
        raise Missing(answers.NOT_FOUND)
    return found


def _entity(account: Account) -> Json:
    kept = Told.of(account)
    return {
        **{name: "drop" if group in kept.not_from else "accept" for name, group in _GROUPS.items()},
        _PRIVATE: "accept" if account.direct_from == "anyone" else "drop",
        # Of people whom a moderator limited only those are heard whom one follows.
        _LIMITED: "drop",
        "for_bots": "accept",
        "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
    }


async def show(request: Request) -> Response:
    """GET /api/v2/notifications/policy"""
    async with context_of(request).database.read() as session:
        return answers.answer(_entity(await _account(session, request)))


async def save(request: Request) -> Response:
    """PATCH /api/v2/notifications/policy: for_…, each accept or drop"""
    asked = await parameters.read(request)
    said = {name: value for name in (*_GROUPS, _PRIVATE, _LIMITED) if (value := asked.text(name)) is not None}
    if set(said.values()) - _VALUES:
        raise Unprocessable("Here notifications are either shown or dropped: say `accept` or `drop`.")
    if said.get(_LIMITED, "drop") != "drop":
        raise Unprocessable("Of accounts that moderators limited only those are heard whom you follow.")
    async with context_of(request).database.write() as session:
        account = await _account(session, request)
        kept = Told.of(account)
        groups = {
            group: said.get(name, "drop" if group in kept.not_from else "accept") for name, group in _GROUPS.items()
        }
        not_from = sorted(group for group, value in groups.items() if value == "drop")
        account.told = {"off": sorted(kept.off), "not_from": not_from}
        if _PRIVATE in said and (said[_PRIVATE] == "drop") != (account.direct_from != "anyone"):
            account.direct_from = "followed" if said[_PRIVATE] == "drop" else "anyone"
        session.add(account)
        body = _entity(account)
    return answers.answer(body)


async def requests(request: Request) -> Response:
    """GET /api/v1/notifications/requests: none, ever"""
    return answers.answer([])


async def merged(request: Request) -> Response:
    """GET /api/v1/notifications/requests/merged: nothing is on its way"""
    return answers.answer({"merged": True})


_READ, _WRITE = "read:notifications", "write:notifications"
ROUTES = [
    ApiDoor("/api/v2/notifications/policy", show, needs=_READ),
    ApiDoor("/api/v2/notifications/policy", save, needs=_WRITE, methods=["PATCH", "PUT"]),
    ApiDoor("/api/v1/notifications/requests", requests, needs=_READ),
    ApiDoor("/api/v1/notifications/requests/merged", merged, needs=_READ),
]
