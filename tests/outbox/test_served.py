"""What other servers read of us, through the real routes: names, NodeInfo, actors, outbox pages, notes, files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx2 as httpx
import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

import actors.routes
import outbox.routes
from actors.models import Account, Actor
from actors.served import ServedDocuments
from fediverse_ai.core import limits
from outbox import leave, lineage, profile
from outbox.models import Post
from outbox.publish import remove
from tests.support.house import House, house
from tests.support.peer import ACTIVITY_JSON, PUBLIC, RemoteActor
from tests.support.rooms import picture_of, published, receive, waiting_post

AS2 = "application/activity+json; charset=utf-8"
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"


async def get(home: House, path: str, **headers: str) -> httpx.Response:
    return await home.client.get(path, headers={"accept": ACTIVITY_JSON, **headers})


async def finger(home: House, resource: str) -> httpx.Response:
    return await home.client.get("/.well-known/webfinger", params={"resource": resource})


def host_of(home: House) -> str:
    return home.origin.partition("://")[2]


async def test_a_name_is_answered_in_every_form_that_peers_ask(home: House, alice: Actor) -> None:
    host, uri, page = host_of(home), f"{home.origin}/users/alice", f"{home.origin}/@alice"
    for resource in (f"acct:alice@{host}", f"acct:@alice@{host}", f"alice@{host}", f"acct:ALICE@{host}", uri, page):
        answer = await finger(home, resource)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jrd+json; charset=utf-8")
        assert answer.headers["access-control-allow-origin"] == "*"
        body = answer.json()
        assert body["subject"] == f"acct:alice@{host}"
        assert body["aliases"] == [page, uri]
        assert [link for link in body["links"] if link["rel"] == "self"] == [
            {"rel": "self", "type": ACTIVITY_JSON, "href": uri}
        ]
        assert {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page} in body["links"]


async def test_the_server_itself_has_a_name(home: House) -> None:
    answer = await finger(home, f"{home.origin}/")
    assert [link["href"] for link in answer.json()["links"] if link["rel"] == "self"] == [f"{home.origin}/actor"]


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        (None, 400), ("", 400), ("alice", 400), ("acct:alice", 400), ("acct:@", 400), ("acct:nobody@{host}", 404),
        ("acct:alice@elsewhere.example", 404), ("{origin}/users/nobody", 404),
        ("https://elsewhere.example/@alice", 404),
    ],
)  # fmt: skip
async def test_names_that_are_none_or_nobodys(home: House, alice: Actor, resource: str | None, status: int) -> None:
    asked = {} if resource is None else {"resource": resource.format(host=host_of(home), origin=home.origin)}
    answer = await home.client.get("/.well-known/webfinger", params=asked)
    assert answer.status_code == status, answer.text


async def test_host_meta_leads_to_webfinger(home: House) -> None:
    template = f"{home.origin}/.well-known/webfinger?resource={{uri}}"
    answer = await home.client.get("/.well-known/host-meta")
    assert answer.headers["content-type"] == "application/xrd+xml; charset=utf-8"
    [link] = ElementTree.fromstring(answer.content)
    assert (link.get("rel"), link.get("template")) == ("lrdd", template)
    [same] = (await home.client.get("/.well-known/host-meta.json")).json()["links"]
    assert (same["rel"], same["template"]) == ("lrdd", template)


@pytest.mark.parametrize("version", ["2.0", "2.1"])
async def test_nodeinfo_is_found_and_counts(home: House, alice: Actor, version: str) -> None:
    await published(home, alice)
    await waiting_post(home, alice)
    links = {link["rel"]: link["href"] for link in (await home.client.get("/.well-known/nodeinfo")).json()["links"]}
    assert links["https://www.w3.org/ns/activitystreams#Application"] == f"{home.origin}/actor"
    answer = await home.client.get(links[f"{SCHEMA}/{version}"])
    assert answer.headers["content-type"].startswith(f'application/json; profile="{SCHEMA}/{version}#"')
    body = answer.json()
    assert body["version"] == version
    assert body["software"]["name"] == "fediverse-ai"
    assert (body["protocols"], body["services"]) == (["activitypub"], {"inbound": [], "outbound": []})
    assert body["openRegistrations"] is False
    assert (body["usage"]["users"]["total"], body["usage"]["localPosts"]) == (1, 1)
    assert "metadata" in body
    assert (await home.client.get("/nodeinfo/1.0")).status_code == 404


async def test_an_actor_says_what_peers_read(home: House, alice: Actor) -> None:
    answer = await get(home, "/users/alice")
    assert answer.headers["content-type"] == AS2
    assert {"Accept", "Signature"} <= {word.strip() for word in answer.headers["vary"].split(",")}
    body, uri = answer.json(), f"{home.origin}/users/alice"
    assert (body["id"], body["type"], body["preferredUsername"]) == (uri, "Person", "alice")
    assert (body["url"], body["webfinger"]) == (f"{home.origin}/@alice", f"alice@{host_of(home)}")
    for name in ("inbox", "outbox", "followers", "following"):
        assert body[name] == f"{uri}/{name}"
    assert body["endpoints"]["sharedInbox"] == f"{home.origin}/inbox"
    assert body["publicKey"]["owner"] == uri
    assert body["publicKey"]["id"].startswith(uri)
    assert "PUBLIC KEY" in body["publicKey"]["publicKeyPem"]
    assert (body["manuallyApprovesFollowers"], body["discoverable"]) == (False, True)
    assert body["indexable"] is False, "full-text search is a matter of consent"
    assert body["published"].endswith("Z")
    unchanged = await get(home, "/users/alice", **{"if-none-match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_the_server_s_own_actor_is_an_application(home: House) -> None:
    body = (await get(home, "/actor")).json()
    assert (body["type"], body["id"], body["inbox"]) == (
        "Application",
        f"{home.origin}/actor",
        f"{home.origin}/actor/inbox",
    )
    assert "followers" not in body


@pytest.mark.parametrize(
    ("accept", "served"),
    [
        (ACTIVITY_JSON, True),
        ("application/ld+json", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ("application/activity+json, application/ld+json", True),
        (f"{ACTIVITY_JSON}, application/ld+json, text/html;q=0.1", True),
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", False),
    ],
)  # fmt: skip
async def test_one_address_two_doors(home: House, alice: Actor, accept: str, served: bool) -> None:
    post = await published(home, alice)
    for path in ("/users/alice", f"/notes/{post.id}", "/@alice", f"/@alice/{post.id}"):
        answer = await home.client.get(path, headers={"accept": accept}, follow_redirects=True)
        assert answer.status_code == 200, path
        expected = AS2 if served else "text/html; charset=utf-8"
        assert (path, answer.headers["content-type"]) == (path, expected)
        assert "accept" in answer.headers["vary"].lower(), path


async def outbox_pages(home: House) -> list[dict[str, Any]]:
    """Every page of alice's outbox, by `first` and `next`."""
    pages: list[dict[str, Any]] = []
    url = (await get(home, "/users/alice/outbox")).json()["first"]
    while url is not None:
        pages.append((await get(home, url.removeprefix(home.origin))).json())
        assert pages[-1]["id"] == url
        url = pages[-1].get("next")
    return pages


