"""Probabilities → who should look at a route, and why.

The policy is separate from the model: the target precision, the margins and a city's own rules
(``data/policy.yaml``) change without training.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

import yaml

from petition_nlp.classify.gate import Gate
from petition_nlp.emergency import EmergencyDetector
from petition_nlp.errors import TaxonomyError
from petition_nlp.resources import data_path, read_yaml
from petition_nlp.route import Emergency, Prediction, Reason, Route
from petition_nlp.taxonomy import UNCLEAR, Taxonomy

REASONS: Final = {
    "emergency": "可能有紧急危险，请先转 {line}，再分拨",
    "empty": "没有可读的文字，请查看原件或回访",
    "very_short": "文字太短，不足以判断，请向诉求人补充了解",
    "text_cut": "文字过长，只读了前 {max_chars} 个字，请通读全文",
    "unclear": "看不出诉求是什么，请人工判读",
    "out_of_domain": "不像居民诉求（广告、转发内容、代码、外文等），请人工确认",
    "several_matters": "一条里像有几件不同的事（{departments}），请拆分或确定主办",
    "unlikely_pair": "「{matter}」与「{department}」很少搭配，请核对",
    "close_call": "「{first}」与「{second}」难分高下，请人工选择",
    "low_confidence": "{head}的把握为 {confidence:.0%}，低于自动分拨所需的 {threshold:.0%}",
    "no_threshold": "标定数据不足以保证 {target:.0%} 的准确率，一律人工复核",
    "always_review": "命中本地必审规则：{rule}",
    "taxonomy_changed": "分类已调整：{what}，请人工选择",
    "district_unknown": "这类诉求在不同的区处理不同（{rules}），请先确认所属的区",
}
"""Every review reason with its message."""

CONFIDENCE_REASONS: Final = frozenset({"low_confidence", "no_threshold"})
"""Reasons that compare the confidence with the gate."""
_BOUNDS: Final = {"candidate_coverage": (0.5, 0.999)}
_UNPROVEN: Final = "「{name}」在标定数据中太少或准确率不足，尚不能自动分拨"


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """A city's own rule: messages with these words always go to a person."""

    name: str
    words: re.Pattern[str]


@dataclass(frozen=True)
class Policy:
    """What decides on review and emergency.

    :param target_precision: wanted share of right departments among routes without review.
    :param candidate_coverage: wanted share of messages whose right department is among the candidates, 0.5 to 0.999.
    :param max_chars: longest part of a message that is read.
    :param very_short: largest number of readable characters that counts as very short.
    :param close_call: largest difference of the two best choices' probabilities that counts as a tie, if they
        share at least ``close_call_mass`` of the probability.
    :param unclear: probability of 无法判断 from which on a message is unclear.
    :param matter_confidence: confidence of the matter under which a person looks; an unlikely pair counts where
        both choices are at least this sure.
    :param several: how clearly two parts of a message must differ in department to count as several matters.
    :param several_learnt: probability of several matters by a learnt head from which on they count as several.
    :param danger: probability of an immediate danger from which on a message is an emergency.
    :param outside: probability of "no petition" from which on a message is out of the domain.
    """

    target_precision: float = 0.90
    candidate_coverage: float = 0.95
    max_chars: int = 10_000
    very_short: int = 5
    close_call: float = 0.03
    close_call_mass: float = 0.6
    unclear: float = 0.5
    matter_confidence: float = 0.6
    outside: float = 0.5
    several: float = 0.12
    several_learnt: float = 0.5
    danger: float = 0.5
    emergencies: EmergencyDetector = field(default_factory=EmergencyDetector)
    always_review: tuple[ReviewRule, ...] = ()

    @classmethod
    def load(cls, path: Path | None = None) -> Policy:
        """Read a policy file; default: the shipped ``data/policy.yaml``.

        :raises TaxonomyError: the file is missing or a value in it cannot be used.
        """
        path = path or data_path("policy.yaml")
        try:
            raw = read_yaml(path)
            return _policy(raw)
        except OSError:
            raise TaxonomyError(
                "缺少规则文件或无法读取", where=str(path), todo="请补上或改用自带的 policy.yaml"
            ) from None
        except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError, ValueError, AttributeError, re.error) as error:
            todo = "请对照自带的 policy.yaml 改正"
            raise TaxonomyError(f"规则文件无效：{error}", where=str(path), todo=todo) from error

    def with_target_precision(self, target: float) -> Policy:
        """The same policy for another target precision, between 0.5 and 0.999."""
        if not 0.5 <= target <= 0.999:
            raise TaxonomyError(f"目标准确率 {target} 不在 0.5 到 0.999 之间", todo="常用 0.90 或 0.95")
        return replace(self, target_precision=target)

    def to_dict(self) -> dict[str, Any]:
        """What a route says of the policy that made it."""
        return {"target_precision": self.target_precision}

    def emergency(self, text: str, lines: Mapping[str, float] | None = None) -> Emergency | None:
        """The line a message should be transferred to at once, if it tells of an immediate danger.

        :param text: the normalised message, for the rules.
        :param lines: probability of each line by a learnt head; it finds what the rules do not.
        """
        return self.emergencies_in([text], [lines or {}])[0]

    def emergencies_in(self, texts: Sequence[str], lines: Sequence[Mapping[str, float]]) -> list[Emergency | None]:
        """As `emergency`, for many messages."""
        found = self.emergencies.find_all(texts)
        return [by_rule or self._learnt_emergency(own) for by_rule, own in zip(found, lines, strict=True)]

    def _learnt_emergency(self, lines: Mapping[str, float]) -> Emergency | None:
        if not lines or sum(lines.values()) < self.danger:
            return None
        line = max(lines, key=lambda candidate: lines[candidate])
        return Emergency(line, self.emergencies.lines.get(line, f"可能有紧急危险，请立即转 {line}"))

    def local_rules(self, text: str) -> list[Reason]:
        """A city's own always-review rules that the text meets."""
        return [reason("always_review", rule=rule.name) for rule in self.always_review if rule.words.search(text)]


