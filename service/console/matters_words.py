"""How the pages 三事清单 put an entry into words: its deadline, what may be done with it, what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

from petition_nlp.local.directory import Directory
from petition_nlp.local.workdays import WorkCalendar
from petition_nlp.taxonomy import Taxonomy
from service.console.texts import matters as texts
from service.console.texts.common import HISTORY
from service.console.wording import moment_text
from service.petitions.affairs import levels_of
from service.petitions.kinds import DELIBERATION_NAMES, REFERRAL_NAMES, Kind
from service.petitions.lateness import today
from service.petitions.states import FOLLOWS, OPEN, STATUS_NAMES, Status

STATUS_KINDS: Final = {
    Status.PENDING: "look",
    Status.ASSIGNED: "busy",
    Status.IN_PROGRESS: "busy",
    Status.RESOLVED: "ok",
    Status.ARCHIVED: "quiet",
    Status.MERGED: "quiet",
}
_WITH_UNIT: Final = (Status.ASSIGNED, Status.IN_PROGRESS)
_SETTLED: Final = (Status.ARCHIVED, Status.MERGED)
_SOON: Final = 1
_MOST_DAYS: Final = 400

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Left:
    """How much time is left.

    :param kind: ``alarm``, ``look`` or ``quiet``.
    """

    text: str
    kind: str


class Deadlines:
    """Tells of deadlines how far they are; each day is counted once."""

    def __init__(self, calendar: WorkCalendar) -> None:
        self._calendar = calendar
        self._today = today()
        self._known: dict[date, int] = {}

    def left(self, item: Item) -> Left | None:
        """What is left of an entry's time; None for what is closed or has no deadline."""
        if item["due"] is None or Status(item["status"]) not in OPEN:
            return None
        due = date.fromisoformat(str(item["due"]))
        if item["overdue"]:
            days = (self._today - due).days
            text = texts.PAGE["overdue_days"].format(n=days) if days > 0 else texts.PAGE["overdue_today"]
            return Left(text, "alarm")
        days = self._workdays(due)
        text = texts.PAGE["due_in"].format(n=days) if days else texts.PAGE["due_today"]
        return Left(text, "look" if days <= _SOON else "quiet")

    def _workdays(self, due: date) -> int:
        if due not in self._known:
            days = min((due - self._today).days, _MOST_DAYS)
            coming = (self._today + timedelta(days=n) for n in range(1, days + 1))
            self._known[due] = sum(self._calendar.day(day).workday for day in coming)
        return self._known[due]


def actions(item: Item, taxonomy: Taxonomy) -> list[str]:
    """What may be done with an entry, the likeliest first."""
    status = Status(item["status"])
    return list(_moves(status)) + list(_more(item, status, taxonomy))


def _moves(status: Status) -> Iterator[str]:
    names = {
        (Status.PENDING, Status.ASSIGNED): "assign",
        (Status.ASSIGNED, Status.IN_PROGRESS): "start",
        (Status.RESOLVED, Status.IN_PROGRESS): "reopen",
        (Status.ARCHIVED, Status.IN_PROGRESS): "reopen",
        (Status.IN_PROGRESS, Status.ASSIGNED): "unstart",
    }
    every = {Status.RESOLVED: "resolve", Status.ARCHIVED: "archive", Status.PENDING: "back"}
    found = [names.get((status, following)) or every.get(following) for following in FOLLOWS[status]]
    late = ("back", "unstart")
    yield from (name for name in found if name and name not in late)
    if status in _WITH_UNIT:
        yield from ("ask", "reply", "return", "correct")
    yield from (name for name in found if name in late)


def _more(item: Item, status: Status, taxonomy: Taxonomy) -> Iterator[str]:
    if status in OPEN:
        yield "extend"
    if status not in _SETTLED and item["matter"]:
        if levels_of(taxonomy, item["matter"]["code"]):
            yield "deliberate"
        if item["referral"] or item["matter"]["code"] == "private":
            yield "refer"
    if status not in _SETTLED and item["kind"] != Kind.PETITION:
        yield "resources"
    if status in (Status.RESOLVED, Status.ARCHIVED):
        yield "rate"
    if status in OPEN:
        yield "not_hard" if item["hard"] else "hard"


