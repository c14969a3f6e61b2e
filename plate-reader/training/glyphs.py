"""Letter and digit shapes: free fonts, and a stroke font whose parameters stand for the world's plate dies.

A glyph is a grey mask (255 = ink), cropped to its ink, in which capital letters are CAP pixels high. All glyphs of an
alphabet are drawn once and kept, because drawing them is what makes rendering slow.
"""

import functools
import os
import random

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

CAP = 96
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FONT_ROOT = os.environ.get("FONT_ROOT", "/usr/share/fonts")

# Path, how often it is taken, and the range of horizontal scales that makes it look like a plate's alphabet.
FONTS = [
    ("truetype/opendin/OSP-DIN.ttf", 7, 0.75, 1.15),
    ("truetype/osifont/osifont.ttf", 1, 0.7, 1.1),
    ("truetype/roadgeek/RG2014B.ttf", 2, 0.8, 1.25),
    ("truetype/roadgeek/RG2014C.ttf", 3, 0.75, 1.15),
    ("truetype/roadgeek/RG2014D.ttf", 3, 0.65, 1.1),
    ("truetype/roadgeek/RG2014E.ttf", 2, 0.6, 1.0),
    ("truetype/dejavu/DejaVuSansMono-Bold.ttf", 2, 0.6, 1.0),
    ("truetype/dejavu/DejaVuSansCondensed-Bold.ttf", 2, 0.55, 0.95),
    ("truetype/dejavu/DejaVuSansMono.ttf", 1, 0.6, 1.0),
    ("truetype/dejavu/DejaVuSerifCondensed-Bold.ttf", 1, 0.5, 0.85),
    ("truetype/liberation/LiberationSans-Bold.ttf", 3, 0.55, 0.95),
    ("truetype/liberation/LiberationMono-Bold.ttf", 2, 0.65, 1.05),
    ("truetype/liberation/LiberationSansNarrow-Bold.ttf", 3, 0.7, 1.15),
    ("truetype/liberation/LiberationSansNarrow-Regular.ttf", 1, 0.7, 1.15),
    ("truetype/freefont/FreeSansBold.ttf", 1, 0.55, 0.95),
    ("truetype/freefont/FreeMonoBold.ttf", 1, 0.6, 1.0),
    ("truetype/roboto/unhinted/RobotoCondensed-Bold.ttf", 3, 0.7, 1.1),
    ("truetype/roboto/unhinted/RobotoCondensed-Regular.ttf", 1, 0.7, 1.1),
    ("opentype/bebas-neue/BebasNeue-Bold.otf", 2, 0.9, 1.4),
    ("opentype/bebas-neue/BebasNeue-Regular.otf", 2, 0.9, 1.4),
    ("opentype/urw-base35/NimbusSansNarrow-Bold.otf", 2, 0.75, 1.15),
    ("opentype/urw-base35/URWGothic-Demi.otf", 1, 0.55, 0.85),
    ("opentype/b612/B612Mono-Bold.otf", 1, 0.6, 0.95),
    ("truetype/lato/Lato-Heavy.ttf", 1, 0.6, 0.9),
    ("truetype/inconsolata/Inconsolata.otf", 1, 0.75, 1.1),
    ("opentype/play/Play-Bold.otf", 2, 0.55, 0.9),
    ("opentype/jura/Jura-Bold.otf", 1, 0.6, 0.95),
    ("opentype/dosis/Dosis-Bold.otf", 2, 0.7, 1.15),
    ("opentype/yanone-kaffeesatz/YanoneKaffeesatz-Bold.otf", 2, 0.85, 1.3),
    ("opentype/cabin/Cabin-Bold.otf", 1, 0.6, 0.95),
    ("opentype/ocr-b/OCRB.otf", 1, 0.6, 0.95),
    ("opentype/league-mono/LeagueMono-NarrowBold.otf", 1, 0.7, 1.1),
    ("truetype/adf/SwitzeraADF-BoldCond.otf", 2, 0.75, 1.15),
    ("truetype/adf/UniversalisADFStd-BoldCond.otf", 1, 0.75, 1.15),
    ("truetype/adf/GilliusADF-BoldCond.otf", 2, 0.75, 1.15),
    ("truetype/clear-sans/ClearSans-Bold.ttf", 1, 0.6, 0.95),
    ("truetype/jetbrains-mono/JetBrainsMono-Bold.ttf", 1, 0.65, 1.05),
    ("truetype/mononoki/mononoki-Bold.ttf", 1, 0.65, 1.05),
    ("truetype/agave/agave-b-autohinted.ttf", 1, 0.65, 1.05),
]
HELD_OUT_FONTS = [
    ("truetype/roboto/unhinted/RobotoCondensed-Medium.ttf", 1, 0.7, 1.1),
    ("truetype/hack/Hack-Bold.ttf", 1, 0.6, 1.0),
    ("truetype/open-sans/OpenSans-CondBold.ttf", 1, 0.8, 1.2),
]
# For state names, slogans, dealers and shop signs.
LETTERING = [
    "opentype/urw-base35/Z003-MediumItalic.otf",
    "opentype/urw-base35/NimbusRoman-BoldItalic.otf",
    "opentype/urw-base35/C059-Bold.otf",
    "opentype/urw-base35/URWBookman-Demi.otf",
    "truetype/liberation/LiberationSans-Bold.ttf",
    "truetype/liberation/LiberationSans-Italic.ttf",
    "truetype/dejavu/DejaVuSansCondensed-Bold.ttf",
    "truetype/lato/Lato-Black.ttf",
    "opentype/bebas-neue/BebasNeue-Regular.otf",
]

