"""Pictures kept on disk in one memory-mapped file, so that training processes share them and need no rendering.

A picture file NAME is NAME.pixels (grey bytes, one picture after the other) and NAME.json (where each lies, its size, its note).
"""

import json
import os
from dataclasses import dataclass

import numpy as np


@dataclass
class Picture:
    pixels: np.ndarray
    note: dict


def write(path, pictures):
    """Stores pairs of (pixels, note); the picture file appears only when it is complete."""
    entries, offset = [], 0
    with open(path + ".pixels.part", "wb") as out:
        for pixels, note in pictures:
            out.write(np.ascontiguousarray(pixels).tobytes())
            entries.append([offset, pixels.shape[0], pixels.shape[1], note])
            offset += pixels.size
    os.replace(path + ".pixels.part", path + ".pixels")
    with open(path + ".json.part", "w") as out:
        json.dump(entries, out)
    os.replace(path + ".json.part", path + ".json")


def parts(folder, name):
    return sorted(os.path.join(folder, f[:-5]) for f in os.listdir(folder) if f.startswith(name + "-") and f.endswith(".json"))


class PictureFile:
    """All parts of a name in a folder, read as one; pictures of the kinds `without` are left on it."""

    def __init__(self, folder, name, without=()):
        found = parts(folder, name)
        if not found:
            raise SystemExit(f"no {name} in {folder}: render them first (python render.py)")
        self.entries = []
        for path in found:
            pixels = np.memmap(path + ".pixels", np.uint8, "r")
            with open(path + ".json") as file:
                self.entries += [(pixels, *entry) for entry in json.load(file) if entry[3].get("kind") not in without]

    def __len__(self):
        return len(self.entries)

    def __getitem__(self, number):
        pixels, offset, height, width, note = self.entries[number]
        return Picture(pixels[offset : offset + height * width].reshape(height, width), note)

    def pick(self, rng):
        return self[rng.randrange(len(self.entries))]
