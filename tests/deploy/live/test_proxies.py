"""Through Caddy and nginx as deploy/ sets them up: follow and delivery, large uploads, streams, caches, strangers."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator

import httpx2 as httpx
import pytest
import pytest_asyncio
import websockets
from PIL import Image

from actors.remote import RemoteActors
from fediverse_ai.core import limits
from fediverse_ai.core.http import Budget
from tests.deploy.live.proxies import ACCOUNTS, MEDIA, OURS, Street, street
from tests.support import verbs
from tests.support.peer import rsa_key as key_of
from tests.support.peer import signed
from tests.support.processes import eventually
from tests.support.tokens import bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")
AP = {"accept": "application/activity+json"}
HTML = {"accept": "text/html,application/xhtml+xml"}
FIRST_BYTE_SECONDS = 1.0


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["caddy", "nginx"])
async def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    async with street(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


async def _token(found: Street, name: str = "ann") -> dict[str, str]:
    server = found.ours if name == "ann" else found.theirs
    return bearer(await server.token(name))


async def test_a_follow_by_the_handle_and_a_picture_that_travels(found: Street) -> None:
    """The handle's domain is another, the fetch of the post is signed with its query, and nothing is left over."""
    ours, theirs = found.ours, found.theirs
    [followed] = await theirs.cli("follow", f"@ann@{ACCOUNTS}", "--as", "ben")
    assert followed == {"state": "accepted", "handle": f"ann@{ACCOUNTS}"}
    [made] = await ours.cli("post", "a red fox in the snow at dawn", "--as", "ann", "--text", "Good morning")
    assert made["state"] == "published"

    async def arrived() -> object:
        return theirs.query(
            "select attachment.url from attachment join post on post.id = post_id where uri = ?", made["uri"]
        )

    [(picture,)] = await eventually(arrived, "the picture")  # type: ignore[misc]
    assert picture.startswith(f"https://{MEDIA}/")
    image = await ours.client.get(picture)
    assert (image.status_code, image.headers["content-type"]) == (200, "image/jpeg")
    assert "sandbox" in image.headers["content-security-policy"]
    assert (await ours.client.get(f"https://{MEDIA}/../about")).status_code == 404

    await verbs.like(theirs, "ben", made["uri"])
    await eventually(_count(found, "select 1 from post where uri = ? and likes = 1", made["uri"]), "the like")
    for side in (ours, theirs):
        assert side.query("select count(*) from delivery where state != 'delivered'") == [(0,)]
        assert side.query("select state, detail from received where state != 'done'") == []


def _count(found: Street, sql: str, *values: object):  # type: ignore[no-untyped-def]
    async def look() -> object:
        return found.ours.query(sql, *values)

    return look


async def test_signatures_are_checked_over_host_and_query(found: Street) -> None:
    ours, theirs = found.ours, found.theirs
    page = f"{ours.actor('ann')}/outbox?page=true"
    assert (await ours.client.get(page, headers=AP)).status_code == 401
    async with theirs.beside() as context:
        read = await context.part(RemoteActors).fetcher.document(page, budget=Budget(clock=context.clock))
    assert read.id == page
    assert read.type == "OrderedCollectionPage"
    # Signed by nobody whom we can find, and signed for another host: refused, whatever the proxy does to Host.
    body = json.dumps({"id": "https://x.test/1", "type": "Like", "actor": "https://x.test/u", "object": page}).encode()
    for host in (OURS, "other.test"):
        headers = signed("POST", f"https://{host}/inbox", body, f"{theirs.actor('ben')}#main-key", key_of())
        answer = await ours.client.post("/inbox", content=body, headers={**headers, "host": OURS})
        assert answer.status_code == 401, (host, answer.text)


