"""The board's alarms (预警): those that go on with what to do, the last ones as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from petition_nlp.monitoring.rising import CODE
from petition_nlp.monitoring.signals import WEEK
from petition_nlp.taxonomy import Taxonomy
from service.access.principal import Principal, Scope
from service.board.days import Days
from service.console.board_tables import Table, label, number, rate_text
from service.console.texts import board as texts
from service.monitoring.shown import alarms_json

_SHARES = ("unseen_share", "review_share", "correction_share", "slow_share")


def alarms_shown(session: Session, caller: Principal, taxonomy: Taxonomy) -> dict[str, Any]:
    """What the template ``board-alarms.html`` shows."""
    found = alarms_json(session, "open", taxonomy)
    found["items"] = [{**item, "week": _week_until(item["last"])} for item in found["items"]]
    return {
        "alarms": found,
        "words_code": CODE,
        "may_search": caller.may(Scope.PETITIONS_READ),
        "measures": [*_measures(found["measures"])] if found["measures"] else [],
        "alarm_table": _table(alarms_json(session, "all", taxonomy)["items"]),
        "may_acknowledge": caller.may(Scope.ALARMS),
    }


def _week_until(last: str) -> str:
    """The first day of the week that a day ends."""
    return Days.until(date.fromisoformat(last), WEEK).first.isoformat()


def _measures(measures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = texts.PAGE["measures_names"]
    if expected := measures["expected_accuracy"]:
        shares = {name: rate_text(share) for name, share in expected.items()}
        yield names["expected_accuracy"], texts.PAGE["interval"].format(**shares)
    if blind := measures["blind"]:
        shares = {name: rate_text(blind[name]) for name in ("found", "expected")}
        yield names["blind"], texts.PAGE["versus"].format(**shares, n=blind["verdicts"])
    for name in _SHARES:
        if measures[name] is not None:
            yield names[name], rate_text(measures[name])


def _table(items: list[Mapping[str, Any]]) -> Table:
    rows = [
        [
            label(item["title"]),
            label(item["level_name"]),
            label(texts.ALARM_STATES[item["state"]]),
            label(item["since"]),
            label(item["last"]),
            number(round(item["before"], 3)),
            number(round(item["now"], 3)),
            label(item["seen"]),
            label(texts.PAGE["comma"].join(filter(None, (item["acknowledged_name"], item["why"])))),
        ]
        for item in items
    ]
    return Table("alarms", texts.PAGE["alarms"], texts.ALARM_COLUMNS, rows)
