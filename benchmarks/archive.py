"""A whole archive through the command line: rows a second, memory, seconds to start, beside two peers.

Every figure comes from a fresh process of ``petition-nlp classify``, as a user would start it; the median of several
runs counts. The archives are made by ``archive_data.py`` from invented text: messages of exactly 100 characters (title
and text), or of the lengths that real orders have. A command is kept to as many cores as it has workers (``taskset``,
where there is one) and to one numerical thread a process. Rows a second are given for the whole command and after its
start: without the seconds that the same command takes for one row. Memory is that of all processes together: PSS at
the highest RSS, which is looked at every 50 ms (Linux; see process.py).

The peers, fastText (floret) on jieba words and a linear support vector machine on word and character TF-IDF, read and
write the same Parquet file on one core, in turns with the product. They learn from the hotline's training orders if
the real data is there, and then the accuracy of all on its dev orders stands beside their speed; else they learn from
the invented messages. The product learnt from more, the archive's own raw material among it (see its model card): the
archive says how fast a system is, never how good.

    python benchmarks/archive.py [--rows 200000] [--repeats 3] [--workers 2] [--large] [--large-rows 5000000]

Profile fast gets all rows, balanced and the peers a quarter, best a fortieth. Needs pyarrow and, for the peers,
benchmarks/requirements.txt. Files go to a temporary folder (``--folder`` chooses where).
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from archive_data import Plan, write_archive
from archive_text import invented_messages
from common import ROOT, Row, parser, percent, read_real, save, table
from peers import LABEL, PEERS
from process import Command, Failed, Run, can_pin, run

from petition_nlp.taxonomy import Taxonomy

EVEN = 100
_ONE = "one_row"
_MEMORY_ROWS = 100_000
_BALANCED_SHARE, _BEST_SHARE = 4, 40
_PARTS = "*.part"
_TRAIN, _DEV = "haikou12345.train.jsonl", "haikou12345.dev.jsonl"


@dataclass(frozen=True)
class Case:
    """One thing to measure: a command that reads a file and writes one of the same format."""

    name: str
    command: Callable[[Path, Path], Command]
    source: Path
    rows: int
    cores: int = 1
    goal: int | None = None


@dataclass
class Timed:
    """The runs of one case, and of its command with a single row."""

    runs: list[Run]
    first_parts: list[float]
    single: list[Run]


class FirstPart:
    """Notes when the first part of a result lies in its work folder."""

    def __init__(self, target: Path) -> None:
        self._folder = target.with_name(f".{target.name}.petition-nlp")
        self._start = time.perf_counter()
        self.seconds: float | None = None

    def __call__(self) -> None:
        if self.seconds is None and any(self._folder.rglob(_PARTS)):
            self.seconds = time.perf_counter() - self._start


def classify(model: Path, profile: str, workers: int, *options: str) -> Callable[[Path, Path], Command]:
    """The product's command for a profile."""

    def command(source: Path, target: Path) -> Command:
        fixed = ["--profile", profile, "--workers", str(workers), "--model", model, "--quiet"]
        return [sys.executable, "-m", "petition_nlp.cli", "classify", source, "-o", target, *fixed, *options]

    return command


def on_ray(model: Path, workers: int) -> Callable[[Path, Path], Command]:
    """The same on a Ray cluster of this machine, started by the command."""
    command = classify(model, "fast", workers, "--engine", "ray")
    return lambda source, target: command(source, target.with_suffix(""))


def peer(name: str, model: Path) -> Callable[[Path, Path], Command]:
    """The command of a peer that has learnt."""
    return lambda source, target: [sys.executable, ROOT / "benchmarks" / "peers.py", name, model, source, target]


@dataclass(frozen=True)
class Files:
    """Archives in a folder; each has a twin of one row."""

    folder: Path

    def make(self, name: str, rows: int, *, length: int | None = None, encoding: str = "utf-8") -> Path:
        """Write an archive unless it is there."""
        path = self.folder / name
        if not path.exists():
            (self.folder / _ONE).mkdir(exist_ok=True)
            found = write_archive(path, Plan(rows, length=length), encoding=encoding)
            write_archive(self.folder / _ONE / name, Plan(1, length=length), encoding=encoding)
            print(f"{name}: {rows:,} rows, median {found.percentiles[50]}, mean {found.mean} characters of text")
        return path


