"""Measures the ONNX files on held-out plates: fonts, dies, series and scenes kept out of training.

    python evaluate.py --data DATA --models DIR --out report.json [--plates 5000] [--scenes 400]
"""

import argparse
import hashlib
import json
import os
import random
import time

import cv2
import numpy as np
import onnxruntime

import degrade
import scenes
from glyphs import ALPHABET
from picture_file import PictureFile
from train_refiner import sample as refiner_sample

SEED = "held-out"
SCORES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
CELL, UNIT = 8, 32.0


class Model:
    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.spent, self.runs = 0.0, 0

    def run(self, x):
        begun = time.process_time()
        out = self.session.run(None, {"x": np.ascontiguousarray(x)})[0][0]
        self.spent, self.runs = self.spent + time.process_time() - begun, self.runs + 1
        return out

    def milliseconds(self):
        return round(self.spent / max(1, self.runs) * 1e3, 2)


def read(reader, crop):
    return decode(reader.run(degrade.normalised(crop[None])))


def decode(columns):
    """Greedy: the best class of each column, repeats and blanks dropped."""
    text, before = "", len(ALPHABET)
    for best in columns.argmax(-1):
        if best != before and best != len(ALPHABET):
            text += ALPHABET[best]
        before = best
    return text


def folded(text):
    return text.replace("O", "0").replace("Q", "0").replace("I", "1")


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        corner, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (x != y))
    return row[-1]


def refine(refiner, pixels, quad):
    """One round: the refined quad and the plate's probability."""
    crop = degrade.cut(pixels, quad, degrade.REFINER_NOMINAL, degrade.REFINER_SIZE)
    out = refiner.run(degrade.normalised(crop[None]))
    moved = degrade.REFINER_NOMINAL + out[2:].reshape(4, 2) * degrade.REFINER_UNIT
    back = cv2.getPerspectiveTransform(degrade.REFINER_NOMINAL, np.float32(quad))
    return cv2.perspectiveTransform(moved[None].astype(np.float32), back)[0], out[:2]


def corner_error(quad, truth):
    """Mean corner error as shares of the plate's width and height, along its own axes."""
    width, height = np.hypot(*(truth[1] - truth[0])), np.hypot(*(truth[3] - truth[0]))
    x, y = (truth[1] - truth[0]) / width, (truth[3] - truth[0]) / height
    off = quad - truth
    return float(np.abs(off @ x).mean() / width), float(np.abs(off @ y).mean() / height)


def find(detector, pixels, least):
    """Finds of a picture whose sides are multiples of 16: [(score, quad)], best first, overlapping ones dropped."""
    out = detector.run(((pixels.astype(np.float32) - 110) / 60)[None, None])
    score = 1 / (1 + np.exp(-out[0]))
    peaks = (score >= cv2.dilate(score, np.ones((3, 3), np.uint8))) & (score > least)
    finds = []
    for y, x in zip(*np.nonzero(peaks)):
        finds.append((float(score[y, x]), out[1:, y, x].reshape(4, 2) * UNIT + np.float32([x * CELL + CELL / 2, y * CELL + CELL / 2])))
    finds.sort(key=lambda f: -f[0])
    kept = []
    for value, quad in finds:
        if all(overlap(quad, other) < 0.3 for _, other in kept):
            kept.append((value, quad))
    return kept


def overlap(a, b):
    """Intersection over union of the upright boxes."""
    low, high = np.maximum(a.min(0), b.min(0)), np.minimum(a.max(0), b.max(0))
    inter = float(np.prod(np.maximum(high - low, 0)))
    return inter / (float(np.prod(np.ptp(a, 0)) + np.prod(np.ptp(b, 0))) - inter + 1e-6)


def measure_plates(refiner, reader, sheets, backdrops, count):
    """Reads crops of true corners (with the usual errors), and of corners the refiner found from coarse ones."""
    tables = {"truth_corners": {}, "refined_corners": {}}
    errors = {rounds: [] for rounds in range(4)}
    two_lines = []

    def note(table, keys, right, right_folded, wrong, length):
        for key in keys:
            row = tables[table].setdefault(key, [0, 0, 0, 0, 0])
            for i, value in enumerate((1, right, right_folded, wrong, length)):
                row[i] += value

    for number in range(count):
        rng = random.Random(f"{SEED}:plate:{number}")
        sheet = sheets[number % len(sheets)]
        lines = sheet.note["lines"]
        shot = degrade.photograph(rng, sheet.pixels, backdrops)
        width = float(np.hypot(*(shot.quad[1] - shot.quad[0])))
        keys = ["all", sheet.note["kind"], "width " + next(f"under {w}" for w in (80, 120, 180, 1000) if width < w)]
        parts = [(0.0, 1.0)] if len(lines) == 1 else [degrade.UPPER, degrade.LOWER]
        truth = "".join(lines)
        quad = degrade.detector_error(rng, shot.quad)
        errors[0].append(corner_error(quad, shot.quad))
        for rounds in (1, 2, 3):
            quad, logits = refine(refiner, shot.pixels, quad)
            errors[rounds].append(corner_error(quad, shot.quad))
            refined, said = (quad, logits) if rounds == 2 else (refined, said) if rounds == 3 else (None, None)
        two_lines.append((said[1] > 0) == (len(lines) == 2))
        at_truth = "".join(read(reader, degrade.reader_crop(rng, shot, part)) for part in parts)
        crops = [degrade.cut(shot.pixels, degrade.reader_quad(refined, part), degrade.rectangle(*degrade.READER_SIZE), degrade.READER_SIZE) for part in parts]
        at_refined = "".join(read(reader, crop) for crop in crops)
        for table, text in (("truth_corners", at_truth), ("refined_corners", at_refined)):
            note(table, keys, text == truth, folded(text) == folded(truth), distance(folded(text), folded(truth)), len(truth))
    summary = {
        table: {key: {"plates": n, "exact": round(a / n, 4), "exact_folded": round(b / n, 4), "character_accuracy": round(1 - wrong / length, 4)} for key, (n, a, b, wrong, length) in sorted(rows.items())}
        for table, rows in tables.items()
    }
    corners = {}
    for rounds, pairs in errors.items():
        both = np.array(pairs)
        corners[f"after {rounds} rounds"] = {
            "mean_width": round(float(both[:, 0].mean()), 4), "mean_height": round(float(both[:, 1].mean()), 4),
            "p95_width": round(float(np.quantile(both[:, 0], 0.95)), 4), "p95_height": round(float(np.quantile(both[:, 1], 0.95)), 4),
        }  # fmt: skip
    return summary, corners, round(float(np.mean(two_lines)), 4)