def reason(code: str, **values: Any) -> Reason:
    """A review reason with its message filled in."""
    return Reason(code, REASONS[code].format(**values))


@dataclass(frozen=True, slots=True)
class Reading:
    """What the policy needs to know of one message to decide on its review.

    :param decided: the model's own choice, which the gate looks at, where rules put another one in its place.
    :param by_rules: reasons that follow from such rules.
    """

    readable: int
    cut: bool
    matter: Prediction | None
    department: Prediction | None
    outside: float = 0.0
    several: Sequence[str] = ()
    gate: Gate | None = None
    emergency: Emergency | None = None
    text: str = ""
    decided: Prediction | None = None
    by_rules: Sequence[Reason] = ()


def review_reasons(reading: Reading, policy: Policy, taxonomy: Taxonomy) -> tuple[Reason, ...]:
    """Every reason why a person should look at a message, the gravest first."""
    if reading.readable == 0:
        return (reason("empty"),)
    reasons = [reason("emergency", line=reading.emergency.line)] if reading.emergency else []
    reasons += policy.local_rules(reading.text)
    if reading.cut:
        reasons.append(reason("text_cut", max_chars=policy.max_chars))
    if reading.readable <= policy.very_short:
        reasons.append(reason("very_short"))
    if reading.outside >= policy.outside:
        reasons.append(reason("out_of_domain"))
    if reading.matter is not None and reading.matter.code == UNCLEAR:
        reasons.append(reason("unclear"))
        return tuple(reasons)
    if reading.several:
        names = "、".join(taxonomy.name("department", code) for code in reading.several)
        reasons.append(reason("several_matters", departments=names))
    reasons += reading.by_rules
    reasons += _pair(reading, policy, taxonomy)
    reasons += _confidence(reading, policy)
    return tuple(reasons)


def _pair(reading: Reading, policy: Policy, taxonomy: Taxonomy) -> list[Reason]:
    """A contradiction between two choices that are each sure; where one is in doubt, that is the reason."""
    if reading.matter is None or reading.department is None:
        return []
    if min(reading.matter.confidence, reading.department.confidence) < policy.matter_confidence:
        return []
    department = taxonomy.departments.get(reading.department.code)
    if department is None or not department.matters or reading.matter.code in department.matters:
        return []
    return [reason("unlikely_pair", matter=reading.matter.name, department=department.name)]