STROKE_FONTS = 700
HELD_OUT_STROKE_FONTS = 40
# How often each family of dies is taken; `square` is kept out of training.
FAMILIES = {"us": 9, "rounded": 4, "fe": 3, "brazil": 4, "british": 3, "vietnam": 3, "grotesque": 3}
HELD_OUT_FAMILY = "square"


class Alphabet:
    """The 36 glyphs of one font, with a range of horizontal scales; `same_o` says that 0 and O look alike."""

    def __init__(self, glyphs, narrowest, widest, same_o=False):
        self.glyphs = glyphs
        self.narrowest = narrowest
        self.widest = widest
        self.same_o = same_o


class Foundry:
    """Gives an alphabet at random: half of them free fonts, half stroke fonts."""

    def __init__(self, held_out=False):
        table = [f for f in (HELD_OUT_FONTS if held_out else FONTS) if os.path.exists(os.path.join(FONT_ROOT, f[0]))]
        if not table:
            raise SystemExit(f"no plate font found under {FONT_ROOT}; see README.md for the packages to install")
        self.held_out = held_out
        self.table = table
        self.weights = [f[1] for f in table]
        self.kept = {}

    def pick(self, rng, family=None):
        if family is None and rng.random() < 0.45:
            path, _, low, high = rng.choices(self.table, self.weights)[0]
            return self._keep(path, lambda: Alphabet(font_glyphs(path), low, high))
        if self.held_out:
            number, family = 100_000 + rng.randrange(HELD_OUT_STROKE_FONTS), HELD_OUT_FAMILY
        else:
            family = family or rng.choices(list(FAMILIES), list(FAMILIES.values()))[0]
            number = rng.randrange(STROKE_FONTS // len(FAMILIES))
        poor = not self.held_out and number % POOR_DIES == 0
        return self._keep((family, number), lambda: stroke_alphabet(random.Random(f"{family}:{number}"), family, poor))

    def _keep(self, key, draw):
        if key not in self.kept:
            self.kept[key] = draw()
        return self.kept[key]


@functools.lru_cache(maxsize=256)
def open_font(path, size):
    return ImageFont.truetype(os.path.join(FONT_ROOT, path), size)


def font_glyphs(path):
    font = open_font(path, 140)
    top, bottom = font.getbbox("H")[1], font.getbbox("H")[3]
    scale = CAP / (bottom - top)
    glyphs = {}
    for char in ALPHABET:
        box = font.getbbox(char)
        picture = Image.new("L", (box[2] - box[0] + 2, box[3] - box[1] + 2), 0)
        ImageDraw.Draw(picture).text((1 - box[0], 1 - box[1]), char, font=font, fill=255)
        mask = np.asarray(picture)
        # Round letters overshoot the capital height a little; on a plate all are pressed equally high. Only Q may hang lower.
        height = CAP if char != "Q" else min(int(CAP * 1.18), round(mask.shape[0] * scale))
        glyphs[char] = cv2.resize(mask, (max(4, round(mask.shape[1] * scale)), height), interpolation=cv2.INTER_AREA)
    return glyphs


@functools.lru_cache(maxsize=4096)
def lettering(words, path, height):
    """A mask of small print, capitals about `height` pixels high."""
    font = open_font(path, max(6, round(height * 1.35)))
    box = font.getbbox(words)
    picture = Image.new("L", (max(1, box[2] - box[0]), max(1, box[3] - box[1])), 0)
    ImageDraw.Draw(picture).text((-box[0], -box[1]), words, font=font, fill=255)
    return np.asarray(picture)


@functools.lru_cache(maxsize=1)
def lettering_fonts():
    return [p for p in LETTERING if os.path.exists(os.path.join(FONT_ROOT, p))]


# --- the stroke font -------------------------------------------------------------------------------------------------
# A glyph is strokes through points of the unit square (x right, y down) on the pen's centre line; a point's third number
# rounds the corner there (1 = as round as fits). True after the points closes the stroke; a number after that thins the pen.


# Pairs a die must tell apart, and by what share of their ink at least. In the free typefaces above the worst pair of each
# kind differs by 0.14, 0.10, 0.10 and 0.24; a die that does so by less than two thirds of that is one nobody would press.
TOLD_APART = {"B8": 0.10, "D0": 0.07, "DO": 0.07, "S5": 0.16}
# One trained die in so many need not: a reader that has met no poor die is too sure of itself on the first one.
POOR_DIES = 3


def stroke_alphabet(rng, family, poor=False):
    while True:
        style = Style(rng, family, poor)
        glyphs = {c: draw_glyph(c, style) for c in ALPHABET}
        if poor or all(unlikeness(glyphs[a], glyphs[b]) >= least for (a, b), least in TOLD_APART.items()):
            return Alphabet(glyphs, 0.85, 1.2, style.same_o)


def unlikeness(one, other):
    """The share of ink in which two glyphs differ once they are as wide and as high as each other, 0 to 2."""
    a, b = (cv2.resize(glyph, (16, 24), interpolation=cv2.INTER_AREA).astype(np.float32) for glyph in (one, other))
    return 2 * np.abs(a - b).sum() / (a.sum() + b.sum())


class Style:
    """The random choices that make one die set."""

    def __init__(self, rng, family, poor=False):
        pick = {
            # aspect of an ordinary letter, stroke width, roundness of bowls
            "us": ((0.40, 0.56), (0.12, 0.19), (0.55, 1.0)),
            "rounded": ((0.44, 0.60), (0.12, 0.18), (0.8, 1.0)),
            "fe": ((0.50, 0.64), (0.14, 0.18), (0.5, 0.9)),
            "brazil": ((0.50, 0.66), (0.13, 0.19), (0.35, 0.8)),
            "british": ((0.56, 0.68), (0.15, 0.20), (0.6, 0.95)),
            "vietnam": ((0.42, 0.56), (0.11, 0.16), (0.5, 1.0)),
            "grotesque": ((0.52, 0.72), (0.13, 0.22), (0.9, 1.0)),
            "square": ((0.44, 0.62), (0.12, 0.19), (0.2, 0.45)),
        }[family]
        self.aspect = rng.uniform(*pick[0])
        self.pen = rng.uniform(*pick[1])
        self.round = rng.uniform(*pick[2])
        # What goes all the way round is rounder than bowls on a stem, unless the die is a poor one.
        self.loop = self.round if poor else min(1.0, self.round + rng.uniform(0.0, 0.6))
        self.slant = rng.gauss(0, 0.04) if rng.random() < 0.15 else 0.0
        self.round_ends = rng.random() < (0.5 if family in ("us", "vietnam", "rounded") else 0.2)
        self.serifs = family == "us" and rng.random() < 0.12
        self.same_o = rng.random() < {"us": 0.4, "british": 0.9, "fe": 0.0, "brazil": 0.15}.get(family, 0.25)
        self.contrast = rng.uniform(0.8, 1.0) if rng.random() < 0.3 else 1.0
        self.soft = rng.uniform(0.6, 2.2)
        self.zero = "plain" if self.same_o else "slit" if family == "fe" and rng.random() < 0.8 else rng.choices(["plain", "slash", "dot"], [18, 1, 0.5])[0]
        # Which of several usual forms a letter takes; every number is used by `strokes` below.
        self.one = rng.choices(["flag", "based", "bar"], {"us": [5, 3, 2], "british": [4, 1, 6]}.get(family, [8, 1, 1]))[0]
        self.eye = rng.choices(["bar", "slabs"], [7, 3] if family != "fe" else [3, 7])[0]
        self.three = rng.choices(["round", "flat"], [6, 2])[0]
        self.four = rng.choices(["closed", "open", "low"], [7, 1, 1.5])[0]
        self.six = rng.choices(["curl", "straight"], [7, 3])[0]
        self.seven = rng.choices(["plain", "curved", "crossed"], [7, 2, 0.5])[0]
        self.top_a = rng.choices(["point", "flat", "arch"], [6, 3, 1])[0]
        self.gee = rng.choices(["bar", "spur", "beard"], [6, 2, 2])[0]
        self.jay = rng.choices(["plain", "bar"], [6, 2])[0]
        self.em = rng.uniform(0.45, 1.0)
        self.double_u = rng.uniform(0.0, 0.55)
        # Dies often squeeze M and W into the width of the other letters; their inner strokes are then thinner.
        self.squeezed = rng.random() < {"us": 0.7, "rounded": 0.4, "vietnam": 0.4, "brazil": 0.3}.get(family, 0.15)
        self.em_width = rng.uniform(1.0, 1.2) if self.squeezed else rng.uniform(1.0, 1.45)
        self.inner = rng.uniform(0.5, 0.75) if self.squeezed else 1.0
        self.leg = rng.choices(["slant", "upright"], [6, 2])[0]
        self.zed = rng.choices(["plain", "crossed"], [12, 1])[0]
        self.waist = rng.uniform(0.44, 0.53)
        # The gap that tells a 6 from an 8 must survive a thick pen.
        self.mouth = max(0.06, min(rng.uniform(0.16, 0.32), 0.46 - 2.1 * self.pen))
        self.oh_wider = rng.uniform(0.98, 1.3)
        self.dee_shoulder = rng.uniform(0.45, 1.0)
        self.queue = rng.choices(["short", "long", "inside"], [5, 3, 2])[0]
        # No two dies have their bars and joints in the same places.
        self.moves, self.moved = random.Random(self.pen), {}

    def place(self, char, axis, share):
        """Where this die has what others have at a share of the width or height; edges stay, and what meets moves together."""
        if not 0.1 < share < 0.9:
            return share
        at = (char, axis, round(share, 3))
        if at not in self.moved:
            self.moved[at] = share + max(-0.07, min(0.07, self.moves.gauss(0, 0.03)))
        return self.moved[at]


def glyph_width(char, style):
    """Width in units of the capital height."""
    w = style.aspect
    factor = {
        "1": {"flag": 0.62, "based": 0.8, "bar": 0.0}[style.one],
        "I": {"bar": 0.0, "slabs": 0.75}[style.eye],
        "M": style.em_width,
        "W": style.em_width * 1.05,
        "O": 1.0 if style.same_o else style.oh_wider,
        "Q": 1.0 if style.same_o else style.oh_wider,
        "J": 0.9,
        "L": 0.93,
        "4": 1.08,
        "A": 1.12,
        "V": 1.06,
    }.get(char, 1.0)
    least = (2.0 + 2.4 * style.inner) if char in "MW" else 1.0
    return max(w * factor, style.pen * least)


def strokes(char, s):
    r, m, q = s.round, s.mouth, s.waist
    o = s.loop
    ring = ([(0, 0, o), (1, 0, o), (1, 1, o), (0, 1, o)], True)
    if char == "0":
        extra = {"slash": [([(0.8, 0.2), (0.2, 0.8)], False)], "dot": [([(0.5, 0.47), (0.5, 0.53)], False)]}.get(s.zero, [])
        return [ring] + extra
    if char == "O":
        return [ring]
    if char == "Q":
        tail = {"short": [(0.62, 0.74), (1.0, 1.03)], "long": [(0.45, 0.66), (1.08, 1.1)], "inside": [(0.58, 0.62), (0.95, 0.98)]}[s.queue]
        return [ring, (tail, False)]
    if char == "1":
        if s.one == "bar":
            return [([(0.5, 0), (0.5, 1)], False)]
        if s.one == "flag":
            return [([(0.0, 0.22), (1.0, 0.0), (1.0, 1)], False)]
        return [([(0.05, 0.2), (0.5, 0), (0.5, 1)], False), ([(0, 1), (1, 1)], False)]
    if char == "2":
        return [([(0, m + 0.06), (0, 0, r), (1, 0, r), (1, 0.46, r * 0.8), (0, 0.9, 0.3), (0, 1)], False), ([(0, 1), (1, 1)], False)]
    if char == "3":
        low = ([(0.3, q), (1, q, r), (1, 1, r), (0, 1, r), (0, 1 - m)], False)
        if s.three == "flat":
            return [([(0, 0), (0.97, 0), (0.4, q - 0.02), (0.55, q - 0.02), (1, q - 0.02, r), (1, 1, r), (0, 1, r), (0, 1 - m)], False)]
        return [([(0, m), (0, 0, r), (0.97, 0, r), (0.97, q, r), (0.3, q)], False), low]
    if char == "4":
        if s.four == "open":
            return [([(0.32, 0), (0, 0.66), (1, 0.66)], False), ([(0.72, 0.36), (0.72, 1)], False)]
        if s.four == "low":  # a short stem through a low bar, as Californian dies have it
            return [([(0.47, 0), (0, 0.79), (1, 0.79)], False), ([(0.66, 0.52), (0.66, 1)], False)]
        return [([(0.74, 1), (0.74, 0), (0, 0.7), (1, 0.7)], False)]
    if char == "5":
        return [([(0.95, 0), (0.06, 0), (0.0, 0.47), (0.12, q - 0.07, 0.5), (1, q - 0.09, r), (1, 1, r), (0, 1, r), (0, 1 - m)], False)]
    if char == "6":
        return six(s)
    if char == "9":
        return [([(1 - p[0], 1 - p[1], *p[2:]) for p in points], closed) for points, closed in six(s)]
    if char == "7":
        if s.seven == "curved":
            return [([(0, 0), (1, 0), (1, 0.1), (0.35, 0.5, 0.8), (0.3, 1)], False)]
        return [([(0, 0), (1, 0), (0.3, 1)], False)] + ([([(0.3, 0.5), (0.9, 0.5)], False)] if s.seven == "crossed" else [])
    if char == "8":
        return [([(0.05, 0, o), (0.95, 0, o), (0.95, q, o), (0.05, q, o)], True), ([(0, q, o), (1, q, o), (1, 1, o), (0, 1, o)], True)]
    if char == "A":
        if s.top_a == "arch":
            return [([(0, 1), (0, 0, r), (1, 0, r), (1, 1)], False), ([(0, 0.58), (1, 0.58)], False)]
        top = [(0.5, 0)] if s.top_a == "point" else [(0.36, 0), (0.64, 0)]
        return [([(0, 1), *top, (1, 1)], False), ([(0.17, 0.68), (0.83, 0.68)], False)]
    if char == "B":
        return [
            ([(0, 0), (0.93, 0, r), (0.93, q, r), (0, q)], True),
            ([(0, q), (1, q, r), (1, 1, r), (0, 1)], True),
        ]
    if char == "C":
        return [([(1, m + 0.04), (1, 0, r), (0, 0, r), (0, 1, r), (1, 1, r), (1, 0.96 - m)], False)]
    if char == "D":
        d = r * s.dee_shoulder
        return [([(0, 0), (1, 0, d), (1, 1, d), (0, 1)], True)]
    if char in "EF":
        arms = [([(1, 0), (0, 0), (0, 1)] + ([(1, 1)] if char == "E" else []), False)]
        return arms + [([(0, q), (0.84, q)], False)]
    if char == "G":
        body = [(1, m + 0.04), (1, 0, r), (0, 0, r), (0, 1, r)]
        # In a narrow, bold G the bar must stay short, or it closes to a 6.
        reach = max(0.52 if s.gee != "beard" else 0.75, 2.4 * s.pen / (s.aspect - s.pen))
        bar = [(reach, 0.56)] if reach < 0.9 else []
        return [(body + [(1, 1) if s.gee == "spur" else (1, 1, r), (1, 0.56)] + bar, False)]
    if char == "H":
        return [([(0, 0), (0, 1)], False), ([(1, 0), (1, 1)], False), ([(0, 0.5), (1, 0.5)], False)]
    if char == "I":
        stem = [([(0.5, 0), (0.5, 1)], False)]
        return stem if s.eye == "bar" else stem + [([(0, 0), (1, 0)], False), ([(0, 1), (1, 1)], False)]
    if char == "J":
        hook = ([(1, 0), (1, 1, r), (0, 1, r), (0, 0.96 - m)], False)
        return [hook] + ([([(0.4, 0), (1, 0)], False)] if s.jay == "bar" else [])
    if char == "K":
        return [([(0, 0), (0, 1)], False), ([(0.97, 0), (0, 0.6)], False), ([(0.32, 0.4), (1, 1)], False)]
    if char == "L":
        return [([(0, 0), (0, 1), (1, 1)], False)]
    if char == "M":
        return [([(0, 0), (0, 1)], False), ([(1, 0), (1, 1)], False), ([(0.03, 0.03), (0.5, s.em), (0.97, 0.03)], False, s.inner)]
    if char == "N":
        return [([(0, 1), (0, 0), (1, 1), (1, 0)], False)]
    if char in "PR":
        bowl = ([(0, 0), (1, 0, r), (1, q + 0.04, r), (0, q + 0.04)], True)
        stem = ([(0, 0), (0, 1)], False)
        if char == "P":
            return [bowl, stem]
        leg = [(0.42, q + 0.04), (1, 1)] if s.leg == "slant" else [(0.5, q + 0.04), (1, q + 0.04, r), (1, 1)]
        return [bowl, stem, (leg, False)]
    if char == "S":
        return [([(0.98, m), (0.98, 0, r), (0.02, 0, r), (0.02, q, r), (1, q, r), (1, 1, r), (0, 1, r), (0, 1 - m)], False)]
    if char == "T":
        return [([(0, 0), (1, 0)], False), ([(0.5, 0), (0.5, 1)], False)]
    if char == "U":
        return [([(0, 0), (0, 1, r), (1, 1, r), (1, 0)], False)]
    if char == "V":
        return [([(0, 0), (0.5, 1), (1, 0)], False)]
    if char == "W" and s.squeezed and s.em > 0.6:  # upright sides
        return [([(0, 0), (0, 1)], False), ([(1, 0), (1, 1)], False), ([(0.03, 0.97), (0.5, s.double_u), (0.97, 0.97)], False, s.inner)]
    if char == "W":
        return [([(0, 0), (0.24, 1)], False), ([(0.76, 1), (1, 0)], False), ([(0.24, 0.98), (0.5, s.double_u), (0.76, 0.98)], False, s.inner)]
    if char == "X":
        return [([(0, 0), (1, 1)], False), ([(1, 0), (0, 1)], False)]
    if char == "Y":
        return [([(0, 0), (0.5, 0.5), (1, 0)], False), ([(0.5, 0.5), (0.5, 1)], False)]
    cross = [([(0.25, 0.5), (0.75, 0.5)], False)] if s.zed == "crossed" else []
    return [([(0, 0), (1, 0), (0, 1), (1, 1)], False)] + cross  # Z


def six(s):
    r, q = s.round, s.waist
    bowl = ([(0, q - 0.05, r), (1, q - 0.05, r), (1, 1, r), (0, 1, r)], True)
    if s.six == "straight":
        return [bowl, ([(0.72, 0), (0.02, q + 0.14)], False)]
    return [bowl, ([(0.97, s.mouth), (0.97, 0, r), (0, 0, r), (0, 0.75)], False)]


def draw_glyph(char, style):
    """Twice the size, then shrunk: strokes are filled quads with discs at the joints."""
    cap = CAP * 2
    pen = style.pen * cap
    if char == "O" and style.same_o:
        char = "0"
    width = glyph_width(char, style) * cap
    margin = int(pen)
    lean = abs(style.slant) * cap
    canvas = np.zeros((cap + 2 * margin, int(width + lean) + 2 * margin), np.uint8)
    across, down = max(0.0, width - pen), cap - pen

    def place(x, y):
        x, y = style.place(char, "x", x), style.place(char, "y", y)
        py = margin + pen / 2 + y * down
        px = margin + pen / 2 + x * across + style.slant * (cap / 2 - (py - margin)) + lean / 2
        return px, py

    for points, closed, *thin in strokes(char, style):
        path = rounded_path([(place(p[0], p[1]), p[2] if len(p) > 2 else 0.0) for p in points], closed)
        draw_path(canvas, path, closed, pen * (thin[0] if thin else 1.0), style)
    if style.serifs and char in "AFHIKMNPRTVWXY":
        for px in serif_feet(char, style):
            x, y = place(px, 1)
            cv2.rectangle(canvas, (int(x - pen * 0.95), int(y + pen * 0.1)), (int(x + pen * 0.95), int(y + pen * 0.5)), 255, -1)
    if char == "0" and style.zero == "slit":
        a, b = place(0.98, 0.02), place(0.55, 0.32)
        cv2.line(canvas, (int(a[0] + pen / 2), int(a[1] - pen / 2)), (int(b[0]), int(b[1])), 0, max(2, int(pen * 0.35)))
    top, bottom = margin, margin + cap + (int(cap * 0.06) if char == "Q" else 0)
    canvas = canvas[top:bottom]
    filled = np.flatnonzero(canvas.max(0) > 127)
    canvas = canvas[:, filled[0] : filled[-1] + 1]
    if style.soft > 0.8:
        canvas = cv2.GaussianBlur(canvas, (0, 0), style.soft * 1.6)
        canvas = np.clip((canvas.astype(np.float32) - 128) * 2.5 + 128, 0, 255).astype(np.uint8)
    return cv2.resize(canvas, (max(4, canvas.shape[1] // 2), canvas.shape[0] // 2), interpolation=cv2.INTER_AREA)


def serif_feet(char, style):
    return {"T": [0.5], "Y": [0.5], "I": [0.5], "V": [], "W": [], "P": [0.0], "F": [0.0]}.get(char, [0.0, 1.0])


def rounded_path(points, closed):
    """Points along the stroke, its corners replaced by curves as the third number of each says."""
    n = len(points)
    path = []
    for i, ((x, y), radius) in enumerate(points):
        if radius == 0 or (not closed and i in (0, n - 1)):
            path.append((x, y))
            continue
        (ax, ay), before = points[i - 1]
        (bx, by), after = points[(i + 1) % n]
        # A neighbour that is rounded too leaves only half of the side between them.
        ta = radius * (0.5 if before and not (not closed and i - 1 == 0) else 0.8)
        tb = radius * (0.5 if after and not (not closed and i + 1 == n - 1) else 0.8)
        la, lb = np.hypot(ax - x, ay - y), np.hypot(bx - x, by - y)
        # Bowls are circular at most: a long side doesn't stretch its corner.
        reach = min(la * ta, lb * tb) * 1.25
        ta, tb = min(ta, reach / max(la, 1e-6)), min(tb, reach / max(lb, 1e-6))
        p, q = (x + (ax - x) * ta, y + (ay - y) * ta), (x + (bx - x) * tb, y + (by - y) * tb)
        for k in range(9):
            t = k / 8
            # A rational curve, which for equal sides is the quarter of a circle.
            w = 0.7071
            a, b, c = (1 - t) ** 2, 2 * w * t * (1 - t), t * t
            d = a + b + c
            path.append(((a * p[0] + b * x + c * q[0]) / d, (a * p[1] + b * y + c * q[1]) / d))
    return np.array(path + [path[0]] if closed else path)


def draw_path(canvas, path, closed, pen, style):
    shift = 4
    one = 1 << shift
    last = len(path) - 2
    for i in range(len(path) - 1):
        a, b = path[i], path[i + 1]
        length = np.hypot(*(b - a))
        if length < 1e-3:
            continue
        along = (b - a) / length
        # Horizontal strokes are a little thinner in some dies.
        half = pen / 2 * (1 - (1 - style.contrast) * abs(along[0]))
        normal = np.array([-along[1], along[0]]) * half
        start, end = a, b
        if not closed and not style.round_ends:
            start = a - along * pen / 2 if i == 0 else a
            end = b + along * pen / 2 if i == last else b
        quad = np.array([start + normal, end + normal, end - normal, start - normal])
        cv2.fillConvexPoly(canvas, np.round(quad * one).astype(np.int32), 255, cv2.LINE_AA, shift)
        for joint, outer in ((a, not closed and i == 0), (b, not closed and i == last)):
            if not outer or style.round_ends:
                cv2.circle(canvas, (int(joint[0] * one), int(joint[1] * one)), int(half * one), 255, -1, cv2.LINE_AA, shift)
