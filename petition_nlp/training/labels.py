"""What retraining learns from: orders of the past, and what people decided of routed petitions since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.archive.columns import usual_names
from petition_nlp.errors import InputError
from petition_nlp.strengths import WEIGHTS, Strength
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.strict import mask_strictly
from petition_nlp.training.corpus import Columns, Corpus, column_names, joined, read_corpus
from petition_nlp.training.evaluate import label_columns
from petition_nlp.training.groups import near_copies

Flags = NDArray[np.bool_]

_ID: Final = "id"
_STRENGTH: Final = "strength"
_DECIDED: Final = "decided"
"""The date column of a file of labels."""
AREA: Final = "area"
"""Further column of the district or street that a message names as its place, if the file has one."""

_CALIB_SHARE: Final = 0.15
_CALIB_ROWS: Final = (1500, 3000)
"""Orders of the past that are held out to calibrate: with fewer the folds do it better, and more tell little."""

_CHOSEN_BY_OUTCOME: Final = frozenset({Strength.ACCEPTED, Strength.FINAL_UNIT})
"""Labels that are there because the model was right or wrong: they do not tell how often it is."""


@dataclass(frozen=True)
class Material:
    """n messages with when they were decided, and by whom.

    :param dates: None where there is none that can be read.
    :param strengths: None for an order of the past.
    """

    corpus: Corpus
    dates: tuple[date | None, ...]
    strengths: tuple[Strength | None, ...]

    def __len__(self) -> int:
        return len(self.corpus)

    @property
    def newest(self) -> date | None:
        """The latest day."""
        return max((day for day in self.dates if day is not None), default=None)

    @property
    def learnt_until(self) -> date | None:
        """Up to which day what is left after `held_out` was learnt; some accepted suggestions are later."""
        found = zip(self.dates, self.strengths, strict=True)
        return max((day for day, own in found if day is not None and own is not Strength.ACCEPTED), default=None)

    @property
    def ids(self) -> tuple[str, ...]:
        """The messages' own numbers, empty where they have none."""
        return self.corpus.further[_ID]

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> Material:
        """Some of the messages."""
        picked = [int(row) for row in rows]
        return Material(
            self.corpus.take(picked),
            tuple(self.dates[row] for row in picked),
            tuple(self.strengths[row] for row in picked),
        )

    @property
    def calibrates(self) -> Flags:
        """The messages that can tell how sure the model may be."""
        return np.array([own not in _CHOSEN_BY_OUTCOME for own in self.strengths], dtype=bool)

    def where(self, kept: Flags) -> Material:
        """The messages that are flagged."""
        return self.take(np.flatnonzero(kept))

    def after(self, day: date) -> Material:
        """The messages of later days."""
        return self.where(np.array([own is not None and own > day for own in self.dates], dtype=bool))

    def by_strength(self) -> dict[str, int]:
        """How many messages there are of each strength; ``history`` are orders of the past."""
        found = Counter("history" if strength is None else strength.value for strength in self.strengths)
        return {str(name): found[name] for name in ("history", *Strength) if found[name]}


@dataclass(frozen=True)
class Reading:
    """How files are read.

    :param heads: that may be trained or measured. :param targets: head → column, where it has an unusual name.
    :param date: column of the day; default: by its usual names. :param text, title: likewise.
    :param weight: column of a weight for each row.
    :param weights: weight of a label by its strength.
    """

    heads: Sequence[str]
    taxonomy: Taxonomy
    targets: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    title: str | None = None
    date: str | None = None
    weight: str | None = None
    weights: Mapping[Strength, float] = field(default_factory=lambda: WEIGHTS)
    keep_leaks: bool = False

    def history(self, paths: Sequence[Path]) -> Material:
        """Orders of the past with where they were handled in the end.

        :raises InputError: a file cannot be read or has no label.
        """
        corpus = self._read(paths)
        return Material(corpus, corpus.days, (None,) * len(corpus))

    def labels(self, paths: Sequence[Path]) -> Material:
        """What people decided, each message once: its strongest label, and the last of several.

        :raises InputError: a file cannot be read, or has a strength that is none.
        """
        corpus = self._read(paths)
        strengths = tuple(map(_strength, corpus.further[_STRENGTH], corpus.places))
        weights = tuple(
            self.weights[strength] if strength else weight
            for strength, weight in zip(strengths, corpus.weights, strict=True)
        )
        found = Material(_weighted(corpus, weights), corpus.days, strengths)
        return found.take(_strongest(found))

    def measured(self, path: Path) -> Corpus:
        """Labelled messages to compare models on."""
        return self._read([path])

    def _read(self, paths: Sequence[Path]) -> Corpus:
        return joined([self._read_file(path) for path in paths], heads=self.heads)

    def _read_file(self, path: Path) -> Corpus:
        names = column_names(path)
        chosen = {head: column for head, column in self.targets.items() if column in names}
        columns = {**label_columns([head for head in self.heads if head not in chosen], names), **chosen}
        if not columns:
            wanted = "、".join(self.targets.values() or self.heads)
            raise InputError(f"没有标签列（需要 {wanted} 之一）", where=str(path), todo="请用 --target 目标=列名 指明")
        further = {_ID: _ID, _STRENGTH: _STRENGTH, AREA: usual_names().find(AREA, names) or ""}
        read = Columns(
            columns,
            text=self.text if self.text in names else None,
            title=self.title if self.title in names else None,
            weight=self.weight if self.weight in names else None,
            day=self._date_column(names),
            further=further,
        )
        return read_corpus([path], read, self.taxonomy, keep_leaks=self.keep_leaks)

    def _date_column(self, names: Sequence[str]) -> str | None:
        """None for the usual one."""
        return self.date if self.date in names else _DECIDED if _DECIDED in names else None


