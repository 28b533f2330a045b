"""How quickly the board's figures come with many stored petitions, on SQLite and PostgreSQL.

Stores invented petitions of the last days, lets the two periodic tasks count and gather them, and times what the board
asks when it opens, for somebody who may see restricted petitions and for somebody who may not.

    python benchmarks/board.py [--petitions 100000] [--days 180] [--runs 7] [--only sqlite]

Needs no real data; some minutes of one core. PostgreSQL only where its programs are installed. A time is the fastest of
the runs, on SQLite of the processor: other programs on the machine only make it longer.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from common import ROOT, Row, parser, sample_rows, save, table
from sqlalchemy import insert, text

sys.path.append(str(ROOT / "tests"))
import postgres

from petition_nlp.local.deadlines import Deadlines
from petition_nlp.local.directory import Directory
from petition_nlp.taxonomy import UNCLEAR, Taxonomy
from service.access.principal import LOCAL, Principal, Scope
from service.board import issues
from service.board.days import Board, Days, refresh, today
from service.board.drift import drift
from service.board.parts import WHOLE, Part
from service.board.series import Step, default_days, series
from service.board.shares import corrections, shares, units
from service.board.signs import signs
from service.board.units import Workdays
from service.directory import EMPTY
from service.moments import CHINA
from service.petitions import statistics as present
from service.store import migrate
from service.store.database import Database
from service.store.tables import Entry, Petition, TouchedDay
from service.store.tables.base import new_id, now

BATCH = 2_000
REVIEWER = Principal("account:reviewer", "reviewer", frozenset(Scope) - {Scope.RESTRICTED})


def fill(database: Database, number: int, days: int) -> None:
    """Store invented petitions: most were closed, some corrected, some returned, a few restricted."""
    rng, taxonomy = random.Random(6), Taxonomy.load()
    texts = [row["诉求内容"] for row in sample_rows()]
    made = [_petition(rng, taxonomy, texts, days) for _ in range(number)]
    for start in range(0, number, BATCH):
        part = made[start : start + BATCH]
        with database.write() as session:
            session.execute(insert(Petition), [petition for petition, _ in part])
            session.execute(insert(Entry), [entry for _, entries in part for entry in entries])
    with database.write() as session:
        first = today() - timedelta(days=days)
        session.add_all(TouchedDay(day=first + timedelta(days=step)) for step in range(days + 1))


def _petition(rng: random.Random, taxonomy: Taxonomy, texts: list[str], days: int) -> tuple[Row, list[Row]]:
    received = now() - timedelta(seconds=rng.randrange(days * 86_400))
    matter = rng.choice([code for code in taxonomy.matters if code != UNCLEAR])
    department, suggested = (rng.choice([*taxonomy.departments]) for _ in range(2))
    decided, returned = rng.random() < 0.3, rng.random() < 0.04
    moved = (decided and rng.random() < 0.3) or returned
    age = (now() - received).days
    closed = received + timedelta(days=rng.randrange(1, 12)) if age > 12 and rng.random() < 0.97 else None
    unit = f"u{rng.randrange(120)}"
    first = suggested if moved else department
    one, other = rng.sample(texts, 2)
    petition = {
        "id": new_id(),
        "version": 1,
        "created": received,
        "created_by": "key:case-system",
        "received": received,
        "channel": rng.choice(["12345热线", "网络问政", "微信", "来访"]),
        "title": None,
        "text": f"{one[: len(one) // 2]}{other[len(other) // 2 :]}",
        "model": "m",
        "taxonomy": "t",
        "policy": "p",
        "matter": matter,
        "department": department,
        "co_departments": [],
        "confidence": 0.8,
        "review": False,
        "asked_review": decided,
        "review_reasons": [],
        "sensitive": [],
        "restricted": rng.random() < 0.02,
        "district": f"第{rng.randrange(8)}区",
        "street": "某街道",
        "community": f"第{rng.randrange(400)}社区",
        "unit": unit,
        "status": "assigned" if closed is None else "resolved",
        "due": (received + timedelta(days=10)).astimezone(CHINA).date(),
        "returns": int(returned),
        "redirected": moved,
        "decided_by": "person" if decided else "model",
        "closed": closed,
        "satisfied": None if closed is None else rng.choice([True, True, False]),
    }
    common = {"petition": petition["id"], "at": received, "actor": "x", "actor_name": "x"}
    state = {"matter": [None, matter], "department": [None, first], "unit": [None, unit], "status": [None, "assigned"]}
    entries = [{**common, "action": "stored", "changes": state}]
    if moved:
        action = "returned" if returned else "corrected"
        entries.append({**common, "action": action, "changes": {"department": [suggested, department]}})
    return petition, entries


def figures(database: Database, caller: Principal) -> dict[str, Callable[[], Any]]:
    """What the board asks when it opens."""
    taxonomy = Taxonomy.load()
    workdays = Workdays(Deadlines.load().calendar)
    month = Days.until(today(), 30)
    directory = Directory.from_dict(EMPTY, version="0", taxonomy=taxonomy)

    def asked(ask: Callable[[Board], Any], part: Part = WHOLE) -> Callable[[], Any]:
        def once() -> Any:
            with database.read() as session:
                return ask(Board(session, caller, workdays, part))

        return once

    steps = {
        f"series by {step}": asked(lambda board, step=step: series(board, step, default_days(step, today()), taxonomy))
        for step in Step
    }
    return {
        "stats (last 30 days)": asked(lambda board: present.statistics(board.session, caller, _last_month(), taxonomy)),
        **steps,
        "shares": asked(lambda board: shares(board, month, taxonomy)),
        "corrections": asked(lambda board: corrections(board, month, taxonomy)),
        "units": asked(lambda board: units(board, month, taxonomy, directory)),
        "series by month, one department": asked(
            lambda board: series(board, Step.MONTH, default_days(Step.MONTH, today()), taxonomy),
            Part(department="urban_management"),
        ),
        "units, one district": asked(lambda board: units(board, month, taxonomy, directory), Part(district="第1区")),
        "signs": asked(lambda board: signs(board.session, caller, taxonomy)),
        "drift": asked(lambda board: drift(board, today(), taxonomy)),
    }


def _last_month() -> present.Span:
    return present.Span(now() - timedelta(days=30), now())


def measure(database: Database, number: int, days: int, runs: int) -> Row:
    """Seconds of the tasks, milliseconds of the figures."""
    migrate.upgrade(database)
    fill(database, number, days)
    workdays = Workdays(Deadlines.load().calendar)
    found: Row = {
        "count all days, s": timed(lambda: refresh(database, workdays)),
        "gather issues, s": timed(lambda: issues.gather(database)),
    }
    with database.write() as session:
        session.add(TouchedDay(day=today() - timedelta(days=1)))
        if database.dialect == "postgresql":
            session.execute(text("ANALYZE"))  # what autovacuum does by itself
    found["count one day, s"] = timed(lambda: refresh(database, workdays))
    for name, caller in (("everything, ms", LOCAL), ("without restricted, ms", REVIEWER)):
        asked = figures(database, caller)
        clock = time.process_time if database.dialect == "sqlite" else time.perf_counter
        found[name] = {what: fastest(ask, runs, clock) for what, ask in asked.items()}
        found[name]["together"] = round(sum(found[name].values()), 1)
    print(database.dialect, found, flush=True)
    return found


def fastest(work: Callable[[], Any], runs: int, clock: Callable[[], float]) -> float:
    """Milliseconds."""
    found = []
    for _ in range(runs):
        start = clock()
        work()
        found.append(clock() - start)
    return round(1000 * min(found), 1)


def timed(work: Callable[[], Any]) -> float:
    """Seconds."""
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 4)


@contextmanager
def databases() -> Iterator[dict[str, Database]]:
    """New ones, gone at the end."""
    with tempfile.TemporaryDirectory() as folder:
        lite = Database(f"sqlite:///{Path(folder) / 'board.db'}")
        if postgres.PROGRAMS is None:
            yield {"sqlite": lite}
        else:
            with postgres.cluster() as running:
                running.sql("CREATE DATABASE board")
                server = Database(running.url("board"))
                yield {"sqlite": lite, "postgresql": server}
                server.close()
        lite.close()


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--petitions", type=int, default=100_000)
    options.add_argument("--days", type=int, default=180, help="over which they came in (default: %(default)s)")
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--only", choices=("sqlite", "postgresql"), help="leave the other database out")
    chosen = options.parse_args()
    with databases() as both:
        found = {
            name: measure(database, chosen.petitions, chosen.days, chosen.runs)
            for name, database in both.items()
            if chosen.only in (None, name)
        }
    first = next(iter(found.values()))
    rows = [
        (what, *(found[name][who][what] for name in found for who in found[name] if who.endswith("ms")))
        for what in first["everything, ms"]
    ]
    print(table(["ms", *(f"{name}: {who[:-4]}" for name in found for who in found[name] if who.endswith("ms"))], rows))
    print(
        table(
            ["s", *found],
            [(task, *(found[name][task] for name in found)) for task in first if task.endswith(", s")],
        )
    )
    figures = {"petitions": chosen.petitions, "days": chosen.days, "databases": found}
    save("board", figures, folder=chosen.results, libraries=("sqlalchemy", "psycopg"))


if __name__ == "__main__":
    main()
