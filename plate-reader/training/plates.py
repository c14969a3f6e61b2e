"""Draws clean number plates, front on and in grey: the sheets which degrade.py then spoils.

Every design choice is random within wide limits, because the models must read plates of places nobody drew. What matters
is what a reader may and may not read: the serial is the text, everything else on the face (state, slogan, band, crest,
sticker, holder) is there to be left alone.
"""

import functools
import random
from dataclasses import dataclass, field

import cv2
import numpy as np

from glyphs import ALPHABET, CAP, Foundry
from graphics import blend, bolts, crest, graphics, label, picture, small_print, stacked_print

WIDTH = 384  # pixels a one-line sheet is wide
MAX_HEIGHT = 256
LETTERS, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"

# Series as they are written: L letter, D digit, others as they stand; a space or dash is a gap, "/" starts the second line.
# The number is how often the series is taken. Countries only give the look of a series; letters are drawn evenly, so that
# the reader learns shapes and not which plates are common; a share of all texts has no pattern at all.
RANDOM_TEXTS = 0.2
EU = {
    "LL-DDDLL": 10, "DLD DDDD": 5, "DLL DDDD": 2, "L-LLDDDD": 2, "LL-LLDDD": 2, "LLL-LLDD": 2, "L-LL DDDD": 2, "LLL DDDD": 4,
    "LL DDDLL": 2, "LL DLDDD": 1, "LLL DDLL": 1, "LLDD LLL": 6, "LLD LLL": 1, "LL-DDD-LL": 6, "LL DDDLL ": 3,
    "L-DDDLL": 2, "LL-DDDLL ": 2, "LLL DDD": 4, "LLL-DDD": 2, "DDD LLL": 1, "D-LLL-DDD": 2, "LL-DD-LL": 1, "DD-LL-DD": 1, "DD-LLL-D": 1,
    "LL DD LLL": 2, "LL DDDDLL": 1, "LLL DDL": 1, "LLDDDDLL": 1, "LL DDDD": 2, "L DDDDDD": 1, "DDDDD": 0.5, "LL DDDD L": 0.5,
}
US = {
    "DLLLDDD": 8, "LLL DDDD": 10, "LLL-DDDD": 3, "LLLDDDD": 4, "LLLLDD": 2, "LLD LDL": 5, "LLL LDD": 1, "DLL LDD": 1, "LLL DDD": 4, "DDD LLL": 4, "DDDLLL": 2, "DDDLL": 1,
    "DDDDDD": 2, "DDD DDD": 2, "DDDDDDD": 1, "LDDDDDD": 2, "DDLDDD": 1, "DLL DDD": 1, "LLDDDD": 1,
    "LDD DDD": 1, "LLD DDD": 1, "LLDLDL": 1, "DD LDDD": 1, "DLDDDDD": 1, "DDLLDD": 1, "LLL DLD": 1, "DDD DDDD": 1,
    "L DDDDD": 1, "DDDDDLD": 1, "LLLDDD": 2, "DDLL DD": 0.5, "LL DDDD": 0.5, "LLLLLLL": 1, "LLLLLL": 1, "LLLLL": 0.6, "LLLL": 0.4, "LL LL DD": 0.3,
    "D DDDDD": 0.5, "DD-DDDD": 0.3, "DDDDD LL": 0.6, "LDDDL": 0.4, "DLDDDDD ": 0.4, "DDLLDL": 0.5, "LLDDLL": 0.5,
}  # fmt: skip
BR = {"LLL-DDDD": 6, "LLLDLDD": 6, "LLL DDD": 0.7, "LLLDDDD": 1, "LLLL DD": 0.7, "LLL DDLL": 0.5}
VN_LONG = {"DDL-DDD.DD": 6, "DDLL-DDD.DD": 2, "LL-DD-DD": 0.5}
VN_SQUARE = {"DDL/DDD.DD": 5, "DD-LD/DDD.DD": 5, "DD-LD/DDDD": 2, "DD-LL/DDD.DD": 2, "DDLL/DDD.DD": 2, "LL-DD/DDD.DD": 0.5}
SQUARE = {
    "LL/DDDLL": 3, "LLL/DDDD": 3, "LLL/DLDD": 3, "LL DD/LLL": 3, "DLD/DDDD": 2, "L LL/DDDD": 1, "LL/DDDDLL": 1,
    "LLL/DDD": 3, "DD LLL/DDD": 1, "LLDD/DDDD": 2, "LLDDL/DDDD": 2, "DDD/LLL": 1, "LL DDD/LL": 1,
}  # fmt: skip
OTHER = {"DDDLL": 1, "LDDDDD": 2, "LDDDDL": 1, "DD-LLL-DD": 1, "LLDDLLDDDD": 3, "LLDDLDDDD": 2, "LLLDDDL": 2, "DDDDDDD": 1, "DDDDDDDD": 1, "LL DD LL": 1, "DD DDDD LL": 1, "DDDDD": 1, "LDD-DDD": 1}  # fmt: skip
# Kept out of training, so that evaluate.py and scenes.py have series no model has seen. Those of some country (Spain, Norway,
# the United States, Vietnam's four digits) are among the forms a site there expects; their letters are none that anybody
# takes for digits (C). Strangers are nobody's: what a site sees of countries it does not know.
HELD_OUT_SERIES = {
    "eu": {"DDDD CCC": 1, "CC DDDDD": 1}, "us": {"DDDD CC": 1, "CDD CCC": 1}, "vn": {"DDC-DDDD": 1}, "vn_square": {"DDC/DDDD": 1}, "square": {"CC/DDDDD": 1},
}  # fmt: skip
STRANGERS = {
    "eu": {"LDD DDDL": 1, "DL-DDDD": 1}, "us": {"DDLDDDL": 1, "LDL DDD": 1}, "br": {"LDLLDDD": 1, "LLDDDL": 1},
    "vn": {"DLD-DDD.DD": 1}, "vn_square": {"DLD/DDD.DD": 1}, "square": {"LDD/LLL": 1}, "other": {"LDDLDD": 1},
}  # fmt: skip
KINDS = {"eu": 32, "us": 34, "br": 12, "vn": 4, "vn_square": 7, "square": 6, "other": 5}

