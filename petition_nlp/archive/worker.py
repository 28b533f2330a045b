"""What is done with one batch of rows: mask, route, compare, shape for the output. Runs in any process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from petition_nlp.archive.columns import ColumnMap
from petition_nlp.archive.compare import Comparison, comparer
from petition_nlp.archive.masking import RowMasker
from petition_nlp.archive.outputs import Output, Piece
from petition_nlp.archive.routed import PLACE, Routed
from petition_nlp.archive.rows import BadRow, Batch, Row, RowBatch, as_text
from petition_nlp.archive.summary import FLAWED, Summary
from petition_nlp.route import Message, Reason, Review, Route
from petition_nlp.taxonomy import Taxonomy

if TYPE_CHECKING:
    from petition_nlp.report.facts import Fact


class Routing(Protocol):
    """What a run needs of a router."""

    @property
    def taxonomy(self) -> Taxonomy:
        """The terms that its routes are given in."""

    @property
    def identity(self) -> Mapping[str, object]:
        """What decides its routes: model, profile, taxonomy and policy."""

    def route(self, messages: Sequence[Message | str]) -> list[Route]:
        """One route for each message, in order."""

    def route_without_evidence(self, messages: Sequence[Message | str]) -> list[Route]:
        """The same without the words that spoke for each choice."""


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """How the rows of one input file are understood.

    :param name: what the file is called in the output; :param columns: its columns; :param mapped: what they stand for.
    """

    name: str
    columns: tuple[str, ...]
    mapped: ColumnMap


@dataclass(frozen=True, slots=True)
class Task:
    """A batch of an input file, by the file's number; None at the end of the file."""

    source: int
    batch: Batch | None


@dataclass(frozen=True, slots=True)
class Done:
    """What has become of a batch.

    :param facts: what a report needs of its rows.
    """

    piece: Piece
    summary: Summary
    rejected: Sequence[BadRow] = ()
    facts: Sequence[Fact] = ()


@dataclass(frozen=True)
class Worker:
    """Does tasks.

    :param places: whether rows say which file they came from.
    """

    router: Routing
    sources: Sequence[SourcePlan]
    output: Output
    masks: bool = False
    compares: bool = False
    places: bool = False
    reports: bool = False

    def __call__(self, source: int, batch: Batch) -> Done:
        """Route a batch and shape what becomes of it."""
        plan = self.sources[source]
        rows, bad = list(batch.rows), list(batch.bad)
        if self.masks:
            masker = self._maskers[source]
            rows, bad = [masker.row(row) for row in rows], [masker.bad(row) for row in bad]
            batch = RowBatch(rows, bad)
        read = [plan.mapped.message(row) for row in rows]
        decide = self.router.route if self.output.shows_evidence else self.router.route_without_evidence
        routes = decide([message for message, _ in read])
        routed = [
            self._routed(plan, row, _with_flaws(route, row.flaw, flaw))
            for row, (_, flaw), route in zip(rows, read, routes, strict=True)
        ]
        piece, lost = self.output.piece(batch, routed)
        rejected = sorted([*bad, *lost], key=lambda row: row.line)
        return Done(piece, self._summary(routed, rejected), rejected, self._facts(plan, read, routed))

    def _routed(self, plan: SourcePlan, row: Row, route: Route) -> Routed:
        place = dict(zip(PLACE, (plan.name, row.line), strict=True)) if self.places else None
        return Routed(row, route, self._comparison(plan, row, route), place)

    def _comparison(self, plan: SourcePlan, row: Row, route: Route) -> Comparison | None:
        column = plan.mapped.department
        if not self.compares or column is None:
            return None
        return self._compare(as_text(row.fields.get(column)).strip(), route)

    def _summary(self, routed: Sequence[Routed], rejected: Sequence[BadRow]) -> Summary:
        summary = Summary()
        for each in routed:
            summary.add(each.route, each.comparison)
        for row in rejected:
            summary.reject(row.reason)
        return summary

    def _facts(self, plan: SourcePlan, read: Sequence[tuple[Message, str]], routed: Sequence[Routed]) -> Sequence[Fact]:
        if not self.reports:
            return ()
        from petition_nlp.archive.facts import fact

        return [fact(plan, message, each) for (message, _), each in zip(read, routed, strict=True)]

    @cached_property
    def _maskers(self) -> list[RowMasker]:
        return [RowMasker(plan.mapped) for plan in self.sources]

    @cached_property
    def _compare(self) -> Callable[[str, Route], Comparison]:
        return comparer(self.router.taxonomy)


def _with_flaws(route: Route, *flaws: str) -> Route:
    """The route with a review reason for everything that is wrong with its row."""
    reasons = tuple(Reason(FLAWED, f"原始数据有缺损：{flaw}") for flaw in flaws if flaw)
    if not reasons:
        return route
    return replace(route, review=Review(route.review.reasons + reasons))
