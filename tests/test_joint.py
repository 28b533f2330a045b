"""Heads side by side: their probabilities are those of each head alone, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from petition_nlp.classify.head import Calibration, LinearHead
from petition_nlp.classify.joint import JointHeads
from petition_nlp.embed.ngrams import SparseMatrix

_FEATURES = 40


def _head(name: str, labels: int, random: np.random.Generator) -> LinearHead:
    return LinearHead(
        name,
        tuple(f"{name}{number}" for number in range(labels)),
        random.normal(size=(_FEATURES, labels)).astype(np.float32),
        random.normal(size=labels).astype(np.float32),
        Calibration(*random.uniform(0.5, 2, size=2).tolist()),
    )


@pytest.mark.parametrize("messages", [0, 1, 9])
def test_heads_side_by_side_give_what_each_gives_alone(messages: int) -> None:
    random = np.random.default_rng(0)
    heads = {name: _head(name, labels, random) for name, labels in (("a", 1), ("b", 48), ("c", 3))}
    sizes = random.integers(0, 12, messages)
    matrix = SparseMatrix(
        np.array([0, *np.cumsum(sizes)], dtype=np.int64),
        random.integers(0, _FEATURES, sizes.sum()).astype(np.int32),
        random.uniform(size=sizes.sum()).astype(np.float32),
        _FEATURES,
    )
    joint = JointHeads(heads)
    scores = joint.scores(matrix)
    parts, tables = joint.by_head(scores), joint.by_head(joint.probabilities(scores))
    for name, head in heads.items():
        np.testing.assert_allclose(parts[name], head.scores(matrix), rtol=1e-5)
        assert tables[name].tolist() == head.probabilities(parts[name]).tolist()
