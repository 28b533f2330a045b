"""Non-acceptance hints: how many of invented messages get the right one, and how many real orders get any.

tests/data/acceptance_cases.jsonl holds messages that the rules were made with (`known`) and messages that were written
after the rules and that nobody tunes on (`unseen`), all invented, by kind; and such without a kind, most of them made
to be mistaken for one (准备起诉, 打了110没人管). With the real data also how many orders and letters get hints; nothing
of them is shown.

    python benchmarks/acceptance.py [--shared FOLDER]
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from common import ROOT, Row, parser, read_real, save, table

from petition_nlp.acceptance import AcceptanceDetector, Hint
from petition_nlp.policy import Policy
from petition_nlp.text.normalise import normalise

CASES = ROOT / "tests" / "data" / "acceptance_cases.jsonl"
REAL = ("haikou12345.dev", "wenzheng.dev")


class Hinter:
    """The shipped rules, with the emergencies that the shipped policy finds."""

    def __init__(self) -> None:
        self.detector = AcceptanceDetector.load()
        self._emergencies = Policy.load().emergencies
        self.codes = [kind.code for kind in self.detector.kinds]

    def find(self, texts: Sequence[str]) -> list[tuple[Hint, ...]]:
        emergencies = self._emergencies.find_all([normalise(text) for text in texts])
        return [self.detector.find(text, emergency) for text, emergency in zip(texts, emergencies, strict=True)]


def main() -> None:
    arguments = parser(__doc__).parse_args()
    hinter = Hinter()
    cases: list[Row] = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    figures: Row = {group: judged(hinter, [case for case in cases if case["set"] == group]) for group in GROUPS}
    for group in GROUPS:
        rows = [[code, *map(shown, figures[group][code].values())] for code in (*hinter.codes, "all")]
        print(table([f"invented, {group}", "right", "found", "to be found", "precision", "recall"], rows), "\n")
        print("of messages without a kind, alarms:", figures[group]["without a kind"], "\n")
    for name in REAL:
        if (path := arguments.shared / f"{name}.jsonl").is_file():
            figures[name] = marked(hinter, [row["text"] for row in read_real(path)])
            print(name, json.dumps(figures[name], ensure_ascii=False))
    save("acceptance", figures, folder=arguments.results)


GROUPS = ("known", "unseen")


def judged(hinter: Hinter, cases: Sequence[Row]) -> Row:
    """Precision and recall by kind; a hint on a message of no kind counts against its precision."""
    found = hinter.find([case["text"] for case in cases])
    pairs = [(case["kind"], hint.code) for case, hints in zip(cases, found, strict=True) for hint in hints]
    said, right = Counter(code for _, code in pairs), Counter(code for kind, code in pairs if kind == code)
    wanted = Counter(case["kind"] for case in cases if case["kind"])
    none = [bool(hints) for case, hints in zip(cases, found, strict=True) if case["kind"] is None]
    by_kind = {code: scores(right[code], said[code], wanted[code]) for code in hinter.codes}
    whole = scores(right.total(), said.total(), wanted.total())
    return {**by_kind, "all": whole, "without a kind": [sum(none), len(none)]}


def scores(right: int, said: int, wanted: int) -> Row:
    precision = right / said if said else None
    return {"right": right, "found": said, "to be found": wanted, "precision": precision, "recall": right / wanted}


def shown(value: float | None) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def marked(hinter: Hinter, texts: Sequence[str]) -> Row:
    """How many messages get hints of each kind, how many of them clear ones, and how many any."""
    found = hinter.find(texts)
    hints = [hint for own in found for hint in own]
    counts = Counter(hint.code for hint in hints)
    clear = Counter(hint.code for hint in hints if hint.strength == "clear")
    by_kind = {code: [counts[code], clear[code]] for code in hinter.codes}
    return {**by_kind, "any": sum(map(bool, found)), "messages": len(texts)}


if __name__ == "__main__":
    main()
