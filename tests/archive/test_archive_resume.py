"""Runs that break off and go on, in one process and in several."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from stand_in import StandInRouter
from tables import read_table, write_table

from petition_nlp.archive import ClassifyJob, ClassifyOptions
from petition_nlp.archive.work import work_path
from petition_nlp.errors import OutputError, RunError
from petition_nlp.route import Message, Route

TESTS = Path(__file__).resolve().parents[1]
TARGETS = ["b.csv", "b.jsonl.gz", "b.xlsx", "b.parquet", "b"]


class Breaking(StandInRouter):
    """Fails at a batch."""

    def __init__(self, at: int, error: type[BaseException] = KeyboardInterrupt) -> None:
        super().__init__()
        self._at, self._error = at, error

    def route(self, messages: Sequence[Message | str]) -> list[Route]:
        if len(self.batches) == self._at:
            raise self._error
        return super().route(messages)


def archive(folder: Path) -> list[Path]:
    """Three files of 50, 7 and 30 rows, with a row in each that cannot be kept."""
    paths = []
    folder = folder / "in"
    folder.mkdir()
    for name, rows in (("a", 50), ("b", 7), ("c", 30)):
        path = write_table(
            folder / f"{name}.csv", [["编号", "内容"], *([f"{name}{n}", f"第{n}件事漏水"] for n in range(rows))]
        )
        path.write_text(path.read_text() + "x,y,z\n")
        paths.append(path)
    return paths


def job(sources: Sequence[Path], target: Path, **options: Any) -> ClassifyJob:
    return ClassifyJob(ClassifyOptions(sources, target, batch_size=8, part_rows=16, **options))


def content(target: Path) -> dict[str, bytes]:
    files = sorted(target.iterdir()) if target.is_dir() else [target]
    return {path.name: path.read_bytes() for path in files}


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("at", [3, 8, 10])
def test_a_resumed_run_gives_the_same_bytes_and_does_no_part_twice(tmp_path: Path, name: str, at: int) -> None:
    sources = archive(tmp_path)
    (tmp_path / "whole").mkdir()
    whole = StandInRouter()
    expected = job(sources, tmp_path / "whole" / name).run(whole)
    with pytest.raises(KeyboardInterrupt):
        job(sources, tmp_path / name).run(Breaking(at))
    assert not (tmp_path / name).exists()
    again = StandInRouter()
    summary = job(sources, tmp_path / name, resume=True).run(again)
    assert (summary.rows, summary.rejected, summary.reviewed) == (87, 3, 87)
    assert summary.matters == expected.matters
    assert len(again.batches) == len(whole.batches) - at // 2 * 2
    if not name.endswith("xlsx"):  # a workbook holds the time at which it was made
        assert content(tmp_path / name) == content(tmp_path / "whole" / name)
    else:
        assert read_table(tmp_path / name) == read_table(tmp_path / "whole" / name)
    rejected = read_table(tmp_path / f"{name}.rejected.csv")
    assert rejected == read_table(tmp_path / "whole" / f"{name}.rejected.csv")
    assert not work_path(tmp_path / name).exists()


def test_an_unfinished_run_is_not_lost_by_accident(tmp_path: Path) -> None:
    sources, target = archive(tmp_path), tmp_path / "b.csv"
    with pytest.raises(KeyboardInterrupt):
        job(sources, target).run(Breaking(5))
    with pytest.raises(OutputError, match=r"上次没有做完的运行还在.*--resume"):
        job(sources, target)
    assert job(sources, target, overwrite=True).run(StandInRouter()).rows == 87


def test_nothing_to_go_on_with(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="没有可以接着做的运行"):
        job(archive(tmp_path), tmp_path / "b.csv", resume=True).run(StandInRouter())


@pytest.mark.parametrize("change", ["input", "options", "router"])
def test_what_has_changed_since_then_is_named(tmp_path: Path, change: str) -> None:
    sources, target = archive(tmp_path), tmp_path / "b.csv"
    with pytest.raises(KeyboardInterrupt):
        job(sources, target).run(Breaking(5))
    router = StandInRouter()
    if change == "input":
        sources[2].write_text(sources[2].read_text() + "c99,新的\n")
    if change == "router":
        router.identity = {"model": "other@2"}  # type: ignore[misc]
    names = {"input": "输入文件", "options": "参数", "router": "模型、规则或地点目录"}
    with pytest.raises(OutputError, match=f"{names[change]}变了，不能接着做"):
        job(sources, target, resume=True, mask=change == "options").run(router)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_several_processes_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr("petition_nlp.archive.pool._METHOD", method)
    sources = archive(tmp_path)
    for name in ("b.csv", "b.parquet"):
        for processes in (1, 3):
            (tmp_path / str(processes)).mkdir(exist_ok=True)
            job(sources, tmp_path / str(processes) / name, processes=processes).run(StandInRouter())
        assert content(tmp_path / "1" / name) == content(tmp_path / "3" / name)


def test_an_error_in_another_process_comes_back(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        job(archive(tmp_path), tmp_path / "b.csv", processes=2).run(Breaking(1, ZeroDivisionError))


class Killed(StandInRouter):
    """Dies as if the system had run out of memory."""

    def route(self, messages: Sequence[Message | str]) -> list[Route]:
        if any(isinstance(m, Message) and m.id == "c3" for m in messages):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().route(messages)


def test_a_killed_process_is_told_and_its_run_can_go_on(tmp_path: Path) -> None:
    sources, target = archive(tmp_path), tmp_path / "b.csv"
    with pytest.raises(RunError, match=r"被系统终止.*--workers"):
        job(sources, target, processes=2).run(Killed())
    assert job(sources, target, processes=2, resume=True).run(StandInRouter()).rows == 87


def test_a_whole_run_that_is_killed_goes_on(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from stand_in import StandInRouter\n"
        "from petition_nlp.archive import ClassifyJob, ClassifyOptions\n"
        "class Slow(StandInRouter):\n"
        "    def route(self, messages):\n"
        "        if len(self.batches) == 7:\n"
        "            Path(sys.argv[1]).touch()\n"
        "            time.sleep(60)\n"
        "        return super().route(messages)\n"
        "options = ClassifyOptions([Path(p) for p in sys.argv[3:]], Path(sys.argv[2]), batch_size=8, part_rows=16)\n"
        "ClassifyJob(options).run(Slow())\n",
        encoding="utf-8",
    )
    sources, running, target = archive(tmp_path), tmp_path / "running", tmp_path / "b.csv"
    process = subprocess.Popen(
        [sys.executable, script, running, target, *sources],
        env={**os.environ, "PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
    )
    for _ in range(1200):
        if running.exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    process.kill()
    process.wait(timeout=30)
    again = StandInRouter()
    assert job(sources, target, resume=True).run(again).rows == 87
    assert len(again.batches) == 5  # of 12; the first file's four parts were finished
    whole = job(sources, tmp_path / "whole.csv")
    whole.run(StandInRouter())
    assert target.read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("name", ["b.csv", "b.parquet"])
def test_a_disk_that_fills_half_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from petition_nlp.archive import work

    sources, target = archive(tmp_path), tmp_path / name
    before, opened = work.WorkFolder.start_part, []

    def full(self: work.WorkFolder, output: Any) -> Any:
        opened.append(output)
        if len(opened) == 3:
            raise OSError(28, "No space left on device")
        return before(self, output)

    monkeypatch.setattr(work.WorkFolder, "start_part", full)
    with pytest.raises(OutputError, match=r"No space left on device.*磁盘空间"):
        job(sources, target).run(StandInRouter())
    assert not target.exists()
    again = StandInRouter()
    assert job(sources, target, resume=True).run(again).rows == 87
    assert len(again.batches) == 8  # of 12; two parts of two batches were finished
