"""How soon monitoring sees what goes wrong, and how often it cries wolf.

Streams are replayed day by day through the code that the service runs (`petition_nlp.monitoring`). Quiet years have
nothing planted: the hotline's last two months, days drawn anew within their weekday, and years of a generated archive
with growth, seasons and trends of their own for each department. Into the others something is planted after nine
weeks, another for each replay:

- new kind: 2, 5 or 10 % of all are of a kind that the model never learnt, and no other petitions are; also without the
  signal of words that rise;
- a season: what one in some hundred is about grows by 5 % of all within four weeks;
- refusing unit: one of the larger units sends back most of what it gets, as one does that was renamed or dissolved;
- cut, garbled, no channel, nothing: an export that is broken in one of four ways;
- half of the texts cut, half of the petitions: the same, in part;
- labels moved: the work of one of the larger departments, and of three, belongs elsewhere from one day to the next.

Channels are invented, since the hotline's file has none. People judge blindly a share of what goes out by itself.

    python benchmarks/drift.py [--shared FOLDER] [--replays 50] [--years 20]

Without the real data only the generated years are replayed. Needs the extra ``train``; takes half an hour of one core.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from archive_data import YEARS
from common import Row, parser, save, table
from drift_plants import PLANTS, UNKNOWN, Plant, Planted
from drift_streams import (
    FIRST_DAY,
    Counting,
    Drawn,
    Ints,
    Pool,
    Stream,
    generated,
    generated_days,
    hotline,
    joined,
    real_weeks,
)

from petition_nlp.expected import Verdict, gap_evidence
from petition_nlp.fall import LIMIT
from petition_nlp.monitoring.day import Day
from petition_nlp.monitoring.follow import Alarm, begun, broken_days, follow, is_forgotten
from petition_nlp.monitoring.rising import CODE as WORDS
from petition_nlp.monitoring.rising import STRONG_AMONG_WORDS, Counted, Said, counted, known_words, rising
from petition_nlp.monitoring.signals import (
    BLOCKS,
    NEEDED,
    STRONG,
    STRONG_AMONG_MANY,
    WEEK,
    Finding,
    arrivals,
    findings,
)

WATCHED = 60
"""Days after something is planted until which it should be seen."""
TIMES = 8
"""How many petitions are drawn for each generated one."""
SOURCES_OF_TEXT = ("texts_cut", "texts_garbled", "texts_empty", "channel_missing")

Draw = Callable[[date], Ints]


@dataclass(frozen=True)
class Source:
    """A stream with a way to draw its days."""

    name: str
    stream: Stream
    draw: Callable[[np.random.Generator], Draw]
    first: Callable[[np.random.Generator], date]


class Replay:
    """The service's periodic task, without the service."""

    def __init__(self) -> None:
        self.history: list[Day] = []
        self.alarms: list[Alarm] = []
        self.raised: list[tuple[date, str, bool]] = []
        self.said: dict[date, list[Said]] = {}
        self.weeks: dict[date, Counted] = {}
        self.misled = False

    def look(self, day: Day) -> None:
        """At a day that is not over."""
        new = begun(self._known(day.day), arrivals([*self.history[-NEEDED:], day], self._broken()), day.day)
        self._add(new, day.day, early=True)

    def close(self, day: Day, words: Sequence[frozenset[str]], verdicts: Sequence[Sequence[Verdict]]) -> None:
        """Look at a day that is over."""
        self.keep(day, words)
        known = self._known(day.day)
        found = findings(self.history[-NEEDED:], self._broken()) + self._risen(day.day, known)
        after = follow(known, found, day.day)
        self.alarms = after[: len(known)]
        self._add(after[len(known) :], day.day, early=False)
        if not self.misled and gap_evidence(verdicts) >= LIMIT:
            self.misled = True
            self.raised.append((day.day, "confidence_misleads", False))

    def keep(self, day: Day, words: Sequence[frozenset[str]]) -> None:
        """Remember a day, and count its week if it ends one."""
        self.history.append(day)
        self.said[day.day] = [Said(day.day, own) for own in words]
        week = [day.day - timedelta(days=back) for back in range(WEEK)]
        if day.day.isoweekday() == WEEK and all(own in self.said for own in week):
            self.weeks[week[-1]] = counted(self._said(week))

    def _risen(self, day: date, known: Sequence[Alarm]) -> list[Finding]:
        week = [day - timedelta(days=back) for back in range(WEEK)]
        before = [held for monday, held in self.weeks.items() if monday + timedelta(days=WEEK) <= week[-1]]
        return rising([*self._said(week)], before[-BLOCKS:], known_words(known))

    def _said(self, days: Sequence[date]) -> Iterator[Said]:
        broken = self._broken()
        return (own for day in days if day not in broken for own in self.said[day])

    def _known(self, day: date) -> list[Alarm]:
        return [alarm for alarm in self.alarms if not is_forgotten(alarm, day)]

    def _broken(self) -> frozenset[date]:
        return broken_days(self.alarms)

    def _add(self, new: Sequence[Alarm], day: date, *, early: bool) -> None:
        self.alarms += new
        self.raised += [(day, alarm.finding.code, early) for alarm in new]


