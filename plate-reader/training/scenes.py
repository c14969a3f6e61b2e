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
from glyphs import lettering, lettering_fonts

BACKDROP = (640, 400)
WORDS = (
    "STOP EXIT PARKING SALE OPEN TAXI POLICE BANK HOTEL 24h Diesel TDI MARKET quattro Rent www.shop.example NO|ENTRY 50 P Pizza 1.9 4x4 "
    "service ROAD LEVEL|2 A7 E45 M25 US|101 I-95 ROUTE|66 BUS SCHOOL Ristorante CAFE Apotheke Bakery 0800|123456 TEL|555-0142 MAX|3.5t "
    "CLEARANCE|2.1 ZONE 30 80 120 ONE|WAY YIELD PRIVATE XPRESS LOGISTICS TRANS CARGO GmbH S.A. Ltd HYBRID TURBO GTI SPORT LIMITED XLT 320d "
    "C220 Golf Civic FOR|RENT FUEL TOLL CASH ONLY TICKET KASSE CENTRUM NORD SUD LKW FRAGILE DANGER 11 7 B12 C3 D4"
).split()

MARKS = "AUTO FORTE VANTA KIRA SOLIS NOVAK TERRA MERIDIAN LUX ORYX BORA VEGA ALTO GTX RS 4MOTION TDCI XC60 V6 KX MX5 AWD 4WD 2.0T".split()


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


def box(canvas, x, y, width, height, tone, tilt=0.0, outline=0):
    points = cv2.boxPoints(((x, y), (max(1.0, width), max(1.0, height)), tilt)).astype(np.int32)
    if outline:
        cv2.polylines(canvas, [points], True, tone, outline, cv2.LINE_AA)
    else:
        cv2.fillConvexPoly(canvas, points, tone, cv2.LINE_AA)


def polygon(canvas, points, tone):
    cv2.fillPoly(canvas, [np.array(points, np.float32).astype(np.int32)], tone, cv2.LINE_AA)


def print_words(rng, canvas, text, x, y, capital, tone, squeeze=1.0):
    mask = lettering(text.replace("|", " "), rng.choice(lettering_fonts()), max(4, round(capital)))
    if squeeze != 1.0:
        mask = cv2.resize(mask, (max(2, round(mask.shape[1] * squeeze)), mask.shape[0]), interpolation=cv2.INTER_AREA)
    plates.blend(canvas, mask, round(x - mask.shape[1] / 2), round(y - mask.shape[0] / 2), tone)
    return mask.shape[1]


def building(rng, canvas, unit):
    height, width = canvas.shape
    w, h = rng.uniform(0.15, 0.8) * width, rng.uniform(0.2, 0.9) * height
    x, y = rng.uniform(-0.1, 1) * width, rng.uniform(0, 0.6) * height
    wall = rng.uniform(30, 230)
    box(canvas, x, y, w, h, wall)
    columns, rows = rng.randrange(1, 9), rng.randrange(1, 6)
    pane = rng.uniform(10, 240)
    share = rng.uniform(0.4, 0.85)
    for i in range(columns):
        for j in range(rows):
            px, py = x + w * ((i + 0.5) / columns - 0.5), y + h * ((j + 0.5) / rows - 0.5)
            box(canvas, px, py, w / columns * share, h / rows * share, pane + rng.uniform(-20, 20))
    if rng.random() < 0.5:
        text = " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 3)))
        print_words(rng, canvas, text, x, y + h * rng.uniform(-0.4, 0.4), rng.uniform(6, 28) * unit, rng.uniform(0, 255))


def greenery(rng, canvas, unit):
    height, width = canvas.shape
    w, h = rng.randrange(30, 300), rng.randrange(20, 160)
    w, h = min(width, round(w * unit)), min(height, round(h * unit))
    x, y = rng.randrange(width - w + 1), rng.randrange(height - h + 1)
    leaves = degrade.clouds(rng, (h, w), 3) * rng.uniform(10, 40) + rng.uniform(20, 150)
    shape = np.clip(degrade.clouds(rng, (h, w), 16) + 0.6, 0, 1)
    canvas[y : y + h, x : x + w] += (leaves - canvas[y : y + h, x : x + w]) * shape


