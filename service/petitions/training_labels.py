"""What people decided of a petition, as a label to learn from: its values, how strong it is, and since when.

Of a suggestion only that counts which a person confirmed: what nobody looked at is no label, and neither is the matter
of a petition of which a unit merely said that another department is meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from petition_nlp.strengths import Strength
from service.access.principal import SYSTEM
from service.petitions.states import Status
from service.store.tables import BlindVerdict, Entry, Petition

ACTIONS: Final = ("corrected", "accepted", "returned", "withdrawn", "moved", "reopened")
"""Entries that make a label, or end one."""

DECIDING: Final = ("corrected", "accepted", "returned")
"""Without one of these, or a blind verdict, a petition has no label."""

FIELDS: Final = ("matter", "department", "co_departments", "request_type")
_WHERE_TO: Final = frozenset({"matter", "department"})
_KEPT: Final = frozenset({Status.IN_PROGRESS, Status.RESOLVED})
"""States into which a unit brings what it keeps."""


@dataclass(frozen=True, slots=True)
class Label:
    """Decided values by field; a field that nobody decided on is missing."""

    values: Mapping[str, Any]
    strength: Strength
    decided: datetime


def label_of(petition: Petition, entries: Sequence[Entry], verdict: BlindVerdict | None) -> Label | None:
    """The strongest label that still stands, of equals the last; None where no person has decided.

    :param entries: of the petition's history those with one of the `ACTIONS`, oldest first.
    :param verdict: of a blind review.
    """
    walk = _Walk(petition)
    blind = verdict if verdict is not None and not verdict.seen else None
    for entry in entries:
        if blind is not None and blind.at <= entry.at:
            walk.judge(blind)
            blind = None
        walk.read(entry)
    if blind is not None:
        walk.judge(blind)
    return max(walk.labels, key=lambda label: (-label.strength.rank, label.decided), default=None)


@dataclass
class _Walk:
    """A petition's history, read entry by entry.

    :param decided: fields of which a person has decided. :param asked: whether a person had to look.
    :param returned: whether a unit has sent it back and none has kept it since.
    """

    petition: Petition
    labels: list[Label] = field(default_factory=list)
    decided: frozenset[str] = frozenset()
    returned: bool = False
    asked: bool = False
    values: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        route = self.petition.suggestion.route
        self.asked = self.petition.asked_review
        self.values = {head: route[head] and route[head]["code"] for head in ("matter", "department", "request_type")}
        self.values["co_departments"] = [choice["code"] for choice in route["co_departments"]]

    def read(self, entry: Entry) -> None:
        """Take up one change."""
        self.values |= {name: entry.changes[name][1] for name in FIELDS if name in entry.changes}
        status = entry.changes.get("status", [None, None])[1]
        if entry.action == "returned":
            named = {"department"} if "department" in entry.changes else set()
            self._void(frozenset(named))
            self.returned = self.asked = True
        elif entry.action == "withdrawn" or (entry.action in ("moved", "reopened") and status == Status.PENDING):
            self._void(frozenset())
            self.asked = self.asked or entry.action != "withdrawn"
        elif entry.actor != SYSTEM.id:
            self._decide(entry, status)

    def judge(self, verdict: BlindVerdict) -> None:
        """Take up what a reviewer said without knowing the suggestion."""
        values = {
            "matter": verdict.decided_matter,
            "department": verdict.decided_department,
            "co_departments": verdict.decided_co_departments,
        }
        told = {name: value for name, value in values.items() if value is not None}
        self.labels.append(Label(told, Strength.BLIND, verdict.at))

    def _decide(self, entry: Entry, status: str | None) -> None:
        if entry.action == "corrected":
            if "department" in entry.changes:
                self._reopen()
            self.decided = frozenset(FIELDS)
            self._bring_up_to_date(entry.at)
            self._label(self._corrected(entry), entry.at)
        elif entry.action == "accepted":
            self.decided = frozenset(FIELDS)
            self._label(self._confirmed, entry.at)
        elif self.returned and status in _KEPT and self.decided:
            self._label(Strength.FINAL_UNIT, entry.at)
            self.returned = False

    def _corrected(self, entry: Entry) -> Strength:
        if entry.changes.get("final", [None, False])[1]:
            return Strength.FINAL_UNIT
        return self._confirmed if _WHERE_TO.isdisjoint(entry.changes) else Strength.CORRECTED

    @property
    def _confirmed(self) -> Strength:
        return Strength.REVIEWED if self.asked else Strength.ACCEPTED

    def _reopen(self) -> None:
        """A department that was kept, and is changed after all, was not the final one."""
        kept = [label for label in self.labels if label.strength is not Strength.FINAL_UNIT]
        self.returned = self.returned or len(kept) < len(self.labels)
        self.labels = kept

    def _bring_up_to_date(self, at: datetime) -> None:
        """A stronger label that still stands says what is in force, not what was corrected since."""
        self.labels = [
            label if label.strength is Strength.BLIND else Label(self._in_force, label.strength, at)
            for label in self.labels
        ]

    def _label(self, strength: Strength, at: datetime) -> None:
        self.labels.append(Label(self._in_force, strength, at))

    @property
    def _in_force(self) -> dict[str, Any]:
        return {name: self.values[name] for name in self.decided}

    def _void(self, decided: frozenset[str]) -> None:
        """What was decided before does not stand any more."""
        self.labels.clear()
        self.decided = decided
        self.returned = False
