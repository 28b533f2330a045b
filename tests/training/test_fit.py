"""Vocabulary, linear heads and calibration."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from petition_nlp.classify.head import Calibration, LinearHead, ranking
from petition_nlp.embed.ngrams import SparseMatrix
from petition_nlp.text.document import Document, prepare
from petition_nlp.training.calibrate import fit_calibration, fit_joint
from petition_nlp.training.fit import LinearTrainer, build_vocabulary, to_scipy, topic_basis

_SOUNDS = ("噪音", "喇叭", "施工", "唱歌", "音响", "装修", "打桩", "鞭炮")
_LIGHTS = ("路灯", "红绿灯", "楼道灯", "电表", "停电", "跳闸", "电线", "灯泡")


def _documents(number: int = 60, seed: int = 0) -> tuple[list[Document], NDArray[np.int64]]:
    """Messages about sounds (label 0) and lights (label 1), with words that both share."""
    draw = random.Random(seed)
    labels = np.array([n % 2 for n in range(number)])
    texts = [
        "，".join([*draw.sample((_SOUNDS, _LIGHTS)[label], 4), draw.choice(("请处理", "谢谢"))]) for label in labels
    ]
    return [prepare(text) for text in texts], labels


def _matrix(documents: Sequence[Document]) -> SparseMatrix:
    return build_vocabulary(documents).transform(documents)


def _right(trainer: LinearTrainer, weights: NDArray[np.float32] | None = None) -> float:
    """Share of unseen messages that come out right."""
    documents, labels = _documents()
    unseen, truth = _documents(seed=1)
    embedder = build_vocabulary(documents)
    sample = np.ones(len(labels), dtype=np.float32) if weights is None else weights
    fitted = trainer.fit(embedder.transform(documents), labels, sample, 2)
    scores = embedder.transform(unseen).dot(fitted.weights) + fitted.bias
    return float((scores.argmax(axis=1) == truth).mean())


# --- vocabulary -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "learnt"), [(1, False), (4, False), (5, True), (9, True)])
def test_an_ngram_of_fewer_than_five_messages_is_not_learnt(number: int, learnt: bool) -> None:
    texts = ["井盖破损"] * number + ["路灯坏了"] * 20
    embedder = build_vocabulary([prepare(text) for text in texts])
    assert ("井盖" in embedder.words) is learnt
    assert ("井盖" in embedder.chars) is learnt


def test_messages_are_counted_not_occurrences() -> None:
    embedder = build_vocabulary([prepare("井盖井盖井盖井盖井盖井盖"), *[prepare("路灯坏了")] * 9])
    assert "井盖" not in embedder.words
    assert "路灯" in embedder.words


def test_beyond_the_limit_the_rarest_ngrams_go_first() -> None:
    documents = [prepare("路灯")] * 30 + [prepare("井盖")] * 8
    everything = build_vocabulary(documents)
    fewer = build_vocabulary(documents, max_features=4)
    assert fewer.dimension == 4 < everything.dimension
    assert {*fewer.words, *fewer.chars} == {"路灯", "路", "灯"}


def test_a_rarer_ngram_weighs_more() -> None:
    embedder = build_vocabulary([prepare("路灯")] * 30 + [prepare("井盖")] * 8)
    weight = dict(zip(embedder.words, embedder.idf, strict=False))
    assert weight["井盖"] > weight["路灯"]


def test_the_vocabulary_does_not_depend_on_the_order_of_the_messages() -> None:
    documents, _ = _documents()
    forward, backward = build_vocabulary(documents), build_vocabulary(documents[::-1])
    assert (forward.words, forward.chars) == (backward.words, backward.chars)
    assert np.array_equal(forward.idf, backward.idf)


def test_no_name_number_or_digit_is_learnt() -> None:
    texts = ["青梧雅苑的孙秀兰电话13812345678，住3栋501，打12345投诉路灯"] * 9
    embedder = build_vocabulary([prepare(text) for text in texts])
    learnt = "".join((*embedder.words, *embedder.chars))
    assert "路灯" in embedder.words
    assert not set("青梧秀兰") & set(learnt)
    assert "138" not in learnt
    assert "501" not in learnt


# --- matrices -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [[0], [3, 1, 3], [], [59, 0]])
def test_taken_rows_are_those_rows(rows: list[int]) -> None:
    matrix = _matrix(_documents()[0])
    dense = to_scipy(matrix).toarray()
    taken = matrix.take(np.array(rows, dtype=np.int64))
    assert np.array_equal(to_scipy(taken).toarray(), dense[rows])


def test_a_product_is_the_dense_product() -> None:
    matrix = _matrix(_documents()[0])
    weights = np.random.default_rng(0).normal(size=(matrix.columns, 3)).astype(np.float32)
    assert np.allclose(matrix.dot(weights), to_scipy(matrix).toarray() @ weights, atol=1e-5)


def test_rows_of_words_and_of_characters_have_length_one() -> None:
    documents, _ = _documents()
    embedder = build_vocabulary(documents)
    dense = to_scipy(embedder.transform(documents)).toarray()
    for block in (dense[:, : len(embedder.words)], dense[:, len(embedder.words) :]):
        assert np.allclose(np.linalg.norm(block, axis=1), 1, atol=1e-5)


def test_a_text_without_a_known_ngram_is_a_row_of_zeros() -> None:
    embedder = build_vocabulary(_documents()[0])
    matrix = embedder.transform([prepare("zzz"), prepare("")])
    assert to_scipy(matrix).toarray().any() == np.False_


# --- heads ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("topics", [False, True])
def test_a_head_tells_unseen_messages_apart(topics: bool, balance: float) -> None:
    documents, labels = _documents()
    matrix = _matrix(documents)
    trainer = LinearTrainer(basis=topic_basis(matrix, seed=0) if topics else None)
    fitted = trainer.fit(matrix, labels, np.ones(len(labels), dtype=np.float32), 2, balance=balance)
    assert _right(trainer) == 1.0
    assert fitted.weights.shape == (matrix.columns, 2)


def test_the_same_seed_gives_the_same_weights() -> None:
    documents, labels = _documents()
    matrix = _matrix(documents)
    ones = np.ones(len(labels), dtype=np.float32)
    parts = labels + 2 * (np.arange(len(labels)) % 3)
    basis = topic_basis(matrix, seed=4)
    assert np.array_equal(basis, topic_basis(matrix, seed=4))
    # So many, as threads that shared the solver's random numbers would differ only now and then.
    fits = [LinearTrainer(seed=4, basis=basis).fit(matrix, parts, ones, 6) for _ in range(20)]
    assert all(np.array_equal(fitted.weights, fits[0].weights) for fitted in fits)
    assert all(np.array_equal(fitted.bias, fits[0].bias) for fitted in fits)


def test_a_row_of_no_weight_teaches_nothing() -> None:
    documents, labels = _documents()
    matrix = _matrix(documents)
    wrong = np.concatenate([1 - labels, labels])
    doubled = matrix.take(np.concatenate([np.arange(len(labels))] * 2))
    weights = np.concatenate([np.full(len(labels), 1e-6), np.ones(len(labels))]).astype(np.float32)
    fitted = LinearTrainer().fit(doubled, wrong, weights, 2)
    assert ((matrix.dot(fitted.weights) + fitted.bias).argmax(axis=1) == labels).all()


def test_balance_finds_more_of_a_rare_label() -> None:
    draw = random.Random(0)
    texts = ["，".join(draw.sample((*_SOUNDS, "请处理", "谢谢"), 4)) for _ in range(190)]
    texts += ["，".join([*draw.sample(_SOUNDS, 4), draw.choice(("灯泡", "谢谢"))]) for _ in range(10)]
    labels = np.array([0] * 190 + [1] * 10)
    matrix = _matrix([prepare(text) for text in texts])
    ones = np.ones(len(labels), dtype=np.float32)

    def margin(balance: float) -> float:
        fitted = LinearTrainer().fit(matrix, labels, ones, 2, balance=balance)
        scores = matrix.dot(fitted.weights) + fitted.bias
        return float((scores[190:, 1] - scores[190:, 0]).mean())

    assert margin(0.0) < margin(0.5) < margin(1.0)


def test_a_label_that_a_fold_lacks_is_never_first() -> None:
    documents, labels = _documents()
    matrix = _matrix(documents)
    fitted = LinearTrainer().fit(matrix, labels, np.ones(len(labels), dtype=np.float32), 3)
    scores = matrix.dot(fitted.weights) + fitted.bias
    assert (scores.argmax(axis=1) < 2).all()


# --- calibration ----------------------------------------------------------------------------------------------


def _scores(number: int = 4000, sharpness: float = 1.5) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Scores whose labels are drawn with a known sharpness."""
    draw = np.random.default_rng(0)
    scores = draw.normal(-1.0, 1.0, (number, 4)).astype(np.float32)
    return scores, (sharpness * scores + draw.gumbel(size=scores.shape)).argmax(axis=1)


