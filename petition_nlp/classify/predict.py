"""Documents → probabilities of every head, as a profile has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.head import LinearHead
from petition_nlp.classify.joint import JointHeads
from petition_nlp.classify.profile import NEVER, Profile
from petition_nlp.embed.encoder import TransformerEncoder
from petition_nlp.embed.ngrams import NgramEmbedder, SparseMatrix
from petition_nlp.embed.places import Places
from petition_nlp.mapping import HeadMap
from petition_nlp.text.document import Document

FloatArray = NDArray[np.float32]

_DECIDING: Final = ("matter", "department")
"""Heads whose doubt calls the encoder; all heads of a model that has neither."""


@dataclass(frozen=True, slots=True)
class Scored:
    """n messages: what scored them, their n-grams and where they stand, (n, labels) scores of them and probabilities
    for each head, and which the encoder read.

    :param own: probabilities of the model's own labels; :param probabilities: those of the taxonomy in use, which are
        the same for a model of that taxonomy. :param maps: how the one becomes the other, by head.
    """

    joint: JointHeads
    matrix: SparseMatrix
    places: Places
    scores: dict[str, FloatArray]
    own: dict[str, FloatArray]
    probabilities: dict[str, FloatArray]
    maps: Mapping[str, HeadMap]
    encoded: NDArray[np.bool_]

    def mapped(self, maps: Mapping[str, HeadMap]) -> Scored:
        """The same for another taxonomy."""
        probabilities = self.own | {name: own.apply(self.own[name]) for name, own in maps.items()}
        return replace(self, probabilities=probabilities, maps=maps)


@dataclass(frozen=True)
class Predictor:
    """The heads behind one interface, with or without the encoder."""

    embedder: NgramEmbedder
    encoder: TransformerEncoder | None
    heads: Mapping[str, LinearHead]
    profile: Profile
    maps: Mapping[str, HeadMap] = field(default_factory=dict)

    def predict(self, documents: Sequence[Document]) -> Scored:
        """Probabilities of every head for n documents."""
        places = self.embedder.places(documents)
        matrix = self.embedder.matrix(places)
        table = self._joint.scores(matrix)
        scores, tables = map(self._joint.by_head, (table, self._joint.probabilities(table)))
        encoded = np.zeros(len(documents), dtype=bool)
        if self.encoder is not None and self.profile.encode_below > NEVER:
            encoded = sureness(tables) < self.profile.encode_below
            rows = np.flatnonzero(encoded)
            vectors = self.encoder.transform([documents[row] for row in rows.tolist()])
            for name, head in self.heads.items():
                tables[name][rows] = head.probabilities(scores[name][rows], vectors)
        return Scored(self._joint, matrix, places, scores, tables, tables, {}, encoded).mapped(self.maps)

    @cached_property
    def _joint(self) -> JointHeads:
        return JointHeads(self.heads)


def sureness(tables: Mapping[str, FloatArray]) -> FloatArray:
    """How sure n messages' matter and department are: the smaller of the two first choices' probabilities."""
    deciding = [tables[name] for name in _DECIDING if name in tables] or list(tables.values())
    return np.asarray(np.min([table.max(axis=1) for table in deciding], axis=0), dtype=np.float32)
