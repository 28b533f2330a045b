"""Tasks done in order by this process, or by several that share one loaded model."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from typing import Final

from petition_nlp.archive.rows import Batch
from petition_nlp.archive.worker import Done, Task, Worker
from petition_nlp.errors import RunError

_METHOD = "fork" if sys.platform == "linux" else "spawn"
_MOST_ON_WINDOWS: Final = 61
_FIRST: Final = "路灯坏了三天没人修"
"""Routed before the processes are made, so that they share what the first message loads: dictionaries, the encoder."""
_AHEAD: Final = 3
"""Batches that are read and waiting, for each process."""


def do_tasks(worker: Worker, tasks: Iterable[Task], processes: int) -> Generator[tuple[Task, Done | None]]:
    """Every task with what became of it, in order; None for the end of a file.

    Only a bounded number of batches is in memory. Where the system can, the processes are copies of this one and
    share the loaded model's memory; elsewhere each gets its own.

    :raises RunError: a process was killed.
    """
    if processes == 1:
        for task in tasks:
            yield task, None if task.batch is None else worker(task.source, task.batch)
        return
    with _pool(worker, processes) as pool:
        waiting: deque[tuple[Task, Future[Done] | None]] = deque()
        try:
            for task in tasks:
                waiting.append((task, None if task.batch is None else pool.submit(_do, task.source, task.batch)))
                while len(waiting) > processes * _AHEAD:
                    yield _finished(*waiting.popleft())
            while waiting:
                yield _finished(*waiting.popleft())
        except BrokenProcessPool:
            raise RunError("一个工作进程被系统终止，多半是内存不够", todo="请用 --workers 减少进程数再运行") from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def usable_cores() -> int:
    """Processor cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _finished(task: Task, future: Future[Done] | None) -> tuple[Task, Done | None]:
    return task, None if future is None else future.result()


def _pool(worker: Worker, processes: int) -> ProcessPoolExecutor:
    if _METHOD == "fork":
        worker.router.route_without_evidence([_FIRST])
        gc.collect()
        gc.freeze()  # later collections leave the pages of shared objects alone
    context = multiprocessing.get_context(_METHOD)
    processes = min(processes, _MOST_ON_WINDOWS) if sys.platform == "win32" else processes
    return ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(worker,))


_worker: Worker


def _begin(worker: Worker) -> None:
    """Set a process up: it is told to stop by its parent, not by the terminal."""
    global _worker
    _worker = worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Leave no process behind where the parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _do(source: int, batch: Batch) -> Done:
    return _worker(source, batch)
