"""How much of a message the model has never learnt anything about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from petition_nlp.embed.lookup import ABSENT
from petition_nlp.embed.ngrams import NgramEmbedder
from petition_nlp.text.document import Document


def unseen_shares(embedder: NgramEmbedder, documents: Sequence[Document]) -> list[float]:
    """For each document the share of its words that the vocabulary lacks.

    Numbers, marks, names and placeholders do not count; a document of nothing else has the share 0.
    """
    found = embedder.places(documents)
    words = [word for document in documents for word in document.tokens.words]
    counted = np.array([word.isalpha() for word in words], dtype=bool)
    unknown = counted & (found.words[0] == ABSENT)
    sums = [np.concatenate([[0], np.cumsum(marks)]) for marks in (unknown, counted)]
    missing, whole = (np.diff(own[found.word_bounds]) for own in sums)
    return [float(share) for share in missing / np.maximum(whole, 1)]
