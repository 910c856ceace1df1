"""Histories: what two remote actors did, in order; what must be visible after it; and the ways in which it arrives.

Pure: no server, no tables. `History` grows step by step, each step legal where it stands. `World` says what everybody
should see once all of it has arrived, in whatever order, however often.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import strategies as st

ACTORS = ("bob", "mal")
PEOPLE = ("alice", "lena")  # lena's account is locked
HOME_POST = "post of alice"

Pair = tuple[str, str]
Triple = tuple[str, str, str]


@dataclass
class Event:
    """One activity. `target` is a person, a note or HOME_POST; `undoes` the event that an Undo takes back."""

    index: int
    kind: str
    actor: str
    target: str
    form: str = ""
    version: int = 0
    undoes: int | None = None
    after: set[int] = field(default_factory=set)
    """Events whose first arrival must come before this one's: what our rules cannot tell apart otherwise."""


@dataclass
class Note:
    author: str
    parent: str | None
    mentions: bool
    created: int
    version: int = 0
    alive: bool = True


@dataclass
class World:
    """What is to be seen."""

    notes: dict[str, Note] = field(default_factory=dict)
    reactions: dict[Triple, int] = field(default_factory=dict)
    """(Like or Announce, actor, target) -> the event that it stands on."""
    follows: dict[Pair, int] = field(default_factory=dict)
    """(actor, person) -> the event that it stands on."""
    answers: dict[str, str] = field(default_factory=dict)
    """Whom lena asked to follow -> pending, accepted or gone."""

    def targets(self) -> list[str]:
        return [HOME_POST, *(name for name, note in self.notes.items() if note.alive)]

    def replies(self, target: str) -> int:
        return sum(note.alive and note.parent == target for note in self.notes.values())

    def count(self, kind: str, target: str) -> int:
        return sum(which == kind and at == target for which, _, at in self.reactions)

    def notifications(self) -> set[tuple[str, str, str, str]]:
        """(person, kind, from whom, about which post or nothing): all of it follows from what stands at the end."""
        told = {
            (person, "follow" if person == "alice" else "follow_request", actor, "") for actor, person in self.follows
        }
        told |= {
            ("alice", "like" if kind == "Like" else "boost", actor, at)
            for kind, actor, at in self.reactions
            if at == HOME_POST
        }
        return told | {
            ("alice", "mention", note.author, name)
            for name, note in self.notes.items()
            if note.alive and (note.mentions or note.parent == HOME_POST)
        }


