"""`ap`, the reference client of the ActivityPub API (activitypub-cli): its whole command list, logged in three ways."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from actors import accounts
from actors.models import Actor
from outbox.models import Origin
from tests.support import verbs
from tests.support.environments import environment
from tests.support.painter import picture
from tests.support.peer import PUBLIC, listening
from tests.support.person import consent
from tests.support.processes import eventually
from tests.support.rows import becomes
from tests.support.town import Town, TownServer, town_server

SOURCE = Path(__file__).resolve().parents[2] / "peers" / "ap"
OURS, FAR, HOME_OF_AP = "fedi.test", "far.test", "evanp.github.io"
PASSWORD = "correct horse battery staple"
CALLBACK = "http://127.0.0.1:63546/callback"
CIMD = {
    "client_id": f"https://{HOME_OF_AP}/ap/cimd.json",
    "client_name": "ap",
    "redirect_uris": [CALLBACK],
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code"],
    "response_types": ["code"],
}
OBJECT = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": f"https://{HOME_OF_AP}/ap/client.jsonld",
    "type": "Application",
    "name": "ap",
    "redirectURI": CALLBACK,
}


class Ap:
    """The command, with a home of its own and the names of the town."""

    def __init__(self, town: Town, folder: Path, command: Path, ports: dict[str, int]) -> None:
        self.town, self.folder, self.command = town, folder, command
        folder.mkdir(parents=True)
        browser = folder / "browser"
        browser.write_text(
            f'#!/bin/sh\necho "$1" > "{folder}/address.new" && mv "{folder}/address.new" "{folder}/address"\n'
        )
        browser.chmod(0o755)
        named = town.environment(OURS, FAR, HOME_OF_AP)
        named["PEER_NAMES"] = json.dumps(json.loads(named["PEER_NAMES"]) | ports)
        self.env = {**os.environ, **named, "HOME": str(folder), "LANG": "en_US.UTF-8", "BROWSER": f"{browser} %s"}

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            str(self.command), *words, env=self.env, cwd=self.folder,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def __call__(self, *words: str, fails: str | None = None) -> str:
        program = await self.start(*words)
        out, err = (part.decode() for part in await asyncio.wait_for(program.communicate(), 120))
        if fails is not None:
            assert program.returncode != 0, (words, out)
            assert fails in err, (words, err)
        else:
            assert program.returncode == 0, (words, out, err)
        return out

    async def json(self, *words: str) -> Any:
        return json.loads(await self(*words))

    async def login(self, who: str, username: str) -> str:
        """It opens a browser; the person agrees there; it hears of it on its port. The address that it opened."""
        program = await self.start("login", who)
        address = self.folder / "address"

        async def opened() -> bool:
            return address.exists() or program.returncode is not None

        await eventually(opened, "ap opens a browser", 60)
        if program.returncode is not None:
            raise AssertionError((await program.communicate())[1].decode())
        url = address.read_text().strip()
        async with self.town.client() as browser:
            back = await consent(browser, url, username, PASSWORD)
        async with httpx.AsyncClient(trust_env=False) as client:

            async def heard() -> bool:
                try:
                    return (await client.get(back)).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(heard, "ap hears of the code", 30)
        out, err = await asyncio.wait_for(program.communicate(), 60)
        assert program.returncode == 0, (out.decode(), err.decode())
        return url


class Site:
    """What lies at ap's own address on the web, for those who fetch its documents."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = CIMD if scope["path"].endswith("cimd.json") else OBJECT
        kind = b"application/json" if body is CIMD else b"application/activity+json"
        head = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]}
        await send(head)
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


class Veil:
    """Our server as a client meets it whose metadata does not offer everything: passes all else on unchanged."""

    def __init__(self, client: httpx.AsyncClient, hidden: tuple[str, ...]) -> None:
        self.client, self.hidden = client, hidden

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        path = scope["raw_path"].decode() + (f"?{query.decode()}" if (query := scope["query_string"]) else "")
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        answer = await self.client.request(scope["method"], path, headers=headers, content=body)
        content = answer.content
        if path.endswith("/oauth-authorization-server"):
            content = json.dumps(
                {name: value for name, value in answer.json().items() if name not in self.hidden}
            ).encode()
        kept = [(name, value) for name, value in answer.headers.raw if name.lower() not in (b"content-length",)]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
        await send({"type": "http.response.body", "body": content})


