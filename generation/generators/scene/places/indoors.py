"""A room: wall, window with a view, floor, table; lit from the window by day and by a lamp at night."""

from __future__ import annotations

from generation.generators.scene import foreground, land
from generation.generators.scene.canvas import FAR, FRONT, HORIZON, MIDDLE, SKY, Canvas
from generation.generators.scene.colour import mix, tone
from generation.generators.scene.geometry import box, ellipse, limb, poly, ridge
from generation.generators.scene.palette import TIMES
from generation.generators.scene.svg import path, stroke

WALL = ("#d9a679", "#8fb09a", "#c98a80", "#7f9fb8", "#d9bd7f", "#a98fb0", "#6f9a98")


def room(canvas: Canvas) -> None:
    """A quiet interior; small things stand on the table when there are any, else on the floor."""
    canvas.room = True
    if "sill" in canvas.graph.features:
        _windowsill(canvas)
        return
    canvas.horizon = canvas.height * 0.72
    side = -canvas.needs.subject_side
    win_x = canvas.width * (0.5 + 0.2 * side)
    canvas.light = (win_x, canvas.height * 0.2)
    rng = canvas.stream.child("room")
    wall = mix(canvas.air.grade(land.grounded(canvas, rng.pick(WALL))), canvas.air.stops[2], 0.16)
    _wall(canvas, wall, win_x)
    _window(canvas, win_x, canvas.height * 0.1, 330, 390)
    _floor(canvas, win_x)
    on_wall = _shelf if rng.chance(0.5) else _picture
    on_wall(canvas, canvas.width * (0.5 - 0.28 * side), canvas.height * 0.25, wall)
    _light_on_wall(canvas, win_x)
    if canvas.air.source == "lamp":
        _pendant(canvas)
    if canvas.needs.table:
        _table(canvas)
    else:
        _rug(canvas)
    _curtains(canvas, win_x)
    _frame_plant(canvas, side)
    clear = canvas.width * 0.16
    canvas.land = (0.0, canvas.width - clear) if side > 0 else (clear, canvas.width)


def _windowsill(canvas: Canvas) -> None:
    """Close to a great window: what stands on its sill stands against the sky outside."""
    side = -canvas.needs.subject_side
    rng = canvas.stream.child("sill")
    canvas.horizon = canvas.height * 0.74
    win_x, width, tall = canvas.width * (0.5 - 0.02 * side), canvas.width * 0.74, canvas.height * 0.66
    top = canvas.height * 0.07
    canvas.light = (win_x + width * 0.24, top + tall * 0.24)
    wall = mix(canvas.air.grade(land.grounded(canvas, rng.pick(WALL))), canvas.air.dark, 0.3)
    canvas.backdrop.wash(((0, tone(wall, 0.03), 1.0), (1, tone(wall, -0.06), 1.0)), (0, 0), (0, canvas.height))
    _window(canvas, win_x, top, width, tall)
    board = top + tall
    wood = canvas.air.grade("#e3d5bd", 0.9)
    lit = mix(wood, canvas.air.light, 0.35)
    fill = canvas.document.linear(((0, lit, 1), (1, mix(wood, canvas.air.dark, 0.2), 1)), (0, board), (0, board + 96))
    canvas.add(MIDDLE, path(poly([(60, board), (canvas.width - 60, board), (canvas.width + 30, board + 92),
                                  (-30, board + 92)]), fill))  # fmt: skip
    canvas.add(MIDDLE + 0.1, path(box(-30, board + 90, canvas.width + 60, 26), mix(wood, canvas.air.dark, 0.34)))
    canvas.add(MIDDLE + 0.2, path(box(-30, board + 116, canvas.width + 60, 34), canvas.air.dark, 0.25))
    cloth = canvas.air.grade(rng.pick(("#a5564a", "#c9b48a", "#5f7a78", "#8f5f7a")), 0.95)
    folds = []
    for edge in (-1, 1):
        for k in range(6):
            x = canvas.width * (0.5 + 0.5 * edge) - edge * (8 + 21 * k)
            shade = mix(cloth, canvas.air.dark if k % 2 else canvas.air.light, 0.24 if k % 2 else 0.1)
            low = canvas.height * (0.83 + 0.01 * (k % 2)) if k < 5 else canvas.height * 0.8
            folds.append(
                path(limb([(x, -20), (x + edge * 6, low * 0.5), (x + edge * 3 * k, low)], [28, 26, 30]), shade)
            )
    canvas.add(MIDDLE + 0.4, "".join(folds))
    canvas.surface = lambda x, t: board + 22 + 58 * t
    canvas.land = (canvas.width * 0.16, canvas.width * 0.84)
    _frame_plant(canvas, side)


