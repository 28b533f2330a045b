"""What the daily look of monitoring costs with many stored petitions, on SQLite.

Stores invented petitions of the last days, has them counted as the service does, and looks: at first, when the
words of nine weeks are counted; on the next day; and within a day, as once an hour.

    python benchmarks/monitoring.py [--petitions 100000] [--days 180]

Needs Linux and no real data; some minutes of one core. Seconds are the processor's, of the service and of the process
that reads many texts for it: other programs on the machine make them little longer.
"""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from board import fill
from common import Row, parser, save, table
from sqlalchemy import delete, func, select

from petition_nlp.local.deadlines import Deadlines
from petition_nlp.local.directory import Directory
from petition_nlp.taxonomy import Taxonomy
from service.board.days import refresh
from service.board.units import Workdays
from service.directory import EMPTY
from service.monitoring.names import Names
from service.monitoring.task import look
from service.petitions.precision import Standard
from service.store import migrate
from service.store.database import Database
from service.store.tables import MonitoredDay, WordWeek


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--petitions", type=int, default=100_000)
    options.add_argument("--days", type=int, default=180, help="over which they came in (default: %(default)s)")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'store.db'}")
        found = measure(database, chosen.petitions, chosen.days)
        database.close()
    print(table(["", "found"], [[name, value] for name, value in found.items()]))
    save("monitoring", {"petitions": chosen.petitions, "days": chosen.days, **found}, folder=chosen.results)


def measure(database: Database, petitions: int, days: int) -> Row:
    """What the looks cost a process that has done nothing else."""
    migrate.upgrade(database)
    fill(database, petitions, days)
    refresh(database, Workdays(Deadlines.load().calendar))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(looks, database.engine.url.render_as_string()).result()


def looks(url: str) -> Row:
    """Seconds of the looks, megabytes of memory at most and of what is kept."""
    database, calendar, taxonomy = Database(url), Deadlines.load().calendar, Taxonomy.load()
    names = Names(taxonomy, Directory.from_dict(EMPTY, version="0", taxonomy=taxonomy))
    before = peak()

    def once() -> None:
        look(database, calendar, Standard("m", "fast", "p", 0.9, 30), names)

    found: Row = {"first look, s": seconds(once)}
    with database.write() as session:  # as if the last day were only now over
        newest = select(func.max(MonitoredDay.day)).scalar_subquery()
        session.execute(delete(MonitoredDay).where(MonitoredDay.day == newest))
    found["look at a day that is over, s"] = seconds(once)
    found["look within a day, s"] = seconds(once)
    with database.read() as session:
        sizes = session.scalars(select(func.length(WordWeek.words))).all()
    database.close()
    return {
        **found,
        "memory of the looking process, MB more": round(peak() - before, 1),
        "memory of the reading process, MB": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1),
        "kept words of a week, kB": round(max(sizes) / 1000, 1),
    }


def seconds(work: Callable[[], None]) -> float:
    """Of the processor, by this process and those that it waited for."""
    before = sum(os.times()[:4])
    work()
    return round(sum(os.times()[:4]) - before, 2)


def peak() -> float:
    """Megabytes of memory that this process had at most; what it began as, a copy of another one, does not count."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