@pytest.mark.parametrize("sharpness", [0.5, 1.5, 4.0])
def test_calibration_finds_how_sharp_the_scores_are(sharpness: float) -> None:
    fitted = fit_calibration(*_scores(sharpness=sharpness))
    assert fitted.below == pytest.approx(sharpness, rel=0.15)
    assert fitted.above == pytest.approx(sharpness, rel=0.15)


def test_calibrated_confidence_is_the_share_of_right_answers() -> None:
    scores, labels = _scores()
    probabilities = fit_calibration(scores, labels).probabilities(scores)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    for low, high in ((0.3, 0.5), (0.5, 0.7), (0.7, 0.9)):
        inside = (confidence >= low) & (confidence < high)
        assert inside.sum() > 200
        assert right[inside].mean() == pytest.approx(confidence[inside].mean(), abs=0.06)


def test_calibration_never_changes_the_first_choice() -> None:
    scores, _ = _scores()
    for slopes in ((0.1, 9.0), (9.0, 0.1), (1.0, 1.0)):
        assert (Calibration(*slopes).probabilities(scores).argmax(axis=1) == scores.argmax(axis=1)).all()


def test_probabilities_sum_to_one_even_for_huge_scores() -> None:
    scores = np.array([[1e4, -1e4, 0], [0, 0, 0], [-1e4, -1e4, -1e4]], dtype=np.float32)
    probabilities = Calibration(4.0, 1.0).probabilities(scores)
    assert np.isfinite(probabilities).all()
    assert np.allclose(probabilities.sum(axis=1), 1)


