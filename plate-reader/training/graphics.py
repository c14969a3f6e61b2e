"""What is printed and pressed on a plate's face beside its text: pictures behind the serial, crests, small print."""

import cv2
import numpy as np

from glyphs import lettering, lettering_fonts



def graphics(rng, face, ground, ink):
    """Pictures behind the serial: kept nearer to the ground's tone than to the ink's."""
    height, width = face.shape
    away = np.sign(ground - ink)
    for _ in range(rng.randrange(1, 5)):
        tone = ground + away * rng.uniform(-0.62, 0.15) * abs(ground - ink)
        form = rng.random()
        if form < 0.3:
            ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None] ** rng.uniform(0.7, 3)
            ramp = ramp if rng.random() < 0.5 else ramp[::-1]
            face += (tone - face) * ramp * rng.uniform(0.3, 1)
            continue
        mask = np.zeros(face.shape, np.uint8)
        if form < 0.6:  # hills, skylines
            n = rng.randrange(4, 12)
            xs = np.linspace(-5, width + 5, n)
            base = height * rng.uniform(0.2, 0.95)
            points = [(x, base + rng.uniform(-0.25, 0.25) * height) for x in xs] + [(width, height), (0, height)]
            cv2.fillPoly(mask, [np.array(points, np.int32)], 255, cv2.LINE_AA)
        elif form < 0.85:
            center = (rng.randrange(width), rng.randrange(height))
            axes = (rng.randrange(8, width // 3), rng.randrange(6, height // 2))
            cv2.ellipse(mask, center, axes, rng.uniform(0, 180), 0, 360, 255, rng.choice([-1, -1, 2, 5]), cv2.LINE_AA)
        else:
            cv2.fillPoly(mask, [np.array([(rng.randrange(width), rng.randrange(height)) for _ in range(rng.randrange(3, 8))], np.int32)], 255, cv2.LINE_AA)
        if rng.random() < 0.6:
            mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(1, 7))
        blend(face, mask, 0, 0, tone, rng.uniform(0.25, 0.9))


def crest(rng, face, x, y, radius, ground):
    """A picture between or beside the groups: a shield, a map, a tree, a star, a letter in a ring."""
    radius = max(2.0, radius)
    tone = rng.uniform(10, 230)
    form = rng.random()
    if form < 0.35:
        points = [(x + radius * rng.uniform(0.4, 1.1) * np.cos(a), y + radius * rng.uniform(0.5, 1.4) * np.sin(a)) for a in np.linspace(0, 6.28, rng.randrange(6, 14))]
        cv2.fillPoly(face, [np.array(points, np.int32)], tone, cv2.LINE_AA)
    elif form < 0.6:
        shield = np.array([(-0.8, -1), (0.8, -1), (0.8, 0.2), (0, 1.1), (-0.8, 0.2)]) * radius + (x, y)
        cv2.fillPoly(face, [shield.astype(np.int32)], tone, cv2.LINE_AA)
        cv2.polylines(face, [shield.astype(np.int32)], True, rng.uniform(0, 255), 1, cv2.LINE_AA)
    elif form < 0.8:
        angles = np.arange(10) * np.pi / 5
        star = np.stack([x + radius * np.where(np.arange(10) % 2, 0.42, 1) * np.sin(angles), y - radius * np.where(np.arange(10) % 2, 0.42, 1) * np.cos(angles)], 1)
        cv2.fillPoly(face, [star.astype(np.int32)], tone, cv2.LINE_AA)
    else:
        cv2.circle(face, (round(x), round(y)), round(radius), tone, rng.choice([-1, 1, 2]), cv2.LINE_AA)
        if radius > 8:
            small_print(rng, face, rng.choice(["TX", "US", "*", "&", "1", "A"]), x, y, radius * 0.7, 255 - tone)


def picture(rng, face, x, y, half_width, half_height, ground):
    """Something to look at between two groups or behind them, as tall as a letter and as wide: most states have their own."""
    rng.choices([scraps, fruit, flower, tree, sun], [5, 2, 1, 1, 1])[0](rng, face, x, y, half_width, half_height, ground)
    if half_height > 8 and rng.random() < 0.25:
        words = rng.choice(["NC", "12", "95", "M", "15", "8", "A", "MO", "USA"])
        small_print(rng, face, words, x, y + half_height * rng.uniform(-0.4, 0.4), half_height * rng.uniform(0.3, 0.6), rng.choice([0, 255]), fit=half_width * 1.6)


def motif_tone(rng, ground):
    return rng.uniform(10, 250) if rng.random() < 0.75 else ground + rng.uniform(-60, 60)


def scraps(rng, face, x, y, half_width, half_height, ground):
    """Discs, patches and bars upon each other: maps, animals, badges."""
    parts = rng.randrange(2, 7)
    spread = rng.uniform(0.15, 0.6)
    strength = rng.uniform(0.5, 1.0)
    for _ in range(parts):
        mask = np.zeros(face.shape, np.uint8)
        cx, cy = x + half_width * spread * rng.uniform(-1, 1), y + half_height * spread * rng.uniform(-1, 1)
        a, b = (max(2.0, half * rng.uniform(0.3, 1 - spread * 0.5)) for half in (half_width, half_height))
        form = rng.random()
        if form < 0.45:
            cv2.ellipse(mask, (round(cx), round(cy)), (round(a), round(b)), rng.uniform(0, 180), 0, 360, 255, rng.choice([-1, -1, -1, 1, 2]), cv2.LINE_AA)
        elif form < 0.8:
            angles = sorted(rng.uniform(0, 2 * np.pi) for _ in range(rng.randrange(3, 10)))
            points = [(cx + a * rng.uniform(0.4, 1) * np.cos(t), cy + b * rng.uniform(0.4, 1) * np.sin(t)) for t in angles]
            cv2.fillPoly(mask, [np.array(points, np.int32)], 255, cv2.LINE_AA)
        else:
            tilt = rng.choice([0, 90, rng.uniform(0, 180)])
            cv2.fillConvexPoly(mask, cv2.boxPoints(((cx, cy), (1.6 * a, 1.6 * b), tilt)).astype(np.int32), 255, cv2.LINE_AA)
        if rng.random() < 0.3:
            mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.6, 2.5))
        blend(face, mask, 0, 0, motif_tone(rng, ground), strength)