def foliage(rng, canvas, unit):
    """Leaves, gravel, reflections: hard-edged texture of all scales, which a detector likes to take for print."""
    height, width = canvas.shape
    w, h = min(width, round(rng.randrange(40, 400) * unit)), min(height, round(rng.randrange(30, 220) * unit))
    x, y = rng.randrange(width - w + 1), rng.randrange(height - h + 1)
    coarse = rng.choice([2, 3, 4, 6, 10])
    pattern = degrade.clouds(rng, (h, w), coarse) + degrade.clouds(rng, (h, w), coarse * 3)
    mask = np.clip(pattern * rng.uniform(1, 6), 0, 1) * np.clip(degrade.clouds(rng, (h, w), 24) * 3 + rng.uniform(-1, 3), 0, 1)
    part = canvas[y : y + h, x : x + w]
    part += (rng.uniform(5, 250) - part) * mask * rng.uniform(0.4, 1)


def bricks(rng, canvas, unit):
    height, width = canvas.shape
    x, y, w, h = rng.uniform(-0.2, 0.8) * width, rng.uniform(-0.1, 0.8) * height, rng.uniform(0.15, 0.8) * width, rng.uniform(0.1, 0.5) * height
    course = rng.uniform(5, 26) * unit
    length = course * rng.uniform(1, 3.5)
    box(canvas, x + w / 2, y + h / 2, w, h, rng.uniform(20, 230))
    tone, thick = rng.uniform(20, 230), max(1, round(rng.uniform(0.05, 0.2) * course))
    for row in range(int(h / course) + 1):
        py = y + row * course
        cv2.line(canvas, (round(x), round(py)), (round(x + w), round(py)), tone, thick)
        for column in range(int(w / length) + 1):
            px = x + (column + 0.5 * (row % 2)) * length
            cv2.line(canvas, (round(px), round(py)), (round(px), round(py + course)), tone, thick)


def scribble(rng, canvas, unit):
    """A patch of short strokes with the look of print but no letters."""
    height, width = canvas.shape
    for _ in range(rng.randrange(1, 4)):
        tall = math.exp(rng.uniform(1.8, 4)) * unit
        wide = tall * rng.uniform(0.7, 7)
        x, y = rng.uniform(0, 1) * width, rng.uniform(0, 1) * height
        if rng.random() < 0.3:
            box(canvas, x + wide / 2, y + tall / 2, wide * 1.15, tall * 1.4, rng.uniform(0, 255))
        tone, thick = rng.uniform(0, 255), max(1, round(tall * rng.uniform(0.04, 0.2)))
        for _ in range(rng.randrange(5, 40)):
            a = (round(x + rng.uniform(0, wide)), round(y + rng.uniform(0, tall)))
            b = (round(a[0] + rng.gauss(0, 0.35) * tall), round(a[1] + rng.gauss(0, 0.35) * tall))
            cv2.line(canvas, a, b, tone + rng.uniform(-40, 40), thick, cv2.LINE_AA)


def fence(rng, canvas, unit):
    height, width = canvas.shape
    stripes(rng, canvas, rng.uniform(-0.2, 0.9) * width, rng.uniform(0, 0.8) * height, rng.uniform(0.1, 1) * width, rng.uniform(0.04, 0.3) * height, unit)


def stripes(rng, canvas, x, y, w, h, unit):
    count = rng.randrange(3, 18)
    upright = rng.random() < 0.5
    tone = rng.uniform(0, 255)
    thick = max(1, round((w if upright else h) / count * rng.uniform(0.2, 0.65)))
    for i in range(count):
        at = (i + 0.5) / count
        a, b = ((x + w * at, y), (x + w * at, y + h)) if upright else ((x, y + h * at), (x + w, y + h * at))
        cv2.line(canvas, (round(a[0]), round(a[1])), (round(b[0]), round(b[1])), tone, thick)


