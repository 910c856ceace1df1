"""Layout: where each thing of the graph stands, how large, and which way it looks; counts and relations first."""

from __future__ import annotations

from math import cos, hypot, sin

from generation.generators.scene.canvas import CLOUDS, HORIZON, MIDDLE, Canvas
from generation.generators.scene.graph import Graph, Thing
from generation.generators.scene.placed import Placed, footing_of
from generation.generators.scene.rng import Stream

ATTACHED = ("on", "riding", "in", "over", "under", "holding")
MAIN_DEPTH = 0.6


class Layout:
    """Places the things of one graph on one canvas."""

    def __init__(self, graph: Graph, canvas: Canvas) -> None:
        self.graph = graph
        self.canvas = canvas
        self.rng: Stream = canvas.stream.child("layout")
        self.placed: list[Placed] = []
        self.first: dict[int, Placed] = {}
        self.unit = self._unit()

    def run(self) -> list[Placed]:
        """All instances, roots with their children; the first root holds the main thing."""
        if not self.graph.things:
            return []
        roots = [i for i, thing in enumerate(self.graph.things) if not self._is_attached(thing)]
        main = self._root_of(0)
        ordered = [main, *[i for i in roots if i != main]]
        for i in ordered:
            self._place_root(i, i == main)
        waiting = [i for i, thing in enumerate(self.graph.things) if self._is_attached(thing)]
        while waiting:
            ready = [i for i in waiting if self._target(i) in self.first] or waiting[:1]
            for i in ready:
                self._attach(i, self.graph.things[i])
            waiting = [i for i in waiting if i not in ready]
        return self.placed

    def _target(self, index: int) -> int:
        relation = self.graph.things[index].relation
        return relation.target if relation else -1

    def _is_attached(self, thing: Thing) -> bool:
        return thing.relation is not None and thing.relation.kind in ATTACHED

    def _root_of(self, index: int) -> int:
        seen = {index}
        while True:
            relation = self.graph.things[index].relation
            if relation is None or relation.kind not in ATTACHED or relation.target in seen:
                return index
            index = relation.target
            seen.add(index)

    def _unit(self) -> float:
        """How many picture units a softened metre is, so that the main thing is large and all fit."""
        things = self.graph.things
        if not things:
            return 1.0
        main = things[self._root_of(0)]
        others = sum(min(thing.count, 9) for thing in things if thing is not main and not thing.noun.backdrop)
        crowd = min(main.count, 9) + 0.3 * others
        target = 315.0 * min(1.5, max(0.68, float(main.noun.metres**0.13))) * max(0.36, float(crowd**-0.33))
        if self.canvas.room:
            target = min(max(target, 300.0), 350.0 if not self.canvas.needs.table else 330.0)
        if main.noun.metres > 5 and not main.noun.alive:
            target *= 1.3 if main.noun.metres < 29 else 1.6
        if main.noun.where == "sky" or self.canvas.deep:
            target *= 1.2
        share = 0.52 if main.noun.metres < 5 or main.noun.alive else 0.62
        widest = share * min(self.canvas.width, 1300.0) * max(0.4, float(main.count**-0.45))
        if things[0] is not main and things[0].noun.metres < 0.6 * main.noun.metres:
            # People on a bench are a picture of people: what carries the main thing grows with it.
            target *= 1.3
        target = min(target, widest * main.noun.box[1] / main.noun.box[0])
        return target * self._fitting(target, main) / self._soft(main.noun.metres)

    def _fitting(self, target: float, main: Thing) -> float:
        """A factor 0.45…1 by which everything shrinks when the things side by side would be too broad."""
        broad = 0.0
        span = self.canvas.land[1] - self.canvas.land[0] if self.canvas.room else self.canvas.width
        for thing in self.graph.things:
            if thing.noun.backdrop or self._is_attached(thing) or thing.noun.where == "sky":
                continue
            ratio = min(2.1, max(0.3, self._soft(thing.noun.metres) / self._soft(main.noun.metres)))
            broad += min(thing.count, 6) * target * ratio * thing.noun.box[0] / thing.noun.box[1]
        return min(1.0, max(0.45, 0.86 * span / max(broad, 1.0)))

    def _soft(self, metres: float) -> float:
        return float(metres**0.42)

    def _tall(self, thing: Thing, t: float) -> float:
        main = self.graph.things[self._root_of(0)]
        ratio = self._soft(thing.noun.metres) / self._soft(main.noun.metres)
        least = 0.34 if thing.noun.alive and thing.noun.metres > 0.3 else 0.16
        ratio *= 0.52 if thing is not main and thing.noun.metres < 0.3 and thing.noun.where == "sky" else 1.0
        tall = self.unit * self._soft(main.noun.metres) * min(2.1, max(least, ratio)) * thing.size
        tall = min(tall, 0.66 * self.canvas.width * thing.noun.box[1] / thing.noun.box[0], 0.74 * self.canvas.height)
        return tall * (0.52 + 0.8 * t)

    def _place_root(self, index: int, main: bool) -> None:
        thing = self.graph.things[index]
        footing = footing_of(thing.noun, self.canvas)
        for instance in range(thing.count):
            t = self._depth(thing, main, instance, footing)
            tall = self._tall(thing, t)
            if footing == "water":
                # Narrow water (a river's bend) holds what fits into it.
                low, high = self.canvas.open_water
                room = 0.9 * (high - low) / min(thing.count, 4)
                tall = min(tall, max(room, 90.0) * thing.noun.box[1] / thing.noun.box[0])
            x = self._across(thing, main, instance, tall, footing)
            item = Placed(
                thing, index, instance, x, 0.0, tall, t, 0.0, footing=footing, pose=thing.pose or thing.noun.poses[0]
            )
            self._stand(item, main)
            item.mirror = self._faces_left(item)
            self.placed.append(item)
            self.first.setdefault(index, item)

    def _depth(self, thing: Thing, main: bool, instance: int, footing: str) -> float:
        rng = self.rng
        if main:
            if footing == "water":
                return min(0.8, max(0.1, 0.5 + (0 if instance == 0 else rng.jitter(0.34))))
            spread = 0.16 if thing.noun.metres < 5 else 0.1
            hosts = any(
                self._is_attached(other) and self._root_of(i) == self._root_of(0)
                for i, other in enumerate(self.graph.things)
            )
            base = MAIN_DEPTH if thing.noun.metres < 6 or thing.noun.alive else (0.5 if hosts else 0.42)
            return base + (0 if instance == 0 else spread * (-1 if instance % 2 else 0.8) * rng.uniform(0.4, 1))
        tie = self._tied(thing)
        if tie:
            aside = rng.jitter(0.06) - (0.16 if thing.noun.backdrop and not tie[0].noun.backdrop else 0.0)
            shift = {"behind": -0.3, "before": 0.24}.get(tie[1], aside)
            return min(0.95, max(0.02, tie[0].t + shift))
        if thing.noun.backdrop or thing.noun.metres > 4.5:
            return rng.uniform(0.04, 0.26)
        if footing == "water":
            return rng.uniform(0.12, 0.75)
        return rng.uniform(0.42, 0.82)

    def _range(self, footing: str) -> tuple[float, float]:
        canvas = self.canvas
        if footing == "ground":
            return canvas.land
        if footing == "water":
            return canvas.open_water
        return 0.0, canvas.width

    def _across(self, thing: Thing, main: bool, instance: int, tall: float, footing: str) -> float:
        width = tall * thing.noun.box[0] / thing.noun.box[1]
        low, high = self._range(footing)
        margin = min(width * 0.52 + 20, (high - low) / 2)
        low, high = low + margin, high - margin
        if thing.noun.edge:
            # It comes from the side away from the subject's third, so that its tip points into the picture.
            return self.canvas.width * (0.5 + 0.5 * self.canvas.needs.subject_side) - self.canvas.needs.subject_side * (
                width * 0.46
            )
        if main and instance == 0:
            third = self.canvas.width * (0.5 + 0.17 * self.canvas.needs.subject_side)
            if thing.count > 2:
                third = self.canvas.width * (0.5 + 0.05 * self.canvas.needs.subject_side)
            return min(high, max(low, third))
        tie = self._tied(thing)
        if tie and instance == 0:
            return self._next_to(tie[0], width, tie[1], low, high)
        return self._freest(width, low, high, footing, thing if instance else None)

    def _tied(self, thing: Thing) -> tuple[Placed, str] | None:
        """The thing already placed that this one stands by, and how this one stands to it."""
        if thing.relation:
            other = self.first.get(thing.relation.target)
            return (other, thing.relation.kind) if other else None
        for other in self.first.values():
            tie = other.thing.relation
            if tie and tie.kind not in ATTACHED and self.graph.things[tie.target] is thing:
                return other, {"behind": "before", "before": "behind"}.get(tie.kind, tie.kind)
        return None

    def _next_to(self, other: Placed, width: float, kind: str, low: float, high: float) -> float:
        side = -1.0 if other.x > self.canvas.width / 2 else 1.0
        share = 0.3 if kind in ("behind", "before") else 0.5
        gap = 16.0 if share == 0.5 else 0.0
        x = other.x + side * ((other.wide + width) * share + gap)
        return min(high, max(low, x))

    def _freest(self, width: float, low: float, high: float, footing: str, kin: Thing | None) -> float:
        """The place with the least overlap among candidates; kin of one kind keep together."""
        best, best_score = (low + high) / 2, -1e9
        family = [p for p in self.placed if p.thing is kin]
        for _ in range(28):
            x = self.rng.uniform(low, high)
            score = self.rng.uniform(0, 30)
            for other in self.placed:
                same = other.footing == footing
                gap = abs(x - other.x) - (width + other.wide) / 2
                score -= max(0.0, -gap) * (2.2 if same else 0.8)
            if family:
                apart = min(abs(x - p.x) for p in family)
                score -= (0.1 if footing == "water" else 0.3) * apart + 3.0 * max(0.0, 0.62 * width - apart)
            if footing == "sky":
                score -= max(0.0, 190 - abs(x - self.canvas.light[0])) * 0.8
            if score > best_score:
                best, best_score = x, score
        return best

    def _stand(self, item: Placed, main: bool) -> None:
        canvas = self.canvas
        if canvas.crossing and item.noun.name == "bridge":
            item.x, item.y, width = canvas.crossing
            item.tall = width * item.noun.box[1] / item.noun.box[0]
            item.key, item.footing = MIDDLE + 16.4, "span"
            return
        if item.noun.edge:
            item.y = canvas.height * (0.62 if main else 0.4)
            item.key = MIDDLE + 14
            return
        if item.footing == "sky":
            share = 0.52 if main else self.rng.uniform(0.34, 0.62)
            share += 0.0 if item.instance == 0 else self.rng.jitter(0.16)
            item.y = min(canvas.horizon, canvas.height * 0.66) * share + item.tall * 0.5
            item.y = max(item.tall + 30, item.y)
            host = self.placed[0] if self.placed else None
            if not main and item.noun.metres < 0.3 and item.noun.alive and host:
                # Small fliers keep company: around the main thing, before and above it.
                item.x, item.y = self._in_company(item, host)
                item.key = host.key + self.rng.jitter(0.4)
                return
            item.key = MIDDLE - 0.5 + item.t * 0.2 if main or item.tall > 90 else CLOUDS + 3 + item.t
        elif item.footing == "deep":
            item.y = (
                canvas.height * (0.5 if main and item.instance == 0 else self.rng.uniform(0.26, 0.8)) + item.tall * 0.5
            )
            item.key = MIDDLE + 10 + item.t
        elif item.footing == "water" and canvas.water:
            top, bottom = canvas.water
            item.y = top + (bottom - top) * item.t
            item.key = HORIZON + 5 + 9 * item.t if canvas.graph.place != "river" else MIDDLE + 16.5 + item.t
        else:
            item.y = canvas.height * 0.95 if canvas.deep else canvas.surface(item.x, item.t)
            item.key = canvas.ground_key(item.t)
            if not canvas.casts and not canvas.deep:
                item.y += item.tall * 0.2

    def _in_company(self, item: Placed, host: Placed) -> tuple[float, float]:
        """A free place in the air around a larger thing."""
        taken = [p for p in self.placed if p is not host]
        best, far = (host.x, host.y - host.tall), -1.0
        for _ in range(16):
            angle = self.rng.uniform(-2.9, -0.25)
            x = host.x + (host.wide * 0.6 + 70 + item.wide) * cos(angle) * self.rng.uniform(0.8, 1.25)
            y = host.y - host.tall * 0.5 + (host.tall * 0.55 + 60) * sin(angle)
            gap = min((hypot(x - p.x, y - p.y) for p in taken), default=500.0)
            if gap > far and item.wide * 0.5 < x < self.canvas.width - item.wide * 0.5 and y > item.tall + 10:
                best, far = (x, y), gap
        return best

    def _faces_left(self, item: Placed) -> bool:
        if item.noun.edge:
            return self.canvas.needs.subject_side > 0
        if not item.noun.turns:
            return False
        if item.noun.alive and item.instance == 0:
            return item.x > self.canvas.width / 2
        if item.noun.alive or item.noun.where == "water":
            return self.rng.chance(0.75) == (self.canvas.needs.subject_side > 0)
        return item.x > self.canvas.width / 2 if item.instance == 0 else self.rng.chance(0.5)

    def _attach(self, index: int, thing: Thing) -> None:
        relation = thing.relation
        assert relation is not None
        base = self.first.get(relation.target)
        if base is None:
            self._place_root(index, False)
            return
        hosts = [p for p in self.placed if p.index == relation.target]
        for instance in range(thing.count):
            host = hosts[instance % len(hosts)]
            sharing = (thing.count + len(hosts) - 1) // len(hosts)
            place = instance // len(hosts)
            item = self._join(thing, index, instance, host, relation.kind, place - (sharing - 1) / 2)
            self.placed.append(item)
            self.first.setdefault(index, item)

    def _join(self, thing: Thing, index: int, instance: int, host: Placed, kind: str, slot: float) -> Placed:
        ratio = float((thing.noun.metres / host.noun.metres) ** 0.62)
        tall = min(host.tall * ratio * thing.size, host.tall * 1.5)
        tall = max(tall, 110.0 if index == 0 else 46.0, host.tall * 0.2)
        item = Placed(
            thing,
            index,
            instance,
            host.x,
            host.y,
            tall,
            host.t,
            host.key + 0.02,
            host.mirror,
            "held",
            thing.pose or thing.noun.poses[0],
        )
        step = slot * item.wide * 0.96
        if kind in ("on", "riding"):
            seat = kind == "riding" or (thing.noun.alive and "seat" in host.noun.anchors)
            item.x, item.y = host.anchor("seat" if seat else "top")
            item.x += step
            rides = thing.pose or ("ride" if seat else "sit")
            item.pose = rides if rides in thing.noun.poses else item.pose
        elif kind == "in":
            item.x, item.y = host.anchor("inside")
            item.x += step
            item.key = host.key - 0.01 if "inside" in host.noun.anchors else host.key + 0.02
            item.pose = "sit" if "sit" in thing.noun.poses and not thing.pose else item.pose
        elif kind == "holding":
            item.x, item.y = host.anchor("hand")
            item.key = host.key - 0.01
            if thing.noun.where == "sky":
                item.tall *= 1.2
                item.x += (-1 if host.mirror else 1) * (0.22 * item.wide + slot * item.wide)
        elif kind == "over":
            self._above(item, host, step)
        else:
            self._beneath(item, host, step)
        return item

    def _above(self, item: Placed, host: Placed, step: float) -> None:
        lift = 26 + host.tall * 0.16
        item.footing = "sky"
        item.pose = "fly" if "fly" in item.noun.poses and not item.thing.pose else item.pose
        # Spread wings reach higher than the box of the standing thing.
        highest = item.tall * (1.5 if item.pose == "fly" else 1.0) + 24
        item.y = max(highest, host.y - host.tall - lift)
        crowded = item.y > host.y - host.tall
        side = -1.0 if host.x > self.canvas.width / 2 else 1.0
        aside = side * (host.wide * 0.42 + item.wide * 0.3) if crowded else self.rng.jitter(host.wide * 0.2)
        item.x = min(self.canvas.width - item.wide * 0.5, max(item.wide * 0.5, host.x + step + aside))

    def _beneath(self, item: Placed, host: Placed, step: float) -> None:
        if host.footing == "sky":
            item.x, item.footing = host.x + step, footing_of(item.noun, self.canvas)
            item.tall = self._tall(item.thing, MAIN_DEPTH)
            item.t = MAIN_DEPTH
            self._stand(item, False)
            return
        ax = host.anchor("under")[0] if "under" in host.noun.anchors else host.x + host.wide * 0.1
        limit = host.tall * (0.62 if host.noun.metres > 1.5 * item.noun.metres else 0.8)
        item.tall = min(max(item.tall, 90.0), limit)
        item.t = min(0.98, host.t + 0.03)
        item.footing = "ground" if host.footing == "ground" else host.footing
        aside = max(0.0, item.wide * 0.5 - host.wide * 0.3) * (-1 if host.mirror else 1)
        item.x = ax + step + aside
        item.y = host.y + 6
        item.key = host.key + 0.03
