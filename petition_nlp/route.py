"""The two objects every user meets: a `Message` goes in, a `Route` comes out.

`Route.to_dict` is the one JSON form, the same in the API, in JSON Lines files and behind the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from petition_nlp.profiles import FAST


@dataclass(frozen=True, slots=True)
class Message:
    """What a resident wrote or an operator noted down.

    :param text: the message itself (诉求内容).
    :param title: its title (诉求标题, 留言主题), if the source has one; read together with the text.
    :param id: the caller's own identifier; comes back unchanged.
    :param area: district, street or community, if the source has it as a field.
    :param received: when it came in, as the source writes it.
    :param extra: any further fields of the source; carried, not read.
    """

    text: str
    title: str | None = None
    id: str | None = None
    area: str | None = None
    received: str | None = None
    extra: Mapping[str, Any] | None = None

    @property
    def whole(self) -> str:
        """Title and text."""
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer of a head, with its calibrated probability."""

    code: str
    name: str
    confidence: float

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"code": self.code, "name": self.name, "confidence": self.confidence}


@dataclass(frozen=True, slots=True)
class Prediction:
    """A head's first choice and the next best ones, in falling order."""

    code: str
    name: str
    confidence: float
    alternatives: tuple[Choice, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "code": self.code,
            "name": self.name,
            "confidence": self.confidence,
            "alternatives": [choice.to_dict() for choice in self.alternatives],
        }


def code_of(prediction: Prediction | None) -> str | None:
    """The code of a head's first choice, None where the model lacks the head."""
    return None if prediction is None else prediction.code


@dataclass(frozen=True, slots=True)
class Candidates:
    """Departments in falling order of confidence; of ``coverage`` of all messages the right one is among them."""

    coverage: float
    departments: tuple[Choice, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"coverage": self.coverage, "departments": [choice.to_dict() for choice in self.departments]}


@dataclass(frozen=True, slots=True)
class Responsible:
    """Who has to act (责任主体), through which channel; ``level`` is the deliberation level of a 小事."""

    kind: str
    name: str
    channel: str
    level: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"kind": self.kind, "name": self.name, "channel": self.channel, "level": self.level}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person should look at a route."""

    code: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Review:
    """Whether a person should look at a route, and why."""

    reasons: tuple[Reason, ...] = ()

    @property
    def required(self) -> bool:
        """True if there is any reason."""
        return bool(self.reasons)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"required": self.required, "reasons": [reason.to_dict() for reason in self.reasons]}


@dataclass(frozen=True, slots=True)
class Emergency:
    """A matter to be transferred at once, and the line to transfer it to."""

    line: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"line": self.line, "message": self.message}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of the text as it was sent that spoke for a head's choice.

    :param start: first character; :param end: one past the last.
    :param weight: its share of the chosen label's score, in log-odds; larger is stronger.
    :param head: the head whose choice it supports (``for`` in JSON).
    """

    start: int
    end: int
    text: str
    weight: float
    head: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "weight": self.weight,
            "for": self.head,
        }


@dataclass(frozen=True, slots=True)
class Applied:
    """A written rule that changed what the model had decided.

    :param kind: ``split`` or ``reassign`` of a new taxonomy, or ``district``. :param rule: its name.
    :param head: what it changed: ``matter``, ``department``, or the ``level`` of deliberation.
    :param before: code of the model's choice; :param after: that of the rule (``from`` and ``to`` in JSON).
    """

    kind: str
    rule: str
    head: str
    before: str
    after: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "kind": self.kind,
            "rule": self.rule,
            "head": self.head,
            "from": self.before,
            "to": self.after,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message should go, how sure that is, and whether a person should look.

    A head that the model lacks is None, as are ``candidates`` if it has too few calibration rows. ``confidence`` is the
    calibrated probability that matter and department are both right. ``labels`` holds every further head of the
    model by name. ``profile`` is the model's profile that made it: fast, balanced or best. ``rules`` are those that
    changed the model's decision. ``mapped_from`` is the taxonomy that the model was trained for, if an earlier one.
    """

    matter: Prediction | None
    department: Prediction | None
    responsible: Responsible | None
    candidates: Candidates | None
    co_departments: tuple[Choice, ...]
    request_type: Prediction | None
    confidence: float
    review: Review
    emergency: Emergency | None
    evidence: tuple[Evidence, ...]
    model: str
    taxonomy: str
    policy: Mapping[str, Any]
    labels: Mapping[str, Prediction] = field(default_factory=dict)
    profile: str = FAST
    rules: tuple[Applied, ...] = ()
    mapped_from: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The one JSON form of a route."""
        return {
            "matter": _json(self.matter),
            "department": _json(self.department),
            "responsible": _json(self.responsible),
            "candidates": _json(self.candidates),
            "co_departments": [choice.to_dict() for choice in self.co_departments],
            "request_type": _json(self.request_type),
            "confidence": self.confidence,
            "review": self.review.to_dict(),
            "emergency": _json(self.emergency),
            "evidence": [span.to_dict() for span in self.evidence],
            "labels": {name: label.to_dict() for name, label in self.labels.items()},
            "rules": [rule.to_dict() for rule in self.rules],
            "model": self.model,
            "profile": self.profile,
            "taxonomy": self.taxonomy,
            "mapped_from": self.mapped_from,
            "policy": dict(self.policy),
        }


def _json(part: Prediction | Candidates | Responsible | Emergency | None) -> dict[str, Any] | None:
    return None if part is None else part.to_dict()