def _confidence(reading: Reading, policy: Policy) -> list[Reason]:
    decided = reading.decided or reading.department or reading.matter
    if decided is None:
        return []
    reasons = [
        reason("close_call", first=prediction.name, second=prediction.alternatives[0].name)
        for prediction in (reading.department, reading.matter)
        if prediction is not None and is_close_call(prediction, policy)
    ][:1]
    if reading.gate is None or math.isinf(reading.gate.threshold):
        reasons.append(reason("no_threshold", target=policy.target_precision))
    elif decided.confidence < reading.gate.threshold:
        reasons.append(_low("责任部门" if reading.department else "事项类别", decided, reading.gate.threshold))
    elif not reading.gate.opens(decided.code, decided.confidence):
        reasons.append(Reason("low_confidence", _UNPROVEN.format(name=decided.name)))
    elif reading.matter is not None and reading.matter.confidence < policy.matter_confidence:
        reasons.append(_low("事项类别", reading.matter, policy.matter_confidence))
    return reasons


def held_otherwise(route: Route, policy: Policy) -> bool:
    """Whether a person sees a route for another reason than the confidence of what decides the gate."""
    unsure = (
        route.department is not None and route.matter is not None and route.matter.confidence < policy.matter_confidence
    )
    return unsure or any(found.code not in CONFIDENCE_REASONS for found in route.review.reasons)


def is_close_call(prediction: Prediction, policy: Policy) -> bool:
    """Whether the two best choices share most of the probability almost evenly."""
    if not prediction.alternatives:
        return False
    first, second = prediction.confidence, prediction.alternatives[0].confidence
    return first - second <= policy.close_call and first + second >= policy.close_call_mass


def _low(head: str, prediction: Prediction, threshold: float) -> Reason:
    return reason("low_confidence", head=head, confidence=prediction.confidence, threshold=threshold)


def _policy(raw: Any) -> Policy:
    _only(raw, "文件", {"target_precision", "review", "always_review", "emergencies"})
    review = raw.get("review") or {}
    defaults = {known.name: known.default for known in fields(Policy) if isinstance(known.default, int | float)}
    _only(review, "review", defaults.keys() - {"target_precision"})
    for name, value in review.items():
        _check_number(name, value, whole=isinstance(defaults[name], int))
    target = raw.get("target_precision", 0.90)
    if not isinstance(target, float | int):
        raise ValueError(f"target_precision 应是 0.5 到 0.999 的数，不是 {target!r}")
    emergencies = raw["emergencies"] if "emergencies" in raw else _shipped_emergencies()
    return Policy(
        emergencies=EmergencyDetector.from_config(emergencies or {}),
        always_review=tuple(_rule(rule) for rule in raw.get("always_review") or ()),
        **review,
    ).with_target_precision(float(target))


def _shipped_emergencies() -> Any:
    """A city's own policy file that says nothing of emergencies keeps the shipped signs."""
    return read_yaml(data_path("policy.yaml"))["emergencies"]


def _check_number(name: str, value: Any, *, whole: bool) -> None:
    if isinstance(value, bool) or not isinstance(value, int if whole else float | int):
        raise ValueError(f"review.{name} 应是{'整数' if whole else '数'}，不是 {value!r}")
    low, high = (int(name == "max_chars"), math.inf) if whole else _BOUNDS.get(name, (0, 1))
    if not low <= value <= high:
        raise ValueError(f"review.{name} 是 {value}，应{f'至少为 {low}' if whole else f'在 {low} 到 {high} 之间'}")


def _rule(raw: Any) -> ReviewRule:
    _only(raw, "always_review 的一项", {"name", "words"})
    name, words = raw.get("name"), raw.get("words")
    if not isinstance(name, str) or not name.strip():
        raise ValueError("always_review 的一项缺少名称 name")
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        raise ValueError(f"always_review「{name}」的 words 应是一列说法，例如 [甲, 乙]")
    return ReviewRule(name, re.compile("|".join(f"(?:{word})" for word in words)))


def _only(raw: Any, where: str, known: set[str]) -> None:
    if not isinstance(raw, dict):
        raise ValueError(f"{where}应是键值表")
    unknown = sorted(str(key) for key in set(raw) - known)
    if unknown:
        raise ValueError(f"{where}有不认识的项：{'、'.join(unknown)}")
