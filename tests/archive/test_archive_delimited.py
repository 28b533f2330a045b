from __future__ import annotations

from pathlib import Path

import pytest

from petition_nlp.archive import delimited, lines
from petition_nlp.archive.delimited import DelimitedSource
from petition_nlp.archive.formats import Format, Kind
from petition_nlp.archive.rows import BadRow, Row
from petition_nlp.errors import InputError


def source(tmp_path: Path, text: str | bytes, *, kind: Kind = Kind.CSV, column: str | None = None) -> DelimitedSource:
    path = tmp_path / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return DelimitedSource(path, Format(kind), encoding=None, text_columns=(column,) if column else ())


def rows(tmp_path: Path, text: str | bytes) -> list[Row | BadRow]:
    return list(source(tmp_path, text).rows())


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_told_apart(tmp_path: Path, delimiter: str) -> None:
    text = f"编号{delimiter}诉求内容{delimiter}区域\n1{delimiter}噪音，扰民,很吵;真的|是{delimiter}甲\n"
    text = text.replace("噪音，扰民,很吵;真的|是", '"噪音，扰民,很吵;真的|是"')
    (row,) = source(tmp_path, text).rows()
    assert isinstance(row, Row)
    assert dict(row.fields) == {"编号": "1", "诉求内容": "噪音，扰民,很吵;真的|是", "区域": "甲"}


def test_commas_within_the_text_of_a_table_with_tabs(tmp_path: Path) -> None:
    text = "编号\t诉求内容\n" + "1\t吵,很吵,非常吵\n2\t臭,很臭,非常臭\n"
    assert [r.fields["诉求内容"] for r in rows(tmp_path, text) if isinstance(r, Row)] == [
        "吵,很吵,非常吵",
        "臭,很臭,非常臭",
    ]


def test_a_single_column_needs_no_delimiter(tmp_path: Path) -> None:
    assert [r.fields for r in rows(tmp_path, "内容\n吵\n臭\n") if isinstance(r, Row)] == [
        {"内容": "吵"},
        {"内容": "臭"},
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_numbers_with_every_line_ending(tmp_path: Path, ending: str) -> None:
    text = ending.join(["某市工单", "编号,内容", '1,"两', '行"', "", "2,一行", ""])
    assert [(r.line, r.fields["内容"]) for r in rows(tmp_path, text) if isinstance(r, Row)] == [
        (3, f"两{ending}行"),
        (6, "一行"),
    ]


def test_header_below_titles_and_merged_cells(tmp_path: Path) -> None:
    table = source(tmp_path, "某市12345工单明细,,,\n编号,诉求,,办理\n,标题,内容,单位\n1,a,b,c\n")
    assert table.columns == ("编号", "标题", "内容", "单位")
    assert "表头在第 3 行" in table.describe()


def test_too_many_cells_are_rejected_and_trailing_delimiters_are_not(tmp_path: Path) -> None:
    wide, fine = rows(tmp_path, "编号,内容\n1,吵,臭\n2,吵,,\n")
    assert isinstance(wide, BadRow)
    assert (wide.line, wide.raw) == (2, "1,吵,臭")
    assert "3 列" in wide.reason
    assert isinstance(fine, Row)
    assert fine.flaw == ""


def test_too_few_cells_are_kept_with_a_flaw(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "编号,内容,区域\n1,吵\n")
    assert isinstance(row, Row)
    assert dict(row.fields) == {"编号": "1", "内容": "吵", "区域": ""}
    assert "只有 2 列" in row.flaw


def test_nul_and_damaged_bytes_are_kept_with_a_flaw(tmp_path: Path) -> None:
    good = "".join(f"{n},小区楼下烧烤店油烟扰民请处理\n" for n in range(20)).encode()
    found = rows(tmp_path, "编号,内容\n".encode() + good + b"20,a\x00b\n21,\xe5\xbe\xff\n")
    nul, damaged = found[-2:]
    assert isinstance(nul, Row)
    assert isinstance(damaged, Row)
    assert (nul.fields["内容"], "NUL" in nul.flaw) == ("ab", True)
    assert ("\ufffd" in damaged.fields["内容"], "无法解码" in damaged.flaw) == (True, True)
    assert all(isinstance(row, Row) and not row.flaw for row in found[:-2])


def test_a_quote_never_closed_at_the_end_costs_one_line(tmp_path: Path) -> None:
    before, bad, after = rows(tmp_path, '编号,内容\n1,好\n2,"开\n3,好\n')
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.raw) == (3, '2,"开')
    assert [r.fields["编号"] for r in (before, after) if isinstance(r, Row)] == ["1", "3"]


def test_a_quote_closed_by_a_later_row_costs_one_line(tmp_path: Path) -> None:
    found = rows(tmp_path, '编号,内容,区域\n1,"开,甲\n2,好,乙\n3,"好",丙\n')
    assert [type(row) for row in found] == [BadRow, Row, Row]


def test_a_quote_never_closed_in_a_large_file_costs_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "RECORD_LIMIT", 500)
    many = "".join(f"{number},楼道灯坏了\n" for number in range(2, 200))
    found = rows(tmp_path, f'编号,内容\n1,"开\n{many}')
    assert [row.line for row in found if isinstance(row, BadRow)] == [2]
    assert len(found) == 199


def test_a_closed_quote_at_the_end_without_a_line_end(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, '编号,内容\n1,"他说""好""\n"')
    assert isinstance(row, Row)
    assert row.fields["内容"] == '他说"好"\n'


def test_a_line_without_end_is_rejected_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LINE_LIMIT", 1000)
    found = rows(tmp_path, "编号,内容\n1," + "吵" * 5000 + "\n2,好\n")
    assert [type(row) for row in found] == [BadRow, Row]
    assert [row.line for row in found] == [2, 3]


def test_a_message_of_a_megabyte_is_a_message(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "编号,内容\n1," + "吵" * 1_000_000 + "\n")
    assert isinstance(row, Row)
    assert len(row.fields["内容"]) == 1_000_000


@pytest.mark.parametrize(
    ("text", "what"),
    [("\n\n , \n", "没有内容"), ("编号,内容\n", "只有表头"), ("编号,内容\n,\n\n", "只有表头")],
)
def test_tables_without_rows(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        source(tmp_path, text)


def test_a_named_column_decides_on_the_header(tmp_path: Path) -> None:
    assert source(tmp_path, "内容说明;\n甲事;乙事\n1;2\n", column="乙事").columns == ("甲事", "乙事")
