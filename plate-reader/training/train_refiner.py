"""Trains the refiner: crops around coarse finds to exact corners, with a second opinion on whether there is a plate."""

import math
import random

import numpy as np
from torch.nn import functional as F

import degrade
import loop
import scenes
from nets import Refiner
from picture_file import PictureFile


def sample(rng, sheets, backdrops):
    """A crop, whether it shows a whole readable plate, whether that has two lines, and its corners' offsets."""
    kind = rng.choices(["plate", "scene", "part", "blank"], [68, 18, 9, 5])[0]
    nothing = np.zeros((4, 2), np.float32)
    if kind == "scene":
        return scene_crop(rng, backdrops), 0.0, 0.0, nothing
    sheet = sheets.pick(rng)
    face = scenes.blank(rng, sheet.pixels).clip(0, 255).astype(np.uint8) if kind == "blank" else sheet.pixels
    shot = degrade.photograph(rng, face, backdrops)
    if kind == "part":
        return degrade.refiner_crop(shot, misplaced(rng, shot.quad))[0], 0.0, 0.0, nothing
    guess = degrade.detector_error(rng, shot.quad)
    crop, offsets = degrade.refiner_crop(shot, guess)
    if kind == "blank":
        return crop, 0.0, 0.0, nothing
    return crop, 1.0, float(len(sheet.note["lines"]) == 2), offsets.clip(-2, 2)


def misplaced(rng, quad):
    """A quad that shows half of the plate or a small part of it."""
    if rng.random() < 0.5:
        side = rng.choice([-1, 1])
        moved = (rng.uniform(0.5, 0.9) * side, rng.gauss(0, 0.2)) if rng.random() < 0.5 else (rng.gauss(0, 0.2), rng.uniform(0.65, 1.1) * side)
        return degrade.inside(quad, [moved[0], 1 + moved[0], 1 + moved[0], moved[0]], [moved[1], moved[1], 1 + moved[1], 1 + moved[1]])
    share = rng.uniform(0.15, 0.45)
    x, y = rng.uniform(0, 1 - share), rng.uniform(0, 1 - share)
    return degrade.inside(quad, [x, x + share, x + share, x], [y, y, y + share, y + share])


def scene_crop(rng, backdrops):
    """A part of a backdrop; of a few places the one with most to see, as a detector goes for lamps, words and grilles."""
    source = backdrops.pick(rng).pixels
    width = math.exp(rng.uniform(math.log(25), math.log(220)))
    shape = degrade.turn(rng, width, width / rng.uniform(1.2, 5))
    places = [np.float32([rng.uniform(0, source.shape[1]), rng.uniform(0, source.shape[0])]) for _ in range(rng.choice([1, 6, 12]))]

    def edges(place):
        x0, y0 = np.maximum((shape.min(0) + place).astype(int), 0)
        x1, y1 = (shape.max(0) + place).astype(int)
        piece = source[y0:y1, x0:x1]
        return float(np.abs(np.diff(piece.astype(np.int16), axis=1)).mean()) if piece.shape[0] > 1 and piece.shape[1] > 1 else -1.0

    quad = shape + max(places, key=edges)
    low = np.maximum(quad.min(0) - width * 0.6, 0).astype(int)
    high = np.minimum(quad.max(0) + width * 0.6, (source.shape[1], source.shape[0])).astype(int)
    piece = source[low[1] : high[1], low[0] : high[0]]
    pixels = degrade.camera(rng, piece.astype(np.float32), width)
    return degrade.cut(pixels, (quad - low).astype(np.float32), degrade.REFINER_NOMINAL, degrade.REFINER_SIZE)


def main():
    opt = loop.options(__doc__, batch=64, rate=2e-3)
    sheets, backdrops = PictureFile(opt.data, "sheets", opt.leave_out), PictureFile(opt.data, "backdrops")

    def make_batch(seed, number):
        rng = random.Random(f"refiner:{seed}:{number}")
        crops, plate, square, offsets = loop.stack([sample(rng, sheets, backdrops) for _ in range(opt.batch)])
        return degrade.normalised(crops), plate.astype(np.float32), square.astype(np.float32), offsets.reshape(-1, 8).astype(np.float32)

    def loss_of(output, rest):
        plate, square, offsets = rest
        plates = plate.sum().clamp(min=1)
        is_plate = F.binary_cross_entropy_with_logits(output[:, 0], plate)
        is_square = (F.binary_cross_entropy_with_logits(output[:, 1], square, reduction="none") * plate).sum() / plates
        corners = (F.smooth_l1_loss(output[:, 2:], offsets, reduction="none", beta=0.05).mean(1) * plate).sum() / plates
        return is_plate + 0.5 * is_square + 8 * corners, {"plate": is_plate.detach(), "lines": is_square.detach(), "corners": corners.detach()}

    loop.train("refiner", opt, Refiner(), make_batch, loss_of)


if __name__ == "__main__":
    main()
