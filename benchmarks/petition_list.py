"""The list of three matters with many petitions: milliseconds of a page and of the counts above it.

Fills an empty database with invented petitions, then asks what the list asks, each question several times, for callers
who may see everything and for those who may not. A page is what `GET /v1/petitions` reads of the database, its routes
and links included; answering it over HTTP takes some milliseconds more. SQLite works in this process, so its figures
are processor time, which other programs on the machine disturb little; those of PostgreSQL are what one waits.

    python benchmarks/petition_list.py [--petitions 100000] [--database URL] [--repeats 7]

Without --database it makes a SQLite file in the temporary folder; a PostgreSQL database has to be empty. Takes a minute
or two for 100,000 petitions.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from common import Row, parser, save, table
from sqlalchemy import insert
from sqlalchemy.orm import Session

from petition_nlp.local.workdays import WorkCalendar
from petition_nlp.taxonomy import Taxonomy
from service.access.principal import Principal, Scope
from service.petitions import queries
from service.petitions.counts import counts
from service.petitions.queries import Filter, PageFilter
from service.store import migrate
from service.store.database import Database
from service.store.tables import Petition, Suggestion
from service.store.tables.base import new_id, now

SEED: Final = 20261130
_BATCH: Final = 2000
_COMMUNITIES: Final = 300
_UNITS: Final = 150
_DAYS: Final = 365
_TEXT: Final = "我们小区楼下每天晚上施工到凌晨，噪声很大，老人孩子没法睡觉，找物业也没人管，请有关部门来看一看。" * 3
_EVERYTHING: Final = Principal("key:all", "all", frozenset(Scope))
_MOST: Final = Principal("key:most", "most", frozenset(Scope) - {Scope.RESTRICTED})

QUESTIONS: Final[dict[str, dict[str, Any]]] = {
    "everything": {},
    "open": {"status": ["pending", "assigned", "in_progress"]},
    "a matter, in progress": {"matter": "community", "status": ["in_progress"]},
    "a community": {"community": "社区17"},
    "a community and matter": {"community": "社区17", "matter": "community"},
    "a unit": {"unit": "unit-17"},
    "a unit, overdue": {"unit": "unit-17", "overdue": True},
    "overdue": {"overdue": True},
    "due within 3 working days": {"due_within": 3},
    "hard": {"hard": True},
    "hard, of a matter": {"hard": True, "matter": "private"},
    "urged": {"urged": True},
    "urged, not answered": {"unanswered": True},
    "wishes": {"kind": "wish"},
    "wishes that are closed": {"kind": "wish", "status": ["resolved"]},
    "deliberation agreed": {"deliberation": "agreed"},
    "deliberation agreed, in a community": {"deliberation": "agreed", "community": "社区17"},
    "referred to mediation": {"referral": "mediation"},
}


def fill(database: Database, petitions: int) -> None:
    """Store invented petitions, received over a year; older ones are closed more often."""
    draw = random.Random(SEED)
    route = {"responsible": {"level": "compound"}, "note": "x" * 1500}
    start = now() - timedelta(days=_DAYS)
    for first in range(0, petitions, _BATCH):
        size = min(_BATCH, petitions - first)
        rows = [_petition(draw, start + timedelta(days=_DAYS * (first + n) / petitions)) for n in range(size)]
        with database.write() as session:
            session.execute(insert(Petition), rows)
            session.execute(insert(Suggestion), [{"petition": row["id"], "route": route} for row in rows])


def _petition(draw: random.Random, received: datetime) -> Row:
    age = (now() - received).days
    closed = draw.random() < min(0.97, age / 40)
    matter = draw.choices(["government", "community", "private", "unclear"], [70, 18, 10, 2])[0]
    talked = matter == "community" and draw.random() < 0.3
    urged = draw.random() < 0.03
    return {
        "id": new_id(),
        "version": 1,
        "created_by": f"key:{draw.randrange(5)}",
        "received": received,
        "kind": draw.choices(["petition", "wish", "project"], [985, 12, 3])[0],
        "text": _TEXT,
        "model": "m",
        "taxonomy": "t",
        "policy": "p",
        "matter": matter,
        "department": f"department-{draw.randrange(40)}",
        "co_departments": [],
        "confidence": draw.random(),
        "review": False,
        "asked_review": False,
        "review_reasons": [],
        "sensitive": [],
        "restricted": draw.random() < 0.005,
        "community": f"社区{draw.randrange(_COMMUNITIES)}",
        "unit": f"unit-{draw.randrange(_UNITS)}",
        "status": draw.choice(["resolved", "archived"] if closed else ["assigned", "in_progress"]),
        "due": (received + timedelta(days=draw.choice([3, 7, 21, 30]))).date(),
        "hard": draw.random() < 0.004,
        "urges": int(urged),
        "unanswered": urged and not closed,
        "deliberation_state": draw.choice(["going_on", "agreed", "not_agreed"]) if talked else None,
        "referral_kind": draw.choice(["mediation", "legal_aid", "market"]) if matter == "private" else None,
    }


def _page(session: Session, caller: Principal, wanted: Row) -> None:
    found = queries.find(session, caller, PageFilter(**wanted).resolved(_taxonomy, _calendar))
    queries.links(session, found.items, caller)


def _counts(session: Session, caller: Principal, wanted: Row) -> None:
    counts(session, caller, Filter(**wanted).resolved(_taxonomy, _calendar), _taxonomy)


_taxonomy, _calendar = Taxonomy.load(), WorkCalendar()
Ask = Callable[[Session, Principal, Row], None]


def milliseconds(database: Database, ask: Ask, caller: Principal, wanted: Row, repeats: int) -> float:
    """The median of several runs, by the clock that suits the database."""

    clock = time.process_time if database.dialect == "sqlite" else time.perf_counter

    def runs() -> Iterator[float]:
        for _ in range(repeats + 1):
            with database.read() as session:
                began = clock()
                ask(session, caller, wanted)
                yield 1000 * (clock() - began)

    return round(statistics.median(list(runs())[1:]), 1)


def main() -> None:
    """Fill, ask, print and save."""
    options = parser(__doc__)
    options.add_argument("--petitions", type=int, default=100_000)
    options.add_argument("--database", help="an empty database (default: a new SQLite file)")
    options.add_argument("--repeats", type=int, default=7)
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(args.database or f"sqlite:///{Path(folder) / 'list.db'}")
        migrate.upgrade(database)
        fill(database, args.petitions)
        asked: list[Row] = []
        for name, wanted in QUESTIONS.items():
            row: Row = {"question": name}
            for caller in (_EVERYTHING, _MOST):
                for what, ask in (("page", _page), ("counts", _counts)):
                    row[f"{what}_{caller.name}"] = milliseconds(database, ask, caller, wanted, args.repeats)
            asked.append(row)
        database.close()
    print(table(list(asked[0]), (list(row.values()) for row in asked)))
    figures = {"petitions": args.petitions, "database": database.dialect, "milliseconds": asked}
    save(f"petition_list_{database.dialect}", figures, folder=args.results, libraries=["sqlalchemy"])


if __name__ == "__main__":
    main()
