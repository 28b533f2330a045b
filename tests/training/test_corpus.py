"""Labelled files become one corpus, whatever their format."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from petition_nlp.errors import InputError
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.corpus import Columns, Corpus, column_names, counts, read_corpus

_TAXONOMY = Taxonomy.load()
_ROWS = [
    {"text": "路口红绿灯坏了", "department": "交警", "matter": "大事"},
    {"text": "楼道灯不亮，物业“不管”", "department": "住房和城乡建设部门", "matter": "小事"},
    {"text": "邻居借钱不还\n怎么办", "department": "", "matter": "私事"},
    {"text": "工商局收费高", "department": "工商局", "matter": ""},
]
_DEPARTMENTS = ("traffic_police", "housing", None, "market_regulation")
_MATTERS = ("government", "community", "private", None)
_TARGETS = {"department": "department", "matter": "matter"}


def _csv(rows: Sequence[dict[str, str]], encoding: str, delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def _jsonl(rows: Sequence[dict[str, str]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _parquet(rows: Sequence[dict[str, str]]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    out = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(list(rows)), out)
    return out.getvalue()


_FORMATS: dict[str, tuple[str, Callable[[Sequence[dict[str, str]]], bytes]]] = {
    "csv": ("a.csv", lambda rows: _csv(rows, "utf-8")),
    "csv with a mark": ("a.csv", lambda rows: _csv(rows, "utf-8-sig")),
    "csv in GB18030": ("a.csv", lambda rows: _csv(rows, "gb18030")),
    "tab separated": ("a.tsv", lambda rows: _csv(rows, "utf-8", "\t")),
    "json lines": ("a.jsonl", _jsonl),
    "json lines in capitals": ("A.JSONL", _jsonl),
    "parquet": ("a.parquet", _parquet),
}


def _read(path: Path, **columns: str) -> Corpus:
    return read_corpus([path], Columns(_TARGETS, **columns), _TAXONOMY)


def _write(folder: Path, rows: Sequence[Mapping[str, object]], name: str = "a.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "write"), _FORMATS.values(), ids=_FORMATS.keys())
def test_every_format_gives_the_same_corpus(
    tmp_path: Path, name: str, write: Callable[[Sequence[dict[str, str]]], bytes]
) -> None:
    (tmp_path / name).write_bytes(write(_ROWS))
    corpus = _read(tmp_path / name)
    assert corpus.texts == tuple(row["text"] for row in _ROWS)
    assert corpus.labels == {"department": _DEPARTMENTS, "matter": _MATTERS}
    assert corpus.weights == (1.0,) * 4
    assert column_names(tmp_path / name) == list(_ROWS[0])


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("traffic_police", "traffic_police"),
        ("公安交管部门（交警）", "traffic_police"),
        ("交警", "traffic_police"),
        (" 交通警察支队 ", "traffic_police"),
        ("火星局", "火星局"),
    ],
)
def test_a_label_is_a_code_a_name_an_alias_or_a_former_name(tmp_path: Path, label: str, code: str) -> None:
    corpus = _read(_write(tmp_path, [{"text": "红绿灯坏了", "department": label}]))
    assert corpus.labels["department"] == (code,)


def test_cells_that_look_like_numbers_or_missing_values_stay_text(tmp_path: Path) -> None:
    rows = [
        {"text": text, "department": "交警", "matter": "大事"} for text in ("NA", "null", "007", "1e5", "2018-01-02")
    ]
    (tmp_path / "a.csv").write_bytes(_csv(rows, "utf-8"))
    assert _read(tmp_path / "a.csv").texts == ("NA", "null", "007", "1e5", "2018-01-02")


def test_files_of_different_formats_and_columns_are_joined(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(_csv([{"诉求内容": "停电", "department": "供电企业"}], "gb18030"))
    second = _write(tmp_path, [{"text": "停水", "matter": "大事"}])
    corpus = read_corpus([tmp_path / "a.csv", second], Columns(_TARGETS), _TAXONOMY)
    assert corpus.texts == ("停电", "停水")
    assert corpus.labels == {"department": ("electricity", None), "matter": (None, "government")}


def test_the_title_is_read_with_the_text(tmp_path: Path) -> None:
    rows = [
        {"标题": "停电", "正文内容": "三天了", "department": "交警"},
        {"标题": "", "正文内容": "两天", "department": "交警"},
    ]
    corpus = _read(_write(tmp_path, rows), text="正文内容", title="标题")
    assert corpus.texts == ("停电\n三天了", "两天")


def test_rows_without_a_text_are_left_out(tmp_path: Path) -> None:
    rows = [{"text": text, "department": "交警"} for text in ("停电", "", "  \n", None, "停水")]
    assert _read(_write(tmp_path, rows)).texts == ("停电", "停水")


def test_dispatch_phrases_are_counted_and_stripped(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        [
            {"text": "油烟扰民，请城管局核实处理。", "department": "城管"},
            {"text": "停电", "department": "供电企业"},
            {"text": "请城管局核实处理。", "department": "城管"},
        ],
    )
    stripped = _read(path)
    kept = read_corpus([path], Columns(_TARGETS), _TAXONOMY, keep_leaks=True)
    assert (stripped.texts, stripped.leaks) == (("油烟扰民", "停电"), 2)
    assert (len(kept), kept.leaks) == (3, 2)
    assert kept.texts[0] == "油烟扰民，请城管局核实处理。"
    assert len(stripped.labels["department"]) == len(stripped.weights) == len(stripped.slices) == 2


def test_weights_and_slices_follow_their_rows(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"text": "停电", "department": "交警", "w": 2, "source": "hotline"},
        {"text": "", "department": "交警", "w": 9, "source": "skipped"},
        {"text": "停水", "department": "交警", "w": None, "source": None},
        {"text": "断网", "department": "交警", "w": 0.25, "source": "letters"},
    ]
    corpus = _read(_write(tmp_path, rows), weight="w", by="source")
    assert corpus.weights == (2.0, 1.0, 0.25)
    assert corpus.slices == ("hotline", "", "letters")


@pytest.mark.parametrize("weight", ["0", "-1", "viel", "nan"])
def test_a_weight_that_is_no_positive_number_is_named_with_its_row(tmp_path: Path, weight: str) -> None:
    rows = [{"text": "停电", "department": "交警", "w": "1"}, {"text": "停水", "department": "交警", "w": weight}]
    with pytest.raises(InputError, match="正数") as caught:
        _read(_write(tmp_path, rows), weight="w")
    assert caught.value.where.endswith("第 2 行")


def test_labels_are_counted() -> None:
    assert counts(["a", None, "b", "a"]) == {"a": 2, "b": 1}


_BAD_FILES: dict[str, tuple[str, bytes]] = {
    "no text column": ("a.csv", b"foo,department\n1,x\n"),
    "no target column": ("a.csv", b"text,foo\nhello,x\n"),
    "no labelled row": ("a.jsonl", b'{"text": "hello", "department": ""}\n'),
    "no rows": ("a.csv", b"text,department\n"),
    "empty": ("a.csv", b""),
    "broken json": ("a.jsonl", b'{"text": "hello"\n{{{\n'),
    "not a parquet": ("a.parquet", b"PAR1 no"),
    "a workbook": ("a.xlsx", b"PK"),
    "no extension": ("data", b"text,department\n"),
}


@pytest.mark.parametrize(("name", "content"), _BAD_FILES.values(), ids=_BAD_FILES.keys())
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        _read(tmp_path / name)
    assert str(tmp_path / name) in caught.value.where
    assert caught.value.todo


def test_fields_of_json_lines_may_begin_late(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"text": "路灯不亮" * 100}] * 40_000  # beyond a reader's block of 10 MB
    corpus = _read(_write(tmp_path, [*rows, {"text": "停电", "department": "交警"}]))
    assert counts(corpus.labels["department"]).total() == 1


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "停电", "department": "交警"}\n{"text": "停\n', encoding="utf-8")
    with pytest.raises(InputError, match="JSON") as caught:
        _read(tmp_path / "a.jsonl")
    assert caught.value.where.endswith("第 2 行")


def test_a_row_with_too_many_cells_is_left_out_and_named(tmp_path: Path) -> None:
    content = "text,department\n停电,交警\n停水,交警,多余\n停气,交警\n"
    (tmp_path / "a.csv").write_text(content, encoding="gb18030")
    corpus = _read(tmp_path / "a.csv")
    assert corpus.texts == ("停电", "停气")
    assert [row for _, row in corpus.places] == [2, 4]
    assert [(row.path.name, row.line) for row in corpus.broken] == [("a.csv", 3)]
    assert "3 列" in corpus.broken[0].reason


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="不存在"):
        _read(tmp_path / "none.csv")


def test_a_column_named_by_hand_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="内容"):
        _read(_write(tmp_path, [{"text": "停电", "department": "交警"}]), text="内容")


@pytest.mark.parametrize("role", ["weight", "by"])
def test_a_weight_or_slice_column_must_be_there(tmp_path: Path, role: str) -> None:
    with pytest.raises(InputError, match="nosuch"):
        _read(_write(tmp_path, [{"text": "停电", "department": "交警"}]), **{role: "nosuch"})


def test_no_text_stays_behind_in_a_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "tmp"
    cache.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(cache))
    _read(_write(tmp_path, [{"text": "停电", "department": "交警"}]))
    assert os.listdir(cache) == []
