"""What all sections look at: the counts, the timeline and the names of codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from petition_nlp.report.counts import Counts
from petition_nlp.report.facts import ReportRun
from petition_nlp.report.periods import Month, Timeline
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.mask import mask

NO_DEPARTMENT: Final = "（不派单）"
NO_MATTER: Final = "（模型不判断）"
REST: Final = "其余"
UNKNOWN_AREA: Final = "（未注明）"


@dataclass(frozen=True)
class View:
    """The whole archive, counted.

    :param timeline: None where no row has a date.
    """

    run: ReportRun
    counts: Counts
    timeline: Timeline | None
    taxonomy: Taxonomy

    def department(self, code: str | None) -> str:
        """A department's name."""
        return self.taxonomy.name("department", code) if code else NO_DEPARTMENT

    def matter(self, code: str | None) -> str:
        """A matter's name."""
        return self.taxonomy.name("matter", code) if code else NO_MATTER

    def by_period(self, rows: Iterable[tuple[Month, str, int]]) -> dict[str, list[int]]:
        """Counts of names over the periods; rows outside the timeline are left out."""
        found: dict[str, list[int]] = {}
        if self.timeline is None:
            return found
        for month, name, n in rows:
            period = self.timeline.period(month)
            if period is not None:
                found.setdefault(name, [0] * len(self.timeline))[period] += n
        return found

    def months(self, period: int) -> range:
        """The months of a period."""
        assert self.timeline is not None
        width = self.timeline.width
        first = (self.timeline.first // width + period) * width
        return range(first, first + width)


def shown_name(text: str) -> str:
    """A value of the user's own columns, with personal data masked and of bounded length."""
    text = " ".join(mask(text).split())
    return text if len(text) <= 40 else f"{text[:39]}…"


def excerpt(text: str, length: int = 180) -> str:
    """The beginning of a masked text."""
    text = " ".join(mask(text).split())
    return text if len(text) <= length else f"{text[:length]}…"


def ranked(counter: Counter[str] | dict[str, int]) -> list[tuple[str, int]]:
    """Names and counts, the largest first, equal ones by name."""
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def top_series(series: dict[str, list[int]], most: int) -> dict[str, list[int]]:
    """The largest series, the others as one."""
    order = sorted(series, key=lambda name: (-sum(series[name]), name))
    kept = {name: series[name] for name in order[:most]}
    rest = [series[name] for name in order[most:]]
    if rest:
        kept[REST] = [sum(column) for column in zip(*rest, strict=True)]
    return kept


def shares(part: Sequence[int], whole: Sequence[int]) -> list[float | None]:
    """Shares period by period; None where there is nothing."""
    return [round(n / total, 4) if total else None for n, total in zip(part, whole, strict=True)]
