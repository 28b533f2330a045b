"""Messages that not every clerk should read: self-harm, harm to minors, accusations of officials, group petitions.

As for emergencies (`petition_nlp.emergency`) no single word decides: signs that stand together add up. A message can
be of several kinds. Everything said of the world is configuration: ``data/sensitive.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from petition_nlp.errors import ConfigError
from petition_nlp.resources import data_path, read_yaml
from petition_nlp.text.normalise import normalise
from petition_nlp.weighing import Scale, Weighed, weighed
from petition_nlp.wordings import any_of, named_lists, only, positive

MAX_CHARS: Final = 10_000
"""Longest part of a message that is read."""
_STRUCK: Final = "□"
_CODE: Final = re.compile(r"[a-z][a-z_]{0,31}")


@dataclass(frozen=True, slots=True)
class Sensitive:
    """One kind that a message is of.

    :param waits: whether a person reads such a message before it goes anywhere.
    :param restricted: whether only callers with the scope ``restricted`` may read it: the signs are clear.
    :param evidence: the wordings that told, from the normalised text.
    """

    code: str
    name: str
    waits: bool
    restricted: bool
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sensitive message, with its signs and with what speaks against it.

    :param restricted: whether its messages wait for a person and, where the signs are clear, are seen by few.
    :param clear: points from which they are.
    """

    code: str
    name: str
    restricted: bool
    clear: int
    signs: tuple[Weighed, ...]
    calm: tuple[Weighed, ...]


@dataclass(frozen=True, slots=True)
class SensitiveDetector:
    """Finds the kinds that a message is of.

    :param harmless: set phrases that are struck out first.
    :param enough: points that make a kind.
    :param within: characters in which signs must stand to count together.
    :param around: characters before and after the signs in which ``calm`` counts.
    """

    kinds: tuple[Kind, ...]
    harmless: re.Pattern[str] | None
    enough: int
    within: int
    around: int

    @classmethod
    def load(cls, path: Path | None = None) -> SensitiveDetector:
        """Read a file of rules; default: the shipped ``data/sensitive.yaml``.

        :raises ConfigError: the file is missing or a value in it cannot be used.
        """
        path = path or data_path("sensitive.yaml")
        try:
            return cls.from_config(read_yaml(path))
        except OSError:
            todo = "请补上或改用自带的 sensitive.yaml"
            raise ConfigError("缺少敏感诉求规则文件或无法读取", where=str(path), todo=todo) from None
        except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError, ValueError, AttributeError) as error:
            todo = "请对照自带的 sensitive.yaml 改正"
            raise ConfigError(f"敏感诉求规则文件无效：{error}", where=str(path), todo=todo) from error

    @classmethod
    def from_config(cls, raw: Mapping[str, Any]) -> SensitiveDetector:
        """The detector that a file describes.

        :raises ValueError: a value cannot be used; the message names its place.
        """
        only(raw, "文件", {"enough", "within", "around", "words", "harmless", "kinds"})
        words = named_lists(raw.get("words", {}))
        enough = positive(raw["enough"], "enough")
        return cls(
            kinds=tuple(_kind(entry, words, enough) for entry in raw.get("kinds") or ()),
            harmless=any_of(raw["harmless"], words, "harmless") if "harmless" in raw else None,
            enough=enough,
            within=positive(raw["within"], "within"),
            around=positive(raw["around"], "around"),
        )

    def find(self, text: str) -> tuple[Sensitive, ...]:
        """The kinds that a message is of, in the order of the file."""
        read = normalise(text[:MAX_CHARS])
        if self.harmless is not None:
            read = self.harmless.sub(lambda match: _STRUCK * len(match.group()), read)
        return tuple(found for kind in self.kinds if (found := self._of_kind(kind, read)))

    def _of_kind(self, kind: Kind, text: str) -> Sensitive | None:
        tally = Scale(self.enough, self.within, self.around).weigh(text, kind.signs, kind.calm)
        if tally is None:
            return None
        restricted = kind.restricted and tally.points >= kind.clear
        evidence = tuple(text[hit.start : hit.end] for hit in tally.hits)
        return Sensitive(kind.code, kind.name, kind.restricted, restricted, evidence)


def _kind(raw: Mapping[str, Any], words: Mapping[str, str], enough: int) -> Kind:
    where = f"kinds.{raw['code']}"
    only(raw, where, {"code", "name", "restricted", "clear", "signs", "calm"})
    if not _CODE.fullmatch(str(raw["code"])):
        raise ValueError(f"{where}.code 应由小写字母和下划线组成")
    if not isinstance(raw["restricted"], bool):
        raise ValueError(f"{where}.restricted 应是 true 或 false，不是 {raw['restricted']!r}")
    if not raw["signs"]:
        raise ValueError(f"{where}.signs 是空的")
    signs = weighed(raw["signs"], words, f"{where}.signs")
    calm = weighed(raw.get("calm") or (), words, f"{where}.calm")
    clear = positive(raw.get("clear", enough), f"{where}.clear")
    return Kind(raw["code"], str(raw["name"]), raw["restricted"], clear, signs, calm)
