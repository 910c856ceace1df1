"""Others' pictures from our own host: who may cause a fetch, what is kept, for how long, and what is never served."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from actors import accounts, follows, queries, rules
from actors.emoji import Emoji
from actors.models import Account, Actor, FollowState, Severity
from actors.rules import Wanted
from fediverse_ai.core import limits
from fediverse_ai.remote_media import RemoteMedia
from outbox.belongings import RemoteCopy
from outbox.models import Attachment, Post
from tests.support.house import House, house
from tests.support.peer import RemoteActor, peer
from tests.support.rooms import published, receive
from tests.web.site import read

DAY = 86_400.0


def png(size: tuple[int, int] = (700, 500), colour: str = "red") -> bytes:
    """A picture that says too much."""
    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", "canary-of-the-file")
    out = io.BytesIO()
    Image.new("RGBA", size, colour).save(out, "PNG", pnginfo=said)
    return out.getvalue()


def moving() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


class Gallery:
    """Pictures on bob's server, and how often each was asked for."""

    def __init__(self, bob: RemoteActor) -> None:
        self.bob = bob

    def put(self, path: str, data: bytes, *, status: int = 200, media_type: str = "image/png") -> str:
        async def answer(*_: Any) -> Any:
            return status, {"content-type": media_type}, data

        self.bob.peer.behaviours[path] = answer
        return f"{self.bob.peer.origin}{path}"

    def asked(self, path: str) -> int:
        return sum(one.path == path for one in self.bob.peer.asked)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path / "home") as made:
        yield made


@pytest.fixture
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


@pytest.fixture
async def bob() -> AsyncIterator[RemoteActor]:
    async with peer("localhost") as made:
        yield made.actor("bob")


@pytest.fixture
def gallery(bob: RemoteActor) -> Gallery:
    return Gallery(bob)


@pytest.fixture
async def follows_bob(home: House, alice: Actor, bob: RemoteActor) -> Actor:
    """alice follows bob; bob's row."""
    await receive(home, bob, bob.activity("Follow", alice.uri))
    async with home.context.database.write() as session:
        row = await queries.by_uri(session, bob.uri)
        assert row is not None
        await follows.add(session, alice, row, f"{home.origin}/activities/1", FollowState.ACCEPTED)
    return row


async def picture(home: House, bob: RemoteActor, url: str, **values: Any) -> Attachment:
    """A post of bob's with one picture arrives; the picture's row."""
    image = {"type": "Document", "mediaType": "image/png", "url": url, "name": "A square"}
    await receive(home, bob, bob.create(bob.note("<p>Look</p>", attachment=[image], **values)))
    return (await home.rows(Attachment))[-1]


def media(home: House) -> RemoteMedia:
    return home.context.part(RemoteMedia)


async def get(home: House, path: str, **headers: str) -> Any:
    return await home.client.get(path, headers=headers)


async def signed_in(home: House, actor: Actor) -> dict[str, str]:
    async with home.context.database.write() as session:
        account = await home_account(session, actor)
        secret = await accounts.open_session(session, account.id)
    port = home.origin.rpartition(":")[2]
    return {"cookie": f"session-{port}={secret}"}


async def home_account(session: Any, actor: Actor) -> Account:
    from sqlmodel import select

    return (await session.exec(select(Account).where(Account.actor_id == actor.id))).one()  # type: ignore[no-any-return]


async def test_a_picture_is_fetched_once_and_rebuilt(
    home: House, bob: RemoteActor, gallery: Gallery, follows_bob: Actor
) -> None:
    found = await picture(home, bob, gallery.put("/a.png", png((3_000, 1_000))))
    address = media(home).url("picture", found.id)
    assert address.startswith(f"{home.origin}/proxy/picture/{found.id}?key=")
    for _ in range(2):
        answer = await get(home, address)
        assert answer.status_code == 200
    assert gallery.asked("/a.png") == 1
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, max-age=3600"
    assert b"canary" not in answer.content
    with Image.open(io.BytesIO(answer.content)) as shown:
        assert (shown.format, max(shown.size)) == ("JPEG", limits.REMOTE_PICTURE_SIDE_PIXELS)
        assert "xmp" not in shown.info
        assert "exif" not in shown.info
    small = await get(home, media(home).url("picture", found.id, small=True))
    with Image.open(io.BytesIO(small.content)) as shown:
        assert max(shown.size) == limits.THUMBNAIL_SIDE_PIXELS
    assert gallery.asked("/a.png") == 1


