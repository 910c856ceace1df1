"""No byte leaves without an allow verdict for these bytes and this policy: any history of doors, laws and accidents.

A state machine composes, uploads, edits and schedules by every door there is (pages, the Mastodon API, ActivityPub for
clients, the terminal, and the verbs behind them), moderates, appeals, swaps what was judged behind the gate's back,
changes the law and breaks things in the middle. Its own record of what was allowed when, kept beside the server's, is
held against every activity that is there to be sent and every file that it names.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select

from actors.models import Account, Actor
from fediverse_ai.core import failpoints, limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import FediverseError
from generation.pipeline import Pipeline
from generation.sandbox import Sandbox
from outbox import appeals, edit, mentions, moderate, prepare, publish, schedule, uploads
from outbox.compose import compose
from outbox.draft import Draft
from outbox.models import Activity, Attachment, Post, PostState, Revision
from outbox.rulings import Appeal
from tests.histories import doors
from tests.histories.doors import Doors
from tests.support import gate
from tests.support.house import House, house

T = TypeVar("T")
MOOD = st.sampled_from(sorted(gate.MOODS))
PAINT = st.sampled_from(sorted(gate.PAINTS))
VERB = "verb"
"""The verb itself, without a door before it."""
CHANGE = st.sampled_from(
    [
        (before, mood, after)
        for before, (lax, _) in gate.LAWS.items()
        for after, (strict, _) in gate.LAWS.items()
        for mood, score in gate.MOODS.items()
        if strict <= score < lax
    ]
)
"""(law, mood, law): what the first lets pass and the second does not."""
POINTS = ("prepare.begin", "prepare.generated", "prepare.stored", "prepare.judged", "publish.before_commit",
          "edit.before_commit", "moderate.before_commit", "schedule.before_commit")  # fmt: skip
AHEAD_SECONDS = limits.SCHEDULE_LEAST_SECONDS + 60
"""When what is scheduled goes out; apps have to say so some minutes before."""
LONG = os.environ.get("LONG") == "1"


class World:
    """One house for all histories; what each may look at is what it made itself."""

    def __init__(
        self, home: House, runner: asyncio.Runner, alice: Actor, judge: Account, toy: gate.Toy, ways: Doors
    ) -> None:
        self.home, self.alice, self.judge, self.toy, self.doors = home, alice, judge, toy, ways
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        """Something that happens between a verdict and the transaction that acts on it, once."""
        self._runner = runner

    async def find_mentions(self, context: Context, post: Post, written: str) -> list[dict[str, str]]:
        """The real thing, which runs at that very moment."""
        found = await mentions.find_mentions(context, post, written)
        if (act := self.meanwhile) is not None:
            self.meanwhile = None
            await act()
        return found

    def run(self, work: Awaitable[T]) -> T:
        async def whole() -> T:
            return await work

        return self._runner.run(whole())


WORLD: list[World] = []


class Gate(RuleBasedStateMachine):
    """One history. `law` is the one in force; `approved` holds (law, mark or file) that a moderator let pass."""

    def __init__(self) -> None:
        super().__init__()
        self.world = WORLD[0]
        self.home = self.world.home
        self.number = 0
        self.law = "mild"
        self.posts: list[int] = []
        self.approved: set[tuple[str, str]] = set()
        self.newest = max((row.id for row in self._rows(Activity)), default=0)
        self._enact("mild")
        self.world.doors.forget_rates()

    # --- doors ---

    @rule(door=st.sampled_from((VERB, *doors.WORDS)), mood=MOOD, later=st.booleans())
    def write(self, door: str, mood: str, later: bool) -> None:
        at = self._ahead() if later else None
        if door == VERB:
            self._compose(Draft(text=self._words(mood), not_before_ms=at))
        else:
            self.posts.append(self.world.run(self.world.doors.words(door, self._words(mood), at)))

    @rule(door=st.sampled_from((VERB, *doors.PICTURES)), paint=PAINT, mood=MOOD, alt=MOOD)
    def paint(self, door: str, paint: str, mood: str, alt: str) -> None:
        prompt, said = f"{self._words(mood)} {paint}", self._words(alt)
        if door == VERB:
            self._compose(Draft(prompt=prompt, alt_text=said))
        else:
            self.posts.append(self.world.run(self.world.doors.picture(door, prompt, said)))

    @rule(mood=MOOD, alt=MOOD, paint=PAINT, later=st.booleans())
    def paint_and_finish(self, mood: str, alt: str, paint: str, later: bool) -> None:
        """By the pages: its author looks at what was made, and says the rest."""
        self.posts.append(self.world.run(self.world.doors.picture("page", f"{self._words('calm')} {paint}", "")))
        self.work()
        [post] = self._rows(Post, Post.id == self.posts[-1])
        if post.state == PostState.PICK:
            words, said = self._words(mood), self._words(alt)
            at = self._ahead() if later else None
            self.posts.append(self.world.run(self.world.doors.finish(post.id, words, said, at)))

    @rule(door=st.sampled_from((VERB, *doors.UPLOADS)), colour=MOOD, mood=MOOD)
    def upload(self, door: str, colour: str, mood: str) -> None:
        if door != VERB:
            brought = self.world.doors.upload(door, gate.painted(colour), self._words(mood))
            self.posts.append(self.world.run(brought))
            return

        async def bring() -> None:
            context = self.home.context
            picture = await uploads.admit(context, gate.painted(colour))
            async with context.database.write() as session:
                made = await uploads.keep(session, self.world.alice, picture, description=self._words(mood))
                post = await compose(session, self.world.alice, Draft(media_ids=(made.id,)))
            self.posts.append(post.id)

        self.world.run(bring())

    @rule(door=st.sampled_from((VERB, *doors.EDITS)), mood=MOOD, data=st.data())
    def edit(self, door: str, mood: str, data: st.DataObject) -> None:
        async def change(post: Post) -> None:
            if door != VERB:
                await self.world.doors.edit(door, post, self._words(mood))
                return
            async with self.home.context.database.write() as session:
                found = await session.get(Post, post.id)
                assert found is not None
                await edit.edit(session, self.world.alice, found, edit.Change(text=self._words(mood)))

        self._with_one(data, change, PostState.PUBLISHED)

    # --- people ---

    @rule(yes=st.booleans(), data=st.data())
    def moderate(self, yes: bool, data: st.DataObject) -> None:
        async def decide(post: Post) -> None:
            context = self.home.context
            async with context.database.write() as session:
                found = await session.get(Post, post.id)
                edits = select(Revision).where(Revision.post_id == post.id, Revision.state == PostState.HELD)
                revision = (await session.exec(edits)).first()
                assert found is not None
                if revision is not None and found.state == PostState.PUBLISHED:
                    self._note(yes, revision.text, *revision.alts.values())
                    act: Any = moderate.approve_edit if yes else moderate.refuse_edit
                    await act(session, revision, self.world.judge, "seen")
                    return
                query = select(Attachment).where(Attachment.post_id == post.id)
                pictures = list(await session.exec(query))
                prompt = str((found.request or {}).get("image", {}).get("prompt", ""))
                names = [picture.file or "" for picture in pictures] + [picture.alt for picture in pictures]
                self._note(yes, found.text, prompt, *names)
                await (moderate.approve if yes else moderate.refuse)(session, found, self.world.judge, "seen")

        self._with_one(data, decide, PostState.HELD, PostState.REFUSED, PostState.PUBLISHED, PostState.SCHEDULED)

    @rule(uphold=st.booleans(), data=st.data())
    def appeal(self, uphold: bool, data: st.DataObject) -> None:
        async def object_to(post: Post) -> None:
            async with self.home.context.database.write() as session:
                found = await session.get(Post, post.id)
                assert found is not None
                pictures = list(await session.exec(select(Attachment).where(Attachment.post_id == post.id)))
                prompt = str((found.request or {}).get("image", {}).get("prompt", ""))
                names = [picture.file or "" for picture in pictures] + [picture.alt for picture in pictures]
                made: Appeal = await appeals.appeal(session, self.world.alice, found, "please look again")
                await appeals.decide(session, made, self.world.judge, uphold=uphold, answer="looked")
                self._note(uphold, found.text, prompt, *names)

        self._with_one(data, object_to, PostState.HELD, PostState.REFUSED)

    # --- accidents ---

    @rule(mood=MOOD, data=st.data())
    def swap(self, mood: str, data: st.DataObject) -> None:
        """Somebody writes past the gate into a row that was judged or waits to be."""

        async def smuggle(post: Post) -> None:
            await self._overwrite(post.id, self._words(mood))

        self._with_one(data, smuggle, PostState.WAITING, PostState.HELD, PostState.SCHEDULED)

    @rule(mood=MOOD, past=MOOD)
    def race(self, mood: str, past: str) -> None:
        """A post is changed after it was judged and before it goes out."""
        self._compose(Draft(text=self._words(past)))
        written = self._words(mood)

        self.world.meanwhile = partial(self._overwrite, self.posts[-1], written)
        self.work()
        self.world.meanwhile = None

    @rule(change=CHANGE)
    def new_law_meanwhile(self, change: tuple[str, str, str]) -> None:
        """The law changes after a post was judged and before it goes out."""
        before, mood, name = change
        self._enact(before)
        self._compose(Draft(text=self._words(mood)))

        async def enact() -> None:
            self._put_in_force(name)

        self.world.meanwhile = enact
        self.work()
        self.world.meanwhile = None

    @rule(door=st.sampled_from((VERB, *doors.TIMED)), change=CHANGE, swapped=st.booleans())
    def wait_for_its_time(self, door: str, change: tuple[str, str, str], swapped: bool) -> None:
        """A scheduled post is changed, or the law is, between its verdict and its time."""
        before, mood, name = change
        self._enact(before)
        if door == "page":
            self.paint_and_finish(mood, "calm", "blue", later=True)
        elif door == VERB:
            self._compose(Draft(text=self._words(mood), not_before_ms=self._ahead()))
        else:
            self.posts.append(self.world.run(self.world.doors.words(door, self._words(mood), self._ahead())))
        self.work()
        if swapped:
            self.world.run(self._overwrite(self.posts[-1], self._words("vile")))
        else:
            self._enact(name)
        self.later()

    @rule(point=st.sampled_from(POINTS))
    def accident(self, point: str) -> None:
        """The next pass of a failpoint breaks off whatever is under way; the work is tried again afterwards."""
        os.environ[failpoints.VARIABLE] = f"{point}:raise"
        failpoints.reset()
        try:
            self.work()
        finally:
            del os.environ[failpoints.VARIABLE]
            failpoints.reset()

    @rule()
    def outage(self) -> None:
        self.world.toy.down = True
        self.work()
        self.world.toy.down = False

    @rule(name=st.sampled_from(sorted(gate.LAWS)))
    def legislate(self, name: str) -> None:
        self._enact(name)

    @rule()
    def spoil(self) -> None:
        """A broken file changes nothing."""
        gate.write(self.home.context, "version = [")
        self._rest()

    # --- time ---

    @rule()
    def work(self) -> None:
        """The jobs that wait, each run once."""
        for model, job in ((Post, prepare.prepare), (Revision, edit.revise)):
            for row in self.world.run(self.home.rows(model, state=PostState.WAITING)):
                self._attempt(job.function(self.home.context, [row.id]))

    @rule()
    def later(self) -> None:
        self.home.clock.forward(AHEAD_SECONDS + 1)
        self._attempt(schedule.publish_due(self.home.context))

    # --- what must hold ---

    @invariant()
    def nothing_left_unjudged(self) -> None:
        for row in self._rows(Activity, col(Activity.id) > self.newest):
            self.newest = row.id
            body = json.loads(row.body)
            if body["type"] not in ("Create", "Update"):
                continue
            for mark, mood in re.findall(r"(w\d+x) (calm|doubt|grim|vile)", json.dumps(body)):
                self._must_be_allowed(gate.MOODS[mood], mark, body)
            for picture in body["object"].get("attachment", []):
                name = picture["url"].rpartition("/media/")[2]
                data = self.world.run(self.home.context.storage.read(name))
                self._must_be_allowed(gate.mood_of_picture(data), name, body)

    @invariant()
    def what_is_not_out_is_not_served(self) -> None:
        for row in self._rows(Post, col(Post.id).in_(self.posts)):
            if row.state not in (PostState.PUBLISHED, PostState.DELETED):
                assert row.document is None
                assert row.activity_uri is None

    def _must_be_allowed(self, score: float, mark: str, body: dict[str, Any]) -> None:
        held_from, _ = gate.LAWS[self.law]
        assert score < held_from or (self.law, mark) in self.approved, (self.law, mark, score, body)

    # --- tools ---

    def _ahead(self) -> int:
        return self.home.clock.now_ms() + int(AHEAD_SECONDS * 1000)

    def _rows(self, model: Any, *which: Any) -> list[Any]:
        """By id; only what is new or this history's own, so that a hundred histories cost a hundred times one."""

        async def found() -> list[Any]:
            async with self.home.context.database.read() as session:
                return list(await session.exec(select(model).where(*which).order_by(model.id)))

        return self.world.run(found())

    def _words(self, mood: str) -> str:
        self.number += 1
        return f"w{self.number}x {mood}"

    def _compose(self, draft: Draft) -> None:
        async def post() -> None:
            async with self.home.context.database.write() as session:
                self.posts.append((await compose(session, self.world.alice, draft)).id)

        self.world.run(post())

    def _with_one(self, data: st.DataObject, act: Any, *states: PostState) -> None:
        query = select(Post).where(col(Post.id).in_(self.posts), col(Post.state).in_(states))

        async def found() -> list[Post]:
            async with self.home.context.database.read() as session:
                return list(await session.exec(query.order_by(col(Post.id))))

        if choices := self.world.run(found()):
            before = set(self.approved)
            if not self._attempt(act(data.draw(st.sampled_from(choices)))):
                self.approved = before

    async def _overwrite(self, post_id: int, written: str) -> None:
        async with self.home.context.database.write() as session:
            found = await session.get(Post, post_id)
            if found is not None and found.state in (PostState.WAITING, PostState.HELD, PostState.SCHEDULED):
                found.text = written
                session.add(found)

    def _note(self, yes: bool, *texts: str) -> None:
        """What a moderator saw and let pass, under the law that is in force now."""
        if yes:
            marks = {found for text in texts for found in re.findall(r"w\d+x", text)}
            self.approved |= {(self.law, mark) for mark in marks | {text for text in texts if text.endswith(".jpg")}}

    def _attempt(self, work: Awaitable[None]) -> bool:
        try:
            self.world.run(work)
        except (FediverseError, failpoints.FailpointReached, publish.GateClosed):
            return False
        return True

    def _enact(self, name: str) -> None:
        # What went out by now, did so under the law before.
        self.nothing_left_unjudged()
        self._put_in_force(name)

    def _put_in_force(self, name: str) -> None:
        gate.enact(self.home.context, name)
        self._rest()
        self.law = name

    def _rest(self) -> None:
        pipeline = self.home.context.part(Pipeline)
        _ = pipeline.policy
        self.home.clock.forward(2)
        _ = pipeline.policy

    def teardown(self) -> None:
        """Nothing waits for the next history."""
        self._enact("lax")
        self.world.run(self._clear())

    async def _clear(self) -> None:
        async with self.home.context.database.write() as session:
            for post in await session.exec(select(Post).where(col(Post.id).in_(self.posts))):
                if post.state != PostState.DELETED:
                    await publish.remove(session, post)