def test_rows_of_no_weight_do_not_calibrate() -> None:
    scores, labels = _scores()
    doubled = np.concatenate([scores, scores])
    wrong = np.concatenate([labels, (labels + 1) % 4])
    weights = np.concatenate([np.ones(len(labels)), np.zeros(len(labels))]).astype(np.float32)
    alone, both = fit_calibration(scores, labels), fit_calibration(doubled, wrong, weights)
    assert both.below == pytest.approx(alone.below, rel=1e-2)


def test_the_joint_confidence_rises_with_both_heads() -> None:
    draw = np.random.default_rng(0)
    matter, department = draw.uniform(0.3, 1, (2, 3000)).astype(np.float32)
    both = draw.uniform(size=3000) < matter * department
    joint = fit_joint(matter, department, both)
    assert min(joint.coefficients) > 0


def test_labels_left_to_people_take_probability_but_are_not_ranked() -> None:
    head = LinearHead(
        name="department",
        labels=("a", "other", "b"),
        weights=np.zeros((1, 3), dtype=np.float32),
        bias=np.array([0, 5, -1], dtype=np.float32),
        calibration=Calibration(1.0, 1.0),
        leave=frozenset({"other"}),
    )
    nothing = SparseMatrix(np.array([0, 0]), np.zeros(0, np.int32), np.zeros(0, np.float32), 1)
    probabilities = head.predict_proba(nothing)[0]
    assert ranking(head, probabilities) == [0, 2]
    assert probabilities[0] < 0.05
