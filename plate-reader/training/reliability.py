"""How often readings are right that say how sure they are: a table and, with --out, a reliability diagram as SVG; and how often
a sure character was a look-alike of the true one, which the domain crate's `confusion` has from here.

    python reliability.py DRAWN/*.jsonl [--out reliability.svg]

reads what `edge-agent evaluate --json` printed, and says what certainty would fit it best, which the domain crate has from here.
"""

import argparse

import numpy as np

import limits

EDGES = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)
# What the characters count beside the margin, and how few can be expected wrong.
CHARACTERS, LEAST_WRONG = 0.5, 1e-4
RIVALLESS = 20.0  # nats; the margin of a text without a rival is a large number
SIDE, MARGIN = 400, 48
# As the domain crate has them; which of two twins it is, only a form can say.
LOOK_ALIKES, TWINS = ("0ODQ", "2Z", "5S", "8B", "6G"), ("0O",)
SURE = 0.95


def bins(cases):
    """For each bin that holds a reading: from, to, mean of what they say, share that is right, how many."""
    said = [(case["certainty"], case["right"]) for case in cases if case["confidence"]]
    for low, high in zip(EDGES, EDGES[1:]):
        inside = [(sure, right) for sure, right in said if low <= sure < high or high == sure == 1.0]
        if inside:
            count = len(inside)
            yield low, high, sum(sure for sure, _ in inside) / count, sum(right for _, right in inside) / count, count


def nats(case):
    """The evidence for a reading in an expected form, as `Reading::certainty` in the domain has it."""
    confidence = np.array(case["confidence"])
    wrong = np.maximum(0, 1 - confidence / confidence.max()).sum()
    return min(RIVALLESS, case["margin"] - CHARACTERS * np.log(wrong + LEAST_WRONG))


def fitted(cases, rounds=50):
    """Slope and offset that make of evidence in nats the log odds of being right: a logistic regression by Newton's method."""
    x = np.array([(nats(case), -1.0) for case in cases])
    right = np.array([float(case["right"]) for case in cases])
    found = np.zeros(2)
    for _ in range(rounds):
        said = 1 / (1 + np.exp(-x @ found))
        bend = (x * (said * (1 - said))[:, None]).T @ x + 1e-6 * np.eye(2)
        found += np.linalg.solve(bend, x.T @ (right - said))
    return found


def mistaken(cases):
    """Of the sure characters read that have look-alikes: how many stand for one of these, twins apart, and how many there are."""
    wrong = total = 0
    for case in cases:
        read = case["read"] or ""
        for truth in case["truth"]:
            if len(truth) == len(read) and sum(a != b for a, b in zip(truth, read)) <= 2:
                for true, seen, sure in zip(truth, read, case["confidence"]):
                    alike = next((group for group in LOOK_ALIKES if seen in group), "")
                    total += bool(alike) and sure >= SURE
                    wrong += true != seen and true in alike and sure >= SURE and not any({true, seen} <= set(twins) for twins in TWINS)
                break
    return wrong, total


def diagram(rows):
    """A dot for each bin, as large as there are readings in it; on the diagonal a reading says the truth about itself."""
    total = sum(row[4] for row in rows)
    across, up = (lambda share: MARGIN + share * SIDE), (lambda share: MARGIN + (1 - share) * SIDE)
    width = SIDE + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {width}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{width}" fill="#ffffff"/>',
        f'<path d="M{across(0)} {up(0)}L{across(1)} {up(1)}" stroke="#999999" stroke-dasharray="5 4"/>',
    ]
    for tick in range(0, 11, 2):
        share = tick / 10
        parts.append(f'<path d="M{across(share)} {up(0)}V{up(1)}M{across(0)} {up(share)}H{across(1)}" stroke="#e2e2e2"/>')
        parts.append(f'<text x="{across(share)}" y="{up(0) + 18}" text-anchor="middle">{100 * share:.0f} %</text>')
        parts.append(f'<text x="{across(0) - 8}" y="{up(share) + 4}" text-anchor="end">{100 * share:.0f} %</text>')
    for _, _, said, right, count in rows:
        parts.append(f'<circle cx="{across(said):.1f}" cy="{up(right):.1f}" r="{3 + 22 * (count / total) ** 0.5:.1f}" fill="#1f6feb" fill-opacity="0.6"/>')
    parts.append(f'<text x="{across(0.5)}" y="{width - 10}" text-anchor="middle">certainty of a reading</text>')
    parts.append(f'<text x="{MARGIN}" y="{MARGIN - 16}">readings that are right; a dot\'s area tells how many ({total:,} in all)</text></svg>')
    return "\n".join(parts) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("files", nargs="+", help="what `edge-agent evaluate --json` printed")
    arguments.add_argument("--out", help="the SVG file to write")
    options = arguments.parse_args()
    cases = [case for path in options.files for case in limits.cases_of(path)]
    rows = list(bins(cases))
    if not rows:
        raise SystemExit("nothing was read in these pictures")
    for low, high, said, right, count in rows:
        print(f"{low:.3f} to {high:.3f}: {count:5} readings, {100 * right:5.1f} % right, {100 * said:5.1f} % said")
    formed = [case for case in cases if case["kind"] == "formed" and case["confidence"]]
    if len({case["right"] for case in formed}) == 2:
        slope, offset = fitted(formed)
        print(f"certainty in expected forms: log odds would fit best as {slope:.3f} x nats - {offset:.3f}")
    wrong, total = mistaken(cases)
    print(f"look-alikes: {wrong} of {total} characters that have some and are {100 * SURE:.0f} % sure or more")
    if options.out:
        with open(options.out, "w") as out:
            out.write(diagram(rows))


if __name__ == "__main__":
    main()
