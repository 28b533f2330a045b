"""The service under load, on this machine alone: requests a second, latencies, memory, seconds to start.

One process of the service, profiles fast and best, and two peers behind a plain FastAPI app, one after the other in
the same run: keyword rules (baisitong2) and the usual scikit-learn pipeline (TF-IDF, linear support vector machine,
learnt from the repository's invented messages). Every request is one message of 100 characters, made of clauses of
invented messages so that few are alike.

- requests a second: wrk on 32 connections, as many as are answered;
- latencies: so many requests a second, counted from the moment when each was due (load.py says why);
- processor time of the server for each request, which other programs on the machine disturb less;
- memory after the load: resident size, and proportional size (shared pages in part);
- seconds from the start of the process to its first answer.

Figures are medians of several rounds. The load generator runs on the same cores, and so does whatever else the
machine does: compare figures of one run.

    python benchmarks/service.py [speed] [--seconds 5] [--repeats 3] [--model FOLDER]

Needs wrk (Debian: apt-get install wrk) and Linux; a peer that is not installed (benchmarks/requirements.txt) is left
out and named. Takes some three minutes.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from archive_text import invented_messages, read_material
from common import ROOT, Row, parser, save, table
from load import HOST, PATH, Failed, as_many_as_possible, at_rate, body
from peers import Recipe

from petition_nlp.taxonomy import Taxonomy

LENGTH = 100
TEXTS = 2000
TARGET = 1500
"""Requests a second that one worker with the profile fast should answer; latencies are measured at half of it."""
BEST_RATE = 40
"""Requests a second at which the profile best is measured."""
PEER_RATE = 40
PORT = "PORT"
_SLOWEST_START = 60
_WARM_UP = 2
_REST = 2
_TICKS = os.sysconf("SC_CLK_TCK")
_ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}


@dataclass(frozen=True)
class Subject:
    """Something that answers ``POST /v1/routes``.

    :param command: starts it; ``PORT`` in it stands for the port.
    :param rate: requests a second at which latencies are measured.
    """

    name: str
    command: Sequence[str | Path]
    rate: int


@dataclass(frozen=True)
class Server:
    """A running subject."""

    process: subprocess.Popen[bytes]
    port: int
    seconds_to_first_answer: float

    def cpu_seconds(self) -> float:
        """Processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_mb(self) -> dict[str, float]:
        """Resident and proportional size."""
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
        return {"rss_mb": round(sizes["Rss"] / 1024, 1), "pss_mb": round(sizes["Pss"] / 1024, 1)}


