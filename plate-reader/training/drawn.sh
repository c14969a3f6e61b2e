#!/usr/bin/env bash
# Draws held-out pictures region by region and has each region's read under its own forms, as at a lane of that region:
# COUNT with plates of series some country there has, and a quarter as many of strangers, which have nobody's.
# Usage: drawn.sh OUT COUNT SEED    writes OUT/known/REGION/ and OUT/known/REGION.jsonl, as limits.py takes them, and OUT/strange/
#   PYTHON=...  AGENT=...   the interpreter and the edge-agent to use (default: python3, the release build)
set -euo pipefail
[ $# = 3 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
out=$1 count=$2 seed=$3
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
agent=${AGENT:-${CARGO_TARGET_DIR:-$here/../../target}/release/edge-agent}
[ -x "$agent" ] || { echo "drawn.sh: no edge-agent at $agent; build it with: cargo build --release -p boomgate-edge-agent" >&2; exit 1; }

region() { # series, name, kinds of plates, countries, share of the pictures in percent
  local pictures=$(((count * $5 + 99) / 100))
  mkdir -p "$out/$1"
  "$python" "$here/scenes.py" --out "$out/$1/$2" --series "$1" --kinds "$3" --count "$pictures" --seed "$seed"
  "$agent" evaluate "$out/$1/$2" --country "$4" --json >"$out/$1/$2.jsonl"
  echo "$1 $2: $pictures pictures drawn and read"
}

region known eu eu,square EU 45
region known us us US 40
region known vn vn,vn_square VN 15
region strange eu eu,square EU 8
region strange us us US 7
region strange br br BR 5
region strange vn vn,vn_square VN 2
region strange other other EU,US,BR,VN 3
