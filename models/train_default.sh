#!/usr/bin/env bash
# Trains the committed default model (models/default) from the shared training files and the invented ones.
# Usage: models/train_default.sh [SHARED_DATA] [OUT]; about 15 minutes on two cores. Needs `make test`'s environment.
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${1:-../shared/data}
out=${2:-models/default}
export PATH="$PWD/.venv/bin:$PATH"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT  # real text stays in this folder and goes with it
python models/prepare_default.py "$shared" "$work"
petition-nlp train \
    --data "$work/train.jsonl" --calib "$work/calib.jsonl" --out "$out" --overwrite \
    --name default --model-version 2026.11 \
    --target matter --target department --target request_type --target co_department --target domain \
    --target emergency --leave department=other --leave co_department=- --balance matter=1 --balance emergency=1 \
    --by source --folds 5 --seed 0 --card-notes models/default_notes.md
