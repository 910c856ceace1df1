"""What members read: feeds, notifications, search, lists, threads; each through its page, for the right eyes only."""

from __future__ import annotations

from typing import Any

import pytest

from actors import blocks, follows
from actors.models import Actor, FollowState, Mute
from outbox import filters, notify, react
from outbox.belongings import Bookmark
from outbox.models import Notification, Post
from outbox.shelves import Conversation
from tests.web.site import Browser, Page, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = (
    "/home", "/local", "/federated", "/notifications", "/notifications?only=mentions", "/notifications/aside",
    "/follow-requests", "/search", "/search?q=fox", "/bookmarks", "/favourites", "/lists", "/conversations",
)  # fmt: skip


async def far(site: Site, username: str, **columns: Any) -> Actor:
    """Somebody of another server, as it is kept here."""
    uri = f"https://far.test/users/{username}"
    values: dict[str, Any] = {
        "id": site.context.ids.new(), "uri": uri, "username": username, "username_lower": username, "host": "far.test",
        "inbox_url": f"{uri}/inbox", "name": username.capitalize(), **columns,
    }  # fmt: skip
    actor = Actor(**values)
    async with site.context.database.write() as session:
        session.add(actor)
    return actor


async def far_post(site: Site, author: Actor, words: str, **columns: Any) -> Post:
    number = site.context.ids.new()
    values: dict[str, Any] = {
        "uri": f"https://far.test/notes/{number}", "url": f"https://far.test/@{author.username}/{number}",
        "local": False, "visibility": "public", "text": "", "content": f"<p>{words}</p>", "pictures": 0, **columns,
    }  # fmt: skip
    return await site.post(author, **values)


async def follow(site: Site, follower: Actor, followed: Actor, state: FollowState = FollowState.ACCEPTED) -> None:
    async with site.context.database.write() as session:
        await follows.add(session, follower, followed, f"https://x.test/{site.context.ids.new()}", state)


async def words_of(browser: Browser, path: str) -> str:
    page = await browser.get(path)
    assert page.status == 200, page.body[:2000]
    return page.text()


def sound(page: Page) -> None:
    """One h1, words for every field and picture, unique ids, nothing inline, every form with its token."""
    page.one("h1")
    labelled = {label.attrs.get("for") for label in page.all("label")}
    for element in page.all("input") + page.all("textarea") + page.all("select"):
        if element.attrs.get("type") != "hidden":
            assert element.attrs["id"] in labelled
    ids = [element.attrs["id"] for element in page.elements if "id" in element.attrs]
    assert sorted({one for one in ids if ids.count(one) > 1}) == []
    for element in page.elements:
        assert "style" not in element.attrs
        assert not any(name.startswith("on") for name in element.attrs)
        assert not any(name.startswith("hx-on") for name in element.attrs)
    posts = [form for form in page.all("form") if form.attrs.get("method") == "post"]
    assert len(page.all("input", name="csrf")) == len(posts)


async def test_every_page_is_sound_and_for_members_only(site: Site) -> None:
    ann = await site.person("ann")
    bob = await site.person("bob")
    zoe = await far(site, "zoe", summary="<p>Paints foxes.</p>", fields=[{"name": "Home", "value": "far"}])
    await follow(site, ann, bob)
    mine = await site.post(ann, text="My own fox", visibility="public")
    await site.post(bob, text="Bob's fox", summary="foxes", pictures=2)
    theirs = await far_post(site, zoe, "A far fox", poll={"options": [{"title": "Red", "votes": 3}], "voters": 3})
    browser, stranger = await site.member("ann"), site.browser()
    further = [f"/posts/{mine.id}/{name}" for name in ("reply", "quote", "edit", "history", "delete")]
    further += [f"/people/{zoe.id}/report", "/@zoe@far.test", f"/@zoe@far.test/{theirs.id}"]
    for path in (*PAGES, *further):
        page = await browser.get(path)
        assert page.status == 200, (path, page.body[-3000:])
        sound(page)
        assert page.response.headers["cache-control"] == "private, no-store"
        assert (await stranger.get(path)).status == (404 if "@far" in path else 401), path
    assert (await stranger.get(f"/@ann@127.0.0.1:8321/{mine.id}")).response.headers["location"] == f"/@ann/{mine.id}"
    assert "Paints foxes." in await words_of(browser, "/@zoe@far.test")
    assert "Red" in await words_of(browser, f"/@zoe@far.test/{theirs.id}")