COUNTRIES = "SK CZ PL D F GB E I A N NL B S H RO BG HR P FIN DK CH L LT LV EST SLO GR IRL UA UK FL TR".split()
STATES = (
    "California TEXAS NEW|YORK FLORIDA Illinois Ohio OREGON Nevada ARIZONA Virginia MICHIGAN Georgia UTAH ALASKA Maine IOWA Kansas Missouri "
    "Tennessee WISCONSIN Colorado Minnesota Louisiana Kentucky OKLAHOMA Connecticut Mississippi ARKANSAS Nebraska Idaho HAWAII MONTANA "
    "Delaware VERMONT Wyoming Pennsylvania MARYLAND Washington INDIANA Alabama Massachusetts Ontario QUEBEC Alberta British|Columbia "
    "New|Jersey North|Carolina SOUTH|DAKOTA New|Mexico Rhode|Island NSW VICTORIA Queensland Nova|Scotia"
).split()
SLOGANS = (
    "Lone|Star|State Sunshine|State EMPIRE|STATE Great|Lakes Land|of|Lincoln First|in|Flight Garden|State The|Spirit|of Live|Free Scenic "
    "Wild|Wonderful COLLECTOR dmv.ca.gov Peach|State 10,000|lakes Famous|Potatoes GOD|WE|TRUST Big|Sky World|Class Show|Me|State "
    "MYFLORIDA.COM Heart|of|Dixie Birthplace VETERAN Evergreen|State Grand|Canyon|State DEC JAN AUG 2014 2016 "
).split()
CITIES = "SP-SAO|PAULO RJ-RIO MG-BELO BRASIL REPUBLICA|ARGENTINA BRASIL PR-CURITIBA BA-SALVADOR URUGUAY PARAGUAY RS-PORTO|ALEGRE".split()


