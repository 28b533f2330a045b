"""N-grams looked up in tables for whole batches: the same as one by one in dictionaries."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from petition_nlp.embed.lookup import ABSENT, KeyTable
from petition_nlp.embed.ngrams import NgramEmbedder, char_ngrams, word_ngrams
from petition_nlp.text.document import Document, prepare

_settings = settings(deadline=None, derandomize=True, database=None, max_examples=100)
_TEXTS = st.lists(
    st.lists(
        st.sampled_from(
            ("停电", "三天", "ABC", "2018", "[手机号]", "阳光花园", " ", "İ", "\U0001f621", "。", "路灯", "x")
        ),
        max_size=8,
    ).map("".join),
    max_size=5,
)
_KNOWN = [prepare(text) for text in ("停电三天", "路灯ABC2018", "阳光花园x。", "İ\U0001f621[手机号]")]


def _embedder() -> NgramEmbedder:
    words = sorted({ngram for document in _KNOWN for ngram in word_ngrams(document)})
    chars = sorted({ngram for document in _KNOWN for ngram in char_ngrams(document)})
    return NgramEmbedder(tuple(words), tuple(chars), np.linspace(1, 2, len(words) + len(chars), dtype=np.float32))


@_settings
@given(st.dictionaries(st.integers(0, 2**63 - 1), st.integers(0, 2**31 - 1)), st.lists(st.integers(0, 2**63 - 1)))
def test_a_table_answers_like_a_dictionary(known: dict[int, int], others: list[int]) -> None:
    table = KeyTable.build(np.array([*known], dtype=np.uint64), np.array([*known.values()], dtype=np.int32))
    asked = [*others, *known]
    assert table.get(np.array(asked, dtype=np.uint64)).tolist() == [known.get(key, ABSENT) for key in asked]


def test_many_keys_find_their_places() -> None:
    keys = np.arange(50_000, dtype=np.uint64) << np.uint64(21)
    table = KeyTable.build(keys, np.arange(50_000, dtype=np.int32))
    assert (table.get(keys) == np.arange(50_000)).all()
    assert (table.get(keys + np.uint64(1)) == ABSENT).all()


@_settings
@given(_TEXTS)
def test_features_and_counts_are_those_of_the_n_grams(texts: list[str]) -> None:
    embedder = _embedder()
    documents = [prepare(text) for text in texts]
    index = {ngram: number for number, ngram in enumerate(embedder.words)}
    chars = {ngram: len(index) + number for number, ngram in enumerate(embedder.chars)}
    matrix = embedder.transform(documents)
    assert len(matrix) == len(documents)
    for row, document in enumerate(documents):
        found = [index[own] for own in word_ngrams(document) if own in index]
        found += [chars[own] for own in char_ngrams(document) if own in chars]
        indices, counts = np.unique(np.array(found, dtype=np.int32), return_counts=True)
        values = (1 + np.log(counts)) * embedder.idf[indices]
        for block in (indices < len(index), indices >= len(index)):
            values[block] /= np.linalg.norm(values[block]) or 1
        own = matrix.row(row)
        assert own.indices.tolist() == indices.tolist()
        np.testing.assert_allclose(own.values, values, rtol=1e-5)


@_settings
@given(_TEXTS)
def test_a_document_is_embedded_alike_in_any_batch(texts: list[str]) -> None:
    embedder = _embedder()
    documents = [prepare(text) for text in texts]
    together = embedder.transform(documents)
    for row, document in enumerate(documents):
        alone = embedder.transform([document])
        assert alone.indices.tolist() == together.row(row).indices.tolist()
        assert alone.values.tolist() == together.row(row).values.tolist()


@_settings
@given(_TEXTS)
def test_every_occurrence_spans_its_n_gram(texts: list[str]) -> None:
    embedder = _embedder()
    documents = [prepare(text) for text in texts]
    places = embedder.places(documents)
    found = places.occurrences(documents, places.word_spans(documents))
    known = [len(_known(embedder, document)) for document in documents]
    assert np.bincount(found.rows, minlength=len(documents)).tolist() == known
    for row, feature, start, end in zip(found.rows, found.features, found.starts, found.ends, strict=True):
        ngram = (*embedder.words, *embedder.chars)[feature]
        text = documents[row].text
        if ngram.isalpha() and not set(ngram) & set("◇İ"):
            assert text[start:end].lower().replace(" ", "") == ngram
        assert 0 <= start < end <= len(text)


def _known(embedder: NgramEmbedder, document: Document) -> list[str]:
    words = [ngram for ngram in word_ngrams(document) if ngram in embedder.words]
    return words + [ngram for ngram in char_ngrams(document) if ngram in embedder.chars]


def test_long_batches_are_embedded_in_parts() -> None:
    documents = list(itertools.islice(itertools.cycle(_KNOWN), 1200))
    matrix = _embedder().transform(documents)
    alone = _embedder().transform(_KNOWN)
    assert len(matrix) == 1200
    assert matrix.row(1197).values.tolist() == alone.row(1).values.tolist()
