"""What the pages 三事清单 show: a part of the list with its numbers, one line, one entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_nlp.local.workdays import WorkCalendar
from petition_nlp.route import Responsible
from petition_nlp.router import responsible_for
from petition_nlp.taxonomy import UNCLEAR
from service import problems
from service.access.audit import audit_reading
from service.access.principal import Principal, Scope
from service.api.answers import shown, shown_history
from service.console import matters_words as words
from service.console.matters_forms import WISHES, Search
from service.console.texts import matters as texts
from service.console.unit_choices import unit_choices
from service.petitions import queries
from service.petitions.affair_answers import DeliberationOut, NeededOut, PledgedOut, ReferralOut
from service.petitions.affairs import levels_of, suggested_level
from service.petitions.changes import LocalRules
from service.petitions.counts import counts
from service.petitions.kinds import DELIBERATION_NAMES, REFERRAL_NAMES
from service.petitions.placing import find_place
from service.petitions.queries import Filter, PageFilter
from service.petitions.states import STATUS_NAMES
from service.problems import FieldError
from service.store.database import Database
from service.store.tables import Petition

Item = Mapping[str, Any]
AnyFilter = TypeVar("AnyFilter", bound=Filter)

ROWS: Final = 50
REQUEST_TYPES: Final = ("咨询", "求助", "投诉", "举报", "建议", "表扬")
_NUMBER: Final = re.compile("[0-9a-f]{32}")
_TITLE: Final = 40
_SUMS: Final = ("overdue", "hard", "unanswered")
_DECIDED: Final = ("matter", "department")


@dataclass(frozen=True, slots=True)
class Desk:
    """Whoever looks at the list, and what it takes to show it."""

    caller: Principal
    database: Database
    rules: LocalRules
    calendar: WorkCalendar

    def part(self, wanted: Search) -> dict[str, Any]:
        """A part of the list, with the numbers on its tabs and states."""
        taxonomy, given = self.rules.taxonomy, wanted.filter(self.rules.directory)
        with self.database.read() as session:
            page = queries.find(
                session, self.caller, self._resolved(PageFilter(**given, cursor=wanted.cursor, limit=ROWS))
            )
            items = shown(session, self.caller, page.items, taxonomy)
            numbers = self._unknown() if wanted.is_slow_to_count else self._numbers(session, wanted)
        audit_reading(self.database, self.caller, page.items, "list")
        deadlines = words.Deadlines(self.calendar)
        return {
            "items": [(item, deadlines.left(item)) for item in items],
            "next": page.next,
            "skipped": (),
            "later": wanted.is_slow_to_count,
            **numbers,
            **self._common(),
        }

    def numbers(self, wanted: Search) -> dict[str, Any]:
        """The numbers on the tabs and states alone."""
        with self.database.read() as session:
            return {**self._numbers(session, wanted), **self._common()}

    def row(self, petition: str) -> dict[str, Any]:
        """One line of the list."""
        with self.database.read() as session:
            found = queries.get(session, self.caller, petition)
            [item] = shown(session, self.caller, [found], self.rules.taxonomy)
        audit_reading(self.database, self.caller, [found], "list")
        return {"item": item, "left": words.Deadlines(self.calendar).left(item), **self._common()}

    def entry(self, petition: str, *, seen: int | None = None) -> dict[str, Any]:
        """One entry with its history.

        :param seen: the version that somebody wanted to change; what was changed since is told besides.
        """
        taxonomy = self.rules.taxonomy
        with self.database.read() as session:
            found = queries.get(session, self.caller, petition)
            [item] = shown(session, self.caller, [found], taxonomy)
            history = shown_history(session, self.caller, found)
            others = self._others(session, item, history)
            level = suggested_level(found, levels_of(taxonomy, found.matter))
            services = self._services(found)
        audit_reading(self.database, self.caller, [found], "read")
        audit_reading(self.database, self.caller, others, "list")
        known = {other.id: title_of(other.title, other.text) for other in others}
        wording = words.Wording(taxonomy, self.rules.directory, known)
        told = [wording.entry(entry) for entry in history]
        resources = item["resources"] or {}
        unit = self.rules.directory.units.get(item["unit"]["code"]) if item["unit"] else None
        return {
            "item": item,
            "left": words.Deadlines(self.calendar).left(item),
            "title": title_of(item["title"], item["text"]),
            "pieces": words.pieces(item["text"], item["route"]["evidence"]),
            "actions": words.actions(item, taxonomy) if self.caller.may(Scope.PETITIONS_WRITE) else [],
            "history": told[::-1],
            "since_then": told[-(item["version"] - seen) :][::-1] if seen is not None else [],
            "others": {other.id: other for other in others},
            "party": self._party(item),
            "unit": unit,
            "levels": list(levels_of(taxonomy, found.matter).items()),
            "level": level,
            "services": services,
            "supervises": self.caller.may(Scope.SUPERVISE),
            "needed": words.resource_words(resources.get("needed")),
            "pledged": words.resource_words(resources.get("pledged")),
            "needs": resources.get("needed") or dict.fromkeys(NeededOut.model_fields),
            "gives": resources.get("pledged") or dict.fromkeys(PledgedOut.model_fields),
            "talks": item["deliberation"] or dict.fromkeys(DeliberationOut.model_fields),
            "refers": item["referral"] or dict.fromkeys(ReferralOut.model_fields),
            **self.choices(),
            **self._common(),
        }

    def choices(self) -> dict[str, Any]:
        """What forms and filters offer."""
        taxonomy, directory = self.rules.taxonomy, self.rules.directory
        return {
            "matters": [(code, matter.name) for code, matter in taxonomy.matters.items() if code != UNCLEAR],
            "departments": [department.name for department in taxonomy.departments.values()],
            "units": [
                (given, unit.code if given == unit.name else unit.name) for given, unit in unit_choices(directory)
            ],
            "communities": sorted(place.name for place in directory.areas.values() if place.kind == "community"),
            "request_types": [(name, name) for name in REQUEST_TYPES],
            "deliberations": [(code.value, name) for code, name in DELIBERATION_NAMES.items()],
            "referrals": [(code.value, name) for code, name in REFERRAL_NAMES.items()],
            "all_services": [(service.id, service.name) for service in directory.services],
            "marks": texts.MARKS,
            "dues": texts.DUE,
        }

    def number_of(self, session: Session, wanted: str) -> str:
        """The number of an entry that is named by it or by its source's.

        :raises Problem: 422, there is none, or there are several.
        """
        if _NUMBER.fullmatch(wanted):
            return wanted
        found = queries.find(session, self.caller, PageFilter(external_id=wanted, limit=2)).items
        if len(found) != 1:
            told = "有几件用这个编号，请用本系统编号" if found else "没有这个编号的诉求"
            raise problems.invalid_request([FieldError("other", told)])
        return found[0].id

    def _common(self) -> dict[str, Any]:
        return {
            "writes": self.caller.may(Scope.PETITIONS_WRITE),
            "status_kinds": words.STATUS_KINDS,
            "action_names": texts.ACTIONS,
            "link_states": texts.LINKS,
            "title_of": title_of,
        }

    def _resolved(self, wanted: AnyFilter) -> AnyFilter:
        return wanted.resolved(self.rules.taxonomy, self.calendar)

    def _numbers(self, session: Session, wanted: Search) -> dict[str, Any]:
        """What is counted for the tabs, and for the states of the present tab."""
        base, tabbed = wanted.base(self.rules.directory), wanted.tabbed()
        by_tab = self._count(session, base)
        by_state = self._count(session, {**base, **tabbed}) if tabbed else by_tab
        return {
            "tabs": self._tabs(by_tab),
            "states": by_state["by_status"],
            "sums": {name: by_state[name] for name in _SUMS},
            "total": by_state["petitions"],
        }

    def _unknown(self) -> dict[str, Any]:
        """The same where counting takes longer than reading the list: the page asks for it afterwards."""
        matters = [(code, matter.name, None) for code, matter in self.rules.taxonomy.matters.items() if code != UNCLEAR]
        return {
            "tabs": [("all", texts.PAGE["all"], None), *matters, (WISHES, texts.PAGE["wishes"], None)],
            "states": [{"code": code.value, "name": name, "count": None} for code, name in STATUS_NAMES.items()],
            "sums": dict.fromkeys(_SUMS),
            "total": None,
        }

    def _count(self, session: Session, given: Mapping[str, Any]) -> Mapping[str, Any]:
        wanted = self._resolved(Filter(**given))
        return counts(session, self.caller, wanted, self.rules.taxonomy)

    def _tabs(self, found: Mapping[str, Any]) -> Sequence[tuple[str, str, int]]:
        """Code, name and number of each tab."""
        matters = [(one["code"], one["name"], one["count"]) for one in found["by_matter"] if one["code"] != UNCLEAR]
        kinds = sum(one["count"] for one in found["by_kind"] if one["code"] != "petition")
        return [("all", texts.PAGE["all"], found["petitions"]), *matters, (WISHES, texts.PAGE["wishes"], kinds)]

    def _others(
        self, session: Session, item: Mapping[str, Any], history: Iterable[Mapping[str, Any]]
    ) -> list[Petition]:
        """The entries that an entry or its history names."""
        ids = {link["petition"] for link in item["same_matter"]} | {item["merged_into"]}
        ids |= {
            side["petition"]
            for entry in history
            for side in entry["changes"].get("same_matter") or ()
            if side is not None
        }
        query = select(Petition).where(Petition.id.in_(ids - {None}), *queries.visible(self.caller))
        return list(session.scalars(query))

    def _party(self, item: Item) -> Item | Responsible | None:
        """Who has to act: as the route says, or as follows from what was decided otherwise."""
        route = item["route"]
        codes = {head: item[head] and item[head]["code"] for head in _DECIDED}
        if all(code == (route[head] and route[head]["code"]) for head, code in codes.items()):
            found: Item | None = route["responsible"]
            return found
        return responsible_for(self.rules.taxonomy, codes["matter"] or UNCLEAR, codes["department"])

    def _services(self, petition: Petition) -> list[dict[str, Any]]:
        """The services of the directory that can help."""
        directory = self.rules.directory
        if not directory.services:
            return []
        found = directory.match_services(
            matter=petition.matter,
            department=petition.department,
            place=find_place(petition, directory),
            text=petition.text,
        )
        return [match.to_dict() for match in found]


def title_of(title: str | None, text: str) -> str:
    """What an entry is called: its title, else how its text begins."""
    if title and title.strip():
        return title.strip()
    line = " ".join(text.split())
    return line if len(line) <= _TITLE else f"{line[:_TITLE]}…"