async def test_feeds_show_what_is_theirs_and_nothing_private(site: Site) -> None:
    reader, friend, other = await site.person("rita"), await site.person("finn"), await site.person("olga")
    await follow(site, reader, friend)
    zoe = await far(site, "faye")
    for author, words, visibility in (
        (friend, "finn-public", "public"), (friend, "finn-followers", "followers"), (friend, "finn-direct", "direct"),
        (other, "olga-quiet", "quiet"), (other, "olga-followers", "followers"),
    ):  # fmt: skip
        await site.post(author, text=words, content=words, visibility=visibility, pictures=0)
    boosted = await site.post(other, text="olga-boosted", visibility="public", pictures=0)
    await far_post(site, zoe, "faye-public")
    await far_post(site, zoe, "faye-followers", visibility="followers")
    async with site.context.database.write() as session:
        await react.boost(session, friend, boosted)
    browser = await site.member("rita")
    found = {path: await words_of(browser, path) for path in ("/home", "/local", "/federated", "/search?q=public")}
    expected = {
        "/home": {"finn-public", "finn-followers", "olga-boosted"},
        "/local": {"finn-public", "olga-quiet", "olga-boosted"},
        "/federated": {"finn-public", "olga-boosted", "faye-public"},
        "/search?q=public": set(),
    }
    every = {"finn-public", "finn-followers", "finn-direct", "olga-quiet", "olga-followers", "olga-boosted",
             "faye-public", "faye-followers"}  # fmt: skip
    assert {path: {word for word in every if word in text} for path, text in found.items()} == expected
    assert "Finn boosted" in found["/home"]


async def test_a_feed_goes_on_where_it_ended(site: Site) -> None:
    author = await site.person("paul")
    for number in range(26):
        await site.post(author, text=f"page-{number:02}", pictures=0)
    browser = await site.member("paul")
    first = await browser.get("/home")
    [older] = [link.attrs for link in first.all("a", rel="next")]
    second = await browser.get(older["href"])
    assert older["hx-get"] == older["href"]
    numbers = [[n for n in range(26) if f"page-{n:02}" in page.text()] for page in (first, second)]
    assert numbers == [list(range(2, 26)), [0, 1]]
    assert second.all("a", rel="next") == []
    assert (await browser.get("/home?before=x")).status == 400


async def _notify(site: Site, actor: Actor, kind: str, **columns: Any) -> None:
    ids, now = site.context.ids, site.context.clock.now_ms()
    async with site.context.database.write() as session:
        row = Notification(id=ids.new(), actor_id=actor.id, kind=kind, cause=str(ids.new()), created_ms=now, **columns)
        session.add(row)


async def test_notifications_are_grouped_marked_and_nobody_elses(site: Site) -> None:
    nina, likers = await site.person("nina"), [await far(site, f"liker{n}") for n in range(3)]
    mine = await site.post(nina, text="A fox to like", pictures=0)
    secret = await site.post(await site.person("kurt"), text="kurt-secret", visibility="followers", pictures=0)
    for one in likers:
        await _notify(site, nina, "like", from_id=one.id, post_id=mine.id)
    await _notify(site, nina, "mention", from_id=secret.author_id, post_id=secret.id)
    await follow(site, likers[0], nina, FollowState.PENDING)
    await _notify(site, nina, "follow_request", from_id=likers[0].id)
    browser = await site.member("nina")
    page = await browser.get("/notifications")
    sound(page)
    assert "Liker2 and 2 others like your post" in page.text()
    assert "Liker0 asks to follow you" in page.text()
    assert "kurt-secret" not in page.body
    assert "new" in page.text()
    upto = page.one("input", name="upto").attrs["value"]
    answer = await browser.submit("/notifications", "/notifications/read", upto=upto)
    assert (answer.status, answer.response.headers["location"]) == (303, "/notifications")
    assert (await browser.get("/notifications")).all("input", name="upto") == []
    requests = await browser.get("/follow-requests")
    assert "@liker0@far.test" in requests.text()
    await browser.submit("/follow-requests", f"/people/{likers[0].id}/act", verb="accept", back="/follow-requests")
    after = await words_of(browser, "/follow-requests")
    assert "@liker0@far.test follows you now." in after
    assert "Nobody waits." in after


