"""Candidate sets hold the true label as often as they say."""

import numpy as np
import pytest

from petition_nlp.classify.conformal import inclusion_threshold


def _draw(rows: int, seed: int) -> np.ndarray:
    """Probabilities that a model gives to true labels: often near 1, sometimes near 0."""
    return np.random.default_rng(seed).beta(2.0, 0.6, rows).astype(np.float32)


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_the_true_label_is_in_the_set_as_often_as_promised(coverage: float) -> None:
    thresholds = [inclusion_threshold(_draw(400, seed), coverage) for seed in range(200)]
    held = [(_draw(5000, 1000 + seed) >= threshold).mean() for seed, threshold in enumerate(thresholds)]
    assert coverage - 0.005 <= np.mean(held) <= coverage + 0.01


def test_a_higher_coverage_never_gives_a_higher_threshold() -> None:
    truth = _draw(300, 3)
    thresholds = [inclusion_threshold(truth, coverage) for coverage in (0.5, 0.8, 0.9, 0.95, 0.99)]
    assert thresholds == sorted(thresholds, reverse=True)


def test_too_few_rows_show_nothing() -> None:
    assert inclusion_threshold(_draw(18, 0), 0.95) is None
    assert inclusion_threshold(_draw(19, 0), 0.95) is not None
    assert inclusion_threshold(np.zeros(0, dtype=np.float32), 0.9) is None
