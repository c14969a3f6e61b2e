"""How much to ask of a reading before it is accepted: the limits of `Thresholds` in the domain crate.

    ./drawn.sh DRAWN 5000 300
    python limits.py DRAWN/known/*.jsonl [--strange DRAWN/strange/*.jsonl] [--share 0.1] [--wrong 0.005] [--try LIMITS LIMITS LIMITS]

finds, for plates in an expected form and for those in none, the certainty and the belief in a plate that accept most while no
more than a share of what is accepted is wrong, where one plate in ten is a stranger; or, with --try, says what three limits
(formed, bare, free; each certainty,plate) let through. Limits found on pictures must be confirmed on others, drawn from
another seed.
"""

import argparse
import json

CERTAINTIES = (0.8, 0.85, 0.88, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.992, 0.995, 0.998)
PLATES = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
BARE_PLATE = 0.9  # so few plates are bare that drawn ones do not tell; words and telephone numbers on photographs did
KINDS = ("formed", "bare", "free")  # as `edge-agent evaluate` calls them; readings of any other kind are never accepted


def cases_of(path):
    """The readings in a file of `edge-agent evaluate --json`, whose last line is a summary."""
    with open(path) as file:
        for number, line in enumerate(file, 1):
            try:
                case = json.loads(line)
            except json.JSONDecodeError:
                raise SystemExit(f"{path}, line {number}: not what `edge-agent evaluate --json` prints") from None
            if "image" in case:
                yield case


def weigh(known, strange, share):
    """How much each case counts, so that strangers are a share of all plates: every known plate is one."""
    for cases, weight in ((known, 1.0), (strange, share / (1 - share) * len(known) / max(1, len(strange)))):
        for case in cases:
            case["weight"] = weight
    return [*known, *strange]


def by_kind(cases):
    """Readings that can be accepted, by kind."""
    whole = [case for case in cases if case["verdict"] != "unreadable"]
    return {name: [case for case in whole if case["kind"] == name] for name in KINDS}


def two_numbers(text):
    try:
        certainty, plate = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not certainty,plate, such as 0.94,0.8") from None
    return certainty, plate


def passing(cases, limits):
    """How many pass, and how many of these are strictly wrong, each by its weight."""
    certainty, plate = limits
    passed = [c for c in cases if c["certainty"] >= certainty and c["plate"] >= plate]
    return sum(c.get("weight", 1) for c in passed), sum(c.get("weight", 1) for c in passed if not c.get("exact", c["right"]))


def best(kinds, wrong):
    """Limits for formed and bare, and for free, that accept most with at most this share wrong: [(accepted, wrong, formed, free)]."""
    grid = [(certainty, plate) for certainty in CERTAINTIES for plate in PLATES]

    def outcomes(form):
        # Of limits with as many wrong, only those that accept most can be part of the best.
        most = {}
        for limits in grid:
            count, bad = form(limits)
            if bad not in most or count > most[bad][0]:
                most[bad] = (count, limits)
        return most

    formed = outcomes(lambda limits: tuple(map(sum, zip(passing(kinds["formed"], limits), passing(kinds["bare"], (limits[0], BARE_PLATE))))))
    free = outcomes(lambda limits: passing(kinds["free"], limits))
    pairs = [(a + b, x + y, first, second) for x, (a, first) in formed.items() for y, (b, second) in free.items()]
    return max((pair for pair in pairs if pair[0] and pair[1] <= wrong * pair[0]), default=None)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("files", nargs="+", help="what `edge-agent evaluate --json` printed")
    arguments.add_argument("--strange", nargs="+", default=[], metavar="FILE", help="the same of plates in nobody's form")
    arguments.add_argument("--share", type=float, default=0.1, help="the share of strangers among all plates (default: %(default)s)")
    arguments.add_argument("--wrong", type=float, default=0.005, help="the share of accepted readings that may be wrong (default: %(default)s)")
    arguments.add_argument("--try", dest="tried", nargs=3, type=two_numbers, metavar=("FORMED", "BARE", "FREE"), help="three limits, each as certainty,plate")
    options = arguments.parse_args()
    if not 0 <= options.share < 1:
        arguments.error(f"--share: {options.share} is no share of plates, such as 0.1")
    known, strange = ([case for path in paths for case in cases_of(path)] for paths in (options.files, options.strange))
    kinds = by_kind(weigh(known, strange, options.share))
    limits = options.tried
    if not limits:
        found = best(kinds, options.wrong)
        if found is None:
            raise SystemExit(f"no limits let at most {options.wrong:.2%} wrong through")
        formed, free = found[2:]
        limits = (formed, (formed[0], BARE_PLATE), free)
    accepted, wrong = (sum(column) for column in zip(*(passing(kinds[name], one) for name, one in zip(KINDS, limits))))
    print(f"{accepted:.0f} accepted, {wrong:.1f} wrong = {100 * wrong / max(1, accepted):.2f} %" + (f", a share of {options.share} being strangers" if strange else ""))
    for name, one in zip(KINDS, limits):
        print(f"  {name}: certainty {one[0]}, plate {one[1]}")
        for which, cases in (("known", known), ("strange", strange)):
            of_kind = [{**case, "weight": 1} for case in by_kind(cases)[name]]
            if of_kind:
                count, bad = passing(of_kind, one)
                print(f"    {which}: {count} of {len(of_kind)} accepted, {bad} wrong")


if __name__ == "__main__":
    main()
