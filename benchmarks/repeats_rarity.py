"""Rarity of character pairs, for telling the same matter again: ``data/text/pairs.txt``.

The shares of messages that hold a pair are those of the default model's vocabulary, in which no pair was seen in fewer
than five messages and every name is one symbol. The table is a file of its own, so that a new model changes neither the
clues that a service has stored nor what is found the same.

    python benchmarks/repeats_rarity.py
"""

from __future__ import annotations

import json
import math
from pathlib import Path

from common import ROOT
from safetensors.numpy import load_file

from petition_nlp.resources import default_model_path

TABLE = ROOT / "data" / "text" / "pairs.txt"
HEADER = """\
# How common pairs of characters are in messages: a line gives a weight from 0 to 100, 100 being the rarest, and all
# pairs of that weight. A pair that is missing weighs 100. Written by benchmarks/repeats_rarity.py.
"""


def weights(folder: Path) -> dict[int, list[str]]:
    """Pairs by weight, which is the logarithm of 1 / share as a part of that of the rarest pairs and 1.25 times it."""
    vocabulary = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    idf = load_file(folder / "weights.safetensors")["idf"][len(vocabulary["words"]) :].tolist()
    pairs = {pair: value - 1 for pair, value in zip(vocabulary["chars"], idf, strict=True) if _is_pair(pair)}
    most = 1.25 * max(pairs.values())
    found: dict[int, list[str]] = {}
    for pair, value in sorted(pairs.items()):
        found.setdefault(math.floor(100 * value / most), []).append(pair)
    return found


def _is_pair(ngram: str) -> bool:
    return len(ngram) == 2 and all("一" <= char <= "鿿" or char in "abcdefghijklmnopqrstuvwxyz" for char in ngram)


def main() -> None:
    found = weights(default_model_path())
    lines = [f"{weight} {''.join(found[weight])}\n" for weight in sorted(found)]
    TABLE.write_text(HEADER + "".join(lines), encoding="utf-8")
    print(f"{sum(map(len, found.values()))} pairs written: {TABLE}")


if __name__ == "__main__":
    main()
