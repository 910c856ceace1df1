"""A client of the ActivityPub API: one person's app, with a token, over the real routes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from actors.models import Actor
from outbox.models import Post
from tests.support.house import House
from tests.support.painter import carry_on
from tests.support.peer import AS2
from tests.support.tokens import bearer, token_for

ACCEPT = "application/ld+json,application/activity+json,application/json"
LD_JSON = f'application/ld+json; profile="{AS2}"'
_serial = count(1)


@dataclass
class Client:
    """What `ap` and the web clients do, in short."""

    home: House
    actor: Actor
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Accept": ACCEPT, **bearer(self.token)}

    async def send(self, activity: Any, status: int = 201, **headers: str) -> Any:
        """POST to the own outbox; the body of the answer."""
        return await self.post(f"{self.actor.uri}/outbox", activity, status, **headers)

    async def post(self, url: str, activity: Any, status: int = 201, **headers: str) -> Any:
        sent = {**self.headers, "Content-Type": LD_JSON, **{name.replace("_", "-"): v for name, v in headers.items()}}
        answer = await self.home.client.post(url, json=activity, headers=sent)
        assert answer.status_code == status, (answer.status_code, answer.text)
        body = answer.json()
        if status == 201:
            assert answer.headers["location"] == body["id"]
            assert answer.headers["content-type"].startswith("application/activity+json")
        elif status >= 400:
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert body["status"] == status
            assert len(body["detail"]) > 10
        return body

    async def get(self, url: str, status: int = 200, **headers: str) -> Any:
        answer = await self.home.client.get(url, headers={**self.headers, **headers})
        assert answer.status_code == status, (url, answer.status_code, answer.text)
        return answer.json()

    async def items(self, url: str) -> list[Any]:
        """A whole collection, by `first` and `next`, as clients walk it."""
        page = await self.get(url)
        if "items" in page:
            return list(page["items"])
        page, found = await self.get(page["first"]), []
        while True:
            assert page["orderedItems"] or "next" not in page, "an empty page that goes on"
            found += page["orderedItems"]
            if "next" not in page:
                return found
            page = await self.get(page["next"])

    async def write(self, content: str, *, out: bool = True, **values: Any) -> Post:
        """A Note by this client, carried through the gate."""
        made = await self.send({"type": "Note", "content": content, **values})
        post_id = int(made["object"]["id"].rpartition("/")[2])
        if out:
            return await carry_on(self.home, post_id)
        [post] = await self.home.rows(Post, id=post_id)
        return post

    async def fresh(self, post: Post) -> Post:
        [found] = await self.home.rows(Post, id=post.id)
        return found


async def person(home: House, name: str = "ann", scopes: str = "read write", **columns: Any) -> Client:
    """Somebody new, with an app."""
    actor = await home.make_actor(f"{name}{next(_serial)}", **columns)
    return Client(home, actor, await token_for(home, actor.username, scopes))
