"""The page 看板: the figures of `service.board` as charts, each with its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from petition_nlp.local.directory import Directory
from petition_nlp.taxonomy import Taxonomy
from service import automatic
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.dependencies import DatabaseOfApp, DirectoriesOfApp, EngineOfApp, StandardOfApp, watch_of
from service.api.writing import Answer, write
from service.board.asked import DAYS, asked_days, asked_part
from service.board.days import Board, Days, today
from service.board.drift import drift
from service.board.parts import Part
from service.board.series import Step, default_days, series, week, whole
from service.board.shares import corrections, shares, units
from service.board.signs import signs
from service.board.units import Workdays
from service.console import board_figures as figures
from service.console.board_alarms import alarms_shown
from service.console.board_headline import headlines
from service.console.board_tables import Figure, Table, label, number, rate, rate_text
from service.console.forms import form_of, query_of
from service.console.links import petition_addresses
from service.console.pages import Page, PageRouter
from service.console.shell import fragment, render
from service.console.texts import board as texts
from service.moments import Day
from service.monitoring.alarms import acknowledge
from service.monitoring.schemas import AcknowledgeIn
from service.monitoring.shown import alarm_json
from service.problems import Problem

PAGE: Final = Page("board", "/board", Scope.STATS, texts, place=50)
router: Final = PageRouter(PAGE)
Viewer = Annotated[Principal, Depends(needs(Scope.STATS))]

_LONGEST: Final = {Step.DAY: 92, Step.WEEK: 731}
"""Days until which the volume is shown by day and by week."""


class BoardFilter(BaseModel):
    """Which days are shown, a period by name or days of one's own; and of which department or district."""

    model_config = ConfigDict(extra="forbid")

    period: Literal["7", "30", "90", "month", "last_month"] | None = None
    first_day: Day | None = None
    last_day: Day | None = None
    department: Annotated[str, Field(max_length=64)] | None = None
    district: Annotated[str, Field(max_length=200)] | None = None


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The days, and how they were chosen; ``wrong``: not as they were wished."""

    days: Days
    period: str | None
    wrong: bool = False


@router.get("/board")
def show(
    request: Request,
    caller: Viewer,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    wanted: Annotated[BoardFilter, query_of(BoardFilter)],
) -> Response:
    """Headline figures and signs of some days; the rest takes longer, so the page asks for it when it is there."""
    chosen, taxonomy = _chosen(wanted), engine.router.taxonomy
    part = asked_part(wanted.department, wanted.district, taxonomy)
    with database.read() as session:
        board = Board(session, caller, Workdays(directories.deadlines.calendar), part)
        total = whole(board, chosen.days, taxonomy)
        head = headlines(board, chosen.days, total, taxonomy)
        as_of = board.as_of()
        told = signs(session, caller, taxonomy)
        watched = alarms_shown(session, caller, taxonomy)
    items = [sign for sign in told["items"] if _is_of(sign, part)]
    response = render(
        request,
        chosen=chosen,
        before=chosen.days.before(),
        today=today(),
        as_of=as_of,
        head=head,
        signs=told,
        pressing=[sign for sign in items if sign["level"]],
        others=[sign for sign in items if not sign["level"]],
        addresses=_addresses(request, database, caller, items),
        **_part_shown(part, taxonomy, directories.in_use(taxonomy)),
        **watched,
    )
    response.status_code = 422 if chosen.wrong else 200
    return response


@router.get("/board/figures")
def show_figures(
    request: Request,
    caller: Viewer,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    standard: StandardOfApp,
    directories: DirectoriesOfApp,
    wanted: Annotated[BoardFilter, query_of(BoardFilter)],
) -> Response:
    """Charts with their tables, live precision, drift."""
    days, taxonomy = _chosen(wanted).days, engine.router.taxonomy
    part = asked_part(wanted.department, wanted.district, taxonomy)
    with database.read() as session:
        board = Board(session, caller, Workdays(directories.deadlines.calendar), part)
        found = series(board, _step(days), days, taxonomy)
        shown: list[Figure] = []
        if found["total"]["counts"]["petitions"]:
            handled = units(board, days, taxonomy, directories.in_use(taxonomy))
            shown = _figures(board, days, found, handled, taxonomy)
        changed = drift(Board(session, caller, Workdays(directories.deadlines.calendar)), days.last, taxonomy)
        live = automatic.routing_json(session, standard, taxonomy)
    return fragment(
        request,
        "board_figures.html",
        figures=shown,
        drift=changed,
        drift_table=_drift_table(changed),
        live=live,
        live_tables=_live_tables(live["precision"]),
        rate=rate_text,
    )


@router.post("/board/alarms/{alarm}")
async def acknowledge_alarm(
    request: Request,
    caller: Annotated[Principal, Depends(needs(Scope.ALARMS))],
    database: DatabaseOfApp,
    engine: EngineOfApp,
    alarm: str,
    body: Annotated[AcknowledgeIn, form_of(AcknowledgeIn)],
) -> Response:
    """Say that an alarm is known."""
    taxonomy = engine.router.taxonomy

    def work(session: Session) -> Answer:
        return Answer(alarm_json(acknowledge(session, alarm, caller, body.why), taxonomy))

    def read() -> dict[str, Any]:
        with database.read() as session:
            return alarms_shown(session, caller, taxonomy)

    await write(request, caller, work)
    await run_in_threadpool(watch_of(request).look)
    shown = await run_in_threadpool(read)
    return fragment(request, "board-alarms.html", notice=texts.PAGE["acknowledged"], partial=True, **shown)


def _figures(
    board: Board, days: Days, found: Mapping[str, Any], handled: Mapping[str, Any], taxonomy: Taxonomy
) -> list[Figure]:
    parts = shares(board, days, taxonomy)
    months = series(board, Step.MONTH, default_days(Step.MONTH, days.last), taxonomy)
    return [
        figures.volume(found),
        figures.week(week(board, days)),
        *([figures.departments(parts, taxonomy)] if board.part.department is None else []),
        *([figures.districts(parts)] if board.part.district is None else []),
        figures.channels(parts),
        figures.units(handled),
        figures.communities(parts),
        figures.review(months),
        figures.dispatch(months),
        figures.deadlines(months),
        figures.corrections(corrections(board, days, taxonomy)),
    ]


def _chosen(wanted: BoardFilter) -> _Chosen:
    if wanted.period is not None:
        named = _days_of(wanted.period)
        if (wanted.first_day or named.first, wanted.last_day or named.last) == (named.first, named.last):
            return _Chosen(named, wanted.period)
    if wanted.first_day is None and wanted.last_day is None:
        return _Chosen(Days.until(today(), DAYS), str(DAYS))
    try:
        return _Chosen(asked_days(wanted.first_day, wanted.last_day), None)
    except Problem:
        return _Chosen(Days.until(today(), DAYS), str(DAYS), wrong=True)


def _days_of(period: str) -> Days:
    last = today()
    if period == "month":
        return Days(last.replace(day=1), last)
    if period == "last_month":
        end = last.replace(day=1) - timedelta(days=1)
        return Days(end.replace(day=1), end)
    return Days.until(last, int(period))


def _part_shown(part: Part, taxonomy: Taxonomy, directory: Directory) -> dict[str, Any]:
    """What is chosen of all petitions, and what can be."""
    given = {name: value for name, value in (("department", part.department), ("district", part.district)) if value}
    return {
        "part": part,
        "part_name": part.district if part.department is None else taxonomy.name("department", part.department),
        "part_query": f"&{urlencode(given)}" if given else "",
        "departments": [(code, department.name) for code, department in taxonomy.departments.items()],
        "districts": sorted({area.name for area in directory.areas.values() if area.kind == "district"}),
    }


def _is_of(sign: Mapping[str, Any], part: Part) -> bool:
    if part.department is not None:
        return bool(sign["department"] and sign["department"]["code"] == part.department)
    return part.district in (None, sign["district"])


def _step(days: Days) -> Step:
    return next((step for step, longest in _LONGEST.items() if days.number <= longest), Step.MONTH)


def _addresses(
    request: Request, database: DatabaseOfApp, caller: Principal, items: Sequence[Mapping[str, Any]]
) -> Mapping[str, str]:
    numbers = {petition for sign in items for petition in sign["petitions"]}
    numbers |= {sign["sample"]["petition"] for sign in items if sign["sample"]}
    return petition_addresses(request, database, caller, numbers)


def _drift_table(found: Mapping[str, Any]) -> Table:
    none = label(texts.PAGE["none"])
    rows = [
        [
            label(item["name"]),
            label(item["level_name"]),
            none if item["psi"] is None else number(round(item["psi"], 2)),
            none if item["chance"] is None else number(round(item["chance"], 2)),
            label(texts.SEPARATOR.join(_drift_part(part) for part in item["parts"][:3])),
        ]
        for item in found["items"]
    ]
    return Table("drift", texts.PAGE["drift"], texts.DRIFT_COLUMNS, rows)


def _drift_part(part: Mapping[str, Any]) -> str:
    shares_ = {name: f"{part[name]:.1%}" for name in ("before", "recent")}
    return str(texts.PAGE["drift_part"].format(name=part["name"], **shares_))


def _live_tables(precision: Mapping[str, Any]) -> list[Table]:
    months = [(tally["month"], tally) for tally in precision["by_month"]]
    departments = [(tally["name"], tally) for tally in precision["by_department"]]
    return [
        _tallies("live-months", texts.LIVE_BY["months"], texts.LIVE_MONTHS, months),
        _tallies("live-departments", texts.LIVE_BY["departments"], texts.LIVE_DEPARTMENTS, departments),
    ]


def _tallies(name: str, title: str, columns: Sequence[str], tallies: Sequence[tuple[str, Mapping[str, Any]]]) -> Table:
    rows = [
        [
            label(each),
            number(tally["verdicts"]),
            number(tally["right"]),
            rate(tally["precision"]),
            label(f"{tally['low']:.1%}–{tally['high']:.1%}"),
        ]
        for each, tally in tallies
    ]
    return Table(name, title, columns, rows)
