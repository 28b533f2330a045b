"""What a disturbed message costs: accuracy on dev orders as they are and after one change each.

Changes: homophones (one character in twelve is written as another of the same sound, as speech recognition does),
no punctuation, traditional characters, an order's header pasted in front, polite filler before and after, names of
other cities, every order cut to 30 characters, half of the digits and Latin letters as full-width forms, an emoji after
every sentence. For each change and profile: accuracy of department (real dispatch) and matter (readers), and how often
the first suggestion stays the same. Changes are drawn with a seed, so that all profiles see the same texts.

    python benchmarks/robustness.py [--model FOLDER] [--shared FOLDER] [--seed 0]

Needs the real data and the extra ``dev``; takes some minutes.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence

import opencc
from common import Row, parser, read_real, save, table
from pypinyin import Style, pinyin

from petition_nlp.artifact import load_model
from petition_nlp.classify.head import ranking
from petition_nlp.router import Router
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.document import prepare

Change = Callable[[str, random.Random], str]

LARGEST_DROP = 0.03
_HAN = re.compile(r"[一-鿿]")
_PUNCTUATION = re.compile(r"[，。、；：！？,.;:!?“”\"'（）()《》…—\s]+")
_SENTENCE_END = re.compile(r"(?<=[。！？!?])")
_HEADER = (
    "【工单编号】GD{number}【受理时间】2019-0{month}-1{day} 0{hour}:2{day}【来电号码】138 0000 0000"
    "【受理渠道】电话【诉求内容】"
)
_FILLER = (
    "您好，感谢您在百忙之中听我说这件事，我想来想去还是决定打这个电话。",
    "麻烦您帮忙登记一下，希望能尽快有一个答复，谢谢，辛苦了。",
)
_CITIES = ("杭州市", "武汉市", "成都市", "长沙市", "济南市")


class Homophones:
    """Characters of the same sound, out of the characters that the messages use."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.sound: dict[str, str] = {}
        self.alike: dict[str, list[str]] = defaultdict(list)
        for char in sorted({char for text in texts for char in _HAN.findall(text)}):
            self.sound[char] = pinyin(char, style=Style.NORMAL)[0][0]
            self.alike[self.sound[char]].append(char)

    def __call__(self, text: str, draw: random.Random) -> str:
        return "".join(self._other(char, draw) if draw.random() < 1 / 12 else char for char in text)

    def _other(self, char: str, draw: random.Random) -> str:
        others = [other for other in self.alike[self.sound.get(char, "")] if other != char]
        return draw.choice(others) if others else char


def header(text: str, draw: random.Random) -> str:
    """An export's fields pasted in front of the text."""
    digits = {name: draw.randint(1, 9) for name in ("month", "day", "hour")}
    return _HEADER.format(number=draw.randint(10**9, 10**10 - 1), **digits) + text


def full_width(text: str, draw: random.Random) -> str:
    """Half of the digits and Latin letters in their full-width forms."""
    return "".join(
        chr(ord(char) + 0xFEE0) if "!" <= char <= "~" and char.isalnum() and draw.random() < 0.5 else char
        for char in text
    )


def changes(texts: Sequence[str]) -> dict[str, Change]:
    """Every change by its name."""
    traditional = opencc.OpenCC("s2t")
    return {
        "as it is": lambda text, draw: text,
        "homophones": Homophones(texts),
        "no punctuation": lambda text, draw: _PUNCTUATION.sub("", text),
        "traditional characters": lambda text, draw: traditional.convert(text),
        "order header": header,
        "polite filler": lambda text, draw: _FILLER[0] + text + _FILLER[1],
        "other cities": lambda text, draw: f"{draw.choice(_CITIES)}{draw.choice(_CITIES)}的市民反映，{text}",
        "first 30 characters": lambda text, draw: text[:30],
        "full-width forms": full_width,
        "emoji": lambda text, draw: "😡".join(_SENTENCE_END.split(text)) + "😡",
    }


def choices(router: Router, head: str, texts: Sequence[str]) -> list[str]:
    """The first suggestion of a head for each text."""
    known = router.loaded.heads[head]
    table_ = router.predictor.predict([prepare(text) for text in texts]).probabilities[head]
    return [known.labels[ranking(known, row)[0]] for row in table_]


def measure(router: Router, variants: dict[str, list[str]], head: str, truth: Sequence[str]) -> dict[str, Row]:
    """Accuracy under each change, and the share of unchanged suggestions."""
    found = {name: choices(router, head, texts) for name, texts in variants.items()}
    plain = found["as it is"]
    right = {name: sum(map(str.__eq__, own, truth)) / len(truth) for name, own in found.items()}
    return {
        name: {
            "n": len(truth),
            "accuracy": round(right[name], 4),
            "drop": round(right["as it is"] - right[name], 4),
            "same": round(sum(map(str.__eq__, own, plain)) / len(truth), 4),
        }
        for name, own in found.items()
    }


def main() -> None:
    options = parser(__doc__, model=True)
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    orders = [row for row in read_real(chosen.shared / "haikou12345.dev.jsonl") if row["department"]]
    readings = [row for row in read_real(chosen.shared / "matters.dev.jsonl") if row["matter"] != "unclear"]
    texts = [row["text"] for row in (*orders, *readings)]
    profiles = load_model(chosen.model, taxonomy=Taxonomy.load().version).profiles
    figures: dict[str, dict[str, dict[str, Row]]] = {}
    sets = {"department": orders, "matter": readings}
    variants = {head: _variants(rows, changes(texts), chosen.seed) for head, rows in sets.items()}
    for profile in profiles:
        router = Router.load(chosen.model, profile=profile)
        figures[profile] = {
            head: measure(router, variants[head], head, [row[head] for row in rows]) for head, rows in sets.items()
        }
    for profile, heads in figures.items():
        for head, own in heads.items():
            lines = [(name, *row.values()) for name, row in own.items()]
            print(table((f"{profile}: {head}", "rows", "accuracy", "drop", "same suggestion"), lines))
    save("robustness", {"seed": chosen.seed, "profiles": figures}, folder=chosen.results, model=chosen.model)


def _variants(rows: Sequence[Row], made: dict[str, Change], seed: int) -> dict[str, list[str]]:
    return {
        name: [change(row["text"], random.Random(f"{seed} {number}")) for number, row in enumerate(rows)]
        for name, change in made.items()
    }


if __name__ == "__main__":
    main()