async def test_what_is_put_aside_waits_on_a_page_of_its_own(site: Site) -> None:
    """Chosen in the settings, counted where the activity is, let in or thrown away person by person."""
    tess_id = (await site.person("tess")).id
    browser = await site.member("tess")
    settings = "/settings/notifications"
    kinds = {f"kind_{kind}": "1" for kind in ("like", "mention", "follow")}
    await browser.submit(settings, settings, **kinds, from_not_followed="aside", from_limited="aside")
    chosen = {box.attrs["id"] for box in (await browser.get(settings)).all("input", type="radio")
              if "checked" in box.attrs}  # fmt: skip
    assert chosen == {"from_not_followed-aside", "from_not_followers-tell", "from_new-tell", "from_private-tell",
                      "from_limited-aside"}  # fmt: skip
    people = [await far(site, f"aside{number}") for number in range(2)]
    async with site.context.database.write() as session:
        tess = await session.get_one(Actor, tess_id)
        for one in people:
            await notify.tell(session, tess, "follow", f"https://far.test/{one.id}", from_id=one.id)
    page = await browser.get("/notifications")
    assert "Nothing happened yet." in page.text()
    assert "/notifications/aside" in page.links()
    page = await browser.get("/notifications/aside")
    sound(page)
    assert [item.text for item in page.all("p") if "notification" in item.text] == ["1 notification"] * 2
    for one, verb, said in ((people[0], "let_in", "You are told of what @aside0@far.test does."),
                            (people[1], "throw_away", "What @aside1@far.test did is thrown away.")):  # fmt: skip
        act = f"/people/{one.id}/act"
        await browser.submit("/notifications/aside", act, verb=verb, back="/notifications/aside")
        assert said in await words_of(browser, "/notifications/aside")
    assert "Nobody waits." in await words_of(browser, "/notifications/aside")
    page = await browser.get("/notifications")
    assert "Aside0 follows you now" in page.text()
    assert "Aside1" not in page.text()
    assert "/notifications/aside" not in page.links()


async def test_search_finds_people_tags_and_consented_posts(site: Site) -> None:
    author = await site.person("quince")
    async with site.context.database.write() as session:
        row = await session.get(Actor, author.id)
        assert row is not None
        row.indexable = True
        session.add(row)
    found = await site.post(author, text="quincewords", content="<p>quincewords</p>", visibility="public", pictures=0)
    await site.post(author, text="quincewords quiet", content="quincewords quiet", visibility="quiet", pictures=0)
    browser = await site.member("seeker")
    assert "@quince@" in await words_of(browser, "/search?q=quin")
    page = await browser.get("/search?q=quincewords")
    assert f"post-{found.id}" in page.body
    assert "quincewords quiet" not in page.body
    own = await browser.get(f"/search?q=http://127.0.0.1:8321/@quince/{found.id}")
    assert own.response.headers["location"] == f"/@quince/{found.id}"
    zoe = await far(site, "quill")
    assert (await browser.get("/search?q=@quill@far.test")).response.headers["location"] == "/@quill@far.test"
    theirs = await far_post(site, zoe, "known here")
    goal = await browser.get(f"/search?q={theirs.uri}")
    assert goal.response.headers["location"] == f"/@quill@far.test/{theirs.id}"
    await browser.submit("/lists", "/tags/foxes/follow", verb="follow", back="/lists")
    assert "Posts with #foxes come home now." in await words_of(browser, "/lists")


async def test_lists_are_made_filled_read_and_dropped(site: Site) -> None:
    owner, member = await site.person("lena"), await site.person("moss")
    await follow(site, owner, member)
    await site.post(member, text="moss-listed", pictures=0)
    browser, thief = await site.member("lena"), await site.member("moss")
    made = await browser.submit("/lists", "/lists", title="Painters")
    edit = made.response.headers["location"]
    await browser.submit(edit, edit, verb="add", member=str(member.id))
    await browser.submit(edit, edit, verb="change", title="Artists", replies="none", exclusive="1")
    assert "moss-listed" in await words_of(browser, edit.removesuffix("/edit"))
    assert "moss-listed" not in await words_of(browser, "/home"), "exclusive"
    page = await browser.get(edit)
    sound(page)
    assert "The list Artists" in page.text()
    assert (await thief.get(edit)).status == 404
    assert (await browser.submit("/lists", "/lists", title=" ")).status == 422
    gone = await browser.submit(edit, edit, verb="delete")
    assert gone.response.headers["location"] == "/lists"
    assert (await browser.get(edit)).status == 404