def pole(rng, canvas, unit):
    height, width = canvas.shape
    x = rng.randrange(width)
    cv2.line(canvas, (x, 0), (x + round(rng.gauss(0, 6)), height), rng.uniform(10, 240), max(1, round(rng.uniform(1, 9) * unit)), cv2.LINE_AA)


def clutter(rng, canvas, unit):
    """Panels, windows and edges of no meaning; plain bright boxes among them are as large as plates."""
    height, width = canvas.shape
    for _ in range(rng.randrange(1, 7)):
        x, y, tone = rng.uniform(0, 1) * width, rng.uniform(0, 1) * height, rng.uniform(0, 255)
        form = rng.random()
        if form < 0.3:
            w = math.exp(rng.uniform(3, 5.5)) * unit
            box(canvas, x, y, w, w / rng.uniform(1, 6), tone, rng.gauss(0, 8))
        elif form < 0.5:
            w = math.exp(rng.uniform(3, 5)) * unit
            h = w / rng.uniform(1.3, 5)
            box(canvas, x, y, w, h, tone)
            box(canvas, x, y, w * 0.9, h * 0.8, rng.uniform(0, 255))
        elif form < 0.65:
            axes = (max(1, round(rng.uniform(2, 60) * unit)), max(1, round(rng.uniform(2, 60) * unit)))
            cv2.ellipse(canvas, (round(x), round(y)), axes, rng.uniform(0, 180), 0, 360, tone, rng.choice([-1, -1, 2, 4]), cv2.LINE_AA)
        elif form < 0.85:
            end = (round(rng.uniform(0, 1) * width), round(rng.uniform(0, 1) * height))
            cv2.line(canvas, (round(x), round(y)), end, tone, rng.randrange(1, 7), cv2.LINE_AA)
        else:
            stripes(rng, canvas, x, y, rng.uniform(10, 200) * unit, rng.uniform(6, 80) * unit, unit)


def sign(rng, canvas, unit):
    """Road and shop signs: panels with words or numbers that are no plates."""
    height, width = canvas.shape
    x, y, tall = rng.uniform(0, 1) * width, rng.uniform(0, 0.85) * height, math.exp(rng.uniform(2.2, 4.4)) * unit
    tone = rng.uniform(0, 255)
    ink = 255 - tone if abs(tone - 127) > 45 else rng.choice([5, 250])
    text = " ".join(some_words(rng) for _ in range(rng.choice([1, 1, 2, 3])))
    form = rng.random()
    if form < 0.3:
        cv2.circle(canvas, (round(x), round(y)), round(tall), tone, -1, cv2.LINE_AA)
        cv2.circle(canvas, (round(x), round(y)), round(tall * 0.9), ink, max(1, round(tall * 0.15)), cv2.LINE_AA)
        print_words(rng, canvas, rng.choice(["30", "50", "80", "P", "STOP", "3.5t"]), x, y, tall * 0.6, ink)
    elif form < 0.65:
        lines = [some_words(rng) for _ in range(rng.randrange(2, 5))]
        wide = max(len(t) for t in lines) * tall * 0.5
        box(canvas, x, y, wide + tall, len(lines) * tall * 1.05, tone)
        for i, line in enumerate(lines):
            print_words(rng, canvas, line, x, y + (i - (len(lines) - 1) / 2) * tall, tall * rng.uniform(0.4, 0.6), ink)
    else:
        capital = tall * 0.6
        wide = print_words(rng, canvas, text, x, y, capital, ink)
        if rng.random() < 0.5:
            box(canvas, x, y, wide * rng.uniform(1.15, 2.2), capital * rng.uniform(2.2, 4.5), tone, rng.gauss(0, 3))
            print_words(rng, canvas, text, x, y, capital, ink)


def words(rng, canvas, unit):
    height, width = canvas.shape
    text = " ".join(some_words(rng) for _ in range(rng.randrange(1, 4)))
    print_words(rng, canvas, text, rng.uniform(0, 1) * width, rng.uniform(0, 1) * height, rng.uniform(6, 45) * unit, rng.uniform(0, 255))


