"""Trains the reader: crops of plates, and of single lines of square plates, to text."""

import random

import numpy as np
import torch
from torch.nn import functional as F

import degrade
import loop
from glyphs import ALPHABET
from nets import NETS
from picture_file import PictureFile

LONGEST = 12
BLANK = len(ALPHABET)


def sample(rng, sheets, backdrops):
    sheet = sheets.pick(rng)
    lines = sheet.note["lines"]
    shot = degrade.photograph(rng, sheet.pixels, backdrops, margin=(0.15, 0.3))
    which = rng.randrange(len(lines))
    part = (0.0, 1.0) if len(lines) == 1 else (degrade.UPPER, degrade.LOWER)[which]
    return degrade.reader_crop(rng, shot, part), lines[which]


def labels(text):
    codes = np.full(LONGEST, BLANK, np.int64)
    codes[: len(text)] = [ALPHABET.index(c) for c in text]
    return codes, len(text)


def main():
    opt = loop.options(__doc__, batch=64, rate=2e-3, nets=("reader", "second-reader"))
    sheets, backdrops = PictureFile(opt.data, "sheets", opt.leave_out), PictureFile(opt.data, "backdrops")

    def make_batch(seed, number):
        rng = random.Random(f"reader:{seed}:{number}")
        rows = []
        for _ in range(opt.batch):
            crop, text = sample(rng, sheets, backdrops)
            rows.append((crop, *labels(text)))
        crops, codes, lengths = loop.stack(rows)
        return degrade.normalised(crops), codes, lengths

    def loss_of(output, rest):
        codes, lengths = rest
        scores = output.transpose(0, 1).log_softmax(-1)
        columns = torch.full((len(codes),), scores.shape[0], dtype=torch.long)
        loss = F.ctc_loss(scores, codes, columns, lengths, blank=BLANK, zero_infinity=True)
        return loss, {"ctc": loss.detach()}

    loop.train(opt.net, opt, NETS[opt.net][0](), make_batch, loss_of)


if __name__ == "__main__":
    main()
