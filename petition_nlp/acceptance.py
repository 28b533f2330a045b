"""Hints that a message may be none for the hotline (不予受理提示): urgent, before a court, without a request.

A hint says why, on what ground and what to tell the resident. It decides nothing and blocks nothing: a person reads it.
As for sensitive messages (`petition_nlp.sensitive`) signs that stand together add up. Everything said of the world is
configuration: ``data/acceptance.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from petition_nlp.errors import ConfigError
from petition_nlp.resources import data_path, read_yaml
from petition_nlp.route import Emergency, Message
from petition_nlp.text.aligned import AlignedText
from petition_nlp.text.normalise import normalise_aligned
from petition_nlp.weighing import Scale, Weighed, weighed
from petition_nlp.wordings import any_of, named_lists, only, positive

MAX_CHARS: Final = 10_000
"""Longest part of a message that is read."""
_STRUCK: Final = "□"
_CODE: Final = re.compile(r"[a-z][a-z_]{0,31}")

Strength = Literal["clear", "possible"]


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of the message's text as it was sent."""

    start: int
    end: int
    text: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"start": self.start, "end": self.end, "text": self.text}


@dataclass(frozen=True, slots=True)
class Hint:
    """Why a message may be none for the hotline.

    :param ground: the rule that says so (依据). :param tell: what to tell the resident (告知语).
    :param line: emergency line to transfer it to, if one is known.
    :param strength: ``clear`` or ``possible``. :param evidence: what told it; empty where only the title did.
    """

    code: str
    name: str
    ground: str
    tell: str
    line: str | None
    strength: Strength
    evidence: tuple[Quote, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "code": self.code,
            "name": self.name,
            "ground": self.ground,
            "tell": self.tell,
            "line": self.line,
            "strength": self.strength,
            "evidence": [quote.to_dict() for quote in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of hint, with its signs and with what speaks against it.

    :param clear: points from which on it is clear.
    :param urgent: whether an emergency is of this kind, signs or not.
    :param filler: wordings that ask for nothing. :param left: a message is of this kind if without them at most so
        many letters and digits are left.
    """

    code: str
    name: str
    ground: str
    tell: str
    clear: int
    urgent: bool
    signs: tuple[Weighed, ...]
    calm: tuple[Weighed, ...]
    filler: re.Pattern[str] | None
    left: int


@dataclass(frozen=True, slots=True)
class AcceptanceDetector:
    """Finds the hints for a message.

    :param harmless: set phrases that are struck out first.
    """

    kinds: tuple[Kind, ...]
    harmless: re.Pattern[str] | None
    scale: Scale

    @classmethod
    def load(cls, path: Path | None = None) -> AcceptanceDetector:
        """Read a file of rules; default: the shipped ``data/acceptance.yaml``.

        :raises ConfigError: the file is missing or a value in it cannot be used.
        """
        path = path or data_path("acceptance.yaml")
        try:
            return cls.from_config(read_yaml(path))
        except OSError:
            todo = "请补上或改用自带的 acceptance.yaml"
            raise ConfigError("缺少受理提示规则文件或无法读取", where=str(path), todo=todo) from None
        except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError, ValueError, AttributeError) as error:
            todo = "请对照自带的 acceptance.yaml 改正"
            raise ConfigError(f"受理提示规则文件无效：{error}", where=str(path), todo=todo) from error

    @classmethod
    def from_config(cls, raw: Mapping[str, Any]) -> AcceptanceDetector:
        """The detector that a file describes.

        :raises ValueError: a value cannot be used; the message names its place.
        """
        only(raw, "文件", {"enough", "within", "around", "words", "harmless", "kinds"})
        words = named_lists(raw.get("words", {}))
        scale = Scale(*(positive(raw[name], name) for name in ("enough", "within", "around")))
        return cls(
            kinds=tuple(_kind(entry, words, scale.enough) for entry in raw.get("kinds") or ()),
            harmless=any_of(raw["harmless"], words, "harmless") if "harmless" in raw else None,
            scale=scale,
        )

    def find(self, message: Message | str, emergency: Emergency | None = None) -> tuple[Hint, ...]:
        """The hints for a message, in the order of the file.

        :param emergency: that was found in it (`petition_nlp.route.Route.emergency`).
        """
        read = _Read.of(message if isinstance(message, Message) else Message(message))
        if self.harmless is not None:
            struck = self.harmless.sub(lambda match: _STRUCK * len(match.group()), read.aligned.text)
            read = _Read(read.whole, read.skip, read.aligned.same_length(struck))
        return tuple(hint for kind in self.kinds if (hint := self._of_kind(kind, read, emergency)))

    def _of_kind(self, kind: Kind, read: _Read, emergency: Emergency | None) -> Hint | None:
        tally = self.scale.weigh(read.aligned.text, kind.signs, kind.calm)
        quotes = () if tally is None else read.quotes([(hit.start, hit.end) for hit in tally.hits])
        if kind.urgent and emergency is not None:
            return _hint(kind, "clear", quotes, emergency)
        if tally is not None:
            return _hint(kind, "clear" if tally.points >= kind.clear else "possible", quotes)
        if kind.filler is not None and _left(kind.filler, read) <= kind.left:
            return _hint(kind, "possible", ())
        return None


@dataclass(frozen=True, slots=True)
class _Read:
    """A message as far as it is read; ``skip`` characters of ``whole`` are the title."""

    whole: str
    skip: int
    aligned: AlignedText

    @classmethod
    def of(cls, message: Message) -> _Read:
        title = (message.title or "").strip()
        whole = (f"{title}\n{message.text}" if title else message.text)[:MAX_CHARS]
        return cls(whole, len(title) + 1 if title else 0, normalise_aligned(whole))

    def quotes(self, spans: Sequence[tuple[int, int]]) -> tuple[Quote, ...]:
        """Spans of the normalised text as they were sent, without those of the title."""
        found = [self.aligned.origin(start, end) for start, end in spans]
        return tuple(
            Quote(start - self.skip, end - self.skip, self.whole[start:end])
            for start, end in found
            if start >= self.skip
        )


def _hint(kind: Kind, strength: Strength, quotes: tuple[Quote, ...], emergency: Emergency | None = None) -> Hint:
    tell, line = (kind.tell, None) if emergency is None else (emergency.message, emergency.line)
    return Hint(kind.code, kind.name, kind.ground, tell, line, strength, quotes)


def _left(filler: re.Pattern[str], read: _Read) -> int:
    """How many letters and digits are left of a message without what asks for nothing."""
    return sum(map(str.isalnum, filler.sub("", read.aligned.text)))


def _kind(raw: Mapping[str, Any], words: Mapping[str, str], enough: int) -> Kind:
    where = f"kinds.{raw['code']}"
    only(raw, where, {"code", "name", "ground", "tell", "clear", "urgent", "signs", "calm", "filler", "left"})
    if not _CODE.fullmatch(str(raw["code"])):
        raise ValueError(f"{where}.code 应由小写字母和下划线组成")
    for name in ("name", "ground", "tell"):
        if not isinstance(raw[name], str) or not raw[name].strip():
            raise ValueError(f"{where}.{name} 应是文字")
    urgent = raw.get("urgent", False)
    if not isinstance(urgent, bool):
        raise ValueError(f"{where}.urgent 应是 true 或 false，不是 {urgent!r}")
    if not raw["signs"]:
        raise ValueError(f"{where}.signs 是空的")
    if ("filler" in raw) != ("left" in raw):
        raise ValueError(f"{where} 的 filler 和 left 应一起给出")
    return Kind(
        code=raw["code"],
        name=raw["name"].strip(),
        ground=raw["ground"].strip(),
        tell=raw["tell"].strip(),
        clear=positive(raw.get("clear", enough), f"{where}.clear"),
        urgent=urgent,
        signs=weighed(raw["signs"], words, f"{where}.signs"),
        calm=weighed(raw.get("calm") or (), words, f"{where}.calm"),
        filler=any_of(raw["filler"], words, f"{where}.filler") if "filler" in raw else None,
        left=positive(raw["left"], f"{where}.left") if "left" in raw else 0,
    )
