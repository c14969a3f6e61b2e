"""Whole scenes: backdrops of roads, buildings, signs and vehicles without plates, and pictures with plates put into them.

    python scenes.py --out DIR --count N [--kinds us,br] [--painted-out] [--empty]

writes held-out 1280x720 pictures with truth lines as `edge-agent evaluate` reads them (file, x, y, width, height, text,
separated by tabs). With --painted-out the plates' faces are blank and with --empty there are none; both have no truth line.
`drawn.sh` draws each region's kinds of plates and has them read under that region's forms.
"""

import argparse
import math
import os
import random
from dataclasses import dataclass, field

import cv2
import numpy as np

import degrade
import plates
from street import (
    WORDS,
    badge,
    box,
    bricks,
    building,
    clutter,
    fence,
    foliage,
    greenery,
    lamp_at,
    loose_badge,
    loose_lamp,
    overlay,
    pole,
    polygon,
    print_words,
    scribble,
    sign,
    some_words,
    stripes,
    wheel,
    words,
)

BACKDROP = (640, 400)


@dataclass
class Backdrop:
    """`slots` are places where a plate belongs: middle x, middle y, and the width of the vehicle there."""

    pixels: np.ndarray
    slots: list = field(default_factory=list)


def draw_backdrop(rng, size=BACKDROP):
    width, height = size
    unit = width / 640
    canvas = sky_and_ground(rng, width, height)
    slots = []
    close_up = rng.random() < 0.25
    if not close_up:
        for _ in range(rng.randrange(5)):
            rng.choice([building, greenery, foliage, bricks, fence, clutter, scribble])(rng, canvas, unit)
    for _ in range(rng.randrange(4)):
        sign(rng, canvas, unit)
    for _ in range(rng.randrange(3)):
        rng.choice([clutter, clutter, scribble])(rng, canvas, unit)
    if close_up:
        car = rng.uniform(0.85, 1.9) * width
        slots.append(vehicle(rng, canvas, rng.uniform(0.3, 0.7) * width, rng.uniform(0.3, 0.7) * height, car, unit))
    else:
        count = rng.choices([0, 1, 2, 3, 5], [1, 4, 4, 2, 1])[0]
        near = sorted(rng.uniform(0.35, 0.95) for _ in range(count))  # far ones first
        for depth in near:
            car = width * (0.08 + 0.5 * max(0.0, depth - 0.35) / 0.6) * rng.uniform(0.8, 1.3)
            slots.append(vehicle(rng, canvas, rng.uniform(0, 1) * width, depth * height, car, unit))
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        rng.choice([clutter, pole, words, words, loose_badge, loose_lamp, wheel])(rng, canvas, unit)
    if rng.random() < 0.3:
        canvas *= 1 - degrade.ramp(rng, canvas.shape, rng.choice([1, 4, 20])) * rng.uniform(0.2, 0.7)
    if rng.random() < 0.12:
        lights_at_night(rng, canvas, unit)
    if rng.random() < 0.4:
        canvas = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.4, 1.6) * unit)
    pixels = np.clip(canvas, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        overlay(rng, pixels, unit)
    return Backdrop(pixels, [s for s in slots if 0 < s[0] < width and 0 < s[1] < height])


def sky_and_ground(rng, width, height):
    horizon = rng.uniform(0.1, 0.7)
    top, low = rng.uniform(60, 250), rng.uniform(60, 250)
    near, far = rng.uniform(20, 180), rng.uniform(30, 200)
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    column = np.where(y < horizon, top + (low - top) * y / horizon, far + (near - far) * (y - horizon) / (1 - horizon))
    canvas = np.repeat(column, width, 1).astype(np.float32)
    for coarse in (3, 12, 48):
        if rng.random() < 0.7:
            canvas += degrade.clouds(rng, canvas.shape, coarse) * rng.uniform(1, 14)
    for _ in range(rng.randrange(5)):  # lane marks, kerbs
        x = rng.uniform(-0.2, 1.2) * width
        end = (round(x + rng.uniform(-1, 1) * width), height)
        cv2.line(canvas, (round(x), round(horizon * height)), end, rng.uniform(80, 255), rng.randrange(1, 1 + max(2, width // 120)), cv2.LINE_AA)
    return canvas


def lights_at_night(rng, canvas, unit):
    canvas *= rng.uniform(0.15, 0.5)
    glow = np.zeros(canvas.shape, np.float32)
    for _ in range(rng.randrange(1, 7)):
        at = (rng.randrange(canvas.shape[1]), rng.randrange(canvas.shape[0]))
        cv2.circle(glow, at, max(1, round(rng.uniform(2, 16) * unit)), rng.uniform(120, 600), -1)
    canvas += cv2.GaussianBlur(glow, (0, 0), rng.uniform(1, 9) * unit)


def vehicle(rng, canvas, x, y, w, unit):
    """A car, van, truck or motorcycle seen from the front or the back; (x, y) is the middle of its lower half."""
    kind = rng.choices(["car", "van", "truck", "motorcycle"], [10, 4, 2, 1.5])[0]
    if kind == "motorcycle":
        return motorcycle(rng, canvas, x, y, w * 0.45)
    body, glass, trim = rng.uniform(8, 245), rng.uniform(8, 130), rng.uniform(5, 120)
    h = w * {"car": rng.uniform(0.62, 0.8), "van": rng.uniform(0.85, 1.1), "truck": rng.uniform(1.0, 1.35)}[kind]
    top, left, right = y - h * 0.62, x - w / 2, x + w / 2
    bottom = top + h
    ground = np.float32([[left - w * 0.05, bottom - h * 0.02], [right + w * 0.05, bottom - h * 0.02], [right, bottom + h * 0.08], [left, bottom + h * 0.08]])
    degrade.shade(canvas, ground, rng.uniform(0.2, 0.6))
    for side in (left + w * 0.09, right - w * 0.09):
        box(canvas, side, bottom - h * 0.04, w * 0.14, h * 0.2, rng.uniform(5, 45))
    taper = rng.uniform(0.02, 0.2) if kind == "car" else rng.uniform(0, 0.05)
    shoulder = top + h * (rng.uniform(0.34, 0.45) if kind == "car" else rng.uniform(0.42, 0.58))
    polygon(canvas, [(left + w * taper, top), (right - w * taper, top), (right, shoulder), (right, bottom - h * 0.08), (right - w * 0.03, bottom), (left + w * 0.03, bottom), (left, bottom - h * 0.08), (left, shoulder)], body)
    if rng.random() < 0.6:  # shading of the bodywork from top to bottom
        area = np.float32([[left, (shoulder + bottom) / 2], [right, (shoulder + bottom) / 2], [right, bottom], [left, bottom]])
        degrade.shade(canvas, area, rng.uniform(0.6, 0.95))
    inset = w * (taper + rng.uniform(0.03, 0.08))
    if kind == "truck" or (kind == "van" and rng.random() < 0.5):  # cargo doors with advertising
        for _ in range(rng.randrange(4)):
            words_at = (x + rng.uniform(-0.3, 0.3) * w, top + h * rng.uniform(0.08, 0.6))
            print_words(rng, canvas, " ".join(some_words(rng) for _ in range(rng.randrange(1, 3))), *words_at, w * rng.uniform(0.03, 0.14), rng.uniform(0, 255))
        cv2.line(canvas, (round(x), round(top)), (round(x), round(bottom)), trim, max(1, round(w * 0.006)))
    else:
        polygon(canvas, [(left + inset, top + h * 0.04), (right - inset, top + h * 0.04), (right - w * 0.07, shoulder - h * 0.02), (left + w * 0.07, shoulder - h * 0.02)], glass)
        if rng.random() < 0.5:  # a reflection, and stickers in the window
            polygon(canvas, [(left + inset, top + h * 0.04), (x, top + h * 0.04), (x - w * 0.2, shoulder - h * 0.03), (left + w * 0.07, shoulder - h * 0.03)], glass + rng.uniform(5, 60))
        if rng.random() < 0.35:
            print_words(rng, canvas, rng.choice(WORDS), x + rng.uniform(-0.25, 0.25) * w, shoulder - h * rng.uniform(0.05, 0.12), w * rng.uniform(0.02, 0.05), rng.uniform(120, 255))
    lamp_y = shoulder + h * rng.uniform(0.04, 0.18)
    lamp = (w * rng.uniform(0.05, 0.13), h * rng.uniform(0.03, 0.14))
    for side in (left + lamp[0] * 1.05, right - lamp[0] * 1.05):
        lamp_at(rng, canvas, side, lamp_y, lamp[0], lamp[1])
    if rng.random() < 0.5:  # grille, or the strip between the tail lamps
        stripes(rng, canvas, x - w * rng.uniform(0.18, 0.33), lamp_y - h * 0.05, w * rng.uniform(0.36, 0.66), h * rng.uniform(0.05, 0.2), unit)
    for _ in range(rng.randrange(3)):  # badges
        at = (x + rng.choice([-0.33, 0.0, 0.33]) * w + rng.gauss(0, 0.03) * w, shoulder + h * rng.uniform(0.02, 0.14))
        badge(rng, canvas, *at, w * rng.uniform(0.02, 0.075))
    bumper = bottom - h * rng.uniform(0.12, 0.3)
    if rng.random() < 0.75:
        tone = rng.choice([trim, body * 0.85, rng.uniform(10, 230)])
        box(canvas, x, (bumper + bottom) / 2, w * rng.uniform(0.96, 1.04), (bottom - bumper) * rng.uniform(0.4, 1.0), tone)
        cv2.line(canvas, (round(left), round(bumper)), (round(right), round(bumper)), rng.uniform(0, 255), max(1, round(w * 0.006)))
    for _ in range(rng.randrange(4)):  # seams
        sy = rng.uniform(shoulder, bottom)
        cv2.line(canvas, (round(left), round(sy)), (round(right), round(sy)), rng.uniform(0, 255), 1, cv2.LINE_AA)
    if rng.random() < 0.3:
        for side in (-0.4, 0.4):
            box(canvas, x + side * w, bottom - h * 0.1, w * 0.1, h * 0.05, rng.uniform(40, 255))
    plate_y = rng.uniform(lamp_y, bottom - h * 0.07) if rng.random() < 0.7 else bottom - h * rng.uniform(0.08, 0.2)
    if rng.random() < 0.35:  # the recess of the boot lid
        box(canvas, x, plate_y, w * rng.uniform(0.32, 0.5), h * rng.uniform(0.14, 0.24), rng.choice([trim, body * 0.7]))
    return [x + (rng.gauss(0, 0.03) if rng.random() < 0.8 else rng.uniform(-0.3, 0.3)) * w, plate_y, w]


def motorcycle(rng, canvas, x, y, w):
    dark = rng.uniform(5, 70)
    cv2.ellipse(canvas, (round(x), round(y + w * 0.8)), (max(1, round(w * 0.2)), max(1, round(w * 0.75))), 0, 0, 360, dark, -1, cv2.LINE_AA)
    polygon(canvas, [(x - w * 0.35, y - w * 0.5), (x + w * 0.35, y - w * 0.5), (x + w * 0.18, y + w * 0.6), (x - w * 0.18, y + w * 0.6)], rng.uniform(10, 200))
    cv2.ellipse(canvas, (round(x), round(y - w * 0.7)), (max(1, round(w * 0.5)), max(1, round(w * 0.4))), 0, 0, 360, dark, -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (round(x), round(y - w * 0.35)), (max(1, round(w * 0.16)), max(1, round(w * 0.1))), 0, 0, 360, rng.uniform(80, 255), -1, cv2.LINE_AA)
    return [x, y + w * rng.uniform(0, 0.3), w * 2.2]


# --- plates in scenes --------------------------------------------------------------------------------------------------


def place_plates(rng, canvas, slots, sheets, narrowest, widest, count=None, blanks=0.06, whole=False):
    """Puts plates into a picture of floats, `whole` ones or also cut ones. Returns [(quad, sheet's note)] of those that can be read."""
    height, width = canvas.shape
    count = rng.choices([0, 1, 2, 3], [2, 6, 3, 1])[0] if count is None else count
    free = list(slots)
    rng.shuffle(free)
    placed, taken = [], []
    for _ in range(count):
        sheet = sheets.pick(rng)
        aspect = sheet.pixels.shape[1] / sheet.pixels.shape[0]
        size = math.exp(rng.uniform(math.log(narrowest), math.log(widest)))
        at = (rng.uniform(0.06, 0.94) * width, rng.uniform(0.06, 0.94) * height)
        if free and rng.random() < 0.8:
            x, y, car = free.pop()
            at = (x, y)
            if rng.random() < 0.7:
                # Plates are about half a metre wide on cars of under two; square ones are narrower.
                size = car * rng.uniform(0.17, 0.33) * (1.0 if aspect > 2.6 else 0.7)
        size = min(max(size, narrowest), widest)
        quad = degrade.turn(rng, size, size / aspect * rng.uniform(0.93, 1.08)) + np.float32(at)
        low, high = quad.min(0), quad.max(0)
        if any((low < b).all() and (a < high).all() for a, b in taken):
            continue
        if whole and ((low < 4).any() or (high > np.float32([width, height]) - 4).any()):
            continue
        taken.append((low - 0.1 * (high - low), high + 0.1 * (high - low)))
        face = degrade.weather(rng, degrade.shrunk(sheet.pixels, size))
        readable = rng.random() >= blanks
        if not readable:
            face = blank(rng, face)
        # The plate stands in the scene's own light.
        face = face * rng.uniform(0.55, 1.1) + rng.uniform(-10, 25)
        degrade.mount(rng, canvas, face, quad)
        if readable:
            placed.append((quad, sheet.note))
    return placed


def blank(rng, face):
    """A plate that says nothing: painted over, smeared, covered."""
    if rng.random() < 0.5:
        return np.full(face.shape, float(np.median(face)) + rng.uniform(-20, 20), np.float32) + degrade.clouds(rng, face.shape) * rng.uniform(0, 8)
    return cv2.GaussianBlur(face, (0, 0), face.shape[1] * rng.uniform(0.05, 0.2))


def window(rng, backdrops, sheets, size, narrowest, widest):
    """A piece of a scene as the detector is trained on it: bytes, and the quads of its plates."""
    backdrop = backdrops.pick(rng)
    source = backdrop.pixels
    scale = math.exp(rng.uniform(math.log(0.65), math.log(1.7))) * size[0] / 320 * 0.75
    scale = max(scale, size[0] / source.shape[1], size[1] / source.shape[0])
    flip = -1 if rng.random() < 0.5 else 1
    spare = (source.shape[1] * scale - size[0], source.shape[0] * scale - size[1])
    x0, y0 = rng.uniform(0, spare[0]), rng.uniform(0, spare[1])
    if backdrop.note["slots"] and rng.random() < 0.7:  # look where vehicles are
        x, y, _ = rng.choice(backdrop.note["slots"])
        x0 = min(max(0.0, x * scale - rng.uniform(0.15, 0.85) * size[0]), spare[0])
        y0 = min(max(0.0, y * scale - rng.uniform(0.15, 0.85) * size[1]), spare[1])
    matrix = np.float32([[scale * flip, 0, -x0 if flip > 0 else size[0] + x0], [0, scale, -y0]])
    canvas = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT).astype(np.float32)
    slots = []
    for x, y, car in backdrop.note["slots"]:
        px, py = matrix @ np.float32([x, y, 1])
        if 0 < px < size[0] and 0 < py < size[1]:
            slots.append((float(px), float(py), car * scale))
    quads = [quad for quad, _ in place_plates(rng, canvas, slots, sheets, narrowest, widest)]
    if rng.random() < 0.1:
        canvas = 255 - canvas
    return degrade.camera(rng, canvas, 60), quads


class Drawn:
    """Sheets drawn on the spot, where no picture file is wanted; picks as a picture file does."""

    def __init__(self, held_out, kinds=plates.KINDS, series="all"):
        self.printer = plates.Printer(held_out, series)
        self.weights = {kind: plates.KINDS[kind] for kind in kinds if not held_out or self.printer.series[kind]}

    def pick(self, rng):
        from picture_file import Picture

        kind = rng.choices(list(self.weights), list(self.weights.values()))[0]
        sheet = self.printer.print(rng, kind)
        return Picture(sheet.face, {"kind": sheet.kind, "lines": sheet.lines})


def draw_picture(rng, sheets, painted_out=False, empty=False):
    """A whole 1280x720 picture and its truth: [(quad, text)]."""
    backdrop = draw_backdrop(rng, (1280, 720))
    canvas = backdrop.pixels.astype(np.float32)
    placed = []
    while not empty and not placed:
        placed = place_plates(rng, canvas, backdrop.slots, sheets, 70, 420, count=rng.choice([1, 1, 1, 2]), blanks=0, whole=True)
    if painted_out:
        for quad, _ in placed:
            area = degrade.inside(quad, [-0.02, 1.02, 1.02, -0.02], [-0.04, -0.04, 1.04, 1.04])
            degrade.fill(canvas, area, rng.uniform(10, 245))
        placed = []
    pixels = degrade.camera(rng, canvas, 110)
    return pixels, [(quad, "".join(note["lines"])) for quad, note in placed]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--count", type=int, required=True)
    arguments.add_argument("--seed", type=int, default=4711)
    arguments.add_argument("--kinds", default=",".join(plates.KINDS), help="the kinds of plates to draw (default: %(default)s)")
    arguments.add_argument("--series", choices=["all", "known", "strange"], default="all", help="plates of series some country has, of nobody's, or of both (default)")
    arguments.add_argument("--painted-out", action="store_true")
    arguments.add_argument("--empty", action="store_true")
    options = arguments.parse_args()
    kinds = options.kinds.split(",")
    unknown = [kind for kind in kinds if kind not in plates.KINDS]
    if unknown:
        arguments.error(f"--kinds: no such kind of plate: {', '.join(map(repr, unknown))}; there are {', '.join(plates.KINDS)}")
    sheets = Drawn(held_out=True, kinds=kinds, series=options.series)
    if not sheets.weights:
        arguments.error(f"--series {options.series}: none of these kinds of plates has such a series kept out of training")
    cv2.setNumThreads(1)
    os.makedirs(options.out, exist_ok=True)
    for number in range(options.count):
        pixels, truth = draw_picture(random.Random(f"{options.seed}:{number}"), sheets, options.painted_out, options.empty)
        name = f"scene-{number:05}"
        cv2.imwrite(os.path.join(options.out, name + ".jpg"), pixels, [cv2.IMWRITE_JPEG_QUALITY, 92])
        with open(os.path.join(options.out, name + ".txt"), "w") as out:
            for quad, text in truth:
                x, y = np.floor(quad.min(0)).astype(int)
                width, height = np.ceil(quad.max(0)).astype(int) - (x, y)
                out.write(f"{name}.jpg\t{x}\t{y}\t{width}\t{height}\t{text}\n")


if __name__ == "__main__":
    main()
