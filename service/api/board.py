"""``/v1/stats/…``: the figures of the board (看板)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.answers import READING
from service.api.dependencies import DatabaseOfApp, DirectoriesOfApp, EngineOfApp
from service.board.asked import asked_day, asked_days, asked_part
from service.board.days import Board
from service.board.drift import drift
from service.board.parts import WHOLE, Part
from service.board.schemas import CorrectionsOut, DriftOut, SeriesOut, SharesOut, SignsOut, UnitsOut, WeekOut
from service.board.series import STEP_NAMES, Step, default_days, series, week
from service.board.shares import corrections, shares, units
from service.board.signs import signs
from service.board.units import Workdays
from service.moments import Day
from service.schemas import by_name
from service.store.database import Database

router = APIRouter(prefix="/v1/stats", tags=["统计"])

Caller = Annotated[Principal, Depends(needs(Scope.STATS))]
First = Annotated[Day | None, Query(description="收到的第一天（北京时间）；不给则为三十天前")]
Last = Annotated[Day | None, Query(description="收到的最后一天；不给则为今天")]
GivenStep = Annotated[Step, by_name(STEP_NAMES), Query(description="按什么分：hour 时段，day 日，week 周，month 月")]


def _part(
    engine: EngineOfApp,
    department: Annotated[
        str | None, Query(max_length=64, description="只统计现在归这个责任部门的：代码或名称")
    ] = None,
    district: Annotated[
        str | None, Query(max_length=200, description="只统计这个区的：名称；不能与 department 同时给出")
    ] = None,
) -> Part:
    return asked_part(department, district, engine.router.taxonomy)


AskedPart = Annotated[Part, Depends(_part)]


@router.get("/series", summary="按时间的统计", response_model=SeriesOut, responses=READING)
def get_series(
    caller: Caller,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    part: AskedPart,
    by: GivenStep = Step.DAY,
    first_day: Annotated[
        Day | None, Query(description="收到的第一天；不给则按日、时段为三十天，周为半年，月为一年")
    ] = None,
    last_day: Last = None,
) -> dict[str, Any]:
    """收到的诉求按时段、日、周或月：件数、事项类别、复核比例、首派准确率、退单率、人机一致率、按期办结率、满意率。"""
    days = asked_days(first_day, last_day) if first_day else default_days(by, asked_day(last_day))
    with _board(database, caller, directories, part) as board:
        return series(board, by, days, engine.router.taxonomy)


@router.get("/week", summary="按星期和时段的统计", response_model=WeekOut, responses=READING)
def get_week(
    caller: Caller,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    part: AskedPart,
    first_day: First = None,
    last_day: Last = None,
) -> dict[str, Any]:
    """一周里每天、每个时段收到多少件。"""
    with _board(database, caller, directories, part) as board:
        return week(board, asked_days(first_day, last_day))


@router.get("/shares", summary="构成", response_model=SharesOut, responses=READING)
def get_shares(
    caller: Caller,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    part: AskedPart,
    first_day: First = None,
    last_day: Last = None,
) -> dict[str, Any]:
    """收到的诉求按事项类别和责任部门、来源、区和社区。"""
    with _board(database, caller, directories, part) as board:
        return shares(board, asked_days(first_day, last_day), engine.router.taxonomy)


@router.get("/corrections", summary="部门改派矩阵", response_model=CorrectionsOut, responses=READING)
def get_corrections(
    caller: Caller,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    part: AskedPart,
    first_day: First = None,
    last_day: Last = None,
) -> dict[str, Any]:
    """更正和退单把诉求从哪个部门改到哪个部门：改派最多的十五个部门。"""
    with _board(database, caller, directories, part) as board:
        return corrections(board, asked_days(first_day, last_day), engine.router.taxonomy)


@router.get("/units", summary="承办单位", response_model=UnitsOut, responses=READING)
def get_units(
    caller: Caller,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    part: AskedPart,
    first_day: First = None,
    last_day: Last = None,
) -> dict[str, Any]:
    """各承办单位的交办、退单、办结用时和超期。"""
    taxonomy = engine.router.taxonomy
    directory = directories.in_use(taxonomy)
    with _board(database, caller, directories, part) as board:
        return units(board, asked_days(first_day, last_day), taxonomy, directory)


@router.get("/signs", summary="群体性苗头", response_model=SignsOut, responses=READING)
def get_signs(caller: Caller, database: DatabaseOfApp, engine: EngineOfApp) -> dict[str, Any]:
    """最近十四天里很可能是许多人反映的同一件事；每小时归并一次。这只是提醒，须由人核实。"""
    with database.read() as session:
        return signs(session, caller, engine.router.taxonomy)


@router.get("/drift", summary="来件变化", response_model=DriftOut, responses=READING)
def get_drift(
    caller: Caller,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    last_day: Last = None,
) -> dict[str, Any]:
    """最近三十天收到的诉求与此前九十天相比：部门、事项类别、来源、内容长度、收到时段的构成是否变了。"""
    with _board(database, caller, directories) as board:
        return drift(board, asked_day(last_day), engine.router.taxonomy)


@contextmanager
def _board(database: Database, caller: Principal, directories: DirectoriesOfApp, part: Part = WHOLE) -> Iterator[Board]:
    with database.read() as session:
        yield Board(session, caller, Workdays(directories.deadlines.calendar), part)
