"""Prometheus metrics. Labels hold codes, templates and names of this program, never anything of a message.

Several processes write theirs to files of a shared folder, whose name the environment says before this module is
imported; whoever is asked adds them up.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess, values
from prometheus_client.registry import Collector

from petition_nlp.route import Route

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_CONFIDENCE: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)

_STATM: Final = Path("/proc/self/statm")

_UNNAMED: Final = "0"
_process = _UNNAMED
_model = ""


def share(name: str) -> None:
    """Write to files of this name from now on, where processes share a folder."""
    global _process
    before, _process = _process, name
    if before == _UNNAMED:
        for empty in Path(os.environ[_FOLDER]).glob(f"*_{_UNNAMED}.db"):
            empty.unlink()


if _FOLDER in os.environ:
    values.ValueClass = values.MultiProcessValue(lambda: _process)  # type: ignore[no-untyped-call]

_registry = CollectorRegistry()

_REQUESTS = Counter("petition_http_requests", "Requests answered.", ["method", "path", "status"], registry=_registry)
_LATENCY = Histogram(
    "petition_http_request_seconds", "Time to answer a request.", ["path"], buckets=_SECONDS, registry=_registry
)
_ROUTES = Counter(
    "petition_routes", "Messages routed.", ["matter", "department", "profile", "review"], registry=_registry
)
_CONFIDENT = Histogram("petition_route_confidence", "Confidence of routes.", buckets=_CONFIDENCE, registry=_registry)
_PENDING = Gauge(
    "petition_pending_messages",
    "Messages that wait or are being routed, plus one for each thousand characters.",
    multiprocess_mode="livesum",
    registry=_registry,
)
_MEMORY = Gauge(
    "petition_process_memory_bytes", "Resident memory of a process.", multiprocess_mode="liveall", registry=_registry
)
_STORE_ERRORS = Counter("petition_store_errors", "Transactions that the database did not answer.", registry=_registry)
_MODELS = Gauge(
    "petition_model_in_use",
    "Processes of this machine that route with a model.",
    ["model"],
    multiprocess_mode="livesum",
    registry=_registry,
)
_MODEL_LOADS = Counter("petition_model_loads", "Promoted models loaded, or not.", ["result"], registry=_registry)
_TASK_RUNS = Counter("petition_task_runs", "Runs of periodic tasks.", ["task", "result"], registry=_registry)

_EVENTS_SENT = Counter("petition_events_sent", "Attempts to deliver an event.", ["result"], registry=_registry)


@cache
def _request_counter(method: str, path: str, status: int) -> Counter:
    return _REQUESTS.labels(method, path, str(status))


@cache
def _latency(path: str) -> Histogram:
    return _LATENCY.labels(path)


@cache
def _route_counter(matter: str, department: str, profile: str, review: bool) -> Counter:
    return _ROUTES.labels(matter, department, profile, "yes" if review else "no")


def request(method: str, path: str, status: int, seconds: float) -> None:
    """A request was answered. ``path`` is a template."""
    _request_counter(method if method in _METHODS else "other", path, status).inc()
    _latency(path).observe(seconds)


def routed(routes: Sequence[Route]) -> None:
    """Messages were routed."""
    for route in routes:
        matter = route.matter.code if route.matter else ""
        department = route.department.code if route.department else ""
        _route_counter(matter, department, route.profile, route.review.required).inc()
        _CONFIDENT.observe(route.confidence)


def store_error() -> None:
    """The database did not answer."""
    _STORE_ERRORS.inc()


def task_run(task: str, result: str) -> None:
    """A periodic task ran."""
    _TASK_RUNS.labels(task, result).inc()


def event_sent(result: str) -> None:
    """A webhook was sent an event."""
    _EVENTS_SENT.labels(result).inc()


def model_in_use(model: str) -> None:
    """This process routes with a model, and with no other."""
    global _model
    before, _model = _model, model
    if before and before != model:
        _MODELS.labels(before).set(0)
    _MODELS.labels(model).set(1)


def model_loaded(result: str) -> None:
    """A promoted model was loaded: ``ok`` or ``failed``."""
    _MODEL_LOADS.labels(result).inc()


def present(pending: int) -> None:
    """How things stand in this process."""
    _PENDING.set(pending)
    if _STATM.exists():  # Linux
        _MEMORY.set(int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))


def exposition(*collectors: Collector) -> bytes:
    """All metrics in Prometheus' text format.

    :param collectors: of what is looked up when it is asked for.
    """
    registry = CollectorRegistry()
    if _FOLDER in os.environ:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_registry)
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)
