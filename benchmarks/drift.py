"""How soon monitoring sees what goes wrong, and how often it cries wolf.

Streams are replayed day by day through the code that the service runs (`petition_nlp.monitoring`). Quiet years have
nothing planted: the hotline's last two months, days drawn anew within their weekday, and years of a generated archive
with growth, seasons and trends of their own for each department. Into the others something is planted after nine
weeks, another for each replay:

- new kind: 5 % (10 %) of all are of a kind that the model never learnt, and no other petitions are;
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
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from archive_data import YEARS
from common import Row, parser, save, table
from drift_streams import (
    FIRST_DAY,
    Belongs,
    Counting,
    Drawn,
    Ints,
    Pool,
    Stream,
    as_it_was,
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
from petition_nlp.monitoring.signals import NEEDED, STRONG, STRONG_AMONG_MANY, arrivals, findings

WATCHED = 60
"""Days after something is planted until which it should be seen."""
UNKNOWN, NEW = "new kind", 0.05
TIMES = 8
"""How many petitions are drawn for each generated one."""
BIG = 8
"""From among so many of the largest departments one is chosen."""
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
        self.misled = False

    def look(self, day: Day) -> None:
        """At a day that is not over."""
        new = begun(self._known(day.day), arrivals([*self.history[-NEEDED:], day], self._broken()), day.day)
        self._add(new, day.day, early=True)

    def close(self, day: Day, verdicts: Sequence[Sequence[Verdict]]) -> None:
        """Look at a day that is over."""
        self.history.append(day)
        known = self._known(day.day)
        after = follow(known, findings(self.history[-NEEDED:], self._broken()), day.day)
        self.alarms = after[: len(known)]
        self._add(after[len(known) :], day.day, early=False)
        if not self.misled and gap_evidence(verdicts) >= LIMIT:
            self.misled = True
            self.raised.append((day.day, "confidence_misleads", False))

    def _known(self, day: date) -> list[Alarm]:
        return [alarm for alarm in self.alarms if not is_forgotten(alarm, day)]

    def _broken(self) -> frozenset[date]:
        return broken_days(self.alarms)

    def _add(self, new: Sequence[Alarm], day: date, *, early: bool) -> None:
        self.alarms += new
        self.raised += [(day, alarm.finding.code, early) for alarm in new]


@dataclass(frozen=True)
class Planted:
    """What becomes of the petitions of a day once something is planted."""

    parts: Callable[[Drawn], Sequence[Drawn]] = lambda drawn: [drawn]
    true: Belongs = as_it_was
    refusing: str | None = None


Plant = Callable[[Stream, np.random.Generator], Planted]


def new_kind(share: float) -> Plant:
    """A kind that the model has not learnt."""

    def plant(stream: Stream, random: np.random.Generator) -> Planted:
        kinds = list(stream.new.values())
        kind = kinds[random.integers(len(kinds))]

        def parts(drawn: Drawn) -> list[Drawn]:
            more = random.binomial(len(drawn.places), share / (1 - share))
            return [drawn, Drawn(kind, random.integers(0, len(kind.said), more))]

        return Planted(parts)

    return plant


def refusing(stream: Stream, random: np.random.Generator) -> Planted:
    """A unit sends back most of what it is sent."""
    return Planted(refusing=stream.whole.names[large(stream, random)[0]])


def damaged(kind: str, share: float = 1.0) -> Plant:
    """Texts are damaged."""

    def plant(stream: Stream, random: np.random.Generator) -> Planted:
        pool = stream.damaged[kind]

        def parts(drawn: Drawn) -> list[Drawn]:
            bad = random.random(len(drawn.places)) < share
            own = (
                drawn.places[bad]
                if len(pool.said) == len(stream.whole.said)
                else random.integers(0, len(pool.said), int(bad.sum()))
            )
            return [Drawn(drawn.pool, drawn.places[~bad]), Drawn(pool, own)]

        return Planted(parts)

    return plant


def without_channel(stream: Stream, random: np.random.Generator) -> Planted:
    """Nobody says where petitions come from."""
    nowhere = replace(stream.whole, channel=[""] * len(stream.whole.said))
    return Planted(lambda drawn: [Drawn(nowhere, drawn.places)])


def fewer(share: float) -> Plant:
    """Only a part of the petitions arrives."""

    def plant(stream: Stream, random: np.random.Generator) -> Planted:
        return Planted(lambda drawn: [Drawn(drawn.pool, drawn.places[random.random(len(drawn.places)) < share])])

    return plant


def moved(departments: int) -> Plant:
    """The work of some departments belongs to another one."""

    def plant(stream: Stream, random: np.random.Generator) -> Planted:
        *old, new = large(stream, random)[: departments + 1].tolist()
        return Planted(true=lambda own: np.where(np.isin(own.true, old), new, own.true))

    return plant


def large(stream: Stream, random: np.random.Generator) -> Ints:
    """Some of the departments that petitions go to most often, in a random order."""
    counts = np.bincount(stream.whole.said, minlength=len(stream.whole.names))
    return random.permutation(np.argsort(-counts)[:BIG])


PLANTS: dict[str, Plant] = {
    f"{UNKNOWN}, 5 %": new_kind(NEW),
    f"{UNKNOWN}, 10 %": new_kind(2 * NEW),
    "refusing unit": refusing,
    "texts cut": damaged("cut"),
    "half of the texts cut": damaged("cut", 0.5),
    "texts garbled": damaged("garbled"),
    "a tenth garbled": damaged("garbled", 0.1),
    "channel missing": without_channel,
    "nothing comes": fewer(0.0),
    "half comes": fewer(0.5),
    "one department's work moved": moved(1),
    "three departments' work moved": moved(3),
}


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
        self.found.close(day, [verdicts[month] for month in sorted(verdicts)])
        self.day += timedelta(days=1)

    def branch(self, random: np.random.Generator) -> Run:
        """The same until now; what comes is another."""
        back = {day: counts.copy() for day, counts in self.counting.back.items()}
        verdicts = {month: [*own] for month, own in self.counting.verdicts.items()}
        found = Replay()
        found.history = [*self.found.history]
        return replace(self, counting=Counting(random, back, verdicts), found=found)


def warmed_up(source: Source, random: np.random.Generator) -> Run:
    """A stream with as much history as monitoring needs."""
    run = Run(source.draw(random), source.stream.whole, Counting(random), Replay(), source.first(random))
    for _ in range(NEEDED):
        run.found.history.append(run.counting.day(run.day, [Drawn(run.whole, run.draw(run.day))]))
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
    """Days until the first alarm after each of some things was planted."""
    delays: dict[str, list[int]] = {name: [] for name in plants}
    first: dict[str, Counter[str]] = {name: Counter() for name in plants}
    for number in range(replays):
        base = warmed_up(source, np.random.default_rng([2, number]))
        for place, (name, plant) in enumerate(plants.items()):
            random = np.random.default_rng([3, number, place])
            delay, codes = _until_seen(base.branch(random), plant(source.stream, random))
            delays[name].append(delay)
            first[name].update(codes)
    return {name: _told(delays[name], first[name]) for name in plants}


def _until_seen(run: Run, planted: Planted) -> tuple[int, set[str]]:
    """Days, and the codes of the first alarms; one day more than are watched if there is none."""
    begins = run.day
    for _ in range(WATCHED):
        run.step(planted)
        if run.found.raised:
            soonest = min((day - begins).days + (not early) for day, _, early in run.found.raised)
            return soonest, {code for _, code, _ in run.found.raised}
    return WATCHED + 1, set()


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
    record: Row = {"limits": [STRONG, STRONG_AMONG_MANY], "streams": {}}
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