@dataclass(frozen=True, slots=True)
class Told:
    """A change as a person reads it: field, before, after; each of the two may be empty."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Wording:
    """Puts what a history holds into words.

    :param known: titles of other entries by number.
    """

    taxonomy: Taxonomy
    directory: Directory
    known: Mapping[str, str]

    def entry(self, entry: Item) -> dict[str, Any]:
        """An entry of a history with its changes in words."""
        changes = entry["changes"]
        named = "unit_name" in changes
        told = [
            Told(texts.FIELDS[name], self._value(name, before), self._value(name, after))
            for name, (before, after) in changes.items()
            if name in texts.FIELDS and not (name == "unit" and named)
        ]
        action = HISTORY.get(entry["action"], entry["action"])
        return {**entry, "action_name": action, "told": [one for one in told if one.before or one.after]}

    def _value(self, name: str, value: Any) -> str:
        if value is None or value == []:
            return ""
        if isinstance(value, bool):
            return texts.YES_NO[value]
        if isinstance(value, list):
            return texts.SEPARATOR.join(self._value(name, one) for one in value)
        if isinstance(value, dict):
            return self._other(value) if name == "same_matter" else _resources(value)
        return self._text(name, str(value))

    def _text(self, name: str, value: str) -> str:
        if name in ("matter", "department", "co_departments"):
            return self.taxonomy.name("matter" if name == "matter" else "department", value)
        if name == "unit":
            unit = self.directory.units.get(value)
            return unit.name if unit else value
        if name == "deliberation_level":
            return next((names[value] for names in self._levels() if value in names), value)
        if name == "due_at":
            return moment_text(value)
        if name == "progress":
            return f"{value}%"
        names: Mapping[str, Mapping[Any, str]] = {
            "status": STATUS_NAMES,
            "deliberation_state": DELIBERATION_NAMES,
            "referral_kind": REFERRAL_NAMES,
        }
        return names[name].get(value, value) if name in names else value

    def _levels(self) -> Iterator[dict[str, str]]:
        return (levels_of(self.taxonomy, code) for code in self.taxonomy.matters)

    def _other(self, value: Mapping[str, Any]) -> str:
        state = texts.LINKS.get(value["state"], "")
        title = self.known.get(value["petition"] or "", value["petition"] or "")
        return f"{title}（{state}）" if state else title


def resource_words(side: Mapping[str, Any] | None) -> list[str]:
    """Resources of one side, each in words."""
    if not side:
        return []
    found = []
    if side["fund"] is not None:
        found.append(texts.PAGE["fund_short"].format(n=f"{side['fund']:,}"))
    if side["volunteers"] is not None:
        found.append(texts.PAGE["volunteers_short"].format(n=f"{side['volunteers']:,}"))
    return [*found, *([side["other"]] if side["other"] else [])]


def _resources(value: Mapping[str, Any]) -> str:
    parts = [
        f"{texts.PAGE[side]}：{texts.SEPARATOR.join(words)}"
        for side in ("needed", "pledged")
        if (words := resource_words(value.get(side)))
    ]
    return "；".join(parts)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text, with the heads that it spoke for and how strongly (0 to 3)."""

    text: str
    heads: Mapping[str, int]


def pieces(text: str, evidence: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """A text cut by the spans that spoke for a choice; those that no longer fit, after masking, are left out."""
    spans = [span for span in evidence if span["weight"] > 0 and text[span["start"] : span["end"]] == span["text"]]
    strongest: dict[str, float] = {}
    for span in spans:
        strongest[span["for"]] = max(strongest.get(span["for"], 0.0), span["weight"])
    cuts = sorted({0, len(text), *(span[side] for span in spans for side in ("start", "end"))})
    found = []
    for start, end in pairwise(cuts):
        heads: dict[str, int] = {}
        for span in spans:
            if span["start"] <= start < span["end"]:
                strength = min(3, int(4 * span["weight"] / strongest[span["for"]]))
                heads[span["for"]] = max(heads.get(span["for"], 0), strength)
        found.append(Piece(text[start:end], heads))
    return found
