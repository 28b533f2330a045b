"""How fast and how big: loading, routing, classifying a file, memory, size of an installation.

Each figure comes from a fresh process that runs one thread of Python: seconds to load the router, and to the first
route (dictionaries are read then); messages per second in batches of 1, 64 and 512 with peak memory; a CSV of
20,000 rows through ``petition-nlp classify``. Figures are the median of several runs; beside the clock's stand
those per second of processor time, which other programs on a shared machine disturb less. The 20,000 rows repeat
the sample orders, so caches of words help more than they would on a city's own file; the hotline's dev orders, if
they are there, show texts that do not repeat. Samples are read with their titles; the hotline's orders have none.

    python benchmarks/speed.py [--model FOLDER] [--shared FOLDER] [--repeats 5] [--rows 20000] [--install]

``--install`` also installs the package without extras into a fresh virtual environment (a minute, needs a package
index) and compares its size with the limit of 300 MB.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from common import ROOT, Row, parser, read_real, sample_messages, sample_rows, save, table

from petition_nlp.route import Message
from petition_nlp.router import Router

BATCHES = (1, 64, 512)
LIMIT_MB = 300
DEV = "haikou12345.dev.jsonl"
_ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}

_LOAD = """
import sys, time
start = time.perf_counter()
from petition_nlp.router import Router
router = Router.load(sys.argv[1])
print(time.perf_counter() - start)
router.route(["路灯坏了"])
print(time.perf_counter() - start)
"""


@dataclass(frozen=True)
class Run:
    """What a command printed and used."""

    output: str
    seconds: float
    cpu_seconds: float
    peak_mb: float


def run(command: Sequence[str | Path]) -> Run:
    """Run a command in a process of its own."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, env=_ENVIRONMENT, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"failed with {process.returncode}: {' '.join(map(str, command))}")
        output.seek(0)
        return Run(output.read(), seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def middle(values: Iterable[float], digits: int | None = None) -> float:
    """The median, rounded."""
    return round(statistics.median(values), digits)


def load(model: Path, repeats: int) -> Row:
    """Seconds from import to a loaded router, and to the first route."""
    runs = [run([sys.executable, "-c", _LOAD, model]) for _ in range(repeats)]
    loaded, first = zip(*(map(float, own.output.split()) for own in runs), strict=True)
    return {
        "router_seconds": middle(loaded, 3),
        "first_route_seconds": middle(first, 3),
        "peak_mb": middle(own.peak_mb for own in runs),
    }


def routing(model: Path, source: str, shared: Path, repeats: int) -> Row:
    """Messages per second and peak memory for each batch size, each size in a process of its own."""
    return {str(batch): _routing_process(model, source, shared, repeats, batch) for batch in BATCHES}


def _routing_process(model: Path, source: str, shared: Path, repeats: int, batch: int) -> Row:
    """A fresh process of this script that routes one source in batches of one size."""
    options: list[str | Path] = ["--model", model, "--shared", shared, "--repeats", str(repeats)]
    own = run([sys.executable, __file__, *options, "--measure", source, str(batch)])
    return {**json.loads(own.output), "peak_mb": round(own.peak_mb)}


def measure(model: Path, source: str, shared: Path, repeats: int, batch: int) -> Row:
    """Messages per second in this process."""
    samples = source == "samples"
    messages: list[str | Message] = (
        [*sample_messages()] if samples else [row["text"] for row in read_real(shared / DEV)]
    )
    router = Router.load(model)
    router.route(messages[:8])
    rounds = [_timed(lambda: _route_all(router, messages, batch)) for _ in range(repeats)]
    seconds, cpu_seconds = zip(*rounds, strict=True)
    return {
        "n": len(messages),
        "messages_per_second": round(len(messages) / statistics.median(seconds)),
        "messages_per_cpu_second": round(len(messages) / statistics.median(cpu_seconds)),
    }


def _route_all(router: Router, messages: Sequence[str | Message], batch: int) -> None:
    for start in range(0, len(messages), batch):
        router.route(messages[start : start + batch])


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds by the clock and of processor time."""
    start, cpu_start = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - cpu_start


def classify(model: Path, rows: int, repeats: int) -> Row:
    """Rows per second and peak memory of the command line on a CSV made of the samples."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "orders.csv", Path(folder) / "routes.csv"
        _write_orders(source, rows)
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "petition_nlp.cli",
            "classify",
            source,
            "-o",
            target,
            "--model",
            model,
        ]
        runs = [run([*command, "--quiet", "--overwrite"]) for _ in range(repeats)]
        megabytes = round(source.stat().st_size / 1e6, 1)
    seconds, cpu_seconds = middle((own.seconds for own in runs), 1), middle((own.cpu_seconds for own in runs), 1)
    return {
        "rows": rows,
        "file_mb": megabytes,
        "seconds": seconds,
        "rows_per_second": round(rows / seconds),
        "rows_per_cpu_second": round(rows / cpu_seconds),
        "peak_mb": middle(own.peak_mb for own in runs),
    }


