from __future__ import annotations

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tiny_models import Trained

from petition_nlp.errors import OutputError
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.card import CardFacts, model_card
from petition_nlp.training.charts import reliability_plot, risk_coverage_plot
from petition_nlp.training.evaluate import evaluate
from petition_nlp.training.report import check_folder, heat_table, report_page, top_confusions, write_report


@pytest.fixture(scope="module")
def report(trained: Trained) -> dict[str, Any]:
    return evaluate(trained.folder, [trained.unseen], by="受理渠道")


@pytest.fixture(scope="module")
def page(report: dict[str, Any]) -> str:
    return report_page(report, Taxonomy.load())


class Tags(HTMLParser):
    """Checks that every element is closed and collects attributes."""

    _VOID = frozenset({"meta", "br", "line", "circle", "polyline"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.names: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        if tag not in self._VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_asks_for_nothing_from_outside(page: str) -> None:
    tags = Tags(page)
    assert tags.open == []
    assert not tags.names & {"script", "link", "img", "iframe"}
    assert all((value or "").startswith("#") for name, value in tags.attributes if name in ("src", "href"))
    assert "url(" not in page and "@import" not in page and "http" not in re.sub(r"http-equiv", "", page)


def test_the_page_shows_the_figures_of_the_report(page: str, report: dict[str, Any]) -> None:
    for head in report["heads"].values():
        low, high = head["intervals"]["accuracy"]
        assert f"{head['accuracy']:.1%}" in page
        assert f"{low * 100:.1f}–{high:.1%}" in page
        assert f"{head['ece']:.3f}" in page
    assert "标定数据不足以保证" in page


def test_the_page_speaks_chinese_names(page: str) -> None:
    assert all(name in page for name in ("大事", "私事", "通信与广电运营商", "责任部门", "领导信箱"))
    assert "模型不认识的标签" in page and "应留给人工的标签" in page


def test_a_policy_with_a_threshold_is_shown(sure: Trained) -> None:
    report = evaluate(sure.folder, [sure.unseen])
    page = report_page(report, Taxonomy.load())
    assert f"{report['policy']['targets']['0.90']['precision']:.1%}" in page


def test_labels_of_the_data_cannot_become_markup(report: dict[str, Any]) -> None:
    head = {**report["heads"]["matter"], "unknown_labels": {"<b>x</b>": 3}}
    page = report_page({**report, "data": ["<i>.csv"], "heads": {"matter": head}}, Taxonomy.load())
    assert "<b>x</b>" not in page and "&lt;b&gt;x" in page and "<i>.csv" not in page


def test_top_confusions_are_in_words_and_in_order() -> None:
    found = top_confusions([[8, 2, 0], [5, 5, 0], [0, 2, 0]], ["信访", "公安", "教育"])
    assert [(c.truth, c.choice, c.n, c.share) for c in found] == [
        ("公安", "信访", 5, 0.5),
        ("教育", "公安", 2, 1.0),
        ("信访", "公安", 2, 0.2),
    ]


def test_heat_table_orders_by_rows_and_drops_what_never_occurs() -> None:
    table = heat_table([[1, 0, 0], [0, 0, 0], [3, 0, 7]], ["a", "b", "c"])
    assert table.names == ("c", "a")
    assert [[cell.n for cell in row] for row in table.cells] == [[7, 3], [0, 1]]
    assert [cell.kind for cell in table.cells[0]] == ["hit", "miss"]
    assert [cell.shade for cell in table.cells[0]] == [7, 3]


def test_heat_table_joins_the_rarest_labels_and_loses_no_row() -> None:
    matrix = [[10 * (i == j) + (i + j) % 2 for j in range(40)] for i in range(40)]
    table = heat_table(matrix, [str(i) for i in range(40)], limit=10)
    assert len(table.names) == 10 and table.names[-1] == "其余 31 类" and table.merged == 31
    assert sum(cell.n for row in table.cells for cell in row) == sum(map(sum, matrix))


@pytest.mark.parametrize(
    "drawing",
    [
        reliability_plot([(0.2, 0.1), (0.9, 1.0)]),
        risk_coverage_plot([(0.1, 0.0), (1.0, 0.3)], risks=(0.05, 0.1)),
        risk_coverage_plot([], risks=(0.05,)),
        reliability_plot([]),
    ],
)
def test_charts_are_valid_and_stay_inside_their_frame(drawing: str) -> None:
    root = ElementTree.fromstring(drawing)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert root.attrib["aria-label"]
    for line in root.iter("polyline"):
        for place in line.attrib["points"].split():
            x, y = map(float, place.split(","))
            assert 0 <= x <= width and 0 <= y <= height


def test_a_perfect_bin_stands_on_the_diagonal() -> None:
    root = ElementTree.fromstring(reliability_plot([(0.5, 0.5)]))
    ideal = next(line for line in root.iter("polyline") if line.attrib["class"] == "ideal")
    (x0, y0), (x1, y1) = (tuple(map(float, p.split(","))) for p in ideal.attrib["points"].split())
    dot = next(root.iter("circle")).attrib
    assert (float(dot["cx"]), float(dot["cy"])) == pytest.approx(((x0 + x1) / 2, (y0 + y1) / 2), abs=0.1)


def test_the_folder_is_made_and_holds_both_files(report: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    write_report(report, folder, Taxonomy.load())
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json"]
    assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == report


def test_a_second_report_replaces_the_first_and_leaves_other_files(report: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    write_report(report, tmp_path, Taxonomy.load())
    write_report({**report, "model": "other@1"}, tmp_path, Taxonomy.load())
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["model"] == "other@1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "report.html", "report.json"]


@pytest.mark.parametrize("inside", [False, True])
def test_a_file_in_the_way_is_refused_before_any_work(inside: bool, trained: Trained, tmp_path: Path) -> None:
    blocking = tmp_path / "report"
    blocking.write_text("keep me", encoding="utf-8")
    with pytest.raises(OutputError, match="这里是一个文件"):
        evaluate(tmp_path / "no model", [trained.unseen], report=blocking / "x" if inside else blocking)
    assert blocking.read_text(encoding="utf-8") == "keep me"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(report: dict[str, Any], tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="无法写入"):
        write_report(report, tmp_path, Taxonomy.load())


def test_a_missing_folder_is_no_obstacle(tmp_path: Path) -> None:
    check_folder(tmp_path / "not" / "yet")


def card(trained: Trained, **changes: Any) -> str:
    report = {**trained.report, **changes}
    return model_card(CardFacts("town", "1", Taxonomy.load(), report, "Notes *as given*."))


def test_the_card_in_the_model_folder_is_this_card(trained: Trained) -> None:
    written = (trained.folder / "README.md").read_text(encoding="utf-8")
    assert written.startswith("# model@")
    assert "## Origin and habits\n\nInvented orders of no city.\n" in written


def test_the_card_gives_the_figures_of_every_head(trained: Trained) -> None:
    text = card(trained)
    for name, head in trained.report["heads"].items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[1:3] == [f"{head['n']:,}", f"{head['accuracy']:.3f}"]
        assert cells[3].startswith(f"{head['macro_f1']:.3f}")
        assert cells[4:6] == [f"{head['top3']:.3f}", f"{head['ece']:.3f} ({head['ece_perfect']:.3f})"]
        for label in head["per_label"]:
            assert f"| `{label['label']}` |" in text


def test_the_card_names_what_was_left_out_and_what_is_left_to_people(trained: Trained) -> None:
    text, taxonomy = card(trained), Taxonomy.load()
    for label, n in trained.report["heads"]["department"]["left_out"].items():
        assert f"{taxonomy.name('department', label)} ({n})" in text
    assert "Left to people (learnt, never suggested): 无责任单位（自行解决、市场服务）" in text


def test_the_card_tells_of_slices_leaks_privacy_and_notes(trained: Trained) -> None:
    text = card(trained, leaks={"rows": 1234, "kept": True}, calibration_rows=99)
    assert "| 领导信箱 |" in text
    assert "1,234 messages held a dispatch phrase" in text and "kept as the trainer asked" in text
    assert "99 further messages" in text
    assert "fewer than 5 messages" in " ".join(text.split())
    assert text.endswith("## Origin and habits\n\nNotes *as given*.\n")


def test_tables_of_the_card_have_as_many_cells_as_their_header(trained: Trained) -> None:
    for table in re.findall(r"(?:^\|.*\n)+", card(trained), flags=re.MULTILINE):
        assert len({line.count("|") for line in table.strip().splitlines()}) == 1