@dataclass
class Sheet:
    """One clean plate: its face, the serial of each line, and where a line's letters lie (x, y, width, height in the face)."""

    face: np.ndarray
    lines: list
    kind: str
    boxes: list = field(default_factory=list)

    @property
    def text(self):
        return "".join(self.lines)


@functools.lru_cache(maxsize=2)
def foundry(held_out):
    """One for all sheets of a process, because drawing alphabets takes longer than using them."""
    return Foundry(held_out)


class Printer:
    """Draws plates to train on or, `held_out`, those kept out: of series "known" to some country, of "strange" ones, or "all"."""

    def __init__(self, held_out=False, series="all"):
        self.held_out = held_out
        known, strange = HELD_OUT_SERIES if series != "strange" else {}, STRANGERS if series != "known" else {}
        self.series = {kind: {**known.get(kind, {}), **strange.get(kind, {})} for kind in KINDS}
        self.foundry = foundry(held_out)

    def print(self, rng, kind):
        return {
            "eu": self.strip, "us": self.american, "br": self.brazilian, "vn": self.vietnamese,
            "vn_square": self.square, "square": self.square, "other": self.other,
        }[kind](rng, kind)  # fmt: skip

    def serial(self, rng, kind, series):
        """The serial as it is set: letters, and spaces, dashes and dots as gaps."""
        if self.held_out:
            series = self.series[kind]
        elif rng.random() < RANDOM_TEXTS:
            return random_serial(rng, "/" in next(iter(series)))
        pattern = rng.choices(list(series), list(series.values()))[0].strip()
        # A letter slot has a digit look now and then (and the other way round): vanity plates and unknown series.
        slots = {"L": LETTERS, "C": [c for c in LETTERS if c not in "IOQ"], "D": DIGITS}
        if not self.held_out and rng.random() < 0.06:
            slots = {"L": ALPHABET, "D": ALPHABET}
        return "".join(rng.choice(slots[c]) if c in slots else c for c in pattern)

    # --- one line -----------------------------------------------------------------------------------------------------

    def strip(self, rng, kind):
        """Europe: one long line, mostly with a band at the left."""
        height = round(WIDTH / rng.uniform(4.2, 5.0))
        face, ink, ground = ground_and_ink(rng, height, dark=0.07)
        left, right = 0, WIDTH
        if rng.random() < 0.8:
            left = band(rng, face, 0, round(WIDTH * rng.uniform(0.06, 0.105)), ground)
        if rng.random() < 0.14:
            width = round(WIDTH * rng.uniform(0.05, 0.08))
            band(rng, face, WIDTH - width, width, ground, plain=rng.random() < 0.6)
            right = WIDTH - width
        family = rng.choices([None, "fe", "british", "grotesque", "rounded"], [5, 2, 2, 1, 1])[0]
        sheet = Sheet(face, [], kind)
        self.set_line(
            rng, sheet, self.serial(rng, kind, EU), (left + WIDTH * 0.01, right - WIDTH * 0.01),
            rng.gauss(0.5, 0.012) * height, rng.uniform(0.58, 0.8) * height, ink, ground, family, fill=(0.78, 0.97), gaps="eu",
        )  # fmt: skip
        if rng.random() < 0.15:
            small_print(rng, face, rng.choice(SLOGANS + CITIES), rng.uniform(0.3, 0.7) * WIDTH, height * 0.95, height * 0.05, ink)
        bolts(rng, face, 0.25, edge=rng.random() < 0.5)
        return rim(rng, sheet, ink)

    def american(self, rng, kind):
        """North America: 2:1, serial in the middle, state and slogan around it, pictures behind it."""
        height = round(WIDTH / rng.uniform(1.9, 2.12))
        face, ink, ground = ground_and_ink(rng, height, dark=0.12)
        if rng.random() < 0.8:
            graphics(rng, face, ground, ink)
        text = with_gap(rng, self.serial(rng, kind, US))
        size = rng.uniform(0.34, 0.54) * height
        middle = rng.gauss(0.52, 0.025) * height
        left, right = 0.03 * WIDTH, 0.97 * WIDTH
        if rng.random() < 0.25:  # a band of another tone behind the state's name, or below the serial
            edge = round((middle - size / 2) * rng.uniform(0.7, 0.95))
            tone = rng.uniform(10, 250)
            face[:edge] = tone
            if rng.random() < 0.4:
                face[-edge:] = tone
        if rng.random() < 0.2:  # a crest or picture takes one end
            share = rng.uniform(0.12, 0.26) * WIDTH
            at_left = rng.random() < 0.65
            left, right = (left + share, right) if at_left else (left, right - share)
            x = (left - share / 2) if at_left else right + share / 2
            if rng.random() < 0.5:
                crest(rng, face, x, middle, rng.uniform(0.5, 0.95) * share / 2, ground)
            else:
                picture(rng, face, x, middle, rng.uniform(0.5, 0.95) * share / 2, rng.uniform(0.35, 0.9) * size, ground)
        if rng.random() < 0.15:  # or stands behind the serial, mostly in its middle
            x = WIDTH * (rng.gauss(0.5, 0.04) if rng.random() < 0.7 else rng.uniform(0.1, 0.9))
            picture(rng, face, x, middle + size * rng.gauss(0, 0.15), size * rng.uniform(0.2, 0.8), size * rng.uniform(0.3, 0.9), ground)
        family = "us" if rng.random() < 0.62 else None
        sheet = Sheet(face, [], kind)
        self.set_line(rng, sheet, text, (left, right), middle, size, ink, ground, family, fill=(0.68, 0.97), gaps="us")
        top, bottom = middle - size / 2, middle + size / 2
        if rng.random() < 0.93:
            capital = rng.uniform(0.5, 0.95) * min(top * 0.85, height * 0.22)
            name = rng.choice(STATES)
            x = WIDTH * (0.5 if rng.random() < 0.75 else rng.uniform(0.28, 0.72))
            small_print(rng, face, name, x, top * rng.uniform(0.42, 0.56), capital, ink, ground)
        if rng.random() < 0.75:
            room = height - bottom
            words = rng.choice(SLOGANS if rng.random() < 0.7 else STATES)
            small_print(rng, face, words, WIDTH * rng.choice([0.5, 0.5, 0.5, rng.uniform(0.3, 0.7)]), bottom + room * rng.uniform(0.48, 0.62), rng.uniform(0.35, 0.75) * room * 0.8, ink, ground)
        for x in (0.1, 0.9):
            for y in (0.1, 0.9):
                if rng.random() < 0.28:
                    label(rng, face, x * WIDTH, y * height, rng.uniform(0.04, 0.075) * WIDTH, rng.uniform(0.045, 0.085) * height)
        if rng.random() < 0.1:
            stacked_print(rng, face, rng.choice([0.04, 0.96]) * WIDTH, middle, size, ink)
        bolts(rng, face, 0.55)
        return rim(rng, sheet, ink)

    def brazilian(self, rng, kind):
        """Brazil and its neighbours: a line of small print or a dark band over the serial."""
        height = round(WIDTH / rng.uniform(2.85, 3.25))
        face, ink, ground = ground_and_ink(rng, height, dark=0.12)
        top = round(height * rng.uniform(0.18, 0.27))
        mercosur = rng.random() < 0.5
        if mercosur:
            face[:top] = rng.uniform(15, 110)
        if mercosur or rng.random() < 0.8:
            tone = rng.uniform(180, 255) if mercosur else ink
            small_print(rng, face, rng.choice(CITIES), rng.uniform(0.38, 0.62) * WIDTH, top * 0.52, top * rng.uniform(0.4, 0.72), tone)
        if mercosur and rng.random() < 0.7:
            label(rng, face, WIDTH * 0.94, top * 0.5, WIDTH * 0.03, top * 0.35)
            small_print(rng, face, rng.choice(["BR", "RA", "UY", "PY"]), WIDTH * 0.05, height * 0.86, height * 0.09, ink)
        family = rng.choices([None, "brazil", "fe", "grotesque"], [3, 6, 1, 1])[0]
        sheet = Sheet(face, [], kind)
        size = rng.uniform(0.5, 0.66) * height
        self.set_line(rng, sheet, self.serial(rng, kind, BR), (WIDTH * 0.02, WIDTH * 0.98), top + (height - top) * rng.uniform(0.46, 0.54), size, ink, ground, family, fill=(0.84, 0.97), gaps="br")
        bolts(rng, face, 0.5)
        return rim(rng, sheet, ink)

    def vietnamese(self, rng, kind):
        height = round(WIDTH / rng.uniform(4.1, 4.9))
        face, ink, ground = ground_and_ink(rng, height, dark=0.25)
        sheet = Sheet(face, [], kind)
        self.set_line(rng, sheet, self.serial(rng, kind, VN_LONG), (WIDTH * 0.015, WIDTH * 0.985), height * rng.gauss(0.5, 0.012), rng.uniform(0.6, 0.8) * height, ink, ground, rng.choice(["vietnam", "vietnam", None]), fill=(0.84, 0.98), gaps="vn")
        bolts(rng, face, 0.5, edge=True)
        return rim(rng, sheet, ink)

    def other(self, rng, kind):
        """Any shape, any layout: what the other kinds have in common and nothing more."""
        height = round(WIDTH / rng.uniform(1.9, 5.2))
        face, ink, ground = ground_and_ink(rng, height, dark=0.3)
        if rng.random() < 0.4:
            graphics(rng, face, ground, ink)
        left, right = 0.02 * WIDTH, 0.98 * WIDTH
        if rng.random() < 0.35:
            left = band(rng, face, 0, round(WIDTH * rng.uniform(0.06, 0.16)), ground)
        top, bottom = 0.0, float(height)
        if height > WIDTH / 3.6:
            for upper in (True, False):
                if rng.random() < 0.6:
                    room = height * rng.uniform(0.16, 0.26)
                    if rng.random() < 0.3:
                        face[: round(room)] = rng.uniform(10, 245) if upper else face[: round(room)]
                    small_print(rng, face, rng.choice(STATES + CITIES + SLOGANS), rng.uniform(0.4, 0.6) * WIDTH, room * 0.5 if upper else height - room * 0.5, room * rng.uniform(0.4, 0.7), rng.choice([0, 255]), ground)
                    top, bottom = (room, bottom) if upper else (top, bottom - room)
        sheet = Sheet(face, [], kind)
        self.set_line(rng, sheet, self.serial(rng, kind, OTHER), (left, right), (top + bottom) / 2, (bottom - top) * rng.uniform(0.6, 0.82), ink, ground, fill=(0.7, 0.97), gaps="eu")
        bolts(rng, face, 0.4)
        return rim(rng, sheet, ink)

    # --- two lines ----------------------------------------------------------------------------------------------------

    def square(self, rng, kind):
        """Motorcycles and the backs of cars: two lines."""
        width = rng.randrange(224, 304)
        height = min(MAX_HEIGHT, round(width / rng.uniform(1.15, 1.75)))
        if kind == "square" and rng.random() < 0.35:
            width, height = WIDTH, round(WIDTH / rng.uniform(1.75, 2.2))
        face, ink, ground = ground_and_ink(rng, height, dark=0.2, width=width)
        left, right, top = 0.03 * width, 0.97 * width, 0.0
        if kind == "square" and rng.random() < 0.35:
            left = band(rng, face, 0, round(width * rng.uniform(0.1, 0.17)), ground, share=0.52 if rng.random() < 0.5 else 1.0)
        elif kind == "square" and rng.random() < 0.3:
            top = height * rng.uniform(0.1, 0.16)
            face[: round(top)] = rng.choice([ground, rng.uniform(20, 120)])
            small_print(rng, face, rng.choice(CITIES), 0.5 * width, top * 0.5, top * 0.6, rng.choice([0, 255]), ground)
        text = self.serial(rng, kind, VN_SQUARE if kind == "vn_square" else SQUARE)
        upper, lower = text.split("/")
        family = rng.choices([None, "vietnam", "brazil", "rounded", "fe"], [2, 6 if kind == "vn_square" else 1, 2, 1, 1])[0]
        alphabet = self.foundry.pick(rng, None if self.held_out else family)
        split = max(0.5 * height, top + 0.3 * height)
        sheet = Sheet(face, [], kind)
        weight = rng.choice([0, 0, 1, -1])
        for words, y0, y1, low, high in ((upper, top, split, 0.55, 0.78), (lower, split, height, 0.62, 0.86)):
            lean = 0.52 if y0 == top else 0.48  # the two lines stand a little nearer to each other than to the edge
            self.set_line(rng, sheet, words, (left, right), y0 + (y1 - y0) * rng.gauss(lean, 0.015), (y1 - y0) * rng.uniform(low, high), ink, ground, alphabet=alphabet, fill=(0.55, 0.97), gaps="vn", weight=weight)
        bolts(rng, face, 0.4)
        return rim(rng, sheet, ink)

    # --- the serial ---------------------------------------------------------------------------------------------------

    def set_line(self, rng, sheet, text, between, middle, size, ink, ground, family=None, alphabet=None, fill=(0.8, 0.97), gaps="eu", weight=None):
        alphabet = alphabet or self.foundry.pick(rng, None if self.held_out else family)
        room = (between[1] - between[0]) * rng.uniform(*fill)
        mask, separators = compose_line(rng, text, alphabet, size, gaps)
        stretch = room / mask.shape[1]
        # Letters are squeezed to fit and stretched or spaced out to fill, but not without limit.
        if stretch > 1:
            stretch = min(stretch, rng.uniform(1.0, 1.35))
        width, height = max(8, round(mask.shape[1] * stretch)), mask.shape[0]
        if stretch < 0.62:  # too long to be squeezed alone: set it smaller
            height = round(height * max(0.7, stretch / 0.62))
        mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
        scale = width / separators[0]
        mask = change_weight(rng, mask, weight)
        slack = (between[1] - between[0]) - width
        x = round(between[0] + slack * (0.5 if rng.random() < 0.75 else rng.uniform(0.1, 0.9)))
        y = round(middle - height / 2)
        emboss(rng, sheet.face, mask, x, y, ground)
        if rng.random() < 0.08:  # the print is outlined, or worn
            worn(rng, mask)
        blend(sheet.face, mask, x, y, ink)
        for gap, wide, form in separators[1]:
            separator(rng, sheet.face, form, x + (gap + wide / 2) * scale, middle, wide * scale, height, ink, ground)
        sheet.lines.append("".join(c for c in text if c in ALPHABET))
        sheet.boxes.append((x, y, width, height))


