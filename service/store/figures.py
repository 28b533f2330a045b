"""What the store holds, counted for the metrics: the same whichever process is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service import automatic
from service.events import records
from service.events.kinds import DeliveryState
from service.petitions.precision import Standard
from service.petitions.review import waiting
from service.problems import Problem
from service.store.database import Database
from service.store.tables import Alarm, Job, MonitoredDay, PeriodicTask, Petition
from service.store.tables.base import now

_SECONDS: Final = 30
"""Counting reads an index from end to end, so it is not done for every scrape."""


FIGURES: Final = {
    "petition_store_up": "Whether the database answers.",
    "petition_petitions": "Petitions stored, by state.",
    "petition_restricted_waiting": "Restricted petitions that wait for a person.",
    "petition_auto_routing": "Whether automatic routing runs.",
    "petition_blind_verdicts": "Blind verdicts on the model and policy in use.",
    "petition_blind_precision": "Share of them that say that the model was right.",
    "petition_blind_precision_low": "Lower end of its 95 % interval.",
    "petition_blind_precision_high": "Upper end of its 95 % interval.",
    "petition_events_waiting": "Events that wait to be delivered to a webhook, paused ones included.",
    "petition_events_dead": "Events that could not be delivered to a webhook.",
    "petition_events_oldest_seconds": "Age of the oldest event that should have been delivered.",
    "petition_alarms": "Alarms that go on, by what they are about; acknowledged ones are not counted.",
    "petition_drift_psi": "Population stability index of the last 7 days against the 8 weeks before.",
    "petition_unseen_share": "Share of the words of the last 7 days that the model does not know.",
    "petition_review_share": "Share of the petitions of the last 7 days that a person had to look at.",
    "petition_correction_share": "Share of the petitions decided by people in the last 7 days that they changed.",
    "petition_slow_share": "Share of the requests of the last 7 days that took longer than a second.",
    "petition_expected_accuracy": "Mean confidence of the last 7 days: how often the model should be right.",
    "petition_expected_accuracy_low": "Lower end of its 95 % interval.",
    "petition_expected_accuracy_high": "Upper end of its 95 % interval.",
    "petition_blind_expected": "Mean confidence of the petitions that were judged blindly.",
    "petition_jobs": "Bulk jobs, by state.",
    "petition_task_last_success_timestamp_seconds": "When a periodic task last ran well.",
}
"""Names and meanings."""


class StoreFigures:
    """A collector of Prometheus.

    :param standard: of the model in use, None while it is not loaded.
    """

    def __init__(self, database: Database, standard: Callable[[], Standard | None]) -> None:
        self._standard = standard
        self._database = database
        self._lock = Lock()
        self._counted: list[Metric] = []
        self._until = 0.0

    def collect(self) -> Iterable[Metric]:
        """The figures; without a database only that it is gone."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._counted = self._count()
                self._until = time.monotonic() + _SECONDS
            up = _family("petition_store_up")
            up.add_metric([], float(self._database.reachable))
            return [up, *self._counted]

    def _count(self) -> list[Metric]:
        petitions = _family("petition_petitions", "status")
        jobs = _family("petition_jobs", "status")
        restricted = _family("petition_restricted_waiting")
        tasks = _family("petition_task_last_success_timestamp_seconds", "task")
        try:
            with self._database.read() as session:
                live = [*_automatic(session, self._standard()), *_events(session), *_monitored(session)]
                for family, column in ((petitions, Petition.status), (jobs, Job.status)):
                    for status, number in session.execute(select(column, func.count()).group_by(column)):
                        family.add_metric([status], number)
                hidden = select(func.count()).select_from(Petition).where(Petition.restricted.is_(True), waiting())
                restricted.add_metric([], session.scalar(hidden) or 0)
                for task in session.scalars(select(PeriodicTask).where(PeriodicTask.succeeded.is_not(None))):
                    assert task.succeeded is not None
                    tasks.add_metric([task.name], task.succeeded.timestamp())
        except Problem:
            return []
        return [petitions, restricted, jobs, tasks, *live]


def _automatic(session: Session, standard: Standard | None) -> Iterable[Metric]:
    """Whether automatic routing runs, and how precise it is; no precision without verdicts."""
    values: dict[str, float | None] = {"petition_auto_routing": float(automatic.runs(session))}
    if standard is not None:
        found = automatic.present(session, standard).whole.to_dict()
        values["petition_blind_verdicts"] = found["verdicts"]
        values["petition_blind_precision"] = found["precision"]
        values["petition_blind_precision_low"] = found["low"]
        values["petition_blind_precision_high"] = found["high"]
    return _singles(values)


def _monitored(session: Session) -> Iterable[Metric]:
    """Open alarms, and what was measured of the last week."""
    alarms = _family("petition_alarms", "code", "level")
    waits = Alarm.over.is_(None), Alarm.acknowledged.is_(None)
    for code, level, number in session.execute(
        select(Alarm.code, Alarm.level, func.count()).where(*waits).group_by(Alarm.code, Alarm.level)
    ):
        alarms.add_metric([code, level], number)
    yield alarms
    measures = session.scalar(select(MonitoredDay.measures).order_by(MonitoredDay.day.desc()).limit(1)) or {}
    psi = _family("petition_drift_psi", "feature")
    for feature, value in measures.get("psi", {}).items():
        psi.add_metric([feature], value)
    yield psi
    expected, blind = measures.get("expected_accuracy") or {}, measures.get("blind") or {}
    shares = ("unseen_share", "review_share", "correction_share", "slow_share")
    values = {f"petition_{name}": measures.get(name) for name in shares}
    values["petition_expected_accuracy"] = expected.get("share")
    values["petition_expected_accuracy_low"] = expected.get("low")
    values["petition_expected_accuracy_high"] = expected.get("high")
    values["petition_blind_expected"] = blind.get("expected")
    yield from _singles(values)


def _singles(values: Mapping[str, float | None]) -> Iterable[Metric]:
    """Metrics without labels, those that have a value."""
    for name, value in values.items():
        if value is not None:
            family = _family(name)
            family.add_metric([], value)
            yield family


def _events(session: Session) -> Iterable[Metric]:
    """How deliveries to webhooks stand."""
    counted, oldest = records.counts(session), records.oldest(session)
    values = {
        f"petition_events_{state}": sum(number for (_, of), number in counted.items() if of == state)
        for state in (DeliveryState.WAITING, DeliveryState.DEAD)
    }
    seconds = 0.0 if oldest is None else max(0.0, (now() - oldest).total_seconds())
    for name, value in {**values, "petition_events_oldest_seconds": seconds}.items():
        family = _family(name)
        family.add_metric([], value)
        yield family


def _family(name: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, FIGURES[name], labels=labels)
