from __future__ import annotations

import pytest

from petition_nlp.archive.columns import (
    header_index,
    map_columns,
    match_column,
    name_columns,
    normalise_name,
    usual_names,
)
from petition_nlp.archive.rows import Row
from petition_nlp.errors import InputError


@pytest.mark.parametrize(
    "name",
    [
        "诉求内容",
        " 诉求内容 ",
        "诉求 内容",
        "诉求内容（必填）",
        "诉求内容(必填)",
        "*诉求内容：",
        "【必填】诉求内容",
    ],
)
def test_spaces_marks_and_remarks_do_not_matter(name: str) -> None:
    assert normalise_name(name) == "诉求内容"


def test_width_and_case_do_not_matter() -> None:
    assert normalise_name("ＴＥＸＴ") == normalise_name("Text") == "text"


def test_a_name_that_is_all_remark_is_still_a_name() -> None:
    assert normalise_name("（内容）") == "(内容)"


@pytest.mark.parametrize(
    ("columns", "text", "title"),
    [
        (["工单编号", "诉求标题", "诉求内容", "区域"], "诉求内容", "诉求标题"),
        (["留言主题", "留言详情"], "留言详情", "留言主题"),
        (["内容", "主要内容"], "主要内容", None),
        (["id", "TITLE", "Content"], "Content", "TITLE"),
        (["来电人诉求内容", "处理内容"], "来电人诉求内容", None),
        (["问题描述", "办理结果"], "问题描述", None),
    ],
)
def test_usual_exports_are_understood(columns: list[str], text: str, title: str | None) -> None:
    found = map_columns(columns, where="a.csv", text=None, title=None)
    assert (found.text, found.title) == (text, title)


def test_number_area_and_time_are_carried_into_the_message() -> None:
    columns = ["工单编号", "诉求内容", "所属区域", "受理时间"]
    found = map_columns(columns, where="a.csv", text=None, title=None)
    row = Row(2, {"工单编号": 7.0, "诉求内容": "漏水", "所属区域": "秀英区", "受理时间": "20180101"})
    message, flaw = found.message(row)
    assert (message.id, message.text, message.area, message.received) == ("7", "漏水", "秀英区", "20180101")
    assert flaw == ""


@pytest.mark.parametrize(
    ("fields", "complaint"), [({}, "缺少正文字段"), ({"text": []}, "不是文字"), ({"text": True}, "不是文字")]
)
def test_a_text_field_that_holds_no_text_is_named(fields: dict[str, object], complaint: str) -> None:
    found = map_columns(["text"], where="a.jsonl", text=None, title=None)
    message, flaw = found.message(Row(1, fields))
    assert message.text == ""
    assert complaint in flaw


def test_null_is_an_empty_message() -> None:
    found = map_columns(["text"], where="a.jsonl", text=None, title=None)
    assert found.message(Row(1, {"text": None}))[0].text == ""


def test_the_answer_column_is_not_taken_for_the_text() -> None:
    with pytest.raises(InputError, match="找不到正文列"):
        map_columns(["编号", "处理内容", "回复内容"], where="a.csv", text=None, title=None)


def test_a_missing_column_names_those_found_and_the_flag() -> None:
    with pytest.raises(InputError) as caught:
        map_columns(["编号", "备注"], where="a.csv", text=None, title=None)
    assert all(part in str(caught.value) for part in ("a.csv", "「编号」、「备注」", "--text-column"))


def test_a_wrong_choice_names_the_columns_found() -> None:
    with pytest.raises(InputError, match=r"没有名为「正文」的列；现有的列：「内容」.*--text-column"):
        map_columns(["内容"], where="a.csv", text="正文", title=None)
    with pytest.raises(InputError, match="--title-column"):
        map_columns(["内容"], where="a.csv", text=None, title="标题")


def test_messages_do_not_quote_what_looks_like_a_residents_text() -> None:
    text = "我家住在云锦花园三栋二单元，楼下烧烤店每天营业到凌晨两点"
    with pytest.raises(InputError) as caught:
        map_columns(["1", text], where="a.csv", text=None, title=None)
    assert text[:10] not in str(caught.value)


def test_a_users_choice_need_not_be_exact() -> None:
    assert match_column(["编号", "办理 事项（全文）"], "办理事项") == "办理 事项（全文）"


def test_the_header_stands_below_titles() -> None:
    rows = [
        ["某市12345工单内容", "", ""],
        ["导出时间", "2018", ""],
        ["编号", "诉求内容", "区域"],
        ["1", "a", "b"],
    ]
    assert header_index(rows) == 2
    assert header_index(rows, ["区域"]) == 2
    assert header_index(rows, ["无"]) is None


def test_names_are_filled_from_merged_cells_above_and_never_twice() -> None:
    above = [["明细", "", "", ""], ["编号", "诉求", "", "办理"]]
    assert name_columns(["", "内容", "时间", "时间"], above) == ("编号", "内容", "时间", "时间（2）")
    assert name_columns(["内容", ""], [["明细", ""]]) == ("内容", "列2")


def test_the_table_of_names_has_no_name_twice() -> None:
    for role, names in usual_names().roles.items():
        assert len(set(names)) == len(names), role


def test_a_role_that_is_chosen_without_a_name_has_no_column() -> None:
    columns = ["诉求标题", "诉求内容", "编号"]
    assert map_columns(columns, where="a.csv", chosen={"title": []}).named() == {"text": "诉求内容", "id": "编号"}
