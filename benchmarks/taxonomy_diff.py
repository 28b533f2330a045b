"""What a new taxonomy or new rules of districts do to a large archive: seconds and memory of ``taxonomy diff``.

The archive comes from ``archive_data.py``: invented orders with the lengths of real ones, each with its unit. The new
version merges, splits by words, renames, retires and re-assigns; the rules of districts are six, and the directory for
them knows 20,000 invented places, whose names stand in most of the texts. Every figure comes from a fresh process of
the command with ``--out``, as a user would start it; processor time is given beside the seconds, as other programs may
share the machine. Memory is the highest of all processes together (PSS; see process.py).

    python benchmarks/taxonomy_diff.py [--rows 1000000] [--routed-rows 50000] [--folder FOLDER]

Each of the cases that go by stored departments is run on all rows and on a tenth of them: memory must be the same.
"""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from archive_data import Plan, write_archive
from archive_text import places
from common import Row, parser, save, table
from process import Command, run

from petition_nlp.replay.run import CSV_NAME
from petition_nlp.resources import data_path
from petition_nlp.taxonomy import Taxonomy

_VERSION = "2099.01"
_FILES = ("departments.yaml", "matters.yaml", "topics.yaml")
_GONE = ("sanitation", "landscaping", "telecom", "human_resources", "port_airport")
_NEW = {"city_care": "市容绿化部门", "network": "通信部门", "labour": "劳动部门", "social_security": "社会保险部门"}
_STEPS: Sequence[Row] = (
    {"kind": "merge", "from": ["sanitation", "landscaping"], "to": "city_care", "why": "机构改革"},
    {"kind": "rename", "from": "telecom", "to": "network"},
    {
        "kind": "split",
        "from": "human_resources",
        "to": ["labour", "social_security"],
        "rules": [
            {"to": "labour", "words": ["工资", "辞退", "加班"]},
            {"to": "social_security", "words": ["养老金", "社保"]},
        ],
    },
    {"kind": "retire", "from": "port_airport"},
    {
        **{"kind": "reassign", "name": "广场舞", "words": ["广场舞", "音响"]},
        **{"department": "public_security", "to": "urban_management"},
    },
)
_DISTRICTS = 8
_STREETS = 10
_DRAWS = 60_000
_PLACES = 20_000
_RULES = (
    ("housing", ["物业费", "停车费"], "property_management"),
    ("urban_management", ["烧烤", "油烟"], "ecology_environment"),
    ("municipal_works", ["路灯"], "urban_management"),
)


@dataclass(frozen=True)
class Case:
    """One thing to measure.

    :param stored: whether the rows' own departments are taken, rather than the model's.
    """

    name: str
    options: Sequence[str | Path]
    rows: int
    stored: bool = True


def write_version(folder: Path) -> Path:
    """The shipped taxonomy with a few changes, and the file that says what became of it."""
    old = Taxonomy.load()
    files = {name: yaml.safe_load(data_path(f"taxonomy/{name}").read_text(encoding="utf-8")) for name in _FILES}
    listed, matters = files["departments.yaml"], files["matters.yaml"]
    listed["departments"] = [
        *(own for own in listed["departments"] if own["code"] not in _GONE),
        *({"code": code, "name": name, "duty": f"{name}的职责"} for code, name in _NEW.items()),
    ]
    matters["border_rules"] = [own for own in matters["border_rules"] if own["department"] not in _GONE]
    for matter in matters["matters"]:
        parties = (matter.get("responsible") or {}).get("by_department") or {}
        for code in _GONE:
            parties.pop(code, None)
    before = {"matters": old.terms["matter"], "departments": old.terms["department"]}
    files["migration.yaml"] = {"from": old.version, "to": _VERSION, "before": before, "steps": list(_STEPS)}
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        _dump(folder / name, content if name == "migration.yaml" else {**content, "version": _VERSION})
    return folder


def write_rules(path: Path) -> Path:
    """Rules of two districts."""
    rules = [
        {
            "id": f"{_district(number)}{words[0]}",
            **{"area": _district(number), "department": department, "words": words},
            "outcome": {"department": to},
        }
        for number in range(2)
        for department, words, to in _RULES
    ]
    districts = [{"name": _district(number)} for number in range(_DISTRICTS)]
    _dump(path, {"version": "1", "districts": districts, "rules": rules})
    return path


def write_directory(folder: Path) -> Path:
    """The districts with invented streets, and the communities and compounds that the orders name."""
    compounds, communities = places(_DRAWS, np.random.default_rng(1))
    within = {name: f"街{number % (_DISTRICTS * _STREETS)}街道" for number, name in enumerate(sorted(set(communities)))}
    lies_in = dict(zip(compounds, communities, strict=True))
    listed = [
        *((_district(number), "区县", "") for number in range(_DISTRICTS)),
        *((f"街{number}街道", "街道", _district(number % _DISTRICTS)) for number in range(_DISTRICTS * _STREETS)),
        *((name, "社区", street) for name, street in within.items()),
        *((name, "小区", community) for name, community in lies_in.items()),
    ][:_PLACES]
    folder.mkdir(exist_ok=True)
    with (folder / "地点.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("名称", "类型", "上级地点"), *listed])
    return folder


def _district(number: int) -> str:
    return f"第{'甲乙丙丁戊己庚辛'[number]}区"


def _dump(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def cases(folder: Path, rows: int, routed: int) -> Iterator[Case]:
    """What is measured."""
    version = write_version(folder / "version")
    rules = ("--districts", write_rules(folder / "districts.yaml"))
    by_place = (*rules, "--directory", write_directory(folder / "directory"))
    for number in (rows // 10, rows):
        yield Case("new taxonomy", ("default", version), number)
        yield Case("rules of districts, by the column", ("default", "default", *rules), number)
        yield Case("rules of districts, by column and text", ("default", "default", *by_place), number)
    yield Case("new taxonomy, model (fast)", ("default", version, "--reroute", "--profile", "fast"), routed, False)


def measured(case: Case, archive: Path, out: Path) -> Row:
    """One run."""
    command: Command = [
        *(sys.executable, "-m", "petition_nlp.cli", "taxonomy", "diff", *case.options),
        *("--archive", archive, "--out", out, "--overwrite"),
    ]
    found = run(command, cores=1)
    with (out / CSV_NAME).open(encoding="utf-8-sig", newline="") as file:
        moved = sum(1 for _ in csv.reader(file)) - 1
    return {
        "case": case.name,
        "rows": case.rows,
        "moved": moved,
        "seconds": round(found.seconds, 1),
        "cpu_seconds": round(found.cpu_seconds, 1),
        "rows_per_cpu_second": round(case.rows / found.cpu_seconds),
        "memory_mb": found.pss_mb,
    }


def _archives(folder: Path) -> Callable[[int], Path]:
    """Makes an archive of so many rows, unless it is there."""

    def made(rows: int) -> Path:
        path = folder / f"{rows}.csv"
        if not path.exists():
            write_archive(path, Plan(rows))
        return path

    return made


def main() -> int:
    """Measure, print, save."""
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--routed-rows", type=int, default=50_000, help="rows that the model routes")
    options.add_argument("--folder", type=Path, help="where the archives are made; they stay there")
    args = options.parse_args()
    folder = args.folder or Path(tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    try:
        archive = _archives(folder)
        found = [
            measured(case, archive(case.rows), folder / "out") for case in cases(folder, args.rows, args.routed_rows)
        ]
    finally:
        if args.folder is None:
            shutil.rmtree(folder)
    print(table(list(found[0]), [list(row.values()) for row in found]))
    save("taxonomy_diff", {"cases": found}, folder=args.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
