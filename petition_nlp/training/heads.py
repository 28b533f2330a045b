"""What a training hands on: labels that are learnt, and heads as they were learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.head import LinearHead
from petition_nlp.embed.encoder import TransformerEncoder
from petition_nlp.embed.ngrams import NgramEmbedder

FloatArray = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class HeadData:
    """One head's labels for all n rows of a corpus: indices, -1 without one that is learnt."""

    name: str
    labels: tuple[str, ...]
    truth: Indices
    leave: frozenset[str]
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class FittedHead:
    """A head before its calibration.

    :param scores: of all rows, by weights learnt from the other folds.
    :param balance_effect: what weighing the classes did; None where they are not weighed.
    """

    data: HeadData
    head: LinearHead
    scores: FloatArray
    balance_effect: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class FittedEncoder:
    """An encoder with what each head reads from it.

    :param layers: head → (weights (d, k), bias (k,)).
    :param logits: of the measured folds' rows, learnt from the other folds.
    """

    encoder: TransformerEncoder
    layers: Mapping[str, tuple[FloatArray, FloatArray]]
    logits: Mapping[str, FloatArray]


@dataclass(frozen=True)
class Learnt:
    """Everything of a model but its calibration."""

    embedder: NgramEmbedder
    heads: tuple[FittedHead, ...]
    encoded: FittedEncoder | None