async def test_avatars_too(home: House, bob: RemoteActor, gallery: Gallery, alice: Actor) -> None:
    bob.changes["icon"] = {"type": "Image", "url": gallery.put("/me.gif", moving(), media_type="text/html")}
    await receive(home, bob, bob.activity("Follow", alice.uri))
    [row] = await home.rows(Actor, uri=bob.uri)
    answer = await get(home, media(home).url("avatar", row.id))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert (await get(home, media(home).url("header", row.id))).status_code == 404
    assert (await get(home, media(home).url("avatar", alice.id))).status_code == 404, "ours are not proxied"


async def test_strangers_cause_no_fetch(home: House, bob: RemoteActor, gallery: Gallery, follows_bob: Actor) -> None:
    """D11; what is here already and open to everybody they may see."""
    found = await picture(home, bob, gallery.put("/a.png", png()))
    path = f"/proxy/picture/{found.id}"
    for bare in (path, f"{path}?key=", f"{path}?key={'0' * 32}", f"{path}?key=%ff"):
        assert (await get(home, bare)).status_code == 404
    assert gallery.asked("/a.png") == 0
    assert (await get(home, media(home).url("picture", found.id))).status_code == 200
    assert (await get(home, path)).status_code == 200


async def test_an_address_opens_one_picture_only(
    home: House, bob: RemoteActor, gallery: Gallery, follows_bob: Actor
) -> None:
    """No open relay: an id and its key, never an address."""
    first = await picture(home, bob, gallery.put("/a.png", png()))
    second = await picture(home, bob, gallery.put("/b.png", png()))
    key = media(home).url("picture", first.id).partition("?")[2]
    assert (await get(home, f"/proxy/picture/{second.id}?{key}")).status_code == 404
    assert (await get(home, f"/proxy/avatar/{first.id}?{key}")).status_code == 404
    for odd in ("/proxy/picture/999", f"/proxy/picture/{2**63}", "/proxy/emoji/1", "/proxy/picture/0x1",
                f"/proxy/picture/https://localhost/a.png?{key}"):  # fmt: skip
        assert (await get(home, odd)).status_code == 404
    assert gallery.asked("/b.png") == 0


async def test_pictures_of_private_posts_are_for_their_readers(
    home: House, alice: Actor, bob: RemoteActor, gallery: Gallery, follows_bob: Actor
) -> None:
    """MED-11."""
    dora = await home.make_actor("dora")
    found = await picture(home, bob, gallery.put("/a.png", png()), to=[bob.followers], cc=[])
    path = f"/proxy/picture/{found.id}"
    assert (await get(home, path, **await signed_in(home, dora))).status_code == 404
    assert gallery.asked("/a.png") == 0
    assert (await get(home, path, **await signed_in(home, alice))).status_code == 200
    assert (await get(home, path)).status_code == 404, "here, and still not for everybody"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"<script>alert(1)</script>", 200),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 200),
        (png()[:80], 200),
        (b"", 200),
        (png(), 404),
        (png(), 500),
    ],
)
async def test_what_is_no_picture_is_not_served_and_not_asked_for_again_at_once(
    home: House, bob: RemoteActor, gallery: Gallery, follows_bob: Actor, data: bytes, status: int
) -> None:
    found = await picture(home, bob, gallery.put("/a.png", data, status=status))
    address = media(home).url("picture", found.id)
    for _ in range(2):
        assert (await get(home, address)).status_code == 404
    assert gallery.asked("/a.png") == 1
    [row] = await home.rows(RemoteCopy)
    assert row.problem
    assert row.file is None
    gallery.put("/a.png", png())
    home.clock.forward(limits.REMOTE_COPY_RETRY_SECONDS + 1)
    assert (await get(home, address)).status_code == 200