def _write_orders(path: Path, rows: int) -> None:
    samples = sample_rows()
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, ["工单编号", "诉求标题", "诉求内容"], extrasaction="ignore")
        writer.writeheader()
        for number, row in enumerate(itertools.islice(itertools.cycle(samples), rows)):
            writer.writerow({**row, "工单编号": number})


def install() -> Row:
    """Size on disk of a fresh virtual environment with the package and no extra."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        empty = _megabytes(Path(folder))
        python = Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", ROOT], check=True, cwd=folder)
        whole = _megabytes(Path(folder))
    return {"megabytes": whole, "of_it_the_empty_environment": empty, "limit_megabytes": LIMIT_MB}


def _megabytes(folder: Path) -> float:
    """Disk space taken, as ``du -m`` counts it (a megabyte is 1024 × 1024 bytes)."""
    return round(sum(path.lstat().st_blocks for path in folder.rglob("*")) * 512 / 2**20, 1)


def main() -> None:
    options = parser(__doc__, model=True)
    options.add_argument("--repeats", type=int, default=5, help="runs whose median counts (default: %(default)s)")
    options.add_argument("--rows", type=int, default=20_000, help="of the CSV (default: %(default)s)")
    options.add_argument("--install", action="store_true", help="also measure a fresh installation")
    options.add_argument("--measure", nargs=2, metavar=("SOURCE", "BATCH"), help="one figure, for the script itself")
    chosen = options.parse_args()
    chosen.model = chosen.model.resolve()
    if chosen.measure:
        source, batch = chosen.measure
        print(json.dumps(measure(chosen.model, source, chosen.shared, chosen.repeats, int(batch))))
        return
    sources = ["samples", *(["hotline dev"] if (chosen.shared / DEV).is_file() else [])]
    figures: Row = {
        "repeats": chosen.repeats,
        "load": load(chosen.model, chosen.repeats),
        "routing": {name: routing(chosen.model, name, chosen.shared.resolve(), chosen.repeats) for name in sources},
        "classify": classify(chosen.model, chosen.rows, min(3, chosen.repeats)),
        "install": install() if chosen.install else None,
    }
    _print(figures)
    save("speed", figures, folder=chosen.results, model=chosen.model)


def _print(figures: Row) -> None:
    start = figures["load"]
    print(f"load the router: {start['router_seconds']} s; to the first route: {start['first_route_seconds']} s\n")
    rows = [
        (name, own["n"], batch, own["messages_per_second"], own["messages_per_cpu_second"], own["peak_mb"])
        for name, batches in figures["routing"].items()
        for batch, own in batches.items()
    ]
    speed = ("messages/s", "messages/CPU s", "peak memory, MB")
    print(table(("routing, one process", "messages", "batch", *speed), rows))
    file = figures["classify"]
    line = (f"{file['rows']:,} rows, {file['file_mb']} MB", file["seconds"], file["rows_per_second"])
    header = ("classify, CSV", "seconds", "rows/s", "rows/CPU s", "peak memory, MB")
    print(table(header, [(*line, file["rows_per_cpu_second"], file["peak_mb"])]))
    if own := figures["install"]:
        line = (own["megabytes"], own["of_it_the_empty_environment"], own["limit_megabytes"])
        print(table(("fresh virtual environment", "MB", "of it empty", "limit"), [("without extras", *line)]))


if __name__ == "__main__":
    main()
