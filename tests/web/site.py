"""A whole server without a socket for tests of pages, browsers that keep cookies, and a reader of HTML."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2 as httpx

from actors import accounts, local
from actors.models import Actor
from fediverse_ai.app import create_app
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.wiring import close_context, open_context
from outbox.models import Attachment, Post
from tests.support.house import MovableClock, furnish

ORIGIN = "http://127.0.0.1:8321"
HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"


@dataclass
class Element:
    tag: str
    attrs: dict[str, str]
    text: str = ""


@dataclass
class Page:
    """An answer, its elements in order, and their own text."""

    response: httpx.Response

    @cached_property
    def elements(self) -> list[Element]:
        """Read when somebody looks: most answers of a test are looked at for their status alone."""
        reader = _Reader()
        reader.feed(self.response.text)
        return reader.elements

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def body(self) -> str:
        return self.response.text

    def all(self, tag: str, **attrs: str) -> list[Element]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            element
            for element in self.elements
            if element.tag == tag and all(element.attrs.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag: str, **attrs: str) -> Element:
        found = self.all(tag, **attrs)
        assert len(found) == 1, f"{len(found)} <{tag}> {attrs} in {self.response.url}"
        return found[0]

    def links(self) -> set[str]:
        return {element.attrs["href"] for element in self.all("a") if "href" in element.attrs}

    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(element.text for element in self.elements if element.tag != "script"))


class _Reader(HTMLParser):
    VOID = frozenset({"meta", "link", "img", "input", "br", "stop", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data


def read(response: httpx.Response) -> Page:
    return Page(response)


class Browser:
    """Sends what a browser sends: Accept, cookies, and with forms the Origin and Sec-Fetch-Site headers."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, **headers: str) -> Page:
        return read(await self.client.get(path, headers={"Accept": HTML, **_dashed(headers)}))

    async def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Page:
        sent = {"Accept": HTML, "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **_dashed(headers)}
        return read(await self.client.post(path, data=dict(fields), headers=sent))

    async def submit(self, path: str, action: str, **fields: str) -> Page:
        """Load a page, fill in the hidden fields of its form for `action` and send it."""
        page = await self.get(path)
        return await self.post(action, {**hidden(page), **fields})

    def cookie(self, name: str) -> str | None:
        return next((item.value for item in self.client.cookies.jar if item.name == name), None)


def hidden(page: Page) -> dict[str, str]:
    return {item.attrs["name"]: item.attrs.get("value", "") for item in page.all("input", type="hidden")}


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class Site:
    """The server under test: its context and as many browsers as wanted."""

    def __init__(self, context: Context, app: Any, clock: MovableClock) -> None:
        self.context = context
        self.clock = clock
        self.app = app
        self._clients: list[httpx.AsyncClient] = []
        self._people: dict[str, tuple[Actor, int]] = {}

    def browser(self, **options: Any) -> Browser:
        transport = httpx.ASGITransport(app=self.app, **options)
        client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, follow_redirects=False)
        self._clients.append(client)
        return Browser(client)

    async def person(self, username: str, *, password: str | None = None, role: str = "member") -> Actor:
        """A local person, made at the first call."""
        if username not in self._people:
            async with self.context.database.write() as session:
                actor = await local.create(session, username, name=username.capitalize())
                account = await accounts.create_account(session, actor, role=role, password=password)
            self._people[username] = (actor, account.id)
        return self._people[username][0]

    def account_id(self, username: str) -> int:
        return self._people[username][1]

    async def member(self, username: str) -> Browser:
        """A browser that is signed in, without the trouble of a form."""
        await self.person(username)
        async with self.context.database.write() as session:
            secret = await accounts.open_session(session, self.account_id(username))
        browser = self.browser()
        browser.client.cookies.set("session-8321", secret, domain="127.0.0.1")
        return browser

    async def post(self, author: Actor, *, pictures: int = 1, **columns: Any) -> Post:
        """A post row as the rooms leave it, published unless `state` says otherwise, with pictures of its own."""
        context = self.context
        post_id = context.ids.new()
        now = context.clock.now_ms()
        values: dict[str, Any] = {
            "uri": f"{ORIGIN}/notes/{post_id}",
            "url": f"{ORIGIN}/@{author.username}/{post_id}",
            "local": True,
            "author_id": author.id,
            "state": "published",
            "created_ms": now,
            "published_ms": now,
            "activity_uri": f"{ORIGIN}/activities/{post_id}",
        }
        attachment = columns.pop("attachment", {})
        post = Post(id=post_id, **{**values, **columns})
        async with context.database.write() as session:
            session.add(post)
            await session.flush()
            for position in range(pictures):
                session.add(await self._attachment(post, position, attachment))
        return post

    async def _attachment(self, post: Post, position: int, columns: Mapping[str, Any]) -> Attachment:
        name = await self.context.storage.put(f"picture {post.id} {position}".encode(), ".jpg")
        values: dict[str, Any] = {
            "file": name,
            "thumbnail": name,
            "width": 1024,
            "height": 768,
            "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
            "alt": "A lighthouse at dawn.",
            "origin": "made_here",
            "recipe": recipe(),
        }
        return Attachment(id=self.context.ids.new(), post_id=post.id, position=position, **{**values, **columns})


def recipe(**fields: Any) -> dict[str, Any]:
    return {
        "generator": "scene",
        "version": "1",
        "prompt": "a lighthouse at dawn",
        "negative_prompt": "",
        "seed": 42,
        "width": 1024,
        "height": 768,
        "parameters": {"style": "papercut"},
        "title": "Scene",
        "disclosure": "Composed by a program from a prompt; no trained image model drew it.",
        "notes": ["Not drawn: a violin."],
        **fields,
    }


@asynccontextmanager
async def site(folder: Path, **sections: Any) -> AsyncIterator[Site]:
    """Open a server on a folder of its own; jobs are enqueued, none runs."""
    server = {"development": True, "port": 8321, "name": "Lamplight", "contact": "ann@lamplight.example"}
    config = Config(data_dir=folder, server={**server, **sections.pop("server", {})}, **sections)
    await asyncio.to_thread(furnish, config)
    clock = MovableClock()
    context = await open_context(config, engine=False, clock=clock)
    made = Site(context, create_app(config, context), clock)
    try:
        yield made
    finally:
        for client in made._clients:
            await client.aclose()
        await close_context(context)