def random_serial(rng, two_lines):
    n = rng.choice([4, 5, 6, 6, 7, 7, 7, 8, 8, 9])
    text = [rng.choice(ALPHABET) for _ in range(n)]
    if two_lines:
        text.insert(min(len(text) - 2, rng.choice([2, 3, 4])), "/")
    elif rng.random() < 0.6:
        text.insert(rng.randrange(1, n), rng.choice(" -."))
    return "".join(text)


def with_gap(rng, text):
    """Many states put a gap, and often a picture in it, into serials that others write in one piece."""
    if text.isalnum() and 5 <= len(text) <= 7 and rng.random() < 0.25:
        at = rng.choice([len(text) // 2, len(text) - len(text) // 2])
        return text[:at] + " " + text[at:]
    return text


def compose_line(rng, text, alphabet, size, gaps):
    """A mask of the line, and its own width with the separators: (x, width, form)."""
    size = max(8, size)
    squeeze = rng.uniform(alphabet.narrowest, alphabet.widest) * size / CAP
    between = size * {"eu": rng.uniform(0.05, 0.2), "us": rng.uniform(0.06, 0.26), "br": rng.uniform(0.06, 0.18), "vn": rng.uniform(0.05, 0.16)}[gaps]
    x, placed, separators = 0.0, [], []
    fixed = max(g.shape[1] for c, g in alphabet.glyphs.items() if c in "0258") * squeeze if rng.random() < 0.2 else 0
    for char in text:
        if char in ALPHABET:
            glyph = alphabet.glyphs[char]
            width = max(2, round(glyph.shape[1] * squeeze))
            advance = max(width, fixed) if char not in "MW" else width
            placed.append((x + (advance - width) / 2, width, glyph))
            x += advance + between
        else:
            wide = size * {" ": rng.uniform(0.16, 0.5 if gaps != "us" else 0.95), "-": rng.uniform(0.25, 0.55), ".": rng.uniform(0.12, 0.22)}[char]
            separators.append((x - between / 2, wide, "_" if gaps == "us" and char == " " else char))
            x += wide
    total = max(4, round(x - between))
    mask = np.zeros((round(size), total), np.uint8)
    rows = mask.shape[0]
    tall = np.zeros((round(size * 1.18), total), np.uint8) if "Q" in text else mask
    for at, width, glyph in placed:
        height = rows if glyph.shape[0] == CAP else min(tall.shape[0], round(rows * glyph.shape[0] / CAP))
        small = cv2.resize(glyph, (width, height), interpolation=cv2.INTER_AREA)
        at = min(max(0, round(at)), total - 1)
        width = min(width, total - at)
        np.maximum(tall[:height, at : at + width], small[:, :width], out=tall[:height, at : at + width])
    # The tail of a Q may hang below the line; half of it is cut so that the other letters keep their height.
    return tall[:rows], (total, separators)


def change_weight(rng, mask, weight=None):
    weight = rng.choices([-1, 0, 1, 2], [2, 6, 2, 0.7])[0] if weight is None else weight
    if rng.random() < 0.3:  # rounded corners, ink that ran
        soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.8, 2.2)).astype(np.float32)
        mask = np.clip((soft - 127) * rng.uniform(1.5, 5) + 127, 0, 255).astype(np.uint8)
    if weight and mask.shape[0] >= 30:
        kernel = np.ones((2, 2) if abs(weight) == 1 else (3, 3), np.uint8)
        mask = cv2.dilate(mask, kernel) if weight > 0 else cv2.erode(mask, kernel)
    return mask


