"""All 262 objects of fediverse-pasture-inputs 0.3.0 as a followed peer's Create, through the real inbox.

Each is acknowledged, none breaks a handler; and what we make of pictures, descriptions, tags and mentions is chosen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from fediverse_ai.core.limits import RateLimiter
from inbox.models import Received
from outbox.models import Attachment, Post
from tests.inbox.stage import Document, Stage, stage_in
from tests.support.house import House, house
from tests.support.peer import AS2, PUBLIC
from tests.support.rooms import settle

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOURCE = Path(__file__).parent / "corpus" / "pasture_inputs.json"
CORPUS: dict[str, list[Document]] = json.loads(SOURCE.read_bytes())
HOST = "http://pasture-one-actor"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        await made.follow(made.bob)
        yield made


def note_of(stage: Stage, group: str, number: int) -> Document:
    """The example laid over a plain Note of bob, as the corpus' own sender does; its author becomes bob."""
    example = CORPUS[group][number]
    if "attributedTo" in example:
        named = json.dumps(example["attributedTo"]).replace(f"{HOST}/actor", stage.bob.uri)
        example = {**example, "attributedTo": json.loads(named.replace(f"{HOST}/second", stage.eve.uri))}
    base = {
        "id": f"{stage.good.origin}/notes/{group}-{number}",
        "type": "Note",
        "attributedTo": stage.bob.uri,
        "to": [PUBLIC],
        "published": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    merged = {**base, **example}
    return {name: value for name, value in merged.items() if value is not None}


async def send(stage: Stage, group: str) -> list[tuple[Document, Received]]:
    """Every example of a group as a Create, and what became of each."""
    # The whole corpus is more than a server takes of one actor in a minute; its rate has tests of its own.
    stage.home.context.part(RateLimiter).forget(f"inbox-actor:{stage.bob.uri}")
    sent: list[tuple[Document, str]] = []
    for number in range(len(CORPUS[group])):
        note = note_of(stage, group, number)
        context = note.pop("@context", AS2)
        made = stage.bob.activity("Create", note, to=note["to"]) | {"@context": context}
        if "@context" in CORPUS[group][number] and CORPUS[group][number]["@context"] is None:
            del made["@context"]
        answer = await stage.bob.deliver(stage.home.inbox, made)
        assert answer.status_code == 202, (group, number, answer.text)
        sent.append((note, made["id"]))
    await settle(stage.home)
    rows = {row.activity_uri: row for row in await stage.home.rows(Received)}
    return [(note, rows[uri]) for note, uri in sent]


async def post_of(stage: Stage, group: str, number: int) -> Post | None:
    found = await stage.home.rows(Post, uri=f"{stage.good.origin}/notes/{group}-{number}")
    return found[0] if found else None


async def kept(stage: Stage, group: str) -> list[Post]:
    """The posts of a group (sent now, unless another test did), which all became rows."""
    if await post_of(stage, group, 0) is None:
        await send(stage, group)
    posts = [await post_of(stage, group, number) for number in range(len(CORPUS[group]))]
    return [post for post in posts if post is not None]


async def pictures(stage: Stage, post: Post) -> list[Attachment]:
    rows = await stage.home.rows(Attachment, post_id=post.id)
    return sorted(rows, key=lambda row: row.position)


UNSUPPORTED, DROPPED = "unsupported", "dropped"
# What does not become a post, and why; everything else does.
OTHERWISE = {
    # Two authors: nobody in particular (AUT-21).
    "attributed_to": {2: DROPPED},
    # Without id, author or type: nothing that its sender could be believed about, and its home does not have it.
    "necessary_properties": {1: DROPPED, 3: DROPPED, 4: DROPPED},
    # A Document, Place, Profile, Relationship and Tombstone; two known types at once, and none at all, are no type.
    "object_types": {**dict.fromkeys((2, 7, 8, 9, 10), UNSUPPORTED), 12: DROPPED, 13: DROPPED},
}


async def test_the_corpus_is_whole() -> None:
    assert len(CORPUS) == 22
    assert sum(map(len, CORPUS.values())) == 262
    digest = "e3a450ea586af3273529524039489093c491d6aaa886a6b1529c28ab9242ecb4"
    assert hashlib.sha256(SOURCE.read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("group", CORPUS)
async def test_every_object_is_acknowledged_and_handled(stage: Stage, group: str) -> None:
    for number, (note, row) in enumerate(await send(stage, group)):
        expected = OTHERWISE.get(group, {}).get(number, "done")
        assert row.state == expected, (group, number, row.detail, note)
        assert (await post_of(stage, group, number) is not None) == (expected == "done")


# Per example: the picture that is shown, as (end of its URL, media type), or None.
SHOWN = {
    "image_attachments": [
        ("001.png", "image/png"), ("001b.png", "image/png"), ("002.jpg", "image/jpeg"), ("002b.jpg", "image/jpeg"),
        None, None, ("003b.gif", "image/gif"), None, ("003d.webp", "image/webp"), ("does_not_exist.png", "image/png"),
        ("004.png", "image/png"), ("005.png", "image/png"), ("006.png", "image/png"), ("006b.png", "image/png"),
        ("006c.png", "image/png"), ("007.png", "image/png"), None,
    ],
    "attachments": [("cow.jpg", "image/jpeg"), None, None, None, None, None, None, None, None, None],
    "recommended_attachments": [("cow.jpg", "image/jpeg"), None, None, None],
}  # fmt: skip


@pytest.mark.parametrize("group", SHOWN)
async def test_pictures_are_shown_and_other_media_are_not(stage: Stage, group: str) -> None:
    """SVG, EPS, TIFF and pictures inside the document are none; what has no media type goes by its URL's ending."""
    posts = await kept(stage, group)
    for number, expected in enumerate(SHOWN[group]):
        found = [(row.url, row.media_type) for row in await pictures(stage, posts[number])]
        short = [((url or "").rpartition("/")[2], media_type) for url, media_type in found]
        assert short == ([expected] if expected else []), (group, number)


async def test_ten_pictures_keep_their_order(stage: Stage) -> None:
    *_, ten = await kept(stage, "attachments")
    assert [row.url for row in await pictures(stage, ten)] == [f"{HOST}/images/10{n}.png" for n in range(1, 11)]


async def test_sizes_are_taken_as_claims(stage: Stage) -> None:
    posts = await kept(stage, "image_attachments")
    [picture] = await pictures(stage, posts[10])
    assert (picture.width, picture.height) == (13, 17)


async def test_descriptions_come_from_name_alone_where_there_is_one(stage: Stage) -> None:
    posts = await kept(stage, "image_description")
    assert [(await pictures(stage, post))[0].alt for post in posts] == ["", "name", "name", ""]


async def test_hashtags_are_those_that_could_be_written(stage: Stage) -> None:
    """No blanks, dashes, brackets, symbols, and not digits alone; the case stays as it was written."""
    found = [post.hashtags for post in await kept(stage, "hashtags")]
    assert found == [
        ["test"], ["nohash"], [], [], [], ["with123"], [], ["CamelCase"], ["ümläütß"], [], [], ["牛"], ["test"],
    ]  # fmt: skip
    assert [post.hashtags for post in await kept(stage, "hashtag_jsonld")] == [["test"], [], [], ["test"], []]


async def test_mentions_need_their_type_and_count_once(stage: Stage) -> None:
    """By their address; the name is the sender's word. `as:Mention` and a tag without type are no mentions."""
    posts = await kept(stage, "mentions")
    actor = f"{HOST}/actor"
    assert [[mention["uri"] for mention in post.mentions] for post in posts] == [
        [actor], [actor], [actor], [actor], ["https://mastodon.social/users/the_milkman"], ["https://dummy.example"],
        ["http://test_actor"], [], [], [actor],
    ]  # fmt: skip


async def test_every_spelling_of_public_is_public(stage: Stage) -> None:
    assert [post.visibility for post in await kept(stage, "public_addressing")] == ["public"] * 3


async def test_warnings_cover_all_pictures_if_one_is_marked(stage: Stage) -> None:
    posts = await kept(stage, "content_warnings")
    assert [post.sensitive for post in posts] == [True, False, True, True, True, True, True]
    assert [post.summary for post in posts] == [None, "summary", "summary", None, None, None, None]


async def test_the_language_is_that_of_the_text_shown(stage: Stage) -> None:
    posts = await kept(stage, "language")
    assert [post.language for post in posts] == [None, "de", "en", "en", "de", "de", "en", "en", "de"]
    assert [post.content for post in posts[5:]] == ["Deutsch", "English", "English", "Deutsch"]


async def test_the_page_for_people_is_an_address(stage: Stage) -> None:
    posts = await kept(stage, "url")
    pages = [(post.url or "").removeprefix("http://").partition("/")[0] for post in posts]
    assert pages[:5] == ["remote.example", "remote.example", "remote.example", "other.example", "html.example"]
    assert posts[5].url == posts[5].uri, "a film is no page"
    assert pages[8:11] == ["html.example"] * 3
