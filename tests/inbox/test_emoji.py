"""Emoji reactions of Misskey's and Pleroma's families: kept as likes that say what they said (FEP-c0e0)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from fediverse_ai.activitypub.emoji import emoji_of
from outbox.models import Reaction, ReactionKind
from tests.inbox.stage import Stage, changed, stage_in
from tests.support.house import House, house
from tests.support.rooms import deliver_all, published

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        yield made


FORMS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "Misskey": ("Like", {"content": "🎉", "_misskey_reaction": "🎉"}, "🎉"),
    "Misskey, old": ("Like", {"_misskey_reaction": ":blobcat:"}, ":blobcat:"),
    "Pleroma": ("EmojiReact", {"content": "👍🏽"}, "👍🏽"),
    "Akkoma, custom": ("EmojiReact", {"content": ":fox:", "tag": [{"type": "Emoji", "name": ":fox:"}]}, ":fox:"),
    "Mastodon": ("Like", {}, None),
    "words": ("Like", {"content": "<b>great</b>"}, None),
}


@pytest.mark.parametrize("form", FORMS)
async def test_a_reaction_is_a_like_that_says_something(stage: Stage, form: str) -> None:
    kind, values, emoji = FORMS[form]
    post = await published(stage.home, stage.alice)
    row = await stage.receive(stage.bob, stage.bob.activity(kind, post.uri, **values))
    assert row.state == "done"
    [reaction] = await stage.home.rows(Reaction, post_id=post.id)
    assert (reaction.kind, reaction.emoji) == (ReactionKind.LIKE, emoji)
    assert (await stage.fresh(post)).likes == 1


@pytest.mark.parametrize("form", ["embedded", "id alone", "pair"])
async def test_an_emoji_reaction_is_undone_by_its_author(stage: Stage, form: str) -> None:
    post = await published(stage.home, stage.alice)
    done = stage.bob.activity("EmojiReact", post.uri, content="🔥")
    await stage.receive(stage.bob, done)
    pair = {"type": "EmojiReact", "actor": stage.bob.uri, "object": post.uri, "content": "🔥"}
    given: Any = {"embedded": done, "id alone": done["id"], "pair": pair}[form]
    for other in (stage.mal, stage.eve):
        await stage.receive(other, other.activity("Undo", given))
        assert len(await stage.home.rows(Reaction, post_id=post.id)) == 1
    assert (await stage.receive(stage.bob, stage.bob.activity("Undo", given))).state == "done"
    assert await stage.home.rows(Reaction, post_id=post.id) == []


async def test_the_end_of_a_second_emoji_is_not_the_end_of_the_first(stage: Stage) -> None:
    post = await published(stage.home, stage.alice)
    first, second = (stage.bob.activity("EmojiReact", post.uri, content=emoji) for emoji in ("🔥", "🎉"))
    states = [(await stage.receive(stage.bob, one)).state for one in (first, second)]
    assert states == ["done", "ignored"]
    await stage.receive(stage.bob, stage.bob.activity("Undo", second))
    assert [row.emoji for row in await stage.home.rows(Reaction, post_id=post.id)] == ["🔥"]
    await stage.receive(stage.bob, stage.bob.activity("Undo", first))
    assert await stage.home.rows(Reaction, post_id=post.id) == []


async def test_a_dislike_is_taken_and_leaves_no_trace(stage: Stage) -> None:
    post = await published(stage.home, stage.alice)
    await deliver_all(stage.home)
    dislike = stage.bob.activity("Dislike", post.uri)
    assert (await stage.refused(stage.bob, dislike)).state == "unsupported"
    before = stage.world()
    row = await stage.receive(stage.bob, stage.bob.activity("Undo", dislike))
    assert row.state in ("ignored", "unsupported")
    assert set(changed(before, stage.world())) <= {"tombstone"}


@pytest.mark.parametrize("said", ["❤️", "🇩🇪", "1️⃣", "👨‍👩‍👧", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "☆", ":a_b-c@misskey.test:"])
async def test_what_is_an_emoji(said: str) -> None:
    assert emoji_of({"content": f" {said} "}) == said


@pytest.mark.parametrize("said", ["", "ok", "12", "❤️" * 20, "🔥\u202egnp", "🔥<b>", ":a b:", ["🔥", "🎉"], {"a": 1}, 7])
async def test_what_is_none(said: Any) -> None:
    assert emoji_of({"content": said}) is None
