"""Sensitive messages: what the shipped rules find of invented ones, and how many real ones they mark.

tests/data/sensitive_cases.jsonl holds messages that the rules were made with (`known`) and messages that were written
after the rules and that nobody tunes on (`unseen`), all invented, most of them quiet; and harmless ones that sound
alarming. With the real data also how many orders and letters each kind takes; nothing of them is shown.

    python benchmarks/sensitive.py [--shared FOLDER]
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from common import ROOT, Row, parser, read_real, save, table

from petition_nlp.sensitive import SensitiveDetector

CASES = ROOT / "tests" / "data" / "sensitive_cases.jsonl"
REAL = ("haikou12345.dev", "wenzheng.dev")


def main() -> None:
    arguments = parser(__doc__).parse_args()
    detector = SensitiveDetector.load()
    codes = [kind.code for kind in detector.kinds]
    cases: list[Row] = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    figures: Row = {}
    for group in ("known", "unseen"):
        figures[f"invented, {group}"] = {code: found(detector, cases, code, group) for code in codes}
    figures["harmless"] = marked(detector, [case["text"] for case in cases if not case["expected"]])
    for name in REAL:
        if (path := arguments.shared / f"{name}.jsonl").is_file():
            figures[name] = marked(detector, [row["text"] for row in read_real(path)])
    rows = [[name, *(f"{of[code][0]} of {of[code][1]}" for code in codes)] for name, of in figures.items()]
    print(table(["messages", *codes], rows))
    save("sensitive", figures, folder=arguments.results)


def found(detector: SensitiveDetector, cases: Sequence[Row], code: str, group: str) -> tuple[int, int]:
    """How many of a kind's messages are found, and of how many."""
    texts = [case["text"] for case in cases if case["expected"] and (case["kind"], case["set"]) == (code, group)]
    return sum(code in {each.code for each in detector.find(text)} for text in texts), len(texts)


def marked(detector: SensitiveDetector, texts: Sequence[str]) -> dict[str, tuple[int, int]]:
    """How many messages each kind takes, and of how many."""
    counts = Counter(each.code for text in texts for each in detector.find(text))
    return {kind.code: (counts[kind.code], len(texts)) for kind in detector.kinds}


if __name__ == "__main__":
    main()