@pytest.mark.parametrize("over", [0, 1])
async def test_a_file_has_a_bound(
    home: House, bob: RemoteActor, gallery: Gallery, follows_bob: Actor, over: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = png()
    monkeypatch.setattr(limits, "IMAGE_BYTES", len(data) - over)
    found = await picture(home, bob, gallery.put("/a.png", data))
    assert (await get(home, media(home).url("picture", found.id))).status_code == (404 if over else 200)


async def test_no_address_inside_our_network_is_asked(home: House, bob: RemoteActor, follows_bob: Actor) -> None:
    """D9: loopback is allowed in development alone, a private address never."""
    found = await picture(home, bob, "https://10.0.0.1/a.png")
    assert (await get(home, media(home).url("picture", found.id))).status_code == 404
    [row] = await home.rows(RemoteCopy)
    assert "10.0.0.1" in (row.problem or "")


async def test_copies_are_fetched_anew_after_a_week_and_when_the_address_changes(
    home: House, bob: RemoteActor, gallery: Gallery, alice: Actor
) -> None:
    bob.changes["icon"] = {"type": "Image", "url": gallery.put("/1.png", png())}
    await receive(home, bob, bob.activity("Follow", alice.uri))
    [row] = await home.rows(Actor, uri=bob.uri)
    address = media(home).url("avatar", row.id)
    first = (await get(home, address)).content
    home.clock.forward(7 * DAY - 60)
    await get(home, address)
    assert gallery.asked("/1.png") == 1
    home.clock.forward(120)
    await get(home, address)
    assert gallery.asked("/1.png") == 2
    async with home.context.database.write() as session:
        row.icon_url = gallery.put("/2.png", png(colour="blue"))
        session.add(row)
    assert (await get(home, address)).content != first
    assert len(await home.rows(RemoteCopy)) == 1
    assert len(files(home)) == 2, "the old files are gone"


def files(home: House) -> list[Path]:
    return [path for path in (home.context.config.data_dir / "remote-media").rglob("*") if path.is_file()]


async def test_what_is_deleted_or_blocked_is_not_served_any_more(
    home: House, bob: RemoteActor, gallery: Gallery, follows_bob: Actor
) -> None:
    found = await picture(home, bob, gallery.put("/a.png", png()))
    address = media(home).url("picture", found.id)
    assert (await get(home, address)).status_code == 200
    for wanted in (Wanted("localhost"), Wanted("localhost", severity=Severity.NONE, reject_media=True)):
        await rules.set_rule(home.context, wanted)
        assert (await get(home, address)).status_code == 404
        await rules.undo(home.context, "localhost")
        assert (await get(home, address)).status_code == 200
    [post] = await home.rows(Post, local=False)
    await receive(home, bob, bob.activity("Delete", post.uri))
    assert (await get(home, address)).status_code == 404
    assert len(files(home)) == 2
    swept = await media(home).prune()
    assert (swept.copies, files(home)) == (1, [])


async def test_a_rule_about_the_server_of_the_file_counts(home: House, gallery: Gallery, alice: Actor) -> None:
    """The person is of one server, the picture lies on another, about which there is a rule."""
    async with peer("127.0.0.1") as far:
        carl = far.actor("carl", key=1)
        carl.changes["icon"] = {"type": "Image", "url": gallery.put("/c.png", png())}
        await receive(home, carl, carl.activity("Follow", alice.uri))
        await rules.set_rule(home.context, Wanted("localhost", severity=Severity.NONE, reject_media=True))
        [row] = await home.rows(Actor, uri=carl.uri)
        assert (await get(home, media(home).url("avatar", row.id))).status_code == 404
        assert gallery.asked("/c.png") == 0


async def test_the_room_is_bounded_and_the_least_used_goes_first(
    home: House, bob: RemoteActor, gallery: Gallery, follows_bob: Actor
) -> None:
    found = []
    for number, colour in enumerate(("red", "green", "blue", "white")):
        found.append(await picture(home, bob, gallery.put(f"/{number}.png", png(colour=colour))))
    for one in found[:3]:
        await get(home, media(home).url("picture", one.id))
        home.clock.forward(limits.REMOTE_COPY_USED_SECONDS + 1)
    await get(home, media(home).url("picture", found[0].id))
    room = sum(row.size for row in await home.rows(RemoteCopy)) + 1
    section = home.context.config.media.model_copy(update={"remote_bytes": room})
    home.context.config = home.context.config.model_copy(update={"media": section})
    await get(home, media(home).url("picture", found[3].id))
    kept = {row.owner_id for row in await home.rows(RemoteCopy)}
    assert found[3].id in kept
    assert found[0].id in kept
    assert found[1].id not in kept
    assert sum(row.size for row in await home.rows(RemoteCopy)) <= section.remote_bytes
    assert sum(path.stat().st_size for path in files(home)) <= section.remote_bytes


async def test_prune_by_age_and_stray_files_and_a_dry_run(
    home: House, bob: RemoteActor, gallery: Gallery, follows_bob: Actor
) -> None:
    found = await picture(home, bob, gallery.put("/a.png", png()))
    await get(home, media(home).url("picture", found.id))
    stray = home.context.config.data_dir / "remote-media" / "ab" / ".half-written.jpg.7"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"half")
    os.utime(stray, (1, 1))
    assert await media(home).prune(dry_run=True) == await media(home).prune(dry_run=True)
    assert (await media(home).prune(dry_run=True)).orphans == 1
    home.clock.forward(7 * DAY + 60)
    told = await media(home).prune(dry_run=True)
    assert (told.copies, told.orphans) == (1, 1)
    assert len(files(home)) == 3
    assert await media(home).prune() == told
    assert files(home) == []
    assert await home.rows(RemoteCopy) == []