def product_cases(files: Files, model: Path, rows: int, workers: int) -> list[Case]:
    """Profiles, formats and memory."""
    even = files.make("even.parquet", rows, length=EVEN)
    some, few = max(rows // _BALANCED_SHARE, 1), max(rows // _BEST_SHARE, 1)
    small = min(rows, _MEMORY_ROWS)
    fast = classify(model, "fast", 1)
    gb18030 = classify(model, "fast", 1, "--output-encoding", "gb18030")
    return [
        Case("fast, Parquet, 100 characters", fast, even, rows, goal=10_000),
        _real(files, model, "balanced", some, workers, goal=2_000),
        _real(files, model, "best", few, workers),
        Case("fast, CSV UTF-8, 100 characters", fast, files.make("even.csv", rows, length=EVEN), rows),
        Case(
            "fast, CSV GB18030, 100 characters",
            gb18030,
            files.make("even_gb18030.csv", rows, length=EVEN, encoding="gb18030"),
            rows,
        ),
        Case("fast, JSON Lines, 100 characters", fast, files.make("even.jsonl", rows, length=EVEN), rows),
        _real(files, model, "fast", small, workers),
        Case(
            "fast, Parquet, real lengths, Ray",
            on_ray(model, workers),
            files.make(f"real_{small}.parquet", small),
            small,
            workers,
        ),
    ]


def _real(files: Files, model: Path, profile: str, rows: int, workers: int, goal: int | None = None) -> Case:
    source = files.make(f"real_{rows}.parquet", rows)
    command = classify(model, profile, workers)
    return Case(f"{profile}, Parquet, real lengths", command, source, rows, cores=workers, goal=goal)


def learn(files: Files, shared: Path) -> dict[str, Path]:
    """Let the peers learn; a peer that is not installed is left out and named.

    :return: the file of each peer's model by its name.
    """
    rows = _labelled(shared / _TRAIN) if (shared / _TRAIN).is_file() else invented_messages(Taxonomy.load())
    print(f"the peers learn from {len(rows):,} {'real' if (shared / _TRAIN).is_file() else 'invented'} messages")
    found = {}
    for name, kind in PEERS.items():
        try:
            learnt = kind.fit(rows, files.folder)
        except ImportError as error:
            print(f"left out: {name} ({error})")
            continue
        found[name] = files.folder / f"{name}.model"
        learnt.save(found[name])
    return found


def _labelled(path: Path) -> list[tuple[str, str]]:
    return [(row["text"], row["department"]) for row in read_real(path) if row["department"]]


def peer_cases(files: Files, model: Path, peers: dict[str, Path], rows: int) -> list[Case]:
    """The product and its peers on one core, on text of the same kind; profile best gets fewer rows."""
    some, few = max(rows // _BALANCED_SHARE, 1), max(rows // _BEST_SHARE, 1)
    counts = {"fast": some, "balanced": some, "best": few}
    sources = {count: files.make(f"even_{count}.parquet", count, length=EVEN) for count in (some, few)}
    return [
        *(Case(f"petition-nlp, {own}", classify(model, own, 1), sources[n], n) for own, n in counts.items()),
        *(Case(name, peer(name, path), sources[some], some) for name, path in peers.items()),
    ]


def accuracies(cases: Sequence[Case], dev: Path, folder: Path) -> dict[str, float]:
    """The share of the hotline's dev orders for which each system names the department that got them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    directory = Taxonomy.load()
    rows = _labelled(dev)
    source, target = folder / "dev.parquet", folder / "out" / "dev.parquet"
    pq.write_table(pa.table({"诉求内容": [text for text, _ in rows]}), source)
    found = {}
    for case in cases:
        _clear(target)
        try:
            run(case.command(source, target), cores=case.cores)
        except Failed as error:
            print(f"no accuracy: {case.name} {error}")
            continue
        said = [directory.resolve("department", label) for label in pq.read_table(target)[LABEL].to_pylist()]
        found[case.name] = statistics.mean(one == other for one, (_, other) in zip(said, rows, strict=True))
    return found


def measure(cases: Sequence[Case], repeats: int, folder: Path) -> dict[str, Row]:
    """Run all cases in turns; one that fails is left out and named."""
    timed = {case: Timed([], [], []) for case in cases}
    for _ in range(repeats):
        for case in list(timed):
            try:
                _once(case, timed[case], folder / "out")
            except Failed as error:
                print(f"left out: {case.name} {error}")
                del timed[case]
    return {case.name: _figures(case, own) for case, own in timed.items()}


def _once(case: Case, timed: Timed, out: Path) -> None:
    target = out / case.source.name
    single = case.source.parent / _ONE / case.source.name
    _clear(target)
    timed.single.append(run(case.command(single, target), cores=case.cores))
    _clear(target)
    first = FirstPart(target)
    timed.runs.append(run(case.command(case.source, target), cores=case.cores, watch=first))
    if first.seconds is not None:
        timed.first_parts.append(first.seconds)


def _clear(target: Path) -> None:
    """An empty folder for the result."""
    shutil.rmtree(target.parent, ignore_errors=True)
    target.parent.mkdir()


def _figures(case: Case, timed: Timed) -> Row:
    seconds, single = (statistics.median(one.seconds for one in runs) for runs in (timed.runs, timed.single))
    cpu_seconds = statistics.median(one.cpu_seconds for one in timed.runs)
    rest = seconds - single
    return {
        "rows": case.rows,
        "cores": case.cores,
        "goal": case.goal,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "one_row_seconds": round(single, 2),
        "first_part_seconds": round(statistics.median(timed.first_parts), 2) if timed.first_parts else None,
        "rows_per_second": round(case.rows / seconds),
        "rows_per_second_after_start": round(case.rows / rest) if rest > 0 else None,
        "rows_per_cpu_second": round(case.rows / cpu_seconds),
        "pss_mb": _middle([one.pss_mb for one in timed.runs]),
        "rss_mb": _middle([one.rss_mb for one in timed.runs]),
        "runs": [asdict(one) for one in timed.runs],
    }


def _middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known)) if known else None


def main() -> None:
    options = parser(__doc__, model=True)
    options.add_argument("--rows", type=int, default=200_000, help="of the largest archive (default: %(default)s)")
    options.add_argument("--repeats", type=int, default=3, help="runs whose median counts (default: %(default)s)")
    options.add_argument("--workers", type=int, default=2, help="where more than one core is used")
    options.add_argument("--large", action="store_true", help="also a large archive, once, for its memory")
    options.add_argument("--large-rows", type=int, default=5_000_000, help="its rows (default: %(default)s)")
    options.add_argument("--folder", type=Path, help="where the temporary folder is made")
    chosen = options.parse_args()
    chosen.model, chosen.shared = chosen.model.resolve(), chosen.shared.resolve()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        files = Files(Path(folder).resolve())
        cases = product_cases(files, chosen.model, chosen.rows, chosen.workers)
        figures: Row = {
            "repeats": chosen.repeats,
            "kept_to_cores": can_pin(),
            "product": measure(cases, chosen.repeats, files.folder),
        }
        _print(figures["product"])
        figures["peers"] = _peers(files, chosen.model, chosen.shared, chosen.rows, chosen.repeats)
        _print_peers(figures["peers"])
        if chosen.large:
            large = _real(files, chosen.model, "fast", chosen.large_rows, chosen.workers)
            figures["large"] = measure([large], 1, files.folder)
            _print(figures["large"])
    save("archive", figures, folder=chosen.results, model=chosen.model, libraries=("pyarrow",))


def _peers(files: Files, model: Path, shared: Path, rows: int, repeats: int) -> dict[str, Row]:
    cases = peer_cases(files, model, learn(files, shared), rows)
    found = measure(cases, repeats, files.folder)
    right = accuracies(cases, shared / _DEV, files.folder) if (shared / _DEV).is_file() else {}
    for name, own in found.items():
        own["accuracy"] = round(right[name], 4) if name in right else None
        own["versions"] = _versions(PEERS[name].packages if name in PEERS else ("petition-nlp",))
    return found


def _versions(packages: Sequence[str]) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


_SPEED = ("rows/s", "after start", "rows/CPU s")
_SPEED_KEYS = ("rows_per_second", "rows_per_second_after_start", "rows_per_cpu_second")


def _print(figures: dict[str, Row]) -> None:
    header = ("classify", "rows", "cores", "seconds", *_SPEED, "goal", "one row, s", "first part, s", "PSS, MB", "RSS")
    keys = ("rows", "cores", "seconds", *_SPEED_KEYS, "goal", "one_row_seconds", "first_part_seconds")
    print(table(header, [(name, *_cells(own, (*keys, "pss_mb", "rss_mb"))) for name, own in figures.items()]))


def _print_peers(figures: dict[str, Row]) -> None:
    header = ("one core, Parquet, 100 characters", "version", "accuracy", "rows", *_SPEED, "one row, s", "PSS, MB")
    keys = ("rows", *_SPEED_KEYS, "one_row_seconds", "pss_mb")
    rows = [
        (name, ", ".join(own["versions"].values()), percent(own["accuracy"]), *_cells(own, keys))
        for name, own in figures.items()
    ]
    print(table(header, rows))


def _cells(own: Row, keys: Sequence[str]) -> list[str]:
    return ["–" if own[key] is None else f"{own[key]:,}" for key in keys]


if __name__ == "__main__":
    main()
