"""Where petitions come from and go to: matters and departments, channels, areas, moves between departments, units."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from petition_nlp.local.directory import Directory
from petition_nlp.taxonomy import Taxonomy
from service.board.days import Board, Days
from service.board.folding import MOVE, PAIR, current_unit, folded_pairs, folded_units
from service.board.series import share
from service.board.units import DEPARTMENT, UnitCount, whose
from service.moments import moment_json

MOST_MOVED: Final = 15
"""Departments of the matrix."""
_MOST_CHANNELS: Final = 20
_MOST_AREAS: Final = 50
_MOST_UNITS: Final = 300


def shares(board: Board, days: Days, taxonomy: Taxonomy) -> dict[str, Any]:
    """As `service.board.schemas.SharesOut` describes it."""
    groups = board.groups(days)
    departments, areas = folded_pairs(groups["departments"], PAIR, taxonomy), groups["areas"]
    channels: Counter[tuple[str, ...]] = Counter(
        {(channel,): n for channel, n in board.features(days)["channel"].items()}
    )
    districts: Counter[tuple[str, ...]] = Counter()
    for (district, _, _), n in areas.items():
        districts[(district,)] += n
    communities = Counter({key: n for key, n in areas.items() if key[2]})
    return {
        **_span(board, days),
        "petitions": departments.total(),
        "by_matter_and_department": [
            {
                "matter": _named(taxonomy, "matter", matter),
                "department": _named(taxonomy, "department", department),
                "count": n,
            }
            for (matter, department), n in _ranked(departments)
        ],
        "by_channel": _most(channels, ("channel",), _MOST_CHANNELS),
        "by_district": _most(districts, ("district",), _MOST_AREAS),
        "by_community": _most(communities, ("district", "street", "community"), _MOST_AREAS),
    }


def corrections(board: Board, days: Days, taxonomy: Taxonomy) -> dict[str, Any]:
    """As `service.board.schemas.CorrectionsOut` describes it."""
    folded = folded_pairs(board.moves(days), MOVE, taxonomy)
    moves = Counter({pair: n for pair, n in folded.items() if pair[0] != pair[1]})
    busy: Counter[str] = Counter()
    for pair, n in moves.items():
        busy.update(dict.fromkeys(pair, n))
    order = [code for (code,), _ in _ranked(Counter({(code,): n for code, n in busy.items()}))][:MOST_MOVED]
    matrix = [[moves[before, after] for after in order] for before in order]
    return {
        **_span(board, days),
        "departments": [{"code": code, "name": taxonomy.name("department", code)} for code in order],
        "matrix": matrix,
        "total": moves.total(),
        "elsewhere": moves.total() - sum(map(sum, matrix)),
    }


def units(board: Board, days: Days, taxonomy: Taxonomy, directory: Directory) -> dict[str, Any]:
    """As `service.board.schemas.UnitsOut` describes it."""
    counted = folded_units(board.units(days), taxonomy)
    late: Counter[str] = Counter()
    for _, _, department, unit in board.overdue(days):
        late[current_unit(whose(unit, department) or "", taxonomy)] += 1
    found = sorted(counted.items(), key=lambda item: (-item[1].dispatched, item[0]))
    return {
        **_span(board, days),
        "items": [_unit(key, count, late[key], taxonomy, directory) for key, count in found[:_MOST_UNITS]],
        "more": max(0, len(found) - _MOST_UNITS),
    }


def _unit(key: str, count: UnitCount, overdue: int, taxonomy: Taxonomy, directory: Directory) -> dict[str, Any]:
    kind, code = key.split(":", 1)
    known = directory.units.get(code)
    name = taxonomy.name("department", code) if key.startswith(DEPARTMENT) else known.name if known else code
    return {
        "kind": kind,
        "code": code,
        "name": name,
        "dispatched": count.dispatched,
        "returned": count.returned,
        "return_share": share(count.returned, count.dispatched),
        "closed": count.days.total(),
        "median_working_days": count.median(),
        "overdue": overdue,
    }


def _span(board: Board, days: Days) -> dict[str, Any]:
    return {
        "first_day": days.first.isoformat(),
        "last_day": days.last.isoformat(),
        "as_of": moment_json(board.as_of()),
    }


def _most(counts: Counter[tuple[str, ...]], names: tuple[str, ...], most: int) -> dict[str, Any]:
    """The largest, and how many petitions the others have."""
    ranked = _ranked(counts)
    return {
        "items": [
            {**{name: part or None for name, part in zip(names, key, strict=True)}, "count": n}
            for key, n in ranked[:most]
        ],
        "rest": sum(n for _, n in ranked[most:]),
    }


def _ranked(counts: Counter[tuple[str, ...]]) -> list[tuple[tuple[str, ...], int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _named(taxonomy: Taxonomy, head: str, code: str) -> dict[str, str] | None:
    return {"code": code, "name": taxonomy.name(head, code)} if code else None
