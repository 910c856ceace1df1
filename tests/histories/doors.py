"""The doors that posts come in by, each as its own kind of client uses it: pages, apps, ActivityPub, the terminal."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx2 as httpx
import pytest
from typer.testing import CliRunner

from actors import accounts
from actors.models import Account, Actor
from fediverse_ai import auth
from fediverse_ai.cli import console
from fediverse_ai.cli.commands import app as terminal
from fediverse_ai.core import log
from fediverse_ai.core.errors import Conflict
from fediverse_ai.core.limits import RateLimiter
from outbox.models import Post
from tests.social.client import Client
from tests.support.house import House
from tests.support.peer import PUBLIC
from tests.support.tokens import bearer, token_for
from tests.web.composing import typed
from tests.web.site import HTML, Page, hidden, read

WORDS = ("client", "app", "terminal")
"""Where a post of words alone can be written; pages make pictures."""
PICTURES = ("client", "app", "terminal", "page")
EDITS = ("client", "app", "page")
TIMED = ("app", "terminal", "page")
"""Where a time can be said before which a post stays in; ActivityPub has no word for it."""
UPLOADS = ("client", "app")


class Doors:
    """One person with a browser, two apps and a terminal. What a door answers is the id of the post behind it."""

    def __init__(self, home: House, actor: Actor, cookie: str, client: Client) -> None:
        self.home, self.actor, self.client = home, actor, client
        self._cookie = cookie

    @classmethod
    async def of(cls, home: House, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> Doors:
        """Sign in everywhere."""
        # The terminal stands beside this server: the same folder and configuration, and the log of the test.
        monkeypatch.setattr(console, "existing_config", lambda: home.context.config)
        monkeypatch.setattr(log, "configure", lambda _section: None)
        [account] = await home.rows(Account, actor_id=actor.id)
        async with home.context.database.write() as session:
            secret = await accounts.open_session(session, account.id)
        cookie = f"{auth.session_cookie_name(home.context.config)}={secret}"
        return cls(home, actor, cookie, Client(home, actor, await token_for(home, actor.username)))

    def forget_rates(self) -> None:
        """What one history did counts in no other."""
        self.home.context.add(RateLimiter(self.home.clock))

    async def words(self, door: str, text: str, at_ms: int | None = None) -> int:
        """A post of words, at its time where the door takes one."""
        if door == "client":
            return await self._create({"type": "Note", "content": f"<p>{text}</p>", "to": PUBLIC})
        at = datetime.fromtimestamp(at_ms / 1000, UTC) if at_ms else None
        if door == "app":
            asked = {"status": text} | ({"scheduled_at": at.isoformat()} if at else {})
            return int((await self._ask("POST", "/api/v1/statuses", json=asked))["id"])
        return await self._post("--text", text, *(["--at", at.strftime("%Y-%m-%dT%H:%M:%S")] if at else []))

    async def picture(self, door: str, prompt: str, alt: str) -> int:
        """A post with a picture; by the pages its author has to look at it first (`finish`)."""
        if door == "client":
            wish = {"type": "Image", "prompt": prompt, "name": alt, "width": 64, "height": 64, "to": PUBLIC}
            return await self._create(wish)
        if door == "app":
            asked = {"status": f"/imagine {prompt}", "alt_text": alt}
            return int((await self._ask("POST", "/api/v1/statuses", json=asked))["id"])
        if door == "terminal":
            return await self._post(prompt, "--alt", alt)
        made = await self._send("/make", hidden(await self._page("/make")) | {"prompt": prompt})
        return int(made.response.headers["location"].removeprefix("/make/"))

    async def finish(self, post_id: int, text: str, alt: str, at_ms: int | None = None) -> int:
        """The last step of the pages: the first picture, with words and a description, and a time if one is given."""
        address = f"/make/{post_id}"
        fields = typed(await self._page(address)) | {"picture-0": "1", "alt-0": alt, "text": text}
        if at_ms is not None:
            fields |= {"at": datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M"), "zone": "UTC"}
        made = await self._send(f"{address}/post", {name: value for name, value in fields.items() if value})
        return int(made.response.headers["location"].removeprefix("/make/"))

    async def upload(self, door: str, picture: bytes, alt: str) -> int:
        """A picture that somebody brings, and a post of it."""
        if door == "client":
            headers = bearer(self.client.token)
            described = json.dumps({"type": "Image", "name": alt, "to": PUBLIC})
            answer = await self.home.client.post(
                f"{self.actor.uri}/uploads", files={"file": ("a.png", picture)}, data={"object": described},
                headers=headers,
            )  # fmt: skip
            assert answer.status_code == 201, answer.text
            return int(answer.json()["object"]["id"].rpartition("/")[2])
        media = await self._ask("POST", "/api/v2/media", files={"file": ("a.png", picture)}, data={"description": alt})
        return int((await self._ask("POST", "/api/v1/statuses", json={"media_ids": [media["id"]]}))["id"])

    async def edit(self, door: str, post: Post, text: str) -> None:
        """Other words for a post that is out. Raises Conflict when it cannot be changed just now."""
        answer = await self._edited(door, post, text)
        if answer.status_code in (409, 422):
            raise Conflict("It cannot be changed now.", answer.text[:200])
        assert answer.status_code in (200, 201, 303), (door, answer.status_code, answer.text[:500])

    async def _edited(self, door: str, post: Post, text: str) -> httpx.Response:
        if door == "page":
            address = f"/posts/{post.id}/edit"
            return await self._sent(address, typed(await self._page(address)) | {"text": text})
        headers = bearer(self.client.token)
        if door == "app":
            path, body = f"/api/v1/statuses/{post.id}", {"status": text}
            return await self.home.client.put(path, json=body, headers=headers)
        change = {"type": "Update", "object": {"id": post.uri, "content": f"<p>{text}</p>"}}
        return await self.home.client.post(f"{self.actor.uri}/outbox", json=change, headers=headers)

    async def _create(self, thing: dict[str, Any]) -> int:
        made = await self.client.send(thing)
        return int(made["object"]["id"].rpartition("/")[2])

    async def _ask(self, method: str, path: str, **content: Any) -> Any:
        answer = await self.home.client.request(method, path, headers=bearer(self.client.token), **content)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.json()

    async def _post(self, *words: str) -> int:
        """The command `post`, which runs a loop of its own."""
        command = ["--json", "post", "--as", self.actor.username or "", "--no-wait", *words]
        result = await asyncio.to_thread(CliRunner().invoke, terminal, command)
        assert result.exit_code == 0, result.output
        return int(json.loads(result.stdout.splitlines()[-1])["id"])

    async def _page(self, path: str) -> Page:
        found = read(await self.home.client.get(path, headers={"Accept": HTML, "Cookie": self._cookie}))
        assert found.status == 200, (path, found.status, found.text()[:500])
        return found

    async def _send(self, path: str, fields: dict[str, str]) -> Page:
        answer = read(await self._sent(path, fields))
        assert answer.status == 303, (path, answer.status, answer.text()[:1000])
        return answer

    async def _sent(self, path: str, fields: dict[str, str]) -> httpx.Response:
        headers = {"Accept": HTML, "Cookie": self._cookie, "Origin": self.home.origin, "Sec-Fetch-Site": "same-origin"}
        return await self.home.client.post(path, data=fields, headers=headers)