async def test_direct_talks_are_listed_for_those_in_them(site: Site) -> None:
    vera, zoe = await site.person("vera"), await far(site, "whisper")
    named = [{"uri": vera.uri, "handle": vera.handle, "url": vera.page_url}]
    post = await far_post(site, zoe, "psst-words", visibility="direct", mentions=named)
    async with site.context.database.write() as session:
        made = site.context.ids.new()
        row = Conversation(id=made, actor_id=vera.id, context_uri=post.uri, last_post_id=post.id, unread=True)
        session.add(row)
    browser = await site.member("vera")
    page = await browser.get("/conversations")
    assert "psst-words" in page.text()
    assert f"/@whisper@far.test/{post.id}" in page.links()
    await browser.submit("/conversations", f"/conversations/{made}", verb="read")
    assert page.all("button", value="read") != []
    assert (await browser.get("/conversations")).all("button", value="read") == []
    stranger = await site.member("seeker")
    assert (await stranger.get(f"/@whisper@far.test/{post.id}")).status == 404


async def test_a_thread_is_whole_in_order_and_says_where_it_is_not(site: Site) -> None:
    root_author, zoe = await site.person("theo"), await far(site, "yves")
    lost = await far_post(site, zoe, "the-first", in_reply_to_uri="https://far.test/notes/gone")
    root = await site.post(root_author, text="the-root", in_reply_to_id=lost.id, in_reply_to_uri=lost.uri)
    one = await far_post(site, zoe, "answer-one", in_reply_to_id=root.id, in_reply_to_uri=root.uri)
    two = await far_post(site, zoe, "answer-two", in_reply_to_id=root.id, in_reply_to_uri=root.uri, summary="Careful")
    deep = await far_post(site, zoe, "answer-deep", in_reply_to_id=one.id, in_reply_to_uri=one.uri)
    hidden = await far_post(
        site, zoe, "answer-hidden", in_reply_to_id=root.id, in_reply_to_uri=root.uri, visibility="followers"
    )
    browser = await site.member("theo")
    page = await browser.get(f"/@theo/{root.id}")
    sound(page)
    places = [page.body.index(f"post-{post.id}") for post in (lost, one, deep, two)]
    assert places == sorted(places)
    assert "Here is a gap" in page.text()
    assert page.body.index("Careful") < page.body.index("answer-two")
    assert f"post-{hidden.id}" not in page.body
    assert page.one("ol", id="thread").attrs["sse-connect"] == f"/posts/{root.id}/events"
    far_page = await browser.get(f"/@yves@far.test/{one.id}")
    assert far_page.status == 200
    assert "the-root" in far_page.text()
    assert "answer-deep" in far_page.text()


async def test_who_is_muted_blocked_or_filtered_is_not_met(site: Site) -> None:
    iris, gus = await site.person("iris"), await site.person("gus")
    await follow(site, iris, gus)
    post = await site.post(gus, text="gus-says #wasps", content="gus-says #wasps", hashtags=["wasps"], pictures=0)
    browser = await site.member("iris")
    assert "gus-says" in await words_of(browser, "/home")
    async with site.context.database.write() as session:
        row = await filters.mute_words(session, iris.id, ["#wasps"], action="warn")
    page = await browser.get("/home")
    assert "Filtered: #wasps" in page.text()
    async with site.context.database.write() as session:
        kept = await session.get(type(row), row.id)
        assert kept is not None
        kept.action = "hide"
        session.add(kept)
    for path in ("/home", "/local", "/federated"):
        assert "gus-says" not in await words_of(browser, path)
    assert "gus-says" in await words_of(browser, f"/@gus/{post.id}"), "one may look at what one asks for"
    async with site.context.database.write() as session:
        await filters.drop(session, iris.id, row.id)
        now = site.context.clock.now_ms()
        session.add(Mute(id=site.context.ids.new(), muter_id=iris.id, muted_id=gus.id, created_ms=now))
    assert "gus-says" not in await words_of(browser, "/home")
    async with site.context.database.write() as session:
        session.add(Bookmark(id=site.context.ids.new(), actor_id=iris.id, post_id=post.id, created_ms=now))
    assert "gus-says" in await words_of(browser, "/bookmarks")
    async with site.context.database.write() as session:
        await blocks.add(session, gus, iris, "https://x.test/block")
    assert "gus-says" not in await words_of(browser, "/bookmarks")
    assert (await browser.get(f"/posts/{post.id}/reply")).status == 404
