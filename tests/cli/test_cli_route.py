from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from stand_in import StandInRouter

from petition_nlp.route import Message, Responsible, Review

Run = Callable[..., int]


def pretend_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_json_is_the_route_on_one_line_each(
    run: Run, stand_in: StandInRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("route", "吵", "", "--json") == 0
    out = capsys.readouterr().out
    expected = [route.to_dict() for route in StandInRouter().route(["吵", ""])]
    assert [json.loads(line) for line in out.splitlines()] == expected
    assert "大事" in out
    assert stand_in.batches == [2]


def test_the_block_for_people(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("route", "着火了，还漏水") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "紧急      119：请立即转消防",
        "责任主体  城市管理部门",
        "办理渠道  三级服务中心",
        "事项类别  大事 94%",
        "  其次    小事 5%",
        "主管部门  城市管理部门 81%",
        "  其次    水务部门 12%、住建部门 3%",
        "把握      79%（事项与部门都判对的概率）",
        "人工复核  需要",
        "          · 把握 79%，不够",
        "依据      部门：着",
        "模型      standin@1（fast），分类目录 2026.11，目标准确率 90%",
        "",
    ]


def test_several_messages_are_numbered(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("route", "吵", "")
    out = capsys.readouterr().out
    assert "── 第 1 条 ──" in out
    assert "── 第 2 条 ──" in out
    assert "人工复核  不需要" in out
    assert "责任主体  无法判断，请人工处理" in out
    assert "没有可读的文字" in out


def test_a_title_goes_with_its_message(run: Run, stand_in: StandInRouter, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("route", "吵", "--title", "噪音") == 0
    assert stand_in.seen == [Message("吵", title="噪音")]
    assert run("route", "吵", "臭", "--title", "噪音") == 3
    assert "--title 只能用于一条诉求" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_standard_input_is_one_message(
    run: Run, stand_in: StandInRouter, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    text = "楼下烧烤店每天营业到凌晨\n油烟和噪音让人没法睡觉\n"
    pretend_stdin(monkeypatch, text.encode(encoding))
    assert run("route", "-") == 0
    assert [message.text for message in stand_in.seen] == [text]


def test_standard_input_line_by_line(run: Run, stand_in: StandInRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_stdin(monkeypatch, "吵\r\n\n臭\n".encode())
    assert run("route", "脏", "-", "--lines") == 0
    assert [message.text for message in stand_in.seen] == ["脏", "吵", "臭"]


def test_empty_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pretend_stdin(monkeypatch, b"")
    assert run("route", "-", "--json") == 0
    assert json.loads(capsys.readouterr().out)["matter"]["code"] == "unclear"
    pretend_stdin(monkeypatch, b"\n\n")
    assert run("route", "-", "--lines") == 3
    assert "标准输入里没有内容" in capsys.readouterr().err


def test_binary_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pretend_stdin(monkeypatch, b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert run("route", "-") == 3
    assert "标准输入：不是文本文件，像是图片" in capsys.readouterr().err


def test_a_text_that_begins_with_a_dash(run: Run, stand_in: StandInRouter) -> None:
    assert run("route", "--", "-5 度了还不供暖") == 0
    assert stand_in.seen[0].text == "-5 度了还不供暖"


def test_bytes_of_another_locale_on_the_command_line(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("route", "吵\udcb3", "--json") == 0
    assert run("route", "\udcb3吵") == 0
    assert "\\udcb3" in capsys.readouterr().out


def test_a_router_without_department(run: Run, stand_in: StandInRouter, capsys: pytest.CaptureFixture[str]) -> None:
    bare = [replace(route, matter=None, department=None, review=Review()) for route in stand_in.route(["吵"])]
    stand_in.route = lambda _: bare  # type: ignore[method-assign]
    assert run("route", "吵") == 0
    assert "事项类别" not in capsys.readouterr().out


def test_the_level_of_deliberation_is_named(
    run: Run, stand_in: StandInRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    party = Responsible("community", "业主委员会", "提交业主大会", level="compound")
    routes = [replace(route, responsible=party) for route in stand_in.route(["吵"])]
    stand_in.route = lambda _: routes  # type: ignore[method-assign]
    assert run("route", "吵") == 0
    assert "责任主体  业主委员会（小区层面议事）" in capsys.readouterr().out
