"""What the benchmark scripts share: their data, their tables, and the record that each run leaves."""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from petition_nlp.resources import default_model_path
from petition_nlp.route import Message

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples" / "orders.csv"
SHARED = ROOT.parent / "shared" / "data"
RESULTS = ROOT / "benchmarks" / "results"

Row = dict[str, Any]

# Modules of this folder come last, in processes that a script starts too: its service.py is not the package.
_HERE = str(Path(__file__).resolve().parent)
sys.path[:] = [str(ROOT), *(path for path in sys.path if path not in (_HERE, str(ROOT))), _HERE]


def parser(description: str | None, *, model: bool = False) -> argparse.ArgumentParser:
    """Options that every script has; ``model`` adds the model folder."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--shared", type=Path, default=SHARED, help="folder of the real data (default: %(default)s)")
    options.add_argument("--results", type=Path, default=RESULTS, help="where NAME.json goes (default: %(default)s)")
    if model:
        options.add_argument(
            "--model", type=Path, default=default_model_path(), help="model folder (default: %(default)s)"
        )
    return options


def read_real(path: Path) -> list[Row]:
    """Rows of a real data file, which is never part of the repository; ends the script if it is missing."""
    if not path.is_file():
        sys.exit(f"{path} is missing: this benchmark needs the real data, which is not shipped; see --shared")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def sample_rows() -> list[dict[str, str]]:
    """The invented sample orders that ship with the repository."""
    with SAMPLES.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def sample_messages() -> list[Message]:
    """The sample orders as messages."""
    return [Message(row["诉求内容"], title=row["诉求标题"]) for row in sample_rows()]


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; all columns but the first are set to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def percent(share: float | None, interval: Sequence[float] | None = None) -> str:
    """A share in percent, with its 95 % interval if there is one."""
    if share is None:
        return "–"
    return f"{share:.1%}" + (f" [{interval[0]:.1%}, {interval[1]:.1%}]" if interval else "")


def save(name: str, figures: Row, *, folder: Path, model: Path | None = None, libraries: Iterable[str] = ()) -> None:
    """Write a run's figures, with what made them, as ``NAME.json``."""
    record = {
        "benchmark": name,
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "libraries": {library: _version(library) for library in ("numpy", "rjieba", *libraries)},
        "model": _model(model) if model else None,
        **figures,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"written: {path}")


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _model(folder: Path) -> Row:
    content = (folder / "model.json").read_bytes()
    manifest = json.loads(content)
    return {
        "id": f"{manifest['name']}@{manifest['version']}",
        "model.json sha256": hashlib.sha256(content).hexdigest()[:16],
    }
