"""What a retraining's gate (门槛) said of a candidate, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from petition_nlp.taxonomy import Taxonomy
from service.console.texts import models as texts
from service.console.wording import number_text

_HEAD: Final = "department"
_SMALL: Final = "*"
"""Stands for the departments with few rows together."""


@dataclass(frozen=True, slots=True)
class Check:
    """One condition, with what was measured."""

    name: str
    passed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Move:
    """What the change would mean for one department, or for those with few rows together.

    :param fell: its share of right answers falls beyond chance.
    """

    name: str
    n: str
    before: str
    after: str
    change: str
    fell: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """A verdict.

    :param reasons: for or against, where the single checks are not known.
    :param current: the model that the candidate was compared with, :param facts: and on what.
    """

    promote: bool
    reasons: list[str]
    warnings: list[str]
    checks: list[Check]
    moves: list[Move]
    current: str | None
    facts: list[str]


def gate_of(gate: Mapping[str, Any], taxonomy: Taxonomy) -> Gate:
    """A verdict as a page shows it; what a ``gate.json`` of another make lacks is left out.

    :param gate: with ``promote``, and what else stood in the file.
    """
    checks = [*_checks(gate.get("checks"))]
    current = gate.get("current")
    return Gate(
        promote=gate["promote"],
        reasons=[] if checks else gate["reasons"],
        warnings=[line for line in _list(gate.get("warnings")) if isinstance(line, str)],
        checks=checks,
        moves=[*_moves(gate.get("departments"), taxonomy)],
        current=current if isinstance(current, str) else None,
        facts=[*_facts(gate)],
    )


def _checks(found: Any) -> Iterator[Check]:
    for one in _list(found):
        match one:
            case {"name": str(name), "passed": bool(passed), "text": str(text)}:
                yield Check(texts.CHECKS.get(name, name), passed, text)


def _moves(found: Any, taxonomy: Taxonomy) -> Iterator[Move]:
    for one in _list(found):
        match one:
            case {"department": str(code), "n": int(n), "first": float(before), "second": float(after)}:
                name = texts.PAGE["small_departments"] if code == _SMALL else taxonomy.name(_HEAD, code)
                change = f"{(after - before) * 100:+.1f}"
                fell = one.get("beyond_chance") is True
                yield Move(name, number_text(n), f"{before:.1%}", f"{after:.1%}", change, fell)


def _facts(gate: Mapping[str, Any]) -> Iterator[str]:
    rows, uses = _mapping(gate.get("rows")), _mapping(gate.get("frozen_uses"))
    for name, text in texts.SAMPLES.items():
        if isinstance(rows.get(name), int):
            yield text.format(n=number_text(rows[name]))
    match uses:
        case {"used": int(used), "planned": int(planned)}:
            yield texts.PAGE["frozen_uses"].format(used=used, planned=planned)


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}
