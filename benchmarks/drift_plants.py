"""What is planted into the streams of `drift`, each in another way for each replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from drift_streams import Belongs, Drawn, Ints, Stream, as_it_was

UNKNOWN = "new kind"
BIG = 8
"""From among so many of the largest departments one is chosen."""
RAMP = 28
"""Days in which a season comes."""
SEASONAL = 0.05
"""What it adds at last."""
SOME = 4_000
"""Petitions that its word is chosen by."""


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


def season(stream: Stream, random: np.random.Generator) -> Planted:
    """What one in some hundred petitions is about becomes common within four weeks, as heating does."""
    read = [stream.whole.words[place] for place in random.integers(0, len(stream.whole.words), SOME)]
    holding = Counter(word for words in read for word in words)
    some = sorted(word for word, n in holding.items() if 0.005 <= n / SOME <= 0.02)
    word = some[random.integers(len(some))]
    own = np.flatnonzero([word in words for words in stream.whole.words])
    days = count(1)

    def parts(drawn: Drawn) -> list[Drawn]:
        share = SEASONAL * min(1.0, next(days) / RAMP)
        more = random.binomial(len(drawn.places), share / (1 - share))
        return [drawn, Drawn(stream.whole, random.choice(own, more))]

    return Planted(parts)


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
    f"{UNKNOWN}, 2 %": new_kind(0.02),
    f"{UNKNOWN}, 5 %": new_kind(0.05),
    f"{UNKNOWN}, 10 %": new_kind(0.1),
    "a season": season,
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
