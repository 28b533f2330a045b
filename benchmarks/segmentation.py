"""Which segmenter: ours (rjieba plus the domain dictionary) against jieba with the same words.

Shows messages per second, seconds from a fresh process to the first segmented text, and how far the two agree
(F1 of the word spans, all messages together). Both cut the same normalised texts, one after the other in the
same process. Speed is per second of processor time and all figures are the median of several runs, as other
programs may share the machine.

    python benchmarks/segmentation.py [--shared FOLDER] [--repeats 5]

The sample orders are always measured, the hotline's training orders if they are there. Needs the extra ``train``
(jieba).
"""

from __future__ import annotations

import argparse
import itertools
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from common import ROOT, Row, parser, percent, read_real, sample_rows, save, table

from petition_nlp.text.normalise import normalise_aligned
from petition_nlp.text.segment import added_words, segment

Cut = Callable[[str], list[str]]

OURS = "ours (rjieba)"
JIEBA = "jieba, dictionary cache written"
JIEBA_FIRST = "jieba, first start on a machine"

_START = "from petition_nlp.text.segment import segment; segment('路灯坏了')"
_START_JIEBA = """
import sys
from pathlib import Path
import jieba
tokenizer = jieba.Tokenizer()
for word in Path(sys.argv[1]).read_text(encoding="utf-8").split():
    tokenizer.add_word(word)
tokenizer.lcut('路灯坏了')
"""


def jieba_cut() -> Cut:
    """jieba with the same words added."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    for word in added_words():
        tokenizer.add_word(word)
    return tokenizer.lcut


def rate(cut: Cut, texts: Sequence[str], repeats: int) -> float:
    """Messages per second of processor time, median of the runs."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        for text in texts:
            cut(text)
        seconds.append(time.process_time() - start)
    return len(texts) / statistics.median(seconds)


def agreement(first: Cut, second: Cut, texts: Sequence[str]) -> tuple[float, float]:
    """F1 of the word spans, and share of the messages that are cut alike."""
    pairs = [(_spans(first(text)), _spans(second(text))) for text in texts]
    both = sum(len(a & b) for a, b in pairs)
    return 2 * both / sum(len(a) + len(b) for a, b in pairs), sum(a == b for a, b in pairs) / len(pairs)


def _spans(words: Sequence[str]) -> set[tuple[int, int]]:
    return set(itertools.pairwise(itertools.accumulate(map(len, words), initial=0)))


def start_times(repeats: int) -> dict[str, float]:
    """Seconds of a fresh process from import to the first words, less an empty Python's start; medians."""
    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder) / "words.txt"
        words.write_text("\n".join(added_words()), encoding="utf-8")
        first = [_start(_START_JIEBA, words, cache=Path(folder) / str(number)) for number in range(repeats)]
        cache = Path(folder) / "0"  # jieba's dictionary cache now lies there
        codes = {"empty": "pass", OURS: _START, JIEBA: _START_JIEBA}
        seconds = {name: [_start(code, words, cache) for _ in range(repeats)] for name, code in codes.items()}
    medians = {name: statistics.median(values) for name, values in {**seconds, JIEBA_FIRST: first}.items()}
    empty = medians.pop("empty")
    return {name: round(value - empty, 3) for name, value in medians.items()}


def _start(code: str, words: Path, cache: Path) -> float:
    cache.mkdir(exist_ok=True)
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, words],
        check=True,
        env={**os.environ, "PYTHONPATH": paths, "TMPDIR": str(cache)},
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def compare(texts: Sequence[str], repeats: int) -> Row:
    """Speed of both and their agreement on one set of texts."""
    other = jieba_cut()
    segment(texts[0]), other(texts[0])
    f1, alike = agreement(segment, other, texts)
    ours, theirs = rate(segment, texts, repeats), rate(other, texts, repeats)
    return {
        "n": len(texts),
        "ours_per_cpu_second": round(ours),
        "jieba_per_cpu_second": round(theirs),
        "times_faster": round(ours / theirs, 1),
        "token_f1": round(f1, 4),
        "messages_alike": round(alike, 4),
    }


def data_sets(options: argparse.Namespace) -> dict[str, list[str]]:
    texts = {"sample orders": [row["诉求内容"] for row in sample_rows()]}
    path = options.shared / "haikou12345.train.jsonl"
    if path.is_file():
        texts["hotline training orders"] = [row["text"] for row in read_real(path)]
    return {name: [normalise_aligned(text).text for text in own] for name, own in texts.items()}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--repeats", type=int, default=5, help="runs whose median counts (default: %(default)s)")
    chosen = options.parse_args()
    speed = {name: compare(texts, chosen.repeats) for name, texts in data_sets(chosen).items()}
    starts = start_times(chosen.repeats)
    header = ("data", "messages", "ours, messages/CPU s", "jieba, messages/CPU s", "times", "token F1", "cut alike")
    print(table(header, [_line(name, row) for name, row in speed.items()]))
    print(table(("segmenter", "import + dictionary, s"), starts.items()))
    figures = {"repeats": chosen.repeats, "data": speed, "start_seconds": starts}
    save("segmentation", figures, folder=chosen.results, libraries=["jieba"])


def _line(name: str, row: Row) -> tuple[object, ...]:
    share = (percent(row["messages_alike"]),)
    rates = (f"{row['ours_per_cpu_second']:,}", f"{row['jieba_per_cpu_second']:,}", row["times_faster"])
    return (name, f"{row['n']:,}", *rates, row["token_f1"], *share)


if __name__ == "__main__":
    main()