def some_words(rng):
    """A word, a telephone number, a price, a house number: print that a plate reader must leave alone."""
    if rng.random() < 0.6:
        return rng.choice(WORDS)
    form = rng.choice(["ddd-dddd", "ddd-ddd-dddd", "0ddd ddd ddd", "d.dd", "dd", "ddd", "+dd ddd ddd", "www.L.example", "LL", "LLL", "ddddd"])
    return "".join(rng.choice("0123456789") if c == "d" else rng.choice("ABCDEFGHKLMNPRSTVW") if c == "L" else c for c in form)


def overlay(rng, pixels, unit):
    """Date and time, as cameras write them into the picture (of bytes)."""
    height, width = pixels.shape
    lines = [f"{rng.randrange(2005, 2030)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}", f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"]
    if rng.random() < 0.4:
        lines = [" ".join(lines)]
    if rng.random() < 0.3:
        lines.append(rng.choice(["CAM 1", "GATE", "CH02", "LANE 3"]))
    scale = rng.uniform(0.35, 1.1) * unit
    x, y = rng.choice([0.02, rng.uniform(0, 0.75)]) * width, rng.choice([0.06, 0.9, rng.uniform(0.05, 0.95)]) * height
    font = rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX])
    tone = rng.choice([255, 255, 0, rng.randrange(256)])
    for i, line in enumerate(lines):
        at = (round(x), round(y + i * 30 * scale))
        if rng.random() < 0.5:
            cv2.putText(pixels, line, at, font, scale, 255 - tone, max(2, round(4 * scale)), cv2.LINE_AA)
        cv2.putText(pixels, line, at, font, scale, tone, max(1, round(1.5 * scale)), cv2.LINE_AA)


def badge(rng, canvas, x, y, size):
    """A maker's mark: letters in an oval or a ring, chrome letters, interlaced shapes."""
    tone, ink = rng.uniform(0, 255), rng.uniform(0, 255)
    axes = (max(2, round(size)), max(1, round(size * rng.uniform(0.35, 1.0))))
    at = (round(x), round(y))
    form = rng.random()
    if form < 0.55:
        cv2.ellipse(canvas, at, axes, 0, 0, 360, tone, -1, cv2.LINE_AA)
        cv2.ellipse(canvas, at, axes, 0, 0, 360, ink, max(1, round(size * rng.uniform(0.05, 0.2))), cv2.LINE_AA)
        if rng.random() < 0.6:
            print_words(rng, canvas, rng.choice(MARKS), x, y, axes[1] * rng.uniform(0.6, 1.0), ink, rng.uniform(0.7, 1.2))
        else:
            for _ in range(rng.randrange(1, 4)):
                end = (round(x + rng.uniform(-0.7, 0.7) * axes[0]), round(y + rng.uniform(-0.8, 0.8) * axes[1]))
                cv2.line(canvas, at, end, ink, max(1, round(size * 0.15)), cv2.LINE_AA)
    elif form < 0.85:
        text, capital = rng.choice(MARKS + WORDS), size * rng.uniform(0.4, 0.9)
        squeeze = rng.uniform(0.8, 2.0)
        state = rng.getstate()
        print_words(rng, canvas, text, x + 1, y + 1, capital, tone, squeeze)
        rng.setstate(state)
        print_words(rng, canvas, text, x, y, capital, ink, squeeze)
    else:
        for _ in range(rng.randrange(2, 5)):
            cv2.circle(canvas, (round(x + rng.uniform(-1, 1) * size), at[1]), max(1, round(size * 0.5)), ink, max(1, round(size * 0.12)), cv2.LINE_AA)


def loose_badge(rng, canvas, unit):
    height, width = canvas.shape
    badge(rng, canvas, rng.uniform(0, 1) * width, rng.uniform(0, 1) * height, math.exp(rng.uniform(2, 4)) * unit)


