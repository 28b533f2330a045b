from __future__ import annotations

import csv
import datetime
import hashlib
import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import make_fact

from petition_nlp.report import Fact
from petition_nlp.report.page import as_script_data

Build = Callable[..., Path]
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&\"'{{7*7}}"


def _many(number: int = 400) -> list[Fact]:
    rng = random.Random(2)
    departments = ["gas", "housing", "water_supply", "education", None]
    facts = []
    for line in range(number):
        chosen = rng.choice(departments)
        facts.append(
            make_fact(
                line=line + 2,
                received=datetime.date(2025, 1, 1) + datetime.timedelta(rng.randrange(500)),
                area=rng.choice(["城东区", "临江区", ""]),
                matter=rng.choice(["government", "community", "private", "unclear"]),
                department=chosen,
                reasons=rng.choice([(), (), ("low_confidence",)]),
                emergency=rng.choice([None] * 9 + ["110"]),
                history_code=rng.choice(["gas", "housing", None]),
                text=rng.choice(["楼道灯坏了", "停水两天了没人管", "物业乱收费", "学校门口堵车"]) + str(line % 9),
            )
        )
    return facts


def _page(folder: Path) -> str:
    return (folder / "报告.html").read_text(encoding="utf-8")


def _options(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="chart-options">(.*?)</script>', page, re.DOTALL)
    assert found
    options: dict[str, object] = json.loads(found.group(1))
    return options


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_facts_give_the_same_bytes(report: Build) -> None:
    first, second = _digests(report(_many())), _digests(report(_many()))
    assert first == second
    assert {"报告.html", "表格.xlsx"} < set(first)


def test_the_folder_holds_the_report_and_nothing_else(report: Build) -> None:
    assert {path.name for path in report(_many()).iterdir()} == {"报告.html", "表格.xlsx", "表格"}


def test_the_page_loads_nothing(report: Build) -> None:
    page = _page(report(_many()))
    own = page.replace(re.search(r"<script>(?!\s*\"use strict\").*?</script>", page, re.DOTALL).group(), "")  # type: ignore[union-attr]
    assert not re.search(r"https?://|//[a-z]|url\(|@import|<link|<img|<iframe|\ssrc=", own)
    assert "default-src 'none'" in page
    namespaces = set(re.findall(r"https?://[\w./-]+", page))
    assert all(address.startswith("http://www.w3.org/") for address in namespaces)


def test_every_chart_has_its_options_a_description_and_a_table(report: Build) -> None:
    page = _page(report(_many()))
    options = _options(page)
    assert {"periods", "matters", "departments", "review-rate", "areas", "area-periods"} <= set(options)
    for name in options:
        assert re.search(rf'id="chart-{name}"[^>]*role="img" aria-label="[^"]{{10,}}"', page)
    assert page.count("<figure>") == page.count("<details>") == len(options)


def test_nothing_that_a_row_holds_reaches_the_page_unescaped(report: Build) -> None:
    facts = [
        make_fact(
            source=HOSTILE,
            line=line,
            area=HOSTILE,
            topic=HOSTILE,
            request_type=HOSTILE,
            department="gas",
            emergency=HOSTILE,
            history=HOSTILE,
            history_code="housing" if line % 2 else None,
            received=datetime.date(2026, 4 + line % 2, 28),
            text=f"柳河河水发黑漂着死鱼{HOSTILE}",
        )
        for line in range(60)
    ]
    page = _page(report(facts, title=HOSTILE, model=HOSTILE))
    assert "alert(1)" in page
    assert "<script>alert" not in page and "<img" not in page and "{{7*7}}" in page
    assert page.count("</script>") == 3
    assert HOSTILE in json.dumps(_options(page), ensure_ascii=False).replace('\\"', '"')


def test_script_data_cannot_close_its_element() -> None:
    data = str(as_script_data({"a": "</script><!--&\u2028"}))
    assert not set("<>&\u2028") & set(data)
    assert json.loads(data) == {"a": "</script><!--&\u2028"}


def test_personal_data_in_free_columns_is_masked(report: Build) -> None:
    facts = [make_fact(area="联系电话13812345678", history="王先生13812345678", history_code=None, topic="13812345678")]
    folder = report(facts)
    everything = _page(folder) + "".join(path.read_text(encoding="utf-8-sig") for path in folder.rglob("*.csv"))
    assert "[手机号]" in everything
    assert "13812345678" not in everything


def test_formulas_in_table_files_are_text(report: Build) -> None:
    facts = [make_fact(area="=HYPERLINK(1)", line=n) for n in range(3)]
    folder = report(facts)
    with (folder / "表格" / "区域诉求量.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(iter(csv.DictReader(file)))["区域"] == "'=HYPERLINK(1)"
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(folder / "表格.xlsx")["区域诉求量"]
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["B2"].value) == ("=HYPERLINK(1)", "s", 3)


def test_every_table_is_a_file_and_a_sheet(report: Build) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    folder = report(_many())
    names = {path.stem for path in (folder / "表格").iterdir()}
    assert set(openpyxl.load_workbook(folder / "表格.xlsx").sheetnames) == names
    for path in (folder / "表格").iterdir():
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    "values",
    [
        {"received": None},
        {"area": ""},
        {"topic": ""},
        {"history": "", "history_code": None},
        {"matter": None, "department": None, "request_type": None},
        {"received": None, "area": "", "topic": "", "history": "", "history_code": None, "text": ""},
    ],
    ids=["no dates", "no areas", "no topics", "no history", "no labels", "nothing"],
)
@pytest.mark.parametrize("number", [1, 12])
def test_missing_columns_leave_a_report_without_them(report: Build, values: dict[str, object], number: int) -> None:
    folder = report([make_fact(line=n, **values) for n in range(number)])
    page = _page(folder)
    assert f"{number} 条诉求" in page
    assert ("区域热点</h2>" in page) == bool(values.get("area", "城东区"))
    assert ("与历史派单的比较</h2>" in page) == bool(values.get("history", "市政处"))


def test_no_rows_at_all(report: Build) -> None:
    folder = report([])
    assert "没有可分析的诉求" in _page(folder)
    assert "echarts" not in _page(folder)
    assert (folder / "表格.xlsx").is_file()


def test_the_head_says_what_was_left_out(report: Build) -> None:
    facts = [make_fact(line=n) for n in range(300)]
    facts += [make_fact(received=None), make_fact(received=datetime.date(1999, 1, 1))]
    page = _page(report(facts, rejected=7))
    assert "7 行，未列入统计" in page
    assert "1 条，未列入按时间的统计" in page
    assert "1 条，疑为笔误" in page