def emboss(rng, face, mask, x, y, ground):
    """The pressed edge of the letters catches light on one side and loses it on the other."""
    if rng.random() < 0.45:
        return
    dx, dy = rng.choice([(1, 1), (-1, -1), (1, -1), (0, 2), (2, 1), (-1, 2), (2, 2)])
    strength = rng.uniform(0.15, 0.6)
    blend(face, mask, x + dx, y + dy, ground + rng.uniform(-90, -20), strength)
    blend(face, mask, x - dx, y - dy, ground + rng.uniform(10, 50), strength)


def worn(rng, mask):
    for _ in range(rng.randrange(3, 14)):
        center = (rng.randrange(mask.shape[1]), rng.randrange(mask.shape[0]))
        cv2.circle(mask, center, rng.randrange(1, 4), rng.choice([0, 60, 120]), -1)


def separator(rng, face, char, x, y, wide, size, ink, ground):
    if char == ".":
        cv2.circle(face, (round(x), round(y + size * rng.choice([0.0, 0.42]))), max(1, round(size * 0.06)), ink, -1, cv2.LINE_AA)
        return
    weights = {" ": [4, 0, 2, 0.4, 1.2, 1.2, 0.5], "_": [2, 0.2, 1, 0.6, 2.5, 3, 5], "-": [2, 4, 2, 1, 0.7, 0.5, 0.3]}[char]
    form = rng.choices(["nothing", "dash", "seals", "dot", "crest", "sticker", "picture"], weights)[0]
    tone = rng.uniform(15, 220)
    if form == "dash":
        half = wide * rng.uniform(0.18, 0.32)
        cv2.rectangle(face, (round(x - half), round(y - size * 0.055)), (round(x + half), round(y + size * 0.045)), ink, -1)
    elif form == "seals":
        radius = max(2, round(min(wide * 0.42, size * 0.2)))
        for dy in rng.choice([(-0.26, 0.26), (0.0,), (-0.3, 0.2)]):
            center = (round(x), round(y + size * dy))
            cv2.circle(face, center, radius, tone, -1, cv2.LINE_AA)
            cv2.circle(face, center, max(1, radius // 2), ground + rng.uniform(-70, 20), rng.choice([-1, 1]), cv2.LINE_AA)
    elif form == "dot":
        cv2.circle(face, (round(x), round(y)), max(1, round(size * rng.uniform(0.04, 0.09))), ink, -1, cv2.LINE_AA)
    elif form == "crest":
        crest(rng, face, x, y, min(wide * 0.55, size * 0.4), ground)
    elif form == "sticker":
        half, tall = min(wide * 0.46, size * 0.28), size * rng.uniform(0.08, 0.25)
        y += size * rng.uniform(-0.3, 0.3)
        label(rng, face, x, y, half, tall)
        if rng.random() < 0.3:  # month over year
            label(rng, face, x, y + 2.1 * tall, half, tall)
    elif form == "picture":
        picture(rng, face, x, y + size * rng.gauss(0, 0.1), wide * rng.uniform(0.3, 0.75), size * rng.uniform(0.2, 0.75), ground)


# --- the face around the serial ------------------------------------------------------------------------------------------


def ground_and_ink(rng, height, dark, width=WIDTH):
    """A face of one colour seen in grey, and an ink that stands out from it."""
    if rng.random() < dark:
        ground = rng.uniform(8, 115)
        ink = rng.uniform(min(255, ground + 85), 255)
    else:
        ground = rng.uniform(120, 255)
        ink = rng.uniform(0, max(5, min(105, ground - 75)))
    return np.full((height, width), ground, np.float32), ink, ground


def band(rng, face, x, width, ground, plain=False, share=1.0):
    """The blue band of a European plate (in grey it may be any tone), with stars and country code. Returns where it ends."""
    height = face.shape[0]
    tone = rng.uniform(15, 120) if rng.random() < 0.65 else ground * rng.uniform(0.4, 0.95)
    face[: round(height * share), x : x + width] = tone
    middle = x + width / 2
    light = rng.uniform(150, 255)
    tall = height * share
    if not plain and rng.random() < 0.85:
        radius = min(width * 0.3, tall * 0.25)
        top = rng.uniform(0.25, 0.36) * tall
        if rng.random() < 0.75:
            angles = np.arange(12) * (np.pi / 6)
            for px, py in zip(middle + radius * np.sin(angles), top + radius * np.cos(angles)):
                cv2.circle(face, (round(px * 8), round(py * 8)), rng.choice([6, 9, 12]), light, -1, cv2.LINE_AA, 3)
        else:
            label(rng, face, middle, top, width * 0.38, tall * 0.1)
    if rng.random() < 0.85:
        code = rng.choice(COUNTRIES) if not plain else rng.choice(["75", "69", "RM", "MI", "13", "59", "", "22"])
        small_print(rng, face, code, middle, tall * rng.uniform(0.7, 0.84), min(tall * rng.uniform(0.15, 0.26), width * 0.75 / max(1, len(code)) * 1.4), light, fit=width * 0.9)
    return x + width


def rim(rng, sheet, ink):
    """The raised border, then the last touch: clip to grey levels."""
    face = sheet.face
    height, width = face.shape
    if rng.random() < 0.6:
        inset = rng.choice([0, 1, 2, 3, 5])
        tone = ink if rng.random() < 0.6 else rng.uniform(20, 230)
        cv2.rectangle(face, (inset, inset), (width - 1 - inset, height - 1 - inset), tone, rng.choice([1, 2, 2, 3, 4]))
    sheet.face = np.clip(face, 0, 255).astype(np.uint8)
    return sheet


def sheets(seed, held_out=False):
    """Sheets without end; the same seed gives the same ones."""
    printer = Printer(held_out)
    number = 0
    while True:
        rng = random.Random(f"{seed}:{'held' if held_out else 'train'}:{number}")
        yield printer.print(rng, rng.choices(list(KINDS), list(KINDS.values()))[0])
        number += 1
