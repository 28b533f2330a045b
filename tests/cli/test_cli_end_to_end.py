"""The committed default model behind the command line, as processes of their own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tables import read_table, write_table

from petition_nlp.resources import default_model_path

BARBECUE = "我们小区楼下烧烤店每天营业到凌晨两点，油烟和噪音让老人孩子没法睡觉，找物业也没人管"
Process = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture(scope="module", autouse=True)
def _model() -> None:
    assert default_model_path().is_dir(), "models/default is part of the repository"


def test_route_as_json(process: Process, tmp_path: Path) -> None:
    done = process("route", BARBECUE, "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    route = json.loads(done.stdout)
    assert route["department"]["name"]
    assert len(route["department"]["alternatives"]) == 3
    assert len(route["matter"]["alternatives"]) == 2
    for span in route["evidence"]:
        assert BARBECUE[span["start"] : span["end"]] == span["text"]


def test_route_for_people(process: Process, tmp_path: Path) -> None:
    done = process("route", "-", input=BARBECUE.encode("gb18030"), cwd=tmp_path, env={"LC_ALL": "C"})
    assert done.returncode == 0
    assert all(label in done.stdout.decode() for label in ("责任主体", "事项类别", "主管部门", "人工复核", "依据"))


def test_classify_agrees_with_route(process: Process, tmp_path: Path) -> None:
    texts = [BARBECUE, "", "医保卡丢了怎么补办", "🙂🙂", "a" * 20_000, "楼上着火了快来人"]
    source = write_table(
        tmp_path / "工单.csv", [["编号", "诉求内容"], *([str(n), text] for n, text in enumerate(texts))]
    )
    for target in ("b.jsonl", "b.csv", "b.xlsx"):
        done = process("classify", source, "-o", tmp_path / target)
        assert done.returncode == 0, done.stderr.decode()
    printed = process("route", *texts, "--json", "--profile", "balanced").stdout
    routes = [json.loads(line) for line in printed.splitlines()]
    objects = [row[0] for row in read_table(tmp_path / "b.jsonl")]
    assert [row["编号"] for row in objects] == [str(n) for n in range(len(texts))]
    assert [row["route"] for row in objects] == routes
    for name in ("b.csv", "b.xlsx"):
        rows = read_table(tmp_path / name)[1:]
        assert [row[2] for row in rows] == [route["matter"]["name"] for route in routes]
        assert [row[3] for row in rows] == [(route["department"] or {"name": ""})["name"] for route in routes]
        assert [row[6] for row in rows] == ["是" if route["review"]["required"] else "否" for route in routes]


def test_a_model_that_is_not_there(process: Process, tmp_path: Path) -> None:
    done = process("route", "吵", "--model", tmp_path / "none")
    assert (done.returncode, done.stdout) == (4, b"")
    assert str(tmp_path / "none") in done.stderr.decode()


def test_a_higher_target_sends_more_to_people(process: Process, tmp_path: Path) -> None:
    source = write_table(tmp_path / "a.csv", [["内容"], *([BARBECUE[:n]] for n in range(4, len(BARBECUE)))])
    reviewed = []
    for target in ("0.6", "0.99"):
        assert (
            process(
                "classify", source, "-o", tmp_path / "b.csv", "--overwrite", "--target-precision", target
            ).returncode
            == 0
        )
        reviewed.append(sum(row[5] == "是" for row in read_table(tmp_path / "b.csv")[1:]))
    assert reviewed[0] <= reviewed[1]


def test_the_profile_of_an_archive(process: Process, tmp_path: Path) -> None:
    source = write_table(tmp_path / "a.csv", [["内容"], [BARBECUE]])
    for given, expected in (({}, "balanced"), ({"PETITION_PROFILE": "best"}, "best")):
        assert process("classify", source, "-o", tmp_path / "b.jsonl", "--overwrite", env=given).returncode == 0
        assert read_table(tmp_path / "b.jsonl")[0][0]["route"]["profile"] == expected
    process("classify", source, "-o", tmp_path / "b.jsonl", "--overwrite", "--profile", "fast")
    assert read_table(tmp_path / "b.jsonl")[0][0]["route"]["profile"] == "fast"
