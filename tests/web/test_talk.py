"""What others say on our pages: emoji from here, quotes as far as their authors agree, replies asked for later."""

from __future__ import annotations

from typing import Any

import pytest

from actors import emoji as known
from actors.models import Actor
from fediverse_ai.web import emoji
from inbox import threads
from outbox.models import Post, QuoteState
from tests.web.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

PICTURES = {"cat": "/proxy/emoji/1?key=x&small=1"}


@pytest.mark.parametrize(
    ("html", "drawn"),
    [
        ("<p>a :cat: b</p>", 1),
        ("<p>:cat::cat:</p>", 2),
        ("<p>:dog:</p>", 0),
        ('<p><a href="https://x.test/:cat:" rel="ugc">y</a></p>', 0),
        ('<p><a href="https://x.test/?a>:cat:" rel="ugc">y</a></p>', 0),
        ("<pre><code>:cat:</code></pre>", 0),
        ("<p>&lt;img src=:cat:&gt; &amp;#58;cat:</p>", 1),
    ],
)
async def test_emoji_are_drawn_in_text_alone(html: str, drawn: int) -> None:
    made = emoji.draw(html, PICTURES)
    assert made.count("<img ") == drawn
    assert made.count('class="emoji"') == drawn
    if not drawn:
        assert made == html


def _emoji(name: str, url: str) -> dict[str, Any]:
    return {"type": "Emoji", "name": name, "icon": {"type": "Image", "mediaType": "image/png", "url": url}}


async def test_what_counts_as_an_emoji() -> None:
    good = "https://far.test/cat.png"
    tags = [_emoji(":cat:", good), _emoji("fox", good), _emoji(":a b:", good), _emoji(":x:", good)]
    tags += [_emoji(":js:", "javascript:alert(1)"), _emoji(":cat:", "https://far.test/other.png"), {"type": "Emoji"}]
    assert known.read({"tag": tags}) == {"cat": good, "fox": good}
    assert len(known.read({"tag": [_emoji(f":n{n}:", good) for n in range(99)]})) == 30


async def _far(site: Site, username: str, **columns: Any) -> Actor:
    context = site.context
    uri = f"https://far.test/users/{username}"
    actor = Actor(
        id=context.ids.new(),
        uri=uri,
        username=username,
        username_lower=username,
        host="far.test",
        inbox_url=f"{uri}/inbox",
        **columns,
    )
    async with context.database.write() as session:
        session.add(actor)
    return actor


async def _far_post(site: Site, author: Actor, number: int, **columns: Any) -> Post:
    uri = f"https://far.test/notes/{number}"
    values = {"uri": uri, "url": uri, "local": False, "visibility": "public", "text": ""}
    return await site.post(author, pictures=0, **{**values, **columns})


async def test_emoji_are_pictures_for_members_and_names_for_visitors(site: Site) -> None:
    ann = await site.person("ann")
    async with site.context.database.write() as session:
        ids = await known.keep(session, "https://far.test/users/zoe", {"cat": "https://far.test/cat.png"})
        assert await known.keep(session, "https://far.test/notes/1", {"cat": "https://far.test/cat.png"}) == ids
    zoe = await _far(site, "zoe", name="Zoe :cat: <b>", emojis=ids)
    post = await site.post(ann, text="Look")
    await _far_post(
        site, zoe, 1, content="<p>Nice :cat:</p>", emojis=ids, in_reply_to_id=post.id, in_reply_to_uri=post.uri
    )
    seen = await (await site.member("ann")).get(f"/@ann/{post.id}")
    drawn = seen.all("img", class_="emoji")
    assert [(one.attrs["alt"], one.attrs["width"]) for one in drawn] == [(":cat:", "20")] * 2
    assert all(f"/proxy/emoji/{ids['cat']}?key=" in one.attrs["src"] for one in drawn)
    assert "Zoe :cat: <b>" in (await site.browser().get(f"/@ann/{post.id}")).text()
    assert not (await site.browser().get(f"/@ann/{post.id}")).all("img", class_="emoji")


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (QuoteState.ACCEPTED, "The quoted words"),
        (QuoteState.PENDING, "has not answered yet"),
        (QuoteState.REJECTED, "did not agree."),
        (QuoteState.REVOKED, "does not agree any more"),
    ],
)
async def test_a_quote_is_shown_as_far_as_its_author_agrees(site: Site, state: QuoteState, shown: str) -> None:
    ann, bo = await site.person("ann"), await site.person("bo")
    quoted = await site.post(bo, text="The quoted words", content="<p>The quoted words</p>")
    post = await site.post(ann, text="See this", quote_uri=quoted.uri, quote_state=state)
    page = await site.browser().get(f"/@ann/{post.id}")
    assert shown in page.text()
    assert ("The quoted words" in page.text()) == (state == QuoteState.ACCEPTED)
    closed = await site.post(bo, text="For few", content="<p>For few</p>", visibility="followers")
    other = await site.post(ann, text="And this", quote_uri=closed.uri, quote_state=QuoteState.ACCEPTED)
    page = await site.browser().get(f"/@ann/{other.id}")
    assert "For few" not in page.text()
    assert "not for you to see" in page.text()


async def test_replies_elsewhere_are_asked_for_later_and_seldom(site: Site) -> None:
    ann, far = await site.person("ann"), await _far(site, "yan")
    post = await site.post(ann, text="A talk")
    replies = [
        await _far_post(site, far, 100 + n, content=f"<p>{n}</p>", in_reply_to_id=post.id, in_reply_to_uri=post.uri)
        for n in range(7)
    ]

    async def asked() -> list[int | str]:
        waiting = [job.ids for job in await site.context.jobs.waiting() if job.name == threads.fetch_replies.name]
        return sorted(one for ids in waiting for one in ids if one in {reply.id for reply in replies})

    await site.browser().get(f"/@ann/{post.id}")
    assert await asked() == []
    member = await site.member("ann")
    for _ in range(3):
        await member.get(f"/@ann/{post.id}")
    assert await asked() == sorted(reply.id for reply in replies)[:5]
    site.clock.forward(901)
    await member.get(f"/@ann/{post.id}")
    assert len(await asked()) == 10
