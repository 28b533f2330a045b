"""Adapting a model to few orders of another city."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse import random as random_matrix
from tiny_models import Trained, word_rows, write_csv

from petition_nlp.artifact import load_model
from petition_nlp.errors import InputError, ModelError
from petition_nlp.router import Router
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.adapt import fit_change
from petition_nlp.training.evaluate import evaluate
from petition_nlp.training.train import TrainOptions, train

_TARGETS = {"department": "责任部门", "matter": "事项类别"}


def _options(folder: Path, rows: list[dict[str, str]], start: Path, **changes: object) -> TrainOptions:
    plain = TrainOptions(
        data=[write_csv(folder / "few.csv", rows)], out=folder / "adapted", targets=_TARGETS, start=start, quiet=True
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def few() -> list[dict[str, str]]:
    """Thirty orders of a city that calls the power company a subdistrict."""
    rows = word_rows(seed=7)[:30]
    return [{**row, "责任部门": row["责任部门"].replace("供电企业", "街道办事处、乡镇政府")} for row in rows]


@pytest.fixture(scope="module")
def adapted(sure: Trained, few: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapt")
    train(_options(folder, few, sure.folder, folds=3, name="新市"))
    return folder / "adapted"


def test_few_orders_teach_another_habit_and_keep_the_rest(
    adapted: Path, sure: Trained, few: list[dict[str, str]], tmp_path: Path
) -> None:
    unseen = [{**row, "责任部门": row["责任部门"].replace("供电企业", "街道办事处、乡镇政府")} for row in sure.rows]
    path = write_csv(tmp_path / "unseen.csv", unseen)
    before = evaluate(sure.folder, [path], targets={"matter": "事项类别"})
    after = evaluate(adapted, [path], targets=_TARGETS)
    assert after["heads"]["department"]["accuracy"] > 0.85
    assert after["heads"]["matter"]["accuracy"] > before["heads"]["matter"]["accuracy"] - 0.05


def test_labels_that_the_orders_lack_are_still_ranked(adapted: Path) -> None:
    (route,) = Router.load(adapted).route(["变压器 抢修 电缆 跳闸"])
    assert route.department is not None
    codes = {route.department.code, *(choice.code for choice in route.department.alternatives)}
    assert "electricity" in codes
    assert "subdistrict" in codes


def test_the_vocabulary_stays_and_the_model_says_what_it_started_from(adapted: Path, sure: Trained) -> None:
    version = Taxonomy.load().version
    old, new = (load_model(folder, taxonomy=version) for folder in (sure.folder, adapted))
    assert new.embedder.words == old.embedder.words
    assert new.report["start"] == old.id
    assert old.id in new.card
    assert new.name == "新市"


def test_n_grams_of_fewer_than_five_orders_do_not_move(adapted: Path, sure: Trained, few: list[dict[str, str]]) -> None:
    version = Taxonomy.load().version
    old, new = (load_model(folder, taxonomy=version) for folder in (sure.folder, adapted))
    texts = [row["诉求内容"] for row in few]
    rare = [place for place, word in enumerate(old.embedder.words) if 0 < sum(word in text for text in texts) < 5]
    shared = [label for label in old.heads["department"].labels if label in new.heads["department"].labels]
    before = old.heads["department"].weights[rare][:, [old.heads["department"].labels.index(label) for label in shared]]
    after = new.heads["department"].weights[rare][:, [new.heads["department"].labels.index(label) for label in shared]]
    assert len(rare) > 3
    scale = (after * before).sum() / (before * before).sum()
    np.testing.assert_allclose(after, scale * before, atol=0.05 * np.abs(before).max())


def test_a_start_that_is_no_model_is_named(tmp_path: Path, few: list[dict[str, str]]) -> None:
    with pytest.raises(ModelError, match="none"):
        train(_options(tmp_path, few, tmp_path / "none"))


def test_a_start_and_an_encoder_exclude_each_other(tmp_path: Path, few: list[dict[str, str]], sure: Trained) -> None:
    with pytest.raises(InputError, match="--encoder"):
        train(_options(tmp_path, few, sure.folder, encoder="some/encoder"))


def _problem(rows: int) -> tuple[csr_matrix, np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(1)
    features = random_matrix(rows, 12, density=0.4, random_state=1, format="csr")
    offset = draw.normal(size=(rows, 3)).astype(np.float32)
    truth = (features @ draw.normal(size=(12, 3)) * 3 + offset).argmax(axis=1)
    return features, offset, truth, np.ones(rows, dtype=np.float32)


def test_a_strong_prior_leaves_the_offset_alone() -> None:
    weights, _ = fit_change(*_problem(200), strength=1e-6)
    assert np.abs(weights).max() < 1e-3


def test_a_weak_prior_learns_what_the_offset_does_not_say() -> None:
    features, offset, truth, sample = _problem(400)
    weights, bias = fit_change(features, offset, truth, sample, strength=10.0)
    learnt = (offset + features @ weights + bias).argmax(axis=1) == truth
    assert learnt.mean() > (offset.argmax(axis=1) == truth).mean() + 0.2


def test_labels_without_a_row_keep_their_offset() -> None:
    features, offset, truth, sample = _problem(200)
    weights, bias = fit_change(features, offset, np.minimum(truth, 1), sample, strength=10.0)
    assert not weights[:, 2].any()
    assert bias[2] == 0.0


def test_a_row_with_double_weight_counts_as_two() -> None:
    features, offset, truth, sample = _problem(60)
    doubled = sample.copy()
    doubled[:5] = 2
    rows = np.r_[np.arange(60), np.arange(5)]
    once = fit_change(features, offset, truth, doubled, strength=1.0)
    twice = fit_change(features[rows], offset[rows], truth[rows], np.ones(65, dtype=np.float32), strength=1.0)
    np.testing.assert_allclose(once[0], twice[0], atol=2e-3)
