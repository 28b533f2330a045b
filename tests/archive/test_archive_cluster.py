"""Real Ray clusters of several processes on this machine."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from stand_in import StandInRouter
from tables import write_table

from petition_nlp.archive import ClassifyJob, ClassifyOptions
from petition_nlp.errors import InputError, OutputError
from petition_nlp.route import Message, Route

ray = pytest.importorskip("ray", reason="the extra ray is not installed")
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from petition_nlp.archive.cluster import ClusterOptions, classify_on_cluster  # noqa: E402

TESTS = Path(__file__).resolve().parents[1]
COLUMNS = ["编号", "内容", "承办单位"]


@pytest.fixture(scope="module", autouse=True)
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    os.environ.update({"RAY_AUTH_MODE": "disabled", "RAY_worker_niceness": "0"})
    paths = os.pathsep.join(map(str, (TESTS, TESTS / "archive", TESTS.parent)))
    ray.init(
        num_cpus=3,
        include_dashboard=False,
        object_store_memory=100 << 20,
        logging_level=40,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )
    yield
    ray.shutdown()


def orders(folder: Path, *, files: int = 3, rows: int = 3000) -> list[str]:
    folder.mkdir()
    paths = []
    for number in range(files):
        ids = range(number * rows, (number + 1) * rows)
        units = ["某某区城管局", "市公安局", None] * (rows // 3)
        table = pa.table(
            [[str(n) for n in ids], [f"第{n}件事漏水" if n % 5 else "吵" for n in ids], units], names=COLUMNS
        )
        paths.append(str(folder / f"{number}.parquet"))
        pq.write_table(table, paths[-1], row_group_size=500)
    return paths


def in_one_process(sources: Sequence[str], target: Path) -> Any:
    """The same rows by the plain engine."""
    ClassifyJob(ClassifyOptions([Path(s) for s in sources], target)).run(StandInRouter())
    return pq.read_table(target)


def test_the_same_rows_come_out(tmp_path: Path) -> None:
    sources, out = orders(tmp_path / "in"), tmp_path / "out"
    summary = classify_on_cluster(ClusterOptions([str(tmp_path / "in")], str(out), processes=2), StandInRouter)
    expected = in_one_process(sources, tmp_path / "plain.parquet")
    plain = expected.drop(["来源文件", "来源行号"])
    assert pq.read_table(out).select(plain.column_names).sort_by("编号").equals(plain.sort_by("编号"))
    assert (summary.rows, summary.reviewed) == (9000, 7200)
    assert summary.departments == {"城市管理部门": 9000}
    assert not list(tmp_path.glob(".*"))


def test_csv_and_json_lines(tmp_path: Path) -> None:
    table = [COLUMNS, *([f"{n:04}", f"第{n}件事，\n漏水", ""] for n in range(100))]
    write_table(tmp_path / "a.csv", table, encoding="gb18030")
    write_table(tmp_path / "a.jsonl", table)
    classify_on_cluster(
        ClusterOptions([str(tmp_path / "a.csv")], f"file://{tmp_path}/csv", "csv", encoding="gb18030", processes=1),
        StandInRouter,
    )
    import pandas

    (part,) = (tmp_path / "csv").iterdir()
    found = pandas.read_csv(part, dtype=str, keep_default_na=False)
    assert found["编号"].tolist() == [row[0] for row in table[1:]]
    assert found["内容"].tolist() == [row[1] for row in table[1:]]
    classify_on_cluster(
        ClusterOptions([str(tmp_path / "a.jsonl")], str(tmp_path / "j"), "jsonl", processes=1), StandInRouter
    )
    lines = [json.loads(line) for part in sorted((tmp_path / "j").iterdir()) for line in part.open(encoding="utf-8")]
    assert [line["编号"] for line in lines] == [row[0] for row in table[1:]]
    assert {line["责任部门"] for line in lines} == {"城市管理部门"}


class Killed(StandInRouter):
    """Its process is killed once, in the middle of the work."""

    mark = ""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self.mark = mark

    def route(self, messages: Sequence[Message | str]) -> list[Route]:
        if any(isinstance(m, Message) and m.id == "4321" for m in messages):
            try:
                os.close(os.open(self.mark, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.01)
        return super().route(messages)


class MakeKilled:
    """Makes one in each process."""

    def __init__(self, mark: Path) -> None:
        self._mark = str(mark)

    def __call__(self) -> Killed:
        return Killed(self._mark)


def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    sources, out, mark = orders(tmp_path / "in"), tmp_path / "out", tmp_path / "killed"
    summary = classify_on_cluster(ClusterOptions(sources, str(out), processes=2), MakeKilled(mark))
    assert mark.exists()
    assert summary.rows == 9000
    assert sorted(map(int, pq.read_table(out).column("编号").to_pylist())) == [*range(9000)]


def test_inputs_and_outputs_that_cannot_be_used(tmp_path: Path) -> None:
    sources = orders(tmp_path / "in", files=1)
    write_table(tmp_path / "b.csv", [COLUMNS, ["1", "吵", ""]])
    pq.write_table(pa.table({"备注": ["x"]}), tmp_path / "c.parquet")
    out = str(tmp_path / "out")
    for given, target, error, what in (
        ([*sources, str(tmp_path / "b.csv")], out, InputError, "不是同一种"),
        ([str(tmp_path / "none.parquet")], out, InputError, "无法读取"),
        ([str(tmp_path / "c.parquet")], out, InputError, "找不到正文列"),
        (sources, out + ".parquet", OutputError, "只能写成文件夹"),
        (sources, str(tmp_path / "in"), OutputError, "输入文件在输出的文件夹里"),
    ):
        with pytest.raises(error, match=what):
            classify_on_cluster(ClusterOptions(given, target, processes=1), StandInRouter)
    assert not (tmp_path / "out").exists()