@pytest.mark.parametrize("path", ["/users/alice", "/@alice", "/notes/{id}", "/@alice/{id}"])
async def test_what_is_remembered_is_answered_as_by_its_route(home: House, alice: Actor, path: str) -> None:
    post = await published(home, alice)
    path = path.format(id=post.id)
    cache = home.context.part(ServedDocuments)

    def plain(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
        return (
            answer.status_code,
            answer.content,
            {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")},
        )

    etag = (await get(home, path)).headers["etag"]
    asked: list[dict[str, str]] = [
        {}, {"if-none-match": etag}, {"if-none-match": '"other"'}, {"accept": "text/html"}, {"accept": "*/*"},
        {"accept": "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\""},
        {"accept": "text/html;q=0.4, application/activity+json;q=0.6"}, {"origin": "https://app.example"},
        {"authorization": "Bearer nobodys"}, {"cookie": "session=nobodys"},
    ]  # fmt: skip
    for headers in asked:
        cache.forget()
        by_route = await get(home, path, **headers)
        await get(home, path)
        again = await get(home, path, **headers)
        if headers.get("accept") == "text/html":
            # A page, or the way to it; its forms are marked anew each time.
            page = (200, "text/html; charset=utf-8") if path.startswith("/@") else (303, None)
            assert (by_route.status_code, by_route.headers.get("content-type")) == page
            assert (again.status_code, again.headers.get("content-type")) == page
        else:
            assert plain(again) == plain(by_route), headers
        assert again.headers["x-request-id"]
    assert (await home.client.head(path, headers={"accept": ACTIVITY_JSON})).content == b""
    assert (await home.client.post(path)).status_code == 405


@pytest.mark.parametrize("extra", [-1, 0, 1])
async def test_the_outbox_has_pages_newest_first_and_an_end(home: House, alice: Actor, extra: int) -> None:
    posts = [await published(home, alice, f"Number {number}") for number in range(limits.COLLECTION_ITEMS + extra)]
    listed = (await get(home, "/users/alice/outbox")).json()
    assert (listed["type"], listed["totalItems"]) == ("OrderedCollection", len(posts))
    assert "orderedItems" not in listed
    pages = await outbox_pages(home)
    assert [len(page["orderedItems"]) for page in pages] == ([len(posts)] if extra <= 0 else [len(posts) - 1, 1])
    assert all((page["type"], page["partOf"]) == ("OrderedCollectionPage", listed["id"]) for page in pages)
    items = [item for page in pages for item in page["orderedItems"]]
    assert [item["object"]["id"] for item in items] == [post.uri for post in reversed(posts)]
    assert all(item["type"] == "Create" and "@context" not in item for item in items)
    assert "genAI" in repr(pages[0]["@context"])


async def test_the_outbox_holds_what_everybody_may_see(home: House, alice: Actor) -> None:
    shown = [await published(home, alice, visibility=value) for value in ("public", "quiet")]
    for value in ("followers", "direct"):
        await published(home, alice, visibility=value)
    await waiting_post(home, alice)
    gone = await published(home, alice)
    async with home.context.database.write() as session:
        await remove(session, gone)
    [page] = await outbox_pages(home)
    assert [item["object"]["id"] for item in page["orderedItems"]] == [post.uri for post in reversed(shown)]
    [public, quiet] = reversed(page["orderedItems"])
    followers = f"{home.origin}/users/alice/followers"
    assert (public["to"], public["cc"]) == ([PUBLIC], [followers])
    assert (quiet["to"], quiet["cc"]) == ([followers], [PUBLIC])


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "9" * 20, ""])
async def test_a_page_that_is_none_is_refused(home: House, alice: Actor, before: str) -> None:
    for name in ("outbox", "followers", "following"):
        answer = await get(home, f"/users/alice/{name}?page=true&before={before}")
        assert answer.status_code == 400, answer.text