def every_door_once() -> None:
    """Whatever histories are drawn: by each door something that may leave and something that may not."""
    visit = Gate()
    for door in doors.WORDS:
        visit.write(door, "calm", later=False)
        visit.write(door, "grim", later=False)
    for door in doors.PICTURES:
        visit.paint(door, "blue", "calm", "calm")
        visit.paint(door, "orange", "calm", "calm")
    for door in doors.UPLOADS:
        visit.upload(door, "calm", "calm")
        visit.upload(door, "grim", "calm")
    made = list(visit.posts)
    visit.paint_and_finish("calm", "calm", "blue", later=False)
    visit.paint_and_finish("grim", "calm", "blue", later=False)
    made += [visit.posts[-3], visit.posts[-1]]
    visit.work()
    visit.nothing_left_unjudged()
    state = {row.id: row for row in visit._rows(Post, col(Post.id).in_(made))}
    found = [state[post_id].state for post_id in made]
    # What was painted for the pages is looked at by its author first, and judged once more when they have chosen.
    shown, looked_at = [PostState.PUBLISHED, PostState.HELD], [PostState.PICK, PostState.PICK]
    assert found == shown * 6 + looked_at + shown * 2 + shown, list(zip(made, found, strict=True))
    for door, post_id in zip(doors.EDITS, made[::2], strict=False):
        visit.world.run(visit.world.doors.edit(door, state[post_id], visit._words("grim")))
        visit.work()
    visit.nothing_left_unjudged()
    edits = visit._rows(Revision, col(Revision.post_id).in_(made))
    assert [row.state for row in edits if "grim" in row.text] == [PostState.HELD] * len(doors.EDITS)
    for door in doors.TIMED:
        # At its time the law is another: it is judged anew.
        visit.wait_for_its_time(door, ("mild", "doubt", "strict"), swapped=False)
        visit.work()
        visit.nothing_left_unjudged()
        [waited] = visit._rows(Post, Post.id == visit.posts[-1])
        assert (waited.not_before_ms is not None, waited.state) == (True, PostState.HELD), door
    visit.teardown()