def together(history: Material | None, labels: Material | None, *, heads: Sequence[str]) -> Material:
    """Both, at least one of them; an order of the past that has a label since stands only with that."""
    if history is None or labels is None:
        only = labels if history is None else history
        assert only is not None
        return only
    known = set(labels.ids) - {""}
    kept = history.where(np.array([own not in known for own in history.ids], dtype=bool))
    return Material(
        joined([kept.corpus, labels.corpus], heads=heads),
        kept.dates + labels.dates,
        kept.strengths + labels.strengths,
    )


def aged(material: Material, *, half_life: float | None) -> Material:
    """The same with weights that fall by half every ``half_life`` days before the latest one.

    What has no day counts as old as the oldest that has one. Weights keep a mean of 1, so that forgetting does not
    change how strongly the learner is held back.

    :param half_life: None lets every age weigh the same.
    """
    weights = np.array(material.corpus.weights, dtype=np.float64)
    newest = material.newest
    if half_life is not None and newest is not None:
        oldest = min(day for day in material.dates if day is not None)
        ages = np.array([(newest - (day or oldest)).days for day in material.dates], dtype=np.float64)
        weights *= 0.5 ** (ages / half_life)
    weights /= weights.mean()
    return Material(_weighted(material.corpus, tuple(map(float, weights))), material.dates, material.strengths)


def without_copies(material: Material, others: Sequence[str]) -> tuple[Material, int]:
    """The material without what is nearly one of some texts, personal data masked or not; and how many that were."""
    first, second = ([mask_strictly(text) for text in texts] for texts in (material.corpus.texts, others))
    copies = near_copies(first, second)
    return material.where(~copies), int(copies.sum())


def held_out(material: Material) -> tuple[Material, Material | None]:
    """Take the latest orders of the past out to calibrate on.

    They are all that came in. Labels are mostly of what a model was unsure of: the latest of them alone prove hardly
    any confidence, and every month would end with everything before people.

    :return: the rest, and what was taken out; None where it would be too little.
    """
    past = [row for row in _newest_first(material) if material.strengths[row] is None]
    least, most = _CALIB_ROWS
    size = min(most, round(_CALIB_SHARE * len(material)), len(past) // 2)
    if size < least:
        return material, None
    held = np.zeros(len(material), dtype=bool)
    held[past[:size]] = True
    return material.where(~held), material.where(held)


def _newest_first(material: Material) -> list[int]:
    """The numbers of the messages that have a day, the latest first."""
    dated = [(day, row) for row, day in enumerate(material.dates) if day is not None]
    return [row for _, row in sorted(dated, reverse=True)]


def _weighted(corpus: Corpus, weights: tuple[float, ...]) -> Corpus:
    return replace(corpus, weights=weights)


def _strength(value: str, place: tuple[Path, int]) -> Strength | None:
    if not value:
        return None
    try:
        return Strength(value)
    except ValueError:
        path, row = place
        todo = f"应为 {'、'.join(Strength)} 之一"
        raise InputError("strength 的值不认识", where=f"{path} 第 {row} 行", todo=todo) from None


def _strongest(material: Material) -> list[int]:
    """Of every message the row with its strongest label; of equals the last decided, then the last read."""
    best: dict[str, tuple[tuple[int, date, int], int]] = {}
    for row, (own, strength, day) in enumerate(zip(material.ids, material.strengths, material.dates, strict=True)):
        rank = len(Strength) if strength is None else strength.rank
        key = (-rank, day or date.min, row)
        name = own or f"\0{row}"
        if name not in best or key > best[name][0]:
            best[name] = (key, row)
    return sorted(row for _, row in best.values())
