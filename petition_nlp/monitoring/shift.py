"""How far something moved, against how much it moves by itself.

Shares of a hotline vary more from week to week than single petitions would make them: there are weekdays, seasons,
campaigns. As in the surveillance of infectious diseases, the variance is therefore a multiple of the binomial one that
is estimated from the blocks of days before (quasi-likelihood: Farrington et al., A statistical algorithm for the early
detection of outbreaks of infectious disease, JRSS A 159, 1996; Noufaily et al., Statistics in Medicine 32, 2013), with
a little prior knowledge since there are few blocks. Deviances take the place of differences: of rare events, these
are too skew.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from petition_nlp.monitoring.day import together
from petition_nlp.monitoring.psi import Part, stability

Count = tuple[float, float]
"""How many of how many."""

_PRIOR: Final = 4.0
"""How many blocks the prior counts as."""
_VOLUME_SPREAD: Final = 0.2
"""Prior standard deviation of a day's volume, in logarithms."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A move.

    :param strength: in standard deviations of its usual moves; below 0 where it fell.
    :param size: what ``before`` and ``now`` are parts of: petitions, dispatches, decisions.
    :param parts: of a mix, the classes that changed most.
    """

    before: float
    now: float
    strength: float
    size: int
    parts: tuple[Part, ...] = ()


def share_shift(now: Count, blocks: Sequence[Count], *, prior: float = 1.0) -> Shift:
    """How far a share moved from what it was in the blocks before; none of them may be empty.

    :param prior: dispersion to be expected: 1 of a share, less of a mean of numbers between 0 and 1.
    """
    successes, trials = (sum(block[place] for block in blocks) for place in (0, 1))
    usual = (successes + 0.5) / (trials + 1)
    variance = usual * (1 - usual)
    spread = sum((k - n * usual) ** 2 / (n * variance) for k, n in blocks)
    dispersion = (_PRIOR * prior + spread) / (_PRIOR + len(blocks) - 1)
    share = now[0] / now[1]
    deviance = 2 * now[1] * _divergence(share, usual) / (dispersion * (1 + now[1] / trials))
    return Shift(successes / trials, share, math.copysign(math.sqrt(max(0.0, deviance)), share - usual), int(now[1]))


def mix_shift(now: Mapping[str, int], blocks: Sequence[Mapping[str, int]]) -> Shift:
    """How much shares of classes changed: ``now`` is the population stability index, ``before`` what is usual of it.

    Each earlier block against the others says by how much the index exceeds chance without a change.
    """
    whole = together(blocks)
    usual = [_per_freedom(whole - together([block]), block) for block in blocks]
    dispersion = max(1.0, (_PRIOR + sum(usual)) / (_PRIOR + len(usual)))
    found = stability(whole, now)
    ratio = found.psi / (dispersion * found.unit * max(1, found.freedom))
    return Shift(
        dispersion * found.unit * found.freedom,
        found.psi,
        _wilson_hilferty(ratio, max(1, found.freedom)),
        sum(now.values()),
        found.parts,
    )


def volume_shift(now: int, before: Sequence[int]) -> Shift:
    """How far the volume of a day, or a week, is from those of like ones before."""
    logs = [math.log(count + 0.5) for count in before]
    usual = sorted(logs)[len(logs) // 2]
    spread = sum((log - usual) ** 2 for log in logs)
    variance = (_PRIOR * _VOLUME_SPREAD**2 + spread) / (_PRIOR + len(logs) - 1)
    away = math.log(now + 0.5) - usual
    return Shift(math.exp(usual) - 0.5, now, away / math.sqrt(variance + 1 / math.exp(usual)), now)


def _per_freedom(before: Mapping[str, int], block: Mapping[str, int]) -> float:
    found = stability(before, block)
    return found.psi / (found.unit * max(1, found.freedom))


def _divergence(share: float, usual: float) -> float:
    """Kullback and Leibler's, of two shares."""
    parts = ((share, usual), (1 - share, 1 - usual))
    return sum(p * math.log(p / q) for p, q in parts if p > 0)


def _wilson_hilferty(ratio: float, freedom: int) -> float:
    """A chi-squared value by its degrees of freedom, as a standard normal one (Wilson and Hilferty, 1931)."""
    spread = 2 / (9 * freedom)
    return float((math.cbrt(ratio) - (1 - spread)) / math.sqrt(spread))
