"""Sensitive messages: what the shipped rules find of invented ones, and how many real ones they mark.

tests/data/sensitive_cases.jsonl holds messages that the rules were made with (`known`) and messages that were written
after the rules and that nobody tunes on (`unseen`), all invented, most of them quiet; and harmless ones, everyday
complaints among them, of both sets. Of each kind it tells how many are restricted. With the real data also how many
orders and letters each kind takes and restricts; nothing of them is shown.

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
        harmless = [case["text"] for case in cases if not case["expected"] and case["set"] == group]
        figures[f"harmless, {group}"] = marked(detector, harmless)
    for name in REAL:
        if (path := arguments.shared / f"{name}.jsonl").is_file():
            figures[name] = marked(detector, [row["text"] for row in read_real(path)])
    rows = [[name, *(told(*of[code]) for code in codes)] for name, of in figures.items()]
    print(table(["messages: found (restricted) of all", *codes], rows))
    save("sensitive", figures, folder=arguments.results)


def told(found: int, restricted: int, all: int) -> str:
    """The figures of a kind as a cell."""
    return f"{found} ({restricted}) of {all}"


def found(detector: SensitiveDetector, cases: Sequence[Row], code: str, group: str) -> tuple[int, int, int]:
    """How many of a kind's messages are found, how many restricted, and of how many."""
    texts = [case["text"] for case in cases if case["expected"] and (case["kind"], case["set"]) == (code, group)]
    return marked(detector, texts)[code]


def marked(detector: SensitiveDetector, texts: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """How many messages each kind takes, how many it restricts, and of how many."""
    finds = [each for text in texts for each in detector.find(text)]
    counts = Counter(each.code for each in finds)
    restricted = Counter(each.code for each in finds if each.restricted)
    return {kind.code: (counts[kind.code], restricted[kind.code], len(texts)) for kind in detector.kinds}


if __name__ == "__main__":
    main()
