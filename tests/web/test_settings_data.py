"""Lists out and in again, and the archive: Mastodon's formats, strict reading, what a zip holds and what not."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from sqlmodel import select

from actors.models import Account, Actor, Block, Follow, Mute
from actors.personal import Archive, Import, ImportRow
from fediverse_ai.carry import archive, csvs, imports
from fediverse_ai.carry.csvs import FILES, Kind
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Malformed, RequestError, TooLarge
from outbox import consent, follow, gathered, react
from outbox.belongings import Bookmark
from outbox.models import Activity, Judgement, Post
from outbox.shelves import ListMember, ReadingList, SilencedHost
from tests.web.site import Browser, Page, Site
from tests.web.test_settings import multipart

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "correct horse battery"
PATH = "/settings/data"
HOST = "127.0.0.1:8321"


async def furnish(site: Site, name: str) -> Actor:
    """Somebody with an entry in every list."""
    me = await site.person(name, password=PASSWORD)
    friend, foe, bore = [await site.person(other) for other in ("friend", "foe", "bore")]
    kept = await site.post(friend, text="Worth keeping")
    context = site.context
    now, new = context.clock.now_ms(), context.ids.new
    async with context.database.write() as session:
        row = await follow.ask(session, await session.get_one(Actor, me.id), await session.get_one(Actor, friend.id))
        row.notify = True
        session.add(row)
        session.add(Block(id=new(), blocker_id=me.id, blocked_id=foe.id, created_ms=now))
        session.add(Mute(id=new(), muter_id=me.id, muted_id=bore.id, notifications=False, created_ms=now))
        session.add(SilencedHost(id=new(), actor_id=me.id, host="loud.example"))
        shelf = ReadingList(id=new(), actor_id=me.id, title="=Painters, old")
        session.add(shelf)
        await session.flush()
        session.add(ListMember(id=new(), list_id=shelf.id, member_id=friend.id))
        session.add(Bookmark(id=new(), actor_id=me.id, post_id=kept.id, created_ms=now))
    return me


async def carry(site: Site, import_id: int) -> None:
    """What the queue would do, turn by turn."""
    turn = 0
    while True:
        await imports.carry.function(site.context, [import_id, turn])
        async with site.context.database.read() as session:
            if (await session.get_one(Import, import_id)).done_ms is not None:
                return
        turn += 1


async def brought(browser: Browser, kind: str, text: str | bytes, mode: str = "merge") -> Page:
    data = text.encode() if isinstance(text, str) else text
    return await multipart(browser, PATH, {"file": data}, action=f"{PATH}/import", kind=kind, mode=mode)


async def test_lists_leave_as_mastodon_writes_them(site: Site) -> None:
    await furnish(site, "xenia")
    browser = await site.member("xenia")
    page = await browser.get(PATH)
    assert {f"{PATH}/{name}" for name in FILES.values()} <= page.links()
    found = {}
    for kind, name in FILES.items():
        answer = await browser.get(f"{PATH}/{name}")
        assert answer.response.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert answer.response.headers["content-type"] == "text/csv; charset=utf-8"
        found[kind] = answer.body
    async with site.context.database.read() as session:
        uri = (await session.exec(select(Post.uri).where(Post.text == "Worth keeping"))).first()
    assert found == {
        Kind.FOLLOWING: f"Account address,Show boosts,Notify on new posts,Languages\nfriend@{HOST},true,true,\n",
        Kind.BLOCKS: f"foe@{HOST}\n",
        Kind.MUTES: f"Account address,Hide notifications\nbore@{HOST},false\n",
        Kind.DOMAINS: "loud.example\n",
        Kind.LISTS: f'"\'=Painters, old",friend@{HOST}\n',
        Kind.BOOKMARKS: f"{uri}\n",
    }
    assert (await browser.get(f"{PATH}/secrets.csv")).status == 404
    assert (await site.browser().get(f"{PATH}/lists.csv")).status == 401


async def test_what_left_comes_in_again_the_same(site: Site) -> None:
    """Export and import are the identity on one's own lists."""
    await furnish(site, "yara")
    yara, zoe = await site.member("yara"), await site.member("zoe")
    files = {kind: (await yara.get(f"{PATH}/{name}")).body for kind, name in FILES.items()}
    for kind, text in files.items():
        assert (await brought(zoe, kind, text)).status == 303, kind
        async with site.context.database.read() as session:
            row = (await session.exec(select(Import).where(Import.account_id == site.account_id("zoe")))).all()[-1]
        await carry(site, row.id)
    assert {kind: (await zoe.get(f"{PATH}/{name}")).body for kind, name in FILES.items()} == files
    page = await zoe.get(PATH)
    assert page.body.count("1 line carried in.") == len(files)