def command() -> Path:
    """`ap` in an environment of its own. It asks for Python 3.12, and runs on 3.11, the oldest that we support."""
    return environment(SOURCE, any_python=True).parent / "ap"


@asynccontextmanager
async def furnished(town: Town, folder: Path) -> AsyncIterator[TownServer]:
    """Our server with ann and ben, and ap's own address on the web."""
    certificate = town.authority.certificate(HOME_OF_AP)
    async with (
        listening(Site(), certificate=certificate, port=town.port(HOME_OF_AP)),
        town_server(folder / "ours", town, OURS, "ann", "ben", peers=(FAR, HOME_OF_AP)) as ours,
    ):
        async with ours.beside() as context, context.database.write() as session:
            account = await accounts.account_of(session, "ann")
            assert account is not None
            await accounts.set_password(session, account.id, PASSWORD)
        yield ours


@pytest.mark.parametrize(
    ("hidden", "client_id"),
    [
        ((), r"client_id=https%3A%2F%2Fevanp.github.io%2Fap%2Fcimd.json"),
        (("client_id_metadata_document_supported",), r"client_id=https%3A%2F%2Fevanp.github.io%2Fap%2Fclient.jsonld"),
        (("client_id_metadata_document_supported", "activitypub_object_id_as_client_id"), r"client_id=[\w-]{20,}&"),
    ],
    ids=["by its document", "by its object", "by registration"],
)
async def test_ap_logs_in(town: Town, tmp_path: Path, hidden: tuple[str, ...], client_id: str) -> None:
    ap_command = command()
    async with furnished(town, tmp_path) as ours, town.client() as client:
        client.base_url = httpx.URL(ours.origin)
        async with listening(Veil(client, hidden), certificate=town.authority.certificate(OURS)) as port:
            ap = Ap(town, tmp_path / "ap", ap_command, {OURS: port})
            url = await ap.login("ann@fedi.test", "ann")
            assert re.search(client_id, url) is not None, url
            assert (await ap("whoami")).strip() == "ann@fedi.test"
            made = await ap.json("create", "note", "For myself")
            assert made["to"] == made["cc"] == []
            await ap("logout")
            await ap("whoami", fails="No such file")


async def test_every_command_of_ap(town: Town, tmp_path: Path) -> None:
    ap_command = command()
    async with (
        furnished(town, tmp_path) as ours,
        town_server(tmp_path / "far", town, FAR, "carl", peers=(OURS,)) as far,
    ):
        ap = Ap(town, tmp_path / "ap", ap_command, {})
        await ap.login(ours.actor("ann"), "ann")
        assert "0.5.1" in await ap("version")
        note = await _notes(ap, ours)
        await _uploads(ap, ours, tmp_path)
        await _people(ap, ours, far)
        await _reactions(ap, ours, note)
        await _far(ap, ours, far)
        await _collections(ap, ours, note)
        await ap("delete", "--force", note)
        await ap("get", note, fails="410")
        gone = await ours.client.get(note, headers={"accept": "application/activity+json"})
        assert (gone.status_code, gone.json()["type"]) == (410, "Tombstone")


async def out(ours: TownServer, uri: str) -> str:
    await becomes(ours, [("published",)], "select state from post where uri = ?", uri, seconds=60)
    return uri


async def _notes(ap: Ap, ours: TownServer) -> str:
    made = await ap.json("create", "note", "--public", "Hello #foxes from @ben@fedi.test")
    assert (made["type"], made["to"], made["object"]["type"]) == ("Create", [PUBLIC], "Note")
    note = await out(ours, made["object"]["id"])
    await becomes(ours, [(1,)], "select count(*) from notification where kind = 'mention'")
    closed = await ap.json("create", "note", "--followers-only", "For you")
    assert closed["to"] == [f"{ours.actor('ann')}/followers"]
    direct = await ap.json("create", "note", "--to", "ben@fedi.test", "--in-reply-to", note, "Only you")
    assert direct["to"] == [ours.actor("ben")]
    answer = await ap.json("create", "note", "--public", "--in-reply-to", note, "And an answer")
    await out(ours, answer["object"]["id"])
    assert "And an answer" in await ap("replies", note)
    changed = await ap.json("update", "note", note, "other", "words")
    assert changed["type"] == "Update"
    await becomes(ours, [("other words",)], "select text from post where uri = ?", note, seconds=60)
    assert "other words" in (await ap.json("get", note))["content"]
    assert (await ap.json("get", "ben@fedi.test"))["id"] == ours.actor("ben")
    shown = await ap("outbox", "--limit", "50")
    assert all(one["id"] in shown for one in (made, closed, direct, answer, changed))
    return note


