"""Whether a candidate may take the place of the model in use: better where it counts, and worse nowhere.

Two questions are asked in a fixed order (non-inferiority, then superiority: EMA, "Points to Consider on Switching
between Superiority and Non-Inferiority", 2000). *Is it no worse?* is answered strictly, at a level that is split over
all uses of the frozen set, because a wrong yes harms residents. *Is it better?* is answered leniently, because a wrong
yes costs a change of models for nothing. Departments, the share that people have to look at, and the precision of what
they do not look at must hold as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from petition_nlp.classify.threshold import binomial_tail
from petition_nlp.decide import DEPARTMENT
from petition_nlp.router import Router
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.answers import COMPARED, Sample
from petition_nlp.training.bootstrap import Difference, Pairs, paired_difference
from petition_nlp.training.falls import SMALL, Fall, falls
from petition_nlp.training.intervals import share_interval

_HEADS: Final = {"department": "责任部门", "matter": "事项类别"}
_SAMPLES: Final = {"frozen": "固定测试集", "blind": "盲审样本"}


@dataclass(frozen=True)
class GateOptions:
    """What is asked of a candidate.

    :param margin: accuracy that it may lack at most on the frozen set, as far as chance lets one tell.
    :param error: chance that a candidate that is worse by more passes once within ``planned_uses``.
    :param planned_uses: comparisons that a frozen set is meant for.
    :param better_level: p up to which it counts as better.
    :param fall_limit: share of a department's right answers that may be lost.
    :param fall_level: chance that a department which does not fall stops a candidate, all departments together.
    :param fall_rows: departments with fewer rows are judged together.
    :param blind_level: p up to which it counts as worse on the blind sample.
    :param review_margin: by how much the share that people look at may grow, as far as chance lets one tell.
    :param precision_level: p up to which it counts as below the target precision.
    """

    margin: float = 0.02
    error: float = 0.10
    planned_uses: int = 20
    better_level: float = 0.10
    fall_limit: float = 0.05
    fall_level: float = 0.05
    fall_rows: int = 10
    blind_level: float = 0.05
    review_margin: float = 0.05
    precision_level: float = 0.05
    seed: int = 0

    def level(self, uses: int) -> float:
        """Level of each one-sided interval on the frozen set at its so-many-th use."""
        return 1 - self.error / max(self.planned_uses, uses)


@dataclass(frozen=True)
class Check:
    """One condition: whether it holds, in words and in figures."""

    name: str
    passed: bool
    text: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """All of it."""
        return {"name": self.name, "passed": self.passed, "text": self.text, "figures": dict(self.figures)}


@dataclass(frozen=True)
class Comparison:
    """All conditions, and what to look at besides."""

    checks: Sequence[Check]
    warnings: Sequence[str]
    departments: Sequence[Fall]

    @property
    def promote(self) -> bool:
        """Whether every condition holds."""
        return all(check.passed for check in self.checks)


def compare(
    current: Router, candidate: Router, samples: Sequence[Sample], options: GateOptions, *, uses: int
) -> Comparison:
    """Weigh a candidate against the model in use.

    :param samples: the frozen set, then the blind sample if there is one. :param uses: of the frozen set, with this.
    """
    return _Gate(current, candidate, samples, options, uses).comparison()


@dataclass(frozen=True)
class _Gate:
    current: Router
    candidate: Router
    samples: Sequence[Sample]
    options: GateOptions
    uses: int

    def comparison(self) -> Comparison:
        found = self._falls()
        checks = [self._heads(), *self._no_worse(), self._better(), self._departments(found), *self._work()]
        return Comparison(checks, list(self._warnings(found)), found)

    @property
    def _decided(self) -> str:
        """The head that says where a message goes."""
        return next(head for head in COMPARED if self.samples[0].rows(head).any())

    def _heads(self) -> Check:
        """What the current model can say must not be lost."""
        old, new = self.current.loaded.heads, self.candidate.loaded.heads
        heads = [name for name in old if name not in new]
        labels = [
            label
            for label, part in _by_label(self.samples, DEPARTMENT).items()
            if part.first.any() and DEPARTMENT in new and label not in new[DEPARTMENT].labels
        ]
        names = [_department(self.current.taxonomy, label) for label in labels]
        lost = [f"目标 {name}" for name in heads] + [f"部门「{name}」" for name in names]
        text = f"候选模型不认识{'、'.join(lost)}" if lost else "现用模型的目标和部门，候选模型都认识"
        return Check("heads", not lost, text, {"heads": heads, "departments": labels})

    def _no_worse(self) -> Iterator[Check]:
        for sample in self.samples:
            for head in COMPARED:
                pairs = sample.pairs(head)
                if len(pairs):
                    yield self._no_worse_on(sample, head, pairs)

    def _no_worse_on(self, sample: Sample, head: str, pairs: Pairs) -> Check:
        options = self.options
        where = f"{_SAMPLES[sample.name]}上{_HEADS[head]}准确率"
        if sample.name == "frozen":
            found = self._difference([pairs], options.level(self.uses))
            passed = found.low > -options.margin
            text = f"{where} {_move(found)}，差的下限 {_points(found.low, sign=True)}，{self._reading(found)}"
        else:
            found = self._difference([pairs], 1 - options.blind_level)
            passed = found.p_worse > options.blind_level
            text = f"{where} {_move(found)}，{'看不出变差' if passed else '明显变差'}（{found.n} 件）"
        return Check(f"{sample.name}.{head}", passed, text, found.to_dict())

    def _reading(self, found: Difference) -> str:
        margin = self.options.margin
        if found.low > -margin:
            return "没有变差"
        needed = math.ceil(found.n * ((found.difference - found.low) / margin) ** 2)
        too_few = found.difference > -margin / 2 and needed > found.n
        advice = f"；测试集小，约 {needed:,} 行才能排除" if too_few else ""
        return f"不能排除变差超过 {_points(margin)}{advice}"

    def _better(self) -> Check:
        head, options = self._decided, self.options
        pairs = [sample.pairs(head) for sample in self.samples]
        found = self._difference([part for part in pairs if len(part)], 1 - options.better_level)
        passed = found.difference > 0 and found.p_better <= options.better_level
        reading = "更好" if passed else "说不上更好"
        text = f"合计{_HEADS[head]}准确率 {_move(found)}，{_p(found.p_better)}，{reading}"
        return Check("better", passed, text, found.to_dict())

    def _falls(self) -> list[Fall]:
        options = self.options
        return falls(_by_label(self.samples, DEPARTMENT), min_rows=options.fall_rows, level=options.fall_level)

    def _departments(self, found: Sequence[Fall]) -> Check:
        limit = self.options.fall_limit
        hit = [own for own in found if own.beyond_chance and own.size > limit]
        told = "；".join(f"{self._told(own)}，超出偶然" for own in hit)
        text = told or f"没有部门下降超过 {_points(limit)}而超出偶然"
        return Check("departments", not hit, text, {"limit": limit, "fallen": [own.department for own in hit]})

    def _work(self) -> Iterator[Check]:
        """What people have to look at, and how right the rest is."""
        frozen, options = self.samples[0], self.options
        found = self._difference([frozen.reviews()], options.level(self.uses))
        passed = found.high < options.review_margin
        reading = "没有明显增加" if passed else f"不能排除增加超过 {_points(options.review_margin)}"
        text = f"须人工复核的比例 {_move(found)}，差的上限 {_points(found.high, sign=True)}，{reading}"
        yield Check("review", passed, text, found.to_dict())
        yield self._precision()

    def _precision(self) -> Check:
        head, target = self._decided, self.candidate.policy.target_precision
        (old_right, old), (right, sent) = (
            np.sum([sample.dispatched(getattr(sample, which), head) for sample in self.samples], axis=0).tolist()
            for which in ("current", "candidate")
        )
        p = binomial_tail(sent - right, sent, 1 - target) if sent else 1.0
        short = p <= self.options.precision_level
        below = short and (not old or right * old < old_right * sent)
        share, before = _share(right, sent), _share(old_right, old)
        if short:
            also = "现用模型没有自动分拨的" if not old else "也低于现用模型" if below else "但不低于现用模型"
            reading = f"低于目标 {target:.0%}，{also}"
        else:
            reading = f"没有显出低于目标 {target:.0%}"
        text = f"自动分拨的准确率 {before} → {share}（{sent:,} 件），{reading}" if sent else "候选模型没有自动分拨的"
        figures = {
            "target": target,
            "current": {"right": old_right, "n": old, "interval": share_interval(old_right, old)},
            "candidate": {"right": right, "n": sent, "interval": share_interval(right, sent)},
            "p_below": round(p, 6),
        }
        return Check("precision", not below, text, figures)

    def _warnings(self, found: Sequence[Fall]) -> Iterator[str]:
        options = self.options
        if self.uses > options.planned_uses:
            yield f"固定测试集已用 {self.uses} 次，预定 {options.planned_uses} 次：结论不再有保证，请换一份新的测试集"
        elif self.uses == options.planned_uses:
            yield f"固定测试集已用 {self.uses} 次，到了预定的次数：下次请换一份新的测试集"
        if len(self.samples) == 1:
            yield "没有盲审样本，只看了固定测试集，看不出近来的变化"
        for own in found:
            if own.size > options.fall_limit and not own.beyond_chance:
                yield f"{self._told(own)}，可能是偶然，请留意"

    def _told(self, own: Fall) -> str:
        if own.department == SMALL:
            name = f"不足 {self.options.fall_rows} 件的部门合计"
        else:
            name = f"「{_department(self.current.taxonomy, own.department)}」"
        return f"{name} {own.first:.1%} → {own.second:.1%}（{own.n} 件）"

    def _difference(self, pairs: Sequence[Pairs], level: float) -> Difference:
        return paired_difference(pairs, level=level, seed=self.options.seed)


def _by_label(samples: Sequence[Sample], head: str) -> dict[str, Pairs]:
    """Each label's rows in all samples; near copies are known within a sample."""
    parts: dict[str, list[Pairs]] = {}
    offset = 0
    for sample in samples:
        for label, part in sample.by_label(head).items():
            parts.setdefault(label, []).append(Pairs(part.first, part.second, part.groups + offset))
        offset += len(sample)
    return {
        label: Pairs(*(np.concatenate([getattr(part, name) for part in own]) for name in ("first", "second", "groups")))
        for label, own in parts.items()
    }


def _department(taxonomy: Taxonomy, code: str) -> str:
    return taxonomy.name(DEPARTMENT, code)


def _move(found: Difference) -> str:
    return f"{found.first:.1%} → {found.second:.1%}"


def _p(value: float) -> str:
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"


def _points(share: float, *, sign: bool = False) -> str:
    return f"{share * 100:{'+' if sign else ''}.1f} 个百分点"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "—"