def measure_second_opinion(refiner, sheets, backdrops, count):
    """How often the refiner's plate logit calls plates plates, and other crops plates, at limits of its probability."""
    plate, other = [], []
    for number in range(count):
        crop, truth, _, _ = refiner_sample(random.Random(f"{SEED}:opinion:{number}"), sheets, backdrops)
        out = refiner.run(degrade.normalised(crop[None]))
        (plate if truth else other).append(1 / (1 + np.exp(-float(out[0]))))
    return {str(limit): {"plates_kept": round(float(np.mean(np.array(plate) > limit)), 4), "others_kept": round(float(np.mean(np.array(other) > limit)), 4)} for limit in (0.1, 0.3, 0.5, 0.7, 0.9)}


def measure_detector(detector, sheets, backdrops, count):
    found = {score: [0, 0, 0] for score in SCORES}  # at IoU 0.3, at 0.5, false
    plates, errors = 0, []
    for number in range(count):
        rng = random.Random(f"{SEED}:scene:{number}")
        pixels, quads = scenes.window(rng, backdrops, sheets, (640, 384), 25, 330)
        inside = [q for q in quads if (q.min(0) >= 0).all() and (q.max(0) <= (640, 384)).all()]
        plates += len(inside)
        finds = find(detector, pixels, SCORES[0])
        for quad in inside:
            best = max(finds, key=lambda f: overlap(f[1], quad), default=None)
            if best and overlap(best[1], quad) >= 0.3:
                errors.append(corner_error(best[1], quad))
            for score, row in found.items():
                share = max((overlap(q, quad) for s, q in finds if s > score), default=0)
                row[0] += share >= 0.3
                row[1] += share >= 0.5
        for score, row in found.items():
            row[2] += sum(all(overlap(q, quad) < 0.2 for quad in quads) for s, q in finds if s > score)
    mean = [round(float(v), 4) for v in np.mean(errors, 0)] if errors else [None, None]  # a net trained for seconds finds nothing
    return {
        "pictures": count,
        "plates": plates,
        "corner_error": {"mean_width": mean[0], "mean_height": mean[1]},
        "at_score": {str(score): {"recall_iou30": round(a / plates, 4), "recall_iou50": round(b / plates, 4), "false_per_picture": round(false / count, 4)} for score, (a, b, false) in found.items()},
    }


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--models", required=True)
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--plates", type=int, default=5000)
    arguments.add_argument("--scenes", type=int, default=400)
    options = arguments.parse_args()
    cv2.setNumThreads(1)
    paths = {name: os.path.join(options.models, f"{name}.onnx") for name in ("detector", "refiner", "reader", "second-reader")}
    paths = {name: path for name, path in paths.items() if name != "second-reader" or os.path.exists(path)}
    models = {name: Model(path) for name, path in paths.items()}
    detector, refiner = models["detector"], models["refiner"]
    sheets, backdrops = PictureFile(options.data, "held_sheets"), PictureFile(options.data, "held_backdrops")
    readings = {}
    for name in [name for name in paths if name.endswith("reader")]:
        readings[name], corners, two_lines = measure_plates(refiner, models[name], sheets, backdrops, options.plates)
    report = {
        "files": {name: {"sha256": hashlib.sha256(open(path, "rb").read()).hexdigest(), "bytes": os.path.getsize(path)} for name, path in paths.items()},
        **readings,
        "refiner": {"corner_error": corners, "lines_right": two_lines, "plate_probability": measure_second_opinion(refiner, sheets, backdrops, options.plates // 2)},
        "detector": measure_detector(detector, sheets, backdrops, options.scenes),
        "milliseconds_cpu": {name: model.milliseconds() for name, model in models.items()},
    }
    with open(options.out, "w") as out:
        json.dump(report, out, indent=2)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