async def test_a_large_upload_passes_and_a_larger_one_is_refused(found: Street) -> None:
    token = await _token(found)
    small = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(small, "JPEG")
    head, rest = small.getvalue()[:2], small.getvalue()[2:]
    # Comments of 64 KB each, until it is as large as a picture may be.
    comment = b"\xff\xfe\xff\xff" + bytes(65_533)
    room = limits.UPLOAD_BODY_BYTES - len(small.getvalue())
    large = head + comment * (room // len(comment)) + rest
    assert len(large) > limits.UPLOAD_BODY_BYTES - len(comment)
    began = time.monotonic()
    answer = await found.ours.client.post(
        "/api/v2/media", headers=token, files={"file": ("large.jpg", large, "image/jpeg")}, timeout=60
    )
    assert answer.status_code in (200, 202), answer.text
    print(f"{found.kind}: {len(large) / 1e6:.1f} MB taken in {time.monotonic() - began:.2f} s")
    for more in (limits.MIB, 8 * limits.MIB):
        try:
            refused = await found.ours.client.post(
                "/api/v2/media", headers=token, files={"file": ("l.jpg", large + bytes(more), "image/jpeg")}, timeout=60
            )
        except httpx.TransportError:
            # A proxy may close while the body still comes; the server is not asked at all.
            continue
        assert refused.status_code == 413, refused.text[:300]


async def test_event_streams_are_not_held_back(found: Street) -> None:
    token = await _token(found)
    began = time.monotonic()
    async with found.ours.client.stream("GET", "/api/v1/streaming/user", headers=token, timeout=30) as answer:
        assert answer.status_code == 200
        pieces = answer.aiter_raw()
        assert b":)" in await anext(pieces)
        first = time.monotonic() - began
        assert first < FIRST_BYTE_SECONDS, first
        assert "content-encoding" not in answer.headers
        await verbs.follow(found.theirs, "ben", f"@ann@{ACCOUNTS}")
        await verbs.write(found.theirs, "ben", f"Hello @ann@{ACCOUNTS}!")
        heard = b""
        async with asyncio.timeout(20):
            while b"event: notification" not in heard:
                heard += await anext(pieces)
    print(f"{found.kind}: first byte of a stream after {first * 1000:.0f} ms")

    address = f"wss://{OURS}/api/v1/streaming?stream=user"
    async with websockets.connect(
        address, ssl=found.town.authority.client_context(), host="127.0.0.1", port=found.https_port,
        additional_headers=token, proxy=None,
    ) as socket:  # fmt: skip
        await verbs.write(found.theirs, "ben", f"Again, @ann@{ACCOUNTS}!")
        told = json.loads(await asyncio.wait_for(socket.recv(), 20))
        assert told["event"] in ("notification", "update")


async def test_kept_answers_never_mix_by_accept(found: Street) -> None:
    """One address, a page for people and an activity for servers, asked for in turn, faster than any cache forgets."""
    base = found.theirs.origin
    post = await verbs.write(found.theirs, "ben", "Both a page and a note")

    async def there() -> bool:
        return (await found.theirs.client.get(post, headers=AP)).status_code == 200

    await eventually(there, "the note")
    for address in (f"{base}/users/ben", f"{base}/@ben", post, f"{base}/ns"):
        for accept, wanted in [(HTML, "text/html"), (AP, "json"), ({"accept": "*/*"}, ""), (AP, "json"), (HTML, "text/html")] * 2:  # fmt: skip # noqa: E501
            answer = await found.theirs.client.get(address, headers=accept, follow_redirects=True)
            assert answer.status_code == 200, (address, accept)
            assert wanted in answer.headers["content-type"], (address, accept, answer.headers["content-type"])
            assert answer.text.lstrip().startswith("<" if "html" in answer.headers["content-type"] else "{")
            assert "accept" in answer.headers.get("vary", "").lower() or "html" in answer.headers["content-type"]
    if found.kind == "nginx":
        kept = [line.split("|") for line in (found.folder / "access.log").read_text().splitlines()]
        hits = [path for path, _accept, status in kept if status == "HIT"]
        assert any(path == "/users/ben" for path in hits), "nothing was kept at all, so nothing was shown"
        assert not [path for path in hits if path.startswith(("/api/", "/media/"))]


async def test_somebody_elses_name_is_no_address_of_ours(found: Street) -> None:
    """OPS-14: 421 or 404, asked through the proxy and at the server itself."""
    for host in ("other.test", "art.test.evil.test", ACCOUNTS):
        answer = await found.ours.client.get("/about", headers={"host": host, **HTML})
        assert answer.status_code in (404, 421), (host, answer.status_code)
        assert "Fediverse AI" not in answer.text
    for host, status in (("other.test", 421), (OURS, 200), (f"{OURS}:443", 200), (ACCOUNTS, 421)):
        async with httpx.AsyncClient(trust_env=False) as straight:
            address = f"http://127.0.0.1:{found.ours.port}/about"
            assert (await straight.get(address, headers={"host": host, **HTML})).status_code == status, host


async def test_http_leads_to_https_with_path_and_query(found: Street) -> None:
    async with httpx.AsyncClient(trust_env=False) as straight:
        answer = await straight.get(f"http://127.0.0.1:{found.http_port}/@ann?x=1&y=%20", headers={"host": OURS})
    assert answer.status_code in (301, 308)
    assert answer.headers["location"].startswith(f"https://{OURS}")
    assert answer.headers["location"].endswith("/@ann?x=1&y=%20")
    secure = await found.ours.client.get("/about", headers=HTML)
    assert secure.headers["strict-transport-security"] == "max-age=31536000"


async def test_what_a_visitor_writes_into_x_forwarded_for_does_not_count(found: Street) -> None:
    headers = {"x-forwarded-for": "203.0.113.7", "content-type": "application/x-www-form-urlencoded"}
    answer = await found.ours.client.post(
        "/oauth/token", headers=headers, content="grant_type=client_credentials&client_id=nobody&client_secret=x"
    )
    assert answer.status_code in (400, 401)
    told = [json.loads(line) for line in found.ours.running.output().splitlines() if "auth_failed" in line]
    assert told, "the failure was not told"
    assert "203.0.113.7" not in json.dumps(told)
    assert "127.0.0.1" in json.dumps(told[-1])
