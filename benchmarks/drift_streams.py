"""Streams of petitions to replay: the hotline's months in random order of weeks, and generated years with seasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from archive_data import FIRST_YEAR, YEARS, Plan, blocks
from common import Row
from hotline import OTHER, learn, read_orders
from numpy.typing import NDArray

from petition_nlp.expected import Verdict
from petition_nlp.monitoring.day import Day
from petition_nlp.monitoring.rising import words_of
from petition_nlp.resources import default_model_path
from petition_nlp.router import Router
from petition_nlp.taxonomy import Taxonomy

LENGTHS = (20, 50, 100, 200, 500)
GARBLED = 0.7
CHANNELS, CHANNEL_SHARES = ("12345热线", "网站", "手机应用"), (0.7, 0.2, 0.1)
RETURNED, REFUSED = 0.7, 0.02
"""Of petitions that a unit got by mistake, and of all others, how many it sends back."""
DELAYS = (1, 2, 3, 4, 5)
BLIND = 0.05

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """n petitions with what the model says of them.

    :param day: the day on which each came in, as an ordinal number.
    :param names: departments by number; ``said`` and ``true`` are such numbers.
    """

    names: Sequence[str]
    day: Ints
    said: Ints
    true: Ints
    confidence: Floats
    unseen: Floats
    length: Ints
    matter: Sequence[str]
    channel: Sequence[str]
    words: Sequence[frozenset[str]]
    reasons: Sequence[Sequence[str]]
    review: Bools = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "review", np.array([bool(own) for own in self.reasons], dtype=bool))


def pool(router: Router, names: Sequence[str], days: Sequence[date], texts: Sequence[str], true: Sequence[str]) -> Pool:
    """Route texts and keep what is counted of them."""
    number = {name: place for place, name in enumerate(names)}
    routes = router.route_without_evidence(texts)
    return Pool(
        names,
        np.array([day.toordinal() for day in days]),
        np.array([number[route.department.code] if route.department else number[OTHER] for route in routes]),
        np.array([number.get(name, number[OTHER]) for name in true]),
        np.array([route.department.confidence if route.department else 0.0 for route in routes]),
        np.array(router.unseen(texts)),
        np.array([sum(len(text) >= start for start in LENGTHS) for text in texts]),
        [route.matter.code if route.matter else "" for route in routes],
        np.random.default_rng(len(texts)).choice(CHANNELS, len(texts), p=CHANNEL_SHARES).tolist(),
        [words_of(text) for text in texts],
        [[reason.code for reason in route.review.reasons] for route in routes],
    )


def cut(text: str) -> str:
    """As an export does whose column is too narrow."""
    return text[:20]


def garbled(text: str) -> str:
    """UTF-8 that was read as GBK."""
    return text.encode().decode("gbk", "replace")


DAMAGES: Mapping[str, Callable[[str], str]] = {"cut": cut, "garbled": garbled}


@dataclass(frozen=True)
class Stream:
    """Where the petitions of a day are drawn from.

    :param damaged: the same petitions after each of `DAMAGES`; of the generated years, some of them.
    :param new: petitions of a kind that the model has not learnt, by kind.
    """

    name: str
    whole: Pool
    damaged: Mapping[str, Pool]
    new: Mapping[str, Pool]


HELD_OUT = ("education", "human_resources", "public_transit", "telecom")
"""Departments whose orders the model never sees: each plays a new kind of complaint."""


def hotline(shared: Path, folder: Path) -> Stream:
    """The hotline in May and June, read by a model of the months until April that lacks some departments."""
    router = learn(shared, folder, "201804", without=HELD_OUT)
    names = list(dict.fromkeys([*Taxonomy.load().departments, OTHER]))
    rows = read_orders(shared, "201805", "201806", "train", "calib", "dev")

    def own(kept: Sequence[Row], change: Callable[[str], str] = str) -> Pool:
        days = [date.fromisoformat(row["received"]) for row in kept]
        return pool(router, names, days, [change(row["text"]) for row in kept], [row["department"] for row in kept])

    usual = [row for row in rows if row["department"] not in HELD_OUT]
    new = {kind: own([row for row in rows if row["department"] == kind]) for kind in HELD_OUT}
    return Stream("hotline", own(usual), {name: own(usual, change) for name, change in DAMAGES.items()}, new)


def generated(rows: int, damaged: int = 4_000) -> Stream:
    """Twelve generated years with growth, seasons and trends, read by the default model without its encoder."""
    router = Router.load(default_model_path(), profile="fast")
    taxonomy = Taxonomy.load()
    names = list(dict.fromkeys([*taxonomy.departments, OTHER]))
    codes = {department.name: code for code, department in taxonomy.departments.items()}
    days: list[date] = []
    texts: list[str] = []
    true: list[str] = []
    for block in blocks(Plan(rows)):
        days += [date.fromisoformat(stamp[:10]) for stamp in block["受理时间"]]
        texts += block["诉求内容"]
        true += [codes.get(name, OTHER) for name in block["承办单位"]]
    some = np.random.default_rng(0).permutation(len(texts))[:damaged].tolist()

    def broken(change: Callable[[str], str]) -> Pool:
        changed = [change(texts[place]) for place in some]
        return pool(router, names, [days[place] for place in some], changed, [true[place] for place in some])

    own = pool(router, names, days, texts, true)
    return Stream("generated", own, {name: broken(change) for name, change in DAMAGES.items()}, {})


def as_it_was(own: Pool) -> Ints:
    """Petitions belong where they did."""
    return own.true


Belongs = Callable[[Pool], Ints]


@dataclass(frozen=True)
class Drawn:
    """The petitions of a day: of which pool, and which."""

    pool: Pool
    places: Ints


def real_weeks(stream: Stream, merged: int, random: np.random.Generator) -> Callable[[date], Ints]:
    """Whole weeks in a random order: each is some real weeks, put together."""
    first, last = (int(ordinal) for ordinal in (stream.whole.day.min(), stream.whole.day.max()))
    mondays = [monday for monday in range(first, last - 5) if date.fromordinal(monday).weekday() == 0]
    drawn: dict[int, list[int]] = {}

    def places(day: date) -> Ints:
        week = drawn.setdefault(day.toordinal() - day.weekday(), random.choice(mondays, merged).tolist())
        return np.concatenate([np.flatnonzero(stream.whole.day == monday + day.weekday()) for monday in week])

    return places


def generated_days(stream: Stream, times: int, random: np.random.Generator) -> Callable[[date], Ints]:
    """The generated years with so many times as many petitions, of the same weekday within three weeks."""
    spread = range(-21, 22, 7)

    def on(ordinal: int) -> Ints:
        first, last = np.searchsorted(stream.whole.day, [ordinal, ordinal + 1])
        return np.arange(first, last)

    def places(day: date) -> Ints:
        near = np.concatenate([on(day.toordinal() + days) for days in spread])
        return random.choice(near, times * len(on(day.toordinal())))

    return places


FIRST_DAY, LAST_DAY = date(FIRST_YEAR, 1, 1), date(FIRST_YEAR + YEARS - 1, 12, 31)


@dataclass
class Counting:
    """Makes days out of petitions; returns come some days after them.

    :param verdicts: of people who judge a part of what goes out by itself, by month.
    """

    random: np.random.Generator
    back: dict[date, Counter[str]] = field(default_factory=dict)
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)

    def day(self, day: date, parts: Sequence[Drawn], *, true: Belongs = as_it_was, refusing: str | None = None) -> Day:
        """Count the petitions of a day.

        :param true: where they belong; :param refusing: a unit that sends most of them back.
        """
        own = joined(parts)
        belongs = true(own)
        names = np.array(own.names, dtype=object)
        goes = np.where(own.review, belongs, own.said)
        self._send_back(day, names[goes], goes != belongs, refusing)
        self._judge(day, own, own.said == belongs)
        return replace(
            self.arrived(day, own),
            decided=int(own.review.sum()),
            agreed=int((own.review & (own.said == belongs)).sum()),
            sent=Counter(names[goes].tolist()),
            returned=self.back.pop(day, Counter()),
        )

    def arrived(self, day: date, own: Pool) -> Day:
        """What is known of petitions at once."""
        return Day(
            day,
            petitions=len(own.said),
            features={
                "matter": Counter(own.matter),
                "department": Counter(own.names[place] for place in own.said.tolist()),
                "channel": Counter(own.channel),
                "length": Counter(map(str, own.length.tolist())),
            },
            review=int(own.review.sum()),
            reasons=Counter(reason for reasons in own.reasons for reason in reasons),
            confidence=float(own.confidence.sum()),
            unseen=float(own.unseen.sum()),
            read=len(own.said),
            garbled=int((own.unseen >= GARBLED).sum()),
            models={"model": len(own.said)},
        )

    def _judge(self, day: date, own: Pool, right: Bools) -> None:
        judged = ~own.review & (self.random.random(len(right)) < BLIND)
        found = zip(own.confidence[judged].tolist(), right[judged].tolist(), strict=True)
        self.verdicts.setdefault(day.strftime("%Y-%m"), []).extend(found)

    def _send_back(self, day: date, units: NDArray[np.object_], wrong: Bools, refusing: str | None) -> None:
        chance = np.where(wrong, RETURNED, REFUSED)
        if refusing is not None:
            chance = np.where(units == refusing, RETURNED, chance)
        for unit in units[self.random.random(len(units)) < chance].tolist():
            later = day + timedelta(days=int(self.random.choice(DELAYS)))
            self.back.setdefault(later, Counter())[unit] += 1


def joined(parts: Sequence[Drawn]) -> Pool:
    """The petitions of several pools together."""
    first = parts[0].pool

    def array(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(part.pool, name)[part.places] for part in parts])

    arrays = {name: array(name) for name in ("day", "said", "true", "confidence", "unseen", "length")}
    lists = {
        name: [getattr(part.pool, name)[place] for part in parts for place in part.places.tolist()]
        for name in ("matter", "channel", "words", "reasons")
    }
    return replace(first, **arrays, **lists)
