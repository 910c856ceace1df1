"""Five colours and a light: the palettes of times of day and weathers, and the air that grades everything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sin

from generation.generators.scene.colour import hexadecimal, lab, mix, tone
from generation.generators.scene.rng import Stream


@dataclass(frozen=True, slots=True)
class Air:
    """What time and weather do to colour.

    `sky` runs from the zenith to the horizon, `stops` from light to dark. `gain` multiplies OKLab lightness of
    natural colours, `chroma` their colourfulness, `tint` is how far they move towards the palette.
    `glow` is the strength of direct light 0…1, `haze` how much air veils the distance 0…1.
    `height` is where the light stands: 0 at the horizon, 1 at the top of the sky.
    """

    sky: tuple[str, ...]
    stops: tuple[str, str, str, str, str]
    light: str
    gain: float = 1.0
    chroma: float = 1.0
    tint: float = 0.12
    glow: float = 0.8
    haze: float = 0.6
    height: float = 0.5
    lamps: bool = False
    source: str = "sun"
    stars: float = 0.0
    earth: str = ""
    """The hue that the season gives the land, or none."""

    @property
    def horizon(self) -> str:
        return self.sky[-1]

    @property
    def dark(self) -> str:
        return self.stops[4]

    def stop(self, depth: float) -> str:
        """The palette by depth: 0 is far and light, 1 near and dark."""
        place = min(3.999, max(0.0, depth * 4))
        i = int(place)
        return mix(self.stops[i], self.stops[i + 1], place - i)

    def grade(self, colour: str, depth: float = 1.0, thing: bool = True) -> str:
        """A natural daylight colour as it looks in this air; depth 0 lies at the horizon, 1 in front."""
        lightness, a, b = lab(colour)
        # A thing that is nearly white catches the little light there is: fur in the moon, a beard by a lamp.
        pale = max(0.0, (lightness - 0.68) / 0.32) ** 2 * 0.6 * (1 - self.gain) if thing else 0.0
        body = hexadecimal((lightness * self.gain + pale, a * self.chroma, b * self.chroma))
        anchor = self.stop(1.05 - 0.95 * lightness * min(1.0, self.gain + 0.1))
        body = mix(body, anchor, self.tint)
        veil = self.haze * max(0.0, 1 - depth) ** 1.4
        return mix(body, mix(self.horizon, self.stops[1], 0.4), veil)

    def land(self, colour: str, depth: float) -> str:
        """Ground: more of the palette and more of the air than things have."""
        stop = self.stop(0.25 + 0.7 * depth)
        if self.earth:
            stop = mix(stop, _same_tone(self.earth, stop), 0.5)
        body = mix(self.grade(colour, thing=False), stop, 0.16 + 0.95 * self.tint)
        return mix(body, mix(self.horizon, self.stops[1], 0.35), self.haze * (1 - depth) ** 1.25 * 0.85)


def _air(sky: str, stops: str, light: str, **more: object) -> Air:
    five = stops.split()
    return replace(Air(tuple(sky.split()), (five[0], five[1], five[2], five[3], five[4]), light), **more)  # type: ignore[arg-type]


_DAWN = {"gain": 0.91, "chroma": 0.95, "tint": 0.22, "height": 0.06, "glow": 0.95, "lamps": True, "stars": 0.35}
_DUSK = {"gain": 0.78, "chroma": 0.95, "tint": 0.26, "height": 0.05, "glow": 1.0, "lamps": True, "stars": 0.3}
_DAY = {"gain": 0.97, "chroma": 0.95, "tint": 0.1, "height": 0.62, "glow": 0.6, "haze": 0.62}
_NIGHT = {
    "gain": 0.58, "chroma": 0.72, "tint": 0.36, "height": 0.66, "glow": 0.6, "haze": 0.55,
    "lamps": True, "source": "moon", "stars": 1.0,
}  # fmt: skip
_GREY = {"gain": 0.86, "chroma": 0.68, "tint": 0.2, "glow": 0.2, "haze": 0.8, "height": 0.7, "source": "none"}

TIMES: dict[str, tuple[Air, ...]] = {
    "dawn": (
        _air("#3a3768 #6d5695 #c07a9c #f0a583 #fad09b", "#fde8c4 #f1b18f #bb7295 #6b4f90 #2f2b56", "#ffebc2", **_DAWN),
        _air("#3b5d87 #7f96bb #c9aab4 #eebb98 #f8d0a4", "#fdeed2 #f0bea2 #b38aa3 #5d6b98 #2b3a62", "#fff0cd", **_DAWN),
        _air("#2c5a6c #6597a0 #b9b8a8 #edbb8c #f8d398", "#fdecc8 #efbd92 #a99a94 #4f7a84 #20434f", "#fff0c8", **_DAWN),
    ),
    "dusk": (
        _air("#1f1d49 #4a3375 #9d4679 #e67a57 #ffc274", "#ffd9a0 #ee8f62 #a34a76 #4d3370 #1e1a3f", "#ffdc9a", **_DUSK),
        _air("#16294f #34507f #8b6288 #e59266 #ffd28e", "#ffdfab #ea9a6c #8f6485 #3a4f7c #16233f", "#ffe0a3", **_DUSK),
        _air("#123a4b #33696f #9b9274 #f0a05f #ffd894", "#ffe0a6 #ee9f60 #94806a #33646c #112f3c", "#ffe2a0", **_DUSK),
        _air("#2b1a44 #62275f #b13c63 #f0705a #ffb877", "#ffd0a0 #f27e62 #ad3d62 #5a2560 #241538", "#ffd39a", **_DUSK),
    ),
    "day": (
        _air("#4a8fbd #82bad6 #bfdfe2 #f2eedb", "#fbf3dc #c3dccb #75aaa2 #43727f #214253", "#fff3cf", **_DAY),
        _air("#5b9fc6 #9ccbdd #dbe8dc #fbeed2", "#fdf3da #d4dcb8 #8fb08a #4a7a74 #24474f", "#fff2ca", **_DAY),
        _air("#6d97c2 #a5c1da #dcdcd9 #f9e8d0", "#fcf0dc #dfcfc0 #a0a2ad #56718f #263d59", "#fff0d2", **_DAY),
    ),
    "noon": (
        _air("#2f83bd #63b0d8 #a9d8e4 #e8f0e0", "#fdf6dc #b9e0d0 #5cb0ae #2e7488 #164258", "#fff8da", **_DAY),
        _air("#2f8fae #6cbcc8 #b5dfd8 #f3f2d9", "#fdf5d6 #cfe2b4 #74b490 #327873 #17434c", "#fff7d2", **_DAY),
    ),
    "golden": (
        _air(
            "#5f86ad #a4b7bd #ecca9c #ffd98c",
            "#fff0c4 #f5c583 #cf8f62 #75607a #35355a",
            "#ffe6a6",
            **{**_DAY, "height": 0.2, "glow": 1.0, "tint": 0.16},
        ),
        _air(
            "#5f93a6 #a9c2ae #f0d093 #ffdf90",
            "#fff2c8 #f3cf80 #b59a62 #5f7a6f #27434a",
            "#ffe8a8",
            **{**_DAY, "height": 0.2, "glow": 1.0, "tint": 0.16},
        ),
        _air(
            "#7a7fb0 #b9a7bb #f2bf9a #ffd690",
            "#ffefcb #f6bd8c #c98480 #6f5f8a #312f58",
            "#ffe4ae",
            **{**_DAY, "height": 0.16, "glow": 1.0, "tint": 0.18},
        ),
    ),
    "night": (
        _air("#0a1130 #13224d #24406f #466894", "#bccbe0 #7089b3 #3b5687 #1c2f5c #0c1636", "#e9efff", **_NIGHT),
        _air("#100d2d #221e50 #40366f #745f95", "#cfc3e2 #8f7cb2 #54457f #2a2355 #131033", "#f4ecff", **_NIGHT),
        _air("#061a24 #0e3140 #1f515d #51868a", "#c3ddd6 #74a49f #37707a #17424f #081f2b", "#eefaf0", **_NIGHT),
    ),
}

WEATHERS: dict[str, tuple[Air, ...]] = {
    "storm": (
        _air("#1f2630 #36414d #566370 #98a09c", "#cfd2c8 #8d979a #5a6872 #36434f #171f29", "#eef2ea",
             **{**_GREY, "gain": 0.62, "tint": 0.32, "lamps": True}),
        _air("#221f33 #3d3a50 #65607a #a59c9f", "#d6cfcb #9b919b #665f7a #3e3a52 #1a182a", "#f2eef2",
             **{**_GREY, "gain": 0.62, "tint": 0.32, "lamps": True}),
    ),
    "overcast": (
        _air("#8593a0 #a4afb6 #c4c9c8 #dddad0", "#ece7da #bfc5c2 #8a979d #5a6975 #2e3a46", "#f5f1e6", **_GREY),
    ),
    "rain": (
        _air("#465869 #67798a #919fa6 #bcc0b9", "#dcdcd0 #a0abab #6b7c88 #425464 #1e2b39", "#f0eee2",
             **{**_GREY, "gain": 0.74, "lamps": True}),
        _air("#3d5560 #5f7a80 #8fa3a0 #c2c5b4", "#e0ddc8 #a3b1a8 #67807f #3c5961 #1a2e38", "#f2efdc",
             **{**_GREY, "gain": 0.74, "lamps": True}),
    ),
    "snow": (
        _air("#8298b0 #a8b9ca #ccd6de #eceae6", "#f6f3ee #cdd6de #94a7bb #5d7490 #2c3f58", "#fff8ea",
             **{**_GREY, "gain": 0.93, "chroma": 0.85}),
        _air("#9a9fb8 #bcbccd #d9d3da #f2e9e2", "#faf3ee #d9d0d8 #a59fb6 #6a6a8c #323656", "#fff4ea",
             **{**_GREY, "gain": 0.93, "chroma": 0.85}),
    ),
    "fog": (
        _air("#98a8ad #b4c0c0 #cdd3cd #e2e0d6", "#eeebe0 #c5ccc8 #94a3a5 #627579 #35474d", "#fbf5e6",
             **{**_GREY, "haze": 1.0}),
        _air("#a39fae #bfb8bf #d8cdc9 #ebdfd2", "#f3e9dd #d0c6c5 #a197a3 #6d677b #3b3a4d", "#fdf0e0",
             **{**_GREY, "haze": 1.0}),
    ),
}  # fmt: skip

ROOM_DAY = _air("#8a7a66 #a8957b #c7b394 #e4d3b3", "#fbeed2 #e3c79b #b08e6a #6d5849 #33292b", "#fff1cf",
                gain=0.95, tint=0.14, haze=0.0, glow=0.8, height=0.8)  # fmt: skip
ROOM_NIGHT = _air("#2b2430 #43333a #664a42 #8c6647", "#ffdf9f #e0a060 #a0644a #573a40 #231a28", "#ffd694",
                  gain=0.82, tint=0.26, haze=0.0, glow=0.9, height=0.8, lamps=True, source="lamp")  # fmt: skip
SPACE = (
    _air("#05060f #0a0d22 #151a3d #2c2a5c", "#e6e2ff #9d95d0 #5a529a #2a2860 #0a0b20", "#fff6dd",
         gain=0.88, tint=0.16, haze=0.25, glow=1.0, height=0.85, lamps=True, source="star", stars=1.6),
    _air("#050a12 #081a28 #10323f #1d4f58", "#e4f6ec #8cc0bb #437f88 #1d4858 #07161f", "#fff8e6",
         gain=0.88, tint=0.16, haze=0.25, glow=1.0, height=0.85, lamps=True, source="star", stars=1.6),
    _air("#0d0612 #220d2c #431a4a #75305c", "#ffe6e0 #e09aa8 #98507f #4a2458 #16091f", "#fff0d8",
         gain=0.88, tint=0.16, haze=0.25, glow=1.0, height=0.85, lamps=True, source="star", stars=1.6),
)  # fmt: skip
DEEP = (
    _air("#8fd6d0 #3fa3b5 #1f6d92 #123f66", "#e4f7e6 #8fd0c8 #3f95a8 #1d5a80 #0c2746", "#f4fff0",
         gain=0.82, chroma=0.85, tint=0.28, haze=0.9, glow=0.7, height=1.1, source="surface"),
    _air("#a5dcc0 #4fa99f #24727c #124454", "#edf8e0 #9fd4b8 #4c9b96 #1f606c #0b2b38", "#faffe8",
         gain=0.82, chroma=0.85, tint=0.28, haze=0.9, glow=0.7, height=1.1, source="surface"),
)  # fmt: skip

MOODS: dict[str, tuple[float, float, float]] = {
    # mood: lightness added, chroma factor, hue turn in degrees
    "calm": (0.01, 0.88, 0.0),
    "eerie": (-0.05, 0.8, -18.0),
    "joyful": (0.02, 1.15, 0.0),
    "melancholy": (-0.03, 0.7, 6.0),
    "dramatic": (-0.04, 1.15, -4.0),
    "dreamy": (0.03, 0.95, 10.0),
    "cosy": (0.0, 1.08, -6.0),
}


def blended(first: Air, second: Air, share: float) -> Air:
    """An air between two; what has no number comes from the second where `share` is more than a half."""
    later = second if share > 0.5 else first

    def between(p: float, q: float) -> float:
        return p + (q - p) * share

    count = max(len(first.sky), len(second.sky))
    sky = tuple(mix(_along(first.sky, i, count), _along(second.sky, i, count), share) for i in range(count))
    s = [mix(p, q, share) for p, q in zip(first.stops, second.stops, strict=True)]
    return Air(
        sky, (s[0], s[1], s[2], s[3], s[4]), mix(first.light, second.light, share),
        between(first.gain, second.gain), between(first.chroma, second.chroma), between(first.tint, second.tint),
        between(first.glow, second.glow), between(first.haze, second.haze), first.height,
        first.lamps or second.lamps, later.source, between(first.stars, second.stars),
    )  # fmt: skip


def _along(colours: tuple[str, ...], i: int, count: int) -> str:
    place = i / (count - 1) * (len(colours) - 1)
    k = min(int(place), len(colours) - 2)
    return mix(colours[k], colours[k + 1], place - k)


def turned(air: Air, lighter: float, chroma: float, hue: float) -> Air:
    """The air with its whole palette made lighter, more colourful or turned in hue."""

    def change(colour: str) -> str:
        return tone(colour, lighter, chroma, hue)

    s = [change(colour) for colour in air.stops]
    return replace(air, sky=tuple(map(change, air.sky)), stops=(s[0], s[1], s[2], s[3], s[4]))


def air_for(place: str, time: str, weather: str, mood: str, stream: Stream, tint: str = "", season: str = "") -> Air:
    """The air of a scene; the stream chooses among the variants and turns the hue a little."""
    if place in ("space", "moon"):
        air = stream.pick(SPACE)
    elif place == "underwater":
        air = stream.pick(DEEP)
        if time in ("night", "dusk"):
            air = replace(turned(air, -0.1, 0.9, 8), gain=0.66)
    elif place == "room":
        air = ROOM_NIGHT if time in ("night", "dusk") else ROOM_DAY
    else:
        air = stream.pick(TIMES.get(time, TIMES["day"]))
        if weather in WEATHERS:
            share = 0.45 if time in ("night", "dusk", "dawn") else 0.92
            air = blended(air, stream.pick(WEATHERS[weather]), share)
    air = turned(air, 0.0, 1.0, 9 * sin(stream.uniform(-1.5, 1.5)))
    if season == "autumn":
        air = replace(air, earth="#cf8c3a")
    if mood in MOODS:
        air = turned(air, *MOODS[mood])
    if tint:
        air = replace(
            air,
            sky=tuple(mix(c, _same_tone(tint, c), 0.6) for c in air.sky),
            stops=_five([mix(c, _same_tone(tint, c), 0.65) for c in air.stops]),
        )
    return air


def _same_tone(hue: str, light: str) -> str:
    _, a, b = lab(hue)
    return hexadecimal((lab(light)[0], a, b))


def _five(colours: list[str]) -> tuple[str, str, str, str, str]:
    return colours[0], colours[1], colours[2], colours[3], colours[4]