async def test_the_same_picture_of_two_posts_stays_until_both_are_gone(
    home: House, bob: RemoteActor, gallery: Gallery, follows_bob: Actor
) -> None:
    url = gallery.put("/a.png", png())
    for _ in range(2):
        one = await picture(home, bob, url)
        await get(home, media(home).url("picture", one.id))
    assert len(files(home)) == 2
    first, _ = await home.rows(Post, local=False)
    await receive(home, bob, bob.activity("Delete", first.uri))
    await media(home).prune()
    assert len(files(home)) == 2
    assert (await get(home, media(home).url("picture", one.id))).status_code == 200


async def test_no_room_means_no_copies(tmp_path: Path, bob: RemoteActor, gallery: Gallery) -> None:
    async with house(tmp_path / "small", media={"remote_bytes": 0}) as small:
        alice = await small.make_actor("alice")
        bob.changes["icon"] = {"type": "Image", "url": gallery.put("/1.png", png())}
        await receive(small, bob, bob.activity("Follow", alice.uri))
        [row] = await small.rows(Actor, uri=bob.uri)
        assert (await get(small, media(small).url("avatar", row.id))).status_code == 404
        assert gallery.asked("/1.png") == 0


async def test_a_page_shows_them_to_members_from_here_and_to_strangers_not_at_all(
    home: House, alice: Actor, bob: RemoteActor, gallery: Gallery, follows_bob: Actor
) -> None:
    mine = await published(home, alice, "Show me yours")
    bob.changes["icon"] = {"type": "Image", "url": gallery.put("/me.png", png())}
    await receive(home, bob, bob.activity("Update", bob.document()))
    found = await picture(home, bob, gallery.put("/a.png", png()), inReplyTo=mine.uri)
    browser = {"accept": "text/html"}
    cookie = await signed_in(home, alice)
    shown = read(await get(home, mine.url or "", **browser, **cookie))
    sources = [image.attrs["src"] for image in shown.all("img")]
    assert len(sources) == 2
    assert all(source.startswith(f"{home.origin}/proxy/") for source in sources)
    for source in sources:
        answer = await get(home, source)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert f"/proxy/picture/{found.id}" in shown.body
    visitor = read(await get(home, mine.url or "", **browser))
    assert "/proxy/" not in visitor.body
    assert bob.peer.host in visitor.text()
    await rules.set_rule(home.context, Wanted("localhost", severity=Severity.NONE, reject_media=True))
    kept_away = read(await get(home, mine.url or "", **browser, **cookie))
    assert kept_away.all("img") == []


async def test_custom_emoji_of_a_note_and_of_a_name(
    home: House, bob: RemoteActor, gallery: Gallery, follows_bob: Actor
) -> None:
    """Kept with the post by name, shown by id; a server's name means what it meant last."""

    def emoji(name: str, url: str) -> dict[str, Any]:
        return {"type": "Emoji", "name": f":{name}:", "icon": {"type": "Image", "mediaType": "image/png", "url": url}}

    cat, new = gallery.put("/cat.png", png((64, 64))), gallery.put("/new.png", png((64, 64), "#00ff0080"))
    await receive(home, bob, bob.create(bob.note("<p>:cat:</p>", tag=[emoji("cat", cat)])))
    note = bob.note("<p>:cat: :dog:</p>", tag=[emoji("cat", new), emoji("dog", cat)])
    await receive(home, bob, bob.create(note))
    [post] = await home.rows(Post, uri=note["id"])
    assert post.emojis.keys() == {"cat", "dog"}
    assert [(row.name, row.url) for row in await home.rows(Emoji)] == [("cat", new), ("dog", cat)]
    answer = await get(home, media(home).url("emoji", post.emojis["cat"], small=True))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert gallery.asked("/new.png") == 1
    assert (await get(home, f"/proxy/emoji/{post.emojis['dog']}")).status_code == 404, "strangers cause no fetch"
    bob.changes |= {"name": "Bob :cat:", "tag": [emoji("cat", new)]}
    await receive(home, bob, bob.activity("Update", bob.document()))
    [row] = await home.rows(Actor, uri=bob.uri)
    assert row.emojis == {"cat": post.emojis["cat"]}
