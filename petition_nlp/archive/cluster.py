"""The same worker on Ray Data (extra ``ray``): one process per core of a cluster, each with its own model.

Reads and writes Parquet, CSV and JSON Lines on any store that pyarrow or fsspec knows (local, S3, HDFS …). Rows get
the same columns as by `ClassifyJob` with a Parquet output; their order is kept as long as nothing fails. A process that
is killed is started again, and what it was doing is done again.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from petition_nlp.archive.columns import Chosen, map_columns
from petition_nlp.archive.output import check_folder
from petition_nlp.archive.outputs import safe_cell
from petition_nlp.archive.pool import usable_cores
from petition_nlp.archive.routed import Layout
from petition_nlp.archive.summary import NO_DEPARTMENT, Summary
from petition_nlp.archive.worker import Routing, SourcePlan, Worker
from petition_nlp.errors import InputError, OutputError, RunError
from petition_nlp.extras import needs_extra

with needs_extra("ray"):
    import pyarrow as pa
    import ray
    from ray.data import ActorPoolStrategy, DataContext, Dataset

    from petition_nlp.archive.parquet import ParquetOutput, TableBatch

_ENDINGS: Final = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
_PACKED: Final = (".gz", ".bz2")
_LOCAL: Final = ("", "file", "local")
_BATCH_ROWS: Final = 1024
_ROWS_PER_FILE: Final = 500_000
_DONE_MARK: Final = "_SUCCESS"
_BLOCK_BYTES: Final = 4 << 20
"""Size of the pieces that processes are given, so that all of them have work and none waits long for the last one."""

MakeRouter = Callable[[], Routing]
"""Loads the router in each process; it must be picklable, and what it loads must be there on every machine."""


@dataclass(frozen=True)
class ClusterOptions:
    """What to read, what to write, and where to run.

    :param sources: files or folders, as paths or URIs (``s3://…``, ``hdfs://…``), all of one format.
    :param target: a new folder, as path or URI.
    :param target_format: parquet, csv or jsonl.
    :param address: of a Ray cluster, such as ``auto`` or ``ray://host:10001``; None starts one on this machine.
    :param encoding: of CSV input.
    :param processes: that route; None takes every core, on a cluster all but one, which reads and writes.
    """

    sources: Sequence[str]
    target: str
    target_format: str = "parquet"
    text_column: str | None = None
    title_column: str | None = None
    chosen: Chosen = field(default_factory=dict)
    encoding: str = "utf-8"
    processes: int | None = None
    address: str | None = None
    overwrite: bool = False


def classify_on_cluster(options: ClusterOptions, make_router: MakeRouter) -> Summary:
    """Route every row.

    A local output folder appears when it is whole; on a remote store the file ``_SUCCESS`` appears last.

    :raises InputError: the input cannot be read or has no text column. :raises OutputError: the output exists.
    :raises RunError: the cluster gave up.
    """
    _check_target(options)
    _connect(options)
    written = str(_staging(options.target)) if _is_local(options.target) else options.target
    _discard(written, options)  # of a run that was killed
    started = time.perf_counter()
    try:
        source = _read(options)
        columns = tuple(source.columns())
        where = "、".join(options.sources)
        mapped = map_columns(
            columns, where=where, text=options.text_column, title=options.title_column, chosen=options.chosen
        )
        plan = SourcePlan(where, columns, mapped)
        processes = options.processes or max(1, _cores() - 1)
        routed = source.map_batches(
            _Actor,
            batch_format="pyarrow",
            batch_size=_BATCH_ROWS,
            compute=ActorPoolStrategy(size=processes),
            fn_constructor_args=(make_router, plan, _schema(source), options.target_format),
        )
        _write(routed, written, options.target_format)
        summary = _summary(
            written, options.target_format, Layout.of(columns, compares=bool(mapped.department), places=False)
        )
    except (ray.exceptions.RayError, pa.ArrowException) as error:
        _discard(written, options)
        raise RunError(f"集群上的运行失败：{_first_line(error)}", todo="请查看 Ray 的日志") from error
    except BaseException:
        _discard(written, options)
        raise
    _publish(written, options)
    summary.seconds = time.perf_counter() - started
    return summary


class _Actor:
    """A process with a loaded model."""

    def __init__(self, make_router: MakeRouter, plan: SourcePlan, schema: Any, target_format: str) -> None:
        compares = plan.mapped.department is not None
        output = ParquetOutput(Layout.of(plan.columns, compares=compares, places=False), [schema])
        self._read = output.reads(plan.columns, list(plan.mapped.named().values()))
        self._worker = Worker(make_router(), (plan,), output, compares=compares)
        self._escapes = target_format == "csv"

    def __call__(self, table: pa.Table) -> pa.Table:
        """The rows of a batch with their routes."""
        pieces = [
            self._worker(0, TableBatch(batch, 0, self._read)).piece.table
            for batch in table.combine_chunks().to_batches()
        ]
        routed = pa.Table.from_batches(pieces) if pieces else table
        return _without_formulas(routed) if self._escapes else routed


def _without_formulas(table: pa.Table) -> pa.Table:
    """Text that no spreadsheet runs, as in any other CSV."""
    columns = [
        pa.array([None if text is None else safe_cell(text) for text in column.to_pylist()], column.type)
        if pa.types.is_string(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(columns, schema=table.schema)


def _connect(options: ClusterOptions) -> None:
    if not ray.is_initialized():
        # one more than route: reading and writing wait for a processor of their own
        local: dict[str, Any] = {"include_dashboard": False, "num_cpus": (options.processes or usable_cores()) + 1}
        own = local if options.address is None else {}
        ray.init(address=options.address, logging_level=logging.ERROR, log_to_driver=False, **own)
    context = DataContext.get_current()
    context.execution_options.preserve_order = True
    context.target_max_block_size = _BLOCK_BYTES
    context.use_datasource_v2 = False  # its threads import a module at the same time, which now and then fails
    context.enable_progress_bars = False


def _cores() -> int:
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(resources.get("CPU", 1)))


def _read(options: ClusterOptions) -> Dataset:
    kind, paths = _format(options.sources), [_path(source) for source in options.sources]
    try:
        if kind == "parquet":
            return ray.data.read_parquet(paths)
        if kind == "jsonl":
            return ray.data.read_json(paths, file_extensions=None)
        from pyarrow import csv

        names = ray.data.read_csv(paths, read_options=csv.ReadOptions(encoding=options.encoding)).columns()
        as_text = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        return ray.data.read_csv(
            paths,
            read_options=csv.ReadOptions(encoding=options.encoding),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=as_text,
        )
    except (FileNotFoundError, OSError, pa.ArrowException) as error:
        todo = "请检查路径、格式和读取权限"
        raise InputError(f"无法读取（{_first_line(error)}）", where="、".join(options.sources), todo=todo) from error


def _schema(source: Dataset) -> Any:
    return pa.schema(list(zip(source.schema().names, source.schema().types, strict=True)))


def _write(routed: Dataset, folder: str, kind: str) -> None:
    if kind == "parquet":
        routed.write_parquet(folder, min_rows_per_file=_ROWS_PER_FILE, compression="zstd")
    elif kind == "csv":
        routed.write_csv(folder, min_rows_per_file=_ROWS_PER_FILE)
    else:
        routed.write_json(folder, min_rows_per_file=_ROWS_PER_FILE, force_ascii=False)


def _summary(folder: str, kind: str, layout: Layout) -> Summary:
    """The counts, read back from the columns that were added."""
    names = {name: layout.names[name] for name in ("事项类别", "责任部门", "人工复核", "紧急")}
    read = {"parquet": ray.data.read_parquet, "csv": ray.data.read_csv, "jsonl": ray.data.read_json}[kind]
    back = read(folder).select_columns(list(names.values()))
    counts: Counter[tuple[str, ...]] = Counter()
    for batch in back.iter_batches(batch_format="pyarrow", batch_size=65_536):
        table: Any = batch
        counts.update(zip(*(table.column(name).to_pylist() for name in names.values()), strict=True))
    summary = Summary()
    for (matter, department, review, emergency), count in counts.items():
        summary.rows += count
        summary.matters[matter or ""] += count
        summary.departments[department or NO_DEPARTMENT] += count
        summary.reviewed += count * (review == "是")
        summary.emergencies += count * bool(emergency)
    return summary


def _format(sources: Sequence[str]) -> str:
    found = set()
    for source in sources:
        path = _path(source)
        if _is_local(source) and os.path.isdir(path):
            found |= {kind for file in Path(path).rglob("*") if (kind := _kind(file.name))}
        else:
            found.add(_kind(path) or "parquet")  # a folder on a remote store
    if len(found) != 1:
        todo = "请只给一种格式：.parquet、.csv 或 .jsonl"
        raise InputError("输入不是同一种能在集群上读取的格式", where="、".join(sources), todo=todo)
    return found.pop()


def _kind(name: str) -> str | None:
    path = Path(name)
    return _ENDINGS.get((path.with_suffix("") if path.suffix in _PACKED else path).suffix.lower())


def _check_target(options: ClusterOptions) -> None:
    if not _is_local(options.target):
        _check_remote(options)
        return
    path = Path(_path(options.target))
    if path.suffix:
        raise OutputError("在集群上只能写成文件夹", where=options.target, todo="请给出没有扩展名的文件夹名")
    check_folder(path, [Path(_path(s)) for s in options.sources if _is_local(s)], overwrite=options.overwrite)


def _check_remote(options: ClusterOptions) -> None:
    from pyarrow.fs import FileSelector, FileSystem

    store, path = FileSystem.from_uri(options.target)
    if not store.get_file_info(FileSelector(path, allow_not_found=True)):
        return
    if not options.overwrite:
        raise OutputError("输出文件夹不是空的", where=options.target, todo="请换一个文件夹，或加 --overwrite 覆盖")
    store.delete_dir_contents(path)


def _staging(target: str) -> Path:
    path = Path(_path(target))
    return path.with_name(f".{path.name}.petition-nlp-ray")


def _publish(written: str, options: ClusterOptions) -> None:
    if _is_local(options.target):
        target = Path(_path(options.target))
        if target.exists():
            shutil.rmtree(target)
        os.replace(written, target)
        return
    from pyarrow.fs import FileSystem

    store, path = FileSystem.from_uri(options.target)
    with store.open_output_stream(f"{path}/{_DONE_MARK}") as mark:
        mark.write(b"")


def _discard(written: str, options: ClusterOptions) -> None:
    if _is_local(options.target):
        shutil.rmtree(written, ignore_errors=True)


def _is_local(place: str) -> bool:
    return urlsplit(place).scheme in _LOCAL


def _path(place: str) -> str:
    return os.path.abspath(urlsplit(place).path if "://" in place else place) if _is_local(place) else place


def _first_line(error: BaseException) -> str:
    return type(error).__name__
