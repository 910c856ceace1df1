"""Access tokens for tests, by the same verbs that the OAuth endpoints use."""

from __future__ import annotations

from typing import Protocol

from actors import accounts, apps, local
from fediverse_ai.core.context import Context

REDIRECT = "https://app.test/back"


class Served(Protocol):
    """A House or a Site."""

    @property
    def context(self) -> Context: ...


async def token_for(
    house: Served | Context, username: str = "alice", scopes: str = "read write follow push", *, role: str = "member"
) -> str:
    """An access token of a new app for a person, who is made if there is none of that name. Use it as
    `Authorization: Bearer …`."""
    context = house if isinstance(house, Context) else house.context
    async with context.database.write() as session:
        account = await accounts.account_of(session, username)
        if account is None:
            actor = await local.create(session, username)
            account = await accounts.create_account(session, actor, role=role)
        app, _ = await apps.register(session, name="Test app", redirect_uris=[REDIRECT], scopes=scopes)
        return (await apps.issue(session, app, account.id, scopes)).secret


async def app_token(house: Served, scopes: str = "read") -> str:
    """A token of an app for itself, as client credentials give it."""
    async with house.context.database.write() as session:
        app, _ = await apps.register(session, name="Test app", redirect_uris=[REDIRECT], scopes=scopes)
        return (await apps.issue(session, app, None, scopes)).secret


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
