"""What is no Note: articles of WordPress and Friendica, pages of Lemmy and PieFed, events and films."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from actors.models import Actor
from fediverse_ai.core.http import Budget
from fediverse_ai.core.limits import ARTICLE_CHARS
from generation.provenance import TRAINED
from inbox.threads import bring
from outbox.models import Attachment, Post, Reaction
from tests.inbox.stage import Document, Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import PUBLIC, RemoteActor

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


async def pictures(stage: Stage, post: Post) -> list[Attachment]:
    return sorted(await stage.home.rows(Attachment, post_id=post.id), key=lambda row: row.position)


def blog_post(stage: Stage, **values: object) -> Document:
    """As the plugin of WordPress writes it: ids with a query, and the excerpt in `summary`."""
    return stage.bob.note(
        "<h2>The harbour</h2><p>Boats at dawn.</p>",
        type="Article",
        name="A <i>day</i> out",
        summary="Boats at dawn…",
        url=f"{stage.good.origin}/a-day-out/",
        attachment=[
            {"type": "Image", "url": "https://blog.test/boats.jpg", "mediaType": "image/jpeg", "name": "Boats"}
        ],
        **values,
    )


async def test_an_article_arrives_with_title_words_picture_and_link(stage: Stage) -> None:
    await stage.follow(stage.bob)
    article = blog_post(stage, id=f"{stage.good.origin}/?p=11")
    row = await stage.receive(stage.bob, stage.bob.create(article))
    assert row.state == "done", row.detail
    post = await stage.post_of(article)
    page = article["url"]
    rel = 'rel="nofollow noopener noreferrer ugc"'
    assert post.content == (
        "<p><strong>A day out</strong></p><p><strong>The harbour</strong></p><p>Boats at dawn.</p>"
        f'<p><a href="{page}" {rel}>{page}</a></p>'
    )
    assert (post.summary, post.sensitive, post.url) == (None, False, page)
    assert [(one.url, one.alt) for one in await pictures(stage, post)] == [("https://blog.test/boats.jpg", "Boats")]


async def test_it_is_edited_and_deleted_like_any_post(stage: Stage) -> None:
    await stage.follow(stage.bob)
    article = blog_post(stage)
    await stage.receive(stage.bob, stage.bob.create(article))
    edited = article | {"name": "Another day", "updated": "2099-01-01T00:00:00Z"}
    assert (await stage.receive(stage.bob, stage.bob.activity("Update", edited))).state == "done"
    assert (await stage.post_of(article)).content.startswith("<p><strong>Another day</strong></p>")
    await stage.receive(stage.bob, stage.bob.activity("Delete", article["id"]))
    assert (await stage.post_of(article)).state == "deleted"


@pytest.mark.parametrize("over", [0, 1])
async def test_a_long_article_is_begun_and_linked(stage: Stage, over: int) -> None:
    """Up to the bound it stands there whole; beyond it the excerpt of its author does, or else its beginning."""
    await stage.follow(stage.bob)
    words = ("word " * ARTICLE_CHARS)[: ARTICLE_CHARS - 1] + "!" * (1 + over)
    told = stage.bob.note(f"<p>{words}</p>", type="Article", summary="<p>In short</p>")
    bare = stage.bob.note(f"<p>{words}</p>", type="Article")
    for one in (told, bare):
        await stage.receive(stage.bob, stage.bob.create(one))
    assert (f"<p>{words}</p>" in (await stage.post_of(told)).content) == (over == 0)
    assert ("<p>In short</p>" in (await stage.post_of(told)).content) == (over == 1)
    assert ("word word…</p>" in (await stage.post_of(bare)).content) == (over == 1)


async def test_a_page_that_a_community_boosts_is_brought(stage: Stage) -> None:
    """As Lemmy, PieFed and Mbin do for followers from elsewhere; the picture at its head and the label are read."""
    await stage.follow(stage.bob)
    page = stage.eve.note(
        "",
        type="Page",
        name="Look at this",
        genAI=True,
        audience=stage.bob.uri,
        attachment=[{"type": "Link", "href": "https://elsewhere.test/essay"}],
        image={"type": "Image", "url": f"{stage.good.origin}/head.png"},
    )
    row = await stage.receive(stage.bob, stage.bob.activity("Announce", page["id"], to=[PUBLIC]))
    assert row.state == "done", row.detail
    post = await stage.post_of(page)
    assert '<a href="https://elsewhere.test/essay"' in post.content
    assert page["id"] in post.content
    [head] = await pictures(stage, post)
    assert (head.media_type, head.digital_source_type) == ("image/png", TRAINED)
    [booster] = await stage.home.rows(Actor, uri=stage.bob.uri)
    assert len(await stage.home.rows(Reaction, post_id=post.id, actor_id=booster.id)) == 1


async def test_a_boosted_poll_is_brought_too(stage: Stage) -> None:
    await stage.follow(stage.bob)
    poll = stage.eve.note("<p>Which?</p>", type="Question", oneOf=[{"type": "Note", "name": one} for one in "ab"])
    assert (await stage.receive(stage.bob, stage.bob.activity("Announce", poll["id"], to=[PUBLIC]))).state == "done"
    assert (await stage.post_of(poll)).poll is not None


async def test_a_film_says_its_description_in_markdown(stage: Stage) -> None:
    await stage.follow(stage.bob)
    film = stage.bob.note("One < two\n\nand **three**", type="Video", name="Film", mediaType="text/markdown")
    await stage.receive(stage.bob, stage.bob.create(film))
    assert "<p>One &lt; two</p><p>and **three**</p>" in (await stage.post_of(film)).content


def film(stage: Stage, channel: RemoteActor, **values: object) -> Document:
    """As PeerTube writes it: the person and the channel, links in many sizes, previews as icons."""
    origin = stage.good.origin
    links = [
        {"type": "Link", "mediaType": "video/mp4", "href": f"{origin}/static/film-720.mp4", "height": 720},
        {"type": "Link", "mediaType": "text/html", "href": f"{origin}/w/film"},
    ]
    icons = [
        {"type": "Image", "url": f"{origin}/large.jpg", "mediaType": "image/jpeg", "width": 850, "height": 480},
        {"type": "Image", "url": f"{origin}/small.jpg", "mediaType": "image/jpeg", "width": 280, "height": 157},
    ]
    authors = [{"type": "Person", "id": stage.bob.uri}, {"type": "Group", "id": channel.uri}]
    named: Document = {"attributedTo": authors, "name": "Film", "url": links, "icon": icons, "attachment": []}
    return stage.bob.note("About *dunes*", type="Video", mediaType="text/markdown", **(named | values))


async def test_a_film_of_a_person_in_a_channel_is_the_persons(stage: Stage) -> None:
    """Its follower gets it from the channel's boost; the widest preview is its picture."""
    channel = stage.good.actor("films", key=1, type="Group")
    await stage.follow(channel)
    made = film(stage, channel)
    row = await stage.receive(channel, channel.activity("Announce", made["id"], to=[PUBLIC]))
    assert row.state == "done", row.detail
    post = await stage.post_of(made)
    assert post.author_id == (await stage.row_of(stage.bob)).id
    assert post.url == f"{stage.good.origin}/w/film"
    assert "About *dunes*" in post.content
    assert [(one.url, one.media_type) for one in await pictures(stage, post)] == [
        (f"{stage.good.origin}/large.jpg", "image/jpeg")
    ]