@dataclass
class Run:
    """A stream on its way through monitoring.

    :param day: the next one.
    """

    draw: Draw
    whole: Pool
    counting: Counting
    found: Replay
    day: date

    def step(self, planted: Planted) -> None:
        """The next day, looked at when half of its petitions are there and when it is over."""
        parts = planted.parts(Drawn(self.whole, self.draw(self.day)))
        half = [Drawn(part.pool, part.places[::2]) for part in parts]
        self.found.look(self.counting.arrived(self.day, joined(half)))
        verdicts = self.counting.verdicts
        day = self.counting.day(self.day, parts, true=planted.true, refusing=planted.refusing)
        words = joined(parts).words
        self.found.close(day, words, [verdicts[month] for month in sorted(verdicts)])
        self.day += timedelta(days=1)

    def branch(self, random: np.random.Generator) -> Run:
        """The same until now; what comes is another."""
        back = {day: counts.copy() for day, counts in self.counting.back.items()}
        verdicts = {month: [*own] for month, own in self.counting.verdicts.items()}
        found = Replay()
        found.history, found.said, found.weeks = [*self.found.history], {**self.found.said}, {**self.found.weeks}
        return replace(self, counting=Counting(random, back, verdicts), found=found)


def warmed_up(source: Source, random: np.random.Generator) -> Run:
    """A stream with as much history as monitoring needs."""
    run = Run(source.draw(random), source.stream.whole, Counting(random), Replay(), source.first(random))
    for _ in range(NEEDED):
        drawn = [Drawn(run.whole, run.draw(run.day))]
        run.found.keep(run.counting.day(run.day, drawn), joined(drawn).words)
        run.day += timedelta(days=1)
    return run


def quiet(source: Source, years: int) -> Row:
    """Alarms of years in which nothing is planted."""
    raised: Counter[str] = Counter()
    numbers = []
    for year in range(years):
        run = warmed_up(source, np.random.default_rng([1, year]))
        for _ in range(365):
            run.step(Planted())
        raised.update(code for _, code, _ in run.found.raised)
        numbers.append(len(run.found.raised))
    often = round(sum(numbers) / years / 4, 3)
    return {"years": years, "a_quarter": often, "most_a_year": max(numbers), "codes": dict(raised.most_common())}


def seen(source: Source, plants: Mapping[str, Plant], replays: int) -> dict[str, Row]:
    """Days until the first alarm after each of some things was planted; of new kinds also without rising words."""
    delays: defaultdict[str, list[int]] = defaultdict(list)
    first: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for number in range(replays):
        base = warmed_up(source, np.random.default_rng([2, number]))
        for place, (name, plant) in enumerate(plants.items()):
            random = np.random.default_rng([3, number, place])
            run, without = base.branch(random), _without(name)
            begins = run.day
            _until_seen(run, plant(source.stream, random), [*without.values()][-1])
            for shown, left_out in without.items():
                delay, codes = _seen(run.found.raised, begins, left_out)
                delays[shown].append(delay)
                first[shown].update(codes)
    return {name: _told(delays[name], first[name]) for name in delays}


