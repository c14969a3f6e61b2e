"""Trains the detector on windows of scenes: where plates are, and their four corners."""

import random

import numpy as np
import torch
from torch.nn import functional as F

import loop
import scenes
from nets import Detector
from picture_file import PictureFile

CELL, UNIT = 8, 32.0
# Size, narrowest and widest plate, and the share of a batch: large plates need large windows, which cost more.
SMALL = ((320, 192), 20, 190, 1.0)
LARGE = ((512, 320), 40, 340, 0.375)


def targets(size, quads):
    """Heat, weight of the heat, corners and where they count, on the grid of cells."""
    columns, rows = size[0] // CELL, size[1] // CELL
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) * CELL + CELL / 2
    heat, weight = np.zeros((rows, columns), np.float32), np.ones((rows, columns), np.float32)
    corners, counts = np.zeros((8, rows, columns), np.float32), np.zeros((rows, columns), np.float32)
    for quad in quads:
        middle, low, high = quad.mean(0), quad.min(0), quad.max(0)
        width, height = high - low
        seen = np.minimum(high, size) - np.maximum(low, 0)
        whole = seen.min() > 0 and seen[0] * seen[1] / (width * height) > 0.85
        if not whole or not (CELL / 2 < middle[0] < size[0] - CELL / 2 and CELL / 2 < middle[1] < size[1] - CELL / 2) or width < 16:
            # Cut off or tiny: neither a plate to be found nor one to be unlearned.
            weight[(x > low[0] - 4) & (x < high[0] + 4) & (y > low[1] - 4) & (y < high[1] + 4)] = 0
            continue
        bump = np.exp(-(((x - middle[0]) / max(6.0, 0.13 * width)) ** 2) - ((y - middle[1]) / max(5.0, 0.22 * height)) ** 2)
        bump[int(middle[1] // CELL), int(middle[0] // CELL)] = 1
        near = (bump > 0.5) & (bump >= heat)
        heat = np.maximum(heat, bump)
        counts[near] = 1
        for i, (cx, cy) in enumerate(quad):
            corners[2 * i][near] = ((cx - x) / UNIT)[near]
            corners[2 * i + 1][near] = ((cy - y) / UNIT)[near]
    return heat, weight, corners, counts


def loss_of(output, rest):
    heat, weight, corners, counts = rest
    chance = torch.sigmoid(output[:, 0]).clamp(1e-4, 1 - 1e-4)
    top = heat >= 0.999
    hits = -((1 - chance) ** 2) * torch.log(chance) * top
    misses = -((1 - heat) ** 4) * chance**2 * torch.log(1 - chance) * weight * ~top
    found = (hits + misses).sum() / top.sum().clamp(min=1)
    # Errors count in shares of the plate's size, so that small plates matter as much as large ones.
    across = corners.view(len(corners), 4, 2, *corners.shape[2:])
    size = (across.amax(1) - across.amin(1)).clamp(min=0.3)
    scale = torch.sqrt(size[:, 0] * size[:, 1]).unsqueeze(1)
    error = F.smooth_l1_loss(output[:, 1:] / scale, corners / scale, reduction="none", beta=0.03)
    placed = (error.mean(1) * counts).sum() / counts.sum().clamp(min=1)
    return found + 8 * placed, {"heat": found.detach(), "corners": placed.detach()}


def main():
    opt = loop.options(__doc__, batch=24, rate=2e-3)
    sheets, backdrops = PictureFile(opt.data, "sheets", opt.leave_out), PictureFile(opt.data, "backdrops")

    def make_batch(seed, number):
        rng = random.Random(f"detector:{seed}:{number}")
        size, narrowest, widest, share = LARGE if number % 4 == 3 else SMALL
        rows = []
        for _ in range(max(2, round(opt.batch * share))):
            pixels, quads = scenes.window(rng, backdrops, sheets, size, narrowest, widest)
            rows.append((pixels, *targets(size, quads)))
        pixels, *rest = loop.stack(rows)
        return ((pixels.astype(np.float32) - 110) / 60)[:, None], *rest

    loop.train("detector", opt, Detector(), make_batch, loss_of)


if __name__ == "__main__":
    main()
