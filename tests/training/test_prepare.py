"""From an export to the files of a first model: units, months, duplicates."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tiny_models import Rows, write_csv

from petition_nlp.errors import InputError
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.export import Choice
from petition_nlp.training.prepare import Split, split
from petition_nlp.training.units import list_units, read_units, units_table

_TAXONOMY = Taxonomy.load()
_TEXTS = (
    "人民路的路灯整条街都不亮",
    "出租车司机拒载还骂人",
    "自来水早上是黄色的",
    "楼下烧烤摊油烟呛人",
    "孩子入学材料交到哪里",
)


def _order(number: int, day: str, unit: str, text: str | None = None, **more: str) -> dict[str, str]:
    text = _TEXTS[number % len(_TEXTS)] if text is None else text
    return {"工单编号": f"G{number}", "受理时间": day, "诉求内容": text, "承办单位": unit, "联系电话": "000", **more}


def _export(folder: Path, rows: Rows) -> Path:
    return write_csv(folder / "orders.csv", rows)


def _months(folder: Path, *more: dict[str, str]) -> Path:
    """One order in each of five months, in two ways of writing dates."""
    days = ("2026-01-05 08:00:00", "2026/2/5 8:00", "2026-03-05", "2026/4/5", "20260505")
    return _export(folder, [*(_order(n, day, "市城管局") for n, day in enumerate(days)), *more])


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _split(folder: Path, export: Path) -> Split:
    return split([export], {"市城管局": "城市管理综合执法部门"}, folder / "data", Choice())


@pytest.mark.parametrize(
    ("unit", "department"),
    [
        ("城管局", "urban_management"),
        ("东城区城管局", "urban_management"),
        ("市公安局交通警察支队", "traffic_police"),
        ("和平街道办事处", "subdistrict"),
        ("某某集团有限责任公司", None),
    ],
)
def test_a_unit_is_known_by_a_name_within_its_own(tmp_path: Path, unit: str, department: str | None) -> None:
    (found,) = list_units([_export(tmp_path, [_order(1, "2026-01-05", unit)])], Choice(), _TAXONOMY)
    assert found.department == (_TAXONOMY.name("department", department) if department else "")


def test_units_come_by_their_rows_with_the_day_of_the_latest(tmp_path: Path) -> None:
    rows = [_order(1, "2026-01-05", "甲"), _order(2, "2026/3/1 9:00", "乙"), _order(3, "2026-02-01", "乙")]
    units = list_units([_export(tmp_path, rows)], Choice(), _TAXONOMY)
    assert [(unit.name, unit.rows, str(unit.latest)) for unit in units] == [
        ("乙", 2, "2026-03-01"),
        ("甲", 1, "2026-01-05"),
    ]


@pytest.mark.parametrize(("line", "read"), [("交警", "公安交管部门（交警）"), ("other", "other")])
def test_a_completed_table_is_read(tmp_path: Path, line: str, read: str) -> None:
    units = list_units(
        [_export(tmp_path, [_order(1, "2026-01-05", "甲"), _order(2, "2026-01-05", "乙")])], Choice(), _TAXONOMY
    )
    table = tmp_path / "units.csv"
    table.write_text(units_table(units).replace("甲,1,2026-01-05,", f"甲,1,2026-01-05,{line}"), encoding="utf-8")
    assert read_units(table, _TAXONOMY) == {"甲": read}


def test_a_department_that_the_directory_lacks_is_named_with_its_row(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "units.csv", [{"单位": "甲", "条线": "乌有局"}])
    with pytest.raises(InputError, match="乌有局") as caught:
        read_units(table, _TAXONOMY)
    assert caught.value.where.endswith("第 2 行")


def test_months_are_parted_and_personal_columns_left_out(tmp_path: Path) -> None:
    found = _split(tmp_path, _months(tmp_path))
    assert [(part.name, part.rows) for part in found.parts] == [("history", 2), ("calib", 2), ("frozen", 1)]
    (frozen,) = _rows(tmp_path / "data" / "frozen.csv")
    assert (frozen["工单编号"], frozen["承办部门"]) == ("G4", "城市管理综合执法部门")
    assert "联系电话" not in frozen
    assert found.left_out == {}


_FLAWS = {
    "without a text": (_order(9, "2026-05-06", "甲", ""), "没有正文"),
    "without a day": (_order(9, "不详", "甲", "停电三天没有人管"), "受理时间无法识别"),
    "a number again": (_order(0, "2026-01-09", "甲", "路灯又不亮了，催办"), "编号重复，留最后一条"),
    "a near copy of an earlier part": (_order(9, "2026-05-06", "甲", _TEXTS[0]), "与更早一份里的近似重复"),
}


@pytest.mark.parametrize(("order", "why"), _FLAWS.values(), ids=_FLAWS.keys())
def test_what_is_left_out_is_counted(tmp_path: Path, order: dict[str, str], why: str) -> None:
    assert _split(tmp_path, _months(tmp_path, order)).left_out == {why: 1}


def test_of_several_rows_with_one_number_the_last_stands(tmp_path: Path) -> None:
    _split(tmp_path, _months(tmp_path, _order(0, "2026-01-09", "乙", "路灯又不亮了，催办")))
    assert [row["承办单位"] for row in _rows(tmp_path / "data" / "history.csv")] == ["乙", "市城管局"]


def test_units_without_a_department_are_told_and_their_rows_unlabelled(tmp_path: Path) -> None:
    found = _split(tmp_path, _months(tmp_path, _order(9, "2026-05-06", "乙", "停电三天没有人管")))
    assert found.open_units == {"乙": 1}
    assert (found.parts[2].rows, found.parts[2].labelled) == (2, 1)


def test_too_few_months_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有一行"):
        _split(tmp_path, _export(tmp_path, [_order(1, "2026-01-05", "甲")]))
