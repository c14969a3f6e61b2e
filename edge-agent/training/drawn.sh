#!/usr/bin/env bash
# Draws held-out pictures region by region and has each region's read under its own forms, as at a lane of that region.
# Usage: drawn.sh OUT COUNT SEED    writes OUT/REGION/ and OUT/REGION.jsonl, as limits.py takes them
#   PYTHON=...  AGENT=...   the interpreter and the edge-agent to use (default: python3, the release build)
set -euo pipefail
[ $# = 3 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
out=$1 count=$2 seed=$3
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
agent=${AGENT:-${CARGO_TARGET_DIR:-$here/../../target}/release/edge-agent}
[ -x "$agent" ] || { echo "drawn.sh: no edge-agent at $agent; build it with: cargo build --release -p boomgate-edge-agent" >&2; exit 1; }

region() { # name, kinds of plates, countries, share of the pictures in percent
  local pictures=$((count * $4 / 100))
  mkdir -p "$out"
  "$python" "$here/scenes.py" --out "$out/$1" --kinds "$2" --count "$pictures" --seed "$seed"
  "$agent" evaluate "$out/$1" --country "$3" --json >"$out/$1.jsonl"
  echo "$1: $pictures pictures drawn and read"
}

region eu eu,square EU 38
region us us US 34
region br br BR 12
region vn vn,vn_square VN 11
region other other EU,US,BR,VN 5
