"""trace: one post's life with everything in it, at the command line's function and on the owner's page; no content."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import select

from actors.models import Actor
from fediverse_ai.core.errors import Missing
from fediverse_ai.web.owner import trace as page
from outbox import story
from outbox.models import Activity, Attachment, Delivery, Judgement, Post, Reaction, Revision
from outbox.records import Measure
from outbox.rulings import Appeal
from outbox.story import KINDS
from outbox.turns import Turn
from tests.web.site import ORIGIN, Site, site
from tests.web.test_pages import check_sound

pytestmark = pytest.mark.asyncio(loop_scope="module")
PRIVATE = "nobody but its readers may see this"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("site")) as made:
        await made.person("olga", role="owner")
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def post(home: Site) -> Post:
    """A post to which everything happened."""
    ann, ben = await home.person("ann"), await home.person("ben")
    now, ids = home.context.clock.now_ms(), home.context.ids
    made = await home.post(
        ann, text=PRIVATE, visibility="followers", created_ms=now - 60_000, likes=1, replies=2, deleted_ms=now + 9_000,
        request={"generator": "scene", "image": {"prompt": PRIVATE}}, app={"name": "Tusky"},
        attachment={"alt": PRIVATE, "size": 4_321, "sha256": "ab" * 32},
    )  # fmt: skip
    verdicts = [ids.new(), ids.new()]
    async with home.context.database.write() as session:
        session.add(Turn(post_id=made.id, author_id=ann.id, generator="scene", lane="0", number=1,
                         created_ms=now - 60_000, began_ms=now - 48_000))  # fmt: skip
        for row, decision, at in zip(verdicts, ("hold", "allow"), (now - 40_000, now - 20_000), strict=True):
            findings = [{"stage": "picture", "moderator": "nudity", "failed": decision == "hold", "scores": {}}]
            session.add(Judgement(id=row, post_id=made.id, decision=decision, rule="unjudged", policy_version="1+x",
                                  created_ms=at, findings=findings))  # fmt: skip
        await session.flush()
        session.add(Appeal(id=ids.new(), judgement_id=verdicts[0], post_id=made.id, actor_id=ann.id, text=PRIVATE,
                           state="upheld", created_ms=now - 30_000, decided_ms=now - 20_000))  # fmt: skip
        session.add(Measure(id=ids.new(), secret="s", kind="unlist", actor_id=ann.id, post_id=made.id, ground="rule 3",
                            words=PRIVATE, created_ms=now + 6_000))  # fmt: skip
        for at in (now, now + 5_000):
            session.add(Revision(id=ids.new(), post_id=made.id, state="published", text=PRIVATE, created_ms=at))
        create = Activity(id=ids.new(), uri=made.activity_uri or "", actor_id=ann.id, type="Create",
                          object_uri=made.uri, body=PRIVATE.encode(), created_ms=now)  # fmt: skip
        session.add(create)
        await session.flush()
        for host, state, error in (("near.example", "delivered", None), ("far.example", "lane", "status 503")):
            session.add(Delivery(id=ids.new(), activity_id=create.id, inbox_url=f"https://{host}/inbox", host=host,
                                 state=state, attempts=2, last_error=error, created_ms=now, done_ms=now))  # fmt: skip
        session.add(Reaction(id=ids.new(), uri="x", kind="like", actor_id=ben.id, post_id=made.id, created_ms=now))
    return made


async def test_everything_that_happened_is_told_in_order_without_content(home: Site, post: Post) -> None:
    async with home.context.database.read() as session:
        found = await story.story(session, post.uri)
        assert await story.story(session, str(post.id)) == await story.story(session, post.url or "") == found
        with pytest.raises(Missing):
            await story.story(session, "https://elsewhere.example/1")
    assert [step.at_ms for step in found.steps] == sorted(step.at_ms for step in found.steps)
    kinds = [step.kind for step in found.steps]
    assert set(kinds) == set(KINDS)
    assert kinds.index("ordered") < kinds.index("line") < kinds.index("verdict") < kinds.index("appeal")
    facts: dict[str, Any] = {}
    for step in found.steps:
        facts |= step.facts
    assert (facts["by"], facts["prompt_characters"], facts["waited_seconds"]) == ("Tusky", len(PRIVATE), 12.0)
    assert (facts["seed"], facts["generator"], facts["bytes"]) == (42, "scene", 4_321)
    held, allowed = [step.facts for step in found.steps if step.kind == "verdict"]
    assert (held["decision"], held["failed_checks"], allowed["decision"]) == ("hold", "nudity", "allow")
    assert {one["inbox"]: (one["state"], one["tries"], one["last_answer"]) for one in found.deliveries} == {
        "https://near.example/inbox": ("delivered", 2, None), "https://far.example/inbox": ("lane", 2, "status 503"),
    }  # fmt: skip
    assert (found.likes, found.replies, found.reactions[0]["kind"]) == (1, 2, "like")
    assert PRIVATE not in repr(found)


async def test_deliveries_are_bounded(home: Site, post: Post) -> None:
    async with home.context.database.read() as session:
        for limit, more in ((1, True), (2, False), (3, False)):
            found = await story.story(session, str(post.id), limit)
            assert (len(found.deliveries), found.more_deliveries) == (min(limit, 2), more)


async def test_the_owner_reads_it_on_a_page(home: Site, post: Post) -> None:
    olga = await home.member("olga")
    shown = await olga.get(f"/owner/trace?post={post.uri}")
    check_sound(shown)
    words = shown.text()
    for wanted in ("https://far.example/inbox", "status 503", "unlist", "Objection", "Tusky", "1 like", "ann@"):
        assert wanted in words, wanted
    assert PRIVATE not in shown.response.text
    assert "There is no such post here." in (await olga.get("/owner/trace?post=7")).text()
    check_sound(await olga.get("/owner/trace"))
    assert (await (await home.member("ann")).get("/owner/trace")).status == 403


async def test_every_kind_and_fact_has_a_name(home: Site, post: Post) -> None:
    assert set(page.KINDS) == set(KINDS)
    async with home.context.database.read() as session:
        found = await story.story(session, str(post.id))
        assert {name for step in found.steps for name in step.facts} <= set(page.FACTS)
        assert (await session.exec(select(Attachment.id).where(Attachment.post_id == post.id))).first() is not None
        assert (await session.exec(select(Actor.id).where(Actor.username == "ann"))).first() is not None
    assert post.uri.startswith(ORIGIN)
