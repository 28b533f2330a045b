#!/usr/bin/env bash
# Trains the committed default model (models/default) from the shared training files and the invented ones.
# Usage: models/train_default.sh [SHARED] [OUT]; about 80 minutes on two cores. Needs `make test`'s environment.
# Interrupted, it goes on from the last epoch when it is run again (checkpoints in .cache/encoder).
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${1:-../shared}
out=${2:-models/default}
export PATH="$PWD/.venv/bin:$PATH"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT  # real text stays in this folder and goes with it
python models/prepare_default.py "$shared/data" "$work"
petition-nlp train \
    --data "$work/train.jsonl" --calib "$work/calib.jsonl" --out "$out" --overwrite \
    --name default --model-version 2026.12 \
    --target matter --target department --target request_type --target co_department --target domain \
    --target emergency --target several --leave department=other --leave co_department=- \
    --balance matter=1 --balance emergency=1 \
    --encoder "$shared/models/e5-small-zh" --work .cache/encoder \
    --auxiliary topic --auxiliary unit --auxiliary topic7 --group-column group \
    --by source --folds 3 --encoder-folds 1 --seed 0 --card-notes models/default_notes.md