async def test_a_film_of_two_servers_or_two_people_is_nobodys(stage: Stage) -> None:
    """AUT-21: the one who signs it is not the one whose it becomes."""
    await stage.follow(stage.bob)
    channel = stage.good.actor("films", key=1, type="Group")
    foreign = stage.evil.actor("channel", key=2, type="Group")
    people = [{"type": "Person", "id": one.uri} for one in (stage.bob, stage.eve)]
    groups = [{"type": "Group", "id": one.uri} for one in (channel, foreign)]
    pairs = ([people[0], groups[1]], people, [stage.bob.uri, groups[0]])
    for authors in (*pairs, [*people, groups[0]], [people[0], *groups]):
        made = film(stage, channel, attributedTo=authors)
        await stage.refused(stage.bob, stage.bob.create(made), egress=True)
    by_eve = film(stage, channel)
    await stage.refused(stage.eve, stage.eve.create(by_eve), egress=True)


async def test_a_picture_that_is_an_object_itself_is_shown(stage: Stage) -> None:
    await stage.follow(stage.bob)
    url = f"{stage.good.origin}/dunes.webp"
    picture = stage.bob.note("", type="Image", name="Dunes", url=url, mediaType="image/webp")
    await stage.receive(stage.bob, stage.bob.create(picture))
    [shown] = await pictures(stage, await stage.post_of(picture))
    assert (shown.url, shown.media_type, shown.alt) == (url, "image/webp", "Dunes")


async def test_no_script_gets_in_by_the_title(stage: Stage) -> None:
    await stage.follow(stage.bob)
    name = "<script>alert(1)</script>&lt;img src=x onerror=alert(1)&gt;"
    words = '<h1 onclick="x">Hi</h1><img src="x">'
    article = stage.bob.note(words, type="Article", name=name, url="javascript:alert(1)")
    await stage.receive(stage.bob, stage.bob.create(article))
    content = (await stage.post_of(article)).content
    assert "<script" not in content
    assert "<img" not in content
    assert "onclick" not in content
    assert 'href="javascript' not in content


async def test_nobody_writes_an_article_for_another_and_nobody_gets_one_unasked(stage: Stage) -> None:
    theirs = stage.mal.note("x", type="Article", attributedTo=stage.bob.uri, name="Forged")
    await stage.refused(stage.mal, stage.mal.create(theirs))
    await stage.refused(stage.bob, stage.bob.create(blog_post(stage)))


async def test_an_article_above_a_reply_is_fetched_with_its_title(stage: Stage) -> None:
    article = blog_post(stage)
    context = stage.home.context
    assert await bring(context, article["id"], Budget(clock=context.clock)) is not None
    assert "A day out" in (await stage.post_of(article)).content
