#!/usr/bin/env bash
# Renders, trains, exports and evaluates. Usage: train.sh [QUICK]
#   OUT=DIR      where data, checkpoints and logs go (default: target/training under the project)
#   PYTHON=...   the interpreter (default: OUT/venv, made from requirements.txt when it is missing)
#   DEVICE=cuda WORKERS=14   train on a GPU, batches made by that many processes
#   BFLOAT16=0   multiply in float32 even where the processor knows bfloat16, which is twice as fast (1: use it anyway)
#   MINUTES=240  training time of all nets together, one after the other; without it each net sees a fixed number of
#                samples, which on one kind of machine gives the same files again
set -euo pipefail
cd "$(dirname "$0")"

out=$(realpath -m "${OUT:-../../target/training}")
device=${DEVICE:-cpu}
workers=${WORKERS:-0}
processes=${PROCESSES:-$(nproc)}
seed=${SEED:-1}
half=${BFLOAT16:-$(grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo 2>/dev/null && echo 1 || echo 0)}
if [ -n "${1:-}" ]; then
  out=$out/quick
  sheets=2500 held_out=1000 backdrops=250 held_out_backdrops=50 plates=400 pictures=40
else
  sheets=80000 held_out=6000 backdrops=2500 held_out_backdrops=300 plates=5000 pictures=400
fi

mkdir -p "$out"
python=${PYTHON:-$out/venv/bin/python}
if [ ! -x "$(command -v "$python" || true)" ]; then
  python3 -m venv "$out/venv"
  "$out/venv/bin/pip" install --quiet -r requirements.txt
fi

"$python" render.py --out "$out/data" --seed "$seed" --processes "$processes" \
  --sheets "$sheets" --held-out-sheets "$held_out" --backdrops "$backdrops" --held-out-backdrops "$held_out_backdrops"

train() { # net, samples, share of MINUTES, seed
  local options=(--data "$out/data" --out "$out/run" --seed "$4" --device "$device" --workers "$workers")
  if [ -n "${MINUTES:-}" ]; then
    options+=(--minutes "$(awk "BEGIN { print $MINUTES * $3 }")")
  else
    options+=(--samples "$2")
  fi
  [ "$half" = 0 ] || options+=(--bfloat16)
  [ "$1" != second-reader ] || options+=(--net second-reader)
  "$python" "train_${1#second-}.py" "${options[@]}"
}
if [ -n "${1:-}" ]; then # one reader is enough to see the curve
  train refiner 22000 0.17 "$seed"
  train detector 13500 0.33 "$seed"
  train reader 40000 0.5 "$seed"
else
  train refiner 700000 0.17 "$seed"
  train detector 140000 0.10 "$seed"
  train reader 1500000 0.48 "$seed"
  train second-reader 950000 0.25 "$((seed + 1))"
fi

"$python" evaluate.py --data "$out/data" --models "$out/run" --out "$out/report.json" --plates "$plates" --scenes "$pictures"
echo "Models and logs: $out/run. Report: $out/report.json"