def _wall(canvas: Canvas, wall: str, win_x: float) -> None:
    far = mix(wall, canvas.air.dark, 0.42)
    shade = mix(wall, canvas.air.dark, 0.3)
    canvas.backdrop.wash(((0, shade, 1.0), (1, shade, 1.0)), (0, 0), (0, canvas.height))
    canvas.backdrop.halo(win_x, canvas.height * 0.42, 820, 760, mix(wall, canvas.air.light, 0.4), 0.95)
    line = mix(wall, canvas.air.dark, 0.36)
    y = canvas.height * 0.5
    canvas.add(
        SKY + 2,
        path(box(0, canvas.horizon - 26, canvas.width, 26), far, 0.7)
        + stroke(f"M0 {y:.0f}H{canvas.width:.0f}", line, 2.4, 0.0),
    )


def _window(canvas: Canvas, x: float, y: float, w: float, h: float) -> None:
    """A window with its own sky and a far hill."""
    time = canvas.graph.time if canvas.graph.time in TIMES else "day"
    outside = canvas.stream.child("outside").pick(TIMES[time])
    left = x - w / 2
    last = len(outside.sky) - 1
    sky = canvas.document.linear([(i / last, c, 1.0) for i, c in enumerate(outside.sky)], (0, y), (0, y + h))
    out = [path(box(left, y, w, h), sky)]
    rng = canvas.stream.child("view")
    if outside.source == "moon":
        out += [
            path(ellipse(left + rng.uniform(8, w - 8), y + rng.uniform(8, h * 0.7), rng.uniform(0.8, 2)), outside.light)
            for _ in range(40)
        ]
        out.append(f'<circle cx="{x + w * 0.24:.0f}" cy="{y + h * 0.24:.0f}" r="26" fill="{outside.light}"/>')
    else:
        out.append(canvas.document.halo(x + w * 0.2, y + h * 0.62, w * 0.28, w * 0.28, outside.light, 0.9))
    for k, natural in enumerate(("#7d93a5", "#6d8a72")):
        line = [
            (left + px * w / 1000, py) for px, py in ridge(rng.child(k), 1000, y + h * (0.7 + 0.14 * k), 24, 0.5, 6)
        ]
        out.append(
            path(
                "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in [(left, y + h), *line, (left + w, y + h)]) + "Z",
                outside.land(natural, 0.25 + 0.25 * k),
            )
        )
    frame = canvas.air.grade("#efe6d6", 0.9)
    dark = mix(frame, canvas.air.dark, 0.35)
    bars = (
        box(left - 16, y - 16, w + 32, 16)
        + box(left - 16, y, 16, h)
        + box(left + w, y, 16, h)
        + box(left + w / 2 - 5, y, 10, h)
        + box(left, y + h * 0.4, w, 9)
    )
    out += [
        path(bars, frame),
        path(box(left, y, w, 9) + box(left, y, 7, h), canvas.air.dark, 0.22),
        path(box(left - 34, y + h, w + 68, 24, 3), frame),
        path(box(left - 34, y + h + 20, w + 68, 9), dark),
    ]
    canvas.add(
        FAR,
        canvas.document.halo(x, y + h / 2, w * 1.1, h * 0.95, canvas.air.light, 0.4 * canvas.air.glow) + "".join(out),
    )


def _curtains(canvas: Canvas, x: float) -> None:
    rng = canvas.stream.child("curtain")
    cloth = canvas.air.grade(rng.pick(("#b5654f", "#d8c7a6", "#6f8a86", "#a9708a", "#c99a52")), 0.9)
    out = []
    for side in (-1, 1):
        edge, top, low = x + side * 176, canvas.height * 0.07, canvas.height * 0.6
        for k in range(5):
            px = edge + side * 17 * k
            fold = limb(
                [(px, top), (px + side * 3, (top + low) / 2), (px + side * (6 - 2 * k) * 2, low + 8 * (k % 2))],
                [20, 23, 25],
            )
            out.append(path(fold, mix(cloth, canvas.air.light if k % 2 == 0 else canvas.air.dark, 0.13 + 0.05 * k)))
    rod = path(box(x - 285, canvas.height * 0.058, 570, 10, 5), mix(canvas.air.grade("#6d4f38"), canvas.air.dark, 0.2))
    canvas.add(FAR + 2, "".join(out) + rod)


