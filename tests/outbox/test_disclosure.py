"""How much of a recipe leaves: the same level in the object, in the visible line and in the file."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors.models import Account, Actor
from fediverse_ai.activitypub import linked_data
from fediverse_ai.core.errors import Unprocessable
from generation import provenance
from outbox import edit
from outbox.belongings import Disclosure
from outbox.draft import Draft
from outbox.models import Attachment, Judgement, Post, PostState
from tests.support.house import House
from tests.support.painter import carried, studio

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORDER: dict[str, Any] = {"prompt": "a fox at dusk", "negative_prompt": "hats", "seed": 41, "steps": 9, "width": 96}
SHOWN: dict[str, set[str]] = {
    Disclosure.FULL: {"model", "modelVersion", "prompt", "negativePrompt", "seed", "steps"},
    Disclosure.PROMPT: {"model", "modelVersion", "prompt"},
    Disclosure.MODEL: {"model", "modelVersion"},
    Disclosure.LABEL: set(),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with studio(tmp_path_factory.mktemp("home")) as (made, _):
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


async def _file(home: House, post: Post) -> provenance.Provenance:
    [row] = await home.rows(Attachment, post_id=post.id)
    mark = provenance.read(await home.context.storage.read(row.file or ""))
    small = provenance.read(await home.context.storage.read(row.thumbnail or ""))
    assert mark is not None
    assert mark == small
    return mark


async def _shown(home: House, post: Post) -> set[str]:
    """What the object says, after the line and the file were seen to agree with it."""
    note = json.loads(post.document or b"")
    [picture] = note["attachment"]
    said = set(picture.get("recipe", {})) - {"type"}
    mark = await _file(home, post)
    assert mark.digital_source_type == picture["digitalSourceType"] == provenance.TRAINED
    assert ("Painter" in note["content"]) == ("model" in said) == (mark.system == "Painter")
    assert ("fox" in (post.document or b"").decode()) == ("prompt" in said) == ("fox" in (mark.prompt or ""))
    assert ("41" in (mark.prompt or "")) == ("seed" in said)
    return said


@pytest.mark.parametrize("level", SHOWN)
async def test_each_level_says_so_much_and_no_more(home: House, alice: Actor, level: str) -> None:
    post = await carried(home, alice, Draft(**ORDER, disclosure=level))
    assert post.state == PostState.PUBLISHED, post.reason
    assert await _shown(home, post) == SHOWN[level]
    # For its author everything is kept.
    [row] = await home.rows(Attachment, post_id=post.id)
    assert row.recipe is not None
    assert (row.recipe["prompt"], row.recipe["seed"]) == ("a fox at dusk", 41)


async def test_the_account_has_a_default_and_unknown_words_are_refused(home: House) -> None:
    quiet = await home.make_actor("quiet")
    [account] = await home.rows(Account, actor_id=quiet.id)
    async with home.context.database.write() as session:
        row = await session.get_one(Account, account.id)
        row.disclosure = Disclosure.LABEL
    post = await carried(home, quiet, Draft(**ORDER))
    assert await _shown(home, post) == set()
    with pytest.raises(Unprocessable):
        await carried(home, quiet, Draft(text="x", disclosure="everything"))


async def test_an_edit_takes_back_what_was_said_in_the_file_too(home: House, alice: Actor) -> None:
    post = await carried(home, alice, Draft(**ORDER))
    [before] = await home.rows(Attachment, post_id=post.id)
    async with home.context.database.write() as session:
        row = await session.get_one(Post, post.id)
        revision = await edit.edit(session, alice, row, edit.Change(disclosure=Disclosure.LABEL))
    await edit.revise.function(home.context, [revision.id])
    [changed] = await home.rows(Post, id=post.id)
    assert await _shown(home, changed) == set()
    [after] = await home.rows(Attachment, post_id=post.id)
    assert after.file != before.file
    # Every byte that leaves was judged, and the old file is not served any more.
    newest = max(await home.rows(Judgement, post_id=post.id), key=lambda one: one.id)
    assert after.sha256 in newest.digests
    assert (await home.client.get(f"/media/{after.file}")).status_code == 200
    assert (await home.client.get(f"/media/{before.file}")).status_code == 404
    # Not a pixel is another one.
    old, new = [await home.context.storage.read(row.file or "") for row in (before, after)]
    assert old[old.index(b"\xff\xda") :] == new[new.index(b"\xff\xda") :]


async def test_a_prompt_that_leaves_is_judged_as_text(home: House, alice: Actor) -> None:
    post = await carried(home, alice, Draft(**ORDER))
    [verdict] = await home.rows(Judgement, post_id=post.id)
    hidden = await carried(home, alice, Draft(**ORDER, disclosure=Disclosure.LABEL))
    [without] = await home.rows(Judgement, post_id=hidden.id)
    texts = [[one for one in row.digests if one.startswith("text:")] for row in (verdict, without)]
    assert texts[0] != texts[1]


async def test_the_recipe_means_something_to_a_strict_reader(home: House, alice: Actor) -> None:
    post = await carried(home, alice, Draft(**ORDER, remix_policy="anyone"))
    [note] = linked_data.expand(json.loads(post.document or b""))
    ns = f"{home.origin}/ns#"
    [picture] = note["https://www.w3.org/ns/activitystreams#attachment"]
    [recipe] = picture[f"{ns}recipe"]
    assert recipe["@type"] == [f"{ns}Recipe"]
    assert recipe[f"{ns}prompt"] == [{"@value": "a fox at dusk"}]
    [policy] = note["https://gotosocial.org/ns#interactionPolicy"]
    [granted] = policy[f"{ns}canRemix"]
    assert granted["https://gotosocial.org/ns#automaticApproval"] == [
        {"@id": "https://www.w3.org/ns/activitystreams#Public"}
    ]


async def test_only_our_own_files_are_marked_anew() -> None:
    for nonsense in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe1\x00\x01", b"\xff\xd8" + b"\x00" * 9):
        with pytest.raises(ValueError, match="JPEG"):
            provenance.remark(nonsense, provenance.Provenance())
