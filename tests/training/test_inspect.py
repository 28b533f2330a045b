"""What the inspection finds, on data with each flaw planted in it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tiny_models import word_rows, write_csv

from petition_nlp.errors import InputError
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.inspect import Inspection, InspectOptions, inspect
from petition_nlp.training.inspect_report import findings, inspection_page, write_inspection

_TARGETS = {"department": "责任部门"}
_SECRET = "13800000000"
_WRONG = 20


def _flawed(folder: Path) -> Path:
    rows = [
        {**row, "责任部门": row["责任部门"], "受理时间": f"2024-{1 + n % 8:02d}-03"}
        for n, row in enumerate(word_rows())
    ]
    text = "诉求内容"
    for wrong in rows[:_WRONG]:
        wrong["责任部门"] = "教育部门" if wrong["责任部门"] != "教育部门" else "税务部门"
    plain = {**rows[0], "责任部门": "供电企业"}
    return write_csv(
        folder / "flawed.csv",
        [
            *rows,
            {**plain, text: ""},
            {**plain, text: "停电"},
            {**plain, text: "夜里变压器嗡嗡响，整栋楼都睡不好，已经三个月了，请派人来修", "责任部门": "供电企业"},
            {**plain, text: "夜里变压器嗡嗡响，整栋楼都睡不好，已经三个月了，请派人来修", "责任部门": "生态环境部门"},
            {**plain, text: f"电表跳闸停电，请打我的电话{_SECRET}"},
            {**plain, text: "小区停电已经一天了，没有人来抢修，请供电局核实处理。"},
            {**plain, text: "锟斤拷停电锟斤拷抢修电缆线路"},
            {**plain, text: "没有人知道是哪个单位的一件事情", "责任部门": "乌有局"},
            *(
                {**plain, text: f"老名称下的第{n}件停电事项", "责任部门": "老电力局", "受理时间": "2024-02-01"}
                for n in range(12)
            ),
        ],
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Inspection:
    path = _flawed(tmp_path_factory.mktemp("inspect"))
    return inspect(InspectOptions([path], _TARGETS, date_column="受理时间"))


def _department(found: Inspection) -> dict[str, Any]:
    return dict(found.report["heads"]["department"])


def test_flaws_of_the_text_are_counted(found: Inspection) -> None:
    report = found.report
    assert report["blank"] == 1
    assert report["short"] == 1
    assert report["leaks"] == 1
    assert report["garbled"] == 1
    assert report["personal"] == {"rows": 1, "kinds": {"手机号": 1}}
    assert report["copies"]["exact"] >= 1


def test_rows_that_cannot_be_split_are_named_and_the_others_read(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", word_rows())
    rows = len(path.read_text(encoding="utf-8").splitlines()) - 1
    with path.open("a", encoding="utf-8") as file:
        file.write("一,二,三,四,五,六,七\n")
    report = inspect(InspectOptions([path], _TARGETS)).report
    assert report["rows"] == rows
    assert [(row["file"], row["line"]) for row in report["broken"]] == [("a.csv", rows + 2)]
    assert f"a.csv 第 {rows + 2} 行" in findings(report)[0][2]


def test_copies_that_went_to_different_departments_are_counted(found: Inspection) -> None:
    found_ = _department(found)["contradictions"]
    assert found_["groups"] >= 1
    assert 1 <= found_["lost"] < found_["rows"] <= found_["copied_rows"]


def test_labels_that_are_unknown_rare_or_no_longer_used_are_named(found: Inspection) -> None:
    head = _department(found)
    assert head["unknown"] == {"老电力局": 12, "乌有局": 1}
    assert {"老电力局", "乌有局"} <= set(head["rare"])
    assert head["dying"] == {"老电力局": 12}
    assert head["new"] == {}


def test_planted_label_errors_are_found_with_their_rows(found: Inspection) -> None:
    first = found.suspects[:_WRONG]
    assert sum(2 <= suspect.row <= _WRONG + 1 for suspect in first) >= 0.8 * _WRONG  # row 1 is the header
    assert all(suspect.label != suspect.suggested and suspect.quality < 0.5 for suspect in first)


def test_no_text_of_the_data_leaves(found: Inspection, tmp_path: Path) -> None:
    write_inspection(found, tmp_path, Taxonomy.load())
    for path in tmp_path.iterdir():
        content = path.read_text(encoding="utf-8")
        assert _SECRET not in content
        assert "变压器嗡嗡响" not in content


def test_the_folder_holds_the_page_the_report_and_the_rows(found: Inspection, tmp_path: Path) -> None:
    write_inspection(found, tmp_path, Taxonomy.load())
    assert json.loads((tmp_path / "inspect.json").read_text(encoding="utf-8")) == found.report
    rows = list(csv.DictReader(io.StringIO((tmp_path / "suspects.csv").read_text(encoding="utf-8-sig"))))
    assert len(rows) == len(found.suspects)
    assert {row["行号"] for row in rows} == {str(suspect.row) for suspect in found.suspects}


def test_the_page_names_every_finding(found: Inspection) -> None:
    page = inspection_page(found, Taxonomy.load())
    for name, _, _ in findings(found.report):
        assert name in page
    assert "老电力局 12" in page
    assert "<script" not in page


def test_a_label_with_one_value_is_counted_and_not_learnt(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "one.csv", [{"正文": f"停电第{n}次", "责任部门": "供电企业"} for n in range(9)])
    report = inspect(InspectOptions([path], _TARGETS)).report
    assert report["heads"]["department"]["figures"] is None
    assert report["heads"]["department"]["labelled"] == 9
    assert report["dates"] is None


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "one.csv", [{"正文": "停电", "责任部门": "供电企业"}])
    with pytest.raises(InputError, match="受理时间"):
        inspect(InspectOptions([path], _TARGETS, date_column="受理时间"))


def test_one_wrong_date_does_not_make_every_label_old(tmp_path: Path) -> None:
    rows = [{**row, "受理时间": f"2024-{1 + n % 8:02d}-03"} for n, row in enumerate(word_rows())]
    rows[0]["受理时间"], rows[1]["受理时间"], rows[2]["受理时间"] = "9999-12-31", "45352", "1900-01-01"
    path = write_csv(tmp_path / "dates.csv", rows)
    report = inspect(InspectOptions([path], _TARGETS, date_column="受理时间")).report
    assert report["dates"] == {"first": "2024-01", "last": "2024-08", "unreadable": 3}
    assert report["heads"]["department"]["dying"] == {}


def test_one_of_two_labels_in_copies_of_one_text_is_no_error(tmp_path: Path) -> None:
    same = [{"诉求内容": "发票没有开出来，请税务部门查一查", "责任部门": "税务部门"}] * 6
    rows = [row for row in word_rows()[:60] if row["责任部门"] == "供电企业"]
    path = write_csv(
        tmp_path / "two.csv", [*[{key: row[key] for key in ("诉求内容", "责任部门")} for row in rows], *same]
    )
    assert inspect(InspectOptions([path], _TARGETS)).report["heads"]["department"]["figures"] is not None