async def test_followers_are_counted_and_listed(home: House, alice: Actor, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    listed = (await get(home, "/users/alice/followers")).json()
    assert (listed["type"], listed["totalItems"]) == ("OrderedCollection", 1)
    page = (await get(home, listed["first"].removeprefix(home.origin))).json()
    assert page["orderedItems"] == [bob.uri]
    assert "next" not in page
    assert (await get(home, "/users/alice/following")).json()["totalItems"] == 0


async def test_a_deleted_note_is_a_tombstone(home: House, alice: Actor) -> None:
    post = await published(home, alice)
    async with home.context.database.write() as session:
        session.add(post)
        await remove(session, post)
    answer = await get(home, f"/notes/{post.id}")
    body = answer.json()
    assert answer.status_code == 410
    assert (body["id"], body["type"], body["formerType"]) == (post.uri, "Tombstone", "Note")


async def test_files_are_served_so_that_they_can_do_nothing(home: House, alice: Actor) -> None:
    post = await published(home, alice, picture=True)
    note = (await get(home, f"/notes/{post.id}")).json()
    [picture] = note["attachment"]
    answer = await home.client.get(picture["url"])
    assert (answer.status_code, answer.content) == (200, b"picture")
    headers = answer.headers
    assert headers["content-type"] == picture["mediaType"] == "image/jpeg"
    assert headers["content-length"] == "7"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["content-disposition"].startswith("inline")
    asked = (headers["x-robots-tag"], headers["content-usage"], headers["tdm-reservation"])
    assert asked == ("noai, noimageai", "train-ai=n", "1")
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "set-cookie" not in headers
    part = await home.client.get(picture["url"], headers={"range": "bytes=0-2"})
    assert (part.status_code, part.content) == (206, b"pic")
    head = await home.client.head(picture["url"])
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "7", b"")


