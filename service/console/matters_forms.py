"""What the pages 三事清单 are sent: filters, and forms that differ from what the API takes."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from pydantic import Field

from petition_nlp.local.directory import Directory
from service.moments import CHINA, Day
from service.petitions.affair_schemas import NeededIn, PledgedIn, ResourcesIn
from service.petitions.kinds import GivenDeliberation, GivenReferral, Kind
from service.petitions.schemas import Reason
from service.petitions.states import GivenStatus
from service.schemas import In, Text

WISHES: Final = "wishes"
_Name = Annotated[Text, Field(max_length=200)]
_Chosen = Annotated[Text, Field(pattern=r"^[0-9a-f]{32}\.[0-9]{1,18}$")]


class View(In):
    """Which part of the list is shown: what may stand in an address."""

    tab: Annotated[Text, Field(max_length=64)] = "all"
    status: GivenStatus | None = None
    department: _Name | None = None
    unit: _Name | None = None
    community: _Name | None = None
    request_type: _Name | None = None
    due: Literal["overdue", "0", "3", "5"] | None = None
    mark: Literal["hard", "urged", "unanswered", "emergency", "review"] | None = None
    deliberation: GivenDeliberation | None = None
    referral: GivenReferral | None = None
    since: Day | None = None
    until: Day | None = None
    cursor: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = None

    def query(self) -> str:
        """The same as the query of an address."""
        given = self.model_dump(mode="json", exclude_none=True, include=set(View.model_fields))
        return urlencode({name: value for name, value in given.items() if (name, value) != ("tab", "all")})


class Search(View):
    """The same with words, which may be a person's and stand in no address."""

    text: _Name | None = None

    def filter(self, directory: Directory) -> dict[str, Any]:
        """As `service.petitions.queries.Filter` takes it."""
        return {**self.base(directory), **self.tabbed(), **self.narrowed()}

    def base(self, directory: Directory) -> dict[str, Any]:
        """What the numbers on the tabs are counted with."""
        return {
            "text": self.text,
            "department": self.department,
            "unit": self.unit and unit_code(self.unit, directory),
            "community": self.community,
            "request_type": self.request_type,
            "deliberation": self.deliberation,
            "referral": self.referral,
            "received_from": self.since and datetime.combine(self.since, time(), CHINA),
            "received_to": self.until and datetime.combine(self.until, time(), CHINA) + timedelta(days=1),
        }

    def tabbed(self) -> dict[str, Any]:
        """The tab."""
        if self.tab == "all":
            return {}
        return {"kind": [Kind.WISH, Kind.PROJECT]} if self.tab == WISHES else {"matter": self.tab}

    def narrowed(self) -> dict[str, Any]:
        """What the numbers of states are counted without."""
        found: dict[str, Any] = {"status": [self.status] if self.status else []}
        if self.due is not None:
            found |= {"overdue": True} if self.due == "overdue" else {"due_within": int(self.due)}
        if self.mark is not None:
            found |= {self.mark: True}
        return found

    @property
    def is_slow_to_count(self) -> bool:
        """Whether counting has to read the petitions themselves, which the index of the counts does not spare it."""
        return any((self.text, self.since, self.until, self.request_type, self.department))

    @property
    def is_narrow(self) -> bool:
        """Whether anything is asked for."""
        return any(value not in (None, "all") for name, value in self if name != "cursor")


class ExportForm(Search):
    """A workbook for a meeting."""

    by: Literal["matter", "community"] = "matter"
    heading: Annotated[Text, Field(min_length=1, max_length=60)]

    def meeting(self, directory: Directory) -> dict[str, Any]:
        """As `service.petitions.list_schemas.MeetingFilter` takes it."""
        return {**self.filter(directory), "by": self.by, "heading": self.heading}


class AssignForm(In):
    """Whose an entry is to be; what is the same as before changes nothing."""

    matter: Text | None = None
    department: Text | None = None
    unit: Text | None = None
    request_type: Text | None = None
    why: Reason | None = None
    final: bool | None = None


class LinkForm(In):
    """What is said of another entry, by its number here or at its source."""

    other: Annotated[Text, Field(min_length=1, max_length=200)]
    state: Literal["linked", "merged", "refused"]
    why: Reason | None = None


class ResourcesForm(In):
    """Resources as a form has them."""

    needed_fund: Annotated[int, Field(ge=0)] | None = None
    needed_volunteers: Annotated[int, Field(ge=0)] | None = None
    needed_other: Reason | None = None
    pledged_fund: Annotated[int, Field(ge=0)] | None = None
    pledged_volunteers: Annotated[int, Field(ge=0)] | None = None
    pledged_other: Reason | None = None
    donors: Text = ""
    why: Reason | None = None

    def resources(self) -> ResourcesIn:
        """As the API takes them."""
        donors = [line.strip() for line in self.donors.splitlines() if line.strip()]
        return ResourcesIn(
            needed=NeededIn(fund=self.needed_fund, volunteers=self.needed_volunteers, other=self.needed_other),
            pledged=PledgedIn(
                fund=self.pledged_fund, volunteers=self.pledged_volunteers, other=self.pledged_other, donors=donors
            ),
            why=self.why,
        )


class BulkForm(Search):
    """Several entries, each as ``NUMBER.VERSION``, what is to be done with them, and the list that they stand in."""

    chosen: Annotated[list[_Chosen], Field(min_length=1, max_length=200)]
    action: Literal["assigned", "in_progress", "urge", "archived"]
    why: Reason | None = None

    def entries(self) -> list[tuple[str, int]]:
        """Numbers with the versions that were seen."""
        return [(number, int(version)) for number, _, version in (one.partition(".") for one in self.chosen)]


def unit_code(wanted: str, directory: Directory) -> str:
    """The code of a unit that is named by code or by name; what is neither finds nothing."""
    named = (unit.code for unit in directory.units.values() if unit.name == wanted)
    return wanted if wanted in directory.units else next(named, wanted)