class History:
    """An ordered history under construction, and the world at its end."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.world = World(answers=dict.fromkeys(ACTORS, "pending"))
        self._last: dict[tuple[str, ...], int] = {}

    def __repr__(self) -> str:
        return "\n".join(
            f"{one.index}: {one.actor} {one.kind} {one.target} undoes={one.undoes} {one.form}" for one in self.events
        )

    def _add(self, kind: str, actor: str, target: str, **values: object) -> Event:
        made = Event(len(self.events), kind, actor, target, **values)  # type: ignore[arg-type]
        self.events.append(made)
        return made

    def follow(self, actor: str, person: str) -> None:
        made = self._add("Follow", actor, person)
        self._after_last(made, "Follow", actor, person)
        self.world.follows[actor, person] = made.index

    def react(self, kind: str, actor: str, target: str) -> None:
        made = self._add(kind, actor, target)
        self._after_last(made, kind, actor, target)
        # Nobody tells us of a like whose post we do not have: it is not kept, and the post is not fetched for it. A
        # boost of somebody whom alice follows brings its post along.
        if kind == "Like" and target in self.world.notes:
            made.after.add(self.world.notes[target].created)
        self.world.reactions[kind, actor, target] = made.index

    def _after_last(self, made: Event, *pair: str) -> None:
        """Two of a kind over one pair carry no time: of two ids that both stand, the one that came last counts."""
        if pair in self._last:
            made.after.add(self._last[pair])
        self._last[pair] = made.index

    def undo(self, of: Event, form: str) -> None:
        made = self._add("Undo", of.actor, of.target, undoes=of.index, form=form)
        if form == "another id":
            # Lemmy's way: only the pair tells what is meant, so it means what stands when it comes.
            made.after.add(of.index)
            self._last[of.kind, of.actor, of.target] = made.index
        if of.kind == "Follow":
            del self.world.follows[of.actor, of.target]
        else:
            del self.world.reactions[of.kind, of.actor, of.target]

    def create(self, actor: str, parent: str | None, mentions: bool) -> None:
        name = f"note {len(self.world.notes)}"
        made = self._add("Create", actor, name)
        self.world.notes[name] = Note(actor, parent, mentions, made.index)

    def update(self, name: str) -> None:
        note = self.world.notes[name]
        note.version += 1
        self._add("Update", note.author, name, version=note.version)

    def delete(self, name: str, form: str) -> None:
        note = self.world.notes[name]
        note.alive = False
        self._add("Delete", note.author, name, form=form)
        self.world.reactions = {key: value for key, value in self.world.reactions.items() if key[2] != name}

    def answer(self, kind: str, actor: str, form: str) -> None:
        self._add(kind, actor, "lena", form=form)
        # The last word counts while the follow stands; one that was turned away has to be asked for again.
        if self.world.answers[actor] != "gone":
            self.world.answers[actor] = "accepted" if kind == "Accept" else "gone"


@st.composite
def histories(draw: st.DrawFn, most: int = 12) -> History:
    history = History()
    for _ in range(draw(st.integers(1, most))):
        draw(st.sampled_from(_legal(history)))(draw)
    return history


def _legal(history: History) -> list[Callable[[st.DrawFn], None]]:
    """The kinds of step that may come next; each draws the rest of it."""
    world, events = history.world, history.events
    actor, target = st.sampled_from(ACTORS), st.sampled_from(world.targets())
    alive = [name for name, note in world.notes.items() if note.alive]
    standing = sorted({*world.follows.values(), *world.reactions.values()})
    whole, forms = st.sampled_from(["whole", "id"]), st.sampled_from(["whole", "id", "another id"])

    def create(draw: st.DrawFn) -> None:
        history.create(draw(actor), draw(st.none() | target), draw(st.booleans()))

    def react(draw: st.DrawFn) -> None:
        wanted = (draw(st.sampled_from(["Like", "Announce"])), draw(actor), draw(target))
        if wanted not in world.reactions:
            history.react(*wanted)

    def follow(draw: st.DrawFn) -> None:
        wanted = (draw(actor), draw(st.sampled_from(PEOPLE)))
        if wanted not in world.follows:
            history.follow(*wanted)

    def answer(draw: st.DrawFn) -> None:
        history.answer(draw(st.sampled_from(["Accept", "Reject"])), draw(actor), draw(whole))

    steps = [create, react, react, follow, answer]
    if standing:
        steps += [lambda draw: history.undo(events[draw(st.sampled_from(standing))], draw(forms))] * 2
    if alive:
        steps.append(lambda draw: history.update(draw(st.sampled_from(alive))))
        steps.append(lambda draw: history.delete(draw(st.sampled_from(alive)), draw(whole)))
    return steps


@st.composite
def arrivals(draw: st.DrawFn, history: History) -> list[list[int]]:
    """Batches of event indices as they reach the inbox: each one to three times, late by any amount, none for ever.

    A delivery that is lost is one that is tried again later, so its first arrival is late; one whose answer is lost
    arrives twice. What an event must come after, it comes after.
    """
    first: dict[int, float] = {}
    timed: list[tuple[float, int, int]] = []
    for event in history.events:
        delays = sorted(draw(st.lists(st.integers(0, len(history.events)), min_size=1, max_size=3)))
        begin = max([event.index + delays[0], *(first[other] + 0.01 for other in event.after)])
        first[event.index] = begin
        timed.append((begin, event.index, event.index))
        timed += [(max(begin, event.index + delay), event.index, event.index) for delay in delays[1:]]
    order = [index for *_, index in sorted(timed)]
    batches: list[list[int]] = []
    while order:
        size = draw(st.integers(1, 4))
        batches.append(list(dict.fromkeys(order[:size])))
        order = order[size:]
    return batches