@contextlib.contextmanager
def running(subject: Subject, folder: str | Path) -> Iterator[Server]:
    """Start a subject on a free port in a folder, where it keeps its data, and wait for its first answer."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
    start = time.perf_counter()
    command = [str(port) if word == PORT else word for word in subject.command]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, stdout=quiet, stderr=quiet, env=_ENVIRONMENT) as process:
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - start > _SLOWEST_START:
                    raise Failed("it did not start")
                time.sleep(0.01)
            yield Server(process, port, time.perf_counter() - start)
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{HOST}:{port}{PATH}", body("路灯坏了三天没人修"), headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status == 200
    except OSError:  # not there yet, or still loading (503)
        return False


def make_texts() -> list[str]:
    """Messages of 100 characters from clauses of invented messages, as many of each department as there are."""
    random_, numbers = random.Random(0), np.random.default_rng(0)
    pools = read_material().varied(random_)
    all_weights = sum(pool.weight for pool in pools)
    texts = []
    for pool in pools:
        wanted = np.full(max(1, round(TEXTS * pool.weight / all_weights)), LENGTH + 20)
        texts += [text[:LENGTH] for text in pool.bodies(wanted, numbers)]
    random_.shuffle(texts)
    return texts


def measure(subject: Subject, texts: Sequence[str], seconds: int, repeats: int) -> Row:
    """Every figure of one subject."""
    with tempfile.TemporaryDirectory() as folder:
        first, *starts = [_start(subject, folder) for _ in range(repeats + 1)]
        with running(subject, folder) as server:
            before = server.memory_mb()
            as_many_as_possible(server.port, texts, _WARM_UP)
            rounds = [_most(server, texts, seconds) for _ in range(repeats)]
            time.sleep(_REST)  # wrk leaves requests behind that nobody waits for
            latencies = [at_rate(server.port, texts, subject.rate, seconds) for _ in range(repeats)]
            after = server.memory_mb()
    speed, cpu = zip(*rounds, strict=True)
    return {
        "requests_per_second": round(statistics.median(speed)),
        "cpu_ms_per_request": round(statistics.median(cpu) * 1000, 3),
        "rate": subject.rate,
        "p50_ms": round(statistics.median(own.percentile(50) for own in latencies), 1),
        "p99_ms": round(statistics.median(own.percentile(99) for own in latencies), 1),
        "seconds_to_first_answer": round(statistics.median(starts), 2),
        "first_start_seconds": round(first, 2),
        "memory_at_first_answer": before,
        "memory_after_load": after,
    }


def _start(subject: Subject, folder: str) -> float:
    with running(subject, folder) as server:
        return server.seconds_to_first_answer


def _most(server: Server, texts: Sequence[str], seconds: int) -> tuple[float, float]:
    """Requests a second, and seconds of processor time for each."""
    cpu = server.cpu_seconds()
    speed, answered = as_many_as_possible(server.port, texts, seconds)
    return speed, (server.cpu_seconds() - cpu) / answered


def speed(texts: Sequence[str], model: Path, seconds: int, repeats: int) -> Row:
    """Speed, memory and start of the service and its peers, in one table."""
    serve = [sys.executable, "-m", "petition_nlp.cli", "serve", "--model", model, "--port", PORT]
    peers = [sys.executable, Path(__file__).parent / "service_peers.py"]
    figures: Row = {}
    with tempfile.TemporaryDirectory() as folder:
        recipe = Path(folder) / "recipe.joblib"
        Recipe.fit(invented_messages(Taxonomy.load()), Path(folder)).save(recipe)
        subjects = (
            Subject("petition-nlp, fast", [*serve, "--profile", "fast"], TARGET // 2),
            Subject("petition-nlp, best", [*serve, "--profile", "best"], BEST_RATE),
            Subject("keyword rules (baisitong2), FastAPI", [*peers, "rules", PORT], PEER_RATE),
            Subject("scikit-learn TF-IDF, FastAPI", [*peers, "recipe", PORT, recipe], PEER_RATE),
        )
        for subject in subjects:
            try:
                figures[subject.name] = measure(subject, texts, seconds, repeats)
            except Failed as error:
                print(f"left out: {subject.name} ({error})", file=sys.stderr)
    _print_speed(figures)
    return figures


def _print_speed(figures: Row) -> None:
    header = ("one process, 100 characters", "requests/s", "CPU ms", "at …/s", "p50 ms", "p99 ms", "start s", "RSS MB")
    keys = ("requests_per_second", "cpu_ms_per_request", "rate", "p50_ms", "p99_ms", "seconds_to_first_answer")
    rows = [(name, *(own[key] for key in keys), own["memory_after_load"]["rss_mb"]) for name, own in figures.items()]
    print(table(header, rows))


PARTS: dict[str, Callable[[Sequence[str], Path, int, int], Row]] = {"speed": speed}


def main() -> None:
    options = parser(__doc__, model=True)
    options.add_argument("parts", nargs="*", metavar="PART", help="what to measure (default: everything)")
    options.add_argument("--seconds", type=int, default=5, help="of each round (default: %(default)s)")
    options.add_argument("--repeats", type=int, default=3, help="rounds whose median counts (default: %(default)s)")
    chosen = options.parse_args()
    if unknown := set(chosen.parts) - PARTS.keys():
        options.error(f"no such part: {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}")
    texts = make_texts()
    figures = {
        name: PARTS[name](texts, chosen.model.resolve(), chosen.seconds, chosen.repeats)
        for name in chosen.parts or PARTS
    }
    rounds = {"seconds": chosen.seconds, "repeats": chosen.repeats}
    libraries = ("fastapi", "uvicorn", "uvloop", "httptools", "onnxruntime", "scikit-learn", "baisitong2")
    save("service", {**rounds, **figures}, folder=chosen.results, model=chosen.model, libraries=libraries)


if __name__ == "__main__":
    main()
