"""Photographs with their plates painted out, to see that nothing is read where nothing stands.

    python paint_out.py --pictures DIR --out DIR

copies every picture of DIR that has truth lines (as `edge-agent evaluate` reads them) twice, its plates covered once in a
colour of no account and once in the colour that is most around them. The copies have empty truth files: whatever
`edge-agent evaluate` accepts there is wrong.
"""

import argparse
import glob
import os
import random

import cv2
import numpy as np

# What is covered beyond the told box, in parts of its width and height: boxes are often tight, plates often tilted.
BESIDE, ABOVE = 0.06, 0.15


def painted_out(picture, boxes, colour):
    """A copy; `colour` is three numbers, or None for the median of what is covered."""
    picture = picture.copy()
    for x, y, width, height in boxes:
        rows = slice(max(0, round(y - ABOVE * height)), round(y + (1 + ABOVE) * height))
        columns = slice(max(0, round(x - BESIDE * width)), round(x + (1 + BESIDE) * width))
        area = picture[rows, columns]
        area[:] = np.median(area.reshape(-1, 3), axis=0) if colour is None else colour
    return picture


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--pictures", required=True)
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()
    os.makedirs(options.out, exist_ok=True)
    written = 0
    for path in sorted(glob.glob(os.path.join(options.pictures, "*.txt"))):
        with open(path) as file:
            lines = [line.rstrip("\n").split("\t") for line in file if line.strip()]
        if not lines:
            continue
        picture = cv2.imread(os.path.join(options.pictures, lines[0][0]))
        if picture is None:
            raise SystemExit(f"{path}: {lines[0][0]} cannot be read as a picture")
        boxes = [[float(number) for number in line[1:5]] for line in lines]
        stem = os.path.splitext(os.path.basename(path))[0]
        rng = random.Random(stem)
        for way, colour in (("plain", [rng.randrange(256) for _ in range(3)]), ("like", None)):
            name = os.path.join(options.out, f"{stem}-{way}")
            cv2.imwrite(name + ".jpg", painted_out(picture, boxes, colour), [cv2.IMWRITE_JPEG_QUALITY, 92])
            open(name + ".txt", "w").close()
            written += 1
    print(f"{written} pictures in {options.out}")


if __name__ == "__main__":
    main()