@pytest.mark.timeout(1800)
def test_no_byte_leaves_without_a_verdict_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with asyncio.Runner() as runner:
        opened = house(
            tmp_path / "home", quotas={"member": dict.fromkeys(("posts", "uploads", "pictures", "queued"), 0)}
        )
        home = runner.run(_first(opened.__aenter__()))
        sandbox = Sandbox()
        try:
            toy = gate.install(home.context, home.clock, sandbox)
            alice = runner.run(home.make_actor("alice"))
            judge = runner.run(home.make_actor("judge", role="moderator"))
            [account] = runner.run(home.rows(Account, actor_id=judge.id))
            ways = runner.run(Doors.of(home, alice, monkeypatch))
            WORLD[:] = [World(home, runner, alice, account, toy, ways)]
            monkeypatch.setattr(prepare, "find_mentions", WORLD[0].find_mentions)
            monkeypatch.setattr(limits, "PROBING_FREE", 1_000_000)
            every_door_once()
            run_state_machine_as_test(  # type: ignore[no-untyped-call]
                Gate,
                settings=settings(
                    max_examples=100 if LONG else 12,
                    stateful_step_count=30 if LONG else 16,
                    deadline=None,
                    derandomize=True,
                    # A history of a dozen steps reads well as it is; shortening it takes minutes.
                    phases=(Phase.generate,) if not LONG else tuple(Phase),
                    database=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            WORLD.clear()
            runner.run(sandbox.close())
            runner.run(_last(opened))


async def _first(entering: Awaitable[House]) -> House:
    return await entering


async def _last(opened: Any) -> None:
    await opened.__aexit__(None, None, None)
