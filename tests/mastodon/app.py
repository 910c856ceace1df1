"""App: a person with an access token, asking as the apps do."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx
from sqlmodel import select

from actors.models import Actor
from tests.mastodon import schema
from tests.support.house import House
from tests.support.tokens import bearer, token_for


class App:
    """`get`, `post` and so on answer with the JSON and fail on any other status than `status`."""

    def __init__(self, home: House, actor: Actor | None, token: str | None) -> None:
        self.home = home
        self._actor = actor
        self.headers = bearer(token) if token else {}
        self.last: httpx.Response | None = None

    @classmethod
    async def of(cls, home: House, username: str, scopes: str = "read write follow push") -> App:
        token = await token_for(home, username, scopes)
        async with home.context.database.read() as session:
            query = select(Actor).where(Actor.username == username)
            return cls(home, (await session.exec(query)).one(), token)

    @classmethod
    def stranger(cls, home: House) -> App:
        return cls(home, None, None)

    @property
    def actor(self) -> Actor:
        assert self._actor is not None
        return self._actor

    @property
    def id(self) -> str:
        return str(self.actor.id)

    async def ask(self, method: str, path: str, *, status: int | None = 200, **options: Any) -> Any:
        headers = self.headers | options.pop("headers", {})
        self.last = await self.home.client.request(method, path, headers=headers, **options)
        assert status is None or self.last.status_code == status, (path, self.last.status_code, self.last.text[:500])
        body = self.last.json()
        if self.last.is_success:
            schema.check(method, path, body)
        return body

    async def get(self, path: str, *, status: int = 200, **params: Any) -> Any:
        return await self.ask("GET", path, status=status, params=params or None)

    async def post(self, path: str, body: Any = None, *, status: int = 200, **options: Any) -> Any:
        return await self.ask("POST", path, status=status, json=body or {}, **options)
