"""The generator of archives that benchmarks/archive.py measures with."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from petition_nlp.taxonomy import Taxonomy

_BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
_ROWS = 6000


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(_BENCHMARKS))
        import archive_data
    return archive_data


@pytest.fixture(scope="module")
def columns(generator: ModuleType) -> dict[str, list[str]]:
    return next(generator.blocks(generator.Plan(_ROWS, seed=1)))


def _write(generator: ModuleType, path: Path, rows: int, encoding: str = "utf-8") -> None:
    generator.write_archive(path, generator.Plan(rows, seed=1), encoding=encoding)


def test_lengths_are_those_of_real_orders(columns: dict[str, list[str]]) -> None:
    lengths = [len(text) for text in columns["诉求内容"]]
    assert 55 <= np.median(lengths) <= 66
    assert 90 <= np.mean(lengths) <= 110
    assert 1000 < max(lengths) <= 3050
    assert min(lengths) >= 3


def test_a_length_asked_for_is_that_of_title_and_text_together(generator: ModuleType) -> None:
    block = next(generator.blocks(generator.Plan(2000, length=100)))
    pairs = zip(block["诉求标题"], block["诉求内容"], strict=True)
    assert {len(title) + len(text) for title, text in pairs} == {100}


def test_few_texts_repeat(columns: dict[str, list[str]]) -> None:
    assert len(set(columns["诉求内容"])) >= 0.98 * _ROWS


def test_the_same_seed_gives_the_same_rows_and_another_one_others(generator: ModuleType) -> None:
    first, again, other = (next(generator.blocks(generator.Plan(300, seed=seed))) for seed in (5, 5, 6))
    assert first == again
    assert sum(one == two for one, two in zip(first["诉求内容"], other["诉求内容"], strict=True)) < 10


def test_blocks_are_bounded_and_numbers_go_on(generator: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "BLOCK", 400)
    found = list(generator.blocks(generator.Plan(1000)))
    assert [len(block["诉求内容"]) for block in found] == [400, 400, 200]
    numbers = [int(number[-9:]) for block in found for number in block["工单编号"]]
    assert numbers == list(range(1, 1001))
    assert len({text for block in found for text in block["诉求内容"]}) > 950


def test_orders_come_in_order_of_time_over_twelve_years_and_grow(columns: dict[str, list[str]]) -> None:
    times = columns["受理时间"]
    assert times == sorted(times)
    years = Counter(time[:4] for time in times)
    assert sorted(years) == [str(year) for year in range(2014, 2026)]
    assert years["2025"] > 2 * years["2014"]


def test_months_follow_the_seasons(columns: dict[str, list[str]]) -> None:
    months = Counter(time[5:7] for time in columns["受理时间"])
    assert months["07"] > 1.3 * months["02"]


def test_units_are_departments_that_get_orders_or_empty(columns: dict[str, list[str]]) -> None:
    known = {department.name for department in Taxonomy.load().departments.values() if department.dispatch}
    units = Counter(columns["承办单位"])
    assert set(units) <= known | {""}
    assert len(units) > 30
    assert 0.01 < units[""] / _ROWS < 0.03


def test_categories_have_three_levels(columns: dict[str, list[str]]) -> None:
    assert {len(category.split("->")) for category in columns["问题分类"]} == {3}


def test_every_format_holds_the_same_rows(generator: ModuleType, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    expected = next(generator.blocks(generator.Plan(200, seed=1)))["诉求内容"]
    for name in ("a.parquet", "a.csv", "a.jsonl", "a.csv.gz", "a.jsonl.gz"):
        _write(generator, tmp_path / name, 200)
    _write(generator, tmp_path / "b.csv", 200, "gb18030")
    assert pq.read_table(tmp_path / "a.parquet")["诉求内容"].to_pylist() == expected
    plain, packed = (tmp_path / name for name in ("a.csv", "a.csv.gz"))
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()
    assert (tmp_path / "b.csv").read_bytes().decode("gb18030") == plain.read_bytes().decode("utf-8")
    with plain.open(encoding="utf-8", newline="") as file:
        assert [row["诉求内容"] for row in csv.DictReader(file)] == expected
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()).decode().splitlines() == lines
    assert [json.loads(line)["诉求内容"] for line in lines] == expected


def test_another_format_ends_the_script_and_says_which_there_are(generator: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"\.parquet"):
        _write(generator, tmp_path / "a.xlsx", 10)


def test_lengths_reported_are_those_written(generator: ModuleType, tmp_path: Path) -> None:
    found = generator.write_archive(tmp_path / "a.csv", generator.Plan(500, seed=1))
    lengths = [len(text) for text in next(generator.blocks(generator.Plan(500, seed=1)))["诉求内容"]]
    assert (found.rows, found.longest) == (500, max(lengths))
    assert found.mean == pytest.approx(np.mean(lengths), abs=0.1)
    assert found.percentiles[50] == pytest.approx(np.median(lengths), abs=1)


def test_numbers_of_a_clause_change_and_its_words_stay(generator: ModuleType) -> None:
    import random

    import archive_text

    template = archive_text.Template.of("8月起3栋三个月没水，电话13800000000。")
    assert "".join(part for part in template.parts) == "起栋个月没水，电话13800000000。"
    varied = {template.varied(random.Random(seed)) for seed in range(20)}
    assert len(varied) > 15
    assert all("电话13800000000" in clause for clause in varied)
