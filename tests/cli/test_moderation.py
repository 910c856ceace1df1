"""`moderation …` from the terminal: decisions, appeals, the policy tried and put back, known pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlmodel import select

from actors import queries
from actors.models import Actor
from bench.evaluation.pictures import photo_like
from fediverse_ai.core.config import load
from fediverse_ai.core.context import Context
from fediverse_ai.wiring import close_context, open_context
from generation.pipeline import Pipeline
from generation.policy_file import FILE, shipped
from outbox import appeals
from outbox.models import Judgement, Post, PostState
from tests.cli.conftest import Inside
from tests.cli.test_commands import settled

__all__ = ["settled"]

FINDING = {"stage": "text", "moderator": "lists", "version": "1", "evidence": {"hate": "a word"}, "failed": False}


def in_the_house(folder: Path, work: Callable[[Context], Awaitable[int]]) -> int:
    """Do something with the rows, beside the commands."""

    async def whole() -> int:
        context = await open_context(load(folder), engine=False)
        try:
            return await work(context)
        finally:
            await close_context(context)

    return asyncio.run(whole())


async def _held(context: Context) -> int:
    async with context.database.write() as session:
        author = (await session.exec(select(Actor).where(Actor.username == "ann"))).one()
        post_id = context.ids.new()
        base = context.config.public_url
        post = Post(id=post_id, uri=f"{base}/notes/{post_id}", local=True, author_id=author.id, created_ms=1)
        post.text, post.state, post.rule, post.reason = "a hard word", PostState.HELD, "hate", "Leave it out."
        session.add(post)
        await session.flush()
        version = context.part(Pipeline).policy_version
        session.add(
            Judgement(
                id=context.ids.new(),
                post_id=post_id,
                decision="hold",
                rule="hate",
                policy_version=version,
                findings=[FINDING | {"scores": {"hate": 0.96}}],
                created_ms=context.clock.now_ms(),
            )
        )
    return post_id


def test_a_held_post_from_the_queue_to_its_appeal(settled: Inside) -> None:
    folder = settled.folder
    first, second = in_the_house(folder, _held), in_the_house(folder, _held)
    [row, _] = settled("moderation", "queue", "--json").facts
    assert (row["id"], row["kind"], row["author"], row["rule"]) == (first, "post", "ann", "hate")
    shown = settled("moderation", "show", str(first))
    assert "near hate at text: 0.96, 101% of its threshold" in shown.out
    assert "lists on hate: a word" in shown.out
    assert "To reverse: approve or reject" in shown.out
    assert settled("moderation", "approve", str(first), "--reason", "fine").code == 0
    assert settled("moderation", "show", str(first), "--json").facts["state"] == "published"
    assert settled("moderation", "reject", str(second), "--reason", "No.").code == 0
    assert settled("moderation", "reject", str(second)).code == 1

    async def object_to(context: Context) -> int:
        async with context.database.write() as session:
            ann = await queries.by_handle(session, "ann", None)
            post = await session.get(Post, second)
            assert ann is not None
            assert post is not None
            return (await appeals.appeal(session, ann, post, "Read it again.")).id

    appeal = in_the_house(folder, object_to)
    assert [one["text"] for one in settled("moderation", "appeals", "--json").facts] == ["Read it again."]
    assert settled("moderation", "appeals", "--uphold", str(appeal), "--answer", "Right.").code == 0
    facts = settled("moderation", "stats", "--json").facts
    assert (facts["decisions"]["hold"], facts["approved"], facts["rejected"]) == (2, 2, 1)
    assert facts["appeals"]["upheld"] == 1


def test_a_policy_is_tried_and_put_back(settled: Inside, tmp_path: Path) -> None:
    folder = settled.folder
    assert (folder / FILE).read_text() == shipped()
    in_the_house(folder, _held)
    assert settled("moderation", "policy", "check").code == 0
    lax = tmp_path / "lax.toml"
    lax.write_text(shipped().replace("stages.text = { hold = 0.95, refuse = 1.0 }", "stages.text = { hold = 0.99 }"))
    told = settled("moderation", "policy", "dry-run", str(lax), "--json").facts
    assert told["judged"] == 1
    (tmp_path / "bad.toml").write_text("version = [")
    bad = settled("moderation", "policy", "check", str(tmp_path / "bad.toml"))
    assert (bad.code, bad.err.count("\n")) == (1, 1)
    (folder / FILE).write_text(lax.read_text())
    assert "+stages.text = { hold = 0.99 }" in settled("moderation", "policy", "diff").out
    now, then = settled("moderation", "policy", "history", "--json").facts
    assert settled("moderation", "policy", "rollback", then["version"]).code == 0
    assert (folder / FILE).read_text() == shipped()
    assert settled("moderation", "policy", "rollback", "nothing").code == 1
    assert now["version"] != then["version"]
    (folder / FILE).write_text("version = [")
    found = {one["name"]: one for one in settled("doctor", "--json").facts["findings"]}
    assert found["policy"]["level"] == "problem"
    assert then["version"] in found["policy"]["words"], "the policy that ran last goes on"


def test_known_pictures(settled: Inside, tmp_path: Path) -> None:
    picture = tmp_path / "bad.jpg"
    picture.write_bytes(photo_like(512, 3))
    listed = tmp_path / "list.csv"
    listed.write_text("hash,quality\n" + "ab" * 32 + ",100\nnonsense\n")
    assert settled("moderation", "hash", "add", str(picture), "--reason", "taken down").code == 0
    imported = settled("moderation", "hash", "import", str(listed))
    assert (imported.code, imported.err) == (
        0,
        "fediverse-ai: line 3 is left out: 'nonsense' is no hash of 64 hex digits.\n",
    )
    rows = settled("moderation", "hash", "list", "--json").facts
    assert [row["source"] for row in rows] == ["list.csv", "bad.jpg"]
    assert settled("moderation", "hash", "remove", "abababab", "--json").facts == {"removed": 1}
    assert settled("moderation", "hash", "add", "xyz").code == 1
