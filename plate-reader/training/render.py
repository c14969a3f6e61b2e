"""Renders the clean material once: sheets (plates) and backdrops (scenes without plates), each in parts on a picture file.

    python render.py --out DATA --sheets 30000 --backdrops 2500 --processes 2
"""

import argparse
import itertools
import multiprocessing
import os
import random

import cv2

import picture_file

SHEETS_PER_PART, BACKDROPS_PER_PART = 2500, 250


def sheet_part(job):
    import plates

    cv2.setNumThreads(1)
    path, seed, count, held_out = job
    drawn = itertools.islice(plates.sheets(seed, held_out), count)
    picture_file.write(path, ((s.face, {"kind": s.kind, "lines": s.lines}) for s in drawn))


def backdrop_part(job):
    import scenes

    cv2.setNumThreads(1)
    path, seed, count, _ = job

    def draw(number):
        backdrop = scenes.draw_backdrop(random.Random(f"{seed}:{number}"))
        return backdrop.pixels, {"slots": backdrop.slots}

    picture_file.write(path, map(draw, range(count)))


def jobs(out, name, seed, total, size, held_out=False):
    for part in range(-(-total // size)):
        path = os.path.join(out, f"{name}-{part:03}")
        if not os.path.exists(path + ".json"):
            yield path, f"{seed}:{name}:{part}", min(size, total - part * size), held_out


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--sheets", type=int, default=0)
    arguments.add_argument("--held-out-sheets", type=int, default=0)
    arguments.add_argument("--backdrops", type=int, default=0)
    arguments.add_argument("--held-out-backdrops", type=int, default=0)
    arguments.add_argument("--processes", type=int, default=1)
    options = arguments.parse_args()
    os.makedirs(options.out, exist_ok=True)
    with multiprocessing.Pool(options.processes) as pool:
        for work, listed in [
            (sheet_part, jobs(options.out, "sheets", options.seed, options.sheets, SHEETS_PER_PART)),
            (sheet_part, jobs(options.out, "held_sheets", options.seed, options.held_out_sheets, SHEETS_PER_PART, True)),
            (backdrop_part, jobs(options.out, "backdrops", options.seed, options.backdrops, BACKDROPS_PER_PART)),
            (backdrop_part, jobs(options.out, "held_backdrops", options.seed + 1000, options.held_out_backdrops, BACKDROPS_PER_PART)),
        ]:
            for _ in pool.imap_unordered(work, listed):
                pass


if __name__ == "__main__":
    main()
