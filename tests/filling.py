"""Fills a store with invented petitions: the sample orders again and again, some new and some long settled."""

from __future__ import annotations

import csv
import itertools
import json
import random
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from petition_nlp.route import Choice, Emergency, Evidence, Prediction, Reason, Responsible, Review, Route
from petition_nlp.taxonomy import Taxonomy
from service.store.database import Database
from service.store.tables import Entry, Petition

_ORDERS = Path(__file__).resolve().parents[1] / "data" / "samples" / "orders.csv"
_PLACES = (
    ("城东区", "滨江街道", "云锦社区"),
    ("城东区", "滨江街道", "柳湖社区"),
    ("城西区", "青枫街道", "青枫社区"),
    ("高新区", "科苑街道", "科苑社区"),
)
_STATUSES = ("pending", "assigned", "in_progress", "resolved", "archived")
_SHARES = (12, 26, 20, 22, 20)
_DAYS = 60
_PART = 5000
_SUGGESTION = text("INSERT INTO suggestion (petition, route) VALUES (:petition, :route)")  # its JSON is there already

Row = dict[str, Any]


def fill(database: Database, n: int, *, now: datetime | None = None) -> list[str]:
    """Store n invented petitions of the last 60 days, evenly spread; their ids, the oldest first.

    About one in eight waits for a person; the same call gives the same petitions, save for the time.
    """
    end = now or datetime.now(UTC)
    chance = random.Random(7)
    orders = itertools.cycle(range(len(_orders())))
    moments = (end - timedelta(days=_DAYS) * (1 - (place + 1) / (n + 1)) for place in range(n))
    rows = (_petition(next(orders), moment, place, chance) for place, moment in enumerate(moments))
    ids: list[str] = []
    while part := list(itertools.islice(rows, _PART)):
        with database.write() as session:
            session.execute(insert(Petition.__table__), [row for row, _ in part])
            session.execute(_SUGGESTION, [{"petition": row["id"], "route": route} for row, route in part])
            session.execute(insert(Entry.__table__), [_entry(row) for row, _ in part])
        ids += [row["id"] for row, _ in part]
    return ids


@cache
def _orders() -> list[Row]:
    taxonomy = Taxonomy.load()
    with _ORDERS.open(encoding="utf-8-sig", newline="") as file:
        return [_order(row, taxonomy) for row in csv.DictReader(file)]


def _order(row: dict[str, str], taxonomy: Taxonomy) -> Row:
    return {
        "title": row["诉求标题"],
        "text": row["诉求内容"],
        "request_type": row["诉求类型"],
        "matter": Choice(taxonomy.resolve("matter", row["事项类别"]), row["事项类别"], 0.9),
        "department": Choice(taxonomy.resolve("department", row["责任部门"]), row["责任部门"], 0.9),
    }


def _petition(number: int, moment: datetime, place: int, chance: random.Random) -> tuple[Row, str]:
    order = _orders()[number]
    [status] = chance.choices(_STATUSES, _SHARES)
    waits = status == "pending"
    emergency = "119" if waits and chance.random() < 0.05 else None
    route, route_json = _route(number, waits, emergency)
    district, street, community = chance.choice(_PLACES)
    done = moment + timedelta(days=2) if status in ("resolved", "archived") else None
    row = {
        "id": _identifier(moment, place),
        "version": 1,
        "created": moment,
        "created_by": "key:invented",
        "received": moment,
        "external_id": f"INV{place:08d}",
        "channel": "电话" if place % 3 else "网站",
        "title": order["title"],
        "text": order["text"],
        "area": district,
        "extra": None,
        "model": route["model"],
        "taxonomy": route["taxonomy"],
        "policy": "0.9@000000000000",
        "matter": order["matter"].code,
        "department": order["department"].code,
        "co_departments": [],
        "request_type": order["request_type"],
        "confidence": route["confidence"],
        "review": waits,
        "asked_review": waits,
        "review_reasons": ["low_confidence"] if waits else [],
        "emergency": emergency,
        "sensitive": [],
        "restricted": False,
        "district": district,
        "street": street,
        "community": community,
        "status": status,
        "due": (moment + timedelta(days=7)).date(),
        "decided_by": None if waits else "model",
        "closed": done,
        "outcome": "已现场处理，诉求人知晓" if done else None,
        "satisfied": chance.random() < 0.85 if done else None,
    }
    return row, route_json


@cache
def _route(number: int, waits: bool, emergency: str | None) -> tuple[Row, str]:
    order = _orders()[number]
    matter, department = order["matter"], order["department"]
    confidence = round(random.Random(number).uniform(*((0.3, 0.75) if waits else (0.75, 0.99))), 3)
    others = [order["department"] for order in _orders()[:: len(_orders()) // 3] if order["department"] != department]
    route = Route(
        matter=Prediction(matter.code, matter.name, confidence),
        department=Prediction(department.code, department.name, confidence, _less(others, 1 - confidence)),
        responsible=Responsible("department", department.name, "由12345热线转办。"),
        candidates=None,
        co_departments=(),
        request_type=Prediction(order["request_type"], order["request_type"], 0.8),
        confidence=confidence,
        review=Review((Reason("low_confidence", "把握不足"),) if waits else ()),
        emergency=Emergency(emergency, f"请立即转 {emergency}") if emergency else None,
        evidence=(Evidence(0, 2, order["text"][:2], 1.0, "department"),) if len(order["text"]) > 1 else (),
        model="invented@1",
        taxonomy="2026.11",
        policy={"target_precision": 0.9},
    ).to_dict()
    return route, json.dumps(route, ensure_ascii=False)


def _less(others: list[Choice], rest: float) -> tuple[Choice, ...]:
    return tuple(Choice(one.code, one.name, round(rest / 2**place, 3)) for place, one in enumerate(others, start=1))


def _entry(row: Row) -> Row:
    changes = {name: [None, row[name]] for name in ("matter", "department", "status")}
    who = {"actor": row["created_by"], "actor_name": "导入", "action": "stored", "why": None}
    versions = {name: row[name] for name in ("model", "taxonomy", "policy")}
    return {"petition": row["id"], "at": row["created"], "changes": changes, **who, **versions}


def _identifier(moment: datetime, place: int) -> str:
    """As `service.store.tables.base.new_id` makes them: they sort by time."""
    return f"{int(moment.timestamp() * 1000):012x}7{place % 4096:03x}8{place:015x}"