def lamp_at(rng, canvas, x, y, w, h):
    """A lamp is glass over reflectors: panes, ribs and bulbs, all plate-sized and full of edges."""
    corners = np.float32([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (w, h) + (x, y)
    corners += np.float32([[rng.gauss(0, 0.2) * w, rng.gauss(0, 0.25) * h] for _ in range(4)])
    tone = rng.uniform(30, 255)
    polygon(canvas, corners, tone)
    area = degrade.window_of(canvas, corners.astype(np.float32), 0)
    if area is None or min(area[2] - area[0], area[3] - area[1]) < 3:
        return
    x0, y0, x1, y1 = (int(v) for v in area)
    inner = np.full((y1 - y0, x1 - x0), tone, np.float32)
    for _ in range(rng.randrange(1, 4)):  # panes
        px, py = rng.randrange(inner.shape[1]), rng.randrange(inner.shape[0])
        box(inner, px, py, rng.uniform(0.2, 0.9) * inner.shape[1], rng.uniform(0.2, 1) * inner.shape[0], rng.uniform(10, 255))
    if rng.random() < 0.7:  # ribs, along or in a grid
        step = max(2, round(rng.uniform(0.03, 0.12) * inner.shape[1]))
        inner[:, ::step] += rng.uniform(-90, 90)
        if rng.random() < 0.4:
            inner[::step] += rng.uniform(-90, 90)
    for _ in range(rng.randrange(3)):  # bulbs
        at = (rng.randrange(inner.shape[1]), rng.randrange(inner.shape[0]))
        radius = max(1, round(rng.uniform(0.15, 0.45) * inner.shape[0]))
        cv2.circle(inner, at, radius, rng.uniform(60, 255), -1, cv2.LINE_AA)
        cv2.circle(inner, at, max(1, radius // 2), rng.uniform(0, 255), -1, cv2.LINE_AA)
    mask = np.zeros(inner.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(corners - (x0, y0)).astype(np.int32)], 255, cv2.LINE_AA)
    part = canvas[y0:y1, x0:x1]
    part += (inner - part) * (mask.astype(np.float32) / 255)
    if rng.random() < 0.5:
        cv2.polylines(canvas, [corners.astype(np.int32)], True, rng.uniform(0, 255), 1, cv2.LINE_AA)


def loose_lamp(rng, canvas, unit):
    height, width = canvas.shape
    w = math.exp(rng.uniform(2.3, 4.3)) * unit
    lamp_at(rng, canvas, rng.uniform(0, 1) * width, rng.uniform(0, 1) * height, w, w / rng.uniform(1, 3.5))


def wheel(rng, canvas, unit):
    height, width = canvas.shape
    x, y, radius = rng.uniform(0, 1) * width, rng.uniform(0.3, 1) * height, math.exp(rng.uniform(2.5, 4.5)) * unit
    flat = rng.uniform(0.6, 1.4)

    def axes(share):
        return max(1, round(radius * share * flat)), max(1, round(radius * share))

    rim = rng.uniform(40, 250)
    cv2.ellipse(canvas, (round(x), round(y)), axes(1.0), 0, 0, 360, rng.uniform(5, 50), -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (round(x), round(y)), axes(0.66), 0, 0, 360, rim, -1, cv2.LINE_AA)
    count = rng.randrange(4, 12)
    for i in range(count):
        angle = 2 * math.pi * (i + rng.random() * 0.1) / count
        end = (round(x + radius * 0.6 * flat * math.cos(angle)), round(y + radius * 0.6 * math.sin(angle)))
        cv2.line(canvas, (round(x), round(y)), end, rim * 0.4, max(1, round(radius * rng.uniform(0.05, 0.16))), cv2.LINE_AA)
    cv2.ellipse(canvas, (round(x), round(y)), axes(0.14), 0, 0, 360, rim, -1, cv2.LINE_AA)


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
    """Sheets drawn on the spot, where no shelf is wanted; picks as a shelf does."""

    def __init__(self, held_out, kinds=plates.KINDS, series="all"):
        self.printer = plates.Printer(held_out, series)
        self.weights = {kind: plates.KINDS[kind] for kind in kinds if not held_out or self.printer.series[kind]}

    def pick(self, rng):
        from shelf import Picture

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
