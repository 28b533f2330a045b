"""Finding petitions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from petition_nlp.local.workdays import WorkCalendar
from petition_nlp.taxonomy import Taxonomy
from service import problems
from service.access.principal import Principal, Scope
from service.moments import Day
from service.petitions.kinds import GivenDeliberation, GivenKind, GivenReferral
from service.petitions.labels import searched_code
from service.petitions.lateness import not_overdue, overdue, workday_after
from service.petitions.schemas import Moment
from service.petitions.states import OPEN, GivenStatus
from service.store.paging import MOST, Page, page_of
from service.store.tables import Link, Petition

_LINKS: Final = 20
_SAID: Final = frozenset({"linked", "merged"})
_ESCAPE: Final = "\\"
_LETTER: Final = re.compile("[A-Za-z]")

MOST_DAYS: Final = 60
"""Working days in advance that deadlines are asked for."""
_SAME_NAME: Final = (
    "matter",
    "department",
    "unit",
    "request_type",
    "review",
    "channel",
    "external_id",
    "community",
    "hard",
    "unanswered",
)
_EQUAL: Final[Mapping[str, InstrumentedAttribute[Any]]] = {
    **{name: getattr(Petition, name) for name in _SAME_NAME},
    "deliberation": Petition.deliberation_state,
    "referral": Petition.referral_kind,
}
"""Parts of a filter that are the value of a column."""

Code = Annotated[str | None, Field(max_length=64)]
Name = Annotated[str | None, Field(max_length=200)]


class Filter(BaseModel):
    """Which petitions are wanted; what is not given does not matter. The fields are query parameters of the API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Name = Field(default=None, description="标题或内容包含的词，空格分开，须全部包含，英文字母不分大小写")
    matter: Code = Field(default=None, description="事项类别的代码或名称")
    department: Code = Field(default=None, description="责任部门的代码或名称")
    unit: Code = Field(default=None, description="承办单位代码")
    request_type: Code = Field(default=None, description="诉求类型")
    status: list[GivenStatus] = Field(default=[], description="办理状态，代码或名称，可重复")
    review: bool | None = Field(default=None, description="是否待人工复核")
    emergency: bool | None = Field(default=None, description="是否紧急")
    area: Name = Field(default=None, description="区、街道、社区或网格的名称")
    channel: Name = Field(default=None, description="来源")
    external_id: Name = Field(default=None, description="调用方自己的编号")
    received_from: Moment | None = Field(default=None, description="收到时间不早于")
    received_to: Moment | None = Field(default=None, description="收到时间早于")
    kind: list[GivenKind] = Field(default=[], description="种类：petition 诉求、wish 微心愿、project 社区项目，可重复")
    community: Name = Field(default=None, description="社区的名称")
    hard: bool | None = Field(default=None, description="是否疑难")
    urged: bool | None = Field(default=None, description="是否催办过")
    unanswered: bool | None = Field(default=None, description="催办或查询之后，承办单位是否还没有答复")
    deliberation: GivenDeliberation | None = Field(default=None, description="协商状态，代码或名称")
    referral: GivenReferral | None = Field(default=None, description="转介的种类，代码或名称")
    overdue: bool | None = Field(default=None, description="是否未办结而期限已过")
    due_within: int | None = Field(
        default=None, ge=0, le=MOST_DAYS, description="未办结、期限未过，且在今后这么多个工作日之内；0 为今天到期"
    )
    due_to: Day | None = Field(default=None, description="办理期限不晚于")

    _former: Mapping[str, Sequence[str]] = PrivateAttr(default_factory=dict)
    """Further codes that matter and department are stored under from earlier versions of the taxonomy."""

    def with_codes(self, taxonomy: Taxonomy) -> Self:
        """The same with codes in the place of names.

        :raises Problem: 422, the taxonomy has no such label.
        """
        codes = {head: searched_code(taxonomy, head, getattr(self, head), head) for head in ("matter", "department")}
        found = self.model_copy(update=codes)
        found._former = {head: taxonomy.former(head, code) for head, code in codes.items() if code is not None}
        return found

    def resolved(self, taxonomy: Taxonomy, calendar: WorkCalendar) -> Self:
        """The same with codes in the place of names, and a day in the place of a number of working days.

        :raises Problem: 422, the taxonomy has no such label.
        """
        found = self.with_codes(taxonomy)
        if self.due_within is None:
            return found
        last = workday_after(self.due_within, calendar)
        return found.model_copy(update={"due_to": min(last, self.due_to or last)})

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter as SQL."""
        found: list[ColumnElement[bool]] = []
        for name, column in _EQUAL.items():
            value = getattr(self, name)
            former = self._former.get(name)
            if value is not None:
                found.append(column.in_((value, *former)) if former else column == value)
        if self.status:
            found.append(Petition.status.in_(self.status))
        if self.kind:
            found.append(Petition.kind.in_(self.kind))
        if self.emergency is not None:
            found.append(Petition.emergency.is_not(None) if self.emergency else Petition.emergency.is_(None))
        if self.received_from is not None:
            found.append(Petition.received >= self.received_from)
        if self.received_to is not None:
            found.append(Petition.received < self.received_to)
        if self.area is not None:
            places = (Petition.district, Petition.street, Petition.community, Petition.grid, Petition.area)
            found.append(or_(*(place == self.area for place in places)))
        if self.urged is not None:
            found.append(Petition.urges > 0 if self.urged else Petition.urges == 0)
        found += self._by_deadline()
        for word in (self.text or "").split():
            found.append(or_(_contains(Petition.text, word), _contains(Petition.title, word)))
        return found

    def _by_deadline(self) -> Iterator[ColumnElement[bool]]:
        if self.overdue is not None:
            yield overdue() if self.overdue else not_overdue()
        if self.due_within is not None:
            yield from (Petition.status.in_(OPEN), not_overdue())
        if self.due_to is not None:
            yield Petition.due <= self.due_to


class PageFilter(Filter):
    """Which page of them."""

    cursor: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = Field(
        default=None, description="上一页答复中的 next"
    )
    limit: int = Field(default=50, ge=1, le=MOST, description="一页的条数")


def find(session: Session, caller: Principal, wanted: PageFilter) -> Page[Petition, str]:
    """One page of the petitions that the caller may see."""
    query = select(Petition).where(*wanted.conditions(), *visible(caller))
    return page_of(session, query, Petition.id, cursor=wanted.cursor, limit=wanted.limit)


def get(session: Session, caller: Principal, petition: str, *, lock: bool = False) -> Petition:
    """One petition that the caller may see.

    :param lock: hold it until the end of the transaction.
    :raises Problem: 404.
    """
    query = select(Petition).where(Petition.id == petition, *visible(caller))
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise problems.no_such("诉求")
    return found


def links(session: Session, petitions: Sequence[Petition], caller: Principal) -> dict[str, list[Link]]:
    """For each petition at most `_LINKS` links to others that the caller may see, the likeliest first."""
    ids = [petition.id for petition in petitions]
    found: defaultdict[str, list[Link]] = defaultdict(list)
    query = select(Link).where(or_(Link.petition.in_(ids), Link.other.in_(ids))).order_by(Link.score.desc())
    all_links = session.scalars(query).all()
    shown = visible_ids(session, caller, {side for link in all_links for side in (link.petition, link.other)})
    for link in sorted(all_links, key=lambda link: link.state not in _SAID):  # what people said stands before guesses
        if link.petition in shown and link.other in shown:
            for side in {link.petition, link.other} & set(ids):
                found[side].append(link)
    return {side: own[:_LINKS] for side, own in found.items()}


def visible(caller: Principal) -> list[ColumnElement[bool]]:
    """The condition that keeps restricted petitions from callers without the scope, save those that they stored."""
    if caller.may(Scope.RESTRICTED):
        return []
    return [or_(Petition.restricted.is_(False), Petition.created_by == caller.id)]


def visible_ids(session: Session, caller: Principal, ids: set[str]) -> set[str]:
    """Those of some petitions that the caller may know of."""
    conditions = visible(caller)
    if not conditions or not ids:
        return ids
    return set(session.scalars(select(Petition.id).where(Petition.id.in_(ids), *conditions)))


def _contains(column: Any, word: str) -> ColumnElement[bool]:
    """SQL for a word in a text; capital Latin letters count as small ones, as SQLite has it anyway."""
    like = column.ilike if _LETTER.search(word) else column.like  # which is the quicker one on PostgreSQL
    for special in (_ESCAPE, "%", "_"):
        word = word.replace(special, _ESCAPE + special)
    condition: ColumnElement[bool] = like(f"%{word}%", escape=_ESCAPE)
    return condition