def _without(name: str) -> Mapping[str, frozenset[str]]:
    """As what a plant is shown, and of which alarms nothing is said then."""
    without = {f"{name}, without words": frozenset({WORDS})} if name.startswith(UNKNOWN) else {}
    return {name: frozenset(), **without}


def _until_seen(run: Run, planted: Planted, without: frozenset[str]) -> None:
    """Go on until there is an alarm of other kinds than some, or nobody waits any more."""
    for _ in range(WATCHED):
        run.step(planted)
        if any(code not in without for _, code, _ in run.found.raised):
            return


def _seen(raised: Sequence[tuple[date, str, bool]], begins: date, without: frozenset[str]) -> tuple[int, set[str]]:
    """Days, and the codes of the first alarms; one day more than are watched if there is none."""
    delays = [((day - begins).days + (not early), code) for day, code, early in raised if code not in without]
    soonest = min((delay for delay, _ in delays), default=WATCHED + 1)
    return soonest, {code for delay, code in delays if delay == soonest}


def _told(delays: Sequence[int], first: Counter[str]) -> Row:
    known = sorted(delays)
    return {
        "replays": len(known),
        "seen": sum(delay <= WATCHED for delay in known),
        "median": _day(known[len(known) // 2]),
        "90 %": _day(known[int(0.9 * len(known))]),
        "first": dict(first.most_common()),
    }


def _day(delay: int) -> int | None:
    return None if delay > WATCHED else delay


def sources(shared: Path, folder: Path, rows: int) -> Iterator[Source]:
    """What is replayed."""
    if (shared / "haikou12345.train.jsonl").is_file():
        real = hotline(shared, folder)
        for name, merged in (("hotline, 60 a day", 1), ("hotline, 300 a day", 5)):
            yield Source(name, real, lambda random, n=merged: real_weeks(real, n, random), lambda random: FIRST_DAY)
    made = generated(rows)
    yield Source(
        f"generated, {rows * TIMES // YEARS // 365} a day",
        made,
        lambda random: generated_days(made, TIMES, random),
        lambda random: FIRST_DAY + timedelta(days=int(random.integers(30, (YEARS - 2) * 365))),
    )


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--replays", type=int, default=50, help="of each plant (default: %(default)s)")
    options.add_argument("--years", type=int, default=20, help="quiet ones of each stream (default: %(default)s)")
    options.add_argument("--rows", type=int, default=150_000, help="of the generated years (default: %(default)s)")
    chosen = options.parse_args()
    record: Row = {"limits": [STRONG, STRONG_AMONG_MANY, STRONG_AMONG_WORDS], "streams": {}}
    with tempfile.TemporaryDirectory() as folder:
        for source in sources(chosen.shared, Path(folder), chosen.rows):
            record["streams"][source.name] = _measured(source, chosen.years, chosen.replays)
    save("drift", record, folder=chosen.results)


def _measured(source: Source, years: int, replays: int) -> Row:
    print(f"{source.name}\n", flush=True)
    calm = quiet(source, years)
    often = f"{calm['a_quarter']} alarms a quarter, at most {calm['most_a_year']} a year"
    print(f"Quiet, {years} years: {often}; {calm['codes']}\n", flush=True)
    plants = {name: plant for name, plant in PLANTS.items() if source.stream.new or not name.startswith(UNKNOWN)}
    found = seen(source, plants, replays)
    rows = [
        [
            name,
            f"{row['seen']} of {replays}",
            _shown(row["median"]),
            _shown(row["90 %"]),
            "、".join(list(row["first"])[:2]),
        ]
        for name, row in found.items()
    ]
    print(table(("planted", "seen", "median days", "90 % within", "first alarms"), rows), flush=True)
    return {"quiet": calm, "planted": found}


def _shown(days: int | None) -> str:
    return f"> {WATCHED}" if days is None else str(days)


if __name__ == "__main__":
    main()
