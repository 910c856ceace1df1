"""Whatever is reordered, doubled or lost and sent again on the way, in the end everybody sees the same (FI-23).

Two actors of two servers follow ours, write, edit, delete, like, boost, take back, and answer a follow of ours. Their
history is generated in order; it arrives in another order, each activity one to three times, some very late. Then
posts with their contents, reactions, follows, counters and notifications are those of the ordered history.

What cannot be equal, and what holds instead (`after` in `model.py` keeps such histories out):

- An Update that never arrives: the post keeps the newest version that did. Nothing tells a receiver that there was one.
- A Like of another's Note that arrives before the Note is not kept, since the Note is not fetched for it (D11): one
  like fewer is shown, never one too many. Boosts have no such gap: the Note is fetched for them.
- Like, Undo, Like again (Follow likewise): nothing in the activities says which of two Likes is the later one. If the
  first overtakes the second *and* the Undo of the first comes last, the reaction is taken for undone. Each Undo by the
  activity's id may come at any time.
- An Undo that names what it undoes by another id than that activity had (Lemmy) means the pair, and so whatever stands
  when it arrives: it can neither overtake its own activity nor be overtaken by the next one.

The histories are told in four files, each in a process of its own where there are several.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from actors.models import Actor
from tests.histories.model import History, arrivals, histories
from tests.histories.seen import check_invariants, seen, wanted
from tests.histories.stage import Play
from tests.support.house import House
from tests.support.peer import Peer

FILES = 4
EXAMPLES = (2_000 if os.environ.get("LONG") == "1" else 200) // FILES


def told(part: int) -> Callable[..., Any]:
    """The test over one part of the histories, the same ones every time."""

    @seed(part)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(data=st.data())
    async def the_end_is_that_of_the_ordered_history(
        home: House, people: dict[str, Actor], peers: dict[str, Peer], data: st.DataObject
    ) -> None:
        history: History = data.draw(histories())
        play = Play(home, people, history)
        await play.begin(peers)
        for batch in data.draw(arrivals(history)):
            await play.arrive(batch, twice=data.draw(st.booleans()))
            if data.draw(st.integers(0, 3)) == 3:
                await play.fetch_ancestors()
        await check_invariants(play)
        assert await seen(play) == wanted(play)
        play.end()

    return the_end_is_that_of_the_ordered_history