def fruit(rng, face, x, y, half_width, half_height, ground):
    """One to three round fruits, lit from one side, with leaves."""
    tone, leaf, strength = motif_tone(rng, ground), motif_tone(rng, ground), rng.uniform(0.5, 1.0)
    radius = min(half_width, half_height) * rng.uniform(0.45, 0.9)
    light = rng.uniform(0, 2 * np.pi)
    spots = [(x + rng.uniform(-1, 1) * max(0, half_width - radius), y + rng.uniform(-0.6, 1) * max(0, half_height - radius)) for _ in range(rng.randrange(1, 4))]
    for cx, cy in spots:
        for _ in range(rng.randrange(0, 4)):
            petal(face, cx, cy, radius * rng.uniform(1.1, 1.9), rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 0.5), leaf, strength)
    for cx, cy in spots:
        disc(face, cx, cy, radius, tone, strength)
        disc(face, cx + radius * 0.35 * np.cos(light), cy + radius * 0.35 * np.sin(light), radius * rng.uniform(0.2, 0.5), tone + rng.uniform(20, 70), 0.6 * strength)
        if rng.random() < 0.4:
            cv2.circle(face, (round(cx), round(cy)), max(1, round(radius)), float(tone - 60), 1, cv2.LINE_AA)


def flower(rng, face, x, y, half_width, half_height, ground):
    """Petals around a middle, and perhaps a stem."""
    tone, strength, petals, turn = motif_tone(rng, ground), rng.uniform(0.5, 1.0), rng.randrange(4, 9), rng.uniform(0, 2 * np.pi)
    reach = min(half_width, half_height) * rng.uniform(0.7, 1.1)
    if rng.random() < 0.5:
        bar(face, (x, y), (x + rng.uniform(-0.3, 0.3) * half_width, y + 1.2 * half_height), max(1, reach * 0.12), motif_tone(rng, ground), strength)
    for number in range(petals):
        petal(face, x, y, reach, turn + 2 * np.pi * number / petals, rng.uniform(0.3, 0.55), tone, strength)
    disc(face, x, y, reach * rng.uniform(0.15, 0.35), motif_tone(rng, ground), strength)


def tree(rng, face, x, y, half_width, half_height, ground):
    """A trunk with fronds, or with arms, or a crown: palms, cactuses, oaks."""
    tone, strength = motif_tone(rng, ground), rng.uniform(0.5, 1.0)
    top, foot = y - half_height * rng.uniform(0.2, 0.6), y + half_height
    thick = max(1.0, half_width * rng.uniform(0.08, 0.25))
    bar(face, (x, top), (x + rng.uniform(-0.2, 0.2) * half_width, foot), thick, tone, strength)
    form = rng.random()
    if form < 0.4:
        for number in range(rng.randrange(5, 10)):
            petal(face, x, top, half_width * rng.uniform(0.7, 1.1), np.pi + np.pi * number / 7 + rng.uniform(-0.2, 0.2), 0.22, tone, strength)
    elif form < 0.6:
        for side in (-1, 1):
            elbow, high = y + rng.uniform(-0.2, 0.4) * half_height, y - rng.uniform(0.2, 0.7) * half_height
            bar(face, (x, elbow), (x + side * half_width * 0.6, elbow), thick, tone, strength)
            bar(face, (x + side * half_width * 0.6, elbow), (x + side * half_width * 0.6, high), thick, tone, strength)
    else:
        for _ in range(rng.randrange(3, 7)):
            disc(face, x + rng.uniform(-0.5, 0.5) * half_width, top + rng.uniform(-0.4, 0.4) * half_height, half_width * rng.uniform(0.3, 0.6), tone, strength)


