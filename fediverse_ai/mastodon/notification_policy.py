"""Of whom the reader wants to be told: Mastodon's notification policy, over the same settings as the page has."""

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
from outbox import aside
from outbox.told import Told, Word

_GROUPS = {
    "for_not_following": "not_followed",
    "for_not_followers": "not_followers",
    "for_new_accounts": "new",
}
_PRIVATE = "for_private_mentions"
_LIMITED = "for_limited_accounts"
_WORDS = {Word.TELL: "accept", Word.ASIDE: "filter", Word.DROP: "drop"}
_VALUES = frozenset(_WORDS.values())


async def _account(session: AsyncSession, request: Request) -> Account:
    found = (await session.exec(select(Account).where(Account.id == me(request).account_id))).first()
    if found is None:
        raise Missing(answers.NOT_FOUND)
    return found


def _values(account: Account) -> dict[str, str]:
    """The policy's members, as the settings have them."""
    kept = Told.of(account)
    private = "drop" if account.direct_from != "anyone" else _WORDS[kept.word_for("private")]
    return {
        **{name: _WORDS[kept.word_for(group)] for name, group in _GROUPS.items()},
        _PRIVATE: private,
        # Of people whom a moderator limited only those are heard whom one follows or let in.
        _LIMITED: "filter" if "limited" in kept.aside else "drop",
    }


async def _entity(session: AsyncSession, account: Account) -> Json:
    people, causes = await aside.counted(session, account.actor_id)
    summary = {"pending_requests_count": people, "pending_notifications_count": causes}
    return {**_values(account), "for_bots": "accept", "summary": summary}


async def show(request: Request) -> Response:
    """GET /api/v2/notifications/policy"""
    async with context_of(request).database.read() as session:
        return answers.answer(await _entity(session, await _account(session, request)))


async def save(request: Request) -> Response:
    """PATCH /api/v2/notifications/policy: for_…, each accept, filter or drop"""
    asked = await parameters.read(request)
    said = {name: value for name in (*_GROUPS, _PRIVATE, _LIMITED) if (value := asked.text(name)) is not None}
    if set(said.values()) - _VALUES:
        raise Unprocessable("Notifications are shown, put aside or dropped: say `accept`, `filter` or `drop`.")
    if said.get(_LIMITED) == "accept":
        raise Unprocessable("Of accounts that moderators limited only those are heard whom you follow or let in.")
    async with context_of(request).database.write() as session:
        account = await _account(session, request)
        _change(account, _values(account) | said)
        session.add(account)
        await session.flush()
        body = await _entity(session, account)
    return answers.answer(body)


def _change(account: Account, values: dict[str, str]) -> None:
    """Write a whole policy into the settings."""
    names = {**_GROUPS, _PRIVATE: "private", _LIMITED: "limited"}
    dropped = frozenset(group for name, group in _GROUPS.items() if values[name] == "drop")
    put_aside = frozenset(group for name, group in names.items() if values[name] == "filter")
    account.told = Told(Told.of(account).off, dropped, put_aside).kept()
    if (values[_PRIVATE] == "drop") != (account.direct_from != "anyone"):
        account.direct_from = "followed" if values[_PRIVATE] == "drop" else "anyone"


ROUTES = [
    ApiDoor("/api/v2/notifications/policy", show, needs="read:notifications"),
    ApiDoor("/api/v2/notifications/policy", save, needs="write:notifications", methods=["PATCH", "PUT"]),
]