def _floor(canvas: Canvas, win_x: float) -> None:
    wood = canvas.air.land("#a9744a", 0.7)
    y, w, h = canvas.horizon, canvas.width, canvas.height
    fill = canvas.document.linear(
        ((0, mix(wood, canvas.air.light, 0.1), 1), (1, mix(wood, canvas.air.dark, 0.45), 1)), (0, y), (0, h)
    )
    canvas.add(HORIZON, path(box(0, y, w, h - y), fill))
    seams = "".join(f"M{x:.0f} {y:.0f}L{w / 2 + (x - w / 2) * 1.9:.0f} {h:.0f}" for x in range(-400, int(w) + 400, 58))
    canvas.add(HORIZON + 0.1, stroke(seams, mix(wood, canvas.air.dark, 0.5), 1.7, 0.5))
    slant = canvas.needs.subject_side * 170
    pool = poly(
        [
            (win_x - 120 + slant * 0.3, y + 22),
            (win_x + 130 + slant * 0.3, y + 22),
            (win_x + 210 + slant, h - 40),
            (win_x - 130 + slant, h - 40),
        ]
    )
    canvas.add(HORIZON + 0.2, path(pool, canvas.air.light, 0.2 * canvas.air.glow))
    canvas.surface = lambda x, t: y + 34 + (h * 0.95 - y - 34) * t


def _rug(canvas: Canvas) -> None:
    rng = canvas.stream.child("rug")
    x, y = canvas.width * (0.5 + 0.14 * canvas.needs.subject_side), canvas.height * 0.87
    colour = canvas.air.grade(rng.pick(("#a8483f", "#47697f", "#8a6a8f", "#5f7f6a")), 0.9)
    for k, share in enumerate((1.0, 0.9, 0.84, 0.5)):
        shade = (colour, mix(colour, canvas.air.grade("#ead9b5"), 0.7), tone(colour, -0.04), tone(colour, 0.06))[k]
        canvas.add(
            HORIZON + 1,
            f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="{350 * share:.0f}" ry="{84 * share:.0f}" fill="{shade}"/>',
        )


def _table(canvas: Canvas) -> None:
    top, h, w = canvas.height * 0.69, canvas.height, canvas.width
    wood = canvas.air.land("#9a6238", 0.75)
    lit = mix(wood, canvas.air.light, 0.24)
    board = canvas.document.linear(((0, lit, 1), (1, mix(wood, canvas.air.dark, 0.12), 1)), (0, top), (0, top + 190))
    canvas.add(MIDDLE, canvas.document.halo(w / 2, top + 10, w * 0.7, 46, canvas.air.dark, 0.4))
    canvas.add(MIDDLE + 0.1, path(poly([(-20, top + 4), (w + 20, top + 4), (w + 120, h + 10), (-120, h + 10)]), board))
    rng = canvas.stream.child("grain")
    grain = "".join(
        f"M{rng.jitter(60):.0f} {top + 14 + v:.0f}q{w * 0.3:.0f} {rng.jitter(9):.0f} {w * 0.6:.0f} "
        f"{rng.jitter(5):.0f}t{w * 0.5:.0f} {rng.jitter(8):.0f}"
        for v in (8, 22, 44, 70, 102, 140, 190, 240)
    )
    canvas.add(MIDDLE + 0.2, stroke(grain, mix(wood, canvas.air.dark, 0.5), 1.8, 0.32))
    canvas.add(MIDDLE + 0.3, path(box(-20, top, w + 40, 6), mix(wood, canvas.air.light, 0.45)))
    glow = canvas.light[0] + canvas.needs.subject_side * 90
    canvas.add(MIDDLE + 0.4, canvas.document.halo(glow, top + 120, 360, 84, canvas.air.light, 0.3 * canvas.air.glow))
    canvas.surface = lambda x, t: top + 34 + (h * 0.93 - top - 34) * t


def _shelf(canvas: Canvas, x: float, y: float, wall: str) -> None:
    """A shelf with books, kept quiet on the wall."""
    rng = canvas.stream.child("shelf")
    dim = mix(wall, canvas.air.dark, 0.5)
    out = []
    for row in (0, 1):
        yy = y + 150 * row
        px = x - 118
        while px < x + 104:
            w, tall = rng.uniform(10, 23), rng.uniform(54, 92)
            if rng.chance(0.14):
                px += 26
            book = mix(
                canvas.air.grade(rng.pick(("#a3544a", "#4f6f7a", "#c49a55", "#6a5f7f", "#7f8a5f", "#d6c3a0")), 0.8),
                wall,
                0.3,
            )
            out.append(
                path(box(px, yy - tall, w, tall, 1.5), book)
                + path(box(px, yy - tall * 0.8, w, 3), tone(book, 0.1), 0.7)
            )
            px += w + 1
        out.append(
            path(box(x - 140, yy, 280, 11, 2), dim) + path(box(x - 132, yy + 11, 264, 20), canvas.air.dark, 0.14)
        )
    canvas.add(FAR + 1, "".join(out))


