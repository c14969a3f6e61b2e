"""What stands and hangs in a street, and on vehicles, apart from plates: walls, trees, fences, signs, words, badges, lamps, wheels."""

import math

import cv2
import numpy as np

import degrade
import plates
from glyphs import lettering, lettering_fonts


WORDS = (
    "STOP EXIT PARKING SALE OPEN TAXI POLICE BANK HOTEL 24h Diesel TDI MARKET quattro Rent www.shop.example NO|ENTRY 50 P Pizza 1.9 4x4 "
    "service ROAD LEVEL|2 A7 E45 M25 US|101 I-95 ROUTE|66 BUS SCHOOL Ristorante CAFE Apotheke Bakery 0800|123456 TEL|555-0142 MAX|3.5t "
    "CLEARANCE|2.1 ZONE 30 80 120 ONE|WAY YIELD PRIVATE XPRESS LOGISTICS TRANS CARGO GmbH S.A. Ltd HYBRID TURBO GTI SPORT LIMITED XLT 320d "
    "C220 Golf Civic FOR|RENT FUEL TOLL CASH ONLY TICKET KASSE CENTRUM NORD SUD LKW FRAGILE DANGER 11 7 B12 C3 D4"
).split()

MARKS = "AUTO FORTE VANTA KIRA SOLIS NOVAK TERRA MERIDIAN LUX ORYX BORA VEGA ALTO GTX RS 4MOTION TDCI XC60 V6 KX MX5 AWD 4WD 2.0T".split()


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