async def test_files_of_what_is_not_out_or_no_more_are_not_served(home: House, alice: Actor) -> None:
    draft = await picture_of(home, await waiting_post(home, alice), b"draft")
    hidden = await home.client.get(f"/media/{draft.file}")
    missing = await home.client.get("/media/ab/cdef.jpg")
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
    assert hidden.status_code == 404
    post = await published(home, alice, picture=True)
    [shown] = (await get(home, f"/notes/{post.id}")).json()["attachment"]
    async with home.context.database.write() as session:
        session.add(post)
        await remove(session, post)
    assert (await home.client.get(shown["url"])).status_code == 410
    for path in ("../secret.key", "..%2fsecret.key", "%2e%2e/secret.key", "/etc/passwd"):
        assert (await home.client.get(f"/media/{path}")).status_code == 404


async def test_files_may_live_on_another_host(tmp_path: Path) -> None:
    """`media.public_url` moves them: in Notes, on pages, and in what a page's browser may load."""
    async with house(tmp_path / "two", media={"public_url": "https://media.example/files/"}) as home:
        post = await published(home, await home.make_actor("alice"), picture=True)
        [picture] = (await get(home, f"/notes/{post.id}")).json()["attachment"]
        assert picture["url"].startswith("https://media.example/files/")
        page = await home.client.get(f"/@alice/{post.id}", headers={"accept": "text/html"})
        assert f'src="{picture["url"]}"' in page.text
        [images] = [part for part in page.headers["content-security-policy"].split(";") if "img-src" in part]
        assert "https://media.example" in images


async def slowly(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> tuple[asyncio.Event, asyncio.Event]:
    """Let the next call of a function wait with what it found: that it has it, and that it may go on."""
    real, here, go = getattr(module, name), asyncio.Event(), asyncio.Event()

    async def slow(*arguments: Any) -> Any:
        monkeypatch.setattr(module, name, real)
        found = await real(*arguments)
        here.set()
        await go.wait()
        return found

    monkeypatch.setattr(module, name, slow)
    return here, go


async def test_who_was_just_reading_does_not_put_back_what_is_deleted(
    home: House, alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = await published(home, alice)
    here, go = await slowly(monkeypatch, outbox.routes, "may_see")
    reading = asyncio.create_task(get(home, f"/notes/{post.id}"))
    await here.wait()
    async with home.context.database.write() as session:
        await remove(session, await session.get_one(Post, post.id))
    go.set()
    await reading
    assert (await get(home, f"/notes/{post.id}")).status_code == 410
    here, go = await slowly(monkeypatch, actors.routes, "_local")
    reading = asyncio.create_task(get(home, "/users/alice"))
    await here.wait()
    async with home.context.database.write() as session:
        await leave.end(session, (await session.exec(select(Account).where(Account.actor_id == alice.id))).one())
    go.set()
    await reading
    assert (await get(home, "/users/alice")).status_code == 410


async def test_who_reads_before_a_commit_does_not_keep_what_was(home: House, alice: Actor) -> None:
    post = await published(home, alice)

    async def permit(session: AsyncSession, me: Actor) -> None:
        await lineage.permit(session, me, await session.get_one(Post, post.id), "anyone")

    async def rotate(session: AsyncSession, me: Actor) -> None:
        await profile.rotate_keys(session, me, leaked=True)

    for path, change in ((f"/notes/{post.id}", permit), ("/users/alice", rotate)):
        before = (await get(home, path)).content
        async with home.context.database.write() as session:
            await change(session, await session.get_one(Actor, alice.id))
            assert (await get(home, path)).content == before
        assert (await get(home, path)).content != before


async def test_a_document_is_two_seconds_old_at_most_from_when_it_was_read(home: House) -> None:
    documents = home.context.part(ServedDocuments)
    look = documents.look()
    home.clock.forward(1.5)
    documents.put("/x", look, b"{}")
    assert documents.get("/x") is not None
    home.clock.forward(0.6)
    assert documents.get("/x") is None
