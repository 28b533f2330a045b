"""How quickly the place and the unit of a message are found, in a directory of a large city's size.

The directory is invented: 8 districts, 80 streets, 800 communities, 5,000 compounds and 2,000 roads whose names are
made of 40 characters, so that many names share their beginning and some are the same. Messages of 100 characters
name one place each. A message's time is the median of five single calls, as other programs may share the machine; the
median and the 99th percentile of all messages count.

    python benchmarks/local_units.py [--messages 2000] [--rules 200]
"""

from __future__ import annotations

import datetime
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from common import parser, save, table

from petition_nlp.local.directory import Directory
from petition_nlp.taxonomy import Taxonomy

_CHARACTERS = "春夏秋冬云霞松竹梅兰桂柳溪泉岭川岚晴月星辰风雨雪露霜江河湖海山石玉珠锦绣华章文武"
_TAIL = (
    "楼下的烧烤店每天营业到凌晨两点，油烟和噪音让人没法睡觉，找过物业三次都说管不了，"
    "家里还有上学的孩子和老人，请有关部门尽快处理，给一个答复，谢谢。"
)
_LENGTH = 100
_REPEATS = 5


def directory(rules: int, chance: random.Random) -> Directory:
    """The invented city."""

    def name(length: int, ending: str) -> str:
        return "".join(chance.choices(_CHARACTERS, k=length)) + ending

    def places(
        kind: str, code: str, number: int, length: int, ending: str, above: str, most: int
    ) -> list[dict[str, object]]:
        return [
            {
                "id": f"{code}{index}",
                "kind": kind,
                "name": name(length, ending),
                "parents": [f"{above}{chance.randrange(most)}" for _ in range(2 if kind == "road" else 1)]
                if above
                else [],
            }
            for index in range(number)
        ]

    document = {
        "places": [
            *places("district", "D", 8, 2, "区", "", 0),
            *places("street", "S", 80, 2, "街道", "D", 8),
            *places("community", "C", 800, 2, "社区", "S", 80),
            *places("compound", "X", 5000, 3, "苑", "C", 800),
            *places("road", "R", 2000, 2, "路", "S", 80),
        ],
        "units": [
            {"code": f"U{n}", "name": f"单位{n}", "department": "urban_management", "area": f"D{n}"} for n in range(8)
        ],
        "rules": [
            {"id": str(n), "department": "urban_management", "area": f"S{n % 80}", "words": [f"第{n}件"], "unit": "U0"}
            for n in range(rules)
        ],
    }
    return Directory.from_dict(document, version="invented", taxonomy=Taxonomy.load())


def timed(call: Callable[[int], object], number: int) -> list[float]:
    """Microseconds of the calls for each message."""
    return [statistics.median(_timed(call, index) for _ in range(_REPEATS)) for index in range(number)]


def _timed(call: Callable[[int], object], index: int) -> float:
    start = time.perf_counter()
    call(index)
    return (time.perf_counter() - start) * 1e6


def summary(times: Sequence[float]) -> dict[str, float]:
    """Median and 99th percentile."""
    return {"median_us": round(statistics.median(times), 1), "p99_us": round(statistics.quantiles(times, n=100)[98], 1)}


def main() -> int:
    """Measure, print, save."""
    options = parser(__doc__)
    options.add_argument("--messages", type=int, default=2000)
    options.add_argument("--rules", type=int, default=200)
    args = options.parse_args()
    chance = random.Random(1)
    start = time.perf_counter()
    city = directory(args.rules, chance)
    read = time.perf_counter() - start
    start = time.perf_counter()
    city.find_place("")
    compiled = time.perf_counter() - start
    named = chance.choices([area for area in city.areas.values() if area.kind != "district"], k=args.messages)
    texts = [f"我住在{area.name}，{_TAIL}"[:_LENGTH].ljust(_LENGTH, "急") for area in named]
    places = [city.find_place(text) for text in texts]
    found = sum(any(area in reading for reading in place.readings) for area, place in zip(named, places, strict=True))
    day = datetime.date(2026, 12, 1)

    def assign(index: int) -> object:
        return city.assign(
            department="urban_management", matter="government", place=places[index], text=texts[index], on=day
        )

    figures = {
        "places": len(city.areas),
        "rules": args.rules,
        "messages": args.messages,
        "read_s": round(read, 3),
        "compile_s": round(compiled, 3),
        "found": found / args.messages,
        "place": summary(timed(lambda index: city.find_place(texts[index]), args.messages)),
        "unit": summary(timed(assign, args.messages)),
    }
    rows = [(step, *figures[step].values()) for step in ("place", "unit")]  # type: ignore[attr-defined]
    print(table(["step", "median µs", "p99 µs"], rows))
    print(f"{len(city.areas):,} places read in {read:.2f} s, compiled in {compiled:.2f} s")
    print(f"the named place is among the readings of {found / args.messages:.1%} of the messages")
    save("local_units", figures, folder=args.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
