"""What members do from pages: plain forms with and without htmx, the dial in its four states, and live news."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from sqlmodel import col, select
from starlette.requests import Request

from actors import queries
from actors.models import Block, Follow, Mute
from fediverse_ai.core import limits, texts
from fediverse_ai.core.access import Principal
from fediverse_ai.core.errors import TooMany, Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.mastodon import batches
from fediverse_ai.social.events import Streams
from fediverse_ai.web.feeds import live
from outbox import dial, home, react
from outbox.belongings import Bookmark, ConversationMute, PollVote
from outbox.cursors import Cursor
from outbox.home import Entry
from outbox.models import Activity, Post, Reaction, Report, Revision
from tests.web.site import Site
from tests.web.test_feeds import far, far_post, follow, sound, words_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def rows(site: Site, model: Any, **columns: Any) -> list[Any]:
    async with site.context.database.read() as session:
        query = select(model).where(*(col(getattr(model, name)) == value for name, value in columns.items()))
        return list(await session.exec(query))


@pytest.mark.parametrize("hx", [False, True])
async def test_deeds_are_done_and_undone_where_one_is(site: Site, hx: bool) -> None:
    who, author = await site.person(f"doer{hx:d}"), await site.person(f"maker{hx:d}")
    browser = await site.member(who.username)
    post = await site.post(author, text="to be liked", visibility="public", pictures=0)
    headers = {"HX-Request": "true"} if hx else {}
    page = await browser.get("/local")
    token = page.all("input", name="csrf")[0].attrs["value"]
    act = f"/posts/{post.id}/act"
    for verb, kept in (
        ("like", (1, 0, 0, 0)), ("boost", (1, 1, 0, 0)), ("bookmark", (1, 1, 1, 0)), ("leave", (1, 1, 1, 1)),
        ("unlike", (0, 1, 1, 1)), ("unboost", (0, 0, 1, 1)), ("unbookmark", (0, 0, 0, 1)), ("rejoin", (0, 0, 0, 0)),
    ):  # fmt: skip
        answer = await browser.post(act, {"csrf": token, "verb": verb, "back": "/local?before=9"}, **headers)
        if hx:
            assert (answer.status, len(answer.all("form")), answer.all("h1")) == (200, 1, [])
            if verb in ("like", "unlike"):
                assert answer.one("button", id=f"like-{post.id}").attrs["aria-pressed"] == str(verb == "like").lower()
        else:
            goal = answer.response.headers["location"]
            assert (answer.status, goal) == (303, f"/local?before=9#post-{post.id}")
        found = [len(await rows(site, Reaction, actor_id=who.id, kind=kind)) for kind in ("like", "boost")]
        found += [len(await rows(site, model, actor_id=who.id)) for model in (Bookmark, ConversationMute)]
        assert tuple(found) == kept, verb
    assert (await browser.post(act, {"verb": "like"}, **headers)).status == 403, "without the token"
    assert (await browser.post(act, {"csrf": token, "verb": "eat"}, **headers)).status == 400
    away = await browser.post(act, {"csrf": token, "verb": "like", "back": "//evil.example/"})
    assert away.response.headers["location"] == f"/home#post-{post.id}"
    hidden = await site.post(author, text="not for you", visibility="followers", pictures=0)
    assert (await browser.post(f"/posts/{hidden.id}/act", {"csrf": token, "verb": "like"}, **headers)).status == 404


async def test_a_quiet_boost_names_the_public_second(site: Site) -> None:
    author = await site.person("quieted")
    post = await site.post(author, text="hush", visibility="public", pictures=0)
    browser = await site.member("hushed")
    await browser.submit("/lists", f"/posts/{post.id}/act", verb="boost_quietly")
    [sent] = await rows(site, Activity, object_uri=post.uri, type="Announce")
    body = json.loads(sent.body)
    public = "https://www.w3.org/ns/activitystreams#Public"
    assert public not in body["to"]
    assert public in body["cc"]


async def test_people_are_followed_muted_blocked_and_let_go(site: Site) -> None:
    who, other = await site.person("petra"), await far(site, "stone")
    browser, act = await site.member("petra"), f"/people/{other.id}/act"
    for verb, counts in (
        ("follow", (1, 0, 0)), ("mute_week", (1, 1, 0)), ("unmute", (1, 0, 0)), ("mute", (1, 1, 0)),
        ("unfollow", (0, 1, 0)), ("block", (0, 1, 1)), ("unblock", (0, 1, 0)),
    ):  # fmt: skip
        answer = await browser.submit("/lists", act, verb=verb, back="/@stone@far.test")
        assert answer.response.headers["location"] == "/@stone@far.test"
        found = (
            len([row for row in await rows(site, Follow, follower_id=who.id) if row.state != "rejected"]),
            len(await rows(site, Mute, muter_id=who.id)),
            len(await rows(site, Block, blocker_id=who.id)),
        )
        assert found == counts, verb
    page = await browser.get("/@stone@far.test")
    assert "Unmute" in page.text()
    answer = await browser.submit("/lists", act, verb="mute", back="/home")
    assert answer.status == 303


async def test_answers_take_over_audience_and_names_and_need_words(site: Site) -> None:
    writer, zoe = await site.person("wanda"), await far(site, "zelda")
    named = [{"uri": writer.uri, "handle": writer.handle, "url": writer.page_url}]
    post = await far_post(site, zoe, "for you alone", visibility="direct", mentions=named)
    browser, path = await site.member("wanda"), f"/posts/{post.id}/reply"
    page = await browser.get(path)
    assert page.one("textarea", name="text").text.strip() == "@zelda@far.test"
    assert "direct" in {option.attrs["value"] for option in page.all("option", selected="")}
    empty = await browser.submit(path, path, text=" ", visibility="direct")
    assert empty.status == 422
    sound(empty)
    sent = await browser.submit(path, path, text="@zelda@far.test here I am", visibility="direct")
    assert sent.response.headers["location"] == f"/@zelda@far.test/{post.id}"
    [made] = await rows(site, Post, author_id=writer.id)
    assert (made.visibility, made.in_reply_to_id, made.text) == ("direct", post.id, "@zelda@far.test here I am")
    assert (await browser.get(f"/posts/{post.id}/quote")).status == 422, "a direct post is not quoted"
    open_post = await far_post(site, zoe, "quote me")
    quote = f"/posts/{open_post.id}/quote"
    answer = await browser.submit(quote, quote, text="look at this", visibility="quiet")
    quoting = next(row for row in await rows(site, Post, author_id=writer.id) if row.quote_uri)
    assert answer.response.headers["location"] == f"/make/{quoting.id}"
    assert quoting.quote_uri == open_post.uri


async def test_own_posts_are_changed_and_deleted_by_their_author_alone(site: Site) -> None:
    author, _other = await site.person("edith"), await site.person("thief")
    post = await site.post(author, text="first words", content="<p>first words</p>", visibility="public")
    browser, thief = await site.member("edith"), await site.member("thief")
    for name in ("edit", "delete"):
        assert (await thief.get(f"/posts/{post.id}/{name}")).status == 404
        assert (await thief.submit("/lists", f"/posts/{post.id}/{name}", text="mine")).status == 404
    page = await browser.get(f"/posts/{post.id}/edit")
    assert page.one("textarea", id="text").text == "first words"
    done = await browser.submit(f"/posts/{post.id}/edit", f"/posts/{post.id}/edit", text="second words", summary="")
    assert done.response.headers["location"] == f"/@edith/{post.id}"
    assert sorted(row.text for row in await rows(site, Revision, post_id=post.id)) == ["first words", "second words"]
    again = await browser.submit(f"/posts/{post.id}/edit", f"/posts/{post.id}/edit", text="third words")
    assert again.status == 422, "one change at a time"
    assert "first words" in await words_of(thief, f"/posts/{post.id}/history")
    await browser.submit(f"/posts/{post.id}/delete", f"/posts/{post.id}/delete")
    assert (await browser.get(f"/@edith/{post.id}")).status in (404, 410)


async def test_reports_say_what_and_whom_and_whether_to_tell(site: Site) -> None:
    zoe = await far(site, "spammer")
    post, secret = await far_post(site, zoe, "buy now"), await far_post(site, zoe, "hidden", visibility="followers")
    browser, path = await site.member("rosa"), f"/people/{zoe.id}/report"
    page = await browser.get(f"{path}?post={post.id}")
    assert "checked" in page.one("input", id=f"post-{post.id}").attrs
    assert page.all("input", id=f"post-{secret.id}") == []
    assert (await browser.submit(path, path, reason="dull")).status == 422
    ticks = {f"post-{post.id}": "1", f"post-{secret.id}": "1"}
    done = await browser.submit(path, path, reason="spam", comment="All day long.", forward="1", **ticks)
    assert done.response.headers["location"] == "/@spammer@far.test"
    [report] = await rows(site, Report, target_id=zoe.id)
    assert (report.posts, report.comment, report.forwarded) == ([post.uri], "[spam] All day long.", True)


async def test_the_dial_acts_in_every_feed_and_in_apps(site: Site) -> None:
    reader, maker = await site.person("dina"), await site.person("arthur")
    await follow(site, reader, maker)
    ai = await site.post(maker, text="dial-ai", content="dial-ai", visibility="public", pictures=1)
    plain = {"origin": "declared_not_ai", "recipe": None}
    human = await site.post(maker, text="dial-human", content="dial-human", visibility="public", attachment=plain)
    zoe = await far(site, "robot")
    await follow(site, reader, zoe)
    kind = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    far_ai = {"file": None, "url": "https://far.test/1.png", "origin": "remote", "digital_source_type": kind}
    theirs = await far_post(site, zoe, "dial-far", pictures=1, attachment=far_ai)
    own = await site.post(reader, text="dial-own", content="dial-own", visibility="public", pictures=1)
    browser = await site.member("dina")
    made = {"dial-ai": ai, "dial-human": human, "dial-far": theirs, "dial-own": own}
    feeds = ("/home", "/local", "/federated", "/")
    for choice in dial.Dial:
        async with site.context.database.write() as session:
            await dial.set_dial(session, reader.id, choice)
        hides, dims = choice == dial.Dial.HIDE, choice == dial.Dial.DIM
        for path in feeds:
            text = await words_of(browser, path)
            expected = {"dial-human", "dial-own"} | (set() if hides else {"dial-ai", "dial-far"})
            expected -= {"dial-far"} if path in ("/local", "/") else set()
            assert {word for word in made if word in text} == expected, (choice, path)
        page = await browser.get("/home")
        badges = [element for element in page.all("span", class_="badge") if element.text == "AI-generated"]
        assert len(badges) == {"show": 0, "label": 3, "dim": 3, "hide": 1}[choice]
        assert len(page.all("details", class_="cover")) == (2 if dims else 0)
        # Asked for by its address it is there, covered where the dial says so.
        asked = await browser.get(f"/@robot@far.test/{theirs.id}")
        assert len(asked.all("details", class_="cover")) == (1 if dims or hides else 0)
        ours = await browser.get(f"/@arthur/{ai.id}")
        assert len(ours.all("details", class_="cover")) == (1 if dims or hides else 0)
        hung = (await browser.get("/@arthur")).all("span", class_="veil")
        assert len(hung) == (1 if dims or hides else 0), "one may look at somebody's page, covered"
        async with site.context.database.read() as session:
            me = await queries.by_id(session, reader.id)
            assert me is not None
            page_of = await home.page(session, me, home.followed_by(me.id), Cursor(20))
            assert {entry.post.id for entry in page_of.entries} == (
                {human.id, own.id} if hides else {post.id for post in made.values()}
            )
            statuses = await batches.statuses(session, site.context, me, [Entry(ai), Entry(human), Entry(own)])
        blurred = [[one["filter"]["filter_action"] for one in status["filtered"]] for status in statuses]
        assert blurred == ([["blur"], [], []] if dims or hides else [[], [], []])
    async with site.context.database.write() as session:
        with pytest.raises(Unprocessable):
            await dial.set_dial(session, reader.id, "burn")
    stranger = await site.person("nobody2")
    async with site.context.database.read() as session:
        assert await dial.dial_of(session, stranger.id) == dial.Dial.LABEL
        assert await dial.dial_of(session, None) == dial.Dial.LABEL


async def _listen(site: Site, username: str, path: str, handler: Any, **values: Any) -> AsyncIterator[bytes]:
    """The body of a stream, taken from its handler: an ASGI client here waits for the end of an answer."""
    browser = await site.member(username)
    account = site.account_id(username)
    actor = await site.person(username)
    cookie = f"session-8321={browser.cookie('session-8321')}".encode()
    scope = {
        "type": "http", "method": "GET", "path": path.partition("?")[0], "app": site.app,
        "query_string": path.partition("?")[2].encode(), "headers": [(b"cookie", cookie)], "path_params": values,
        "user": Principal(account, actor.id, username, "member", frozenset(), "session"), "state": {},
    }  # fmt: skip
    answer = await handler(Request(cast(Any, scope)))
    return cast(AsyncIterator[bytes], answer.body_iterator)


async def _until(body: AsyncIterator[bytes], word: bytes) -> bytes:
    async with asyncio.timeout(10):
        async for part in body:
            if word in part:
                return part
    raise AssertionError("the stream ended")


async def test_news_are_counted_and_answers_come_to_the_open_thread(site: Site) -> None:
    texts.use("en")
    reader, friend, zoe = await site.person("live"), await site.person("lively"), await far(site, "livid")
    await follow(site, reader, friend)
    root = await site.post(friend, text="the open thread", visibility="public", pictures=0)
    feed = await _listen(site, "live", f"/home/events?since={root.id}", live.of_home)
    thread = await _listen(site, "live", f"/posts/{root.id}/events", live.of_post, post_id=root.id)
    assert (await anext(feed)).startswith(b"retry:")
    assert (await anext(thread)).startswith(b"retry:")
    hidden = await far_post(
        site, zoe, "not for live", visibility="followers", in_reply_to_id=root.id, in_reply_to_uri=root.uri
    )
    answer = await far_post(site, zoe, "a live answer", in_reply_to_id=root.id, in_reply_to_uri=root.uri)
    news = await site.post(friend, text="a live post", visibility="public", pictures=0)
    async with site.context.database.write() as session:
        for post in (hidden, answer, news):
            live.events.publish_after(session, [live.POSTS], "update", post.id)
    told = await _until(thread, b"event: reply")
    assert b"a live answer" in told
    assert f"post-{answer.id}".encode() in told
    assert b"1 new post" in await _until(feed, b"event: news")
    notes = await _listen(site, "live", "/notifications/events?since=0", live.of_notifications)
    await anext(notes)
    own = await site.post(reader, text="mine", visibility="public", pictures=0)
    async with site.context.database.write() as session:
        mine = await session.get(Post, own.id)
        assert mine is not None
        await react.like(session, friend, mine)
    assert b"1 more" in await _until(notes, b"event: news")
    streams = site.context.part(Streams)
    for _number in range(limits.STREAMS_PER_ACCOUNT - 3):
        streams.enter(reader.id)
    with pytest.raises(TooMany):
        await _listen(site, "live", "/home/events", live.of_home)
    for stream in (feed, thread, notes):
        await cast(Any, stream).aclose()
    for _number in range(limits.STREAMS_PER_ACCOUNT - 3):
        streams.leave(reader.id)
    assert await _listen(site, "live", "/home/events", live.of_home)


async def test_deeds_are_counted(site: Site) -> None:
    await site.person("busy")
    browser = await site.member("busy")
    post = await site.post(await site.person("target"), text="x", visibility="public", pictures=0)
    limiter = site.context.part(RateLimiter)
    for _number in range(limits.ACTS_PER_ACCOUNT.count):
        limiter.check(f"acts:{site.account_id('busy')}", limits.ACTS_PER_ACCOUNT)
    assert (await browser.submit("/lists", f"/posts/{post.id}/act", verb="like")).status == 429


@pytest.mark.parametrize(("multiple", "fields"), [(False, {"choice": "1"}), (True, {"choice-0": "0", "choice-1": "1"})])
async def test_a_vote_is_a_plain_form_and_counts_once(site: Site, multiple: bool, fields: dict[str, str]) -> None:
    vera, voter = await far(site, f"vera{multiple:d}"), await site.member(f"vic{multiple:d}")
    options = [{"title": "Red", "votes": 3}, {"title": "Grey", "votes": 1}]
    poll = {"options": options, "voters": 4, "multiple": multiple, "ends_ms": None, "closed_ms": None}
    post = await far_post(site, vera, "Which fox?", poll=poll)
    path, action = f"/@{vera.username}@far.test/{post.id}", f"/posts/{post.id}/vote"
    page = await voter.get(path)
    sound(page)
    kind = "checkbox" if multiple else "radio"
    assert [one.attrs["value"] for one in page.all("input", type=kind)] == ["0", "1"]
    await voter.submit(path, action, back=path)
    assert "Choose one of the answers." in (await voter.get(path)).text()
    answer = await voter.submit(path, action, **fields, back=path)
    assert answer.response.headers["location"] == f"{path}#post-{post.id}"
    page = await voter.get(path)
    assert "Your vote is on its way." in page.text()
    mine = [one for one in page.all("span", class_="badge") if one.text == "your vote"]
    assert (len(mine), page.all("input", type=kind)) == (len(fields), [])
    await voter.submit("/settings/appearance", action, **fields, back=path)
    assert "You have already voted" in (await voter.get(path)).text()
    assert len(await rows(site, PollVote, post_id=post.id)) == len(fields)
    assert (await site.browser().post(action, fields)).status == 401