async def _uploads(ap: Ap, ours: TownServer, folder: Path) -> None:
    file = folder / "x.png"
    file.write_bytes(picture("the sea"))
    await ap("upload", str(file), "--title", "Sea", "--description", "The sea")
    await becomes(ours, [("Sea", None)], "select description, post_id from upload")
    await ap("upload", "--public", str(file), "--description", "The sea at noon")
    shown = "select post.state, alt, origin from attachment join post on post.id = post_id"
    await becomes(ours, [("published", "The sea at noon", Origin.DECLARED_AI)], shown, seconds=60)


async def _people(ap: Ap, ours: TownServer, far: TownServer) -> None:
    made = await ap.json("follow", "ben@fedi.test")
    assert made["type"] == "Follow"
    assert "ben@fedi.test" in await ap("following")
    assert "Unfollowed" in await ap("undo", "follow", "ben@fedi.test")
    assert "ben@fedi.test" not in await ap("following")
    async with ours.beside() as context, context.database.write() as session:
        account = await accounts.account_of(session, "ann")
        assert account is not None
        ann = await session.get(Actor, account.actor_id)
        assert ann is not None
        ann.manually_approves = True
        session.add(ann)
    await verbs.follow(ours, "ben", ours.actor("ann"))
    await verbs.follow(far, "carl", ours.actor("ann"))
    await becomes(ours, [(2,)], "select count(*) from follow where state = 'pending'", seconds=60)
    shown = await ap("pending", "followers")
    assert "ben@fedi.test" in shown
    assert "carl@far.test" in shown
    assert "Accepted" in await ap("accept", "follower", "ben@fedi.test")
    assert "Rejected" in await ap("reject", "follower", "carl@far.test")
    assert "ben@fedi.test" in await ap("followers")
    await ap("follow", "carl@far.test")
    accepted = "select follow.state from follow join actor on actor.id = followed_id where host = 'far.test'"
    await becomes(ours, [("accepted",)], accepted, seconds=60)
    assert "carl@far.test" not in await ap("pending", "following")


async def _reactions(ap: Ap, ours: TownServer, note: str) -> None:
    liked = (await ap("like", note)).strip()
    assert liked.startswith(f"{ours.origin}/activities/")
    assert "ann@fedi.test" in await ap("likes", note)
    assert liked in await ap("undo", "like", note)
    assert "ann@fedi.test" not in await ap("likes", note)
    shared = await ap("share", note)
    assert "ann@fedi.test" in await ap("shares", note)
    assert shared.split()[-1] in await ap("undo", "share", note)
    assert "ann@fedi.test" not in await ap("shares", note)


async def _far(ap: Ap, ours: TownServer, far: TownServer) -> None:
    """What comes from another server, and is read through proxyUrl."""
    uri = await verbs.write(far, "carl", "From afar", visibility="public")
    await becomes(ours, [("published",)], "select state from post where uri = ?", uri, seconds=60)
    assert "From afar" in (await ap.json("get", uri))["content"]
    shown = await ap("inbox", "--limit", "50")
    assert "carl@far.test" in shown
    assert "Create by" in shown
    await ap("like", uri)
    await becomes(far, [(1,)], "select likes from post where uri = ?", uri, seconds=60)


async def _collections(ap: Ap, ours: TownServer, note: str) -> None:
    featured = f"{ours.actor('ann')}/collections/featured"
    await ap("add", "--target", featured, note)
    assert note in json.dumps(await ap.json("get", featured))
    await ap("remove", "--target", featured, note)
    assert note not in json.dumps(await ap.json("get", featured))
    made = await ap.json("create", "collection", "Mine")
    mine = made["object"]["id"]
    await ap("add", "--target", mine, note)
    assert (await ap.json("get", mine))["totalItems"] == 1
    await ap("remove", "--target", mine, note)
    assert (await ap.json("get", mine))["totalItems"] == 0