def sun(rng, face, x, y, half_width, half_height, ground):
    """A disc with rays, whole or half risen."""
    tone, strength, rays = motif_tone(rng, ground), rng.uniform(0.5, 1.0), rng.randrange(8, 20)
    reach = min(half_width, half_height) * rng.uniform(0.8, 1.2)
    whole = rng.random() < 0.6
    for number in range(rays):
        angle = (2 if whole else -1) * np.pi * number / rays
        start, end = ((x + reach * part * np.cos(angle), y + reach * part * np.sin(angle)) for part in (0.55, 1.0))
        bar(face, start, end, max(1, reach * 0.08), tone, strength)
    disc(face, x, y, reach * rng.uniform(0.3, 0.5), tone, strength)


def disc(face, x, y, radius, tone, strength):
    mask = np.zeros(face.shape, np.uint8)
    cv2.circle(mask, (round(x), round(y)), max(1, round(radius)), 255, -1, cv2.LINE_AA)
    blend(face, mask, 0, 0, tone, strength)


def bar(face, start, end, thick, tone, strength):
    mask = np.zeros(face.shape, np.uint8)
    cv2.line(mask, tuple(map(round, start)), tuple(map(round, end)), 255, max(1, round(thick)), cv2.LINE_AA)
    blend(face, mask, 0, 0, tone, strength)


def petal(face, x, y, length, angle, slender, tone, strength):
    """A leaf from (x, y) outwards, `slender` times as wide as long."""
    along, across = np.array([np.cos(angle), np.sin(angle)]) * length, np.array([-np.sin(angle), np.cos(angle)]) * length * slender / 2
    root = np.array([x, y])
    outline = [root, root + 0.3 * along + 0.8 * across, root + 0.55 * along + across, root + along, root + 0.55 * along - across, root + 0.3 * along - 0.8 * across]
    mask = np.zeros(face.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 255, cv2.LINE_AA)
    blend(face, mask, 0, 0, tone, strength)


def label(rng, face, x, y, half_width, half_height):
    """A registration sticker: a small panel, mostly with print of its own."""
    tone = rng.uniform(20, 245)
    a, b = (round(x - half_width), round(y - half_height)), (round(x + half_width), round(y + half_height))
    cv2.rectangle(face, a, b, tone, -1)
    if rng.random() < 0.5:
        cv2.rectangle(face, a, b, rng.uniform(0, 255), 1)
    if half_height >= 5 and rng.random() < 0.75:
        words = rng.choice(["12", "16", "15", "JAN", "JUL", "06", "DEC", "17 A", "3", "OCT"])
        small_print(rng, face, words, x, y, half_height * rng.uniform(0.9, 1.4), 255 if tone < 120 else 10, fit=half_width * 1.8)


def stacked_print(rng, face, x, middle, size, ink):
    """Small upright letters beside the serial that are no part of it (county or plate type)."""
    words = rng.choice(["TRK", "APP", "EX", "DV", "PAS", "CO", "FLT"])
    step = size * 0.9 / len(words)
    for i, char in enumerate(words):
        small_print(rng, face, char, x, middle + (i - (len(words) - 1) / 2) * step, step * 0.7, ink)


def small_print(rng, face, words, x, y, capital, tone, ground=None, fit=None):
    if not words or capital < 3:
        return
    if ground is not None and rng.random() < 0.45:  # another colour than the serial's
        tone = float(np.clip(ground + rng.choice([-1, 1]) * rng.uniform(35, 160), 0, 255))
    mask = lettering(words.replace("|", " "), rng.choice(lettering_fonts()), max(4, round(capital)))
    limit = fit or face.shape[1] * 0.94
    if mask.shape[1] > limit:
        mask = cv2.resize(mask, (max(2, round(limit)), mask.shape[0]), interpolation=cv2.INTER_AREA)
    blend(face, mask, round(x - mask.shape[1] / 2), round(y - mask.shape[0] / 2), tone)


def bolts(rng, face, share, edge=False):
    height, width = face.shape
    if rng.random() > share:
        return
    radius = max(2, round(rng.uniform(0.018, 0.05) * min(height, width * 0.4)))
    tone = rng.uniform(10, 230)
    rows = [rng.uniform(0.4, 0.6)] if edge else [0.08, 0.92] if rng.random() < 0.5 else [rng.choice([0.08, 0.92])]
    inset = rng.uniform(0.02, 0.06) if edge else rng.uniform(0.12, 0.3)
    for y in rows:
        for x in (inset, 1 - inset):
            center = (round(x * width), round(y * height))
            cv2.circle(face, center, radius, tone, -1, cv2.LINE_AA)
            if radius > 3:
                cv2.circle(face, center, radius - 2, tone + rng.uniform(-60, 60), 1, cv2.LINE_AA)


def blend(face, mask, x, y, tone, strength=1.0):
    height, width = face.shape
    x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + mask.shape[1]), min(height, y + mask.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    alpha = mask[y0 - y : y1 - y, x0 - x : x1 - x].astype(np.float32) * (strength / 255)
    part = face[y0:y1, x0:x1]
    part += (tone - part) * alpha
