"""Decisions that people turn round: prompts, edits, refusals, takedowns, appeals; known pictures; drafted alt texts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import select

from actors.accounts import open_session
from actors.models import Account, Actor
from fediverse_ai import wiring
from fediverse_ai.auth import session_cookie_name
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Conflict, Forbidden, Malformed, Unprocessable
from generation.pipeline import Pipeline
from generation.policy import parse_policy
from generation.sandbox import Sandbox
from outbox import appeals, describe, edit, judging, known, moderate, pick, policies, prepare, sweep
from outbox.compose import compose
from outbox.draft import Draft
from outbox.models import Activity, Attachment, Judgement, Notification, Post, PostState, Revision
from outbox.rulings import Appeal, KnownPicture
from tests.support import gate
from tests.support.house import House, house

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Court:
    """A house with the toy gate, an author and a moderator."""

    def __init__(self, home: House, toy: gate.Toy, alice: Actor, judge: Account) -> None:
        self.home, self.toy, self.alice, self.judge = home, toy, alice, judge

    async def posted(self, **draft: Any) -> Post:
        async with self.home.context.database.write() as session:
            post = await compose(session, self.alice, Draft(**draft))
        return await self.prepared(post.id)

    async def prepared(self, post_id: int) -> Post:
        await prepare.prepare.function(self.home.context, [post_id])
        return await self.row(post_id)

    async def row(self, post_id: int) -> Post:
        [row] = await self.home.rows(Post, id=post_id)
        return row

    async def says(self, verb: Any, row: Post | Revision, *words: str) -> None:
        async with self.home.context.database.write() as session:
            found = await session.get(type(row), row.id)
            await verb(session, found, self.judge, *words)

    async def revised(self, post: Post, text: str) -> Revision:
        async with self.home.context.database.write() as session:
            found = await session.get(Post, post.id)
            assert found is not None
            revision = await edit.edit(session, self.alice, found, edit.Change(text=text))
        return await self.judged(revision.id)

    async def judged(self, revision_id: int) -> Revision:
        await edit.revise.function(self.home.context, [revision_id])
        [row] = await self.home.rows(Revision, id=revision_id)
        return row


async def signed_in(court: Court, actor: Actor) -> dict[str, str]:
    """What a browser of theirs sends along."""
    async with court.home.context.database.write() as session:
        account = (await session.exec(select(Account).where(Account.actor_id == actor.id))).one()
        secret = await open_session(session, account.id)
    cookie = {"cookie": f"{session_cookie_name(court.home.context.config)}={secret}"}
    return cookie | {"origin": court.home.origin, "sec-fetch-site": "same-origin"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Court]:
    sandbox = Sandbox()
    async with house(tmp_path_factory.mktemp("court") / "home") as home:
        toy = gate.install(home.context, home.clock, sandbox)
        alice = await home.make_actor("alice")
        judge = await home.make_actor("judge", role="moderator")
        [account] = await home.rows(Account, actor_id=judge.id)
        yield Court(home, toy, alice, account)
    await sandbox.close()


async def test_a_held_prompt_that_is_approved_gets_its_picture_made_and_judged(court: Court) -> None:
    held = await court.posted(prompt="a grim square blue", alt_text="calm")
    assert (held.state, held.rule) == (PostState.HELD, "mood")
    assert await court.home.rows(Attachment, post_id=held.id) == []
    await court.says(moderate.approve, held)
    assert (await court.row(held.id)).state == PostState.WAITING
    assert (await court.prepared(held.id)).state == PostState.HELD, "its words would leave with the recipe"
    await court.says(moderate.approve, held)
    out = await court.row(held.id)
    assert out.state == PostState.PUBLISHED
    assert len(await court.home.rows(Attachment, post_id=held.id)) == 1


async def test_a_picture_is_judged_for_itself_after_its_prompt_was_approved(court: Court) -> None:
    held = await court.posted(prompt="a grim square red", alt_text="calm")
    await court.says(moderate.approve, held)
    assert (await court.prepared(held.id)).state == PostState.REFUSED


async def test_a_refusal_is_turned_round_without_making_the_picture_again(court: Court) -> None:
    refused = await court.posted(prompt="square red", alt_text="calm")
    [before] = await court.home.rows(Attachment, post_id=refused.id)
    await court.says(moderate.approve, refused, "harmless")
    assert (await court.row(refused.id)).state == PostState.PUBLISHED
    [after] = await court.home.rows(Attachment, post_id=refused.id)
    assert after.sha256 == before.sha256
    said = (await court.home.rows(Judgement, post_id=refused.id))[-1]
    assert (said.decision, said.decided_by_id, said.reason) == ("allow", court.judge.id, "harmless")


async def test_a_takedown_deletes_and_tells_the_author_why(court: Court) -> None:
    post = await court.posted(text="calm evening")
    await court.says(moderate.refuse, post, "A copyright holder objected.")
    row = await court.row(post.id)
    assert (row.state, row.reason) == (PostState.DELETED, "A copyright holder objected.")
    assert [one.kind for one in await court.home.rows(Notification, post_id=post.id)] == ["refused"]
    assert json.loads((await court.home.rows(Activity, type="Delete"))[-1].body)["object"]["id"] == post.uri


@pytest.mark.parametrize("yes", [True, False])
async def test_a_held_edit_is_decided_like_a_post(court: Court, yes: bool) -> None:
    post = await court.posted(text="calm")
    held = await court.revised(post, "grim")
    assert held.state == PostState.HELD
    assert (await court.row(post.id)).text == "calm"
    await court.says(moderate.approve_edit if yes else moderate.refuse_edit, held, "seen")
    settled = await court.judged(held.id)
    assert settled.state == (PostState.PUBLISHED if yes else PostState.REFUSED)
    assert (await court.row(post.id)).text == ("grim" if yes else "calm")


async def test_an_appeal_is_made_once_and_answered_once(court: Court) -> None:
    held = await court.posted(text="a grim tale")
    async with court.home.context.database.write() as session:
        found = await session.get(Post, held.id)
        assert found is not None
        assert await appeals.can_appeal(session, found)
        made = await appeals.appeal(session, court.alice, found, "It is a fairy tale.")
        with pytest.raises(Conflict):
            await appeals.appeal(session, court.alice, found, "And again.")
    assert [one.kind for one in await court.home.rows(Notification, actor_id=court.judge.actor_id)][-1:] == ["appeal"]
    async with court.home.context.database.write() as session:
        row = await session.get(Appeal, made.id)
        assert row is not None
        await appeals.decide(session, row, court.judge, uphold=True, answer="You are right.")
        with pytest.raises(Conflict):
            await appeals.decide(session, row, court.judge, uphold=False, answer="No.")
    assert (await court.row(held.id)).state == PostState.PUBLISHED
    assert "appeal_decided" in [one.kind for one in await court.home.rows(Notification, post_id=held.id)]


async def test_a_rejected_appeal_leaves_the_refusal_and_can_be_appealed_anew_only_after_a_new_decision(
    court: Court,
) -> None:
    held = await court.posted(text="a grim picture of a town")
    async with court.home.context.database.write() as session:
        found = await session.get(Post, held.id)
        assert found is not None
        made = await appeals.appeal(session, court.alice, found, "")
        await appeals.decide(session, made, court.judge, uphold=False, answer="It stays grim.")
    row = await court.row(held.id)
    assert (row.state, row.reason) == (PostState.REFUSED, "It stays grim.")


async def test_who_may_appeal_and_how_long(court: Court) -> None:
    held = await court.posted(text="grim again")
    ben = await court.home.make_actor("ben")
    async with court.home.context.database.write() as session:
        found = await session.get(Post, held.id)
        assert found is not None
        with pytest.raises(Forbidden):
            await appeals.appeal(session, ben, found)
        with pytest.raises(Unprocessable):
            await appeals.appeal(session, court.alice, found, "x" * (limits.APPEAL_CHARS + 1))
        made = await appeals.appeal(session, court.alice, found, "x" * limits.APPEAL_CHARS)
        alices = (await session.exec(select(Account).where(Account.actor_id == court.alice.id))).one()
        with pytest.raises(Forbidden):
            await appeals.decide(session, made, alices, uphold=True, answer="")
    published = await court.posted(text="calm")
    async with court.home.context.database.write() as session:
        with pytest.raises(Conflict):
            await appeals.appeal(session, court.alice, published)


async def test_nobody_decides_an_appeal_of_their_own_while_there_is_another_moderator(court: Court) -> None:
    [judge] = await court.home.rows(Actor, id=court.judge.actor_id)
    context = court.home.context
    async with context.database.write() as session:
        post = await compose(session, judge, Draft(text="grim"))
    await prepare.prepare.function(context, [post.id])
    async with context.database.write() as session:
        found = await session.get(Post, post.id)
        assert found is not None
        made = await appeals.appeal(session, judge, found)
    other = await court.home.make_actor("other", role="moderator")
    async with context.database.write() as session:
        row = await session.get(Appeal, made.id)
        assert row is not None
        with pytest.raises(Forbidden, match="Another moderator"):
            await appeals.decide(session, row, court.judge, uphold=True, answer="")
        second = (await session.exec(select(Account).where(Account.actor_id == other.id))).one()
        await appeals.decide(session, row, second, uphold=True, answer="fine")


async def test_the_page_explains_and_takes_the_appeal(court: Court) -> None:
    held = await court.posted(text="grim weather")
    headers = await signed_in(court, court.alice)
    page = (await court.home.client.get(f"/make/{held.id}", headers=headers)).text
    assert "Be calmer." in page
    assert "Mood" in page
    assert "0.6" not in page, "scores would teach how to get round the gate"
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": csrf, "text": "It is only weather."}
    sent = await court.home.client.post(f"/make/{held.id}/appeal", data=form, headers=headers)
    assert sent.status_code == 303, sent.text
    [made] = await court.home.rows(Appeal, post_id=held.id)
    assert made.text == "It is only weather."
    assert "You have appealed" in (await court.home.client.get(f"/make/{held.id}", headers=headers)).text


async def test_an_edit_has_a_page_that_explains_it_and_takes_the_appeal(court: Court) -> None:
    post = await court.posted(text="calm")
    held = await court.revised(post, "grim news")
    home, path = court.home, f"/posts/{post.id}/edit/appeal"
    headers = await signed_in(court, court.alice)
    # From wherever its author may meet it.
    for place in ("/notifications", f"/@{court.alice.username}/{post.id}", f"/posts/{post.id}/edit"):
        assert f'href="{path}"' in (await home.client.get(place, headers=headers)).text, place
    told = (await home.client.get("/notifications", headers=headers)).text
    assert "Your edit waits for a moderator" in told or "Your edit was not taken over" in told
    page = (await home.client.get(path, headers=headers)).text
    assert "Be calmer." in page
    assert "grim news" in page
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    long = {"csrf": csrf, "text": "x" * (limits.APPEAL_CHARS + 1)}
    assert (await home.client.post(path, data=long, headers=headers)).status_code == 422
    sent = await home.client.post(path, data={"csrf": csrf, "text": "It is only news."}, headers=headers)
    assert sent.status_code == 303, sent.text
    [made] = await home.rows(Appeal, post_id=post.id)
    assert (made.revision_id, made.text) == (held.id, "It is only news.")
    assert "You have appealed" in (await home.client.get(path, headers=headers)).text
    assert (await home.client.post(path, data={"csrf": csrf}, headers=headers)).status_code == 409, "once is enough"
    [other] = await home.rows(Actor, id=court.judge.actor_id)
    assert (await home.client.get(path, headers=await signed_in(court, other))).status_code == 404

    async with home.context.database.write() as session:
        row = await session.get_one(Appeal, made.id)
        await appeals.decide(session, row, court.judge, uphold=True, answer="Right.")
    assert (await court.judged(held.id)).state == PostState.PUBLISHED
    assert (await court.row(post.id)).text == "grim news"
    assert (await home.client.get(path, headers=headers)).status_code == 404, "it is out: nothing to object to"
    assert path not in (await home.client.get(f"/@{court.alice.username}/{post.id}", headers=headers)).text


async def test_only_the_newest_edit_can_be_appealed(court: Court) -> None:
    post = await court.posted(text="calm")
    first = await court.revised(post, "grim one")
    second = await court.revised(post, "grim two")
    async with court.home.context.database.write() as session:
        found = await session.get_one(Post, post.id)
        with pytest.raises(Conflict):
            await appeals.appeal(session, court.alice, found, "", await session.get_one(Revision, first.id))
        made = await appeals.appeal(session, court.alice, found, "", await session.get_one(Revision, second.id))
    assert made.revision_id == second.id


async def test_scores_are_kept_by_stage_and_can_be_judged_by_another_policy(court: Court) -> None:
    post = await court.posted(prompt="square orange", alt_text="calm")
    judgement = (await court.home.rows(Judgement, post_id=post.id))[-1]
    assert post.state == PostState.HELD
    assert [stage for stage, _ in judging.groups_of(judgement)] == ["prompt", "picture", "text"]

    lax = parse_policy(gate.law("lax").encode(), "lax")
    async with court.home.context.database.read() as session:
        told = await judging.replay(session, lax, 1)
        counts = await judging.stats(session, 0)
    assert told["changed"] == [{"post": post.id, "was": "hold", "would": "allow", "rule": "mood"}]
    assert counts["decisions"]["hold"] >= 1
    assert counts["approved"] >= 1


async def test_the_history_of_the_policy_can_be_put_back(court: Court) -> None:
    context = court.home.context
    async with context.database.write() as session:
        await policies.remember(session, context.part(Pipeline).policy)
        gate.enact(context, "lax")
    _ = context.part(Pipeline).policy
    court.home.clock.forward(2)
    await policies.watch(context)
    await policies.watch(context)
    async with context.database.read() as session:
        found = await policies.versions(session)
    assert [one.version.partition("+")[0] for one in found[:2]] == ["lax", "mild"]
    assert len({one.digest for one in found}) == len(found)
    async with context.database.read() as session:
        kept = await policies.version_named(session, found[1].digest[:8])
    assert "hold = 0.5" in policies.difference(found[0].text, kept.text, ("now", "then"))
    gate.enact(context, "mild")
    _ = context.part(Pipeline).policy
    court.home.clock.forward(2)
    assert context.part(Pipeline).policy.version.startswith("mild+")


async def test_a_draft_is_confirmed_before_it_counts(court: Court) -> None:
    post = await court.posted(prompt="square blue")
    [picture] = await court.home.rows(Attachment, post_id=post.id)
    assert (picture.alt, picture.alt_draft) == ("square blue", "A square"), "its author's words stand in"
    [judge] = await court.home.rows(Actor, id=court.judge.actor_id)
    async with court.home.context.database.write() as session:
        found = await session.get(Post, post.id)
        assert found is not None
        await describe.confirm(session, court.alice, found, {str(picture.id): "A calm blue square"})
        with pytest.raises(Forbidden):
            await describe.confirm(session, judge, found, {})
    [revision] = await court.home.rows(Revision, post_id=post.id, state=PostState.WAITING)
    assert (await court.judged(revision.id)).state == PostState.PUBLISHED
    [after] = await court.home.rows(Attachment, post_id=post.id)
    assert (after.alt, after.alt_draft) == ("A calm blue square", "")


@pytest.mark.parametrize(
    ("said", "alt", "waits"),
    [
        ({"accept_alt_draft": True}, "A square", ""),
        ({"accept_alt_draft": True, "alt_text": "My own"}, "My own", ""),
        ({"alt_text": "My own"}, "My own", ""),
        ({"disclosure": "model"}, "A picture made with AI.", "A square"),
    ],
)
async def test_a_draft_is_used_only_where_its_author_says_so(
    court: Court, said: dict[str, Any], alt: str, waits: str
) -> None:
    post = await court.posted(prompt="square blue", **said)
    [picture] = await court.home.rows(Attachment, post_id=post.id)
    assert (post.state, picture.alt, picture.alt_draft) == (PostState.PUBLISHED, alt, waits)
    assert (b"A square" in (post.document or b"")) == (alt == "A square")


async def test_whoever_writes_a_description_of_their_own_has_answered_the_draft(court: Court) -> None:
    post = await court.posted(prompt="square blue")
    [picture] = await court.home.rows(Attachment, post_id=post.id)
    async with court.home.context.database.write() as session:
        found = await session.get_one(Post, post.id)
        revision = await edit.edit(session, court.alice, found, edit.Change(alts={picture.id: "Blue"}))
    await court.judged(revision.id)
    [after] = await court.home.rows(Attachment, post_id=post.id)
    assert (after.alt, after.alt_draft) == ("Blue", "")


async def test_an_author_looks_first_and_confirms(court: Court) -> None:
    post = await court.posted(prompt="square blue", look_first=True)
    [picture] = await court.home.rows(Attachment, post_id=post.id)
    assert (post.state, picture.alt_draft) == (PostState.PICK, "A square")
    async with court.home.context.database.write() as session:
        found = await session.get_one(Post, post.id)
        with pytest.raises(Unprocessable):
            await pick.pick(session, court.alice, found, [0], {0: "x" * (limits.ALT_TEXT_CHARS + 1)})
        await pick.pick(session, court.alice, found, [0], {0: "A calm blue square", 3: "of no picture"})
    jobs = [job for job in await court.home.context.jobs.waiting() if job.ids == [post.id]]
    assert jobs[-1].queue == "judge", "no generator is needed any more"
    await prepare.judge_waiting.function(court.home.context, [post.id])
    [picture] = await court.home.rows(Attachment, post_id=post.id)
    assert ((await court.row(post.id)).state, picture.alt, picture.alt_draft) == (
        PostState.PUBLISHED,
        "A calm blue square",
        "",
    )


async def test_words_and_edits_wait_for_no_generator(court: Court) -> None:
    """A worker with a GPU takes the queue `generate`; without one, words go on."""
    context = court.home.context
    async with context.database.write() as session:
        words = await compose(session, court.alice, Draft(text="calm"))
        picture = await compose(session, court.alice, Draft(prompt="square blue", alt_text="calm"))
    queues = {job.ids[0]: (job.name, job.queue) for job in await context.jobs.waiting()}
    assert queues[words.id] == (prepare.judge_waiting.name, "judge")
    assert queues[picture.id][0] == prepare.prepare.name
    assert queues[picture.id][1].startswith("generate")
    assert {job.queue for job in wiring.JOBS if job.name == edit.revise.name} == {"judge"}
    # The row is the promise: a lost job comes back in the same queue, and one that waits is not doubled.
    court.home.clock.forward(limits.ABANDONED_SECONDS + 60)
    before = len(await context.jobs.waiting())
    await sweep.resume(context)
    assert len(await context.jobs.waiting()) == before
    await prepare.judge_waiting.function(context, [words.id])
    assert (await court.row(words.id)).state == PostState.PUBLISHED


async def test_the_list_of_known_pictures(court: Court) -> None:
    context = court.home.context
    one, two = "ab" * 32, "cd" * 32
    async with context.database.write() as session:
        assert await known.import_list(
            session, f"hash,quality\n{one},100\nnonsense\n# note\n{two.upper()}\n", "a list"
        ) == (
            2,
            [(3, "'nonsense' is no hash of 64 hex digits.")],
        )
        assert await known.add(session, [("pdq", one)], source="again") == 0
        with pytest.raises(Unprocessable):
            await known.add(session, [("md5", one)], source="x")
        with pytest.raises(Malformed):
            await known.add(session, [("pdq", "abc")], source="x")
        assert await known.remove(session, "cdcdcdcd") == 1
    assert [row.hash for row in await court.home.rows(KnownPicture)] == [one]