def _frame_plant(canvas: Canvas, side: float) -> None:
    """Leaves of a house plant reach in from the side on bent stems, out of the light."""
    rng = canvas.stream.child("houseplant")
    colour = mix(canvas.air.grade("#47694a", 1.0), canvas.air.dark, 0.42)
    x, y = (canvas.width + 30, canvas.height * 1.02) if side > 0 else (-30.0, canvas.height * 1.02)
    out = []
    for k in range(9):
        tall, out_by = rng.uniform(150, 420), rng.uniform(20, 190)
        tip = (x - side * out_by, y - tall)
        knee = (x - side * out_by * 0.25, y - tall * 0.62)
        shade = tone(colour, 0.014 * (k % 4) - 0.02)
        out.append(path(limb([(x, y), knee, tip], [7, 5, 3]), shade))
        droop = rng.uniform(0.1, 0.9)
        upper = foreground.leaf(*tip, rng.uniform(90, 150), 3.1416 - droop if side > 0 else droop)
        lower = foreground.leaf(*knee, rng.uniform(70, 120), 3.5 if side > 0 else -0.4)
        out.append(path(upper, shade) + path(lower, tone(shade, -0.015)))
    canvas.add(FRONT, "".join(out))


def _light_on_wall(canvas: Canvas, win_x: float) -> None:
    """The window's light as slanted panes on the wall opposite."""
    if canvas.air.source == "lamp":
        return
    side = canvas.needs.subject_side
    x, y = win_x + side * 330, canvas.height * 0.2
    panes = "".join(
        poly(
            [
                (x + side * (120 * c), y + 160 * r + 20 * c),
                (x + side * (120 * c + 104), y + 160 * r + 20 * c + 17),
                (x + side * (120 * c + 140), y + 160 * r + 160 + 20 * c),
                (x + side * (120 * c + 36), y + 160 * r + 143 + 20 * c),
            ]
        )
        for c in (0, 1)
        for r in (0, 1)
    )
    canvas.add(FAR + 1.5, path(panes, canvas.air.light, 0.2 * canvas.air.glow))


def _pendant(canvas: Canvas) -> None:
    """At night a lamp hangs over the subject and becomes the light of the room."""
    x, y = canvas.width * (0.5 + 0.17 * canvas.needs.subject_side) - 40, canvas.height * 0.2
    canvas.light = (x, y + 20)
    glow = canvas.air.light
    canvas.add(FAR + 3, canvas.document.halo(x, y + 200, 560, 540, glow, 0.42))
    canvas.add(FAR + 3.1, canvas.document.halo(x, y + 16, 190, 150, glow, 0.7))
    shade = canvas.air.grade(canvas.stream.child("shade").pick(("#b5543f", "#3f6f6a", "#d0a04a", "#5f5a86")), 1.0)
    bowl = f"M{x - 78:.0f} {y:.0f}C{x - 70:.0f} {y - 62:.0f} {x + 70:.0f} {y - 62:.0f} {x + 78:.0f} {y:.0f}Z"
    lit = canvas.document.linear(
        ((0, mix(shade, canvas.air.dark, 0.35), 1), (1, mix(shade, glow, 0.45), 1)), (x, y - 50), (x, y)
    )
    cord = stroke(f"M{x:.0f} 0V{y - 46:.0f}", mix(shade, canvas.air.dark, 0.6), 4)
    rim = f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="78" ry="9" fill="{mix(glow, "#fffbe8", 0.5)}"/>'
    canvas.add(FAR + 3.2, cord + path(bowl, lit) + rim)


def _picture(canvas: Canvas, x: float, y: float, wall: str) -> None:
    """A framed picture, kept quiet."""
    rng = canvas.stream.child("picture")
    wood = mix(canvas.air.grade("#7a5436"), wall, 0.25)
    inner = [
        mix(canvas.air.grade(c), wall, 0.4)
        for c in rng.pick((("#d9b98c", "#7f9aa5", "#5a7a6a"), ("#e3c9a0", "#c98f6f", "#6a5a7a")))
    ]
    out = [
        path(box(x - 84, y - 64, 168, 128), canvas.air.dark, 0.12),
        path(box(x - 88, y - 70, 168, 128), wood),
        path(box(x - 78, y - 60, 148, 108), inner[0]),
    ]
    for k, up in ((1, 20), (2, -6)):
        line = [(x - 78 + px * 0.148, py) for px, py in ridge(rng.child(k), 1000, y + 20 - up, 14, 0.5, 5)]
        out.append(
            path(
                "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in [(x - 78, y + 48), *line, (x + 70, y + 48)]) + "Z",
                inner[k],
            )
        )
    canvas.add(FAR + 1, "".join(out))