async def test_lines_that_fail_say_why_and_overwriting_takes_the_others_away(site: Site) -> None:
    await furnish(site, "wim")
    browser = await site.member("wim")
    lines = f"Account address,Show boosts\nbore@{HOST},false\nnobody@{HOST},true\nwim@{HOST},true\nbore,true\n"
    assert (await brought(browser, Kind.FOLLOWING, lines, "overwrite")).status == 303
    again = await brought(browser, Kind.BLOCKS, "foe\n")
    assert again.status == 409
    assert "wait until it is done" in again.text()
    account_id = site.account_id("wim")
    async with site.context.database.read() as session:
        [row] = await session.exec(select(Import).where(Import.account_id == account_id))
    await carry(site, row.id)
    async with site.context.database.read() as session:
        me = (await session.get_one(Account, account_id)).actor_id
        follows = list(await session.exec(select(Follow).where(Follow.follower_id == me)))
        names = [(await session.get_one(Actor, one.followed_id)).username for one in follows]
    assert names == ["bore"]
    report = await browser.get(f"{PATH}/imports/{row.id}")
    assert f"nobody@{HOST}" in report.text()
    assert "You cannot follow yourself." in report.text()
    other = await site.member("zoe")
    assert (await other.get(f"{PATH}/imports/{row.id}")).status == 404


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Kind.FOLLOWING, b"\xff\xfe\x00"),
        (Kind.FOLLOWING, b"ann@x.example\x00\n"),
        (Kind.FOLLOWING, b"Account address\n"),
        (Kind.FOLLOWING, b"<script>alert(1)</script>\n"),
        (Kind.LISTS, b"only one cell\n"),
        (Kind.BLOCKS, b'"never closed\n'),
        (Kind.BLOCKS, b"a" * (limits.IMPORT_CELL_CHARS + 1) + b"\n"),
        (Kind.BLOCKS, b"a\n" * (limits.IMPORT_ROWS + 1)),
        (Kind.BLOCKS, b"a" * (limits.IMPORT_BYTES + 1)),
    ],
)
async def test_files_that_are_no_lists_are_refused(site: Site, kind: Kind, data: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        csvs.read(kind, data)
    assert isinstance(refused.value, Malformed | TooLarge)
    browser = await site.member("vera")
    if len(data) <= limits.IMPORT_CELL_CHARS + 2:
        answer = await brought(browser, kind, data)
        assert answer.status in (400, 413)
        assert answer.one("input", id="file").attrs["aria-invalid"] == "true"


async def test_bounds_of_a_list_hold_at_n() -> None:
    assert len(csvs.read(Kind.BLOCKS, b"".join(b"a%d\n" % n for n in range(limits.IMPORT_ROWS)))) == limits.IMPORT_ROWS
    assert csvs.read(Kind.BOOKMARKS, b"a" * limits.IMPORT_CELL_CHARS)
    assert len(csvs.read(Kind.BOOKMARKS, b"a,\n" + b"\n" * (limits.IMPORT_BYTES - 3))) == 1
    rows = csvs.read(
        Kind.MUTES, "\ufeffAccount address,Hide notifications\r\n@Ann@x.example,FALSE\r\nann@X.example,1\r\n".encode()
    )
    assert [(row.subject, row.options) for row in rows] == [("ann@X.example", {"notifications": True})]


async def test_imports_are_limited_and_only_the_last_are_kept(site: Site) -> None:
    browser = await site.member("ursula")
    statuses = []
    for number in range(limits.IMPORTS_PER_ACCOUNT.count + 1):
        statuses.append((await brought(browser, Kind.DOMAINS, f"host{number}.example\n")).status)
        async with site.context.database.read() as session:
            row = (await session.exec(select(Import).where(Import.account_id == site.account_id("ursula")))).all()[-1]
        await carry(site, row.id)
    assert statuses == [303] * limits.IMPORTS_PER_ACCOUNT.count + [429]
    async with site.context.database.read() as session:
        kept = (await session.exec(select(Import.id).where(Import.account_id == site.account_id("ursula")))).all()
        rows = (await session.exec(select(ImportRow).where(ImportRow.import_id == kept[-1]))).all()
    assert len(kept) == limits.IMPORTS_KEPT
    assert [row.state for row in rows] == ["done"]


async def rich(site: Site, name: str) -> tuple[Actor, Post]:
    """Somebody with posts in several states, verdicts, consents, a like, and a direct post received."""
    me = await furnish(site, name)
    friend = await site.person("friend")
    post = await site.post(me, text="A lighthouse for you", visibility="followers")
    draft = await site.post(me, text="Not yet", state="draft", published_ms=None)
    secret = await site.post(
        friend, text="x", content="<p>Between us</p>", visibility="direct", to=[me.uri], pictures=0
    )
    await site.post(friend, text="y", content="<p>Not for you</p>", visibility="direct", to=[], pictures=0)
    context = site.context
    async with context.database.write() as session:
        actor = await session.get_one(Actor, me.id)
        await consent.choose(session, actor, await session.get_one(Post, post.id), "server")
        values = {"decision": "allow", "policy_version": "7", "digests": ["d"], "created_ms": context.clock.now_ms()}
        session.add(Judgement(id=context.ids.new(), post_id=post.id, **values))
        body = b'{"id":"' + post.activity_uri.encode() + b'","type":"Create"}'
        activity = {"uri": post.activity_uri, "type": "Create", "body": body, "created_ms": context.clock.now_ms()}
        session.add(Activity(id=context.ids.new(), actor_id=me.id, **activity))
        liked = (await session.exec(select(Post).where(Post.text == "Worth keeping"))).first()
        assert liked is not None
        await react.like(session, actor, liked)
    assert draft.id != secret.id
    return me, post


async def test_an_archive_holds_everything_and_no_secret(site: Site) -> None:
    me, post = await rich(site, "arne")
    browser = await site.member("arne")
    assert (await browser.submit(PATH, f"{PATH}/archive", password="wrong")).status == 422
    async with site.context.database.write() as session:
        row = await gathered.make(session, me, "Lights", "By the sea")
        await gathered.added(session, me, row, post.uri)
    assert (await browser.submit(PATH, f"{PATH}/archive", password=PASSWORD)).status == 303
    assert (await browser.submit(PATH, f"{PATH}/archive", password=PASSWORD)).status == 429
    async with site.context.database.read() as session:
        [row] = await session.exec(select(Archive).where(Archive.account_id == site.account_id("arne")))
    assert (await browser.get(f"{PATH}/archive/{row.id}")).status == 404
    await archive.make.function(site.context, [row.id])
    assert f"{PATH}/archive/{row.id}" in (await browser.get(PATH)).links()
    answer = (await browser.get(f"{PATH}/archive/{row.id}")).response
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["cache-control"] == "private, no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as held:
        names = set(held.namelist())
        assert held.testzip() is None
        told = {name: json.loads(held.read(name)) for name in names if name.endswith(".json")}
        raw = b"".join(held.read(name) for name in names)
    assert set(FILES.values()) | {"actor.json", "outbox.json", "likes.json", "bookmarks.json", "README.txt"} <= names
    assert told["actor.json"]["id"] == me.uri
    assert [item["id"] for item in told["outbox.json"]["orderedItems"]] == [post.activity_uri]
    assert told["likes.json"]["totalItems"] == told["bookmarks.json"]["totalItems"] == 1
    [shelf] = told["collections.json"]
    assert (shelf["name"], shelf["public"], shelf["orderedItems"]) == ("Lights", False, [post.uri])
    by_text = {one["text"]: one for one in told["posts.json"]}
    assert set(by_text) == {"A lighthouse for you", "Not yet"}
    mine = by_text["A lighthouse for you"]
    assert mine["pictures"][0]["recipe"]["seed"] == 42
    assert mine["pictures"][0]["file"] in names
    assert [one["choice"] for one in mine["training_consents"]] == ["server"]
    assert [(one["decision"], one["decided_by"]) for one in mine["verdicts"]] == [("allow", "policy")]
    assert [one["content"] for one in told["messages.json"]] == ["<p>Between us</p>"]
    assert b"Not for you" not in raw
    async with site.context.database.read() as session:
        account = await session.get_one(Account, site.account_id("arne"))
    assert account.password_hash is not None
    for hidden_word in (account.password_hash.encode(), b"PRIVATE KEY", b"secret_hash"):
        assert hidden_word not in raw


async def test_an_archive_is_its_owners_alone_and_ends_after_a_week(site: Site) -> None:
    await rich(site, "asta")
    owner, other = await site.member("asta"), await site.member("zoe")
    await owner.submit(PATH, f"{PATH}/archive", password=PASSWORD)
    async with site.context.database.read() as session:
        [row] = await session.exec(select(Archive).where(Archive.account_id == site.account_id("asta")))
    await archive.make.function(site.context, [row.id])
    [path] = [one for one in archive.folder(site.context).iterdir() if one.name.startswith(f"{row.id}-")]
    assert path.stat().st_mode & 0o777 == 0o600
    address = f"{PATH}/archive/{row.id}"
    assert [(await one.get(address)).status for one in (owner, other, site.browser())] == [200, 404, 401]
    site.clock.forward(limits.ARCHIVE_SECONDS - 60)
    await archive.forget(site.context)
    assert path.exists()
    site.clock.forward(61)
    owner = await site.member("asta")
    assert (await owner.get(address)).status == 404
    await archive.forget(site.context)
    assert not path.exists()
    assert (await owner.submit(PATH, f"{PATH}/archive", password=PASSWORD)).status == 303


async def test_pictures_beyond_the_room_are_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    me, post = await rich(site, "ada")
    monkeypatch.setattr(limits, "ARCHIVE_BYTES", 30)
    path = site.context.config.data_dir / "ada.zip"
    await archive.write(site.context, me.id, path)
    with zipfile.ZipFile(path) as held:
        left_out = json.loads(held.read("left_out.json"))
        files = [name for name in held.namelist() if name.startswith("media_attachments/")]
    assert (len(files), len(left_out)) == (1, 1)
    assert post.id > 0
