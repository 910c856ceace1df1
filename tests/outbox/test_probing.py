"""Who asks again and again for what was refused waits longer each time, and the moderators hear of it (GEN-09)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.errors import TooMany
from generation.sandbox import Sandbox
from outbox import probing, publish
from outbox.compose import compose
from outbox.draft import Draft
from outbox.models import Notification, Post, PostState, Report
from outbox.prepare import prepare
from tests.support import gate
from tests.support.house import House, house

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    sandbox = Sandbox()
    async with house(tmp_path_factory.mktemp("home") / "home") as made:
        gate.install(made.context, made.clock, sandbox)
        await made.make_actor("judge", role="moderator")
        yield made
    await sandbox.close()


async def asked(home: House, author: Actor, prompt: str, seed: int = 1) -> Post:
    async with home.context.database.write() as session:
        post = await compose(session, author, Draft(prompt=prompt, alt_text="calm", seed=seed))
    await prepare.function(home.context, [post.id])
    [row] = await home.rows(Post, id=post.id)
    return row


async def test_each_try_beyond_a_few_waits_twice_as_long(home: House) -> None:
    ann = await home.make_actor("ann")
    words = "a vile tower over the harbour, seen from a boat"
    for seed in range(limits.PROBING_FREE):
        assert (await asked(home, ann, words, seed)).state == PostState.REFUSED
    wait = limits.PROBING_SECONDS
    for again in ("a vile tower over the harbour, seen from boats", "A VILE tower over the harbor, from a boat"):
        with pytest.raises(TooMany) as caught:
            await asked(home, ann, again)
        assert wait - 5 < (caught.value.retry_after or 0) <= wait
        home.clock.forward(wait - 5)
        with pytest.raises(TooMany):
            await asked(home, ann, again)
        home.clock.forward(6)
        assert (await asked(home, ann, again)).state == PostState.REFUSED
        wait *= 2
    assert (await asked(home, ann, "a calm meadow with sheep in spring")).state == PostState.PUBLISHED
    ben = await home.make_actor("ben")
    assert (await asked(home, ben, words)).state == PostState.REFUSED, "others are not meant"
    home.clock.forward(limits.PROBING_DAY_SECONDS)
    assert (await asked(home, ann, words)).state == PostState.REFUSED, "a day later it is forgotten"


async def test_the_wait_has_an_end_and_so_has_what_is_looked_at(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    cleo = await home.make_actor("cleo")
    monkeypatch.setattr(limits, "PROBING_SECONDS", 1.0)
    monkeypatch.setattr(limits, "PROBING_MOST_SECONDS", 3.0)
    for seed in range(limits.PROBING_FREE + 3):
        assert (await asked(home, cleo, "a vile lamp in a yard", seed)).state == PostState.REFUSED
        home.clock.forward(3.5)
    monkeypatch.setattr(limits, "PROBING_MOST_SECONDS", 3600.0)
    monkeypatch.setattr(limits, "PROBING_ROWS", limits.PROBING_FREE - 1)
    assert (await asked(home, cleo, "a vile lamp in a yard")).state == PostState.REFUSED


async def test_deleting_what_was_refused_makes_nobody_forget(home: House) -> None:
    dora = await home.make_actor("dora")
    for seed in range(limits.PROBING_FREE):
        post = await asked(home, dora, "a vile gate in the old wall", seed)
        async with home.context.database.write() as session:
            await publish.remove(session, await session.get_one(Post, post.id))
    with pytest.raises(TooMany):
        await asked(home, dora, "a vile gate in the old wall")


async def test_moderators_get_one_report(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PROBING_SECONDS", 0.0)
    monkeypatch.setattr(limits, "PROBING_TOLD", 2)
    eve = await home.make_actor("eve")
    for seed in range(2 * limits.PROBING_TOLD - 1):
        await asked(home, eve, "a vile flag on a mast", seed)
        reports = await home.rows(Report, target_id=eve.id)
        assert len(reports) == (seed + 1 >= limits.PROBING_TOLD)
    [told] = reports
    assert (told.times, told.state) == (1, "open")
    assert f"{limits.PROBING_TOLD} times" in told.comment
    assert [row.kind for row in await home.rows(Notification, from_id=eve.id)] == ["report"]


async def test_how_much_alike() -> None:
    """Two texts with a hundred pieces between them, and just so many in common, one fewer, one more."""
    share = round(limits.PROBING_LIKENESS * 100)
    for common, same in ((share - 1, False), (share, True), (share + 1, True)):
        shared = "".join(chr(0x4E00 + n) for n in range(common + 2))
        rest = 100 - common
        one, other = (shared + "".join(chr(start + n) for n in range(rest // 2 + side * (rest % 2))) for start, side in
                      ((0x5E00, 0), (0x6E00, 1)))  # fmt: skip
        pieces = probing._pieces(one), probing._pieces(other)
        assert (len(pieces[0] & pieces[1]), len(pieces[0] | pieces[1])) == (common, 100)
        assert probing.alike(one, other) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a vile tower", "a vile tower", True),
        ("a vile tower by the sea at night", "a viler tower by the sea at night", True),
        ("裸の女性が浜辺にいる絵", "裸の女性が浜辺に立つ絵", True),
        ("a vile tower by the sea at night", "two cats on a windowsill", False),
        ("x", "y", False),
        ("a vile tower", "", False),
    ],
)
async def test_what_is_alike(one: str, other: str, same: bool) -> None:
    assert probing.alike(one, other) is same
    assert probing.alike(other, one) is same
